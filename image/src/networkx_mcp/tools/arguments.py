"""Argument types that several tools share: ids, attributes, nodes, edges, pages.

Nodes and edges of one call may be thousands, so they are checked by plain loops that name the
position of the first fault, not by a model for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema

INT64 = range(-(2**63), 2**63)
_ID_RULE = "must be a string or an integer"

ID_SCHEMA: dict[str, Any] = {"anyOf": [{"type": "string"}, {"type": "integer"}]}
_OBJECT: dict[str, Any] = {"type": "object", "additionalProperties": True}


def check_id(value: Any, where: str = "") -> str | int:
    """`value` if it is a node id. Raises ValueError: booleans and fractions, even 1.0, are no ids."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]
    if kind is int:
        if value in INT64:
            return value  # type: ignore[no-any-return]
        raise ValueError(f"{where}{' ' if where else ''}is an integer beyond 64 bits: use a string id")
    name = {bool: "the boolean", float: "the fraction", type(None): "null"}.get(kind, "")
    got = f"{name} {value}".lower() if kind in (bool, float) else name or ("an array" if kind is list else "an object")
    hint = ""
    if kind is float and value == value and value.is_integer() if kind is float else False:
        hint = f" (write {int(value)} or {str(value)!r})"
    raise ValueError(f"{where}{' ' if where else ''}{_ID_RULE}, got {got}{hint}".strip())


NodeId: TypeAlias = Annotated[Any, PlainValidator(check_id), WithJsonSchema(ID_SCHEMA)]


def _parse_ids(value: Any) -> list[str | int]:
    if type(value) is not list:
        raise ValueError("must be an array of node ids")
    for index, item in enumerate(value):
        check_id(item, f"[{index}]")
    return value


NodeIds: TypeAlias = Annotated[
    list[Any], BeforeValidator(_parse_ids), WithJsonSchema({"type": "array", "items": ID_SCHEMA})
]


def _parse_attributes(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise ValueError("must be an object of attribute names and values")
    return value


Attributes: TypeAlias = Annotated[dict[str, Any], BeforeValidator(_parse_attributes), WithJsonSchema(_OBJECT)]

#: A node as callers write it, parsed: (id, attributes).
Node: TypeAlias = tuple[str | int, dict[str, Any]]
#: An edge as callers write it, parsed: (source, target, attributes).
Edge: TypeAlias = tuple[str | int, str | int, dict[str, Any]]


def _parse_nodes(value: Any) -> list[Node]:
    if type(value) is not list:
        raise ValueError("must be an array of ids or of {id, attributes}")
    nodes: list[Node] = []
    for index, item in enumerate(value):
        where = f"[{index}]"
        if type(item) is not dict:
            nodes.append((check_id(item, where), {}))
            continue
        if "id" not in item:
            raise ValueError(f'{where} has no `id`: write an id or {{"id": ..., "attributes": {{...}}}}')
        if extra := item.keys() - {"id", "attributes"}:
            raise ValueError(f"{where} has the unknown key `{min(extra)}`: put it inside `attributes`")
        nodes.append((check_id(item["id"], f"{where}.id"), _checked_attributes(item.get("attributes"), where)))
    return nodes


def _parse_edges(value: Any) -> list[Edge]:
    if type(value) is not list:
        raise ValueError("must be an array of [source, target] or [source, target, {attributes}]")
    return [_parse_edge(item, f"[{index}]") for index, item in enumerate(value)]


def _parse_edge(item: Any, where: str) -> Edge:
    if type(item) is dict:
        if extra := item.keys() - {"source", "target", "attributes"}:
            raise ValueError(f"{where} has the unknown key `{min(extra)}`: put it inside `attributes`")
        if missing := [key for key in ("source", "target") if key not in item]:
            raise ValueError(f"{where} has no `{missing[0]}`")
        item = [item["source"], item["target"], item.get("attributes")]
    if type(item) is not list or not 2 <= len(item) <= 3:
        raise ValueError(f"{where} must be [source, target] or [source, target, {{attributes}}]")
    third = item[2] if len(item) == 3 else None
    if type(third) in (int, float):
        third = {"weight": third}
    return (
        check_id(item[0], f"{where}[0] (source)"),
        check_id(item[1], f"{where}[1] (target)"),
        _checked_attributes(third, where),
    )


def _checked_attributes(value: Any, where: str) -> dict[str, Any]:
    if value is None:
        return {}
    if type(value) is not dict:
        raise ValueError(f"{where}: attributes must be an object of names and values")
    return value


Nodes: TypeAlias = Annotated[
    Any,
    PlainValidator(_parse_nodes),
    WithJsonSchema(
        {
            "type": "array",
            "items": {
                "anyOf": [
                    {"type": "string"},
                    {"type": "integer"},
                    {
                        "type": "object",
                        "properties": {"id": ID_SCHEMA, "attributes": _OBJECT},
                        "required": ["id"],
                        "additionalProperties": False,
                    },
                ]
            },
        }
    ),
]

_EDGE_ARRAY: dict[str, Any] = {
    "type": "array",
    "minItems": 2,
    "maxItems": 3,
    "items": {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "number"}, _OBJECT]},
}
_EDGE_OBJECT: dict[str, Any] = {
    "type": "object",
    "properties": {"source": ID_SCHEMA, "target": ID_SCHEMA, "attributes": _OBJECT},
    "required": ["source", "target"],
    "additionalProperties": False,
}
Edges: TypeAlias = Annotated[
    Any,
    PlainValidator(_parse_edges),
    WithJsonSchema({"type": "array", "items": {"anyOf": [_EDGE_ARRAY, _EDGE_OBJECT]}}),
]

GraphId: TypeAlias = Annotated[
    str, Field(description="Id of the graph, as create_graph, load_graph or list_graphs gave it.")
]
OperationId: TypeAlias = Annotated[
    str | None,
    Field(
        description="Your own name for this write (1-128 printable characters). Sent again with the same name it "
        "happens once and returns the first result: use it to repeat safely."
    ),
]
IfVersion: TypeAlias = Annotated[
    int | None,
    Field(
        ge=1,
        description="Write only if the graph is still at this version; otherwise a conflict tells the current one.",
    ),
]
Offset: TypeAlias = Annotated[
    int, Field(ge=0, description="Rows to skip: the next offset that a truncated answer named.")
]
Weight: TypeAlias = Annotated[
    str | None, Field(description="Edge attribute that holds the weight, usually `weight`; null: every edge counts 1.")
]


def copied(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """A plain dict of attributes."""
    return dict(attributes)
