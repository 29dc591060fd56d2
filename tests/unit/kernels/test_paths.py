"""Distances are networkx's; unweighted paths too; a weighted path is a shortest one."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.kernels.equal import answer, asked, equal, graphs, same

pytestmark = pytest.mark.usefixtures("ways")

weights = st.integers(0, 5) | st.sampled_from([0.25, 0.5, 1.5])
cutoffs = st.sampled_from([None, 0, 1, 1.5, 2, -1, math.inf, -math.inf, 10**400, -(10**400), 2**53 + 1])


def ends(graph: nx.Graph) -> list[Any]:
    return [*graph, "no such node"]


@pytest.mark.parametrize("name", ["single_source_shortest_path", "single_source_shortest_path_length",
                                  "single_target_shortest_path_length"])  # fmt: skip
@given(graph=graphs(least=1), cutoff=cutoffs, data=st.data())
@settings(max_examples=20, deadline=None)
def test_hops(name: str, graph: nx.Graph, cutoff: float | None, data: st.DataObject) -> None:
    node = data.draw(st.sampled_from(ends(graph)))
    same(graph, name, node, cutoff=cutoff)
    expected, found = answer(graph, name, node, cutoff=cutoff), asked(graph, name, node, cutoff=cutoff)[0]
    if isinstance(expected, dict):
        assert list(found) == list(expected)  # in the order of discovery


@pytest.mark.parametrize("name", ["shortest_path", "shortest_path_length", "has_path", "bidirectional_shortest_path"])
@given(graph=graphs(least=1), data=st.data())
@settings(max_examples=20, deadline=None)
def test_pairs(name: str, graph: nx.Graph, data: st.DataObject) -> None:
    source, target = (data.draw(st.sampled_from(ends(graph))) for _ in "ab")
    same(graph, name, source, target)


@pytest.mark.parametrize("name", ["shortest_path", "shortest_path_length"])
@given(graph=graphs(least=1), data=st.data())
@settings(max_examples=20, deadline=None)
def test_one_end(name: str, graph: nx.Graph, data: st.DataObject) -> None:
    end = data.draw(st.sampled_from(["source", "target"]))
    same(graph, name, **{end: data.draw(st.sampled_from(ends(graph)))})


@pytest.mark.parametrize("negative", [False, True])
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_weighted_lengths(negative: bool, data: st.DataObject) -> None:
    graph = data.draw(graphs(weights=st.integers(-2, 5) if negative else weights, least=1))
    source, target = (data.draw(st.sampled_from(ends(graph))) for _ in "ab")
    cutoff = data.draw(cutoffs)
    same(graph, "single_source_dijkstra_path_length", source, cutoff=cutoff)
    if not negative:  # of unlucky weights networkx says so only on its way
        same(graph, "dijkstra_path_length", source, target)
        same(graph, "shortest_path_length", source, target, weight="weight")
        same(graph, "shortest_path_length", target=target, weight="weight")


@given(graph=graphs(weights=weights, least=1), data=st.data())
@settings(max_examples=20, deadline=None)
def test_weighted_paths_are_shortest(graph: nx.Graph, data: st.DataObject) -> None:
    source, target = (data.draw(st.sampled_from(ends(graph))) for _ in "ab")

    def check(path: list[Any], distance: float) -> None:
        steps = [graph.edges[u, v].get("weight", 1) for u, v in pairwise(path)]
        assert sum(steps) == pytest.approx(distance)

    expected, (found, _) = (
        answer(graph, "single_source_dijkstra", source),
        asked(graph, "single_source_dijkstra", source),
    )
    if isinstance(expected, tuple):
        equal(found[0], expected[0])
        assert found[1].keys() == expected[1].keys()
        for node, path in found[1].items():
            assert (path[0], path[-1]) == (source, node)
            check(path, expected[0][node])
    else:
        assert found == expected
    for name in ("shortest_path", "dijkstra_path"):
        arguments = {"source": source, "target": target, "weight": "weight"}
        expected, (found, _) = answer(graph, name, **arguments), asked(graph, name, **arguments)
        if isinstance(expected, list):
            assert (found[0], found[-1]) == (source, target)
            check(
                found,
                nx.path_weight(graph, expected, "weight")
                if not _gaps(graph, expected)
                else sum(graph.edges[u, v].get("weight", 1) for u, v in pairwise(expected)),
            )
        else:
            assert found == expected


def _gaps(graph: nx.Graph, path: list[Any]) -> bool:
    return any("weight" not in graph.edges[u, v] for u, v in pairwise(path))


def test_the_kernel_is_used(ways: str) -> None:
    graph = nx.path_graph(5, create_using=nx.DiGraph)
    for name in ("single_source_shortest_path", "single_source_dijkstra", "shortest_path"):
        assert asked(graph, name, 0)[1] == ("networkx-mcp" if ways == "compiled" else "scipy")
