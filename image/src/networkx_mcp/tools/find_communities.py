"""find_communities: groups of nodes that hold together more than with the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, TypeAlias

from pydantic import Field

from networkx_mcp.analysis.cost import AlgorithmCall
from networkx_mcp.analysis.definition import Alternative, Analysis, GraphSize, Params
from networkx_mcp.analysis.tasks import task_name
from networkx_mcp.errors import InvalidInput, echoed
from networkx_mcp.tools import analysis_run
from networkx_mcp.tools.analysis_answer import KeptAnswer
from networkx_mcp.tools.analysis_arguments import DefaultWeight, Keeping, Limit, Members, Seed
from networkx_mcp.tools.answer import Answer, beginning, show
from networkx_mcp.tools.arguments import MOST, Offset
from networkx_mcp.tools.tool import Tool
from networkx_mcp.vocabulary import COMMUNITY_METHODS, CommunityMethod

if TYPE_CHECKING:
    from networkx_mcp.graphs.service import Graphs

    MethodName: TypeAlias = str
else:
    MethodName = Literal[tuple(COMMUNITY_METHODS)]

MOST_RESOLUTION = 1e6


class FindCommunities(Keeping):
    """Arguments of find_communities."""

    method: Annotated[
        MethodName,
        Field(
            description="louvain, leiden (undirected graphs) and label_propagation are fast; girvan_newman is for small graphs only."
        ),
    ] = "louvain"
    weight: DefaultWeight = None
    resolution: Annotated[
        float | None,
        Field(
            gt=0,
            description="louvain, leiden, greedy_modularity: above 0 (1); the higher, the more and smaller communities.",
        ),
    ] = None
    k: Annotated[
        int | None,
        Field(ge=1, le=MOST, description="girvan_newman, fluid: how many communities; k_clique: size of the cliques."),
    ] = None
    seed: Seed = None
    members: Members = 20
    limit: Limit = 20
    offset: Offset = 0

    def check(self) -> None:
        method = COMMUNITY_METHODS[self.method]
        if self.weight and not method.weighted:
            raise InvalidInput(
                f"weight: {self.method} knows no weights. These do: {_those(lambda one: one.weighted)}.", field="weight"
            )
        if self.resolution is not None and not method.resolution:
            raise InvalidInput(
                f"resolution: {self.method} has none. It is for {_those(lambda one: one.resolution)}.",
                field="resolution",
            )
        if self.resolution is not None and self.resolution > MOST_RESOLUTION:
            raise InvalidInput(
                f"resolution: must be a number from 0 to {MOST_RESOLUTION}, not {echoed(self.resolution)}.",
                field="resolution",
            )
        if self.k is not None and not method.k:
            raise InvalidInput(
                f"k: {self.method} finds the number itself. k is for {_those(lambda one: bool(one.k))}.", field="k"
            )

    def result_of(self) -> tuple[Literal["nodes", "edges"] | None, bool]:
        return "nodes", self.method != "k_clique"


class Communities(KeptAnswer):
    """Rows: community, size, inner_edges, outer_edges, nodes (of most edges first); largest first."""

    method: str
    count: int
    weight: str | None
    modularity: NotRequired[float | None]
    resolution: NotRequired[float]
    links: NotRequired[
        Annotated[
            list[list[int | float]],
            Field(
                description="Strongest: community, community, edges between them (either direction), their weight if weighed."
            ),
        ]
    ]
    bridges: NotRequired[
        Annotated[
            list[list[int | str]],
            Field(
                description="Nodes of most edges to other communities: node, its community, those edges, communities they lead to."
            ),
        ]
    ]


async def run(graphs: Graphs, args: FindCommunities) -> Answer:
    """The tool."""
    return await analysis_run.tabled(graphs, ANALYSIS, args, beside=_between)


def _between(data: dict[str, Any]) -> list[str]:
    """The lines of links and bridges."""
    lines = []
    if links := data.get("links"):
        shown = (f"{a} - {b}: {edges}{f' (weight {show(*more)})' if more else ''}" for a, b, edges, *more in links)
        lines.append(f"edges between communities: {', '.join(shown)}")
    if bridges := data.get("bridges"):
        shown = (f"{show(beginning(node, 200))} of {own}: {edges} to {others}" for node, own, edges, others in bridges)
        lines.append(f"bridges (node of community: edges to how many others): {', '.join(shown)}")
    return lines


def _those(which: Callable[[CommunityMethod], bool]) -> str:
    return ", ".join(name for name, method in COMMUNITY_METHODS.items() if which(method))


def _suits(params: Params, directed: bool) -> None:
    if COMMUNITY_METHODS[params["method"]].undirected and directed:
        raise InvalidInput(
            f"method: {params['method']} is for undirected graphs; this graph is directed. Use louvain.", field="method"
        )


def _calls(params: Params, graph: GraphSize) -> Iterable[AlgorithmCall]:
    if not graph.edges:
        return []
    names = ("weight", "resolution", "seed", "k")
    parameters = {name: params[name] for name in names if name in params}
    return [AlgorithmCall(COMMUNITY_METHODS[params["method"]].algorithm, parameters)]


def _alternatives(_params: Params, _graph: GraphSize) -> Iterator[Alternative]:
    yield Alternative(ANALYSIS, {"method": "louvain", "seed": 0}, "communities of high modularity")
    yield Alternative(ANALYSIS, {"method": "label_propagation", "seed": 0}, "communities, roughly")


ANALYSIS = Analysis(task_name("find_communities"), cached=True, calls=_calls, alternatives=_alternatives, suits=_suits)
TOOL = Tool(
    name="find_communities",
    title="Find communities",
    description="Groups of nodes with more edges inside than to the rest, how clear the division is "
    "(modularity), what links them and which nodes bridge them.",
    arguments=FindCommunities,
    answer=Communities,
    run=run,
    analysis=ANALYSIS,
)
