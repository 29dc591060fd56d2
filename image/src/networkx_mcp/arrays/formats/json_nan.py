"""JSON with NaN in it, which JSON has not and Python, pandas and networkx write: it means that there is no value."""

from __future__ import annotations

import re
from typing import Any, Final

from networkx_mcp.arrays.formats.common import FormatError
from networkx_mcp.arrays.formats.reading import Reading

_TOKENS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\bNaN\b|-?\bInfinity\b', re.DOTALL)
#: Stands for NaN until values are decoded: no text of a file holds it, because JSON allows no bare control character.
_MARK: Final = "\0NaN"
_MARK_JSON: Final = rb'"\u0000NaN"'


def marked(data: bytes) -> bytes | None:
    """The text with marks in the place of NaN, None where there is none. Raises FormatError for infinities, with the line."""
    if b"NaN" not in data and b"Infinity" not in data:
        return None
    found = 0

    def replace(token: re.Match[bytes]) -> bytes:
        nonlocal found
        if token[0][:1] == b'"':
            return token[0]
        if token[0].endswith(b"Infinity"):
            line = data.count(b"\n", 0, token.start()) + 1
            raise FormatError(f"{token[0].decode()} is no number of JSON: leave the value out", line)
        found += 1
        return _MARK_JSON

    again = _TOKENS.sub(replace, data)
    return again if found else None


def without_marks(attributes: dict[str, Any], reading: Reading) -> dict[str, Any]:
    """The attributes without those that were NaN; inside of lists and objects it is null. Each is counted."""
    kept: dict[str, Any] = {}
    for name, value in attributes.items():
        if value == _MARK:
            reading.missing_values += 1
        else:
            kept[name] = _inside(value, reading)
    return kept


def _inside(value: Any, reading: Reading) -> Any:
    if value == _MARK:
        reading.missing_values += 1
        return None
    if isinstance(value, list):
        return [_inside(item, reading) for item in value]
    if isinstance(value, dict):
        return {name: _inside(item, reading) for name, item in value.items()}
    return value
