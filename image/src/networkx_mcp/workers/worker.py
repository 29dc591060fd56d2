"""A worker: the child of a fork that runs a job, answers it, and ends or waits for the next.

It begins as a copy of the zygote, waits on its job channel (a worker may be forked ahead of its job)
and, when the job comes, bounds itself: memory by RLIMIT_DATA, the size of a file or memfd by
RLIMIT_FSIZE, time by an alarm of the kernel that ends the process even while C code runs. The API
kills it at the deadline anyway; the alarm is for an API that is late itself. A job that reads bytes of others
gives up all but its descriptors first (`sandbox`), and ends with it.

A worker that is kept serves one tenant. Between jobs it holds nothing of them: no descriptor, no object that the collector
finds, at most `RETAINED_BYTES` of heap. One that cannot be sure of that ends instead. Only soft limits move between jobs,
because a hard one cannot be raised again.
"""

from __future__ import annotations

import errno
import gc
import os
import resource
import select
import signal
import socket
import sys
import time
import traceback
from typing import Any, NoReturn

import msgspec

from networkx_mcp import errors, platform
from networkx_mcp.workers import frames, sandbox, task_registry, warmup

#: Seconds after the deadline at which the kernel ends a worker that the API did not.
ALARM_GRACE = 0.3
#: Bytes beyond the reservation that the report of a MemoryError may use.
_REPORT_BYTES = 8 * 1024 * 1024
#: The API goes first where cores are short, and leaves a worker a quarter of a core that both want. At 19, a seventieth,
#: a thousand point reads a second starve the analyses; see ARCHITECTURE.md for what was measured.
NICE = 5
_CHANNEL = 3
#: Heap that a kept worker may have gained since its start, in bytes: what libraries read once and keep, and fragments.
RETAINED_BYTES = 16 * 1024 * 1024
#: A young collection each 700 objects costs more than building a graph of them.
COLLECT_AFTER = (100_000, 20, 20)


def main(sock: socket.socket, zygote: int, *, ahead: bool = False) -> NoReturn:
    """Run the jobs that come over `sock`, and end the process. Called in the child of a fork.

    `ahead`: the job is not there yet, so what it would do first is done now (see `rehearsal`).
    """
    code = 70
    try:
        platform.die_with_parent(zygote)
        sock = _only(sock)
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
        platform.kill_me_first()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        gc.set_threshold(*COLLECT_AFTER)
        if ahead:
            warmup.rehearse(enough=lambda: _readable(sock))
        _reseed()  # behind the rehearsal, whose calls have a seed
        born = platform.data_bytes()
        while (received := frames.receive_frame(sock, frames.JOB_MAX_BYTES)) is not None:
            stays, loaded = _serve(sock, *received)
            if not stays:
                break
            del received
            born += loaded
            if not _clean(born):
                break
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _only(sock: socket.socket) -> socket.socket:
    """Keep the standard streams and the channel, close everything else that the zygote had open."""
    fd = sock.detach()
    if fd != _CHANNEL:
        os.dup2(fd, _CHANNEL, inheritable=False)
    os.closerange(platform.first_free(_CHANNEL), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    return socket.socket(fileno=_CHANNEL)


def _readable(sock: socket.socket) -> bool:
    """Whether the job, or the end of the channel, is there."""
    return bool(select.select([sock], [], [], 0)[0])


def _reseed() -> None:
    """Workers are copies of one process: without this all would draw the same random numbers.

    The `random` module does it by itself after a fork, numpy's global generator does not.
    """
    random = sys.modules.get("numpy.random")
    if random is not None:
        random.seed()


def _bound(job: frames.Job) -> None:
    limit = platform.data_bytes() + job.reservation
    _, most = platform.data_limit()
    platform.limit_data(limit, most if job.keep else limit + _REPORT_BYTES)
    # Pages of a memfd are shared memory, which RLIMIT_DATA does not see; Python ignores SIGXFSZ, so
    # a write beyond it is an OSError.
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (job.reservation, most if job.keep else job.reservation))
    signal.setitimer(signal.ITIMER_REAL, max(0.001, job.seconds + ALARM_GRACE))


def _unbound() -> None:
    """Room to report; the job's objects are still alive."""
    soft, hard = platform.data_limit()
    wanted = soft + _REPORT_BYTES
    platform.limit_data(wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)


def _clean(born: int) -> bool:
    """Put away what a job left, before the next. False where something of it stays, which may be anything.

    `born`: bytes of data that the worker had before its first job, and of libraries that its jobs loaded.
    """
    signal.setitimer(signal.ITIMER_REAL, 0)
    _, hard = platform.data_limit()
    platform.limit_data(hard, hard)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    gc.collect()
    if platform.data_bytes() - born > RETAINED_BYTES:
        platform.trim_heap()
        if platform.data_bytes() - born > RETAINED_BYTES:
            return False
    lowest = os.dup(_CHANNEL)
    os.close(lowest)
    return lowest == platform.first_free(_CHANNEL)  # else a descriptor is still open


def _serve(sock: socket.socket, body: bytearray, fds: list[int]) -> tuple[bool, int]:
    """Run one job and answer it. Whether the worker may stay: it was asked to, and the job ended as jobs do; and the bytes
    of data that the library of its task took to load."""
    started = time.monotonic()
    keep, loaded = False, 0
    try:
        job = frames.decode_job(body)
        del body
        keep = job.keep
        if keep:
            platform.reset_peak()
        function = task_registry.resolve(job.task)
        if (prepare := task_registry.preparation(function)) is not None:
            before = platform.data_bytes()
            prepare(job.params)
            loaded = platform.data_bytes() - before
        _bound(job)
        if task_registry.parses(function):
            keep = False
            sandbox.enter()
        output = function(job.params, fds)
        del job
        if not isinstance(output, task_registry.TaskOutput):
            output = task_registry.TaskOutput(output)
        done = frames.Done(output.value, time.monotonic() - started, _max_rss(), keep)
        frames.send_frame(sock, frames.encode(done, frames.RESULT_MAX_BYTES), output.fds)
        frames.close_all(output.fds)
    except frames.FrameTooLarge as error:
        _report(sock, _too_large(error), started, stays=keep)
    except Exception as error:
        _unbound()
        keep = keep and isinstance(error, errors.ServiceError)  # of a defect nobody knows what it leaves
        _report(sock, error, started, stays=keep)
    return keep, loaded


def _too_large(error: frames.FrameTooLarge) -> errors.ServiceError:
    return errors.LimitExceeded(
        f"The answer has {error.size} bytes, at most {error.cap} are allowed: ask for fewer rows (`limit`).",
        limit="result",
        maximum=error.cap,
        actual=error.size,
    )


def _report(sock: socket.socket, error: BaseException, started: float, *, stays: bool) -> None:
    failed = msgspec.structs.replace(described(error, time.monotonic() - started), stays=stays)
    try:
        frame = frames.encode(failed, frames.RESULT_MAX_BYTES)
    except (TypeError, OverflowError, frames.FrameTooLarge):
        frame = frames.encode(
            frames.Failed("", "", None, {}, failed.seconds, failed.max_rss_kib, stays=stays), frames.RESULT_MAX_BYTES
        )
    frames.send_frame(sock, frame)


def described(error: BaseException, seconds: float) -> frames.Failed:
    """What the API is told of an exception."""
    kind, problem, at, retry_after, data, detail = "", "", "", None, {}, ""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in (errno.EFBIG, errno.ENOMEM)):
        kind = "MemoryError"  # numpy's and pyarrow's are subclasses
    elif isinstance(error, errors.ServiceError):
        kind, problem, at = _known(type(error)), error.problem, error.at
        retry_after, data = error.retry_after, _plain(error.data)
    else:
        kind = "SystemError" if isinstance(error, SystemError) else ""  # `verdict` knows what it mostly means
        detail = "".join(traceback.format_exception(error, limit=-20))[-8000:]
    return frames.Failed(kind, problem, retry_after, data, seconds, _max_rss(), detail, at)


def _known(kind: type[errors.ServiceError]) -> str:
    """The nearest class that the API knows: the error itself, or what it is a kind of."""
    return next(base.__name__ for base in kind.__mro__ if base.__module__ == errors.__name__)


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    return {str(key): _sendable(value) for key, value in data.items()}


def _sendable(fact: Any) -> Any:
    """A fact of an error as MessagePack can say it: it has no integers beyond 64 bits, which a file may well state."""
    if isinstance(fact, list):
        return [_sendable(item) for item in fact]
    if type(fact) is int and not -(2**63) <= fact < 2**64:
        return f"{fact:.3e}" if fact.bit_length() < 1024 else "too large to say"
    return fact


def _max_rss() -> int:
    return platform.peak_kib(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
