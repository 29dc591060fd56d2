"""A scene as SVG: shapes of one look in one path, text as text; no script, no style sheet, nothing from elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from html import escape

import numpy as np

from networkx_mcp.analysis.drawing.scene import Boxes, Curve, Discs, Float, Lines, Scene, Text, Triangles

#: Verdana is as wide as DejaVu Sans, by which texts were measured.
_FAMILY = "DejaVu Sans,Verdana,Geneva,sans-serif"


def write(scene: Scene) -> bytes:
    """The whole file, UTF-8."""
    width, height = scene.width, scene.height
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" font-family="{_FAMILY}">',
        f"<desc>{escape(scene.description)}</desc>" if scene.description else "",
        f'<rect width="{width}" height="{height}" fill="{scene.ground}"/>',
    ]
    for item in scene.items:
        match item:
            case Lines():
                parts += _lines(item)
            case Curve():
                parts.append(_curve(item))
            case Triangles():
                parts += _filled(item.colours, (_polygon(points) for points in item.corners), item.opacity)
            case Boxes():
                parts += _filled(item.colours, map(_rectangle, item.sides.tolist()), item.opacity)
            case Discs():
                parts += _discs(item)
            case Text():
                parts.append(_text(item))
    return "".join([*parts, "</svg>"]).encode()


def _number(value: float) -> str:
    text = f"{value:.1f}"
    return text.removesuffix(".0")


def _opacity(value: float, name: str = "opacity") -> str:
    return "" if value >= 1 else f' {name}="{value:.2f}"'


def _lines(item: Lines) -> Iterator[str]:
    """One path for each look: where lines cross, one path is no darker, so every width and colour keeps its own."""
    looks: dict[tuple[str, str], list[str]] = defaultdict(list)
    for colour, width, (a, b, c, d) in zip(item.colours, item.widths.tolist(), item.ends.tolist(), strict=True):
        step = f"M{_number(a)} {_number(b)}L{_number(c)} {_number(d)}"
        looks[colour, _number(width)].append(step)
    for (colour, stroke), steps in looks.items():
        # lines that lie over each other are darker in pieces than in one path
        for start in range(0, len(steps), _TOGETHER):
            path = "".join(steps[start : start + _TOGETHER])
            yield f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{stroke}"{_opacity(item.opacity)}/>'


#: Lines in one path: with opacity, those of different paths add up where they cross.
_TOGETHER = 4


def _curve(item: Curve) -> str:
    points = " ".join(f"{_number(x)},{_number(y)}" for x, y in item.points.tolist())
    return (
        f'<polyline points="{points}" fill="none" stroke="{item.colour}" stroke-width="{_number(item.width)}"'
        f"{_opacity(item.opacity)}/>"
    )


def _polygon(points: Float) -> str:
    return "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in np.asarray(points).tolist()) + "Z"


def _rectangle(sides: list[float]) -> str:
    left, top, width, height = map(_number, sides)
    return f"M{left} {top}h{width}v{height}h-{width}z"


def _filled(colours: Iterable[str], paths: Iterable[str], opacity: float) -> Iterator[str]:
    looks: dict[str, list[str]] = defaultdict(list)
    for colour, path in zip(colours, paths, strict=True):
        looks[colour].append(path)
    for colour, found in looks.items():
        yield f'<path d="{"".join(found)}" fill="{colour}"{_opacity(opacity)}/>'


def _discs(item: Discs) -> Iterator[str]:
    yield f'<g stroke="{item.ring}" stroke-width="{_number(item.ring_width)}"{_opacity(item.opacity)}>'
    for row, ((x, y), radius, colour) in enumerate(
        zip(item.centres.tolist(), item.radii.tolist(), item.colours, strict=True)
    ):
        shape = f'<circle cx="{_number(x)}" cy="{_number(y)}" r="{_number(radius)}" fill="{colour}"'
        yield f"{shape}><title>{escape(item.names[row])}</title></circle>" if item.names else f"{shape}/>"
    yield "</g>"


def _text(item: Text) -> str:
    look = f'x="{_number(item.x)}" y="{_number(item.y)}" font-size="{_number(item.size)}" fill="{item.colour}"'
    if item.anchor != "start":
        look += f' text-anchor="{item.anchor}"'
    if item.bold:
        look += ' font-weight="bold"'
    if item.halo:
        look += f' stroke="{item.halo}" stroke-width="{_number(item.size / 4)}" stroke-linejoin="round" paint-order="stroke"'
    # an id that is written from right to left stays where it was put
    return f'<text {look} direction="ltr" unicode-bidi="isolate">{escape(item.text)}</text>'
