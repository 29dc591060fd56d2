"""Cells of CSV as values: what the parser took for text although its programs mean numbers or nothing."""

from __future__ import annotations

import re
from typing import Final

import pyarrow as pa

from networkx_mcp.arrays import functions as pc
from networkx_mcp.arrays.formats.reading import Reading

#: What programs write where there is no number.
NOTHING: Final = (
    "NA", "N/A", "n/a", "#N/A", "#NA", "<NA>", "NULL", "Null", "null", "None", "none", "NaN", "nan", "NAN", "-nan", "-NaN",
    "\\N", "NaT", "nil", "-", ".", "?", "",
)  # fmt: skip
_NUMBER: Final = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_INFINITE: Final = r"^[+-]?(?i:inf|infinity)$"
_COMMA: Final = r"^[+-]?[0-9]+,[0-9]+$"
_WHOLE: Final = r"^[+-]?[0-9]+$"
_TRUE: Final = ("true", "True", "TRUE")
_FALSE: Final = ("false", "False", "FALSE")


def meant(column: pa.ChunkedArray, name: str, decimal: str, reading: Reading) -> pa.ChunkedArray:
    """A text column as numbers or true/false where all cells that say something are; else as it is."""
    first = next((value for value in _some(column) if value.strip() not in NOTHING), None)
    if first is None:
        return column
    infinite = re.match(_INFINITE, first.strip()) is not None
    if not (_is_number(first, decimal) or first in _TRUE + _FALSE or infinite):
        if decimal == "." and _all(column, _COMMA):
            reading.note(
                f"column {name[:60]!r} stays text: its numbers have a decimal comma; option decimal=, reads them"
            )
        return column
    texts = pc.utf8_trim_whitespace(column)
    nothing = pc.and_(pc.is_in(texts, pa.array(NOTHING)), pc.is_valid(texts))
    texts = pc.if_else(nothing, pa.scalar(None, pa.string()), texts)
    found = _numbers(texts, decimal) if _is_number(first, decimal) else None if infinite else _booleans(texts)
    if found is None:
        bare = texts if decimal == "." else pc.replace_substring(texts, decimal, ".")
        if _all(pc.if_else(pc.match_substring_regex(bare, _INFINITE), "0", bare), _NUMBER):
            reading.note(f"column {name[:60]!r} stays text: some of its numbers are infinite, which JSON has not")
        return column
    reading.missing_values += int(pc.sum(nothing).as_py() or 0)
    return found


def _some(column: pa.ChunkedArray) -> list[str]:
    """Different values of the beginning."""
    values = (chunk.slice(0, 10_000).unique().drop_null() for chunk in column.chunks)
    return [str(value) for part in values for value in part.slice(0, 100).to_pylist()]


def _is_number(text: str, decimal: str) -> bool:
    return re.match(_NUMBER, text.strip().replace(decimal, ".")) is not None


def _all(column: pa.ChunkedArray, pattern: str) -> bool:
    return pc.all(pc.match_substring_regex(column, pattern)).as_py() is True


def _booleans(texts: pa.ChunkedArray) -> pa.ChunkedArray | None:
    true, false = pc.is_in(texts, pa.array(_TRUE)), pc.is_in(texts, pa.array(_FALSE))
    known = pc.or_(pc.or_(true, false), pc.is_null(texts))
    return pc.if_else(pc.is_null(texts), pa.scalar(None, pa.bool_()), true) if pc.all(known).as_py() else None


def _numbers(texts: pa.ChunkedArray, decimal: str) -> pa.ChunkedArray | None:
    if decimal != ".":
        texts = pc.replace_substring(texts, decimal, ".")
    if not _all(texts, _NUMBER):
        return None
    texts = pc.utf8_ltrim(texts, "+")
    if _all(texts, _WHOLE):
        try:
            return texts.cast(pa.int64())
        except pa.ArrowInvalid:  # beyond 64 bits
            pass
    try:
        found = texts.cast(pa.float64())
    except pa.ArrowInvalid:
        return None
    return found if pc.all(pc.is_finite(found)).as_py() is not False else None
