"""edit_graph: one atomic batch of changes, and the new version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from networkx_mcp.arrays import edits as batch
from networkx_mcp.tools.answer import Answer
from networkx_mcp.tools.arguments import Attributes, Edge, Edges, GraphId, IfVersion, Node, NodeIds, Nodes, OperationId
from networkx_mcp.tools.registry import Arguments, Tool

if TYPE_CHECKING:
    from networkx_mcp.arrays.edits import Edit
    from networkx_mcp.graphs.service import Graphs

IfExists = Annotated[
    Literal["error", "skip", "update"],
    Field(description="An edge that is there already: refuse the batch, leave it as it is, or merge the attributes."),
]


class AddNodes(Arguments):
    """Add nodes; a node that exists gets the attributes merged."""

    action: Literal["add_nodes"]
    nodes: Annotated[Nodes, Field(description='Ids, or {"id", "attributes"} objects.')]


class RemoveNodes(Arguments):
    """Remove nodes and their edges."""

    action: Literal["remove_nodes"]
    nodes: Annotated[NodeIds, Field(description="Ids.")]


class AddEdges(Arguments):
    """Add edges; missing end nodes are made."""

    action: Literal["add_edges"]
    edges: Annotated[Edges, Field(description="[source, target] or [source, target, {attributes}].")]
    if_exists: IfExists = "error"


class RemoveEdges(Arguments):
    """Remove edges; their nodes stay."""

    action: Literal["remove_edges"]
    edges: Annotated[Edges, Field(description="[source, target] pairs.")]


class SetNodeAttributes(Arguments):
    """Set attributes of nodes that exist."""

    action: Literal["set_node_attributes"]
    nodes: Annotated[Nodes, Field(description='{"id", "attributes"} objects.')]


class SetEdgeAttributes(Arguments):
    """Set attributes of edges that exist."""

    action: Literal["set_edge_attributes"]
    edges: Annotated[Edges, Field(description="[source, target, {attributes}] of edges that exist.")]


class SetGraphAttributes(Arguments):
    """Set attributes of the graph itself."""

    action: Literal["set_graph_attributes"]
    attributes: Attributes


class RemoveAttributes(Arguments):
    """Remove attributes by name."""

    action: Literal["remove_attributes"]
    names: Annotated[list[str], Field(min_length=1, description="Attribute names to remove.")]
    of: Annotated[
        Literal["nodes", "edges", "graph"],
        Field(
            description="Of the nodes (all, or those in `nodes`), the edges (all, or those in `edges`), or the graph."
        ),
    ]
    nodes: Annotated[NodeIds | None, Field(description="Only of these nodes.")] = None
    edges: Annotated[Edges | None, Field(description="Only of these edges.")] = None


class Clear(Arguments):
    """Remove all nodes and edges."""

    action: Literal["clear"]


Action = Annotated[
    AddNodes
    | RemoveNodes
    | AddEdges
    | RemoveEdges
    | SetNodeAttributes
    | SetEdgeAttributes
    | SetGraphAttributes
    | RemoveAttributes
    | Clear,
    Field(discriminator="action"),
]


class EditGraph(Arguments):
    """Arguments of edit_graph."""

    graph_id: GraphId
    edits: Annotated[list[Action], Field(min_length=1, description="Changes, made in this order, all or none.")]
    if_version: IfVersion = None
    operation_id: OperationId = None


class Edited(TypedDict):
    """What the batch changed, and the graph's size after it."""

    graph_id: str
    version: int
    nodes: int
    edges: int
    nodes_added: int
    nodes_removed: int
    edges_added: int
    edges_removed: int
    attributes_set: int
    repeated: Annotated[bool, Field(description="The operation_id was known: this is the first call's result.")]


def additions(nodes: list[Node], edges: list[Edge]) -> list[Edit]:
    """The edits that fill a new graph."""
    edits: list[Edit] = []
    if nodes:
        edits.append(batch.AddNodes(nodes=nodes))
    if edges:
        edits.append(batch.AddEdges(edges=edges))
    return edits


def _pairs(edges: list[Edge]) -> list[tuple[Any, Any]]:
    return [(source, target) for source, target, _ in edges]


def to_edit(action: Any) -> Edit:
    """The stored form of one action."""
    match action:
        case AddNodes():
            return batch.AddNodes(nodes=action.nodes)
        case RemoveNodes():
            return batch.RemoveNodes(nodes=action.nodes)
        case AddEdges():
            return batch.AddEdges(edges=action.edges, if_exists=action.if_exists)
        case RemoveEdges():
            return batch.RemoveEdges(edges=_pairs(action.edges))
        case SetNodeAttributes():
            return batch.SetNodeAttributes(nodes=action.nodes)
        case SetEdgeAttributes():
            return batch.SetEdgeAttributes(edges=action.edges)
        case SetGraphAttributes():
            return batch.SetGraphAttributes(attributes=action.attributes)
        case RemoveAttributes():
            edges = None if action.edges is None else _pairs(action.edges)
            return batch.RemoveAttributes(names=action.names, of=action.of, nodes=action.nodes, edges=edges)
        case _:
            return batch.Clear()


def tools(graphs: Graphs) -> list[Tool]:
    """The tools of this file."""

    async def edit(args: EditGraph) -> Answer:
        edits = [to_edit(action) for action in args.edits]
        outcome = await graphs.edit(args.graph_id, edits, if_version=args.if_version, operation_id=args.operation_id)
        changed = outcome.summary
        data = {
            "graph_id": args.graph_id,
            "version": outcome.version,
            "nodes": outcome.nodes,
            "edges": outcome.edges,
            "nodes_added": changed.nodes_added,
            "nodes_removed": changed.nodes_removed,
            "edges_added": changed.edges_added,
            "edges_removed": changed.edges_removed,
            "attributes_set": changed.attributes_set,
            "repeated": outcome.repeated,
        }
        parts = [
            f"{sign}{count} {what}"
            for sign, count, what in (
                ("+", changed.nodes_added, "nodes"),
                ("-", changed.nodes_removed, "nodes"),
                ("+", changed.edges_added, "edges"),
                ("-", changed.edges_removed, "edges"),
                ("", changed.attributes_set, "attributes set"),
            )
            if count
        ]
        head = "already done" if outcome.repeated else "done"
        text = (
            f"{head}: {', '.join(parts) or 'nothing changed'}\n"
            f"{args.graph_id}: {outcome.nodes} nodes, {outcome.edges} edges, version {outcome.version}"
        )
        return Answer(text, data)

    return [
        Tool(
            name="edit_graph",
            title="Edit a graph",
            description="Add and remove nodes and edges, set and remove attributes: one batch, all or nothing. "
            "Returns the new version and what changed.",
            arguments=EditGraph,
            answer=Edited,
            run=edit,
            kind="replace",
            idempotent=False,
            quick=True,
        ),
    ]
