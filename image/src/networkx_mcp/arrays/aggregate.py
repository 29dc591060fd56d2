"""Values of edges that stand several times as one value: sums, means, extremes, the first, the last, lists. Vectorised by attribute."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from networkx_mcp.arrays import functions as pc
from networkx_mcp.arrays.columns import EXACT, Column, encode_values

Aggregate: TypeAlias = Literal["sum", "count", "min", "max", "mean", "first", "last", "list"]
AGGREGATES: Final[tuple[Aggregate, ...]] = ("sum", "count", "min", "max", "mean", "first", "last", "list")

_Rows = NDArray[np.int64]


class Aggregated(NamedTuple):
    """One value for each group that has any."""

    groups: _Rows
    values: Column
    #: Whether the values are none that `how` is for, so that the first of each group was taken.
    first_taken: bool = False


def aggregate(how: Aggregate, groups: _Rows, values: Column) -> Aggregated:
    """The values of each group as one, missing ones left out; `groups[k]` is that of value k. `count` takes the first.

    Sums and means are of numbers, extremes of numbers, texts and true/false. ValueError where a sum is no finite number.
    """
    there = np.flatnonzero(values.values.is_valid().to_numpy(zero_copy_only=False))
    groups, values = groups[there], values.take(pa.array(there))
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    found = ordered[starts]
    if not len(found):
        return Aggregated(found, values)
    ends = np.append(starts[1:], len(order)) - 1
    if how == "last":
        return Aggregated(found, values.take(pa.array(order[ends])))
    if how == "list":
        plain = values.take(pa.array(order)).to_list()
        return Aggregated(found, encode_values([plain[a : b + 1] for a, b in zip(starts, ends, strict=True)]))
    if how in ("sum", "mean") and values.kind in ("int", "float", "number"):
        return Aggregated(found, _total(values.take(pa.array(order)), starts, ends, mean=how == "mean"))
    if how in ("min", "max") and values.kind != "json":
        order = np.lexsort((_ranks(values), groups))
        return Aggregated(found, values.take(pa.array(order[starts if how == "min" else ends])))
    return Aggregated(found, values.take(pa.array(order[starts])), how not in ("first", "count"))


def _total(values: Column, starts: _Rows, ends: _Rows, *, mean: bool) -> Column:
    """Sums or means of runs of numbers."""
    numbers = values.values.to_numpy(zero_copy_only=False)
    with np.errstate(over="ignore"):
        sums = np.add.reduceat(numbers.astype(np.float64), starts)
    if not np.isfinite(sums).all():
        raise ValueError("a sum is larger than numbers can be")
    if mean:
        return Column("float", pa.array(sums / (ends - starts + 1)))
    if values.kind == "float":
        return Column("float", pa.array(sums))
    if values.kind == "int":
        if np.abs(np.add.reduceat(np.abs(numbers.astype(np.float64)), starts)).max() < 2**62:
            return Column("int", pa.array(np.add.reduceat(numbers, starts)))
        plain = numbers.tolist()
        return encode_values([sum(plain[a : b + 1]) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)])
    assert values.integral is not None
    whole = np.logical_and.reduceat(values.integral.to_numpy(zero_copy_only=False).astype(bool), starts)
    return Column("number", pa.array(sums), pa.array(whole & (np.abs(sums) <= EXACT)))


def _ranks(values: Column) -> NDArray[np.generic]:
    """Numbers in the order of the values; texts stand by their code points."""
    if values.kind != "string":
        found: NDArray[np.generic] = values.values.to_numpy(zero_copy_only=False)
        return found
    encoded = values.values.dictionary_encode()
    ranks = np.empty(len(encoded.dictionary), np.int64)
    ranks[pc.sort_indices(encoded.dictionary).to_numpy()] = np.arange(len(ranks))
    of_values: NDArray[np.generic] = ranks[encoded.indices.to_numpy()]
    return of_values
