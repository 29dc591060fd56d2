"""Whether the arrays of a buffer from elsewhere are those of a graph: what Arrow's own validation cannot know.

`layout.read_foreign` has seen to it that types, lengths and offsets are right and texts are UTF-8. Here: ids are
there, of the two types, each once; adjacency points to nodes; attributes are JSON that any reader of ours can read.
Limits that came later (on the size of a value) are no part of it: a graph that was written before stays readable.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from networkx_mcp.arrays import functions as pc
from networkx_mcp.arrays.columns import EXACT, AttributeTable, Column
from networkx_mcp.arrays.ids import MAX_ID_BYTES
from networkx_mcp.arrays.layout import Buffer
from networkx_mcp.arrays.values import MAX_DEPTH, MAX_INT_BITS

#: Nesting of a JSON text that none of ours reads, whatever it is in: an attribute, or the attributes together.
_DEPTH = MAX_DEPTH + 2
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"')
#: Digits of an integer that has more than MAX_INT_BITS bits for sure.
_DIGITS = len(str(2**MAX_INT_BITS)) + 1
_LONG = re.compile(rb"\d{%d}" % _DIGITS)
_OPEN, _SHUT = (np.zeros(256, np.int8) for _ in range(2))
_OPEN[list(b"[{")], _SHUT[list(b"]}")] = 1, 1
_EXPONENT = re.compile(rb"\d+(?:\.\d+)?[eE][+-]?\d+")
# Well-formed is all that is asked: no objects are made, of which a few KiB could ask for thousands.
_any = msgspec.json.Decoder(msgspec.Raw).decode
_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def check(buffer: Buffer) -> None:
    """ValueError, naming what is wrong, unless `buffer` holds what a snapshot does."""
    header = buffer.header
    check_texts([msgspec.json.encode(header.attributes)], objects=True)
    _check_ids(buffer.ids, header.n)
    wanted = {"out_indptr", "out_indices"} | ({"in_indptr", "in_indices"} if header.directed else set())
    if set(buffer.arrays) != wanted:
        raise ValueError("corrupt snapshot: other arrays than expected")
    for name in ("out", "in") if header.directed else ("out",):
        _check_csr(buffer.arrays[f"{name}_indptr"], buffer.arrays[f"{name}_indices"], header.n)
    for table in (buffer.nodes, buffer.edges):
        _check_table(table)


def _check_ids(ids: pa.Array, n: int) -> None:
    if len(ids) != n:
        raise ValueError("corrupt snapshot: the number of ids differs")
    if not n:
        return
    if ids.null_count or len(ids.unique()) != n:
        raise ValueError("corrupt snapshot: ids missing or repeated")
    _, offsets_, data_ = ids.buffers()
    offsets = np.frombuffer(offsets_, np.int32)[: n + 1]
    lengths = np.diff(offsets)
    if lengths.min() < 1 or lengths.max() > 1 + MAX_ID_BYTES:
        raise ValueError("corrupt snapshot: an id without type, or a longer one than any can be")
    tags = np.frombuffer(data_, np.uint8)[offsets[:-1]]
    if not np.where(tags == ord("i"), lengths == 9, tags == ord("s")).all():
        raise ValueError("corrupt snapshot: an id of unknown type")
    try:
        ids.filter(pa.array(tags == ord("s"))).cast(pa.string()).validate(full=True)
    except pa.ArrowException as error:
        raise ValueError(f"corrupt snapshot: {error}") from error


def _check_csr(indptr: NDArray[np.int32], indices: NDArray[np.int32], n: int) -> None:
    if len(indptr) != n + 1 or indptr[0] != 0 or indptr[-1] != len(indices) or (indptr[1:] < indptr[:-1]).any():
        raise ValueError("corrupt snapshot: broken offsets")
    if len(indices) and (indices.min() < 0 or indices.max() >= n):
        raise ValueError("corrupt snapshot: an edge to no node")


def _check_table(table: AttributeTable) -> None:
    for name, column in table.columns.items():
        _check_column(column, f"attribute {name[:60]!r}")
    if table.rest is not None:
        _check_column(table.rest, "the rest", objects=True)


def _check_column(column: Column, name: str, *, objects: bool = False) -> None:
    values = column.values
    if column.kind == "json":
        try:
            check_texts((text for text in values.cast(pa.binary()).to_pylist() if text is not None), objects=objects)
        except ValueError as error:
            raise ValueError(f"corrupt snapshot: {name}: {error}") from None
    elif column.kind in ("float", "number"):
        if pc.all(pc.is_finite(values)).as_py() is False:
            raise ValueError(f"corrupt snapshot: {name} holds a number that is not finite")
        if column.integral is not None:
            whole = pc.and_(pc.equal(values, pc.floor(values)), pc.less_equal(pc.abs(values), float(EXACT)))
            if pc.any(pc.and_not(column.integral, whole)).as_py():
                raise ValueError(f"corrupt snapshot: {name} marks a number as an integer that is none")


def check_texts(texts: Iterable[bytes], *, objects: bool) -> None:
    """ValueError unless each text is JSON (an object) that is not nested too deeply and has no number past floats."""
    decode = _object if objects else _any
    for text in texts:
        try:
            if len(text) > _DEPTH:  # a shorter one cannot be nested so deeply
                _check_long(text)
            if b"e" in text or b"E" in text:
                _check_exponents(text)
            decode(text)
        except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
            raise ValueError(f"no JSON: {str(error)[:100]}") from None


def _check_long(text: bytes) -> None:
    if text.count(b"[") + text.count(b"{") > _DEPTH and _depth(text) > _DEPTH:
        raise ValueError("JSON that is nested too deeply")
    if len(text) >= _DIGITS and _LONG.search(_STRINGS.sub(b'""', text)):
        raise ValueError("a number of too many digits")


def _check_exponents(text: bytes) -> None:
    for number in _EXPONENT.findall(_STRINGS.sub(b'""', text)):
        if math.isinf(float(number)):
            raise ValueError("a number past the largest float")


def _depth(text: bytes) -> int:
    """Lists and objects inside each other, in a text that may be broken."""
    found = np.frombuffer(_STRINGS.sub(b'""', text), np.uint8)
    return int(np.cumsum(_OPEN[found] - _SHUT[found], dtype=np.int64).max(initial=0))
