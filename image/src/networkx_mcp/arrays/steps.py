"""The primitive steps of a checked batch, done to an overlay. They cannot fail."""

from __future__ import annotations

from collections.abc import Iterable

from networkx_mcp.arrays.ids import NodeId
from networkx_mcp.arrays.overlay import Attributes, Overlay


def change_nodes(
    overlay: Overlay, new: Iterable[tuple[NodeId, Attributes | None]], changed: Iterable[tuple[int, Attributes]]
) -> None:
    """Add nodes, then merge attributes."""
    for node, attributes in new:
        overlay.add_node(node, attributes)
    for index, attributes in changed:
        if attributes:
            overlay.set_node(index, {**overlay.attributes_of_node(index), **attributes})


def remove_nodes(overlay: Overlay, removed: Iterable[tuple[int, int]]) -> None:
    """Remove (node, number of its edges)."""
    for index, edges in removed:
        overlay.remove_node(index, edges)


def change_edges(
    overlay: Overlay,
    nodes: Iterable[NodeId],
    new: Iterable[tuple[int, int, Attributes | None]],
    changed: Iterable[tuple[int, int, Attributes]],
) -> None:
    """Add nodes, then edges, then merge attributes into edges."""
    for node in nodes:
        overlay.add_node(node, None)
    overlay.add_edges(new)
    for u, v, attributes in changed:
        if attributes:
            overlay.set_edge(u, v, {**overlay.edge(u, v), **attributes})


def remove_edges(overlay: Overlay, removed: Iterable[tuple[int, int]]) -> None:
    for u, v in removed:
        overlay.remove_edge(u, v)


def remove_attributes(
    overlay: Overlay, names: dict[str, None], nodes: Iterable[int], edges: Iterable[tuple[int, int]], graph: bool
) -> None:
    """Remove `names` where they are; what has none of them is not touched."""
    for index in nodes:
        old = overlay.attributes_of_node(index)
        if not names.keys().isdisjoint(old):
            overlay.set_node(index, _without(old, names))
    for u, v in edges:
        old = overlay.edge(u, v)
        if not names.keys().isdisjoint(old):
            overlay.set_edge(u, v, _without(old, names))
    if graph:
        overlay.set_graph(_without(overlay.graph_attributes, names))


def set_graph(overlay: Overlay, attributes: Attributes) -> None:
    overlay.set_graph({**overlay.graph_attributes, **attributes})


def _without(attributes: Attributes, names: dict[str, None]) -> Attributes:
    return {name: value for name, value in attributes.items() if name not in names}
