"""measure_graph: numbers of the whole graph, each asked for by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, TypeAlias

from pydantic import Field

from networkx_mcp.analysis import measurements
from networkx_mcp.analysis.cost import AlgorithmCall
from networkx_mcp.analysis.definition import Alternative, Analysis, GraphSize, Params
from networkx_mcp.analysis.tasks import task_name
from networkx_mcp.errors import InvalidInput, ServiceError
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
    """Rows: metric, value, note; value is null with a note where the metric is not defined, or not measured."""

    weight: str | None
    not_measured: NotRequired[Annotated[list[str], Field(description="Metrics that the time did not suffice for.")]]


async def run(graphs: Graphs, args: MeasureGraph) -> Answer:
    """The tool."""
    return await analysis_run.tabled(graphs, ANALYSIS, args)


def _cheapest(params: Params, graph: GraphSize) -> Iterable[AlgorithmCall]:
    """What the call takes at least: where no more can be measured in time, what can is answered."""
    metrics, weight = params.get("metrics"), weight_of(params)
    if not metrics:
        return ()
    return measurements.calls(measurements.cheapest_first(metrics, weight, graph)[:1], weight)


def _stopped(params: Params, told: Sequence[dict[str, Any]], error: ServiceError) -> dict[str, Any] | None:
    """The answer made of what the worker had measured when it was ended; None where that is nothing."""
    facts: dict[str, Any] = {}
    rows = {}
    for one in told:
        facts |= one["facts"]
        rows[one["row"][0]] = one["row"]
    if not rows:
        return None
    why = error.problem.partition(". ")[0]
    metrics = params.get("metrics") or [name for name, metric in METRICS.items() if metric.default]
    found = measurements.answer(dict.fromkeys(metrics), rows, why[:1].lower() + why[1:])
    return {**facts, **found, "notes": [*found["notes"], *facts["notes"]]}


def _alternatives(params: Params, _graph: GraphSize) -> Iterator[Alternative]:
    slow = {METRICS[name].algorithm for name in params.get("metrics", ())}
    if params.get("weight") is None and slow & {"diameter", "eccentricity"}:
        yield run_algorithm.double_sweep()


ANALYSIS = Analysis(
    task_name("measure_graph"), cached=True, calls=_cheapest, alternatives=_alternatives, stopped=_stopped
)
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
