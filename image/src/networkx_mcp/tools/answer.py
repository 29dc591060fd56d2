"""Answers for a language model: the same bounded content as compact text and as typed data.

Text is one row a line, columns separated by tabs; many hosts, and all protocol versions before
2025-06-18, show the model nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

#: Characters of rows in one answer; a page ends early when it is reached, whatever its `limit`.
MAX_CHARACTERS = 48_000
#: Characters of one value; a longer one is replaced by a note in text and data alike.
MAX_VALUE_CHARACTERS = 8_000

#: Strings that are shown bare: nothing in them can be read as a number, a literal or a separator.
_BARE = re.compile(r"[A-Za-z_\u00c0-\u024f][\w .:/@+\-\u00c0-\u024f]*")
_LITERALS = frozenset({"true", "false", "null", "nan", "inf", "infinity", "none"})


@dataclass(slots=True)
class Answer:
    """What a tool returns: text for the model, data for programs, pictures beside them."""

    text: str
    data: dict[str, Any]
    images: list[dict[str, Any]] = field(default_factory=list)

    def as_result(self) -> dict[str, Any]:
        """The result of tools/call."""
        content: list[dict[str, Any]] = [{"type": "text", "text": self.text}]
        content.extend(self.images)
        return {"resultType": "complete", "content": content, "structuredContent": self.data}


def to_json(value: Any) -> str:
    """Compact JSON in one line, Unicode kept."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def show(value: Any) -> str:
    """A value as the model reads it: numbers plain, strings bare unless they could be misread.

    The node 1 is `1` and the node "1" is `"1"`: what is shown can be copied into an argument.
    """
    if type(value) is str:
        if len(value) <= 200 and _BARE.fullmatch(value) and value[-1] != " " and value.lower() not in _LITERALS:
            return value
        return to_json(value)
    if type(value) is float:
        return f"{value:.6g}" if value == value and abs(value) != float("inf") else str(value)
    if type(value) is int:
        return str(value)
    return to_json(value)


def clip(value: Any) -> Any:
    """The value, or a note of its size when it is too long to show."""
    if isinstance(value, (str, list, dict)) and len(text := to_json(value)) > MAX_VALUE_CHARACTERS:
        return f"<{len(text)} characters, not shown: GET /graphs/{{graph_id}} carries it>"
    return value


def clip_attributes(attributes: Mapping[str, Any], names: Sequence[str] | None = None) -> dict[str, Any]:
    """A copy with long values clipped, of `names` only when given."""
    if names is None:
        return {name: clip(value) for name, value in attributes.items()}
    return {name: clip(attributes[name]) for name in names if name in attributes}


def show_attributes(attributes: Mapping[str, Any]) -> str:
    """Attributes in one line: `weight=2 kind="has, comma"`."""
    return " ".join(f"{_name(name)}={_quoted(value)}" for name, value in attributes.items())


def _name(name: str) -> str:
    return name if _BARE.fullmatch(name) and " " not in name else to_json(name)


def _quoted(value: Any) -> str:
    text = show(value)
    return to_json(value) if " " in text and text[:1] not in '"[{' else text


def rows_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    """Lines of a table: the header, then one line a row; a missing value (None) is `-`."""
    lines = ["\t".join(columns)]
    lines.extend("\t".join("-" if value is None else show(value) for value in row) for row in rows)
    return lines


def more(shown: int, offset: int, total: int | None) -> str:
    """The line that says how to get the rest."""
    following = offset + shown
    left = f"{total - following} more" if total is not None else "there is more"
    return f"truncated: {left}; call again with offset={following}"
