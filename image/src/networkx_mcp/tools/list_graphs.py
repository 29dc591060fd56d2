"""list_graphs: the graphs of a tenant, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from typing_extensions import TypedDict

from networkx_mcp.tools.answer import Answer, noted, show
from networkx_mcp.tools.graph_summary import GraphSummary, page, summary
from networkx_mcp.tools.tool import Arguments, Tool

if TYPE_CHECKING:
    from networkx_mcp.graphs.service import Graphs


class ListGraphs(Arguments):
    """Arguments of list_graphs."""

    limit: Annotated[int, Field(ge=1, le=200, description="Graphs to show.")] = 50
    after: Annotated[str, Field(description="Graphs after this id: the one a truncated answer named.")] = ""


class GraphList(TypedDict):
    """A page of graphs, in order of id."""

    graphs: list[GraphSummary]
    truncated: bool
    next_after: Annotated[str | None, Field(description="The `after` of the next page.")]
    damaged: Annotated[list[str], Field(description="Ids of graphs that the store cannot read.")]


async def run(graphs: Graphs, args: ListGraphs) -> Answer:
    """The tool."""
    listed = await graphs.list(args.after, args.limit)
    found, lines, following = page(listed)
    if not found and not listed.damaged:
        lines = ["no graphs" + (" after that" if args.after else " yet: create_graph makes one")]
    if listed.damaged:
        named = ", ".join(map(show, listed.damaged))
        lines += noted([f"damaged in the store: {named}; restore from a backup, or delete_graph"])
    if following is not None:
        lines.append(f"truncated: call again with after={show(following)}")
    data = {
        "graphs": [summary(info) for info in found],
        "truncated": following is not None,
        "next_after": following,
        "damaged": listed.damaged,
    }
    return Answer("\n".join(lines), data)


TOOL = Tool(
    name="list_graphs",
    title="List graphs",
    description="Your graphs with size and version, in order of id.",
    arguments=ListGraphs,
    answer=GraphList,
    run=run,
    quick=True,
)
