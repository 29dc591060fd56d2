"""Analyses of a whole graph: each runs in a worker and comes back as a page of rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from networkx_mcp.tools.answer import Answer, clip_attributes, show, show_attributes
from networkx_mcp.tools.arguments import GraphId, NodeId, NodeIds, Offset
from networkx_mcp.tools.registry import Arguments, Tool
from networkx_mcp.tools.runs import analyse
from networkx_mcp.tools.tables import Analysis, table_answer

if TYPE_CHECKING:
    from networkx_mcp.graphs.service import Graphs

Limit = Annotated[int, Field(ge=1, le=1000, description="Rows to show.")]
Members = Annotated[int, Field(ge=0, le=1000, description="Nodes to list of each group; its size counts all.")]
Seed = Annotated[
    int | None, Field(ge=0, le=2**32 - 1, description="Seed of random choices (0); the same seed, the same answer.")
]
DefaultWeight = Annotated[
    str | None,
    Field(
        description='Edge attribute that holds weights; null: the usual one of this method; "": none, every edge counts 1.'
    ),
]
Weight = Annotated[
    str | None, Field(description="Edge attribute that holds lengths or weights; null: every edge counts 1.")
]


class OnGraph(Arguments):
    """Arguments of an analysis: all but the graph's id are the task's."""

    graph_id: GraphId

    def params(self) -> dict[str, Any]:
        """What the task gets; null counts as absent."""
        return {name: value for name, value in self if name != "graph_id" and value is not None}


class RankNodes(OnGraph):
    """Arguments of rank_nodes."""

    measure: Annotated[
        Literal[
            "degree", "in_degree", "out_degree", "degree_centrality", "betweenness", "edge_betweenness", "closeness",
            "harmonic", "load", "eigenvector", "katz", "pagerank", "hits", "hubs", "clustering", "triangles", "core",
            "constraint", "eccentricity",
        ],
        Field(
            description="What makes a node (or edge: edge_betweenness) rank high. hits: authorities. On large graphs "
            "prefer degree or pagerank, or give `sample` to betweenness."
        ),
    ] = "degree"  # fmt: skip
    weight: DefaultWeight = None
    nodes: Annotated[NodeIds | None, Field(description="Only these nodes, with their rank among all.")] = None
    sample: Annotated[
        int | None, Field(ge=1, description="betweenness: estimate from this many sources instead of all.")
    ] = None
    normalized: Annotated[bool | None, Field(description="As in networkx, where the measure knows it.")] = None
    endpoints: Annotated[bool | None, Field(description="betweenness: count the ends of paths.")] = None
    alpha: Annotated[float | None, Field(gt=0, description="pagerank: damping (0.85); katz: attenuation (0.1).")] = None
    max_iter: Annotated[
        int | None, Field(ge=1, le=1_000_000, description="Most iterations of an iterative measure.")
    ] = None
    tol: Annotated[float | None, Field(gt=0, description="Tolerance of an iterative measure.")] = None
    seed: Seed = None
    limit: Limit = 20
    offset: Offset = 0


class FindCommunities(OnGraph):
    """Arguments of find_communities."""

    method: Annotated[
        Literal["louvain", "label_propagation", "greedy_modularity", "girvan_newman", "fluid", "k_clique"],
        Field(description="louvain and label_propagation are fast; girvan_newman is for small graphs only."),
    ] = "louvain"
    weight: DefaultWeight = None
    resolution: Annotated[
        float | None, Field(gt=0, description="louvain, greedy_modularity: above 1 gives more, smaller communities.")
    ] = None
    k: Annotated[
        int | None,
        Field(ge=1, description="girvan_newman, fluid: how many communities; k_clique: size of the cliques."),
    ] = None
    seed: Seed = None
    members: Members = 20
    limit: Limit = 20
    offset: Offset = 0


class FindComponents(OnGraph):
    """Arguments of find_components."""

    kind: Annotated[
        Literal["connected", "biconnected", "weak", "strong"] | None,
        Field(
            description="connected, biconnected: undirected graphs; weak, strong: directed ones. Null: connected or weak."
        ),
    ] = None
    node: Annotated[NodeId | None, Field(description="Only the components that hold this node.")] = None
    members: Members = 20
    limit: Limit = 20
    offset: Offset = 0


class MeasureGraph(OnGraph):
    """Arguments of measure_graph."""

    metrics: Annotated[
        list[
            Literal[
                "nodes", "edges", "directed", "density", "self_loops", "isolates", "total_weight", "degree", "in_degree",
                "out_degree", "degree_histogram", "average_clustering", "transitivity", "triangles", "diameter", "radius",
                "eccentricity", "center", "periphery", "average_shortest_path_length", "global_efficiency",
                "degree_assortativity", "reciprocity", "is_connected", "is_strongly_connected", "components",
                "strong_components", "is_dag", "is_tree", "is_forest", "is_bipartite", "is_planar", "is_eulerian",
                "is_regular", "girth", "degeneracy", "wiener_index", "node_connectivity", "edge_connectivity",
                "algebraic_connectivity",
            ]
        ]
        | None,
        Field(description="Numbers to compute; null: the cheap ones (size, density, degree, connectedness)."),
    ] = None  # fmt: skip
    weight: Weight = None


class FindPaths(OnGraph):
    """Arguments of find_paths."""

    source: Annotated[NodeId, Field(description="Where paths start.")]
    target: Annotated[NodeId | None, Field(description="Where paths end; null: every node that can be reached.")] = None
    kind: Annotated[
        Literal["shortest", "all_shortest", "k_shortest", "all_simple", "reachable"],
        Field(description="reachable: nodes and their distance from source, without paths."),
    ] = "shortest"
    weight: Weight = None
    k: Annotated[int | None, Field(ge=1, le=1000, description="k_shortest: how many paths (3).")] = None
    cutoff: Annotated[
        float | None, Field(ge=0, description="Longest distance to look at; for all_simple the most hops.")
    ] = None
    limit: Limit = 20
    offset: Offset = 0


class GetSubgraph(OnGraph):
    """Arguments of get_subgraph."""

    nodes: Annotated[NodeIds | None, Field(description="These nodes and the edges among them.")] = None
    center: Annotated[NodeId | None, Field(description="Or: this node and all within `radius` hops.")] = None
    radius: Annotated[int | None, Field(ge=0, le=1000, description="Hops from center (1).")] = None
    direction: Annotated[
        Literal["both", "out", "in"] | None,
        Field(description="Directed graphs: which edges lead on from center (both)."),
    ] = None
    attributes: Annotated[bool, Field(description="Show attributes of nodes and edges.")] = True
    limit_nodes: Annotated[int, Field(ge=1, le=1000, description="Nodes to show.")] = 50
    limit_edges: Annotated[int, Field(ge=0, le=2000, description="Edges to show.")] = 100


class PartitionGraph(OnGraph):
    """Arguments of partition_graph."""

    k: Annotated[int, Field(ge=1, description="How many parts.")]
    weight: DefaultWeight = None
    imbalance: Annotated[float, Field(ge=0, le=1, description="How much larger than n/k a part may be.")] = 0.03
    seed: Seed = None
    members: Members = 20
    limit: Limit = 20
    offset: Offset = 0


class Ranking(Analysis):
    """Rows: rank, node, score (edge_betweenness: rank, source, target, score), highest first."""

    measure: str
    weight: str | None
    sample: NotRequired[int]
    seed: NotRequired[int]


class Communities(Analysis):
    """Rows: community, size, nodes; largest first."""

    method: str
    count: int
    weight: str | None
    modularity: NotRequired[float | None]
    resolution: NotRequired[float]
    seed: NotRequired[int]


class Components(Analysis):
    """Rows: component, size, nodes; largest first."""

    kind: str
    count: int
    largest: int
    articulation_points: NotRequired[list[str | int]]
    articulation_points_total: NotRequired[int]


class Measurements(Analysis):
    """Rows: metric, value, note; value is null with a note where the metric is not defined."""

    weight: str | None


class Paths(Analysis):
    """Rows: hops, distance, path (or node, distance for reachable), nearest first."""

    kind: str
    source: str | int
    target: str | int | None
    weight: str | None
    found: bool


class Partition(Analysis):
    """Rows: part, size, nodes; the cut counts edges between parts."""

    k: int
    weight: str | None
    imbalance: float
    seed: int
    cut_edges: int
    cut_weight: float
    cut_ratio: float


class Part(TypedDict):
    """A bounded table."""

    columns: list[str]
    rows: list[list[Any]]
    total: int
    truncated: bool


class Subgraph(TypedDict):
    """Nodes and the edges among them."""

    graph_id: str
    version: int
    directed: bool
    nodes: Part
    edges: Part
    truncated: bool
    notes: list[str]


def tools(graphs: Graphs) -> list[Tool]:
    """The tools of this file."""

    def analysis(task: str) -> Callable[[Any], Awaitable[Answer]]:
        async def run(args: OnGraph) -> Answer:
            value, version = await analyse(graphs, args.graph_id, task, args.params())
            return table_answer(task, args.graph_id, version, value, paged="offset" in type(args).model_fields)

        return run

    async def subgraph(args: GetSubgraph) -> Answer:
        value, version = await analyse(graphs, args.graph_id, "get_subgraph", args.params())
        return _subgraph_answer(args.graph_id, version, value)

    return [
        Tool(
            name="find_paths",
            title="Find paths",
            description="Shortest paths between two nodes or from one node to all, alternatives (all shortest, the k "
            "shortest, all simple paths), and what can be reached.",
            arguments=FindPaths,
            answer=Paths,
            run=analysis("find_paths"),
        ),
        Tool(
            name="get_subgraph",
            title="Part of a graph",
            description="Nodes and the edges among them: those you name, or all around a center.",
            arguments=GetSubgraph,
            answer=Subgraph,
            run=subgraph,
        ),
        Tool(
            name="rank_nodes",
            title="Rank nodes",
            description="The most important nodes by a centrality (degree, betweenness, closeness, eigenvector, pagerank, "
            "...), clustering, core number or eccentricity; also edges by betweenness.",
            arguments=RankNodes,
            answer=Ranking,
            run=analysis("rank_nodes"),
        ),
        Tool(
            name="find_communities",
            title="Find communities",
            description="Groups of nodes with more edges inside than to the rest, and how clear the division is (modularity).",
            arguments=FindCommunities,
            answer=Communities,
            run=analysis("find_communities"),
        ),
        Tool(
            name="find_components",
            title="Find components",
            description="Connected, weakly, strongly or biconnected components, largest first.",
            arguments=FindComponents,
            answer=Components,
            run=analysis("find_components"),
        ),
        Tool(
            name="measure_graph",
            title="Measure a graph",
            description="Numbers of the whole graph: density, degrees, clustering, diameter, assortativity, connectivity, "
            "and whether it is a tree, bipartite, planar, acyclic, ...",
            arguments=MeasureGraph,
            answer=Measurements,
            run=analysis("measure_graph"),
        ),
        Tool(
            name="partition_graph",
            title="Partition a graph",
            description="Split all nodes into k parts of nearly equal size with few edges between them.",
            arguments=PartitionGraph,
            answer=Partition,
            run=analysis("partition_graph"),
        ),
    ]


def _subgraph_answer(graph_id: str, version: int, value: dict[str, Any]) -> Answer:
    nodes, edges, directed = value["nodes"], value["edges"], value["directed"]
    for row in (*nodes["rows"], *edges["rows"]):
        if isinstance(row[-1], dict):
            row[-1] = clip_attributes(row[-1])
    data = {
        "graph_id": graph_id,
        "version": version,
        "directed": directed,
        "nodes": nodes,
        "edges": edges,
        "truncated": value["truncated"],
        "notes": value["notes"],
    }
    lines = [f"{graph_id} version {version}: {_counted(nodes, 'nodes')}, {_counted(edges, 'edges')}"]
    around = "distance" in nodes["columns"]
    for row in nodes["rows"]:
        cells = [row[0], f"distance={row[1]}", *row[2:]] if around else row
        lines.append("node " + _cells(cells))
    arrow = "->" if directed else "--"
    lines.extend(f"edge {show(row[0])} {arrow} {_cells(row[1:])}" for row in edges["rows"])
    lines.extend(f"note: {note}" for note in value["notes"])
    if value["truncated"]:
        lines.append("truncated: raise limit_nodes or limit_edges, or ask for fewer nodes or a smaller radius")
    return Answer("\n".join(lines), data)


def _counted(part: dict[str, Any], what: str) -> str:
    shown = len(part["rows"])
    return f"{shown} {what}" if shown == part["total"] else f"{shown} of {part['total']} {what}"


def _cells(row: list[Any]) -> str:
    first, *rest = row
    cells = [show_attributes(cell) if isinstance(cell, dict) else str(cell) for cell in rest]
    return "\t".join([show(first), *(cell for cell in cells if cell)])
