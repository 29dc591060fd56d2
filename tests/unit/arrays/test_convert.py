"""To networkx and back."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from tests.unit.arrays.graphs import assert_same, networkx_graphs, typed

from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import InvalidInput


@given(networkx_graphs())
def test_a_graph_comes_back_with_its_order_types_and_values(graph: nx.Graph[Any]) -> None:
    state = GraphState.from_networkx(graph)
    assert_same(state, graph)
    again = state.to_networkx()
    assert type(again) is type(graph)
    assert typed(again.graph) == typed(graph.graph)
    assert typed(list(again.nodes(data=True))) == typed(list(graph.nodes(data=True)))
    for node in graph:
        assert typed(list(again.adj[node].items())) == typed(list(graph.adj[node].items()))
        if isinstance(graph, nx.DiGraph) and isinstance(again, nx.DiGraph):
            assert typed(list(again.pred[node].items())) == typed(list(graph.pred[node].items()))


@given(networkx_graphs())
def test_the_copy_is_a_graph_that_networkx_can_go_on_with(graph: nx.Graph[Any]) -> None:
    again = GraphState.from_networkx(graph).to_networkx()
    for changed in (graph, again):
        for u, v in list(changed.edges)[:2]:
            changed.edges[u, v]["seen"] = True
            changed.remove_edge(u, v)
            changed.add_edge(v, u, back=1)
        changed.remove_nodes_from(list(changed)[:1])
    assert typed(list(again.edges(data=True))) == typed(list(graph.edges(data=True)))
    for u, v in again.edges:
        again.edges[u, v]["both"] = 1
        assert (again.adj[u][v] if again.is_directed() else again.adj[v][u])["both"] == 1


@pytest.mark.parametrize(
    ("graph", "says"),
    [
        (nx.MultiGraph([(1, 2)]), "multigraph"),
        (nx.Graph([(1.5, 2)]), r"nodes\[0\]: a node id"),
        (nx.Graph([((1, 2), 3)]), "not a list"),
        (nx.Graph([(1, 2, {"w": float("nan")})]), r"edges\[1, 2\].w: nan is not JSON"),
        (nx.Graph(name=object()), "no JSON value"),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(graph: nx.Graph[Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        GraphState.from_networkx(graph)
