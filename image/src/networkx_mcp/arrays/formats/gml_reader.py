"""GML, read; what and how is said in `gml`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import name2codepoint
from typing import IO, Any, Final

from networkx_mcp.arrays.formats.common import FormatError, Options
from networkx_mcp.arrays.formats.sink import Convert, Sink, with_ids
from networkx_mcp.arrays.formats.text import lines_of
from networkx_mcp.arrays.ids import NodeId
from networkx_mcp.arrays.values import MAX_DEPTH

_TOKEN: Final = re.compile(
    r"""\s*(?:
    (?P<key>[A-Za-z][0-9A-Za-z_]*\b)
    |(?P<real>[+-]?(?:[0-9]*\.[0-9]+|[0-9]+\.[0-9]*)(?:[Ee][+-]?[0-9]+)?|[+-]?[0-9]+[Ee][+-]?[0-9]+|[+-]INF\b)
    |(?P<int>[+-]?[0-9]+)
    |"(?P<text>[^"]*)"
    |(?P<open>\[)
    |(?P<close>\])
    |(?P<end>\#.*|$)
    )""",
    re.VERBOSE,
)
_ENTITY: Final = re.compile(r"&(?:([0-9A-Za-z]+)|#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6}));")
#: Stands before the only item of a list; so networkx tells a list of one from a value.
LIST_START: Final = "_networkx_list_start"
#: The key of a node's attribute `label` where `label` is its name; written here alone, and read by others as it stands.
LABEL: Final = "networkx_mcp_label"
#: Longest run of lines that one quoted text may span.
_MAX_TEXT = 16 * 1024 * 1024

#: (kind, value, line); kinds: key, value, open, close, end.
_Token = tuple[str, Any, int]


def parse(file: IO[bytes], options: Options, sink: Sink) -> None:
    """See the module."""
    named_by = options.text("label")
    options.finish()
    sink.lists_nodes = True

    def run(convert: Convert | None) -> None:
        _Reader(_tokens(file), sink, named_by, convert).run()

    if sink.ids_given is None:  # types as they stand
        run(None)
    else:
        with_ids(file, sink, sink.ids_given, run)


def _tokens(file: IO[bytes]) -> Iterator[_Token]:
    number = 0
    lines = lines_of(file)
    for number, line in lines:
        text, at, first = line, 0, number
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                rest = text[at:].lstrip()
                if rest[:1] != '"':
                    raise FormatError(f"{rest[:40]!r} is no GML: texts stand in double quotes", number)
                # A text that goes on in the next line.
                pieces, size = [text[at:]], len(text)
                for number, more in lines:  # noqa: B007
                    pieces.append(more)
                    size += len(more)
                    if '"' in more or size > _MAX_TEXT:
                        break
                else:
                    raise FormatError("a quote is never closed", first)
                if size > _MAX_TEXT:
                    raise FormatError("a quoted text is too long, or never closed", first)
                text, at = "\n".join(pieces), 0
                continue
            at = found.end()
            kind = found.lastgroup
            value = found[kind] if kind else ""
            if kind == "key":
                yield "key", value, number
            elif kind == "text":
                yield "value", _text(value), number
            elif kind == "int":
                if len(value) > 400:
                    raise FormatError(f"an integer of {len(value)} digits", number)
                yield "value", int(value), number
            elif kind == "real":
                yield "value", float(value.replace("INF", "inf")), number
            elif kind in ("open", "close"):
                yield kind, value, number
            elif at < len(text):  # a comment or white space up to the end of a line among joined ones
                at = text.find("\n", at) + 1 or len(text)
    yield "end", None, number


def _text(raw: str) -> Any:
    if raw == "[]":  # as networkx writes an empty list
        return []
    return _ENTITY.sub(_character, raw) if "&" in raw else raw


def _character(found: re.Match[str]) -> str:
    name, decimal, hexadecimal = found.groups()
    code = name2codepoint.get(name, -1) if name else int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if 0 <= code < 0x110000 else found[0]


#: What is read for NaN.
_NOTHING: Final = object()


class _ValueSize:
    """Characters of JSON that the value of one attribute has at least, so far."""

    __slots__ = ("_key", "_sink", "_size")

    def __init__(self, key: str, sink: Sink) -> None:
        self._key, self._sink, self._size = key, sink, 0

    def take(self, size: int, line: int) -> None:
        """Raises LimitExceeded as soon as it has more than one value may have."""
        self._size += size
        self._sink.limits.check_text(self._size, line, f"the value of attribute {self._key[:60]!r}")


class _Reader:
    """Takes the tokens of one file, in order, and hands nodes and edges over as soon as they are known."""

    def __init__(self, tokens: Iterator[_Token], sink: Sink, named_by: str | None, convert: Convert | None) -> None:
        self._next = tokens.__next__
        self._sink = sink
        self._convert = convert
        #: The key that names nodes; None: `label`, or `id` where the first node has no label.
        self._named_by = named_by
        self._multigraph = False
        self._names: dict[Any, NodeId] = {}
        self._labels: set[NodeId] = set()
        #: Edges that came before one of their nodes, and all after them: nodes come first.
        self._waiting: list[tuple[Any, Any, dict[str, Any], int]] = []
        self._attributes: dict[str, Any] = {}
        self._edges = 0

    def run(self) -> None:
        graphs = 0
        while True:
            kind, value, line = self._next()
            if kind == "end":
                break
            if kind != "key":
                raise FormatError("a key such as graph was expected here", line)
            if value == "graph":
                graphs += 1
                if graphs > 1:
                    raise FormatError("a second graph: send one graph a file", line)
                self._expect_open("graph")
                self._graph()
            else:  # Creator, Version, comment
                self._value(0, _ValueSize(value, self._sink))
        if not graphs:
            raise FormatError("there is no graph [ ... ] in the file")
        for source, target, attributes, line in self._waiting:
            for end in (source, target):
                if end not in self._names:
                    raise FormatError(f"no node has the id {end!r}", line)
            self._sink.edge(self._names[source], self._names[target], attributes, place=line)
        self._sink.builder.graph_attributes = self._attributes

    def _expect_open(self, key: str) -> int:
        kind, _, line = self._next()
        if kind != "open":
            raise FormatError(f"[ is missing after {key}", line)
        return line

    def _graph(self) -> None:
        found: dict[str, list[Any]] = {}
        sizes: dict[str, _ValueSize] = {}
        while True:
            kind, key, line = self._next()
            if kind == "close":
                break
            if kind != "key":
                raise FormatError(
                    "a key or ] was expected here" if kind != "end" else "a ] is missing at the end", line
                )
            if key == "node":
                self._expect_open(key)
                self._node(self._object(1), line)
            elif key == "edge":
                self._expect_open(key)
                self._edge(self._object(1), line)
            else:
                value = self._value(1, self._size_of(sizes, key))
                if key in ("directed", "multigraph"):
                    if not isinstance(value, int) or value not in (0, 1):
                        raise FormatError(f"{key} is 0 or 1, not {value!r}"[:200], line)
                    if key == "directed":
                        self._sink.set_directed(value == 1, line)
                    else:
                        self._multigraph = value == 1
                elif value is not _NOTHING:
                    found.setdefault(key, []).append(value)
        self._attributes = _plain(found)

    def _node(self, node: dict[str, Any], line: int) -> None:
        key = node.pop("id", None)
        if not isinstance(key, int | str):
            raise FormatError("the node has no id (a number)", line)
        if key in self._names:
            raise FormatError(f"two nodes have the id {key!r}"[:200], line)
        if self._named_by is None:
            self._named_by = "label" if "label" in node else "id"
        name: Any = key
        if self._named_by != "id":
            name = node.pop(self._named_by, None)
            if name == []:
                name = "[]"  # networkx writes such a label as any other
            shown = self._named_by[:60]
            if isinstance(name, float) and name.is_integer():
                name = int(name)
            if not isinstance(name, int | str):
                raise FormatError(f"the node has no {shown}, others have one: use option label=id", line)
            if name in self._labels:
                raise FormatError(f"two nodes have the {shown} {str(name)[:60]!r}: use option label=id", line)
            self._labels.add(name)
        if self._convert is not None:
            name = self._convert(str(name), line)
        if LABEL in node and "label" not in node:
            node["label"] = node.pop(LABEL)
        self._names[key] = name
        self._sink.node(name, node, place=line)

    def _edge(self, edge: dict[str, Any], line: int) -> None:
        source, target = edge.pop("source", None), edge.pop("target", None)
        if not isinstance(source, int | str) or not isinstance(target, int | str):
            raise FormatError("the edge has no source or no target", line)
        self._edges += 1
        if self._multigraph:
            edge.pop("key", None)
        if not self._sink.repeats_allowed:
            self._sink.limits.check_edges(self._edges)
        if self._waiting or source not in self._names or target not in self._names:
            self._waiting.append((source, target, edge, line))
        else:
            self._sink.edge(self._names[source], self._names[target], edge, place=line)

    def _size_of(self, sizes: dict[str, _ValueSize], key: str) -> _ValueSize:
        """That of an attribute: all that stands under one key is one value."""
        size = sizes.get(key)
        if size is None:
            size = sizes[key] = _ValueSize(key, self._sink)
        return size

    def _object(self, depth: int, size: _ValueSize | None = None) -> dict[str, Any]:
        """The pairs up to the closing bracket. `size`: of the attribute that they are in, None where they are attributes."""
        found: dict[str, list[Any]] = {}
        sizes: dict[str, _ValueSize] = {}
        while True:
            kind, key, line = self._next()
            if kind == "close":
                return _plain(found)
            if kind != "key":
                raise FormatError(
                    "a key or ] was expected here" if kind != "end" else "a ] is missing at the end", line
                )
            if size is not None and key not in found:
                size.take(len(key) + 3, line)  # quotes and colon
            inside = size if size is not None else self._size_of(sizes, key)
            value = self._value(depth, inside)
            if value is not _NOTHING:
                found.setdefault(key, []).append(value)

    def _value(self, depth: int, size: _ValueSize) -> Any:
        kind, value, line = self._next()
        if kind == "value":
            size.take(len(value) + 2 if isinstance(value, str) else 1, line)
            return value
        if kind == "open":
            if depth > MAX_DEPTH:
                raise FormatError(f"objects nest deeper than {MAX_DEPTH}", line)
            size.take(2, line)
            return self._object(depth + 1, size)
        if kind == "key":
            if value.lower() == "nan":
                self._sink.reading.missing_values += 1
                return _NOTHING
            if value.lower() in ("inf", "infinity"):
                raise FormatError(f"{value} is no number of JSON: leave the value out", line)
            self._sink.reading.note("texts without quotes were read as texts")
            size.take(len(value) + 2, line)
            return value
        raise FormatError("a value was expected here: a number, a text in quotes or [ ... ]", line)


def _plain(found: dict[str, list[Any]]) -> dict[str, Any]:
    """Keys that stood once are values, others lists."""
    result: dict[str, Any] = {}
    for key, values in found.items():
        if len(values) == 1:
            result[key] = values[0]
        else:
            result[key] = values[1:] if values[0] == LIST_START else values
    return result
