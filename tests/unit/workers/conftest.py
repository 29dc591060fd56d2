"""A real zygote and real workers; one per module, because a start takes a second."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.helpers.patience import PATIENCE, soon

from networkx_mcp.limits.memory_account import MemoryAccount
from networkx_mcp.settings import Settings
from networkx_mcp.workers.pool import Compute

ROOT = Path(__file__).parents[3]
TASKS = "tests.helpers.compute_tasks"


@pytest.fixture(scope="session", autouse=True)
def importable_tasks() -> None:
    """The zygote is another interpreter: it finds the tests' tasks by PYTHONPATH."""
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "image/src")])


def make_settings(**limits: object) -> Settings:
    return Settings.model_validate(
        {
            "limits": {
                "workers": 2,
                "memory_mb": 2048,
                # far beyond what a loaded machine needs: these tests are not about time
                "queue_timeout_seconds": PATIENCE,
                "request_timeout_seconds": PATIENCE,
                "connection_timeout_seconds": 2 * PATIENCE,
                **limits,
            },
            "memory": {"worker_mb": 64},
        }
    )


async def make_compute(settings: Settings | None = None) -> Compute:
    settings = settings or make_settings()
    compute = Compute(settings, MemoryAccount(settings), modules=[TASKS])
    await compute.start()
    assert await compute.wait_ready(3 * PATIENCE)
    return compute


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def compute() -> AsyncIterator[Compute]:
    made = await make_compute()
    yield made
    await made.close()


async def at_rest(compute: Compute) -> None:
    """Nothing runs, nothing is reserved, one spare worker waits."""
    await soon(
        lambda: (
            compute.alive
            and not compute.busy_pids()
            and compute.queue.running == 0
            and compute.queue.waiting == 0
            and compute.budget.used("workers") == 0
            and len(compute.supervisor.worker_pids()) == 1
            and len(compute.supervisor.spare_pids()) == 1
        ),
    )


def open_fds(pid: int | str = "self") -> Counter[str]:
    """Open descriptors of a process, counted by what they are: `socket`, `pipe`, `/memfd`, a file's path."""
    kinds: Counter[str] = Counter()
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):  # closed since it was listed
            kinds[str(fd.readlink()).partition(":")[0]] += 1
    return kinds


async def settled_fds(pid: int | str = "self") -> Counter[str]:
    """Open descriptors but for those of a moment: the sampler's thread reads files in /proc.

    What an earlier test left to the garbage collector is collected first, or it would go during this one.
    Compare with `leaked`, not for equality: a descriptor of somebody else that goes is no fault.
    """
    gc.collect()
    seen = open_fds(pid)
    for _ in range(10):
        await asyncio.sleep(0.02)
        seen &= open_fds(pid)
    return seen


def leaked(before: Counter[str], after: Counter[str]) -> Counter[str]:
    """What is open now and was not before; empty when nothing was lost."""
    return after - before


def running(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"
