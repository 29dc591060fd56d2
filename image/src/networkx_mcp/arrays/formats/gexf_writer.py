"""GEXF, written; what and how is said in `gexf`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from networkx_mcp.arrays.columns import MISSING, AttributeTable
from networkx_mcp.arrays.formats.common import Options
from networkx_mcp.arrays.formats.export_pages import edge_rows, node_rows
from networkx_mcp.arrays.formats.markup import IDS, JSON, MAX_TAG
from networkx_mcp.arrays.formats.markup_text import ids_of, quoted, text_of, type_of
from networkx_mcp.arrays.formats.text import chunks
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.ids import format_id
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import InvalidInput

#: Most bytes of a value, with its escapes: a tag may have two of them, and an id.
_MAX_TEXT: Final = MAX_TAG // 3


def write(state: GraphState, options: Options) -> Iterator[bytes]:
    """See the module."""
    options.finish()
    return chunks(_pieces(state.freeze()))


def _pieces(graph: FrozenGraph) -> Iterator[str]:
    name = graph.graph_attributes.get("name")
    others = [key for key in graph.graph_attributes if key != "name"]
    if others or ("name" in graph.graph_attributes and not (isinstance(name, str) and name)):
        raise InvalidInput(
            f"GEXF has no place for attributes of the graph other than name, a text, such as {(others or ['name'])[0][:60]!r}: use graphml or "
            "node-link, or remove them",
            field="format",
        )
    ids, kind, shown = ids_of(graph)
    mode = {"json": f' {IDS}="json"', "integer": ' idtype="integer"', "string": ""}[kind]
    keys: dict[tuple[str, str, str], int] = {}
    for scope, table in (("node", graph.node_table), ("edge", graph.edge_table)):
        for title, value in _values(table):
            if not _in_tag(scope, title, value):
                keys.setdefault((scope, title, type_of(value)), len(keys))
    named = f' name="{quoted(name, "the name of the graph")}"' if name else ""
    yield "<?xml version='1.0' encoding='utf-8'?>\n"
    yield '<gexf xmlns="http://gexf.net/1.3" version="1.3">\n'
    yield f'  <graph defaultedgetype="{"directed" if graph.directed else "undirected"}"{mode}{named}>\n'
    for scope in ("node", "edge"):
        if any(key[0] == scope for key in keys):
            yield f'    <attributes class="{scope}">\n'
            for (of, title, type_), number in keys.items():
                if of == scope:
                    shown_type = f'string" {JSON}="true' if type_ == "json" else type_
                    yield f'      <attribute id="d{number}" title="{quoted(title, "the name of an attribute")}" type="{shown_type}"/>\n'
            yield "    </attributes>\n"
    yield "    <nodes>\n"
    for row, (node, attributes) in enumerate(node_rows(graph, ids)):
        tag, inner = _parts(keys, "node", attributes, ("node", node)) if attributes else ("", "")
        yield f'      <node id="{shown[row]}"{tag}' + (f">\n{inner}      </node>\n" if inner else "/>\n")
    yield "    </nodes>\n    <edges>\n"
    for row, (u, v, attributes) in enumerate(edge_rows(graph, ids)):
        tag, inner = _parts(keys, "edge", attributes, ("edge", u, v)) if attributes else ("", "")
        ends = f'source="{shown[graph.src[row]]}" target="{shown[graph.dst[row]]}"'
        yield f"      <edge {ends}{tag}" + (f">\n{inner}      </edge>\n" if inner else "/>\n")
    yield "    </edges>\n  </graph>\n</gexf>\n"


def _values(table: AttributeTable) -> Iterator[tuple[str, Any]]:
    """(name, value) of all attributes."""
    for name, column in table.columns.items():
        yield from ((name, value) for value in column.to_list() if value is not MISSING)
    for _, attributes in table.rest_rows():
        yield from attributes.items()


def _in_tag(scope: str, name: str, value: Any) -> bool:
    """Whether the value has a place in the tag of its node or edge."""
    if name == "label" or (name == "id" and scope == "edge"):
        return isinstance(value, str)
    return name == "weight" and scope == "edge" and (type(value) is float or type_of(value) == "long")


def _parts(
    keys: dict[tuple[str, str, str], int], scope: str, attributes: dict[str, Any], where: tuple[Any, ...]
) -> tuple[str, str]:
    """XML attributes of the tag, and the lines in it."""
    tag, lines = [], []
    what = f"{where[0]} {' - '.join(format_id(node) for node in where[1:])}"
    for name, value in attributes.items():
        type_ = type_of(value)
        text = text_of(value, type_, partial(quoted, what=what))
        if len(text) > _MAX_TEXT // 4 and len(text.encode()) > _MAX_TEXT:
            raise InvalidInput(
                f"{what} has a value of {len(text.encode())} bytes as {name[:60]!r}, which is too long for an XML attribute, as GEXF has them: use "
                "graphml or node-link",
                field="format",
            )
        if _in_tag(scope, name, value):
            tag.append(f' {name}="{text}"')
        else:
            lines.append(f'          <attvalue for="d{keys[scope, name, type_]}" value="{text}"/>\n')
    inner = f"        <attvalues>\n{''.join(lines)}        </attvalues>\n" if lines else ""
    return "".join(tag), inner
