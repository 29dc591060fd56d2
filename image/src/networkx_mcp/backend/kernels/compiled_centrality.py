"""Betweenness, with and without weights on graphs of any depth, and PageRank, by the compiled library."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.backend.kernel import DIGITS, FIRST, kernel
from networkx_mcp.backend.kernels import betweenness_common, native
from networkx_mcp.backend.kernels.arrays import Arrays, Float, Unsuited
from networkx_mcp.backend.kernels.node_results import NodeValues
from networkx_mcp.backend.kernels.vectors import vector


def _dependencies(
    graph: Arrays, sources: NDArray[Any], weight: str | None, *, edges: bool = False, endpoints: bool = False
) -> tuple[Float, Float | None]:
    """What shortest paths from some sources put on nodes, and on adjacency entries if asked. Unsuited for
    weights below 0."""
    if native.missing():
        raise Unsuited  # before anything is read
    frozen, n, entries = graph.frozen, graph.n, len(graph.frozen.out_indices)
    scores, flows = np.zeros(n), np.zeros(entries) if edges else None
    chosen = native.rows(sources)
    adjacency = (frozen.out_indptr, frozen.out_indices)
    order, share = np.empty(n, np.int32), np.empty(n)
    if weight is None:
        cells = np.empty(n * native.call("nx_betweenness_cell"), np.uint8)
        steps, first = np.empty(entries, np.int32), np.empty(n + 1, np.int32)
        taken = np.empty(entries if edges else 0, np.int32)
        native.call(
            "nx_betweenness", n, *adjacency, len(chosen), chosen, int(endpoints), scores, flows,
            cells, share, order, steps, first, taken,
        )  # fmt: skip
        return scores, flows
    values = graph.weights(weight, lowest=0).values
    far, paths = np.empty(n), np.empty(n)
    state, heads = np.empty(n, np.uint8), np.empty(n, np.int32)
    owners, links = np.empty(entries, np.int32), np.empty(entries, np.int32)
    native.call(
        "nx_betweenness_weighted", n, *adjacency, frozen.out_rows, values, len(chosen), chosen, int(endpoints),
        scores, flows, far, paths, share, state, order, heads, owners, links,
    )  # fmt: skip
    return scores, flows


@kernel("betweenness_centrality", engine=native.ENGINE, order=FIRST, least=1)
def betweenness_centrality(
    graph: Arrays,
    k: int | None = None,
    normalized: bool = True,
    weight: str | None = None,
    endpoints: bool = False,
    seed: Any = None,
) -> NodeValues:
    """Exact, or from `k` sources that networkx would choose for the seed."""
    sources = betweenness_common.sources_of(graph, k, seed)
    scores, _ = _dependencies(graph, sources, weight, endpoints=endpoints)
    return betweenness_common.scaled(graph, scores, sources, k, normalized, endpoints)


@kernel("edge_betweenness_centrality", engine=native.ENGINE, order=FIRST, least=1)
def edge_betweenness_centrality(
    graph: Arrays, k: int | None = None, normalized: bool = True, weight: str | None = None, seed: Any = None
) -> dict[tuple[Any, Any], float]:
    """Exact, or from `k` sources; keys are edges in networkx's order."""
    sources = betweenness_common.sources_of(graph, k, seed)
    _, flows = _dependencies(graph, sources, weight, edges=True)
    assert flows is not None
    return betweenness_common.edges_scaled(graph, flows, k, normalized)


@kernel("pagerank", engine=native.ENGINE, order=FIRST, note=DIGITS)
def pagerank(
    graph: Arrays,
    alpha: float = 0.85,
    personalization: Any = None,
    max_iter: int = 100,
    tol: float = 1e-6,
    nstart: Any = None,
    weight: str | None = "weight",
    dangling: Any = None,
) -> NodeValues:
    """PageRank by power iteration, networkx's steps. Raises PowerIterationFailedConvergence."""
    if native.missing() or type(max_iter) is not int or not {type(alpha), type(tol)} <= {int, float}:
        raise Unsuited  # before anything is read; what is no number here is no number to the library
    if not graph.n:
        return NodeValues(graph, np.zeros(0))
    found = pagerank_within(graph, alpha, personalization, max_iter, tol, nstart, weight, dangling)
    if found is None:
        import networkx as nx  # here, because the API runs these kernels without networkx

        raise nx.PowerIterationFailedConvergence(max_iter)
    return found


def pagerank_within(
    graph: Arrays,
    alpha: float,
    personalization: Any,
    max_iter: int,
    tol: float,
    nstart: Any,
    weight: str | None,
    dangling: Any,
) -> NodeValues | None:
    """PageRank of a graph with nodes; None where it does not stand still within `max_iter` steps."""
    n = graph.n
    frozen = graph.frozen
    values = None if weight is None else graph.weights(weight, lowest=0).values[frozen.in_rows]
    out = np.bincount(frozen.in_indices, values, minlength=n)
    scale = np.zeros(n)
    np.divide(1.0, out, out=scale, where=out != 0)
    if values is not None:
        values = values * scale[frozen.in_indices]
    uniform = np.full(n, 1.0 / n)
    jump = vector(graph, personalization, uniform)
    shares = vector(graph, dangling, jump)
    sinks = native.rows(np.flatnonzero(out == 0))
    ranks = vector(graph, nstart, uniform).copy()
    stands = native.call(
        "nx_pagerank", n, frozen.in_indptr, frozen.in_indices, values, scale if values is None else None, len(sinks),
        sinks, shares, jump, float(alpha), min(max(max_iter, 0), 2**31 - 1), float(n * tol), ranks, np.empty(n), np.empty(n),
    )  # fmt: skip
    return NodeValues(graph, ranks) if stands else None
