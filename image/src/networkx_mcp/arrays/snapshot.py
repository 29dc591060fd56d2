"""The compressed form of a graph, as the store keeps it.

    magic "NXG" | version byte | raw size, 8 bytes | XXH3-64 of the rest, 8 bytes | zstd of the stream

(little endian). The stream is `layout`'s, with the adjacency only: edge table, entry rows and hash
index follow from it and would double the size. Everything is checked on the way in, so that bytes
from a store or a backup can do no worse than raise ValueError (`layout.read_foreign`, `soundness`).
"""

from __future__ import annotations

import struct

import pyarrow as pa
from xxhash import xxh3_64_intdigest

from networkx_mcp.arrays import layout, soundness

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


#: What a graph in memory may be larger than the stream of its snapshot: edge table, entry rows and hash index follow from it.
GROWTH = 3


def stated_size(data: bytes) -> int:
    """Bytes that the snapshot says it inflates to, by its first bytes alone. ValueError when it is none.

    `unpack` inflates no more than that, so what is done with a snapshot can be decided by it, whoever wrote it."""
    if len(data) < _HEAD.size:
        raise ValueError("corrupt snapshot: too short")
    magic, version, size, _ = _HEAD.unpack_from(data)
    if magic != _MAGIC:
        raise ValueError("not a snapshot of a graph")
    if version != VERSION:
        raise ValueError(f"a snapshot of version {version}; this program reads {VERSION}")
    return int(size)


def raw_size(data: bytes) -> int:
    """As `stated_size`, with the checksum of all that follows. ValueError when it does not hold."""
    size = stated_size(data)
    digest = _HEAD.unpack_from(data)[3]
    if xxh3_64_intdigest(memoryview(data)[_HEAD.size :]) != digest:
        raise ValueError("corrupt snapshot: the checksum differs")
    return size


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
    try:
        buffer = layout.read_foreign(raw)
        soundness.check(buffer)
    except (pa.ArrowException, RecursionError, OverflowError) as error:
        raise ValueError(f"corrupt snapshot: {str(error)[:200]}") from error
    return buffer
