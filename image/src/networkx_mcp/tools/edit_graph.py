"""edit_graph: one atomic batch of changes, and the new version."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, WithJsonSchema
from typing_extensions import TypedDict

from networkx_mcp.arrays import edits as batch
from networkx_mcp.arrays.ids import twin
from networkx_mcp.errors import ServiceError, echoed, nearest_words
from networkx_mcp.tools.answer import Answer, noted, show
from networkx_mcp.tools.arguments import (
    EDGES_SCHEMA,
    NODES_SCHEMA,
    Attributes,
    Edges,
    GraphId,
    IfVersion,
    NodeIds,
    Nodes,
    OperationId,
    Pairs,
    no_edges,
    twins,
)
from networkx_mcp.tools.tool import Arguments, Tool

if TYPE_CHECKING:
    from networkx_mcp.arrays.edits import Edit
    from networkx_mcp.graphs.service import Graphs

#: Actions of one batch, and names of one action; nodes and edges of an action are as many as the body holds.
MOST_EDITS, MOST_NAMES = 10_000, 1_000
#: Ids of a batch that are looked up as the other type.
MOST_TWINS = 1_000

#: An edge that is there already, something that is not there: refuse the batch, leave it, or merge the attributes.
IfExists = Literal["error", "skip", "update"]
IfMissing = Literal["error", "skip"]


class AddNodes(Arguments):
    """Add nodes; a node that exists gets the attributes merged."""

    action: Literal["add_nodes"]
    nodes: Nodes


class RemoveNodes(Arguments):
    """Remove nodes and their edges."""

    action: Literal["remove_nodes"]
    nodes: NodeIds
    if_missing: IfMissing = "error"


class AddEdges(Arguments):
    """Add edges; missing end nodes are made."""

    action: Literal["add_edges"]
    edges: Edges
    if_exists: IfExists = "error"


class RemoveEdges(Arguments):
    """Remove edges; their nodes stay."""

    action: Literal["remove_edges"]
    edges: Pairs
    if_missing: IfMissing = "error"


class SetNodeAttributes(Arguments):
    """Set attributes of nodes that exist."""

    action: Literal["set_node_attributes"]
    nodes: Nodes


class SetEdgeAttributes(Arguments):
    """Set attributes of edges that exist."""

    action: Literal["set_edge_attributes"]
    edges: Edges


class SetGraphAttributes(Arguments):
    """Set attributes of the graph itself."""

    action: Literal["set_graph_attributes"]
    attributes: Attributes


class RemoveAttributes(Arguments):
    """Remove attributes by name."""

    action: Literal["remove_attributes"]
    names: Annotated[list[str], Field(min_length=1, max_length=MOST_NAMES, fail_fast=True)]
    nodes: NodeIds = Field(default_factory=list)
    edges: Pairs = Field(default_factory=no_edges)
    graph: bool = False


class Clear(Arguments):
    """Remove all nodes, edges and attributes of the graph."""

    action: Literal["clear"]


_ACTIONS: tuple[type[Arguments], ...] = (
    AddNodes, RemoveNodes, AddEdges, RemoveEdges, SetNodeAttributes, SetEdgeAttributes, SetGraphAttributes,
    RemoveAttributes, Clear,
)  # fmt: skip
_BY_NAME = {get_args(model.model_fields["action"].annotation)[0]: model for model in _ACTIONS}
_FIELDS = frozenset(name for model in _ACTIONS for name in model.model_fields)


def _own_fields(item: Any) -> Any:
    """The item without fields of other actions that say nothing: the schema has the fields of all, and some clients fill
    in each that a schema has. One that says something is refused with what the action takes."""
    action = item.get("action") if type(item) is dict else None
    model = _BY_NAME.get(action) if type(action) is str else None
    if model is None:
        got = "" if action is None else f", not {echoed(action)}"
        near = nearest_words(action, _BY_NAME, 1) if type(action) is str else []
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ValueError(f"must be an object with `action`, one of {', '.join(_BY_NAME)}{got}{hint}")
    if item.keys() <= model.model_fields.keys():
        return item
    others = [name for name in item if name in _FIELDS and name not in model.model_fields]
    if saying := [name for name in others if not _says_nothing(name, item[name])]:
        takes = ", ".join(name for name in model.model_fields if name != "action") or "no other field"
        raise ValueError(f"{item['action']} takes {takes}; not {', '.join(saying)}")
    return {name: value for name, value in item.items() if name not in others}


def _says_nothing(name: str, value: Any) -> bool:
    return value in (None, "", [], {}) or value is False or (name in ("if_exists", "if_missing") and value == "error")


#: One flat type for all actions; what each takes is checked by its own model.
_ITEM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "action": {
            "type": "string",
            "enum": list(_BY_NAME),
            "description": "Takes: add_nodes: nodes (attributes of one that exists are merged). remove_nodes: nodes, "
            "if_missing. add_edges: edges (missing ends are made), if_exists. remove_edges: edges, if_missing. "
            "set_node_attributes: nodes. set_edge_attributes: edges. set_graph_attributes: attributes. remove_attributes: "
            "names, and nodes, edges or graph. clear removes all.",
        },
        "nodes": {**NODES_SCHEMA, "description": 'Ids, or {"id", "attributes"} objects.'},
        "edges": {**EDGES_SCHEMA, "description": "[source, target], and a weight or {attributes}."},
        "attributes": {"type": "object", "description": "Of the graph itself."},
        "names": {"type": "array", "items": {"type": "string"}, "description": "Attributes to remove."},
        "graph": {"type": "boolean", "description": "Remove them from the graph itself."},
        "if_exists": {
            "type": "string",
            "enum": list(get_args(IfExists)),
            "description": "An edge that is there: refuse the batch (default), leave it, or merge attributes.",
        },
        "if_missing": {
            "type": "string",
            "enum": list(get_args(IfMissing)),
            "description": "One that is not there: refuse the batch (default), or pass over it.",
        },
    },
    "required": ["action"],
}

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
    BeforeValidator(_own_fields),
    WithJsonSchema(_ITEM),
]


class EditGraph(Arguments):
    """Arguments of edit_graph."""

    graph_id: GraphId
    edits: Annotated[
        list[Action],
        Field(
            min_length=1,
            max_length=MOST_EDITS,
            fail_fast=True,
            description="Changes, made in this order, all or none.",
        ),
    ]
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


def to_edit(action: Any) -> Edit:
    """The stored form of one action."""
    match action:
        case AddNodes():
            return batch.AddNodes(action.nodes.ids, action.nodes.attributes)
        case RemoveNodes():
            return batch.RemoveNodes(action.nodes, action.if_missing)
        case AddEdges():
            return batch.AddEdges(action.edges.pairs, action.edges.attributes, action.if_exists)
        case RemoveEdges():
            return batch.RemoveEdges(action.edges.pairs, action.if_missing)
        case SetNodeAttributes():
            return batch.SetNodeAttributes(action.nodes.ids, _given(action.nodes.attributes, len(action.nodes.ids)))
        case SetEdgeAttributes():
            return batch.SetEdgeAttributes(action.edges.pairs, _given(action.edges.attributes, len(action.edges.pairs)))
        case SetGraphAttributes():
            return batch.SetGraphAttributes(action.attributes)
        case RemoveAttributes():
            return batch.RemoveAttributes(action.names, action.nodes, action.edges.pairs, action.graph)
        case _:
            return batch.Clear()


def _given(attributes: list[dict[str, Any] | None] | None, count: int) -> list[dict[str, Any]]:
    return [item or {} for item in attributes] if attributes is not None else [{}] * count


async def run(graphs: Graphs, args: EditGraph) -> Answer:
    """The tool."""
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
        f"{show(args.graph_id)}: {outcome.nodes} nodes, {outcome.edges} edges, version {outcome.version}"
    )
    taken = dict.fromkeys(
        said
        for action in args.edits
        if isinstance(action, AddEdges | SetEdgeAttributes)
        for said in action.edges.taken()
    )
    told = await _twins(graphs, args.graph_id, edits) if changed.nodes_added and not outcome.repeated else []
    return Answer("\n".join([text, *noted([*taken, *told])]), data)


async def _twins(graphs: Graphs, graph_id: str, edits: list[Edit]) -> list[str]:
    """A sentence where nodes were made as text though the graph has the integers: asked for only where text looks like integers."""
    given = chain.from_iterable(
        one.nodes if isinstance(one, batch.AddNodes) else chain.from_iterable(one.edges)
        for one in edits
        if isinstance(one, batch.AddNodes | batch.AddEdges)
    )
    texts = list(islice((node for node in given if isinstance(node, str) and twin(node) is not None), MOST_TWINS))
    if not texts:
        return []
    try:
        state = (await graphs.view(graph_id)).state
    except ServiceError:  # the write is done, whatever has become of the graph since
        return []
    return twins(texts, state.has_node)


TOOL = Tool(
    name="edit_graph",
    title="Edit a graph",
    description="Add and remove nodes and edges, set and remove attributes: one batch, all or nothing. "
    "Returns the new version and what changed.",
    arguments=EditGraph,
    answer=Edited,
    run=run,
    kind="replace",
    idempotent=False,
    quick=True,
)
