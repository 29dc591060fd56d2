"""What a picture is made of, in pixels from the upper left corner; drawn in the order of the list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.arrays.formats.markup_text import NO_XML

Float: TypeAlias = NDArray[np.float64]
Anchor: TypeAlias = Literal["start", "middle", "end"]
#: What writes a text of others over its neighbours: marks that turn the direction around.
_TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SPACES = re.compile(r"\s+")


class Box(NamedTuple):
    """A rectangle: left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def meets(self, other: Box) -> bool:
        """Whether they share more than a border."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def holds(self, other: Box) -> bool:
        return (
            self.left <= other.left
            and self.top <= other.top
            and self.right >= other.right
            and self.bottom >= other.bottom
        )


@dataclass(slots=True)
class Lines:
    """Straight lines: `ends` (k, 4) as x, y, x, y; `colours` and `widths` one each."""

    ends: Float
    colours: Sequence[str]
    widths: Float
    opacity: float = 1.0


@dataclass(slots=True)
class Curve:
    """A line through points (k, 2), closed or not."""

    points: Float
    colour: str
    width: float
    opacity: float = 1.0


@dataclass(slots=True)
class Triangles:
    """Filled: `corners` (k, 3, 2)."""

    corners: Float
    colours: Sequence[str]
    opacity: float = 1.0


@dataclass(slots=True)
class Boxes:
    """Filled: `sides` (k, 4) as left, top, width, height."""

    sides: Float
    colours: Sequence[str]
    opacity: float = 1.0


@dataclass(slots=True)
class Discs:
    """Filled, with a ring around; `names` are shown by an SVG's reader on hovering."""

    centres: Float
    radii: Float
    colours: Sequence[str]
    ring: str
    ring_width: float
    opacity: float = 1.0
    names: Sequence[str] = ()


@dataclass(slots=True)
class Text:
    """One line; `y` is its base line, `halo` a colour around the letters, `role` what it is for (tests ask)."""

    x: float
    y: float
    text: str
    size: float
    colour: str
    anchor: Anchor = "start"
    halo: str = ""
    bold: bool = False
    role: str = ""
    box: Box = field(init=False)

    def __post_init__(self) -> None:
        from networkx_mcp.analysis.drawing import fonts  # matplotlib's, which only a worker loads

        width = fonts.width(self.text, self.size, self.bold)
        left = self.x - {"start": 0.0, "middle": width / 2, "end": width}[self.anchor]
        self.box = Box(left, self.y - fonts.ASCENT * self.size, left + width, self.y + fonts.DESCENT * self.size)


Item: TypeAlias = Lines | Curve | Triangles | Boxes | Discs | Text


@dataclass(slots=True)
class Scene:
    """`width` by `height` pixels."""

    width: int
    height: int
    ground: str
    items: list[Item] = field(default_factory=list)
    #: What the picture is of, for readers that see none.
    description: str = ""

    @property
    def frame(self) -> Box:
        return Box(0, 0, self.width, self.height)

    def texts(self, role: str) -> list[Text]:
        """The texts for one purpose."""
        return [item for item in self.items if isinstance(item, Text) and item.role == role]


def one_line(value: object, most: int) -> str:
    """A value of others as text of at most `most` characters that can be drawn on one line and read as nothing but itself."""
    text = str(value) if not isinstance(value, float) else f"{value:.6g}"
    text = _SPACES.sub(" ", text[: 8 * most]).strip()
    text = NO_XML.sub("\ufffd", _TURNS.sub("", text))
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
