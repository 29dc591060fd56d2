"""DOT, written; what and how is said in `dot`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import msgspec

from networkx_mcp.arrays.columns import AttributeTable
from networkx_mcp.arrays.formats.common import Options
from networkx_mcp.arrays.formats.dot_reader import NUMERAL
from networkx_mcp.arrays.formats.export_pages import edge_rows, id_column, node_rows
from networkx_mcp.arrays.formats.text import chunks, one_type
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.ids import format_id
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import InvalidInput

_encode = msgspec.json.Encoder().encode
#: Names that need no quotes. pydot, and so networkx, takes quotes for a part of the name of an attribute.
_PLAIN: Final = re.compile(
    r"(?!(?:node|edge|graph|digraph|subgraph|strict)\Z)[a-z_][a-z0-9_]*", re.ASCII | re.IGNORECASE
)
#: An odd number of backslashes before a quote, a line end or the end of the text: DOT has no way to write it.
_NOT_HELD: Final = re.compile(r'(?<!\\)(?:\\\\)*\\(?=["\n\r]|\Z)')


def write(state: GraphState, options: Options) -> Iterator[bytes]:
    """See the module."""
    as_json = options.text("values", "refuse", ("refuse", "json")) == "json"
    options.finish()
    return chunks(_pieces(state.freeze(), as_json))


def _pieces(graph: FrozenGraph, as_json: bool) -> Iterator[str]:
    ids = one_type(id_column(graph), "dot").to_pylist()
    shown = [_quoted(str(node), f"node {format_id(node)}") for node in ids]
    of_nodes, of_edges = _mixed(graph.node_table), _mixed(graph.edge_table)
    of_graph = dict(graph.graph_attributes)
    name = of_graph.get("name")
    begin = "digraph" if graph.directed else "graph"
    if isinstance(name, str) and name:
        begin += f" {_quoted(name, 'the name of the graph')}"
        del of_graph["name"]
    yield f"{begin} {{\n"
    if of_graph:
        yield f"  graph{_brackets(of_graph, 'the graph', as_json)};\n"
    for row, (node, attributes) in enumerate(node_rows(graph, ids)):
        yield f"  {shown[row]}{_brackets(attributes, f'node {format_id(node)}', as_json, of_nodes) if attributes else ''};\n"
    arrow = "->" if graph.directed else "--"
    for row, (u, v, attributes) in enumerate(edge_rows(graph, ids)):
        told = _brackets(attributes, f"edge {format_id(u)} - {format_id(v)}", as_json, of_edges) if attributes else ""
        yield f"  {shown[graph.src[row]]} {arrow} {shown[graph.dst[row]]}{told};\n"
    yield "}\n"


def _mixed(table: AttributeTable) -> frozenset[str]:
    """The attributes whose values may be of several types."""
    plain = {name for name, column in table.columns.items() if column.kind == "string"}
    return frozenset(table.names()) - plain


def _brackets(attributes: dict[str, Any], what: str, as_json: bool, mixed: frozenset[str] = frozenset()) -> str:
    told = []
    for name, value in attributes.items():
        shown = _value(name, value, what, as_json)
        if name in mixed and type(value) is str and NUMERAL.fullmatch(value):
            shown = f'"" + {shown}'  # joined, so that it is not taken for a number among numbers
        told.append(f"{name if _PLAIN.fullmatch(name) else _quoted(name, what)}={shown}")
    return f" [{', '.join(told)}]"


def _value(name: str, value: Any, what: str, as_json: bool) -> str:
    kind = type(value)
    if kind is str:
        return _quoted(value, what)
    if kind is int and value.bit_length() <= 1024:
        return str(value)
    if kind is float:
        text = format(Decimal(repr(value)), "f")  # DOT has no exponents
        text = text if "." in text else f"{text}.0"
        if len(text) <= 400:
            return text
    if as_json:
        return _quoted(_encode(value).decode(), what)
    raise InvalidInput(
        f"{what} has a value for {name[:60]!r} that DOT cannot hold (true, false, null, a list, an object): use option values=json, or "
        "format graphml or node-link",
        field="format",
    )


def _quoted(text: str, what: str) -> str:
    if _NOT_HELD.search(text) or "\r" in text or "\0" in text:
        raise InvalidInput(
            f"{what} has text that DOT cannot hold: a carriage return, or a backslash before a quote, a line end or the end; use graphml "
            "or node-link",
            field="format",
        )
    return '"' + text.replace('"', '\\"') + '"'
