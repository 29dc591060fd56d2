"""Measures of all distances, and betweenness, are networkx's."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.kernels.equal import graphs, same

from networkx_mcp.backend.kernels import betweenness, sweep

pytestmark = pytest.mark.usefixtures("ways")

weights = st.integers(0, 5) | st.sampled_from([0.25, 0.5, 1.5])
signed = st.integers(-1, 5)


@pytest.mark.parametrize("name", ["closeness_centrality", "harmonic_centrality"])
@given(graph=graphs(weights=weights), distance=st.sampled_from([None, "weight"]))
@settings(max_examples=20, deadline=None)
def test_closeness(name: str, graph: nx.Graph, distance: str | None) -> None:
    same(graph, name, distance=distance)


@given(graph=graphs(weights=signed, least=1), wf_improved=st.booleans(), distance=st.sampled_from([None, "weight"]))
@settings(max_examples=20, deadline=None)
def test_closeness_of_one_node(graph: nx.Graph, wf_improved: bool, distance: str | None) -> None:
    node = next(iter(graph))
    same(graph, "closeness_centrality", u=node, wf_improved=wf_improved)
    same(graph, "closeness_centrality", wf_improved=wf_improved, distance=distance)
    same(graph, "closeness_centrality", u="no such node")


@pytest.mark.parametrize(
    "name",
    ["eccentricity", "diameter", "radius", "center", "periphery", "average_shortest_path_length"],
)
@given(graph=graphs(weights=weights), whole=st.booleans(), weight=st.sampled_from([None, "weight"]))
@settings(max_examples=20, deadline=None)
def test_extremes(name: str, graph: nx.Graph, whole: bool, weight: str | None) -> None:
    if whole and len(graph):  # most graphs that chance makes are not connected
        nx.add_cycle(graph, list(graph))
    same(graph, name, weight=weight)


@given(graph=graphs(weights=weights))
@settings(max_examples=15, deadline=None)
def test_efficiency(graph: nx.Graph) -> None:
    same(graph, "global_efficiency")


options = st.fixed_dictionaries(
    {}, optional={"normalized": st.booleans(), "k": st.integers(1, 9), "seed": st.integers(0, 5)}
)


@given(graph=graphs(), options=options, endpoints=st.booleans())
@settings(max_examples=35, deadline=None)
def test_betweenness(graph: nx.Graph, options: dict[str, Any], endpoints: bool) -> None:
    same(graph, "betweenness_centrality", endpoints=endpoints, **{"seed": 1, **options})


@given(graph=graphs(weights=weights), options=options, endpoints=st.booleans())
@settings(max_examples=20, deadline=None)
def test_weighted_betweenness(graph: nx.Graph, options: dict[str, Any], endpoints: bool) -> None:
    same(graph, "betweenness_centrality", endpoints=endpoints, weight="weight", **{"seed": 1, **options})
    same(graph, "edge_betweenness_centrality", weight="weight", **{"seed": 1, **options})


@given(graph=graphs(weights=signed))
@settings(max_examples=15, deadline=None)
def test_betweenness_with_weights_below_0_is_left_to_networkx(graph: nx.Graph) -> None:
    used = same(graph, "betweenness_centrality", weight="weight")
    if any(data.get("weight", 1) < 0 for _, _, data in graph.edges(data=True)):
        assert used in ("networkx", "")


@given(graph=graphs(), options=options)
@settings(max_examples=20, deadline=None)
def test_edge_betweenness(graph: nx.Graph, options: dict[str, Any]) -> None:
    same(graph, "edge_betweenness_centrality", **{"seed": 1, **options})


@pytest.mark.parametrize("name", ["closeness_centrality", "harmonic_centrality", "eccentricity", "diameter",
                                  "betweenness_centrality", "edge_betweenness_centrality"])  # fmt: skip
@pytest.mark.parametrize("directed", [False, True])
def test_more_nodes_than_a_batch(name: str, directed: bool) -> None:
    graph = nx.gnp_random_graph(150, 0.04, seed=2, directed=directed)
    nx.add_cycle(graph, range(150))
    assert same(graph, name) in ("numpy", "scipy", "networkx-mcp")


@pytest.mark.parametrize("name", ["closeness_centrality", "harmonic_centrality", "eccentricity", "diameter", "radius",
                                  "average_shortest_path_length"])  # fmt: skip
def test_deep_graphs(name: str, ways: str) -> None:
    deep = nx.path_graph(sweep.DEEPEST + 2)
    assert same(deep, name) == ("networkx-mcp" if ways == "compiled" else "networkx")
    deep.add_node("alone")
    same(deep, name)
    assert same(nx.path_graph(sweep.DEEPEST + 1), name) == "numpy"


def test_betweenness_of_deep_graphs(ways: str) -> None:
    without = {False: "scipy", True: "networkx"}
    for nodes in (betweenness.DEEPEST + 1, betweenness.DEEPEST + 2):
        expected = "networkx-mcp" if ways == "compiled" else without[nodes > betweenness.DEEPEST + 1]
        assert same(nx.path_graph(nodes), "betweenness_centrality") == expected
