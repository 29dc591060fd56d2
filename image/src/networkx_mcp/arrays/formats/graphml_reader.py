"""GraphML, read; what and how is said in `graphml`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import IO, Any, Final
from xml.sax.xmlreader import AttributesImpl

from networkx_mcp.arrays.formats.common import FormatError, Options, Place, counted
from networkx_mcp.arrays.formats.markup import IDS, JSON, NOTHING, Elements, Lines, json_id, parse_xml, scalar
from networkx_mcp.arrays.formats.sink import Convert, Sink, to_integer, to_text, with_ids
from networkx_mcp.arrays.ids import NodeId
from networkx_mcp.arrays.value_sizes import named

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
    ("graphml", "locator"): "skip",
    ("graph", "locator"): "skip",
    ("node", "locator"): "skip",
    ("node", "port"): "skip",
    ("node", "graph"): "inner",
    ("graph", "node"): "node",
    ("graph", "edge"): "edge",
    ("graph", "data"): "data",
    ("graph", "desc"): "skip",
    ("node", "data"): "data",
    ("node", "desc"): "skip",
    ("edge", "data"): "data",
    ("edge", "desc"): "skip",
}
_HYPEREDGE: Final = "hyperedges join more than two nodes, which a graph here cannot: split them into edges"
#: Elements of GraphML, which are wrong where they are not known; others are those of other programs.
_ELEMENTS: Final = frozenset({"graphml", "key", "default", "graph", "node", "edge", "data"})
#: Elements of yEd and yFiles that hold what is written on nodes and edges.
_LABELS: Final = frozenset({"NodeLabel", "EdgeLabel", "Label.Text"})
#: XML attributes that APOC (Neo4j) gives nodes and edges.
_LABELLED: Final = ("labels", "label")


@dataclass(slots=True)
class _Key:
    scope: str
    name: str
    #: A type of _KINDS, or `json`, or one that GraphML has not.
    kind: str
    #: Graphics of yEd.
    graphics: bool


def parse(file: IO[bytes], options: Options, sink: Sink) -> None:
    """See the module."""
    options.finish()
    sink.lists_nodes = True

    def run(convert: Convert | None) -> None:
        parse_xml(file, lambda place: _Handler(place, sink, convert), recoded=sink.recoded)

    if sink.ids_given is None:
        run(None)
    else:
        with_ids(file, sink, sink.ids_given, run)


class _Handler(Elements):
    """What the parser tells, in order."""

    known = _KNOWN

    def __init__(self, place: Lines, sink: Sink, convert: Convert | None) -> None:
        super().__init__(place)
        self._sink = sink
        self._told = convert
        self._convert: Convert = convert or to_text
        self._keys: dict[tuple[str, str], _Key] = {}
        self._defaults: dict[str, dict[str, Any]] = {"node": {}, "edge": {}, "graph": {}}
        #: Nodes that are open around an inner graph: ends, place and attributes of each.
        self._outer: list[tuple[tuple[NodeId, ...], Place, dict[str, Any]]] = []
        self._grouped = 0
        #: Keys whose values are no text, with the number of each.
        self._structured: Counter[str] = Counter()
        self._has_elements = False
        self._text: list[str] | None = None
        self._length = 0
        self._label: list[str] | None = None
        self._key: _Key | None = None
        #: Node or edge that is being read.
        self._ends: tuple[NodeId, ...] = ()
        self._began: Place = None
        self._attributes: dict[str, Any] = {}
        #: What stands in the tag itself; elements count more.
        self._given: dict[str, Any] = {}
        self._of_graph: dict[str, Any] = {}

    # -- events

    def _skipped_begins(self, name: str) -> None:
        if name in _LABELS and self._key is not None:
            self._label = []

    def _skipped_ends(self, name: str) -> None:
        if name in _LABELS and self._label is not None:
            label = "".join(self._label).strip()
            if label and self._stack[0] == "graphml" and ("node" in self._stack or "edge" in self._stack):
                self._attributes.setdefault("label", label)
            self._label = None

    def _end(self, name: str) -> None:
        if name in ("data", "default"):
            self._end_text(name == "default")
        elif name == "node":
            attributes = {**self._defaults["node"], **self._given, **self._attributes}
            self._sink.node(self._ends[0], attributes, place=self._began)
            self._given = {}
        elif name == "edge":
            attributes = {**self._defaults["edge"], **self._given, **self._attributes}
            self._given = {}
            self._sink.edge(self._ends[0], self._ends[1], attributes, place=self._began)
        elif name == "key":
            self._key = None
        elif name == "graph" and self._outer:
            self._ends, self._began, self._attributes = self._outer.pop()

    def characters(self, content: str) -> None:
        text = self._label if self._skip else self._text
        if text is not None:
            if not text:
                self._length = 0
            self._length += len(content)
            self._sink.limits.check_text(self._length, self.line, self._named())
            text.append(content)

    def _named(self) -> str:
        inside = self._stack[-2:-1]
        what = f"{named(*self._ends)}: " if inside in (["node"], ["edge"]) and self._ends else ""
        return f"{what}the value of attribute {self._key.name[:60]!r}" if self._key is not None else "one value"

    def endDocument(self) -> None:  # noqa: N802
        self.check_graph()
        self._sink.builder.graph_attributes = {**self._defaults["graph"], **self._of_graph}
        reading = self._sink.reading
        if self._grouped:
            reading.note(f"{counted(self._grouped, 'node')} inside groups: they are nodes like others, the groups too")
        for name, count in self._structured.items():
            reading.note(f"{counted(count, 'value', f' of {name[:60]!r}')} left out: XML of another program")
        self.note_foreign(reading)

    # -- elements

    def _unknown(self, parent: str, name: str) -> None:
        if parent in ("data", "default"):
            self._has_elements = True
            if name in _LABELS:
                self._label = []
        elif name == "hyperedge":
            raise FormatError(_HYPEREDGE, self.line)
        elif not parent or name in _ELEMENTS:
            raise FormatError(f"<{name[:60]}> in <{parent[:60] or 'the file'}> is not GraphML", self.line)
        else:
            self._foreign[name] += 1

    def _begin_inner(self, _: AttributesImpl) -> None:
        """A graph inside of a node: its nodes are nodes of the one graph, as networkx has it."""
        self._sink.node(self._ends[0], place=self._began)
        self._outer.append((self._ends, self._began, {**self._given, **self._attributes}))
        self._given = {}

    def _begin_key(self, attrs: AttributesImpl) -> None:
        found = self.need(attrs, "id", "key")
        graphics = "yfiles.type" in attrs
        type_ = attrs.get("attr.type", "string")
        kind = _KINDS.get(type_.strip().lower(), type_)
        if attrs.get(JSON) == "true":
            kind = "json"
        scope = attrs.get("for", "all")
        self._key = _Key(scope, attrs.get("attr.name", found), kind, graphics)
        self._keys[found, scope] = self._key

    def _begin_default(self, _: AttributesImpl) -> None:
        if self._key is not None and self._key.graphics:
            self._skip = len(self._stack)
            return
        self._text = []
        self._has_elements = False

    def _begin_graph(self, attrs: AttributesImpl) -> None:
        self.enter_graph()
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
        self._ends = (self._convert(self.need(attrs, "id", "node"), self._began),)
        self._attributes = {}
        self._grouped += bool(self._outer)
        self._given = {name: attrs[name] for name in _LABELLED if name in attrs}

    def _begin_edge(self, attrs: AttributesImpl) -> None:
        self._began = self.line
        source, target = self.need(attrs, "source", "edge"), self.need(attrs, "target", "edge")
        self._ends = (self._convert(source, self._began), self._convert(target, self._began))
        self._attributes = {}
        self._given = {name: attrs[name] for name in ("sourceport", "targetport", *_LABELLED) if name in attrs}
        directed = attrs.get("directed")
        if directed is not None and (directed.lower() in ("true", "1")) != self._sink.builder.directed:
            raise FormatError("directed and undirected edges in one graph: make all of them one kind", self._began)
        if "id" in attrs:
            self._attributes["id"] = attrs["id"]

    def _begin_data(self, attrs: AttributesImpl) -> None:
        name, scope = self.need(attrs, "key", "data"), self._stack[-2]
        key = self._keys.get((name, scope)) or self._keys.get((name, "all"))
        if key is None:
            key = next((key for (id_, _), key in self._keys.items() if id_ == name), None)
        if key is None:
            raise FormatError(f"no <key> before this has the id {name[:60]!r}", self.line)
        self._key = key
        self._text = []
        self._has_elements = False

    def _end_text(self, default: bool) -> None:
        text, key = "".join(self._text or ()), self._key
        self._text = None
        if key is None or key.graphics:
            return
        if self._has_elements and not text.strip():
            if not default:
                self._structured[key.name] += 1
            return
        value = self._value(key, text, default)
        if value is None and key.kind != "json":
            return
        if default:
            for scope in self._defaults:
                if key.scope in (scope, "all"):
                    self._defaults[scope][key.name] = value
            return
        self._key = None
        parent = self._stack[-1]
        if parent in ("node", "edge"):
            self._attributes[key.name] = value
        elif not self._outer:
            self._of_graph[key.name] = value

    def _value(self, key: _Key, text: str, default: bool) -> Any:
        """The value that a text is; None: it says that there is none."""
        kind, bare = key.kind, text.strip()
        if kind == "string":
            return text
        if kind not in ("int", "float", "boolean", "json"):
            self._sink.reading.note(f"GraphML has no type {kind[:60]!r}: values of {key.name[:60]!r} are text")
            return text
        if kind != "json" and bare.lower() in NOTHING:
            self._sink.reading.missing_values += not default
            return None
        return scalar(kind, bare, key.name, self.line)


def _integer(text: str, place: Place) -> NodeId:
    try:
        return to_integer(text, place)
    except FormatError as error:  # the file contradicts itself: no second try
        raise FormatError(error.reason, place) from None


_CONVERT: Final[dict[str, Convert]] = {"string": to_text, "integer": _integer, "json": json_id}
