"""Assortativity: how alike the ends of edges are, and the degrees around each node.

networkx fills a matrix with a row for each value that occurs, by a loop over the edges. Here a coefficient is a few sums
over the adjacency. Where it is not defined (all ends alike) or too near to that for digits that can be compared,
networkx answers.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.arrays.columns import EXACT
from networkx_mcp.backend.kernel import DIGITS, kernel
from networkx_mcp.backend.kernels.arrays import Arrays, Unsuited
from networkx_mcp.backend.kernels.degrees import Direction, strengths
from networkx_mcp.backend.kernels.node_results import NodeValues

ENGINE = "numpy"
#: Least share of the variance in the mean square. networkx takes one from the other and loses the digits between.
LEAST = 1e-3
_DIRECTIONS: dict[str, Direction] = {"in": "in", "out": "out", "in+out": "both"}


def _correlation(graph: Arrays, x: NDArray[Any], y: NDArray[Any]) -> float:
    """Pearson's, of a number at the tail and one at the head of all edges (undirected ones count both ways)."""
    frozen = graph.frozen
    ends = len(frozen.out_indices)
    if not ends:
        raise Unsuited
    tails = np.diff(frozen.out_indptr).astype(np.float64)
    heads = np.bincount(frozen.out_indices, minlength=graph.n).astype(np.float64)
    parts = []
    for values, times in ((x.astype(np.float64), tails), (y.astype(np.float64), heads)):
        apart = values - float(times @ values) / ends
        variance = float(times @ apart**2)
        if variance <= LEAST * float(times @ values**2):
            raise Unsuited
        parts.append((apart, variance))
    (dx, vx), (dy, vy) = parts
    return float(dx[graph.heads] @ dy[frozen.out_indices]) / float(np.sqrt(vx) * np.sqrt(vy))


@kernel("degree_assortativity_coefficient", "degree_pearson_correlation_coefficient", engine=ENGINE, note=DIGITS)
def degree_assortativity_coefficient(graph: Arrays, x: str = "out", y: str = "in", weight: str | None = None) -> float:
    """Of a directed graph `x` and `y` say which degrees; of another they mean nothing, to networkx too."""
    if not graph.directed:
        found = strengths(graph, weight)
        return _correlation(graph, found, found)
    if x not in ("in", "out") or y not in ("in", "out"):
        raise Unsuited
    return _correlation(graph, strengths(graph, weight, _DIRECTIONS[x]), strengths(graph, weight, _DIRECTIONS[y]))


@kernel("numeric_assortativity_coefficient", engine=ENGINE, note=DIGITS)
def numeric_assortativity_coefficient(graph: Arrays, attribute: Any) -> float:
    """Of numbers that every node has."""
    table = graph.frozen.node_table
    column = table.column(attribute) if isinstance(attribute, str) else None
    if column is None or column.count < graph.n or column.kind not in ("int", "float", "number"):
        raise Unsuited
    values = table.numbers(attribute, 0.0)
    if not np.isfinite(values).all() or float(np.abs(values).max(initial=0.0)) >= EXACT:
        raise Unsuited
    return _correlation(graph, values, values)


@kernel("attribute_assortativity_coefficient", engine=ENGINE, note=DIGITS)
def attribute_assortativity_coefficient(graph: Arrays, attribute: Any) -> float:
    """Of equal values; a node without one is as all others without."""
    column = graph.frozen.node_table.column(attribute) if isinstance(attribute, str) else None
    ends = len(graph.frozen.out_indices)
    if column is None or column.kind not in ("int", "bool", "string") or not ends:
        raise Unsuited
    codes = column.values.dictionary_encode().indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64) + 1
    tails, heads = codes[graph.heads], codes[graph.frozen.out_indices]
    count = int(codes.max()) + 1
    a, b = (np.bincount(side, minlength=count) / ends for side in (tails, heads))
    expected = float(a @ b)
    if 1 - expected <= LEAST:
        raise Unsuited
    return (float(np.count_nonzero(tails == heads)) / ends - expected) / (1 - expected)


def _around(graph: Arrays, values: NDArray[Any], weight: str | None, side: Literal["in", "out"]) -> NDArray[Any]:
    """For each node the sum of a number over its successors or predecessors, weighted by the edges to them."""
    return graph.matrix(weight, into=side == "in") @ values.astype(np.float64)  # type: ignore[no-any-return]


def _shares(graph: Arrays, weight: str | None) -> bool:
    """Whether all sums are of integers; Unsuited for weights whose sums may cancel."""
    if weight is None:
        return True
    return graph.weights(weight, lowest=0).integral


@kernel("average_neighbor_degree", engine=ENGINE, note=DIGITS)
def average_neighbor_degree(
    graph: Arrays, source: str = "out", target: str = "out", weight: str | None = None
) -> NodeValues:
    """Sum of the neighbours' degrees, over the own one; only the own one is weighted."""
    _shares(graph, weight)
    if not graph.directed and (source, target) != ("out", "out"):
        raise Unsuited
    if source not in _DIRECTIONS or target not in _DIRECTIONS:
        raise Unsuited
    own, far = (_DIRECTIONS[name] if graph.directed else "both" for name in (source, target))
    degree, around = strengths(graph, None, far), np.zeros(graph.n)
    if own != "in":
        around = around + _around(graph, degree, weight, "out")
    if own != "out" and graph.directed:
        around = around + _around(graph, degree, weight, "in")
    shares = strengths(graph, weight, own)
    return NodeValues(graph, np.divide(around, shares, out=np.zeros(graph.n), where=shares != 0))


@kernel("average_degree_connectivity", engine=ENGINE, note=DIGITS)
def average_degree_connectivity(
    graph: Arrays, source: str = "in+out", target: str = "in+out", weight: str | None = None
) -> dict[int, float]:
    """The mean degree around the nodes of each degree, in the order in which the degrees first occur."""
    integral = _shares(graph, weight)
    if source not in _DIRECTIONS or target not in _DIRECTIONS:
        raise Unsuited
    if not graph.directed and (source, target) != ("in+out", "in+out"):
        raise Unsuited
    own, far = _DIRECTIONS[source], _DIRECTIONS[target]
    # of both directions networkx goes along the edges only
    around = _around(graph, strengths(graph, None, far), weight, "in" if own == "in" else "out")
    degree = strengths(graph, None, own)
    sums, norms = (np.bincount(degree, values.astype(np.float64)) for values in (around, strengths(graph, weight, own)))
    found, first = np.unique(degree, return_index=True)
    answer: dict[int, float] = {}
    for k in found[np.argsort(first)].tolist():
        total, norm = float(sums[k]), float(norms[k])
        answer[k] = total / norm if norm else (round(total) if integral else total)
    return answer
