"""One account of the container's memory, so that the kernel never has to kill.

Everything large is entered here before it is allocated: resident graphs (memfds), reservations of
workers, request bodies; the processes' own size (the baseline) is measured. Together they stay
below `CEILING_RATIO` of the limit. Levels tell the other rooms what to give up:

* `constrained` (80 %): caches of graphs are dropped, large loads refused;
* `protective` (90 %): writes and heavy calls refused;
* `draining`: the process is on its way out.

A level follows what is *used* (the measured working set, or the account without reservations if
that is more), because a reservation is a promise and not a use. It rises at once and falls only
`HYSTERESIS` below its threshold, so that it does not flap.

One event loop uses a budget; it is not thread-safe.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from enum import IntEnum
from types import TracebackType
from typing import Literal, Self, get_args

from networkx_mcp.errors import MemoryLimit
from networkx_mcp.settings import MIB, Settings
from networkx_mcp.telemetry import metrics

logger = logging.getLogger("networkx_mcp.compute")

Kind = Literal["resident", "workers", "bodies"]
KINDS: tuple[Kind, ...] = get_args(Kind)

#: Share of the limit that may be promised; the rest is for what no account sees (kernel, sockets).
CEILING_RATIO = 0.95
#: A level ends when use is this share of the limit below the level's threshold.
HYSTERESIS = 0.05
#: Size of API and zygote before the first measurement, in bytes (the promise: at most 220 MB idle).
ASSUMED_BASELINE = 220 * MIB


class Level(IntEnum):
    """Degradation, worst last; the value is the metric's."""

    NORMAL = 0
    CONSTRAINED = 1
    PROTECTIVE = 2
    DRAINING = 3

    @property
    def label(self) -> str:
        """The name in texts: `normal`, `constrained`, `protective`, `draining`."""
        return self.name.lower()


class Reservation:
    """Bytes entered in the account until `release`; a second release does nothing."""

    __slots__ = ("_budget", "kind", "nbytes")

    def __init__(self, budget: MemoryBudget, kind: Kind, nbytes: int) -> None:
        self._budget: MemoryBudget | None = budget
        self.kind: Kind = kind
        self.nbytes = nbytes

    def resize(self, nbytes: int) -> None:
        """Change the size, in bytes. Raises errors.MemoryLimit (and changes nothing) when it does not fit."""
        if self._budget is None:
            raise ValueError("the reservation was released")
        if nbytes > self.nbytes:
            self._budget._check(self.kind, nbytes - self.nbytes)
        self._budget._enter(self.kind, nbytes - self.nbytes)
        self.nbytes = nbytes

    def release(self) -> None:
        """Give the bytes back. Never raises."""
        budget, self._budget = self._budget, None
        if budget is not None:
            budget._enter(self.kind, -self.nbytes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.release()


class MemoryBudget:
    """The account of one process; all sizes in bytes."""

    def __init__(self, settings: Settings) -> None:
        self.total = settings.limits.memory_bytes
        self._caps: dict[Kind, tuple[int, str]] = {
            "resident": (settings.memory.resident_mb * MIB, "memory.resident_mb"),
            "bodies": (settings.limits.body_budget_mb * MIB, "limits.body_budget_mb"),
        }
        self._thresholds = {
            Level.CONSTRAINED: settings.memory.constrained_ratio,
            Level.PROTECTIVE: settings.memory.protective_ratio,
        }
        self._used: dict[Kind, int] = dict.fromkeys(KINDS, 0)
        self.baseline = min(ASSUMED_BASELINE, self.total // 4)
        self._measured: int | None = None
        self._level = Level.NORMAL
        self._override: Level | None = None
        self._draining = False
        self._listeners: list[Callable[[Level], None]] = []
        self._reclaimers: list[Callable[[int], None]] = []
        self._waiters: OrderedDict[asyncio.Future[None], tuple[Kind, int]] = OrderedDict()
        metrics.MEMORY_LIMIT.set(self.total)
        metrics.DEGRADATION_LEVEL.set(0)

    # -- the account ---------------------------------------------------------------------------

    def used(self, kind: Kind) -> int:
        """Bytes entered under `kind`."""
        return self._used[kind]

    def cap(self, kind: Kind) -> int:
        """Bytes that `kind` may use of its own; `workers` share what the others leave."""
        return self._caps[kind][0] if kind in self._caps else self.ceiling - self.baseline

    @property
    def ceiling(self) -> int:
        """Bytes that may be promised to everything together, baseline included."""
        return int(self.total * CEILING_RATIO)

    @property
    def free(self) -> int:
        """Bytes that are not promised to anything."""
        return max(0, self.ceiling - self.baseline - sum(self._used.values()))

    def reserve(self, kind: Kind, nbytes: int) -> Reservation:
        """Enter `nbytes`. Raises errors.MemoryLimit when they do not fit, after asking caches to shrink."""
        self._check(kind, nbytes)
        self._enter(kind, nbytes)
        return Reservation(self, kind, nbytes)

    def try_reserve(self, kind: Kind, nbytes: int) -> Reservation | None:
        """As `reserve`, None instead of an error."""
        try:
            return self.reserve(kind, nbytes)
        except MemoryLimit:
            return None

    async def reserve_soon(self, kind: Kind, nbytes: int, *, timeout: float) -> Reservation:
        """As `reserve`, but waits up to `timeout` seconds for others to give back, first come first served.

        Raises errors.MemoryLimit at once when the bytes could not fit even into an empty account.
        """
        if nbytes > self.cap(kind) or nbytes > self.ceiling - self.baseline or not self._waiters:
            try:
                return self.reserve(kind, nbytes)
            except MemoryLimit:
                if nbytes > self.cap(kind) or nbytes > self.ceiling - self.baseline or timeout <= 0:
                    raise
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        self._waiters[future] = (kind, nbytes)
        timer = loop.call_later(timeout, self._expire, future)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                self._enter(kind, -nbytes)  # entered for us in the same turn of the loop
            raise
        finally:
            timer.cancel()
            self._waiters.pop(future, None)
            self._serve()  # the next in line may be smaller
        return Reservation(self, kind, nbytes)

    def _expire(self, future: asyncio.Future[None]) -> None:
        if not future.done():
            kind, nbytes = self._waiters[future]
            future.set_exception(self._refusal(kind, nbytes))

    def _fits(self, kind: Kind, nbytes: int) -> bool:
        return nbytes <= self.free and (kind not in self._caps or self._used[kind] + nbytes <= self._caps[kind][0])

    def _check(self, kind: Kind, nbytes: int) -> None:
        if nbytes < 0:
            raise ValueError("a reservation cannot be negative")
        if self._fits(kind, nbytes):
            return
        if kind != "resident":  # the cache makes its own room before it loads
            missing = nbytes - self.free
            for reclaim in self._reclaimers:
                if missing > 0:
                    reclaim(missing)
                    missing = nbytes - self.free
        if not self._fits(kind, nbytes):
            raise self._refusal(kind, nbytes)

    def _refusal(self, kind: Kind, nbytes: int) -> MemoryLimit:
        cap, setting = self._caps.get(kind, (self.ceiling - self.baseline, "limits.memory_mb"))
        never = nbytes > cap
        return MemoryLimit(
            f"{_mib(nbytes)} MiB of memory are needed ({kind}), {_mib(min(cap - self._used[kind], self.free))} MiB are "
            f"free of {_mib(cap)} MiB ({setting}). "
            + ("A smaller graph or request is the only way." if never else "Repeat later, or use a smaller graph."),
            retry_after=None if never else 2,
            setting=setting,
            maximum=cap,
            actual=nbytes,
        )

    def _enter(self, kind: Kind, change: int) -> None:
        self._used[kind] += change
        if change < 0:
            self._serve()
        if kind != "workers":
            self._reconsider()

    def _serve(self) -> None:
        """Let those wait no longer whose turn it is and whose bytes fit."""
        for future, (kind, nbytes) in list(self._waiters.items()):
            if future.done():
                continue
            if not self._fits(kind, nbytes):
                return
            self._used[kind] += nbytes
            future.set_result(None)

    # -- levels --------------------------------------------------------------------------------

    @property
    def level(self) -> Level:
        """The level in force: draining, else the administrator's override, else what memory says."""
        return self._level

    @property
    def override(self) -> Level | None:
        """The administrator's level, None where memory decides."""
        return self._override

    def set_override(self, level: Level | None) -> None:
        """Force a level (`/admin`), or let memory decide again with None."""
        self._override = level
        self._reconsider()

    def drain(self) -> None:
        """Enter `draining` for good."""
        self._draining = True
        self._reconsider()

    def subscribe(self, listener: Callable[[Level], None]) -> None:
        """Call `listener(level)` at every change of the level, in the event loop; it must not block."""
        self._listeners.append(listener)

    def reclaim_with(self, reclaimer: Callable[[int], None]) -> None:
        """Call `reclaimer(missing_bytes)` when a reservation does not fit; it releases what it can, at once."""
        self._reclaimers.append(reclaimer)

    def measured(self, *, baseline: int | None, working_set: int | None) -> None:
        """Enter a measurement: size of API and zygote without graphs, and what the container uses."""
        if baseline is not None:
            self.baseline = baseline
        self._measured = working_set
        self._serve()
        self._reconsider()

    @property
    def use_ratio(self) -> float:
        """Share of the limit in use: the measured working set, or the account without reservations."""
        accounted = self.baseline + self._used["resident"] + self._used["bodies"]
        return max(accounted, self._measured or 0) / self.total

    def _memory_level(self) -> Level:
        ratio = self.use_ratio
        for level in (Level.PROTECTIVE, Level.CONSTRAINED):
            margin = HYSTERESIS if self._level_by_memory >= level else 0.0
            if ratio >= self._thresholds[level] - margin:
                return level
        return Level.NORMAL

    _level_by_memory = Level.NORMAL

    def _reconsider(self) -> None:
        self._level_by_memory = self._memory_level()
        level = Level.DRAINING if self._draining else self._override
        level = self._level_by_memory if level is None else level
        if level is self._level:
            return
        before, self._level = self._level, level
        metrics.DEGRADATION_LEVEL.set(int(level))
        logger.log(
            logging.INFO if level < before else logging.WARNING,
            "degradation level changed",
            extra={"event": "worker_level", "level_before": before.label, "level_after": level.label},
        )
        for listener in list(self._listeners):
            listener(level)


def _mib(nbytes: int) -> int:
    return -(-max(0, nbytes) // MIB)
