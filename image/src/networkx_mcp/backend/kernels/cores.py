"""Core numbers by the compiled library."""

from __future__ import annotations

import numpy as np

from networkx_mcp.backend.kernel import kernel
from networkx_mcp.backend.kernels import native
from networkx_mcp.backend.kernels.arrays import Arrays
from networkx_mcp.backend.kernels.node_results import NodeValues


@kernel("core_number", engine=native.ENGINE, loops=False)
def core_number(graph: Arrays) -> NodeValues:
    """The largest k for which a node is in the k-core; in a directed graph in- and out-edges count."""
    frozen, n = graph.frozen, graph.n
    degrees = np.diff(frozen.out_indptr)
    if graph.directed:
        degrees += np.diff(frozen.in_indptr)
    into = (frozen.in_indptr, frozen.in_indices) if graph.directed else (None, None)
    cores, order, places = (np.empty(n, np.int32) for _ in range(3))
    starts = np.zeros(int(degrees.max(initial=0)) + 2, np.int32)
    native.call("nx_cores", n, frozen.out_indptr, frozen.out_indices, *into, cores, starts, order, places)
    return NodeValues(graph, cores)
