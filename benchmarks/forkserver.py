"""Our zygote beside `multiprocessing.forkserver` with the same modules preloaded: `python benchmarks/forkserver.py [--repeats 50]`.

Prints one JSON object; for each of the two

* `call_ms`: from asking for a fresh process to its answer to an empty task.
* `held_ms`: how long `Process.start` holds the event loop of whoever asks: it connects, pickles and waits for the pid. The
  zygote is told in one message and answers when it can.
* `private_kib`: memory that a fresh worker shares with nobody once its garbage was collected (median). A collection writes
  to every object that it sees, so pages are copied, unless they were frozen.
* `left_behind`: workers that are still there a second after SIGKILL of the process that started them, of two.

The ways take turns, so that a busy machine disturbs them alike.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import compute_tasks
import provenance
import psutil
from compute import quantiles

from networkx_mcp.limits.memory_account import MemoryAccount
from networkx_mcp.settings import Settings
from networkx_mcp.workers import zygote
from networkx_mcp.workers.echo import ECHO
from networkx_mcp.workers.pool import Compute

ROOT = Path(__file__).parents[1]
PRIVATE = "benchmarks.compute_tasks:private"
SPIN = "benchmarks.compute_tasks:spin"
SPINS = 2


def answer(channel: Connection, task: str) -> None:
    """What a worker of the forkserver does."""
    if task == "spin":
        compute_tasks.spin({}, [])
    channel.send(compute_tasks.private({}, []) if task == "private" else {})


class Forkserver:
    """A process per call, as the standard library makes it."""

    def __init__(self) -> None:
        self.context = multiprocessing.get_context("forkserver")
        # Not what this file imports besides: a process of the forkserver runs the main module of its caller once more, as it
        # would the server's, and Python 3.11 cannot preload that.
        modules = [*zygote.WARM, *zygote.WARM_IF_PRESENT, "networkx_mcp.workers.worker", "compute_tasks"]
        self.context.set_forkserver_preload(modules)
        self.held: list[float] = []

    async def start(self) -> None:
        await self.call("echo")  # the server starts with its first process
        self.held.clear()

    async def call(self, task: str) -> Any:
        ours, theirs = self.context.Pipe()
        began = time.perf_counter()
        process = self.context.Process(target=answer, args=(theirs, task), daemon=True)
        process.start()
        self.held.append((time.perf_counter() - began) * 1000)
        theirs.close()
        if task == "spin":
            return None
        told = await asyncio.to_thread(ours.recv)
        await asyncio.to_thread(process.join)
        return told

    async def close(self) -> None:
        """It ends with its process."""


class Zygote:
    """Ours, without a worker that is forked ahead."""

    def __init__(self) -> None:
        settings = Settings.model_validate({"limits": {"workers": SPINS}, "memory": {"worker_mb": 64}})
        modules = ["benchmarks.compute_tasks"]
        self.compute = Compute(settings, MemoryAccount(settings), modules=modules, spares=0)
        self.spinning: list[asyncio.Task[Any]] = []

    async def start(self) -> None:
        await self.compute.start()
        await self.compute.wait_ready(120)

    async def call(self, task: str) -> Any:
        run = self.compute.run({"echo": ECHO, "spin": SPIN, "private": PRIVATE}[task], {})
        if task == "spin":
            self.spinning.append(asyncio.create_task(run))
            return None
        return (await run).value

    async def close(self) -> None:
        await self.compute.close()


WAYS: dict[str, Callable[[], Forkserver | Zygote]] = {"forkserver": Forkserver, "zygote": Zygote}


async def measure(repeats: int) -> dict[str, dict[str, Any]]:
    ways = {name: make() for name, make in WAYS.items()}
    calls: dict[str, list[float]] = {name: [] for name in ways}
    private: dict[str, list[int]] = {name: [] for name in ways}
    for way in ways.values():
        await way.start()
    for number in range(repeats):
        for name, way in ways.items():
            began = time.perf_counter()
            await way.call("echo")
            calls[name].append((time.perf_counter() - began) * 1000)
            if number < 5:
                private[name].append(await way.call("private"))
            await asyncio.sleep(0.02)
    found = {
        name: {
            "call_ms": quantiles(calls[name]),
            **({"held_ms": quantiles(way.held)} if isinstance(way, Forkserver) else {}),
            "private_kib": statistics.median_low(private[name]),
        }
        for name, way in ways.items()
    }
    for way in ways.values():
        await way.close()
    return found


async def abandon(name: str) -> None:
    """Start workers that never end, tell who they are, and wait to be killed."""
    way = WAYS[name]()
    await way.start()
    for _ in range(SPINS):
        await way.call("spin")
    await asyncio.sleep(1)
    spinning = [child.pid for child in psutil.Process().children(recursive=True) if child.cpu_times().user > 0.02]
    print(json.dumps(spinning), flush=True)
    await asyncio.sleep(600)


def left_behind(name: str) -> int:
    """Workers of a killed process that go on."""
    with subprocess.Popen([sys.executable, __file__, "--abandon", name], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = json.loads(parent.stdout.readline())
        began = {pid: psutil.Process(pid).cpu_times().user for pid in pids}
        parent.send_signal(signal.SIGKILL)
        time.sleep(1)
        left = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
        busy = [one for one in left if one.cpu_times().user > began[one.pid] + 0.05]
        for one in left:
            one.kill()
    return len(busy)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=50)
    parser.add_argument("--abandon", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ |= zygote.ENVIRONMENT
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "image/src"), str(Path(__file__).parent)])
    if options.abandon:
        asyncio.run(abandon(options.abandon))
        return
    found = asyncio.run(measure(options.repeats))
    for name, facts in found.items():
        facts["left_behind"] = left_behind(name)
    report = {
        "command": f"python benchmarks/forkserver.py --repeats {options.repeats}",
        "commit": provenance.commit(),
        "machine": {"cpus": os.cpu_count(), "python": sys.version.split()[0], "load": os.getloadavg()[0]},
        **found,
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
