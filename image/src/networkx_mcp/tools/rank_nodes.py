"""rank_nodes: nodes, or edges, by how important they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, TypeAlias

from pydantic import BeforeValidator, Field

from networkx_mcp.analysis.cost import AlgorithmCall
from networkx_mcp.analysis.definition import Alternative, Analysis, GraphSize, Params
from networkx_mcp.analysis.sampling import SAMPLES, bound_text
from networkx_mcp.analysis.tasks import task_name
from networkx_mcp.errors import InvalidInput
from networkx_mcp.tools import analysis_run, run_algorithm
from networkx_mcp.tools.analysis_answer import KeptAnswer
from networkx_mcp.tools.analysis_arguments import DefaultWeight, Keeping, Limit, Seed, weight_of
from networkx_mcp.tools.answer import Answer
from networkx_mcp.tools.arguments import MOST, NodeIds, Offset
from networkx_mcp.tools.tool import Tool
from networkx_mcp.vocabulary import MEASURES, Measure

if TYPE_CHECKING:
    from networkx_mcp.graphs.service import Graphs

    MeasureName: TypeAlias = str
else:
    MeasureName = Literal[tuple(MEASURES)]

#: Arguments that some measures take and others do not.
_OPTIONS = sorted({"weight", *(option for measure in MEASURES.values() for option in measure.options)})

#: What networkx calls a measure.
_ALGORITHMS = {measure.algorithm: name for name, measure in reversed(MEASURES.items())}


def _measure(value: Any) -> Any:
    """The measure that is meant by networkx's name for it, betweenness_centrality."""
    if type(value) is not str or value in MEASURES:
        return value
    short = value.removesuffix("_centrality")
    return short if short in MEASURES else _ALGORITHMS.get(value, value)


class RankNodes(Keeping):
    """Arguments of rank_nodes."""

    measure: Annotated[
        Annotated[MeasureName, BeforeValidator(_measure)],
        Field(
            description="What makes a node (edge_betweenness: an edge) rank high. hits: authorities. On large graphs "
            "prefer degree or pagerank, or give `sample` to betweenness."
        ),
    ] = "degree"
    weight: DefaultWeight = None
    nodes: Annotated[NodeIds | None, Field(description="Only these nodes, with their rank among all.")] = None
    sample: Annotated[
        int | None, Field(ge=1, le=MOST, description="betweenness: estimate from this many sources instead of all.")
    ] = None
    normalized: Annotated[bool | None, Field(description="As in networkx, where the measure knows it.")] = None
    endpoints: Annotated[bool | None, Field(description="betweenness: count the ends of paths.")] = None
    alpha: Annotated[
        float | None, Field(gt=0, description="Above 0. pagerank: damping (0.85); katz: attenuation (0.1).")
    ] = None
    max_iter: Annotated[
        int | None, Field(ge=1, le=1_000_000, description="Most iterations of an iterative measure.")
    ] = None
    tol: Annotated[float | None, Field(gt=0, description="Tolerance of an iterative measure, above 0.")] = None
    seed: Seed = None
    limit: Limit = 20
    offset: Offset = 0

    def check(self) -> None:
        measure = MEASURES[self.measure]
        if self.sample is not None and not measure.sampled:
            sampled = ", ".join(name for name, other in MEASURES.items() if other.sampled)
            raise InvalidInput(
                f"sample: {self.measure} is not sampled; leave sample out. Sampled measures: {sampled}.", field="sample"
            )
        for option in _OPTIONS:
            if getattr(self, option) not in (None, "") and not _takes(measure, option):
                takes = [name for name, other in MEASURES.items() if _takes(other, option)]
                raise InvalidInput(
                    f"{option}: {self.measure} does not take it. It is for: {', '.join(takes)}.", field=option
                )

    def result_of(self) -> tuple[Literal["nodes", "edges"], bool]:
        return ("edges" if self.measure == "edge_betweenness" else "nodes"), True


class Ranking(KeptAnswer):
    """Rows: rank, node, score (edge_betweenness: rank, source, target, score), highest first."""

    measure: str
    weight: str | None
    sample: NotRequired[int]
    error_bound: NotRequired[
        Annotated[
            float, Field(description="Of a sample: all scores are this close to the exact ones, with probability 0.9.")
        ]
    ]


async def run(graphs: Graphs, args: RankNodes) -> Answer:
    """The tool."""
    return await analysis_run.tabled(graphs, ANALYSIS, args)


def _takes(measure: Measure, option: str) -> bool:
    return option in measure.options or (option == "weight" and measure.weighted)


def _suits(params: Params, directed: bool) -> None:
    if MEASURES[params["measure"]].directed and not directed:
        raise InvalidInput(
            f"measure: {params['measure']} is for directed graphs; this graph is undirected. Use degree."
        )


def _calls(params: Params, graph: GraphSize) -> Iterable[AlgorithmCall]:
    measure = MEASURES[params["measure"]]
    parameters = {option: params[option] for option in measure.options if option in params}
    if measure.weighted and measure.parameter:
        parameters[measure.parameter] = weight_of(params, measure.default_weight)
    share = 1.0
    if (sample := params.get("sample")) is not None:
        parameters |= {"k": sample, "seed": 0}
        share = min(1.0, sample / max(graph.nodes, 1))
    return [AlgorithmCall(measure.algorithm, parameters, share)]


#: What is sampled in the place of a measure.
_SAMPLED = {"betweenness": "betweenness", "edge_betweenness": "edge_betweenness", "load": "betweenness"}


def _alternatives(params: Params, graph: GraphSize) -> Iterator[Alternative]:
    measure, n = params["measure"], graph.nodes
    weight = {"weight": params["weight"]} if params.get("weight") else {}
    if measure in _SAMPLED:
        for k in SAMPLES:
            if k < n and k < (params.get("sample") or n):
                arguments = {"measure": _SAMPLED[measure], "sample": k, "seed": 0, **weight}
                yield Alternative(ANALYSIS, arguments, bound_text(n, k, edges=measure == "edge_betweenness"))
    elif measure == "closeness":
        one = {"u": "<node>", **({"distance": weight["weight"]} if weight else {})}
        yield run_algorithm.alternative(
            "closeness_centrality", one, "closeness of one node of interest, exact; call it for each of a few"
        )
    elif measure == "harmonic":
        some = {"nbunch": ["<node>", "<node>"]}
        yield run_algorithm.alternative("harmonic_centrality", some, "harmonic centrality of a few nodes, exact")
    elif measure == "eccentricity" and not weight:
        yield run_algorithm.double_sweep()
    for quick in ("pagerank", "degree"):
        yield Alternative(ANALYSIS, {"measure": quick}, "another measure of importance, exact")


ANALYSIS = Analysis(task_name("rank_nodes"), cached=True, calls=_calls, alternatives=_alternatives, suits=_suits)
TOOL = Tool(
    name="rank_nodes",
    title="Rank nodes",
    description="The most important nodes by a centrality (degree, betweenness, closeness, eigenvector, pagerank, "
    "...), clustering, core number or eccentricity; edges by betweenness.",
    arguments=RankNodes,
    answer=Ranking,
    run=run,
    analysis=ANALYSIS,
)
