"""Measures of all distances on graphs too deep for `distances`, whose searches share a step: one queue a node."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.backend.kernel import LAST, kernel
from networkx_mcp.backend.kernels import distances, native
from networkx_mcp.backend.kernels.arrays import Arrays, Float, Unsuited
from networkx_mcp.backend.kernels.node_results import NodeValues


class _Hops(NamedTuple):
    """Of each node: nodes it reaches (itself too), sum of hops to them, sum of 1 / hops, most hops."""

    reached: NDArray[np.int64]
    sums: NDArray[np.int64]
    inverse: Float
    farthest: NDArray[np.int64]


def _hops(graph: Arrays, *, into: bool) -> _Hops:
    """`into`: against the edges, so of what reaches a node."""
    if native.missing():
        raise Unsuited
    frozen, n = graph.frozen, graph.n
    indptr, indices = (frozen.in_indptr, frozen.in_indices) if into else (frozen.out_indptr, frozen.out_indices)
    found = _Hops(np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n), np.empty(n, np.int64))
    every, order, hops = np.arange(n, dtype=np.int32), np.empty(n, np.int32), np.empty(n, np.int32)
    native.call("nx_hop_sums", n, indptr, indices, n, every, *found, order, hops)
    return found


@kernel("closeness_centrality", engine=native.ENGINE, order=LAST)
def closeness_centrality(graph: Arrays, u: None = None, distance: None = None, wf_improved: bool = True) -> NodeValues:
    if u is not None or distance is not None:
        raise Unsuited
    found = _hops(graph, into=True)
    return NodeValues(graph, distances.closeness(found.sums.astype(float), found.reached, graph.n, wf_improved))


@kernel("harmonic_centrality", engine=native.ENGINE, order=LAST)
def harmonic_centrality(graph: Arrays, nbunch: None = None, distance: None = None, sources: None = None) -> NodeValues:
    if nbunch is not None or distance is not None or sources is not None:
        raise Unsuited
    return NodeValues(graph, _hops(graph, into=True).inverse)


def _eccentricities(graph: Arrays, *absent: Any) -> NDArray[np.int64]:
    if any(value not in (None, False) for value in absent) or not graph.n:
        raise Unsuited
    distances.require_connected(graph)
    return _hops(graph, into=False).farthest


@kernel("eccentricity", engine=native.ENGINE, order=LAST)
def eccentricity(graph: Arrays, v: None = None, sp: None = None, weight: None = None) -> NodeValues:
    return NodeValues(graph, _eccentricities(graph, v, sp, weight))


@kernel("diameter", engine=native.ENGINE, order=LAST)
def diameter(graph: Arrays, e: None = None, usebounds: bool = False, weight: None = None) -> int:
    return int(_eccentricities(graph, e, usebounds, weight).max())


@kernel("radius", engine=native.ENGINE, order=LAST)
def radius(graph: Arrays, e: None = None, usebounds: bool = False, weight: None = None) -> int:
    return int(_eccentricities(graph, e, usebounds, weight).min())


@kernel("average_shortest_path_length", engine=native.ENGINE, order=LAST, least=2)
def average_shortest_path_length(graph: Arrays, weight: None = None, method: None = None) -> float:
    if weight is not None or method is not None:
        raise Unsuited
    found = _hops(graph, into=True)
    n = graph.n
    if not (found.reached == n).all():
        raise Unsuited  # networkx's error
    return int(found.sums.sum()) / (n * (n - 1))
