"""Graphs as users of networkx make them: any hashable node, any attribute."""

from __future__ import annotations

from typing import Any

import networkx as nx
from hypothesis import strategies as st

nodes = st.one_of(
    st.integers(-3, 9),
    st.sampled_from(["a", "b", "1", "", "ü"]),
    st.sampled_from([(0, 0), (0, 1), frozenset({1}), 2.5, True, 10**30]),
)
values = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3), st.just((1, {2})))
attributes = st.dictionaries(st.sampled_from(["weight", "capacity", "color", 3]), values, max_size=3)
positive = st.integers(1, 9) | st.floats(0.25, 8)
"""Weights whose sums are exact enough to compare."""


@st.composite
def graphs(
    draw: st.DrawFn,
    directed: bool | None = None,
    of_nodes: st.SearchStrategy[dict[Any, Any]] = attributes,
    of_edges: st.SearchStrategy[dict[Any, Any]] = attributes,
) -> nx.Graph:
    """Graphs with self-loops and isolated nodes, some of them with nodes and edges removed again."""
    if directed is None:
        directed = draw(st.booleans())
    graph: nx.Graph = (nx.DiGraph if directed else nx.Graph)(**draw(st.dictionaries(st.sampled_from("xy"), values)))
    for node in draw(st.lists(nodes, unique=True, max_size=8)):
        graph.add_node(node, **{str(key): value for key, value in draw(of_nodes).items()})
    there = list(graph)
    if there:
        for u, v in draw(st.lists(st.tuples(st.sampled_from(there), st.sampled_from(there)), max_size=16)):
            graph.add_edge(u, v)
            graph.edges[u, v].update(draw(of_edges))
        if draw(st.booleans()):
            graph.remove_node(draw(st.sampled_from(there)))
    return graph


def weighted(name: str = "weight", values: st.SearchStrategy[Any] = positive) -> st.SearchStrategy[dict[Any, Any]]:
    """Attributes of an edge: one of this name, or none."""
    return st.dictionaries(st.just(name), values, max_size=1)


def identical(found: Any, wanted: Any) -> None:
    """Assert that two graphs are one to every reader: class, orders, types and attributes."""
    assert type(found) is type(wanted)
    assert repr(found.graph) == repr(wanted.graph)
    assert repr(found._node) == repr(wanted._node)
    for mine, theirs in [(found._adj, wanted._adj), *([(found._pred, wanted._pred)] if wanted.is_directed() else [])]:
        assert repr(mine) == repr(theirs)  # as text: nan is not equal to itself, and 1 is equal to True
    for u, v in found.edges:
        data = found._adj[u][v]
        assert data is (found._pred if found.is_directed() else found._adj)[v][u]
