"""Centralities by repeated products with the adjacency matrix: the same iteration, start and stop as networkx.

Sums run in another order than networkx's, so digits differ past the twelfth; the number of steps does not.
Weights below 0 are networkx's: sums that cancel would depend on the order.
"""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import scipy.sparse as sp

from networkx_mcp.backend.kernels.arrays import Arrays, Float, Unsuited
from networkx_mcp.backend.kernels.register import kernel
from networkx_mcp.backend.kernels.values import NodeValues

ENGINE = "scipy"


def _vector(graph: Arrays, given: Any, default: Float) -> Float:
    """Numbers by node as networkx reads them: 0 for nodes that are not named, scaled to sum 1."""
    if given is None:
        return default
    if not isinstance(given, dict):
        raise Unsuited
    values = np.zeros(graph.n)
    for node, number in given.items():
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise Unsuited
        try:
            values[graph.row(node)] = number
        except Unsuited:
            if not graph.frozen.judges(node):
                raise  # it may be another name of a node
    total = values.sum()
    if total <= 0 or (values < 0).any():
        raise Unsuited
    return np.asarray(values / total)


@kernel("pagerank", engine=ENGINE)
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
    """PageRank by power iteration. Raises PowerIterationFailedConvergence."""
    n = graph.n
    if not n:
        return NodeValues(graph, np.zeros(0))
    frozen = graph.frozen
    matrix = graph.matrix(weight, into=True, lowest=0)
    out = np.bincount(frozen.in_indices, matrix.data, minlength=n)
    scale = np.zeros(n)
    np.divide(1.0, out, out=scale, where=out != 0)
    if weight is not None:
        matrix.data = matrix.data * scale[frozen.in_indices]
        step = None
    else:
        step = scale
    uniform = np.full(n, 1.0 / n)
    jump = _vector(graph, personalization, uniform)
    sinks = np.flatnonzero(out == 0)
    shares = _vector(graph, dangling, jump)
    x = _vector(graph, nstart, uniform)
    for _ in range(max_iter):
        last = x
        x = matrix @ (last if step is None else last * step)
        if len(sinks):
            x += last[sinks].sum() * shares
        x *= alpha
        x += (1 - alpha) * jump
        if np.abs(x - last).sum() < n * tol:
            return NodeValues(graph, x)
    raise nx.PowerIterationFailedConvergence(max_iter)


@kernel("eigenvector_centrality", engine=ENGINE, least=1)
def eigenvector_centrality(
    graph: Arrays, max_iter: int = 100, tol: float = 1e-6, nstart: None = None, weight: str | None = None
) -> NodeValues:
    """Power iteration of A + I from the uniform vector. Raises PowerIterationFailedConvergence."""
    if nstart is not None:
        raise Unsuited
    n = graph.n
    matrix = graph.matrix(weight or None, into=True, lowest=0)
    x = np.full(n, 1.0 / n)
    for _ in range(max_iter):
        last = x
        x = matrix @ last
        x += last
        x /= float(np.linalg.norm(x)) or 1
        if np.abs(x - last).sum() < n * tol:
            return NodeValues(graph, x)
    raise nx.PowerIterationFailedConvergence(max_iter)


@kernel("katz_centrality", engine=ENGINE, least=1)
def katz_centrality(
    graph: Arrays,
    alpha: float = 0.1,
    beta: float = 1.0,
    max_iter: int = 1000,
    tol: float = 1e-6,
    nstart: None = None,
    normalized: bool = True,
    weight: str | None = None,
) -> NodeValues:
    """x = alpha A^T x + beta until it stands. Raises PowerIterationFailedConvergence."""
    if nstart is not None or not isinstance(beta, (int, float)) or beta <= 0 or alpha < 0:
        raise Unsuited
    n = graph.n
    matrix = graph.matrix(weight, into=True, lowest=0)
    x = np.zeros(n)
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(max_iter):
            last = x
            x = matrix @ last
            x *= alpha
            x += beta
            if np.abs(x - last).sum() < n * tol:
                return NodeValues(graph, x / float(np.linalg.norm(x)) if normalized else x)
            if not np.isfinite(x[0] + x.sum()):
                break  # it has run away: the remaining steps would change nothing
    raise nx.PowerIterationFailedConvergence(max_iter)


@kernel("hits", engine=ENGINE, least=3)
def hits(
    graph: Arrays, max_iter: int = 100, tol: float = 1e-8, nstart: Any = None, normalized: bool = True
) -> tuple[NodeValues, NodeValues]:
    """Hubs and authorities: the first singular vector of the adjacency matrix, by ARPACK as in networkx."""
    return hits_by(graph, "weight", max_iter, tol, nstart, normalized)


def hits_by(
    graph: Arrays, weight: str | None, max_iter: int, tol: float, nstart: Any, normalized: bool
) -> tuple[NodeValues, NodeValues]:
    """`hits` with any weight. Without `nstart` it starts from ones; networkx starts anywhere."""
    import scipy.sparse.linalg as linalg

    if graph.n < 3 or max_iter <= 0 or not graph.m:
        raise Unsuited
    matrix = graph.matrix(weight)
    matrix = sp.csr_array((matrix.data, matrix.indices.copy(), matrix.indptr), shape=matrix.shape)
    matrix.sort_indices()
    start = np.ones(graph.n) if nstart is None else np.array(list(nstart.values()), float)
    try:
        _, _, vectors = linalg.svds(matrix, k=1, v0=start, maxiter=max_iter, tol=tol)
    except linalg.ArpackNoConvergence as error:
        raise nx.PowerIterationFailedConvergence(max_iter) from error
    except (linalg.ArpackError, ValueError, TypeError):
        raise Unsuited from None
    authorities = vectors.flatten().real
    hubs = matrix @ authorities
    if normalized:
        totals = float(hubs.sum()), float(authorities.sum())
        if min(map(abs, totals)) < 1e-6 * float(np.linalg.norm(hubs)):
            raise Unsuited  # ones is orthogonal to what was found: noise is all that could be scaled
        hubs /= totals[0]
        authorities /= totals[1]
    return NodeValues(graph, hubs), NodeValues(graph, authorities)
