"""The names that analyses take, and what each of them means: measures, methods, kinds, metrics, layouts.

Data only, nothing is imported: the API lists the names and refuses what does not go together, the cost model estimates
by them, workers compute by them. Algorithms are named as in the catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Measure:
    """What ranks nodes, or edges."""

    algorithm: str
    #: It takes an edge attribute as weight, with values of 0 or more unless `negative`.
    weighted: bool = False
    negative: bool = False
    #: networkx's parameter for the weight; empty where networkx has none, though the measure weighs.
    parameter: str = "weight"
    #: The attribute that is weighed by where none is named, if edges have it.
    default_weight: str | None = None
    #: Further arguments that it takes, by networkx's names.
    options: tuple[str, ...] = ()
    #: It can be estimated from some sources instead of all.
    sampled: bool = False
    #: It is defined for directed graphs only.
    directed: bool = False


_POWER = ("max_iter", "tol")
MEASURES = {
    "degree": Measure("degree", weighted=True, negative=True),
    "in_degree": Measure("in_degree", weighted=True, negative=True, directed=True),
    "out_degree": Measure("out_degree", weighted=True, negative=True, directed=True),
    "degree_centrality": Measure("degree_centrality"),
    "betweenness": Measure("betweenness_centrality", weighted=True, options=("normalized", "endpoints"), sampled=True),
    "edge_betweenness": Measure("edge_betweenness_centrality", weighted=True, options=("normalized",), sampled=True),
    "closeness": Measure("closeness_centrality", weighted=True, parameter="distance"),
    "harmonic": Measure("harmonic_centrality", weighted=True, parameter="distance"),
    "load": Measure("load_centrality", weighted=True, options=("normalized",)),
    "eigenvector": Measure("eigenvector_centrality", weighted=True, negative=True, options=_POWER),
    "katz": Measure("katz_centrality", weighted=True, negative=True, options=("alpha", "normalized", *_POWER)),
    "pagerank": Measure("pagerank", weighted=True, default_weight="weight", options=("alpha", *_POWER)),
    "hits": Measure("hits", weighted=True, parameter="", default_weight="weight", options=("normalized", *_POWER)),
    "hubs": Measure("hits", weighted=True, parameter="", default_weight="weight", options=("normalized", *_POWER)),
    "clustering": Measure("clustering", weighted=True),
    "triangles": Measure("triangles"),
    "core": Measure("core_number"),
    "constraint": Measure("constraint", weighted=True),
    "eccentricity": Measure("eccentricity", weighted=True),
}


@dataclass(frozen=True, slots=True)
class CommunityMethod:
    """What finds communities."""

    algorithm: str
    #: It takes an edge attribute as weight; "weight" where none is named.
    weighted: bool = False
    #: It takes random choices, and a seed for them.
    seeded: bool = False
    #: It takes a resolution.
    resolution: bool = False
    #: `k` where none is given, and the least that it may be; 0: the method takes no k, it finds the number itself.
    k: int = 0
    least_k: int = 2
    #: It is defined for undirected graphs only.
    undirected: bool = False


COMMUNITY_METHODS = {
    "louvain": CommunityMethod("community.louvain_communities", weighted=True, seeded=True, resolution=True),
    "leiden": CommunityMethod(
        "community.leiden_communities", weighted=True, seeded=True, resolution=True, undirected=True
    ),
    "label_propagation": CommunityMethod("community.fast_label_propagation_communities", weighted=True, seeded=True),
    "greedy_modularity": CommunityMethod("community.greedy_modularity_communities", weighted=True, resolution=True),
    "girvan_newman": CommunityMethod("community.girvan_newman", k=2),
    "fluid": CommunityMethod("community.asyn_fluidc", seeded=True, k=2, least_k=1),
    "k_clique": CommunityMethod("community.k_clique_communities", k=3),
}


@dataclass(frozen=True, slots=True)
class ComponentKind:
    """A kind of components, of directed graphs or of undirected ones."""

    algorithm: str
    directed: bool = False


COMPONENT_KINDS = {
    "connected": ComponentKind("connected_components"),
    "biconnected": ComponentKind("biconnected_components"),
    "weak": ComponentKind("weakly_connected_components", directed=True),
    "strong": ComponentKind("strongly_connected_components", directed=True),
}


@dataclass(frozen=True, slots=True)
class Metric:
    """A number of a whole graph."""

    #: The algorithm that it takes its time for; empty where it costs next to nothing.
    algorithm: str = ""
    #: It looks at weights.
    weighted: bool = False
    #: It is measured where no metric is named: linear in the size of the graph.
    default: bool = False
    #: It is defined for directed graphs only.
    directed: bool = False


METRICS = {
    "nodes": Metric(default=True),
    "edges": Metric(default=True),
    "directed": Metric(default=True),
    "density": Metric(default=True),
    "self_loops": Metric(default=True),
    "isolates": Metric(default=True),
    "total_weight": Metric(weighted=True),
    "degree": Metric(default=True),
    "in_degree": Metric(directed=True),
    "out_degree": Metric(directed=True),
    "degree_histogram": Metric(),
    "average_clustering": Metric("average_clustering", weighted=True),
    "transitivity": Metric("transitivity"),
    "triangles": Metric("triangles"),
    "diameter": Metric("diameter", weighted=True),
    "radius": Metric("eccentricity", weighted=True),
    "eccentricity": Metric("eccentricity", weighted=True),
    "center": Metric("eccentricity", weighted=True),
    "periphery": Metric("eccentricity", weighted=True),
    "average_shortest_path_length": Metric("average_shortest_path_length", weighted=True),
    "global_efficiency": Metric("global_efficiency"),
    "degree_assortativity": Metric("degree_assortativity_coefficient", weighted=True),
    "reciprocity": Metric(directed=True),
    "is_connected": Metric(default=True),
    "is_strongly_connected": Metric("is_strongly_connected", directed=True),
    "components": Metric(default=True),
    "largest_component": Metric(),
    "strong_components": Metric(directed=True),
    "is_dag": Metric(),
    "is_tree": Metric(),
    "is_forest": Metric(),
    "is_bipartite": Metric(),
    "is_planar": Metric("is_planar"),
    "is_eulerian": Metric(),
    "is_regular": Metric(),
    "girth": Metric("girth"),
    "degeneracy": Metric("core_number"),
    "wiener_index": Metric("wiener_index", weighted=True),
    "node_connectivity": Metric("node_connectivity"),
    "edge_connectivity": Metric("edge_connectivity"),
    "algebraic_connectivity": Metric("algebraic_connectivity", weighted=True),
}


#: What is compared of two graphs where no metric is named: linear in their size, but for those of directed graphs alone.
COMPARED = (
    "density",
    "isolates",
    "degree",
    "components",
    "largest_component",
    "strong_components",
    "reciprocity",
    "average_clustering",
)


@dataclass(frozen=True, slots=True)
class PathKind:
    """A kind of paths from a node."""

    target: Literal["required", "optional", "none"] = "required"
    #: How many paths there are, where `k` says; 0: the kind takes no k.
    k: int = 0
    #: Whether it takes the longest distance to look at.
    cutoff: Literal["always", "without target", "never"] = "never"
    #: Weights may be below 0.
    negative: bool = False


PATH_KINDS = {
    "shortest": PathKind("optional", cutoff="without target", negative=True),
    "all_shortest": PathKind(negative=True),
    "k_shortest": PathKind(k=3),
    "all_simple": PathKind(cutoff="always"),
    "reachable": PathKind("none", cutoff="always", negative=True),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """How the nodes of a picture are placed."""

    #: Edges pull by their weight.
    weighted: bool = False


#: A picture of more says nothing.
MOST_DRAWN_NODES, MOST_DRAWN_EDGES = 5_000, 20_000
#: What colours a picture by communities that are found for it.
COMMUNITIES = "communities"
#: Kinds of pictures: nodes and edges, the adjacency matrix, a histogram of degrees.
PICTURES = ("graph", "matrix", "degrees")


LAYOUTS = {
    "auto": Layout(),
    "spring": Layout(weighted=True),
    "kamada_kawai": Layout(weighted=True),
    "circular": Layout(),
    "shell": Layout(),
    "spectral": Layout(weighted=True),
    "planar": Layout(),
    "bipartite": Layout(),
    "random": Layout(),
    "layers": Layout(),
    "tree": Layout(),
    "xy": Layout(),
    "map": Layout(),
}
