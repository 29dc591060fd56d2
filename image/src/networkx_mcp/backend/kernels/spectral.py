"""Centralities by repeated products with the adjacency matrix: the same iteration, start and stop as networkx.

Sums run in another order than networkx's, so digits differ past the twelfth; the number of steps does not.
Weights below 0 are networkx's: sums that cancel would depend on the order.
"""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import scipy.sparse as sp

from networkx_mcp.backend.kernel import DIGITS, kernel
from networkx_mcp.backend.kernels.arrays import Arrays, Float, Unsuited
from networkx_mcp.backend.kernels.node_results import NodeValues
from networkx_mcp.backend.kernels.vectors import vector

ENGINE = "scipy"
_HUGE = 1e100


@kernel("pagerank", engine=ENGINE, note=DIGITS)
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
    jump = vector(graph, personalization, uniform)
    sinks = np.flatnonzero(out == 0)
    shares = vector(graph, dangling, jump)
    x = vector(graph, nstart, uniform)
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


@kernel("eigenvector_centrality", engine=ENGINE, least=1, note=DIGITS)
def eigenvector_centrality(
    graph: Arrays, max_iter: int = 100, tol: float = 1e-6, nstart: None = None, weight: str | None = None
) -> NodeValues:
    """Power iteration of A + I from the uniform vector. Raises PowerIterationFailedConvergence."""
    if nstart is not None:
        raise Unsuited
    n = graph.n
    matrix = graph.matrix(weight or None, into=True, lowest=0)
    largest = float(matrix.data.max(initial=0.0))
    if largest > _HUGE:  # its powers are past floats; the eigenvector knows no scale
        matrix = matrix / largest
    x = np.full(n, 1.0 / n)
    for _ in range(max_iter):
        last = x
        x = matrix @ last
        x += last
        x /= float(np.linalg.norm(x)) or 1
        if np.abs(x - last).sum() < n * tol:
            return NodeValues(graph, x)
    raise nx.PowerIterationFailedConvergence(max_iter)


@kernel("katz_centrality", engine=ENGINE, least=1, note=DIGITS)
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


@kernel("hits", engine=ENGINE, least=1, note=DIGITS)
def hits(
    graph: Arrays, max_iter: int = 100, tol: float = 1e-8, nstart: Any = None, normalized: bool = True
) -> tuple[NodeValues, NodeValues]:
    """Hubs and authorities: the first singular vectors of the adjacency matrix, by ARPACK as in networkx."""
    return hits_by(graph, "weight", max_iter, tol, nstart, normalized)


def hits_by(
    graph: Arrays, weight: str | None, max_iter: int, tol: float, nstart: Any, normalized: bool
) -> tuple[NodeValues, NodeValues]:
    """`hits` with any weight of 0 or more: the limit of its iteration from hubs of `nstart`, or of 1 each.

    Where several singular values are the largest (rings, equal stars, trees), networkx gives any vector of theirs,
    with entries below 0, and divides by sums that may be 0 (networkx/networkx#6289). The iteration ends at the
    projection of its start on all of them. Each connected block of the matrix has one largest value and one positive
    vector for it (Perron and Frobenius), so the projection is summed over the blocks that share the largest.
    """
    if not graph.m:
        raise Unsuited
    if max_iter < 2:
        raise nx.PowerIterationFailedConvergence(max_iter)  # two steps are the least that can be alike
    matrix = graph.matrix(weight, lowest=0)
    matrix = sp.csr_array((matrix.data.copy(), matrix.indices.copy(), matrix.indptr.copy()), shape=matrix.shape)
    matrix.sort_indices()
    matrix.eliminate_zeros()
    scale = float(matrix.data.max(initial=0.0))
    if not scale:
        raise Unsuited
    start = np.ones(graph.n) if nstart is None else vector(graph, nstart, np.ones(graph.n))
    try:
        matrix.data /= scale  # numbers whose squares floats do not hold
        hubs = _projected(matrix, start, max_iter, tol)
    except nx.NetworkXError:
        raise nx.PowerIterationFailedConvergence(max_iter) from None
    authorities = matrix.T @ hubs
    if not hubs.any():
        raise Unsuited  # the start has no part in what is largest
    if normalized:
        hubs, authorities = (_snapped(values / values.sum()) for values in (hubs, authorities))
        return NodeValues(graph, hubs), NodeValues(graph, authorities)
    authorities /= float(np.linalg.norm(authorities))
    return NodeValues(graph, _snapped(matrix @ authorities * scale)), NodeValues(graph, _snapped(authorities))


#: Largest singular values whose ratio is nearer to 1 count as equal: sums of the same numbers in other orders.
_EQUAL = 1e-9
#: Rows or columns of a block up to which their products are one dense matrix, and entries of it as a dense matrix.
_DENSE, _DENSE_ENTRIES = 300, 10**6


def _snapped(values: Float) -> Float:
    """To 40 bits: nodes that have the same place in the graph have the same number, whatever the sums were."""
    mantissas, exponents = np.frexp(values)
    return np.asarray(np.ldexp(np.rint(np.ldexp(mantissas, 40)), exponents - 40))


def _projected(matrix: sp.csr_array, start: Float, max_iter: int, tol: float) -> Float:
    """`start` projected on the left singular vectors of the largest singular value. Raises NetworkXError."""
    import scipy.sparse.csgraph as csgraph

    entries = matrix.tocoo()
    both = sp.block_array([[None, matrix], [matrix.T, None]], format="csr")
    _, labels = csgraph.connected_components(both, directed=False)
    of_entry = labels[entries.coords[0]]
    order = np.argsort(of_entry, kind="stable")
    rows, columns, data = entries.coords[0][order], entries.coords[1][order], entries.data[order]
    bounds = np.flatnonzero(np.diff(of_entry[order], prepend=-1))
    squares = np.add.reduceat(data**2, bounds)
    ends = [*bounds[1:].tolist(), len(order)]
    best = 0.0
    kept: list[tuple[float, Float, Any]] = []
    for place in np.argsort(-squares, kind="stable"):
        if squares[place] < best * (1 - _EQUAL):
            break  # the sum of squares bounds the largest: no block after this one has it
        part = slice(bounds[place], ends[place])
        ids, row = np.unique(rows[part], return_inverse=True)
        width, column = np.unique(columns[part], return_inverse=True)
        value, vector = _leading(row, column, data[part], (len(ids), len(width)), max_iter, tol)
        kept.append((value, ids, vector))
        best = max(best, value)
    found = np.zeros(matrix.shape[0])
    for value, ids, vector in kept:
        if value >= best * (1 - _EQUAL):
            found[ids] = vector * float(start[ids] @ vector)
    return found


def _leading(
    row: Any, column: Any, data: Float, shape: tuple[int, int], max_iter: int, tol: float
) -> tuple[float, Float]:
    """Square of the largest singular value of a connected block without entries below 0, and its left vector."""
    import scipy.sparse.linalg as linalg

    height, width = shape
    small = min(shape) <= _DENSE
    block: Any
    if small and height * width <= _DENSE_ENTRIES:
        block = np.zeros(shape)
        block[row, column] = data
    else:
        block = sp.csr_array((data, (row, column)), shape=shape)
    if small:
        across = height > width
        products = block.T @ block if across else block @ block.T
        values, vectors = np.linalg.eigh(products if isinstance(products, np.ndarray) else products.toarray())
        vector = np.abs(vectors[:, -1])
        if across:
            vector = block @ vector
        return float(values[-1]), vector / float(np.linalg.norm(vector))
    try:
        _, singular, vectors = linalg.svds(block, k=1, v0=np.ones(min(shape)), maxiter=max_iter, tol=tol)
    except linalg.ArpackError as error:
        raise nx.NetworkXError(str(error)) from error
    vector = np.abs(block @ vectors.flatten())
    return float(singular[0]) ** 2, vector / float(np.linalg.norm(vector))
