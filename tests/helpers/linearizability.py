"""Checks a recorded concurrent history of one graph's compare-and-set log.

The store gives every write a version, so the one order that could explain a history is known: by
version. What is left to check is that this order explains everything that was seen, exactly and
without search (Wing and Gong's general problem is exponential; test_linearizability compares the
two on small histories):

* each acknowledged write is in the final log once, under the version that it was told;
* a refused write is not in it, one with an unknown outcome at most once;
* an operation that ended before another began comes before it in the order;
* a read saw the state of the version that it was told.

A conflict is a read, too: it tells the current version. Times are of any one clock.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["ok", "refused", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """An append of `value`, unique in the history. `version`: the new one (ok), or the current one
    that a conflict told (refused), or None (unknown; refused for another reason)."""

    start: float
    end: float
    value: Hashable
    outcome: Outcome
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A read that returned `values`, the log after `first_version`, as of `version`; None where
    only the version was asked for."""

    start: float
    end: float
    version: int
    values: tuple[Hashable, ...] | None = None


@dataclass(frozen=True, slots=True)
class _Point:
    """A place in the order: a write at version v is (v, 0), a read of it (v, 1)."""

    start: float
    end: float
    place: tuple[int, int]
    what: str


def violations(
    history: Sequence[Write | Read], final: Sequence[tuple[int, Hashable]], first_version: int = 1
) -> list[str]:
    """What the history and the final log have that no order explains; empty: linearizable.

    `final` is the log in the end, (version, value) from `first_version` + 1 on without compaction."""
    found = _final_log(history, final, first_version)
    if found:
        return found  # places in the order would mean nothing
    version_of = {value: version for version, value in final}
    values = [value for _, value in final]
    points: list[_Point] = []
    for operation in history:
        if isinstance(operation, Read):
            found += _seen(operation, operation.version, operation.values, values, first_version)
            points.append(_Point(operation.start, operation.end, (operation.version, 1), f"{operation}"))
        elif operation.outcome == "refused":
            if operation.version is not None:
                found += _seen(operation, operation.version, None, values, first_version)
                points.append(_Point(operation.start, operation.end, (operation.version, 1), f"{operation}"))
        elif operation.value in version_of:
            # One with an unknown outcome may take effect at any time after its start.
            end = operation.end if operation.outcome == "ok" else math.inf
            points.append(_Point(operation.start, end, (version_of[operation.value], 0), f"{operation}"))
    return found + _real_time(points)


def _final_log(history: Sequence[Write | Read], final: Sequence[tuple[int, Hashable]], first_version: int) -> list[str]:
    found = []
    versions = [version for version, _ in final]
    if versions != list(range(first_version + 1, first_version + 1 + len(final))):
        found.append(f"the versions of the final log have gaps or repeats: {versions}")
    counted = Counter(value for _, value in final)
    found += [f"{value!r} is {count} times in the final log" for value, count in counted.items() if count > 1]
    writes = [operation for operation in history if isinstance(operation, Write)]
    written = {write.value for write in writes}
    found += [f"{value!r} is in the final log, and nobody wrote it" for value in counted if value not in written]
    told = dict(final)
    for write in writes:
        if write.outcome == "ok" and (write.version is None or told.get(write.version) != write.value):
            found.append(f"acknowledged, not in the final log at its version: {write}")
        if write.outcome == "refused" and write.value in counted:
            found.append(f"refused, and in the final log: {write}")
    return found


def _seen(
    operation: Read | Write,
    version: int,
    seen: Sequence[Hashable] | None,
    values: Sequence[Hashable],
    first_version: int,
) -> list[str]:
    """Whether `seen` (None: not looked at) is the log at a version that was."""
    length = version - first_version
    if not 0 <= length <= len(values):
        return [f"a version that never was: {operation}"]
    if seen is not None and list(seen) != list(values[:length]):
        return [f"not the state of version {version}: {operation}"]
    return []


def _real_time(points: Sequence[_Point]) -> list[str]:
    """Pairs in which the earlier operation comes later in the order; for each operation the worst."""
    found = []
    by_end = sorted(points, key=lambda point: point.end)
    latest: _Point | None = None
    ended = 0
    for point in sorted(points, key=lambda point: point.start):
        while ended < len(by_end) and by_end[ended].end < point.start:
            if latest is None or by_end[ended].place > latest.place:
                latest = by_end[ended]
            ended += 1
        if latest is not None and latest.place > point.place:
            found.append(f"{point.what} began after the end of {latest.what}, and comes before it")
    return found
