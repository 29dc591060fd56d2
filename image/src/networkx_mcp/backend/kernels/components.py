"""Connected, weak and strong components."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse.csgraph as csgraph
from numpy.typing import NDArray

from networkx_mcp.backend.kernel import kernel
from networkx_mcp.backend.kernels.arrays import Arrays, csr
from networkx_mcp.backend.kernels.degrees import raise_if_null
from networkx_mcp.backend.kernels.node_results import BY_FIRST_NODES, NodeGroups

ENGINE = "scipy"
_NULL = "Connectivity is undefined for the null graph."


def labels(graph: Arrays, *, strong: bool = False) -> NDArray[Any]:
    """The component of each node: weak (connected) ones, or strong ones."""
    if not graph.n:
        return np.zeros(0, np.int32)
    frozen = graph.frozen
    if graph.directed and not strong:
        ones = np.ones(graph.m)
        return csgraph.connected_components(csr(ones, frozen.out_indices, frozen.out_indptr, graph.n), False)[1]  # type: ignore[no-any-return]
    # Of an undirected graph both directions are there, so its strong components are the connected ones,
    # and nothing has to be transposed.
    return csgraph.connected_components(graph.matrix(), True, "strong")[1]  # type: ignore[no-any-return]


@kernel("connected_components", engine=ENGINE, graphs="undirected")
@kernel("weakly_connected_components", engine=ENGINE, graphs="directed")
def connected_components(graph: Arrays) -> NodeGroups:
    return NodeGroups(graph, labels(graph))


@kernel("strongly_connected_components", engine=ENGINE, graphs="directed", note=BY_FIRST_NODES)
@kernel("kosaraju_strongly_connected_components", engine=ENGINE, graphs="directed", note=BY_FIRST_NODES)
def strongly_connected_components(graph: Arrays) -> NodeGroups:
    """The sets are networkx's; they come by their first nodes, not in the order of its search."""
    return NodeGroups(graph, labels(graph, strong=True))


def _count(graph: Arrays, strong: bool) -> int:
    return int(labels(graph, strong=strong).max(initial=-1)) + 1


@kernel("number_connected_components", engine=ENGINE, graphs="undirected")
@kernel("number_weakly_connected_components", engine=ENGINE, graphs="directed")
def number_connected_components(graph: Arrays) -> int:
    return _count(graph, False)


@kernel("number_strongly_connected_components", engine=ENGINE, graphs="directed")
def number_strongly_connected_components(graph: Arrays) -> int:
    return _count(graph, True)


@kernel("is_connected", engine=ENGINE, graphs="undirected")
@kernel("is_weakly_connected", engine=ENGINE, graphs="directed")
def is_connected(graph: Arrays) -> bool:
    raise_if_null(graph, _NULL)
    return _count(graph, False) == 1


@kernel("is_strongly_connected", engine=ENGINE, graphs="directed")
def is_strongly_connected(graph: Arrays) -> bool:
    raise_if_null(graph, _NULL)
    return _count(graph, True) == 1


@kernel("node_connected_component", engine=ENGINE, graphs="undirected")
def node_connected_component(graph: Arrays, n: Any) -> set[Any]:
    found = labels(graph)
    return set(graph.frozen.ids_of(np.flatnonzero(found == found[graph.row(n)]).tolist()))
