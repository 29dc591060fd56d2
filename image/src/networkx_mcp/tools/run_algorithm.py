"""run_algorithm: any algorithm of the catalogue by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired

from pydantic import Field

from networkx_mcp.analysis import catalogue
from networkx_mcp.analysis.catalogue_validate import validate_arguments
from networkx_mcp.analysis.cost import AlgorithmCall
from networkx_mcp.analysis.definition import Alternative, Analysis, GraphSize, Params
from networkx_mcp.analysis.sampling import SAMPLES, bound_text
from networkx_mcp.analysis.tasks import task_name
from networkx_mcp.errors import InvalidInput
from networkx_mcp.tools import analysis_run
from networkx_mcp.tools.analysis_answer import KeptAnswer
from networkx_mcp.tools.analysis_arguments import Keeping, Limit
from networkx_mcp.tools.answer import Answer
from networkx_mcp.tools.arguments import Attributes, Offset
from networkx_mcp.tools.tool import Tool

if TYPE_CHECKING:
    from networkx_mcp.graphs.service import Graphs


class RunAlgorithm(Keeping):
    """Arguments of run_algorithm."""

    name: Annotated[str, Field(max_length=200, description="Name of the algorithm, as find_algorithms gives it.")]
    arguments: Annotated[
        Attributes, Field(description="Its arguments by name, as find_algorithms tells them; the graph is given.")
    ] = Field(default_factory=dict)
    order: Annotated[
        Literal["networkx", "descending", "ascending"],
        Field(description="Rows in networkx's order, or by their last column, which must hold numbers."),
    ] = "networkx"
    limit: Limit = 20
    offset: Offset = 0

    def params(self) -> dict[str, Any]:
        """An alias is the same call, also to what is kept, and so is a number sent as text."""
        algorithm = catalogue.get(self.name)
        given = validate_arguments(algorithm.name, self.arguments)
        return {**super().params(), "name": algorithm.name, "arguments": given}

    def result_of(self) -> tuple[Literal["nodes", "edges"] | None, bool]:
        return None, False


class AlgorithmResult(KeptAnswer):
    """The result as rows; its columns depend on the algorithm. A derived graph comes as its edges."""

    weight: NotRequired[Annotated[str | None, Field(description="The edge attribute that was weighed by.")]]
    arguments: NotRequired[Annotated[dict[str, Any], Field(description="Of an approximation: what it was given.")]]


async def run(graphs: Graphs, args: RunAlgorithm) -> Answer:
    """The tool."""
    return await analysis_run.tabled(graphs, ANALYSIS, args, title=catalogue.get(args.name).name)


def alternative(name: str, arguments: dict[str, Any], answers: str) -> Alternative:
    """A run of one algorithm in the place of another call."""
    return Alternative(ANALYSIS, {"name": name, "arguments": arguments}, answers)


def double_sweep() -> Alternative:
    """In the place of a diameter, or of what takes as long."""
    bound = "a lower bound of the diameter, at least half of it, by a double sweep (Magnien, Latapy and Habib, 2009)"
    return alternative("approximation.diameter", {}, bound)


def _suits(params: Params, directed: bool) -> None:
    algorithm = catalogue.algorithms()[params["name"]]
    here = "directed" if directed else "undirected"
    if algorithm.graph not in ("any", here):
        way = (
            "an undirected one of it (algorithm=to_undirected)"
            if directed
            else "a directed one of it (from_sql with directed=true)"
        )
        raise InvalidInput(
            f"{algorithm.name} is defined for {algorithm.graph} graphs only; this graph is {here}. derive_graph makes {way}; "
            f"find_algorithms tells what suits {here} graphs.",
            field="name",
            graph=here,
        )


#: Optional arguments that leave the work of an algorithm as it is; with any other the cost is not known.
_NEUTRAL = frozenset(
    {
        "weight", "distance", "capacity", "demand", "normalized", "endpoints", "alpha", "beta", "tol", "seed", "resolution",
        "wf_improved", "data", "dtype", "nodelist", "method", "max_iter", "flow_func", "reverse", "order",
    }
)  # fmt: skip


def _calls(params: Params, graph: GraphSize) -> Iterable[AlgorithmCall]:
    entry, given = catalogue.algorithms()[params["name"]], params["arguments"]
    if entry.graph not in ("any", "directed" if graph.directed else "undirected"):
        return []
    parameters: dict[str, Any] = {}
    share = 1.0
    for argument in entry.arguments:
        if argument.name not in given or (given[argument.name] is None and not argument.required):
            continue
        value = parameters[argument.parameter] = given[argument.name]
        if argument.required or argument.name in _NEUTRAL or argument.type == "boolean":
            continue
        part = _SHARES.get((entry.name, argument.name))
        if part is None:
            return []
        share *= min(1.0, part(value) / max(graph.nodes, 1))
    return [AlgorithmCall(entry.name, parameters, share)]


def _count(value: Any) -> int:
    return len(value) if isinstance(value, list) else 1


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 1


#: Arguments that make an algorithm do so many of n sources.
_SHARES = {
    ("betweenness_centrality", "k"): _number,
    ("edge_betweenness_centrality", "k"): _number,
    ("closeness_centrality", "u"): _count,
    ("eccentricity", "v"): _count,
    ("harmonic_centrality", "nbunch"): _count,
}
#: Algorithms of the distances between all nodes.
_FAR = ("diameter", "radius", "eccentricity", "center", "periphery")


def _alternatives(params: Params, graph: GraphSize) -> Iterator[Alternative]:
    name, given, n = params["name"], params["arguments"], graph.nodes
    if name in ("betweenness_centrality", "edge_betweenness_centrality"):
        for k in SAMPLES:
            if k < n:
                yield alternative(name, {**given, "k": k, "seed": 0}, bound_text(n, k, edges="edge" in name))
    if name == "closeness_centrality":
        yield alternative(name, {**given, "u": "<node>"}, "closeness of one node, exact")
    if name in _FAR:
        yield double_sweep()
    entry = catalogue.algorithms().get(f"approximation.{name}")
    if entry is not None and name not in _FAR:
        known = {argument.name for argument in entry.arguments}
        arguments = {key: value for key, value in given.items() if key in known}
        if all(argument.name in arguments for argument in entry.arguments if argument.required):
            yield alternative(entry.name, arguments, "an approximation")


ANALYSIS = Analysis(task_name("run_algorithm"), cached=True, calls=_calls, alternatives=_alternatives, suits=_suits)
TOOL = Tool(
    name="run_algorithm",
    title="Run an algorithm",
    description="Run an algorithm of find_algorithms on a graph.",
    arguments=RunAlgorithm,
    answer=AlgorithmResult,
    run=run,
    analysis=ANALYSIS,
)
