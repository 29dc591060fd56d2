"""How wide text is: matplotlib's own font, which the PNG is painted with and an SVG asks for first."""

from __future__ import annotations

import functools
import os
import tempfile
import unicodedata
from pathlib import Path
from typing import Any

from networkx_mcp import extras

#: Of a line, in parts of its size.
ASCENT, DESCENT = 0.86, 0.24
FAMILY = "DejaVu Sans"


def prepare() -> None:
    """Raises InvalidInput where matplotlib is not installed."""
    # matplotlib wants a writable directory for its font cache; the root file system may be read-only
    os.environ.setdefault("MPLCONFIGDIR", tempfile.gettempdir())
    with extras.needed("draw", "draw_graph"):
        import matplotlib as mpl  # noqa: F401


@functools.cache
def _font(bold: bool) -> Any:
    prepare()
    import matplotlib as mpl
    from matplotlib.ft2font import FT2Font

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    font = FT2Font(str(Path(mpl.get_data_path()) / "fonts/ttf" / name))
    font.set_size(_MEASURED, 72)
    return font, font.get_charmap()


_MEASURED = 100.0
#: What the characters are taken for that the font lacks, as a share of the size: most are Chinese, Japanese or Korean.
_UNKNOWN = 1.0


@functools.lru_cache(4096)
def _letter(letter: str, bold: bool) -> float:
    font, known = _font(bold)
    if ord(letter) not in known:
        return 0.0 if unicodedata.combining(letter) else _UNKNOWN
    from matplotlib.ft2font import LoadFlags

    glyph = font.load_char(ord(letter), flags=LoadFlags.NO_HINTING)  # widths grow with the size and by nothing else
    return float(glyph.linearHoriAdvance) / 65536 / _MEASURED


def width(text: str, size: float, bold: bool = False) -> float:
    """Pixels that a line takes, without kerning."""
    return sum(_letter(letter, bold) for letter in text) * size


def lacks(text: str) -> bool:
    """Whether the font has no shape for some character."""
    _, known = _font(False)
    return any(ord(letter) not in known and not unicodedata.combining(letter) for letter in text)


def fitted(text: str, size: float, most: float, bold: bool = False) -> str:
    """The text, cut with an ellipsis where it is wider than `most` pixels."""
    if width(text, size, bold) <= most:
        return text
    while text and width(text + "…", size, bold) > most:
        text = text[:-1]
    return text.rstrip() + "…"
