"""What the formats share: options, limits, errors that name a line, ids out of text, and the sink."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Literal, NoReturn

import pyarrow as pa
import pyarrow.compute as pc

from ...errors import InvalidInput, LimitExceeded
from ..builder import DuplicateEdge, GraphBuilder
from ..frozen import FrozenGraph
from ..ids import NodeId

#: Beginnings of compressed files, which are refused: a few bytes of one may inflate to gigabytes.
_COMPRESSED = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
#: Longest line of a text format, in bytes.
MAX_LINE_BYTES = 16 * 1024 * 1024
#: Rows that a writer gathers before it hands them on.
WRITE_ROWS = 4096

Ids = Literal["auto", "string", "integer"]


class FormatError(InvalidInput):
    """A file that does not keep to its format; data: `field` ("file"), `line` (from 1) where there are lines."""

    def __init__(self, message: str, line: int | None = None) -> None:
        where = f"line {line}: " if line is not None else ""
        data: dict[str, Any] = {"line": line} if line is not None else {}
        super().__init__(f"{where}{message}; nothing was changed", field="file", **data)


@dataclass(frozen=True, slots=True)
class ParseLimits:
    """Most nodes, edges and bytes of a file."""

    nodes: int
    edges: int
    bytes: int

    def check_file(self, file: IO[bytes]) -> None:
        """Raises LimitExceeded for a file that is too large, FormatError for a compressed one."""
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
        head = file.read(8)
        file.seek(start)
        for magic, name in _COMPRESSED.items():
            if head.startswith(magic):
                raise FormatError(f"this is a {name} file: send it uncompressed, or use format parquet or arrow")

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
            f"the file has more than {most} {what} ({setting})",
            limit=what,
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
        if value is None or (isinstance(value, str) and (allowed is None or value in allowed)):
            return value
        raise InvalidInput(
            f"option {name} is {value!r}: use {', '.join(allowed) if allowed else 'text'}", field=f"options.{name}"
        )

    def flag(self, name: str, default: bool | None = None) -> bool | None:
        """A true-or-false option."""
        self._known.append(name)
        value = self._left.pop(name, default)
        if value is None or isinstance(value, bool):
            return value
        raise InvalidInput(f"option {name} is {value!r}: use true or false", field=f"options.{name}")

    def finish(self) -> None:
        """Raises InvalidInput for an option that nobody took."""
        for name in self._left:
            raise InvalidInput(
                f"option {name!r} is unknown here; the options are {', '.join(sorted(set(self._known)))}",
                field=f"options.{name}",
            )


class Sink:
    """Takes the graph that a parser reads: builder, limits, and the line of each edge.

    The options that all formats share are read here.
    """

    def __init__(self, limits: ParseLimits, options: Options) -> None:
        self.limits = limits
        self._directed = options.flag("directed")
        duplicates = options.text("duplicates", "error", ("error", "update", "skip"))
        self.ids: Ids = options.text("ids", "auto", ("auto", "string", "integer"))  # type: ignore[assignment]
        self._exact = duplicates == "error"
        self.builder = GraphBuilder(bool(self._directed), duplicates=duplicates)  # type: ignore[arg-type]
        self._lines = array("q")

    def set_directed(self, directed: bool, line: int | None = None) -> None:
        """What the file itself says. Raises FormatError where the option says otherwise."""
        if self._directed is not None and self._directed != directed:
            kind = "directed" if directed else "undirected"
            raise FormatError(f"the file says it is {kind}, the option directed says otherwise: leave it out", line)
        self.builder.directed = directed

    def node(self, node: NodeId, attributes: Mapping[str, Any] | None = None, *, line: int | None = None) -> None:
        """Add one node."""
        try:
            self.builder.add_node(node, attributes)
        except InvalidInput as error:
            raise FormatError(_plain(error), line) from None
        self.limits.check_nodes(self.builder.nodes_given)

    def edge(
        self, u: NodeId, v: NodeId, attributes: Mapping[str, Any] | None = None, *, line: int | None = None
    ) -> None:
        """Add one edge."""
        try:
            self.builder.add_edge(u, v, attributes)
        except InvalidInput as error:
            raise FormatError(_plain(error), line) from None
        self._came(1)
        self._lines.append(line or 0)

    def edges(
        self,
        sources: Any,
        targets: Any,
        columns: Mapping[str, Any] | None = None,
        *,
        lines: Iterable[int] | None = None,
    ) -> None:
        """Add columns of edges; `lines` are theirs."""
        try:
            self.builder.add_edges(sources, targets, columns)
        except InvalidInput as error:
            raise FormatError(_plain(error)) from None
        if lines is not None:
            self._lines.extend(lines)
        self._came(0)

    def nodes(self, ids: Any, columns: Mapping[str, Any] | None = None) -> None:
        """Add columns of nodes."""
        try:
            self.builder.add_nodes(ids, columns)
        except InvalidInput as error:
            raise FormatError(_plain(error)) from None
        self.limits.check_nodes(self.builder.nodes_given)

    def _came(self, _: int) -> None:
        # Repeated edges may be allowed; then only the finished graph tells how many there are.
        if self._exact:
            self.limits.check_edges(self.builder.edges_given)

    def freeze(self) -> FrozenGraph:
        """The finished graph. Raises FormatError with the line of a repeated edge, LimitExceeded."""
        try:
            graph = self.builder.freeze()
        except DuplicateEdge as error:
            second = error.data["second"]
            line = self._lines[second] if second < len(self._lines) else 0
            u, v = error.data["edge"]
            first = self._lines[error.data["first"]] if line else 0
            before = f" (first on line {first})" if first and first != line else ""
            raise FormatError(
                f"the edge {u!r} - {v!r} stands twice{before}; parallel edges are not kept: remove one, or use option "
                "duplicates=update (merge attributes) or duplicates=skip",
                line or None,
            ) from None
        except InvalidInput as error:
            raise FormatError(_plain(error)) from None
        self.limits.check_nodes(graph.n)
        self.limits.check_edges(graph.m)
        return graph


def _plain(error: InvalidInput) -> str:
    return error.message.rstrip(".")


def lines_of(file: IO[bytes]) -> Iterator[tuple[int, str]]:
    """Numbered lines (from 1) of UTF-8 text, without line ends; a byte order mark is passed over."""
    number = 0
    while raw := file.readline(MAX_LINE_BYTES):
        number += 1
        if len(raw) >= MAX_LINE_BYTES:
            raise FormatError(f"the line is longer than {MAX_LINE_BYTES} bytes", number)
        try:
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise FormatError(f"not UTF-8 text ({error.reason} at byte {error.start} of the line)", number) from None
        if "\0" in text:
            raise FormatError("a NUL character: this is no text file", number)
        yield number, text.rstrip("\r\n")


def text_ids(column: pa.Array, mode: Ids) -> pa.Array:
    """A column of text as ids: integers under `integer`, and under `auto` where every one is one.

    An integer is what Python prints for one: `7` and `-7`, not `07`, `+7` or `7.0`. The decision is
    made for all ids of a file together, so `1` and `"1"` cannot both come out of one.
    """
    if mode == "string" or not len(column):
        return column
    whole = pc.match_substring_regex(column, r"^(0|-?[1-9][0-9]{0,18})$")
    if pc.all(whole).as_py():
        try:
            return column.cast(pa.int64())
        except pa.ArrowInvalid:
            if mode == "auto":
                return column
            raise FormatError("an id is beyond the 64-bit integers: use option ids=string") from None
    if mode == "integer":
        row = pc.index(whole, False).as_py()
        raise FormatError(f"id {column[row].as_py()!r} is no integer: use option ids=string")
    return column


def split_ids(sources: list[str], targets: list[str], mode: Ids) -> tuple[pa.Array, pa.Array]:
    """Sources and targets as ids, decided together."""
    both = text_ids(pa.array(sources + targets, pa.string()), mode)
    return both.slice(0, len(sources)), both.slice(len(sources))


def bare_id(node: NodeId, format_: str) -> str:
    """An id in a format that separates ids by white space and begins comments with `#`."""
    text = str(node)
    if isinstance(node, str) and (not text or text[0] == "#" or any(c.isspace() or not c.isprintable() for c in text)):
        raise InvalidInput(
            f"node {node!r} cannot stand in format {format_}: an id there has no white space and does not begin with #. "
            "Use csv, node-link or parquet.",
            field="format",
        )
    return text


def chunks(pieces: Iterable[str]) -> Iterator[bytes]:
    """Text in UTF-8, in chunks of some thousand pieces."""
    held: list[str] = []
    for piece in pieces:
        held.append(piece)
        if len(held) >= WRITE_ROWS:
            yield "".join(held).encode()
            held.clear()
    if held:
        yield "".join(held).encode()
