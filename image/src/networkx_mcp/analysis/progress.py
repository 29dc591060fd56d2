"""What a worker has found so far: written to a memfd, where it is still to be read when the worker was ended.

The API makes the memfd and hands it to the job; the bytes that a worker writes are bounded as its files are.
"""

from __future__ import annotations

import os
import struct
from typing import Any

import msgspec

from networkx_mcp.arrays import memfd

#: Bytes that are read of what a worker told; more is not told.
MOST_BYTES = 4 * 1024 * 1024
#: Key of the parameters: the index of the descriptor.
KEY = "progress"
_LENGTH = struct.Struct("<I")
_encode = msgspec.msgpack.Encoder().encode


class Progress:
    """The worker's end. What is told lasts; without a descriptor it goes nowhere."""

    def __init__(self, fd: int | None = None) -> None:
        """`fd` is this object's from now on."""
        self._file = None if fd is None else os.fdopen(fd, "wb", buffering=0)
        self._left = MOST_BYTES

    def tell(self, facts: dict[str, Any]) -> None:
        """Have `facts`, JSON-safe, be read should the worker be ended from now on."""
        if self._file is None:
            return
        body = _encode(facts)
        self._left -= len(body) + _LENGTH.size
        if self._left >= 0:
            self._file.write(_LENGTH.pack(len(body)) + body)


class Told:
    """The API's end."""

    def __init__(self) -> None:
        self.fd = memfd.open_unsealed("progress")

    def read(self) -> list[dict[str, Any]]:
        """All that was told in whole."""
        data = memoryview(os.pread(self.fd, MOST_BYTES, 0))
        found = []
        while len(data) >= _LENGTH.size:
            (size,) = _LENGTH.unpack_from(data)
            body = data[_LENGTH.size : _LENGTH.size + size]
            if len(body) < size:
                break
            found.append(msgspec.msgpack.decode(body))
            data = data[_LENGTH.size + size :]
        return found

    def close(self) -> None:
        """Free it."""
        os.close(self.fd)
