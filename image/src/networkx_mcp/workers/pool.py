"""`Compute`: heavy calls, one per slot, each in a process that can be killed.

The way of a call: out of the admission slot, into the heavy queue (fair by tenant, one allowance of
waiting over both queues), a reservation of memory, a worker, one job over its channel. A worker of a call
that reads bytes of others serves it alone. Others are kept for more calls of their tenant (`idle`): then slot and
reservation come back with the answer. In all other cases they come back when the worker *process* is gone,
whatever became of the call: an error that is ours, the deadline, a client that hung up, a crash, a lost zygote.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from networkx_mcp import context, errors
from networkx_mcp.limits.fair_queue import FairQueue, Slot
from networkx_mcp.limits.memory_account import Level, MemoryAccount, Reservation
from networkx_mcp.limits.shed import shed
from networkx_mcp.settings import MIB, Settings
from networkx_mcp.telemetry import metrics
from networkx_mcp.workers import job, process, watch, worker_exit
from networkx_mcp.workers.idle import MAX_JOBS, IdleWorkers
from networkx_mcp.workers.job import Execution, TaskResult
from networkx_mcp.workers.process import Exit, Reason, WorkerProcess
from networkx_mcp.workers.reaper import Reaper
from networkx_mcp.workers.sampler import Processes, Sampler
from networkx_mcp.workers.supervisor import Supervisor
from networkx_mcp.workers.worker import RETAINED_BYTES

__all__ = ["COPY_ON_WRITE_BYTES", "ZYGOTE_WAIT_SECONDS", "Compute", "TaskResult"]

logger = logging.getLogger("networkx_mcp.workers")

#: Entered on top of a worker's reservation: pages it shares with the zygote until it writes to them,
#: which RLIMIT_DATA does not count again (11 MB after a search and a PageRank, at most all of them).
COPY_ON_WRITE_BYTES = 32 * MIB
#: Longest wait for a warm zygote, in seconds; a restart takes less than 2.
ZYGOTE_WAIT_SECONDS = 5.0


class _Lease:
    """A heavy slot, the memory that goes with it, and the kept worker that was found for it."""

    def __init__(
        self, slot: Slot, memory: Reservation, worker: WorkerProcess | None, released: Callable[[], None]
    ) -> None:
        self._slot, self.memory, self._released = slot, memory, released
        self.worker = worker

    def release(self) -> None:
        self.memory.release()
        self.release_slot()

    def release_slot(self) -> None:
        self._slot.release()
        self._released()


class Compute:
    """What computes for one process: its zygote, workers and the queue before them. `modules` are warmed in the zygote besides its own list."""

    def __init__(
        self, settings: Settings, budget: MemoryAccount, *, modules: Sequence[str] = (), spares: int = 1
    ) -> None:
        self.settings = settings
        self.budget = budget
        limits = settings.limits
        self.queue = FairQueue(
            "heavy", slots=limits.effective_workers, reserve=limits.reserved_workers, places=limits.queue
        )
        self.supervisor = Supervisor(spares=spares, modules=modules)
        self.sampler = Sampler(settings, budget, self._processes)
        self._reaper = Reaper(lambda: self.supervisor.zygote_pid)
        self._busy: set[WorkerProcess] = set()
        self._idle = IdleWorkers()
        budget.reclaim_with(lambda _: self._idle.end_all())
        self._count_busy()
        process.declare_reasons()

    @property
    def alive(self) -> bool:
        """Whether calls can run now: a zygote is warm."""
        return self.supervisor.alive

    @property
    def dead_seconds(self) -> float:
        """How long calls could not run, in seconds; 0 while they can. Counts from the start, too."""
        return self.supervisor.dead_seconds

    async def start(self) -> None:
        """Start the zygote and the measurements; returns while the zygote warms up (calls wait for it)."""
        await self.supervisor.start()
        self.sampler.start()
        self._reaper.start()

    async def wait_ready(self, timeout: float) -> bool:
        """Wait for a warm zygote; False when `timeout` seconds were not enough."""
        return await self.supervisor.wait_ready(timeout)

    def drain(self) -> None:
        """Shed all that wait; what runs may finish, and take its next step where a slot is free."""
        self.queue.close("The server is shutting down; repeat, and another replica answers.", admit=True)
        self._idle.end_all()

    async def close(self) -> None:
        """End all workers and the zygote; calls that still run end `unavailable`."""
        self.queue.close("The server is shutting down; repeat, and another replica answers.")
        await self.sampler.close()
        await self._reaper.close()
        await self.supervisor.close()

    async def run(
        self,
        task: str,
        params: Any,
        *,
        fds: Sequence[int] = (),
        deadline: float | None = None,
        reservation: int | None = None,
        tenant: str | None = None,
        keep: bool = False,
    ) -> TaskResult:
        """Run a task (see `task_registry`) in a worker and return its answer.

        `fds` are copied to the worker and stay the caller's. `deadline` is `time.monotonic()` seconds
        (default: limits.request_timeout_seconds from the moment it leaves the queue, at most the
        request's own). `reservation` is the private memory that the worker may take, in bytes
        (default: memory.worker_mb); it bounds each file and memfd that it writes as well. With `keep` the worker may
        have answered others of this tenant before, and may answer more.

        Raises errors.Shed (queue, draining, protective), errors.MemoryLimit, errors.DeadlineExceeded,
        errors.Unavailable (crash, lost zygote: a repeat is safe) and whatever ServiceError the task
        raised. Cancelling the call kills the worker.
        """
        try:
            call: context.CallContext | None = context.current()
        except LookupError:
            call = None
        nbytes = self.settings.memory.worker_mb * MIB if reservation is None else reservation
        own = tenant if tenant is not None else call.caller.tenant if call is not None else "default"
        lease = await self._admit(call, own, nbytes, keep)
        while True:
            try:
                run = self._plan(task, call, deadline, nbytes, own if keep else "")
                worker = lease.worker or await self._new_worker(run)
            except BaseException:
                lease.release()
                raise
            self._busy.add(worker)
            self._count_busy()
            found = await self._converse(worker, run, params, fds, lease)
            if found is not None:
                return found
            try:  # the kept one had ended before the job reached it
                lease.worker = None
                lease.memory.resize(nbytes + _own_bytes(keep))
            except BaseException:
                lease.release()
                raise

    # -- before the worker ---------------------------------------------------------------------

    async def _admit(self, call: context.CallContext | None, tenant: str, nbytes: int, keep: bool) -> _Lease:
        self._refuse_if_protective()
        if call is None:
            allowance = self.settings.limits.queue_timeout_seconds
            slot = await self.queue.enter(tenant, timeout=allowance)
        else:
            call.leave_slot()
            slot = await self.queue.enter_for(call, tenant)
            allowance = call.queue_seconds
        started = time.monotonic()
        worker = self._idle.take(tenant) if keep else None
        try:
            self._refuse_if_protective()
            own = 0 if worker is not None else _own_bytes(keep)
            memory = await self.budget.reserve_soon("workers", nbytes + own, tenant=tenant, timeout=allowance)
        except BaseException:
            if worker is not None:
                self._idle.put(worker, tenant)
            slot.release()
            raise
        finally:
            if call is not None:
                call.queue_seconds = max(0.0, call.queue_seconds - (time.monotonic() - started))
        return _Lease(slot, memory, worker, self._count_busy)

    async def _new_worker(self, run: Execution) -> WorkerProcess:
        """A worker that has served nobody. Of those that are kept the one that waits longest makes room."""
        if len(self._busy) + len(self._idle) >= self.queue.slots + self.queue.reserve:
            self._idle.end_longest()
        return await self.supervisor.worker(min(run.left, ZYGOTE_WAIT_SECONDS))

    def _refuse_if_protective(self) -> None:
        if self.budget.level is Level.PROTECTIVE:
            raise shed(
                "Memory is short (degradation level `protective`): heavy calls are refused for the moment. "
                "Point reads still work; repeat later.",
                retry_after=5,
                reason="memory",
            )

    def _plan(
        self, task: str, call: context.CallContext | None, deadline: float | None, nbytes: int, keep_for: str
    ) -> Execution:
        now = time.monotonic()
        if deadline is None:
            deadline = now + self.settings.limits.request_timeout_seconds
            if call is not None:
                deadline = min(deadline, call.deadline)
        if deadline <= now:
            raise worker_exit.deadline_error(0)
        correlation_id = call.correlation_id if call is not None else "-"
        return Execution(task, correlation_id, deadline, deadline - now, nbytes, keep_for)

    # -- with the worker -----------------------------------------------------------------------

    async def _converse(
        self, worker: WorkerProcess, run: Execution, params: Any, fds: Sequence[int], lease: _Lease
    ) -> TaskResult | None:
        """The job and its answer; None where a kept worker had ended before the job reached it."""
        reason: Reason = "error"
        stays = retired = False
        try:
            async with asyncio.timeout(max(0.0, run.left)):
                async with watch.bounded(worker, run.reservation, fds):
                    received = await job.exchange(worker, run, params, fds)
                if received is not None:
                    reason, outcome, stays = job.read(received, run, worker.base_rss_kib)
                elif await job.retired(worker):
                    retired = True
                    return None
                else:
                    reason, outcome = await job.autopsy(worker, run)
            if isinstance(outcome, errors.ServiceError):
                raise outcome
            return outcome
        except TimeoutError:
            reason = "timeout"
            raise worker_exit.deadline_error(run.seconds) from None
        except asyncio.CancelledError:
            reason = "cancelled"
            raise
        finally:
            if retired:
                self._busy.discard(worker)
                worker.channel.close()
                process.count_exit("idle")
            else:
                metrics.WORKER_JOBS.labels(reason=reason).inc()
                self._part(worker, run, reason, lease, stays)

    def _part(self, worker: WorkerProcess, run: Execution, reason: Reason, lease: _Lease, stays: bool) -> None:
        """Keep a worker that may answer more; end it otherwise, also after an answer: it has nothing left to do."""
        worker.jobs += 1
        if stays and run.keep_for and worker.jobs < MAX_JOBS and not self.queue.closed and worker.reason is None:
            self._busy.discard(worker)
            logger.debug(
                "job ended: %s",
                reason,
                extra={
                    "event": "worker_job",
                    "correlation_id": run.correlation_id,
                    "pid": worker.pid,
                    "task": run.name,
                    "reason": reason,
                    "success": reason == "ok",
                    "duration_ms": round((run.seconds - run.left) * 1000, 1),
                },
            )
            if worker.memory is None:
                worker.memory = lease.memory
                worker.memory.resize(_own_bytes(keep=True))
                worker.when_gone(worker.memory.release)
                worker.exited.add_done_callback(lambda _: self._kept_ended(worker))
            else:
                lease.memory.release()
            self._idle.put(worker, run.keep_for)
            lease.release_slot()
            if not self.queue.waiting:
                self.supervisor.refill()
            return
        worker.kill(reason)
        worker.channel.close()
        worker.when_gone(lease.release)
        worker.exited.add_done_callback(lambda done: self._ended(worker, run, reason, done.result()))

    def _kept_ended(self, worker: WorkerProcess) -> None:
        """A kept worker is gone, with or without a job."""
        self._idle.forget(worker)
        if worker not in self._busy:
            worker.channel.close()
            process.count_exit(worker.reason or "idle")
            self.supervisor.refill()

    def _ended(self, worker: WorkerProcess, run: Execution, reason: Reason, end: Exit) -> None:
        self._busy.discard(worker)
        self._count_busy()
        process.count_exit(reason)
        self.supervisor.refill()
        ours = reason in ("ok", "error", "cancelled")
        logger.log(
            logging.INFO if ours else logging.WARNING,
            "worker ended: %s",
            reason,
            extra={
                "event": "worker_end",
                "correlation_id": run.correlation_id,
                "pid": worker.pid,
                "task": run.name,
                "reason": reason,
                "success": reason == "ok",
                "status": end.status,
                "duration_ms": round((run.seconds - run.left) * 1000, 1),
                "memory_mb": round(end.max_rss_kib / 1024, 1),
            },
        )

    # -- what is there -------------------------------------------------------------------------

    def busy_pids(self) -> list[int]:
        """Pids of the workers that have a job, until their end is counted."""
        return [worker.pid for worker in self._busy]

    def _processes(self) -> Processes:
        # Kept ones count as busy: what they hold is entered for each of them, and is no part of what an idle server takes.
        busy = {*self.busy_pids(), *self._idle.pids()}
        pids = self.supervisor.worker_pids()
        return Processes(
            zygote=self.supervisor.zygote_pid,
            idle=[pid for pid in pids if pid not in busy],
            busy=[pid for pid in pids if pid in busy],
        )

    def _count_busy(self) -> None:
        busy = sum(not worker.gone for worker in self._busy)
        metrics.WORKERS.labels(state="busy").set(busy)
        metrics.WORKERS.labels(state="idle").set(max(0, self.queue.slots - busy))  # the reserve is for others


def _own_bytes(keep: bool) -> int:
    """What a worker takes beside the reservation of its job."""
    return COPY_ON_WRITE_BYTES + (RETAINED_BYTES if keep else 0)
