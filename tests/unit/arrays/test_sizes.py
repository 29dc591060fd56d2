"""How long a value may be: what counts, from which byte on, and that looking costs no more than the limit."""

from __future__ import annotations

import sys
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from networkx_mcp.arrays import edits, value_sizes
from networkx_mcp.arrays.builder import GraphBuilder
from networkx_mcp.arrays.columns import Column
from networkx_mcp.errors import InvalidInput, LimitExceeded

MOST = 100

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=5), inner, max_size=6),
    max_leaves=30,
)


@given(values, st.integers(0, 200))
def test_longer_is_what_the_json_has(value: Any, most: int) -> None:
    size = len(msgspec.json.encode(value))
    assert value_sizes.longer(value, most) is (size > most) or type(value) in (int, float, bool, type(None))
    if value_sizes.surely_longer(value, most):
        assert size > most


@pytest.mark.parametrize("make", [lambda n: [[]] * n, lambda n: {str(k): 0 for k in range(n)}, lambda n: [[["a"] * n]]])
def test_a_long_value_is_not_looked_at_to_its_end(make: Any) -> None:
    looked = 0

    def count(frame: Any, event: str, arg: Any) -> Any:
        nonlocal looked
        looked += event == "line"
        return count

    value = make(200_000)
    sys.settrace(count)
    try:
        assert value_sizes.surely_longer(value, 1000)
    finally:
        sys.settrace(None)
    assert looked < 20_000


@pytest.mark.parametrize("value", ["x" * (MOST - 2), "\x01" * 16, [0] * 49, {"a": "x" * (MOST - 8)}, "ä" * 49], ids=str)
def test_a_value_of_the_limit_is_taken_and_one_above_is_not(value: Any) -> None:
    value_sizes.check_sizes({"k": value}, MOST, "node 1")
    longer = value + value[-1:] if isinstance(value, (str, list)) else {"a": "x" * (MOST - 7)}
    with pytest.raises(LimitExceeded) as caught:
        value_sizes.check_sizes({"ok": 1, "k": longer}, MOST, "node 1")
    assert caught.value.data["setting"] == "limits.value_kib"
    assert (caught.value.data["attribute"], caught.value.data["maximum"]) == ("k", MOST)
    assert "node 1" in caught.value.message
    assert "'k'" in caught.value.message


def test_a_name_has_at_most_so_many_bytes() -> None:
    value_sizes.check_sizes({"ä" * (value_sizes.MAX_NAME_BYTES // 2): 1}, MOST, "node 1")
    with pytest.raises(InvalidInput, match="1026 bytes"):
        value_sizes.check_sizes({"ä" * (value_sizes.MAX_NAME_BYTES // 2 + 1): 1}, MOST, "node 1")


LONG = {"note": "x" * MOST}


@pytest.mark.parametrize(
    ("edit", "what"),
    [
        (edits.AddNodes(["a", "b"], [None, LONG]), 'node "b"'),
        (edits.SetNodeAttributes(["a", "b"], [{}, LONG]), 'node "b"'),
        (edits.AddEdges([("a", "b"), ("b", 3)], [{"w": 1}, LONG]), 'edge "b" - 3'),
        (edits.SetEdgeAttributes([("a", "b")], [LONG]), 'edge "a" - "b"'),
        (edits.SetGraphAttributes(LONG), "the graph"),
    ],
    ids=lambda given: type(given).__name__,
)
def test_a_batch_names_what_has_the_long_value(edit: edits.Edit, what: str) -> None:
    with pytest.raises(LimitExceeded, match=what):
        value_sizes.check_batch([edits.AddNodes(["z"]), edit], MOST)
    value_sizes.check_batch([edit], MOST + 10)


def test_the_builder_refuses_rows_and_columns() -> None:
    builder = GraphBuilder(False, value_bytes=MOST)
    builder.add_nodes(["a", "b"], {"t": pa.array(["x" * 90, None]), "j": Column("json", pa.array(["[]", "[1]"]))})
    with pytest.raises(LimitExceeded, match=r'node "b".*t'):
        builder.add_nodes(["a", "b"], {"t": pa.array(["x" * 90, "x" * 99])})
    with pytest.raises(LimitExceeded, match=r'node "a".*t'):  # 20 bytes of text, 122 of JSON
        builder.add_nodes(["a"], {"t": pa.array(["\x01" * 20])})
    with pytest.raises(LimitExceeded, match=r'edge "a" - "b".*j'):
        builder.add_edges(["a"], ["b"], {"j": Column("json", pa.array(["[" + "1," * 60 + "1]"]))})
    with pytest.raises(LimitExceeded, match="node 7"):
        builder.add_node(7, LONG)
    with pytest.raises(LimitExceeded, match="edge 7 - 8"):
        builder.add_edge(7, 8, LONG)
    builder = GraphBuilder(False, value_bytes=MOST)
    builder.graph_attributes = LONG
    with pytest.raises(LimitExceeded, match="the graph"):
        builder.freeze()
    unbound = GraphBuilder(False)
    unbound.add_node(7, LONG)
    assert unbound.freeze().n == 1
