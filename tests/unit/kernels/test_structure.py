"""Trees, triangles, cores and orders are networkx's, exactly."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.kernels.equal import asked, graphs, same

signed = st.integers(-2, 4) | st.sampled_from([-0.5, 0.0, 0.5])


@pytest.mark.parametrize("name", ["minimum_spanning_edges", "maximum_spanning_edges"])
@given(graph=graphs(weights=signed), data=st.booleans())
@settings(max_examples=20, deadline=None)
def test_spanning_edges_are_those_of_kruskal_in_his_order(name: str, graph: nx.Graph, data: bool) -> None:
    same(graph, name, data=data)


@pytest.mark.parametrize("name", ["is_tree", "is_forest", "triangles", "clustering", "average_clustering",
                                  "transitivity", "core_number", "topological_sort", "topological_generations",
                                  "is_directed_acyclic_graph"])  # fmt: skip
@given(graph=graphs())
@settings(max_examples=20, deadline=None)
def test_structure(name: str, graph: nx.Graph) -> None:
    same(graph, name)


@given(graph=graphs())
@settings(max_examples=15, deadline=None)
def test_average_clustering_without_zeros(graph: nx.Graph) -> None:
    same(graph, "average_clustering", count_zeros=False)


@given(pairs=st.sets(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40), order=st.permutations(range(13)))
@settings(max_examples=20, deadline=None)
def test_topological_order_of_a_dag(pairs: set[tuple[int, int]], order: list[int]) -> None:
    graph = nx.DiGraph()
    graph.add_nodes_from(order)
    graph.add_edges_from((u, v) for u, v in pairs if u < v)
    assert same(graph, "topological_sort") == "numpy"
    same(graph, "topological_generations")


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("name", ["clustering", "core_number"])
def test_on_a_larger_graph(name: str, directed: bool) -> None:
    graph = nx.gnp_random_graph(120, 0.1, seed=4, directed=directed)
    assert same(graph, name) == ("numpy" if name == "clustering" else "networkx-mcp")


def test_directions_make_no_difference_to_a_tree() -> None:
    graph = nx.DiGraph([("a", "c"), ("b", "c")])
    assert same(graph, "is_tree") == same(graph, "is_forest") == "networkx-mcp"
    graph.add_edges_from([("x", "y"), ("y", "x")])
    assert same(graph, "is_forest") == "networkx-mcp"


def test_the_kernel_is_used() -> None:
    graph = nx.karate_club_graph()
    for name in ("triangles", "transitivity", "average_clustering"):
        assert asked(graph, name)[1] in ("numpy", "scipy")
    for name in ("minimum_spanning_edges", "maximum_spanning_edges", "is_tree", "is_forest", "core_number"):
        assert asked(graph, name)[1] == "networkx-mcp"
