"""What the end of a worker means to its caller."""

from __future__ import annotations

import signal

import pytest

from networkx_mcp import errors
from networkx_mcp.settings import MIB
from networkx_mcp.workers import frames, worker, worker_exit
from networkx_mcp.workers.process import Exit, Reason

BASE = 90 * 1024  # KiB
LIMIT = 100 * MIB


@pytest.mark.parametrize(
    ("status", "grown_mib", "killed", "reason", "error"),
    [
        (-signal.SIGKILL, 0, "timeout", "timeout", errors.DeadlineExceeded),
        (-signal.SIGALRM, 0, None, "timeout", errors.DeadlineExceeded),
        (-signal.SIGKILL, 0, "shutdown", "shutdown", errors.Unavailable),
        (-signal.SIGKILL, 99, "zygote_lost", "zygote_lost", errors.Unavailable),
        (None, 0, None, "zygote_lost", errors.Unavailable),
        # the kernel or an operator killed it: memory if it held much, an accident if not
        (-signal.SIGKILL, 49, None, "crashed", errors.Unavailable),
        (-signal.SIGKILL, 50, None, "memory_limit", errors.MemoryLimit),
        (-signal.SIGSEGV, 10, None, "crashed", errors.WorkerCrashed),
        (-signal.SIGFPE, 10, None, "crashed", errors.WorkerCrashed),
        (-signal.SIGSEGV, 90, None, "memory_limit", errors.MemoryLimit),
        # a refused allocation: abort of rust and C++, or no word at all
        (-signal.SIGABRT, 0, None, "memory_limit", errors.MemoryLimit),
        (70, 0, None, "memory_limit", errors.MemoryLimit),
        (0, 0, None, "memory_limit", errors.MemoryLimit),
    ],
)
def test_an_end_without_an_answer(
    status: int | None, grown_mib: int, killed: Reason | None, reason: Reason, error: type[errors.ServiceError]
) -> None:
    end = Exit(status, BASE + grown_mib * 1024)
    result = worker_exit.of_exit(end, killed=killed, reservation=LIMIT, base_rss_kib=BASE, seconds=20)
    assert result[0] == reason
    assert type(result[1]) is error


def test_a_repeat_is_offered_exactly_where_it_may_help() -> None:
    assert worker_exit.crash_error().retry_after
    assert worker_exit.zygote_error().retry_after
    assert worker_exit.memory_error(LIMIT).retry_after is None
    assert worker_exit.deadline_error(20).retry_after is None


def test_the_texts_name_the_setting_and_what_to_try() -> None:
    assert "memory.worker_mb" in str(worker_exit.memory_error(LIMIT))
    assert "100 MiB" in str(worker_exit.memory_error(LIMIT))
    assert "limits.request_timeout_seconds" in str(worker_exit.deadline_error(20))
    assert "subgraph" in str(worker_exit.deadline_error(20))


@pytest.mark.parametrize(("grown_mib", "reason"), [(49, "error"), (50, "memory_limit")])
def test_an_exception_that_the_interpreter_lost_beside_the_cap_is_the_caps(grown_mib: int, reason: Reason) -> None:
    failed = frames.Failed("SystemError", "", None, {}, 0.0, BASE + grown_mib * 1024)
    assert worker_exit.of_failure(failed, reservation=LIMIT, base_rss_kib=BASE)[0] == reason


def test_a_kind_that_is_no_service_error_never_becomes_one() -> None:
    for kind in ("Any", "OUTCOMES", "annotations", "nonsense", ""):
        failed = frames.Failed(kind, "secret", None, {}, 0.0, 0)
        reason, error = worker_exit.of_failure(failed, reservation=LIMIT, base_rss_kib=0)
        assert (reason, type(error)) == ("error", errors.ServiceError)
        assert "secret" not in str(error)


def test_an_error_keeps_its_place_and_its_hint_on_the_way_from_the_worker() -> None:
    raised = errors.InvalidInput("the edge exists.", at="edits[0].edges[2]", hint="Use another.", edge=[1, 2])
    _, error = worker_exit.of_failure(worker.described(raised, 0.0), reservation=LIMIT, base_rss_kib=BASE)
    assert (type(error), error.as_dict()) == (errors.InvalidInput, raised.as_dict())
    assert error.moved("edges[2]").message == "edges[2]: the edge exists."
