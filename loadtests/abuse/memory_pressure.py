"""Processes of nobody that touch fresh memory as fast as workers under bombs do.

Where a virtual machine gets its memory from its host page by page, whoever touches much of it stops both cores for tens of
milliseconds, and every process on them with it. What the server's neighbours suffer beside hogs is the machine's part of what
they suffer beside memory bombs.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from loadtests.processes import MIB

#: As many, as nice and as large at once as workers with matrices of 5,000 x 5,000 numbers.
HOGS, NICE, BLOCK_MIB = 3, 5, 191


@contextmanager
def hogs(mib_per_second: float) -> Iterator[list[int]]:
    """HOGS that together touch `mib_per_second` of fresh memory until the block ends; their pids."""
    spawn = multiprocessing.get_context("spawn")
    started = [spawn.Process(target=_touch, args=(mib_per_second / HOGS,), daemon=True) for _ in range(HOGS)]
    for process in started:
        process.start()
    try:
        yield [process.pid or 0 for process in started]
    finally:
        for process in started:
            process.kill()
            process.join()


def _touch(mib_per_second: float) -> None:
    """One hog: a block after the other, each when it is due or as soon as can be."""
    os.nice(NICE)
    due = time.monotonic()
    while True:
        np.ones(BLOCK_MIB * MIB // 8)  # numpy writes every page and gives them back at once
        due = max(due + BLOCK_MIB / mib_per_second, time.monotonic() - 1.0)
        time.sleep(max(0.0, due - time.monotonic()))
