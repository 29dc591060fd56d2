"""partition_graph: all nodes in k parts of nearly equal size."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from networkx_mcp.analysis.cost import AlgorithmCall
from networkx_mcp.analysis.definition import Analysis, GraphSize, Params
from networkx_mcp.analysis.tasks import task_name
from networkx_mcp.tools import analysis_run
from networkx_mcp.tools.analysis_answer import KeptAnswer
from networkx_mcp.tools.analysis_arguments import DefaultWeight, Keeping, Limit, Members, Seed
from networkx_mcp.tools.answer import Answer
from networkx_mcp.tools.arguments import MOST, Offset
from networkx_mcp.tools.tool import Tool

if TYPE_CHECKING:
    from networkx_mcp.graphs.service import Graphs


class PartitionGraph(Keeping):
    """Arguments of partition_graph."""

    k: Annotated[int, Field(ge=1, le=MOST, description="How many parts.")]
    weight: DefaultWeight = None
    imbalance: Annotated[float, Field(ge=0, le=1, description="How much larger than n/k a part may be.")] = 0.03
    seed: Seed = None
    members: Members = 20
    limit: Limit = 20
    offset: Offset = 0


class Partition(KeptAnswer):
    """Rows: part, size, nodes; the cut counts edges between parts."""

    k: int
    weight: str | None
    imbalance: float
    cut_edges: int
    cut_weight: float
    cut_ratio: float


async def run(graphs: Graphs, args: PartitionGraph) -> Answer:
    """The tool."""
    return await analysis_run.tabled(graphs, ANALYSIS, args)


def _calls(params: Params, _graph: GraphSize) -> Iterable[AlgorithmCall]:
    return [AlgorithmCall("partition_graph", share=min(1.0, math.log2(max(params["k"], 1)) / 2))]


ANALYSIS = Analysis(task_name("partition_graph"), cached=True, calls=_calls)
TOOL = Tool(
    name="partition_graph",
    title="Partition a graph",
    description="Split all nodes into k parts of nearly equal size with few edges between them.",
    arguments=PartitionGraph,
    answer=Partition,
    run=run,
    analysis=ANALYSIS,
)
