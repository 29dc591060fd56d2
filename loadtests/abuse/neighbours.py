"""A normal user beside bombs of memory, of CPU and of results, thrown by another tenant on the same server.

The user's calls are due at a fixed rate and their latency counts from when they were due. Quiet stretches before and
after give the value to compare with, of the same run and machine. What needs no worker of the server (`light`: point
reads and edits) and what does (`analysis`) are told apart: a bomb that computes takes a worker until its deadline.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import psutil

from loadtests import processes, protocol
from loadtests.abuse import bombs
from loadtests.abuse.subject import GRAPH, Subject
from loadtests.wire import Reply, Requests

#: Calls of the user per second, and attackers at once.
RATE, ATTACKERS = 40.0, 4
#: Part of the user's calls that needs a worker.
ANALYSES = 0.05
#: Edges of the attacker's graphs: one whose matrices take 200 MB each, one with hours of flows.
LONG, DENSE = 4_999, 200
#: The aim: P99 beside bombs is at most so many times the quiet one.
AIM = 3.0

Throw = tuple[str, dict[str, Any]]


@dataclass
class Stretch:
    """One part of the run."""

    name: str
    seconds: float = 0.0
    latencies: dict[str, list[float]] = field(default_factory=lambda: {"light": [], "analysis": []})
    outcomes: Counter[str] = field(default_factory=Counter)
    bombs: Counter[str] = field(default_factory=Counter)
    cores: dict[str, float] = field(default_factory=dict)
    #: What was said to calls of the user that failed.
    examples: list[str] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """Milliseconds by kind of call, and what happened."""
        every = sorted(itertools.chain(*self.latencies.values()))
        return {
            "seconds": round(self.seconds, 1),
            "all": quantiles(every),
            **{kind: quantiles(sorted(found)) for kind, found in self.latencies.items()},
            "outcomes": dict(self.outcomes),
            "bombs": dict(self.bombs),
            "cores": self.cores,
            "examples": self.examples,
        }


def quantiles(ordered: list[float]) -> dict[str, float]:
    """Count, P50, P95, P99 and maximum of sorted seconds, in milliseconds."""
    if not ordered:
        return {"count": 0}

    def at(share: float) -> float:
        return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)

    return {"count": len(ordered), "p50_ms": at(0.5), "p95_ms": at(0.95), "p99_ms": at(0.99), "max_ms": at(1.0)}


def memory_bombs() -> Iterator[Throw]:
    """Matrices of 5,000 x 5,000 numbers; each differs a little, so that no answer is kept."""
    for number in itertools.count():
        given = {"tolerance": 10.0 ** -(4 + number % 9)}
        yield "run_algorithm", {"graph_id": "long", "name": "simrank_similarity", "force": True, "arguments": given}


def cpu_bombs() -> Iterator[Throw]:
    """20,000 maximum flows in pure Python, until the deadline."""
    while True:
        yield "run_algorithm", {"graph_id": "dense", "name": "all_pairs_node_connectivity", "force": True}


def result_bombs() -> Iterator[Throw]:
    """As much as an answer may hold, over and over, and results that are far larger before they are cut."""
    for number in itertools.count():
        yield "describe_graph", {"graph_id": "dense", "limit": 500, "offset": number % 2}
        yield (
            "get_subgraph",
            {"graph_id": "dense", "center": 0, "radius": 1000, "limit_nodes": 1000, "limit_edges": 2000},
        )
        given = {"cutoff": 50 + number % 100}
        yield (
            "run_algorithm",
            {
                "graph_id": "long",
                "name": "all_pairs_shortest_path_length",
                "force": True,
                "limit": 1000,
                "arguments": given,
            },
        )
        yield (
            "draw_graph",
            {
                "graph_id": "dense",
                "format": "svg",
                "nodes": list(range(150)),
                "width": 2000,
                "height": 2000,
                "seed": number,
            },
        )


KINDS: dict[str, Callable[[], Iterator[Throw]]] = {
    "memory bombs": memory_bombs,
    "CPU bombs": cpu_bombs,
    "result bombs": result_bombs,
}  # fmt: skip


class Wires:
    """Connections to one server, each for one call at a time."""

    def __init__(self, subject: Subject, most: int) -> None:
        self._subject = subject
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._places = asyncio.Semaphore(most)

    async def ask(self, request: bytes) -> tuple[str, bytes]:
        """Outcome and body of the answer to a request."""
        async with self._places:
            link = self._free.pop() if self._free else None
            reader, writer = link or await asyncio.open_connection(self._subject.host, self._subject.port)
            try:
                writer.write(request)
                reply = Reply()
                while (told := reply.feed(data := await reader.read(65536))) is None:
                    if not data:
                        raise ConnectionError("closed")
            except OSError:
                writer.close()
                return "connection", b""
            status, body, closing = told
            if closing:
                writer.close()
            else:
                self._free.append((reader, writer))
            if protocol.parsed(body) is None:  # a file, or a refusal of one
                return ("ok" if status < 400 else f"HTTP {status}"), body
            return protocol.outcome(status, body), body

    def close(self) -> None:
        """Close what is open."""
        for _, writer in self._free:
            writer.close()


def calls(seed: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(kind, tool, arguments) of the user's calls."""
    chance = Random(seed)
    for number in itertools.count():
        pick = chance.random()
        if pick < ANALYSES:
            yield "analysis", "rank_nodes", {"graph_id": GRAPH, "measure": "betweenness", "seed": number}
        elif pick < 0.65:
            yield "light", "get_neighbors", {"graph_id": GRAPH, "node": f"n{chance.randrange(60)}"}
        elif pick < 0.85:
            yield "light", "describe_graph", {"graph_id": GRAPH}
        else:
            edits = [
                {
                    "action": "add_edges",
                    "if_exists": "update",
                    "edges": [[f"n{chance.randrange(60)}", f"m{number % 50}", {"weight": number}]],
                }
            ]
            yield "light", "edit_graph", {"graph_id": "busy", "edits": edits}


def prepare(subject: Subject) -> None:
    """The user is Bob, the attacker Ann: each in a tenant of their own."""
    subject.plant()
    subject.make("bob", graph_id="busy")
    dense = [[u, v] for v in range(DENSE) for u in range(v) if (u + v) % 3 == 0]
    long = [[node, node + 1] for node in range(LONG)]
    subject.make("ann", graph_id="dense", edges=dense)
    subject.make("ann", graph_id="long", edges=long)


async def run(subject: Subject, seconds: float, seed: int, files: bool = True) -> list[Stretch]:
    """Quiet, each kind of bomb, quiet again; `seconds` each."""
    await asyncio.to_thread(prepare, subject)
    made = Requests(subject.address)
    wires = Wires(subject, 64)
    await _user(subject, made, wires, Stretch("warm-up"), min(5.0, seconds), seed)
    found = []
    for number, name in enumerate(("quiet before", *KINDS, "quiet after")):
        stretch = Stretch(name)
        throws = KINDS.get(name)
        async with _measured(subject, stretch), _attack(subject, made, stretch, throws, files):
            await _user(subject, made, wires, stretch, seconds, seed + number)
        found.append(stretch)
        await _idle(subject)
    wires.close()
    return found


async def _user(subject: Subject, made: Requests, wires: Wires, stretch: Stretch, seconds: float, seed: int) -> None:
    """The user's calls, each when it is due."""
    began = time.monotonic()
    running = []

    async def one(due: float, kind: str, request: bytes) -> None:
        outcome, told = await wires.ask(request)
        if outcome != "ok" and len(stretch.examples) < 5:
            stretch.examples.append(f"{kind}: {told[-300:]!r}")
        stretch.latencies[kind].append(time.monotonic() - due)
        stretch.outcomes[outcome if outcome == "ok" else f"{kind} {outcome}"] += 1

    for number, (kind, tool, arguments) in enumerate(calls(seed)):
        due = began + number / RATE
        if due - began >= seconds:
            break
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        era = protocol.ERAS[number % 2]
        running.append(asyncio.ensure_future(one(due, kind, made.call(era, subject.tokens["bob"], tool, arguments))))
    await asyncio.gather(*running)
    stretch.seconds = time.monotonic() - began


@asynccontextmanager
async def _attack(
    subject: Subject, made: Requests, stretch: Stretch, throws: Callable[[], Iterator[Throw]] | None, files: bool
) -> AsyncIterator[None]:
    """Attackers that throw one bomb after the other until the end; a third of memory bombs are files."""
    if throws is None:
        yield
        return
    wires, shared = Wires(subject, ATTACKERS), throws()
    uploads = list(bombs.columnar().items()) if files and throws is memory_bombs else []

    async def attacker(number: int) -> None:
        for turn in itertools.count(number):
            if uploads and turn % 3 == 0:
                name, (format_, data) = uploads[turn // 3 % len(uploads)]
                head = f"PUT /graphs/bomb?format={format_} HTTP/1.1\r\nHost: {subject.address}\r\n"
                head += f"Authorization: Bearer {subject.tokens['ann']}\r\nContent-Length: {len(data)}\r\n\r\n"
                outcome, _ = await wires.ask(head.encode() + data)
                stretch.bombs[f"{name.partition(':')[0]} file: {outcome}"] += 1
            else:
                tool, arguments = next(shared)
                outcome, _ = await wires.ask(made.call("modern", subject.tokens["ann"], tool, arguments))
                stretch.bombs[f"{arguments.get('name', tool)}: {outcome}"] += 1

    tasks = [asyncio.ensure_future(attacker(number)) for number in range(ATTACKERS)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        wires.close()


@asynccontextmanager
async def _measured(subject: Subject, stretch: Stretch) -> AsyncIterator[None]:
    """Cores in use meanwhile: by the API, by zygote and workers, by this client, by others on the machine."""
    began, before, busy = time.monotonic(), _cpu(subject), processes.machine_cpu_seconds()
    yield
    seconds, after = time.monotonic() - began, _cpu(subject)
    cores = {name: (after[name] - before[name]) / seconds for name in before}
    cores["others"] = (processes.machine_cpu_seconds() - busy) / seconds - sum(cores.values())
    stretch.cores = {name: round(max(0.0, value), 2) for name, value in cores.items()}


def _cpu(subject: Subject) -> dict[str, float]:
    root, mine = psutil.Process(subject.pid), psutil.Process().cpu_times()
    whole = processes.of_process(subject.pid).cpu_seconds
    times = root.cpu_times()
    api = times.user + times.system
    return {"api": api, "workers": whole - api, "client": mine.user + mine.system}


async def _idle(subject: Subject) -> None:
    """Wait until no worker works for anybody; at most the deadline of a call and a little."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        text = (await asyncio.to_thread(subject.http, "GET", "/metrics", b"", None))[1].decode()
        if 'networkx_mcp_workers{state="busy"} 0.0' in text:
            return
        await asyncio.sleep(0.2)


def ratios(stretches: list[Stretch]) -> dict[str, float]:
    """P99 beside each kind of bomb over the quiet P99 (of both quiet stretches together), for all calls and by kind."""
    found = {}
    for kind in ("all", "light", "analysis"):
        names = ("light", "analysis") if kind == "all" else (kind,)

        def p99(chosen: list[Stretch], names: tuple[str, ...] = names) -> float:
            return quantiles(
                sorted(one for stretch in chosen for name in names for one in stretch.latencies[name])
            ).get("p99_ms", 0.0)

        quiet = p99([stretch for stretch in stretches if stretch.name not in KINDS])
        found[f"{kind}: quiet p99_ms"] = quiet
        for stretch in stretches:
            if stretch.name in KINDS and quiet:
                found[f"{kind}: {stretch.name}"] = round(p99([stretch]) / quiet, 2)
    return found
