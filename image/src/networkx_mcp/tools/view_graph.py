"""view_graph: what the viewer draws. The data goes to the viewer alone, in `_meta`, and never to the model."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import Field
from typing_extensions import TypedDict

from networkx_mcp.analysis.cost import AlgorithmCall
from networkx_mcp.analysis.definition import Analysis, GraphSize, Params
from networkx_mcp.analysis.tasks import task_name
from networkx_mcp.errors import InvalidInput
from networkx_mcp.tools import analysis_run, find_communities, rank_nodes
from networkx_mcp.tools.analysis_arguments import OnGraph, Seed
from networkx_mcp.tools.answer import Answer, noted, show
from networkx_mcp.tools.app import APP_ONLY
from networkx_mcp.tools.arguments import MOST, NodeId, NodeIds
from networkx_mcp.tools.tool import Tool
from networkx_mcp.vocabulary import LAYOUTS, MEASURES

if TYPE_CHECKING:
    from networkx_mcp.graphs.service import Graphs

    LayoutName: TypeAlias = str
    MeasureName: TypeAlias = str
else:
    LayoutName = Literal[tuple(LAYOUTS)]
    #: A score of each node; that of edges has no place in the view.
    MeasureName = Literal[tuple(name for name in MEASURES if name != "edge_betweenness")]

#: In `_meta` of the answer: the document, gzip as base64.
DOCUMENT = "networkx-mcp/document"


class ViewGraph(OnGraph):
    """Arguments of view_graph, and of GET /graphs/{id}/layout."""

    layout: Annotated[LayoutName, Field(description="As in draw_graph.")] = "auto"
    seed: Seed = None
    weight: Annotated[str | None, Field(description="Edge attribute that pulls nodes together.")] = None
    measure: Annotated[MeasureName | None, Field(description="A score of each node, of the whole graph.")] = None
    around: Annotated[NodeId | None, Field(description="Only this node and the nearest to it.")] = None
    nodes: Annotated[NodeIds | None, Field(description="Only these nodes.")] = None
    community: Annotated[
        list[Annotated[int, Field(ge=0, le=MOST)]] | None,
        Field(max_length=8, description="Only this community; then one within it."),
    ] = None
    form: Annotated[
        Literal["auto", "nodes", "communities"], Field(description="auto: communities of a large graph.")
    ] = "auto"
    limit: Annotated[int, Field(ge=1, le=5_000, description="Nodes to show.")] = 5_000

    def check(self) -> None:
        if sum(value is not None for value in (self.nodes, self.around, self.community)) > 1:
            raise InvalidInput("nodes: give one of nodes, around and community.", field="nodes")


class Viewed(TypedDict):
    """What is shown."""

    graph_id: str
    version: int
    nodes: int
    edges: int
    layout: str
    notes: list[str]
    cached: bool


async def run(graphs: Graphs, args: ViewGraph) -> Answer:
    """The tool."""
    value, version = await viewed(graphs, args)
    data = {"graph_id": args.graph_id, "version": version, "cached": value.get("cached", False)}
    data |= {name: value[name] for name in ("nodes", "edges", "layout", "notes")}
    text = (
        f"{show(args.graph_id)} version {version}: {value['nodes']} nodes and {value['edges']} edges are in the viewer"
    )
    document = base64.b64encode(value["data"]).decode("ascii")
    return Answer("\n".join([text, *noted(value["notes"])]), data, meta={DOCUMENT: document})


async def viewed(graphs: Graphs, args: ViewGraph) -> tuple[dict[str, Any], int]:
    """The facts of a view, `data` among them (the document, JSON in gzip), and the version of the graph."""
    return await analysis_run.run(graphs, args.graph_id, ANALYSIS, args.params())


def _suits(params: Params, directed: bool) -> None:
    if "measure" in params:
        rank_nodes.ANALYSIS.suits(params, directed)


def _calls(params: Params, graph: GraphSize) -> Iterable[AlgorithmCall]:
    """The communities of the whole graph, and a measure; what is placed has few nodes."""
    communities = find_communities.ANALYSIS.calls({"method": "louvain", "seed": 0}, graph)
    return [*communities, *(rank_nodes.ANALYSIS.calls(params, graph) if "measure" in params else [])]


ANALYSIS = Analysis(task_name("view_graph"), cached=True, shared=False, calls=_calls, suits=_suits, forced=False)
TOOL = Tool(
    name="view_graph",
    title="Data of the viewer",
    description="For the viewer only: it shows you nothing; use draw_graph.",
    arguments=ViewGraph,
    answer=Viewed,
    run=run,
    analysis=ANALYSIS,
    ui=APP_ONLY,
)
