"""The spectral layout: the two directions in which neighbours differ least, by the eigenvectors of the Laplacian, part by part.

networkx looks for them by steps that hardly move where a graph is long: a path of 5,000 nodes took a minute. In a graph of several parts
the least different are the parts themselves, each a single point.
"""

from __future__ import annotations

import math

import numpy as np

from networkx_mcp.analysis.layout.plane import Float, Part, packed

#: Up to so many nodes all eigenvectors are computed.
_DENSE = 400
#: Turns after which the plain way has shown that it is not the one.
_TURNS = 20


def by_spectrum(found: list[Part], aspect: float) -> Float:
    """Positions of the nodes of all parts."""
    xy = np.zeros((sum(part.n for part in found), 2))
    blocks = [_block(part) for part in found]
    for part, block in zip(found, packed(blocks, 0.2, aspect), strict=True):
        xy[part.rows] = block
    return xy


def _block(part: Part) -> Float:
    """One part, larger where it has more nodes."""
    if part.n < 3:
        return np.column_stack([np.arange(part.n) * 0.3, np.zeros(part.n)])
    vectors = _vectors(part)
    # An eigenvector may point either way.
    vectors *= np.where(vectors[np.abs(vectors).argmax(axis=0), [0, 1]] < 0, -1, 1)
    span = np.ptp(vectors, axis=0)
    found: Float = vectors / float(span.max()) * math.sqrt(part.n)
    return found


def _vectors(part: Part) -> Float:
    import scipy.sparse as sp

    n = part.n
    near = sp.csr_array((part.pulls, part.indices, part.indptr), shape=(n, n))
    degrees = np.asarray(near.sum(axis=1)).ravel()
    laplacian = sp.diags_array(degrees) - near
    if n <= _DENSE:
        found: Float = np.linalg.eigh(laplacian.toarray())[1][:, 1:3]
        return found
    start = np.random.default_rng(0).standard_normal(n)
    try:
        values, vectors = sp.linalg.eigsh(
            laplacian.tocsr(), 3, which="SM", ncv=int(math.sqrt(n)), maxiter=_TURNS, v0=start
        )
    except sp.linalg.ArpackNoConvergence:
        # A long graph. Around a number just below 0 the least eigenvalues are the farthest, and a few steps find them; to solve for
        # that is slow where the graph is no such thing.
        shift = -1e-4 * float(degrees.mean())
        values, vectors = sp.linalg.eigsh(laplacian.tocsc(), 3, sigma=shift, which="LM", v0=start)
    order = np.argsort(values)[1:3]
    return np.ascontiguousarray(vectors[:, order])
