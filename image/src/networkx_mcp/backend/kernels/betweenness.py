"""Betweenness of nodes and edges: Brandes' algorithm for many sources at a time.

A level of all searches of a batch is one product of the sparse adjacency matrix with a dense block, a
column a source; path counts flow along the edges, dependencies back (Brandes, "A faster algorithm for
betweenness centrality", 2001; in matrix form Buluç and Gilbert, 2011).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.backend.kernel import DIGITS, kernel
from networkx_mcp.backend.kernels import betweenness_common
from networkx_mcp.backend.kernels.arrays import Arrays, Float, Unsuited
from networkx_mcp.backend.kernels.node_results import NodeValues
from networkx_mcp.backend.kernels.sweep import batches

ENGINE = "scipy"
#: Each level costs the whole matrix: on deeper graphs networkx's queue is faster.
DEEPEST = 64
#: Numbers of one dense block: 5 MB, five of them live.
_BLOCK = 640_000


class _Dependencies:
    """What shortest paths from some sources put on nodes, and on adjacency entries if asked."""

    def __init__(self, graph: Arrays, *, edges: bool = False, endpoints: bool = False) -> None:
        self._graph = graph
        self._endpoints = endpoints
        self._out, self._into = graph.matrix(), graph.matrix(into=True)
        self.nodes = np.zeros(graph.n)
        self.entries: Float | None = np.zeros(len(graph.frozen.out_indices)) if edges else None

    def add(self, sources: NDArray[np.int64]) -> None:
        """Unsuited past DEEPEST levels."""
        # whole blocks are multiplied by masks: several times faster than assigning through them
        n, width = self._graph.n, len(sources)
        columns = np.arange(width)
        level = np.full((n, width), -1, np.int8)
        paths = np.zeros((n, width))
        level[sources, columns] = 0
        paths[sources, columns] = 1
        frontier = paths.copy()
        depth = 0
        while True:
            frontier = self._into @ frontier
            np.multiply(frontier, level < 0, out=frontier)
            reached = frontier > 0
            if not reached.any():
                break
            depth += 1
            if depth > DEEPEST:
                raise Unsuited
            np.copyto(level, depth, where=reached)
            paths += frontier
        dependency, share = self._back(level, paths, depth)
        dependency[sources, columns] = 0
        if self._endpoints:
            dependency[level > 0] += 1
            dependency[sources, columns] = (level > 0).sum(axis=0)
        self.nodes += dependency.sum(axis=1)
        if self.entries is not None:
            self._on_edges(level, paths, share)

    def _back(self, level: NDArray[np.int8], paths: Float, depth: int) -> tuple[Float, Float]:
        """(dependency, (1 + dependency) / paths) of every node and source."""
        share = np.zeros_like(paths)
        if depth == 0:
            return np.zeros_like(paths), share
        dependency = np.zeros_like(paths)
        inverse = np.ones_like(paths)
        np.maximum(paths, 1, out=inverse)  # 0 is "not reached", and no path count is below 1
        np.divide(1, inverse, out=inverse)
        for current in range(depth, 0, -1):
            coefficient = dependency + 1
            coefficient *= inverse
            np.multiply(coefficient, level == current, out=coefficient)
            if self.entries is not None:
                share += coefficient
            if current == 1 and self.entries is None:
                break  # what would follow goes to the sources, which get none
            given = self._out @ coefficient
            given *= paths
            np.multiply(given, level == current - 1, out=given)
            dependency += given
        return dependency, share

    def _on_edges(self, level: NDArray[np.int8], paths: Float, share: Float) -> None:
        assert self.entries is not None
        heads, tails = self._graph.heads, self._graph.frozen.out_indices
        step = max(1, _BLOCK // level.shape[1])
        for start in range(0, len(heads), step):
            head, tail = heads[start : start + step], tails[start : start + step]
            flows = paths[head] * share[tail]
            flows[level[tail] != level[head] + 1] = 0
            self.entries[start : start + step] += flows.sum(axis=1)


def _run(graph: Arrays, sources: NDArray[np.int64], **options: bool) -> _Dependencies:
    found = _Dependencies(graph, **options)
    for batch in batches(sources, max(2, min(64, _BLOCK // max(graph.n, 1)))):
        found.add(batch)
    return found


@kernel("betweenness_centrality", engine=ENGINE, least=1, note=DIGITS)
def betweenness_centrality(
    graph: Arrays,
    k: int | None = None,
    normalized: bool = True,
    weight: None = None,
    endpoints: bool = False,
    seed: Any = None,
) -> NodeValues:
    """Exact, or from `k` sources that networkx would choose for the seed."""
    if weight is not None:
        raise Unsuited
    sources = betweenness_common.sources_of(graph, k, seed)
    return betweenness_common.scaled(
        graph, _run(graph, sources, endpoints=endpoints).nodes, sources, k, normalized, endpoints
    )


@kernel("edge_betweenness_centrality", engine=ENGINE, least=1, note=DIGITS)
def edge_betweenness_centrality(
    graph: Arrays, k: int | None = None, normalized: bool = True, weight: None = None, seed: Any = None
) -> dict[tuple[Any, Any], float]:
    """Exact, or from `k` sources; keys are edges in networkx's order."""
    if weight is not None:
        raise Unsuited
    entries = _run(graph, betweenness_common.sources_of(graph, k, seed), edges=True).entries
    assert entries is not None
    return betweenness_common.edges_scaled(graph, entries, k, normalized)
