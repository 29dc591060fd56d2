"""The search for the knee: the most users at which the objective holds. No network in here.

Users are doubled until the objective fails, then the step is halved, from the last good point up, until
it is small against it: the last good point is the knee.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from loadtests.results import Knee, Point


@dataclass(frozen=True)
class Objective:
    """What a load must meet: share of answered calls in percent, P95 and longest answer and run in seconds."""

    success_percent: float
    p95_seconds: float
    run_seconds: float
    response_seconds: float

    def failures(self, point: Point) -> list[str]:
        """What a point fails in; nothing when it is good."""
        found = []
        if not point.requests:
            found.append("no request was answered")
        if point.success_percent < self.success_percent:
            found.append(f"success {point.success_percent:g} % < {self.success_percent:g} %")
        if point.p95_ms > 1000 * self.p95_seconds:
            found.append(f"P95 {point.p95_ms:g} ms > {1000 * self.p95_seconds:g} ms")
        if point.max_ms > 1000 * self.response_seconds:
            found.append(f"longest answer {point.max_ms:g} ms > {1000 * self.response_seconds:g} ms")
        if point.runs_over_20s:
            # The server's histogram has a bound at 20 s; counting from there is stricter than the objective.
            found.append(f"{point.runs_over_20s} runs of over 20 s, {self.run_seconds:g} s are allowed")
        return found


#: A run may take its 20 s, and heavy calls are few: in a shorter window one more or less decides.
LEAST_WINDOW_SECONDS = 20.0
#: The search ends when its step is below this share of the last good point.
PRECISION = 0.05


def most_points(start: int, maximum: int, precision: float = PRECISION) -> int:
    """The most points that `find` may ask for: users are doubled to the maximum, then the step is halved."""
    doubled = math.ceil(math.log2(max(1.0, maximum / start)))
    return 1 + doubled + math.floor(math.log2(1 / precision))


def find(good: Callable[[int], bool], start: int, maximum: int, precision: float = PRECISION) -> tuple[int, bool]:
    """(most users for which `good` held, whether `maximum` stopped the search); 0 where `start` fails already.

    `precision`: see PRECISION.
    """
    last, step = 0, start
    users = start
    while good(users):
        last = users
        if users >= maximum:
            return last, True
        step = users
        users = min(2 * users, maximum)
    step = (users - last) // 2
    while last and step >= max(1, precision * last):
        if good(last + step):
            last += step
        step //= 2
    return last, False


def knee(points: list[Point], maximum: int) -> Knee:
    """Median and spread of the repeats; a repeat without a good point has its knee at 0. Raises ValueError
    without points."""
    tops: dict[int, Point | None] = {}
    for point in points:
        best = tops.setdefault(point.repeat, None)
        if point.ok and (best is None or point.users > best.users):
            tops[point.repeat] = point
    if not tops:
        raise ValueError("no point was measured")
    found = [tops[repeat] for repeat in sorted(tops)]
    users = [point.users if point else 0 for point in found]
    return Knee(
        users=users,
        requests_per_second=[point.requests_per_second if point else 0.0 for point in found],
        requests_per_cpu_second=[point.requests_per_cpu_second if point else 0.0 for point in found],
        median_users=median(users),
        spread_users=(min(users), max(users)),
        at_maximum=max(users) >= maximum,
    )
