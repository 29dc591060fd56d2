"""Layers: directed graphs without cycles from top to bottom, and the two sides of a bipartite graph; few edges cross.

Sugiyama, Tagawa and Toda (1981): an edge over several layers has a place in each, layers are sorted by the mean of their
neighbours (the barycentre), and what is sorted is moved to where its neighbours are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.analysis.layout.plane import Float
from networkx_mcp.backend.kernels.arrays import Arrays
from networkx_mcp.errors import InvalidInput

#: Sorted downwards and upwards so often.
_SWEEPS = 12
#: Places that edges over several layers may take in all; past it they are passed over.
_MOST_PLACES = 20_000
_Rows = NDArray[np.int64]


def layers_of(graph: Arrays) -> _Rows | None:
    """The layer of each node, those that nothing leads into first; None where there is a cycle."""
    src, dst = np.asarray(graph.frozen.src, np.int64), np.asarray(graph.frozen.dst, np.int64)
    if (src == dst).any():
        return None
    layer = np.zeros(graph.n, np.int64)
    waiting = np.bincount(dst, minlength=graph.n)
    indptr, indices = graph.frozen.out_indptr, graph.frozen.out_indices
    ready = np.flatnonzero(waiting == 0).tolist()
    done = 0
    while ready:
        done += len(ready)
        following = []
        for node in ready:
            for near in indices[indptr[node] : indptr[node + 1]].tolist():
                layer[near] = max(layer[near], layer[node] + 1)
                waiting[near] -= 1
                if not waiting[near]:
                    following.append(near)
        ready = following
    return layer if done == graph.n else None


def by_layers(graph: Arrays, seed: int) -> Float:
    """Positions of a directed graph without cycles. Raises InvalidInput (field `layout`) for others."""
    layer = layers_of(graph) if graph.directed else None
    if layer is None:
        raise InvalidInput("layout: layers needs a directed graph without cycles. Use spring.", field="layout")
    across = _across(layer, np.asarray(graph.frozen.src, np.int64), np.asarray(graph.frozen.dst, np.int64), seed)
    depth = int(layer.max(initial=0)) + 1
    step = max(1.0, 0.6 * float(np.ptp(across)) / depth) if graph.n else 1.0
    return np.column_stack([across, -layer * step])


def by_sides(graph: Arrays, seed: int) -> Float:
    """Positions of a bipartite graph: its first side on the left. Raises InvalidInput (field `layout`) for others."""
    side = _sides(graph)
    if side is None:
        raise InvalidInput("layout: bipartite needs a bipartite graph. Use spring.", field="layout")
    src, dst = np.asarray(graph.frozen.src, np.int64), np.asarray(graph.frozen.dst, np.int64)
    swapped = side[src] > side[dst]
    across = _across(side, np.where(swapped, dst, src), np.where(swapped, src, dst), seed)
    for one in (0, 1):  # both sides are as tall
        rows = np.flatnonzero(side == one)
        if len(rows) > 1:
            across[rows[np.argsort(across[rows], kind="stable")]] = np.linspace(0, 1, len(rows))
        else:
            across[rows] = 0.5
    return np.column_stack([side.astype(float), -across])


def _sides(graph: Arrays) -> _Rows | None:
    """0 or 1 for each node, unlike that of its neighbours; None where there is none."""
    side = np.full(graph.n, -1)
    indptr, indices = graph.simple
    if graph.frozen.loops:
        return None
    for first in range(graph.n):
        if side[first] >= 0:
            continue
        side[first] = 0
        order = [first]
        for node in order:  # it grows
            for near in indices[indptr[node] : indptr[node + 1]].tolist():
                if side[near] < 0:
                    side[near] = 1 - side[node]
                    order.append(near)
                elif side[near] == side[node]:
                    return None
    return side


def _across(layer: _Rows, src: _Rows, dst: _Rows, seed: int) -> Float:
    """Where each node stands in its layer; edges lead to later layers."""
    n = len(layer)
    if not n:
        return np.zeros(0)
    span = layer[dst] - layer[src]
    extra = int(np.maximum(span - 1, 0).sum())
    heads, tails, level = src, dst, layer
    if 0 < extra <= _MOST_PLACES:
        heads, tails, level = _with_places(layer, src, dst, span)
    elif extra:
        near = span == 1
        heads, tails = src[near], dst[near]
    total, depth = len(level), int(level.max()) + 1
    chance = np.random.default_rng(seed)
    members = [np.flatnonzero(level == k) for k in range(depth)]
    best: Float | None = None
    fewest = np.inf
    for attempt in range(2):
        place = np.empty(total)
        for rows in members:
            place[rows] = np.arange(len(rows)) if attempt == 0 else chance.permutation(len(rows))
        for sweep in range(_SWEEPS):
            down = sweep % 2 == 0
            here, there = (tails, heads) if down else (heads, tails)
            for rows in members[1:] if down else reversed(members[:-1]):
                mean = _means(place, here, there, total)[rows]
                wanted = np.where(np.isnan(mean), place[rows], mean)
                place[rows[np.lexsort((place[rows], wanted))]] = np.arange(len(rows))
            crossings = _crossings(place, heads, tails, level)
            if crossings < fewest:
                fewest, best = crossings, place.copy()
    assert best is not None
    return _spread(best, members, heads, tails, total, n)


def _with_places(layer: _Rows, src: _Rows, dst: _Rows, span: _Rows) -> tuple[_Rows, _Rows, _Rows]:
    """Edges as chains from layer to layer through places of their own, which come after the nodes."""
    heads, tails, level = src[span == 1].tolist(), dst[span == 1].tolist(), layer.tolist()
    for row in np.flatnonzero(span > 1).tolist():
        before = int(src[row])
        for between in range(int(layer[src[row]]) + 1, int(layer[dst[row]])):
            heads.append(before)
            before = len(level)
            tails.append(before)
            level.append(between)
        heads.append(before)
        tails.append(int(dst[row]))
    return np.array(heads, np.int64), np.array(tails, np.int64), np.array(level, np.int64)


def _means(place: Float, here: _Rows, there: _Rows, total: int) -> Float:
    """The mean place of the neighbours of each; NaN without any."""
    count = np.bincount(here, minlength=total)
    with np.errstate(invalid="ignore"):
        found: Float = np.bincount(here, place[there], total) / np.where(count, count, np.nan)
    return found


def _crossings(place: Float, heads: _Rows, tails: _Rows, level: _Rows) -> int:
    """How often edges between neighbouring layers cross: inversions, counted in each layer's edges."""
    found = 0
    order = np.lexsort((place[tails], place[heads], level[heads]))
    ends, layers = place[tails][order], level[heads][order]
    for k in np.unique(layers).tolist():
        values = ends[layers == k]
        if len(values) > 1500:  # too many pairs to count: the last sweep is as good
            continue
        found += int((values[:, None] > values[None, :])[np.triu_indices(len(values), 1)].sum())
    return found


def _spread(place: Float, members: list[_Rows], heads: _Rows, tails: _Rows, total: int, n: int) -> Float:
    """Places in their order, at least 1 apart (two half places of edges: half of it), near their neighbours."""
    x = place.copy()
    widths = np.where(np.arange(total) < n, 1.0, 0.4)
    ordered = [rows[np.argsort(place[rows], kind="stable")] for rows in members]
    for rows in ordered:
        centre = np.cumsum(widths[rows]) - widths[rows] / 2
        x[rows] = centre - centre.mean()
    both_heads, both_tails = np.concatenate([heads, tails]), np.concatenate([tails, heads])
    for sweep in range(16):
        here, there = (both_heads, both_tails) if sweep > 11 else ((tails, heads) if sweep % 2 == 0 else (heads, tails))
        for rows in ordered if sweep % 2 == 0 else reversed(ordered):
            mean = _means(x, here, there, total)[rows]
            wanted = np.where(np.isnan(mean), x[rows], mean)
            gaps = (widths[rows][1:] + widths[rows][:-1]) / 2
            x[rows] = _apart(wanted, gaps)
    found: Float = x[:n] - x[:n].min()
    return found


def _apart(wanted: Float, gaps: Float) -> Float:
    """The values nearest to those wanted whose neighbours are `gaps` apart at least: a regression that ascends."""
    offset = np.concatenate([[0.0], np.cumsum(gaps)])
    sums: list[float] = []
    counts: list[int] = []
    for value in (wanted - offset).tolist():
        total, count = value, 1
        while sums and sums[-1] / counts[-1] > total / count:
            total += sums.pop()
            count += counts.pop()
        sums.append(total)
        counts.append(count)
    level = np.repeat([total / count for total, count in zip(sums, counts, strict=True)], counts)
    found: Float = level + offset
    return found
