"""Our link to Redis beside redis-py's asyncio client: `python benchmarks/redis_link.py [--repeats 9] [--out FILE]`.

The store's own calls, the read of a head (one MGET) and an append (one script), on one real Redis with `appendfsync always`,
by one caller and by 32 at once: first over `Link`, then over the client, and so on by turns. The client gets what it has for
the same purpose: a blocking pool of as many connections, a time limit, no repeats, RESP2. It does not find out which server it
speaks to, nor hold a write back from another one than was read; the link does. Needs the Redis that `make tools` fetches.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))
import provenance
import uvloop
from cost import machine
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError
from tests.helpers.redis_server import RedisServer

from networkx_mcp.settings import Settings, StoreSettings
from networkx_mcp.store.protocol import NewGraph, Quota, StoredCounts
from networkx_mcp.store.redis_link import CONNECTIONS, Command, Link
from networkx_mcp.store.redis_store import RedisStore

CALLERS = (1, 32)
CALLS = {"head": 4000, "append": 1000}
QUOTA = Quota(1 << 40, 1 << 40, 1000)
PAYLOAD = b"x" * 200


class ClientLink(Link):
    """What `Link` offers the store, by redis-py's client."""

    def __init__(self, store: StoreSettings) -> None:
        super().__init__(store)
        pool = BlockingConnectionPool.from_url(
            store.url,
            max_connections=CONNECTIONS,
            timeout=store.timeout_seconds,
            socket_timeout=store.timeout_seconds,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        self._client = Redis(connection_pool=pool)

    async def close(self) -> None:
        await self._client.aclose()
        await self._client.connection_pool.disconnect()
        await super().close()

    async def ask(self, *commands: Command) -> list[Any]:
        return await self.call(*commands)

    async def call(self, *commands: Command, era: int | None = None) -> list[Any]:  # noqa: ARG002
        if len(commands) == 1:
            try:
                return [await self._client.execute_command(*commands[0])]
            except ResponseError as error:
                return [error]
        pipeline = self._client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        found: list[Any] = await pipeline.execute(raise_on_error=False)
        return found


class ClientStore(RedisStore):
    """The store over `ClientLink`."""

    def __init__(self, store: StoreSettings) -> None:
        super().__init__(store)
        self._link = ClientLink(store)


class CalledGraphs:
    """The graphs of one store, one for each caller, and the calls on them."""

    def __init__(self, store: RedisStore, name: str) -> None:
        self.store, self.name = store, name
        self.versions = [1] * max(CALLERS)

    async def make(self) -> None:
        for caller in range(len(self.versions)):
            graph = NewGraph(f"{self.name}-{caller}", "u", b"", StoredCounts(0, 0))
            await self.store.create("t", graph, QUOTA, None)

    async def head(self, caller: int) -> None:
        (head,) = await self.store.heads([("t", f"{self.name}-{caller}")])
        assert head is not None
        assert head.version == self.versions[caller]

    async def append(self, caller: int) -> None:
        graph = f"{self.name}-{caller}"
        await self.store.append("t", graph, "u", self.versions[caller], PAYLOAD, StoredCounts(9, 9), QUOTA, None)
        self.versions[caller] += 1

    async def compact(self) -> None:
        """Logs of one length for all, however often they are measured."""
        for caller, at in enumerate(self.versions):
            await self.store.compact("t", f"{self.name}-{caller}", "u", at, b"snapshot")


async def run(call: Callable[[int], Awaitable[None]], callers: int, calls: int) -> dict[str, float]:
    """CPU of this process and time of one call, both in microseconds (median), and calls in a second."""
    times: list[float] = []

    async def one(caller: int) -> None:
        for _ in range(calls // callers):
            began = time.perf_counter()
            await call(caller)
            times.append(time.perf_counter() - began)

    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.gather(*(one(caller) for caller in range(callers)))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {
        "cpu_us": 1e6 * cpu / len(times),
        "median_us": 1e6 * statistics.median(times),
        "per_second": len(times) / wall,
    }


async def measure(repeats: int) -> dict[str, Any]:
    found: dict[str, dict[str, list[dict[str, float]]]] = {}
    with RedisServer() as redis:
        settings = Settings(store={"type": "redis", "url": redis.url, "timeout_seconds": 10}).store
        stores = {"link": RedisStore(settings), "client": ClientStore(settings)}
        graphs = {name: CalledGraphs(store, name) for name, store in stores.items()}
        for one in graphs.values():
            await one.make()
            await run(one.head, max(CALLERS), 1000)  # connections, and the interpreter's caches
        for turn in range(repeats):
            for what, calls in CALLS.items():
                for callers in CALLERS:
                    kinds = found.setdefault(f"{what}, {callers} callers", {"link": [], "client": []})
                    for name in ("link", "client") if turn % 2 else ("client", "link"):
                        call = graphs[name].head if what == "head" else graphs[name].append
                        kinds[name].append(await run(call, callers, calls))
            for one in graphs.values():
                await one.compact()
        for store in stores.values():
            await store.close()
    return {what: compared(kinds["link"], kinds["client"]) for what, kinds in found.items()}


def compared(link: list[dict[str, float]], client: list[dict[str, float]]) -> dict[str, Any]:
    """Medians of both, and of the ratios of two that followed each other."""
    row: dict[str, Any] = {}
    for fact in link[0]:
        row[fact] = {
            "link": round(statistics.median(one[fact] for one in link), 1),
            "client": round(statistics.median(one[fact] for one in client), 1),
            "client_over_link": round(
                statistics.median(b[fact] / a[fact] for a, b in zip(link, client, strict=True)), 2
            ),
        }
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    rows = uvloop.run(measure(given.repeats))
    provenance.publish({"machine": machine(), "redis_py": version("redis"), "calls": rows}, given.out)


if __name__ == "__main__":
    main()
