"""Many malformed requests at one server, and what it came to: by kind, by status, in memory, in the log.

Attack `n` of a seed is always the same bytes (for the same tools), so a finding is repeated with `--only n`. What is
constructed (smuggling, bombs, slow senders) comes once or as often as its share, the rest is drawn by weight.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from loadtests.abuse import mcp_kinds, route_kinds, wire_kinds
from loadtests.abuse.attack import INCOMPLETE_SECONDS, Attack, World
from loadtests.abuse.attack_client import AttackClient, Reaction, Torn
from loadtests.abuse.judge import Findings, answer_findings, outcome_of, read_log
from loadtests.abuse.subject import GRAPH, Subject
from loadtests.fit import slope

Kind = Callable[[Random, World], Attack]
#: What is drawn, and how often.
KINDS: dict[Kind, float] = {
    mcp_kinds.body_bytes: 14,
    mcp_kinds.broken_utf8: 9,
    mcp_kinds.deep_json: 5,
    mcp_kinds.numbers: 9,
    mcp_kinds.duplicate_keys: 4,
    mcp_kinds.wrong_types: 20,
    mcp_kinds.envelope: 8,
    mcp_kinds.graph_ids: 8,
    mcp_kinds.labels: 8,
    mcp_kinds.headers: 6,
    mcp_kinds.content_encoding: 1,
    route_kinds.names: 2,
    route_kinds.queries: 0.2,
    route_kinds.files: 0.4,
    route_kinds.file_values: 0.2,
    route_kinds.admin: 2,
    route_kinds.others: 3,
    wire_kinds.chunks: 2,
    wire_kinds.scrambled: 4,
    wire_kinds.oversized: 1,
}
#: Measurements of memory in a run; the first two are warm-up.
BATCHES, WARM = 20, 2
#: Of ten thousand attacks, how many are slow ones.
_SLOW_OF_10_000 = 50
#: Time after which no connection of an attack is left: the time of a body and the sweep.
SETTLE_SECONDS = 1.0


class Plan:
    """All attacks of a run, by number."""

    def __init__(self, world: World, count: int, seed: int, short: bool = False) -> None:
        self.world, self.count, self.seed = world, count, seed
        constructed = wire_kinds.smuggling(world) + ([] if short else route_kinds.file_bombs(world))
        constructed *= max(1, count // 25_000)
        slow = [wire_kinds.slow(number, world) for number in range(max(7, count * _SLOW_OF_10_000 // 10_000))]
        constructed += [one for one in slow if not short or one.bound <= INCOMPLETE_SECONDS]
        places = Random(f"{seed}: places").sample(range(count), len(constructed))
        self._constructed = dict(zip(places, constructed, strict=True))
        self._kinds, self._weights = list(KINDS), list(KINDS.values())

    def attack(self, number: int) -> Attack:
        """The attack of that number."""
        if (known := self._constructed.get(number)) is not None:
            return known
        chance = Random(f"{self.seed}: {number}")
        return chance.choices(self._kinds, self._weights)[0](chance, self.world)


@dataclass
class AttackCounts:
    """What became of the attacks of one kind."""

    sent: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest_seconds: float = 0.0

    def add(self, told: Reaction) -> None:
        """One more."""
        status, outcome = outcome_of(told)
        self.sent += 1
        self.statuses[status] += 1
        self.outcomes[outcome] += 1
        self.slowest_seconds = max(self.slowest_seconds, round(told.seconds, 2))


@dataclass
class RunOutcome:
    """What a run came to."""

    sent: int
    seconds: float
    kinds: dict[str, AttackCounts]
    findings: Findings
    samples: list[dict[str, float]]
    log_events: dict[str, int]
    worker_exits: dict[str, float]
    callbacks: int

    @property
    def slopes(self) -> dict[str, float]:
        """Growth per 10,000 attacks of each measure, by least squares over what was measured after warm-up."""
        warm = self.samples[WARM:]
        names = ("memory_mib", "api_rss_mib", "file_descriptors", "processes")
        sent = [one["sent"] for one in warm]
        return {name: round(slope(sent, [one[name] for one in warm]) * 10_000, 3) for name in names}


def world_of(subject: Subject, leak: str, callback: str) -> World:
    """What Bob knows of the server."""
    listed = subject.rpc("tools/list", {})[1]["result"]["tools"]
    prompts = subject.rpc("prompts/list", {})[1]["result"]["prompts"]
    files = subject.files(route_kinds.FORMATS)
    return World(subject.address, subject.tokens, listed, prompts, GRAPH, subject.foreign_id, files, leak, callback)


async def run(
    subject: Subject,
    count: int,
    seed: int,
    *,
    batches: int = BATCHES,
    short: bool = False,
    only: int | None = None,
    minutes: float = 600,
) -> RunOutcome:
    """Plant, attack, judge; no new batch after `minutes`. `short`: without bombs and what takes long. The server goes on after it."""
    subject.plant()
    before, identity = subject.fingerprint(), subject.processes()
    leaked = f"canary-{secrets.token_hex(8)}"
    callbacks = 0

    async def called(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal callbacks
        callbacks += 1
        writer.close()

    listener = await asyncio.start_server(called, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    findings, kinds, samples = Findings(), defaultdict[str, AttackCounts](AttackCounts), []
    hidden = [*subject.canaries, leaked]
    began = time.monotonic()
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as secret_file:
        secret_file.write(leaked)
        secret_file.flush()
        world = await asyncio.to_thread(world_of, subject, secret_file.name, f"http://127.0.0.1:{port}/")
        plan = Plan(world, count, seed, short)
        client = AttackClient(subject.host, subject.port)

        async def one(number: int) -> None:
            attack = plan.attack(number)
            try:
                told = await client.attack(attack)
            except Torn as error:
                findings.add("an answer that is no HTTP", f"{number} {attack.kind}: {error}")
                return
            except OSError as error:
                findings.add("no connection", f"{number} {attack.kind}: {error}")
                return
            kinds[attack.kind].add(told)
            for sentence in answer_findings(attack, told, hidden):
                findings.add(sentence, f"{number} {attack.kind}: {attack.name}: {told.raw[-300:]!r}")

        samples.append({"sent": 0.0, **await asyncio.to_thread(subject.look)})
        edges = [count * part // batches for part in range(batches + 1)] if only is None else [only, only + 1]
        for start, end in itertools.pairwise(edges):
            await _all(one, range(start, end))
            await client.close()
            await asyncio.to_thread(_tidy, subject)
            await asyncio.sleep(SETTLE_SECONDS)
            samples.append({"sent": float(end), **await asyncio.to_thread(subject.look)})
            _check(subject, identity, before, hidden, findings)
            if time.monotonic() - began > 60 * minutes:
                break
            print(f"{end} of {count}: {samples[-1]} {dict(findings.counts)}", file=sys.stderr, flush=True)
    listener.close()
    if callbacks:
        findings.add("an address of an attacker was called", f"{callbacks} times")
    seconds = time.monotonic() - began
    # Ann's id is in the log where Ann, or Bob by guessing, named it; what is in her graph never is.
    events = read_log(subject.log, [*hidden, *subject.tokens.values()], findings, subject.begin)
    exits = worker_exits(subject)
    for reason in exits.keys() & {"crashed", "zygote_lost"}:
        findings.add(f"workers ended by {reason}", str(exits[reason]))
    sent = sum(counts.sent for counts in kinds.values())
    return RunOutcome(sent, seconds, dict(kinds), findings, samples, events, exits, callbacks)


async def _all(one: Callable[[int], Any], numbers: range) -> None:
    """All of them, without a task for each at once."""
    waiting: set[asyncio.Task[None]] = set()
    for number in numbers:
        waiting.add(asyncio.ensure_future(one(number)))
        while len(waiting) >= 400:
            _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if number % 50 == 0:
            await asyncio.sleep(0)
    await asyncio.gather(*waiting)


def _tidy(subject: Subject) -> None:
    subject.sweep()
    # Honest calls that meet what the attacks left: the reaper of results, workers, point reads.
    subject.call("describe_graph", graph_id=GRAPH)
    subject.call("rank_nodes", graph_id=GRAPH)


def _check(
    subject: Subject, identity: list[tuple[int, float]], before: bytes, hidden: list[str], findings: Findings
) -> None:
    """The server is the same process, Ann's graph is as it was, and nothing of hers is in what Bob has."""
    if subject.processes() != identity:
        findings.add("the server or its zygote is another process", f"{identity} -> {subject.processes()}")
    if subject.fingerprint() != before:
        findings.add("another tenant's graph changed", "")
    listed = subject.http("GET", "/graphs?limit=200")[1]
    if any(secret.encode() in listed for secret in hidden):
        findings.add("a secret among the attacker's graphs", repr(listed[:300]))


def worker_exits(subject: Subject) -> dict[str, float]:
    """Ends of workers by reason, from /metrics."""
    text = subject.http("GET", "/metrics", token=None)[1].decode()
    found = {}
    for line in text.splitlines():
        if line.startswith("networkx_mcp_worker_exits_total{"):
            name, _, value = line.rpartition(" ")
            if float(value):
                found[name.partition('reason="')[2].partition('"')[0]] = float(value)
    return found


def described(outcome: RunOutcome, seed: int) -> dict[str, Any]:
    """For the result."""
    return {
        "seed": seed,
        "findings": outcome.findings.as_dict(),
        "kinds": {
            name: {
                "sent": counts.sent,
                "statuses": dict(sorted(counts.statuses.items())),
                "outcomes": dict(sorted(counts.outcomes.items())),
                "slowest_seconds": counts.slowest_seconds,
            }
            for name, counts in sorted(outcome.kinds.items())
        },
        "samples": outcome.samples,
        "slopes_per_10000": outcome.slopes,
        "log_events": outcome.log_events,
        "worker_exits": outcome.worker_exits,
        "callbacks": outcome.callbacks,
    }
