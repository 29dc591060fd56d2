"""The compressed form of a graph, as the store keeps it.

    magic "NXG" | version byte | raw size, 8 bytes | XXH3-64 of the rest, 8 bytes | zstd of the stream

(little endian). The stream is `layout`'s, with the adjacency only: edge table, entry rows and hash
index follow from it and would double the size. Everything is checked on the way in, so that bytes
from a store or a backup can do no worse than raise ValueError.
"""

from __future__ import annotations

import struct

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from . import layout

_HEAD = struct.Struct("<3sBQQ")
_MAGIC = b"NXG"
VERSION = 1
#: zstd level: 3 costs 20 ms at 100K nodes and 300K edges; higher ones win little on integers.
_LEVEL = 3


def pack(buffer: layout.Buffer) -> bytes:
    """The snapshot of the given arrays."""
    sink = pa.BufferOutputStream()
    buffer.write(sink)
    raw = sink.getvalue()
    data: bytes = pa.Codec("zstd", compression_level=_LEVEL).compress(raw, asbytes=True)
    return _HEAD.pack(_MAGIC, VERSION, raw.size, xxh3_64_intdigest(data)) + data


def raw_size(data: bytes) -> int:
    """Bytes that the snapshot says it inflates to. ValueError when it is none."""
    if len(data) < _HEAD.size:
        raise ValueError("corrupt snapshot: too short")
    magic, version, size, digest = _HEAD.unpack_from(data)
    if magic != _MAGIC:
        raise ValueError("not a snapshot of a graph")
    if version != VERSION:
        raise ValueError(f"a snapshot of version {version}; this program reads {VERSION}")
    if xxh3_64_intdigest(memoryview(data)[_HEAD.size :]) != digest:
        raise ValueError("corrupt snapshot: the checksum differs")
    return int(size)


def unpack(data: bytes, max_bytes: int) -> layout.Buffer:
    """The inverse of `pack`, checked. ValueError when corrupt or larger than `max_bytes`."""
    size = raw_size(data)
    if size > max_bytes:
        raise ValueError(f"the snapshot inflates to {size} bytes; at most {max_bytes} are allowed")
    try:
        # the output buffer has the stated size: a stream that holds more is an error, not an allocation
        raw = pa.Codec("zstd").decompress(memoryview(data)[_HEAD.size :], decompressed_size=size)
    except (pa.ArrowException, OSError, MemoryError) as error:
        raise ValueError(f"corrupt snapshot: {error}") from error
    if raw.size != size:
        raise ValueError("corrupt snapshot: the size differs")
    buffer = layout.read(raw)
    header = buffer.header
    _check_ids(buffer.ids, header.n)
    wanted = {"out_indptr", "out_indices"} | ({"in_indptr", "in_indices"} if header.directed else set())
    if set(buffer.arrays) != wanted:
        raise ValueError("corrupt snapshot: other arrays than expected")
    for name in ("out", "in") if header.directed else ("out",):
        _check_csr(buffer.arrays[f"{name}_indptr"], buffer.arrays[f"{name}_indices"], header.n)
    for table in (buffer.nodes, buffer.edges):
        for column in [*table.columns.values(), *([table.rest] if table.rest else [])]:
            try:
                column.values.validate(full=True)
            except pa.ArrowException as error:
                raise ValueError(f"corrupt snapshot: {error}") from error
    return buffer


def _check_ids(ids: pa.Array, n: int) -> None:
    if len(ids) != n:
        raise ValueError("corrupt snapshot: the number of ids differs")
    if not n:
        return
    try:
        ids.validate(full=True)
        if ids.null_count or len(ids.unique()) != n:
            raise ValueError("corrupt snapshot: ids missing or repeated")
        _, offsets_, data_ = ids.buffers()
        offsets = np.frombuffer(offsets_, np.int32)[: n + 1]
        lengths = np.diff(offsets)
        if lengths.min() < 1:
            raise ValueError("corrupt snapshot: an id without type")
        tags = np.frombuffer(data_, np.uint8)[offsets[:-1]]
        if not np.where(tags == ord("i"), lengths == 9, tags == ord("s")).all():
            raise ValueError("corrupt snapshot: an id of unknown type")
        ids.filter(pa.array(tags == ord("s"))).cast(pa.string()).validate(full=True)
    except pa.ArrowException as error:
        raise ValueError(f"corrupt snapshot: {error}") from error


def _check_csr(indptr: NDArray[np.int32], indices: NDArray[np.int32], n: int) -> None:
    if indptr.dtype != np.int32 or indices.dtype != np.int32:
        raise ValueError("corrupt snapshot: offsets of another type")
    if len(indptr) != n + 1 or indptr[0] != 0 or indptr[-1] != len(indices) or (np.diff(indptr) < 0).any():
        raise ValueError("corrupt snapshot: broken offsets")
    if len(indices) and (indices.min() < 0 or indices.max() >= n):
        raise ValueError("corrupt snapshot: an edge to no node")
