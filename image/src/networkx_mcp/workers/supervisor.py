"""Keeps one zygote alive and hands out its workers.

A zygote that ends is replaced, at once the first time and with a growing pause when it keeps ending.
One worker is forked ahead (a spare), so that a heavy call does not pay for the fork; it still runs a
single job. A spare is refilled when a worker has ended, not while one runs.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Sequence

from networkx_mcp import errors
from networkx_mcp.workers import worker_exit
from networkx_mcp.workers.process import WorkerProcess, count_exit
from networkx_mcp.workers.zygote_client import ZygoteClient

logger = logging.getLogger("networkx_mcp.workers")

#: A zygote that was warm for this long (seconds) was well: its successor starts at once.
_STABLE_SECONDS = 1.0
_BACKOFF_FIRST, _BACKOFF_MAX = 0.25, 5.0


class Supervisor:
    """One per process. `spares` is how many workers are forked ahead."""

    def __init__(self, *, spares: int = 1, modules: Sequence[str] = ()) -> None:
        self._spare_target = spares
        self._modules = tuple(modules)
        self._zygote: ZygoteClient | None = None
        self._spares: deque[WorkerProcess] = deque()
        self._ready = asyncio.Event()
        self._dead_since: float | None = time.monotonic()
        self._task: asyncio.Task[None] | None = None
        self._refills: set[asyncio.Task[None]] = set()
        self._closing = False
        #: Whether the log has said that there is no sandbox.
        self._said = False
        self.restarts = 0

    @property
    def alive(self) -> bool:
        """Whether a zygote is warm and forks."""
        return self._dead_since is None

    @property
    def dead_seconds(self) -> float:
        """How long there has been no warm zygote, in seconds; 0 while there is one."""
        return 0.0 if self._dead_since is None else time.monotonic() - self._dead_since

    @property
    def zygote_pid(self) -> int | None:
        """Pid of the running zygote."""
        return self._zygote.pid if self._zygote is not None else None

    def worker_pids(self) -> list[int]:
        """Pids of all workers that have not ended, the spare included."""
        return self._zygote.worker_pids() if self._zygote is not None else []

    def spare_pids(self) -> list[int]:
        """Pids of workers that wait for a job."""
        return [worker.pid for worker in self._spares]

    async def start(self) -> None:
        """Start the first zygote and return while it warms up."""
        self._dead_since = time.monotonic()
        self._task = asyncio.create_task(self._keep_alive(), name="compute-supervisor")

    async def wait_ready(self, timeout: float) -> bool:
        """Wait for a warm zygote; False when `timeout` seconds were not enough."""
        try:
            async with asyncio.timeout(timeout):
                await self._ready.wait()
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        """End all workers and the zygote."""
        self._closing = True
        self._ready.clear()
        tasks = [task for task in (self._task, *self._refills) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._zygote is not None:
            await self._zygote.close("shutdown")
        self._zygote = None
        self._dead_since = self._dead_since or time.monotonic()
        self._ready.set()  # whoever waits sees that we are closing

    async def worker(self, timeout: float) -> WorkerProcess:
        """A worker that waits for its job: a spare, else a new fork.

        Raises errors.Unavailable when there is no zygote within `timeout` seconds. A cancelled wait
        leaves the worker to the next call.
        """
        give_up = time.monotonic() + timeout
        while not self._closing:
            for spare in self._spares:
                if spare.reason is None:  # else it was killed with its zygote, and leaves when it is gone
                    self._spares.remove(spare)
                    return spare
            if not await self.wait_ready(give_up - time.monotonic()):
                break
            zygote = self._zygote
            if zygote is None or zygote.lost:
                self._ready.clear()
                continue
            try:
                return await zygote.fork(self._adopt)
            except errors.Unavailable:
                if zygote.lost and time.monotonic() < give_up:
                    continue  # it died before the job began: the next one may run it
                raise
        if self._closing:
            raise worker_exit.shutdown_error()
        raise worker_exit.zygote_error()

    def refill(self) -> None:
        """Fork spares up to the target, in the background."""
        if self._closing or self._zygote is None or self._zygote.lost or self._refills:
            return
        if len(self._spares) < self._spare_target:
            task = asyncio.create_task(self._refill(self._zygote), name="compute-refill")
            self._refills.add(task)
            task.add_done_callback(self._refills.discard)

    async def _refill(self, zygote: ZygoteClient) -> None:
        try:
            while len(self._spares) < self._spare_target and zygote is self._zygote:
                self._adopt(await zygote.fork(self._adopt, ahead=True))
        except errors.Unavailable:
            return  # the next call forks, and says why it cannot

    def _adopt(self, worker: WorkerProcess) -> None:
        """A worker that nobody waits for any more becomes a spare, or goes."""
        if worker.gone:
            worker.channel.close()
            return
        if self._closing or len(self._spares) >= self._spare_target:
            worker.kill("spare")
            worker.channel.close()
            count_exit("spare")
            return
        self._spares.append(worker)
        worker.when_gone(lambda: self._forget(worker))

    def _forget(self, worker: WorkerProcess) -> None:
        if worker in self._spares:  # else it got a job, and its channel may still hold the answer
            self._spares.remove(worker)
            worker.channel.close()
            count_exit(worker.reason or "crashed")

    async def _keep_alive(self) -> None:
        pause = 0.0
        while True:
            if pause:
                await asyncio.sleep(pause)
            well = 0.0
            try:
                zygote = self._zygote = ZygoteClient.start(self._modules)
            except OSError as error:
                logger.error("the zygote cannot be started: %s", error, extra={"event": "worker_zygote_failed"})
            else:
                try:
                    well = await self._live(zygote)
                finally:
                    self._ready.clear()
                    if self._dead_since is None:
                        self._dead_since = time.monotonic()
                    if not self._closing:  # `close` ends the last one itself, and tells its calls why
                        await zygote.close("zygote_lost")
                self.restarts += 1
            pause = 0.0 if well > _STABLE_SECONDS else _next_pause(pause)

    async def _live(self, zygote: ZygoteClient) -> float:
        """One zygote's life; for how long it was warm, in seconds."""
        started = time.monotonic()
        warm = await zygote.warm()
        ready = time.monotonic()
        if warm:
            self._dead_since = None
            self._ready.set()
            self._say_once(zygote.unshut)
            logger.info(
                "zygote ready",
                extra={
                    "event": "worker_zygote_ready",
                    "pid": zygote.pid,
                    "duration_ms": round((ready - started) * 1000),
                },
            )
            self.refill()
        await zygote.ended()
        logger.error(
            "zygote lost, its workers with it",
            extra={"event": "worker_zygote_lost", "pid": zygote.pid, "workers": len(zygote.worker_pids())},
        )
        return time.monotonic() - ready if warm else 0.0

    def _say_once(self, unshut: str) -> None:
        """Tell the log that there is no sandbox, once a process."""
        if unshut and not self._said:
            self._said = True
            logger.warning(
                "workers that read bytes of others have no sandbox: %s",
                unshut,
                extra={"event": "worker_no_sandbox"},
            )


def _next_pause(pause: float) -> float:
    return min(_BACKOFF_MAX, pause * 2) if pause else _BACKOFF_FIRST
