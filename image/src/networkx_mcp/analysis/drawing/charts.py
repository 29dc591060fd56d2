"""Other pictures of a graph: its adjacency matrix and its degrees."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.analysis.drawing import fonts, frame
from networkx_mcp.analysis.drawing.look import Legend
from networkx_mcp.analysis.drawing.network import Wanted
from networkx_mcp.analysis.drawing.scene import Box, Boxes, Float, Lines, Scene, Text
from networkx_mcp.analysis.drawing.theme import Theme, mixed, shades
from networkx_mcp.backend.kernels.arrays import Arrays

#: Rows of a matrix up to which each is named.
_NAMED = 60
_AXIS = 11.0
#: Different degrees up to which each has a bar.
_BARS = 40


def matrix(graph: Arrays, wanted: Wanted, width: int, height: int) -> tuple[Scene, list[str]]:
    """A cell for each edge, rows by group and then by degree: what holds together stands in a square."""
    theme = wanted.theme
    scene = Scene(width, height, theme.ground, description=wanted.caption)
    box, notes = frame.framed(scene, theme, wanted.title, wanted.caption, wanted.colours.legend)
    n = graph.n
    if not n:
        return scene, notes
    src, dst = np.asarray(graph.frozen.src, np.int64), np.asarray(graph.frozen.dst, np.int64)
    groups = np.where(wanted.colours.groups < 0, 10**6, wanted.colours.groups)
    order = np.lexsort((np.arange(n), -wanted.importance, groups))
    place = np.empty(n, np.int64)
    place[order] = np.arange(n)
    named = n <= _NAMED and min(box.width * 0.75, box.height - 8) / n >= 8.5
    size = min(11.0, 0.85 * (min(box.width, box.height) - 8) / n) if named else 0.0
    texts = [fonts.fitted(wanted.names[row], size, box.width * 0.22) for row in order.tolist()] if named else []
    beside = max((fonts.width(text, size) for text in texts), default=0.0) + (14 if named else 10)
    side = min(box.width - beside, box.height - 8)
    size = min(size, 0.98 * side / n / (fonts.ASCENT + fonts.DESCENT))  # lines of text that touch read as one
    left, top = box.left + beside, box.top + 4
    cell = side / n
    across, down = place[dst], place[src]
    values = wanted.widths
    if not graph.directed:
        plain = src != dst
        across, down = np.concatenate([across, place[src][plain]]), np.concatenate([down, place[dst][plain]])
        values = None if values is None else np.concatenate([values, values[plain]])
    scene.items.append(Boxes(np.array([[left, top, side, side]]), [mixed(theme.ground, theme.grid, 0.55)]))
    drawn = max(cell, 1.0)
    sides = np.column_stack(
        [left + across * cell, top + down * cell, np.full(len(across), drawn), np.full(len(across), drawn)]
    )
    sides[:, :2] = np.minimum(sides[:, :2], [[left + side - drawn, top + side - drawn]])
    if len(sides):
        scene.items.append(Boxes(sides, _cells(wanted, src, dst, values, len(sides), graph.directed)))
    known = groups[order] < 10**6
    if known.any():
        band = np.column_stack([
            np.full(n, left - 7.0), top + np.arange(n) * cell, np.full(n, 5.0), np.full(n, cell),
        ])  # fmt: skip
        scene.items.append(Boxes(band, [wanted.colours.nodes[row] for row in order.tolist()]))
    for row, text in enumerate(texts):
        base = top + (row + 0.5) * cell + size * 0.34
        scene.items.append(Text(left - 10, base, text, size, theme.ink, "end", role="label"))
    return scene, notes


def _cells(
    wanted: Wanted, src: NDArray[np.int64], dst: NDArray[np.int64], values: Float | None, count: int, directed: bool
) -> list[str]:
    theme, groups = wanted.theme, wanted.colours.groups
    if values is not None and float(np.ptp(values)) > 0:
        shares = (values - values.min()) / np.ptp(values)
        return shades(theme.ramp, shares)
    same = np.where(groups[src] == groups[dst], groups[src], -1).tolist()
    if not directed:
        same += [group for group, u, v in zip(same, src.tolist(), dst.tolist(), strict=True) if u != v]
    assert len(same) == count
    return [theme.groups[group] if group >= 0 else theme.edge for group in same]


class _Bins(NamedTuple):
    """`edges`: bounds of the bars, one more than `counts`."""

    edges: Float
    counts: NDArray[np.int64]
    log: bool


def degrees(graph: Arrays, title: str, caption: str, theme: Theme, width: int, height: int) -> tuple[Scene, list[str]]:
    """How many nodes have which degree: by logarithms where few nodes have most neighbours."""
    scene = Scene(width, height, theme.ground, description=caption)
    box, notes = frame.framed(scene, theme, title, caption, Legend())
    if not graph.n or box.width < 80 or box.height < 60:
        return scene, notes
    src, dst = np.asarray(graph.frozen.src, np.int64), np.asarray(graph.frozen.dst, np.int64)
    bins = _bins(np.bincount(src, minlength=graph.n) + np.bincount(dst, minlength=graph.n))
    ticks = _counts(int(bins.counts.max()), bins.log)
    beside = max(fonts.width(frame.number(tick), _AXIS) for tick in ticks) + 8
    plot = Box(box.left + beside, box.top + 22, box.right - 6, box.bottom - 36)
    if plot.height < 2 * _AXIS:
        return scene, [*notes, "no room for the bars: make the picture larger"]
    low, high = (0.7, max(float(bins.counts.max()) * 1.15, 2.0)) if bins.log else (0.0, max(float(ticks[-1]), 1.0))

    def up(count: float) -> float:
        share = math.log(max(count, low) / low) / math.log(high / low) if bins.log else count / high
        return plot.bottom - share * plot.height

    first, last = bins.edges[0], bins.edges[-1]

    def along(degree: float) -> float:
        share = (
            (math.log(degree + 0.5) - math.log(first + 0.5)) / (math.log(last + 0.5) - math.log(first + 0.5))
            if bins.log
            else (degree - first) / (last - first)
        )
        return plot.left + share * plot.width

    ticks = _spaced(ticks, up)
    lines = np.array([[plot.left, up(tick), plot.right, up(tick)] for tick in ticks])
    scene.items.append(Lines(lines, [theme.grid] * len(ticks), np.ones(len(ticks))))
    for tick in ticks:
        scene.items.append(
            Text(plot.left - 6, up(tick) + _AXIS * 0.34, frame.number(tick), _AXIS, theme.faint, "end", role="axis")
        )
    bars = []
    for begin, end, count in zip(bins.edges[:-1].tolist(), bins.edges[1:].tolist(), bins.counts.tolist(), strict=True):
        if count:
            left, right = along(begin), along(end)
            gap = min(2.0, (right - left) * 0.15)
            bars.append([left + gap / 2, up(count), right - left - gap, plot.bottom - up(count)])
    scene.items.append(Boxes(np.array(bars), [theme.node] * len(bars)))
    scene.items.append(
        Lines(np.array([[plot.left, plot.bottom, plot.right, plot.bottom]]), [theme.faint], np.array([1.2]))
    )
    _degree_axis(scene, bins, along, plot, theme)
    scene.items.append(Text(plot.left, plot.top - 9, "nodes", _AXIS, theme.faint, role="axis"))
    name = fonts.fitted("degree (logarithmic)" if bins.log else "degree", _AXIS, plot.width)
    scene.items.append(
        Text((plot.left + plot.right) / 2, plot.bottom + 31, name, _AXIS, theme.faint, "middle", role="axis")
    )
    return scene, notes


def _degree_axis(scene: Scene, bins: _Bins, along: Callable[[float], float], plot: Box, theme: Theme) -> None:
    taken = -math.inf
    for begin, end in zip(bins.edges[:-1].tolist(), bins.edges[1:].tolist(), strict=True):
        last = math.ceil(end) - 1
        text = f"{math.ceil(begin)}" if last <= math.ceil(begin) else f"{math.ceil(begin)}–{last}"
        middle = (along(begin) + along(end)) / 2
        half = fonts.width(text, _AXIS) / 2
        if middle - half < taken + 6 or middle - half < plot.left - 4 or middle + half > plot.right + 4:
            continue
        taken = middle + half
        scene.items.append(Text(middle, plot.bottom + 15, text, _AXIS, theme.faint, "middle", role="axis"))


def _bins(found: NDArray[np.int64]) -> _Bins:
    least, largest = int(found.min()), int(found.max())
    if largest - least < _BARS or largest < 4 * max(1.0, float(np.median(found))):
        step = max(1, math.ceil((largest - least + 1) / _BARS))
        edges: Float = np.arange(least, largest + step + 1, step).astype(np.float64) - 0.5
        return _Bins(edges, np.histogram(found, edges)[0], False)
    whole = sorted({least, *np.rint(np.geomspace(max(least, 1), largest + 1, 18)).astype(int).tolist(), largest + 1})
    edges = np.array(whole, np.float64) - 0.5
    edges[0] = least - 0.49
    return _Bins(edges, np.histogram(found, edges)[0], True)


def _spaced(ticks: list[float], up: Callable[[float], float]) -> list[float]:
    """The marks from below that stand far enough from the one before for their numbers."""
    kept = ticks[:1]
    for tick in ticks[1:]:
        if up(kept[-1]) - up(tick) >= 1.2 * _AXIS:
            kept.append(tick)
    return kept


def _counts(most: int, log: bool) -> list[float]:
    """Marks of the axis of counts, from 0 or from 1."""
    if log:
        return [10.0**k for k in range(math.floor(math.log10(max(most, 1))) + 1)]
    rough = most / 4
    scale = 10 ** math.floor(math.log10(max(rough, 1e-9))) if rough > 0 else 1
    step = next(step for step in (1, 2, 5, 10) if step * scale >= rough) * scale
    step = max(step, 1)
    return [step * k for k in range(math.ceil(most / step) + 1)]
