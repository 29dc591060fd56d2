"""Triangles, clustering and transitivity: each triangle is found once, at its lowest corner.

Edges point from the node of smaller degree to that of larger degree, so no node has many outgoing ones;
pairs of them are joined through a sorted list of edges, some hundred thousand at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.backend.kernel import DIGITS, kernel
from networkx_mcp.backend.kernels.arrays import Arrays, Unsuited
from networkx_mcp.backend.kernels.node_results import NodeValues

ENGINE = "numpy"
#: Pairs that are looked at together: about 50 MB.
_BLOCK = 1 << 20


class _Oriented(NamedTuple):
    """`keys`: sorted tail * n + head of the oriented edges, in ranks; `rank`: of each node."""

    keys: NDArray[np.int64]
    indptr: NDArray[np.int64]
    node: NDArray[np.int64]


def _oriented(graph: Arrays) -> _Oriented:
    indptr, indices = graph.simple
    n = graph.n
    degree = np.diff(indptr)
    node = np.argsort(degree, kind="stable")
    rank = np.empty(n, np.int64)
    rank[node] = np.arange(n)
    heads, tails = rank[np.repeat(np.arange(n), degree)], rank[indices]
    up = heads < tails
    keys = heads[up] * n + tails[up]
    keys.sort()
    pointers = np.searchsorted(keys, np.arange(n + 1) * n)
    return _Oriented(keys, pointers, node)


def each(graph: Arrays) -> Iterator[tuple[NDArray[np.int64], ...]]:
    """(corner, corner, corner) of triangles, as node rows, some at a time."""
    if not graph.n:
        return
    keys, indptr, node = _oriented(graph)
    n = graph.n
    tails = keys % n
    heads = keys // n
    # each edge is paired with the later edges of the same corner
    counts = indptr[heads + 1] - 1 - np.arange(len(keys))
    ends = np.cumsum(counts)
    start = 0
    while start < len(keys):
        before = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + _BLOCK, "right")))
        block = counts[start:stop]
        first = np.repeat(np.arange(start, stop), block)
        offsets = np.arange(len(first)) - np.repeat(np.cumsum(block) - block, block)
        second = first + 1 + offsets
        wanted = tails[first] * n + tails[second]
        place = np.searchsorted(keys, wanted)
        place[place == len(keys)] = 0
        closed = keys[place] == wanted
        first, second = first[closed], second[closed]
        yield node[heads[first]], node[tails[first]], node[tails[second]]
        start = stop


@lru_cache(maxsize=1)
def counts(graph: Arrays) -> NDArray[np.int64]:
    """Triangles at each node, directions and self-loops aside."""
    found = np.zeros(graph.n, np.int64)
    for corners in each(graph):
        for corner in corners:
            found += np.bincount(corner, minlength=graph.n)
    return found


@kernel("triangles", engine=ENGINE, graphs="undirected")
def triangles(graph: Arrays, nodes: None = None) -> NodeValues:
    if nodes is not None:
        raise Unsuited
    return NodeValues(graph, counts(graph))


def _directions(graph: Arrays, u: NDArray[np.int64], v: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of each pair of neighbours the number of edges between them, 1 or 2."""
    frozen, n = graph.frozen, graph.n
    keys = np.sort(frozen.src.astype(np.int64) * n + frozen.dst)
    found = np.zeros(len(u), np.int64)
    for wanted in (u * n + v, v * n + u):
        place = np.searchsorted(keys, wanted)
        place[place == len(keys)] = 0
        found += keys[place] == wanted
    return found


def _parts(graph: Arrays) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(triangles, possible ones) as networkx divides them; of a directed graph after Fagiolo, 2007."""
    indptr, _ = graph.simple
    if not graph.directed:
        degree = np.diff(indptr).astype(np.int64)
        return 2 * counts(graph), degree * (degree - 1)
    n, frozen = graph.n, graph.frozen
    found = np.zeros(n, np.int64)
    for a, b, c in each(graph):
        ways = _directions(graph, a, b) * _directions(graph, b, c) * _directions(graph, a, c)
        for corner in (a, b, c):
            np.add.at(found, corner, 2 * ways)
    total = (np.diff(frozen.out_indptr) + np.diff(frozen.in_indptr)).astype(np.int64)
    np.subtract.at(total, graph.loops, 2)
    both = total - np.diff(indptr)  # of edges to distinct neighbours, those that have a reverse
    return found, (total * (total - 1) - 2 * both) * 2


def _clustering(graph: Arrays) -> NDArray[np.float64]:
    found, possible = _parts(graph)
    values = np.zeros(graph.n)
    np.divide(found, possible, out=values, where=found != 0)
    return values


@kernel("clustering", engine=ENGINE)
def clustering(graph: Arrays, nodes: None = None, weight: None = None) -> NodeValues:
    if nodes is not None or weight is not None:
        raise Unsuited
    return NodeValues(graph, _clustering(graph))


@kernel("average_clustering", engine=ENGINE, least=1, note=DIGITS)
def average_clustering(graph: Arrays, nodes: None = None, weight: None = None, count_zeros: bool = True) -> float:
    if nodes is not None or weight is not None:
        raise Unsuited
    values = _clustering(graph)
    if not count_zeros:
        values = values[values > 0]
        if not len(values):
            raise Unsuited
    return float(values.sum() / len(values))


@kernel("transitivity", engine=ENGINE, graphs="undirected")
def transitivity(graph: Arrays) -> Any:
    found, possible = _parts(graph)
    total = int(found.sum())
    return total / int(possible.sum()) if total else 0
