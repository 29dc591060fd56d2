"""Breadth-first searches, one from a node or 64 at a time.

64 searches run as the bits of one integer a node: a step of all of them is one gather and one
`bitwise_or.reduceat` over the adjacency, and counting set bits gives distances without ever storing
them (Then et al., "The more the merrier: efficient multi-source graph traversal", VLDB 2014).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.arrays.distinct import distinct
from networkx_mcp.backend.kernels.arrays import Arrays, Int32, Unsuited

#: Searches of a batch: the bits of a word.
WIDTH = 64
#: A step costs the whole adjacency. On graphs this deep searches that follow the frontier win: networkx's.
DEEPEST = 200

Words = NDArray[np.uint64]
_ONE = np.uint64(1)


class Sweeper:
    """Steps of 64 searches along one direction of the edges."""

    def __init__(self, indptr: Int32, indices: Int32) -> None:
        self.n = len(indptr) - 1
        self._indices = indices.astype(np.int64)
        rows = np.flatnonzero(np.diff(indptr))
        self._rows = None if len(rows) == self.n else rows
        self._starts = indptr[rows].astype(np.int64)
        self._gathered = np.empty(len(indices), np.uint64)

    def run(self, sources: NDArray[np.int64]) -> Iterator[Words]:
        """For each level from 1 the searches that found a node there: bit k for `sources[k]`.

        A word of node v holds bit k when v is that far from `sources[k]`, along the adjacency: a row's entries
        are the nodes that a search comes from. Unsuited past DEEPEST levels.
        """
        n = self.n
        frontier = np.zeros(n, np.uint64)
        np.bitwise_or.at(frontier, sources, _ONE << np.arange(len(sources), dtype=np.uint64))
        left = ~frontier
        if not len(self._starts):
            return
        for level in range(1, DEEPEST + 2):
            np.take(frontier, self._indices, out=self._gathered)
            reached = np.bitwise_or.reduceat(self._gathered, self._starts)
            if self._rows is not None:
                wide = np.zeros(n, np.uint64)
                wide[self._rows] = reached
                reached = wide
            reached &= left
            if not reached.any():
                return
            if level > DEEPEST:
                raise Unsuited
            yield reached
            left ^= reached
            frontier = reached


def inward(graph: Arrays) -> Sweeper:
    """Searches along the edges: node v learns of sources that reach it."""
    return Sweeper(graph.frozen.in_indptr, graph.frozen.in_indices)


def outward(graph: Arrays) -> Sweeper:
    """Searches against the edges: node v learns of sources that it reaches."""
    return Sweeper(graph.frozen.out_indptr, graph.frozen.out_indices)


def batches(nodes: Sequence[int] | NDArray[np.int64], width: int = WIDTH) -> Iterator[NDArray[np.int64]]:
    """The nodes in batches of at most `width`."""
    rows = np.asarray(nodes, np.int64)
    for start in range(0, len(rows), width):
        yield rows[start : start + width]


def levels(indptr: Int32, indices: Int32, source: int) -> NDArray[np.int32]:
    """Hops from one node along the adjacency, -1 where there is no way."""
    n = len(indptr) - 1
    found = np.full(n, -1, np.int32)
    found[source] = 0
    frontier = np.array([source], np.int64)
    level = 0
    while len(frontier):
        level += 1
        near = neighbours(indptr, indices, frontier)
        near = near[found[near] < 0]
        found[near] = level
        # when they are many, finding the new ones among all is cheaper than sorting them
        frontier = np.flatnonzero(found == level) if len(near) * 8 > n else distinct(near).astype(np.int64)
    return found


def neighbours(indptr: Int32, indices: Int32, rows: NDArray[np.int64]) -> Int32:
    """The lists of some rows, one after the other."""
    starts = indptr[rows].astype(np.int64)
    counts = indptr[rows + 1] - starts
    total = int(counts.sum())
    if not total:
        return indices[:0]
    offsets = np.repeat(starts - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
    return indices[offsets + np.arange(total)]
