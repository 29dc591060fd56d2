"""`python -m loadtests pods`: what thousands of pods ask of one store, where thousands of pods cannot be had.

A pod is here what its store sees of it: the store client that a server opens (`store.factory.open_store`), one a pod
with its own connections and its own look at the store every two seconds, in two processes. The store is a real Redis,
set as the chart sets it. HTTP, tools and workers above it are left out: what they cost grows with the pods, while the
store is one.

For each number of pods, one after the other, on a new store:
* idle: commands and CPU of the store while nobody calls;
* load: calls at a fixed rate in all; of ten, nine ask for a graph's version and one changes it;
* burst: as many calls of a pod at once as it may have connections, pod after pod, until all have opened theirs.

CPU of the store a call says what one core bears, whatever else shares the machine's cores.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec
import redis

from loadtests import results
from loadtests.histogram import Histogram
from loadtests.measurement import Measurement
from loadtests.results import Fleet
from loadtests.targets import TargetError, redis_command
from networkx_mcp.settings import Settings
from networkx_mcp.store.factory import open_store
from networkx_mcp.store.protocol import NewGraph, Operation, Quota, StoredCounts
from networkx_mcp.store.redis_link import CONNECTIONS

PROCESSES = 2
TENANTS = 50
CHANGES = 0.1
#: A burst opens so many sockets at most: above, ports of one address run out.
MOST_SOCKETS = 15_000
SEED = 11
#: Above all that is done here.
QUOTA = Quota(2**26, 2**30, 10**6)


class Pods:
    """The pods of one process, driven by words from the parent. Each word's answer is what came of it."""

    def __init__(self, port: int, first: int, count: int) -> None:
        told = Settings.model_validate({"store": {"type": "redis", "url": f"redis://127.0.0.1:{port}/0"}})
        self.numbers = range(first, first + count)
        self.stores = [open_store(told) for _ in self.numbers]
        self.versions = [1] * count
        self.turns = [asyncio.Lock() for _ in self.numbers]  # a server's writes of one graph follow each other
        self.uids = [f"uid{number}" for number in self.numbers]
        self.random = random.Random(SEED + first)

    async def start(self) -> dict[str, Any]:
        """Open every store and make a graph for each, a few at a time."""
        slots = asyncio.Semaphore(32)

        async def begin(place: int) -> None:
            async with slots:
                store = self.stores[place]
                await store.start()
                new = NewGraph(graph_id=self.graph(place), uid=self.uids[place], meta=b"", counts=StoredCounts(0, 0))
                await store.create(self.tenant(place), new, QUOTA, None)

        return await self.outcomes([begin(place) for place in range(len(self.stores))])

    def graph(self, place: int) -> str:
        return f"graph{self.numbers[place]}"

    def tenant(self, place: int) -> str:
        return f"tenant{self.numbers[place] % TENANTS}"

    async def call(self, place: int) -> None:
        """What a tool call asks of the store."""
        store, tenant, graph = self.stores[place], self.tenant(place), self.graph(place)
        if self.random.random() >= CHANGES:
            await store.heads([(tenant, graph)])
            return
        async with self.turns[place]:
            version = self.versions[place]
            operation = Operation(f"operation{version}", "fingerprint", b"result")
            await store.append(
                tenant,
                graph,
                self.uids[place],
                version,
                b"x" * 100,
                StoredCounts(version, 0),
                QUOTA,
                operation,
            )
            self.versions[place] += 1

    async def load(self, seconds: float, rate: float) -> dict[str, Any]:
        """Calls due at random times, `rate` a second in all, each by the pod whose turn it is."""
        histogram, failed, running = Histogram(), 0, set[asyncio.Task[None]]()

        async def timed(place: int, due: float) -> None:
            nonlocal failed
            try:
                await self.call(place)
                histogram.add(time.monotonic() - due)
            except Exception:
                failed += 1

        due = time.monotonic()
        end, turn = due + seconds, 0
        while (due := due + self.random.expovariate(rate)) < end:
            if (wait := due - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            task = asyncio.create_task(timed(turn % len(self.stores), due))
            running.add(task)
            task.add_done_callback(running.discard)
            turn += 1
        await asyncio.gather(*running)
        return {"histogram": histogram.encode(), "failed": failed}

    async def burst(self, each: int) -> dict[str, Any]:
        """`each` questions of a pod at once, pod after pod: the connections stay open."""
        failed, example = 0, ""
        for place, store in enumerate(self.stores):
            asked = [store.heads([(self.tenant(place), self.graph(place))]) for _ in range(each)]
            told = await self.outcomes(asked)
            failed += told["failed"]
            example = example or told["example"]
        return {"failed": failed, "example": example}

    async def close(self) -> dict[str, Any]:
        return await self.outcomes([store.close() for store in self.stores])

    async def outcomes(self, calls: Iterable[Awaitable[Any]]) -> dict[str, Any]:
        """How many failed, and with what."""
        failures = [o for o in await asyncio.gather(*calls, return_exceptions=True) if isinstance(o, BaseException)]
        return {"failed": len(failures), "example": str(failures[0]) if failures else ""}


def serve(pipe: Connection, port: int, first: int, count: int) -> None:
    """A process of pods: does what the parent says until it says `close`."""

    async def main() -> None:
        pods = Pods(port, first, count)
        word = ""
        while word != "close":
            word, arguments = await asyncio.to_thread(pipe.recv)
            act: Callable[..., Awaitable[dict[str, Any]]] = getattr(pods, word)
            pipe.send(await act(*arguments))

    asyncio.run(main())


@contextmanager
def store(maxclients: int) -> Iterator[redis.Redis]:
    """A Redis of its own with the durability of the chart's."""
    with tempfile.TemporaryDirectory() as directory:
        port, command = redis_command(Path(directory))
        command += ["--maxclients", str(maxclients), "--tcp-backlog", "4096"]
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield _connected(port)
        finally:
            child.terminate()
            child.wait()


def _connected(port: int) -> redis.Redis:
    client, give_up = redis.Redis(port=port), time.monotonic() + 20
    while True:
        try:
            client.ping()
        except redis.ConnectionError:
            if time.monotonic() > give_up:
                raise TargetError("the store did not start") from None
            time.sleep(0.05)
        else:
            return client


class Look:
    """What the store tells of itself at one moment."""

    def __init__(self, client: redis.Redis) -> None:
        told: dict[str, Any] = client.info("all")
        self.at = time.monotonic()
        self.cpu_seconds = float(told["used_cpu_user"]) + float(told["used_cpu_sys"])
        self.commands = int(told["total_commands_processed"])
        self.connections = int(told["connected_clients"]) - 1  # without this one
        self.client_bytes = int(told["mem_clients_normal"])
        self.refused = int(told["rejected_connections"])


def fleet(count: int, *, rate: float, seconds: float, idle_seconds: float, maxclients: int) -> Fleet:
    """One number of pods on a store of its own. Raises TargetError where a pod does not start."""
    context = multiprocessing.get_context("spawn")
    with store(maxclients) as client:
        port = int(client.connection_pool.connection_kwargs["port"])
        pipes, children = [], []
        for number in range(min(PROCESSES, count)):
            mine, theirs = context.Pipe()
            share = range(number * count // PROCESSES, (number + 1) * count // PROCESSES) if count > 1 else range(1)
            children.append(context.Process(target=serve, args=(theirs, port, share.start, len(share)), daemon=True))
            children[-1].start()
            pipes.append(mine)

        def ask(word: str, *arguments: Any) -> list[dict[str, Any]]:
            for pipe in pipes:
                pipe.send((word, arguments))
            return [pipe.recv() for pipe in pipes]

        started = ask("start")
        if any(one["failed"] for one in started):
            raise TargetError(f"{count} pods do not start: {started}")
        before = Look(client)
        time.sleep(idle_seconds)
        idle = Look(client)
        answers = ask("load", seconds, rate / len(pipes))
        loaded = Look(client)
        each = min(CONNECTIONS, MOST_SOCKETS // count)
        burst = ask("burst", each)
        full = Look(client)
        ask("close")
        for child in children:
            child.join(30)
    histogram = Histogram()
    for answer in answers:
        histogram.merge(Histogram.decode(answer["histogram"]))
    # What the pods' own looks cost while they were loaded is no part of a call.
    looking = (idle.cpu_seconds - before.cpu_seconds) / (idle.at - before.at)
    busy = loaded.cpu_seconds - idle.cpu_seconds - looking * (loaded.at - idle.at)
    return Fleet(
        pods=count,
        idle_commands_per_second=round((idle.commands - before.commands) / (idle.at - before.at), 1),
        idle_store_cpus=round(looking, 4),
        rate=rate,
        calls=histogram.total,
        failed=sum(answer["failed"] for answer in answers),
        store_us_per_call=round(1e6 * busy / max(1, histogram.total), 1),
        **{name: histogram.summary()[name] for name in ("p50_ms", "p95_ms", "p99_ms")},
        connections=loaded.connections,
        burst_each=each,
        burst_connections=full.connections,
        burst_failed=sum(one["failed"] for one in burst),
        burst_refused=full.refused - loaded.refused,
        connection_kib=round(full.client_bytes / max(1, full.connections) / 1024, 1),
        example=next((one["example"] for one in burst if one["failed"]), ""),
    )


def measure(made: Measurement) -> None:
    """Each number of pods; the result's target is the store alone."""
    options = made.options
    done = {record["pods"] for record in made.journal.lines}
    for count in [int(text) for text in options.pods.split(",")]:
        if count in done:
            continue
        found = fleet(
            count, rate=options.rate, seconds=options.seconds, idle_seconds=options.idle, maxclients=options.maxclients
        )
        print(f"{results.now()} {found}", flush=True)
        made.journal.add(found)
        made.journal.lines.append(msgspec.to_builtins(found))
    made.facts = facts(options.maxclients)
    fleets = sorted((msgspec.convert(line, Fleet) for line in made.journal.lines), key=lambda fleet: fleet.pods)
    made.result(fleets=fleets, points=[], dataset="one graph a pod, tenants of 1/50 of the pods")


def facts(maxclients: int) -> results.Target:
    """The store, as the result names what was loaded."""
    told = subprocess.run(["redis-server", "--version"], capture_output=True, text=True, check=True).stdout
    return results.Target(
        kind="local",
        store="shared",
        replicas=0,
        cpu_limit=1.0,
        memory_limit_mib=0,
        settings={"maxclients": maxclients},
        versions={"store": " ".join(told.split()[:3])},
    )
