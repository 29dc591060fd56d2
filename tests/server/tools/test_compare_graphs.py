"""compare_graphs on a real server: both versions, results kept by both, views, pages, and errors that name the argument."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.server.tools.conftest import Tools


@pytest.fixture
def two(make_graph: Callable[..., str]) -> tuple[str, str]:
    a = make_graph(edges=[["ATL", "JFK"], ["ATL", "BOS"], ["ATL", "SFO"], ["JFK", "BOS"]])
    return a, make_graph(edges=[["ATL", "JFK"], ["JFK", "BOS"], ["JFK", "SFO"]])


def test_both_versions_are_told_and_results_are_kept_by_both(tools: Tools, two: tuple[str, str]) -> None:
    a, b = two

    def versions() -> tuple[int, int, bool]:
        data = tools.data("compare_graphs", a=a, b=b)
        assert [data[side]["graph_id"] for side in ("a", "b")] == [a, b]
        return data["a"]["version"], data["b"]["version"], data.get("cached", False)

    assert versions() == (1, 1, False)
    assert versions() == (1, 1, True)
    for graph_id, expected in ((b, (1, 2)), (a, (2, 2))):
        tools.data("edit_graph", graph_id=graph_id, edits=[{"action": "add_nodes", "nodes": ["LAX"]}])
        assert versions() == (*expected, False)
        assert versions() == (*expected, True)
    swapped = tools.data("compare_graphs", a=b, b=a)
    assert "cached" not in swapped
    assert (swapped["edges"]["only_a"], swapped["edges"]["only_b"]) == (1, 2)


def test_what_if_is_a_view_of_the_same_graph(tools: Tools, two: tuple[str, str]) -> None:
    a, b = two
    for arguments in ({"a": a}, {"a": a, "b": a}):
        data = tools.data("compare_graphs", view={"without": ["ATL"]}, **arguments)
        assert (data["a"]["nodes"], data["b"]["nodes"], data["view"]) == (4, 3, {"nodes": 3, "edges": 1})
        assert data["cut_off"] == ["SFO"]
    seen = tools.data("compare_graphs", a=a, b=b, view={"edges": "s.id <> 'JFK'"})
    assert (seen["b"]["edges"], seen["view"]["edges"]) == (1, 1)
    assert tools.data("compare_graphs", a=a, view='{"without": ["ATL"]}')["view"]["nodes"] == 3


def test_pages_lead_through_all_rows(tools: Tools, two: tuple[str, str]) -> None:
    a, b = two
    rows: list[Any] = []
    offset: int | None = 0
    while offset is not None:
        data = tools.data("compare_graphs", a=a, b=b, limit=2, offset=offset)
        rows += data["rows"]
        offset = data["next_offset"]
    assert [row[:2] for row in rows] == [
        ["edge_only_a", ["ATL", "BOS"]],
        ["edge_only_a", ["ATL", "SFO"]],
        ["edge_only_b", ["JFK", "SFO"]],
    ]
    assert tools.lines("compare_graphs", a=a, b=b, limit=2)[-1] == ["truncated: 2 of 3 rows; call again with offset=2"]


def test_graphs_that_are_the_same_say_so_in_a_line(tools: Tools, make_graph: Callable[..., str]) -> None:
    a, b = make_graph(edges=[[1, 2]]), make_graph(edges=[[2, 1]])
    lines = tools.text("compare_graphs", a=a, b=b).splitlines()
    assert lines[1] == "the same: nodes, edges and attributes"
    assert lines[-1] == "no rows"


@pytest.mark.parametrize(
    ("arguments", "field", "said"),
    [
        ({}, "b", "give a view"),
        ({"view": {}}, "b", "give a view"),
        ({"b": "no-such"}, None, "no-such"),
        ({"view": {"without": ["XXX"]}}, "view.without[0]", "XXX"),
        ({"view": {"nodes": "town = 1"}}, "view.nodes", "town"),
        ({"view": {"without": ["ATL"]}, "rows": "edge_betweenness"}, "rows", "betweenness"),
        ({"view": {"without": ["ATL"]}, "rows": "in_degree"}, "rows", "directed"),
    ],
)
def test_an_error_names_the_argument(
    tools: Tools, two: tuple[str, str], arguments: dict[str, Any], field: str | None, said: str
) -> None:
    text, facts = tools.error("compare_graphs", **{"a": two[0], **arguments})
    assert facts.get("field") == field
    assert said in text


def test_graphs_of_two_kinds_are_refused(tools: Tools, two: tuple[str, str], make_graph: Callable[..., str]) -> None:
    text, facts = tools.error("compare_graphs", a=two[0], b=make_graph(directed=True))
    assert (facts["error"], facts["field"]) == ("invalid_input", "b")
    assert "a is undirected and b is not" in text
