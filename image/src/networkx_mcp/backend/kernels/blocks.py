"""Bridges, articulation points and biconnected components by one search of the compiled library, in networkx's order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.backend.kernel import kernel
from networkx_mcp.backend.kernels import native
from networkx_mcp.backend.kernels.arrays import Arrays

Int32 = NDArray[np.int32]


class _Blocks(NamedTuple):
    """`members[offsets[k]:offsets[k + 1]]`: the rows of block k; rows of articulation points; rows of the edges that are bridges."""

    members: Int32
    offsets: Int32
    points: Int32
    bridges: NDArray[np.int64]


def _blocks(graph: Arrays) -> _Blocks:
    frozen, n = graph.frozen, graph.n
    members, offsets, points = np.empty(2 * n, np.int32), np.empty(n + 1, np.int32), np.empty(n, np.int32)
    bridges, counts = np.zeros(graph.m, np.uint8), np.zeros(1, np.int32)
    low, after, way, kept = (np.empty(n, np.int32) for _ in range(4))
    found = native.call(
        "nx_blocks", n, frozen.out_indptr, frozen.out_indices, frozen.out_rows, members, offsets, points, bridges,
        counts, np.zeros(n, np.int32), low, after, way, kept, np.zeros(n, np.uint8),
    )  # fmt: skip
    offsets = offsets[: found + 1]
    return _Blocks(members[: offsets[-1]], offsets, points[: counts[0]], np.flatnonzero(bridges))


@kernel("bridges", engine=native.ENGINE, graphs="undirected", least=1, loops=False)
def bridges(graph: Arrays) -> Iterator[tuple[Any, Any]]:
    """In the order of the edges."""
    rows, frozen = _blocks(graph).bridges, graph.frozen
    ids = frozen.ids_of
    return iter(list(zip(ids(frozen.src[rows].tolist()), ids(frozen.dst[rows].tolist()), strict=True)))


@kernel("has_bridges", engine=native.ENGINE, graphs="undirected", least=1, loops=False)
def has_bridges(graph: Arrays) -> bool:
    return len(_blocks(graph).bridges) > 0


@kernel("articulation_points", engine=native.ENGINE, graphs="undirected", least=1)
def articulation_points(graph: Arrays) -> Iterator[Any]:
    """The nodes that are in two blocks."""
    return iter(graph.frozen.ids_of(_blocks(graph).points.tolist()))


@kernel("biconnected_components", engine=native.ENGINE, graphs="undirected", least=1)
def biconnected_components(graph: Arrays) -> Iterator[set[Any]]:
    """Sets of nodes."""
    found, ids = _blocks(graph), graph.ids
    members, offsets = [ids[row] for row in found.members.tolist()], found.offsets.tolist()
    return iter([set(members[start:end]) for start, end in pairwise(offsets)])


@kernel("is_biconnected", engine=native.ENGINE, graphs="undirected", least=1)
def is_biconnected(graph: Arrays) -> bool:
    found = _blocks(graph)
    return len(found.offsets) > 1 and int(found.offsets[1]) == graph.n
