"""GEXF, read; what and how is said in `gexf`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import IO, Any, Final
from xml.sax.xmlreader import AttributesImpl

from networkx_mcp.arrays.formats.common import FormatError, NotInteger, Options, Place
from networkx_mcp.arrays.formats.markup import (
    FLOAT,
    IDS,
    INT,
    JSON,
    NOTHING,
    Elements,
    Lines,
    json_id,
    parse_xml,
    scalar,
)
from networkx_mcp.arrays.formats.sink import Convert, Sink, to_integer, to_text, with_ids
from networkx_mcp.arrays.ids import NodeId
from networkx_mcp.arrays.value_sizes import named

_KINDS: Final = {
    "integer": "int",
    "int": "int",
    "long": "int",
    "short": "int",
    "byte": "int",
    "biginteger": "int",
    "float": "float",
    "double": "float",
    "bigdecimal": "float",
    "boolean": "boolean",
}
#: XML attributes of nodes and edges that are attributes of the graph's, as text.
_TEXTS: Final = ("label", "pid", "kind")
#: What may stand in what; others are passed over and counted.
_KNOWN: Final = {
    ("", "gexf"): "",
    ("gexf", "meta"): "skip",
    ("gexf", "graph"): "graph",
    ("graph", "meta"): "skip",
    ("graph", "attributes"): "class",
    ("attributes", "attribute"): "attribute",
    ("attribute", "default"): "default",
    ("attribute", "options"): "skip",
    ("graph", "nodes"): "",
    ("nodes", "node"): "node",
    ("graph", "edges"): "",
    ("edges", "edge"): "edge",
    ("node", "nodes"): "",
    ("node", "edges"): "",
    **{
        (one, name): what
        for one in ("node", "edge")
        for name, what in {
            "attvalues": "",
            "spells": "",
            "slices": "",
            "color": "color",
            "size": "size",
            "thickness": "size",
            "shape": "shape",
            "position": "position",
        }.items()
    },
    ("attvalues", "attvalue"): "value",
    ("node", "parents"): "",
    ("parents", "parent"): "parent",
    ("spells", "spell"): "spell",
    ("slices", "slice"): "spell",
    # As GEXF 1.0 has it.
    ("attributes", "attvalue"): "value",
}


@dataclass(slots=True)
class _Attribute:
    title: str
    #: int, float, boolean, json or text.
    kind: str
    dynamic: bool


@dataclass(slots=True)
class _OpenElement:
    """A node or edge that is being read."""

    ends: tuple[NodeId, ...]
    place: Place
    attributes: dict[str, Any]
    mutual: bool = False


def parse(file: IO[bytes], options: Options, sink: Sink) -> None:
    """See the module. Raises FormatError."""
    options.finish()
    sink.lists_nodes = True

    def run(convert: Convert | None) -> None:
        parse_xml(file, lambda place: _Handler(place, sink, convert), recoded=sink.recoded)

    if sink.ids_given is not None:
        with_ids(file, sink, sink.ids_given, run)
        return
    start = file.tell()
    try:
        run(None)
    except NotInteger:
        file.seek(start)
        sink.restart()
        run(to_text)
        sink.reading.note("ids are text: the file says that they are integers, and some are none")


class _Handler(Elements):
    """What the parser tells, in order."""

    known = _KNOWN

    def __init__(self, place: Lines, sink: Sink, convert: Convert | None) -> None:
        super().__init__(place)
        self._sink = sink
        self._told = convert
        self._convert: Convert = convert or to_text
        self._class = ("", False)
        self._known: dict[tuple[str, str], _Attribute] = {}
        self._defaults: dict[str, dict[str, Any]] = {"node": {}, "edge": {}}
        self._attribute: _Attribute | None = None
        self._text: list[str] | None = None
        self._length = 0
        self._open: list[_OpenElement] = []
        self._directed: bool | None = None
        self._said: bool | None = None
        self._mutual = False
        self._times: Any = to_text

    # -- events

    def _unknown(self, parent: str, name: str) -> None:
        if not parent or name in ("graph", "node", "edge", "attvalue"):
            raise FormatError(f"<{name[:60]}> in <{parent[:60] or 'the file'}> is not GEXF", self.line)
        if len(self._foreign) < 20:
            self._foreign[name] += 1

    def _end(self, name: str) -> None:
        if name == "default" and self._attribute is not None:
            value = self._value(self._attribute, "".join(self._text or ()))
            self._text = None
            if value is not None:
                self._defaults[self._class[0]][self._attribute.title] = value
        elif name == "attribute":
            self._attribute = None
        elif name == "node":
            self._end_node()
        elif name == "edge":
            self._end_edge()

    def characters(self, content: str) -> None:
        if self._text is not None:
            self._length += len(content)
            self._sink.limits.check_text(self._length, self.line, "a default")
            self._text.append(content)

    def endDocument(self) -> None:  # noqa: N802
        self.check_graph()
        if self._directed is None and self._said is not None:
            self._sink.set_directed(self._said)
        elif self._said is not None and self._directed != self._said:
            kind = "directed" if self._directed else "undirected"
            self._sink.reading.note(
                f"all edges say that they are {kind}, which counts more than the type that the graph has"
            )
        self.note_foreign(self._sink.reading)

    # -- elements

    def _begin_graph(self, attrs: AttributesImpl) -> None:
        self.enter_graph()
        said = attrs.get("defaultedgetype")
        if said is not None:
            if said not in ("directed", "undirected", "mutual"):
                raise FormatError(f"defaultedgetype is {said[:60]!r}: use directed or undirected", self.line)
            self._said, self._mutual = said != "undirected", said == "mutual"
        if self._told is None:
            if attrs.get(IDS) == "json":
                self._convert = json_id
            elif attrs.get("idtype") == "integer":
                self._convert = to_integer
        if attrs.get("timeformat") in ("integer", "long"):
            self._times = _time_as(int)
        elif attrs.get("timeformat", "double") in ("float", "double"):
            self._times = _time_as(float)
        name = attrs.get("name")
        if name:
            self._sink.limits.check_text(len(name), self.line, "the name of the graph")
            self._sink.builder.graph_attributes = {"name": name}

    def _begin_class(self, attrs: AttributesImpl) -> None:
        scope = self.need(attrs, "class", "attributes")
        if scope not in ("node", "edge"):
            raise FormatError(f"attributes are of nodes and edges, not of {scope[:40]!r}", self.line)
        self._class = (scope, attrs.get("mode") == "dynamic")

    def _begin_attribute(self, attrs: AttributesImpl) -> None:
        found = self.need(attrs, "id", "attribute")
        type_ = attrs.get("type", "string")
        kind = "json" if attrs.get(JSON) == "true" else _KINDS.get(type_.lower(), "text")
        self._attribute = _Attribute(attrs.get("title", found), kind, self._class[1])
        self._known[self._class[0], found] = self._attribute

    def _begin_default(self, _: AttributesImpl) -> None:
        self._text, self._length = [], 0

    def _begin_node(self, attrs: AttributesImpl) -> None:
        place = self.line
        node = self._convert(self.need(attrs, "id", "node"), place)
        found = self._plain(attrs)
        if self._open:
            found.setdefault("pid", self._open[-1].ends[0])
        self._open.append(_OpenElement((node,), place, found))

    def _end_node(self) -> None:
        one = self._open.pop()
        self._sink.node(one.ends[0], {**self._defaults["node"], **one.attributes}, place=one.place)

    def _begin_edge(self, attrs: AttributesImpl) -> None:
        place = self.line
        ends = (
            self._convert(self.need(attrs, "source", "edge"), place),
            self._convert(self.need(attrs, "target", "edge"), place),
        )
        told = attrs.get("type")
        if told is not None and told.lower() not in ("directed", "undirected", "mutual"):
            raise FormatError(f"the type of an edge is {told[:40]!r}: use directed, undirected or mutual", place)
        directed = told.lower() != "undirected" if told is not None else self._default()
        mutual = told.lower() == "mutual" if told is not None else self._mutual
        if self._directed is None:
            self._directed = directed
            self._sink.set_directed(directed, place)
        elif self._directed != directed:
            raise FormatError("directed and undirected edges in one graph: make all of them one kind", place)
        found = self._plain(attrs)
        if "id" in attrs:
            found["id"] = attrs["id"]
        if "weight" in attrs:
            bare = attrs["weight"].strip()
            value = self._value(_Attribute("weight", "int" if INT.fullmatch(bare) else "float", False), bare)
            if value is not None:
                found["weight"] = value
        self._open.append(_OpenElement(ends, place, found, mutual))

    def _default(self) -> bool:
        """Whether edges that do not say it have a direction."""
        return self._said if self._said is not None else bool(self._sink.directed_given)

    def _end_edge(self) -> None:
        one = self._open.pop()
        attributes = {**self._defaults["edge"], **one.attributes}
        self._sink.edge(one.ends[0], one.ends[1], attributes, place=one.place)
        if one.mutual and one.ends[0] != one.ends[1]:
            self._sink.edge(one.ends[1], one.ends[0], attributes, place=one.place)
            self._sink.reading.note("mutual edges are edges in both directions")

    def _plain(self, attrs: AttributesImpl) -> dict[str, Any]:
        """What stands in the tag itself."""
        found: dict[str, Any] = {name: attrs[name] for name in _TEXTS if name in attrs}
        for name in ("start", "end"):
            if name in attrs:
                found[name] = self._times(attrs[name], self.line)
        return found

    def _begin_value(self, attrs: AttributesImpl) -> None:
        scope = "edge" if "edge" in self._stack else "node"
        key = attrs.get("for", attrs.get("id"))
        if key is None:
            raise FormatError("<attvalue> has no for", self.line)
        known = self._known.get((scope, key))
        if known is None:
            if key != "weight":  # as Gephi 0.7 has it
                raise FormatError(f"no <attribute> before this has the id {key[:60]!r}", self.line)
            known = _Attribute("weight", "float", False)
        one = self._open[-1]
        text = self.need(attrs, "value", "attvalue")
        what = f"{named(*one.ends)}: the value of attribute {known.title[:60]!r}"
        self._sink.limits.check_text(len(text), self.line, what)
        value = self._value(known, text)
        if value is None and known.kind != "json":
            return
        if known.dynamic and ("start" in attrs or "end" in attrs):
            times = [self._times(attrs[name], self.line) if name in attrs else None for name in ("start", "end")]
            self._list(one, known.title).append([value, *times])
        else:
            one.attributes[known.title] = value

    def _list(self, one: _OpenElement, name: str) -> list[Any]:
        """A list among the attributes; bounded as the builder checks it at the end."""
        held = one.attributes.get(name)
        if not isinstance(held, list):
            held = one.attributes[name] = []
        if self._sink.limits.value is not None:  # an item has four characters at least
            self._sink.limits.check_text(
                4 * len(held), self.line, f"{named(*one.ends)}: the value of attribute {name[:60]!r}"
            )
        return held

    def _begin_parent(self, attrs: AttributesImpl) -> None:
        self._list(self._open[-1], "parents").append(self.need(attrs, "for", "parent"))

    def _begin_spell(self, attrs: AttributesImpl) -> None:
        times = [self._times(attrs[name], self.line) if name in attrs else None for name in ("start", "end")]
        self._list(self._open[-1], "spells").append(times)

    def _viz(self) -> dict[str, Any]:
        held = self._open[-1].attributes.setdefault("viz", {})
        return held if isinstance(held, dict) else {}

    def _begin_color(self, attrs: AttributesImpl) -> None:
        found: dict[str, Any] = {name: self._whole(attrs[name]) for name in "rgb" if name in attrs}
        if "hex" in attrs:
            found["hex"] = attrs["hex"]
        if "a" in attrs:
            found["a"] = self._real(attrs["a"])
        self._viz()["color"] = found

    def _begin_size(self, attrs: AttributesImpl) -> None:
        self._viz()[self._stack[-1]] = self._real(self.need(attrs, "value", self._stack[-1]))

    def _begin_shape(self, attrs: AttributesImpl) -> None:
        self._viz()["shape"] = attrs.get("uri") or attrs.get("value") or attrs.get("shape") or ""

    def _begin_position(self, attrs: AttributesImpl) -> None:
        self._viz()["position"] = {name: self._real(attrs[name]) for name in "xyz" if name in attrs}

    # -- values

    def _whole(self, text: str) -> int | float:
        return int(text) if re.fullmatch(r"[+-]?[0-9]{1,9}", text.strip(), re.ASCII) else self._real(text)

    def _real(self, text: str) -> float:
        bare = text.strip().replace(",", ".")  # Gephi wrote commas where its computer's language has them
        if not FLOAT.fullmatch(bare) or math.isinf(float(bare)):
            raise FormatError(f"{text[:40]!r} is no finite number", self.line)
        return float(bare)

    def _value(self, known: _Attribute, text: str) -> Any:
        """The value that a text is; None: it says that there is none."""
        kind, bare = known.kind, text.strip()
        if kind == "text":
            return text
        if kind != "json" and bare.lower() in NOTHING:
            self._sink.reading.missing_values += 1
            return None
        return scalar(kind, bare, known.title, self.line)


def _time_as(kind: type[int] | type[float]) -> Any:
    """Makes times of texts; what is no number stays text."""

    def made(text: str, _: Place) -> Any:
        bare = text.strip()
        if kind is int and re.fullmatch(r"[+-]?[0-9]{1,18}", bare, re.ASCII):
            return int(bare)
        if kind is float and FLOAT.fullmatch(bare) and math.isfinite(float(bare)):
            return float(bare)
        return text

    return made
