"""Answers for a language model: the same bounded content as compact text and as typed data.

Text is one row a line, columns separated by tabs; many hosts, and all protocol versions before
2025-06-18, show the model nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from json.encoder import encode_basestring_ascii
from typing import Any, TypeVar

from networkx_mcp.arrays.deferred import Deferred
from networkx_mcp.arrays.value_sizes import surely_longer
from networkx_mcp.errors import quoted, visible

Row = TypeVar("Row")

#: Characters of rows in one answer; a page ends early when it is reached, whatever its `limit`.
MAX_CHARACTERS = 48_000
#: Characters of rows in a message of ASCII, over those of the rows.
_ESCAPED = 5
#: Characters of one value; a longer attribute is replaced by a note, a longer computed list cut, in text and data alike.
MAX_VALUE_CHARACTERS = 8_000
#: A control character in JSON.
_JSON_PER_CHARACTER = 6
#: A text of so many characters is no longer than MAX_VALUE_CHARACTERS in JSON, whatever is in it.
_SURELY_SHOWN = (MAX_VALUE_CHARACTERS - 2) // _JSON_PER_CHARACTER
#: Characters of the attributes of one node, edge or graph: those that do not fit are left out, and a note says so.
MAX_ATTRIBUTES_CHARACTERS = 16_000

#: Columns and facts that were computed as floats: six digits say all that a reader can use. What is stored, and lengths
#: and sums of it, are shown in full.
_SCORES = frozenset(
    {"score", "score_a", "score_b", "hub", "authority", "coverage", "performance", "modularity", "cut_ratio"}
)

#: Strings that are shown bare: one word, in which nothing can be read as a number, a literal, a separator or words of the
#: server, such as `note: ...`. All else of graphs and callers is shown as JSON, in quotes.
_BARE = re.compile(r"[A-Za-z_\u00c0-\u024f][A-Za-z0-9_./@+\-\u00c0-\u024f]{0,199}")
_LITERALS = frozenset({"true", "false", "null", "nan", "inf", "infinity", "none"})
#: Words with which lines of the server begin: a graph may be named like one, and its line has a colon behind the name.
_OURS = frozenset(
    {"note", "truncated", "error", "warning", "node", "edge", "graph", "nodes", "edges", "done", "created", "loaded",
     "deleted", "already", "returns", "instructions", "system", "user", "assistant", "human", "tool"}
)  # fmt: skip
_TAKEN = _LITERALS | _OURS


@dataclass(slots=True)
class Answer:
    """What a tool returns: text for the model, data for programs, pictures beside them."""

    text: str
    data: dict[str, Any]
    images: list[dict[str, Any]] = field(default_factory=list)
    #: For programs beside the model: hosts show it to nobody.
    meta: dict[str, Any] = field(default_factory=dict)

    def as_result(self) -> dict[str, Any]:
        """The result of tools/call."""
        content: list[dict[str, Any]] = [{"type": "text", "text": self.text}]
        content.extend(self.images)
        result = {"resultType": "complete", "content": content, "structuredContent": self.data}
        return {**result, "_meta": self.meta} if self.meta else result


#: Compact JSON in one line, Unicode kept. `json.dumps` would make an encoder for each value.
to_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def show(value: Any) -> str:
    """A value as the model reads it: numbers plain, strings bare unless they could be misread.

    The node 1 is `1` and the node "1" is `"1"`: what is shown can be copied into an argument.
    """
    if type(value) is str:
        return value if _BARE.fullmatch(value) and value.lower() not in _TAKEN else quoted(value)
    if type(value) is float or type(value) is int:
        return repr(value)
    return visible(to_json(value))


#: Names of columns that are shown bare: as SQL names what has no name (`count(*)`), and nothing that reads as words of ours.
_BARE_NAME = re.compile(r"[A-Za-z_\u00c0-\u024f][\w()*.+/%]{0,99}")


def show_name(name: str) -> str:
    """The name of a column that a caller or a graph chose; in quotes where it could be misread."""
    return name if _BARE_NAME.fullmatch(name) else quoted(name)


def show_as(name: str, value: Any) -> str:
    """A value of the column or fact `name`: computed scores in six digits, all else as `show` does."""
    if type(value) is float and name in _SCORES and abs(value) < 1e5:
        return f"{value:.6g}"
    return show(value)


def clip(value: Any) -> Any:
    """An attribute's value, or a note of its size when it is too long to show."""
    if type(value) is Deferred:
        # Four bytes are a character at most: what is longer is not decoded to be told so.
        if value.nbytes > 4 * MAX_VALUE_CHARACTERS or (value.kind == "json" and len(value.text) > MAX_VALUE_CHARACTERS):
            return str(value)
        value = value.value
    if isinstance(value, (list, dict)) and surely_longer(value, MAX_VALUE_CHARACTERS):
        return f"<over {MAX_VALUE_CHARACTERS} characters, not shown: GET /graphs/{{graph_id}} carries it>"
    if isinstance(value, str) and len(value) > MAX_VALUE_CHARACTERS:
        return f"<{len(value) + 2} characters, not shown: GET /graphs/{{graph_id}} carries it>"
    if isinstance(value, (str, list, dict)) and len(text := to_json(value)) > MAX_VALUE_CHARACTERS:
        return f"<{len(text)} characters, not shown: GET /graphs/{{graph_id}} carries it>"
    return value


def beginning(value: Any, most: int = MAX_VALUE_CHARACTERS) -> Any:
    """A computed value, or of a longer one the text, items or entries that fit into `most` characters of JSON."""
    if not isinstance(value, (str, list, dict)):
        return value
    # A character takes six in JSON at most, so of most texts that need not be made.
    if (type(value) is str and _JSON_PER_CHARACTER * len(value) + 2 <= most) or len(to_json(value)) <= most:
        return value
    if isinstance(value, str):
        return value[: max(most, 0) // _JSON_PER_CHARACTER] + "…"
    left = most - 2
    if isinstance(value, dict):
        entries: dict[str, Any] = {}
        for name, item in value.items():
            if (left := left - len(to_json({name: item}))) < 0:
                break
            entries[name] = item
        return entries
    items: list[Any] = []
    for item in value:
        if (left := left - len(to_json(item)) - 1) < 0:
            break
        items.append(item)
    return items or [beginning(value[0], most - 2)]


#: So many attributes with names and text so short fit whatever is in them: what most rows have, told without encoding.
_FEW, _SHORT = 10, 100
_SMALL = frozenset({int, float, bool, type(None)})


class Clipper:
    """Attributes as one answer shows them; it counts the nodes, edges and graphs of which it left some out."""

    def __init__(self) -> None:
        self.cut = 0
        #: Values that are too long to show.
        self.long = 0

    def __call__(self, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """A copy with long values clipped, as far as MAX_ATTRIBUTES_CHARACTERS reach."""
        if not attributes:
            return {}
        if len(attributes) <= _FEW and all(
            len(name) <= _SHORT and (type(value) in _SMALL or (type(value) is str and len(value) <= _SHORT))
            for name, value in attributes.items()
        ):
            return dict(attributes)
        shown: dict[str, Any] = {}
        left = MAX_ATTRIBUTES_CHARACTERS
        for name, value in attributes.items():
            clipped = clip(value)
            self.long += clipped is not value and type(clipped) is str and clipped[:1] == "<"
            if (left := left - len(to_json({name: clipped}))) < 0:
                self.cut += 1
                break
            shown[name] = clipped
        return shown

    def notes(self) -> list[str]:
        """What to tell the reader."""
        notes = []
        if self.cut:
            notes.append(f"Too many attributes to show at {self.cut} places: GET /graphs/{{graph_id}} carries all.")
        if self.long:
            notes.append(f"Values too long to show: {self.long}. GET /graphs/{{graph_id}} carries them.")
        return notes


def fitting(rows: Iterable[tuple[Row, str]], most: int = MAX_CHARACTERS) -> tuple[list[Row], list[str]]:
    """Of rows and their lines those that fit into `most` characters; at least one, if there is one.

    Of lines that are made as they are taken none is made behind the first that does not fit: this is work of the event loop.
    """
    kept: list[Row] = []
    lines: list[str] = []
    size = escaped = 0
    for row, line in rows:
        size += len(line) + 1
        # A message may be sent as ASCII: there a character of other scripts takes six, an emoji twelve.
        escaped += len(line) if line.isascii() else len(encode_basestring_ascii(line))
        if (size > most or escaped > most * _ESCAPED) and lines:
            break
        kept.append(row)
        lines.append(line)
    return kept, lines


def show_attributes(attributes: Mapping[str, Any]) -> str:
    """Attributes in one line: `weight=2 kind="has, comma"`."""
    if not attributes:  # of most nodes and edges
        return ""
    return " ".join(f"{show(name)}={show(value)}" for name, value in attributes.items())


def row_text(columns: Sequence[str], row: Sequence[Any]) -> tuple[list[Any], str]:
    """A row of a table as far as it is shown, and its line; a missing value (None) is `-`."""
    # A row may be longer than the header: tuples of networkx's need not be all alike.
    names = columns if len(columns) >= len(row) else [*columns, *[""] * (len(row) - len(columns))]
    shown: list[Any] = []
    texts: list[str] = []
    for name, value in zip(names, row, strict=False):
        kind = type(value)
        # Nearly all cells are numbers or short names: `beginning` has nothing to do there.
        if kind is int:
            cell, text = value, repr(value)
        elif kind is str and len(value) <= _SURELY_SHOWN:
            cell, text = value, show(value)
        elif kind is float:
            cell, text = value, show_as(name, value)
        else:
            cell, text = _cell(name, value)
        shown.append(cell)
        texts.append(text)
    return shown, "\t".join(texts)


def _cell(name: str, value: Any) -> tuple[Any, str]:
    """A value of the column `name` as far as it is shown, and its text."""
    if value is None:
        return None, "-"
    # The JSON whose length decides is the text, too: a list or an object is encoded once.
    if type(value) in (dict, list) and len(text := to_json(value)) <= MAX_VALUE_CHARACTERS:
        return value, visible(text)
    shown = beginning(value)
    return shown, show_as(name, shown)


def noted(notes: Iterable[str]) -> list[str]:
    """A line for each note; what a note repeats of a graph or a caller makes no line of its own."""
    return [f"note: {visible(note)}" for note in notes]


def more(shown: int, offset: int, total: int | None) -> str:
    """The line that says how to get the rest."""
    following = offset + shown
    left = f"{total - following} more" if total is not None else "there is more"
    return f"truncated: {left}; call again with offset={following}"
