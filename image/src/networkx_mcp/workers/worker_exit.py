"""What the end of a worker means to the call it ran: pure, so that every case has a test."""

from __future__ import annotations

import signal

from networkx_mcp import errors
from networkx_mcp.settings import MIB
from networkx_mcp.workers import frames
from networkx_mcp.workers.process import Exit, Reason

#: A worker that crashed (or was killed by somebody else) with this share of its reservation in use
#: most likely died of it: libraries that do not check an allocation end with SIGSEGV.
_NEAR_LIMIT = 0.5

#: Ends that no allocation explains by itself: killed by others, or by what it computed.
_SUDDEN = tuple(-number for number in (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGKILL, signal.SIGTERM))  # fmt: skip

_TRY_LESS = (
    "Try a subgraph, a sampled or approximate variant of the algorithm, or fewer results; "
    "`find_algorithms` names cheaper ones."
)


def deadline_error(seconds: float) -> errors.DeadlineExceeded:
    """The call ran for all its time."""
    return errors.DeadlineExceeded(
        f"The call was stopped after {seconds:.0f} s, its time limit (limits.request_timeout_seconds). {_TRY_LESS}",
        setting="limits.request_timeout_seconds",
    )


def memory_error(reservation: int) -> errors.MemoryLimit:
    """The worker asked for more than its reservation (bytes)."""
    return errors.MemoryLimit(
        f"The call needs more than the {reservation // MIB} MiB of memory that one call may use "
        f"(memory.worker_mb) and was stopped. {_TRY_LESS}",
        setting="memory.worker_mb",
        maximum=reservation,
    )


def crash_error() -> errors.Unavailable:
    """The process ended for a reason that is not the caller's; a repeat is safe."""
    return errors.Unavailable(
        "The process that ran this call ended unexpectedly; nothing was changed. Repeat the call.", retry_after=1
    )


def signal_error(number: int) -> errors.WorkerCrashed:
    """The process died of what it did: native code that met what it did not expect."""
    return errors.WorkerCrashed(
        "The process that ran this call ended unexpectedly; nothing was changed. Repeat the call.",
        retry_after=1,
        signal=signal.Signals(number).name,
    )


def zygote_error() -> errors.Unavailable:
    """The zygote is away, and took the worker with it."""
    return errors.Unavailable(
        "The compute process was lost and is being restarted; nothing was changed. Repeat the call.", retry_after=2
    )


def shutdown_error() -> errors.Unavailable:
    """The server ends."""
    return errors.Unavailable("The server is shutting down; repeat, and another replica answers.", retry_after=1)


def _near_limit(max_rss_kib: int, base_rss_kib: int, reservation: int) -> bool:
    return (max_rss_kib - base_rss_kib) * 1024 >= _NEAR_LIMIT * reservation


def of_failure(failed: frames.Failed, *, reservation: int, base_rss_kib: int) -> tuple[Reason, errors.ServiceError]:
    """The error that a task raised, as the class it was.

    An interpreter without memory for a MemoryError may raise SystemError ("returned NULL without setting an
    exception"): a graph of a million nodes made for networkx in 1 GiB ends so.
    """
    if failed.kind == "MemoryError":
        return "memory_limit", memory_error(reservation)
    if failed.kind == "SystemError" and _near_limit(failed.max_rss_kib, base_rss_kib, reservation):
        return "memory_limit", memory_error(reservation)
    kind = getattr(errors, failed.kind, None) if failed.kind else None
    if isinstance(kind, type) and issubclass(kind, errors.ServiceError):
        reason: Reason = "memory_limit" if issubclass(kind, errors.MemoryLimit) else "error"
        return reason, kind(failed.problem, at=failed.at, retry_after=failed.retry_after, **failed.data)
    return "error", errors.ServiceError(
        "The computation failed for a reason that is a defect of the server; it is in the log under this request's id."
    )


def of_exit(
    end: Exit, *, killed: Reason | None, reservation: int, base_rss_kib: int, seconds: float
) -> tuple[Reason, errors.ServiceError]:
    """The error of a worker that ended without an answer.

    `killed` is why we killed it, if we did; `base_rss_kib` what a worker has before its job.
    """
    if killed == "timeout" or end.status == -signal.SIGALRM:
        return "timeout", deadline_error(seconds)
    if killed == "memory_limit":
        return "memory_limit", memory_error(reservation)
    if killed == "shutdown":
        return "shutdown", shutdown_error()
    if killed == "zygote_lost" or end.status is None:
        return "zygote_lost", zygote_error()
    if end.status in _SUDDEN:
        if _near_limit(end.max_rss_kib, base_rss_kib, reservation):
            return "memory_limit", memory_error(reservation)
        if end.status in (-signal.SIGKILL, -signal.SIGTERM):
            return "crashed", crash_error()
        return "crashed", signal_error(-end.status)
    # Rust aborts and C++ terminates (SIGABRT) when an allocation is refused, and the interpreter may
    # end without a word: with a cap on memory all of these mean that it was reached.
    return "memory_limit", memory_error(reservation)
