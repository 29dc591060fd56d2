"""find_components: connected, weak, strong and biconnected components."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Literal, NotRequired, TypeAlias

from pydantic import Field

from networkx_mcp.analysis.cost import AlgorithmCall
from networkx_mcp.analysis.definition import Analysis, GraphSize, Params
from networkx_mcp.analysis.tasks import task_name
from networkx_mcp.errors import InvalidInput
from networkx_mcp.tools import analysis_run
from networkx_mcp.tools.analysis_answer import KeptAnswer
from networkx_mcp.tools.analysis_arguments import Keeping, Limit, Members
from networkx_mcp.tools.answer import Answer
from networkx_mcp.tools.arguments import NodeId, Offset
from networkx_mcp.tools.tool import Tool
from networkx_mcp.vocabulary import COMPONENT_KINDS

if TYPE_CHECKING:
    from networkx_mcp.graphs.service import Graphs

    KindName: TypeAlias = str
else:
    KindName = Literal[tuple(COMPONENT_KINDS)]


class FindComponents(Keeping):
    """Arguments of find_components."""

    kind: Annotated[
        KindName | None,
        Field(
            description="connected (default), biconnected: undirected graphs; weak (default), strong: directed ones."
        ),
    ] = None
    node: Annotated[NodeId | None, Field(description="Only the components that hold this node.")] = None
    members: Members = 20
    limit: Limit = 20
    offset: Offset = 0

    def result_of(self) -> tuple[Literal["nodes", "edges"] | None, bool]:
        return "nodes", self.kind != "biconnected"


class Components(KeptAnswer):
    """Rows: component, size, nodes; largest first."""

    kind: str
    count: int
    largest: int
    articulation_points: NotRequired[list[str | int]]
    articulation_points_total: NotRequired[int]


async def run(graphs: Graphs, args: FindComponents) -> Answer:
    """The tool."""
    return await analysis_run.tabled(graphs, ANALYSIS, args)


def _suits(params: Params, directed: bool) -> None:
    kind = params.get("kind")
    if kind is not None and COMPONENT_KINDS[kind].directed != directed:
        here = "directed" if directed else "undirected"
        allowed = [name for name, other in COMPONENT_KINDS.items() if other.directed == directed]
        raise InvalidInput(
            f"kind: {kind} components need another graph type; this one is {here}. Use {' or '.join(allowed)}."
        )


def _calls(params: Params, graph: GraphSize) -> Iterable[AlgorithmCall]:
    kind = params.get("kind", "weak" if graph.directed else "connected")
    return [AlgorithmCall(COMPONENT_KINDS[kind].algorithm)]


ANALYSIS = Analysis(task_name("find_components"), cached=True, calls=_calls, suits=_suits)
TOOL = Tool(
    name="find_components",
    title="Find components",
    description="Connected, weakly, strongly or biconnected components, largest first.",
    arguments=FindComponents,
    answer=Components,
    run=run,
    analysis=ANALYSIS,
)
