"""Tools that make, list, describe and delete graphs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from networkx_mcp.tools.answer import Answer, clip_attributes, show, show_attributes
from networkx_mcp.tools.arguments import Attributes, Edges, GraphId, Nodes, OperationId
from networkx_mcp.tools.edit import additions
from networkx_mcp.tools.registry import Arguments, Tool

if TYPE_CHECKING:
    from networkx_mcp.graphs.model import GraphInfo
    from networkx_mcp.graphs.service import Graphs


class GraphSummary(TypedDict):
    """A graph without its contents."""

    graph_id: str
    version: int
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
    text = f"{info.graph_id}: {kind}, {info.nodes} nodes, {info.edges} edges, version {info.version}"
    return f"{text}, {show(info.description)}" if info.description else text


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
        default_factory=list
    )
    edges: Annotated[
        Edges,
        Field(description="Edges: [source, target] or [source, target, {attributes}]; missing nodes are made."),
    ] = Field(default_factory=list)
    operation_id: OperationId = None


class DescribeGraph(Arguments):
    """Arguments of describe_graph."""

    graph_id: GraphId
    sample: Annotated[int, Field(ge=0, le=50, description="Nodes and edges to show as examples.")] = 5


class NodeRow(TypedDict):
    """A node with its attributes."""

    id: Any
    attributes: dict[str, Any]


class EdgeRow(TypedDict):
    """An edge with its attributes."""

    source: Any
    target: Any
    attributes: dict[str, Any]


class Description(GraphSummary):
    """A graph, its own attributes and the beginning of its contents."""

    attributes: dict[str, Any]
    sample_nodes: list[NodeRow]
    sample_edges: list[EdgeRow]
    truncated: Annotated[bool, Field(description="The samples are not the whole graph.")]


def tools(graphs: Graphs) -> list[Tool]:
    """The tools of this file."""

    async def create(args: CreateGraph) -> Answer:
        info = await graphs.create(
            args.graph_id,
            args.directed,
            args.description,
            args.attributes,
            additions(args.nodes, args.edges),
            operation_id=args.operation_id,
        )
        data = {**summary(info), "repeated": info.repeated}
        return Answer(("already made, " if info.repeated else "created ") + line(info), data)

    async def describe(args: DescribeGraph) -> Answer:
        state, _, info = await graphs.view(args.graph_id)
        nodes: list[NodeRow] = [
            {"id": node, "attributes": clip_attributes(state.node_attributes(node))}
            for node in state.nodes(0, args.sample)
        ]
        edges: list[EdgeRow] = [
            {"source": u, "target": v, "attributes": clip_attributes(state.edge_attributes(u, v))}
            for u, v in state.edges(0, args.sample)
        ]
        attributes = clip_attributes(state.graph_attributes)
        truncated = len(nodes) < info.nodes or len(edges) < info.edges
        lines = [line(info)]
        if attributes:
            lines.append(f"graph attributes: {show_attributes(attributes)}")
        lines.extend(f"node {show(row['id'])}\t{show_attributes(row['attributes'])}".rstrip() for row in nodes)
        arrow = "->" if info.directed else "--"
        lines.extend(
            f"edge {show(row['source'])} {arrow} {show(row['target'])}\t{show_attributes(row['attributes'])}".rstrip()
            for row in edges
        )
        if truncated:
            lines.append("truncated: these are the first nodes and edges; get_subgraph pages through all")
        data = {
            **summary(info),
            "attributes": attributes,
            "sample_nodes": nodes,
            "sample_edges": edges,
            "truncated": truncated,
        }
        return Answer("\n".join(lines), data)

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
            name="describe_graph",
            title="Describe a graph",
            description="Size, version and attributes of a graph with its first nodes and edges: look here before an analysis.",
            arguments=DescribeGraph,
            answer=Description,
            run=describe,
            quick=True,
        ),
    ]
