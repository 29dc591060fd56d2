"""A scene as PNG, by matplotlib without a display, in its own pixels: 72 to an inch, so that points are pixels."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from networkx_mcp.analysis.drawing import fonts
from networkx_mcp.analysis.drawing.scene import Boxes, Curve, Discs, Lines, Scene, Text, Triangles
from networkx_mcp.analysis.drawing.theme import channels

if TYPE_CHECKING:
    from PIL.Image import Image

_DPI = 72


def paint(scene: Scene) -> Image:
    """The picture as RGB pixels. Raises InvalidInput where matplotlib is not installed."""
    fonts.prepare()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image as Images

    figure = Figure(figsize=(scene.width / _DPI, scene.height / _DPI), dpi=_DPI, facecolor=scene.ground)
    canvas: Any = FigureCanvasAgg(figure)
    for order, item in enumerate(scene.items):
        made = _artist(item, scene.height)
        made.set_zorder(order)
        figure.add_artist(made)
        if not isinstance(item, Text):
            made.set_transform(_identity())
            made.set_clip_on(False)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)  # a box is drawn, and the answer says so
        canvas.draw()
    shown = np.asarray(canvas.buffer_rgba())
    return Images.fromarray(np.ascontiguousarray(shown[..., :3]))


def encoded(image: Image, **options: Any) -> bytes:
    """The bytes of a PNG."""
    out = io.BytesIO()
    image.save(out, "PNG", **options)
    return out.getvalue()


def _identity() -> Any:
    from matplotlib.transforms import IdentityTransform

    return IdentityTransform()


def _rgba(colours: Any, opacity: float) -> Any:
    table: dict[str, tuple[float, ...]] = {}
    for colour in colours:
        if colour not in table:
            table[colour] = (*(part / 255 for part in channels(colour)), opacity)
    return np.array([table[colour] for colour in colours]).reshape(-1, 4)


def _artist(item: Any, height: int) -> Any:
    """The artist that draws an item; y grows upwards here."""
    from matplotlib.collections import LineCollection, PathCollection, PolyCollection
    from matplotlib.lines import Line2D
    from matplotlib.path import Path
    from matplotlib.patheffects import withStroke
    from matplotlib.text import Text as Written

    up = np.array([0.0, float(height)])
    turn = np.array([1.0, -1.0])
    match item:
        case Lines():
            ends = up + turn * item.ends.reshape(-1, 2, 2)
            return LineCollection(
                list(ends), linewidths=item.widths, colors=_rgba(item.colours, item.opacity), capstyle="butt"
            )
        case Curve():
            x, y = (up + turn * item.points).T
            return Line2D(x, y, color=item.colour, linewidth=item.width, alpha=item.opacity, antialiased=True)
        case Triangles():
            return PolyCollection(
                list(up + turn * item.corners), facecolors=_rgba(item.colours, item.opacity), linewidths=0
            )
        case Boxes():
            left, top, width, tall = item.sides.T
            right, bottom = left + width, top + tall
            corners = np.stack([left, top, right, top, right, bottom, left, bottom], axis=1).reshape(-1, 4, 2)
            return PolyCollection(
                list(up + turn * corners),
                facecolors=_rgba(item.colours, item.opacity),
                linewidths=0,
                antialiased=len(corners) < _MANY,
            )
        case Discs():
            return PathCollection(
                [Path.unit_circle()],
                sizes=item.radii**2,
                offsets=up + turn * item.centres,
                offset_transform=_identity(),
                facecolors=_rgba(item.colours, item.opacity),
                edgecolors=item.ring,
                linewidths=item.ring_width,
            )
        case _:
            written = Written(
                item.x,
                height - item.y,
                item.text,
                fontsize=item.size,
                color=item.colour,
                fontfamily=fonts.FAMILY,
                fontweight="bold" if item.bold else "normal",
                ha={"start": "left", "middle": "center", "end": "right"}[item.anchor],
                va="baseline",
                parse_math=False,  # a "$" in an id is a dollar sign
                transform=_identity(),
            )
            if item.halo:
                written.set_path_effects([withStroke(linewidth=item.size / 4, foreground=item.halo)])
            return written


#: Boxes above which borders between them would show as lines.
_MANY = 400
