"""Directed graphs without cycles: order by generations, as networkx gives it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from networkx_mcp.backend.kernel import kernel
from networkx_mcp.backend.kernels.arrays import Arrays
from networkx_mcp.backend.kernels.sweep import neighbours

ENGINE = "numpy"


def generations(graph: Arrays) -> Iterator[NDArray[Any]]:
    """Node rows by generation, each in the order in which networkx's queue meets them. Ends early on a cycle."""
    frozen = graph.frozen
    left = np.diff(frozen.in_indptr).astype(np.int64)
    current: NDArray[Any] = np.flatnonzero(left == 0)
    while len(current):
        yield current
        children = neighbours(frozen.out_indptr, frozen.out_indices, current)
        met, last, times = _last_seen(children)
        left[met] -= times
        free = left[met] == 0
        # a node is free when its last edge is: that decides its place
        current = met[free][np.argsort(last[free])]


def _last_seen(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """(distinct values, place of the last one of each, how many)."""
    found, first, times = np.unique(values[::-1], return_index=True, return_counts=True)
    return found.astype(np.int64), len(values) - 1 - first, times


def _checked(graph: Arrays) -> Iterator[list[Any]]:
    seen = 0
    for rows in generations(graph):
        seen += len(rows)
        yield graph.frozen.ids_of(rows.tolist())
    if seen < graph.n:
        raise nx.NetworkXUnfeasible("Graph contains a cycle or graph changed during iteration")


@kernel("topological_generations", engine=ENGINE, graphs="directed")
def topological_generations(graph: Arrays) -> Iterator[list[Any]]:
    return _checked(graph)


@kernel("topological_sort", engine=ENGINE, graphs="directed")
def topological_sort(graph: Arrays) -> Iterator[Any]:
    return (node for generation in _checked(graph) for node in generation)


@kernel("is_directed_acyclic_graph", engine=ENGINE)
def is_directed_acyclic_graph(graph: Arrays) -> bool:
    return graph.directed and sum(map(len, generations(graph))) == graph.n
