"""The API's handle of one worker: its channel, its pidfd, its end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from networkx_mcp import platform
from networkx_mcp.limits.memory_account import Reservation
from networkx_mcp.telemetry import metrics
from networkx_mcp.workers.channel import Channel

#: Why a worker ended: the closed set of the `reason` labels of `worker_exits_total`.
#: `spare`: one that was forked ahead and never got a job. `idle`: one that was kept and is not wanted any more.
Reason = Literal[
    "ok", "error", "timeout", "cancelled", "memory_limit", "crashed", "zygote_lost", "shutdown", "spare", "idle"
]
REASONS: tuple[Reason, ...] = get_args(Reason)
#: Why a job ended: the closed set of the `reason` labels of `worker_jobs_total`.
JOB_REASONS: tuple[Reason, ...] = tuple(reason for reason in REASONS if reason not in ("spare", "idle"))

#: Seconds that the zygote's report of an end may take after the end itself.
_REPORT_GRACE = 1.0


@dataclass(frozen=True, slots=True)
class Exit:
    """How a worker ended. `status` as os.waitstatus_to_exitcode; None when nobody could tell (zygote lost)."""

    status: int | None
    max_rss_kib: int


class WorkerProcess:
    """One worker from its fork to its end. `exited` is done when the process is gone for sure."""

    def __init__(self, pid: int, pidfd: int, sock: socket.socket) -> None:
        self.pid = pid
        self.channel = Channel(sock)
        #: Set by whoever knows first; the reason under which the end is counted.
        self.reason: Reason | None = None
        self._pidfd = pidfd
        self._loop = asyncio.get_running_loop()
        self.exited: asyncio.Future[Exit] = self._loop.create_future()
        self.gone = False
        #: Resident set before its job, in KiB.
        self.base_rss_kib = platform.resident_kib(pid)
        #: Jobs that it has answered.
        self.jobs = 0
        #: What is entered for it while it is kept.
        self.memory: Reservation | None = None
        self._reported: Exit | None = None
        self._callbacks: list[Callable[[], None]] = []
        self._loop.add_reader(pidfd, self._ended)

    def kill(self, reason: Reason) -> None:
        """SIGKILL, now. A worker that is gone already stays what it was."""
        if self.reason is None:
            self.reason = reason
        if not self.gone:
            with contextlib.suppress(ProcessLookupError):  # it has ended, and we have not heard yet
                platform.kill(self.pid, self._pidfd)

    def when_gone(self, callback: Callable[[], None]) -> None:
        """Call `callback()` once the process has ended and its memory is free; now if it has."""
        if self.gone:
            callback()
        else:
            self._callbacks.append(callback)

    def report(self, status: int | None, max_rss_kib: int = 0) -> None:
        """The zygote's word on the end; None when the zygote is lost and will say nothing."""
        if self._reported is None:
            self._reported = Exit(status, max_rss_kib)
        if self.gone:
            self._settle()

    def _ended(self) -> None:
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        self.gone = True
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()
        if self._reported is not None:
            self._settle()
        else:
            self._loop.call_later(_REPORT_GRACE, self.report, None)

    def _settle(self) -> None:
        if self.exited.done():
            return
        assert self._reported is not None
        self.exited.set_result(self._reported)


def count_exit(reason: Reason) -> None:
    """Count a worker's end."""
    metrics.WORKER_EXITS.labels(reason=reason).inc()


def declare_reasons() -> None:
    """Show every reason from the start, so that a rate has a zero to rise from."""
    for reason in REASONS:
        metrics.WORKER_EXITS.labels(reason=reason)
    for reason in JOB_REASONS:
        metrics.WORKER_JOBS.labels(reason=reason)
