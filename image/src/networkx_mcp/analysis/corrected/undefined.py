"""Why a number is not defined or has no end: what stands beside an answer in the place of networkx's nan and inf."""

from __future__ import annotations

_ALIKE = "all ends of edges have the same value, so there is nothing to correlate, or there are no edges"
_APART = "some nodes have no path between them"
_ALONE = "a node without neighbours (self-loops aside) has none"

#: By algorithm, when it divides 0 by 0.
UNDEFINED = {
    "degree_assortativity_coefficient": _ALIKE,
    "degree_pearson_correlation_coefficient": _ALIKE,
    "numeric_assortativity_coefficient": _ALIKE,
    "attribute_assortativity_coefficient": _ALIKE,
    "constraint": _ALONE,
    "local_constraint": _ALONE,
    "effective_size": _ALONE,
    "efficiency": _ALONE,
    "closeness_vitality": f"{_APART}, with the node or without it",
    "communicability_betweenness_centrality": _APART,
    "harmonic_diameter": "there are no two nodes",
    "betweenness_centrality": "a single sampled source says nothing about itself; sample more",
    "second_order_centrality": "a walk that weights of 0 stop never comes back",
    "sigma": "the random or the given graph has no triangle to compare",
    "omega": "the lattice has no triangle to compare",
    "bipartite.birank": "a node has no edge with a weight above 0",
    "bipartite.spectral_bipartivity": "there are no nodes",
    "laplacian_centrality": "the graph has no Laplacian energy: no edges but self-loops",
    "trophic_incoherence_parameter": "there are no edges between different nodes",
}

#: By algorithm, when the number is past all bounds.
INFINITE = {
    "girth": "the graph has no cycle",
    "wiener_index": _APART,
    "hyper_wiener_index": _APART,
    "gutman_index": _APART,
    "schultz_index": _APART,
    "effective_graph_resistance": _APART,
    "closeness_vitality": "without the node some others have no path between them",
    "harmonic_diameter": "no two nodes have a path between them",
    "local_bridges": "without the edge its ends have no path between them",
    "floyd_warshall": "no path leads there",
    "floyd_warshall_numpy": "no path leads there",
    "floyd_warshall_predecessor_and_distance": "no path leads there",
}


def why_undefined(algorithm: str) -> str:
    """In words, to stand behind a colon."""
    return UNDEFINED.get(algorithm, "it divides 0 by 0 on this graph")


def why_infinite(algorithm: str) -> str | None:
    """In words, to stand behind a colon; None where nothing is known."""
    return INFINITE.get(algorithm)
