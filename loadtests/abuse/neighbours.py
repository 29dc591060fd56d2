"""A normal user beside bombs of memory, of CPU and of results, and beside floods, thrown by another tenant on the same server.

The user's calls are due at a fixed rate and their latency counts from when they were due. Quiet stretches before and
after give the value to compare with, of the same run and machine. Point reads, edits (which wait for the store's disk) and
analyses (which need a worker of the server) are told apart. What the machine does to everybody is told by a witness beside the
server, and by a stretch in which processes of nobody touch as much memory as the memory bombs made the machine hand out.

A flood is of small calls, more at once than the server has slots and places, each asked again as soon as it is answered or refused.
The flood takes whatever CPU is left, so calls are slow beside it, and slow calls that are due at a fixed rate would be a flood, too:
there the user has FEW calls under way at most. What is judged is that they are answered; only the flood is shed.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import psutil

from loadtests import processes
from loadtests.abuse import control_process
from loadtests.abuse.attackers import BOMBS, FLOODS, KINDS, AttackUnderWay, attack
from loadtests.abuse.memory_pressure import hogs
from loadtests.abuse.raw_connections import Wires
from loadtests.abuse.subject import GRAPH, Subject
from loadtests.frugal_http import Requests
from networkx_mcp import mcp_wire

#: Calls of the user per second, and of the witness: a stall must have the same chance to meet one.
RATE = 40.0
#: Calls of the user at once beside a flood.
FEW = 3
#: Part of the user's calls that needs a worker.
ANALYSES = 0.05
#: Edges of the attacker's graphs: one whose matrices take 200 MB each, one with hours of flows.
LONG, DENSE = 4_999, 200
#: The aim: P99 beside bombs is at most so many times the quiet one.
AIM = 3.0
#: Kinds of latencies; the witness's are no calls of the user.
CALLS = ("read", "edit", "analysis")
WITNESS = "witness"
#: The stretch beside processes of nobody, and that whose memory they touch.
HOGS, LIKE = "memory of nobody", "memory bombs"
#: Stretches that are compared with the quiet ones.
LOUD = (*BOMBS, HOGS, *FLOODS)


@dataclass
class Stretch:
    """One part of the run."""

    name: str
    seconds: float = 0.0
    latencies: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in (*CALLS, WITNESS)})
    outcomes: Counter[str] = field(default_factory=Counter)
    bombs: Counter[str] = field(default_factory=Counter)
    cores: dict[str, float] = field(default_factory=dict)
    #: Memory that the machine handed out, in MiB per second.
    allocated: float = 0.0
    #: What was said to calls of the user that failed.
    examples: list[str] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """Milliseconds by kind of call, and what happened."""
        every = sorted(itertools.chain(*(self.latencies[kind] for kind in CALLS)))
        return {
            "seconds": round(self.seconds, 1),
            "all": quantiles(every),
            **{kind: quantiles(sorted(found)) for kind, found in self.latencies.items()},
            "outcomes": dict(self.outcomes),
            "bombs": dict(self.bombs),
            "cores": self.cores,
            "allocated_mib_per_second": round(self.allocated),
            "examples": self.examples,
        }


def quantiles(ordered: list[float]) -> dict[str, float]:
    """Count, P50, P95, P99 and maximum of sorted seconds, in milliseconds."""
    if not ordered:
        return {"count": 0}

    def at(share: float) -> float:
        return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)

    return {"count": len(ordered), "p50_ms": at(0.5), "p95_ms": at(0.95), "p99_ms": at(0.99), "max_ms": at(1.0)}


def calls(seed: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(kind, tool, arguments) of the user's calls."""
    chance = Random(seed)
    for number in itertools.count():
        pick = chance.random()
        if pick < ANALYSES:
            yield "analysis", "rank_nodes", {"graph_id": GRAPH, "measure": "betweenness", "seed": number}
        elif pick < 0.65:
            yield "read", "get_neighbors", {"graph_id": GRAPH, "node": f"n{chance.randrange(60)}"}
        elif pick < 0.85:
            yield "read", "describe_graph", {"graph_id": GRAPH}
        else:
            edits = [
                {
                    "action": "add_edges",
                    "if_exists": "update",
                    "edges": [[f"n{chance.randrange(60)}", f"m{number % 50}", {"weight": number}]],
                }
            ]
            yield "edit", "edit_graph", {"graph_id": "busy", "edits": edits}


def prepare(subject: Subject) -> None:
    """The user is Bob, the attacker Ann: each in a tenant of their own."""
    subject.plant()
    subject.make("bob", graph_id="busy")
    dense = [[u, v] for v in range(DENSE) for u in range(v) if (u + v) % 3 == 0]
    long = [[node, node + 1] for node in range(LONG)]
    subject.make("ann", graph_id="dense", edges=dense)
    subject.make("ann", graph_id="long", edges=long)


async def run(subject: Subject, seconds: float, seed: int, files: bool = True, only: str = "") -> list[Stretch]:
    """Quiet, each kind of bomb, the memory of one of them without a bomb, each flood, quiet again; `seconds` each. `only`: of
    the noises those whose name contains it."""
    loud = [name for name in LOUD if only in name and (not only or name != HOGS)]
    await asyncio.to_thread(prepare, subject)
    made = Requests(subject.address)
    wires = Wires(subject.host, subject.port, 64)
    await _user(subject, made, wires, Stretch("warm-up"), min(5.0, seconds), seed)
    found: dict[str, Stretch] = {}
    with control_process.witness() as (pid, port):
        for number, name in enumerate(("quiet before", *loud, "quiet after")):
            stretch = found[name] = Stretch(name)
            async with _beside(subject, name, found, files) as (bombs, pids), _measured(subject, stretch, [pid, *pids]):
                _, stretch.latencies[WITNESS] = await asyncio.gather(
                    _user(subject, made, wires, stretch, seconds, seed + number),
                    control_process.ask(port, seconds, RATE),
                )
            if bombs is not None:
                stretch.bombs = bombs.outcomes
            await _idle(subject)
    wires.close()
    return list(found.values())


@asynccontextmanager
async def _beside(
    subject: Subject, name: str, found: dict[str, Stretch], files: bool
) -> AsyncIterator[tuple[AttackUnderWay | None, list[int]]]:
    """The attack of this name, if it is one, and the processes that make the noise."""
    if name == HOGS:
        with hogs(found[LIKE].allocated) as pids:
            yield None, pids
    elif name in KINDS:
        async with attack(subject.host, subject.port, subject.tokens["ann"], name, files) as bombs:
            yield bombs, [bombs.pid]
    else:
        yield None, []


async def _user(subject: Subject, made: Requests, wires: Wires, stretch: Stretch, seconds: float, seed: int) -> None:
    """The user's calls, each when it is due; beside a flood, when it is due and fewer than FEW are under way."""
    began = time.monotonic()
    places = asyncio.Semaphore(FEW) if stretch.name in FLOODS else None
    running = []

    async def one(due: float, kind: str, request: bytes) -> None:
        outcome, told = await wires.ask(request)
        if outcome != "ok" and len(stretch.examples) < 5:
            stretch.examples.append(f"{kind}: {told[-300:]!r}")
        stretch.latencies[kind].append(time.monotonic() - due)
        stretch.outcomes[outcome if outcome == "ok" else f"{kind} {outcome}"] += 1
        if places is not None:
            places.release()

    for number, (kind, tool, arguments) in enumerate(calls(seed)):
        due = began + number / RATE
        if due - began >= seconds:
            break
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        if places is not None:
            await places.acquire()
            due = time.monotonic()
            if due - began >= seconds:
                break
        era = mcp_wire.ERAS[number % 2]
        running.append(asyncio.ensure_future(one(due, kind, made.call(era, subject.tokens["bob"], tool, arguments))))
    await asyncio.gather(*running)
    stretch.seconds = time.monotonic() - began


@asynccontextmanager
async def _measured(subject: Subject, stretch: Stretch, clients: list[int]) -> AsyncIterator[None]:
    """Cores in use meanwhile: by the API, by zygote and workers, by user, attackers and witness, by others on the machine;
    and the memory that the machine hands out."""
    began, before, busy = time.monotonic(), _cpu(subject, clients), processes.machine_cpu_seconds()
    allocated = processes.machine_allocated_mib()
    yield
    seconds, after = time.monotonic() - began, _cpu(subject, clients)
    cores = {name: (after[name] - before[name]) / seconds for name in before}
    cores["others"] = (processes.machine_cpu_seconds() - busy) / seconds - sum(cores.values())
    stretch.cores = {name: round(max(0.0, value), 2) for name, value in cores.items()}
    stretch.allocated = (processes.machine_allocated_mib() - allocated) / seconds


def _cpu(subject: Subject, clients: list[int]) -> dict[str, float]:
    whole = processes.of_process(subject.pid).cpu_seconds
    api = _seconds(subject.pid)
    return {"api": api, "workers": whole - api, "client": sum(map(_seconds, (os.getpid(), *clients)))}


def _seconds(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


async def _idle(subject: Subject) -> None:
    """Wait until no worker works for anybody; at most the deadline of a call and a little."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        text = (await asyncio.to_thread(subject.http, "GET", "/metrics", b"", None))[1].decode()
        if 'networkx_mcp_workers{state="busy"} 0.0' in text:
            return
        await asyncio.sleep(0.2)


def ratios(stretches: list[Stretch]) -> dict[str, float]:
    """P99 beside each kind of noise over the quiet P99 (of both quiet stretches together), for all calls of the user, by kind
    of call, and for the witness."""
    found = {}
    for kind, parts in {"all": CALLS, **{part: (part,) for part in (*CALLS, WITNESS)}}.items():

        def p99(chosen: list[Stretch], parts: tuple[str, ...] = parts) -> float:
            every = sorted(one for stretch in chosen for part in parts for one in stretch.latencies[part])
            return quantiles(every).get("p99_ms", 0.0)

        quiet = p99([stretch for stretch in stretches if stretch.name not in LOUD])
        found[f"{kind}: quiet p99_ms"] = quiet
        for stretch in stretches:
            if stretch.name in LOUD and quiet:
                found[f"{kind}: {stretch.name}"] = round(p99([stretch]) / quiet, 2)
    return found


def sheds(stretches: list[Stretch]) -> dict[str, float]:
    """Of each flood: the user's calls and those of them that were shed, the flood's calls and those that were."""
    found: dict[str, float] = {}
    for one in stretches:
        if one.name in FLOODS:
            for who, outcomes in (("user", one.outcomes), ("flood", one.bombs)):
                found[f"{one.name}: {who} calls"] = outcomes.total()
                shed = sum(count for outcome, count in outcomes.items() if outcome.endswith("shed"))
                found[f"{one.name}: {who} shed"] = shed
    return found
