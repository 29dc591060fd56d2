"""The families of graphs on which every algorithm must answer as networkx does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import networkx as nx
from hypothesis import strategies as st
from tests.unit.analysis.graphs import graphs

#: Sums of these are exact, so equal paths are equal in any order of adding.
weights = st.integers(0, 5) | st.sampled_from([0.25, 0.5, 1.5])
positive = st.integers(1, 6) | st.sampled_from([0.25, 0.5, 1.5])
signed = st.integers(-3, 5) | st.sampled_from([-0.5, 0.5])


class Family(NamedTuple):
    """Graphs, and what each of them has."""

    graphs: st.SearchStrategy[nx.Graph]
    has: Callable[[nx.Graph], bool]


def _any() -> st.SearchStrategy[nx.Graph]:
    return graphs(weights=weights, least=2)


def _bare(directed: bool, *nodes: Any) -> nx.Graph:
    graph = nx.DiGraph() if directed else nx.Graph()
    graph.add_nodes_from(nodes)
    return graph


def _one(directed: bool, loop: bool, node: Any) -> nx.Graph:
    graph = _bare(directed, node)
    if loop:
        graph.add_edge(node, node, weight=2)
    return graph


def _looped(graph: nx.Graph) -> nx.Graph:
    graph.add_edge(next(iter(graph)), next(iter(graph)), weight=3)
    return graph


def _apart(graph: nx.Graph) -> nx.Graph:
    graph.add_node("apart")
    return graph


def _twice(graph: nx.Graph) -> nx.Graph:
    nx.add_path(graph, list(graph)[:2])
    graph.add_edge("far", "away", weight=2)
    return graph


def _whole(graph: nx.Graph) -> nx.Graph:
    nx.add_cycle(graph, list(graph))
    return graph


def _acyclic(graph: nx.Graph) -> nx.Graph:
    place = {node: i for i, node in enumerate(graph)}
    graph.remove_edges_from([(u, v) for u, v in graph.edges if place[u] >= place[v]])
    return graph


def _named(kind: type) -> Callable[[nx.Graph], nx.Graph]:
    def relabel(graph: nx.Graph) -> nx.Graph:
        return nx.relabel_nodes(graph, {node: kind(i) for i, node in enumerate(graph)})

    return relabel


def _both_ids(graph: nx.Graph) -> nx.Graph:
    graph.add_edge(1, "1", weight=2)
    return graph


def _with(strategy: st.SearchStrategy[Any], *needed: Any) -> st.SearchStrategy[nx.Graph]:
    def set_all(graph: nx.Graph) -> nx.Graph:
        nodes = list(graph)
        for i, weight in enumerate(needed):
            graph.add_edge(nodes[i], nodes[i + 1], weight=weight)
        return graph

    return graphs(weights=strategy, least=len(needed) + 1).map(set_all)


def _weighs(graph: nx.Graph, test: Callable[[Any], bool]) -> bool:
    return any(test(weight) for *_, weight in graph.edges(data="weight") if weight is not None)


FAMILIES: dict[str, Family] = {
    "empty": Family(st.booleans().map(_bare), lambda g: not len(g)),
    "one node": Family(st.builds(_one, st.booleans(), st.booleans(), st.sampled_from([0, "a"])), lambda g: len(g) == 1),
    "undirected": Family(graphs(directed=False, weights=weights), lambda g: not g.is_directed()),
    "directed": Family(graphs(directed=True, weights=weights), lambda g: g.is_directed()),
    "without weights": Family(graphs(least=2), lambda g: not _weighs(g, lambda _: True)),
    "weights": Family(_with(positive, 2.0), lambda g: _weighs(g, lambda w: w > 0)),
    "weights of 0": Family(_with(st.sampled_from([0, 0, 1]), 0), lambda g: _weighs(g, lambda w: w == 0)),
    "weights below 0": Family(_with(signed, -1), lambda g: _weighs(g, lambda w: w < 0)),
    "self-loops": Family(_any().map(_looped), lambda g: nx.number_of_selfloops(g) > 0),
    "isolated": Family(_any().map(_apart), lambda g: nx.number_of_isolates(g) > 0),
    "disconnected": Family(_any().map(_twice), lambda g: nx.number_weakly_connected_components(g.to_directed()) > 1),
    "connected": Family(_any().map(_whole), lambda g: nx.is_strongly_connected(g.to_directed())),
    "acyclic": Family(graphs(directed=True, weights=weights).map(_acyclic), nx.is_directed_acyclic_graph),
    "string ids": Family(_any().map(_named(str)), lambda g: all(isinstance(node, str) for node in g)),
    "integer ids": Family(_any().map(_named(int)), lambda g: all(isinstance(node, int) for node in g)),
    "1 beside '1'": Family(_any().map(_both_ids), lambda g: 1 in g and "1" in g),
}


def attributed(graph: nx.Graph) -> nx.Graph:
    """The graph with what a few algorithms read of nodes and edges; one graph in some lacks it at a node."""
    for place, node in enumerate(graph):
        if (len(graph) + graph.number_of_edges()) % 7 or place:
            graph.nodes[node].update(color="rgb"[place % 3], size=place % 4)
    for *_, data in graph.edges(data=True):
        data["capacity"] = int(abs(data.get("weight", 1)) * 4)
    return graph
