"""`nx.f(G, backend="networkx_mcp")` is `nx.f(G)` for every function of the backend."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.backend.asking import NAME, answer, both, equal, same
from tests.unit.backend.graphs import graphs, weighted

from networkx_mcp.backend.info import DISPATCHED

plain = graphs(of_nodes=st.just({}), of_edges=weighted())
signed = graphs(of_nodes=st.just({}), of_edges=weighted(values=st.integers(-2, 4) | st.sampled_from([-0.5, 0.0, "1"])))
#: networkx's A* runs forever round a cycle of negative length.
unsigned = graphs(of_nodes=st.just({}), of_edges=weighted(values=st.integers(0, 4) | st.sampled_from([0.5, 0.0, "1"])))
capacities = graphs(of_nodes=st.just({}), of_edges=st.fixed_dictionaries({"capacity": st.integers(0, 9)}))
pytestmark = pytest.mark.filterwarnings(
    "ignore:Note. conversions to backend graphs are saved",
    "ignore::RuntimeWarning",  # correlations that are not defined
)
few = settings(max_examples=12, deadline=None)

#: networkx gives these in the order of its search, or of a set.
UNORDERED = {
    "strongly_connected_components", "kosaraju_strongly_connected_components", "articulation_points",
    "biconnected_components", "harmonic_centrality",
}  # fmt: skip
PATHS = {"single_source_shortest_path_length", "single_source_shortest_path", "single_source_dijkstra_path_length"}
TARGETS = {"single_target_shortest_path_length"}
PAIRS = {
    "has_path",
    "bidirectional_shortest_path",
    "shortest_path",
    "shortest_path_length",
    "dijkstra_path_length",
    "astar_path_length",
}
WEIGHTED_PATHS = {
    "single_source_dijkstra_path",
    "single_source_dijkstra",
    "dijkstra_path",
    "bidirectional_dijkstra",
    "astar_path",
}
FLOWS = {"maximum_flow", "maximum_flow_value", "minimum_cut", "minimum_cut_value"}
COMMUNITIES = {"louvain_communities", "leiden_communities", "fast_label_propagation_communities", "modularity"}
MATCHINGS = {"max_weight_matching", "min_weight_matching"}
ATTRIBUTES = {"numeric_assortativity_coefficient", "attribute_assortativity_coefficient"}
OTHERS = {"node_connected_component", "shortest_simple_paths"}
#: What is called with a graph alone.
OF_GRAPHS = sorted(
    set(DISPATCHED) - PATHS - TARGETS - PAIRS - WEIGHTED_PATHS - FLOWS - COMMUNITIES - MATCHINGS - ATTRIBUTES - OTHERS
)


@pytest.mark.parametrize("name", OF_GRAPHS)
@given(graph=plain)
@few
def test_of_a_graph(name: str, graph: nx.Graph) -> None:
    if name == "hits":
        _hits(graph)
    else:
        same(name, graph, ordered=name not in UNORDERED)


def _hits(graph: nx.Graph) -> None:
    """Hubs and authorities are unique when the largest singular value is; networkx starts anywhere."""
    if not graph.number_of_edges() or len(graph) < 3:
        return
    nx.set_edge_attributes(graph, 1, "weight")
    values = np.linalg.svd(nx.to_numpy_array(graph), compute_uv=False)
    if values[0] - values[1] > 1e-3:
        answers = both("hits", graph)
        assert answers is not None
        if not isinstance(answers[1], type):
            for mine, theirs in zip(*answers, strict=True):
                assert mine == pytest.approx(theirs, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("pagerank", {"alpha": 0.5}), ("pagerank", {"weight": None}), ("eigenvector_centrality", {"weight": "weight"}),
        ("katz_centrality", {"alpha": 0.01, "weight": "weight"}), ("closeness_centrality", {"distance": "weight"}),
        ("closeness_centrality", {"wf_improved": False}), ("harmonic_centrality", {"distance": "weight"}),
        ("betweenness_centrality", {"k": 2, "seed": 5}), ("betweenness_centrality", {"endpoints": True}),
        ("betweenness_centrality", {"weight": "weight"}), ("edge_betweenness_centrality", {"normalized": False}),
        ("eccentricity", {"weight": "weight"}), ("diameter", {"weight": "weight"}), ("radius", {"usebounds": True}),
        ("average_shortest_path_length", {"weight": "weight"}), ("clustering", {"weight": "weight"}),
        ("average_clustering", {"count_zeros": False}), ("minimum_spanning_edges", {"data": False}),
        ("minimum_spanning_edges", {"algorithm": "prim", "data": False}), ("maximum_spanning_edges", {"keys": False}),
        ("minimum_spanning_edges", {"weight": lambda u, v, d: 1}), ("bridges", {"root": 1}),
        ("greedy_color", {"strategy": "DSATUR"}), ("dag_longest_path", {"default_weight": 0}),
        ("dag_longest_path", {"weight": "absent"}), ("pagerank", {"max_iter": 1}), ("triangles", {"nodes": [1]}), ("pagerank", {"personalization": {1: 1}}),
    ],
)  # fmt: skip
@given(graph=signed)
@few
def test_options_and_weights_of_all_kinds(name: str, options: dict[str, Any], graph: nx.Graph) -> None:
    same(name, graph, ordered=name not in UNORDERED, **options)


@pytest.mark.parametrize("pair", [(0, 1), (1, 0), (0, 0)])
def test_edges_that_are_nodes_too_are_counted_as_networkx_counts_them(pair: tuple[int, int]) -> None:
    graph = nx.path_graph(4)
    graph.add_edge(0, 0)
    graph.add_node(pair)
    same("edge_betweenness_centrality", graph)
    same("edge_betweenness_centrality", graph, normalized=False)


@pytest.mark.parametrize("name", sorted(PATHS | TARGETS | PAIRS | {"node_connected_component"}))
@given(data=st.data())
@few
def test_paths_from_and_to_a_node(name: str, data: st.DataObject) -> None:
    graph = data.draw(unsigned if name == "astar_path_length" else signed)
    nodes = st.sampled_from([*graph, "nobody", None])
    for _ in range(3):
        if name in TARGETS:
            options = {"target": data.draw(nodes)}
        elif name == "node_connected_component":
            options = {"n": data.draw(nodes)}
        else:
            options = {"source": data.draw(nodes)}
        if name in PAIRS:
            options["target"] = data.draw(nodes)
        same(name, graph, ordered="dijkstra" not in name, **options)


@pytest.mark.parametrize("name", sorted(ATTRIBUTES))
@given(graph=graphs(of_nodes=st.fixed_dictionaries({"size": st.integers(0, 3)}), of_edges=weighted()))
@few
def test_attributes_of_nodes(name: str, graph: nx.Graph) -> None:
    same(name, graph, attribute="size")
    same(name, graph, attribute="absent")


@given(graph=plain, weight=st.sampled_from([None, "weight"]), data=st.data())
@few
def test_simple_paths_from_the_shortest_on(graph: nx.Graph, weight: str | None, data: st.DataObject) -> None:
    nodes = st.sampled_from([*graph, "nobody"])
    options = {"source": data.draw(nodes), "target": data.draw(nodes), "weight": weight}
    answers = both("shortest_simple_paths", graph, **options)
    assert answers is not None
    found, wanted = answers
    if weight is None or isinstance(wanted, type):
        equal(found, wanted)
    else:  # sums that differ in their last digit would change places
        assert sorted(map(repr, found[1])) == sorted(map(repr, wanted[1]))
        assert [_length(graph, path) for path in found[1]] == pytest.approx([_length(graph, p) for p in wanted[1]])


@pytest.mark.parametrize("name", sorted(WEIGHTED_PATHS))
@given(graph=plain, data=st.data())
@few
def test_weighted_paths_are_shortest_ones(name: str, graph: nx.Graph, data: st.DataObject) -> None:
    nodes = st.sampled_from([*graph, "nobody"])
    options = {"source": data.draw(nodes)}
    if not name.startswith("single"):
        options["target"] = data.draw(nodes)
    answers = both(name, graph, **options)
    assert answers is not None
    found, wanted = answers
    if isinstance(wanted, type):
        assert found is wanted
        return
    if isinstance(wanted, tuple):
        equal(found[0], wanted[0], ordered=False)
        found, wanted = found[1], wanted[1]
    assert type(found) is type(wanted)
    mine, theirs = (x if isinstance(x, dict) else {0: x} for x in (found, wanted))
    assert set(mine) == set(theirs)
    for key, path in theirs.items():
        assert (mine[key][0], mine[key][-1]) == (path[0], path[-1])
        assert _length(graph, mine[key]) == pytest.approx(_length(graph, path))


def _length(graph: nx.Graph, path: list[Any]) -> float:
    return sum(graph[u][v].get("weight", 1) for u, v in pairwise(path))


@pytest.mark.parametrize("name", sorted(FLOWS))
@given(graph=capacities, data=st.data())
@few
def test_flows_and_cuts(name: str, graph: nx.Graph, data: st.DataObject) -> None:
    nodes = st.sampled_from([*graph, "nobody"])
    s, t = data.draw(nodes), data.draw(nodes)
    answers = both(name, graph, _s=s, _t=t)
    assert answers is not None
    found, wanted = answers
    if name != "maximum_flow" or isinstance(wanted, type):
        equal(found, wanted)
        return
    assert found[0] == wanted[0]
    flow = found[1]
    assert {u: list(to) for u, to in flow.items()} == {u: list(to) for u, to in wanted[1].items()}
    for node in graph:
        out, into = sum(flow[node].values()), sum(to.get(node, 0) for to in flow.values())
        assert out - into == {s: found[0], t: -found[0]}.get(node, 0)
        assert all(0 <= amount <= graph[node][other]["capacity"] for other, amount in flow[node].items())


@pytest.mark.parametrize("name", sorted(MATCHINGS))
@given(graph=signed, weight=st.sampled_from(["weight", None]))
@few
def test_matchings_weigh_what_networkx_s_weigh(name: str, graph: nx.Graph, weight: str | None) -> None:
    answers = both(name, graph, weight=weight)
    assert answers is not None
    found, wanted = answers
    if isinstance(wanted, type):
        assert found is wanted
        return
    assert type(found) is set
    assert nx.is_matching(graph, found)
    mine, theirs = (sum(graph.edges[pair].get(weight, 1) for pair in pairs) for pairs in answers)
    assert mine == theirs
    assert len(found) == len(wanted) or name == "max_weight_matching"


@pytest.mark.parametrize("name", ["louvain_communities", "fast_label_propagation_communities"])
@given(graph=plain, seed=st.integers(0, 99))
@few
def test_communities_of_small_graphs_are_networkx_s_with_the_same_seed(name: str, graph: nx.Graph, seed: int) -> None:
    same(name, graph, seed=seed)


@given(graph=plain, seed=st.integers(0, 9))
@few
def test_leiden_gives_a_partition(graph: nx.Graph, seed: int) -> None:
    found = answer("leiden_communities", graph, NAME, seed=seed)
    if graph.is_directed():
        assert found is nx.NetworkXNotImplemented
    else:
        assert isinstance(found, list)
        assert nx.community.is_partition(graph, found)
        assert found == answer("leiden_communities", graph, NAME, seed=seed)


@given(graph=plain, data=st.data())
@few
def test_modularity(graph: nx.Graph, data: st.DataObject) -> None:
    groups: list[set[Any]] = [set(), set(), set()]
    for node in graph:
        groups[data.draw(st.integers(0, 2))].add(node)
    same("modularity", graph, communities=groups)
    same("modularity", graph, communities=groups[:2], resolution=0.5)


def test_groups_from_a_generator_are_read_once_whoever_answers() -> None:
    graph = nx.karate_club_graph()
    groups = [set(range(17)), set(range(17, 34))]
    for weight in ("weight", "below"):  # below 0 the kernel steps back, after it has read the groups
        nx.set_edge_attributes(graph, -1, "below")
        found = nx.community.modularity(graph, (group for group in groups), weight=weight, backend=NAME)
        assert found == pytest.approx(nx.community.modularity(graph, groups, weight=weight))
    with pytest.raises(nx.community.quality.NotAPartition, match=r"\{0, 1"):
        nx.community.modularity(graph, iter(groups[:1]), backend=NAME)


@pytest.mark.parametrize("seed", [4, None])
def test_large_graphs_are_partitioned_as_networkx_does(seed: int | None) -> None:
    graph = nx.planted_partition_graph(8, 60, 0.3, 0.01, seed=3)
    random.seed(7)
    found = nx.community.louvain_communities(graph, seed=seed, backend=NAME)
    random.seed(7)
    assert found == nx.community.louvain_communities(graph, seed=seed)


def test_every_function_is_tested_here() -> None:
    named = set(OF_GRAPHS) | PATHS | TARGETS | PAIRS | WEIGHTED_PATHS | FLOWS | COMMUNITIES | MATCHINGS | ATTRIBUTES
    assert named | OTHERS == set(DISPATCHED)
