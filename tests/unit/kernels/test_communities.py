"""Louvain and label propagation are networkx's to the last group and number drawn; modularity is its number."""

from __future__ import annotations

import contextlib
import importlib
import math
import random
from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.kernels.equal import asked, graphs, same

from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.backend.kernels import communities
from networkx_mcp.backend.kernels.arrays import Unsuited

LOUVAIN = "community.louvain_communities"
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


#: Fractions too: the order of the sums decides their last digits, and these decide who moves.
fractions = weights | st.floats(0, 1).map(lambda value: round(value, 3))


def drawn(seed: int) -> tuple[random.Random, random.Random]:
    return random.Random(seed), random.Random(seed)


@given(
    graph=graphs(weights=fractions, least=1),
    seed=st.integers(0, 2**40),
    weight=st.sampled_from([None, "weight"]),
)
@settings(max_examples=60, deadline=None)
def test_label_propagation_is_networkx_s_with_that_seed(graph: nx.Graph, seed: int, weight: str | None) -> None:
    name = "community.fast_label_propagation_communities"
    mine, theirs = drawn(seed)
    found, used = asked(graph, name, weight=weight, seed=mine)
    assert found == list(nx.community.fast_label_propagation_communities(graph, weight=weight, seed=theirs))
    assert mine.getstate() == theirs.getstate()  # what is drawn next is the same, too
    assert used == "networkx-mcp"


def test_label_propagation_ends_between_pairs_that_hold_their_labels() -> None:
    """Nodes joined by edges of weight 0 draw one of the pairs' labels again and again, for ever in networkx."""
    graph = nx.gnp_random_graph(60, 0.1, seed=1)
    nx.set_edge_attributes(graph, 0, "weight")
    pairs = list(nx.maximal_matching(graph))[:12]
    for pair in pairs:
        graph.edges[pair]["weight"] = 1
    for seed in range(5):
        found, used = asked(graph, "community.fast_label_propagation_communities", weight="weight", seed=seed)
        assert used == "networkx-mcp"
        assert nx.community.is_partition(graph, found)
        assert all(any(group.issuperset(pair) for group in found) for pair in pairs)


class GoesRound(Exception):
    """networkx has looked at the nodes of a small graph more often than a hundred turns take."""


@pytest.fixture
def networkx_gives_up(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """networkx's Louvain raises GoesRound where it would not end; call it before each use."""
    module = importlib.import_module("networkx.algorithms.community.louvain")
    looks = module._neighbor_weights
    count = 0

    def counted(*arguments: Any) -> Any:
        nonlocal count
        count += 1
        if count > 5_000:
            raise GoesRound
        return looks(*arguments)

    monkeypatch.setattr(module, "_neighbor_weights", counted)

    def begin() -> None:
        nonlocal count
        count = 0

    return begin


@given(
    graph=graphs(weights=fractions, least=1),
    seed=st.integers(0, 2**40),
    weight=st.sampled_from([None, "weight"]),
    resolution=st.sampled_from([1, 1, 0, 3, 0.5, 1.3]),
    threshold=st.sampled_from([1e-7, 0.01, 0]),
    max_level=st.sampled_from([None, 1, 2]),
)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_louvain_is_networkx_s_with_that_seed(
    networkx_gives_up: Callable[[], None], graph: nx.Graph, seed: int, **options: Any
) -> None:
    mine, theirs = drawn(seed)
    networkx_gives_up()
    found, used = asked(graph, LOUVAIN, seed=mine, **options)
    if used != "networkx-mcp":
        return  # networkx's own, where rounding decides, or nothing weighs anything
    networkx_gives_up()
    with contextlib.suppress(GoesRound):
        assert found == nx.community.louvain_communities(graph, seed=theirs, **options)
        assert mine.getstate() == theirs.getstate()


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("kind", ["none", "integers", "fractions"])
def test_louvain_of_larger_graphs_has_several_levels(directed: bool, kind: str) -> None:
    for seed in range(12):
        graph = nx.gnp_random_graph(150, 0.03, seed=seed, directed=directed)
        nodes = random.Random(seed).sample(sorted(graph), len(graph))
        graph = nx.relabel_nodes(graph, dict(zip(graph, map(str, nodes), strict=True)))
        graph.add_edge("7", "7")
        chance = random.Random(seed)
        if kind != "none":
            for *_, data in graph.edges(data=True):
                data["weight"] = chance.randint(1, 5) if kind == "integers" else chance.random()
        assert same(graph, LOUVAIN, seed=seed) == "networkx-mcp"


def test_louvain_ends_where_networkx_goes_round_for_ever() -> None:
    """The digraph of networkx#5704: each seed gives a partition, and the same again."""
    graph = nx.DiGraph([(1, 2), (1, 6), (1, 9), (2, 3), (2, 4), (2, 5), (3, 4), (4, 3), (4, 5), (5, 4), (6, 7)])
    graph.add_edges_from([(6, 8), (9, 10), (9, 11), (10, 11), (11, 10)])
    for seed in range(50):
        found, used = asked(graph, LOUVAIN, seed=seed)
        assert used == "networkx-mcp"
        assert nx.community.is_partition(graph, found)
        assert found == asked(graph, LOUVAIN, seed=seed)[0]


@pytest.mark.parametrize(
    "options",
    [{"threshold": -1.0}, {"threshold": math.nan}, {"resolution": math.inf}, {"resolution": True}, {"max_level": True},
     {"weight": "color"}, {"seed": np.random.RandomState(3)}],
)  # fmt: skip
def test_louvain_is_left_to_networkx_for(options: dict[str, Any]) -> None:
    graph = nx.karate_club_graph()
    nx.set_edge_attributes(graph, "red", "color")
    with pytest.raises(Unsuited):
        communities.louvain_communities(LoadedGraph.from_networkx(graph).arrays, **options)


@pytest.mark.parametrize("weights", [[0], [1, 0.5], [1e200], [1e-200], [-1, 2], [2**52, 3]])
def test_louvain_is_left_to_networkx_for_weights(weights: list[float]) -> None:
    graph = nx.karate_club_graph()
    for place, (*_, data) in enumerate(graph.edges(data=True)):
        data["weight"] = weights[place % len(weights)]
    with pytest.raises(Unsuited):
        communities.louvain_communities(LoadedGraph.from_networkx(graph).arrays)


def test_another_generator_may_draw_in_another_way() -> None:
    class Odd(random.Random):
        def getrandbits(self, k: int) -> int:
            return super().getrandbits(k) ^ 1

    for name in (LOUVAIN, "community.fast_label_propagation_communities"):
        assert asked(nx.karate_club_graph(), name, seed=Odd(1))[1] == "networkx"


LEIDEN = "community.leiden_communities"


def test_leiden_gives_good_partitions() -> None:
    samples = [
        nx.planted_partition_graph(6, 25, 0.4, 0.02, seed=5), nx.barabasi_albert_graph(300, 3, seed=2),
        nx.les_miserables_graph(), nx.disjoint_union(nx.karate_club_graph(), nx.empty_graph(3)),
    ]  # fmt: skip
    for graph in samples:
        graph.graph.clear()  # a set of sets, which is no JSON
        (found, used), (again, _) = (asked(graph, LEIDEN, seed=4) for _ in range(2))
        assert used == "networkit"
        assert found == again
        assert nx.community.is_partition(graph, found)
        reference = nx.community.louvain_communities(graph, seed=4)
        score, wanted = (nx.community.modularity(graph, groups) for groups in (found, reference))
        assert score > wanted - 0.02


@given(graph=graphs(directed=False, weights=weights))
@settings(max_examples=20, deadline=None)
def test_any_graph_has_communities(graph: nx.Graph) -> None:
    assert nx.community.is_partition(graph, asked(graph, LEIDEN, seed=1)[0])
