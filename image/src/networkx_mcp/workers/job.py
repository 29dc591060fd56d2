"""One job between the API and a worker: what goes out, what comes back, what an end without an answer means."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from networkx_mcp import errors
from networkx_mcp.workers import frames, worker_exit
from networkx_mcp.workers.process import Reason, WorkerProcess

logger = logging.getLogger("networkx_mcp.workers")

#: A worker whose channel ended has this long to be gone by itself, in seconds.
_END_GRACE = 0.5


@dataclass(slots=True)
class TaskResult:
    """What a task answered. `fds` belong to the receiver, who closes them (`close`)."""

    value: Any
    fds: list[int] = field(default_factory=list)
    #: Time in the worker, in seconds.
    seconds: float = 0.0
    #: Peak resident set of the worker, in MiB (shared pages included).
    memory_mb: float = 0.0

    def close(self) -> None:
        """Close the descriptors that are still listed."""
        frames.close_all(self.fds)


@dataclass(frozen=True, slots=True)
class Execution:
    """One call on its way: what the log needs to say."""

    task: str
    correlation_id: str
    #: time.monotonic() at which it must be over, and seconds it had at its start.
    deadline: float
    seconds: float
    reservation: int
    #: The tenant whose worker may be kept for more; empty where it serves this call alone.
    keep_for: str = ""

    @property
    def name(self) -> str:
        """The task's own name, without its module: what the log says."""
        return self.task.rpartition(":")[2]

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - time.monotonic()


async def exchange(
    worker: WorkerProcess, run: Execution, params: Any, fds: Sequence[int]
) -> tuple[bytearray, list[int]] | None:
    """Send the job, wait for the answer's frame; None when the worker ended without one.

    Raises errors.LimitExceeded for parameters beyond the frame's cap, TypeError for ones that have no
    MessagePack form.
    """
    job = frames.Job(run.task, params, run.reservation, max(0.0, run.left), run.correlation_id, run.keep_for != "")
    try:
        frame = frames.encode(job, frames.JOB_MAX_BYTES)
    except frames.FrameTooLarge as error:
        raise errors.LimitExceeded(
            f"The parameters of the call have {error.size} bytes, at most {error.cap} are allowed.",
            limit="parameters",
            maximum=error.cap,
            actual=error.size,
        ) from None
    if not await worker.channel.send(frame, fds):
        return None
    return await worker.channel.receive(frames.RESULT_MAX_BYTES + 4096)


def read(
    received: tuple[bytearray, list[int]], run: Execution, base_rss_kib: int
) -> tuple[Reason, TaskResult | errors.ServiceError, bool]:
    """What the answer says: the reason to count, the result or the error of the call, whether the worker stays."""
    body, fds = received
    try:
        answer = frames.decode_answer(body)
    except msgspec.DecodeError:
        frames.close_all(fds)
        return "crashed", worker_exit.crash_error(), False
    if isinstance(answer, frames.Done):
        return "ok", TaskResult(answer.value, fds, answer.seconds, answer.max_rss_kib / 1024), answer.stays
    frames.close_all(fds)
    if answer.detail:
        logger.error(
            "task failed: %s",
            answer.detail,
            extra={"event": "worker_task_failed", "correlation_id": run.correlation_id, "task": run.name},
        )
    reason, error = worker_exit.of_failure(answer, reservation=run.reservation, base_rss_kib=base_rss_kib)
    return reason, error, answer.stays and reason == "error"


async def retired(worker: WorkerProcess) -> bool:
    """Whether a kept worker had ended by itself before this job reached it; waits for its end."""
    guard = asyncio.get_running_loop().call_later(_END_GRACE, worker.kill, "crashed")
    try:
        end = await asyncio.shield(worker.exited)
    finally:
        guard.cancel()
    return worker.jobs > 0 and worker.reason is None and end.status == 0


async def autopsy(worker: WorkerProcess, run: Execution) -> tuple[Reason, TaskResult | errors.ServiceError]:
    """Why a worker ended without an answer; waits for its end."""
    guard = asyncio.get_running_loop().call_later(_END_GRACE, worker.kill, "crashed")
    try:
        end = await asyncio.shield(worker.exited)
    finally:
        guard.cancel()
    return worker_exit.of_exit(
        end,
        killed=worker.reason,
        reservation=run.reservation,
        base_rss_kib=worker.base_rss_kib,
        seconds=run.seconds,
    )
