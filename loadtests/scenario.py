"""Locust scenarios against a target: `python -m loadtests scenario NAME --users N --seconds S`.

Locust runs in a process of its own, because it changes how sockets and threads of its process work.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from loadtests import processes, results
from loadtests.measure import MistakesError, line, objective
from loadtests.results import Point
from loadtests.targets import LoadTarget, TargetError, cpus, memory_mib

if TYPE_CHECKING:
    from loadtests.__main__ import Measurement

#: Scenario -> classes of locustfile.py.
SCENARIOS: dict[str, tuple[str, ...]] = {
    "agent": ("Agent",),
    "reader": ("Reader",),
    "analyst": ("Analyst",),
    "editor": ("Editor",),
    "mixed": ("Agent", "Reader", "Analyst", "Editor"),
    "flood": ("Flood",),
    "slow": ("Slow",),
}
MISTAKES_CODE = 3


def command(target: LoadTarget, name: str, users: int, seconds: float, seen: Path, *more: str) -> list[str]:
    """The command line of Locust."""
    host, port = target.address()
    locustfile = Path(__file__).with_name("locustfile.py")
    return [
        *(sys.executable, "-m", "locust", "-f", str(locustfile), "--headless", "--only-summary"),
        *("-H", f"http://{host}:{port}", "-u", str(users), "-r", str(max(1, users // 2)), "-t", f"{seconds:g}s"),
        *("--seen", str(seen), "--stop-timeout", "40", *more),
        *SCENARIOS[name],
    ]


def run(target: LoadTarget, name: str, users: int, seconds: float, *more: str, repeat: int = 0) -> Point:
    """One run of a scenario. Raises MistakesError where the scenario was wrong, TargetError where Locust failed."""
    overdue = target.runs_over_20s()
    with tempfile.TemporaryDirectory() as directory:
        seen = Path(directory) / "seen.json"
        whole = command(target, name, users, seconds, seen, "--tokens", ",".join(target.tokens), *more)
        before, store_before, machine_before = target.usage(), target.store_usage(), processes.machine_cpu_seconds()
        began = time.monotonic()
        with subprocess.Popen(whole, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as locust:
            said, _ = locust.communicate()
        took = time.monotonic() - began
        after, store_after = target.usage(), target.store_usage()
        client = sum(_children_cpu()) - sum(_CHILDREN)
        _CHILDREN[:] = _children_cpu()
        if not seen.exists():
            raise TargetError(f"Locust ended with {locust.returncode}: {said[-3000:]}")
        found = json.loads(seen.read_text(encoding="utf-8"))
    if locust.returncode == MISTAKES_CODE or found["mistakes"]:
        raise MistakesError(f"{found['mistakes']} calls were wrong: {found['examples'][:3]}")
    server, store = cpus(before, after), cpus(store_before, store_after)
    rate = found["outcomes"].get("ok", 0) / took
    busy = (processes.machine_cpu_seconds() - machine_before) / took
    point = Point(
        users=users,
        repeat=repeat,
        seconds=round(took, 1),
        workload=name,
        requests_per_second=round(rate, 2),
        server_cpus=server,
        store_cpus=store,
        client_cpus=round(client / took, 3),
        other_cpus=round(max(0.0, busy - server - store - client / took), 3),
        requests_per_cpu_second=round(rate / server, 1) if server else 0.0,
        memory_mib=memory_mib(after),
        file_descriptors=max(usage.file_descriptors for usage in after),
        runs_over_20s=target.runs_over_20s() - overdue,
        tools={},
        at=results.now(),
        process=target.process(),
        **found,
    )
    point.failed = objective().failures(point)
    point.ok = not point.failed
    return point


def _children_cpu() -> tuple[float, float]:
    import resource

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime, used.ru_stime


_CHILDREN = [0.0, 0.0]


def measure(made: Measurement) -> None:
    """The scenario `--repeats` times."""
    options = made.options
    for repeat in range(len(made.points), options.repeats):
        _CHILDREN[:] = _children_cpu()
        more = ["--rate", f"{options.rate:g}"] if options.rate else []
        more += ["--think", f"{options.think:g}", "--era", options.era]
        point = run(made.live, options.scenario, options.users, options.seconds, *more, repeat=repeat)
        print(f"{results.now()} repeat {repeat} {line(point)}", file=sys.stderr, flush=True)
        made.points.append(point)
        made.journal.add(point)
    made.result()
