"""Long values of a stored graph: reads leave them as they are, edits keep them, who wants them gets them whole."""

from __future__ import annotations

from typing import Any

import pytest

from networkx_mcp.arrays import columns, deferred, frozen
from networkx_mcp.arrays.deferred import BYTES, Deferred, whole
from networkx_mcp.arrays.edits import AddEdges, AddNodes, RemoveAttributes, SetGraphAttributes
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.tools.answer import MAX_VALUE_CHARACTERS, Clipper

LISTS = [[]] * BYTES
TEXT = "é" * BYTES
LONG = {"lists": LISTS, "text": TEXT, "short": 1}


def stored(**more: Any) -> FrozenGraph:
    """A graph with long values in columns, in the rest and of its own, as it comes from the store."""
    state = GraphState()
    ids = list(range(40))
    state.apply(
        [
            AddNodes(["a", *ids], [{**LONG, **more}, *[{"lists": 0, "text": "x", "short": 0}] * 40]),
            AddEdges([("a", 0)], [LONG]),
            AddNodes([1], [{"rare": LISTS, "rarer": TEXT, "small": [1]}]),
            SetGraphAttributes(LONG),
        ]
    )
    return frozen.decompress(frozen.compress(state.freeze()))


@pytest.fixture
def nobody_decodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decoding what is long is an error."""

    def decode(data: Any) -> Any:
        assert memoryview(data.encode() if isinstance(data, str) else data).nbytes <= BYTES
        return original(data)

    original = columns._decode
    monkeypatch.setattr(columns, "_decode", decode)
    monkeypatch.setattr(deferred, "_decode", decode)


@pytest.mark.usefixtures("nobody_decodes")
def test_reads_do_not_decode_what_is_long() -> None:
    state = GraphState(stored())
    for attributes in (state.node_attributes("a"), state.edge_attributes("a", 0), state.graph_attributes):
        assert {name: type(value) for name, value in attributes.items()} == {
            "lists": Deferred, "text": Deferred, "short": int,
        }  # fmt: skip
        clipper = Clipper()
        shown = clipper(attributes)
        assert shown["short"] == 1
        assert "bytes, not shown: GET /graphs" in shown["lists"]
        assert "not shown: GET /graphs" in shown["text"]
        assert clipper.notes() == ["Values too long to show: 2. GET /graphs/{graph_id} carries them."]
    rest = state.node_attributes(1)
    assert type(rest["rare"]) is Deferred
    assert type(rest["rarer"]) is Deferred
    assert rest["small"] == [1]


@pytest.mark.usefixtures("nobody_decodes")
def test_edits_and_merges_carry_them_as_they_are() -> None:
    state = GraphState(stored())
    state.apply(
        [
            AddNodes(["a", 1], [{"new": 2}, {"new": 3}]),
            AddEdges([("a", 0)], [{"new": 2}], "update"),
            SetGraphAttributes({"new": 2}),
            RemoveAttributes(["short"], ["a"], [], True),
        ]
    )
    assert type(state.node_attributes("a")["lists"]) is Deferred
    assert state.overlay_bytes < 50_000
    merged = state.freeze()
    assert merged.node_attributes(merged.find("a"), BYTES).keys() == {"lists", "text", "new"}


def test_who_wants_them_gets_them_whole() -> None:
    state = GraphState(stored())
    state.apply([AddNodes(["a", 1], [{"new": 2}, {"new": 3}]), SetGraphAttributes({"new": 2})])
    graph = state.to_networkx()
    assert graph.nodes["a"] == {**LONG, "new": 2}
    assert graph.edges["a", 0] == LONG
    assert graph.graph == {**LONG, "new": 2}
    assert graph.nodes[1] == {"lists": 0, "text": "x", "short": 0, "rare": LISTS, "rarer": TEXT, "small": [1], "new": 3}
    assert whole(state.node_attributes("a")) == {**LONG, "new": 2}
    assert state.node_attributes("a")["lists"] == LISTS


@pytest.mark.usefixtures("nobody_decodes")
def test_a_graph_for_algorithms_has_places_of_long_values() -> None:
    graph = GraphState(stored()).to_networkx(BYTES)
    assert str(graph.nodes["a"]["lists"]).startswith("<24001 bytes, not shown")
    assert type(graph.nodes[1]["rare"]) is Deferred
    assert type(graph.edges["a", 0]["text"]) is Deferred
    assert type(graph.graph["lists"]) is Deferred
    assert graph.nodes["a"]["short"] == graph.nodes[1]["short"] + 1 == 1


@pytest.mark.parametrize("size", [BYTES, MAX_VALUE_CHARACTERS - 2, MAX_VALUE_CHARACTERS - 1])
@pytest.mark.parametrize("letter", ["x", "é", "日"])
def test_texts_are_shown_up_to_so_many_characters_whatever_their_bytes(size: int, letter: str) -> None:
    text = letter * size
    shown = Clipper()(GraphState(stored(own=text)).node_attributes("a"))["own"]
    assert (shown == text) is (size + 2 <= MAX_VALUE_CHARACTERS)
    if shown != text:
        assert ", not shown: GET /graphs" in shown
