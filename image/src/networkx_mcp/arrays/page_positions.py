"""Where the k-th node and the k-th edge are, so that a page costs what it shows, not what it skips.

Node order is index order. Edges come by node: those of the frozen table (whose rows are in that order),
then the new ones of the same node. So only nodes with new edges interrupt a run over the table; the
positions of these breaks are worked out once for a state of the overlay.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from heapq import heapify, heappop
from itertools import chain, islice
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.arrays.overlay import Attributes, Overlay

#: (source, target, frozen row or -1, attributes of a new edge).
Placed: TypeAlias = tuple[int, int, int, Attributes | None]


def node_indices(overlay: Overlay, start: int) -> Iterator[int]:
    """Indices of the nodes from position `start`."""
    frozen = overlay.base.n if overlay.base is not None else 0
    dead = overlay.removed()
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


def first_edges(overlay: Overlay) -> Iterator[Placed]:
    """All edges from the first on, without looking at any before it is its turn."""
    base = overlay.base
    row = 0
    nodes = list(overlay.out_new)
    heapify(nodes)
    while nodes:
        node = heappop(nodes)
        if base is not None and row < base.m:
            end = int(np.searchsorted(base.src, np.int32(node), "right"))  # of its type: else it is copied
            yield from _run(overlay, row, end)
            row = end
        for other, attributes in _listed(overlay, node):
            yield node, other, -1, attributes
    if base is not None:
        yield from _run(overlay, row, base.m)


class EdgePages:
    """Finds the k-th edge of one revision. Made in O(overlay), after removals also O(edges) vectorised."""

    def __init__(self, overlay: Overlay) -> None:
        self.overlay = overlay
        base = overlay.base
        self.rows = base.m if base is not None else 0
        excluded: NDArray[np.int64] = np.fromiter(overlay.gone, np.int64, len(overlay.gone))
        if base is not None and overlay.alive is not None:
            lost = np.flatnonzero(~(overlay.alive[base.src] & overlay.alive[base.dst]))
            excluded = np.concatenate([excluded, lost])
        #: Rows that are removed, sorted.
        self.excluded: list[int] = sorted(set(excluded.tolist()))
        nodes = np.fromiter(overlay.out_new, np.int64, len(overlay.out_new))
        counts = np.fromiter(map(len, overlay.out_new.values()), np.int64, len(nodes))
        if not overlay.directed:  # listed at the earlier end only
            tails = np.fromiter(chain.from_iterable(overlay.out_new.values()), np.int64, int(counts.sum()))
            heads = np.repeat(np.arange(len(nodes)), counts)
            counts = np.bincount(heads[tails >= nodes[heads]], minlength=len(nodes))
        order = np.argsort(nodes)
        order = order[counts[order] > 0]
        #: Nodes that list new edges, how many, the row where they come in, and how many edges are before them.
        self.nodes: list[int] = nodes[order].tolist()
        self.counts: list[int] = counts[order].tolist()
        ends = (
            np.searchsorted(base.src, nodes[order].astype(np.int32), "right")
            if base is not None
            else np.zeros(len(order), np.int64)
        )
        self.ends: list[int] = ends.tolist()
        new_before = np.cumsum(counts[order]) - counts[order]
        self.before: list[int] = (ends - np.searchsorted(self.excluded, ends) + new_before).tolist()

    def edges(self, start: int) -> Iterator[Placed]:
        """The edges from position `start` on."""
        at = bisect_right(self.before, start) - 1  # the last node whose new edges begin at or before it
        row, skip = 0, start
        if at >= 0:
            row, skip = self.ends[at], start - self.before[at]
            node = self.nodes[at]
            for other, attributes in islice(_listed(self.overlay, node), skip, None):
                yield node, other, -1, attributes
            skip = max(0, skip - self.counts[at])
        if skip:
            row = _kth(self.excluded, row - bisect_right(self.excluded, row - 1) + skip)
        for following in range(at + 1, len(self.nodes)):
            yield from _run(self.overlay, row, self.ends[following])
            row = max(row, self.ends[following])
            node = self.nodes[following]
            for other, attributes in _listed(self.overlay, node):
                yield node, other, -1, attributes
        yield from _run(self.overlay, row, self.rows)


def _listed(overlay: Overlay, node: int) -> Iterator[tuple[int, Attributes | None]]:
    """New edges that are listed at `node`: of an undirected one, at its earlier end."""
    for other, attributes in overlay.out_new[node].items():
        if overlay.directed or other >= node:
            yield other, attributes


def _run(overlay: Overlay, low: int, high: int) -> Iterator[Placed]:
    """Frozen edges from row `low` to before `high`, without the removed ones."""
    base, gone, dead = overlay.base, overlay.gone, overlay.dead
    if base is None:
        return
    for at in range(low, high, 1024):
        end = min(at + 1024, high)
        for row, u, v in zip(range(at, end), base.src[at:end].tolist(), base.dst[at:end].tolist(), strict=True):
            if row not in gone and u not in dead and v not in dead:
                yield u, v, row, None
