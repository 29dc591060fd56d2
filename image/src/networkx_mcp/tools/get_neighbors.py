"""get_neighbors: a node and what is beside it, from the resident graph, without a worker."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from networkx_mcp.tools.answer import MAX_CHARACTERS, Answer, Clipper, more, noted, show, show_attributes
from networkx_mcp.tools.arguments import GraphId, NodeId, Offset
from networkx_mcp.tools.tool import Arguments, Tool

if TYPE_CHECKING:
    from networkx_mcp.arrays.state import GraphState
    from networkx_mcp.graphs.service import Graphs


class GetNeighbors(Arguments):
    """Arguments of get_neighbors."""

    graph_id: GraphId
    node: Annotated[NodeId, Field(description='The node, exactly as it is: 1 and "1" are different.')]
    direction: Annotated[
        Literal["all", "out", "in"],
        Field(description="In a directed graph: edges to follow. Undirected: no difference."),
    ] = "all"
    limit: Annotated[int, Field(ge=1, le=1000, description="Neighbors to show.")] = 50
    offset: Offset = 0


class Neighbor(TypedDict):
    """A node at the other end of an edge, and that edge's attributes."""

    id: Annotated[str | int, Field(description="Node id.")]
    direction: Literal["out", "in", "both"]
    attributes: dict[str, Any]


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


async def run(graphs: Graphs, args: GetNeighbors) -> Answer:
    """The tool."""
    state, head, _ = await graphs.view(args.graph_id)
    node = args.node
    clipped = Clipper()
    own = clipped(state.node_attributes(node))
    degree = state.degree(node)
    total, found = _adjacent(state, node, degree, args.direction, args.offset, args.limit)
    neighbors: list[Neighbor] = []
    about = show_attributes(own)
    size = len(about)
    directed = state.directed
    lines = []
    for other, way, edge in found:
        attributes = clipped(edge) if edge else edge
        text = show(other)
        if directed:
            text += f"\t{way}"
        if attributes:
            text += f"\t{show_attributes(attributes)}"
        size += len(text)
        if size > MAX_CHARACTERS and neighbors:
            break
        neighbors.append({"id": other, "direction": way, "attributes": attributes})
        lines.append(text)
    truncated = args.offset + len(neighbors) < total
    first = f"node {show(node)}: degree {degree}, {total} neighbors"
    if about:
        first += f"; {about}"
    lines.insert(0, first)
    lines += noted(clipped.notes())
    if truncated:
        lines.append(more(len(neighbors), args.offset, total))
    data = {
        "graph_id": args.graph_id,
        "version": head.version,
        "node": node,
        "attributes": own,
        "degree": degree,
        "neighbors": neighbors,
        "total": total,
        "offset": args.offset,
        "truncated": truncated,
        "next_offset": args.offset + len(neighbors) if truncated else None,
        "notes": clipped.notes(),
    }
    return Answer("\n".join(lines), data)


Way = Literal["out", "in", "both"]


def _adjacent(
    state: GraphState, node: str | int, degree: int, direction: str, offset: int, limit: int
) -> tuple[int, Iterable[tuple[str | int, Way, dict[str, Any]]]]:
    """How many neighbors, and a page of them, each once: id, the way its edge runs, its attributes.

    Of a directed graph successors come first; an edge each way is `both`, with the attributes of the
    edge that leads out.
    """
    if not state.directed:
        page = list(state.out_edges(node, offset, limit))
        # A self-loop counts two in the degree, one here; on the last page nobody need look for it.
        last = len(page) < limit and (page or not offset)
        total = offset + len(page) if last else degree - state.has_edge(node, node)
        return total, ((other, "both", data) for other, data in page)
    if direction == "out":
        return state.out_degree(node), ((other, "out", data) for other, data in state.out_edges(node, offset, limit))
    if direction == "in":
        return state.in_degree(node), ((other, "in", data) for other, data in state.in_edges(node, offset, limit))
    ways: dict[str | int, Way] = dict.fromkeys(state.successors(node), "out")
    for other in state.predecessors(node):
        ways[other] = "both" if other in ways else "in"
    among = islice(ways.items(), offset, offset + limit)
    return len(ways), (
        (other, way, state.edge_attributes(other, node) if way == "in" else state.edge_attributes(node, other))
        for other, way in among
    )


TOOL = Tool(
    name="get_neighbors",
    title="Neighbors of a node",
    description="A node's attributes and degree, and its neighbors with the attributes of the edges to them.",
    arguments=GetNeighbors,
    answer=Neighbors,
    run=run,
    quick=True,
)
