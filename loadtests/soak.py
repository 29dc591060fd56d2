"""One load for hours: does memory grow, do descriptors leak, does latency drift?

Calls are due at a fixed rate (0.7 of the knee's throughput), latency counts from when they were due. Every
minute is a point in the journal; interrupted, the same command goes on with the next minute. On a cluster
with `--keep` the pods live through the interruption; a local server starts anew. Slopes are of the points that the last
process answered, over the time at which each ended; the first tenth of them, when caches fill, is left out.
`--again NAME` makes the summary of a result anew from its points.
"""

from __future__ import annotations

import argparse
import calendar
import time
from pathlib import Path
from statistics import median

from loadtests import results
from loadtests.fit import slope
from loadtests.measurement import Measurement
from loadtests.results import Point
from loadtests.targets import TargetError

SHARE_OF_KNEE = 0.7
#: That carry the calls, unless told otherwise.
CONNECTIONS = 200
#: Users that a second of warm-up is for: half of them open a session first, which is load that is not meant.
ARRIVE = 100


def load_of(options: argparse.Namespace) -> tuple[int, float]:
    """(users, calls per second) asked for, or the share of a knee that was measured.

    Users who call without think time are connections that carry the rate; those who call every so many seconds are as
    many as make it, so that the mix of calls is theirs.
    """
    if options.rate:
        return options.users or CONNECTIONS, float(options.rate)
    if not options.knee:
        raise TargetError("give --rate, or --knee with the name of a capacity result")
    found = results.load(results.RESULTS / f"{options.knee}.json")
    if found.knee is None:
        raise TargetError(f"{options.knee} has no knee: give --knee with the name of a capacity result")
    rate = round(SHARE_OF_KNEE * median(found.knee.requests_per_second), 1)
    users = CONNECTIONS if found.points[0].rate is None else round(SHARE_OF_KNEE * found.knee.median_users)
    return options.users or users, rate


def measure(made: Measurement) -> None:
    """`--minutes` points of a minute each."""
    users, rate = load_of(made.options)
    for minute in range(made.options.minutes):
        # Its tail and the next warm-up make each minute a little longer than sixty seconds. Users connect anew.
        made.point(users, minute, rate=rate, seconds=60, warmup=max(5.0 if minute == 0 else 2.0, users / ARRIVE))
    points = sorted(made.points, key=lambda point: point.repeat)
    made.result(points=points, summary=summary(points, rate))


def hours(point: Point) -> float:
    """When a point ended, in hours since 1970."""
    return calendar.timegm(time.strptime(point.at, results.TIME)) / 3600


def summary(points: list[Point], rate: float) -> dict[str, float]:
    """What the points of a soak say, in their order; slopes and thirds of those that the last process answered."""
    last = [point for point in points if point.process == points[-1].process]
    steady = last[len(last) // 10 :]
    times = [hours(point) for point in steady]
    p95 = [point.p95_ms for point in steady]
    third = max(1, len(p95) // 3)
    half = len(last) // 2  # caches are full by then; what still grows does not stop
    return {
        "minutes": len(points),
        "minutes_of_last_process": len(last),
        "rate": rate,
        "requests": sum(point.requests for point in points),
        "failures": sum(point.requests - point.outcomes.get("ok", 0) for point in points),
        "memory_mib_per_hour": round(slope(times, [point.memory_mib for point in steady]), 3),
        "memory_mib_per_hour_second_half": round(
            slope([hours(point) for point in last[half:]], [point.memory_mib for point in last[half:]]), 3
        ),
        "memory_mib_most": max(point.memory_mib for point in points),
        "file_descriptors_per_hour": round(slope(times, [float(point.file_descriptors) for point in steady]), 3),
        "p95_ms_first_third": round(sum(p95[:third]) / third, 2),
        "p95_ms_last_third": round(sum(p95[-third:]) / third, 2),
    }


def again(path: Path) -> None:
    """Make the summary of a result anew from its points, which stay. Raises SystemExit where it is of no soak."""
    found = results.load(path)
    if found.kind != "soak":
        raise SystemExit(f"{path.name} is of kind {found.kind}, not soak")
    found.summary = summary(found.points, found.summary["rate"])
    results.save(found, path.parent)
