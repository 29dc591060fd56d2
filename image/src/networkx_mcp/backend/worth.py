"""From which size on the conversion of a networkx graph pays within one call: measured, per function."""

from __future__ import annotations

#: Nodes + edges; None: not within one call, at no size that was measured.
LEAST: dict[str, int | None] = {
    "articulation_points": None,
    "average_clustering": 391,
    "average_shortest_path_length": 111,
    "betweenness_centrality": 111,
    "biconnected_components": 3991,
    "bidirectional_dijkstra": None,
    "bidirectional_shortest_path": None,
    "bridges": 391,
    "center": 111,
    "closeness_centrality": 111,
    "clustering": 391,
    "connected_components": None,
    "core_number": None,
    "degree_centrality": None,
    "diameter": 391,
    "dijkstra_path": None,
    "dijkstra_path_length": None,
    "eccentricity": 111,
    "edge_betweenness_centrality": 111,
    "eigenvector_centrality": 111,
    "fast_label_propagation_communities": 391,
    "global_efficiency": 111,
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
    "katz_centrality": 111,
    "kosaraju_strongly_connected_components": None,
    "leiden_communities": 0,
    "louvain_communities": None,
    "maximum_flow": 391,
    "maximum_flow_value": 391,
    "maximum_spanning_edges": 3991,
    "minimum_cut": 391,
    "minimum_cut_value": 391,
    "minimum_spanning_edges": 3991,
    "modularity": None,
    "node_connected_component": None,
    "number_connected_components": None,
    "number_of_isolates": None,
    "number_of_selfloops": None,
    "number_strongly_connected_components": None,
    "number_weakly_connected_components": None,
    "out_degree_centrality": None,
    "overall_reciprocity": 111,
    "pagerank": 1191,
    "periphery": 111,
    "radius": 391,
    "shortest_path": None,
    "shortest_path_length": None,
    "single_source_dijkstra": None,
    "single_source_dijkstra_path": None,
    "single_source_dijkstra_path_length": None,
    "single_source_shortest_path": None,
    "single_source_shortest_path_length": None,
    "single_target_shortest_path_length": None,
    "strongly_connected_components": None,
    "topological_generations": None,
    "topological_sort": None,
    "transitivity": 391,
    "triangles": 1191,
    "weakly_connected_components": None,
}


def worth(name: str, elements: int) -> bool | str:
    """True, or why one call does not pay for the conversion of a graph of this many nodes and edges."""
    least = LEAST.get(name)
    if least is None:
        return "converting the graph costs more than one call saves"
    if elements < least:
        return f"below {least} nodes and edges converting the graph costs more than a call saves"
    return True
