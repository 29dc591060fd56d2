"""What a model reads: compact, unambiguous, bounded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networkx_mcp.analysis import result
from networkx_mcp.analysis.result import MAX_VALUES
from networkx_mcp.arrays.edits import AddEdges, AddNodes, SetGraphAttributes
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.graphs.model import GraphInfo, GraphPage, View
from networkx_mcp.store.protocol import Head
from networkx_mcp.tools.analysis_answer import table_answer
from networkx_mcp.tools.answer import (
    MAX_ATTRIBUTES_CHARACTERS,
    MAX_CHARACTERS,
    MAX_VALUE_CHARACTERS,
    Answer,
    Clipper,
    beginning,
    clip,
    fitting,
    show,
    show_as,
    show_attributes,
    to_json,
)
from networkx_mcp.tools.describe_graph import overview
from networkx_mcp.tools.get_subgraph import subgraph_answer
from networkx_mcp.tools.graph_summary import page

IDS = st.one_of(st.text(), st.integers(-(2**63), 2**63 - 1))


def read(text: str) -> str | int:
    """An id as a reader takes it from the text."""
    if text.startswith('"'):
        return str(json.loads(text))
    try:
        return int(text)
    except ValueError:
        return text


@given(IDS)
def test_an_id_that_is_shown_can_be_read_back_as_the_same_id(node: str | int) -> None:
    assert read(show(node)) == node
    assert type(read(show(node))) is type(node)


@given(IDS)
def test_an_id_is_shown_within_one_cell_of_one_line(node: str | int) -> None:
    assert "\n" not in show(node)
    assert "\t" not in show(node)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        ("1", '"1"'),
        ("alice", "alice"),
        ("Alice Smith", '"Alice Smith"'),
        ("note", '"note"'),
        ("a:b", '"a:b"'),
        ("\u202e", '"\\u202e"'),
        ("a@b.example/c-d_e+f", "a@b.example/c-d_e+f"),
        ("true", '"true"'),
        (True, "true"),
        ("null", '"null"'),
        (None, "null"),
        ("", '""'),
        ("-", '"-"'),
        (0.25, "0.25"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1764403200.25, "1764403200.25"),
        (47.3768866, "47.3768866"),
        (float("inf"), "inf"),
        (["a", 1], '["a",1]'),
        ("tab\there", '"tab\\there"'),
        ("ends ", '"ends "'),
    ],
)
def test_values_are_shown_plain_where_they_cannot_be_misread(value: object, text: str) -> None:
    assert show(value) == text


def test_attributes_are_shown_in_one_line() -> None:
    attributes = {"weight": 2, "since year": 2019, "kind": "close friend", "tags": ["a b"]}
    assert show_attributes(attributes) == 'weight=2 "since year"=2019 kind="close friend" tags=["a b"]'


def test_a_value_at_the_limit_is_shown_and_a_longer_one_is_named() -> None:
    fits = "x" * (MAX_VALUE_CHARACTERS - 2)
    assert clip(fits) == fits
    assert (
        clip(fits + "x") == f"<{MAX_VALUE_CHARACTERS + 1} characters, not shown: GET /graphs/{{graph_id}} carries it>"
    )


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("score", 0.1 + 0.2, "0.3"),
        ("score", 123456.789, "123456.789"),
        ("score", 99999.4, "99999.4"),
        ("modularity", 1 / 3, "0.333333"),
        ("distance", 0.1 + 0.2, "0.30000000000000004"),
        ("value", 1234567.25, "1234567.25"),
        ("score", 7, "7"),
    ],
)
def test_only_computed_scores_are_rounded(column: str, value: object, text: str) -> None:
    assert show_as(column, value) == text


def test_a_distance_keeps_its_digits_in_the_table_and_a_score_is_short() -> None:
    value = {**table([[1, "a", 0.123456789]], 1), "columns": ["rank", "node", "distance"]}
    assert table_answer("t", "g", 3, value, offset=0).text.splitlines()[2] == "1\ta\t0.123456789"
    assert (
        table_answer("t", "g", 3, table([[1, "a", 0.123456789]], 1), offset=0).text.splitlines()[2] == "1\ta\t0.123457"
    )


@given(
    st.recursive(
        st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_a_beginning_fits_and_is_of_the_same_type(value: object) -> None:
    whole = len(to_json(value))
    assert beginning(value, whole) is value
    for most in (200, 400):
        cut = beginning(value, most)
        assert type(cut) is type(value)
        assert len(to_json(cut)) <= most


def test_a_computed_list_that_is_too_long_keeps_the_items_that_fit_and_says_so() -> None:
    nodes = [f"node-{number:08d}" for number in range(1000)]
    value = {**table([[1, 1000, nodes], [2, 2, ["a", "b"]]], 2), "columns": ["community", "size", "nodes"]}
    answer = table_answer("find_communities", "g", 3, value, offset=0, fewer="members")
    shown = answer.data["rows"][0][2]
    assert shown == nodes[: len(shown)]
    assert MAX_VALUE_CHARACTERS - 20 < len(to_json(shown)) <= MAX_VALUE_CHARACTERS
    assert answer.data["rows"][1][2] == ["a", "b"]
    note = f"`nodes` of row 1 is the first {len(shown)} of 1000: ask for fewer `members`."
    assert answer.data["notes"] == [f"Lists that are too long to show are cut: {note}"]
    assert note in answer.text
    assert "GET /graphs" not in answer.text


@pytest.mark.parametrize(("count", "cut"), [(50, False), (51, True)])
def test_a_list_beside_the_table_is_shown_from_its_beginning(count: int, cut: bool) -> None:
    value = {**table([], 0), "articulation_points": list(range(count)), "articulation_points_total": count}
    answer = table_answer("find_components", "g", 3, value, offset=0)
    assert "articulation_points=[0,1,2," in answer.text
    assert ("note: `articulation_points` above: the first 50 of 51." in answer.text) is cut
    assert answer.data["articulation_points"] == list(range(count))


def test_a_list_beside_the_table_is_bounded_in_the_data_too() -> None:
    points = ["x" * 500 + str(number) for number in range(300)]
    value = {**table([], 0), "articulation_points": points[:100], "articulation_points_total": 300}
    answer = table_answer("find_components", "g", 3, value, offset=0)
    kept = len(answer.data["articulation_points"])
    assert 10 < kept < 20
    assert answer.data["notes"] == [f"`articulation_points`: the first {kept} of 300."]
    assert len(answer.text) < MAX_VALUE_CHARACTERS


# --- every answer is bounded


def test_attributes_are_shown_as_far_as_they_fit() -> None:
    clipped = Clipper()
    few = {f"a{number}": "x" * 1000 for number in range(15)}
    assert clipped(few) == few
    assert clipped.notes() == []
    many = {f"a{number}": number for number in range(50_000)}
    shown = clipped(many)
    assert list(shown) == list(many)[: len(shown)]
    assert MAX_ATTRIBUTES_CHARACTERS // 2 < len(to_json(shown)) <= MAX_ATTRIBUTES_CHARACTERS + len(shown)
    assert clipped.notes() == ["Too many attributes to show at 1 places: GET /graphs/{graph_id} carries all."]


def test_an_attribute_with_a_long_name_is_left_out() -> None:
    assert Clipper()({"x" * MAX_ATTRIBUTES_CHARACTERS: 1}) == {}


@given(
    st.dictionaries(
        st.text(max_size=101), st.text(max_size=101) | st.integers() | st.floats(allow_nan=False), max_size=11
    )
)
def test_what_is_told_without_encoding_fits(attributes: dict[str, object]) -> None:
    assert Clipper()(attributes) == attributes


def view(edits: list[object]) -> View:
    state = GraphState(directed=False)
    state.apply(edits)
    info = GraphInfo(graph_id="g", version=1, directed=False, nodes=state.n, edges=state.m)
    head = Head(
        graph_id="g",
        uid="u",
        version=1,
        snapshot_version=0,
        snapshot_bytes=0,
        log_operations=1,
        log_bytes=0,
        nodes=state.n,
        edges=state.m,
        meta=b"",
        created=0,
        updated=0,
    )
    return View(state, head, info)


def sizes(answer: Answer) -> tuple[int, int]:
    return len(answer.text), len(to_json(answer.data))


HUGE = {f"attribute {number}": "x" * 7000 for number in range(100)}


def test_a_graph_of_huge_attributes_is_described_within_the_bound() -> None:
    everywhere = view([SetGraphAttributes(HUGE), AddNodes(["a", "b"], [HUGE, HUGE]), AddEdges([("a", "b")], [HUGE])])
    answer = overview(everywhere, 0, 500)
    assert max(sizes(answer)) < 1.2 * MAX_CHARACTERS
    assert answer.data["notes"] == ["Too many attributes to show at 4 places: GET /graphs/{graph_id} carries all."]
    assert f"note: {answer.data['notes'][0]}" in answer.text
    assert answer.data["page_nodes"]
    assert answer.data["truncated"]


def test_a_page_of_no_rows_names_no_next_page() -> None:
    graph = view([AddNodes(["a", "b"])])
    none = overview(graph, 0, 0)
    assert (none.data["truncated"], none.data["next_offset"]) == (False, None)
    assert "truncated" not in none.text
    one = overview(graph, 0, 1)
    assert (one.data["truncated"], one.data["next_offset"]) == (True, 1)


def test_a_page_of_graphs_with_long_descriptions_ends_early_and_names_the_next() -> None:
    infos = [
        GraphInfo(graph_id=f"g{number}", version=1, directed=False, nodes=0, edges=0, description="x" * 2000)
        for number in range(100)
    ]
    shown, lines, following = page(GraphPage(items=infos, next="z"))
    assert 20 < len(shown) == len(lines) < 25
    assert sum(map(len, lines)) <= MAX_CHARACTERS
    assert following == shown[-1].graph_id
    assert page(GraphPage(items=infos[:3], next="z"))[2] == "z"
    assert page(GraphPage(items=[], next=None)) == ([], [], None)


def subgraph(nodes: int, attributes: dict[str, object]) -> dict[str, object]:
    def part(columns: list[str], rows: list[list[object]]) -> dict[str, object]:
        return {"columns": columns, "rows": rows, "total": len(rows), "truncated": False}

    return {
        "nodes": part(["node", "attributes"], [[number, dict(attributes)] for number in range(nodes)]),
        "edges": part(
            ["source", "target", "attributes"], [[number, number + 1, dict(attributes)] for number in range(nodes - 1)]
        ),
        "directed": False,
        "truncated": False,
        "notes": [],
    }


def test_a_subgraph_ends_early_and_says_where_its_edges_go_on() -> None:
    answer = subgraph_answer("g", 1, subgraph(100, {"text": "x" * 1900}))
    assert max(sizes(answer)) < 1.2 * MAX_CHARACTERS
    shown, edges = len(answer.data["nodes"]["rows"]), answer.data["edges"]
    assert 10 < shown < 14
    assert 10 < len(edges["rows"]) == edges["next_offset"] < 14
    assert answer.data["truncated"]
    assert answer.data["nodes"]["truncated"]
    assert edges["truncated"]
    assert "ended early" in answer.data["notes"][-1]
    assert f"{shown} of 100 nodes" in answer.text
    assert answer.text.endswith(
        f"truncated: edges 1 to {edges['next_offset']} of 99; call again with offset_edges={edges['next_offset']}"
    )


def test_later_pages_of_a_subgraph_have_edges_alone() -> None:
    value: Any = subgraph(100, {})
    value["edges"]["rows"] = value["edges"]["rows"][90:]
    answer = subgraph_answer("g", 1, value, 90)
    assert answer.data["nodes"]["rows"] == []
    assert [row[:2] for row in answer.data["edges"]["rows"]] == [[n, n + 1] for n in range(90, 99)]
    assert answer.data["edges"]["next_offset"] is None
    assert answer.text.startswith("g version 1: page of edges among 100 nodes, 9 of 99 edges")


def test_a_subgraph_that_fits_is_whole() -> None:
    answer = subgraph_answer("g", 1, subgraph(10, {"text": "x" * 1900}))
    assert not answer.data["truncated"]
    assert answer.data["notes"] == []
    assert [len(answer.data[part]["rows"]) for part in ("nodes", "edges")] == [10, 9]


def test_lines_fit_up_to_the_bound_and_one_always_does() -> None:
    rows = [(number, "a" * 9) for number in range(3)]
    assert fitting(rows, 30) == ([0, 1, 2], ["a" * 9] * 3)
    assert fitting(rows, 29) == ([0, 1], ["a" * 9] * 2)
    assert fitting([(0, "a" * 99)], 10) == ([0], ["a" * 99])
    assert fitting([], 10) == ([], [])


def test_no_row_is_made_behind_the_first_that_does_not_fit() -> None:
    made = []

    def row(number: int) -> tuple[int, str]:
        made.append(number)
        return number, "a" * 9

    assert fitting(map(row, range(9)), 20) == ([0, 1], ["a" * 9] * 2)
    assert made == [0, 1, 2]


def table(rows: list[list[object]], total: int | None, offset: int | None = None) -> dict[str, object]:
    return {
        "columns": ["rank", "node", "score"],
        "rows": rows,
        "total": total,
        "truncated": offset is not None,
        "next_offset": offset,
        "notes": [],
        "measure": "pagerank",
        "weight": None,
        "algorithm": "pagerank",
        "engine": "networkx",
        "seconds": 0.001,
        "exact": True,
    }


def result_table(rows: list[list[object]], budget: int) -> dict[str, object]:
    """What a worker makes of rows, with at most `budget` values."""
    made = result.table(["node", "value"], rows, limit=result.MAX_ROWS, values=result.Values(budget=budget))
    return {**table([], None), **made}


def test_a_table_is_one_row_a_line_and_says_how_to_get_the_rest() -> None:
    answer = table_answer("rank_nodes", "g", 3, table([[1, "a", 0.5], [2, 7, 0.25]], 10, 2), offset=0)
    assert answer.text.splitlines() == [
        "rank_nodes of g version 3: exact measure=pagerank weight=none",
        "rank\tnode\tscore",
        "1\ta\t0.5",
        "2\t7\t0.25",
        "truncated: 2 of 10 rows; call again with offset=2",
    ]


def test_text_and_data_carry_the_same_rows_even_when_the_page_ends_early() -> None:
    rows: list[list[object]] = [[n, "x" * 6_000, 0.5] for n in range(100)]
    answer = table_answer("rank_nodes", "g", 3, table(rows, 100), offset=0)
    kept = len(answer.data["rows"])
    assert 1 < kept < 100
    assert answer.data["truncated"]
    assert sum(line.startswith(tuple("0123456789")) for line in answer.text.splitlines()) == kept


class Unread(list[object]):
    """A row that nobody may look at."""

    def __iter__(self) -> Iterator[object]:
        raise AssertionError("a row behind the end of the page was looked at")

    def __getitem__(self, place: object) -> object:
        raise AssertionError("a row behind the end of the page was looked at")


def test_rows_behind_the_end_of_a_page_cost_the_event_loop_nothing() -> None:
    rows: list[list[object]] = [*([n, "x" * 6_000, 0.5] for n in range(20)), *(Unread() for _ in range(20))]
    answer = table_answer("rank_nodes", "g", 3, table(rows, 40), offset=0)
    assert len(answer.data["rows"]) == answer.data["next_offset"] == MAX_CHARACTERS // 6_010


def test_what_does_not_fit_of_a_subgraph_costs_the_event_loop_nothing() -> None:
    value: Any = subgraph(100, {"text": "x" * 1900})
    for part in ("nodes", "edges"):
        value[part]["rows"] = value[part]["rows"][:14]
    value["nodes"]["rows"] += [Unread() for _ in range(86)]
    answer = subgraph_answer("g", 1, value)
    assert [len(answer.data[part]["rows"]) for part in ("nodes", "edges")] == [12, 12]


@pytest.mark.parametrize("value", [1, "a", None])
@pytest.mark.parametrize("width", [1, 3, 20])
def test_a_worker_sends_at_least_the_values_that_an_answer_shows(width: int, value: object) -> None:
    """However short the values: with more of them from the worker the same page would be shown."""
    rows: list[list[object]] = [[value] * width for _ in range(30_000)]
    whole, sent = (table_answer("x", "g", 1, result_table(rows, budget), offset=0) for budget in (10**9, MAX_VALUES))
    assert sent.data["rows"] == whole.data["rows"]
    assert sent.data["next_offset"] == whole.data["next_offset"]


def test_a_page_that_ends_early_names_the_row_to_go_on_with() -> None:
    rows: list[list[object]] = [[n, "x" * 6_000, 0.5] for n in range(50)]
    answer = table_answer("rank_nodes", "g", 3, table(rows, 100, 70), offset=20)
    assert answer.data["next_offset"] == 20 + len(answer.data["rows"])


def test_a_last_page_that_ends_early_can_be_gone_on_with_too() -> None:
    rows: list[list[object]] = [[n, "x" * 6_000, 0.5] for n in range(50)]
    answer = table_answer("rank_nodes", "g", 3, table(rows, 70), offset=20)
    kept = len(answer.data["rows"])
    assert kept < 50
    assert answer.data["next_offset"] == 20 + kept
    assert f"call again with offset={20 + kept}" in answer.text
    assert table_answer("measure_graph", "g", 3, table(rows, 50), offset=None).data["next_offset"] is None


def test_an_approximation_says_so_with_its_parameters_and_seed() -> None:
    value = {**table([[1, "a", 0.5]], 1), "exact": False, "sample": 10, "seed": 0}
    answer = table_answer("rank_nodes", "g", 3, value, offset=0)
    assert (
        answer.text.splitlines()[0]
        == "rank_nodes of g version 3: approximate measure=pagerank weight=none sample=10 seed=0"
    )
    assert (answer.data["accuracy"], answer.data["exact"], answer.data["seed"]) == ("approximate", False, 0)


def test_no_rows_are_named() -> None:
    assert table_answer("rank_nodes", "g", 3, table([], 0), offset=0).text.endswith("no rows")
