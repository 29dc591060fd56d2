"""What the formats share: errors that name a place in the file, limits, and options."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO, Any, Literal, NamedTuple, NoReturn, TypeAlias

import pyarrow as pa

from networkx_mcp.errors import InvalidInput, LimitExceeded

Ids: TypeAlias = Literal["auto", "string", "integer"]
#: A file, read from its present position.
File: TypeAlias = IO[bytes]
#: Where in a file: a line (from 1), or in words where there are no lines ("row 7").
Place: TypeAlias = int | str | None


class FormatError(InvalidInput):
    """A file that does not keep to its format; data: `field` ("file"), `line` (from 1) where there are lines."""

    def __init__(self, message: str, place: Place = None) -> None:
        #: What is wrong, without the place.
        self.reason = message
        data: dict[str, Any] = {"line": place} if isinstance(place, int) else {}
        super().__init__(f"{where(place)}{message}; nothing was changed", field="file", **data)


class NotInteger(FormatError):
    """An id that is no integer, where ids are to be integers."""

    def __init__(self, problem: str, place: Place = None, hint: str = "use option ids=string") -> None:
        self.problem_of_id, self.place = problem, place
        super().__init__(f"{problem}: {hint}", place)


def where(place: Place) -> str:
    """A place as a message begins with it."""
    return "" if place is None else f"line {place}: " if isinstance(place, int) else f"{place}: "


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known of a file beside its bytes: its name, and the encoding of its text; empty where it is not."""

    filename: str = ""
    encoding: str = ""


#: Makes another table of one: its schema, and its batches as they are taken.
Shape: TypeAlias = "Callable[[pa.Table], AbstractContextManager[tuple[pa.Schema, Iterator[pa.RecordBatch]]]]"


class Into(NamedTuple):
    """What is known of the graph that a file is merged into."""

    directed: bool
    #: What its ids are, and so those of a file without types: `auto` where both are there, or none.
    ids: Ids = "auto"


def counted(count: int, what: str, of: str = "") -> str:
    """`3 edges were`, `1 value of 'x' was`: a number, its noun, what that is of, and the verb."""
    return f"1 {what}{of} was" if count == 1 else f"{count} {what}s{of} were"


@dataclass(frozen=True, slots=True)
class ParseLimits:
    """Most nodes, edges and bytes of a file, and bytes of JSON of one attribute value (None: as many as the file has)."""

    nodes: int
    edges: int
    bytes: int
    value: int | None = None

    def check_file(self, file: File) -> None:
        """Raises LimitExceeded for a file that is too large."""
        start = file.tell()
        size = file.seek(0, os.SEEK_END) - start
        file.seek(start)
        if size > self.bytes:
            raise LimitExceeded(
                f"the file has {size} bytes; at most {self.bytes} are allowed (limits.upload_mb)",
                limit="upload",
                setting="limits.upload_mb",
                maximum=self.bytes,
                actual=size,
            )

    def check_text(self, size: int, place: Place = None, what: str = "one value") -> None:
        """Raises LimitExceeded where `what` of the file goes on for more than `value` characters: for parsers, which need not
        gather the rest of it. What a value has as JSON, with quotes and escapes, the builder checks."""
        if self.value is not None and size > self.value:
            line: dict[str, Any] = {"line": place} if isinstance(place, int) else {}
            raise LimitExceeded(
                f"{where(place)}{what} has more than {self.value // 1024} KiB (limits.value_kib); nothing was changed",
                limit="value",
                setting="limits.value_kib",
                maximum=self.value,
                **line,
            )

    def check_nodes(self, nodes: int) -> None:
        """Raises LimitExceeded."""
        if nodes > self.nodes:
            self._exceeded("nodes", "limits.graph_nodes", self.nodes, nodes)

    def check_edges(self, edges: int) -> None:
        """Raises LimitExceeded."""
        if edges > self.edges:
            self._exceeded("edges", "limits.graph_edges", self.edges, edges)

    def _exceeded(self, what: str, setting: str, most: int, actual: int) -> NoReturn:
        raise LimitExceeded(
            f"the file has more than {most} {what} ({setting}). "
            "Split it into several graphs, or ask the operator to raise the limit",
            limit=f"graph_{what}",
            setting=setting,
            maximum=most,
            actual=actual,
        )


class Options:
    """Options as the caller gave them. Each is taken once by who knows it; `finish` refuses the rest."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._left = dict(given)
        self._known: list[str] = []

    def text(self, name: str, default: str | None = None, allowed: Sequence[str] | None = None) -> str | None:
        """A text option."""
        self._known.append(name)
        value = self._left.pop(name, default)
        if isinstance(value, bool):  # in a query `true` is a word like any other
            value = "true" if value else "false"
        if value is None or (isinstance(value, str) and (allowed is None or value in allowed)):
            return value
        raise InvalidInput(
            f"option {name} is {value!r}: use {', '.join(allowed) if allowed else 'text'}", field=f"options.{name}"
        )

    def flag(self, name: str, default: bool | None = None) -> bool | None:
        """A true-or-false option."""
        self._known.append(name)
        value = self._left.pop(name, default)
        value = {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value
        if value is None or isinstance(value, bool):
            return value
        raise InvalidInput(f"option {name} is {value!r}: use true or false", field=f"options.{name}")

    def separator(self) -> str | None:
        """The option `delimiter`: one character that separates cells."""
        value = self.text("delimiter")
        if value is not None and (len(value) != 1 or not value.isascii() or value in '\r\n"\0'):
            raise InvalidInput(
                f"option delimiter is {value!r}: use one ASCII character, such as , ; or a tab",
                field="options.delimiter",
            )
        return value

    def finish(self) -> None:
        """Raises InvalidInput for an option that nobody took."""
        for name in self._left:
            raise InvalidInput(
                f"option {name!r} is unknown here; the options are {', '.join(sorted(set(self._known)))}",
                field=f"options.{name}",
            )
