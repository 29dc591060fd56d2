"""A graph described: its head, its own attributes and a page of its nodes and edges."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from networkx_mcp.tools.answer import MAX_CHARACTERS, Answer, Clipper, fitting, noted, show, show_attributes

if TYPE_CHECKING:
    from networkx_mcp.graphs.model import GraphInfo, GraphPage, View


class GraphSummary(TypedDict):
    """A graph without its contents."""

    graph_id: str
    version: Annotated[int, Field(description="Grows by one with each write.")]
    directed: bool
    nodes: int
    edges: int
    description: str
    created: str
    updated: str
    stored_bytes: int


class NodeRow(TypedDict):
    """A node with its attributes."""

    id: str | int
    attributes: dict[str, Any]


class EdgeRow(TypedDict):
    """An edge with its attributes."""

    source: str | int
    target: str | int
    attributes: dict[str, Any]


class Overview(GraphSummary):
    """A graph, its own attributes and a page of its contents, in the order in which they were added."""

    attributes: dict[str, Any]
    page_nodes: list[NodeRow]
    page_edges: list[EdgeRow]
    offset: int
    truncated: Annotated[bool, Field(description="There are more nodes or edges.")]
    next_offset: int | None
    notes: list[str]


def summary(info: GraphInfo) -> GraphSummary:
    """GraphInfo for programs; times in ISO 8601, UTC."""
    return {
        "graph_id": info.graph_id,
        "version": info.version,
        "directed": info.directed,
        "nodes": info.nodes,
        "edges": info.edges,
        "description": info.description,
        "created": _time(info.created),
        "updated": _time(info.updated),
        "stored_bytes": info.stored_bytes,
    }


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def line(info: GraphInfo) -> str:
    """A graph in one line."""
    kind = "directed" if info.directed else "undirected"
    text = f"{show(info.graph_id)}: {kind}, {info.nodes} nodes, {info.edges} edges, version {info.version}"
    return f"{text}; {show(info.description)}" if info.description else text


def page(found: GraphPage) -> tuple[list[GraphInfo], list[str], str | None]:
    """Graphs that fit into one answer, a line of each, and where the next page begins."""
    shown, lines = fitting((info, line(info)) for info in found.items)
    following = shown[-1].graph_id if len(shown) < len(found.items) else found.next
    return shown, lines, following


def overview(view: View, offset: int, limit: int) -> Answer:
    """The page of at most `limit` nodes and `limit` edges from `offset`; shorter if they are long."""
    state, _, info = view
    clipped = Clipper()
    attributes = clipped(state.graph_attributes)
    own = show_attributes(attributes)
    arrow = "->" if info.directed else "--"

    def node_row(node: str | int) -> tuple[NodeRow, str]:
        found = clipped(state.node_attributes(node))
        return {"id": node, "attributes": found}, f"node {show(node)}\t{show_attributes(found)}".rstrip()

    def edge_row(edge: tuple[Any, Any, dict[str, Any]]) -> tuple[EdgeRow, str]:
        u, v, stored = edge
        found = clipped(stored)
        text = f"edge {show(u)} {arrow} {show(v)}\t{show_attributes(found)}".rstrip()
        return {"source": u, "target": v, "attributes": found}, text

    half = (MAX_CHARACTERS - len(own)) // 2
    nodes, node_lines = fitting(map(node_row, state.nodes(offset, limit)), half)
    edges, edge_lines = fitting(map(edge_row, _at_most(state.edges(offset, limit, data=True), limit)), half)
    # Without rows there is no page to go on from.
    following = _following(info, offset, len(nodes), len(edges)) if limit else None
    lines = [line(info)]
    if own:
        lines.append(f"graph attributes: {own}")
    lines += node_lines + edge_lines
    lines += noted(clipped.notes())
    if following is not None:
        lines.append(f"truncated: call again with offset={following} for more nodes and edges")
    data = {
        **summary(info),
        "attributes": attributes,
        "page_nodes": nodes,
        "page_edges": edges,
        "offset": offset,
        "truncated": following is not None,
        "next_offset": following,
        "notes": clipped.notes(),
    }
    return Answer("\n".join(lines), data)


def _at_most(items: Iterable[Any], limit: int) -> Iterable[Any]:
    return items if limit else ()


def _following(info: GraphInfo, offset: int, nodes: int, edges: int) -> int | None:
    """Where the next page begins: behind the shorter of the two lists that are not at their end."""
    ends = [offset + shown for shown, total in ((nodes, info.nodes), (edges, info.edges)) if offset + shown < total]
    return min(ends, default=None)
