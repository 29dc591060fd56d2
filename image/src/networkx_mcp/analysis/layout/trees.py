"""Trees as trees: from the root downwards, or outwards in rings where a level is too wide for that."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.analysis.layout.plane import Float, Int, Part, packed
from networkx_mcp.errors import InvalidInput

Rows = NDArray[np.int64]
#: A level of more nodes is bent into a ring.
MOST_ABREAST = 30


def are_trees(found: list[Part]) -> bool:
    """Whether every part is a tree, directions ignored."""
    return all(len(part.indices) == 2 * (part.n - 1) for part in found)


def by_trees(found: list[Part], into: Int, aspect: float) -> Float:
    """Positions of a forest. `into`: how many edges lead into each node of a directed graph, all 0 for an undirected one.

    Raises InvalidInput (field `layout`) where the graph is no forest.
    """
    if not are_trees(found):
        raise InvalidInput("layout: tree needs a graph without cycles. Use layers or spring.", field="layout")
    xy = np.zeros((sum(part.n for part in found), 2))
    blocks = [_tree(part, into[part.rows]) for part in found]
    for part, block in zip(found, packed(blocks, 1.0, aspect), strict=True):
        xy[part.rows] = block
    return xy


def depth_of(part: Part, into: Int) -> int:
    """Levels below the root."""
    return int(_levels(part, into)[1].max())


def _levels(part: Part, into: Int) -> tuple[Rows, Rows, list[int]]:
    """(the parent of each node, -1 of the root; its level; the nodes by level)."""
    root = _root(part, into)
    parents, depth = np.full(part.n, -1), np.zeros(part.n, np.int64)
    order = [root]
    for node in order:  # it grows
        for near in part.indices[part.indptr[node] : part.indptr[node + 1]].tolist():
            if near != parents[node]:
                parents[near] = node
                depth[near] = depth[node] + 1
                order.append(near)
    return parents, depth, order


def _tree(part: Part, into: Int) -> Float:
    parents, depth, order = _levels(part, into)
    across = _across(part, parents, order)
    if int(np.bincount(depth).max()) <= MOST_ABREAST:
        span = float(np.ptp(across)) or 1.0
        step = max(1.0, 0.35 * span / max(int(depth.max()), 1))
        return np.column_stack([across, -depth * step])
    angle = across / (float(across.max()) + 1.5) * 2 * math.pi
    ring: Float = np.column_stack([np.cos(angle), np.sin(angle)]) * (depth * 3.0)[:, None]
    return ring


def _root(part: Part, into: Int) -> int:
    """The one node that nothing leads into, if edges lead away from it; else the middle of a longest path."""
    sources = np.flatnonzero(into == 0)
    if len(sources) == 1 and part.n > 1:
        return int(sources[0])
    left, order = part.degrees.copy(), np.flatnonzero(part.degrees <= 1).tolist()
    gone = np.zeros(part.n, bool)
    last = order[-1] if order else 0
    while order:
        following = []
        for node in order:
            gone[node] = True
            last = node
            for near in part.indices[part.indptr[node] : part.indptr[node + 1]].tolist():
                left[near] -= 1
                if not gone[near] and left[near] == 1:
                    following.append(near)
        order = following
    return int(last)


def _across(part: Part, parents: Rows, order: list[int]) -> Float:
    """Places side by side (Reingold and Tilford, 1981): subtrees as near as their outlines let them, parents above the middle."""
    children: list[list[int]] = [[] for _ in range(part.n)]
    for node in order[1:]:
        children[parents[node]].append(node)
    shift = np.zeros(part.n)  # of a node from its parent
    outlines: list[tuple[list[float], list[float]]] = [([], [])] * part.n  # leftmost and rightmost, by levels below
    for node in reversed(order):
        lefts: list[float] = []
        rights: list[float] = []
        placed: list[float] = []
        for child in children[node]:
            left, right = outlines[child]
            at = max((end - begin + 1.0 for end, begin in zip(rights, left, strict=False)), default=0.0)
            placed.append(at)
            moved_left, moved_right = [value + at for value in left], [value + at for value in right]
            lefts += moved_left[len(lefts) :]
            rights[: len(moved_right)] = moved_right
            outlines[child] = ([], [])
        middle = (placed[0] + placed[-1]) / 2 if placed else 0.0
        for child, at in zip(children[node], placed, strict=True):
            shift[child] = at - middle
        outlines[node] = ([0.0, *(value - middle for value in lefts)], [0.0, *(value - middle for value in rights)])
    across = np.zeros(part.n)
    for node in order[1:]:
        across[node] = across[parents[node]] + shift[node]
    found: Float = across - across.min()
    return found
