"""Argument types that several tools share: ids, attributes, nodes, edges, pages.

Nodes and edges of one call may be thousands, so they are checked by plain loops that name the
position of the first fault, not by a model for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any, NamedTuple, TypeAlias

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema

from networkx_mcp.analysis import client_values
from networkx_mcp.arrays import ids
from networkx_mcp.arrays.ids import NodeId as Id
from networkx_mcp.errors import InvalidInput, echoed, shortened

#: Rows, parts and samples beyond any graph, and versions beyond any life: larger integers fit no machine word somewhere
#: below, and a bound here names the argument.
MOST, MOST_VERSION = 10**9, 10**15
#: Characters of one statement or condition.
MOST_SQL = 20_000
ID_SCHEMA: dict[str, Any] = {"anyOf": [{"type": "string"}, {"type": "integer"}]}
_OBJECT: dict[str, Any] = {"type": "object"}


class NodeList(NamedTuple):
    """Nodes as callers wrote them: `attributes[k]` goes with `ids[k]`; None: nobody has any."""

    ids: list[Id]
    attributes: list[dict[str, Any] | None] | None


class EdgeList(NamedTuple):
    """Edges as callers wrote them: `attributes[k]` goes with `pairs[k]`; None: nobody has any."""

    pairs: list[tuple[Id, Id]]
    attributes: list[dict[str, Any] | None] | None
    #: Edges whose third value is a number, which was taken for the weight; keys of objects that were taken for attributes.
    weights: int = 0
    keys: tuple[str, ...] = ()

    def taken(self) -> list[str]:
        """What was taken for what, in sentences for the answer."""
        said = []
        if self.weights:
            said.append("a number behind source and target was taken for the attribute weight")
        if self.keys:
            said.append(
                f"keys beside source and target were taken for attributes: {', '.join(map(echoed, self.keys[:10]))}"
            )
        return said


def twins(given: Iterable[Id], exists: Callable[[Id], bool]) -> list[str]:
    """A sentence for the answer where ids are given that look like others of the other type, and both are nodes now."""
    for node in dict.fromkeys(given):
        other = ids.twin(node)
        if other is not None and exists(other):
            return [
                f"{ids.format_id(node)} and {ids.format_id(other)} are two nodes: an integer and a string are different ids; "
                "take back what was not meant so"
            ]
    return []


def no_nodes() -> NodeList:
    """The default of an optional list of nodes."""
    return NodeList([], None)


def no_edges() -> EdgeList:
    """The default of an optional list of edges."""
    return EdgeList([], None)


def check_id(value: Any, where: str) -> Id:
    """`value` if it is a node id. Raises ValueError: booleans and fractions, even 1.0, are no ids."""
    try:
        return ids.check_id(value, where)
    except InvalidInput as error:
        raise ValueError(error.message.rstrip(".")) from None


def _plain(value: Any) -> bool:
    """Whether `value` is surely a node id, as nearly all are: told without a word for an error."""
    kind = type(value)
    if kind is str:
        return len(value) <= ids.MAX_ID_BYTES and value.isascii()
    return kind is int and ids.INT64_MIN <= value <= ids.INT64_MAX


def _parse_id(value: Any) -> Id:
    return check_id(value, "")


def _parse_ids(value: Any) -> list[Id]:
    value = client_values.array(value)
    if type(value) is not list:
        raise ValueError("must be an array of node ids, also of one")
    return [item if _plain(item) else check_id(item, f"[{index}]") for index, item in enumerate(value)]


def _parse_attributes(value: Any) -> dict[str, Any]:
    value = client_values.mapping(value)
    if type(value) is not dict:
        raise ValueError("must be an object of attribute names and values")
    return value


def _parse_nodes(value: Any) -> NodeList:
    value = client_values.mapping(client_values.array(value))
    if type(value) is dict:
        value = [value]
    if type(value) is not list:
        raise ValueError('must be an array of ids or of {"id", "attributes"} objects')
    found: list[Id] = []
    attributes: list[dict[str, Any] | None] = []
    for index, item in enumerate(value):
        if type(item) is not dict:
            found.append(item if _plain(item) else check_id(item, f"[{index}]"))
            attributes.append(None)
            continue
        if "id" not in item:
            raise ValueError(f'[{index}] has no `id`: write an id or {{"id": ..., "attributes": {{...}}}}')
        _only(item, {"id", "attributes"}, index)
        found.append(check_id(item["id"], f"[{index}].id"))
        attributes.append(_attributes(item.get("attributes"), index))
    return NodeList(found, attributes if any(attributes) else None)


def _parse_edges(value: Any) -> EdgeList:
    value = client_values.mapping(client_values.array(value))
    if type(value) is dict:
        value = [value]
    if type(value) is not list:
        raise ValueError("must be an array of [source, target] or [source, target, {attributes}]")
    pairs: list[tuple[Id, Id]] = []
    attributes: list[dict[str, Any] | None] = []
    weights, keys = 0, dict[str, None]()
    for index, item in enumerate(value):
        if type(item) is list and len(item) == 2 and _plain(item[0]) and _plain(item[1]):
            pairs.append((item[0], item[1]))
            attributes.append(None)
            continue
        edge = client_values.mapping(client_values.array(item)) if type(item) is str else item
        if type(edge) is dict:
            if missing := [key for key in ("source", "target") if key not in edge]:
                raise ValueError(f"[{index}] has no `{missing[0]}`")
            given = edge.get("attributes")
            if "attributes" in edge:
                _only(edge, {"source", "target", "attributes"}, index)
            elif len(edge) > 2:
                given = {key: value for key, value in edge.items() if key not in ("source", "target")}
                keys.update(dict.fromkeys(given))
            edge = [edge["source"], edge["target"], given]
        elif type(edge) is list and len(edge) == 3 and type(edge[2]) in (int, float):
            edge = [edge[0], edge[1], {"weight": edge[2]}]
            weights += 1
        if type(edge) is not list or not 2 <= len(edge) <= 3:
            raise ValueError(
                f"[{index}] must be [source, target], [source, target, weight] or [source, target, {{attributes}}]"
            )
        pairs.append((check_id(edge[0], f"[{index}] source"), check_id(edge[1], f"[{index}] target")))
        attributes.append(_attributes(edge[2] if len(edge) == 3 else None, index))
    return EdgeList(pairs, attributes if any(attributes) else None, weights, tuple(keys))


def _only(item: dict[str, Any], allowed: set[str], index: int) -> None:
    if extra := item.keys() - allowed:
        raise ValueError(
            f"[{index}] has the unknown key `{shortened(min(extra))}`: attributes belong inside `attributes`"
        )


def _attributes(value: Any, index: int) -> dict[str, Any] | None:
    value = client_values.mapping(value)
    if value is not None and type(value) is not dict:
        raise ValueError(f'[{index}]: attributes must be an object, for example {{"weight": 2}}')
    return value or None


def _parse_graph_id(value: Any) -> Any:
    return str(value) if type(value) is int else value  # graphs may be named by digits, and never by a number


#: An object has `id` and `attributes`.
NODES_SCHEMA: dict[str, Any] = {"type": "array", "items": {"anyOf": [*ID_SCHEMA["anyOf"], _OBJECT]}}
#: Objects with source, target and attributes are edges, too; hosts take no alternatives of lists and objects.
EDGES_SCHEMA: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "array",
        "items": {"anyOf": [{"type": "string"}, {"type": "number"}, _OBJECT]},
        "minItems": 2,
        "maxItems": 3,
    },
}

NodeId: TypeAlias = Annotated[Any, PlainValidator(_parse_id), WithJsonSchema(ID_SCHEMA)]
NodeIds: TypeAlias = Annotated[Any, PlainValidator(_parse_ids), WithJsonSchema({"type": "array", "items": ID_SCHEMA})]
Attributes: TypeAlias = Annotated[Any, PlainValidator(_parse_attributes), WithJsonSchema(_OBJECT)]
Nodes: TypeAlias = Annotated[Any, PlainValidator(_parse_nodes), WithJsonSchema(NODES_SCHEMA)]
Edges: TypeAlias = Annotated[Any, PlainValidator(_parse_edges), WithJsonSchema(EDGES_SCHEMA)]
Pairs: TypeAlias = Annotated[Any, PlainValidator(_parse_edges), WithJsonSchema(EDGES_SCHEMA)]

GraphId: TypeAlias = Annotated[
    str,
    BeforeValidator(_parse_graph_id, json_schema_input_type=str),
    Field(description="Id of the graph."),
]
OperationId: TypeAlias = Annotated[
    str | None,
    Field(description="Name of this write: a repeat changes nothing."),
]
IfVersion: TypeAlias = Annotated[
    int | None,
    Field(
        ge=1,
        le=MOST_VERSION,
        description="Write only if this is still the version.",
    ),
]
Offset: TypeAlias = Annotated[int, Field(ge=0, le=MOST, description="Rows to skip.")]
