"""delete_graph: a graph is gone for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from typing_extensions import TypedDict

from networkx_mcp.tools.answer import Answer, show
from networkx_mcp.tools.arguments import GraphId, IfVersion, OperationId
from networkx_mcp.tools.tool import Arguments, Tool

if TYPE_CHECKING:
    from networkx_mcp.graphs.service import Graphs


class DeleteGraph(Arguments):
    """Arguments of delete_graph."""

    graph_id: GraphId
    if_version: IfVersion = None
    operation_id: OperationId = None


class DeletedGraph(TypedDict):
    """The graph that is gone."""

    graph_id: str
    version: Annotated[int, Field(description="Its last version; 0: damaged, not known.")]
    repeated: Annotated[bool, Field(description="The operation_id was known: this is the first call's result.")]


async def run(graphs: Graphs, args: DeleteGraph) -> Answer:
    """The tool."""
    gone = await graphs.delete(args.graph_id, if_version=args.if_version, operation_id=args.operation_id)
    last = (
        f"its last version was {gone.version}" if gone.version else "it was damaged, so its last version is not known"
    )
    text = f"{'already deleted' if gone.repeated else 'deleted'} {show(gone.graph_id)}; {last}"
    return Answer(text, {"graph_id": gone.graph_id, "version": gone.version, "repeated": gone.repeated})


TOOL = Tool(
    name="delete_graph",
    title="Delete a graph",
    description="Delete a graph for good.",
    arguments=DeleteGraph,
    answer=DeletedGraph,
    run=run,
    kind="replace",
    quick=True,
)
