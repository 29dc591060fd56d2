"""Node-link JSON, as networkx.node_link_data: ids keep their JSON type, everything comes back exactly.

    {"directed": false, "graph": {"name": "x"},
     "nodes": [{"id": "a", "color": "red"}, {"id": 2}],
     "edges": [{"source": "a", "target": 2, "weight": 1.5}]}

`links` is understood in place of `edges`, and `from` and `to` in place of `source` and `target`. Nodes without `id` are named
by their positions where edges name these, as D3 has it, else by `key` or `name`. A list of edges is a document, too: pairs
`[["a", "b"], ["b", "c", 2]]`, a number or an object behind the ends, or objects with source and target. NaN is a missing value. `multigraph` may be true as long as no two edges are parallel; their
`key` is left out then. Attributes named `id` (of nodes), `source` or `target` (of edges) have no place in
the format: writing them is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import IO, Any

import msgspec
import numpy as np

from networkx_mcp.arrays.formats.common import FormatError, Options
from networkx_mcp.arrays.formats.export_pages import edge_rows, node_rows
from networkx_mcp.arrays.formats.json_nan import marked, without_marks
from networkx_mcp.arrays.formats.record import POSSIBLE, SURE, FileHead, Format
from networkx_mcp.arrays.formats.sink import Sink
from networkx_mcp.arrays.formats.text import chunks
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.ids import format_id
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import InvalidInput


class _Document(msgspec.Struct):
    # Nodes and edges stay slices of the file until it is their turn: as dicts they need ten times its size.
    nodes: list[msgspec.Raw] | None = None
    directed: bool | None = None
    multigraph: bool = False
    graph: dict[str, msgspec.Raw] = {}
    edges: list[msgspec.Raw] | None = None
    links: list[msgspec.Raw] | None = None


_decode_document = msgspec.json.Decoder(_Document).decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_edge = msgspec.json.Decoder(list[Any]).decode
#: How a list of edges or nodes begins.
_LIST = re.compile(rb'\s*\[\s*(?:\[\s*["\-0-9]|\{\s*")')
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_slices = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_value = msgspec.json.Decoder().decode
#: What is looked at before an item's turn, and its most bytes: ids are shorter.
_NAMES = ("id", "key", "name", "source", "target", "from", "to")
_MAX_NAME = 8192
_encode = msgspec.json.Encoder().encode


def parse(file: IO[bytes], options: Options, sink: Sink) -> None:
    """See the module."""
    options.finish()
    sink.typed_ids("node-link")
    sink.lists_nodes = True
    data = file.read().removeprefix(b"\xef\xbb\xbf")
    if not data.strip():
        raise FormatError("the file is empty: there is no document in it")
    document, nan = None, False
    try:
        document = _document(data)
    except FormatError:
        again = marked(data)
        if again is None:
            raise
        data, nan = again, True
        document = _document(data)
    _Reader(document, data, sink, nan=nan).run()


def _document(data: bytes) -> _Document:
    form = 'it is {"nodes": [{"id": "a"}, ...], "edges": [{"source": "a", "target": "b"}, ...]}, or the edges alone: [["a", "b"], ...]'
    try:
        document = _listed(_decode_list(data)) if _LIST.match(data) else _decode_document(data)
    except msgspec.ValidationError as error:
        raise FormatError(f"not a node-link document: {error}; {form}") from None
    except msgspec.DecodeError as error:
        raise FormatError(f"not JSON: {error}", _line_of_byte(data, str(error))) from None
    if document.nodes is None and not document.edges and not document.links:
        raise FormatError(f"not a node-link document: it has neither nodes nor edges; {form}")
    if document.edges is not None and document.links is not None:
        raise FormatError("the document has both edges and links: keep one")
    return document


def _listed(items: list[msgspec.Raw]) -> _Document:
    """The document of a list: an object without ends is a node, all else is an edge."""
    nodes: list[msgspec.Raw] = []
    edges: list[msgspec.Raw] = []
    for raw in items:
        names: Any = ("source",) if _is_list(raw) else _slices(raw)
        (edges if "source" in names or "from" in names else nodes).append(raw)
    return _Document(nodes=nodes or None, edges=edges)


def _is_list(raw: msgspec.Raw) -> bool:
    return bytes(memoryview(raw)[:1]) == b"["


class _Reader:
    """Takes nodes and edges of a document in turn."""

    def __init__(self, document: _Document, data: bytes, sink: Sink, *, nan: bool) -> None:
        self._document = document
        self._data = data
        self._sink = sink
        self._nan = nan
        self._nodes = document.nodes or []
        # Where no nodes are listed, it is no wonder that edges name others.
        sink.lists_nodes = document.nodes is not None
        self._edges = document.edges or document.links or []
        self._name = "links" if document.links else "edges"
        #: The key that names nodes; None: their position does.
        self._key: str | None = "id"
        #: Ids by position, where ends are positions.
        self._positions: list[Any] | None = None
        self._lines = data.count(b"\n", 0, len(data) - 1) > 0

    def run(self) -> None:
        """Hand all over. Raises FormatError."""
        document, sink = self._document, self._sink
        if document.directed is not None:
            sink.set_directed(document.directed)
        self._check_slices(document.graph, "graph")
        sink.builder.graph_attributes = self._clean({name: _value(raw) for name, raw in document.graph.items()})
        self._find_names()
        for number, raw in enumerate(self._nodes):
            place = f"nodes[{number}]"
            node = self._item(raw, place)
            if self._key is not None and self._key not in node:
                raise FormatError(f"{place} has no id", self._line(raw))
            name = number if self._key is None else self._id(node.pop(self._key))
            self._put(lambda name=name, node=node: sink.node(name, node), place, raw)  # type: ignore[misc]
        for number, raw in enumerate(self._edges):
            place = f"{self._name}[{number}]"
            edge = self._item(raw, place)
            if document.multigraph:
                edge.pop("key", None)
            u, v = self._ends(edge, place, raw)
            self._put(lambda u=u, v=v, edge=edge: sink.edge(u, v, edge), place, raw)  # type: ignore[misc]
        sink.edge_places(0, lambda number: self._line(self._edges[number]) or f"{self._name}[{number}]")

    def _put(self, put: Callable[[], None], place: str, raw: msgspec.Raw) -> None:
        try:
            put()
        except FormatError as error:
            raise FormatError(f"{place}: {error.reason}", self._line(raw)) from None

    def _find_names(self) -> None:
        """What names nodes: `id`; else `key` or the position (D3), and whether ends are positions. Notes what is not `id`."""
        if not self._nodes:
            return
        first = self._peek(self._nodes[0])
        if "id" not in first:
            others = (self._peek(raw) for number, raw in enumerate(self._nodes))
            if any("id" in node for node in others):
                return
            ends = self._all_ends()
            names = {"key": "key", "name": "name"}
            if ends and all(type(end) is int for end in ends):
                self._key = None
                self._sink.reading.note(
                    "nodes have no id: their ids are their positions from 0, as edges name them (D3)"
                )
                self._refuse_positions(ends)
            else:
                found = next((name for name in names if name in first), None)
                if found is not None and ends:
                    self._key = found
                    self._sink.reading.note(f"nodes have no id: they are named by {found!r}, as edges name them")
        elif isinstance(first["id"], str) and self._edges:
            end = self._ends(self._peek(self._edges[0]), "", self._edges[0], check=False)
            if type(end[0]) is int and type(end[1]) is int:
                ids = [self._peek(raw).get("id") for raw in self._nodes]
                ends = self._all_ends()
                if all(isinstance(id_, str) for id_ in ids) and all(
                    type(one) is int and 0 <= one < len(ids) for one in ends
                ):
                    self._positions = ids
                    self._sink.reading.note(
                        "the ends of edges are positions of nodes from 0 (D3): the ids of these were taken"
                    )

    def _refuse_positions(self, ends: set[Any]) -> None:
        wrong = next((end for end in ends if not 0 <= end < len(self._nodes)), None)
        if wrong is not None:
            raise FormatError(
                f"nodes have no id, and an edge names the node {wrong}, which is no position of one: give nodes ids"
            )

    def _all_ends(self) -> set[Any]:
        """All different ends of edges that can be ids."""
        found: set[Any] = set()
        for number, raw in enumerate(self._edges):
            place = f"{self._name}[{number}]"
            ends = self._ends(self._peek(raw), place, raw, check=False)
            found |= {end for end in ends if isinstance(end, str | int | float)}
        return found

    def _ends(self, edge: dict[str, Any], place: str, raw: msgspec.Raw, *, check: bool = True) -> tuple[Any, Any]:
        """The ends, taken out of `edge`."""
        for source, target in (("source", "target"), ("from", "to")):
            if source in edge and target in edge:
                u, v = self._id(edge.pop(source)), self._id(edge.pop(target))
                return (self._positions[u], self._positions[v]) if self._positions is not None and check else (u, v)
        if check:
            raise FormatError(f"{place} has no source or no target", self._line(raw))
        return None, None

    def _id(self, value: Any) -> Any:
        """An id; a whole float is the integer, and noted: JavaScript and pandas do not tell them apart."""
        if type(value) is float and value.is_integer():
            self._sink.reading.note("ids such as 7.0 are the integers 7")
            return int(value)
        return value

    def _clean(self, attributes: dict[str, Any]) -> dict[str, Any]:
        return without_marks(attributes, self._sink.reading) if self._nan else attributes

    def _peek(self, raw: msgspec.Raw) -> dict[str, Any]:
        """What names things in an item, before its turn; empty where it is broken, which is told in its turn."""
        try:
            if _is_list(raw):
                return dict(zip(("source", "target"), _decode_edge(raw), strict=False))
            parts = _slices(raw)
            return {
                name: _value(parts[name]) if memoryview(parts[name]).nbytes <= _MAX_NAME else None
                for name in _NAMES
                if name in parts
            }
        except msgspec.DecodeError:
            return {}

    def _item(self, raw: msgspec.Raw, place: str) -> dict[str, Any]:
        most = self._sink.limits.value
        try:
            if most is not None and memoryview(raw).nbytes > most:  # as slices: what is too long is never made
                line = self._line(raw)
                where = f"line {line}, {place}" if line is not None else place
                self._check_slices({"": raw} if _is_list(raw) else _slices(raw), where)
            found = self._edge(_decode_edge(raw), place, raw) if _is_list(raw) else _decode(raw)
        except msgspec.ValidationError as error:
            raise FormatError(f"{place}: {error}", self._line(raw)) from None
        except msgspec.DecodeError as error:
            raise FormatError(f"{place} is not JSON: {error}", self._line(raw)) from None
        return self._clean(found)

    def _edge(self, ends: list[Any], place: str, raw: msgspec.Raw) -> dict[str, Any]:
        """An edge that is a list: source, target, and a weight or attributes, if any."""
        more = ends[2] if len(ends) == 3 else {}
        if type(more) in (int, float):
            self._sink.reading.note("a number behind source and target was taken for the attribute weight")
            more = {"weight": more}
        if not 2 <= len(ends) <= 3 or type(more) is not dict or {"source", "target"} & more.keys():
            form = "[source, target], [source, target, weight] or [source, target, {attributes}]"
            raise FormatError(f"{place} must be {form}", self._line(raw))
        return {"source": ends[0], "target": ends[1], **more}

    def _check_slices(self, attributes: dict[str, msgspec.Raw], place: str) -> None:
        for name, raw in attributes.items():
            self._sink.limits.check_text(memoryview(raw).nbytes, place, f"the value of attribute {name[:60]!r}")

    def _line(self, raw: msgspec.Raw) -> int | None:
        """The line of an item; None where all stands in one."""
        return _line(self._data, raw) if self._lines else None


def _line(data: bytes, raw: msgspec.Raw) -> int | None:
    """The line on which a slice of `data` begins."""
    if not data:
        return None
    start = np.frombuffer(raw, np.uint8).__array_interface__["data"][0]
    offset = start - np.frombuffer(data, np.uint8).__array_interface__["data"][0]
    return data.count(b"\n", 0, offset) + 1 if 0 <= offset < len(data) else None


def _line_of_byte(data: bytes, message: str) -> int | None:
    """The line of the byte that msgspec names: `... (byte 123)`."""
    _, _, place = message.rpartition("byte ")
    digits = place.rstrip(")")
    if digits.isdigit():
        return data.count(b"\n", 0, int(digits)) + 1
    return data.count(b"\n") + 1 if "truncated" in message else None


def write(state: GraphState, options: Options) -> Iterator[bytes]:
    """See the module."""
    options.finish()
    return chunks(_pieces(state.freeze()))


def _pieces(graph: FrozenGraph) -> Iterator[str]:
    ids = graph.all_ids()
    attributes_of_graph = _encode(graph.graph_attributes).decode()
    directed = "true" if graph.directed else "false"
    yield f'{{"directed":{directed},"multigraph":false,"graph":{attributes_of_graph},"nodes":['
    between = "\n"
    for node, attributes in node_rows(graph, ids):
        if "id" in attributes:
            raise _taken("id", f"node {format_id(node)}")
        yield between + _encode({"id": node, **attributes}).decode()
        between = ",\n"
    yield '\n],"edges":['
    between = "\n"
    for u, v, attributes in edge_rows(graph, ids):
        if "source" in attributes or "target" in attributes:
            name = "source" if "source" in attributes else "target"
            raise _taken(name, f"edge {format_id(u)} - {format_id(v)}")
        yield between + _encode({"source": u, "target": v, **attributes}).decode()
        between = ",\n"
    yield "\n]}\n"


def _taken(name: str, what: str) -> InvalidInput:
    return InvalidInput(
        f"{what} has an attribute {name!r}, a name that node-link JSON uses itself: use graphml, or rename it",
        field="format",
    )


def _sniff(head: FileHead) -> int:
    text = head.json
    if not text:
        return POSSIBLE if _LIST.match(head.text[:4096].encode()) else 0
    return SURE if '"nodes"' in text and '"elements"' not in text else POSSIBLE


FORMAT = Format(
    name="node-link",
    title="node-link JSON",
    about="Nodes and edges as JSON objects, as networkx and D3 have them.",
    extensions=("json",),
    content_types=("application/json",),
    parse=parse,
    write=write,
    sniff=_sniff,
    keeps=frozenset({"direction", "ids", "nodes", "node attributes", "edge attributes", "graph attributes"}),
    rank=4,
    reads=(
        "`links` is understood in place of `edges`, and `from` and `to` in place of `source` and `target`.",
        "Nodes without `id` are named by their positions from 0 where edges name these, as D3 has it, else by `key` or `name`. Whole floats among ids (`1.0`) are integers.",
        'A list of edges is read, too: pairs (`[["a", "b"], ["b", "c", 2]]`, with a weight or an object of attributes, if any), or objects with `source` and `target`.',
        "`multigraph` may be true as long as no two edges are parallel; the `key` of edges is left out then.",
    ),
    example="""\
{"directed": false, "graph": {"name": "x"},
 "nodes": [{"id": "a", "color": "red"}, {"id": 2}],
 "edges": [{"source": "a", "target": 2, "weight": 1.5}]}
""",
)
