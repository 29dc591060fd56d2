"""Components, colours, a matching and the longest path of a DAG by the compiled library."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.arrays.ids import NodeId
from networkx_mcp.backend.kernel import FIRST, kernel
from networkx_mcp.backend.kernels import degrees, native
from networkx_mcp.backend.kernels.arrays import Arrays, Unsuited
from networkx_mcp.backend.kernels.node_results import BY_FIRST_NODES, NodeGroups

_NULL = "Connectivity is undefined for the null graph."


def weak_components(graph: Arrays) -> tuple[NDArray[np.int32], int]:
    """(the component of each node, directions ignored, by their first nodes; how many)."""
    labels = np.empty(graph.n, np.int32)
    parents = np.empty(graph.n, np.int32)
    src, dst = native.rows(graph.frozen.src), native.rows(graph.frozen.dst)
    return labels, native.call("nx_components", graph.n, graph.m, src, dst, labels, parents)


def strong_components(graph: Arrays) -> tuple[NDArray[np.int32], int]:
    """(the strong component of each node, in the order in which networkx finds them; how many)."""
    labels, low, after, way, kept = (np.empty(graph.n, np.int32) for _ in range(5))
    adjacency = graph.frozen.out_indptr, graph.frozen.out_indices
    found = np.zeros(graph.n, np.int32)
    return labels, native.call("nx_strong", graph.n, *adjacency, labels, found, low, after, way, kept)


@kernel("connected_components", engine=native.ENGINE, order=FIRST, graphs="undirected")
@kernel("weakly_connected_components", engine=native.ENGINE, order=FIRST, graphs="directed")
def connected_components(graph: Arrays) -> NodeGroups:
    return NodeGroups(graph, weak_components(graph)[0])


@kernel("number_connected_components", engine=native.ENGINE, order=FIRST, graphs="undirected")
@kernel("number_weakly_connected_components", engine=native.ENGINE, order=FIRST, graphs="directed")
def number_connected_components(graph: Arrays) -> int:
    return weak_components(graph)[1]


@kernel("is_connected", engine=native.ENGINE, order=FIRST, graphs="undirected")
@kernel("is_weakly_connected", engine=native.ENGINE, order=FIRST, graphs="directed")
def is_connected(graph: Arrays) -> bool:
    degrees.raise_if_null(graph, _NULL)
    return weak_components(graph)[1] == 1


@kernel("strongly_connected_components", engine=native.ENGINE, order=FIRST, graphs="directed")
def strongly_connected_components(graph: Arrays) -> NodeGroups:
    """In the order of networkx's search."""
    return NodeGroups(graph, strong_components(graph)[0], listed=True)


@kernel(
    "kosaraju_strongly_connected_components", engine=native.ENGINE, order=FIRST, graphs="directed", note=BY_FIRST_NODES
)
def kosaraju_strongly_connected_components(graph: Arrays) -> NodeGroups:
    return NodeGroups(graph, strong_components(graph)[0])


@kernel("number_strongly_connected_components", engine=native.ENGINE, order=FIRST, graphs="directed")
def number_strongly_connected_components(graph: Arrays) -> int:
    return strong_components(graph)[1]


@kernel("is_strongly_connected", engine=native.ENGINE, order=FIRST, graphs="directed")
def is_strongly_connected(graph: Arrays) -> bool:
    degrees.raise_if_null(graph, _NULL)
    return strong_components(graph)[1] == 1


@kernel("greedy_color", engine=native.ENGINE, order=FIRST, note="With the strategy `largest_first`.")
def greedy_color(graph: Arrays, strategy: str = "largest_first", interchange: bool = False) -> dict[NodeId, int]:
    """networkx's colours: nodes by degree, equal ones in node order, each with the least free colour."""
    if strategy != "largest_first" or interchange:
        raise Unsuited
    order = native.rows(np.argsort(-degrees.degrees(graph), kind="stable"))
    colours, used = np.empty(graph.n, np.int32), np.zeros(graph.n + 1, np.int32)
    native.call("nx_greedy_colours", graph.n, graph.frozen.out_indptr, graph.frozen.out_indices, order, colours, used)
    return dict(zip(graph.frozen.ids_of(order.tolist()), colours[order].tolist(), strict=True))


@kernel("maximal_matching", engine=native.ENGINE, order=FIRST, graphs="undirected")
def maximal_matching(graph: Arrays) -> set[tuple[NodeId, NodeId]]:
    """The edges that networkx takes, in edge order."""
    src, dst = native.rows(graph.frozen.src), native.rows(graph.frozen.dst)
    kept, taken = np.empty(graph.n, np.int32), np.zeros(graph.n, np.uint8)
    found = kept[: native.call("nx_maximal_matching", graph.m, src, dst, kept, taken)]
    ids = graph.frozen.ids_of
    return set(zip(ids(src[found].tolist()), ids(dst[found].tolist()), strict=True))


def _heaviest(graph: Arrays, weight: Any, default_weight: Any, topo_order: Any) -> list[int]:
    """Rows of the heaviest path. NetworkXUnfeasible for a graph with a cycle."""
    if native.missing() or topo_order is not None or isinstance(default_weight, bool):
        raise Unsuited
    if not isinstance(default_weight, int | float) or not np.isfinite(default_weight) or not isinstance(weight, str):
        raise Unsuited
    values = graph.weights(weight, default=float(default_weight)).values
    from networkx_mcp.backend.kernels import dag

    generations = list(dag.generations(graph))
    order = native.rows(np.concatenate(generations) if generations else np.zeros(0))
    if len(order) < graph.n:
        import networkx as nx

        raise nx.NetworkXUnfeasible("Graph contains a cycle or graph changed during iteration")
    if not graph.n:
        return []
    frozen = graph.frozen
    lengths, before = np.empty(graph.n), np.empty(graph.n, np.int32)
    native.call(
        "nx_longest", graph.n, frozen.in_indptr, frozen.in_indices, frozen.in_rows, values, order, lengths, before
    )
    row = int(order[np.argmax(lengths[order])])
    path = [row]
    while before[row] != row:
        row = int(before[row])
        path.append(row)
    return path[::-1]


@kernel("dag_longest_path", engine=native.ENGINE, order=FIRST, graphs="directed")
def dag_longest_path(
    graph: Arrays, weight: str = "weight", default_weight: float = 1, topo_order: None = None
) -> list[NodeId]:
    return graph.frozen.ids_of(_heaviest(graph, weight, default_weight, topo_order))
