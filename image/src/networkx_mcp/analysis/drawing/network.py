"""The picture of nodes and edges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from networkx_mcp.analysis.drawing import frame
from networkx_mcp.analysis.drawing.labels import Labels
from networkx_mcp.analysis.drawing.look import Colours, radii
from networkx_mcp.analysis.drawing.scene import Box, Curve, Discs, Float, Lines, Scene, Triangles
from networkx_mcp.analysis.drawing.theme import Theme, contrast, mixed
from networkx_mcp.analysis.layout import Placed, plane
from networkx_mcp.backend.kernels.arrays import Arrays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from networkx_mcp.analysis.layout.maps import Map

#: How much a layout without a shape of its own may be stretched to fill the frame.
_STRETCH = 1.35
#: Nodes up to which an SVG names each on hovering.
_NAMED = 500
#: Labels that are tried where nobody asked for all, and where somebody did.
_LABELS, _ALL_LABELS = 40, 400
#: Nodes up to which all are tried anyway.
_FEW = 100


@dataclass(slots=True)
class Wanted:
    """What a picture of a graph shows. `names`: the text of each node. `scores`: its importance. `highlight`: rows of nodes, in
    the order of a path. `widths`: one number above or equal 0 an edge row, None: all alike."""

    title: str
    caption: str
    theme: Theme
    colours: Colours
    names: Sequence[str]
    scores: Float | None
    importance: Float
    labels: bool | None = None
    highlight: Sequence[int] = ()
    widths: Float | None = None
    edge_texts: Sequence[tuple[int, str]] = field(default_factory=list)


def draw(graph: Arrays, placed: Placed, wanted: Wanted, width: int, height: int) -> tuple[Scene, list[str]]:
    """The scene, and what a reader must know that it does not show."""
    theme = wanted.theme
    scene = Scene(width, height, theme.ground, description=wanted.caption)
    box, notes = frame.framed(scene, theme, wanted.title, wanted.caption, wanted.colours.legend)
    if not graph.n or box.width < 20 or box.height < 20:
        return scene, notes
    sizes = radii(wanted.scores, graph.n, box.width * box.height)
    centres, sizes = _centres(placed, box, sizes)
    if placed.map is not None:
        scene.items += _graticule(placed, placed.map, box, centres, theme)
    lit = np.zeros(graph.n, bool)
    lit[list(wanted.highlight)] = True
    scene.items += _edges(graph, wanted, centres, sizes, lit, box)
    scene.items += _discs(wanted, centres, sizes, lit)
    labels = Labels(Box(2, box.top - 6, box.right + 10, height - 2), centres, sizes)
    notes += _labelled(graph, wanted, labels, centres, lit)
    scene.items += labels.placed
    return scene, notes


def _centres(placed: Placed, box: Box, sizes: Float) -> tuple[Float, Float]:
    """Pixels of the nodes, all discs within the box and none over another where the layout leaves that to us."""
    pad = float(sizes.max()) + 3
    side = 16.0 if box.width > 300 else 0.0  # for labels of nodes at the rim
    inner = Box(box.left + pad + side, box.top + pad + 4, box.right - pad - side, box.bottom - pad - 4)
    centres = _scaled(placed.xy, inner, 1.0 if placed.fixed else _STRETCH if placed.seeded else 4.0)
    if placed.seeded and placed.layout != "random":
        plane.apart(centres, sizes + 1.2)
        low, high = centres.min(axis=0), centres.max(axis=0)
        if low[0] < inner.left or low[1] < inner.top or high[0] > inner.right or high[1] > inner.bottom:
            shown = _scaled(centres * (1, -1), inner, 1.0)
            shrunk = float(np.ptp(shown[:, 0]) / max(np.ptp(centres[:, 0]), 1e-9))
            centres, sizes = shown, sizes * min(1.0, shrunk) if shrunk > 0 else sizes
    elif len(centres) > 1:
        near = _nearest(centres)
        # places on earth crowd together: there discs may lie over each other
        share, least = (0.5, 7.0) if placed.fixed else (0.1, 1.5)
        most = max(0.46 * float(np.quantile(near[near > 0.5], share)), least) if (near > 0.5).any() else 3.0
        if most < sizes.max():
            sizes = np.maximum(sizes * most / float(sizes.max()), 1.0)
    return centres, sizes


def _scaled(xy: Float, inner: Box, stretch: float) -> Float:
    """Positions (y upwards) in a box of pixels, in its middle, one axis at most `stretch` times as large as the other."""
    low, span = xy.min(axis=0), np.ptp(xy, axis=0)
    room = np.array([max(inner.width, 1.0), max(inner.height, 1.0)])
    scales = room / np.where(span > 1e-12, span, np.inf)
    scales[span <= 1e-12] = np.inf
    least = float(scales.min())
    scale = (
        np.where(np.isinf(scales), 0.0, np.minimum(scales, least * stretch)) if math.isfinite(least) else np.zeros(2)
    )
    middle = np.array([(inner.left + inner.right) / 2, (inner.top + inner.bottom) / 2])
    found: Float = (xy - low - span / 2) * scale * (1, -1) + middle
    return np.ascontiguousarray(found)


def _nearest(centres: Float) -> Float:
    """How far each point is from the next."""
    found = np.empty(len(centres))
    block = max(1, 4_000_000 // len(centres))
    for start in range(0, len(centres), block):
        some = centres[start : start + block]
        squares = ((some[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2)
        squares[np.arange(len(some)), start + np.arange(len(some))] = np.inf
        found[start : start + block] = np.sqrt(squares.min(axis=1))
    return found


def _edges(
    graph: Arrays, wanted: Wanted, centres: Float, sizes: Float, lit: NDArray[np.bool_], box: Box
) -> list[Lines | Curve | Triangles]:
    theme = wanted.theme
    src, dst = np.asarray(graph.frozen.src, np.int64), np.asarray(graph.frozen.dst, np.int64)
    loops = src == dst
    widths = _widths(wanted.widths, graph.m)
    found: list[Lines | Curve | Triangles] = []
    rows = np.flatnonzero(~loops)
    heads_at = [dst[rows]] if graph.directed else []
    ends = np.concatenate([centres[src[rows]], centres[dst[rows]]], axis=1)
    away = ends[:, 2:] - ends[:, :2]
    length = np.hypot(*away.T)
    ink = float((length * widths[rows]).sum()) / max(box.width * box.height, 1.0)
    opacity = min(0.8, max(0.1, 0.8 * math.sqrt(0.1 / max(ink, 1e-9))))
    colours = _edge_colours(wanted, src[rows], dst[rows])
    steps = set(zip(wanted.highlight, wanted.highlight[1:], strict=False))
    if not graph.directed:
        steps |= {(v, u) for u, v in steps}
    on_path = np.array([(u, v) in steps for u, v in zip(src[rows].tolist(), dst[rows].tolist(), strict=True)], bool)
    head = np.clip(3.0 + 2.2 * widths[rows], 3.5, 9.0) * (1.0 if graph.m < 600 else 0.75)
    if heads_at:
        ends = ends.copy()
        tip = sizes[dst[rows]] + 1.0
        drawn = length > tip + head
        share = np.where(drawn, (tip + head * 0.8) / np.maximum(length, 1e-9), 0.0)
        ends[:, 2:] -= away * share[:, None]
    faded = bool(lit.any())
    if faded:
        colours = [
            colour if on else mixed(colour, theme.ground, 0.6) for colour, on in zip(colours, on_path, strict=True)
        ]
    order = np.argsort(widths[rows], kind="stable")
    for chosen, bright in ((order[~on_path[order]], False), (order[on_path[order]], True)):
        if not len(chosen):
            continue
        shown = [theme.accent if bright else colours[k] for k in chosen.tolist()]
        wide = np.maximum(widths[rows][chosen] * 1.5, 2.6) if bright else widths[rows][chosen]
        see = 1.0 if bright else opacity
        found.append(Lines(ends[chosen], shown, wide, see))
        if heads_at:
            size = np.maximum(head[chosen], 8.0) if bright else head[chosen]
            corners = _heads(
                centres[src[rows]][chosen], centres[dst[rows]][chosen], sizes[dst[rows]][chosen] + 1.0, size
            )
            visible = length[chosen] > sizes[dst[rows]][chosen] + size
            kept = [colour for colour, there in zip(shown, visible.tolist(), strict=True) if there]
            found.append(Triangles(corners[visible], kept, min(1.0, see * 1.5)))
    middle = centres.mean(axis=0)
    return found + [
        _loop(centres[src[row]], float(sizes[src[row]]), middle, theme.edge, float(widths[row]), box)
        for row in np.flatnonzero(loops).tolist()
    ]


def _widths(values: Float | None, m: int) -> Float:
    """Pixels; thinner where there are many."""
    usual = 1.3 if m <= 120 else 1.0 if m <= 600 else 0.8 if m <= 2_500 else 0.6
    if values is None or not len(values) or not float(values.max()) > 0:
        return np.full(m, usual)
    most = 5.0 if m <= 120 else 3.6 if m <= 600 else 2.4 if m <= 2_500 else 1.6
    shares = np.sqrt(np.clip(values / float(values.max()), 0, 1))
    found: Float = 0.45 * usual + (most - 0.45 * usual) * shares
    return found


def _edge_colours(wanted: Wanted, src: NDArray[np.int64], dst: NDArray[np.int64]) -> list[str]:
    """The colour of a group for edges within it."""
    theme, groups = wanted.theme, wanted.colours.groups
    tints = [mixed(colour, theme.edge, 0.25) for colour in theme.groups]
    same = np.where(groups[src] == groups[dst], groups[src], -1)
    return [tints[group] if group >= 0 else theme.edge for group in same.tolist()]


def _heads(start: Float, end: Float, tip: Float, size: Float) -> Float:
    away = end - start
    along = away / np.maximum(np.hypot(*away.T), 1e-9)[:, None]
    across = np.column_stack([-along[:, 1], along[:, 0]])
    point = end - along * tip[:, None]
    back = point - along * size[:, None]
    half = across * (size * 0.36)[:, None]
    return np.stack([point, back + half, back - half], axis=1)


def _loop(centre: Float, radius: float, middle: Float, colour: str, width: float, box: Box) -> Curve:
    """A ring at the outer side of a node."""
    away = centre - middle
    length = float(np.hypot(*away))
    along = away / length if length > 1e-6 else np.array([0.0, -1.0])
    size = max(4.0, radius * 0.9)
    at = centre + along * (radius + size * 0.6)
    at = np.clip(at, (box.left + size - 10, box.top + size - 10), (box.right - size + 10, box.bottom - size + 10))
    turn = np.linspace(0, 2 * math.pi, 25)
    return Curve(at + size * np.column_stack([np.cos(turn), np.sin(turn)]), colour, max(width, 0.8), 0.9)


def _discs(wanted: Wanted, centres: Float, sizes: Float, lit: NDArray[np.bool_]) -> list[Discs]:
    theme = wanted.theme
    names = wanted.names if len(sizes) <= _NAMED else ()
    ring = min(1.2, max(0.3, float(np.median(sizes)) / 6))
    colours = wanted.colours.nodes
    if not lit.any():
        order = np.argsort(sizes, kind="stable")
        return [_some(order, centres, sizes, colours, names, theme.ground, ring)]
    rest, chosen = np.flatnonzero(~lit), np.flatnonzero(lit)
    shown = _shown(wanted, lit)
    back = _some(rest, centres, sizes, shown, names, theme.ground, ring)
    plain = not wanted.colours.legend.name
    around = theme.ground if plain else theme.accent
    front = _some(chosen, centres, np.maximum(sizes, 5.0), shown, names, around, 2.2 if not plain else ring)
    return [back, front] if len(rest) else [front]


def _shown(wanted: Wanted, lit: NDArray[np.bool_]) -> list[str]:
    """The colours of the discs: where some are highlighted the others fade, and without other colours those have the accent."""
    colours, theme = wanted.colours, wanted.theme
    if not lit.any():
        return colours.nodes
    bright = colours.nodes if colours.legend.name else [theme.accent] * len(lit)
    dim = [mixed(colour, theme.ground, 0.62) for colour in colours.nodes]
    return [on if here else off for on, off, here in zip(bright, dim, lit.tolist(), strict=True)]


def _some(
    rows: NDArray[np.int64],
    centres: Float,
    sizes: Float,
    colours: Sequence[str],
    names: Sequence[str],
    ring: str,
    width: float,
) -> Discs:
    chosen = rows.tolist()
    return Discs(
        centres[rows], sizes[rows], [colours[row] for row in chosen], ring, width,
        names=[names[row] for row in chosen] if names else (),
    )  # fmt: skip


def _labelled(graph: Arrays, wanted: Wanted, labels: Labels, centres: Float, lit: NDArray[np.bool_]) -> list[str]:
    """Write what there is room for; notes about what there was none for."""
    theme, notes = wanted.theme, []
    n = graph.n
    if wanted.labels is not False:
        order = np.lexsort((np.arange(n), -wanted.importance, ~lit)).tolist()
        asked = bool(wanted.labels)
        tried = order[: _ALL_LABELS if asked else max(n if n <= _FEW else _LABELS, int(lit.sum()))]
        shown = _shown(wanted, lit)
        small = 11.0 if n <= 60 else 10.0 if n <= 300 else 9.5
        written = 0
        for rank, row in enumerate(tried):
            size = small + 3.0 * (1 - rank / len(tried)) ** 2
            faint = lit.any() and not lit[row]
            disc = shown[row]
            inner = max((theme.ground, theme.ink), key=lambda colour: contrast(colour, disc))
            if labels.inside(row, wanted.names[row], size, inner, bold=bool(lit[row])):
                written += 1
                continue
            over = 99 if lit[row] or n <= 30 else 3 if n <= 300 else 8
            written += labels.beside(
                row,
                wanted.names[row],
                size,
                theme.faint if faint else theme.ink,
                theme.ground,
                over=over,
                bold=bool(lit[row]),
            )
        if asked and written < n:
            notes.append(f"{n - written} of {n} labels are left out: there is no room for them")
    left = 0
    for row, text in wanted.edge_texts:
        u, v = int(graph.frozen.src[row]), int(graph.frozen.dst[row])
        x, y = ((centres[u] + centres[v]) / 2).tolist()
        left += not labels.at(x, y, text, 9.5, theme.faint, theme.ground)
    if left:
        notes.append(f"{left} of {len(wanted.edge_texts)} edge labels are left out: there is no room for them")
    return notes


def _graticule(placed: Placed, projection: Map, box: Box, centres: Float, theme: Theme) -> list[Curve]:
    """Parallels and meridians, in round numbers of degrees."""
    span = np.ptp(placed.xy, axis=0)
    axis = int(span.argmax())
    if not span[axis] > 0:
        return []
    scale = float(np.ptp(centres[:, axis]) / span[axis])
    steps = (0.1, 0.5, 1, 2, 5, 10, 30)
    step = next((s for s in steps if s * scale > 60), 30)
    middle_xy = placed.xy.min(axis=0) + span / 2
    middle = centres.min(axis=0) + np.ptp(centres, axis=0) / 2

    def line(lon: Float, lat: Float) -> list[Curve]:
        points = (projection.project(lon, lat) - middle_xy) * scale * (1, -1) + middle
        inside = (points >= (box.left, box.top)).all(axis=1) & (points <= (box.right, box.bottom)).all(axis=1)
        runs = np.split(points, np.flatnonzero(np.diff(inside.astype(int))) + 1)
        keeps = np.split(inside, np.flatnonzero(np.diff(inside.astype(int))) + 1)
        return [Curve(run, theme.grid, 1.0) for run, keep in zip(runs, keeps, strict=True) if keep[0] and len(run) > 1]

    fine = 181
    reach = min(179.9, projection.width / 2 + 60)
    west, east = projection.middle - reach, projection.middle + reach
    found: list[Curve] = []
    for lon in np.arange(math.ceil(west / step) * step, east, step).tolist():
        found += line(
            np.full(fine, lon),
            np.linspace(-89.9, 89.9, 8 * fine)[::8]
            if step >= 10
            else np.linspace(projection.parallel - 45, projection.parallel + 45, fine),
        )
    for lat in np.arange(-90 + step, 90, step).tolist():
        found += line(np.linspace(west, east, fine), np.full(fine, lat))
        if len(found) > 400:
            break
    return found
