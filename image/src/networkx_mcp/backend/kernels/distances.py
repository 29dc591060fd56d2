"""Measures made of the distances between all nodes: closeness, harmonic, eccentricity, mean path length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import networkx as nx
import numpy as np
import scipy.sparse.csgraph as csgraph
from numpy.typing import NDArray

from networkx_mcp.backend.kernel import DIGITS, kernel
from networkx_mcp.backend.kernels import components, degrees, sweep
from networkx_mcp.backend.kernels.arrays import Arrays, Float, Unsuited
from networkx_mcp.backend.kernels.node_results import NodeValues

ENGINE = "numpy"
#: Distances that are held at a time in weighted searches: 16 MB.
_HELD = 2_000_000
#: Up to here all eccentricities cost less than bounding the largest one.
_SWEPT = 20_000


def rows_of_distances(graph: Arrays, weight: str, *, into: bool, sources: Any = None) -> Iterator[tuple[Any, Float]]:
    """(sources, distances from them to all nodes, inf where there is no way), some sources at a time.

    `into`: distances to the sources instead. Unsuited for weights below 0.
    """
    matrix = graph.matrix(weight, into=into, lowest=0)
    nodes = np.arange(graph.n) if sources is None else sources
    for batch in sweep.batches(nodes, max(1, min(256, _HELD // max(graph.n, 1)))):
        yield batch, np.atleast_2d(csgraph.dijkstra(matrix, directed=True, indices=batch))


def closeness(totals: Float, reached: NDArray[Any], n: int, wf_improved: bool) -> Float:
    """Wasserman and Faust: (r - 1) / total, times (r - 1) / (n - 1); `reached` counts the node itself."""
    found = np.zeros(len(totals))
    np.divide(reached - 1.0, totals, out=found, where=totals > 0)
    if wf_improved and n > 1:
        found *= (reached - 1.0) / (n - 1)
    return found


@kernel("closeness_centrality", engine=ENGINE, note=DIGITS)
def closeness_centrality(
    graph: Arrays, u: Any = None, distance: str | None = None, wf_improved: bool = True
) -> NodeValues | float:
    """Closeness by the distances to a node (not from it), as in networkx."""
    n = graph.n
    only = None if u is None else graph.row(u)
    if distance is not None:
        totals, reached = np.zeros(n), np.zeros(n, np.int64)
        for batch, found in rows_of_distances(graph, distance, into=True, sources=None if only is None else [only]):
            reached[batch] = np.isfinite(found).sum(axis=1)
            totals[batch] = np.where(np.isfinite(found), found, 0).sum(axis=1)
    elif only is not None:
        frozen = graph.frozen
        hops = sweep.levels(frozen.in_indptr, frozen.in_indices, only)
        totals, reached = np.zeros(n), np.zeros(n, np.int64)
        totals[only], reached[only] = hops[hops > 0].sum(), np.count_nonzero(hops >= 0)
    else:
        sums, reached = np.zeros(n, np.int64), np.ones(n, np.int64)
        sweeper = sweep.inward(graph)
        for batch in sweep.batches(np.arange(n)):
            for level, words in enumerate(sweeper.run(batch), 1):
                bits = np.bitwise_count(words)
                reached += bits
                sums += bits * np.int64(level)
        totals = sums.astype(float)
    values = closeness(totals, reached, n, wf_improved)
    return NodeValues(graph, values) if only is None else float(values[only])


@kernel("harmonic_centrality", engine=ENGINE, note=DIGITS)
def harmonic_centrality(
    graph: Arrays, nbunch: None = None, distance: str | None = None, sources: None = None
) -> NodeValues:
    """Sum of 1/distance to a node from all others."""
    if nbunch is not None or sources is not None:
        raise Unsuited
    n = graph.n
    values = np.zeros(n)
    if distance is not None:
        for batch, found in rows_of_distances(graph, distance, into=True):
            with np.errstate(divide="ignore"):
                inverse = np.where(found > 0, 1 / found, 0)
            values[batch] = inverse.sum(axis=1)
        return NodeValues(graph, values)
    sweeper = sweep.inward(graph)
    for batch in sweep.batches(np.arange(n)):
        for level, words in enumerate(sweeper.run(batch), 1):
            values += np.bitwise_count(words) * (1 / level)
    return NodeValues(graph, values)


def require_connected(graph: Arrays) -> None:
    """networkx's error of eccentricity for graphs with pairs that no path joins."""
    if int(components.labels(graph, strong=graph.directed).max(initial=0)) > 0:
        what = "digraph is not strongly connected" if graph.directed else "graph is not connected"
        raise nx.NetworkXError(f"Found infinite path length because the {what}")


def eccentricities(graph: Arrays, weight: str | None) -> NDArray[Any]:
    """The largest distance from each node. NetworkXError when some node is out of reach."""
    if weight is not None:
        graph.weights(weight, lowest=0)
    require_connected(graph)
    if weight is None:
        hops = np.zeros(graph.n, np.int64)
        sweeper = sweep.outward(graph)
        for batch in sweep.batches(np.arange(graph.n)):
            for level, words in enumerate(sweeper.run(batch), 1):
                hops[(words != 0) & (hops < level)] = level
        return hops
    far = np.zeros(graph.n)
    for batch, found in rows_of_distances(graph, weight, into=False):
        far[batch] = found.max(axis=1)
    return np.rint(far).astype(np.int64) if graph.weights(weight).integral else far


@kernel("eccentricity", engine=ENGINE)
def eccentricity(graph: Arrays, v: None = None, sp: None = None, weight: str | None = None) -> NodeValues:
    if v is not None or sp is not None:
        raise Unsuited
    return NodeValues(graph, eccentricities(graph, weight))


def _extremes(graph: Arrays, e: Any, usebounds: bool, weight: str | None) -> NDArray[Any]:
    if usebounds or not graph.n:
        raise Unsuited
    if e is None:
        return eccentricities(graph, weight)
    if isinstance(e, NodeValues) and e.graph is graph and e.rows is None:
        return e.array
    raise Unsuited


@kernel("diameter", engine=ENGINE)
def diameter(graph: Arrays, e: Any = None, usebounds: bool = False, weight: str | None = None) -> Any:
    """The largest distance. Of an unweighted, undirected graph by bounds, with few searches."""
    if e is None and weight is None and not graph.directed and graph.n > _SWEPT:
        require_connected(graph)
        return by_bounds(graph)
    return _extremes(graph, e, usebounds, weight).max().item()


def by_bounds(graph: Arrays) -> int:
    """Diameter by lower and upper bounds of all eccentricities, which every search tightens (Takes and
    Kosters, "Determining the diameter of small world networks", CIKM 2011). The graph is connected.
    """
    frozen, n = graph.frozen, graph.n
    lower, upper = np.zeros(n, np.int64), np.full(n, 2 * n, np.int64)
    degree = degrees.degrees(graph)
    candidates = np.ones(n, bool)
    high = False
    while candidates.any():
        rows = np.flatnonzero(candidates)
        bound = upper[rows] if high else -lower[rows]
        best = rows[bound == bound.max()]
        node = int(best[np.argmax(degree[best])])
        high = not high
        hops = sweep.levels(frozen.out_indptr, frozen.out_indices, node)
        far = int(hops.max())
        np.maximum(lower, np.maximum(hops, far - hops), out=lower)
        np.minimum(upper, far + hops, out=upper)
        candidates[node] = False
        candidates &= upper > lower.max()
    return int(lower.max())


@kernel("radius", engine=ENGINE)
def radius(graph: Arrays, e: Any = None, usebounds: bool = False, weight: str | None = None) -> Any:
    return _extremes(graph, e, usebounds, weight).min().item()


@kernel("periphery", engine=ENGINE)
def periphery(graph: Arrays, e: Any = None, usebounds: bool = False, weight: str | None = None) -> list[Any]:
    found = _extremes(graph, e, usebounds, weight)
    return graph.frozen.ids_of(np.flatnonzero(found == found.max()).tolist())


@kernel("center", engine=ENGINE)
def center(graph: Arrays, e: Any = None, usebounds: bool = False, weight: str | None = None) -> list[Any]:
    if e is None and weight is None and not graph.directed and graph.m == graph.n - 1:
        raise Unsuited  # networkx finds the centre of a tree in an order of its own
    found = _extremes(graph, e, usebounds, weight)
    return graph.frozen.ids_of(np.flatnonzero(found == found.min()).tolist())


@kernel("average_shortest_path_length", engine=ENGINE, least=2, note=DIGITS)
def average_shortest_path_length(graph: Arrays, weight: str | None = None, method: None = None) -> float:
    """Mean distance over all ordered pairs. NetworkXError when some pair has no path."""
    if method is not None:
        raise Unsuited
    n = graph.n
    if int(components.labels(graph, strong=graph.directed).max()) > 0:
        raise nx.NetworkXError(f"Graph is not {'strongly ' if graph.directed else ''}connected.")
    total: float = 0
    if weight is not None:
        for _, found in rows_of_distances(graph, weight, into=False):
            total += float(found.sum())
    else:
        sweeper = sweep.inward(graph)
        for batch in sweep.batches(np.arange(n)):
            for level, words in enumerate(sweeper.run(batch), 1):
                total += level * int(np.bitwise_count(words).sum(dtype=np.int64))
    return total / (n * (n - 1))


@kernel("global_efficiency", engine=ENGINE, graphs="undirected", least=2, note=DIGITS)
def global_efficiency(graph: Arrays) -> float:
    """Mean of 1/distance over all ordered pairs."""
    total = 0.0
    sweeper = sweep.inward(graph)
    for batch in sweep.batches(np.arange(graph.n)):
        for level, words in enumerate(sweeper.run(batch), 1):
            total += int(np.bitwise_count(words).sum(dtype=np.int64)) / level
    return total / (graph.n * (graph.n - 1))
