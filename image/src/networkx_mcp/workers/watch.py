"""The bound of a worker's memory where the kernel sets none: the API looks at it, and kills the worker that passes it."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Sequence

from networkx_mcp import platform
from networkx_mcp.settings import MIB
from networkx_mcp.workers.process import WorkerProcess

#: Seconds between two looks.
EVERY = 0.02
#: Bytes of libraries, whose pages count to the resident set once they are touched, though all workers share them.
LIBRARIES = 128 * MIB


@contextlib.asynccontextmanager
async def bounded(worker: WorkerProcess, reservation: int, fds: Sequence[int]) -> AsyncIterator[None]:
    """Kill the worker where its resident set grows by more than `reservation` bytes and what it is handed in `fds`; nothing
    where the worker bounds itself."""
    if platform.BOUNDS_MEMORY:
        yield
        return
    most = worker.base_rss_kib * 1024 + LIBRARIES + reservation + sum(os.fstat(fd).st_size for fd in fds)
    watching = asyncio.create_task(_watch(worker, most))
    try:
        yield
    finally:
        watching.cancel()


async def _watch(worker: WorkerProcess, most: int) -> None:
    while not worker.gone:
        if platform.resident_kib(worker.pid) * 1024 > most:
            worker.kill("memory_limit")
            return
        await asyncio.sleep(EVERY)
