"""Edges that stand several times become one edge: what Python makes of the values of each, one after another, is the oracle."""

from __future__ import annotations

import io
import math
from collections import defaultdict
from collections.abc import Callable
from statistics import fmean
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.formats.files import LIMITS, refused

from networkx_mcp.arrays import formats
from networkx_mcp.arrays.aggregate import AGGREGATES
from networkx_mcp.arrays.builder import GraphBuilder
from networkx_mcp.arrays.formats import Reading
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import InvalidInput, LimitExceeded

#: Payments, some in the other direction, one without an amount.
PAYMENTS = "payer,payee,amount,day,memo\na,b,5,2024-01-02,rent\na,b,7,2024-01-01,\nb,a,1.5,2024-02-01,back\na,c,,2024-03-01,x\n"


def load(text: str, **options: Any) -> tuple[dict[Any, Any], Reading]:
    found = formats.load(io.BytesIO(text.encode()), "csv", {"source": "payer", "target": "payee", **options}, LIMITS)
    return {(u, v): data for u, v, data in GraphState(found.graph).edges(data=True)}, found.reading


@pytest.mark.parametrize(
    ("how", "edge"),
    [
        ("sum", {"amount": 12.0, "day": "2024-01-02", "memo": "rent"}),
        ("mean", {"amount": 6.0, "day": "2024-01-02", "memo": "rent"}),
        ("min", {"amount": 5.0, "day": "2024-01-01", "memo": "rent"}),
        ("max", {"amount": 7.0, "day": "2024-01-02", "memo": "rent"}),
        ("first", {"amount": 5.0, "day": "2024-01-02", "memo": "rent"}),
        ("last", {"amount": 7.0, "day": "2024-01-01", "memo": "rent"}),
        ("update", {"amount": 7.0, "day": "2024-01-01", "memo": "rent"}),
        ("skip", {"amount": 5.0, "day": "2024-01-02", "memo": "rent"}),
        ("list", {"amount": [5.0, 7.0], "day": ["2024-01-02", "2024-01-01"], "memo": ["rent"]}),
        ("count", {"amount": 5.0, "day": "2024-01-02", "memo": "rent", "count": 2}),
    ],
)
def test_rows_of_one_edge_become_one(how: str, edge: dict[str, Any]) -> None:
    edges, reading = load(PAYMENTS, directed=True, duplicates=how)
    assert edges["a", "b"] == edge
    assert ("amount" in edges["a", "c"]) is False
    assert (reading.merged_edges, reading.skipped_edges) == ((0, 1) if how == "skip" else (1, 0))
    if how in ("sum", "mean"):
        assert f"attribute 'day' has no numbers to {how}: the first value was kept" in reading.lines()
    if how == "count":
        assert edges["b", "a"]["count"] == 1


def test_the_other_direction_of_an_undirected_edge_is_told() -> None:
    edges, reading = load(PAYMENTS, duplicates="sum")
    assert edges["a", "b"]["amount"] == 13.5
    assert "2 repeated edges were merged: attributes have the sum" in reading.lines()
    assert any("1 of the repeated edges stand in the other direction: option directed=true" in n for n in reading.notes)
    assert "direction" not in str(load(PAYMENTS, duplicates="sum", directed=False)[1].notes)


ROWS = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from("abc"),
        st.none() | st.integers(-5, 5),
        st.none() | st.sampled_from([0.5, -1.25, 3.0]),
        st.none() | st.sampled_from(["x", "y", "Z"]),
    ),
    min_size=1,
    max_size=12,
)


ORACLES: dict[str, Callable[[list[Any]], Any]] = {
    "sum": sum, "mean": fmean, "min": min, "max": max, "list": list, "first": lambda v: v[0], "last": lambda v: v[-1]
}  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(ROWS, st.sampled_from(sorted(ORACLES)), st.booleans())
def test_groups_have_what_python_makes_of_them(rows: list[Any], how: Any, directed: bool) -> None:
    builder = GraphBuilder(directed, duplicates=how)
    groups: dict[Any, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for u, v, *values in rows:
        there = {name: value for name, value in zip("ift", values, strict=True) if value is not None}
        builder.add_edge(u, v, there)
        of_edge = groups[(u, v) if directed else tuple(sorted((u, v)))]
        for name, value in there.items():
            of_edge[name].append(value)
    graph = GraphState(builder.freeze())
    assert graph.m == len(groups)
    for (u, v), values_by_name in groups.items():
        found = graph.edge_attributes(u, v)
        assert found.keys() == values_by_name.keys()
        for name, values in values_by_name.items():
            of_text = name == "t" and how in ("sum", "mean")
            expected = values[0] if of_text else ORACLES[how](values)
            assert type(found[name]) is type(expected)
            assert found[name] == expected or math.isclose(found[name], expected)


def test_sums_beyond_64_bits_stay_exact_and_beyond_numbers_are_refused() -> None:
    builder = GraphBuilder(False, duplicates="sum")
    for _ in range(3):
        builder.add_edge("a", "b", {"n": 2**62, "mixed": 1})
    builder.add_edge("b", "a", {"mixed": 0.5})
    assert GraphState(builder.freeze()).edge_attributes("a", "b") == {"n": 3 * 2**62, "mixed": 3.5}
    builder = GraphBuilder(False, duplicates="sum")
    for _ in range(2):
        builder.add_edge("a", "b", {"x": 1.7e308})
    with pytest.raises(InvalidInput, match=r"edges\.x: a sum is larger than numbers can be"):
        builder.freeze()


def test_a_list_beyond_the_limit_of_a_value_is_refused() -> None:
    builder = GraphBuilder(False, duplicates="list", value_bytes=1024)
    for _ in range(300):
        builder.add_edge("a", "b", {"x": 12345})
    with pytest.raises(LimitExceeded, match="of attribute"):
        builder.freeze()


def test_count_needs_its_name() -> None:
    error = refused("source,target,count\na,b,1\na,b,2\n", "csv", duplicates="count")
    assert "an attribute of that name" in error.message


def test_how_is_one_of_a_few() -> None:
    with pytest.raises(InvalidInput, match="option duplicates is 'total'") as caught:
        load(PAYMENTS, duplicates="total")
    assert all(how in caught.value.message for how in ("error", "update", "skip", *AGGREGATES))
