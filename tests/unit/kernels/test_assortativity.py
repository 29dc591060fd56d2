"""Assortativity is computed by sums over the adjacency wherever it is well defined, and is networkx's number."""

from __future__ import annotations

import math

import networkx as nx
import pytest
from tests.unit.kernels.equal import asked, same

COEFFICIENTS = ["degree_assortativity_coefficient", "degree_pearson_correlation_coefficient"]
AROUND = ["average_neighbor_degree", "average_degree_connectivity"]


def weighted(directed: bool) -> nx.Graph:
    graph = nx.gnp_random_graph(150, 0.06, seed=3, directed=directed)
    graph.add_edges_from([(5, 5), (9, 9)])
    for place, (*_, data) in enumerate(graph.edges(data=True)):
        data["weight"] = 0.25 * (place % 9)
    for node in graph:
        graph.nodes[node].update(size=node % 7 + 0.5, kind="abc"[node % 3])
    return graph


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("weight", [None, "weight"])
@pytest.mark.parametrize("name", COEFFICIENTS + AROUND)
def test_the_kernel_is_used(name: str, weight: str | None, directed: bool) -> None:
    assert same(weighted(directed), name, weight=weight) == "numpy"


@pytest.mark.parametrize("x", ["in", "out"])
@pytest.mark.parametrize("y", ["in", "out"])
def test_each_side_of_a_directed_edge_has_two_degrees(x: str, y: str) -> None:
    for name in COEFFICIENTS:
        assert same(weighted(True), name, x=x, y=y) == "numpy"
    assert same(weighted(True), "average_neighbor_degree", source=x, target=y) == "numpy"
    assert same(weighted(True), "average_degree_connectivity", source=x, target=y, weight="weight") == "numpy"


@pytest.mark.parametrize("directed", [False, True])
def test_attributes_of_nodes(directed: bool) -> None:
    graph = weighted(directed)
    assert same(graph, "numeric_assortativity_coefficient", "size") == "numpy"
    assert same(graph, "attribute_assortativity_coefficient", "kind") == "numpy"
    del graph.nodes[3]["kind"], graph.nodes[4]["kind"], graph.nodes[4]["size"]
    assert same(graph, "attribute_assortativity_coefficient", "kind") == "numpy"
    assert asked(graph, "numeric_assortativity_coefficient", "size")[0] is KeyError


def test_what_is_not_defined_is_networkx_s_to_tell() -> None:
    ring = nx.cycle_graph(20)
    with pytest.warns(RuntimeWarning):
        value, used = asked(ring, "degree_assortativity_coefficient")
    assert math.isnan(value)
    assert used == "networkx"
