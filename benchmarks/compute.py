"""What a heavy call costs before its algorithm starts: `python benchmarks/compute.py [--repeats 200]`.

Prints one JSON object: the machine, versions and commit, and

* `start_s`: from `Compute.start` to a warm zygote.
* `call_spare_ms`: an empty task that finds the spare worker (calls 50 ms apart), call to answer.
* `call_fork_ms`: the same without spares, so each call waits for a fork.
* `fork_ms`: asking the zygote for a worker until its pidfd is here.
* `jobs_per_second`: empty tasks from 8 clients without think time, over 2 slots.
* `cancel_to_gone_ms`, `deadline_to_gone_ms`: from the client's hang-up, or the deadline, until the spinning
  worker's process is gone and its slot free. The promise is 500 ms.
* `zygote_back_s`: from SIGKILL of the zygote to a warm one.
* `pages`: minor faults (pages mapped, or copied because they were shared with the zygote) of a worker within a call on
  10,000 nodes: by a spare, which has rehearsed, and by a worker forked for the call.
* `pss_mib`: proportional set size of this process, the zygote and the spare worker at rest.

Times are wall clock; quantiles are of all repeats.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import signal
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import provenance
from engine import sample

from networkx_mcp.arrays.state import GraphState
from networkx_mcp.limits.memory_account import MemoryAccount
from networkx_mcp.platform import process_memory
from networkx_mcp.settings import MIB, Settings
from networkx_mcp.workers.echo import ECHO
from networkx_mcp.workers.pool import Compute

ROOT = Path(__file__).parents[1]
SPIN = "benchmarks.compute_tasks:spin"
FAULTS = "benchmarks.compute_tasks:faults"
#: Calls whose pages are counted.
COUNTED = {"pagerank": ("rank_nodes", {"measure": "pagerank"}), "components": ("find_components", {})}


def quantiles(values: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(values, n=100, method="inclusive") if len(values) > 1 else values * 99
    return {
        "n": len(values),
        "min": round(min(values), 3),
        "p50": round(cuts[49], 3),
        "p95": round(cuts[94], 3),
        "p99": round(cuts[98], 3),
        "max": round(max(values), 3),
    }


async def timed(repeats: int, step: Callable[[], Awaitable[float]]) -> dict[str, float]:
    return quantiles([await step() for _ in range(repeats)])


async def rest(compute: Compute) -> None:
    while compute.queue.running or not compute.alive:
        await asyncio.sleep(0.002)


def build(spares: int) -> Compute:
    settings = Settings.model_validate({"limits": {"workers": 2}, "memory": {"worker_mb": 64}})
    return Compute(settings, MemoryAccount(settings), modules=["benchmarks.compute_tasks"], spares=spares)


async def pages(spares: int) -> dict[str, int]:
    """Median of five calls of each kind."""
    compute = build(spares)
    await compute.start()
    await compute.wait_ready(60)
    graph = GraphState.from_networkx(sample(10_000, False)).freeze()
    found = {}
    for name, (task, arguments) in COUNTED.items():
        seen = []
        for _ in range(5):
            await asyncio.sleep(0.3)  # for the next spare to rehearse
            params = {"task": task, "graphs": [{"base": 0, "directed": False, "batches": []}], **arguments}
            seen.append((await compute.run(FAULTS, params, fds=[graph.fd])).value)
        found[name] = statistics.median_low(seen)
    await compute.close()
    return found


async def with_spare(repeats: int) -> dict[str, Any]:
    compute = build(1)
    began = time.perf_counter()
    await compute.start()
    await compute.wait_ready(60)
    result: dict[str, Any] = {"start_s": round(time.perf_counter() - began, 3)}

    async def call() -> float:
        await asyncio.sleep(0.05)
        started = time.perf_counter()
        await compute.run(ECHO, {})
        return (time.perf_counter() - started) * 1000

    async def cancel() -> float:
        call = asyncio.create_task(compute.run(SPIN, {}))
        await asyncio.sleep(0.05)
        started = time.perf_counter()
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        await rest(compute)
        return (time.perf_counter() - started) * 1000

    async def deadline() -> float:
        at = time.monotonic() + 0.1
        await asyncio.gather(compute.run(SPIN, {}, deadline=at), return_exceptions=True)
        await rest(compute)
        return (time.monotonic() - at) * 1000

    async def zygote() -> float:
        await asyncio.sleep(1.2)  # one that was well is replaced at once
        pid = compute.supervisor.zygote_pid
        assert pid is not None
        started = time.perf_counter()
        os.kill(pid, signal.SIGKILL)
        while not compute.alive or compute.supervisor.zygote_pid == pid:
            await asyncio.sleep(0.005)
        return time.perf_counter() - started

    result["call_spare_ms"] = await timed(repeats, call)
    result["cancel_to_gone_ms"] = await timed(max(1, repeats // 4), cancel)
    result["deadline_to_gone_ms"] = await timed(max(1, repeats // 4), deadline)
    await asyncio.sleep(0.2)
    pids = {"api": os.getpid(), "zygote": compute.supervisor.zygote_pid, "spare": compute.supervisor.spare_pids()[0]}
    sizes = {name: process_memory(pid) for name, pid in pids.items() if pid is not None}
    result["pss_mib"] = {name: round(size.pss / MIB, 1) for name, size in sizes.items() if size is not None}
    result["jobs_per_second"] = await throughput(compute, repeats * 2)
    result["zygote_back_s"] = await timed(5, zygote)
    await compute.close()
    return result


async def throughput(compute: Compute, jobs: int) -> float:
    left = iter(range(jobs))
    started = time.perf_counter()

    async def client(number: int) -> None:
        for _ in left:
            await compute.run(ECHO, {}, tenant=f"t{number}")

    await asyncio.gather(*(client(number) for number in range(8)))
    return round(jobs / (time.perf_counter() - started), 1)


async def without_spare(repeats: int) -> dict[str, Any]:
    compute = build(0)
    await compute.start()
    await compute.wait_ready(60)

    async def call() -> float:
        await rest(compute)
        started = time.perf_counter()
        await compute.run(ECHO, {})
        return (time.perf_counter() - started) * 1000

    async def fork() -> float:
        started = time.perf_counter()
        worker = await compute.supervisor.worker(5)
        spent = (time.perf_counter() - started) * 1000
        worker.kill("spare")
        await worker.exited
        worker.channel.close()
        return spent

    result = {"call_fork_ms": await timed(repeats, call), "fork_ms": await timed(repeats, fork)}
    await compute.close()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=200)
    repeats = parser.parse_args().repeats
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "image/src")])
    report = {
        "command": f"python benchmarks/compute.py --repeats {repeats}",
        "commit": provenance.commit(),
        "machine": {
            "cpus": os.cpu_count(),
            "kernel": platform.release(),
            "python": platform.python_version(),
            "load": os.getloadavg()[0],
        },
        "versions": {name: version(name) for name in ("numpy", "scipy", "networkx", "pyarrow")},
        **asyncio.run(with_spare(repeats)),
        **asyncio.run(without_spare(repeats)),
        "pages": {"spare": asyncio.run(pages(1)), "fork": asyncio.run(pages(0))},
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
