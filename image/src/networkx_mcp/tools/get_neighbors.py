"""get_neighbors: a node and what is beside it, from the resident graph; a worker is asked for views and for names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from networkx_mcp.analysis.definition import Analysis
from networkx_mcp.analysis.tasks import task_name
from networkx_mcp.analysis.tasks.get_neighbors import Way, beside
from networkx_mcp.errors import NotFound, ServiceError
from networkx_mcp.tools import analysis_run
from networkx_mcp.tools.analysis_answer import Seen, view_fact, view_text
from networkx_mcp.tools.analysis_arguments import By, OnView, Show
from networkx_mcp.tools.answer import MAX_CHARACTERS, Answer, Clipper, more, noted, show, show_attributes
from networkx_mcp.tools.arguments import NodeId, Offset
from networkx_mcp.tools.tool import Tool

if TYPE_CHECKING:
    from networkx_mcp.graphs.service import Graphs


class GetNeighbors(OnView):
    """Arguments of get_neighbors."""

    node: Annotated[NodeId, Field(description='The node, exactly as it is: 1 and "1" are different.')]
    by: By = None
    direction: Annotated[
        Literal["all", "out", "in"],
        Field(description="In a directed graph: edges to follow."),
    ] = "all"
    show: Show = None
    limit: Annotated[int, Field(ge=1, le=1000, description="Neighbors to show.")] = 50
    offset: Offset = 0


class Neighbor(TypedDict):
    """A node at the other end of an edge, and that edge's attributes."""

    id: Annotated[str | int, Field(description="Node id.")]
    direction: Way
    attributes: dict[str, Any]
    shown: NotRequired[Annotated[dict[str, Any], Field(description="The neighbor's own attributes that `show` names.")]]


class Neighbors(TypedDict):
    """A node, its degree and a page of its neighbors."""

    graph_id: str
    version: int
    node: str | int
    attributes: dict[str, Any]
    degree: Annotated[int, Field(description="Edge ends at the node; a self-loop counts two.")]
    neighbors: list[Neighbor]
    total: int
    offset: int
    truncated: bool
    next_offset: int | None
    notes: list[str]
    view: NotRequired[Seen]


async def run(graphs: Graphs, args: GetNeighbors) -> Answer:
    """The tool."""
    params = args.params()
    if "view" in params or args.by is not None:
        value, version = await analysis_run.run(graphs, args.graph_id, ANALYSIS, params)
        return neighbors_answer(args, version, value)
    state, head, _ = await graphs.view(args.graph_id)
    try:
        value = beside(state, args.node, args.direction, args.offset, args.limit, args.show or ())
    except NotFound as error:
        return await _explained(graphs, args, params, error)
    return neighbors_answer(args, head.version, {**value, "directed": state.directed, "notes": []})


async def _explained(graphs: Graphs, args: GetNeighbors, params: dict[str, Any], error: NotFound) -> Answer:
    """Raises NotFound for a node that is not there, with who is called so: a worker knows, unless none is free."""
    try:
        value, version = await analysis_run.run(graphs, args.graph_id, ANALYSIS, params)
    except NotFound:
        raise
    except ServiceError:
        raise error from None
    return neighbors_answer(args, version, value)  # it came meanwhile


def neighbors_answer(args: GetNeighbors, version: int, value: dict[str, Any]) -> Answer:
    """As many neighbours of the page as fit; attributes that are too long to show are cut."""
    node, total, directed = value["node"], value["total"], value["directed"]
    clipped = Clipper()
    own = clipped(value["attributes"])
    neighbors: list[Neighbor] = []
    about = show_attributes(own)
    size = len(about)
    lines = []
    for other, way, edge, its in value["neighbors"]:
        attributes = clipped(edge) if edge else edge
        text = show(other)
        if directed:
            text += f"\t{way}"
        if attributes:
            text += f"\t{show_attributes(attributes)}"
        found: Neighbor = {"id": other, "direction": way, "attributes": attributes}
        if args.show:
            found["shown"] = clipped(its)
            # The edge's stand before it: what both have would be taken for one of them.
            text += (
                f"\t{'node: ' if found['shown'].keys() & attributes.keys() else ''}{show_attributes(found['shown'])}"
            )
        size += len(text)
        if size > MAX_CHARACTERS and neighbors:
            break
        neighbors.append(found)
        lines.append(text)
    truncated = args.offset + len(neighbors) < total
    first = f"node {show(node)}{view_text(value)}: degree {value['degree']}, {total} neighbors"
    if about:
        first += f"; {about}"
    notes = [*value["notes"], *clipped.notes()]
    lines.insert(0, first)
    lines += noted(notes)
    if truncated:
        lines.append(more(len(neighbors), args.offset, total))
    data = {
        "graph_id": args.graph_id,
        "version": version,
        "node": node,
        "attributes": own,
        "degree": value["degree"],
        "neighbors": neighbors,
        "total": total,
        "offset": args.offset,
        "truncated": truncated,
        "next_offset": args.offset + len(neighbors) if truncated else None,
        "notes": notes,
        **view_fact(value),
    }
    return Answer("\n".join(lines), data)


ANALYSIS = Analysis(task_name("get_neighbors"), forced=False)
TOOL = Tool(
    name="get_neighbors",
    title="Neighbors of a node",
    description="A node's attributes and degree, and its neighbors with the attributes of the edges to them.",
    arguments=GetNeighbors,
    answer=Neighbors,
    run=run,
    quick=True,
    analysis=ANALYSIS,
)
