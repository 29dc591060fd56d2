"""Whether two small graphs are the same but for the names of their nodes.

Colours of nodes are refined by those of their neighbours in both graphs at once; where classes stay larger than one, a node of the
first graph is tried as each of its class in the second. A yes is checked edge by edge, a no follows from counts of colours that any
isomorphism would keep; so hashes that collide cost time and never make a wrong answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.arrays.frozen import FrozenGraph

#: Larger graphs are not compared.
MOST_NODES, MOST_EDGES = 2_000, 20_000
#: Nodes and edges that may be looked at, over all refinements: about two seconds.
WORK = 150_000_000

_Colours = NDArray[np.int64]
_Hashes = NDArray[np.uint64]


def small(graph: FrozenGraph) -> bool:
    """Whether it is small enough to be asked."""
    return graph.n <= MOST_NODES and graph.m <= MOST_EDGES


def isomorphic(a: FrozenGraph, b: FrozenGraph, work: int = WORK) -> bool | None:
    """Whether nodes of `a` can be renamed so that its edges are those of `b`; None where `work` did not suffice to tell."""
    if (a.directed, a.n, a.m, a.loops) != (b.directed, b.n, b.m, b.loops):
        return False
    if not a.n:
        return True
    pair = _Pair(a, b, work)
    #: Each of what is tried at one depth, the deepest last.
    tries: list[Iterator[_Colours]] = [iter([np.zeros(2 * a.n, np.int64)])]
    while tries:
        if pair.work < 0:
            return None
        colours = next(tries[-1], None)
        if colours is None:
            tries.pop()
            continue
        refined = pair.refined(colours)
        if refined is None:
            continue
        sizes = np.bincount(refined[: a.n])
        if sizes.max() == 1:
            if pair.maps(refined):
                return True
            continue
        tries.append(pair.choices(refined, sizes))
    return False


class _Pair:
    """Two graphs with as many nodes and edges, as one with two sides."""

    def __init__(self, a: FrozenGraph, b: FrozenGraph, work: int) -> None:
        self.n = a.n
        self.work = work
        self._a, self._b = a, b
        self._ways = [_joined(a.out_indptr, a.out_indices, b.out_indptr, b.out_indices, a.n)]
        if a.directed:
            self._ways.append(_joined(a.in_indptr, a.in_indices, b.in_indptr, b.in_indices, a.n))
        self._cost = 2 * (a.n + sum(len(way[1]) for way in self._ways))
        self._hashes: _Hashes = np.random.default_rng(0).integers(0, 2**64, 2 * a.n, np.uint64)

    def refined(self, colours: _Colours) -> _Colours | None:
        """The coarsest refinement in which nodes of a colour have as many neighbours of each; None where the sides differ."""
        count = 0
        while True:
            self.work -= self._cost
            own = self._hashes[colours]
            keys = own * np.uint64(0x9E3779B97F4A7C15)
            for number, (indptr, indices) in enumerate(self._ways, 1):
                sums = np.zeros(len(indices) + 1, np.uint64)
                np.cumsum(own[indices], out=sums[1:])
                of_node = sums[indptr[1:]] - sums[indptr[:-1]]
                keys ^= (of_node + np.uint64(number)) * np.uint64(0xC2B2AE3D27D4EB4F + 2 * number)
            found, inverse = np.unique(keys, return_inverse=True)
            colours = inverse.reshape(-1).astype(np.int64)
            if (
                np.bincount(colours[: self.n], minlength=len(found))
                != np.bincount(colours[self.n :], minlength=len(found))
            ).any():
                return None
            if len(found) <= count or self.work < 0:
                return colours
            count = len(found)

    def choices(self, colours: _Colours, sizes: _Colours) -> Iterator[_Colours]:
        """The first node of the smallest class that has several, as each of that class on the other side."""
        chosen = int(np.argmin(np.where(sizes > 1, sizes, np.iinfo(np.int64).max)))
        first = int(np.flatnonzero(colours[: self.n] == chosen)[0])
        for other in (np.flatnonzero(colours[self.n :] == chosen) + self.n).tolist():
            tried = colours.copy()
            tried[[first, other]] = len(sizes)
            yield tried

    def maps(self, colours: _Colours) -> bool:
        """Whether nodes of one colour are the same node: colours that all differ name the renaming."""
        place: NDArray[Any] = np.empty(self.n, np.int64)
        place[colours[self.n :]] = np.arange(self.n)
        to = place[colours[: self.n]]
        return bool(np.array_equal(_edges(self._a, to), _edges(self._b, np.arange(self.n))))


def _joined(indptr: Any, indices: Any, indptr_b: Any, indices_b: Any, n: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """The adjacency of both, the second's nodes behind the first's."""
    return (
        np.concatenate([indptr.astype(np.int64), indptr_b[1:].astype(np.int64) + len(indices)]),
        np.concatenate([indices.astype(np.int64), indices_b.astype(np.int64) + n]),
    )


def _edges(graph: FrozenGraph, names: NDArray[Any]) -> NDArray[Any]:
    """The edges between the new names of their ends, sorted."""
    u, v = names[graph.src], names[graph.dst]
    if not graph.directed:
        u, v = np.minimum(u, v), np.maximum(u, v)
    return np.sort(u * graph.n + v)
