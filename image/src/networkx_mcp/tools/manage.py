"""Tools that make, list, describe and delete graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from typing_extensions import TypedDict

from networkx_mcp.errors import InvalidInput
from networkx_mcp.tools.answer import Answer, show
from networkx_mcp.tools.arguments import (
    MOST,
    Attributes,
    Edges,
    GraphId,
    IfVersion,
    Nodes,
    OperationId,
    no_edges,
    no_nodes,
)
from networkx_mcp.tools.edit import additions, as_created
from networkx_mcp.tools.overview import GraphSummary, Overview, line, overview, page, summary
from networkx_mcp.tools.registry import Arguments, Tool

if TYPE_CHECKING:
    from networkx_mcp.graphs.service import Graphs


class CreatedGraph(GraphSummary):
    """The graph that was made."""

    repeated: Annotated[bool, Field(description="The operation_id was known: this is the first call's result.")]


class CreateGraph(Arguments):
    """Arguments of create_graph."""

    graph_id: Annotated[
        str | None,
        Field(
            description="Id of the new graph: 1-64 of a-z, 0-9, `_`, `-`, first a letter or digit. "
            "Leave out to get a new one."
        ),
    ] = None
    directed: Annotated[bool, Field(description="Whether edges have a direction.")] = False
    description: Annotated[str, Field(description="What the graph is about, for later readers.")] = ""
    attributes: Annotated[Attributes, Field(description="Attributes of the graph itself.")] = Field(
        default_factory=dict
    )
    nodes: Annotated[Nodes, Field(description='Nodes: ids, or {"id", "attributes"} objects.')] = Field(
        default_factory=no_nodes
    )
    edges: Annotated[
        Edges,
        Field(description="Edges: [source, target] or [source, target, {attributes}]; missing nodes are made."),
    ] = Field(default_factory=no_edges)
    operation_id: OperationId = None


class DescribeGraph(Arguments):
    """Arguments of describe_graph."""

    graph_id: GraphId
    limit: Annotated[int, Field(ge=0, le=500, description="Nodes, and edges, to show.")] = 5
    offset: Annotated[int, Field(ge=0, le=MOST, description="Nodes, and edges, to skip.")] = 0


class ListGraphs(Arguments):
    """Arguments of list_graphs."""

    limit: Annotated[int, Field(ge=1, le=200, description="Graphs to show.")] = 50
    after: Annotated[str, Field(description="Graphs after this id: the one a truncated answer named.")] = ""


class GraphList(TypedDict):
    """A page of graphs, in order of id."""

    graphs: list[GraphSummary]
    truncated: bool
    next_after: Annotated[str | None, Field(description="The `after` of the next page.")]


class DeleteGraph(Arguments):
    """Arguments of delete_graph."""

    graph_id: GraphId
    if_version: IfVersion = None
    operation_id: OperationId = None


class DeletedGraph(TypedDict):
    """The graph that is gone."""

    graph_id: str
    version: Annotated[int, Field(description="Its last version.")]
    repeated: Annotated[bool, Field(description="The operation_id was known: this is the first call's result.")]


def tools(graphs: Graphs) -> list[Tool]:
    """The tools of this file."""

    async def create(args: CreateGraph) -> Answer:
        try:
            info = await graphs.create(
                args.graph_id,
                args.directed,
                args.description,
                args.attributes,
                additions(args.nodes, args.edges),
                operation_id=args.operation_id,
            )
        except InvalidInput as error:
            raise as_created(error, bool(args.attributes), bool(args.nodes.ids)) from error
        data = {**summary(info), "repeated": info.repeated}
        return Answer(("already made, " if info.repeated else "created ") + line(info), data)

    async def describe(args: DescribeGraph) -> Answer:
        return overview(await graphs.view(args.graph_id), args.offset, args.limit)

    async def list_graphs(args: ListGraphs) -> Answer:
        found, lines, following = page(await graphs.list(args.after, args.limit))
        if not found:
            lines = ["no graphs" + (" after that" if args.after else " yet: create_graph makes one")]
        if following is not None:
            lines.append(f"truncated: call again with after={show(following)}")
        data = {
            "graphs": [summary(info) for info in found],
            "truncated": following is not None,
            "next_after": following,
        }
        return Answer("\n".join(lines), data)

    async def delete(args: DeleteGraph) -> Answer:
        gone = await graphs.delete(args.graph_id, if_version=args.if_version, operation_id=args.operation_id)
        text = f"{'already deleted' if gone.repeated else 'deleted'} {show(gone.graph_id)}; its last version was {gone.version}"
        return Answer(text, {"graph_id": gone.graph_id, "version": gone.version, "repeated": gone.repeated})

    return [
        Tool(
            name="create_graph",
            title="Create a graph",
            description="Make a graph, empty or with nodes and edges, and get the graph_id that all other tools take.",
            arguments=CreateGraph,
            answer=CreatedGraph,
            run=create,
            kind="add",
            idempotent=False,
            quick=True,
        ),
        Tool(
            name="list_graphs",
            title="List graphs",
            description="Your graphs with size and version, in order of id.",
            arguments=ListGraphs,
            answer=GraphList,
            run=list_graphs,
            quick=True,
        ),
        Tool(
            name="describe_graph",
            title="Describe a graph",
            description="Size, version and attributes of a graph, and its nodes and edges page by page, in the order in "
            "which they were added. Look here before an analysis.",
            arguments=DescribeGraph,
            answer=Overview,
            run=describe,
            quick=True,
        ),
        Tool(
            name="delete_graph",
            title="Delete a graph",
            description="Delete a graph for good.",
            arguments=DeleteGraph,
            answer=DeletedGraph,
            run=delete,
            kind="replace",
            quick=True,
        ),
    ]
