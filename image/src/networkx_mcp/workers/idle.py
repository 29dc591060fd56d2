"""Workers that have answered and wait for another job of their tenant."""

from __future__ import annotations

import asyncio

from networkx_mcp.workers.process import WorkerProcess

#: Seconds that a worker waits for another job before it goes, so that an idle server holds none.
IDLE_SECONDS = 30.0
#: Jobs of one worker. What a library keeps of each is bounded by this and by `worker.RETAINED_BYTES`.
MAX_JOBS = 1000


class IdleWorkers:
    """The idle workers of one process, the one that waits longest first."""

    def __init__(self) -> None:
        self._tenants: dict[WorkerProcess, str] = {}
        self._timers: dict[WorkerProcess, asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        return len(self._tenants)

    def pids(self) -> list[int]:
        """Their process ids."""
        return [worker.pid for worker in self._tenants]

    def take(self, tenant: str) -> WorkerProcess | None:
        """The worker of this tenant that worked last, None where there is none."""
        for worker, whose in reversed(self._tenants.items()):
            if whose == tenant and worker.reason is None and not worker.gone:
                self.forget(worker)
                return worker
        return None

    def put(self, worker: WorkerProcess, tenant: str) -> None:
        """Keep a worker until it is taken, has waited too long or is in the way."""
        self._tenants[worker] = tenant
        loop = asyncio.get_running_loop()
        self._timers[worker] = loop.call_later(IDLE_SECONDS, self._end, worker)

    def end_longest(self) -> None:
        """End the one that waits longest: its slot is wanted."""
        if self._tenants:
            self._end(next(iter(self._tenants)))

    def end_all(self) -> None:
        """End all of them."""
        for worker in list(self._tenants):
            self._end(worker)

    def forget(self, worker: WorkerProcess) -> None:
        """It was taken, or is gone."""
        if self._tenants.pop(worker, None) is not None:
            self._timers.pop(worker).cancel()

    def _end(self, worker: WorkerProcess) -> None:
        self.forget(worker)
        worker.kill("idle")
