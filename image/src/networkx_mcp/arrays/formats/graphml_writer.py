"""GraphML, written; what and how is said in `graphml`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from networkx_mcp.arrays.columns import MISSING, AttributeTable
from networkx_mcp.arrays.formats.common import Options
from networkx_mcp.arrays.formats.export_pages import edge_rows, node_rows
from networkx_mcp.arrays.formats.markup import IDS, JSON
from networkx_mcp.arrays.formats.markup_text import escaped, ids_of, quoted, text_of, type_of
from networkx_mcp.arrays.formats.text import chunks
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.state import GraphState


def write(state: GraphState, options: Options) -> Iterator[bytes]:
    """See the module."""
    options.finish()
    return chunks(_pieces(state.freeze()))


def _pieces(graph: FrozenGraph) -> Iterator[str]:
    ids, kind, shown = ids_of(graph)
    mode = "" if kind == "string" else f' {IDS}="{kind}"'
    keys: dict[tuple[str, str, str], int] = {}
    for name, value in graph.graph_attributes.items():
        keys.setdefault(("graph", name, type_of(value)), len(keys))
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
            found = {type_of(value) for value in column.to_list() if value is not MISSING}
            yield from ((name, type_) for type_ in sorted(found))
        elif column.count:
            yield name, simple[column.kind][0]
    for _, attributes in table.rest_rows():
        yield from ((name, type_of(value)) for name, value in attributes.items())


def _data(
    keys: dict[tuple[str, str, str], int], scope: str, attributes: dict[str, Any], indent: str, where: tuple[Any, ...]
) -> str:
    lines = []
    for name, value in attributes.items():
        type_ = type_of(value)
        text = text_of(value, type_, partial(escaped, where=where))
        lines.append(f'{indent}<data key="d{keys[scope, name, type_]}">{text}</data>')
    return "\n".join(lines)
