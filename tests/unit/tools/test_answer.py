"""What a model reads: compact, unambiguous, bounded."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networkx_mcp.tools.answer import MAX_VALUE_CHARACTERS, clip, show, show_attributes
from networkx_mcp.tools.tables import table_answer

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
        ("Alice Smith", "Alice Smith"),
        ("true", '"true"'),
        (True, "true"),
        ("null", '"null"'),
        (None, "null"),
        ("", '""'),
        ("-", '"-"'),
        (0.25, "0.25"),
        (0.1 + 0.2, "0.3"),
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


def test_a_table_is_one_row_a_line_and_says_how_to_get_the_rest() -> None:
    answer = table_answer("rank_nodes", "g", 3, table([[1, "a", 0.5], [2, 7, 0.25]], 10, 2), offset=0)
    assert answer.text.splitlines() == [
        "rank_nodes of g version 3: exact measure=pagerank",
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
    assert answer.text.splitlines()[0] == "rank_nodes of g version 3: approximate measure=pagerank sample=10 seed=0"
    assert (answer.data["accuracy"], answer.data["exact"], answer.data["seed"]) == ("approximate", False, 0)


def test_no_rows_are_named() -> None:
    assert table_answer("rank_nodes", "g", 3, table([], 0), offset=0).text.endswith("no rows")
