"""A graph without its contents, as data and in one line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from networkx_mcp.tools.answer import fitting, show

if TYPE_CHECKING:
    from networkx_mcp.graphs.model import GraphInfo, GraphPage


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


class CreatedGraph(GraphSummary):
    """The graph that was made."""

    repeated: Annotated[bool, Field(description="The operation_id was known: this is the first call's result.")]


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


def listing(found: GraphPage) -> dict[str, Any]:
    """A page of graphs for programs over HTTP."""
    return {"graphs": [summary(info) for info in found.items], "next_after": found.next, "damaged": found.damaged}


def page(found: GraphPage) -> tuple[list[GraphInfo], list[str], str | None]:
    """Graphs that fit into one answer, a line of each, and where the next page begins."""
    shown, lines = fitting((info, line(info)) for info in found.items)
    following = shown[-1].graph_id if len(shown) < len(found.items) else found.next
    return shown, lines, following
