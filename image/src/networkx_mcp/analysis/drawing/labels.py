"""Labels beside discs: the most important first, none over another, none outside the frame, as few as can be over discs."""

from __future__ import annotations

import numpy as np

from networkx_mcp.analysis.drawing import fonts
from networkx_mcp.analysis.drawing.scene import Box, Float, Text

#: Where a label may stand beside its disc, best first: (x, y) of its middle, by the half sides of its box and the disc.
_SIDES = ((1.0, 0.0), (-1.0, 0.0), (0.0, -1.0), (0.0, 1.0), (0.8, -0.8), (-0.8, -0.8), (0.8, 0.8), (-0.8, 0.8))
_GAP = 2.0
#: Discs that a label may lie over, of those it is not for.
_COVERED = 3


class Labels:
    """Texts that were placed, and what they must not meet."""

    def __init__(self, frame: Box, centres: Float, radii: Float) -> None:
        self.frame = frame
        self.placed: list[Text] = []
        self._centres, self._radii = centres, radii
        self._taken = np.zeros((0, 4))

    def block(self, box: Box) -> None:
        """Keep a place free."""
        self._taken = np.vstack([self._taken, np.array([box])])

    def inside(self, row: int, text: str, size: float, colour: str, *, bold: bool = False) -> bool:
        """Write in the middle of a disc; False where it is too narrow or covered."""
        (x, y), radius = self._centres[row].tolist(), float(self._radii[row])
        half_width, half_height = fonts.width(text, size, bold) / 2, (fonts.ASCENT + fonts.DESCENT) * size / 2
        y += 0.05 * size  # figures and capitals stand in the middle
        box = Box(x - half_width, y - half_height, x + half_width, y + half_height)
        if half_width > radius * 0.86 or self._meets(box):
            return False
        self._write(box, text, size, colour, "", bold, "label")
        return True

    def beside(
        self, row: int, text: str, size: float, colour: str, halo: str, *, over: int = _COVERED, bold: bool = False
    ) -> bool:
        """Write beside the disc of a node; False where there is no room. `over`: how many other discs it may cover."""
        (x, y), radius = self._centres[row].tolist(), float(self._radii[row])
        half_width, half_height = fonts.width(text, size, bold) / 2, (fonts.ASCENT + fonts.DESCENT) * size / 2
        best: tuple[float, Box] | None = None
        for rank, (right, down) in enumerate(_SIDES):
            across = right * (radius * min(1.0, abs(right) + 0.1) + half_width + _GAP)
            along = down * (radius + half_height + _GAP / 2)
            if abs(right) == abs(down):
                along = down * (radius * 0.9 + half_height)
            box = Box(
                x + across - half_width, y + along - half_height, x + across + half_width, y + along + half_height
            )
            if not self.frame.holds(box) or self._meets(box):
                continue
            covered = self._covered(box, row)
            cost = covered + rank * 0.12
            if covered <= over and (best is None or cost < best[0]):
                best = cost, box
        if best is None:
            return False
        self._write(best[1], text, size, colour, halo, bold, "label")
        return True

    def at(self, x: float, y: float, text: str, size: float, colour: str, halo: str) -> bool:
        """Write on a point, the middle of an edge; False where there is no room."""
        half_width, half_height = fonts.width(text, size) / 2, (fonts.ASCENT + fonts.DESCENT) * size / 2
        box = Box(x - half_width, y - half_height, x + half_width, y + half_height)
        if not self.frame.holds(box) or self._meets(box) or self._covered(box, -1) > 0:
            return False
        self._write(box, text, size, colour, halo, False, "edge label")
        return True

    def _write(self, box: Box, text: str, size: float, colour: str, halo: str, bold: bool, role: str) -> None:
        self.block(box)
        middle, base = (box.left + box.right) / 2, box.bottom - fonts.DESCENT * size
        self.placed.append(Text(middle, base, text, size, colour, "middle", halo, bold, role))

    def _meets(self, box: Box) -> bool:
        left, top, right, bottom = self._taken.T
        return bool(((left < box.right) & (box.left < right) & (top < box.bottom) & (box.top < bottom)).any())

    def _covered(self, box: Box, row: int) -> float:
        """How many other discs a box lies over, a large one counting more."""
        x, y = self._centres.T
        near_x = np.clip(x, box.left, box.right) - x
        near_y = np.clip(y, box.top, box.bottom) - y
        met = np.hypot(near_x, near_y) < self._radii * 0.9
        if row >= 0:
            met[row] = False
        return float((0.5 + self._radii[met] / 8).sum())
