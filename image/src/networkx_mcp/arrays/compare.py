"""Two graphs side by side: which nodes and edges only one of them has, and which attributes of what both have differ.

Vectorised and linear in both; nothing of an item is decoded before its row is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from networkx_mcp.arrays import functions as pc
from networkx_mcp.arrays.columns import EXACT, MISSING, AttributeTable, Column
from networkx_mcp.arrays.compose import edges_there, find_rows
from networkx_mcp.arrays.deferred import BYTES
from networkx_mcp.arrays.distinct import distinct
from networkx_mcp.arrays.frozen import FrozenGraph

Rows = NDArray[np.int64]
_NUMBERS = ("int", "float", "number")


class Matched(NamedTuple):
    """Nodes, or edges, of two graphs by their rows: `only_a`, `only_b`, and those of both, `both_a[k]` is `both_b[k]`."""

    only_a: Rows
    only_b: Rows
    both_a: Rows
    both_b: Rows


class Differences(NamedTuple):
    """Attributes that differ: of pair `pair[k]` that of name `names[name[k]]`, by pair, then by name."""

    names: list[str]
    pair: Rows
    name: Rows

    @property
    def pairs(self) -> int:
        """Nodes, or edges, that differ in any."""
        return len(distinct(self.pair))


def nodes(a: FrozenGraph, b: FrozenGraph) -> Matched:
    """The nodes of two graphs, matched by id."""
    return _matched(find_rows(a, b), a.n)


def edges(a: FrozenGraph, b: FrozenGraph) -> Matched:
    """The edges of two graphs, matched by their ends. ValueError where one is directed and the other is not."""
    if a.directed != b.directed:
        raise ValueError("one graph is directed and the other is not")
    row_of = find_rows(a, b)
    return _matched(edges_there(a, row_of[b.src], row_of[b.dst]), a.m)


def _matched(there: Rows, rows: int) -> Matched:
    """`there`: for each row of b that in a, or -1."""
    both_b = np.flatnonzero(there >= 0)
    both_a = there[both_b]
    order = np.argsort(both_a)
    left = np.ones(rows, bool)
    left[both_a] = False
    return Matched(np.flatnonzero(left), np.flatnonzero(there < 0), both_a[order], both_b[order])


def differences(a: AttributeTable, b: AttributeTable, both: Matched) -> Differences:
    """Where a pair has an attribute with two values, or only one of it has it. Numbers are compared as numbers: 1 is 1.0."""
    rare_a, rare_b = _rare(a, both.both_a), _rare(b, both.both_b)
    names = sorted(
        {name for table in (a, b) for name, column in table.columns.items() if column.count}
        | rare_a.keys()
        | rare_b.keys()
    )
    of_a, of_b = pa.array(both.both_a), pa.array(both.both_b)
    found_pairs, found_names = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for place, name in enumerate(names):
        left = a.columns[name].take(of_a) if name in a.columns else None
        right = b.columns[name].take(of_b) if name in b.columns else None
        differs = _differs(left, right, len(both.both_a))
        # what stands outside of columns, on either side
        for one in {**rare_a.get(name, {}), **rare_b.get(name, {})}:
            differs[one] = not equal(_value(rare_a, left, name, one), _value(rare_b, right, name, one))
        pairs = np.flatnonzero(differs)
        found_pairs.append(pairs)
        found_names.append(np.full(len(pairs), place, np.int64))
    pair, name_ = np.concatenate(found_pairs), np.concatenate(found_names)
    order = np.lexsort((name_, pair))
    return Differences(names, pair[order], name_[order])


_Rare = dict[str, dict[int, Any]]


def _rare(table: AttributeTable, rows: Rows) -> _Rare:
    """Attributes outside of columns, by name and pair."""
    found: _Rare = {}
    if table.rest is None:
        return found
    pair_of = {int(row): pair for pair, row in enumerate(rows.tolist())}
    for row, attributes in table.rest_rows():
        if (pair := pair_of.get(row)) is not None:
            for name, value in attributes.items():
                found.setdefault(name, {})[pair] = value
    return found


def _value(rare: Mapping[str, Mapping[int, Any]], column: Column | None, name: str, pair: int) -> Any:
    value = rare.get(name, {}).get(pair, MISSING)
    return column.get(pair) if value is MISSING and column is not None else value


def _differs(a: Column | None, b: Column | None, rows: int) -> NDArray[np.bool_]:
    """Which rows of two columns are not the same; of a column that is not there every value is missing."""
    if a is None or b is None:
        there_is = a if b is None else b
        return np.zeros(rows, bool) if there_is is None else _valid(there_is)
    here, there = _valid(a), _valid(b)
    differs: NDArray[np.bool_] = np.not_equal(here, there)
    both = np.flatnonzero(here & there)
    if not len(both):
        return differs
    left, right = a.take(pa.array(both)), b.take(pa.array(both))
    if left.kind in _NUMBERS and right.kind in _NUMBERS and not (_large(left, right) or _large(right, left)):
        unlike = np.not_equal(left.values.to_numpy(zero_copy_only=False), right.values.to_numpy(zero_copy_only=False))
    elif left.kind == right.kind:
        unlike = ~np.array(pc.equal(left.values, right.values).to_numpy(zero_copy_only=False), bool)
        if left.kind == "json":  # the same value has more texts than one
            for row in np.flatnonzero(unlike).tolist():
                unlike[row] = not equal(left.get(row), right.get(row))
    else:
        pairs = zip(left.to_list(), right.to_list(), strict=True)
        unlike = np.fromiter((not equal(x, y) for x, y in pairs), bool, len(both))
    differs[both] = unlike
    return differs


def _valid(column: Column) -> NDArray[np.bool_]:
    return np.array(column.values.is_valid().to_numpy(zero_copy_only=False), bool)


def _large(column: Column, other: Column) -> bool:
    """Whether an integer would be rounded to be compared with a float."""
    if column.kind != "int" or other.kind == "int":
        return False
    values = column.values.to_numpy(zero_copy_only=False)
    return bool(values.max() > EXACT or values.min() < -EXACT)


def equal(a: Any, b: Any) -> bool:
    """Whether two JSON values are the same: 1 is 1.0, and not true."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(value, b[name]) for name, value in a.items())
    return bool(a == b)


def items(graph: FrozenGraph, rows: Sequence[int], *, edges: bool) -> Iterator[Any]:
    """Ids of nodes, or pairs of ids of edges, by row."""
    if not edges:
        yield from graph.ids_of(rows)
        return
    for row in rows:
        yield graph.ids_of([int(graph.src[row]), int(graph.dst[row])])


def short(table: AttributeTable, row: int, name: str) -> Any:
    """One attribute of one row, not decoded where it is long; MISSING where it has none."""
    return table.row(row, BYTES).get(name, MISSING)
