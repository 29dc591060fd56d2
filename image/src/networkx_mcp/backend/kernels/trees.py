"""Spanning trees, and whether a graph is one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.sparse.csgraph as csgraph
from numpy.typing import NDArray

from networkx_mcp.backend.kernel import kernel
from networkx_mcp.backend.kernels import components
from networkx_mcp.backend.kernels.arrays import Arrays, Unsuited, csr

ENGINE = "scipy"


def kruskal(graph: Arrays, weight: str, *, largest: bool = False) -> NDArray[np.int64]:
    """Edge rows of the spanning forest that networkx's Kruskal finds, in its order.

    Edges get their places in the stable order by weight as weights: all different, so there is one
    minimal forest, the one that ties broken by edge order give. No weight is 0 then, which scipy drops.
    """
    values = graph.weights(weight).values
    order = np.argsort(-values if largest else values, kind="stable")
    rank = np.empty(graph.m)
    rank[order] = np.arange(1, graph.m + 1)
    frozen = graph.frozen
    entries = csr(rank[frozen.out_rows], frozen.out_indices, frozen.out_indptr, graph.n)
    chosen = np.sort(csgraph.minimum_spanning_tree(entries).data).astype(np.int64) - 1
    rows: NDArray[np.int64] = order[chosen]
    proper: NDArray[np.int64] = rows[frozen.src[rows] != frozen.dst[rows]]
    return proper


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


@kernel("minimum_spanning_edges", engine=ENGINE, graphs="undirected", least=1)
def minimum_spanning_edges(
    graph: Arrays, algorithm: str = "kruskal", weight: str = "weight", data: bool = True
) -> Iterator[Any]:
    return _spanning(graph, algorithm, weight, data, False)


@kernel("maximum_spanning_edges", engine=ENGINE, graphs="undirected", least=1)
def maximum_spanning_edges(
    graph: Arrays, algorithm: str = "kruskal", weight: str = "weight", data: bool = True
) -> Iterator[Any]:
    return _spanning(graph, algorithm, weight, data, True)


@kernel("is_forest", engine=ENGINE, least=1)
def is_forest(graph: Arrays) -> bool:
    """Directions aside, as in networkx: every component has one edge fewer than nodes."""
    return graph.m == graph.n - (int(components.labels(graph).max()) + 1)


@kernel("is_tree", engine=ENGINE, least=1)
def is_tree(graph: Arrays) -> bool:
    return graph.m == graph.n - 1 and int(components.labels(graph).max()) == 0
