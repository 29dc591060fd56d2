"""From which size on the conversion of a networkx graph pays within one call, per function.

Measured by `benchmarks/backend.py` (results/backend.json): the smallest size from which on the call was faster
with the conversion than networkx without, at every larger size too. A test compares table and results.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import networkx as nx

#: Nodes + edges; None: not within one call, at no size that was measured.
LEAST: dict[str, int | None] = {
    "articulation_points": 11991,
    "astar_path": 11991,
    "astar_path_length": 11991,
    "attribute_assortativity_coefficient": 3991,
    "average_clustering": 391,
    "average_degree_connectivity": 1191,
    "average_neighbor_degree": 11991,
    "average_shortest_path_length": 391,
    "betweenness_centrality": 111,
    "biconnected_components": 3991,
    "bidirectional_dijkstra": None,
    "bidirectional_shortest_path": None,
    "bridges": 391,
    "center": 111,
    "closeness_centrality": 111,
    "clustering": 391,
    "connected_components": None,
    "core_number": 3991,
    "dag_longest_path": 3991,
    "degree_assortativity_coefficient": 111,
    "degree_centrality": None,
    "degree_pearson_correlation_coefficient": 111,
    "diameter": 111,
    "dijkstra_path": 3991,
    "dijkstra_path_length": 11991,
    "eccentricity": 111,
    "edge_betweenness_centrality": 111,
    "eigenvector_centrality": 391,
    "fast_label_propagation_communities": 3991,
    "global_efficiency": 391,
    "greedy_color": None,
    "harmonic_centrality": 111,
    "has_bridges": 391,
    "has_path": None,
    "hits": None,
    "in_degree_centrality": None,
    "is_biconnected": 3991,
    "is_connected": None,
    "is_directed_acyclic_graph": None,
    "is_forest": 1191,
    "is_strongly_connected": None,
    "is_tree": None,
    "is_weakly_connected": None,
    "isolates": None,
    "katz_centrality": 391,
    "kosaraju_strongly_connected_components": 3991,
    "leiden_communities": 0,
    "louvain_communities": 3991,
    "max_weight_matching": 111,
    "maximal_matching": None,
    "maximum_flow": 391,
    "maximum_flow_value": 391,
    "maximum_spanning_edges": 3991,
    "min_weight_matching": 111,
    "minimum_cut": 391,
    "minimum_cut_value": 391,
    "minimum_spanning_edges": 3991,
    "modularity": 3991,
    "node_connected_component": None,
    "number_connected_components": None,
    "number_of_isolates": None,
    "number_of_selfloops": None,
    "number_strongly_connected_components": 3991,
    "number_weakly_connected_components": None,
    "numeric_assortativity_coefficient": 1191,
    "out_degree_centrality": None,
    "overall_reciprocity": 111,
    "pagerank": 1191,
    "periphery": 391,
    "radius": 391,
    "shortest_path": None,
    "shortest_path_length": None,
    "shortest_simple_paths": None,
    "single_source_dijkstra": 11991,
    "single_source_dijkstra_path": None,
    "single_source_dijkstra_path_length": 11991,
    "single_source_shortest_path": None,
    "single_source_shortest_path_length": None,
    "single_target_shortest_path_length": None,
    "strongly_connected_components": 39991,
    "topological_generations": None,
    "topological_sort": None,
    "transitivity": 391,
    "triangles": 3991,
    "weakly_connected_components": None,
}


def worth(name: str, graph: nx.Graph[Any]) -> bool | str:
    """True, or why one call does not pay for the conversion of this graph."""
    least = LEAST.get(name)
    if least is None:
        return "converting the graph costs more than one call saves"
    # counting the edges goes through all nodes: only where there are few
    if len(graph) < least and len(graph) + graph.number_of_edges() < least:
        return f"below {least} nodes and edges converting the graph costs more than a call saves"
    return True
