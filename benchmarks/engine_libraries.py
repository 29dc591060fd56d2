"""What other libraries offer for the cases of `engine.py`, each on a graph of its own that is made beforehand.

An answer is what a caller would read: numbers or groups as Python lists or numpy arrays, by row and not by id, which the
libraries do not know. Where a library has no such function it is left out, and so is igraph, whose licence (GPL) keeps it out of
our requirements. Answers of communities differ: each library has its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np
import rustworkx as rx
import scipy.sparse as sp
import scipy.sparse.csgraph as csgraph

from networkx_mcp.backend.kernels import networkit

Work = Callable[[], Any]


def works(graph: nx.Graph) -> dict[str, dict[str, Work]]:
    """By case, by library; node "0" is row 0."""
    row = {node: place for place, node in enumerate(graph)}
    edges = [(row[u], row[v], float(w)) for u, v, w in graph.edges(data="weight")]
    found: dict[str, dict[str, Work]] = {}
    for name, made in (("rustworkx", _rustworkx), ("networkit", _networkit), ("scipy", _scipy)):
        for case, work in made(len(graph), edges, graph.is_directed()).items():
            found.setdefault(case, {})[name] = work
    return found


Edges = list[tuple[int, int, float]]


def _rustworkx(n: int, edges: Edges, directed: bool) -> dict[str, Work]:
    graph: Any = rx.PyDiGraph(multigraph=False) if directed else rx.PyGraph(multigraph=False)
    graph.add_nodes_from(range(n))
    graph.add_edges_from(edges)
    if directed:
        return {
            "pagerank, directed": lambda: rx.pagerank(graph),
            "strong components": lambda: rx.strongly_connected_components(graph),
            "is a DAG": lambda: rx.is_directed_acyclic_graph(graph),
        }
    return {
        "components": lambda: rx.connected_components(graph),
        "weighted paths from a node": lambda: rx.dijkstra_shortest_path_lengths(graph, 0, float),
        "path of a pair": lambda: rx.dijkstra_shortest_paths(graph, 3, target=n - 1),
        "closeness": lambda: rx.closeness_centrality(graph, parallel_threshold=n + 1),
        "betweenness": lambda: rx.betweenness_centrality(graph, parallel_threshold=n + 1),
        "transitivity": lambda: rx.transitivity(graph),
        "core number": lambda: rx.core_number(graph),
        "minimum spanning edges": lambda: list(rx.minimum_spanning_edges(graph, float)),
        "bridges": lambda: rx.bridges(graph),
        "articulation points": lambda: rx.articulation_points(graph),
        "biconnected components": lambda: rx.biconnected_components(graph),
        "greedy colouring": lambda: rx.graph_greedy_color(graph),
    }


def _networkit(n: int, edges: Edges, directed: bool) -> dict[str, Work]:
    networkit.start(1)
    modules = {name: networkit.module(name) for name in ("components", "centrality", "community", "distance", "graph")}
    src, dst, weights = (np.array(values) for values in zip(*edges, strict=True))
    coo = (weights, (src.astype(np.uint64), dst.astype(np.uint64)))
    graph = modules["graph"].GraphFromCoo(coo, n=n, weighted=True, directed=directed)
    plain = modules["graph"].GraphFromCoo(coo, n=n, weighted=False, directed=directed)

    def ran(module: str, name: str, answer: str, *arguments: Any) -> Work:
        made = getattr(modules[module], name)

        def work() -> Any:
            algorithm = made(*arguments)
            algorithm.run()
            value = getattr(algorithm, answer)()
            return value.getVector() if answer == "getPartition" else value

        return work

    if directed:
        return {
            "pagerank, directed": ran("centrality", "PageRank", "scores", graph, 0.85, 1e-6),
            "strong components": ran("components", "StronglyConnectedComponents", "getPartition", plain),
        }
    return {
        "pagerank": ran("centrality", "PageRank", "scores", graph, 0.85, 1e-6),
        "components": ran("components", "ConnectedComponents", "getPartition", plain),
        "hops from a node": ran("distance", "BFS", "getDistances", plain, 0, False),
        "path of a pair": ran("distance", "BidirectionalBFS", "getPath", plain, 3, n - 1),
        "weighted paths from a node": ran("distance", "Dijkstra", "getDistances", graph, 0),
        "core number": ran("centrality", "CoreDecomposition", "scores", plain),
        "biconnected components": ran("components", "BiconnectedComponents", "getComponents", plain),
        "harmonic": ran("centrality", "HarmonicCloseness", "scores", plain),
        "betweenness": ran("centrality", "Betweenness", "scores", plain),
        "betweenness, 20 sources": ran("centrality", "EstimateBetweenness", "scores", plain, 20),
        "Louvain": ran("community", "PLM", "getPartition", graph, True),
        "label propagation": ran("community", "PLP", "getPartition", plain),
    }


def _scipy(n: int, edges: Edges, directed: bool) -> dict[str, Work]:
    src, dst, weights = (np.array(values) for values in zip(*edges, strict=True))
    if not directed:
        src, dst, weights = np.concatenate([src, dst]), np.concatenate([dst, src]), np.concatenate([weights, weights])
    matrix = sp.csr_array((weights, (src, dst)), shape=(n, n))
    if directed:
        return {"strong components": lambda: csgraph.connected_components(matrix, True, "strong")}
    return {
        "components": lambda: csgraph.connected_components(matrix, directed=False),
        "hops from a node": lambda: csgraph.breadth_first_order(matrix, 0),
        "weighted paths from a node": lambda: csgraph.dijkstra(matrix, indices=0),
        "minimum spanning edges": lambda: csgraph.minimum_spanning_tree(matrix),
    }
