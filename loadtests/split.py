"""How to split what a pod admits into requests that run and requests that wait: the split with the lowest P95.

`connections` plus `queue` are given (at most 0.9 of the knee); as many users without think time load servers
that differ in `connections` alone. The result has its points in the order of --connections, the repeats of each in turn.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

import msgspec

from loadtests import evidence, results
from loadtests.measure import line, take
from loadtests.measurement import Measurement
from loadtests.targets import LoadTarget

Start = Callable[[Path, dict[str, str]], LoadTarget]


def admitted(total: int | None, knee: str | None) -> int:
    """The sum that was asked for, or 0.9 of a knee that was measured. Raises SystemExit without either."""
    if total:
        return total
    if not knee:
        raise SystemExit("give --total, or --knee with the name of a capacity result")
    return evidence.bound(evidence.knee_of("users", results.load(results.RESULTS / f"{knee}.json")))


def measure(made: Measurement, start: Start) -> None:
    """One point for each number of connections and repeat; every server is a new one."""
    options = made.options
    total = admitted(options.total, options.knee)
    rates: dict[int, list[float]] = {}
    points: list[results.Point] = []
    for connections in [int(text) for text in options.connections.split(",")]:
        settings = {"limits_connections": str(connections), "limits_queue": str(total - connections)}
        known = [record for record in made.journal.lines if record["connections"] == connections]
        for record in known:
            made.facts = msgspec.convert(record["facts"], results.Target)
        points += [msgspec.convert(record["point"], results.Point) for record in known]
        rates[connections] = [record["p95_ms"] for record in known]
        if len(known) >= options.repeats:
            continue
        with tempfile.TemporaryDirectory() as directory, start(Path(directory), settings) as live:
            made.live = live
            made.journal.pin(live.facts().digest)
            live.prepare()
            for repeat in range(len(known), options.repeats):
                found = take(
                    live, users=total, repeat=repeat, seconds=options.seconds, warmup=options.warmup,
                    workload=options.workload,
                )  # fmt: skip
                print(f"{results.now()} connections {connections} {line(found)}", file=sys.stderr, flush=True)
                made.facts = live.facts()
                made.journal.add(
                    {"connections": connections, "p95_ms": found.p95_ms, "facts": made.facts, "point": found}
                )
                rates[connections].append(found.p95_ms)
                points.append(found)
    best = min(rates, key=lambda connections: median(rates[connections]))
    made.result(
        points=points,
        summary={"total": total, "best_connections": best}
        | {f"p95_ms_of_{connections}": median(values) for connections, values in rates.items()},
    )
