"""The hash index of the id table: open addressing with linear probing, stored in the buffer itself.

A slot holds the row of an id, or -1. The table has a power of two slots, at least 1.5 for each id, so
a lookup sees about two slots; no dict is built when a graph is attached. The hash is XXH3 with a
random seed kept in the graph's metadata, so nobody can choose ids that collide.
"""

from __future__ import annotations

from itertools import repeat

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

EMPTY = -1


def slots_for(n: int) -> int:
    """Number of slots for `n` ids: the power of two at or above 1.5 n + 1, so one stays empty."""
    return 1 << max(3, (n + n // 2).bit_length())


def build(ids: pa.Array, seed: int) -> NDArray[np.int32]:
    """The index of `ids` (Arrow binary, all different), in rounds of vectorised insertion."""
    n = len(ids)
    mask = slots_for(n) - 1
    slots = np.full(mask + 1, EMPTY, np.int32)
    hashes = np.fromiter(map(xxh3_64_intdigest, ids.to_pylist(), repeat(seed)), np.uint64, n)
    rows = np.arange(n, dtype=np.int32)
    at = (hashes & np.uint64(mask)).astype(np.int64)
    while rows.size:
        free = slots[at] == EMPTY
        # several rows may write one free slot: the last one stays, the others see it taken and go on
        slots[at[free]] = rows[free]
        lost = slots[at] != rows
        rows, at = rows[lost], (at[lost] + 1) & mask
    return slots


def find(key: bytes, seed: int, slots: memoryview, offsets: memoryview, data: memoryview) -> int:
    """Row of the encoded id `key`, or -1.

    `slots` and `offsets` are int32 views, `data` holds the encoded ids: row r is
    `data[offsets[r]:offsets[r + 1]]`.
    """
    mask = len(slots) - 1
    slot = xxh3_64_intdigest(key, seed) & mask
    row: int
    while (row := slots[slot]) >= 0:
        if data[offsets[row] : offsets[row + 1]] == key:
            return row
        slot = (slot + 1) & mask
    return EMPTY
