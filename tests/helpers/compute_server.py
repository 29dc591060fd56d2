"""A process that runs `Compute` as the API does, for tests that kill it.

``python -m tests.helpers.compute_server MODE`` prints one JSON line when it is in its state, and waits
for its end. Modes: `starting` (the zygote still warms up), `busy` (a worker burns the CPU),
`init` (orphans come to it as to PID 1).
"""

# ruff: noqa: ASYNC110, ASYNC220, ASYNC221 - a small script, alone in its process

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

import uvloop

from networkx_mcp import errors, platform
from networkx_mcp.limits.memory_account import MemoryAccount
from networkx_mcp.settings import Settings
from networkx_mcp.workers.pool import Compute

TASKS = "tests.helpers.compute_tasks"


def say(**values: Any) -> None:
    print(json.dumps(values), flush=True)


async def busy(compute: Compute) -> None:
    await compute.wait_ready(300)
    _call = asyncio.create_task(compute.run(f"{TASKS}:spin", {}))  # noqa: RUF006 - killed with us
    while not compute.busy_pids() or not compute.supervisor.spare_pids():
        compute.supervisor.refill()
        await asyncio.sleep(0.01)
    say(zygote=compute.supervisor.zygote_pid, workers=compute.supervisor.worker_pids())
    await asyncio.sleep(600)


async def init(compute: Compute) -> None:
    """Lose a zygote, meet an orphan, and run a subprocess of our own meanwhile."""
    await compute.wait_ready(300)
    call = asyncio.create_task(compute.run(f"{TASKS}:spin", {}))
    while not compute.busy_pids():
        await asyncio.sleep(0.01)
    workers = compute.supervisor.worker_pids()
    # a grandchild whose parent ends at once
    adopted = int(subprocess.check_output(["/bin/sh", "-c", "sleep 0.3 >/dev/null & echo $!"]))
    assert compute.supervisor.zygote_pid is not None
    os.kill(compute.supervisor.zygote_pid, signal.SIGKILL)
    try:
        await call
    except errors.Unavailable as error:
        outcome = error.outcome
    # a child that ends at once, and whose parent asks late: nobody may take its status meanwhile
    own = subprocess.Popen([sys.executable, "-c", "raise SystemExit(7)"])
    await asyncio.sleep(0.5)
    status = own.wait()
    give_up = time.monotonic() + 100
    while platform.zombie_children() and time.monotonic() < give_up:
        await asyncio.sleep(0.05)
    say(outcome=outcome, own=status, zombies=platform.zombie_children(), orphans=[*workers, adopted])
    await compute.close()


async def main(mode: str) -> None:
    settings = Settings.model_validate({"limits": {"workers": 2}})
    compute = Compute(settings, MemoryAccount(settings), modules=[TASKS])
    if mode == "init":
        platform.become_subreaper()
        compute._reaper._interval = 1.0
    await compute.start()
    if mode == "starting":
        await asyncio.sleep(0)
        say(zygote=compute.supervisor.zygote_pid, workers=[])
        await asyncio.sleep(600)
    await {"busy": busy, "init": init}[mode](compute)


if __name__ == "__main__":
    if "--uvloop" in sys.argv:
        uvloop.run(main(sys.argv[1]))
    else:
        asyncio.run(main(sys.argv[1]))
