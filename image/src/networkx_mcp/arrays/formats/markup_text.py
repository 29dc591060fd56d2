"""Values and ids as text of XML, for the writers of GraphML and GEXF."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, Literal

import msgspec

from networkx_mcp.arrays.formats.export_pages import id_column
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.ids import INT64_MAX, INT64_MIN, NodeId, format_id
from networkx_mcp.errors import InvalidInput

_encode = msgspec.json.Encoder().encode
_TYPES: Final = {bool: "boolean", int: "long", float: "double", str: "string"}
#: What XML cannot hold, not even escaped.
NO_XML: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TEXT: Final = re.compile("[&<>\r]")
_QUOTED: Final = re.compile('[&<>"\t\n\r]')
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def ids_of(graph: FrozenGraph) -> tuple[list[NodeId], Literal["json", "integer", "string"], list[str]]:
    """The ids, what they are in the file, and each as it stands in an attribute there. Raises InvalidInput."""
    column, ids = id_column(graph), graph.all_ids()
    if column is None:
        return ids, "json", [quoted(_encode(node).decode(), "the name of a node") for node in ids]
    if ids and isinstance(ids[0], int):
        return ids, "integer", [str(node) for node in ids]
    return ids, "string", [quoted(str(node), "the name of a node") for node in ids]


def type_of(value: Any) -> str:
    """The type that a value has in the file; `json` where the formats have none for it."""
    if type(value) is int and not INT64_MIN <= value <= INT64_MAX:
        return "json"
    return _TYPES.get(type(value), "json")


def text_of(value: Any, type_: str, escape: Callable[[str], str]) -> str:
    """The value as its type (`type_of`) is written; `escape` makes text of XML from any."""
    if type_ == "string":
        return escape(value)
    if type_ == "json":
        return escape(_encode(value).decode())
    if type_ == "boolean":
        return "true" if value else "false"
    return repr(value)


def escaped(text: str, where: tuple[Any, ...]) -> str:
    """Text as it stands between tags. Raises InvalidInput where that of `where` (what it is, and ids) cannot stand there."""
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
