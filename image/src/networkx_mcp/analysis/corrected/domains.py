"""What algorithms are defined for, where networkx does not ask: it runs for ever then, or answers a number."""

from __future__ import annotations

from typing import Any

import networkx as nx

from networkx_mcp.analysis.corrected.corrections import Original, corrects
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.errors import InvalidInput

#: Weights, distances and capacities of these must not be below 0. Those of searches by Dijkstra's method: networkx
#: answers wrongly, or never. Of random walks, Laplacians and communities: they are probabilities, conductances, shares.
NON_NEGATIVE = frozenset({
    "all_pairs_dijkstra", "all_pairs_dijkstra_path", "all_pairs_dijkstra_path_length", "dijkstra_path",
    "dijkstra_path_length", "dijkstra_predecessor_and_distance", "single_source_dijkstra", "single_source_dijkstra_path",
    "single_source_dijkstra_path_length", "multi_source_dijkstra", "multi_source_dijkstra_path",
    "multi_source_dijkstra_path_length", "bidirectional_dijkstra", "astar_path", "astar_path_length", "voronoi_cells",
    "betweenness_centrality", "betweenness_centrality_subset", "edge_betweenness_centrality",
    "edge_betweenness_centrality_subset", "closeness_centrality", "harmonic_centrality", "load_centrality",
    "percolation_centrality", "group_betweenness_centrality", "group_closeness_centrality", "closeness_vitality",
    "eccentricity", "diameter", "radius", "center", "periphery", "barycenter", "harmonic_diameter", "wiener_index",
    "hyper_wiener_index", "gutman_index", "schultz_index", "global_reaching_centrality", "local_reaching_centrality",
    "ego_graph", "shortest_simple_paths", "spanner", "minimum_cycle_basis", "local_bridges",
    "approximation.metric_closure", "approximation.steiner_tree", "approximation.traveling_salesman_problem",
    "approximation.christofides", "approximation.asadpour_atsp",
    "pagerank", "google_matrix", "hits", "second_order_centrality", "kemeny_constant", "panther_similarity",
    "panther_vector_similarity", "bipartite.birank", "stochastic_graph", "directed_laplacian_matrix",
    "directed_combinatorial_laplacian_matrix", "normalized_laplacian_matrix", "normalized_laplacian_spectrum",
    "algebraic_connectivity", "fiedler_vector", "spectral_ordering", "spectral_bisection",
    "current_flow_betweenness_centrality", "current_flow_betweenness_centrality_subset",
    "current_flow_closeness_centrality", "edge_current_flow_betweenness_centrality",
    "edge_current_flow_betweenness_centrality_subset", "approximate_current_flow_betweenness_centrality",
    "resistance_distance", "effective_graph_resistance", "random_spanning_tree", "stoer_wagner", "constraint",
    "local_constraint", "effective_size", "clustering", "average_clustering", "conductance", "normalized_cut_size",
    "community.louvain_communities", "community.louvain_partitions", "community.greedy_modularity_communities",
    "community.naive_greedy_modularity_communities", "community.asyn_lpa_communities",
    "community.fast_label_propagation_communities", "community.edge_betweenness_partition",
    "community.edge_current_flow_betweenness_partition", "community.modularity", "trophic_levels",
    "trophic_differences", "trophic_incoherence_parameter", "flow_hierarchy", "subgraph_centrality",
    "maximum_flow", "maximum_flow_value", "minimum_cut", "minimum_cut_value", "gomory_hu_tree",
})  # fmt: skip


@corrects("random_reference", "lattice_reference", "sigma", "omega")
def rewired(graph: LoadedGraph, original: Original, **given: Any) -> Any:
    """Refuses graphs in which all edges meet (stars, triangles): networkx looks for two that do not, for ever.
    Self-loops cannot be exchanged and stay."""
    plain = graph.without_loops
    edges = list(plain.nx.edges)
    if len(edges) > 1 and not _apart(edges):
        raise InvalidInput("Any two edges of this graph meet in a node: none can be exchanged, there is no reference.")
    return _with_loops(original(plain, **given), graph)


@corrects("double_edge_swap")
def double_edge_swap(graph: LoadedGraph, original: Original, **given: Any) -> Any:
    """Exchanges no self-loops: networkx loses edges in that, and with them the degrees it should keep."""
    plain = graph.without_loops
    return _with_loops(original(LoadedGraph.from_networkx(plain.nx.copy()), **given), graph)


def _with_loops(value: Any, graph: LoadedGraph) -> Any:
    """A derived graph with the self-loops of the one it came from; numbers as they are."""
    if isinstance(value, nx.Graph):
        value.add_edges_from((u, v, data) for u, v, data in graph.nx.edges(data=True) if u == v)
    return value


def _apart(edges: list[tuple[Any, Any]]) -> bool:
    """Whether some two edges share no node: not in stars, nor in triangles, which have three edges."""
    first = set(edges[0])
    beside = [edge for edge in edges if first.isdisjoint(edge)]
    if beside or len(edges) < 4:
        return bool(beside) or any(set(a).isdisjoint(b) for a in edges for b in edges)
    return not any(all(node in edge for edge in edges) for node in first)


@corrects("overall_reciprocity")
def overall_reciprocity(graph: LoadedGraph, original: Original) -> Any:
    """Refuses undirected graphs: networkx says 0, though every edge of them goes both ways."""
    if not graph.directed:
        raise InvalidInput(
            "overall_reciprocity is for directed graphs; every edge of an undirected graph goes both ways.",
            graph="undirected",
        )
    return original()
