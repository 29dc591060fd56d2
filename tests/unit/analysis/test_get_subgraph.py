"""get_subgraph: what networkx's subgraph and ego_graph hold, bounded twice."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.analysis.graphs import ask, column, example, graphs, mapping, positive

from networkx_mcp.analysis.tasks.get_subgraph import get_subgraph
from networkx_mcp.errors import InvalidInput, NotFound


def edge_keys(graph: nx.Graph, edges: list[list[object]]) -> set[object]:
    return {tuple(edge) if graph.is_directed() else frozenset(edge) for edge in edges}


@given(graph=graphs(weights=positive, least=1), data=st.data())
@settings(max_examples=30, deadline=None)
def test_the_edges_among_nodes_are_networkx_s(graph: nx.Graph, data: st.DataObject) -> None:
    nodes = data.draw(st.lists(st.sampled_from(list(graph)), min_size=1, unique=True))
    answer = ask(get_subgraph, graph, nodes=nodes)
    assert column(answer["nodes"], "node") == nodes
    found = [row[:2] for row in answer["edges"]["rows"]]
    assert edge_keys(graph, found) == edge_keys(graph, [list(e) for e in graph.subgraph(nodes).edges()])
    assert len(found) == graph.subgraph(nodes).number_of_edges() == answer["edges"]["total"]
    for u, v, attributes in answer["edges"]["rows"]:
        assert graph.edges[u, v] == attributes


@given(graph=graphs(least=1), data=st.data(), radius=st.integers(0, 4))
@settings(max_examples=30, deadline=None)
def test_the_surroundings_of_a_node_are_its_ego_graph(graph: nx.Graph, data: st.DataObject, radius: int) -> None:
    center = data.draw(st.sampled_from(list(graph)))
    walked = {"out": graph, "in": graph.reverse() if graph.is_directed() else graph, "both": graph.to_undirected()}
    for direction, oracle in walked.items():
        answer = ask(get_subgraph, graph, center=center, radius=radius, direction=direction)
        expected = nx.single_source_shortest_path_length(oracle, center, cutoff=radius)
        assert mapping(answer["nodes"], "node", "distance") == dict(expected)
        distances = column(answer["nodes"], "distance")
        assert distances == sorted(distances)


def test_both_tables_are_bounded_and_say_so() -> None:
    graph = nx.complete_graph(6)
    exact = ask(get_subgraph, graph, center=0, limit_nodes=6, limit_edges=15)
    assert (exact["truncated"], exact["notes"]) == (False, [])
    fewer_edges = ask(get_subgraph, graph, center=0, limit_nodes=6, limit_edges=14)
    assert fewer_edges["truncated"]
    assert (len(fewer_edges["edges"]["rows"]), fewer_edges["edges"]["total"]) == (14, 15)
    fewer_nodes = ask(get_subgraph, graph, center=0, limit_nodes=5, limit_edges=15)
    assert fewer_nodes["truncated"]
    assert (len(fewer_nodes["nodes"]["rows"]), fewer_nodes["nodes"]["total"]) == (5, 6)
    assert fewer_nodes["edges"]["total"] == 10
    assert "raise limit_nodes" in fewer_nodes["notes"][0]


def test_edges_come_in_pages_that_together_are_all() -> None:
    graph = nx.complete_graph(7)
    whole = ask(get_subgraph, graph, center=0)["edges"]["rows"]
    assert len(whole) == 21
    pages = [ask(get_subgraph, graph, center=0, limit_edges=8, offset_edges=offset) for offset in (0, 8, 16)]
    assert [row for page in pages for row in page["edges"]["rows"]] == whole
    assert [page["edges"]["truncated"] for page in pages] == [True, True, False]
    assert ask(get_subgraph, graph, center=0, offset_edges=21)["edges"]["rows"] == []


def test_no_nodes_are_an_empty_subgraph() -> None:
    answer = ask(get_subgraph, example(), nodes=[])
    assert [answer[table]["rows"] for table in ("nodes", "edges")] == [[], []]


def test_attributes_can_be_left_out() -> None:
    answer = ask(get_subgraph, example(), nodes=["a", "b"], attributes=False)
    assert answer["nodes"] == {
        "columns": ["node"], "rows": [["a"], ["b"]], "total": 2, "truncated": False, "next_offset": None,
    }  # fmt: skip
    assert answer["edges"]["rows"] == [["a", "b"]]


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({}, InvalidInput, "either nodes, or center"),
        ({"nodes": ["a"], "center": "b"}, InvalidInput, "either nodes, or center"),
        ({"nodes": ["a"], "radius": 2}, InvalidInput, "goes with center"),
        ({"center": "z"}, NotFound, 'center: no node "z"'),
        ({"nodes": ["a", "z"]}, NotFound, 'nodes: no node "z"'),
        ({"center": "a", "direction": "up"}, InvalidInput, "both, out or in"),
    ],
)
def test_a_wrong_question_is_told(params: dict[str, object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ask(get_subgraph, example(), **params)
