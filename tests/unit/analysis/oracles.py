"""What algorithms must answer, found by trying everything: for graphs of a few nodes."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import chain, combinations, pairwise, permutations
from typing import Any

import networkx as nx


def connected(graph: nx.Graph) -> bool:
    """(Strongly) connected."""
    return nx.is_strongly_connected(graph) if graph.is_directed() else nx.is_connected(graph)


def node_cuts(graph: nx.Graph, size: int) -> list[set[Any]]:
    """The sets of `size` nodes without which two nodes or more are left that are not (strongly) connected."""
    rests = ((set(nodes), graph.subgraph(set(graph) - set(nodes))) for nodes in combinations(graph, size))
    return [nodes for nodes, rest in rests if len(rest) > 1 and not connected(rest)]


def node_connectivity(graph: nx.Graph) -> int:
    """Raises NetworkXPointlessConcept for a graph without nodes."""
    connected(graph)
    return next((size for size in range(len(graph)) if node_cuts(graph, size)), len(graph) - 1)


def edge_connectivity(graph: nx.Graph) -> int:
    """The fewest edges from some nodes to the others. Raises NetworkXPointlessConcept for a graph without nodes."""
    connected(graph)
    if len(graph) < 2:
        return 0
    nodes = list(graph)
    sides = chain.from_iterable(combinations(nodes, size) for size in range(1, len(nodes)))
    return min(sum((u in side) and (v not in side) for u, v in _both_ways(graph)) for side in map(set, sides))


def _both_ways(graph: nx.Graph) -> Iterable[tuple[Any, Any]]:
    return graph.edges if graph.is_directed() else chain(graph.edges, ((v, u) for u, v in graph.edges))


def separates(graph: nx.Graph, nodes: set[Any], s: Any, t: Any) -> bool:
    rest = graph.subgraph(set(graph) - nodes)
    return not nx.has_path(rest, s, t)


def pair_cut(graph: nx.Graph, s: Any, t: Any) -> int:
    """Fewest nodes that part s from t, which no edge joins."""
    others = set(graph) - {s, t}
    return next(k for k in range(len(graph)) if any(separates(graph, set(c), s, t) for c in combinations(others, k)))


def k_components(graph: nx.Graph) -> dict[int, set[frozenset[Any]]]:
    """Maximal sets of nodes whose subgraph has a connectivity of k or more."""
    sets = [frozenset(c) for size in range(2, len(graph) + 1) for c in combinations(graph, size)]
    own = {nodes: node_connectivity(graph.subgraph(nodes)) for nodes in sets if connected(graph.subgraph(nodes))}
    found: dict[int, set[frozenset[Any]]] = {}
    for k in range(1, max(own.values(), default=0) + 1):
        enough = [nodes for nodes, value in own.items() if value >= k]
        found[k] = {nodes for nodes in enough if not any(nodes < other for other in enough)}
    return found


def digraphs(nodes: int) -> Iterator[nx.DiGraph]:
    """All on `nodes` labelled nodes, without self-loops."""
    pairs = list(permutations(range(nodes), 2))
    for size in range(len(pairs) + 1):
        for edges in combinations(pairs, size):
            graph = nx.DiGraph()
            graph.add_nodes_from(range(nodes))
            graph.add_edges_from(edges)
            yield graph


def random_graphs(count: int, *, nodes: int, directed: bool, seed: int, loops: bool = False) -> Iterator[nx.Graph]:
    rng = random.Random(seed)
    for _ in range(count):
        n = rng.randint(2, nodes)
        graph = nx.gnp_random_graph(n, rng.choice([0.25, 0.5, 0.75, 0.9]), seed=rng.getrandbits(32), directed=directed)
        if loops:
            graph.add_edges_from((u, u) for u in range(n) if rng.random() < 0.5)
        yield graph


def unlooped(graph: nx.Graph) -> nx.Graph:
    """The graph without self-loops."""
    graph = graph.copy()
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    return graph


def looped(graph: nx.Graph) -> nx.Graph:
    """The graph with a self-loop at each node."""
    graph = graph.copy()
    graph.add_edges_from((node, node) for node in list(graph))
    return graph


def simple_paths(graph: nx.Graph, source: Any, target: Any, weight: str) -> dict[tuple[Any, ...], Any]:
    """The length of each simple path."""
    paths = [[source]] if source == target else nx.all_simple_paths(graph, source, target)
    return {tuple(p): sum(graph[u][v].get(weight, 1) for u, v in pairwise(p)) for p in paths}


def weighted(graph: nx.Graph, choices: list[Any], seed: int, name: str = "weight") -> nx.Graph:
    """The graph with one of `choices` on each edge."""
    rng = random.Random(seed)
    for *_, data in graph.edges(data=True):
        data[name] = rng.choice(choices)
    return graph
