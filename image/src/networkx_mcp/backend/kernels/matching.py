"""Matchings of most and of least weight by rustworkx, in whole numbers: nothing is rounded.

Its algorithm is networkx's, on integers of 128 bits. Floats are whole numbers of some power of 1/2, so all weights
times that power are exact; where they get too large, networkx answers. It rounds its sums of floats, and may find a
slightly worse matching for it; where that could be told by more than 1e-9, it answers too. Among matchings of equal
weight this is one, the same each time.

Importing rustworkx starts no thread and costs the zygote 3 MB, 0.7 of them its own; in each worker it would cost
15 ms, as long as networkx takes for 100 nodes. A blossom within a blossom takes 0.2 KB of the stack, and graphs with
so many that this would matter take days.
"""

from __future__ import annotations

import numpy as np
import rustworkx as rx
from numpy.typing import NDArray

from networkx_mcp.arrays.ids import NodeId
from networkx_mcp.backend.kernel import kernel
from networkx_mcp.backend.kernels.arrays import Arrays, Unsuited

ENGINE = "rustworkx"
_MATCHED = "Of several matchings of that weight another one may be found. Floats are not rounded: never a worse one."
#: What nodes times the largest weight may be: the algorithm's own sums stay below a few times that, and so below 2**127.
MOST = 2**110
#: What floats hold of networkx's sums.
_HELD = 2**50

Matching = set[tuple[NodeId, NodeId]]


def _exact(graph: Arrays, weight: str | None) -> tuple[list[int], int]:
    """The weight of each edge row times the least power of 2 that makes all of them whole, and that power."""
    ratios = [value.as_integer_ratio() for value in graph.weights(weight).values.tolist()]
    unit = max((below for _, below in ratios), default=1)
    return [above * (unit // below) for above, below in ratios], unit


def _matched(graph: Arrays, weights: list[int], maxcardinality: bool) -> NDArray[np.int64]:
    """Edge rows of a matching of most weight, ascending; no self-loop is in it. Unsuited above MOST."""
    if max(map(abs, weights), default=0) * graph.n > MOST:
        raise Unsuited
    src, dst = graph.frozen.src, graph.frozen.dst
    rows = np.flatnonzero(src != dst)
    edges: rx.PyGraph[int, int] = rx.PyGraph()
    edges.add_nodes_from(range(graph.n))
    edges.add_edges_from([(int(src[row]), int(dst[row]), weights[row]) for row in rows.tolist()])
    try:
        # Its proof by the dual variables takes next to nothing of the time.
        pairs = rx.max_weight_matching(edges, maxcardinality, int, verify_optimum=True)
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # no Exception: how Rust says that an assertion failed
            raise
        raise Unsuited from None
    mate = np.full(graph.n, -1, np.int64)
    for u, v in pairs:
        mate[u], mate[v] = v, u
    matched: NDArray[np.int64] = rows[mate[src[rows]] == dst[rows]]
    return matched


def _answer(graph: Arrays, rows: NDArray[np.int64], weights: list[int], summed: list[int], whole: bool) -> Matching:
    """The edges as they were created. Unsuited where rounding, of sums of `summed`, may show in what they weigh."""
    error = max(map(abs, summed), default=0) * graph.n
    if not whole and error >= _HELD and error * 10**9 > _HELD * abs(sum(weights[row] for row in rows.tolist())):
        raise Unsuited
    ids, frozen = graph.ids, graph.frozen
    return {(ids[frozen.src[row]], ids[frozen.dst[row]]) for row in rows.tolist()}


@kernel("max_weight_matching", engine=ENGINE, graphs="undirected", note=_MATCHED)
def max_weight_matching(graph: Arrays, maxcardinality: bool = False, weight: str | None = "weight") -> Matching:
    """Weights below 0 are matched only where the most edges are asked for, as in networkx."""
    weights, _ = _exact(graph, weight)
    rows = _matched(graph, weights, bool(maxcardinality))
    return _answer(graph, rows, weights, weights, graph.weights(weight).integral)


@kernel("min_weight_matching", engine=ENGINE, graphs="undirected", note=_MATCHED)
def min_weight_matching(graph: Arrays, weight: str | None = "weight") -> Matching:
    """Of the matchings with the most edges, as networkx defines it: by what each weight lacks of 1 + the largest."""
    weights, unit = _exact(graph, weight)
    most = max(weights, default=0)
    lacking = [unit + most - value for value in weights]
    return _answer(graph, _matched(graph, lacking, True), weights, lacking, graph.weights(weight).integral)
