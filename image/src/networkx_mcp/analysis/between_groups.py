"""How groups of nodes hang together: edges inside and out of each, the strongest links between two, the nodes that bridge them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.backend.kernels.arrays import Arrays, Unsuited, Weights
from networkx_mcp.backend.kernels.node_results import NodeGroups

#: Links and bridges that an answer names.
_NAMED = 10
_MOST_WEIGHT = 1e300


class Between:
    """The edges of a graph as its groups see them. Groups have numbers from 1: largest first, equal sizes by their first node."""

    def __init__(self, graph: Arrays, groups: NodeGroups, weight: str | None) -> None:
        self._graph = graph
        frozen = graph.frozen
        self._count = count = len(groups)
        number = np.empty(count, np.int64)
        number[np.array(groups.by_size(), np.int64)] = np.arange(count)
        self._labels = labels = number[groups.labels]
        degree = np.bincount(frozen.src, minlength=graph.n) + np.bincount(frozen.dst, minlength=graph.n)
        self._members = np.lexsort((-degree, labels))
        self.sizes = np.bincount(labels, minlength=count)
        self._begins = np.concatenate([[0], np.cumsum(self.sizes)])
        one, other = labels[frozen.src], labels[frozen.dst]
        self._across = np.flatnonzero(one != other)
        self.inner = np.bincount(one[one == other], minlength=count)
        self.outer = np.bincount(one[self._across], minlength=count) + np.bincount(other[self._across], minlength=count)
        self._pairs = np.minimum(one, other)[self._across] * count + np.maximum(one, other)[self._across]
        self._weights = _weights(graph, weight)

    def row(self, place: int, members: int) -> list[Any]:
        """Number, size, inner and outer edges, and the first members of a group: those of most edges."""
        begin = self._begins[place]
        rows = self._members[begin : min(begin + members, self._begins[place + 1])]
        nodes = self._graph.frozen.ids_of(rows.tolist())
        return [place + 1, int(self.sizes[place]), int(self.inner[place]), int(self.outer[place]), nodes]

    def pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """The places of two groups, the first the larger, and how many edges they have between them: of all pairs that have any."""
        pairs, edges = np.unique(self._pairs, return_counts=True)
        return pairs // self._count, pairs % self._count, edges

    def links(self) -> list[list[Any]]:
        """[group, group, edges between them in either direction] of the pairs with most, with their weight where edges have one."""
        pairs, inverse, edges = np.unique(self._pairs, return_inverse=True, return_counts=True)
        strength, columns = edges, [edges]
        if self._weights is not None:
            strength = np.bincount(inverse, self._weights.values[self._across], minlength=len(pairs))
            columns.append(strength.astype(np.int64) if self._weights.integral else strength)
        best = np.lexsort((pairs, -edges, -strength))[:_NAMED]
        numbers = zip(*(column[best].tolist() for column in columns), strict=True)
        return [
            [int(pair) // self._count + 1, int(pair) % self._count + 1, *found]
            for pair, found in zip(pairs[best], numbers, strict=True)
        ]

    def bridges(self) -> list[list[Any]]:
        """[node, its group, its edges to other groups, how many groups they lead to] of the nodes with most."""
        frozen, across, labels = self._graph.frozen, self._across, self._labels
        src, dst = frozen.src[across], frozen.dst[across]
        edges = np.bincount(src, minlength=self._graph.n) + np.bincount(dst, minlength=self._graph.n)
        best = [row for row in np.argsort(-edges, kind="stable")[:_NAMED].tolist() if edges[row]]
        reached = [np.unique(np.concatenate([labels[dst[src == row]], labels[src[dst == row]]])) for row in best]
        return [
            [node, int(labels[row]) + 1, int(edges[row]), len(others)]
            for node, row, others in zip(frozen.ids_of(best), best, reached, strict=True)
        ]


def of_overlapping(graph: Arrays, groups: Sequence[Sequence[Any]], first: int, members: int) -> list[list[Any]]:
    """The rows of `Between.row` for groups that may share nodes; `first` is the number of the first."""
    frozen = graph.frozen
    degree = np.bincount(frozen.src, minlength=graph.n) + np.bincount(frozen.dst, minlength=graph.n)
    rows = []
    for number, nodes in enumerate(groups, first):
        inside = np.array([graph.row(node) for node in nodes], np.int64)
        held = np.zeros(graph.n, bool)
        held[inside] = True
        one, other = held[frozen.src], held[frozen.dst]
        listed = inside[np.lexsort((inside, -degree[inside]))][:members]
        edges = [int(np.count_nonzero(one & other)), int(np.count_nonzero(one ^ other))]
        rows.append([number, len(nodes), *edges, frozen.ids_of(listed.tolist())])
    return rows


def _weights(graph: Arrays, weight: str | None) -> Weights | None:
    """Of each edge; None where none is meant, or they have no sum that floats hold: then edges are counted only."""
    if weight is None:
        return None
    try:
        found = graph.weights(weight)
    except Unsuited:
        return None
    return found if np.abs(found.values).max(initial=0) <= _MOST_WEIGHT / max(graph.m, 1) else None
