"""Where the k-th node and the k-th edge are, so that a page costs what it shows, not what it skips.

Node order is index order. Edges come by node: those of the frozen table (whose rows are in that order),
then the new ones of the same node. So only nodes with new edges interrupt a run over the table; the
positions of these breaks are worked out once for a state of the overlay.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from .overlay import Attributes, Overlay


def node_indices(overlay: Overlay, start: int) -> Iterator[int]:
    """Indices of the nodes from position `start`."""
    frozen = overlay.base.n if overlay.base is not None else 0
    dead = sorted(overlay.dead)
    first = _kth(dead, start) if dead else start
    for index in range(first, frozen):
        if index not in overlay.dead:
            yield index
    skip = max(0, start - (frozen - len(dead)))
    yield from islice(overlay.new_index.values(), skip, None)


def _kth(excluded: list[int], k: int) -> int:
    """The k-th number from 0 that is not among the sorted `excluded`."""
    # excluded[j] - j numbers before excluded[j] stay
    low, high = 0, len(excluded)
    while low < high:
        middle = (low + high) // 2
        if excluded[middle] - middle <= k:
            low = middle + 1
        else:
            high = middle
    return k + low


class EdgePages:
    """The order of edges at one revision. Made in O(overlay), and O(edges) vectorised after removals."""

    def __init__(self, overlay: Overlay) -> None:
        self.overlay = overlay
        base = overlay.base
        rows = base.m if base is not None else 0
        excluded: NDArray[np.int64] = np.fromiter(sorted(overlay.gone), np.int64, len(overlay.gone))
        if base is not None and overlay.alive is not None:
            lost = np.flatnonzero(~(overlay.alive[base.src] & overlay.alive[base.dst]))
            excluded = np.union1d(excluded, lost)
        self.excluded: list[int] = excluded.tolist()
        nodes = sorted(overlay.out_new)
        #: Nodes with new edges, and how many edges come before their new ones.
        self.nodes: list[int] = []
        self.before: list[int] = []
        ends: list[int] = []
        if base is not None and nodes:
            ends = np.searchsorted(base.src, np.array(nodes, np.int64), "right").tolist()
        extra = 0
        self.ends: list[int] = []
        for position, node in enumerate(nodes):
            count = sum(1 for _ in self.new_edges(node))
            if count:
                end = ends[position] if ends else 0
                self.nodes.append(node)
                self.ends.append(end)
                self.before.append(end - bisect_right(self.excluded, end - 1) + extra)
                extra += count
        self.rows = rows

    def new_edges(self, node: int) -> Iterator[tuple[int, Attributes | None]]:
        """New edges that are listed at `node`: of an undirected one, at its earlier end."""
        for other, attributes in self.overlay.out_new[node].items():
            if self.overlay.directed or other >= node:
                yield other, attributes

    def edges(self, start: int) -> Iterator[tuple[int, int, int, Attributes | None]]:
        """(source, target, frozen row or -1, attributes of a new edge) from position `start`."""
        at = bisect_right(self.before, start) - 1
        # inside or behind the new edges of nodes[at]
        row = 0
        if at >= 0:
            skip = start - self.before[at]
            for number, (other, attributes) in enumerate(self.new_edges(self.nodes[at])):
                if number >= skip:
                    yield self.nodes[at], other, -1, attributes
            count = sum(1 for _ in self.new_edges(self.nodes[at]))
            row = self.ends[at]
            skip = max(0, skip - count)
        else:
            skip = start
        if skip:
            row = _kth(self.excluded, row - bisect_right(self.excluded, row - 1) + skip)
        for following in range(at + 1, len(self.nodes)):
            yield from self._run(row, self.ends[following])
            row = max(row, self.ends[following])
            node = self.nodes[following]
            for other, attributes in self.new_edges(node):
                yield node, other, -1, attributes
        yield from self._run(row, self.rows)

    def _run(self, low: int, high: int) -> Iterator[tuple[int, int, int, None]]:
        base = self.overlay.base
        if base is None:
            return
        skipped = bisect_right(self.excluded, low - 1)
        for at in range(low, high, 1024):
            end = min(at + 1024, high)
            for row, u, v in zip(range(at, end), base.src[at:end].tolist(), base.dst[at:end].tolist(), strict=True):
                if skipped < len(self.excluded) and self.excluded[skipped] == row:
                    skipped += 1
                else:
                    yield u, v, row, None
