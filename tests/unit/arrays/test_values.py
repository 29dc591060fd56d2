"""Attribute values: JSON, and nothing else."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.arrays.graphs import json_values

from networkx_mcp.arrays.values import MAX_DEPTH, MAX_INT_BITS, check_attributes, is_number
from networkx_mcp.errors import InvalidInput


def nested(depth: int) -> Any:
    value: Any = 1
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


@given(json_values)
def test_every_json_value_is_allowed(value: Any) -> None:
    check_attributes({"a": value}, "attributes")


@pytest.mark.parametrize(
    ("given_", "field", "says"),
    [
        ({"a": float("nan")}, "at.a", "nan is not JSON. Leave the attribute out"),
        ({"a": [1, float("inf")]}, "at.a[1]", "inf is not JSON"),
        ({"a": {"b": float("-inf")}}, "at.a.b", "-inf is not JSON"),
        ({"a": (1,)}, "at.a", "a tuple is no JSON value"),
        ({"a": b"x"}, "at.a", "a bytes is no JSON value"),
        ({"a": "\ud800"}, "at.a", "lone surrogate"),
        ({"\ud800": 1}, "at", "lone surrogate"),
        ({1: 1}, "at", 'write "1" instead of 1'),
        ({"a": {True: 1}}, "at.a", "attribute names are text"),
        ([1], "at", "not a list"),
        (None, "at", "not null"),
        ({"a": 2**1023}, "at.a", "an integer of 1024 bits"),
        ({"a": -(2**1024 - 1)}, "at.a", "an integer of 1024 bits"),
        ({"a": 2**MAX_INT_BITS}, "at.a", f"at most {MAX_INT_BITS} are allowed. Send it as a string"),
        ({"a": nested(MAX_DEPTH + 1)}, None, f"nest deeper than {MAX_DEPTH}"),
    ],
)
def test_anything_else_is_refused_with_the_place_and_the_fix(given_: Any, field: str | None, says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_attributes(given_, "at")
    assert says in caught.value.message
    if field is not None:
        assert caught.value.data["field"] == field


def test_the_deepest_and_the_largest_allowed() -> None:
    check_attributes({"a": nested(MAX_DEPTH), "b": 2**MAX_INT_BITS - 1, "c": -(2**80)}, "at")


@given(st.integers(0, MAX_INT_BITS).flatmap(lambda bits: st.integers(-(2**bits) + 1, 2**bits - 1)))
def test_every_integer_that_is_allowed_is_a_finite_float(number: int) -> None:
    check_attributes({"a": number}, "at")
    assert math.isfinite(float(number))


@pytest.mark.parametrize("value", [True, None, "1", math.inf, math.nan, 2**1024 - 1, -(10**400)])
def test_what_is_no_number_that_floats_hold(value: Any) -> None:
    assert not is_number(value)


@pytest.mark.parametrize("value", [0, -1.5, 2**1023, 1e308])
def test_what_is_a_number_that_floats_hold(value: Any) -> None:
    assert is_number(value)
