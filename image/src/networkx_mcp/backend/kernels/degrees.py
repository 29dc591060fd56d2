"""Degrees and the counts that follow from them."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.arrays.distinct import distinct
from networkx_mcp.backend.kernel import kernel
from networkx_mcp.backend.kernels.arrays import Arrays, Unsuited
from networkx_mcp.backend.kernels.node_results import NodeValues

Direction = Literal["both", "in", "out"]
ENGINE = "numpy"


def degrees(graph: Arrays, direction: Direction = "both") -> NDArray[np.int64]:
    """Edge ends at each node; a self-loop counts 2 (in a directed graph once in, once out)."""
    frozen = graph.frozen
    out = np.diff(frozen.out_indptr).astype(np.int64)
    if graph.directed:
        into = np.diff(frozen.in_indptr).astype(np.int64)
        return out if direction == "out" else into if direction == "in" else out + into
    if len(graph.loops):
        out[graph.loops] += 1
    return out


def strengths(graph: Arrays, weight: str | None, direction: Direction = "both") -> NDArray[Any]:
    """Degrees, each edge counted by `weight`; int64 where all weights are integers."""
    if weight is None:
        return degrees(graph, direction)
    values, integral, _ = graph.weights(weight)
    frozen, n = graph.frozen, graph.n
    ends = []
    if direction != "in" or not graph.directed:
        ends.append(frozen.src)
    if direction != "out" or not graph.directed:
        ends.append(frozen.dst)
    total = np.zeros(n)
    for end in ends:
        total += np.bincount(end, values, minlength=n)[:n]
    return np.rint(total).astype(np.int64) if integral else total


@kernel("degree", engine=ENGINE)
def degree(graph: Arrays, weight: str | None = None) -> NodeValues:
    return NodeValues(graph, strengths(graph, weight))


@kernel("in_degree", engine=ENGINE, graphs="directed")
def in_degree(graph: Arrays, weight: str | None = None) -> NodeValues:
    return NodeValues(graph, strengths(graph, weight, "in"))


@kernel("out_degree", engine=ENGINE, graphs="directed")
def out_degree(graph: Arrays, weight: str | None = None) -> NodeValues:
    return NodeValues(graph, strengths(graph, weight, "out"))


def _centrality(graph: Arrays, direction: Direction) -> NodeValues:
    if graph.n <= 1:
        return NodeValues(graph, np.ones(graph.n, np.int64))
    return NodeValues(graph, degrees(graph, direction) * (1.0 / (graph.n - 1.0)))


@kernel("degree_centrality", engine=ENGINE)
def degree_centrality(graph: Arrays) -> NodeValues:
    return _centrality(graph, "both")


@kernel("in_degree_centrality", engine=ENGINE, graphs="directed")
def in_degree_centrality(graph: Arrays) -> NodeValues:
    return _centrality(graph, "in")


@kernel("out_degree_centrality", engine=ENGINE, graphs="directed")
def out_degree_centrality(graph: Arrays) -> NodeValues:
    return _centrality(graph, "out")


@kernel("degree_histogram", engine=ENGINE)
def degree_histogram(graph: Arrays) -> list[int]:
    """How many nodes have degree 0, 1, 2, ..."""
    return np.bincount(degrees(graph)).tolist() if graph.n else []


@kernel("density", engine=ENGINE)
def density(graph: Arrays) -> float:
    if graph.m == 0 or graph.n <= 1:
        return 0
    value = graph.m / (graph.n * (graph.n - 1))
    return value if graph.directed else value * 2


@kernel("number_of_selfloops", engine=ENGINE)
def number_of_selfloops(graph: Arrays) -> int:
    return graph.frozen.loops


@kernel("number_of_isolates", engine=ENGINE)
def number_of_isolates(graph: Arrays) -> int:
    return int(np.count_nonzero(degrees(graph) == 0))


@kernel("isolates", engine=ENGINE)
def isolates(graph: Arrays) -> Any:
    return iter(graph.frozen.ids_of(np.flatnonzero(degrees(graph) == 0).tolist()))


@kernel("overall_reciprocity", engine=ENGINE, graphs="directed")
def overall_reciprocity(graph: Arrays) -> float:
    """Share of the edges whose reverse is there too; networkx counts 2 (m - undirected edges) / m."""
    if not graph.m:
        raise Unsuited
    src, dst = graph.frozen.src.astype(np.int64), graph.frozen.dst.astype(np.int64)
    pairs = distinct(np.minimum(src, dst) * graph.n + np.maximum(src, dst))
    return (graph.m - len(pairs)) * 2 / graph.m


def size(graph: Arrays, weight: str) -> Any:
    """Sum of a weight over all edges: `G.size(weight=...)`."""
    values, integral, _ = graph.weights(weight)
    total = float(values.sum())
    return round(total) if integral else total


def raise_if_null(graph: Arrays, message: str) -> None:
    """networkx's exception for algorithms that know no empty graph."""
    if not graph.n:
        import networkx as nx

        raise nx.NetworkXPointlessConcept(message)
