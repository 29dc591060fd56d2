"""What only the compiled library computes is networkx's too: the very paths, orders, colours and pairs."""

from __future__ import annotations

import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.kernels.equal import answer, asked, graphs, same

from networkx_mcp.analysis import engine
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.backend.kernels import native
from networkx_mcp.backend.kernels.arrays import Unsuited

weights = st.integers(0, 4) | st.sampled_from([0.25, 0.5, 1.5])
signed = st.integers(-3, 4) | st.sampled_from([-0.5, 0.5])
ENGINE = "networkx-mcp"
ROOT = Path(__file__).parents[3]


def ends(data: st.DataObject, graph: nx.Graph) -> tuple[Any, Any]:
    nodes = st.sampled_from([*graph, "no such node"])
    return data.draw(nodes), data.draw(nodes)


@given(graph=graphs(weights=weights, least=1), data=st.data(), cutoff=st.sampled_from([None, 0, 1, 2.5]))
@settings(max_examples=20, deadline=None)
def test_weighted_paths_are_the_ones_networkx_finds_in_its_order(
    graph: nx.Graph, data: st.DataObject, cutoff: float | None
) -> None:
    source, target = ends(data, graph)
    expected = answer(graph, "single_source_dijkstra", source, cutoff=cutoff)
    found, _ = asked(graph, "single_source_dijkstra", source, cutoff=cutoff)
    assert found == expected
    if isinstance(expected, tuple):
        assert [list(part) for part in found] == [list(part) for part in expected]
    for name in ("dijkstra_path", "dijkstra_path_length", "bidirectional_dijkstra", "astar_path", "astar_path_length"):
        same(graph, name, source, target)
        same(graph, name, source, target, weight=None)
    same(graph, "shortest_path", source, target, weight="weight")
    same(graph, "shortest_path_length", source, target, weight="weight")


def test_a_length_is_summed_from_the_source_on_to_the_last_digit() -> None:
    chance = np.random.default_rng(7)
    graph = nx.path_graph(40)
    for _, _, data in graph.edges(data=True):
        data["weight"] = float(chance.random())
    for target in range(40):
        found, used = asked(graph, "shortest_path_length", 0, target, weight="weight")
        assert (found, used) == (nx.shortest_path_length(graph, 0, target, weight="weight"), ENGINE)


@given(graph=graphs(weights=weights, least=1), data=st.data(), weight=st.sampled_from([None, "weight"]))
@settings(max_examples=20, deadline=None)
def test_simple_paths_from_the_shortest_on(graph: nx.Graph, data: st.DataObject, weight: str | None) -> None:
    source, target = ends(data, graph)
    same(graph, "shortest_simple_paths", source, target, weight=weight)


@given(graph=graphs())
@settings(max_examples=15, deadline=None)
def test_greedy_colours(graph: nx.Graph) -> None:
    same(graph, "greedy_color")
    assert list(asked(graph, "greedy_color")[0]) == list(answer(graph, "greedy_color"))
    same(graph, "greedy_color", strategy="smallest_last")
    same(graph, "greedy_color", strategy="no such strategy")


@given(graph=graphs())
@settings(max_examples=12, deadline=None)
def test_a_maximal_matching(graph: nx.Graph) -> None:
    same(graph, "maximal_matching")


@given(
    pairs=st.dictionaries(st.tuples(st.integers(0, 9), st.integers(0, 9)), signed | st.none(), max_size=30),
    order=st.permutations(range(10)),
    default=st.sampled_from([1, 0, -2, 0.5]),
)
@settings(max_examples=20, deadline=None)
def test_the_heaviest_path_of_a_dag(
    pairs: dict[tuple[int, int], float | None], order: list[int], default: float
) -> None:
    graph = nx.DiGraph()
    graph.add_nodes_from(order)
    for (u, v), weight in pairs.items():
        if u < v:
            graph.add_edge(u, v, **({} if weight is None else {"weight": weight}))
    assert same(graph, "dag_longest_path", default_weight=default) == ENGINE


@given(graph=graphs(weights=signed))
@settings(max_examples=20, deadline=None)
def test_the_heaviest_path_of_any_graph(graph: nx.Graph) -> None:
    same(graph, "dag_longest_path")


@pytest.mark.parametrize("directed", [False, True])
def test_larger_graphs(directed: bool) -> None:
    graph = nx.gnp_random_graph(120, 0.05, seed=4, directed=directed)
    chance = np.random.default_rng(1)
    for _, _, data in graph.edges(data=True):
        data["weight"] = int(chance.integers(0, 6))
    for weight in (None, "weight"):
        assert same(graph, "betweenness_centrality", weight=weight) == ENGINE
        assert same(graph, "edge_betweenness_centrality", weight=weight, k=40, seed=3) == ENGINE
        same(graph, "shortest_path", 0, 119, weight=weight)
        found, used = engine.call(
            LoadedGraph.from_networkx(graph), "shortest_simple_paths", (0, 119), {"weight": weight}
        )
        assert used == ENGINE  # these never end: some of each are compared
        expected = nx.shortest_simple_paths(graph, 0, 119, weight=weight)
        assert list(islice(found, 8)) == list(islice(expected, 8))
    same(graph, "single_source_dijkstra", 0)


def test_the_library_is_of_this_interface() -> None:
    assert native.missing() == ""
    assert native.call("nx_interface") == native.INTERFACE


@pytest.mark.long
def test_the_fuzz_calls_every_function() -> None:
    """A thousand of the graphs of `make kernels-fuzz`, without its checks of memory."""
    command = [sys.executable, "-m", "tests.unit.kernels.fuzz", "--graphs", "1000", "--seed", "7"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "nx_louvain" in done.stdout


def test_without_the_library_kernels_step_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(native.VARIABLE, "/no/such/file.so")
    assert "no/such/file" in native.missing()
    with pytest.raises(Unsuited):
        native.call("nx_interface")
    graph = nx.path_graph(4)
    for name in ("betweenness_centrality", "connected_components", "greedy_color", "maximal_matching", "pagerank"):
        assert same(graph, name) != ENGINE


def test_a_library_of_another_interface_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    native._load.cache_clear()
    monkeypatch.setattr(native, "INTERFACE", native.INTERFACE + 1)
    assert "build it again" in native.missing()
    monkeypatch.undo()
    native._load.cache_clear()
    assert native.missing() == ""


def test_arrays_with_gaps_are_refused() -> None:
    with pytest.raises(ValueError, match="gaps"):
        native.call("nx_interface", np.zeros(4, np.int32)[::2])
