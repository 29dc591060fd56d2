"""Searches that networkx answers wrongly or never: weights at and below 0, rounding, edges that cannot be exchanged."""

from __future__ import annotations

from itertools import pairwise, permutations
from typing import Any

import networkx as nx
import pytest
from tests.helpers.killable import ENDLESS, each
from tests.unit.analysis import oracles
from tests.unit.analysis.graphs import ask, column

from networkx_mcp.analysis import engine
from networkx_mcp.analysis.catalogue import algorithms
from networkx_mcp.analysis.corrected.domains import NON_NEGATIVE
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.tasks.find_communities import find_communities
from networkx_mcp.analysis.tasks.find_paths import find_paths
from networkx_mcp.analysis.tasks.rank_nodes import rank_nodes
from networkx_mcp.analysis.tasks.run_algorithm import run_algorithm
from networkx_mcp.backend.kernels import native
from networkx_mcp.errors import InvalidInput, ServiceError

pytestmark = pytest.mark.long

ROUNDING = nx.Graph([(0, 1), (0, 2), (0, 5), (0, 6), (1, 2), (1, 4), (2, 3), (2, 5), (2, 6), (3, 4)])


def call(graph: nx.Graph, algorithm: str, **arguments: Any) -> Any:
    return engine.call(LoadedGraph.from_networkx(graph.copy()), algorithm, (), arguments)[0]


def ended(graph: nx.Graph, task: Any, **arguments: Any) -> dict[str, Any] | str:
    """The answer, or the text of the refusal; fails for a call that does not end."""

    def work(_: Any) -> dict[str, Any] | str:
        try:
            return ask(task, graph, **arguments)
        except ServiceError as error:
            return error.message

    ((_, found),) = each([None], work, 5)
    assert found != ENDLESS, (task, arguments, graph.edges)
    return found


# -- communities


@pytest.mark.parametrize("directed", [False, True])
def test_louvain_ends_where_moves_gain_nothing(directed: bool) -> None:
    """The graph of networkx/networkx#8739, and the digraph of #5704."""
    graph = ROUNDING
    if directed:
        graph = nx.DiGraph([(1, 2), (1, 6), (1, 9), (2, 3), (2, 4), (2, 5), (3, 4), (4, 3), (4, 5), (5, 4), (6, 7)])
        graph.add_edges_from([(6, 8), (9, 10), (9, 11), (10, 11), (11, 10)])
    for seed in range(10):
        answer = ended(graph, find_communities, method="louvain", seed=seed)
        assert isinstance(answer, dict)
        assert sorted(node for row in answer["rows"] for node in row[answer["columns"].index("nodes")]) == sorted(graph)
        assert answer["modularity"] > 0.1


@pytest.mark.parametrize("directed", [False, True])
def test_louvain_takes_networkx_steps(directed: bool) -> None:
    for seed, graph in enumerate(oracles.random_graphs(30, nodes=20, directed=directed, seed=11)):
        oracles.weighted(graph, [1, 2, 5], seed)
        if graph.size():
            expected = nx.community.louvain_communities(graph, seed=seed)
            assert list(call(graph, "community.louvain_communities", seed=seed)) == expected
            assert list(call(graph, "community.louvain_partitions", seed=seed))[-1] == expected


def test_louvain_of_weights_0() -> None:
    path = nx.path_graph(4)
    apart = ended(oracles.weighted(path, [0], 0), run_algorithm, name="community.louvain_communities")
    assert isinstance(apart, dict)
    assert apart["total"] == 4
    assert "All weights are 0" in apart["notes"][0]


def test_louvain_knows_no_scale() -> None:
    plain = list(call(ROUNDING, "community.louvain_communities", seed=1))
    for size in (1e-300, 1e250):
        graph = oracles.weighted(ROUNDING.copy(), [size], 0)
        assert list(call(graph, "community.louvain_communities", seed=1)) == plain


def test_louvain_by_the_kernel_and_without_it_goes_round_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    graphs = [ROUNDING, ROUNDING.to_directed(), nx.cycle_graph(9), nx.path_graph(12)]
    found = [list(call(graph, "community.louvain_communities", seed=seed)) for graph in graphs for seed in range(20)]
    monkeypatch.setenv(native.VARIABLE, "")
    assert found == [
        list(call(graph, "community.louvain_communities", seed=seed)) for graph in graphs for seed in range(20)
    ]


# -- paths


@pytest.mark.parametrize("directed", [False, True])
def test_betweenness_over_edges_of_weight_0_is_refused(directed: bool) -> None:
    graph = nx.DiGraph if directed else nx.Graph
    edges = [(0, 1, {"weight": 0}), (1, 3, {"weight": 2}), (2, 3, {"weight": 0})]
    for task, name in ((rank_nodes, {"measure": "betweenness"}), (run_algorithm, {"name": "betweenness_centrality"})):
        arguments = {"arguments": {"weight": "weight"}} if task is run_algorithm else {"weight": "weight"}
        with pytest.raises(InvalidInput, match="some edges have weight 0"):
            ask(task, graph(edges), **name, **arguments)
        assert ask(task, graph(edges), **name)["exact"] is True


@pytest.mark.parametrize(
    ("name", "given"),
    [("group_betweenness_centrality", {"C": [1]}), ("community.edge_betweenness_partition", {"number_of_sets": 2})],
)
def test_what_counts_shortest_paths_inside_refuses_weight_0_as_well(name: str, given: dict[str, Any]) -> None:
    graph = nx.Graph([(0, 1, {"weight": 0}), (1, 2, {"weight": 0}), (0, 2, {"weight": 0}), (2, 3, {"weight": 1})])
    with pytest.raises(InvalidInput, match="some edges have weight 0"):
        call(graph, name, weight="weight", **given)
    call(graph, name, **given)
    for _, _, data in graph.edges(data=True):
        data["weight"] += 1
    call(graph, name, weight="weight", **given)


@pytest.mark.parametrize("directed", [False, True])
def test_all_shortest_paths_once_each(directed: bool) -> None:
    cases = [nx.Graph([(0, 1, {"weight": 0}), (1, 2, {"weight": 100})])]
    cases += [
        oracles.weighted(graph, [0, 0, 1, 2], seed)
        for seed, graph in enumerate(oracles.random_graphs(30, nodes=6, directed=directed, seed=12, loops=True))
    ]
    for graph in cases:
        for s, t in permutations(graph, 2):
            every = oracles.simple_paths(graph, s, t, "weight")
            shortest = {path for path, length in every.items() if length == min(every.values())}
            if not shortest:
                continue
            found = [tuple(path) for path in call(graph, "all_shortest_paths", source=s, target=t, weight="weight")]
            assert sorted(found) == sorted(shortest), (graph.edges(data=True), s, t)
            single = dict(call(graph, "single_source_all_shortest_paths", source=s, weight="weight"))
            pairs = dict(call(graph, "all_pairs_all_shortest_paths", weight="weight"))
            assert sorted(map(tuple, single[t])) == sorted(map(tuple, pairs[s][t])) == sorted(shortest)
    rows = ask(find_paths, cases[0], kind="all_shortest", source=0, target=2, weight="weight")["rows"]
    assert rows == [[2, 100, [0, 1, 2]]]


def test_shortest_paths_of_weights_below_0_are_right_or_refused() -> None:
    for seed, graph in enumerate(oracles.random_graphs(60, nodes=6, directed=True, seed=13)):
        oracles.weighted(graph, [-2, 1, 2, 4], seed)
        endless = nx.negative_edge_cycle(graph)
        for s, t in permutations(graph, 2):
            every = oracles.simple_paths(graph, s, t, "weight")
            for name in (
                "shortest_path_length",
                "dijkstra_path_length",
                "astar_path_length",
                "bellman_ford_path_length",
            ):
                arguments = {"source": s, "target": t, "weight": "weight"}
                try:
                    answer = ask(run_algorithm, graph, name=name, arguments=arguments)["rows"][0][-1]
                except ServiceError:
                    assert name in NON_NEGATIVE or endless or not every
                    continue
                assert answer == min(every.values()), (graph.edges(data=True), s, t, name)
        for name in ("floyd_warshall", "floyd_warshall_numpy", "johnson"):
            try:
                rows = ask(run_algorithm, graph, name=name, limit=1000)["rows"]
            except ServiceError:
                assert endless, (name, graph.edges(data=True))
                continue
            assert not endless
            if name != "johnson":
                for s, t, length in rows:
                    every = oracles.simple_paths(graph, s, t, "weight")
                    assert length == (min(every.values()) if every else "inf")


def test_no_search_walks_an_edge_below_0_for_ever() -> None:
    graph = oracles.weighted(nx.path_graph(5), [-1], 0)
    for name in sorted(NON_NEGATIVE):
        entry = algorithms()[name]
        fields = [a.name for a in entry.arguments if a.name in ("weight", "distance", "capacity")]
        if not fields or entry.graph == "directed":
            continue
        arguments = {fields[0]: "weight", **{a.name: 0 for a in entry.arguments if a.required and a.type == "node"}}
        given = {a.name: [0, 1] for a in entry.arguments if a.required and a.type in ("nodes", "node_set")}
        given |= {a.name: [[0, 1], [2, 3, 4]] for a in entry.arguments if a.required and a.type == "node_sets"}
        found = ended(graph, run_algorithm, name=name, arguments=arguments | given)
        assert isinstance(found, str), name
        assert "values of 0 or more" in found or "required" in found or "needs it" in found, (name, found)


# -- flows and tours


def test_least_cost_of_fractions_ends_and_is_least() -> None:
    for seed, graph in enumerate(oracles.random_graphs(25, nodes=6, directed=True, seed=14)):
        oracles.weighted(graph, [0.1, 0.2, 1.5, 9.48], seed)
        oracles.weighted(graph, [0.3, 0.7, 1.1], seed + 100, "capacity")
        answer = ended(graph, run_algorithm, name="max_flow_min_cost", arguments={"s": 0, "t": 1}, limit=1000)
        assert isinstance(answer, dict)
        flow = {(u, v): x for u, v, x in answer["rows"]}
        value = sum(x for (u, _), x in flow.items() if u == 0) - sum(x for (_, v), x in flow.items() if v == 0)
        assert value == pytest.approx(nx.maximum_flow_value(graph, 0, 1))
        for node in set(graph) - {0, 1}:
            assert sum(x for (_, v), x in flow.items() if v == node) == pytest.approx(
                sum(x for (u, _), x in flow.items() if u == node)
            )
        left: nx.DiGraph = nx.DiGraph()  # a cheaper flow would be a cycle below 0 in what is left
        for (u, v), x in flow.items():
            assert -1e-12 <= x <= graph[u][v]["capacity"] + 1e-12
            if x < graph[u][v]["capacity"] - 1e-9 and not (left.has_edge(u, v) and left[u][v]["weight"] < 0):
                left.add_edge(u, v, weight=graph[u][v]["weight"])
            if x > 1e-9:
                left.add_edge(
                    v, u, weight=min(-graph[u][v]["weight"], left.get_edge_data(v, u, {"weight": 9})["weight"])
                )
        assert not nx.negative_edge_cycle(_eased(left))


def _eased(graph: nx.DiGraph) -> nx.DiGraph:
    for *_, data in graph.edges(data=True):
        data["weight"] += 1e-9  # rounding is no cycle
    return graph


def test_a_tour_of_a_digraph_is_the_shortest() -> None:
    for seed in range(12):
        graph = oracles.weighted(nx.complete_graph(6, nx.DiGraph), [0, 0.1, 0.25, 3], seed)
        best = min(
            sum(graph[u][v]["weight"] for u, v in zip((0, *rest), (*rest, 0), strict=True))
            for rest in permutations(range(1, 6))
        )
        for name in ("approximation.asadpour_atsp", "approximation.traveling_salesman_problem"):
            answer = ended(graph, run_algorithm, name=name)
            assert isinstance(answer, dict)
            tour = column(answer, "node")
            if name.endswith("problem"):  # over shortest paths nodes may come again
                assert set(tour) == set(graph)
                assert tour[0] == tour[-1]
                assert sum(graph[u][v]["weight"] for u, v in pairwise(tour)) <= best + 1e-9
            else:
                assert sorted(tour[1:]) == list(range(6))
                assert sum(graph[u][v]["weight"] for u, v in pairwise(tour)) == pytest.approx(best)


# -- domains


@pytest.mark.parametrize("name", ["random_reference", "lattice_reference", "sigma", "omega"])
def test_edges_that_all_meet_are_refused(name: str) -> None:
    star = nx.star_graph(4)
    triangle = nx.compose(nx.cycle_graph(3), nx.empty_graph(4))
    looped = nx.Graph([(0, 1), (0, 0), (1, 1), (2, 2), (3, 3), (1, 2), (1, 3)])
    for graph in (star, triangle, looped):
        found = ended(graph, run_algorithm, name=name)
        assert isinstance(found, str)
        assert "meet in a node" in found


def test_swaps_keep_degrees_and_self_loops() -> None:
    graph = nx.cycle_graph(6)
    graph.add_edges_from([(0, 0), (1, 1), (2, 2)])
    for name in ("double_edge_swap", "random_reference"):
        for seed in range(8):
            swapped = call(graph, name, seed=seed)
            assert dict(swapped.degree()) == dict(graph.degree())
            assert set(nx.selfloop_edges(swapped)) == {(0, 0), (1, 1), (2, 2)}


def test_reciprocity_is_for_digraphs() -> None:
    with pytest.raises(InvalidInput, match="for directed graphs"):
        ask(run_algorithm, nx.path_graph(3), name="overall_reciprocity")
    assert ask(run_algorithm, nx.DiGraph([(0, 1), (1, 0), (1, 2)]), name="overall_reciprocity")["rows"] == [[2 / 3]]


# -- groups


@pytest.mark.parametrize("directed", [False, True])
def test_betweenness_of_a_group_is_its_definition(directed: bool) -> None:
    for seed, graph in enumerate(oracles.random_graphs(25, nodes=6, directed=directed, seed=15, loops=True)):
        oracles.weighted(graph, [1, 2, 3], seed)
        for size in range(1, min(4, len(graph) - 1)):
            group = list(graph)[seed % 2 : seed % 2 + size]
            total = 0.0
            for s, t in permutations(set(graph) - set(group), 2):
                every = oracles.simple_paths(graph, s, t, "weight")
                shortest = [path for path, length in every.items() if length == min(every.values())]
                total += sum(not set(group).isdisjoint(path) for path in shortest) / max(len(shortest), 1)
            found = call(graph, "group_betweenness_centrality", C=group, weight="weight", normalized=False)
            assert found == pytest.approx(total if directed else total / 2)
            if size == 1:
                alone = nx.betweenness_centrality(graph, weight="weight")[group[0]]
                if len(graph) > 2:
                    found = call(graph, "group_betweenness_centrality", C=group, weight="weight")
                    assert found == pytest.approx(alone)
