"""Shortest paths by the compiled library: those that networkx finds, in the order in which it finds them.

Weights below 0 are networkx's, and what it does not define.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import count, pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.arrays.ids import NodeId
from networkx_mcp.backend.kernel import FIRST, kernel
from networkx_mcp.backend.kernels import native
from networkx_mcp.backend.kernels.arrays import Arrays, Float, Unsuited, Weights
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

ENGINE = native.ENGINE


class _Search(NamedTuple):
    """Nodes in the order of the search, how far each is, and by row the node before."""

    rows: NDArray[np.int32]
    distances: NDArray[Any]
    before: NDArray[np.int32]


def _adjacency(graph: Arrays, back: bool) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    frozen = graph.frozen
    return (
        (frozen.in_indptr, frozen.in_indices, frozen.in_rows)
        if back
        else (frozen.out_indptr, frozen.out_indices, frozen.out_rows)
    )


def _hops(graph: Arrays, source: int, cutoff: Any = None, *, back: bool = False) -> _Search:
    most = steps(checked_cutoff(cutoff), graph.n)
    order, hops, before = (np.empty(graph.n, np.int32) for _ in range(3))
    found = native.call("nx_hops", graph.n, *_adjacency(graph, back)[:2], source, most, order, hops, before)
    return _Search(order[:found], hops[:found], before)


def _weights(graph: Arrays, weight: Any) -> Weights:
    if native.missing():
        raise Unsuited  # before anything is read
    return graph.weights(weight, lowest=0)


def _dijkstra(
    graph: Arrays, source: int, weight: Any, cutoff: Any = None, *, back: bool = False, target: int = -1
) -> _Search:
    """int64 distances when all weights are integers."""
    weights, limit = _weights(graph, weight), checked_length(cutoff)
    n = graph.n
    far, before, order = np.empty(n), np.empty(n, np.int32), np.empty(n, np.int32)
    found = native.call(
        "nx_dijkstra", n, *_adjacency(graph, back), weights.values, source, target,
        limit, far, before, order, np.zeros(n, np.uint8),
    )  # fmt: skip
    order = order[:found]
    values: Any = far[order]
    reached = np.full(n, -1, np.int32)
    reached[order] = before[order]
    return _Search(order, values.astype(np.int64) if weights.integral else values, reached)


class _Pairs:
    """Searches between two nodes, some nodes and edges left out if asked."""

    def __init__(self, graph: Arrays, weights: Weights | None = None) -> None:
        """Without weights hops count."""
        self._graph, self._weights = graph, weights

    def __call__(
        self, source: int, target: int, no_nodes: NDArray[np.uint8] | None = None,
        no_edges: NDArray[np.uint8] | None = None,
    ) -> tuple[Any, list[int]] | None:  # fmt: skip
        """(distance, rows), None where there is no path; the distance of hops is their number."""
        graph, n = self._graph, self._graph.n
        links, path = np.zeros(2 * n, np.int32), np.empty(2 * n, np.int32)
        ways = (*_adjacency(graph, False), *_adjacency(graph, True))
        if self._weights is None:
            queues = np.empty(2 * n, np.int32)
            found = native.call("nx_pair_hops", n, *ways, source, target, no_nodes, no_edges, links, queues, path)
            distance: Any = found - 1
        else:
            length, state, far = np.zeros(1), np.zeros(2 * n, np.uint8), np.empty(2 * n)
            found = native.call(
                "nx_pair_dijkstra", n, *ways, self._weights.values, source, target, no_nodes, no_edges, links, state,
                far, path, length,
            )  # fmt: skip
            distance = int(length[0]) if self._weights.integral or source == target else length[0].item()
        return (distance, path[:found].tolist()) if found else None


def _between(graph: Arrays, source: Any, target: Any, weights: Weights | None) -> tuple[Any, list[int]]:
    """Raises NetworkXNoPath."""
    found = _Pairs(graph, weights)(graph.row(source), graph.row(target))
    if found is None:
        raise no_path(source, target)
    return found


def no_path(source: Any, target: Any) -> Exception:
    """networkx's exception."""
    import networkx as nx  # here, because the API runs these kernels without networkx

    return nx.NetworkXNoPath(f"No path between {source} and {target}.")


def hops_between(graph: Arrays, source: Any, target: Any) -> list[int] | None:
    """Rows of the path with the fewest hops that networkx finds; None where there is none."""
    found = _Pairs(graph)(graph.row(source), graph.row(target))
    return None if found is None else found[1]


# -- from one node


@kernel("single_source_shortest_path_length", engine=ENGINE, order=FIRST)
def single_source_shortest_path_length(graph: Arrays, source: Any, cutoff: Any = None) -> NodeValues:
    found = _hops(graph, graph.row(source), cutoff)
    return NodeValues(graph, found.distances, found.rows)


@kernel("single_target_shortest_path_length", engine=ENGINE, order=FIRST)
def single_target_shortest_path_length(graph: Arrays, target: Any, cutoff: Any = None) -> NodeValues:
    found = _hops(graph, graph.row(target), cutoff, back=True)
    return NodeValues(graph, found.distances, found.rows)


@kernel("single_source_shortest_path", engine=ENGINE, order=FIRST)
def single_source_shortest_path(graph: Arrays, source: Any, cutoff: Any = None) -> NodePaths:
    row = graph.row(source)
    found = _hops(graph, row, cutoff)
    return NodePaths(graph, found.rows, found.before, row, back=False)


@kernel("single_source_dijkstra_path_length", engine=ENGINE, order=FIRST)
def single_source_dijkstra_path_length(
    graph: Arrays, source: Any, cutoff: Any = None, weight: Any = "weight"
) -> NodeValues:
    found = _dijkstra(graph, graph.row(source), weight, cutoff)
    return NodeValues(graph, found.distances, found.rows)


@kernel("single_source_dijkstra_path", engine=ENGINE, order=FIRST)
def single_source_dijkstra_path(graph: Arrays, source: Any, cutoff: Any = None, weight: Any = "weight") -> NodePaths:
    row = graph.row(source)
    found = _dijkstra(graph, row, weight, cutoff)
    return NodePaths(graph, found.rows, found.before, row, back=False)


@kernel("single_source_dijkstra", engine=ENGINE, order=FIRST)
def single_source_dijkstra(
    graph: Arrays, source: Any, target: Any = None, cutoff: Any = None, weight: Any = "weight"
) -> Any:
    """(distances, paths), or (distance, path) with a target. Raises NetworkXNoPath."""
    row = graph.row(source)
    end = -1 if target is None else graph.row(target)
    if end == row:
        return 0, [source]
    found = _dijkstra(graph, row, weight, cutoff, target=end)
    tree = NodePaths(graph, found.rows, found.before, row, back=False)
    if target is None:
        return NodeValues(graph, found.distances, found.rows), tree
    if found.rows[-1] != end:
        raise no_path(source, target)
    return found.distances[-1].item(), graph.frozen.ids_of(tree.to(end))


# -- between two nodes


@kernel("dijkstra_path", engine=ENGINE, order=FIRST)
def dijkstra_path(graph: Arrays, source: Any, target: Any, weight: Any = "weight") -> list[NodeId]:
    path: list[NodeId] = single_source_dijkstra(graph, source, checked_target(target), weight=weight)[1]
    return path


@kernel("dijkstra_path_length", engine=ENGINE, order=FIRST)
def dijkstra_path_length(graph: Arrays, source: Any, target: Any, weight: Any = "weight") -> Any:
    return single_source_dijkstra(graph, source, checked_target(target), weight=weight)[0]


@kernel("bidirectional_dijkstra", engine=ENGINE, order=FIRST)
def bidirectional_dijkstra(graph: Arrays, source: Any, target: Any, weight: Any = "weight") -> Any:
    distance, rows = _between(graph, source, target, _weights(graph, weight))
    return distance, graph.frozen.ids_of(rows)


@kernel("bidirectional_shortest_path", engine=ENGINE, order=FIRST)
def bidirectional_shortest_path(graph: Arrays, source: Any, target: Any) -> list[NodeId]:
    """Raises NetworkXNoPath."""
    return graph.frozen.ids_of(_between(graph, source, target, None)[1])


@kernel("has_path", engine=ENGINE, order=FIRST)
def has_path(graph: Arrays, source: Any, target: Any) -> bool:
    return hops_between(graph, source, target) is not None


@kernel("astar_path", engine=ENGINE, order=FIRST, note=f"Without a heuristic. {ONE_OF_SEVERAL}")
def astar_path(
    graph: Arrays, source: Any, target: Any, heuristic: None = None, weight: Any = "weight", *, cutoff: Any = None
) -> list[NodeId]:
    """Without a heuristic, which makes it Dijkstra's."""
    if heuristic is not None or cutoff is not None:
        raise Unsuited
    return dijkstra_path(graph, source, target, weight)


@kernel("astar_path_length", engine=ENGINE, order=FIRST, note="Without a heuristic.")
def astar_path_length(
    graph: Arrays, source: Any, target: Any, heuristic: None = None, weight: Any = "weight", *, cutoff: Any = None
) -> Any:
    if heuristic is not None or cutoff is not None:
        raise Unsuited
    return dijkstra_path_length(graph, source, target, weight)


@kernel("shortest_path", engine=ENGINE, order=FIRST)
def shortest_path(
    graph: Arrays, source: Any = None, target: Any = None, weight: Any = None, method: str = "dijkstra"
) -> Any:
    """One path, or a mapping of paths when one end is None. Raises NetworkXNoPath."""
    row, back = one_end(graph, source, target, weight, method)
    if row < 0:
        weights = None if weight is None else _weights(graph, weight)
        return graph.frozen.ids_of(_between(graph, source, target, weights)[1])
    found = _hops(graph, row, back=back) if weight is None else _dijkstra(graph, row, weight, back=back)
    return NodePaths(graph, found.rows, found.before, row, back=back)


@kernel("shortest_path_length", engine=ENGINE, order=FIRST)
def shortest_path_length(
    graph: Arrays, source: Any = None, target: Any = None, weight: Any = None, method: str = "dijkstra"
) -> Any:
    """One length, or a mapping of lengths when one end is None. Raises NetworkXNoPath."""
    row, back = one_end(graph, source, target, weight, method)
    if row < 0:
        if weight is not None:  # summed from the source on, as networkx does: from both ends the last digit differs
            return dijkstra_path_length(graph, source, target, weight)
        return _between(graph, source, target, None)[0]
    found = _hops(graph, row, back=back) if weight is None else _dijkstra(graph, row, weight, back=back)
    return NodeValues(graph, found.distances, found.rows)


# -- many paths between two nodes


@kernel("shortest_simple_paths", engine=ENGINE, order=FIRST)
def shortest_simple_paths(graph: Arrays, source: Any, target: Any, weight: Any = None) -> Iterator[list[NodeId]]:
    """Paths from the shortest on, by Yen's algorithm, in networkx's order. Raises NetworkXNoPath."""
    if native.missing():
        raise Unsuited  # now: when the first path is asked for nobody listens any more
    first, last = graph.row(source), graph.row(target)
    weights = None if weight is None else _weights(graph, weight)
    return _yen(graph, _Pairs(graph, weights), first, last, None if weights is None else weights.values)


def _yen(graph: Arrays, search: _Pairs, source: int, target: int, weights: Float | None) -> Iterator[list[NodeId]]:
    frozen = graph.frozen
    steps: dict[tuple[int, int], int] = {}

    def edge(u: int, v: int) -> int:
        found = steps.get((u, v))
        if found is None:
            found = steps[u, v] = frozen.edge_row(u, v)
        return found

    def length(rows: list[int]) -> float:
        if weights is None:
            return len(rows)
        return float(sum(weights[edge(u, v)].item() for u, v in pairwise(rows)))

    tie = count()
    shortest = search(source, target)
    if shortest is None:
        raise no_path(*frozen.ids_of((source, target)))
    distance, path = shortest
    candidates = [(distance, next(tie), path)]
    waiting = {tuple(path)}
    answered: list[list[int]] = []
    while candidates:
        path = heapq.heappop(candidates)[2]
        waiting.remove(tuple(path))
        yield frozen.ids_of(path)
        answered.append(path)
        no_nodes, no_edges = np.zeros(graph.n, np.uint8), np.zeros(graph.m, np.uint8)
        for place in range(1, len(path)):
            root = path[:place]
            for other in answered:
                if other[:place] == root:
                    no_edges[edge(other[place - 1], other[place])] = 1
            spur = search(root[-1], target, no_nodes, no_edges)
            if spur is not None:
                found = root[:-1] + spur[1]
                if tuple(found) not in waiting:
                    heapq.heappush(candidates, (length(root) + spur[0], next(tie), found))
                    waiting.add(tuple(found))
            no_nodes[root[-1]] = 1
