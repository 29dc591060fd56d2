"""Bridges, blocks and cuts are networkx's."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.kernels.equal import answer, asked, graphs, same


@pytest.mark.parametrize("name", ["bridges", "has_bridges", "articulation_points", "biconnected_components",
                                  "is_biconnected"])  # fmt: skip
@given(graph=graphs(), cycle=st.booleans())
@settings(max_examples=20, deadline=None)
def test_blocks(name: str, graph: nx.Graph, cycle: bool) -> None:
    if cycle:
        nx.add_cycle(graph, list(graph)[:4])
    same(graph, name)


@pytest.mark.parametrize("seed", range(4))
def test_blocks_of_larger_graphs(seed: int) -> None:
    graph = nx.gnm_random_graph(80, 90 + 5 * seed, seed=seed)
    for name in ("bridges", "articulation_points", "biconnected_components"):
        assert same(graph, name) == "networkx-mcp"


def test_a_graph_may_be_as_deep_as_it_has_nodes() -> None:
    graph = nx.path_graph(20_000)
    for name in ("bridges", "articulation_points", "biconnected_components"):
        assert same(graph, name) == "networkx-mcp"


@given(graph=graphs(weights=st.integers(0, 5), least=2), data=st.data())
@settings(max_examples=35, deadline=None)
def test_flow_and_cut(graph: nx.Graph, data: st.DataObject) -> None:
    ends = [*graph, "no such node"]
    source, sink = (data.draw(st.sampled_from(ends)) for _ in "ab")
    if data.draw(st.integers(0, 9)):  # a few keep edges without a capacity
        nx.set_edge_attributes(graph, {(u, v): d.get("weight", 2) for u, v, d in graph.edges(data=True)}, "weight")
    for name in ("maximum_flow_value", "minimum_cut_value", "minimum_cut"):
        same(graph, name, source, sink, capacity="weight")
    expected = answer(graph, "maximum_flow", source, sink, capacity="weight")
    found = asked(graph, "maximum_flow", source, sink, capacity="weight")[0]
    if isinstance(expected, tuple):
        assert found[0] == expected[0]
        check_flow(graph, found[1], source, sink, found[0])
    else:
        assert found == expected


def check_flow(graph: nx.Graph, flows: dict[Any, dict[Any, int]], source: Any, sink: Any, value: int) -> None:
    """Within the capacities, conserved at all nodes but the ends."""
    assert {u: set(flows[u]) for u in flows} == {u: set(graph[u]) for u in graph}
    for u, to in flows.items():
        for v, flow in to.items():
            assert 0 <= flow <= graph.edges[u, v].get("weight", float("inf"))
    for node in graph:
        out = sum(flows[node].values())
        into = sum(to.get(node, 0) for to in flows.values())
        assert out - into == (value if node == source else -value if node == sink else 0)


def test_the_kernel_is_used() -> None:
    graph = nx.path_graph(4, create_using=nx.DiGraph)
    nx.set_edge_attributes(graph, 3, "capacity")
    assert asked(graph, "maximum_flow", 0, 3)[1] == "scipy"
    assert same(graph, "minimum_cut", 0, 3) == "scipy"
