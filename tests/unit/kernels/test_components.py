"""Components are networkx's sets."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given, settings
from tests.unit.kernels.equal import asked, graphs, same

pytestmark = pytest.mark.usefixtures("ways")

SETS = [
    "connected_components", "weakly_connected_components", "strongly_connected_components",
    "kosaraju_strongly_connected_components",
]  # fmt: skip
FACTS = [
    "number_connected_components", "number_weakly_connected_components", "number_strongly_connected_components",
    "is_connected", "is_weakly_connected", "is_strongly_connected",
]  # fmt: skip


@pytest.mark.parametrize("name", SETS)
@given(graph=graphs())
@settings(max_examples=20, deadline=None)
def test_components(name: str, graph: nx.Graph, ways: str) -> None:
    searched = ways == "compiled" and "kosaraju" not in name  # in networkx's order
    same(graph, name, unordered="strong" in name and not searched)


@pytest.mark.parametrize("name", FACTS)
@given(graph=graphs())
@settings(max_examples=15, deadline=None)
def test_facts(name: str, graph: nx.Graph) -> None:
    same(graph, name)


@given(graph=graphs(directed=False, least=1))
@settings(max_examples=15, deadline=None)
def test_the_component_of_a_node(graph: nx.Graph) -> None:
    same(graph, "node_connected_component", next(iter(graph)))
    same(graph, "node_connected_component", "no such node")


@pytest.mark.parametrize("name", SETS + FACTS)
def test_the_kernel_is_used(name: str, ways: str) -> None:
    graph = nx.path_graph(4)
    if "weak" in name or "strong" in name:
        graph = graph.to_directed()
    compiled = ways == "compiled" and "node" not in name
    assert asked(graph, name)[1] == ("networkx-mcp" if compiled else "scipy")
