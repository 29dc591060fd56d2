"""What stands around every picture: title, caption and legend; the rest of the frame is for the graph."""

from __future__ import annotations

import numpy as np

from networkx_mcp.analysis.drawing import fonts
from networkx_mcp.analysis.drawing.look import Legend
from networkx_mcp.analysis.drawing.scene import Box, Boxes, Discs, Scene, Text
from networkx_mcp.analysis.drawing.theme import Theme, shades

_MARGIN = 14.0
_TITLE, _CAPTION, _ENTRY = 17.0, 12.0, 12.0
#: Pixels below which there is no room for a legend, and for a caption.
_NO_LEGEND, _NO_CAPTION = 300, 140
_STEPS = 60


def framed(scene: Scene, theme: Theme, title: str, caption: str, legend: Legend) -> tuple[Box, list[str]]:
    """Add them to the scene: the box that is left, and what there was no room for."""
    notes = []
    top = _MARGIN
    most = scene.width - 2 * _MARGIN
    if title:
        text = fonts.fitted(title, _TITLE, most, bold=True)
        scene.items.append(Text(_MARGIN, top + _TITLE * 0.86, text, _TITLE, theme.ink, bold=True, role="title"))
        top += _TITLE * 1.35
    if caption and scene.height >= _NO_CAPTION:
        text = fonts.fitted(caption, _CAPTION, most)
        scene.items.append(Text(_MARGIN, top + _CAPTION * 0.86, text, _CAPTION, theme.faint, role="caption"))
        top += _CAPTION * 1.7
    right = scene.width - _MARGIN
    if legend.entries or legend.scale:
        if scene.width < _NO_LEGEND or scene.height < _needed(legend, top):
            notes.append("no room for the legend: make the picture larger")
        else:
            right -= _legend(scene, theme, legend, top) + _MARGIN
    return Box(_MARGIN, top, right, scene.height - _MARGIN), notes


def _needed(legend: Legend, top: float) -> float:
    lines = len(legend.entries) + 1
    return top + lines * _ENTRY * 1.6 + (150 if legend.scale else 0) + _MARGIN


def _legend(scene: Scene, theme: Theme, legend: Legend, top: float) -> float:
    """Its width in pixels."""
    most = min(190.0, scene.width * 0.3)
    entries = [
        (fonts.fitted(text, _ENTRY, most - 22 - fonts.width(f" {count:,}", _ENTRY)), f"{count:,}", colour)
        for text, colour, count in legend.entries
    ]
    heading = fonts.fitted(legend.name, _ENTRY, most, bold=True)
    bounds = [] if legend.scale is None else [number(value) for value in _ticks(*legend.scale)]
    widths = [22 + fonts.width(f"{text} {count}", _ENTRY) for text, count, _ in entries]
    widths += [fonts.width(heading, _ENTRY, True), *(24 + fonts.width(text, _ENTRY) for text in bounds)]
    width = max(widths)
    left, line = scene.width - _MARGIN - width, _ENTRY * 1.6
    y = top + _ENTRY
    scene.items.append(Text(left, y, heading, _ENTRY, theme.ink, bold=True, role="legend"))
    y += 8
    if legend.scale is not None:
        height = 120.0
        tops = y + np.arange(_STEPS) * height / _STEPS
        sides = np.column_stack(
            [np.full(_STEPS, left), tops, np.full(_STEPS, 14.0), np.full(_STEPS, height / _STEPS + 0.3)]
        )
        scene.items.append(Boxes(sides, shades(theme.ramp, np.linspace(1, 0, _STEPS))))
        for share, text in zip((0.0, 0.5, 1.0), reversed(bounds), strict=True):
            base = y + share * height + 0.8 * _ENTRY * (1 - share)
            scene.items.append(Text(left + 22, base, text, _ENTRY, theme.ink, role="legend"))
        y += height + 4
    for text, count, colour in entries:
        y += line
        scene.items.append(Discs(np.array([[left + 6, y - 4]]), np.array([5.5]), [colour], theme.ground, 0.0))
        scene.items.append(Text(left + 18, y, text, _ENTRY, theme.ink, role="legend"))
        scene.items.append(Text(left + width, y, count, _ENTRY, theme.faint, "end", role="legend count"))
    return width


def _ticks(least: float, largest: float) -> tuple[float, float, float]:
    return least, least / 2 + largest / 2, largest


def number(value: float) -> str:
    """A number as a reader wants it."""
    return f"{value:,.0f}" if value == round(value) and abs(value) < 1e6 else f"{value:.3g}"
