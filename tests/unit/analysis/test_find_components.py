"""find_components: networkx's components, largest first, members bounded."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given, settings
from tests.unit.analysis.graphs import ask, column, graphs

from networkx_mcp.analysis.tasks.find_components import find_components
from networkx_mcp.errors import InvalidInput


@given(graph=graphs())
@settings(max_examples=30, deadline=None)
def test_components_are_those_of_networkx_by_size_and_first_node(graph: nx.Graph) -> None:
    kinds = (
        {"weak": nx.weakly_connected_components, "strong": nx.strongly_connected_components}
        if graph.is_directed()
        else {"connected": nx.connected_components, "biconnected": nx.biconnected_components}
    )
    order = {node: place for place, node in enumerate(graph)}
    for kind, oracle in kinds.items():
        answer = ask(find_components, graph, kind=kind, limit=100, members=1000)
        expected = [frozenset(found) for found in oracle(graph)]
        found = column(answer, "nodes")
        assert sorted(map(sorted_ids, expected)) == sorted(sorted_ids(frozenset(nodes)) for nodes in found)
        assert answer["count"] == answer["total"] == len(expected)
        assert column(answer, "size") == [len(nodes) for nodes in found]
        assert all(order[a] < order[b] for nodes in found for a, b in pairwise(nodes))
        keys = [(-len(nodes), order[nodes[0]]) for nodes in found]
        assert keys == sorted(keys)


def sorted_ids(nodes: frozenset[str | int]) -> list[str]:
    return sorted(map(repr, nodes))


def test_the_default_suits_the_graph() -> None:
    assert ask(find_components, nx.path_graph(3))["kind"] == "connected"
    assert ask(find_components, nx.path_graph(3, nx.DiGraph))["kind"] == "weak"
    with pytest.raises(InvalidInput, match="Use weak or strong"):
        ask(find_components, nx.DiGraph(), kind="connected")
    with pytest.raises(InvalidInput, match="Use connected or biconnected"):
        ask(find_components, nx.Graph(), kind="strong")


def test_members_are_cut_and_the_size_counts_all() -> None:
    answer = ask(find_components, nx.path_graph(30), members=5)
    assert answer["rows"] == [[1, 30, [0, 1, 2, 3, 4]]]
    assert "size counts all" in answer["notes"][0]
    assert ask(find_components, nx.path_graph(5), members=5)["notes"] == []
    assert ask(find_components, nx.path_graph(5), members=0)["rows"] == [[1, 5, []]]


def test_a_node_names_its_component_with_its_number_among_all() -> None:
    graph = nx.disjoint_union_all([nx.path_graph(2), nx.path_graph(4), nx.path_graph(3)])
    answer = ask(find_components, graph, node=7)
    assert answer["rows"] == [[2, 3, [6, 7, 8]]]
    assert (answer["total"], answer["count"]) == (1, 3)


def test_pages_follow_each_other() -> None:
    graph = nx.empty_graph(5)
    first = ask(find_components, graph, limit=3)
    assert (first["truncated"], first["next_offset"], first["total"]) == (True, 3, 5)
    last = ask(find_components, graph, limit=3, offset=3)
    assert column(first, "component") + column(last, "component") == [1, 2, 3, 4, 5]
    assert last["truncated"] is False


def test_biconnected_components_come_with_the_nodes_that_join_them() -> None:
    graph = nx.barbell_graph(4, 1)
    answer = ask(find_components, graph, kind="biconnected")
    joining = set(nx.articulation_points(graph))
    assert answer["articulation_points"] == [node for node in graph if node in joining]
    assert answer["articulation_points_total"] == 3
