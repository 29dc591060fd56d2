"""Columns from outside (Arrow, numpy, lists) as ids and attributes of a graph, vectorised."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from networkx_mcp.arrays import functions as pc
from networkx_mcp.arrays.columns import Column, encode_values
from networkx_mcp.arrays.ids import MAX_ID_BYTES, check_id, encode_id
from networkx_mcp.arrays.values import check_attributes
from networkx_mcp.errors import InvalidInput


class Encoded(NamedTuple):
    """Ids of another graph, as they stand there: encoded (see `arrays.ids`), and so not checked again."""

    ids: pa.Array


def encode_ids(values: Any, field: str) -> pa.Array:
    """Encoded ids (Arrow binary) of a column: Arrow or numpy integers or text, `Encoded`, or a list of ids."""
    if isinstance(values, Encoded):
        return values.ids
    if isinstance(values, (list, tuple)):
        return pa.array([encode_id(check_id(v, f"{field}[{k}]")) for k, v in enumerate(values)], pa.binary())
    array = _flat(values)
    if pa.types.is_dictionary(array.type):
        return encode_ids(array.dictionary, field).take(array.indices)
    if array.null_count:
        row = int(np.flatnonzero(array.is_null().to_numpy(zero_copy_only=False))[0])
        raise InvalidInput("a node id is missing.", field=field, at=f"{field}[{row}]")
    if pa.types.is_integer(array.type):
        try:
            numbers = array.cast(pa.int64()).to_numpy()
        except pa.ArrowInvalid:
            raise InvalidInput("an integer beyond 64 bits; make the column text.", at=field) from None
        raw = np.empty((len(numbers), 9), np.uint8)
        raw[:, 0] = ord("i")
        raw[:, 1:] = numbers.astype("<i8").view(np.uint8).reshape(-1, 8)
        offsets = np.arange(0, 9 * len(numbers) + 1, 9, dtype=np.int32)
        return pa.BinaryArray.from_buffers(pa.binary(), len(numbers), [None, pa.py_buffer(offsets), pa.py_buffer(raw)])
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type) or pa.types.is_string_view(array.type):
        array = array.cast(pa.string()).cast(pa.binary())
        if len(array) and pc.max(pc.binary_length(array)).as_py() > MAX_ID_BYTES:
            row = pc.index(pc.greater(pc.binary_length(array), MAX_ID_BYTES), True).as_py()
            check_id(array[row].as_py().decode(), f"{field}[{row}]")
        return pc.binary_join_element_wise(pa.scalar(b"s"), array, pa.scalar(b""))
    raise InvalidInput(f"a node id is a string or an integer, not {array.type}.", at=field)


def encode_column(values: Any, field: str) -> Column:
    """An attribute column, null where missing: Arrow or numpy array, or a list of JSON values.

    In a list None means missing too. Dates and the like become text, nested values JSON. A Column passes.
    """
    if isinstance(values, Column):
        return values
    if not isinstance(values, (list, tuple)):
        array = _flat(values)
        kind = array.type
        if pa.types.is_dictionary(kind):
            array = array.dictionary_decode()
            kind = array.type
        if pa.types.is_integer(kind):
            if not pa.types.is_uint64(kind) or not len(array) or (pc.max(array).as_py() or 0) < 2**63:
                return Column("int", array.cast(pa.int64()))
        elif pa.types.is_floating(kind):
            array = array.cast(pa.float64())
            finite = pc.is_finite(array)
            if pc.all(finite).as_py() is False:
                row = pc.index(finite, False).as_py()
                raise InvalidInput(
                    f"{array[row].as_py()} is not JSON; leave the value out.", field=field, at=f"{field}[{row}]"
                )
            return Column("float", array)
        elif pa.types.is_boolean(kind):
            return Column("bool", array)
        elif not pa.types.is_nested(kind) and not pa.types.is_binary(kind) and not pa.types.is_null(kind):
            try:
                return Column("string", array.cast(pa.string()))
            except pa.ArrowException:
                pass
        values = array.to_pylist()
    present = [row for row, value in enumerate(values) if value is not None]
    checked = check_attributes({str(row): values[row] for row in present}, field)
    dense = encode_values(list(checked.values()))
    if len(present) == len(values):
        return dense
    source = np.full(len(values), -1, np.int64)
    source[present] = np.arange(len(present))
    return dense.take(pa.array(source, mask=source < 0))


def _flat(values: Any) -> pa.Array:
    """One contiguous Arrow array."""
    array = values if isinstance(values, (pa.Array, pa.ChunkedArray)) else pa.array(np.asarray(values))
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
