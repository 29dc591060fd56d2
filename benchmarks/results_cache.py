"""Where sharing a result through the store is worth it: `python benchmarks/results_cache.py [--out FILE]`.

A real Redis with `appendfsync always` on this machine: milliseconds (median of --repeats) to fetch and to keep a result by
its size, beside what a worker costs at least (fork, an empty task, reap). Needs the Redis that `make tools` fetches.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))
import provenance
from cost import machine
from tests.helpers.redis_server import RedisServer

from networkx_mcp.limits.memory_account import MemoryAccount
from networkx_mcp.settings import MIB, Settings
from networkx_mcp.store.protocol import NewGraph, Quota, StoredCounts
from networkx_mcp.store.redis_store import RedisStore
from networkx_mcp.workers.echo import ECHO
from networkx_mcp.workers.pool import Compute

SIZES = (1024, 16 * 1024, 64 * 1024, 256 * 1024)


async def timed(work: Callable[[int], Awaitable[Any]], repeats: int) -> float:
    times = []
    for number in range(repeats):
        before = time.perf_counter()
        await work(number)
        times.append(time.perf_counter() - before)
    return round(statistics.median(times) * 1e3, 3)


async def measure(repeats: int) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    settings = Settings()
    compute = Compute(settings, MemoryAccount(settings))
    with RedisServer() as redis:
        store = RedisStore(Settings(store={"type": "redis", "url": redis.url, "timeout_seconds": 10}).store)
        await store.start()
        await store.create("t", NewGraph("g", "u", b"", StoredCounts(0, 0)), Quota(MIB, MIB, 9), None)
        for size in SIZES:
            value = b"x" * size
            kept = await timed(
                lambda number, value=value, size=size: store.keep_result("t", "g", "u", 1, f"{size}-{number}", value),
                repeats,
            )
            fetched = await timed(lambda _, size=size: store.result("t", "g", "u", 1, f"{size}-{repeats - 1}"), repeats)
            rows[str(size)] = {"keep_ms": kept, "fetch_ms": fetched}
        rows["missing"] = {"fetch_ms": await timed(lambda _: store.result("t", "g", "u", 1, "none"), repeats)}
        await store.close()
    await compute.start()
    await compute.wait_ready(60)
    rows["worker, empty task"] = {"run_ms": await timed(lambda _: compute.run(ECHO, {}), repeats)}
    await compute.close()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=50)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    rows = asyncio.run(measure(given.repeats))
    provenance.publish({"machine": machine(), "unit": "ms, median", "by_bytes": rows}, given.out)


if __name__ == "__main__":
    main()
