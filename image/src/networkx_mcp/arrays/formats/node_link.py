"""Node-link JSON, as networkx.node_link_data: ids keep their JSON type, everything comes back exactly.

    {"directed": false, "graph": {"name": "x"},
     "nodes": [{"id": "a", "color": "red"}, {"id": 2}],
     "edges": [{"source": "a", "target": 2, "weight": 1.5}]}

`links` is understood in place of `edges`. `multigraph` may be true as long as no two edges are parallel; their
`key` is left out then. Attributes named `id` (of nodes), `source` or `target` (of edges) have no place in
the format: writing them is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

import msgspec
import numpy as np

from ...errors import InvalidInput
from ..frozen import FrozenGraph
from ..ids import format_id
from ..state import GraphState
from .common import FormatError, Options
from .pages import edge_rows, id_list, node_rows
from .record import POSSIBLE, SURE, Format, Head
from .sink import Sink
from .text import chunks


class _Document(msgspec.Struct):
    # Nodes and edges stay slices of the file until it is their turn: as dicts they need ten times its size.
    nodes: list[msgspec.Raw]
    directed: bool | None = None
    multigraph: bool = False
    graph: dict[str, msgspec.Raw] = {}
    edges: list[msgspec.Raw] | None = None
    links: list[msgspec.Raw] | None = None


_decode_document = msgspec.json.Decoder(_Document).decode
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_slices = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_value = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def parse(file: IO[bytes], options: Options, sink: Sink) -> None:
    """See the module."""
    options.finish()
    sink.typed_ids("node-link")
    data = file.read()
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    try:
        document = _decode_document(data)
    except msgspec.ValidationError as error:
        raise FormatError(f"not a node-link document: {error}") from None
    except msgspec.DecodeError as error:
        raise FormatError(f"not JSON: {error}", _line_of_byte(data, str(error))) from None
    if document.edges is not None and document.links is not None:
        raise FormatError("the document has both edges and links: keep one")
    if document.directed is not None:
        sink.set_directed(document.directed)
    _check_slices(document.graph, sink, "graph")
    sink.builder.graph_attributes = {name: _value(raw) for name, raw in document.graph.items()}
    for number, raw in enumerate(document.nodes):
        place = f"nodes[{number}]"
        node = _item(data, raw, place, sink)
        if "id" not in node:
            raise FormatError(f"{place} has no id", _line(data, raw))
        try:
            sink.node(node.pop("id"), node)
        except FormatError as error:
            raise FormatError(f"{place}: {error.reason}", _line(data, raw)) from None
    edges = document.edges or document.links or []
    name = "links" if document.links else "edges"
    for number, raw in enumerate(edges):
        place = f"{name}[{number}]"
        edge = _item(data, raw, place, sink)
        if "source" not in edge or "target" not in edge:
            raise FormatError(f"{place} has no source or no target", _line(data, raw))
        if document.multigraph:
            edge.pop("key", None)
        try:
            sink.edge(edge.pop("source"), edge.pop("target"), edge)
        except FormatError as error:
            raise FormatError(f"{place}: {error.reason}", _line(data, raw)) from None
    sink.edge_places(0, lambda number: _line(data, edges[number]))


def _item(data: bytes, raw: msgspec.Raw, place: str, sink: Sink) -> dict[str, Any]:
    try:
        if sink.limits.value is not None and memoryview(raw).nbytes > sink.limits.value:
            # As slices: what is too long is never made.
            line = _line(data, raw)
            _check_slices(_slices(raw), sink, f"line {line}, {place}" if line is not None else place)
        return _decode(raw)
    except msgspec.ValidationError as error:
        raise FormatError(f"{place}: {error}", _line(data, raw)) from None
    except msgspec.DecodeError as error:
        raise FormatError(f"{place} is not JSON: {error}", _line(data, raw)) from None


def _check_slices(attributes: dict[str, msgspec.Raw], sink: Sink, place: str) -> None:
    for name, raw in attributes.items():
        sink.limits.check_text(memoryview(raw).nbytes, place, f"the value of attribute {name[:60]!r}")


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
    ids = id_list(graph)
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


def _sniff(head: Head) -> int:
    text = head.json
    if not text:
        return 0
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
    example="""\
{"directed": false, "graph": {"name": "x"},
 "nodes": [{"id": "a", "color": "red"}, {"id": 2}],
 "edges": [{"source": "a", "target": 2, "weight": 1.5}]}
""",
)
