"""The bytes of a batch in the log."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.arrays.graphs import attributes, maybe_attributes, node_ids, pairs, typed

from networkx_mcp.arrays import edits

nodes, edges, values = st.lists(node_ids), st.lists(pairs), st.none() | st.lists(maybe_attributes)
missing = st.sampled_from(["error", "skip"])
batches = st.lists(
    st.builds(edits.AddNodes, nodes, values)
    | st.builds(edits.RemoveNodes, nodes, missing)
    | st.builds(edits.AddEdges, edges, values, st.sampled_from(["error", "update", "skip"]))
    | st.builds(edits.RemoveEdges, edges, missing)
    | st.builds(edits.SetNodeAttributes, nodes, st.lists(attributes))
    | st.builds(edits.SetEdgeAttributes, edges, st.lists(attributes))
    | st.builds(edits.RemoveAttributes, st.lists(st.text("ab")), nodes, edges, st.booleans())
    | st.builds(edits.SetGraphAttributes, attributes)
    | st.builds(edits.Clear),
    max_size=4,
)


@given(batches)
def test_a_batch_survives_its_bytes(batch: list[edits.Edit]) -> None:
    again = edits.decode(edits.encode(batch))
    assert again == batch
    for before, after in zip(batch, again, strict=True):
        for field in before.__struct_fields__:
            assert typed(getattr(before, field)) == typed(getattr(after, field))


def test_integers_that_msgpack_lacks_survive() -> None:
    batch: list[edits.Edit] = [edits.SetGraphAttributes({"big": 2**80, "small": -(2**70), "float": 1.0})]
    assert typed(edits.decode(edits.encode(batch))[0].attributes) == typed(batch[0].attributes)  # type: ignore[union-attr]


@given(st.binary(max_size=40))
def test_other_bytes_are_a_value_error(data: bytes) -> None:
    try:
        edits.decode(data)
    except ValueError as error:
        assert "not a batch" in str(error)  # noqa: PT017  # most bytes are none, some are


def test_a_log_never_brings_a_boolean_as_an_id() -> None:
    good = edits.encode([edits.AddNodes(["a"])])
    with pytest.raises(ValueError, match="not a batch"):
        edits.decode(good.replace(b"\xa1a", b"\xc3"))


def test_the_format_of_logs_already_written_stays_readable() -> None:
    written = (
        b"\x95\x93\xa2an\x92\xa1a\x01\x92\x81\xa1x\x02\xc0"
        b"\x94\xa2ae\x91\x92\xa1a\x01\xc0\xa6update"
        b"\x93\xa2rn\x91\xa1a\xa4skip"
        b"\x92\xa2sg\x81\xa1g\xc3"
        b"\x91\xa2cl"
    )
    assert edits.decode(written) == [
        edits.AddNodes(["a", 1], [{"x": 2}, None]),
        edits.AddEdges([("a", 1)], None, "update"),
        edits.RemoveNodes(["a"], "skip"),
        edits.SetGraphAttributes({"g": True}),
        edits.Clear(),
    ]
