"""One load for hours: does memory grow, do descriptors leak, does latency drift?

Calls are due at a fixed rate (0.7 of the knee's throughput), latency counts from when they were due. Every
minute is a point in the journal; interrupted, the same command goes on with the next minute. On a cluster
with `--keep` the pods live through the interruption; a local server starts anew, and the slope is then of
what came after. The first tenth, when caches fill, is left out of the slopes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from loadtests import results
from loadtests.targets import TargetError

if TYPE_CHECKING:
    from loadtests.__main__ import Measurement

SHARE_OF_KNEE = 0.7


def slope(values: Sequence[float]) -> float:
    """Least-squares change per step; 0 of fewer than two values."""
    count = len(values)
    if count < 2:
        return 0.0
    middle, mean = (count - 1) / 2, sum(values) / count
    above = sum((step - middle) * (value - mean) for step, value in enumerate(values))
    return above / sum((step - middle) ** 2 for step in range(count))


def rate_of(made: Measurement) -> float:
    """The rate asked for, or the share of a knee that was measured."""
    if made.options.rate:
        return float(made.options.rate)
    if not made.options.knee:
        raise TargetError("give --rate, or --knee with the name of a capacity result")
    knee = results.load(results.RESULTS / f"{made.options.knee}.json").knee
    assert knee is not None
    middle = sorted(knee.requests_per_second)[len(knee.requests_per_second) // 2]
    return round(SHARE_OF_KNEE * middle, 1)


def measure(made: Measurement) -> None:
    """`--minutes` points of a minute each."""
    rate = rate_of(made)
    for minute in range(made.options.minutes):
        # Its tail and the next warm-up make each minute a little longer than sixty seconds.
        made.point(made.options.users, minute, rate=rate, seconds=60, warmup=5.0 if minute == 0 else 2.0)
    points = sorted(made.points, key=lambda point: point.repeat)
    steady = points[len(points) // 10 :]
    p95 = [point.p95_ms for point in steady]
    third = max(1, len(p95) // 3)
    made.result(
        points=points,
        summary={
            "minutes": len(points),
            "rate": rate,
            "requests": sum(point.requests for point in points),
            "failures": sum(point.requests - point.outcomes.get("ok", 0) for point in points),
            "memory_mib_per_hour": round(60 * slope([point.memory_mib for point in steady]), 3),
            "memory_mib_most": max(point.memory_mib for point in points),
            "file_descriptors_per_hour": round(60 * slope([float(point.file_descriptors) for point in steady]), 3),
            "p95_ms_first_third": round(sum(p95[:third]) / third, 2),
            "p95_ms_last_third": round(sum(p95[-third:]) / third, 2),
        },
    )
