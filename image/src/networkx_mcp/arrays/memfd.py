"""Sealed memfds: a graph's bytes, shared by processes without a file system and without a copy.

`/dev/shm` is 64 MB in a container; a memfd has no such bound, counts to the memory of the
container, and vanishes with its last descriptor or mapping. After sealing nobody, the creator
included, can change or resize it, so a mapping can be trusted for as long as it lives.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterable
from typing import Any

from networkx_mcp import platform


def open_unsealed(name: str) -> int:
    """A new, empty, writable memfd (close-on-exec); `seal` it when it is written."""
    return platform.memory_file(name)


def seal(fd: int) -> None:
    """Make the memfd immutable. OSError where a writable mapping of it still exists."""
    platform.seal(fd)


def is_sealed(fd: int) -> bool:
    """Whether `fd` is a memfd that nobody can change any more."""
    return platform.is_sealed(fd)


def create(name: str, buffers: Iterable[Any]) -> int:
    """A sealed memfd that holds the buffers (anything memoryview takes) one after another.

    The caller closes it.
    """
    fd = open_unsealed(name)
    try:
        for buffer in buffers:
            view = memoryview(buffer).cast("B")
            while view:
                view = view[os.write(fd, view) :]
        seal(fd)
    except BaseException:
        os.close(fd)
        raise
    return fd


def attach(fd: int) -> memoryview:
    """The contents, mapped read-only, without a copy. The mapping outlives the descriptor.

    ValueError when `fd` is not sealed: its contents could change under the reader.
    """
    if not is_sealed(fd):
        raise ValueError("the descriptor is not a sealed memfd")
    size = os.fstat(fd).st_size
    if size == 0:
        return memoryview(b"")
    return memoryview(mmap.mmap(fd, size, mmap.MAP_SHARED, mmap.PROT_READ))
