"""partition_graph: every node once, balanced, the cut as told, no worse than networkx's bisection."""

from __future__ import annotations

import math

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.analysis.graphs import ask, column, graphs, positive

from networkx_mcp.analysis.tasks.partition_graph import partition_graph
from networkx_mcp.errors import InvalidInput


@given(graph=graphs(weights=positive, least=1), data=st.data())
@settings(max_examples=30, deadline=None)
def test_parts_hold_every_node_once_and_are_balanced(graph: nx.Graph, data: st.DataObject) -> None:
    n = len(graph)
    k = data.draw(st.integers(1, n))
    imbalance = data.draw(st.sampled_from([0, 0.03, 0.5, 1]))
    answer = ask(partition_graph, graph, k=k, imbalance=imbalance, limit=100, members=100)
    parts = column(answer, "nodes")
    assert len(parts) == k
    assert sorted(repr(node) for part in parts for node in part) == sorted(map(repr, graph))
    assert min(map(len, parts)) >= 1
    assert max(map(len, parts)) <= max(math.ceil(n / k), math.floor((1 + imbalance) * n / k))
    place = {node: i for i, part in enumerate(parts) for node in part}
    crossing = [data.get("weight", 1) for u, v, data in graph.edges(data=True) if place[u] != place[v]]
    assert answer["cut_edges"] == len(crossing)
    assert answer["cut_weight"] == pytest.approx(sum(crossing))


def blocks(sizes: list[int], chances: list[list[float]], seed: int) -> nx.Graph:
    graph = nx.stochastic_block_model(sizes, chances, seed=seed)
    graph.graph.clear()  # sets, which are no JSON
    return graph


QUALITY = {
    "karate": nx.karate_club_graph(),
    "barbell": nx.barbell_graph(20, 5),
    "grid": nx.convert_node_labels_to_integers(nx.grid_2d_graph(12, 12)),
    "ring": nx.cycle_graph(200),
    "scale-free": nx.barabasi_albert_graph(300, 3, seed=1),
    "blocks": blocks([50] * 2, [[0.2, 0.02], [0.02, 0.2]], seed=2),
}


@pytest.mark.parametrize("name", sorted(QUALITY))
def test_two_halves_cut_no_more_than_kernighan_and_lin(name: str) -> None:
    graph = QUALITY[name]
    answer = ask(partition_graph, graph, k=2, imbalance=0, weight="")
    sizes = column(answer, "size")
    assert max(sizes) - min(sizes) <= 1
    halves = nx.community.kernighan_lin_bisection(graph, weight=None, seed=0)
    assert answer["cut_edges"] <= nx.cut_size(graph, *halves)


def test_four_blocks_are_found() -> None:
    graph = blocks([40] * 4, [[0.5 if i == j else 0.01 for j in range(4)] for i in range(4)], seed=3)
    answer = ask(partition_graph, graph, k=4, imbalance=0, members=100)
    assert {frozenset(part) for part in column(answer, "nodes")} == {
        frozenset(range(i, i + 40)) for i in range(0, 160, 40)
    }


def test_the_same_seed_gives_the_same_parts() -> None:
    graph = nx.barabasi_albert_graph(200, 2, seed=5)
    assert ask(partition_graph, graph, k=5, seed=1)["rows"] == ask(partition_graph, graph, k=5, seed=1)["rows"]


@pytest.mark.parametrize(
    ("graph", "params", "message"),
    [
        (nx.path_graph(3), {"k": 4}, "k: must be an integer from 1 to 3"),
        (nx.path_graph(3), {"k": 0}, "`k` must be at least 1"),
        (nx.path_graph(3), {}, "`k` is missing"),
        (nx.path_graph(3), {"k": 2, "imbalance": 1.1}, "imbalance"),
        (nx.Graph(), {"k": 1}, "needs a graph with nodes"),
    ],
)
def test_what_cannot_be_is_refused(graph: nx.Graph, params: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        ask(partition_graph, graph, **params)
