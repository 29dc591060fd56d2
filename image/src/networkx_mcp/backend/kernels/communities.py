"""Communities, and modularity.

A partition is not unique. Louvain and label propagation are networkx's, step for step and digit for digit with its
seeds, by the compiled library. Leiden is networkit's: networkx has none of its own.
"""

from __future__ import annotations

import random
import sys
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from networkx_mcp.arrays.columns import EXACT
from networkx_mcp.backend.kernel import DIGITS, FIRST, kernel
from networkx_mcp.backend.kernels import degrees, native, networkit
from networkx_mcp.backend.kernels.arrays import Arrays, Float, Unsuited
from networkx_mcp.backend.kernels.node_results import NodeGroups, groups_of

#: networkit squares the sum of all weights.
_HUGE = 1e100
#: Weights and sums of them within these have squares that floats hold.
_SMALLEST, _LARGEST = 1e-100, 1e100


@kernel(
    "community.louvain_communities",
    engine=native.ENGINE,
    order=FIRST,
    note="Ends where networkx goes round for ever because moves gain nothing but the rounding of sums.",
    as_list=True,
)
def louvain_communities(
    graph: Arrays,
    weight: str | None = "weight",
    resolution: float = 1,
    threshold: float = 1e-7,
    max_level: int | None = None,
    seed: Any = None,
) -> NodeGroups:
    """networkx's steps, sums and numbers drawn."""
    if native.missing() or type(resolution) not in (int, float) or type(threshold) not in (int, float):
        raise Unsuited
    if not np.isfinite(resolution) or not 0 <= threshold < np.inf:
        raise Unsuited
    if max_level is not None and (type(max_level) is not int or max_level < 1):
        raise Unsuited
    if not graph.m:
        return NodeGroups(graph, np.arange(graph.n))
    values = _as_networkx_adds(graph, weight, resolution)
    chance = native.Chance(nx.utils.create_py_random_state(seed))
    frozen, labels = graph.frozen, np.empty(graph.n, np.int32)
    native.call(
        "nx_louvain", graph.n, graph.m, native.rows(frozen.src), native.rows(frozen.dst), values, int(graph.directed),
        float(resolution), float(threshold), -1 if max_level is None else min(max_level, graph.n), _CAREFUL,
        chance.words, labels,
    )  # fmt: skip
    chance.give_back()
    return NodeGroups(graph, labels, listed=True)


#: Whether `sum` makes good what rounding takes.
_CAREFUL = int(sys.version_info >= (3, 12))


def _as_networkx_adds(graph: Arrays, weight: str | None, resolution: float) -> Float:
    """Weights whose sums in floats are those of Python: all integers small enough, or all floats. Unsuited for others."""
    found = graph.weights(weight, lowest=0)
    total = float(found.values.sum())
    if not total > 0:
        raise Unsuited  # networkx divides by it
    if found.integral:
        # networkx multiplies integers first, one for the resolution too
        exact = type(resolution) is float or resolution in (0, 1) or (2 * total) ** 2 * abs(resolution) < EXACT
        if not exact:
            raise Unsuited
        return found.values
    column = graph.frozen.edge_table.column(weight or "")
    if column is None or column.kind != "float" or column.count < graph.m:
        raise Unsuited  # of integers among floats not every Python adds what rounding takes
    if not _SMALLEST < float(found.values.max()) <= total < _LARGEST:
        raise Unsuited
    return found.values


@kernel(
    "community.leiden_communities",
    engine="networkit",
    graphs="undirected",
    note="By networkit, for modularity. networkx has no implementation of its own.",
    as_list=True,
    integer_seed=True,
)
def leiden_communities(
    graph: Arrays, weight: str | None = "weight", resolution: float = 1, seed: Any = None
) -> NodeGroups:
    """The Leiden method for modularity; networkx has none of its own."""
    weights = _floats(graph, weight)
    if not weights.any():
        return NodeGroups(graph, np.arange(graph.n))
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or seed < 0):
        raise Unsuited
    networkit.start(random.getrandbits(32) if seed is None else seed)
    run = networkit.module("community").ParallelLeiden(networkit.graph(graph, weights), 5, True, float(resolution))
    run.run()
    return NodeGroups(graph, np.array(run.getPartition().getVector(), np.int64))


def _floats(graph: Arrays, weight: str | None) -> Float:
    """Weights for an algorithm that networkx has not: integers rounded where floats do not hold them. Unsuited below 0.

    Of numbers whose squared sum is past floats only their ratios are kept, which is all that modularity knows.
    """
    if weight is None:
        return np.ones(graph.m)
    if not isinstance(weight, str):
        raise Unsuited
    try:
        values = graph.frozen.edge_table.numbers(weight, 1.0)
    except (ValueError, OverflowError):  # no numbers, integers past every float
        raise Unsuited from None
    largest = float(values.max(initial=0.0))
    if not np.isfinite(values).all() or (values < 0).any():
        raise Unsuited
    return values / largest if largest > _HUGE else values


@kernel(
    "community.fast_label_propagation_communities",
    engine=native.ENGINE,
    order=FIRST,
    note="Ends where networkx goes on for ever because equal labels, over edges of weight 0, are drawn again and again.",
)
def fast_label_propagation_communities(graph: Arrays, weight: str | None = None, seed: Any = None) -> NodeGroups:
    """networkx's own steps: with the same seed the same communities."""
    if native.missing():
        raise Unsuited  # before anything is drawn
    frozen, n = graph.frozen, graph.n
    values = None if weight is None else graph.weights(weight).values
    nothing: tuple[NDArray[Any] | None, ...] = (None, None, None)

    def side(indptr: NDArray[Any], indices: NDArray[Any], rows: NDArray[Any]) -> tuple[NDArray[Any] | None, ...]:
        return indptr, indices, None if values is None else values[rows]

    out = side(frozen.out_indptr, frozen.out_indices, frozen.out_rows)
    into = side(frozen.in_indptr, frozen.in_indices, frozen.in_rows) if graph.directed else nothing
    chance = native.Chance(nx.utils.create_py_random_state(seed))
    labels, queue, near, seen = (np.empty(n, np.int32) for _ in range(4))
    native.call(
        "nx_propagate", n, *out, *into, chance.words, labels, queue, np.empty(n, np.uint8), near, np.empty(n), seen
    )
    chance.give_back()
    return NodeGroups(graph, labels)


@kernel("community.modularity", engine="numpy", note=DIGITS)
def modularity(graph: Arrays, communities: Any, weight: str | None = "weight", resolution: float = 1) -> float:
    """Of a partition of all nodes; other groups are networkx's to refuse."""
    labels = groups_of(graph, communities)
    if labels is None:
        raise Unsuited
    values = graph.weights(weight, lowest=0).values
    total = float(values.sum())
    scale = total * total * (1 if graph.directed else 4)
    if not 1e-300 < scale < 1e300:  # networkx may divide by 0 or by infinity, as its sums go
        raise Unsuited
    frozen = graph.frozen
    inside = float(values[labels[frozen.src] == labels[frozen.dst]].sum()) / total
    count = int(labels.max(initial=-1)) + 1
    out, into = (np.bincount(labels, degrees.strengths(graph, weight, direction), count) for direction in _DIRECTIONS)
    parts = float((out * into).sum())
    return inside - resolution * parts / scale


_DIRECTIONS: tuple[degrees.Direction, degrees.Direction] = ("out", "in")
