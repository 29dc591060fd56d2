"""What must answer as networkx does, by the words of the promise, and how each of it is called and compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import strategies as st
from tests.unit.kernels.equal import answer, asked, same

Draw = st.SearchStrategy[Any] | Callable[[nx.Graph], st.SearchStrategy[Any]]


@dataclass(frozen=True)
class Case:
    """A networkx function with strategies for its arguments; a callable makes one from the graph.

    `unordered`: networkx defines no order of the answer; `first`: how many of an enumeration are compared;
    `check`: how to compare where the answer is not unique.
    """

    function: str
    arguments: dict[str, Draw] = field(default_factory=dict)
    unordered: bool = False
    first: int | None = None
    check: Callable[..., None] | None = None

    def holds(self, graph: nx.Graph, given: dict[str, Any]) -> None:
        """Assert that the answer to this call is as good as networkx's."""
        if self.check is not None:
            self.check(graph, self.function, given)
        else:
            same(graph, self.function, unordered=self.unordered, first=self.first, **given)

    def drawn(self, data: st.DataObject, graph: nx.Graph) -> dict[str, Any]:
        """Arguments for one call."""
        return {
            name: data.draw(draw if isinstance(draw, st.SearchStrategy) else draw(graph))
            for name, draw in self.arguments.items()
        }


def node(graph: nx.Graph) -> st.SearchStrategy[Any]:
    """A node, or once in a while none."""
    return st.sampled_from([*graph, *graph, "no such node"])


WEIGHT = st.sampled_from([None, "weight"])
SEED = st.integers(0, 9)
SIDE = st.sampled_from(["in", "out"])
SIDES = st.sampled_from(["in", "out", "in+out", "no such side"])


def groups(graph: nx.Graph) -> st.SearchStrategy[Any]:
    """The nodes in three groups, some of them empty."""

    def grouped(labels: list[int]) -> list[set[Any]]:
        return [{n for n, label in zip(graph, labels, strict=True) if label == at} for at in range(3)]

    return st.lists(st.integers(0, 2), min_size=len(graph), max_size=len(graph)).map(grouped)


def _both(graph: nx.Graph, name: str, given: dict[str, Any]) -> tuple[Any, Any] | None:
    """(ours, networkx's); None when both refuse alike."""
    expected, found = answer(graph, name, **given), asked(graph, name, **given)[0]
    if isinstance(expected, type):
        assert found is expected
        return None
    assert not isinstance(found, type), f"{name} raised {found}, networkx did not"
    return found, expected


def a_flow(graph: nx.Graph, name: str, given: dict[str, Any]) -> None:
    """Of networkx's value, within the capacities, conserved at all nodes but the ends."""
    if (both := _both(graph, name, given)) is None:
        return
    (value, flows), (expected, _) = both
    assert value == expected
    s, t = given["_s"], given["_t"]
    for node in graph:
        assert set(flows[node]) == set(graph[node])
        assert all(0 <= flow <= graph.edges[node, v]["capacity"] for v, flow in flows[node].items())
        net = sum(flows[node].values()) - sum(to.get(node, 0) for to in flows.values())
        assert net == {s: value, t: -value}.get(node, 0)


def total(graph: nx.Graph, pairs: Any, weight: str | None = "weight") -> Fraction:
    """What edges weigh together, exactly."""
    return sum((Fraction(graph.edges[pair].get(weight, 1)) for pair in pairs), Fraction(0))


def a_matching(graph: nx.Graph, name: str, given: dict[str, Any]) -> None:
    """A matching of exactly networkx's weight, and of as many edges where that is asked for."""
    if (both := _both(graph, name, given)) is None:
        return
    found, expected = both
    assert type(found) is set
    assert nx.is_matching(graph, found)

    assert all(type(pair) is tuple for pair in found)
    weight = given.get("weight", "weight")
    assert total(graph, found, weight) == total(graph, expected, weight)
    if given.get("maxcardinality") or name == "min_weight_matching":
        assert len(found) == len(expected)


def a_partition(graph: nx.Graph, name: str, given: dict[str, Any]) -> None:
    """networkx has no Leiden of its own: of any graph a partition, no worse than all nodes alone."""
    found = asked(graph, name, **given)[0]
    if graph.is_directed():
        assert found is nx.NetworkXNotImplemented
    elif isinstance(found, type):  # for weights below 0 there is no modularity
        assert any(weight < 0 for *_, weight in graph.edges(data="weight", default=1))
    else:
        assert nx.community.is_partition(graph, found)
        if graph.size(weight="weight"):
            alone = nx.community.modularity(graph, [{n} for n in graph])
            assert nx.community.modularity(graph, found) >= alone - 1e-9


def singular_vectors(graph: nx.Graph, name: str, given: dict[str, Any]) -> None:
    """networkx's to 1e-6, where the largest singular value is the only one of its size; it starts anywhere."""
    if (both := _both(graph, name, given)) is None:
        return
    values = np.linalg.svd(nx.to_numpy_array(graph), compute_uv=False) if len(graph) > 1 else np.ones(1)
    if len(values) == 1 or values[0] - values[1] > 1e-3:
        for mine, theirs in zip(*both, strict=True):
            assert mine == pytest.approx(theirs, rel=1e-6, abs=1e-6)


def _cases(*names: str, **arguments: Draw) -> list[Case]:
    return [Case(name, arguments) for name in names]


def _ending(graph: nx.Graph) -> st.SearchStrategy[Any]:
    """networkx's A* goes around a cycle of weight below 0 for ever."""
    return st.none() if any(w < 0 for *_, w in graph.edges(data="weight", default=1)) else WEIGHT


_PAIR: dict[str, Draw] = {"source": node, "target": node}
_FLOW: dict[str, Draw] = {"_s": node, "_t": node}

#: The words of the promise -> how they are tested.
PROMISED: dict[str, list[Case]] = {
    "degree": [
        *_cases("degree", "in_degree", "out_degree", weight=WEIGHT),
        *_cases("degree_centrality", "in_degree_centrality", "out_degree_centrality", "degree_histogram", "density",
                "number_of_selfloops", "number_of_isolates", "isolates", "overall_reciprocity"),
    ],
    "betweenness": [
        Case("betweenness_centrality", {"weight": WEIGHT, "normalized": st.booleans(), "endpoints": st.booleans()}),
        Case("edge_betweenness_centrality", {"weight": WEIGHT, "normalized": st.booleans()}),
        Case("load_centrality", {"weight": WEIGHT}),
    ],
    "sampled betweenness": _cases("betweenness_centrality", "edge_betweenness_centrality", k=st.integers(1, 9), seed=SEED),
    "closeness": _cases("closeness_centrality", distance=WEIGHT, wf_improved=st.booleans()),
    "harmonic": _cases("harmonic_centrality", distance=WEIGHT),
    "eigenvector": _cases("eigenvector_centrality", weight=WEIGHT, max_iter=st.just(300)),
    "katz": _cases("katz_centrality", weight=WEIGHT, alpha=st.sampled_from([0.01, 0.1])),
    "pagerank": _cases("pagerank", weight=WEIGHT, alpha=st.sampled_from([0.5, 0.85])),
    "hits": [Case("hits", check=singular_vectors)],
    "clustering": [
        *_cases("clustering", "average_clustering", weight=WEIGHT),
        Case("average_clustering", {"count_zeros": st.booleans()}),
        Case("constraint", {"weight": WEIGHT}),
    ],
    "triangles": _cases("triangles"),
    "transitivity": _cases("transitivity"),
    "k-core": [*_cases("core_number"), Case("k_core", {"k": st.integers(0, 3)})],
    "components, weak": [
        *_cases("connected_components", "weakly_connected_components", "number_connected_components",
                "number_weakly_connected_components", "is_connected", "is_weakly_connected"),
        Case("node_connected_component", {"n": node}),
    ],
    "components, strong": [
        *_cases("strongly_connected_components"),
        Case("kosaraju_strongly_connected_components", unordered=True),
        *_cases("number_strongly_connected_components", "is_strongly_connected"),
    ],
    "components, biconnected": _cases("biconnected_components", "is_biconnected"),
    "bridges and articulation points": _cases("bridges", "has_bridges", "articulation_points"),
    "shortest paths, unweighted": [
        *_cases("single_source_shortest_path", "single_source_shortest_path_length", source=node,
                cutoff=st.sampled_from([None, 0, 1, 2])),
        Case("single_target_shortest_path_length", {"target": node}),
        *_cases("shortest_path", "shortest_path_length", "has_path", "bidirectional_shortest_path", **_PAIR),
    ],
    "shortest paths, weighted": [
        *_cases("single_source_dijkstra", "single_source_dijkstra_path", "single_source_dijkstra_path_length", source=node),
        *_cases("dijkstra_path", "dijkstra_path_length", "bidirectional_dijkstra", **_PAIR),
        *_cases("shortest_path", "shortest_path_length", weight=st.just("weight"), **_PAIR),
        *_cases("shortest_path", "shortest_path_length", weight=st.just("weight"), source=node),
        *_cases("bellman_ford_path", "bellman_ford_path_length", **_PAIR),
    ],
    "shortest paths, all pairs": [
        *_cases("all_pairs_shortest_path_length", "all_pairs_shortest_path", "all_pairs_dijkstra_path_length"),
        *_cases("all_pairs_bellman_ford_path_length", "average_shortest_path_length", "global_efficiency", "wiener_index"),
        Case("average_shortest_path_length", {"weight": st.just("weight")}),
    ],
    "A*": _cases("astar_path", "astar_path_length", weight=_ending, **_PAIR),
    "k-shortest simple paths": [Case("shortest_simple_paths", {"weight": WEIGHT, **_PAIR}, first=6)],
    "diameter and eccentricity": _cases("diameter", "eccentricity", "radius", "center", "periphery", weight=WEIGHT),
    "minimum spanning tree": [
        *_cases("minimum_spanning_edges", "maximum_spanning_edges", data=st.booleans()),
        *_cases("is_tree", "is_forest"),
    ],
    "maximum flow": [Case("maximum_flow", _FLOW, check=a_flow), Case("maximum_flow_value", _FLOW)],
    "minimum cut": [
        *_cases("minimum_cut", "minimum_cut_value", **_FLOW), *_cases("node_connectivity", "edge_connectivity"),
    ],
    "matching": [
        *_cases("maximal_matching"),
        Case("max_weight_matching", {"maxcardinality": st.booleans(), "weight": WEIGHT}, check=a_matching),
        Case("min_weight_matching", {"weight": WEIGHT}, check=a_matching),
    ],
    "colouring": _cases("greedy_color", strategy=st.sampled_from(["largest_first", "DSATUR", "smallest_last"])),
    "topological order": _cases("topological_sort", "topological_generations", "is_directed_acyclic_graph"),
    "cycles": [Case("simple_cycles", first=12), Case("cycle_basis"), Case("find_cycle"), Case("girth")],
    "DAG longest path": [
        *_cases("dag_longest_path", "dag_longest_path_length"),
        Case("dag_longest_path", {"default_weight": st.sampled_from([0, -1])}),
    ],
    "Louvain": _cases("community.louvain_communities", weight=WEIGHT, seed=SEED),
    "Leiden": [Case("community.leiden_communities", {"seed": SEED}, check=a_partition)],
    "label propagation": [
        *_cases("community.fast_label_propagation_communities", weight=WEIGHT, seed=SEED),
        *_cases("community.asyn_lpa_communities", seed=SEED),
    ],
    "other communities": [
        Case("community.modularity", {"communities": groups, "weight": WEIGHT}),
        Case("community.greedy_modularity_communities"),
        Case("community.girvan_newman", first=4),
        Case("community.asyn_fluidc", {"k": st.integers(1, 3), "seed": SEED}),
        Case("community.k_clique_communities", {"k": st.integers(2, 3)}, unordered=True),
    ],
    "link prediction": _cases(
        "resource_allocation_index", "jaccard_coefficient", "adamic_adar_index", "preferential_attachment",
        "common_neighbor_centrality",
    ),
    "assortativity": [
        *_cases("degree_assortativity_coefficient", "degree_pearson_correlation_coefficient", x=SIDE, y=SIDE, weight=WEIGHT),
        *_cases("average_neighbor_degree", "average_degree_connectivity", source=SIDES, target=SIDES, weight=WEIGHT),
        *_cases("average_neighbor_degree", "average_degree_connectivity", weight=WEIGHT),
        Case("attribute_assortativity_coefficient", {"attribute": st.just("color")}),
        Case("numeric_assortativity_coefficient", {"attribute": st.just("size")}),
    ],
    "planarity and spectra": [*_cases("is_planar"), Case("algebraic_connectivity", {"seed": SEED})],
}  # fmt: skip
CASES = [case for cases in PROMISED.values() for case in cases]
