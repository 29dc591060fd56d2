"""Layouts that move nodes until they are at rest: by forces, which show clusters, and by stress, which shows distances.

Both begin where the distances to some pivots put the nodes (Brandes and Pich, 2007), so that what is long is not folded.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from networkx_mcp.analysis.layout.plane import Float, Int, Part, apart, packed, turned
from networkx_mcp.backend.kernels import native
from networkx_mcp.backend.kernels.arrays import Unsuited

#: Pivots of the first positions.
_PIVOTS = 40
#: Up to so many nodes of a part the distances of all pairs are looked at.
MOST_STRESS = 1_000
_SWEEPS = 60
#: Steps of the forces: fewer where a step takes long.
_STEPS, _FEWEST, _WORK = 400, 80, 1_200_000
_GRAVITY = 0.02
#: Distance below which cells of nodes are looked into, by their width.
_WIDE = 0.9


def by_forces(found: list[Part], seed: int, aspect: float) -> Float:
    """Positions of the nodes of all parts: edges pull by their pulls, nodes push."""
    return _together(found, aspect, lambda part, chance: _forces(part, chance), seed)


def by_stress(found: list[Part], seed: int, aspect: float, lengths: bool) -> Float:
    """Positions whose distances are those along the edges; `lengths`: pulls are how long edges are, else each is 1."""
    return _together(found, aspect, lambda part, chance: _stress(part, chance, lengths), seed)


def _together(
    found: list[Part], aspect: float, place: Callable[[Part, np.random.Generator], Float], seed: int
) -> Float:
    total = sum(part.n for part in found)
    xy = np.zeros((total, 2))
    chance = np.random.default_rng(seed)
    blocks = []
    for part in found:
        if part.n == 1:
            blocks.append(np.zeros((1, 2)))
        elif part.n == 2:
            blocks.append(np.array([[0.0, 0.0], [1.0, 0.0]]))
        else:
            blocks.append(_unit(part, turned(place(part, chance), aspect)))
    for part, block in zip(found, packed(blocks, 1.0, aspect), strict=True):
        xy[part.rows] = block
    return xy


def _unit(part: Part, xy: Float) -> Float:
    """In units of a usual edge, and no node much nearer to the next than that where the part is dense."""
    length = np.hypot(*(xy[part.heads] - xy[part.indices]).T)
    middle = float(np.median(length)) if len(length) else 1.0
    area = float(np.prod(np.ptp(xy, axis=0) + 1e-12))
    room = math.sqrt(area / part.n) / 0.7  # the distance of neighbours in a grid of so many nodes
    scale = max(min(middle, room), 0.4 * middle, 1e-9)
    return xy / scale


def _start(part: Part, chance: np.random.Generator) -> Float:
    """First positions, edges about 1 long: the two directions in which hops to the pivots differ most."""
    k = min(_PIVOTS, part.n)
    hops = np.empty((k, part.n), np.int32)
    nearest = np.full(part.n, np.iinfo(np.int32).max, np.int32)
    pivot = int(chance.integers(part.n))
    for row in range(k):
        hops[row] = _hops(part, pivot)
        np.minimum(nearest, hops[row], out=nearest)
        pivot = int(nearest.argmax())
    squares = hops.astype(np.float64) ** 2
    centred = squares - squares.mean(axis=0) - squares.mean(axis=1, keepdims=True) + squares.mean()
    _, vectors = np.linalg.eigh(centred @ centred.T)
    xy: Float = np.ascontiguousarray((vectors[:, :-3:-1].T @ centred).T)
    spread = float(np.abs(xy).max())
    if not spread > 0:
        xy, spread = chance.standard_normal((part.n, 2)), 1.0
    length = float(np.mean(np.hypot(*(xy[part.heads] - xy[part.indices]).T)))
    xy /= length if length > 1e-9 * spread else spread
    return np.ascontiguousarray(xy + chance.standard_normal(xy.shape) * 0.05)


def _hops(part: Part, source: int) -> Int:
    """Hops from a node to every other."""
    out = np.empty(part.n, np.int32)
    try:
        order, hops, before = (np.empty(part.n, np.int32) for _ in range(3))
        native.call("nx_hops", part.n, part.indptr, part.indices, source, -1, order, hops, before)
        out[order] = hops
    except Unsuited:
        out[:] = -1
        reached, depth = np.array([source]), 0
        while len(reached):
            out[reached] = depth
            depth += 1
            near = np.unique(np.concatenate([part.indices[part.indptr[v] : part.indptr[v + 1]] for v in reached]))
            reached = near[out[near] < 0]
    return out


def _stress(part: Part, chance: np.random.Generator, lengths: bool) -> Float:
    if part.n > MOST_STRESS:
        return _forces(part, chance)
    xy = _start(part, chance)
    if lengths:
        import scipy.sparse as sp
        from scipy.sparse.csgraph import dijkstra

        apart = np.ascontiguousarray(
            dijkstra(sp.csr_array((part.pulls, part.indices, part.indptr), shape=(part.n,) * 2))
        )
        xy *= float(apart[apart > 0].mean()) / max(float(np.ptp(xy, axis=0).max()), 1e-9)
    else:
        apart = np.array([_hops(part, source) for source in range(part.n)], np.float64)
    try:
        native.call("nx_stress", part.n, apart, _SWEEPS, xy)
    except Unsuited:
        pull = np.where(apart > 0, 1 / np.maximum(apart, 1e-12) ** 2, 0.0)
        for _ in range(_SWEEPS):
            away = xy[:, None, :] - xy[None, :, :]
            length = np.hypot(away[..., 0], away[..., 1])
            scale = np.where(length > 1e-12, apart / np.maximum(length, 1e-12), 0.0)
            xy = np.einsum("uv,uvk->uk", pull, xy[None] + away * scale[..., None]) / pull.sum(axis=1, keepdims=True)
    return xy


def _forces(part: Part, chance: np.random.Generator) -> Float:
    xy = _start(part, chance)
    n = part.n
    masses = (part.degrees + 1).astype(np.float64)
    pulls = np.ascontiguousarray(part.pulls * _held(part))
    # at rest two nodes of mean mass are this far apart where one edge holds them
    xy *= float(masses.mean()) * 1.5
    first = max(float(np.ptp(xy, axis=0).max()) / 10, 1e-6)
    steps = int(min(_STEPS, max(_FEWEST, _WORK / n)))
    room = 6 * n + 64
    try:
        native.call(
            "nx_forces", n, part.indptr, part.indices, pulls, masses, _GRAVITY, _WIDE, steps, first, first / 200, xy,
            np.empty(2 * n), room, np.empty(4 * room, np.int32), np.empty(room, np.int32), np.empty(room), np.empty(2 * room),
        )  # fmt: skip
    except Unsuited:
        _forces_numpy(part, pulls, masses, xy, min(steps, max(30, 60_000_000 // (n * n))), first)
    area = float(np.prod(np.ptp(xy, axis=0)))
    apart(xy, np.full(n, _LEAST * math.sqrt(max(area, 0.0) / n) / 2))
    return xy


#: Least distance of two nodes, by that of neighbours in a grid of as many on as large a plane.
_LEAST = 0.5


def _held(part: Part) -> Float:
    """How strongly an edge holds its ends, beside its weight: more where they have neighbours in common.

    Edges within a cluster have, those between clusters have few: without it dense graphs become one ball.
    """
    import scipy.sparse as sp

    n = part.n
    near = sp.csr_array((np.ones(len(part.indices), np.float32), part.indices, part.indptr), shape=(n, n))
    if float((part.degrees.astype(np.float64) ** 2).sum()) > 2e7:
        return np.ones(len(part.indices))
    common = (near @ near).multiply(near).tocsr()
    heads = part.heads
    shared = np.asarray(common[heads, part.indices]).ravel()
    fewer = np.minimum(part.degrees[heads], part.degrees[part.indices])
    found: Float = 0.5 + 1.3 * shared / np.maximum(fewer - 1, 1)
    return found


def _forces_numpy(part: Part, pulls: Float, masses: Float, xy: Float, steps: int, first: float) -> None:
    """`nx_forces` where there is no compiled library: all pairs, in blocks, and fewer steps."""
    limit, shrink = first, (1 / 200) ** (1 / max(steps - 1, 1))
    heads, tails = part.heads, part.indices
    stiff = np.bincount(heads, pulls, part.n) + _GRAVITY * masses
    block = max(1, 2_000_000 // part.n)
    for _ in range(steps):
        force = np.empty_like(xy)
        for start in range(0, part.n, block):
            away = xy[start : start + block, None, :] - xy[None, :, :]
            push = masses / ((away**2).sum(axis=2) + 1e-4)
            force[start : start + block] = np.einsum("uv,uvk->uk", push, away) * masses[start : start + block, None]
        middle = (xy.min(axis=0) + xy.max(axis=0)) / 2
        for axis in (0, 1):
            force[:, axis] += np.bincount(heads, pulls * (xy[tails, axis] - xy[heads, axis]), part.n)
        force -= _GRAVITY * masses[:, None] * (xy - middle)
        move = force * (0.7 / stiff)[:, None]
        length = np.hypot(move[:, 0], move[:, 1])
        xy += move * np.minimum(1.0, limit / np.maximum(length, 1e-12))[:, None]
        limit *= shrink
