"""A scene as bytes that every client can read: reduced where it would be too long, and what was reduced is told.

A picture travels inside one JSON message, and readers bound that: the Python client ends its stream at an event above 1 MiB.
"""

from __future__ import annotations

import base64
import json
import math
from typing import TYPE_CHECKING, NamedTuple

from networkx_mcp.analysis.drawing import raster, svg

if TYPE_CHECKING:
    from PIL.Image import Image

    from networkx_mcp.analysis.drawing.scene import Scene

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


def render(scene: Scene, kind: str) -> Picture:
    """The scene as PNG or SVG. Raises InvalidInput where matplotlib is not installed."""
    if kind == "png":
        return png(raster.paint(scene), MAX_PNG)
    data = svg.write(scene)
    if _encoded(data) <= MAX_ENCODED:
        return Picture(data, scene.width, scene.height, [])
    pixels = png(raster.paint(scene), MAX_PNG - _FRAME)
    image = base64.b64encode(pixels.data).decode("ascii")
    width, height = scene.width, scene.height
    data = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<image width="{width}" height="{height}" href="data:image/png;base64,{image}"/></svg>'
    ).encode()
    return Picture(data, width, height, ["everything is drawn as pixels, to keep the SVG short", *pixels.notes])


def _encoded(data: bytes) -> int:
    """Characters of an SVG inside of a JSON message that is ASCII."""
    return len(json.dumps(data.decode()))


def png(image: Image, most: int) -> Picture:
    """A PNG of at most `most` bytes: with fewer colours, and then with fewer pixels, as far as needed."""
    from PIL import Image as Images

    asked = size = (image.width, image.height)
    data = raster.encoded(image)
    if len(data) <= most:
        return Picture(data, *asked, [])
    while True:
        shown = image if size == asked else image.resize(size, Images.Resampling.LANCZOS)
        data = raster.encoded(shown.quantize(_COLOURS, dither=Images.Dither.NONE))
        if len(data) <= most or min(size) <= 1:
            break
        scale = math.sqrt(_AIM * most / len(data))
        size = (max(1, int(size[0] * scale)), max(1, int(size[1] * scale)))
    notes = [f"{_COLOURS} colours, to keep the picture short"]
    if size != asked:
        notes.append(f"{size[0]} x {size[1]} pixels instead of {asked[0]} x {asked[1]}, to keep the picture short")
    return Picture(data, *size, notes)
