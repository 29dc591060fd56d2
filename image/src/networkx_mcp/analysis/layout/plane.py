"""What layouts share: the graph as undirected neighbour lists, part by part, and parts laid side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.backend.kernels import native
from networkx_mcp.backend.kernels.arrays import Arrays, Unsuited

Float = NDArray[np.float64]
Int = NDArray[np.int32]


class Part(NamedTuple):
    """A connected part of a graph, undirected and without self-loops.

    `rows` (k): its nodes in the graph. `indptr` (k + 1), `indices`: neighbours by their place in `rows`. `pulls`: one
    number above 0 for each entry of `indices`.
    """

    rows: NDArray[np.int64]
    indptr: Int
    indices: Int
    pulls: Float

    @property
    def n(self) -> int:
        return len(self.rows)

    @property
    def degrees(self) -> Int:
        return np.diff(self.indptr)

    @property
    def heads(self) -> Int:
        """The node of each entry of `indices`."""
        return np.repeat(np.arange(self.n, dtype=np.int32), self.degrees)


def parts(graph: Arrays, weights: Float | None, *, lengths: bool = False) -> list[Part]:
    """The connected parts of a graph, the largest first. `weights`: one an edge row, which become pulls around 1, or
    `lengths`."""
    import scipy.sparse as sp  # not the API's
    from scipy.sparse.csgraph import connected_components

    n = graph.n
    frozen = graph.frozen
    src, dst = np.asarray(frozen.src, np.int64), np.asarray(frozen.dst, np.int64)
    kept = src != dst
    pulls = np.ones(len(src)) if weights is None else _pulls(weights, lengths)
    low, high = np.minimum(src, dst)[kept], np.maximum(src, dst)[kept]
    keys, place = np.unique(low * max(n, 1) + high, return_inverse=True)
    summed = np.bincount(place, pulls[kept], len(keys)) if len(keys) else np.zeros(0)
    if lengths and len(keys):
        summed /= np.bincount(place)  # there and back are one length
    low, high = keys // max(n, 1), keys % max(n, 1)
    pair = sp.csr_array((np.ones(len(keys), np.int8), (low, high)), shape=(n, n))
    count, labels = connected_components(pair, directed=False) if n else (0, np.zeros(0, np.int32))
    sizes = np.bincount(labels, minlength=count)
    firsts = np.full(count, n)
    np.minimum.at(firsts, labels, np.arange(n))
    ranked = np.lexsort((firsts, -sizes))
    rank = np.empty(count, np.int64)
    rank[ranked] = np.arange(count)
    order = np.lexsort((np.arange(n), rank[labels] if n else labels))  # part by part
    place_of = np.empty(n, np.int64)
    place_of[order] = np.arange(n)
    heads = np.concatenate([place_of[low], place_of[high]])
    tails = np.concatenate([place_of[high], place_of[low]])
    both = np.concatenate([summed, summed])
    sort = np.lexsort((tails, heads))
    heads, tails, both = heads[sort], tails[sort], both[sort]
    indptr = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(heads, minlength=n), out=indptr[1:])
    found, start = [], 0
    for size in sizes[ranked].tolist():
        end = start + size
        first, last = indptr[start], indptr[end]
        found.append(
            Part(
                order[start:end],
                (indptr[start : end + 1] - first).astype(np.int32),
                (tails[first:last] - start).astype(np.int32),
                np.ascontiguousarray(both[first:last]),
            )
        )
        start = end
    return found


def _pulls(weights: Float, lengths: bool) -> Float:
    """Weights as numbers around 1: neither so small that an edge holds nothing, nor so large that all lie on one point."""
    largest = float(np.abs(weights).max(initial=0.0))
    if not largest > 0:
        return np.ones(len(weights))
    scaled = np.maximum(weights / largest, 0.0)
    mean = float(scaled.mean())
    if not mean > 0:
        return np.ones(len(weights))
    found: Float = np.clip(scaled / mean, 0.05, 20.0) if lengths else np.clip(np.sqrt(scaled / mean), 0.1, 4.0)
    return found


def turned(xy: Float, aspect: float) -> Float:
    """The same positions turned so that the longest extent lies along the longer side; always the same way round."""
    if len(xy) < 3:
        return xy - xy.mean(axis=0) if len(xy) else xy
    xy = xy - xy.mean(axis=0)
    values, vectors = np.linalg.eigh(xy.T @ xy)
    if values[1] <= 0:
        return xy
    turn = vectors[:, ::-1] if aspect >= 1 else vectors
    xy = xy @ turn
    for axis in (0, 1):  # eigenvectors have no sign of their own
        skew = float((xy[:, axis] ** 3).sum())
        if skew < 0:
            xy[:, axis] *= -1
    return xy


def packed(blocks: list[Float], gap: float, aspect: float) -> Iterator[Float]:
    """Blocks of positions side by side in a frame of that aspect, in their order, none over another.

    The first stands in the middle; each further one is put where it makes the whole least large.
    """
    sizes = [np.ptp(block, axis=0) + gap for block in blocks]
    taken: list[tuple[float, float, float, float]] = []
    for number, (width, height) in enumerate(sizes[:_SEARCHED]):
        x, y = _place(taken, float(width), float(height), aspect) if number else (-width / 2, -height / 2)
        taken.append((float(x), float(y), float(x + width), float(y + height)))
    corners = [(x, y) for x, y, _, _ in taken]
    if len(blocks) > _SEARCHED:
        boxes = np.array(taken)
        area = sum(float(width * height) for width, height in sizes)
        wide = max(float(np.ptp(boxes[:, [0, 2]])), math.sqrt(area * aspect))
        left = float(boxes[:, [0, 2]].mean()) - wide / 2
        corners += _rows(sizes[_SEARCHED:], float(boxes[:, 1].min()), left, left + wide)
    for block, corner in zip(blocks, corners, strict=True):
        yield block - block.min(axis=0) + np.array(corner) + gap / 2


#: Blocks whose best place is looked for; those after it, the smallest, go below the others.
_SEARCHED = 100


def _place(
    taken: list[tuple[float, float, float, float]], width: float, height: float, aspect: float
) -> tuple[float, float]:
    """The lower left corner of a free place of that size, at the edges of what is taken."""
    boxes = np.array(taken)
    lefts, bottoms, rights, tops = boxes.T
    xs = np.concatenate([rights, lefts - width, lefts, rights - width])
    ys = np.concatenate([bottoms, bottoms, tops, tops])
    xs = np.concatenate([xs, rights, lefts - width, lefts, rights - width])
    ys = np.concatenate([ys, tops - height, tops - height, bottoms - height, bottoms - height])
    slack = 1e-9 * (1 + np.abs(boxes).max())
    free = ~(
        (xs[:, None] < rights - slack)
        & (xs[:, None] + width > lefts + slack)
        & (ys[:, None] < tops - slack)
        & (ys[:, None] + height > bottoms + slack)
    ).any(axis=1)
    xs, ys = xs[free], ys[free]
    wide = np.maximum(rights.max(), xs + width) - np.minimum(lefts.min(), xs)
    high = np.maximum(tops.max(), ys + height) - np.minimum(bottoms.min(), ys)
    frame = np.maximum(wide, high * aspect)
    far = (xs + width / 2) ** 2 + ((ys + height / 2) * aspect) ** 2
    best = np.lexsort((far, np.round(frame, 9)))[0]
    return float(xs[best]), float(ys[best])


def _rows(sizes: list[Float], bottom: float, left: float, right: float) -> Iterator[tuple[float, float]]:
    """Lower left corners of small blocks in rows under everything, as wide as what is above them."""
    x, tallest = left, 0.0
    for width, height in sizes:
        if x > left and x + width > right:
            x, bottom, tallest = left, bottom - tallest, 0.0
        tallest = max(tallest, height)
        yield x, bottom - height
        x += width


def apart(xy: Float, radii: Float, sweeps: int = 40) -> None:
    """Push discs apart, in place, until none lies over another or `sweeps` are done."""
    n = len(xy)
    if n < 2:
        return
    try:
        native.call("nx_apart", n, radii, sweeps, xy, np.argsort(xy[:, 0], kind="stable").astype(np.int32))
    except Unsuited:
        if n > _DENSE:
            return
        least = radii[:, None] + radii[None, :]
        np.fill_diagonal(least, 0.0)
        turn = 2.399963 * np.arange(n)
        for _ in range(sweeps):
            away = xy[:, None, :] - xy[None, :, :]
            length = np.hypot(away[..., 0], away[..., 1])
            over = np.maximum(least - length, 0.0)
            if not over.any():
                return
            push = over / np.maximum(length, least * 1e-3 + 1e-12) / 2
            xy += np.einsum("uv,uvk->uk", push, away) * 0.8
            same = ((length < least * 1e-3) & (least > 0)).any(axis=1)
            xy[same] += np.column_stack([np.cos(turn), np.sin(turn)])[same] * radii[same, None]


#: Nodes that are looked at pair by pair where there is no compiled library.
_DENSE = 1_200
