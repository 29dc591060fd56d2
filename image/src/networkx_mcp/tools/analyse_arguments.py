"""What the analyses of a whole graph are asked: one model of arguments for each tool.

The names of measures, methods and metrics are those of `compute.algorithms`, which this process does
not import: it would bring networkx with it. A test compares them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from networkx_mcp.tools.arguments import MOST, GraphId, NodeId, NodeIds, Offset
from networkx_mcp.tools.registry import Arguments

#: Metrics of one call; a name that comes twice is measured once.
MOST_METRICS = 100

Limit = Annotated[int, Field(ge=1, le=1000, description="Rows to show.")]
Members = Annotated[int, Field(ge=0, le=1000, description="Nodes to list of each group; its size counts all.")]
Seed = Annotated[
    int | None, Field(ge=0, le=2**32 - 1, description="Seed of random choices (0); same seed, same answer.")
]
DefaultWeight = Annotated[
    str | None,
    Field(
        description='Edge attribute of weights (`weight`, where the method knows weights and edges have it); "": each edge '
        "counts 1."
    ),
]
Weight = Annotated[str | None, Field(description="Edge attribute of lengths or weights; left out, each edge counts 1.")]


class OnGraph(Arguments):
    """Arguments of an analysis: all but the graph's id are the task's."""

    graph_id: GraphId

    def params(self) -> dict[str, Any]:
        """What the task gets; null counts as absent."""
        return {name: value for name, value in self if name not in ("graph_id", "force") and value is not None}


class Heavy(OnGraph):
    """Arguments of an analysis whose cost is estimated before it starts."""

    force: Annotated[
        bool, Field(description="Run although the estimate is above the time limit, at which it is stopped.")
    ] = False


class RankNodes(Heavy):
    """Arguments of rank_nodes."""

    measure: Annotated[
        Literal[
            "degree", "in_degree", "out_degree", "degree_centrality", "betweenness", "edge_betweenness", "closeness",
            "harmonic", "load", "eigenvector", "katz", "pagerank", "hits", "hubs", "clustering", "triangles", "core",
            "constraint", "eccentricity",
        ],
        Field(
            description="What makes a node (edge_betweenness: an edge) rank high. hits: authorities. On large graphs "
            "prefer degree or pagerank, or give `sample` to betweenness."
        ),
    ] = "degree"  # fmt: skip
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


class FindCommunities(Heavy):
    """Arguments of find_communities."""

    method: Annotated[
        Literal["louvain", "leiden", "label_propagation", "greedy_modularity", "girvan_newman", "fluid", "k_clique"],
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


class FindComponents(Heavy):
    """Arguments of find_components."""

    kind: Annotated[
        Literal["connected", "biconnected", "weak", "strong"] | None,
        Field(
            description="connected (default), biconnected: undirected graphs; weak (default), strong: directed ones."
        ),
    ] = None
    node: Annotated[NodeId | None, Field(description="Only the components that hold this node.")] = None
    members: Members = 20
    limit: Limit = 20
    offset: Offset = 0


class MeasureGraph(Heavy):
    """Arguments of measure_graph."""

    metrics: Annotated[
        Annotated[
            list[
                Literal[
                    "nodes", "edges", "directed", "density", "self_loops", "isolates", "total_weight", "degree",
                    "in_degree", "out_degree", "degree_histogram", "average_clustering", "transitivity", "triangles",
                    "diameter", "radius", "eccentricity", "center", "periphery", "average_shortest_path_length",
                    "global_efficiency", "degree_assortativity", "reciprocity", "is_connected", "is_strongly_connected",
                    "components", "strong_components", "is_dag", "is_tree", "is_forest", "is_bipartite", "is_planar",
                    "is_eulerian", "is_regular", "girth", "degeneracy", "wiener_index", "node_connectivity",
                    "edge_connectivity", "algebraic_connectivity",
                ]
            ],
            Field(max_length=MOST_METRICS, fail_fast=True),
        ]
        | None,
        Field(description="Numbers to compute; left out: the cheap ones (size, density, degree, connectedness)."),
    ] = None  # fmt: skip
    weight: Weight = None


class FindPaths(Heavy):
    """Arguments of find_paths."""

    source: Annotated[NodeId, Field(description="Where paths start.")]
    target: Annotated[
        NodeId | None, Field(description="Where paths end; left out: every node that can be reached.")
    ] = None
    kind: Annotated[
        Literal["shortest", "all_shortest", "k_shortest", "all_simple", "reachable"],
        Field(
            description="all_shortest, k_shortest, all_simple: alternatives, to a target; reachable: nodes and their "
            "distance from source, without paths."
        ),
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


class PartitionGraph(Heavy):
    """Arguments of partition_graph."""

    k: Annotated[int, Field(ge=1, le=MOST, description="How many parts.")]
    weight: DefaultWeight = None
    imbalance: Annotated[float, Field(ge=0, le=1, description="How much larger than n/k a part may be.")] = 0.03
    seed: Seed = None
    members: Members = 20
    limit: Limit = 20
    offset: Offset = 0
