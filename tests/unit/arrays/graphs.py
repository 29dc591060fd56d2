"""What the tests of `arrays` share: graphs and edits at random, and equality with networkx."""

from __future__ import annotations

from itertools import islice
from typing import Any

import networkx as nx
from hypothesis import strategies as st

from networkx_mcp.arrays.state import GraphState

#: Few ids, so that edits meet each other; integers and the same as text.
NODES: tuple[str | int, ...] = (0, 1, 2, -5, 2**63 - 1, "0", "1", "a", "ä", "")

node_ids = st.sampled_from(NODES)
pairs = st.tuples(node_ids, node_ids)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=2)
    ),
    max_leaves=4,
)
#: Names that all items share and rare ones; values of one type, of mixed ones, and any.
attributes = st.fixed_dictionaries(
    {},
    optional={
        "weight": st.integers(-5, 5) | st.floats(-5, 5),
        "name": st.text("abc", max_size=3),
        "flag": st.booleans(),
        "any": json_values,
        "ä b": json_values,
    },
)
maybe_attributes = st.none() | attributes


@st.composite
def networkx_graphs(draw: st.DrawFn, nodes: st.SearchStrategy[Any] = node_ids) -> nx.Graph[Any]:
    """Directed or undirected graphs, self-loops and isolated nodes included."""
    graph: nx.Graph[Any] = draw(st.sampled_from([nx.Graph, nx.DiGraph]))()
    for node, given in draw(st.lists(st.tuples(nodes, attributes), max_size=8)):
        graph.add_node(node, **given)
    for u, v, given in draw(st.lists(st.tuples(nodes, nodes, attributes), max_size=25)):
        graph.add_edge(u, v, **given)
    for node in draw(st.lists(st.sampled_from(list(graph)), max_size=2, unique=True)) if len(graph) else ():
        graph.remove_node(node)
    graph.graph.update(draw(attributes))
    return graph


def typed(value: Any) -> Any:
    """The value with the types of all its parts: 1, 1.0 and True are equal in Python, not here."""
    if isinstance(value, dict):
        return {name: typed(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [typed(item) for item in value]
    return type(value).__name__, repr(value)


def assert_same(state: GraphState, graph: nx.Graph[Any]) -> None:
    """Counts, order of nodes, neighbours and edges, degrees, attributes and types are networkx's."""
    assert (state.n, state.m) == (graph.number_of_nodes(), graph.number_of_edges())
    assert state.directed == graph.is_directed()
    assert typed(state.graph_attributes) == typed(graph.graph)
    assert typed(list(state.nodes(data=True))) == typed(list(graph.nodes(data=True)))
    assert typed(list(state.edges(data=True))) == typed(list(graph.edges(data=True)))
    for node in graph:
        assert state.has_node(node)
        assert typed(list(state.out_edges(node))) == typed(list(graph.adj[node].items()))
        assert state.successors(node) == state.neighbors(node) == list(graph.adj[node])
        assert state.degree(node) == graph.degree(node)
        if isinstance(graph, nx.DiGraph):
            assert typed(list(state.in_edges(node))) == typed(list(graph.pred[node].items()))
            assert state.predecessors(node) == list(graph.pred[node])
            assert (state.in_degree(node), state.out_degree(node)) == (graph.in_degree(node), graph.out_degree(node))
        else:
            assert state.predecessors(node) == list(graph.adj[node])
            assert state.in_degree(node) == state.out_degree(node) == graph.degree(node)
    for u in NODES:
        assert state.has_node(u) == (u in graph)
        for v in NODES:
            assert state.has_edge(u, v) == graph.has_edge(u, v)


def assert_pages(state: GraphState, graph: nx.Graph[Any], start: int, limit: int) -> None:
    """Pages of nodes, edges and neighbours are slices of networkx's order."""
    assert list(state.nodes(start, limit)) == list(islice(graph, start, start + limit))
    assert list(state.edges(start, limit)) == list(islice(graph.edges, start, start + limit))
    for node in graph:
        assert state.successors(node, start, limit) == list(graph.adj[node])[start : start + limit]
