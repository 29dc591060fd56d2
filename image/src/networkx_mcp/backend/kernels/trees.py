"""Spanning trees, and whether a graph is one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.backend.kernel import kernel
from networkx_mcp.backend.kernels import compiled_structure, native
from networkx_mcp.backend.kernels.arrays import Arrays, Unsuited


def kruskal(graph: Arrays, weight: str, *, largest: bool = False) -> NDArray[np.int32]:
    """Edge rows of the spanning forest that networkx's Kruskal finds, in its order: equal weights in edge order."""
    if native.missing():
        raise Unsuited  # before weights are read
    values = graph.weights(weight).values
    order = native.rows(np.argsort(-values if largest else values, kind="stable"))
    src, dst = native.rows(graph.frozen.src), native.rows(graph.frozen.dst)
    kept, parents = np.empty(graph.n, np.int32), np.empty(graph.n, np.int32)
    return kept[: native.call("nx_spanning", graph.n, graph.m, src, dst, order, kept, parents)]


def _edges(graph: Arrays, rows: NDArray[Any], data: bool) -> Iterator[Any]:
    ids, frozen = graph.ids, graph.frozen
    attributes = frozen.edge_table
    for row in rows.tolist():
        u, v = ids[frozen.src[row]], ids[frozen.dst[row]]
        yield (u, v, attributes.row(row)) if data else (u, v)


def _spanning(graph: Arrays, algorithm: str, weight: str, data: bool, largest: bool) -> Iterator[Any]:
    if algorithm != "kruskal" or data not in (True, False):
        raise Unsuited
    return _edges(graph, kruskal(graph, weight, largest=largest), data)


@kernel("minimum_spanning_edges", engine=native.ENGINE, graphs="undirected", least=1)
def minimum_spanning_edges(
    graph: Arrays, algorithm: str = "kruskal", weight: str = "weight", data: bool = True
) -> Iterator[Any]:
    return _spanning(graph, algorithm, weight, data, False)


@kernel("maximum_spanning_edges", engine=native.ENGINE, graphs="undirected", least=1)
def maximum_spanning_edges(
    graph: Arrays, algorithm: str = "kruskal", weight: str = "weight", data: bool = True
) -> Iterator[Any]:
    return _spanning(graph, algorithm, weight, data, True)


@kernel("is_forest", engine=native.ENGINE, least=1)
def is_forest(graph: Arrays) -> bool:
    """Directions aside, as in networkx: every component has one edge fewer than nodes."""
    return graph.m == graph.n - compiled_structure.weak_components(graph)[1]


@kernel("is_tree", engine=native.ENGINE, least=1)
def is_tree(graph: Arrays) -> bool:
    return graph.m == graph.n - 1 and compiled_structure.weak_components(graph)[1] == 1
