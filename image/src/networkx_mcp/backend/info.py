"""What networkx reads of this backend when it is imported: names and notes, and no library that computes."""

from __future__ import annotations

from typing import Any

_DIGITS = "Sums run in another order than networkx's: the same to 1e-9."
_LARGE = "From 5,000 nodes and edges on the partition is networkit's: no worse in modularity, but another one."
_ONE = "Without the compiled kernels, of several shortest paths with weights another one may be found."
_ORDER = "The same sets, by their first nodes; networkx gives them in the order of its search."
_MATCHED = "Of several matchings of that weight another one may be found. Floats are not rounded: never a worse one."
_CAPACITIES = "Integer capacities on every edge, at most 2**31 - 1 together; others are networkx's."

#: Functions by their names for dispatch, with what a user should know of them.
FUNCTIONS: dict[str, str] = {
    # degrees and counts
    "degree_centrality": "",
    "in_degree_centrality": "",
    "out_degree_centrality": "",
    "number_of_selfloops": "",
    "number_of_isolates": "",
    "isolates": "",
    "overall_reciprocity": "",
    # assortativity
    "degree_assortativity_coefficient": _DIGITS,
    "degree_pearson_correlation_coefficient": _DIGITS,
    "numeric_assortativity_coefficient": _DIGITS,
    "attribute_assortativity_coefficient": _DIGITS,
    "average_neighbor_degree": _DIGITS,
    "average_degree_connectivity": _DIGITS,
    # centralities
    "pagerank": _DIGITS,
    "eigenvector_centrality": _DIGITS,
    "katz_centrality": _DIGITS,
    "hits": _DIGITS,
    "closeness_centrality": _DIGITS,
    "harmonic_centrality": _DIGITS,
    "betweenness_centrality": _DIGITS,
    "edge_betweenness_centrality": _DIGITS,
    # distances
    "eccentricity": "",
    "diameter": "",
    "radius": "",
    "periphery": "",
    "center": "",
    "average_shortest_path_length": _DIGITS,
    "global_efficiency": _DIGITS,
    # paths
    "single_source_shortest_path_length": "",
    "single_target_shortest_path_length": "",
    "single_source_shortest_path": "",
    "bidirectional_shortest_path": "",
    "has_path": "",
    "shortest_path": _ONE,
    "shortest_path_length": "",
    "single_source_dijkstra_path_length": "",
    "single_source_dijkstra_path": _ONE,
    "single_source_dijkstra": _ONE,
    "dijkstra_path": _ONE,
    "dijkstra_path_length": "",
    "bidirectional_dijkstra": _ONE,
    "astar_path": f"Without a heuristic. {_ONE}",
    "astar_path_length": "Without a heuristic.",
    "shortest_simple_paths": "",
    # structure
    "connected_components": "",
    "number_connected_components": "",
    "is_connected": "",
    "node_connected_component": "",
    "weakly_connected_components": "",
    "number_weakly_connected_components": "",
    "is_weakly_connected": "",
    "strongly_connected_components": _ORDER,
    "kosaraju_strongly_connected_components": _ORDER,
    "number_strongly_connected_components": "",
    "is_strongly_connected": "",
    "articulation_points": "In the order of the nodes; networkx gives them in that of its search.",
    "biconnected_components": _ORDER,
    "is_biconnected": "",
    "bridges": "",
    "has_bridges": "",
    "triangles": "",
    "clustering": "",
    "average_clustering": _DIGITS,
    "transitivity": "",
    "core_number": "",
    "is_tree": "",
    "is_forest": "",
    "minimum_spanning_edges": "",
    "maximum_spanning_edges": "",
    "topological_sort": "",
    "topological_generations": "",
    "is_directed_acyclic_graph": "",
    "dag_longest_path": "",
    "greedy_color": "With the strategy `largest_first`.",
    "maximal_matching": "",
    "max_weight_matching": _MATCHED,
    "min_weight_matching": _MATCHED,
    # flows
    "maximum_flow": f"{_CAPACITIES} Of several maximum flows another one may be found.",
    "maximum_flow_value": _CAPACITIES,
    "minimum_cut": _CAPACITIES,
    "minimum_cut_value": _CAPACITIES,
    # communities
    "louvain_communities": _LARGE,
    "leiden_communities": "By networkit, for modularity. networkx has no implementation of its own.",
    "fast_label_propagation_communities": "",
    "modularity": _DIGITS,
}


def get_info() -> dict[str, Any]:
    """The entry point `networkx.backend_info`."""
    return {
        "backend_name": "networkx_mcp",
        "project": "networkx-mcp",
        "package": "networkx_mcp",
        "short_summary": "Algorithms over arrays, with networkx's own answers.",
        "description": "Graphs as compressed sparse rows; algorithms by numpy, scipy, networkit and rustworkx.",
        "functions": {name: {"additional_docs": text} if text else {} for name, text in FUNCTIONS.items()},
    }
