"""A drawn figure as bytes that every client can read: reduced where it would be too long, and what was reduced is told.

A picture travels inside one JSON message, and readers bound that: the Python client ends its stream at an event above 1 MiB.
"""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Characters of a picture inside of a JSON message: of a PNG as base64, of an SVG with its quotes and other escapes.
MAX_ENCODED = 700 * 1024
#: Bytes of a PNG of that length.
MAX_PNG = MAX_ENCODED // 4 * 3
#: Part of the size that a try should have: lengths go with the number of pixels, and not exactly.
_AIM = 0.9
_COLOURS = 256
#: What an SVG that holds a picture of pixels has around it, in characters.
_FRAME = 1024


class Picture(NamedTuple):
    """`data` of `width` by `height` pixels, and what was reduced."""

    data: bytes
    width: int
    height: int
    notes: list[str]


def render(figure: Figure, kind: str, dpi: int, edges: Sequence[Any]) -> Picture:
    """The figure as PNG or SVG. `edges` are the artists that an SVG may hold as pixels, if they are most of its length."""
    width, height = (round(float(inches) * dpi) for inches in figure.get_size_inches())
    if kind == "png":
        return _png(_saved(figure, "png", dpi), MAX_PNG)
    data = _saved(figure, "svg", dpi)
    if _encoded(data) <= MAX_ENCODED:
        return Picture(data, width, height, [])
    if edges:
        for artist in edges:
            artist.set_rasterized(True)
        data = _saved(figure, "svg", dpi)
        if _encoded(data) <= MAX_ENCODED:
            return Picture(data, width, height, ["edges are drawn as pixels, to keep the SVG short"])
    pixels = _png(_saved(figure, "png", dpi), MAX_PNG - _FRAME)
    image = base64.b64encode(pixels.data).decode("ascii")
    data = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<image width="{width}" height="{height}" href="data:image/png;base64,{image}"/></svg>'
    ).encode()
    return Picture(data, width, height, ["everything is drawn as pixels, to keep the SVG short", *pixels.notes])


def _saved(figure: Figure, kind: str, dpi: int) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format=kind, dpi=dpi, metadata={"Date": None} if kind == "svg" else {"Software": None})
    return out.getvalue()


def _encoded(svg: bytes) -> int:
    """Characters of an SVG inside of a JSON message that is ASCII."""
    return len(json.dumps(svg.decode()))


def _png(data: bytes, most: int) -> Picture:
    """A PNG of at most `most` bytes: with fewer colours, and then with fewer pixels, as far as needed."""
    from PIL import Image

    with Image.open(io.BytesIO(data)) as opened:
        image = opened.convert("RGB")
    asked = (image.width, image.height)
    if len(data) <= most:
        return Picture(data, *asked, [])
    size = asked
    while True:
        shown = image if size == asked else image.resize(size, Image.Resampling.LANCZOS)
        out = io.BytesIO()
        shown.quantize(_COLOURS, dither=Image.Dither.NONE).save(out, "PNG")
        data = out.getvalue()
        if len(data) <= most or min(size) <= 1:
            break
        scale = math.sqrt(_AIM * most / len(data))
        size = (max(1, int(size[0] * scale)), max(1, int(size[1] * scale)))
    notes = [f"{_COLOURS} colours, to keep the picture short"]
    if size != asked:
        notes.append(f"{size[0]} x {size[1]} pixels instead of {asked[0]} x {asked[1]}, to keep the picture short")
    return Picture(data, *size, notes)
