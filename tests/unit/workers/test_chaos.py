"""Whatever happens to calls, in whatever order: no slot, byte, descriptor or process is lost."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import time
from typing import Any

import pytest
from tests.unit.workers.conftest import TASKS, at_rest, leaked, settled_fds

from networkx_mcp import errors
from networkx_mcp.settings import MIB
from networkx_mcp.workers.echo import ECHO
from networkx_mcp.workers.pool import Compute

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.long]

_JOBS: list[tuple[str, dict[str, Any]]] = [
    (ECHO, {}),
    (f"{TASKS}:make_fds", {"count": 5}),
    (f"{TASKS}:spin", {}),
    (f"{TASKS}:numpy_bomb", {"bytes": 8 << 30}),
    (f"{TASKS}:die", {"signal": signal.SIGKILL}),
    (f"{TASKS}:die", {"code": 3}),
    (f"{TASKS}:fail", {"kind": "own"}),
    (f"{TASKS}:fail", {"kind": "defect"}),
    (f"{TASKS}:answer", {"kind": "large", "bytes": 3 << 20}),
    (f"{TASKS}:sleep", {"seconds": 0.02}),
]


async def _call(compute: Compute, rng: random.Random) -> None:
    task, params = rng.choice(_JOBS)
    fd = os.memfd_create("graph")
    try:
        result = await compute.run(
            task,
            params,
            fds=[fd] * rng.randrange(3),
            deadline=time.monotonic() + rng.choice([0.005, 0.05, 0.3]),
            reservation=rng.choice([16, 64]) * MIB,
            tenant=rng.choice("abc"),
        )
        result.close()
    finally:
        os.close(fd)


async def _kill_something(compute: Compute, rng: random.Random) -> None:
    pids = compute.supervisor.worker_pids()
    if rng.random() < 0.15 and compute.supervisor.zygote_pid is not None:
        pids = [compute.supervisor.zygote_pid]
    if pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(rng.choice(pids), signal.SIGKILL)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_random_ends_of_random_calls_leave_everything_as_it_was(compute: Compute, seed: int) -> None:
    rng = random.Random(seed)
    await at_rest(compute)
    before = await settled_fds()
    calls: list[asyncio.Task[None]] = []
    for _ in range(150):
        calls.append(asyncio.create_task(_call(compute, rng)))
        match rng.random():
            case x if x < 0.25:
                rng.choice(calls).cancel()
            case x if x < 0.32:
                await _kill_something(compute, rng)
            case x if x < 0.7:
                await asyncio.sleep(rng.random() * 0.02)
    for outcome in await asyncio.gather(*calls, return_exceptions=True):
        assert outcome is None or isinstance(outcome, errors.ServiceError | asyncio.CancelledError), repr(outcome)
    await at_rest(compute)
    assert not leaked(before, await settled_fds())
    assert not compute.busy_pids()
    assert (await compute.run(ECHO, {"still": "well"})).value["params"] == {"still": "well"}
