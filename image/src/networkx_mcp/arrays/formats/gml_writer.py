"""GML, written; what and how is said in `gml`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from networkx_mcp.arrays.formats.common import Options
from networkx_mcp.arrays.formats.export_pages import edge_rows, node_rows
from networkx_mcp.arrays.formats.gml_reader import LABEL, LIST_START
from networkx_mcp.arrays.formats.text import chunks
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.ids import format_id
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import InvalidInput

_NAME: Final = re.compile(r"[A-Za-z][0-9A-Za-z_]*")
#: The entities that igraph knows; it leaves numbers as they stand.
_NAMED: Final = {"&": "&amp;", '"': "&quot;"}
_SPECIAL: Final = re.compile(r'[^ -~]|[&"]')


def write(state: GraphState, options: Options) -> Iterator[bytes]:
    """See the module."""
    as_json = options.text("values", "refuse", ("refuse", "json")) == "json"
    options.finish()
    return chunks(_Writer(as_json).pieces(state.freeze()))


class _Writer:
    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json

    def pieces(self, graph: FrozenGraph) -> Iterator[str]:
        yield "graph [\n"
        if graph.directed:
            yield "  directed 1\n"
        taken: tuple[str, ...] = ("directed", "multigraph", "node", "edge")
        yield self._pairs(graph.graph_attributes, "  ", taken, "the graph")
        ids = graph.all_ids()
        for number, (node, attributes) in enumerate(node_rows(graph, ids)):
            label = node if isinstance(node, int) else f'"{_escape(node)}"'
            if label == '"[]"':
                label = '"&#91;]"'
            if "label" in attributes and LABEL not in attributes:
                attributes = {LABEL if name == "label" else name: value for name, value in attributes.items()}
            elif LABEL in attributes:
                raise InvalidInput(
                    f"{_where(('node', node))} has an attribute {LABEL!r}, a name that is used here itself",
                    field="format",
                )
            pairs = self._pairs(attributes, "    ", ("id", "label"), "node", node) if attributes else ""
            yield f"  node [\n    id {number}\n    label {label}\n{pairs}  ]\n"
        for row, (u, v, attributes) in enumerate(edge_rows(graph, ids)):
            pairs = self._pairs(attributes, "    ", ("source", "target"), "edge", u, v) if attributes else ""
            yield f"  edge [\n    source {graph.src[row]}\n    target {graph.dst[row]}\n{pairs}  ]\n"
        yield "]\n"

    def _pairs(self, attributes: dict[str, Any], indent: str, taken: tuple[str, ...], *where: Any) -> str:
        lines: list[str] = []
        for name, value in attributes.items():
            if name in taken or not _NAME.fullmatch(name):
                why = "GML uses it itself" if name in taken else "a name in GML is letters, digits and _"
                raise InvalidInput(
                    f"{_where(where)} has an attribute {name[:60]!r}: {why}; use graphml or node-link", field="format"
                )
            if not self._put(lines, name, value, indent):
                if not self._as_json:
                    raise InvalidInput(
                        f"{_where(where)} has a value for {name!r} that GML cannot hold (true, false, null, a list in a "
                        "list): use option values=json, or format graphml or node-link",
                        field="format",
                    )
                lines.append(f'{indent}{name} "{_escape(msgspec.json.encode(value).decode())}"\n')
        return "".join(lines)

    def _put(self, lines: list[str], name: str, value: Any, indent: str, *, item: bool = False) -> bool:
        """Add lines for a pair; False (and nothing added) where GML has no such value."""
        kind = type(value)
        if kind is int:
            if value.bit_length() > 1024:
                return False
            lines.append(f"{indent}{name} {value}\n")
        elif kind is float:
            lines.append(f"{indent}{name} {_real(value)}\n")
        elif kind is str:
            text = _escape(value)
            if text in ("[]", "()"):  # networkx takes these for empty lists
                text = f"&#{ord(text[0])};{text[1]}"
            lines.append(f'{indent}{name} "{text}"\n')
        elif kind is dict:
            if not all(_NAME.fullmatch(key) for key in value):
                return False
            inner: list[str] = []
            if not all(self._put(inner, key, child, indent + "  ") for key, child in value.items()):
                return False
            lines.append(f"{indent}{name} [\n{''.join(inner)}{indent}]\n")
        elif kind is list and not item and value[:1] != [LIST_START]:
            if not value:
                lines.append(f'{indent}{name} "[]"\n')
                return True
            inner = [f'{indent}{name} "{LIST_START}"\n'] if len(value) == 1 else []
            if not all(self._put(inner, name, child, indent, item=True) for child in value):
                return False
            lines += inner
        else:
            return False
        return True


def _real(value: float) -> str:
    text = repr(value).upper()
    mantissa, exponent, power = text.partition("E")
    return f"{mantissa}{'' if '.' in mantissa else '.0'}{exponent}{power}"


def _escape(text: str) -> str:
    return _SPECIAL.sub(lambda found: _NAMED.get(found[0]) or f"&#{ord(found[0])};", text)


def _where(where: tuple[Any, ...]) -> str:
    return " - ".join(
        [where[0] if len(where) == 1 else f"{where[0]} {format_id(where[1])}", *map(format_id, where[2:])]
    )
