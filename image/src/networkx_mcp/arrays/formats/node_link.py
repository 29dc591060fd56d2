"""Node-link JSON, as networkx.node_link_data: ids keep their JSON type, everything comes back exactly.

    {"directed": false, "graph": {"name": "x"},
     "nodes": [{"id": "a", "color": "red"}, {"id": 2}],
     "edges": [{"source": "a", "target": 2, "weight": 1.5}]}

`links` is understood in place of `edges`. Attributes named `id` (of nodes), `source` or `target` (of edges)
have no place in the format: writing them is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

import msgspec

from ...errors import InvalidInput
from ..state import GraphState
from .common import FormatError, Options, Sink, chunks


class _Document(msgspec.Struct):
    nodes: list[dict[str, Any]]
    directed: bool = False
    multigraph: bool = False
    graph: dict[str, Any] = {}
    edges: list[dict[str, Any]] | None = None
    links: list[dict[str, Any]] | None = None


def parse(file: IO[bytes], options: Options, sink: Sink) -> None:
    """See the module."""
    del options
    data = file.read()
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    try:
        document = msgspec.json.decode(data, type=_Document)
    except msgspec.ValidationError as error:
        raise FormatError(f"not a node-link document: {error}") from None
    except msgspec.DecodeError as error:
        raise FormatError(f"not JSON: {error}", _line(data, str(error))) from None
    del data
    if document.edges is not None and document.links is not None:
        raise FormatError("the document has both edges and links: keep one")
    sink.set_directed(document.directed)
    sink.builder.graph_attributes = document.graph
    for number, node in enumerate(document.nodes):
        if "id" not in node:
            raise FormatError(f"nodes[{number}] has no id")
        try:
            sink.node(node.pop("id"), node)
        except FormatError as error:
            raise FormatError(f"nodes[{number}]: {_reason(error)}") from None
    for number, edge in enumerate(document.edges or document.links or ()):
        if "source" not in edge or "target" not in edge:
            raise FormatError(f"edges[{number}] has no source or no target")
        if document.multigraph:
            edge.pop("key", None)
        try:
            sink.edge(edge.pop("source"), edge.pop("target"), edge)
        except FormatError as error:
            raise FormatError(f"edges[{number}]: {_reason(error)}") from None


def _reason(error: FormatError) -> str:
    return error.message.removesuffix("; nothing was changed")


def _line(data: bytes, message: str) -> int | None:
    """The line of the byte that msgspec names: `... (byte 123)`."""
    _, _, place = message.rpartition("byte ")
    digits = place.rstrip(")")
    return data.count(b"\n", 0, int(digits)) + 1 if digits.isdigit() else None


def write(state: GraphState, options: Options) -> Iterator[bytes]:
    """See the module."""
    del options
    return chunks(_pieces(state))


def _pieces(state: GraphState) -> Iterator[str]:
    graph = msgspec.json.encode(state.graph_attributes).decode()
    directed = "true" if state.directed else "false"
    yield f'{{"directed":{directed},"multigraph":false,"graph":{graph},"nodes":['
    between = "\n"
    for node, attributes in state.nodes(data=True):
        _free(attributes, ("id",), f"node {node!r}")
        yield between + msgspec.json.encode({"id": node, **attributes}).decode()
        between = ",\n"
    yield '\n],"edges":['
    between = "\n"
    for u, v, attributes in state.edges(data=True):
        _free(attributes, ("source", "target"), f"edge {u!r} - {v!r}")
        yield between + msgspec.json.encode({"source": u, "target": v, **attributes}).decode()
        between = ",\n"
    yield "\n]}\n"


def _free(attributes: dict[str, Any], names: tuple[str, ...], what: str) -> None:
    for name in names:
        if name in attributes:
            raise InvalidInput(f"{what} has an attribute {name!r}, which node-link JSON uses itself: use graphml")
