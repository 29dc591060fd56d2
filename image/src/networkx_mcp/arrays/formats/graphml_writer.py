"""GraphML, written; what and how is said in `graphml`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import msgspec

from networkx_mcp.arrays.columns import MISSING, AttributeTable
from networkx_mcp.arrays.formats.common import Options
from networkx_mcp.arrays.formats.export_pages import edge_rows, id_column, id_list, node_rows
from networkx_mcp.arrays.formats.graphml_reader import IDS, JSON
from networkx_mcp.arrays.formats.text import chunks
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.ids import INT64_MAX, INT64_MIN, format_id
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import InvalidInput

_encode = msgspec.json.Encoder().encode

_TYPES: Final = {bool: "boolean", int: "long", float: "double", str: "string"}
#: What XML cannot hold, not even escaped.
NO_XML: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TEXT: Final = re.compile("[&<>\r]")
_QUOTED: Final = re.compile('[&<>"\t\n\r]')
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def write(state: GraphState, options: Options) -> Iterator[bytes]:
    """See the module."""
    options.finish()
    return chunks(_pieces(state.freeze()))


def _pieces(graph: FrozenGraph) -> Iterator[str]:
    column = id_column(graph)
    ids = id_list(graph)
    if column is None:
        mode, shown = f' {IDS}="json"', [quoted(_encode(node).decode(), "the name of a node") for node in ids]
    elif ids and isinstance(ids[0], int):
        mode, shown = f' {IDS}="integer"', [str(node) for node in ids]
    else:
        mode, shown = "", [quoted(str(node), "the name of a node") for node in ids]
    keys: dict[tuple[str, str, str], int] = {}
    for name, value in graph.graph_attributes.items():
        keys.setdefault(("graph", name, _type(value)), len(keys))
    for scope, table in (("node", graph.node_table), ("edge", graph.edge_table)):
        for name, type_ in _types(table):
            keys.setdefault((scope, name, type_), len(keys))
    yield "<?xml version='1.0' encoding='utf-8'?>\n"
    yield '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    for (scope, name, type_), number in keys.items():
        shown_type = f'string" {JSON}="true' if type_ == "json" else type_
        named = quoted(name, "the name of an attribute")
        yield f'  <key id="d{number}" for="{scope}" attr.name="{named}" attr.type="{shown_type}"/>\n'
    yield f'  <graph edgedefault="{"directed" if graph.directed else "undirected"}"{mode}>\n'
    data = partial(_data, keys)
    if graph.graph_attributes:
        yield data("graph", graph.graph_attributes, "    ", ("the graph",)) + "\n"
    for row, (node, attributes) in enumerate(node_rows(graph, ids)):
        if attributes:
            inner = data("node", attributes, "      ", ("node", node))
            yield f'    <node id="{shown[row]}">\n{inner}\n    </node>\n'
        else:
            yield f'    <node id="{shown[row]}"/>\n'
    for row, (u, v, attributes) in enumerate(edge_rows(graph, ids)):
        ends = f'source="{shown[graph.src[row]]}" target="{shown[graph.dst[row]]}"'
        if attributes:
            inner = data("edge", attributes, "      ", ("edge", u, v))
            yield f"    <edge {ends}>\n{inner}\n    </edge>\n"
        else:
            yield f"    <edge {ends}/>\n"
    yield "  </graph>\n</graphml>\n"


def _types(table: AttributeTable) -> Iterator[tuple[str, str]]:
    """(name, type) of all values."""
    simple = {"int": ("long",), "float": ("double",), "bool": ("boolean",), "string": ("string",)}
    for name, column in table.columns.items():
        if column.kind == "number":
            yield from ((name, "long"), (name, "double"))
        elif column.kind == "json":
            found = {_type(value) for value in column.to_list() if value is not MISSING}
            yield from ((name, type_) for type_ in sorted(found))
        elif column.count:
            yield name, simple[column.kind][0]
    for _, attributes in table.rest_rows():
        yield from ((name, _type(value)) for name, value in attributes.items())


def _type(value: Any) -> str:
    if type(value) is int and not INT64_MIN <= value <= INT64_MAX:
        return "json"
    return _TYPES.get(type(value), "json")


def _data(
    keys: dict[tuple[str, str, str], int], scope: str, attributes: dict[str, Any], indent: str, where: tuple[Any, ...]
) -> str:
    lines = []
    for name, value in attributes.items():
        type_ = _type(value)
        if type_ == "string":
            text = _escape(value, where)
        elif type_ == "boolean":
            text = "true" if value else "false"
        elif type_ == "json":
            text = _escape(_encode(value).decode(), where)
        else:
            text = repr(value)
        lines.append(f'{indent}<data key="d{keys[scope, name, type_]}">{text}</data>')
    return "\n".join(lines)


def _escape(text: str, where: tuple[Any, ...]) -> str:
    if NO_XML.search(text):
        parts = [str(where[0]), *(format_id(node) for node in where[1:])]
        raise InvalidInput(
            f"{' '.join(parts)} has text with a character that XML cannot hold: use node-link or parquet",
            field="format",
        )
    return _TEXT.sub(_entity, text)


def quoted(text: str, what: str) -> str:
    """Text as it stands in an XML attribute. Raises InvalidInput where `what` cannot stand there."""
    if NO_XML.search(text):
        raise InvalidInput(
            f"{what} has a character that XML cannot hold: {text[:60]!r}; use node-link or parquet",
            field="format",
        )
    return _QUOTED.sub(_entity, text)


def _entity(found: re.Match[str]) -> str:
    return _ENTITIES.get(found[0]) or f"&#{ord(found[0])};"
