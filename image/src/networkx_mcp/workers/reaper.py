"""Reaps orphans where they end up with this process: as PID 1 of a container, or as a subreaper.

When the zygote dies its workers become our children, and so does whatever else loses its parent in
the container. The zygote itself is `own`: its handle waits for it. Any other zombie is reaped only
when it has been one for a whole round: whoever starts a subprocess in this process waits for it long
before, so no exit status is stolen.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable

from networkx_mcp import platform

#: Seconds between two rounds.
INTERVAL = 2.0


class Reaper:
    """Runs until closed; does nothing where orphans go to somebody else.

    `own` gives the pid of the child that is never reaped here.
    """

    def __init__(self, own: Callable[[], int | None], interval: float = INTERVAL) -> None:
        self._own = own
        self._interval = interval
        self._seen: set[int] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, where it is needed."""
        if platform.receives_orphans():
            self._task = asyncio.create_task(self._loop(), name="compute-reaper")

    async def close(self) -> None:
        """Stop."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def round(self) -> list[int]:
        """Reap what was a zombie in the last round already; the pids that were reaped."""
        zombies = set(platform.zombie_children()) - {self._own()} if platform.child_has_ended() else set()
        reaped = []
        for pid in zombies & self._seen:
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(pid, os.WNOHANG)[0] == pid:
                    reaped.append(pid)
        self._seen = zombies - set(reaped)
        return reaped

    async def _loop(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            self.round()
