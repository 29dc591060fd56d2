"""save_as over MCP: a result becomes an attribute that SQL, views and weights know, and the answer's text says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import networkx as nx
import pytest
from tests.server.tools.conftest import Tools


@pytest.fixture
def karate(make_graph: Callable[..., str]) -> str:
    """Zachary's karate club."""
    return make_graph(edges=[list(edge) for edge in nx.karate_club_graph().edges])


def attributes(tools: Tools, graph_id: str, name: str, table: str = "nodes") -> list[list[Any]]:
    sql = f'SELECT "{name}" FROM {table} ORDER BY ALL'
    found: list[list[Any]] = tools.data("query_graph", graph_id=graph_id, sql=sql, limit=1000)["rows"]
    return found


def test_a_ranking_is_kept_of_all_nodes_and_known_to_the_next_call(tools: Tools, karate: str) -> None:
    lines = tools.text("rank_nodes", graph_id=karate, measure="pagerank", save_as="importance", limit=2).splitlines()
    assert 'note: Kept as "importance" of 34 nodes: the graph is at version 2.' in lines
    assert lines[-1].startswith("truncated: 2 of 34 rows")
    seen = tools.data("rank_nodes", graph_id=karate, view={"nodes": "importance > 0.05"})
    assert seen["view"]["nodes"] == sum(
        rank > 0.05 for rank in nx.pagerank(nx.karate_club_graph(), weight=None).values()
    )


def test_an_attribute_that_exists_is_an_error_that_says_what_to_do(tools: Tools, karate: str) -> None:
    tools.data("rank_nodes", graph_id=karate, save_as="x")
    text, facts = tools.error("rank_nodes", graph_id=karate, save_as="x")
    assert 'the nodes have an attribute "x" already. Choose another name, or give replace=true.' in text
    assert (facts["error"], facts["field"]) == ("conflict", "save_as")
    assert tools.data("rank_nodes", graph_id=karate, save_as="x", replace=True)["save"]["version"] == 3


def test_scores_of_edges_are_kept_on_edges(tools: Tools, karate: str) -> None:
    data = tools.data("rank_nodes", graph_id=karate, measure="edge_betweenness", save_as="flow")
    assert (data["save"]["of"], data["save"]["values"]) == ("edges", 78)
    expected = sorted(nx.edge_betweenness_centrality(nx.karate_club_graph()).values())
    assert [row[0] for row in attributes(tools, karate, "flow", "edges")] == pytest.approx(expected)


def test_numbers_that_json_does_not_have_are_left_out_and_counted(tools: Tools, make_graph: Callable[..., str]) -> None:
    graph_id = make_graph(nodes=["lone"], edges=[["a", "b"], ["b", "c"]])
    lines = tools.text("rank_nodes", graph_id=graph_id, measure="constraint", save_as="c").splitlines()
    assert any("1 values that are no finite numbers were left out" in line for line in lines), lines
    assert tools.data("query_graph", graph_id=graph_id, sql="SELECT id FROM nodes WHERE c IS NULL")["rows"] == [
        ["lone"]
    ]


@pytest.mark.parametrize("argument", [{"replace": True}, {"operation_id": "x"}])
def test_what_goes_with_save_as_is_not_taken_without_it(tools: Tools, karate: str, argument: dict[str, Any]) -> None:
    text, facts = tools.error("rank_nodes", graph_id=karate, **argument)
    (name,) = argument
    assert facts["field"] == name
    assert "goes with save_as" in text


def test_a_repeat_says_that_it_is_one(tools: Tools, karate: str) -> None:
    call = {"graph_id": karate, "save_as": "x", "operation_id": "keep-x"}
    assert tools.data("rank_nodes", **call)["save"]["version"] == 2
    again = tools.result("rank_nodes", **call)
    assert again["structuredContent"]["save"] == {"attribute": "x", "of": "nodes", "version": 2, "repeated": True}
    assert (
        'note: Kept as "x" before, under this operation_id, at version 2; nothing was written now.'
        in again["content"][0]["text"]
    )
    assert tools.data("describe_graph", graph_id=karate)["version"] == 2


@pytest.mark.parametrize(
    "tool, arguments, of",
    [
        ("find_communities", {}, "nodes"),
        ("find_components", {}, "nodes"),
        ("partition_graph", {"k": 3}, "nodes"),
        ("run_algorithm", {"name": "core_number"}, "nodes"),
        ("run_algorithm", {"name": "edge_betweenness_centrality"}, "edges"),
    ],
)
def test_every_analysis_by_node_or_edge_can_be_kept(
    tools: Tools, karate: str, tool: str, arguments: dict[str, Any], of: str
) -> None:
    call = {"graph_id": karate, **arguments}
    data = tools.data(tool, **call, save_as="kept")
    assert (data["saved"], data["save"]["of"], data["save"]["version"]) == (True, of, 2)
    assert all(value is not None for (value,) in attributes(tools, karate, "kept", of))
    assert data["rows"] == tools.data(tool, **call)["rows"]


def test_what_is_kept_of_the_catalogue_though_it_exists_is_not_kept_and_told(tools: Tools, karate: str) -> None:
    """Whose attribute it will be shows only with the result: that is not lost."""
    tools.data("rank_nodes", graph_id=karate, save_as="x")
    data = tools.data("run_algorithm", graph_id=karate, name="core_number", save_as="x")
    assert (data["saved"], data["save"]["version"], data["total"]) == (False, 2, 34)
    assert any(
        note.startswith('Not kept as "x": save_as: the nodes have an attribute "x" already') for note in data["notes"]
    )
    assert tools.data("run_algorithm", graph_id=karate, name="bridges", save_as="x")["saved"], "no edge had it"


def test_a_result_that_is_of_neither_is_an_error(tools: Tools, karate: str) -> None:
    text, facts = tools.error("run_algorithm", graph_id=karate, name="density", save_as="x")
    assert facts["field"] == "save_as"
    assert "neither by node nor by edge" in text
    assert tools.data("describe_graph", graph_id=karate)["version"] == 1
