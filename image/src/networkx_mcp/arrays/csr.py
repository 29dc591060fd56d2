"""Adjacency as arrays, in networkx's order.

`indptr` (n + 1) and `indices` say the neighbours of each node in adjacency order, both int32; an
undirected edge stands in both its lists, a self-loop once. The edge table (`src`, `dst`, one row an
edge) is in the order of `nx.Graph.edges`: by node, then by adjacency, an undirected edge at the
earlier of its nodes, so src <= dst there. `rows` says for each adjacency entry its row in the table.

While edges are put together an edge has an *origin*, any number that its entries share; `tables`
turns origins into rows without sorting.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

#: More nodes or adjacency entries than this do not fit int32.
MAX_ENTRIES = 2**31 - 1
#: Edges that are paired at a time.
_BLOCK = 1 << 19
#: Which half of a 64-bit integer is the low one, in memory.
_LOW = 0 if sys.byteorder == "little" else 1


class Half(NamedTuple):
    """Adjacency in one direction; `origin[k]` names the edge of entry k."""

    indptr: Int32
    indices: Int32
    origin: Int32


class Tables(NamedTuple):
    """Everything about edges that a frozen graph stores; `order[row]` is the origin of a row."""

    src: Int32
    dst: Int32
    out_indptr: Int32
    out_indices: Int32
    out_rows: Int32
    in_indptr: Int32
    in_indices: Int32
    in_rows: Int32
    order: Int32


def pointers(counts: Int64 | Int32) -> Int32:
    """Row starts from row lengths: n counts to n + 1 offsets."""
    indptr = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=indptr[1:])
    if indptr[-1] > MAX_ENTRIES:
        raise ValueError(f"{indptr[-1]} adjacency entries do not fit 32-bit offsets")
    return indptr.astype(np.int32)


def sources(indptr: Int32) -> Int32:
    """The node of each adjacency entry."""
    return np.repeat(np.arange(len(indptr) - 1, dtype=np.int32), np.diff(indptr))


def by_node(nodes: Int32, n: int) -> tuple[Int32, Int32]:
    """(indptr, stable order) that group entries by node; `nodes[k]` is the node of entry k.

    One packed 64-bit key an entry is sorted, node above position: several times faster than a stable
    argsort, and in place.
    """
    indptr = pointers(np.bincount(nodes, minlength=n))
    keys = nodes.astype(np.int64)
    keys <<= 32
    positions = keys.view(np.uint32)[_LOW::2]
    positions[:] = np.arange(len(nodes), dtype=np.uint32)
    keys.sort()
    return indptr, positions.astype(np.int32)


def from_pairs(src: Int32, dst: Int32, n: int, *, directed: bool) -> tuple[Half, Half | None]:
    """Adjacency from edges in the order they were added (no duplicates); origin = position."""
    if 2 * len(src) > MAX_ENTRIES:
        raise ValueError(f"{len(src)} edges do not fit 32-bit offsets")
    if directed:
        indptr, order = by_node(src, n)
        out = Half(indptr, dst[order], order)
        indptr, order = by_node(dst, n)
        return out, Half(indptr, src[order], order)
    # one entry at each end, in the order of addition; the second one of a self-loop is left out
    ends = np.empty(2 * len(src), np.int32)
    ends[0::2], ends[1::2] = src, dst
    loops = src == dst
    if loops.any():
        kept = np.ones(len(ends), bool)
        kept[1::2] = ~loops
        entries = np.flatnonzero(kept).astype(np.int32)
        indptr, order = by_node(ends[entries], n)
        order = entries[order]
    else:
        indptr, order = by_node(ends, n)
    indices = ends[order ^ 1]
    order >>= 1
    return Half(indptr, indices, order), None


def with_origins(indptr: Int32, indices: Int32, into: tuple[Int32, Int32] | None) -> tuple[Half, Half | None]:
    """Adjacency whose entries are paired by their end nodes.

    `into` is (indptr, indices) of the predecessors for a directed graph, None for an undirected one.
    ValueError when entries have no partner or stand twice.
    """
    n = len(indptr) - 1
    head = sources(indptr)
    if into is not None:
        origin = np.arange(len(indices), dtype=np.int32)
        found = _pair(head, indices, origin, into[1], sources(into[0]), n)
        return Half(indptr, indices, origin), Half(*into, found)
    # an undirected edge is numbered at its earlier node, its entry at the later one is looked for
    upper = indices >= head
    origin = np.empty(len(indices), np.int32)
    origin[upper] = np.arange(np.count_nonzero(upper), dtype=np.int32)
    loops = head[indices == head]
    if (loops[1:] == loops[:-1]).any():
        raise ValueError("a self-loop stands twice in the adjacency")
    proper, lower = indices > head, ~upper
    del upper
    origin[lower] = _pair(head[proper], indices[proper], origin[proper], indices[lower], head[lower], n)
    return Half(indptr, indices, origin), None


def _pair(heads: Int32, tails: Int32, origin: Int32, other_heads: Int32, other_tails: Int32, n: int) -> Int32:
    """For each of the other edges the origin of the same edge; `heads` is sorted, ValueError when they differ.

    In blocks of heads, so that what is sorted at a time is small.
    """
    if len(heads) != len(other_heads):
        raise ValueError("the two directions of the adjacency differ")
    _, order = by_node(other_heads, n)
    found = np.empty(len(heads), np.int32)
    start = 0
    while start < len(heads):
        last = min(start + _BLOCK, len(heads)) - 1
        end = int(np.searchsorted(heads, heads[last], "right"))  # all edges of the last head
        block = order[start:end]
        mine = heads[start:end].astype(np.int64) << 32 | tails[start:end]
        others = other_heads[block].astype(np.int64) << 32 | other_tails[block]
        found[block] = _match(mine, origin[start:end], others)
        start = end
    return found


def _match(keys: Int64, origin: Int32, other: Int64) -> Int32:
    """For each of `other` the origin of the equal key; both must hold the same keys, each once."""
    mine, theirs = np.argsort(keys), np.argsort(other)
    ordered = keys[mine]
    if not np.array_equal(ordered, other[theirs]):
        raise ValueError("the two directions of the adjacency differ")
    if len(ordered) and bool((ordered[1:] == ordered[:-1]).any()):
        raise ValueError("an edge stands twice in the adjacency")
    found = np.empty(len(other), np.int32)
    found[theirs] = origin[mine]
    return found


def tables(out: Half, into: Half | None) -> Tables:
    """The edge table and the rows of all entries. Origins may be any non-negative numbers."""
    head = sources(out.indptr)
    if into is not None:
        rows = np.arange(len(head), dtype=np.int32)
        row_of = np.empty(int(out.origin.max(initial=-1)) + 1, np.int32)
        row_of[out.origin] = rows
        return Tables(head, out.indices, out.indptr, out.indices, rows, into.indptr, into.indices,
                      row_of[into.origin], out.origin)  # fmt: skip
    first = out.indices >= head
    order = out.origin[first]
    row_of = np.empty(int(order.max(initial=-1)) + 1, np.int32)
    row_of[order] = np.arange(len(order), dtype=np.int32)
    rows = row_of[out.origin]
    return Tables(head[first], out.indices[first], out.indptr, out.indices, rows, out.indptr, out.indices, rows, order)
