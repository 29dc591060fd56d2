"""GraphML, read; what and how is said in `graphml`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import IO, Any, Final
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

import msgspec

from ..ids import NodeId
from ..sizes import named
from .common import FormatError, Options, Place
from .markup import Lines, parse_xml
from .sink import Convert, Sink, to_integer, to_text, with_ids

#: Elements inside each other; GraphML needs five.
_MAX_DEPTH = 64
JSON: Final = "networkx-mcp.json"
IDS: Final = "networkx-mcp.ids"
_INT: Final = re.compile(r"[+-]?[0-9]{1,400}")
_FLOAT: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_KINDS: Final = {
    "boolean": "boolean",
    "int": "int",
    "integer": "int",
    "long": "int",
    "float": "float",
    "double": "float",
    "real": "float",
    "string": "string",
}
#: Parent and element -> what begins.
_KNOWN: Final = {
    ("", "graphml"): "",
    ("graphml", "key"): "key",
    ("graphml", "graph"): "graph",
    ("graphml", "data"): "data",
    ("graphml", "desc"): "skip",
    ("key", "default"): "default",
    ("key", "desc"): "skip",
    ("graph", "node"): "node",
    ("graph", "edge"): "edge",
    ("graph", "data"): "data",
    ("graph", "desc"): "skip",
    ("node", "data"): "data",
    ("node", "desc"): "skip",
    ("edge", "data"): "data",
    ("edge", "desc"): "skip",
}
_REFUSED: Final = {
    "hyperedge": "hyperedges join more than two nodes, which a graph here cannot: split them into edges",
    "port": "ports are not kept: let edges end at nodes",
    "graph": "a graph inside a graph is not kept: take the nodes out of it",
}
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class _Key:
    scope: str
    name: str
    kind: str
    #: Graphics of yEd.
    graphics: bool


def parse(file: IO[bytes], options: Options, sink: Sink) -> None:
    """See the module."""
    options.finish()

    def run(convert: Convert | None) -> None:
        parse_xml(file, lambda place: _Handler(place, sink, convert), recoded=sink.recoded)

    if sink.ids_given is None:
        run(None)
    else:
        with_ids(file, sink, sink.ids_given, run)


class _Handler(ContentHandler):
    """What the parser tells, in order. Knows the line it is on."""

    def __init__(self, place: Lines, sink: Sink, convert: Convert | None) -> None:
        super().__init__()
        self._lines = place
        self._sink = sink
        self._told = convert
        self._convert: Convert = convert or to_text
        self._stack: list[str] = []
        self._keys: dict[str, _Key] = {}
        self._defaults: dict[str, dict[str, Any]] = {"node": {}, "edge": {}, "graph": {}}
        self._graphs = 0
        #: Depth of an element that is passed over, and all in it.
        self._skip = 0
        self._text: list[str] | None = None
        self._length = 0
        self._key: _Key | None = None
        #: Node or edge that is being read.
        self._ends: tuple[NodeId, ...] = ()
        self._began: Place = None
        self._attributes: dict[str, Any] = {}
        self._of_graph: dict[str, Any] = {}

    @property
    def line(self) -> int:
        """The present line."""
        return int(self._lines.getLineNumber() or 1)

    # -- events

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802
        name = name.rpartition(":")[2]
        parent = self._stack[-1] if self._stack else ""
        self._stack.append(name)
        if len(self._stack) > _MAX_DEPTH:
            raise FormatError(f"elements nest deeper than {_MAX_DEPTH}", self.line)
        if self._skip:
            if name in ("NodeLabel", "EdgeLabel") and self._key is not None:
                self._text = []
            return
        what = _KNOWN.get((parent, name))
        if what is None:
            if parent == "data" and self._key is not None and self._key.graphics:
                self._skip = len(self._stack)
                if name in ("NodeLabel", "EdgeLabel"):
                    self._text = []
                return
            raise FormatError(_REFUSED.get(name, f"<{name[:60]}> in <{parent[:60]}> is not GraphML"), self.line)
        if what == "skip":
            self._skip = len(self._stack)
        elif what:
            getattr(self, f"_begin_{what}")(attrs)

    def endElement(self, name: str) -> None:  # noqa: N802
        name = name.rpartition(":")[2]
        depth = len(self._stack)
        self._stack.pop()
        if self._skip:
            if name in ("NodeLabel", "EdgeLabel") and self._text is not None:
                label = "".join(self._text).strip()
                if label:
                    self._attributes.setdefault("label", label)
                self._text = None
            if depth == self._skip:
                self._skip = 0
            return
        if name in ("data", "default"):
            self._end_text(name == "default")
        elif name == "node":
            self._sink.node(self._ends[0], {**self._defaults["node"], **self._attributes}, place=self._began)
        elif name == "edge":
            attributes = {**self._defaults["edge"], **self._attributes}
            self._sink.edge(self._ends[0], self._ends[1], attributes, place=self._began)
        elif name == "key":
            self._key = None

    def characters(self, content: str) -> None:
        if self._text is not None:
            if not self._text:
                self._length = 0
            self._length += len(content)
            self._sink.limits.check_text(self._length, self.line, self._named())
            self._text.append(content)

    def _named(self) -> str:
        inside = self._stack[-2:-1]
        what = f"{named(*self._ends)}: " if inside in (["node"], ["edge"]) and self._ends else ""
        return f"{what}the value of attribute {self._key.name[:60]!r}" if self._key is not None else "one value"

    def endDocument(self) -> None:  # noqa: N802
        if not self._graphs:
            raise FormatError("there is no <graph> in the file", self.line)
        self._sink.builder.graph_attributes = {**self._defaults["graph"], **self._of_graph}

    # -- elements

    def _need(self, attrs: AttributesImpl, name: str, element: str) -> str:
        value: str | None = attrs.get(name)
        if value is None:
            raise FormatError(f"<{element}> has no {name}", self.line)
        return value

    def _begin_key(self, attrs: AttributesImpl) -> None:
        found = self._need(attrs, "id", "key")
        graphics = "yfiles.type" in attrs
        type_ = attrs.get("attr.type", "string")
        kind = _KINDS.get(type_)
        if kind is None and not graphics:
            raise FormatError(f"key {found!r} has type {type_!r}: use {', '.join(_KINDS)}"[:300], self.line)
        if attrs.get(JSON) == "true":
            kind = "json"
        self._key = _Key(attrs.get("for", "all"), attrs.get("attr.name", found), kind or "string", graphics)
        self._keys[found] = self._key

    def _begin_default(self, _: AttributesImpl) -> None:
        if self._key is not None and self._key.graphics:
            self._skip = len(self._stack)
            return
        self._text = []

    def _begin_graph(self, attrs: AttributesImpl) -> None:
        self._graphs += 1
        if self._graphs > 1:
            raise FormatError("a second <graph>: send one graph a file", self.line)
        direction = attrs.get("edgedefault")
        if direction is not None:
            if direction not in ("directed", "undirected"):
                raise FormatError(f"edgedefault is {direction[:60]!r}: use directed or undirected", self.line)
            self._sink.set_directed(direction == "directed", self.line)
        if self._told is None:
            mode = attrs.get(IDS, "string")
            if mode not in _CONVERT:
                raise FormatError(f"{IDS} is {mode[:60]!r}: use {', '.join(_CONVERT)}", self.line)
            self._convert = _CONVERT[mode]

    def _begin_node(self, attrs: AttributesImpl) -> None:
        self._began = self.line
        self._ends = (self._convert(self._need(attrs, "id", "node"), self._began),)
        self._attributes = {}

    def _begin_edge(self, attrs: AttributesImpl) -> None:
        self._began = self.line
        source, target = self._need(attrs, "source", "edge"), self._need(attrs, "target", "edge")
        self._ends = (self._convert(source, self._began), self._convert(target, self._began))
        self._attributes = {}
        if "sourceport" in attrs or "targetport" in attrs:
            raise FormatError(_REFUSED["port"], self._began)
        directed = attrs.get("directed")
        if directed is not None and (directed.lower() in ("true", "1")) != self._sink.builder.directed:
            raise FormatError("directed and undirected edges in one graph: make all of them one kind", self._began)
        if "id" in attrs:
            self._attributes["id"] = attrs["id"]

    def _begin_data(self, attrs: AttributesImpl) -> None:
        key = self._need(attrs, "key", "data")
        if key not in self._keys:
            raise FormatError(f"no <key> before this has the id {key[:60]!r}", self.line)
        self._key = self._keys[key]
        self._text = []

    def _end_text(self, default: bool) -> None:
        text, key = "".join(self._text or ()), self._key
        self._text = None
        if key is None or key.graphics:
            return
        value = self._value(key, text)
        if default:
            for scope in self._defaults:
                if key.scope in (scope, "all"):
                    self._defaults[scope][key.name] = value
            return
        self._key = None
        parent = self._stack[-1]
        if parent in ("node", "edge"):
            self._attributes[key.name] = value
        else:
            self._of_graph[key.name] = value

    def _value(self, key: _Key, text: str) -> Any:
        kind, bare = key.kind, text.strip()
        if kind == "string":
            return text
        if kind == "int" and _INT.fullmatch(bare):
            return int(bare)
        if kind == "float":
            if _FLOAT.fullmatch(bare):
                return float(bare)
            if bare.lower().lstrip("+-") in ("nan", "inf", "infinity"):
                raise FormatError(f"{key.name[:60]!r} is {bare}, which is no number of JSON: leave it out", self.line)
        if kind == "boolean" and bare.lower() in ("true", "false", "1", "0"):
            return bare.lower() in ("true", "1")
        if kind == "json":
            try:
                return _decode(bare)
            except (msgspec.DecodeError, RecursionError):
                pass
        raise FormatError(f"{key.name[:60]!r} is {bare[:60]!r}, which is no {kind}", self.line)


def _from_json(text: str, place: Place) -> NodeId:
    try:
        found = _decode(text)
    except (msgspec.DecodeError, RecursionError):
        found = None
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise FormatError(f"id {text[:60]!r} is no JSON text or integer", place)
    return found


def _integer(text: str, place: Place) -> NodeId:
    try:
        return to_integer(text, place)
    except FormatError as error:  # the file contradicts itself: no second try
        raise FormatError(error.reason, place) from None


_CONVERT: Final[dict[str, Convert]] = {"string": to_text, "integer": _integer, "json": _from_json}
