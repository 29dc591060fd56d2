"""Pajek, written; what and how is said in `pajek`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from networkx_mcp.arrays.formats.common import Options
from networkx_mcp.arrays.formats.export_pages import edge_rows, id_column, node_rows
from networkx_mcp.arrays.formats.lossy import drops, no_place
from networkx_mcp.arrays.formats.pajek_reader import DEFAULT
from networkx_mcp.arrays.formats.text import chunks, one_type
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.ids import NodeId, format_id
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import InvalidInput

#: What no text can hold: it ends it, or the line, or is taken for more by one of the programs that read it.
_NOT_HELD: Final = re.compile(r'["\\]|[^\S ]')
_SHAPE: Final = re.compile(r"[A-Za-z_][\w]*", re.ASCII)
#: Names of attributes stand without quotes.
_NAME: Final = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)


def write(state: GraphState, options: Options) -> Iterator[bytes]:
    """See the module."""
    drop = drops(options)
    options.finish()
    return chunks(_Writer(drop).pieces(state.freeze()))


class _Writer:
    def __init__(self, drop: bool) -> None:
        self._drop = drop

    def pieces(self, graph: FrozenGraph) -> Iterator[str]:
        name = graph.graph_attributes.get("name")
        others = [key for key in graph.graph_attributes if key != "name"]
        plain = isinstance(name, str) and name.strip() == name != "" and name.isprintable()
        if (
            others or (name is not None and not plain) or (name is None and "name" in graph.graph_attributes)
        ) and not self._drop:
            raise no_place(f"attributes of the graph, such as {(others or ['name'])[0][:60]!r}", "pajek")
        ids = one_type(id_column(graph), "pajek").to_pylist()
        if plain:
            yield f"*Network {name}\n"
        yield f"*Vertices {graph.n}\n"
        for number, (node, attributes) in enumerate(node_rows(graph, ids), 1):
            yield f"{number} {_quoted_id(node)}{self._node(node, attributes) if attributes else ''}\n"
        yield "*Arcs\n" if graph.directed else "*Edges\n"
        for row, (u, v, attributes) in enumerate(edge_rows(graph, ids)):
            rest = self._edge(u, v, attributes) if attributes else ""
            yield f"{graph.src[row] + 1} {graph.dst[row] + 1}{rest}\n"

    def _node(self, node: NodeId, attributes: dict[str, Any]) -> str:
        rest = dict(attributes)
        place = [rest.pop(name, None) for name in ("x", "y", "shape")]
        x, y, shape = place
        whole = type(x) is float and type(y) is float and isinstance(shape, str) and _SHAPE.fullmatch(shape) is not None
        if not whole and place != [None, None, None] and not self._drop:
            raise no_place(
                f"{', '.join(name for name in ('x', 'y', 'shape') if name in attributes)} of node {format_id(node)} alone (x and y are reals, "
                "shape is a word, and all three go together)",
                "pajek",
            )
        pairs = self._pairs(rest, f"node {format_id(node)}", ("z",))
        if whole:
            told = [repr(x), repr(y), str(shape)]
            begin = " 0 0 ellipse" if told == DEFAULT else " " + " ".join(told)
        else:
            begin = " " + " ".join(DEFAULT) if pairs else ""
        return begin + pairs

    def _edge(self, u: NodeId, v: NodeId, attributes: dict[str, Any]) -> str:
        what = f"edge {format_id(u)} - {format_id(v)}"
        rest = dict(attributes)
        weight = rest.pop("weight", None)
        if type(weight) not in (int, float) or (abs(weight) >= 10**18 and type(weight) is int):
            if "weight" in attributes and not self._drop:
                raise no_place(f"the weight of {what}, which is no number of moderate size", "pajek")
            if rest and not self._drop:
                raise no_place(f"attributes of {what}, which has no weight", "pajek")
            return ""
        return f" {weight!r}{self._pairs(rest, what, ())}"

    def _pairs(self, attributes: dict[str, Any], what: str, taken: tuple[str, ...]) -> str:
        found = []
        for name, value in attributes.items():
            if (
                isinstance(value, str)
                and _NAME.fullmatch(name)
                and name not in taken
                and not _NOT_HELD.search(value)
                and value.isprintable()
            ):
                found.append(f' {name} "{value}"')
            elif not self._drop:
                raise no_place(
                    f"attribute {name[:60]!r} of {what}: beside weight, x, y and shape only names of letters, digits and _ with a text without "
                    "quotes, backslashes and line ends",
                    "pajek",
                )
        return "".join(found)


def _quoted_id(node: NodeId) -> str:
    text = str(node)
    if _NOT_HELD.search(text) or not text.isprintable():
        raise InvalidInput(
            f"node {format_id(node)} cannot stand in format pajek: a label there has no quotes, backslashes and line ends. Use csv, "
            "graphml or parquet",
            field="format",
        )
    return f'"{text}"'
