"""Nodes by what people call them: the value of an attribute. All of a column is looked at, so this is a worker's."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa

from networkx_mcp.arrays import functions as pc
from networkx_mcp.arrays.columns import EXACT, Column
from networkx_mcp.arrays.ids import NodeId, format_id
from networkx_mcp.errors import InvalidInput, NotFound, echoed, shortened

if TYPE_CHECKING:
    from networkx_mcp.analysis.loaded_graph import LoadedGraph

#: Nodes, and attributes, that a hint names; nodes that an error of an ambiguous name does.
_HINTED, _NAMED = 3, 10
#: Values that are compared to one that no node has, and characters of each.
_COMPARED, _CHARACTERS = 5000, 64
_encode = msgspec.json.Encoder().encode


def holders(graph: LoadedGraph, value: NodeId, attribute: str) -> list[int]:
    """Rows of the nodes that have this value of the attribute. Text is never a number."""
    column = graph.arrays.frozen.node_table.column(attribute)
    return [] if column is None else _rows(column, value)


def resolve(graph: LoadedGraph, value: NodeId, attribute: str, field: str) -> NodeId:
    """The node that has this value of the attribute. Raises NotFound where none has, InvalidInput where several have."""
    found = holders(graph, value, attribute)
    if len(found) == 1:
        return graph.arrays.frozen.id_of(found[0])
    if found:
        nodes = graph.arrays.frozen.ids_of(found[:_NAMED])
        more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        raise InvalidInput(
            f"{len(found)} nodes have {echoed(attribute)} {echoed(value)}: {', '.join(map(format_id, nodes))}{more}.",
            at=field,
            hint="Name one by its id, without `by`.",
            nodes=list(nodes),
        )
    column = graph.arrays.frozen.node_table.column(attribute)
    near = [] if column is None else _near(column, value)
    hint = f"Did you mean {' or '.join(map(echoed, near))}?" if near else ""
    raise NotFound(
        f"no node has {echoed(attribute)} {echoed(value)}.", at=field, hint=hint, kind="node", nearest=list(near)
    )


def missing(graph: LoadedGraph, node: NodeId, field: str) -> NotFound:
    """The error for a node that is not in the graph; it names the node that has this for an attribute, where there is one."""
    named = list(islice(_named(graph, node), _HINTED))
    if not named:
        return graph.state.missing(node, field)
    (attribute, rows), *others = named
    frozen = graph.arrays.frozen
    nodes = frozen.ids_of(rows[:_HINTED])
    if len(rows) == 1:
        hint = f"Node {format_id(nodes[0])} has {echoed(attribute)} {echoed(node)}."
    else:
        more = f" and {len(rows) - len(nodes)} more" if len(rows) > len(nodes) else ""
        hint = f"Nodes {', '.join(map(format_id, nodes))}{more} have {echoed(attribute)} {echoed(node)}."
    for name, there in others:
        hint += f" {format_id(frozen.id_of(there[0]))} has it for {echoed(name)}."
    return NotFound(
        f"no node {format_id(node)} in this graph.", at=field, hint=hint, kind="node", nearest=list(nodes), by=attribute
    )


def _named(graph: LoadedGraph, value: NodeId) -> Iterator[tuple[str, list[int]]]:
    table = graph.arrays.frozen.node_table
    rare: dict[str, list[int]] = {}
    for row, attributes in table.rest_rows():
        for name, held in attributes.items():
            if type(held) is type(value) and held == value:
                rare.setdefault(name, []).append(row)
    for name, column in table.columns.items():
        if rows := sorted([*_rows(column, value), *rare.pop(name, ())]):
            yield name, rows
    yield from rare.items()


def _rows(column: Column, value: NodeId) -> list[int]:
    wanted: Any = value
    if column.kind == "json":
        texts = [_encode(value).decode()]
        if type(value) is int and -EXACT <= value <= EXACT:
            texts.append(_encode(float(value)).decode())
        return _where(pc.is_in(column.values, pa.array(texts)))
    if column.kind == "string":
        if type(value) is not str:
            return []
    elif type(value) is not int or column.kind == "bool" or not -EXACT <= value <= EXACT:
        return []
    if column.kind in ("float", "number"):
        wanted = float(value)
    return _where(pc.equal(column.values, pa.scalar(wanted, column.values.type)))


def _where(same: pa.Array) -> list[int]:
    return np.flatnonzero(same.fill_null(False).to_numpy(zero_copy_only=False)).tolist()


def _near(column: Column, value: NodeId) -> list[str]:
    """Values like one that no node has, as far as so many are looked at."""
    if column.kind != "string" or type(value) is not str:
        return []
    texts = [
        shortened(text, _CHARACTERS) for text in pc.unique(column.values)[:_COMPARED].to_pylist() if text is not None
    ]
    lower = {text.lower(): text for text in texts}
    close = difflib.get_close_matches(shortened(value, _CHARACTERS).lower(), lower, n=_HINTED, cutoff=0.6)
    return [lower[text] for text in close]
