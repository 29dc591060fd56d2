"""One point: a load of so many users for so long, with what it cost the server, the store and the client."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import yaml

from loadtests import processes, results
from loadtests.results import Point
from loadtests.search import Objective
from loadtests.targets import LoadTarget, TargetError, cpus, memory_mib

CAPACITY = Path(__file__).with_name("capacity.yaml")


class MistakesError(TargetError):
    """Calls of the scenario itself were wrong: what was measured says nothing about the server."""


def objective() -> Objective:
    """The objective of capacity.yaml."""
    document: dict[str, Any] = yaml.safe_load(CAPACITY.read_text(encoding="utf-8"))
    return Objective(**document["objective"])


def take(
    target: LoadTarget,
    *,
    users: int,
    seconds: float,
    workload: str = "mixed",
    repeat: int = 0,
    warmup: float = 3.0,
    rate: float | None = None,
    goal: Objective | None = None,
) -> Point:
    """Measure one point and judge it by `goal`. Raises MistakesError, TargetError."""
    goal = goal or objective()
    run = f"{time.time_ns() // 1_000_000:x}"
    overdue = target.runs_over_20s()
    looks: dict[str, tuple[list[processes.ProcessUsage], list[processes.ProcessUsage], float, float]] = {}
    answer = ""

    def look(mark: str) -> None:
        """In a thread, so that the generator is never kept waiting."""
        looks[mark] = (target.usage(), target.store_usage(), processes.machine_cpu_seconds(), time.monotonic())

    threads = []
    for line in target.generate(users=users, seconds=seconds, warmup=warmup, workload=workload, rate=rate, run=run):
        if line in ("begin", "end"):
            threads.append(threading.Thread(target=look, args=(line,)))
            threads[-1].start()
        else:
            answer = line
    for thread in threads:
        thread.join()
    if "begin" not in looks or "end" not in looks:
        raise TargetError(f"the target could not be looked at during the load: {answer[:500]}")
    begin, end = looks["begin"], looks["end"]
    found = msgspec.json.decode(answer)
    server, store = cpus(begin[0], end[0]), cpus(begin[1], end[1])
    machine = (end[2] - begin[2]) / (end[3] - begin[3])
    point = Point(
        users=users,
        repeat=repeat,
        workload=workload,
        rate=rate,
        server_cpus=server,
        store_cpus=store,
        other_cpus=round(max(0.0, machine - server - store - found["client_cpus"]), 3),
        requests_per_cpu_second=round(found["requests_per_second"] / server, 1) if server else 0.0,
        memory_mib=memory_mib(end[0]),
        file_descriptors=max(usage.file_descriptors for usage in end[0]),
        runs_over_20s=target.runs_over_20s() - overdue,
        at=results.now(),
        process=target.process(),
        **found,
    )
    if point.mistakes:
        raise MistakesError(f"{point.mistakes} calls were wrong: {point.outcomes}; {point.examples[:3]}")
    point.failed = goal.failures(point)
    point.ok = not point.failed
    return point


def line(point: Point) -> str:
    """A point for people."""
    verdict = "good" if point.ok else "; ".join(point.failed)
    load = f"{point.rate:g}/s" if point.rate else f"{point.users} users"
    return (
        f"{load:>12}  {point.requests_per_second:8.1f}/s  success {point.success_percent:7.3f} %  "
        f"P50 {point.p50_ms:8.1f}  P95 {point.p95_ms:8.1f}  P99 {point.p99_ms:8.1f} ms  "
        f"cores: server {point.server_cpus:.2f} store {point.store_cpus:.2f} client {point.client_cpus:.2f} "
        f"other {point.other_cpus}  {verdict}"
    )
