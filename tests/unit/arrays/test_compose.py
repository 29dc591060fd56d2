"""Two graphs as one are what networkx makes of them, in order and values, and what changed is counted."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from networkx_mcp.arrays.compose import compose, unknown
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.state import GraphState

NODES = st.sampled_from([0, 1, 2, 3, "a", "b", "c", "10"])
#: `rare` is in few rows, so that it has no column of its own.
VALUES = st.dictionaries(
    st.sampled_from(["w", "label", "rare"]), st.sampled_from([1, 2, 2.5, "x", True, None, [1], {"k": 1}]), max_size=3
)


@st.composite
def graphs(draw: st.DrawFn, directed: bool) -> nx.Graph[Any]:
    graph: nx.Graph[Any] = nx.DiGraph() if directed else nx.Graph()
    graph.graph.update(draw(st.dictionaries(st.sampled_from(["name", "year"]), st.integers(0, 3), max_size=2)))
    for node, attributes in draw(st.lists(st.tuples(NODES, VALUES), max_size=8)):
        graph.add_node(node, **attributes)
    for u, v, attributes in draw(st.lists(st.tuples(NODES, NODES, VALUES), max_size=14)):
        graph.add_edge(u, v, **attributes)
    return graph


def frozen(graph: nx.Graph[Any]) -> FrozenGraph:
    return GraphState.from_networkx(graph).freeze()


def seen(graph: nx.Graph[Any]) -> Any:
    """All of a graph, its order included."""
    adjacency = {node: list(graph.adj[node].items()) for node in graph}
    return graph.is_directed(), graph.graph, list(graph.nodes(data=True)), list(adjacency.items()), before(graph)


def before(graph: nx.Graph[Any]) -> Any:
    return {node: list(graph.pred[node]) for node in graph} if graph.is_directed() else None


def differs(new: dict[str, Any], old: dict[str, Any]) -> bool:
    return any(name not in old or type(old[name]) is not type(v) or old[name] != v for name, v in new.items())


@settings(max_examples=300, deadline=None)
@given(st.data(), st.booleans())
@pytest.mark.long
def test_two_graphs_are_one_as_networkx_makes_it(data: st.DataObject, directed: bool) -> None:
    first, second = data.draw(graphs(directed)), data.draw(graphs(directed))
    made = compose(frozen(first), frozen(second))
    expected = first.copy()
    expected.graph.update(second.graph)
    expected.add_nodes_from(second.nodes(data=True))
    expected.add_edges_from(second.edges(data=True))
    found = GraphState(made.graph).to_networkx()
    assert found.graph == expected.graph
    assert list(found.nodes(data=True)) == list(expected.nodes(data=True))
    assert {frozenset({u, v}) if not directed else (u, v): d for u, v, d in found.edges(data=True)} == {
        frozenset({u, v}) if not directed else (u, v): d for u, v, d in expected.edges(data=True)
    }
    for node in first:  # neighbours that were there stay in their order, before those that are new
        assert list(found.adj[node])[: len(first.adj[node])] == list(first.adj[node])
    old_nodes, old_edges = set(first), [(u, v) for u, v in second.edges if first.has_edge(u, v)]
    assert made.nodes_added == len(set(second) - old_nodes)
    assert made.edges_added == second.number_of_edges() - len(old_edges)
    assert made.nodes_changed == sum(differs(second.nodes[x], first.nodes[x]) for x in second if x in old_nodes)
    assert made.edges_changed == sum(differs(second.edges[e], first.edges[e]) for e in old_edges)
    assert (made.nodes_left_out, made.edges_left_out) == (0, 0)


@settings(max_examples=200, deadline=None)
@given(st.data(), st.booleans())
@pytest.mark.long
def test_of_nodes_that_are_there_alone_no_other_comes(data: st.DataObject, directed: bool) -> None:
    first, second = data.draw(graphs(directed)), data.draw(graphs(directed))
    one, two = frozen(first), frozen(second)
    made = compose(one, two, known_only=True)
    inner = second.subgraph([node for node in second if node in first])
    expected = nx.compose(first, inner)
    found = GraphState(made.graph).to_networkx()
    assert list(found) == list(first)
    assert dict(found.nodes(data=True)) == dict(expected.nodes(data=True))
    assert {e: expected.edges[e] for e in expected.edges} == {e: found.edges[e] for e in expected.edges}
    assert found.number_of_edges() == expected.number_of_edges()
    assert made.nodes_left_out == len(second) - len(inner)
    assert made.edges_left_out == second.number_of_edges() - inner.number_of_edges()
    assert [two.id_of(row) for row in unknown(one, two).tolist()] == [node for node in second if node not in first]


def test_a_graph_into_itself_changes_nothing() -> None:
    graph = nx.karate_club_graph()
    base = frozen(graph)
    made = compose(base, base)
    assert made[1:] == (0, 0, 0, 0, 0, 0)
    assert seen(GraphState(made.graph).to_networkx()) == seen(GraphState(base).to_networkx())


def test_a_directed_graph_and_one_that_is_not_are_refused() -> None:
    with pytest.raises(ValueError, match="directed"):
        compose(frozen(nx.Graph()), frozen(nx.DiGraph()))
