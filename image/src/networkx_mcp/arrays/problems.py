"""What is wrong with a batch, in words: the place, what is allowed, what to do instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from networkx_mcp.arrays.ids import NodeId, format_id
from networkx_mcp.errors import InvalidInput, NotFound


def check_list(given: Any, field: str, name: str) -> None:
    """InvalidInput unless `field.name` is a list."""
    if not isinstance(given, (list, tuple)):
        raise InvalidInput("a list is needed.", at=f"{field}.{name}")


def check_pair(edge: Any, field: str, number: int) -> None:
    """InvalidInput unless `field[number]` is a pair."""
    if not (isinstance(edge, (tuple, list)) and len(edge) == 2):
        raise InvalidInput(
            "an edge is a pair of node ids such as [1, 2]; attributes go in a list beside it.",
            at=f"{field}[{number}]",
        )


def parallel(items: Any, attributes: Any, field: str, name: str, *, required: bool = False) -> Sequence[Any]:
    """`attributes` when it goes with `items` (empty: there are none), else InvalidInput."""
    check_list(items, field, name)
    if attributes is None and not required:
        return ()
    check_list(attributes, field, "attributes")
    if len(attributes) != len(items):
        raise InvalidInput(
            f"{len(attributes)} objects for {len(items)} {name}; one for each is needed.",
            at=f"{field}.attributes",
        )
    return attributes  # type: ignore[no-any-return]


def show_edge(u: NodeId, v: NodeId, directed: bool) -> str:
    """An edge in an error."""
    return f"{format_id(u)} {'->' if directed else '-'} {format_id(v)}"


def missing_node(
    node: NodeId, nearest: Sequence[NodeId], field: str, total: int, some: Sequence[NodeId] = ()
) -> NotFound:
    """The error for an unknown node of a graph of `total` nodes; data: `kind`, `nearest`, `field`. `some`: nodes to name where
    none is near."""
    if twin := [near for near in nearest if str(near) == str(node)]:
        nearest = twin
        hint = f" Did you mean {format_id(twin[0])}? An integer and a string are different ids."
    elif nearest:
        hint = f" Did you mean {' or '.join(map(format_id, nearest))}?"
    elif total:
        hint = f" It has {total} node{'s' if total > 1 else ''}{', such as ' if some else ''}{', '.join(map(format_id, some))}."
    else:
        hint = " The graph has no nodes."
    return NotFound(f"no node {format_id(node)} in this graph.{hint}", kind="node", nearest=list(nearest), at=field)


def missing_edge(u: NodeId, v: NodeId, *, directed: bool, reverse: bool, field: str) -> NotFound:
    """The error for an unknown edge between two nodes; data: `kind`, `nearest`, `field`."""
    hint = f" There is {show_edge(v, u, True)}: edges have a direction here." if reverse else ""
    return NotFound(
        f"no edge {show_edge(u, v, directed)} in this graph.{hint}",
        kind="edge",
        nearest=[[v, u]] if reverse else [],
        at=field,
    )
