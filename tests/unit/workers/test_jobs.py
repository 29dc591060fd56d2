"""What a worker is, what it answers, and how it ends: with real processes."""

from __future__ import annotations

import asyncio
import logging
import math
import os
import signal
import time
from typing import Any

import pytest
from tests.helpers.metrics import sample
from tests.helpers.patience import PATIENCE, soon
from tests.unit.workers.conftest import TASKS, at_rest, leaked, running, settled_fds

from networkx_mcp import context, errors, platform
from networkx_mcp.settings import MIB
from networkx_mcp.workers import frames, stderr_log, worker
from networkx_mcp.workers.echo import ECHO
from networkx_mcp.workers.pool import Compute

pytestmark = pytest.mark.asyncio(loop_scope="module")


def exits(reason: str) -> float:
    return sample("worker_exits_total", reason=reason)


def task(name: str) -> str:
    return f"{TASKS}:{name}"


async def pid_of_running(compute: Compute) -> int:
    await soon(lambda: bool(compute.busy_pids()))
    (pid,) = compute.busy_pids()
    return pid


# -- what it is ------------------------------------------------------------------------------------


async def test_a_job_goes_out_and_its_answer_comes_back(compute: Compute) -> None:
    result = await compute.run(ECHO, {"a": [1, "1", None, 2.5, b"x"]})
    assert result.value == {"params": {"a": [1, "1", None, 2.5, b"x"]}, "fds": 0}
    assert result.seconds >= 0
    assert result.memory_mb > 10


async def test_a_worker_is_a_bounded_lonely_polite_copy_of_the_zygote(compute: Compute) -> None:
    fd = os.memfd_create("graph")
    os.pwrite(fd, b"bytes of a graph", 0)
    looked = (await compute.run(task("look"), {}, fds=[fd], reservation=64 * MIB)).value
    assert looked["fds"] == [b"bytes of a graph"]
    assert os.fstat(fd)  # still the caller's
    os.close(fd)
    assert looked["parent"] == compute.supervisor.zygote_pid
    assert looked["nice"] == worker.NICE
    assert looked["core"] == [0, 0]
    assert looked["threads"] == 1
    assert looked["warm"] == ["numpy", "networkx", "scipy.sparse", "pyarrow"]
    assert looked["oom_score_adj"] == 1000
    assert looked["pgid"] != os.getpgid(0)  # a Ctrl-C in the terminal is for the API
    # standard streams, the channel and the graph: nothing else of the zygote or of other workers
    assert len(looked["open"]) == 5
    assert [name.split(":")[0] for _, name in looked["open"][:4]] == ["/dev/null", "/dev/null", "pipe", "socket"]
    assert 64 * MIB < looked["data"] < 64 * MIB + 400 * MIB


async def test_each_job_has_a_process_of_its_own(compute: Compute) -> None:
    looked = [(await compute.run(task("look"), {})).value for _ in range(3)]
    assert len({look["pid"] for look in looked}) == 3
    assert len({look["random"] for look in looked}) == 3  # not three copies of one generator
    assert len({look["hash"] for look in looked}) == 1  # but sets have one order, on every replica
    await soon(lambda: not any(running(look["pid"]) for look in looked))


async def test_descriptors_come_back_and_are_the_receivers(compute: Compute) -> None:
    await at_rest(compute)
    before = await settled_fds()
    result = await compute.run(task("make_fds"), {"count": 3})
    assert [os.read(fd, 100) for fd in result.fds] == [b"result 0", b"result 1", b"result 2"]
    result.close()
    await at_rest(compute)
    assert not leaked(before, await settled_fds())


async def test_numpy_values_become_plain_ones(compute: Compute) -> None:
    result = await compute.run(task("answer"), {"kind": "numpy"})
    assert result.value == {"a": 0.5, "b": 7, "c": [0, 1, 2], "d": [True]}


async def test_jobs_of_many_megabytes_arrive(compute: Compute) -> None:
    assert (await compute.run(task("answer"), {"kind": "digest", "blob": bytes(5 << 20)})).value == 5 << 20


async def test_an_answer_has_a_cap(compute: Compute) -> None:
    almost = frames.RESULT_MAX_BYTES - 100
    assert len((await compute.run(task("answer"), {"kind": "large", "bytes": almost})).value) == almost
    with pytest.raises(errors.LimitExceeded, match="limit"):
        await compute.run(task("answer"), {"kind": "large", "bytes": frames.RESULT_MAX_BYTES})


# -- errors ----------------------------------------------------------------------------------------


async def test_an_error_of_the_task_comes_back_as_the_class_it_was(compute: Compute) -> None:
    with pytest.raises(errors.NotFound, match="no node 'x'") as missing:
        await compute.run(task("fail"), {"kind": "own"})
    assert missing.value.data == {"kind": "node", "nearest": ["y"]}
    with pytest.raises(errors.InvalidInput, match="line 3") as refused:
        await compute.run(task("fail"), {"kind": "subclass"})
    assert (refused.value.retry_after, refused.value.data) == (4, {"line": 3})


async def test_a_defect_is_internal_and_its_stack_is_for_the_log_alone(
    compute: Compute, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(errors.ServiceError) as defect:
        await compute.run(task("fail"), {"kind": "defect"})
    assert defect.value.outcome == "internal"
    assert "secret" not in str(defect.value)
    assert "ZeroDivisionError: secret 12345" in caplog.text
    for name in ("no.such.module:f", task("nothing"), task("not_a_task"), task("os"), "echo:x"):
        with pytest.raises(errors.ServiceError) as unknown:
            await compute.run(name, {})
        assert unknown.value.outcome == "internal"
    with pytest.raises(errors.ServiceError):
        await compute.run(task("answer"), {"kind": "object"})


async def test_parameters_that_cannot_be_sent_leave_nothing_behind(compute: Compute) -> None:
    with pytest.raises(TypeError):
        await compute.run(ECHO, {"a": object})
    with pytest.raises(errors.LimitExceeded):
        await compute.run(ECHO, bytes(frames.JOB_MAX_BYTES))
    with pytest.raises(ValueError, match="descriptors"):
        await compute.run(ECHO, {}, fds=[0] * (frames.MAX_FDS + 1))
    await at_rest(compute)


async def test_what_libraries_shout_when_they_die_becomes_log_lines(
    compute: Compute, caplog: pytest.LogCaptureFixture
) -> None:
    began = time.monotonic()
    await compute.run(task("shout"), {"lines": 100})
    await soon(lambda: "std::bad_alloc" in caplog.text)
    lines = [record for record in caplog.records if getattr(record, "event", "") == "worker_stderr"]
    seconds = math.ceil(time.monotonic() - began) + 1  # of the clock, the first and the last in part
    assert 1 <= len(lines) <= stderr_log.MAX_LINES * seconds + 1


async def test_the_log_of_a_workers_end_carries_the_requests_id(
    compute: Compute, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    call = context.CallContext(context.ANONYMOUS, "correlation-7")
    released = []
    call.release_slot = lambda: released.append(1)

    async def request() -> None:
        context.set_current(call)
        await compute.run(ECHO, {})

    await asyncio.create_task(request())
    assert released == [1]  # a heavy call leaves the admission slot
    await at_rest(compute)
    (record,) = [r for r in caplog.records if getattr(r, "correlation_id", "") == "correlation-7"]
    fields = record.__dict__
    assert (fields["event"], fields["reason"], fields["success"], fields["task"]) == ("worker_end", "ok", True, "echo")
    assert fields["pid"] > 0
    assert fields["memory_mb"] > 10
    assert fields["duration_ms"] > 0


# -- time ------------------------------------------------------------------------------------------


async def seconds_until_gone(pid: int, since: float) -> float:
    await soon(lambda: not running(pid))
    return time.monotonic() - since


@pytest.mark.parametrize("name", ["spin", "sleep_in_c", "stop_myself"])
async def test_a_worker_is_dead_after_its_deadline_and_not_before(compute: Compute, name: str) -> None:
    await at_rest(compute)
    before, deadline = exits("timeout"), time.monotonic() + 3
    overlong = asyncio.create_task(compute.run(task(name), {}, deadline=deadline))
    gone = asyncio.create_task(seconds_until_gone(await pid_of_running(compute), deadline))
    neighbour = await compute.run(ECHO, {"while": "it runs"})
    assert neighbour.value["fds"] == 0
    with pytest.raises(errors.DeadlineExceeded, match=r"limits.request_timeout_seconds"):
        await overlong
    assert await gone > -0.05  # a timer may fire some milliseconds early
    await at_rest(compute)
    assert exits("timeout") == before + 1


async def test_the_kernel_ends_a_worker_when_the_api_itself_is_late(compute: Compute) -> None:
    started = time.monotonic()
    call = asyncio.create_task(compute.run(task("spin"), {}, deadline=started + 3))
    pid = await pid_of_running(compute)
    while running(pid):  # the event loop stands still, as it must not
        time.sleep(0.01)  # noqa: ASYNC251
        assert time.monotonic() - started < PATIENCE
    with pytest.raises(errors.DeadlineExceeded):
        await call
    await at_rest(compute)


async def test_a_deadline_that_has_passed_starts_nothing(compute: Compute) -> None:
    with pytest.raises(errors.DeadlineExceeded):
        await compute.run(ECHO, {}, deadline=time.monotonic() - 1)
    await at_rest(compute)


async def test_a_client_that_hangs_up_has_its_worker_killed(compute: Compute) -> None:
    before = exits("cancelled")
    call = asyncio.create_task(compute.run(task("spin"), {}))
    pid = await pid_of_running(compute)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await soon(lambda: not running(pid))
    await at_rest(compute)
    assert exits("cancelled") == before + 1


# -- memory ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("numpy_bomb", {"bytes": 8 << 30}),
        ("numpy_bomb", {"bytes": 65 << 20}),
        ("list_bomb", {}),
        ("memfd_bomb", {}),
        ("fail", {"kind": "memory"}),
        ("fail", {"kind": "lost", "touch": 48 << 20}),
        ("die", {"signal": signal.SIGABRT}),
        ("die", {"code": 0}),
        ("die", {"code": 1}),
    ],
)
async def test_a_worker_over_its_reservation_gets_memory_limit(
    compute: Compute, name: str, params: dict[str, Any]
) -> None:
    neighbour = asyncio.create_task(compute.run(task("sleep"), {"seconds": 0.2}))
    with pytest.raises(errors.MemoryLimit, match=r"memory.worker_mb"):
        await compute.run(task(name), params, reservation=64 * MIB)
    assert (await neighbour).value == 0.2
    assert (await compute.run(ECHO, {})).value["fds"] == 0


async def test_a_lost_exception_far_below_the_cap_stays_a_defect(compute: Compute) -> None:
    with pytest.raises(errors.ServiceError, match="defect") as failed:
        await compute.run(task("fail"), {"kind": "lost", "touch": 8 << 20}, reservation=64 * MIB)
    assert failed.value.outcome == "internal"


async def test_a_worker_within_its_reservation_runs(compute: Compute) -> None:
    result = await compute.run(task("numpy_bomb"), {"bytes": 56 << 20}, reservation=64 * MIB)
    assert result.value == 56 << 17


@pytest.mark.long
async def test_fifty_memory_bombs_leave_memory_where_it_was(compute: Compute) -> None:
    await at_rest(compute)
    before = await compute.sampler.sample()
    for number in range(50):
        bomb = ("list_bomb", "numpy_bomb")[number % 2]
        with pytest.raises(errors.MemoryLimit):
            await compute.run(task(bomb), {"bytes": 8 << 30}, reservation=32 * MIB)
    await at_rest(compute)
    after = await compute.sampler.sample()
    assert after.total < before.total + 8 * MIB


# -- accidents -------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
async def test_a_dead_worker_costs_the_one_call_it_ran(compute: Compute, number: int) -> None:
    before = exits("crashed")
    neighbour = asyncio.create_task(compute.run(task("sleep"), {"seconds": 0.3}))
    await asyncio.sleep(0.05)
    with pytest.raises(errors.Unavailable, match="Repeat") as crashed:
        await compute.run(task("die"), {"signal": number})
    assert crashed.value.retry_after
    assert (await neighbour).value == 0.3
    await at_rest(compute)
    assert exits("crashed") == before + 1


async def test_a_crash_beside_the_memory_cap_is_the_caps(compute: Compute) -> None:
    with pytest.raises(errors.MemoryLimit):
        await compute.run(task("die"), {"signal": signal.SIGSEGV, "touch": 56 << 20}, reservation=64 * MIB)


async def test_a_killed_spare_is_replaced_and_costs_nothing(compute: Compute) -> None:
    await at_rest(compute)
    (spare,) = compute.supervisor.spare_pids()
    os.kill(spare, signal.SIGKILL)
    await soon(lambda: spare not in compute.supervisor.spare_pids())
    assert (await compute.run(ECHO, {})).value["fds"] == 0
    await at_rest(compute)


@pytest.mark.long
async def test_two_hundred_jobs_leave_no_descriptor_and_no_process(compute: Compute) -> None:
    await at_rest(compute)
    before = await settled_fds()
    zygote = compute.supervisor.zygote_pid
    assert zygote is not None
    zygote_before = await settled_fds(zygote)
    await asyncio.gather(*(compute.run(ECHO, {"n": n}, tenant=f"t{n % 3}") for n in range(200)))
    await at_rest(compute)
    assert not leaked(before, await settled_fds())
    assert not leaked(zygote_before, await settled_fds(zygote))
    assert platform.threads(zygote) == 1


async def test_the_slots_are_a_metric(compute: Compute) -> None:
    def slots(state: str) -> float:
        return sample("workers", state=state)

    await at_rest(compute)
    assert (slots("busy"), slots("idle")) == (0, 2)
    call = asyncio.create_task(compute.run(task("spin"), {}))
    await pid_of_running(compute)
    assert (slots("busy"), slots("idle")) == (1, 1)
    call.cancel()
    await at_rest(compute)
    assert (slots("busy"), slots("idle")) == (0, 2)
