"""find_paths: shortest paths, alternatives to them, and what can be reached."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Literal, NotRequired, TypeAlias

from pydantic import Field

from networkx_mcp.analysis.cost import AlgorithmCall
from networkx_mcp.analysis.definition import Analysis, GraphSize, Params
from networkx_mcp.analysis.tasks import task_name
from networkx_mcp.errors import InvalidInput
from networkx_mcp.tools import analysis_run
from networkx_mcp.tools.analysis_answer import AnalysisAnswer
from networkx_mcp.tools.analysis_arguments import By, Limit, Rows, Weight, weight_of
from networkx_mcp.tools.answer import Answer
from networkx_mcp.tools.arguments import NodeId, Offset
from networkx_mcp.tools.tool import Tool
from networkx_mcp.vocabulary import PATH_KINDS

if TYPE_CHECKING:
    from networkx_mcp.graphs.service import Graphs

    KindName: TypeAlias = str
else:
    KindName = Literal[tuple(PATH_KINDS)]


class FindPaths(Rows):
    """Arguments of find_paths."""

    source: Annotated[NodeId, Field(description="Where paths start.")]
    target: Annotated[
        NodeId | None, Field(description="Where paths end; left out: every node that can be reached.")
    ] = None
    by: By = None
    kind: Annotated[
        KindName,
        Field(
            description="all_shortest, k_shortest, all_simple: alternatives, to a target; reachable: nodes and their distance."
        ),
    ] = "shortest"
    direction: Annotated[
        Literal["both", "out", "in"] | None,
        Field(description="reachable: from source (out), to it, or either way."),
    ] = None
    weight: Weight = None
    k: Annotated[int | None, Field(ge=1, le=1000, description="k_shortest: how many paths (3).")] = None
    cutoff: Annotated[
        float | None, Field(ge=0, description="Longest distance to look at; for all_simple the most hops.")
    ] = None
    limit: Limit = 20
    offset: Offset = 0

    def check(self) -> None:
        kind = PATH_KINDS[self.kind]
        if self.k is not None and not kind.k:
            raise InvalidInput(f"k: only kind k_shortest takes it, not {self.kind}.", field="k")
        if self.direction is not None and self.kind != "reachable":
            raise InvalidInput(
                "direction: only kind reachable takes it. Paths lead from source to target; exchange the two for the other way.",
                field="direction",
            )
        if self.direction == "both" and self.weight:
            raise InvalidInput(
                "direction: both counts hops, whichever way edges lead; leave out weight.", field="direction"
            )
        if self.target is not None and kind.target == "none":
            raise InvalidInput(f"target: {self.kind} lists all targets; leave it out, or use shortest.", field="target")
        if self.target is None and kind.target == "required":
            raise InvalidInput(f"target: {self.kind} needs the node where paths end.", field="target")
        takes_cutoff = kind.cutoff == "always" or (kind.cutoff == "without target" and self.target is None)
        if self.cutoff is not None and not takes_cutoff:
            raise InvalidInput("cutoff: for all_simple, reachable, or shortest without a target.", field="cutoff")


class Paths(AnalysisAnswer):
    """Rows: hops, distance, path (or node, distance for reachable), nearest first."""

    kind: str
    direction: NotRequired[str]
    source: str | int
    target: str | int | None
    weight: str | None
    found: bool


async def run(graphs: Graphs, args: FindPaths) -> Answer:
    """The tool."""
    return await analysis_run.tabled(graphs, ANALYSIS, args)


def _calls(params: Params, _graph: GraphSize) -> Iterable[AlgorithmCall]:
    weighted = weight_of(params) is not None
    match params["kind"], "target" in params:
        case "shortest", True:
            return [AlgorithmCall("dijkstra_path" if weighted else "bidirectional_shortest_path")]
        case "shortest", False:
            return [AlgorithmCall("single_source_dijkstra" if weighted else "single_source_shortest_path")]
        case "reachable", _:
            return [
                AlgorithmCall(
                    "single_source_dijkstra_path_length" if weighted else "single_source_shortest_path_length"
                )
            ]
        case _:
            return []  # enumerations end with the rows that are asked for


ANALYSIS = Analysis(task_name("find_paths"), cached=True, calls=_calls)
TOOL = Tool(
    name="find_paths",
    title="Find paths",
    description="Shortest paths between two nodes or from one node to all, alternatives, and what can be reached.",
    arguments=FindPaths,
    answer=Paths,
    run=run,
    analysis=ANALYSIS,
)
