"""Columns of other programs in the types that the rest reads: no views, fixed lists, decimals, durations, extensions.

Sizes were checked before (`columnar_types.decoded_bytes`): a view names bytes that others may name as well.
"""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa

from networkx_mcp.arrays import functions as pc
from networkx_mcp.arrays.columns import Column
from networkx_mcp.arrays.formats.reading import Reading
from networkx_mcp.arrays.formats.table import spread

_PER_SECOND: Final = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def plain(column: pa.Array, name: str, reading: Reading) -> pa.Array | Column:
    """The column with the same values. What is no longer as it stood is noted."""
    if column.type == pa.uuid():
        return pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    type_ = column.type
    if pa.types.is_map(type_):
        items = pa.MapArray.from_arrays(column.offsets, column.keys, column.items.cast(_item(type_.item_type)))
        there = [row for row, valid in enumerate(column.is_valid().to_pylist()) if valid]
        return spread(there, [dict(items[row].as_py()) for row in there], len(column))
    if pa.types.is_dictionary(type_) and pa.types.is_string_view(type_.value_type):
        return pa.DictionaryArray.from_arrays(column.indices, column.dictionary.cast(pa.large_string()))
    if pa.types.is_decimal(type_):
        return _numbers(column, name, reading)
    if pa.types.is_duration(type_):
        reading.note(f"column {name[:60]!r} holds durations: they are numbers of seconds")
        return pc.divide(column.cast(pa.int64()).cast(pa.float64()), float(_PER_SECOND[type_.unit]))
    target = _target(type_)
    return column if target == type_ else column.cast(target)


def _numbers(column: pa.Array, name: str, reading: Reading) -> pa.Array | Column:
    """Decimals: integers where they have no fraction by type, else floats."""
    type_ = column.type
    if type_.scale <= 0:
        try:
            return column.cast(pa.int64())
        except pa.ArrowInvalid:  # beyond 64 bits
            rows = [(row, int(value)) for row, value in enumerate(column.to_pylist()) if value is not None]
            return spread([row for row, _ in rows], [value for _, value in rows], len(column))
    floats = column.cast(pa.float64())
    if type_.precision > 15 and not _same(floats, column):
        reading.note(f"column {name[:60]!r} holds decimals of more digits than numbers have: they are rounded")
    return floats


def _same(floats: pa.Array, decimals: pa.Array) -> bool:
    try:
        back = floats.cast(decimals.type)
    except pa.ArrowInvalid:
        return False
    return bool(pc.all(pc.equal(back, decimals), min_count=0).as_py())


def _target(type_: Any) -> Any:
    """The type to cast to; equal where nothing is to be done."""
    types = pa.types
    if types.is_string_view(type_):
        return pa.large_string()
    if types.is_fixed_size_list(type_) or types.is_list(type_):
        return pa.list_(_item(type_.value_type))
    if types.is_large_list(type_):
        return pa.large_list(_item(type_.value_type))
    if types.is_struct(type_):
        fields = [type_.field(k) for k in range(type_.num_fields)]
        return pa.struct([(field.name, _item(field.type)) for field in fields])
    return type_


def _item(type_: Any) -> Any:
    if pa.types.is_decimal(type_):
        return pa.float64()
    if pa.types.is_temporal(type_):
        return pa.string()
    return _target(type_)
