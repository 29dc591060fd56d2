"""describe_graph: a graph's head, its own attributes and a page of its nodes and edges."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from networkx_mcp.tools.answer import MAX_CHARACTERS, Answer, Clipper, fitting, noted, show, show_attributes
from networkx_mcp.tools.arguments import MOST, GraphId
from networkx_mcp.tools.graph_summary import GraphSummary, line, summary
from networkx_mcp.tools.tool import Arguments, Tool

if TYPE_CHECKING:
    from networkx_mcp.graphs.model import GraphInfo, View
    from networkx_mcp.graphs.service import Graphs


class DescribeGraph(Arguments):
    """Arguments of describe_graph."""

    graph_id: GraphId
    limit: Annotated[int, Field(ge=0, le=500, description="Nodes, and edges, to show.")] = 5
    offset: Annotated[int, Field(ge=0, le=MOST, description="Nodes, and edges, to skip.")] = 0


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


async def run(graphs: Graphs, args: DescribeGraph) -> Answer:
    """The tool."""
    return overview(await graphs.view(args.graph_id), args.offset, args.limit)


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


TOOL = Tool(
    name="describe_graph",
    title="Describe a graph",
    description="Size, version and attributes of a graph, and its nodes and edges page by page, in the order in "
    "which they were added. Look here before an analysis.",
    arguments=DescribeGraph,
    answer=Overview,
    run=run,
    quick=True,
)
