"""Workers that are kept for their tenant: what the next call finds of the last one, and what ends them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.helpers.patience import soon
from tests.unit.workers.conftest import TASKS, leaked, make_compute, make_settings, running, settled_fds

from networkx_mcp import errors
from networkx_mcp.settings import MIB
from networkx_mcp.telemetry import metrics
from networkx_mcp.workers import idle, pool
from networkx_mcp.workers.echo import ECHO
from networkx_mcp.workers.pool import Compute
from networkx_mcp.workers.worker import RETAINED_BYTES

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def compute() -> AsyncIterator[Compute]:
    made = await make_compute()
    yield made
    await made.close()


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def fresh(compute: Compute) -> None:
    """No worker is left of the test before."""
    compute._idle.end_all()
    await soon(lambda: compute.budget.used("workers") == 0 and compute.alive and not compute._busy)


def jobs(reason: str) -> float:
    return metrics.WORKER_JOBS.labels(reason=reason)._value.get()


def exits(reason: str) -> float:
    return metrics.WORKER_EXITS.labels(reason=reason)._value.get()


async def pid(compute: Compute, tenant: str = "a") -> int:
    """The process that answers a call of this tenant."""
    return int((await compute.run(f"{TASKS}:look", {}, tenant=tenant, keep=True)).value["pid"])


async def test_calls_of_a_tenant_share_a_process_and_those_of_others_never(compute: Compute) -> None:
    before = jobs("ok")
    first = await pid(compute, "a")
    assert [await pid(compute, "a") for _ in range(3)] == [first] * 3
    other = await pid(compute, "b")
    assert other != first
    assert await pid(compute, "a") == first, "there is room for both"
    assert jobs("ok") == before + 6


async def test_a_call_that_is_not_kept_neither_takes_nor_leaves_one(compute: Compute) -> None:
    kept = await pid(compute)
    alone = (await compute.run(f"{TASKS}:look", {}, tenant="a")).value["pid"]
    assert alone != kept
    await soon(lambda: not running(alone))
    assert await pid(compute) == kept


async def test_a_new_tenant_s_call_ends_the_worker_that_waits_longest(compute: Compute) -> None:
    slots = compute.queue.slots + compute.queue.reserve
    pids = [await pid(compute, f"t{number}") for number in range(slots)]
    assert len(set(pids)) == slots
    await pid(compute, "another")
    await soon(lambda: not running(pids[0]))
    assert len(compute._idle) <= slots


async def test_what_an_idle_worker_holds_is_in_the_account_until_it_is_gone(compute: Compute) -> None:
    worker = await pid(compute)
    own = pool.COPY_ON_WRITE_BYTES + RETAINED_BYTES
    assert compute.budget.used("workers") == own
    await pid(compute)
    assert compute.budget.used("workers") == own, "once, however many calls it answers"
    compute._idle.end_all()
    await soon(lambda: not running(worker) and compute.budget.used("workers") == 0)


async def test_memory_that_others_need_ends_idle_workers(compute: Compute) -> None:
    worker = await pid(compute)
    with pytest.raises(errors.MemoryLimit):
        compute.budget.reserve("bodies", compute.budget.total)
    await soon(lambda: not running(worker) and compute.budget.used("workers") == 0)


async def test_an_idle_worker_goes_after_a_while(compute: Compute, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle, "IDLE_SECONDS", 0.2)
    before = exits("idle")
    worker = await pid(compute)
    await soon(lambda: not running(worker))
    await soon(lambda: exits("idle") == before + 1)


async def test_a_worker_answers_a_bounded_number_of_calls(compute: Compute, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "MAX_JOBS", 3)
    pids = [await pid(compute) for _ in range(6)]
    assert [pids.count(one) for one in dict.fromkeys(pids)] == [3, 3]


@pytest.mark.parametrize("task", ["keep_memory", "keep_descriptor"])
async def test_a_worker_that_a_job_left_something_in_ends_and_costs_no_call(compute: Compute, task: str) -> None:
    first = (await compute.run(f"{TASKS}:{task}", {}, tenant="a", keep=True)).value["pid"]
    for _ in range(3):
        assert await pid(compute) != first
    await soon(lambda: not running(first))


async def test_limits_of_a_job_end_with_it(compute: Compute) -> None:
    first = await pid(compute)
    for _ in range(3):
        with pytest.raises(errors.InvalidInput):
            await compute.run(f"{TASKS}:refuse", {}, tenant="a", keep=True, reservation=8 * MIB)
        held = await compute.run(f"{TASKS}:take", {"bytes": 40 * MIB}, tenant="a", keep=True, reservation=64 * MIB)
        assert held.value["pid"] == first, "an error that is the caller's ends nobody"
        assert held.memory_mb > 40


async def test_the_peak_is_that_of_the_job(compute: Compute) -> None:
    large = await compute.run(f"{TASKS}:take", {"bytes": 40 * MIB}, tenant="a", keep=True, reservation=64 * MIB)
    small = await compute.run(ECHO, {}, tenant="a", keep=True)
    assert small.memory_mb < large.memory_mb - 20


async def test_a_job_beyond_its_reservation_ends_its_worker_and_says_so(compute: Compute) -> None:
    first = await pid(compute)
    with pytest.raises(errors.MemoryLimit, match=r"memory.worker_mb"):
        await compute.run(f"{TASKS}:take", {"bytes": 200 * MIB}, tenant="a", keep=True, reservation=64 * MIB)
    assert await pid(compute) != first


@pytest.mark.parametrize("ended", ["timeout", "cancelled", "crashed", "defect"])
async def test_whatever_ends_a_call_badly_ends_its_worker_and_the_next_gets_another(
    compute: Compute, ended: str
) -> None:
    first, before = await pid(compute), jobs("error" if ended == "defect" else ended)
    if ended == "timeout":
        with pytest.raises(errors.DeadlineExceeded):
            await compute.run(f"{TASKS}:spin", {}, tenant="a", keep=True, deadline=time.monotonic() + 3)
    elif ended == "cancelled":
        call = asyncio.create_task(compute.run(f"{TASKS}:spin", {}, tenant="a", keep=True))
        await soon(lambda: bool(compute._busy))
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    elif ended == "crashed":
        with pytest.raises(errors.Unavailable):
            await compute.run(f"{TASKS}:die", {"signal": int(signal.SIGKILL)}, tenant="a", keep=True)
    else:
        with pytest.raises(errors.ServiceError):
            await compute.run(f"{TASKS}:fail", {"kind": "defect"}, tenant="a", keep=True)
    assert jobs("error" if ended == "defect" else ended) == before + 1
    await soon(lambda: not running(first))
    assert await pid(compute) != first


async def test_a_worker_that_is_killed_while_it_is_idle_costs_no_call(compute: Compute) -> None:
    worker = await pid(compute)
    os.kill(worker, signal.SIGKILL)
    with contextlib.suppress(errors.Unavailable):  # a call that is on its way already may be lost
        assert await pid(compute) != worker
    worker = await pid(compute)
    os.kill(worker, signal.SIGKILL)
    await soon(lambda: worker not in compute._idle.pids())
    assert await pid(compute) != worker


async def test_a_lost_zygote_takes_idle_workers_with_it(compute: Compute) -> None:
    worker = await pid(compute)
    assert compute.supervisor.zygote_pid is not None
    os.kill(compute.supervisor.zygote_pid, signal.SIGKILL)
    await soon(lambda: not running(worker) and compute.alive and compute.budget.used("workers") == 0)
    assert await pid(compute) != worker


@pytest.mark.long
async def test_two_hundred_calls_leave_no_descriptor(compute: Compute) -> None:
    await pid(compute)
    before = await settled_fds()
    for number in range(200):
        (await compute.run(f"{TASKS}:make_fds", {"count": 2}, tenant=f"t{number % 5}", keep=True)).close()
    compute._idle.end_all()
    await soon(lambda: compute.budget.used("workers") == 0)
    assert not leaked(before, await settled_fds())


async def test_a_server_that_drains_keeps_none() -> None:
    made = await make_compute(make_settings())
    worker = await pid(made)
    made.drain()
    await soon(lambda: not running(worker))
    await made.close()
