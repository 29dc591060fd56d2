"""Hubs, authorities and spectra where eigenvalues are shared, and where networkx divides 0 by 0."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from tests.unit.analysis import oracles
from tests.unit.analysis.graphs import ask, column, mapping

from networkx_mcp.analysis.tasks.rank_nodes import rank_nodes
from networkx_mcp.analysis.tasks.run_algorithm import run_algorithm
from networkx_mcp.errors import InvalidInput

pytestmark = pytest.mark.long

DEGENERATE = {
    "one edge": nx.path_graph(2),
    "one arc": nx.DiGraph([(0, 1)]),
    "ring": nx.cycle_graph(5),
    "even ring": nx.cycle_graph(6),
    "directed ring": nx.cycle_graph(5, create_using=nx.DiGraph),
    "star": nx.star_graph(4),
    "two equal stars": nx.disjoint_union(nx.star_graph(3), nx.star_graph(3)),
    "tree": nx.balanced_tree(2, 3),
    "arborescence": nx.balanced_tree(2, 3, create_using=nx.DiGraph),
    "bipartite": nx.complete_bipartite_graph(3, 4),
    "two triangles": nx.disjoint_union(nx.cycle_graph(3), nx.cycle_graph(3)),
    "self-loop": nx.Graph([(0, 0)]),
    "isolated nodes": nx.compose(nx.path_graph(4), nx.empty_graph(7)),
    "edges": nx.disjoint_union_all([nx.path_graph(2)] * 4),
}


def iterated(graph: nx.Graph, steps: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Hubs and authorities by the iteration itself, from 1 each."""
    matrix = nx.to_numpy_array(graph)
    hubs = np.ones(len(graph))
    for _ in range(steps):
        authorities = matrix.T @ hubs
        hubs = matrix @ authorities
        hubs /= hubs.sum()
    return hubs, authorities / authorities.sum()


@pytest.mark.parametrize("name", DEGENERATE)
def test_hits_is_the_limit_of_its_iteration(name: str) -> None:
    graph = DEGENERATE[name]
    for measure, expected in zip(("hubs", "hits"), iterated(graph), strict=True):
        answer = ask(rank_nodes, graph, measure=measure, limit=100)
        scores = mapping(answer, "node", "score")
        assert [scores[node] for node in graph] == pytest.approx(expected.tolist(), abs=1e-9)
        assert all(score >= 0 for score in scores.values())
        values = ask(run_algorithm, graph, name="hits", limit=100)["rows"]
        assert [row[2 if measure == "hits" else 1] for row in values] == pytest.approx(expected.tolist(), abs=1e-9)


def test_nodes_of_one_place_rank_in_their_order() -> None:
    answer = ask(rank_nodes, nx.cycle_graph(7), measure="hits")
    assert column(answer, "node") == list(range(7))
    assert column(answer, "score") == pytest.approx([1 / 7] * 7)


@pytest.mark.parametrize("directed", [False, True])
def test_hits_of_random_graphs(directed: bool) -> None:
    for graph in oracles.random_graphs(40, nodes=9, directed=directed, seed=4, loops=True):
        if not graph.size():
            continue
        hubs, authorities = (
            [mapping(ask(rank_nodes, graph, measure=name), "node", "score")[node] for node in graph]
            for name in ("hubs", "hits")
        )
        matrix = nx.to_numpy_array(graph)
        again = matrix @ np.array(authorities)
        assert hubs == pytest.approx((again / again.sum()).tolist(), abs=1e-9)
        assert min(*hubs, *authorities) >= 0
        assert sum(hubs) == pytest.approx(1)


@pytest.mark.parametrize("graph", [nx.empty_graph(3), nx.Graph([(0, 1, {"weight": 0})])], ids=["no edge", "weight 0"])
def test_hits_without_weight_is_refused(graph: nx.Graph) -> None:
    for call in ({"task": rank_nodes, "measure": "hits"}, {"task": run_algorithm, "name": "hits"}):
        task = call.pop("task")
        with pytest.raises(InvalidInput, match="neither hubs nor authorities"):
            ask(task, graph, **call)


def test_a_spectrum_of_an_undirected_graph_is_real() -> None:
    for graph in oracles.random_graphs(40, nodes=8, directed=False, seed=6, loops=True):
        for name in ("adjacency_spectrum", "modularity_spectrum"):
            if name == "modularity_spectrum" and not graph.size():
                continue
            values = column(ask(run_algorithm, graph, name=name, limit=100), "value")
            assert all(isinstance(value, float) for value in values)
            assert len(values) == len(graph)
        assert sum(column(ask(run_algorithm, graph, name="adjacency_spectrum"), "value")) == pytest.approx(
            nx.number_of_selfloops(graph), abs=1e-9
        )


def test_a_digraph_without_cycles_has_the_spectrum_0() -> None:
    graph = nx.path_graph(12, create_using=nx.DiGraph)
    graph.add_edge(0, 11, weight=7)
    assert column(ask(run_algorithm, graph, name="adjacency_spectrum"), "value") == [0] * 12
    ring = column(ask(run_algorithm, nx.cycle_graph(3, create_using=nx.DiGraph), name="adjacency_spectrum"), "value")
    assert sorted(map(str, ring)) != ["0", "0", "0"]
    assert "no cycle" in ask(rank_nodes, graph, measure="eigenvector")["notes"][0]


@pytest.mark.parametrize(
    ("name", "arguments", "field"),
    [
        ("pagerank", {"personalization": [[0, 0], [1, 0]]}, "personalization"),
        ("pagerank", {"personalization": [[0, -1], [1, 3]]}, "personalization"),
        ("pagerank", {"dangling": [[0, 0]]}, "dangling"),
        ("pagerank", {"nstart": [[0, 0]]}, "nstart"),
        ("pagerank", {"alpha": 1.5}, "alpha"),
        ("google_matrix", {"alpha": -1}, "alpha"),
        ("katz_centrality_numpy", {"alpha": 0.9}, "alpha"),
        ("katz_centrality_numpy", {"alpha": 1 / 2**0.5}, "alpha"),
    ],
)
def test_what_is_no_distribution_is_refused(name: str, arguments: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput, match=f"^{field}: ") as caught:
        ask(run_algorithm, nx.path_graph(3), name=name, arguments=arguments)
    assert caught.value.data["field"] == field


def test_katz_of_one_node_and_of_walks() -> None:
    assert ask(run_algorithm, nx.empty_graph(1), name="katz_centrality_numpy")["rows"] == [[0, 1.0]]
    graph = nx.path_graph(4)
    found = mapping(
        ask(run_algorithm, graph, name="katz_centrality_numpy", arguments={"normalized": False}), "node", "value"
    )
    walks = sum(np.linalg.matrix_power(0.1 * nx.to_numpy_array(graph), k) for k in range(60)).sum(axis=0)
    assert [found[node] for node in graph] == pytest.approx(walks.tolist())


def test_one_of_many_eigenvectors_is_said_to_be_one() -> None:
    assert "one of many" in ask(run_algorithm, nx.cycle_graph(5), name="fiedler_vector")["notes"][0]
    assert ask(run_algorithm, nx.path_graph(5), name="fiedler_vector")["notes"] == []


def test_weights_at_the_ends_of_floats() -> None:
    for size in (1e300, 5e-324):
        graph = oracles.weighted(nx.complete_graph(3), [size], 0)
        for measure in ("hits", "hubs") if size < 1 else ("hits", "hubs", "eigenvector"):
            scores = column(ask(rank_nodes, graph, measure=measure, weight="weight"), "score")
            assert scores == pytest.approx([scores[0]] * 3)
            assert scores[0] > 0.3
