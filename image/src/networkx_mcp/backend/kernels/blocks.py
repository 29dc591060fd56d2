"""Bridges, articulation points and biconnected components, from any spanning forest.

A subtree is a range of preorder numbers, so the smallest and largest number that an edge leads to from it
tell what leaves it. Bridges by Tarjan (1974), blocks as connected components of a graph of tree edges by
Tarjan and Vishkin (1985): no depth-first search, which numpy could not do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
import scipy.sparse.csgraph as csgraph
from numpy.typing import NDArray

from networkx_mcp.backend.kernel import kernel
from networkx_mcp.backend.kernels import components
from networkx_mcp.backend.kernels.arrays import Arrays, Unsuited, csr
from networkx_mcp.backend.kernels.node_results import BY_FIRST_NODES, by_first

ENGINE = "scipy"
#: A level of the forest is some calls of numpy: on deeper graphs a search in Python is as fast.
DEEPEST = 5_000

Int = NDArray[np.int64]


class _Forest(NamedTuple):
    """`parent` (n for roots, which hang on a virtual node n), `pre`order, `size` of subtrees, and the least
    and greatest preorder number that a subtree's nodes and its edges outside the forest lead to.
    """

    parent: Int
    pre: Int
    size: Int
    low: Int
    high: Int
    #: Ends of the edges outside the forest.
    u: Int
    v: Int


def _forest(graph: Arrays) -> _Forest:
    frozen, n = graph.frozen, graph.n
    labels = by_first(components.labels(graph))
    _, roots = np.unique(labels, return_index=True)
    indices = np.concatenate([frozen.out_indices, roots.astype(np.int32)])
    indptr = np.append(frozen.out_indptr, np.int32(len(indices)))
    order, parent = csgraph.breadth_first_order(csr(np.ones(len(indices)), indices, indptr, n + 1), n, directed=True)
    order, parent = order.astype(np.int64), parent.astype(np.int64)
    levels = _levels(order, parent)
    size = np.ones(n + 1, np.int64)
    for nodes in reversed(levels):
        np.add.at(size, parent[nodes], size[nodes])
    pre = np.zeros(n + 1, np.int64)
    for nodes in levels:
        up = parent[nodes]
        before = np.cumsum(size[nodes]) - size[nodes]
        first = np.flatnonzero(np.diff(up, prepend=-1))  # siblings follow each other
        before -= np.repeat(before[first], np.diff(np.append(first, len(up))))
        pre[nodes] = pre[up] + 1 + before
    src, dst = frozen.src.astype(np.int64), frozen.dst.astype(np.int64)
    other = (src != dst) & (parent[src] != dst) & (parent[dst] != src)
    u, v = src[other], dst[other]
    low, high = pre.copy(), pre.copy()
    for a, b in ((u, v), (v, u)):
        np.minimum.at(low, a, pre[b])
        np.maximum.at(high, a, pre[b])
    for nodes in reversed(levels[1:]):
        np.minimum.at(low, parent[nodes], low[nodes])
        np.maximum.at(high, parent[nodes], high[nodes])
    return _Forest(parent, pre, size, low, high, u, v)


def _levels(order: Int, parent: Int) -> list[Int]:
    """The nodes of each level below the virtual root. Unsuited past DEEPEST."""
    place = np.empty(len(parent), np.int64)
    place[order] = np.arange(len(order))
    above = place[parent[order[1:]]]
    found, start, end = [], 0, 1
    while end < len(order):
        start, end = end, 1 + int(np.searchsorted(above, end))
        found.append(order[start:end])
        if len(found) > DEEPEST:
            raise Unsuited
    return found


def _bridges(graph: Arrays) -> Iterator[tuple[Any, Any]]:
    forest = _forest(graph)
    n, pre = graph.n, forest.pre
    alone = (forest.low >= pre) & (forest.high < pre + forest.size)
    alone &= (forest.parent != n) & (np.arange(n + 1) != n)
    src, dst = graph.frozen.src.astype(np.int64), graph.frozen.dst.astype(np.int64)
    down = (forest.parent[dst] == src) & alone[dst] | (forest.parent[src] == dst) & alone[src]
    rows = np.flatnonzero(down & (src != dst))
    frozen = graph.frozen
    return iter(list(zip(frozen.ids_of(src[rows].tolist()), frozen.ids_of(dst[rows].tolist()), strict=True)))


@kernel("bridges", engine=ENGINE, graphs="undirected", least=1, loops=False)
def bridges(graph: Arrays) -> Iterator[tuple[Any, Any]]:
    """In the order of the edges."""
    return _bridges(graph)


@kernel("has_bridges", engine=ENGINE, graphs="undirected", least=1, loops=False)
def has_bridges(graph: Arrays) -> bool:
    return next(_bridges(graph), None) is not None


def _blocks(graph: Arrays) -> tuple[Int, Int, Int]:
    """(node, its parent, block) of each edge of the spanning forest; every block has some of them."""
    forest = _forest(graph)
    n, pre, size, parent = graph.n, forest.pre, forest.size, forest.parent
    node = np.arange(n)
    node = node[parent[:n] != n]
    up = parent[node]
    leaves = (parent[up] != n) & ((forest.low[node] < pre[up]) | (forest.high[node] >= pre[up] + size[up]))
    u, v = forest.u, forest.v
    swap = pre[u] > pre[v]
    first, second = np.where(swap, v, u), np.where(swap, u, v)
    apart = second[pre[second] >= pre[first] + size[first]], first[pre[second] >= pre[first] + size[first]]
    heads = np.concatenate([node[leaves], apart[0]])
    tails = np.concatenate([up[leaves], apart[1]])
    joined = sp.coo_array((np.ones(len(heads)), (heads, tails)), shape=(n, n))
    labels = csgraph.connected_components(joined, directed=False)[1]
    return node, up, by_first(labels[node])


@kernel(
    "articulation_points",
    engine=ENGINE,
    graphs="undirected",
    least=1,
    note="In the order of the nodes; networkx gives them in that of its search.",
)
def articulation_points(graph: Arrays) -> Iterator[Any]:
    """The nodes that are in two blocks, in node order."""
    node, up, block = _blocks(graph)
    count = int(block.max(initial=-1)) + 1
    members = np.unique(np.concatenate([node, up]) * max(count, 1) + np.concatenate([block, block]))
    times = np.bincount(members // max(count, 1), minlength=graph.n)
    return iter(graph.frozen.ids_of(np.flatnonzero(times > 1).tolist()))


@kernel("biconnected_components", engine=ENGINE, graphs="undirected", least=1, note=BY_FIRST_NODES)
def biconnected_components(graph: Arrays) -> Iterator[set[Any]]:
    """Sets of nodes, by the first node of each that is not its highest."""
    node, up, block = _blocks(graph)
    ids = graph.ids
    groups: list[set[Any]] = [set() for _ in range(int(block.max(initial=-1)) + 1)]
    for v, p, number in zip(node.tolist(), up.tolist(), block.tolist(), strict=True):
        groups[number].update((ids[v], ids[p]))
    return iter(groups)


@kernel("is_biconnected", engine=ENGINE, graphs="undirected", least=1)
def is_biconnected(graph: Arrays) -> bool:
    node, _, block = _blocks(graph)
    return len(node) == graph.n - 1 and len(node) > 0 and int(block.max()) == 0
