"""Values of an answer are JSON whatever networkx returns; tables are cut while they are made."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from networkx_mcp.analysis.result import MAX_ROWS, MAX_TEXT, MAX_VALUES, Values, table

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.complex_numbers(),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.frozensets(st.integers() | st.text())
    ),
    max_leaves=20,
)


@given(anything)
@settings(max_examples=60, deadline=None)
def test_whatever_it_is_becomes_strict_json(value: object) -> None:
    json.dumps(Values().json(value), allow_nan=False)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        (3, 3),
        (2.5, 2.5),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "nan"),
        (np.float64("inf"), "inf"),
        (np.int32(4), 4),
        (np.bool_(True), True),
        (2**63 - 1, 2**63 - 1),
        (2**63, "9223372036854775808"),
        (-(2**63) - 1, "-9223372036854775809"),
        (1 + 0j, 1.0),
        (1 + 2j, [1.0, 2.0]),
        ((1, "a"), [1, "a"]),
        ({3, 1, 2}, [1, 2, 3]),
        ({1: "a"}, {"1": "a"}),
        (np.array([[1, 2]]), [[1, 2]]),
        (b"\x01\xff", "01ff"),
    ],
)
def test_values_keep_what_they_mean(value: object, expected: object) -> None:
    found = Values().json(value)
    assert found == expected
    assert type(found) is type(expected)


def test_what_was_changed_is_said() -> None:
    values = Values()
    values.json([math.inf, 2**70, "x" * (MAX_TEXT + 1), 1j])
    assert len(values.notes.lines) == 4
    quiet = Values()
    quiet.json([1.0, 2**62, "x" * MAX_TEXT])
    assert quiet.notes.lines == []


def test_huge_integers_do_not_stall() -> None:
    assert Values().json(1 << 10_000_000) == "an integer of 10000001 bits"


def test_nested_lists_are_cut() -> None:
    values = Values(max_items=3)
    assert values.json([[1, 2, 3], [1, 2, 3, 4]]) == [[1, 2, 3], [1, 2, 3]]
    assert values.notes.lines == ["Lists inside of rows are cut at 3 items."]
    deep: list[object] = []
    for _ in range(100):
        deep = [deep]
    assert "nested deeper" in str((Values().json(deep), (v := Values()).json(deep), v.notes.lines)[2])


def counting(made: list[int]) -> Iterator[list[int]]:
    while True:
        made.append(1)
        yield [len(made)]


def test_an_endless_iterator_is_read_one_row_past_the_limit() -> None:
    made: list[int] = []
    answer = table(["value"], counting(made), limit=5, offset=10)
    assert [row[0] for row in answer["rows"]] == [11, 12, 13, 14, 15]
    assert len(made) == 16
    assert (answer["total"], answer["truncated"], answer["next_offset"]) == (None, True, 15)


def test_the_total_is_told_where_it_is_known() -> None:
    assert table(["v"], iter([[1], [2]]), limit=2)["total"] == 2
    assert table(["v"], [[1], [2], [3]], limit=2)["total"] == 3
    assert table(["v"], iter([[1]]), limit=2, offset=5)["rows"] == []


def test_an_answer_is_bounded_whatever_is_asked() -> None:
    made: list[int] = []
    answer = table(["v"], counting(made), limit=10**9)
    assert len(answer["rows"]) == MAX_ROWS
    wide = table(["v"], ([[0] * 1000] for _ in range(10_000)), limit=10_000)
    assert sum(len(row[0]) for row in wide["rows"]) <= MAX_VALUES + 1000
    assert wide["truncated"] is True
