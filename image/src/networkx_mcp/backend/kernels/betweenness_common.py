"""What two implementations of betweenness share: networkx's choice of sources, and its scales."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.backend.kernels.arrays import Arrays, Float, Unsuited
from networkx_mcp.backend.kernels.node_results import NodeValues


def sources_of(graph: Arrays, k: int | None, seed: Any) -> NDArray[np.int64]:
    """networkx's own sample for the same seed."""
    if k is None or k == graph.n:
        return np.arange(graph.n)
    if isinstance(k, bool) or not isinstance(k, int) or not 0 < k <= graph.n:
        raise Unsuited
    if type(seed) is int:
        chance = random.Random(seed)  # noqa: S311 -- what networkx makes of it
    else:
        import networkx as nx

        chance = nx.utils.create_py_random_state(seed)
    return np.array(chance.sample(range(graph.n), k), np.int64)


def _scales(graph: Arrays, count: int | None, normalized: bool, endpoints: bool) -> tuple[float, float]:
    """(scale of sampled sources, scale of other nodes); they differ because a source never scores itself."""
    size = graph.n if endpoints else graph.n - 1
    if size < 2:
        return 1, 1
    sources = size if count is None else count
    correction = 1 if graph.directed else 2
    if count is None or endpoints:
        scale = 1 / (sources * (size - 1)) if normalized else size / (sources * correction)
        return scale, scale

    def one(of: int) -> float:
        if of < 1:
            return np.nan
        return 1 / (of * (size - 1)) if normalized else size / (of * correction)

    return one(sources - 1), one(sources)


def scaled(
    graph: Arrays, scores: Float, sources: NDArray[Any], k: int | None, normalized: bool, endpoints: bool
) -> NodeValues:
    """What paths from `sources` put on nodes, scaled as networkx does."""
    sampled, others = _scales(graph, None if k is None or k == graph.n else k, normalized, endpoints)
    factors = np.full(graph.n, others)
    if k is not None:
        factors[sources] = sampled
    return NodeValues(graph, scores * factors)


def edges_scaled(graph: Arrays, entries: Float, k: int | None, normalized: bool) -> dict[tuple[Any, Any], float]:
    """What paths put on adjacency entries, by edge and scaled as networkx does.

    Unsuited where a node is the pair of an edge's ends, in either order: networkx counts nodes and edges in one
    dictionary, and what it then says of that edge is an accident.
    """
    frozen = graph.frozen
    flows = np.zeros(graph.m)
    np.add.at(flows, frozen.out_rows, entries)
    size = graph.n
    if size >= 2:
        count = size if k is None else k
        flows = flows * (1 / (count * (size - 1)) if normalized else size / (count * (1 if graph.directed else 2)))
    ids = graph.ids
    pairs = zip(frozen.src.tolist(), frozen.dst.tolist(), flows.tolist(), strict=True)
    found = {(ids[u], ids[v]): flow for u, v, flow in pairs}
    if any(isinstance(node, tuple) and (node in found or node[::-1] in found) for node in ids):
        raise Unsuited
    return found
