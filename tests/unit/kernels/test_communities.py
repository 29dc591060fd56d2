"""Partitions are valid and no worse than networkx's; modularity is networkx's number."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.kernels.equal import asked, graphs, same

from networkx_mcp.backend.kernels import communities

weights = st.integers(0, 5) | st.sampled_from([0.25, 1.5])


@given(graph=graphs(weights=weights, least=1), data=st.data())
@settings(max_examples=20, deadline=None)
def test_modularity(graph: nx.Graph, data: st.DataObject) -> None:
    nodes = list(graph)
    labels = data.draw(st.lists(st.integers(0, 2), min_size=len(nodes), max_size=len(nodes)))
    groups = [{n for n, at in zip(nodes, labels, strict=True) if at == label} for label in set(labels)]
    if data.draw(st.integers(0, 9)) == 0:
        groups.append({nodes[0]})  # no partition any more
    resolution = data.draw(st.sampled_from([1, 0.5]))
    same(
        graph,
        "community.modularity",
        groups,
        weight=data.draw(st.sampled_from([None, "weight"])),
        resolution=resolution,
    )


@pytest.mark.parametrize("weight", [1e308, 1e154, 1e150, 1e-150, 1e-154, 5e-324])
@pytest.mark.parametrize("kind", [nx.Graph, nx.DiGraph])
def test_modularity_of_numbers_whose_squares_are_none(kind: type[nx.Graph], weight: float) -> None:
    graph = kind([(0, 1), (1, 2), (2, 3)])
    nx.set_edge_attributes(graph, weight, "weight")
    same(graph, "community.modularity", [{0, 1}, {2, 3}])


@given(graph=graphs(weights=weights), seed=st.integers(0, 9), weight=st.sampled_from([None, "weight"]))
@settings(max_examples=20, deadline=None)
def test_label_propagation_is_networkx_s_with_that_seed(graph: nx.Graph, seed: int, weight: str | None) -> None:
    found, used = asked(graph, "community.fast_label_propagation_communities", weight=weight, seed=seed)
    expected = nx.community.fast_label_propagation_communities(graph, weight=weight, seed=seed)
    assert {frozenset(group) for group in found} == {frozenset(group) for group in expected}
    assert used == "networkx-mcp"


@pytest.fixture
def all_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(communities, "LARGE", 0)


@pytest.mark.usefixtures("all_are_large")
@pytest.mark.parametrize("name", ["community.louvain_communities", "community.leiden_communities"])
def test_partitions_are_valid_and_good(name: str) -> None:
    samples = [
        nx.planted_partition_graph(6, 25, 0.4, 0.02, seed=5), nx.barabasi_albert_graph(300, 3, seed=2),
        nx.les_miserables_graph(), nx.disjoint_union(nx.karate_club_graph(), nx.empty_graph(3)),
    ]  # fmt: skip
    for graph in samples:
        graph.graph.clear()  # a set of sets, which is no JSON
        (found, used), (again, _) = (asked(graph, name, seed=4) for _ in range(2))
        assert used == "networkit"
        assert found == again
        assert nx.community.is_partition(graph, found)
        reference = nx.community.louvain_communities(graph, seed=4)
        score, wanted = (nx.community.modularity(graph, groups) for groups in (found, reference))
        assert score > wanted - 0.02


@pytest.mark.usefixtures("all_are_large")
@given(graph=graphs(directed=False, weights=weights))
@settings(max_examples=20, deadline=None)
def test_any_graph_has_communities(graph: nx.Graph) -> None:
    for name in ("community.louvain_communities", "community.leiden_communities"):
        found = asked(graph, name, seed=1)[0]
        if found is not ZeroDivisionError:  # networkx's own, where all weights are 0
            assert nx.community.is_partition(graph, found)


def test_small_graphs_and_directed_ones_are_networkx_s() -> None:
    assert same(nx.karate_club_graph(), "community.louvain_communities", seed=3) == "networkx"
    assert same(nx.gn_graph(20, seed=1), "community.louvain_communities", seed=3) == "networkx"
