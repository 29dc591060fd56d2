"""Shortest paths from a node, and between two nodes.

Unweighted searches visit nodes in networkx's order, so of several shortest paths they give networkx's. With
weights the distances are networkx's and the path is a shortest one, perhaps another. Weights below 0 are
networkx's.
"""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import scipy.sparse.csgraph as csgraph
from numpy.typing import NDArray

from networkx_mcp.arrays.ids import NodeId
from networkx_mcp.backend.kernel import kernel
from networkx_mcp.backend.kernels.arrays import Arrays, Unsuited
from networkx_mcp.backend.kernels.node_results import NodeValues
from networkx_mcp.backend.kernels.path_results import (
    ONE_OF_SEVERAL,
    NodePaths,
    checked_cutoff,
    checked_length,
    checked_target,
    one_end,
    steps,
)

ENGINE = "scipy"
PAIR_ENGINE = "networkx-mcp"


def _hops(
    graph: Arrays, source: int, cutoff: float | None, *, back: bool = False
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """(rows in the order of discovery, hops of each, predecessor by row)."""
    order, before = csgraph.breadth_first_order(graph.matrix(into=back), source, directed=True)
    place = np.empty(graph.n, np.int64)
    place[order] = np.arange(len(order))
    parents = place[before[order[1:]]]  # ascending: a queue
    hops = np.zeros(len(order), np.int64)
    start, end, level = 0, 1, 0
    while end < len(order):
        level += 1
        start, end = end, 1 + int(np.searchsorted(parents, end))
        hops[start:end] = level
    kept = int(np.searchsorted(hops, steps(cutoff, graph.n), "right"))
    return order[:kept], hops[:kept], before


@kernel("single_source_shortest_path_length", engine=ENGINE)
def single_source_shortest_path_length(graph: Arrays, source: Any, cutoff: Any = None) -> NodeValues:
    order, hops, _ = _hops(graph, graph.row(source), checked_cutoff(cutoff))
    return NodeValues(graph, hops, order)


@kernel("single_target_shortest_path_length", engine=ENGINE)
def single_target_shortest_path_length(graph: Arrays, target: Any, cutoff: Any = None) -> NodeValues:
    order, hops, _ = _hops(graph, graph.row(target), checked_cutoff(cutoff), back=True)
    return NodeValues(graph, hops, order)


@kernel("single_source_shortest_path", engine=ENGINE)
def single_source_shortest_path(graph: Arrays, source: Any, cutoff: Any = None) -> NodePaths:
    row = graph.row(source)
    order, _, before = _hops(graph, row, checked_cutoff(cutoff))
    return NodePaths(graph, order, before, row, back=False)


def _dijkstra(
    graph: Arrays, source: int, weight: Any, cutoff: Any, *, paths: bool, into: bool = False
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """(rows by distance, distance of each, predecessor by row); int64 distances for integer weights."""
    matrix = graph.matrix(weight, into=into, lowest=0)
    limit = checked_length(cutoff)
    if limit < 0:
        raise Unsuited
    found = csgraph.dijkstra(matrix, directed=True, indices=source, return_predecessors=paths, limit=limit)
    distances, before = found if paths else (found, np.zeros(0, np.int32))
    rows = np.flatnonzero(np.isfinite(distances))
    rows = rows[np.argsort(distances[rows], kind="stable")]
    values: Any = distances[rows]
    if weight is None or graph.weights(weight).integral:
        values = values.astype(np.int64)
    return rows, values, before


@kernel("single_source_dijkstra_path_length", engine=ENGINE)
def single_source_dijkstra_path_length(
    graph: Arrays, source: Any, cutoff: Any = None, weight: Any = "weight"
) -> NodeValues:
    rows, values, _ = _dijkstra(graph, graph.row(source), weight, cutoff, paths=False)
    return NodeValues(graph, values, rows)


@kernel("single_source_dijkstra_path", engine=ENGINE, note=ONE_OF_SEVERAL)
def single_source_dijkstra_path(graph: Arrays, source: Any, cutoff: Any = None, weight: Any = "weight") -> NodePaths:
    row = graph.row(source)
    rows, _, before = _dijkstra(graph, row, weight, cutoff, paths=True)
    return NodePaths(graph, rows, before, row, back=False)


@kernel("single_source_dijkstra", engine=ENGINE, note=ONE_OF_SEVERAL)
def single_source_dijkstra(
    graph: Arrays, source: Any, target: Any = None, cutoff: Any = None, weight: Any = "weight"
) -> Any:
    """(distances, paths), or (distance, path) with a target. Raises NetworkXNoPath."""
    row = graph.row(source)
    end = None if target is None else graph.row(target)
    if end == row:
        return 0, [source]
    rows, values, before = _dijkstra(graph, row, weight, cutoff, paths=True)
    paths = NodePaths(graph, rows, before, row, back=False)
    if end is None:
        return NodeValues(graph, values, rows), paths
    place = np.flatnonzero(rows == end)
    if not len(place):
        raise nx.NetworkXNoPath(f"No path to {target}.")
    return values[place[0]].item(), graph.frozen.ids_of(paths.to(end))


@kernel("dijkstra_path", engine=ENGINE, note=ONE_OF_SEVERAL)
def dijkstra_path(graph: Arrays, source: Any, target: Any, weight: Any = "weight") -> list[NodeId]:
    path: list[NodeId] = single_source_dijkstra(graph, source, checked_target(target), weight=weight)[1]
    return path


@kernel("dijkstra_path_length", engine=ENGINE)
def dijkstra_path_length(graph: Arrays, source: Any, target: Any, weight: Any = "weight") -> Any:
    return single_source_dijkstra(graph, source, checked_target(target), weight=weight)[0]


@kernel("bidirectional_dijkstra", engine=ENGINE, note=ONE_OF_SEVERAL)
def bidirectional_dijkstra(graph: Arrays, source: Any, target: Any, weight: Any = "weight") -> Any:
    return single_source_dijkstra(graph, source, checked_target(target), weight=weight)


def _between(graph: Arrays, source: int, target: int) -> list[int]:
    """networkx's own search from both ends, step by step, so that its path is found: rows, [] for none."""
    if source == target:
        return [source]
    frozen = graph.frozen
    before: dict[int, int] = {source: -1}
    after: dict[int, int] = {target: -1}
    forward, backward = [source], [target]
    while forward and backward:
        ahead = len(forward) <= len(backward)
        mine, others = (before, after) if ahead else (after, before)
        lists = frozen.successors if ahead else frozen.predecessors
        fringe: list[int] = []
        for v in forward if ahead else backward:
            for w in lists(v).tolist():
                if w not in mine:
                    mine[w] = v
                    fringe.append(w)
                if w in others:
                    return _joined(before, after, w)
        if ahead:
            forward = fringe
        else:
            backward = fringe
    return []


def _joined(before: dict[int, int], after: dict[int, int], middle: int) -> list[int]:
    path = [middle]
    while (row := before[path[-1]]) >= 0:
        path.append(row)
    path.reverse()
    while (row := after[path[-1]]) >= 0:
        path.append(row)
    return path


@kernel("bidirectional_shortest_path", engine=PAIR_ENGINE)
def bidirectional_shortest_path(graph: Arrays, source: Any, target: Any) -> list[NodeId]:
    """Raises NetworkXNoPath."""
    path = _between(graph, graph.row(source), graph.row(target))
    if not path:
        raise nx.NetworkXNoPath(f"No path between {source} and {target}.")
    return graph.frozen.ids_of(path)


@kernel("has_path", engine=PAIR_ENGINE)
def has_path(graph: Arrays, source: Any, target: Any) -> bool:
    return bool(_between(graph, graph.row(source), graph.row(target)))


@kernel("shortest_path", engine=ENGINE, note=ONE_OF_SEVERAL)
def shortest_path(
    graph: Arrays, source: Any = None, target: Any = None, weight: Any = None, method: str = "dijkstra"
) -> Any:
    """One path, or a mapping of paths when one end is None. Raises NetworkXNoPath."""
    row, back = one_end(graph, source, target, weight, method)
    if row < 0:
        if weight is None:
            return bidirectional_shortest_path(graph, source, target)
        return single_source_dijkstra(graph, source, target, weight=weight)[1]
    if weight is None:
        rows, _, before = _hops(graph, row, None, back=back)
    else:
        rows, _, before = _dijkstra(graph, row, weight, None, paths=True, into=back)
    return NodePaths(graph, rows, before, row, back=back)


@kernel("shortest_path_length", engine=ENGINE)
def shortest_path_length(
    graph: Arrays, source: Any = None, target: Any = None, weight: Any = None, method: str = "dijkstra"
) -> Any:
    """One length, or a mapping of lengths when one end is None. Raises NetworkXNoPath."""
    row, back = one_end(graph, source, target, weight, method)
    if row < 0:
        if weight is None:
            return len(bidirectional_shortest_path(graph, source, target)) - 1
        return single_source_dijkstra(graph, source, target, weight=weight)[0]
    if weight is None:
        rows, values, _ = _hops(graph, row, None, back=back)
    else:
        rows, values, _ = _dijkstra(graph, row, weight, None, paths=False, into=back)
    return NodeValues(graph, values, rows)
