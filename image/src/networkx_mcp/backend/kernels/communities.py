"""Communities of large graphs, and modularity.

A partition is not unique. Small graphs stay networkx's, digit for digit with its seeds; from LARGE elements on
networkit answers, whose partitions are no worse in modularity (a test holds it to that).
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from networkx_mcp.backend.kernel import DIGITS, kernel
from networkx_mcp.backend.kernels import degrees, networkit
from networkx_mcp.backend.kernels.arrays import Arrays, Float, Unsuited
from networkx_mcp.backend.kernels.node_results import NodeGroups, groups_of

#: Nodes + edges from which networkx would take more than about half a second.
LARGE = 5_000
_LARGE = "From 5,000 nodes and edges on the partition is networkit's: no worse in modularity, but another one."
#: networkit squares the sum of all weights.
_HUGE = 1e100


def _by_networkit(graph: Arrays, weights: Float, seed: Any, algorithm: Callable[[Any, Any], Any]) -> NodeGroups:
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or seed < 0):
        raise Unsuited
    networkit.start(random.getrandbits(32) if seed is None else seed)
    run = algorithm(networkit.module("community"), networkit.graph(graph, weights))
    run.run()
    return NodeGroups(graph, np.array(run.getPartition().getVector(), np.int64))


@kernel(
    "community.louvain_communities",
    engine="networkit",
    graphs="undirected",
    note=_LARGE,
    as_list=True,
    integer_seed=True,
)
def louvain_communities(
    graph: Arrays, weight: str | None = "weight", resolution: float = 1, threshold: float = 1e-7, seed: Any = None
) -> NodeGroups:
    """The Louvain method with refinement (PLM), for large graphs."""
    if graph.n + graph.m < LARGE or threshold != 1e-7:
        raise Unsuited
    weights = graph.weights(weight, lowest=0).values
    if not weights.any():
        raise Unsuited
    return _by_networkit(graph, weights, seed, lambda nk, g: nk.PLM(g, refine=True, gamma=float(resolution)))


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
    return _by_networkit(graph, weights, seed, lambda nk, g: nk.ParallelLeiden(g, 5, True, float(resolution)))


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


@kernel("community.fast_label_propagation_communities", engine="networkx-mcp")
def fast_label_propagation_communities(graph: Arrays, weight: str | None = None, seed: Any = None) -> NodeGroups:
    """networkx's own steps on lists of rows: with the same seed the same communities."""
    choose = nx.utils.create_py_random_state(seed)
    near, numbers = _neighbours(graph, weight)
    waiting = deque(range(graph.n))
    choose.shuffle(waiting)
    inside = [True] * graph.n
    labels = list(range(graph.n))
    while waiting:
        node = waiting.popleft()
        inside[node] = False
        around = near[node]
        if not around:
            continue
        counts: dict[int, float] = {}
        if numbers is None:
            for other in around:
                label = labels[other]
                counts[label] = counts.get(label, 0) + 1
        else:
            for other, number in zip(around, numbers[node], strict=True):
                label = labels[other]
                counts[label] = counts.get(label, 0.0) + number
        most = max(counts.values())
        chosen = choose.choice([label for label, count in counts.items() if count == most])
        if labels[node] != chosen:
            labels[node] = chosen
            for other in around:
                if labels[other] != chosen and not inside[other]:
                    waiting.append(other)
                    inside[other] = True
    return NodeGroups(graph, np.array(labels, np.int64))


def _neighbours(graph: Arrays, weight: str | None) -> tuple[list[list[int]], list[list[float]] | None]:
    """For each row all neighbours in networkx's order, and the weights of the edges to them.

    Without weights networkx takes predecessors before successors, with weights after them.
    """
    frozen = graph.frozen

    def lists(indptr: NDArray[Any], values: NDArray[Any]) -> list[list[Any]]:
        starts, flat = indptr.tolist(), values.tolist()
        return [flat[starts[row] : starts[row + 1]] for row in range(graph.n)]

    out = lists(frozen.out_indptr, frozen.out_indices)
    if graph.directed:
        into = lists(frozen.in_indptr, frozen.in_indices)
        pairs = zip(into, out, strict=True) if weight is None else zip(out, into, strict=True)
        near = [first + second for first, second in pairs]
    else:
        near = out
    if weight is None:
        return near, None
    values = graph.weights(weight).values
    numbers = lists(frozen.out_indptr, values[frozen.out_rows])
    if graph.directed:
        after = lists(frozen.in_indptr, values[frozen.in_rows])
        numbers = [first + second for first, second in zip(numbers, after, strict=True)]
    return near, numbers


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
