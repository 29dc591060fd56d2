"""DOT, read; what and how is said in `dot`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import IO, Any, Final

import pyarrow as pa

from networkx_mcp.arrays.formats.common import FormatError, Options, counted
from networkx_mcp.arrays.formats.encoding import not_utf8
from networkx_mcp.arrays.formats.sink import Sink
from networkx_mcp.arrays.formats.text import text_ids

#: Subgraphs inside each other.
_MAX_DEPTH: Final = 64
_TOKEN: Final = re.compile(
    r"""(?:[\s\ufeff]+|//[^\n]*|/\*.*?\*/|^\#[^\n]*)*+(?:
    (?P<number>-?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?))(?![A-Za-z_0-9.\x80-\U0010ffff])
    |(?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z_0-9\x80-\U0010ffff]*)
    |"(?P<text>[^"\\]*+(?:\\.[^"\\]*+)*+)"
    |(?P<edge>->|--)
    |(?P<mark>[{}\[\];,=:+])
    |(?P<html><)
    |(?P<end>\Z)
    )""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_ESCAPE: Final = re.compile(r"\\(\\|\"|\r?\n)")
#: Text that is read as a number where others of the same attribute are numbers: pydot has quotes around those below 0, and
#: DOT asks for them around exponents.
NUMERAL: Final = re.compile(r"-?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_ANGLE: Final = re.compile("[<>]")
_KEYWORDS: Final = frozenset({"node", "edge", "graph", "digraph", "subgraph", "strict"})
#: Kinds of tokens that may be a name or a value.
_ID_KINDS: Final = ("number", "word", "text", "html")

#: Most characters of a number.
_MAX_DIGITS: Final = 400

#: (kind, value, place in the text); an id is of one of _ID_KINDS.
_Token = tuple[str, str, int]


def parse(file: IO[bytes], options: Options, sink: Sink) -> None:
    """See the module. Raises FormatError."""
    options.finish()
    data = file.read()
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise FormatError(not_utf8(error), data.count(b"\n", 0, error.start) + 1) from None
    _Reader(text, sink).run()


class _Joined(str):
    """A text that was joined by +, and stays text."""

    __slots__ = ()


@dataclass
class _Scope:
    """A graph or subgraph that is being read: the defaults in it, and its nodes."""

    node: dict[str, Any]
    edge: dict[str, Any]
    nodes: dict[str, None] = field(default_factory=dict)


class _Reader:
    def __init__(self, text: str, sink: Sink) -> None:
        self._text = text
        self._sink = sink
        self._at = 0
        self._line_at, self._line = 0, 1
        self._directed = self._strict = False
        self._nodes: dict[str, dict[str, Any]] = {}
        self._sources: list[str] = []
        self._targets: list[str] = []
        self._edges: list[dict[str, Any]] = []
        self._lines: list[int] = []
        self._positions: dict[tuple[str, str], int] = {}
        self._merged = self._passed = self._made = 0
        self._attributes: dict[str, Any] = {}
        self._token: _Token = ("", "", 0)

    # -- tokens

    def _place(self, at: int) -> int:
        """The line of a place; places are asked for in order, or nearly."""
        if at < self._line_at:
            return self._line
        self._line += self._text.count("\n", self._line_at, at)
        self._line_at = at
        return self._line

    def _next(self) -> _Token:
        """Take a token; the next one is `_token`."""
        taken = self._token
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            start = self._at + len(self._text[self._at :][:1000]) - len(self._text[self._at :][:1000].lstrip())
            raise FormatError(f"{self._text[start : start + 40]!r} is no DOT", self._place(start))
        kind = found.lastgroup or ""
        start, self._at = found.start(kind), found.end()
        if kind == "html":
            self._token = ("html", self._html(start), start)
        elif kind == "text":
            value = found[kind]
            self._token = (kind, _ESCAPE.sub(_escaped, value) if "\\" in value else value, start)
        else:
            self._token = (kind, found[kind], start)
        return taken

    def _html(self, start: int) -> str:
        """The text between < and the > that closes it."""
        depth = 0
        for found in _ANGLE.finditer(self._text, start):
            depth += 1 if found[0] == "<" else -1
            if not depth:
                self._at = found.end()
                return self._text[start : self._at]
        raise FormatError("a < is never closed", self._place(start))

    def _is(self, *values: str) -> bool:
        """Whether the next token is one of these marks."""
        return self._token[0] in ("mark", "edge") and self._token[1] in values

    def _is_word(self, *values: str) -> bool:
        return self._token[0] == "word" and self._token[1].lower() in values

    def _fail(self, expected: str) -> FormatError:
        kind, value, at = self._token
        shown = "the end of the file" if kind == "end" else repr(value[:40])
        return FormatError(f"{expected} was expected here, not {shown}", self._place(at))

    def _expect(self, mark: str) -> None:
        if not self._is(mark):
            raise self._fail(mark)
        self._next()

    def _id(self, what: str) -> tuple[str, str]:
        """(kind, text) of a name or value; texts may be joined by +."""
        if self._token[0] not in _ID_KINDS or self._is_word(*_KEYWORDS):
            raise self._fail(what)
        kind, value, at = self._next()
        if kind == "text" and self._is("+"):
            parts = [value]
            while self._is("+"):
                self._next()
                if self._token[0] != "text":
                    raise self._fail("a text in quotes")
                parts.append(self._next()[1])
            kind, value = "joined", "".join(parts)
        self._sink.limits.check_text(len(value), self._place(at), what)
        return kind, value

    # -- statements

    def run(self) -> None:
        """Read the file and hand the graph over. Raises FormatError."""
        self._next()
        if self._is_word("strict"):
            self._strict = True
            self._next()
        if not self._is_word("graph", "digraph"):
            raise self._fail("graph or digraph")
        line = self._place(self._token[2])
        self._directed = self._next()[1].lower() == "digraph"
        self._sink.set_directed(self._directed, line)
        name = None if self._is("{") else self._id("a name")[1]
        self._expect("{")
        self._statements(_Scope({}, {}), 0)
        if self._token[0] != "end":
            raise FormatError("something follows the graph: send one graph a file", self._place(self._token[2]))
        if name:
            self._attributes = {"name": name, **self._attributes}
        self._hand_over()

    def _statements(self, scope: _Scope, depth: int) -> None:
        """All up to the closing brace, which is taken."""
        while not self._is("}"):
            if self._is(";"):
                self._next()
            elif self._is_word("graph", "node", "edge"):
                kind = self._next()[1].lower()
                found = self._brackets()
                if kind == "graph":
                    self._of_graph(found, depth)
                else:
                    target = scope.node if kind == "node" else scope.edge
                    target |= found
            elif self._token[0] in _ID_KINDS and not self._is_word("subgraph"):
                _, name = self._id("a name")
                if self._is("="):
                    self._next()
                    self._of_graph({name: self._value()}, depth)
                else:
                    self._chain(name, scope, depth)
            elif self._is("{") or self._is_word("subgraph"):
                self._chain(None, scope, depth)
            else:
                raise self._fail("a node, an edge or }")
        self._next()

    def _of_graph(self, found: dict[str, Any], depth: int) -> None:
        if depth:
            self._passed += len(found)
        else:
            self._attributes |= found

    def _chain(self, name: str | None, scope: _Scope, depth: int) -> None:
        """A node, or edges between nodes and subgraphs. `name`: of the first node, which is taken already."""
        line = self._place(self._token[2])
        ends = [self._end(name, scope, depth)]
        while self._is("->", "--"):
            if self._is("->") != self._directed:
                kind = "directed: its edges are ->" if self._directed else "undirected: its edges are --"
                raise FormatError(f"the graph is {kind}", self._place(self._token[2]))
            self._next()
            following = None if self._is("{") or self._is_word("subgraph") else self._id("a node")[1]
            ends.append(self._end(following, scope, depth))
        found = self._brackets()
        if len(ends) == 1:
            if name is not None:
                self._nodes[name] |= found
            return
        attributes = {**scope.edge, **found}
        for (tails, tail_port), (heads, head_port) in pairwise(ends):
            # Between subgraphs there are more edges than characters: none is made past the limit, nor where repeated ones
            # may go past it, more than a file could spell out.
            self._made += len(tails) * len(heads)
            if self._made > (len(self._text) if self._strict or self._sink.repeats_allowed else 0):
                self._sink.limits.check_edges(self._made)
            ports = {key: port for key, port in (("tailport", tail_port), ("headport", head_port)) if port}
            for tail in tails:
                for head in heads:
                    self._edge(tail, head, {**attributes, **ports}, line)

    def _end(self, name: str | None, scope: _Scope, depth: int) -> tuple[list[str], str]:
        """The nodes of one end, and its port."""
        if name is None:
            if depth >= _MAX_DEPTH:
                raise FormatError(f"subgraphs nest deeper than {_MAX_DEPTH}", self._place(self._token[2]))
            if self._is_word("subgraph"):
                self._next()
                if not self._is("{"):
                    self._id("a name")
            self._expect("{")
            inner = _Scope(dict(scope.node), dict(scope.edge))
            self._statements(inner, depth + 1)
            scope.nodes |= inner.nodes
            return list(inner.nodes), ""
        port: list[str] = []
        while self._is(":") and len(port) < 2:
            self._next()
            port.append(self._id("a port")[1])
        if name not in self._nodes:
            self._nodes[name] = dict(scope.node)
            self._sink.limits.check_nodes(len(self._nodes))
        scope.nodes[name] = None
        return [name], ":".join(port)

    def _edge(self, tail: str, head: str, attributes: dict[str, Any], line: int) -> None:
        if self._strict:
            key = (tail, head) if self._directed or tail <= head else (head, tail)
            at = self._positions.setdefault(key, len(self._edges))
            if at < len(self._edges):
                self._edges[at] |= attributes
                self._merged += 1
                return
            self._sink.limits.check_edges(at + 1)
        self._sources.append(tail)
        self._targets.append(head)
        self._edges.append(attributes)
        self._lines.append(line)

    def _brackets(self) -> dict[str, Any]:
        """The attributes in brackets, if any follow."""
        found: dict[str, Any] = {}
        while self._is("["):
            self._next()
            while not self._is("]"):
                name = self._id("the name of an attribute")[1]
                if self._is("="):
                    self._next()
                    found[name] = self._value()
                else:  # as Graphviz has it
                    found[name] = "true"
                if self._is(",", ";"):
                    self._next()
            self._next()
        return found

    def _value(self) -> Any:
        at = self._token[2]
        kind, value = self._id("a value")
        if kind == "joined":
            return _Joined(value)
        if kind != "number":
            return value
        if len(value) > _MAX_DIGITS:
            raise FormatError(f"a number of {len(value)} digits", self._place(at))
        number = _number(value)
        if not math.isfinite(number):
            raise FormatError("a number is too large for JSON", self._place(at))
        return number

    # -- the graph

    def _hand_over(self) -> None:
        sink = self._sink
        sink.builder.graph_attributes = self._attributes
        for rows in (list(self._nodes.values()), self._edges, [self._attributes]):
            _settle(rows)
        names = list(self._nodes)
        column = text_ids(pa.chunked_array([pa.array(names, pa.string())]), sink.ids, sink.reading)
        ids = dict(zip(names, column.to_pylist(), strict=True))
        for name, attributes in self._nodes.items():
            sink.node(ids[name], attributes)
        for tail, head, attributes, line in zip(self._sources, self._targets, self._edges, self._lines, strict=True):
            sink.edge(ids[tail], ids[head], attributes, place=line)
        if self._merged:
            sink.reading.note(
                f"{counted(self._merged, 'repeated edge')} merged: the graph is strict, and later attributes count"
            )
        if self._passed:
            sink.reading.note(f"{counted(self._passed, 'attribute', ' of subgraphs')} passed over")


def _number(text: str) -> int | float:
    return int(text) if re.fullmatch(r"-?[0-9]+", text, re.ASCII) else float(text)


def _is_numeral(value: str) -> bool:
    return (
        type(value) is str
        and len(value) <= _MAX_DIGITS
        and NUMERAL.fullmatch(value) is not None
        and math.isfinite(float(value))
    )


def _settle(rows: list[dict[str, Any]]) -> None:
    """Make numbers of the numbers in quotes, where all other values of the attribute are numbers and one is without quotes."""
    bare = {name for row in rows for name, value in row.items() if type(value) in (int, float)}
    text = {
        name
        for row in rows
        for name, value in row.items()
        if name in bare and isinstance(value, str) and not _is_numeral(value)
    }
    for row in rows:
        for name, value in row.items():
            if type(value) is str and name in bare and name not in text:
                row[name] = _number(value)
            elif type(value) is _Joined:
                row[name] = str(value)


def _escaped(found: re.Match[str]) -> str:
    """Of escapes DOT knows the quote and the end of a line, which goes; two backslashes stay two."""
    return '"' if found[1] == '"' else found[0] if found[1] == "\\" else ""
