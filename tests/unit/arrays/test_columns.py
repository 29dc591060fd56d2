"""Attribute columns: every JSON value comes back with its type; rare names do not cost rows x names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.unit.arrays.graphs import attributes, json_values, typed

from networkx_mcp.arrays.columns import FILL, MAX_COLUMNS, MISSING, Assembler, AttributeTable, concat, encode_values

homogeneous = st.one_of(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1),
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1),
    st.lists(st.booleans(), min_size=1),
    st.lists(st.text(st.characters(codec="utf-8"), max_size=5), min_size=1),
    st.lists(st.integers(-100, 100) | st.floats(-5, 5), min_size=1),
    st.lists(json_values, min_size=1),
)


@given(homogeneous)
@example([2**63])
@example([1, 1.0, True, "1", None])
@example([2**53, 0.5])
@example([2**53 + 1, 0.5])
@example([-0.0, 0])
def test_values_come_back_as_they_were(values: list[Any]) -> None:
    column = encode_values(values)
    assert typed(column.to_list()) == typed(values)
    assert typed([column.get(row) for row in range(len(values))]) == typed(values)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2], "int"),
        ([1.0], "float"),
        ([True], "bool"),
        (["a"], "string"),
        ([1, 2.5], "number"),
        ([1, 2**53 + 1, 0.5], "json"),
        ([2**63], "json"),
        ([None, 1], "json"),
        ([True, 1], "json"),
        ([[1]], "json"),
    ],
)
def test_the_kind_is_the_narrowest_that_is_exact(values: list[Any], kind: str) -> None:
    assert encode_values(values).kind == kind


@given(st.lists(homogeneous, min_size=1, max_size=4))
@example([[1], [0.5], [2**60]])
@example([[2**60], [0.5]])
@example([[1, 0.5], [2**60]])
def test_columns_of_different_kinds_join_without_loss(parts: list[list[Any]]) -> None:
    joined = concat([encode_values(part) for part in parts])
    assert typed(joined.to_list()) == typed([value for part in parts for value in part])


@given(st.lists(attributes, max_size=40))
def test_a_table_holds_each_row(rows: list[dict[str, Any]]) -> None:
    table = build(rows)
    assert typed(table.dicts()) == typed(rows)
    assert typed([table.row(row) for row in range(len(rows))]) == typed(rows)
    for name in {name for row in rows for name in row}:
        column = table.column(name)
        assert column is not None
        assert typed(column.to_list()) == typed([row.get(name, MISSING) for row in rows])
    assert table.column("no such") is None
    assert set(table.names()) == {name for row in rows for name in row}


@given(st.lists(attributes, max_size=40), st.lists(attributes, max_size=10), st.data())
def test_an_older_table_is_carried_over_row_by_row(
    old: list[dict[str, Any]], new: list[dict[str, Any]], data: st.DataObject
) -> None:
    kept = data.draw(st.permutations(range(len(old)))) if old else []
    kept = kept[: data.draw(st.integers(0, len(kept)))]
    assembler = Assembler(len(kept) + len(new))
    assembler.base(build(old), np.array([*kept, *[-1] * len(new)], np.int64))
    for row, given_ in enumerate(new, len(kept)):
        assembler.put(row, given_)
    assert typed(assembler.build().dicts()) == typed([*(old[row] for row in kept), *new])


def test_null_is_a_value_and_missing_is_none() -> None:
    table = build([{"a": None}, {}, {"a": 1}])
    assert table.dicts() == [{"a": None}, {}, {"a": 1}]


def test_a_name_that_few_rows_have_gets_no_column() -> None:
    rows: list[dict[str, Any]] = [{"common": 1} for _ in range(FILL * 10)]
    for row in range(10):
        rows[row]["at the bound"] = row
    for row in range(9):
        rows[row]["rare"] = row
    table = build(rows)
    assert set(table.columns) == {"common", "at the bound"}
    assert table.dicts() == rows


def test_many_names_cost_what_their_values_cost() -> None:
    rows = [{f"name {row}": row} for row in range(5000)]
    table = build(rows)
    assert not table.columns
    assert table.rest is not None
    assert table.rest.values.nbytes < 5000 * 64
    assert table.dicts() == rows


def test_there_are_at_most_so_many_columns() -> None:
    rows = [{f"name {number}": number for number in range(MAX_COLUMNS + 1)}]
    table = build(rows)
    assert len(table.columns) == MAX_COLUMNS
    assert table.dicts() == rows


def test_columns_that_became_rare_are_given_up() -> None:
    few = build([{"a": 1}] * 10)
    source = np.full(10 * 2 * FILL + 1, -1)
    source[:10] = np.arange(10)
    assembler = Assembler(len(source))
    assembler.base(few, source)
    table = assembler.build()
    assert not table.columns
    assert table.dicts()[:10] == [{"a": 1}] * 10


def test_null_in_a_given_column_is_missing() -> None:
    assembler = Assembler(3)
    assembler.put_column("a", np.arange(3), encode_values([1, 2, 3]).take(pa.array([0, None, 2])))
    assert assembler.build().dicts() == [{"a": 1}, {}, {"a": 3}]


def test_numbers_for_algorithms() -> None:
    table = build([{"w": 1, "i": 2, "any": 2**70, "text": "a"}, {"w": 2.5, "any": True}, {"i": 3, "any": 0.5}])
    assert table.numbers("w", 1.0).tolist() == [1.0, 2.5, 1.0]
    assert table.numbers("i", 0.0).tolist() == [2.0, 0.0, 3.0]
    assert table.numbers("any", 0.0).tolist() == [2.0**70, 1.0, 0.5]
    assert table.numbers("no such", 7.0).tolist() == [7.0, 7.0, 7.0]
    with pytest.raises(ValueError, match="row 0 has \"a\" for 'text', which is no number"):
        table.numbers("text", 1.0)


def build(rows: list[dict[str, Any]]) -> AttributeTable:
    assembler = Assembler(len(rows))
    for row, given_ in enumerate(rows):
        assembler.put(row, given_)
    return assembler.build()
