"""Whichever process is killed: its calls are told, the others go on, and none is left behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from tests.helpers.patience import PATIENCE, soon
from tests.unit.workers.conftest import (
    ROOT,
    TASKS,
    at_rest,
    leaked,
    make_compute,
    make_settings,
    running,
    settled_fds,
)

from networkx_mcp import errors
from networkx_mcp.limits.memory_account import Level, MemoryAccount
from networkx_mcp.workers import pool, supervisor, zygote_client
from networkx_mcp.workers.echo import ECHO
from networkx_mcp.workers.pool import Compute

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.long]


@asynccontextmanager
async def started(**limits: object) -> AsyncIterator[Compute]:
    compute = await make_compute(make_settings(**limits))
    try:
        yield compute
    finally:
        await compute.close()


async def kill_zygote(compute: Compute, number: int = signal.SIGKILL) -> int:
    pid = compute.supervisor.zygote_pid
    assert pid is not None
    os.kill(pid, number)
    return pid


async def another_zygote(compute: Compute, pid: int) -> None:
    await soon(lambda: compute.alive and compute.supervisor.zygote_pid != pid)


# -- the zygote ------------------------------------------------------------------------------------


async def test_a_zygote_that_was_well_and_is_killed_is_back_without_a_pause(
    compute: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_STABLE_SECONDS", 0.0)
    monkeypatch.setattr(supervisor, "_BACKOFF_FIRST", 3600.0)
    await another_zygote(compute, await kill_zygote(compute))
    assert compute.dead_seconds == 0


async def test_the_calls_of_a_killed_zygotes_workers_end_unavailable_and_the_queue_goes_on(
    compute: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "ZYGOTE_WAIT_SECONDS", PATIENCE)  # a busy machine needs longer than 5 s for the new one
    await at_rest(compute)
    before = await settled_fds()
    calls = [asyncio.create_task(compute.run(f"{TASKS}:spin", {})) for _ in range(2)]
    await soon(lambda: len(compute.busy_pids()) == 2)
    workers = compute.supervisor.worker_pids()
    queued = [asyncio.create_task(compute.run(ECHO, {"n": n})) for n in range(4)]
    await soon(lambda: compute.queue.waiting == 4)
    await kill_zygote(compute)
    for call in calls:
        with pytest.raises(errors.Unavailable, match="restarted") as lost:
            await call
        assert lost.value.retry_after
    for n, call in enumerate(queued):
        assert (await call).value["params"] == {"n": n}
    await soon(lambda: not any(map(running, workers)))
    await at_rest(compute)
    assert not leaked(before, await settled_fds())


async def test_a_zygote_that_hangs_is_replaced(compute: Compute, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zygote_client.platform, "START_SECONDS", 5.0)  # the new one must make it, on a busy machine too
    monkeypatch.setattr(pool, "ZYGOTE_WAIT_SECONDS", PATIENCE)  # and the calls wait for it
    await at_rest(compute)
    stopped = await kill_zygote(compute, signal.SIGSTOP)
    calls = [asyncio.create_task(compute.run(ECHO, {"n": n})) for n in range(3)]
    for call in calls:  # the spare answers one; the others meet the hung zygote and go to the next
        assert (await call).value["fds"] == 0
    assert compute.supervisor.zygote_pid != stopped
    await soon(lambda: not running(stopped))


async def test_a_zygote_that_cannot_start_is_tried_again_with_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "ZYGOTE_WAIT_SECONDS", 0.2)
    monkeypatch.setattr(supervisor, "_BACKOFF_FIRST", 0.05)
    settings = make_settings()
    compute = Compute(settings, MemoryAccount(settings), modules=["tests.helpers.compute_broken"])
    await compute.start()
    await soon(lambda: compute.supervisor.restarts >= 2)
    assert not compute.alive
    assert compute.dead_seconds > 0.1
    with pytest.raises(errors.Unavailable):
        await compute.run(ECHO, {})
    assert (compute.queue.running, compute.budget.used("workers")) == (0, 0)
    await compute.close()


async def test_a_zygote_with_a_second_thread_does_not_fork(caplog: pytest.LogCaptureFixture) -> None:
    settings = make_settings()
    compute = Compute(settings, MemoryAccount(settings), modules=["tests.helpers.compute_threaded"])
    await compute.start()
    await soon(lambda: "2 threads, a fork needs exactly 1" in caplog.text)
    assert not compute.alive
    await compute.close()


# -- the end ---------------------------------------------------------------------------------------


async def test_close_ends_every_process_and_tells_every_call() -> None:
    before = await settled_fds()
    async with started(workers=1) as compute:
        await at_rest(compute)
        running_call = asyncio.create_task(compute.run(f"{TASKS}:spin", {}))
        await soon(lambda: bool(compute.busy_pids()))
        waiting = asyncio.create_task(compute.run(ECHO, {}))
        await soon(lambda: compute.queue.waiting == 1)
        pids = [compute.supervisor.zygote_pid, *compute.supervisor.worker_pids()]
        await compute.close()
        with pytest.raises(errors.Unavailable, match="shutting down"):
            await running_call
        with pytest.raises(errors.Shed, match="shutting down"):
            await waiting
        with pytest.raises(errors.Shed, match="shutting down"):
            await compute.run(ECHO, {})
        assert not any(running(pid) for pid in pids if pid)
        assert (compute.queue.running, compute.budget.used("workers")) == (0, 0)
        assert not compute.alive
    assert not leaked(before, await settled_fds())


async def test_draining_sheds_what_waits_and_lets_finish_what_runs() -> None:
    async with started(workers=1) as compute:
        running_call = asyncio.create_task(compute.run(f"{TASKS}:sleep", {"seconds": 3}))
        await soon(lambda: bool(compute.busy_pids()))
        waiting = asyncio.create_task(compute.run(ECHO, {}))
        await soon(lambda: compute.queue.waiting == 1)
        compute.drain()
        with pytest.raises(errors.Shed):
            await waiting
        assert (await running_call).value == 3
        await soon(lambda: compute.queue.running == 0)
        assert (await compute.run(ECHO, {})).value["fds"] == 0  # the next step of a request that runs


async def test_heavy_calls_are_refused_while_memory_is_short() -> None:
    async with started() as compute:
        compute.budget.set_override(Level.PROTECTIVE)
        with pytest.raises(errors.Shed, match="protective") as refused:
            await compute.run(ECHO, {})
        assert refused.value.retry_after
        compute.budget.set_override(None)
        assert (await compute.run(ECHO, {})).value["fds"] == 0
        with pytest.raises(errors.MemoryLimit):
            await compute.run(ECHO, {}, reservation=1 << 40)
        await at_rest(compute)


@contextmanager
def server(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.helpers.compute_server", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    try:
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("arguments", [("starting",), ("busy",), ("busy", "--uvloop")])
async def test_a_killed_api_leaves_no_process_behind(arguments: tuple[str, ...]) -> None:
    with server(*arguments) as (process, state):
        pids = [state["zygote"], *state["workers"]]
        assert len(pids) == (1 if arguments[0] == "starting" else 3)
        assert all(map(running, pids))
        process.send_signal(signal.SIGKILL)
        await soon(lambda: not any(map(running, pids)))


@pytest.mark.parametrize("arguments", [("init",), ("init", "--uvloop")])
async def test_as_pid_1_orphans_are_reaped_and_no_exit_status_is_stolen(arguments: tuple[str, ...]) -> None:
    with server(*arguments) as (_, state):
        assert state["outcome"] == "unavailable"
        assert state["own"] == 7
        assert state["zombies"] == []
        assert len(state["orphans"]) >= 2
        await soon(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in state["orphans"]))  # noqa: PTH110
