"""measure_graph: numbers of the whole graph, each asked for by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import Field

from networkx_mcp.analysis.cost import AlgorithmCall
from networkx_mcp.analysis.definition import Alternative, Analysis, GraphSize, Params
from networkx_mcp.analysis.tasks import task_name
from networkx_mcp.errors import InvalidInput
from networkx_mcp.tools import analysis_run, run_algorithm
from networkx_mcp.tools.analysis_answer import AnalysisAnswer
from networkx_mcp.tools.analysis_arguments import Heavy, Weight, weight_of
from networkx_mcp.tools.answer import Answer
from networkx_mcp.tools.tool import Tool
from networkx_mcp.vocabulary import METRICS

if TYPE_CHECKING:
    from networkx_mcp.graphs.service import Graphs

    MetricName: TypeAlias = str
else:
    MetricName = Literal[tuple(METRICS)]

#: Metrics of one call; a name that comes twice is measured once.
MOST_METRICS = 100


class MeasureGraph(Heavy):
    """Arguments of measure_graph."""

    metrics: Annotated[
        Annotated[
            list[MetricName],
            Field(max_length=MOST_METRICS, fail_fast=True),
        ]
        | None,
        Field(description="Numbers to compute; left out: the cheap ones (size, density, degree, connectedness)."),
    ] = None
    weight: Weight = None

    def check(self) -> None:
        if self.metrics is not None and not self.metrics:
            raise InvalidInput("metrics: must be a list of names.", field="metrics", allowed=list(METRICS))


class Measurements(AnalysisAnswer):
    """Rows: metric, value, note; value is null with a note where the metric is not defined."""

    weight: str | None


async def run(graphs: Graphs, args: MeasureGraph) -> Answer:
    """The tool."""
    return await analysis_run.tabled(graphs, ANALYSIS, args)


def _calls(params: Params, _graph: GraphSize) -> Iterable[AlgorithmCall]:
    weight = weight_of(params)
    found: dict[str, AlgorithmCall] = {}
    for metric in (METRICS[name] for name in params.get("metrics", ())):
        if metric.algorithm:
            found[metric.algorithm] = AlgorithmCall(metric.algorithm, {"weight": weight} if metric.weighted else {})
    if "eccentricity" in found:
        found.pop("diameter", None)  # it is the largest of them then
    return found.values()


def _alternatives(params: Params, _graph: GraphSize) -> Iterator[Alternative]:
    metrics = params.get("metrics", [])
    if params.get("weight") is None and any(
        METRICS[name].algorithm in ("diameter", "eccentricity") for name in metrics
    ):
        yield run_algorithm.double_sweep()
    for metric in metrics:
        rest = [other for other in metrics if other != metric]
        if rest:
            yield Alternative(ANALYSIS, {"metrics": rest}, f"the same without {metric}")


ANALYSIS = Analysis(task_name("measure_graph"), cached=True, calls=_calls, alternatives=_alternatives)
TOOL = Tool(
    name="measure_graph",
    title="Measure a graph",
    description="Numbers of the whole graph: density, degrees, clustering, diameter, assortativity, connectivity, "
    "and whether it is a tree, bipartite, planar, acyclic, ...",
    arguments=MeasureGraph,
    answer=Measurements,
    run=run,
    analysis=ANALYSIS,
)
