"""Core numbers, by peeling all nodes of too small a degree at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.backend.kernel import kernel
from networkx_mcp.backend.kernels.arrays import Arrays
from networkx_mcp.backend.kernels.degrees import degrees
from networkx_mcp.backend.kernels.node_results import NodeValues
from networkx_mcp.backend.kernels.sweep import neighbours

ENGINE = "numpy"


@kernel("core_number", engine=ENGINE, loops=False)
def core_number(graph: Arrays) -> NodeValues:
    """The largest k for which a node is in the k-core; in a directed graph in- and out-edges count."""
    frozen, n = graph.frozen, graph.n
    degree = degrees(graph)
    core = np.zeros(n, np.int64)
    alive = np.ones(n, bool)
    left, k = n, 0
    sides = [(frozen.out_indptr, frozen.out_indices)]
    if graph.directed:
        sides.append((frozen.in_indptr, frozen.in_indices))
    rest: NDArray[Any] = np.arange(n)
    while left:
        rest = rest[alive[rest]]
        k = max(k, int(degree[rest].min()))
        peeled = rest[degree[rest] <= k]
        while len(peeled):
            core[peeled] = k
            alive[peeled] = False
            left -= len(peeled)
            near = np.concatenate([neighbours(*side, peeled) for side in sides])
            near = near[alive[near]]
            if len(near) * 8 > n:
                degree -= np.bincount(near, minlength=n)
                touched = np.unique(near) if len(near) < n else np.flatnonzero(alive)
            else:
                touched, times = np.unique(near, return_counts=True)
                degree[touched] -= times
            peeled = touched[degree[touched] <= k]
    return NodeValues(graph, core)
