"""Reads by id: they fail helpfully and cost what they show."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any

import networkx as nx
import pytest

from networkx_mcp.arrays import edits, nearest_ids
from networkx_mcp.arrays.builder import GraphBuilder
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import InvalidInput, NotFound


def numbered(n: int) -> GraphState:
    builder = GraphBuilder(directed=False)
    builder.add_nodes([f"person-{k:06}" for k in range(n)])
    return GraphState(builder.freeze())


@pytest.mark.parametrize("read", ["node_attributes", "successors", "predecessors", "neighbors", "degree", "in_degree"])
def test_an_unknown_node_is_named_with_the_nearest(read: str) -> None:
    state = numbered(100)
    with pytest.raises(NotFound, match=r'no node "person-00042".*Did you mean "person-000042"') as caught:
        getattr(state, read)("person-00042")
    assert caught.value.data["kind"] == "node"
    assert caught.value.data["nearest"][0] == "person-000042"


def test_an_unknown_edge_is_named() -> None:
    state = GraphState.from_networkx(nx.DiGraph([(1, 2)]))
    assert not state.has_edge(2, 1)
    assert not state.has_edge(1, "no such")
    with pytest.raises(NotFound, match=r"no edge 2 -> 1.*There is 1 -> 2"):
        state.edge_attributes(2, 1)
    with pytest.raises(NotFound, match=r'no node "2".*Did you mean 2'):
        state.edge_attributes(1, "2")


@pytest.mark.parametrize("value", [True, 1.0, None])
def test_what_can_be_no_id_is_refused_never_taken_for_another(value: Any) -> None:
    state = GraphState(None, False)
    state.apply([edits.AddEdges([(1, 0), ("1", 0)])])
    reads = (state.has_node, state.neighbors, state.degree, lambda node: state.has_edge(0, node))
    for read in reads:
        with pytest.raises(InvalidInput, match="a node id is a string or an integer"):
            read(value)


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("person-00042", "person-000042"),
        ("person-0000422", "person-000042"),
        ("person-0000x2", "person-000002"),
        ("PERSON-000042", "person-000042"),
        (" person-000042 ", "person-000042"),
        ("person_000042", "person-000042"),
        ("person-0000 42", "person-000042"),
        ("epople", None),
        ("--5", None),
        ("-", None),
    ],
)
def test_slips_are_found_in_a_graph_of_any_size(asked: str, wanted: str | None) -> None:
    found = numbered(100).nearest_nodes(asked, 3)
    assert len(found) <= 3
    assert wanted in found if wanted else not found
    found = numbered(30_000).nearest_nodes(asked, 3)  # more of them are equally near here
    assert len(found) <= 3
    assert bool(found) == bool(wanted)
    for node in found[:1]:
        assert SequenceMatcher(None, str(node).lower(), asked.lower()).ratio() > 0.9


def test_the_type_of_an_id_is_suggested_first() -> None:
    state = GraphState(None, False)
    state.apply([edits.AddNodes([41, 42, 43, "7", "8"])])
    assert state.nearest_nodes("42")[0] == 42
    assert state.nearest_nodes(7)[0] == "7"


def test_looking_for_the_nearest_costs_the_same_for_any_graph() -> None:
    for asked in ("zzzzzz", "person-9" * 8, "x" * 1000, 123456789, -5):
        looked: list[Any] = []
        sampled: list[Any] = []

        def exists(node: Any, looked: list[Any] = looked) -> bool:
            looked.append(node)
            return False

        def sample(sampled: list[Any] = sampled) -> Any:
            for number in range(10**9):
                sampled.append(number)
                yield f"person-{number}"

        nearest_ids.nearest_ids(asked, 3, exists, sample())
        assert len(looked) <= nearest_ids.LOOKUPS
        assert len(sampled) <= nearest_ids.SAMPLE + 1


def test_removed_nodes_are_not_suggested() -> None:
    state = numbered(10)
    state.apply([edits.RemoveNodes(["person-000004"]), edits.AddNodes(["person-x"])])
    assert "person-000004" not in state.nearest_nodes("person-00004", 10)
    assert "person-x" in state.nearest_nodes("person-xx", 10)


def test_the_first_neighbours_of_a_hub_do_not_cost_all() -> None:
    builder = GraphBuilder(directed=True)
    builder.add_edges(["hub"] * 100_000, list(range(100_000)))
    state = GraphState(builder.freeze())
    state.apply([edits.RemoveNodes([1]), edits.RemoveEdges([("hub", 3)]), edits.AddEdges([("hub", "new")])])
    assert state.successors("hub", 0, 4) == [0, 2, 4, 5]
    assert state.successors("hub", 50_000, 2) == [50_002, 50_003]
    assert state.successors("hub", 99_997, 5) == [99_999, "new"]
    assert state.successors("hub", 99_998) == ["new"]
    assert state.out_degree("hub") == 99_999
    assert [other for other, _ in state.out_edges("hub", 1, 2)] == [2, 4]


def test_counts_are_known_without_counting() -> None:
    state = numbered(10)
    state.apply([edits.AddEdges([("person-000001", "person-000002"), ("a", "a")])])
    assert (state.n, state.m, len(state)) == (11, 2, 11)
    assert "a" in state
    state.apply([edits.Clear()])
    assert (state.n, state.m, state.base) == (0, 0, None)


def test_direction_must_not_contradict_the_base() -> None:
    frozen = GraphBuilder(directed=True).freeze()
    assert GraphState(frozen).directed
    with pytest.raises(ValueError, match="contradicts"):
        GraphState(frozen, directed=False)


def test_freezing_what_was_not_edited_costs_nothing() -> None:
    state = numbered(3)
    assert state.freeze() is state.base
