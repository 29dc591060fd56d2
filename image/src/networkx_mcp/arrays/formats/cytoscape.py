"""Cytoscape JSON: elements with data, as Cytoscape, cytoscape.js and networkx.cytoscape_data have it.

    {"data": [["name", "x"]], "directed": false, "multigraph": false,
     "elements": {"nodes": [{"data": {"id": "a", "value": "a", "color": "red"}}],
                  "edges": [{"data": {"source": "a", "target": "a", "weight": 1.5}}]}}

`id` is always text there. `value` is the id with its type, as networkx has it. Attributes named `id` and `value` (of nodes), `source` and
`target` (of edges) have no place: writing them is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import IO, Any, Final

import msgspec

from networkx_mcp.arrays.formats.common import FormatError, Options, counted
from networkx_mcp.arrays.formats.export_pages import edge_rows, node_rows
from networkx_mcp.arrays.formats.json_nan import marked, without_marks
from networkx_mcp.arrays.formats.record import LIKELY, SURE, FileHead, Format
from networkx_mcp.arrays.formats.sink import Sink
from networkx_mcp.arrays.formats.text import chunks
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.ids import format_id
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import InvalidInput


class _Parts(msgspec.Struct):
    # Slices of the file until it is their turn.
    nodes: list[msgspec.Raw] = []
    edges: list[msgspec.Raw] = []


class _Document(msgspec.Struct):
    elements: msgspec.Raw
    data: msgspec.Raw = msgspec.Raw(b"{}")
    directed: bool | None = None
    multigraph: bool = False


_decode_document: Final = msgspec.json.Decoder(_Document).decode
_decode_parts: Final = msgspec.json.Decoder(_Parts).decode
_decode_list: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_pairs: Final = msgspec.json.Decoder(list[tuple[str, msgspec.Raw]]).decode
_slices: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_value: Final = msgspec.json.Decoder().decode
_encode: Final = msgspec.json.Encoder().encode
#: What an element may have beside its data and is kept as an attribute.
_KEPT: Final = ("position", "classes")


def parse(file: IO[bytes], options: Options, sink: Sink) -> None:
    """See the module. Raises FormatError."""
    options.finish()
    sink.typed_ids("cytoscape")
    sink.lists_nodes = True
    data = file.read().removeprefix(b"\xef\xbb\xbf")
    try:
        found, nan = _document(data), False
    except FormatError:
        again = marked(data)
        if again is None:
            raise
        found, nan = _document(again), True
    _Reader(*found, sink, nan=nan).run()


def _document(data: bytes) -> tuple[_Document, list[msgspec.Raw], list[msgspec.Raw]]:
    """The document with its nodes and edges. Raises FormatError."""
    try:
        document = _Document(msgspec.Raw(data)) if data.lstrip()[:1] == b"[" else _decode_document(data)
        elements = document.elements
        if bytes(memoryview(elements)[:64]).lstrip()[:1] != b"[":
            parts = _decode_parts(elements)
            return document, parts.nodes, parts.edges
        nodes: list[msgspec.Raw] = []
        edges: list[msgspec.Raw] = []
        for number, raw in enumerate(_decode_list(elements)):
            inner = _slices(_slices(raw).get("data", b"{}"))
            group = _slices(raw).get("group")
            told = _value(group) if group is not None and memoryview(group).nbytes < 100 else None
            if told not in (None, "nodes", "edges"):
                raise FormatError(f"elements[{number}] is of an unknown group: use nodes or edges")
            (edges if told == "edges" or (told is None and "source" in inner) else nodes).append(raw)
    except msgspec.ValidationError as error:
        raise FormatError(f"not a Cytoscape document: {error}; it has elements with lists nodes and edges") from None
    except msgspec.DecodeError as error:
        raise FormatError(f"not JSON: {error}") from None
    return document, nodes, edges


class _Reader:
    """Takes nodes and edges of a document in turn."""

    def __init__(
        self, document: _Document, nodes: list[msgspec.Raw], edges: list[msgspec.Raw], sink: Sink, *, nan: bool
    ) -> None:
        self._document, self._nodes, self._edges = document, nodes, edges
        self._sink = sink
        self._nan = nan
        self._ids: set[tuple[type, Any]] = set()
        #: Text of an id -> the id.
        self._named: dict[str, Any] = {}
        self._others: Counter[str] = Counter()

    def run(self) -> None:
        """Hand all over. Raises FormatError."""
        sink, document = self._sink, self._document
        if document.directed is not None:
            sink.set_directed(document.directed)
        sink.builder.graph_attributes = self._of_graph()
        for number, raw in enumerate(self._nodes):
            place = f"nodes[{number}]"
            node = self._element(raw, place)
            sink.node(self._name(node, place), node, place=place)
        for number, raw in enumerate(self._edges):
            place = f"edges[{number}]"
            edge = self._element(raw, place)
            if document.multigraph:
                edge.pop("key", None)
            if "source" not in edge or "target" not in edge:
                raise FormatError("there is no source or no target", place)
            u, v = self._end(edge.pop("source"), place), self._end(edge.pop("target"), place)
            sink.edge(u, v, edge, place=place)
        sink.edge_places(0, lambda number: f"edges[{number}]")
        for name, count in self._others.items():
            sink.reading.note(f"{counted(count, 'value', f' of {name[:60]!r}')} beside data passed over")

    def _of_graph(self) -> dict[str, Any]:
        """Attributes of the graph: an object, or pairs as networkx has them."""
        raw = self._document.data
        try:
            begin = bytes(memoryview(raw)[:64]).lstrip()[:1]
            parts = dict(_decode_pairs(raw)) if begin == b"[" else _slices(raw)
        except msgspec.DecodeError as error:
            raise FormatError(f"data: {error}") from None
        return self._values(parts, "data")

    def _values(self, parts: dict[str, msgspec.Raw], place: str) -> dict[str, Any]:
        """What slices are. Raises LimitExceeded before one that is too long is made."""
        for name, raw in parts.items():
            self._sink.limits.check_text(memoryview(raw).nbytes, place, f"the value of attribute {name[:60]!r}")
        try:
            found = {name: _value(raw) for name, raw in parts.items()}
        except msgspec.DecodeError as error:
            raise FormatError(f"not JSON: {error}", place) from None
        return without_marks(found, self._sink.reading) if self._nan else found

    def _element(self, raw: msgspec.Raw, place: str) -> dict[str, Any]:
        """The attributes of an element."""
        try:
            parts = _slices(raw)
            data = _slices(parts.pop("data")) if "data" in parts else {}
        except msgspec.DecodeError as error:
            raise FormatError(str(error), place) from None
        for name in _KEPT:
            if name in parts:
                data.setdefault(name, parts.pop(name))
        parts.pop("group", None)
        self._others.update(name for name in parts if name in self._others or len(self._others) < 10)
        return self._values(data, place)

    def _name(self, node: dict[str, Any], place: str) -> Any:
        """The id of a node, taken out of its attributes."""
        text, value = node.pop("id", None), node.get("value")
        if text is None and _is_id(value):  # networkx needs no more
            text = str(value)
        if not _is_id(text):
            raise FormatError("the node has no id (a text)", place)
        found = node.pop("value") if _is_id(value) and str(value) == str(text) else text
        if (type(found), found) in self._ids:
            raise FormatError(f"two nodes have the id {format_id(found)}", place)
        self._ids.add((type(found), found))
        self._named.setdefault(str(text), found)
        return found

    def _end(self, end: Any, place: str) -> Any:
        """The id that an end of an edge names: the same, else the one of that text."""
        if isinstance(end, float) and end.is_integer():
            end = int(end)
        if not _is_id(end):
            raise FormatError("source and target are ids of nodes", place)
        return end if (type(end), end) in self._ids else self._named.get(str(end), end)


def _is_id(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def write(state: GraphState, options: Options) -> Iterator[bytes]:
    """See the module."""
    options.finish()
    return chunks(_pieces(state.freeze()))


def _pieces(graph: FrozenGraph) -> Iterator[str]:
    ids = graph.all_ids()
    if len({str(node) for node in ids}) < len(ids):
        raise InvalidInput(
            "two nodes have ids of the same text, such as 1 and '1', which Cytoscape JSON cannot tell apart: use node-link",
            field="format",
        )
    of_graph = _encode(list(graph.graph_attributes.items())).decode()
    directed = "true" if graph.directed else "false"
    yield f'{{"data":{of_graph},"directed":{directed},"multigraph":false,"elements":{{"nodes":['
    between = "\n"
    for node, attributes in node_rows(graph, ids):
        _refuse(("id", "value"), attributes, lambda node=node: f"node {format_id(node)}")
        yield f'{between}{{"data":{_encode({"id": str(node), "value": node, **attributes}).decode()}}}'
        between = ",\n"
    yield '\n],"edges":['
    between = "\n"
    for u, v, attributes in edge_rows(graph, ids):
        _refuse(("source", "target"), attributes, lambda u=u, v=v: f"edge {format_id(u)} - {format_id(v)}")
        yield f'{between}{{"data":{_encode({"source": u, "target": v, **attributes}).decode()}}}'
        between = ",\n"
    yield "\n]}}\n"


def _refuse(names: tuple[str, ...], attributes: dict[str, Any], what: Any) -> None:
    for name in names:
        if name in attributes:
            raise InvalidInput(
                f"{what()} has an attribute {name!r}, a name that Cytoscape JSON uses itself: use graphml, or rename it",
                field="format",
            )


def _sniff(head: FileHead) -> int:
    if '"elements"' in head.json:
        return SURE
    return LIKELY if head.text.lstrip()[:1] == "[" and '"data"' in head.text and '"group"' in head.text else 0


FORMAT = Format(
    name="cytoscape",
    title="Cytoscape JSON",
    about="Elements with data as JSON, as Cytoscape, cytoscape.js and networkx have it.",
    extensions=("cyjs",),
    content_types=("application/x-cyjs+json",),
    parse=parse,
    write=write,
    sniff=_sniff,
    keeps=frozenset({"direction", "ids", "nodes", "node attributes", "edge attributes", "graph attributes"}),
    rank=8,
    reads=(
        "Elements may be lists of nodes and of edges, or one list as cytoscape.js takes it. `value` is the id where it is the same as `id` but for its type, as networkx writes it.",
        "`position` and `classes` of an element become attributes. What else stands beside `data`, and the style, is passed over; of elements it is counted.",
        "Attributes `id` and `value` of nodes, and `source` and `target` of edges, are refused when writing.",
    ),
    example="""\
{"data": [["name", "x"]], "directed": false, "multigraph": false,
 "elements": {"nodes": [{"data": {"id": "a", "value": "a", "color": "red"}},
                        {"data": {"id": "2", "value": 2}}],
              "edges": [{"data": {"source": "a", "target": 2, "weight": 1.5}}]}}
""",
)
