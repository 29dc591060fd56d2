"""One account of the container's memory, so that the kernel never has to kill.

Everything large is entered here before it is allocated: resident graphs (memfds), reservations of
workers, request bodies, archives, graphs that workers are about to make (`loads`); the processes' own size (the baseline) is measured. Together they stay
below `CEILING_RATIO` of the limit.

The degradation level (see `levels`) follows what is *used*: the measured working set, or the account
without reservations if that is more. A reservation is a promise and not a use.

One event loop uses a budget; it is not thread-safe.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Literal, NamedTuple, Self, get_args

from networkx_mcp.errors import MemoryLimit
from networkx_mcp.limits.degradation import Level, Levels
from networkx_mcp.settings import MIB, Settings
from networkx_mcp.telemetry import metrics

__all__ = ["ASSUMED_BASELINE", "CEILING_RATIO", "KINDS", "Kind", "Level", "MemoryAccount", "Reservation"]

Kind = Literal["resident", "results", "workers", "bodies", "archives", "loads"]
KINDS: tuple[Kind, ...] = get_args(Kind)

#: Share of the limit that may be promised; the rest is for what comes between two measurements.
CEILING_RATIO = 0.95
#: Size of API and zygote before the first measurement, in bytes (the promise: at most 220 MB idle).
ASSUMED_BASELINE = 220 * MIB


class Reservation:
    """Bytes entered in the account until `release`; a second release does nothing."""

    __slots__ = ("_budget", "_tenant", "kind", "nbytes")

    def __init__(self, budget: MemoryAccount, kind: Kind, nbytes: int, tenant: str | None = None) -> None:
        self._budget: MemoryAccount | None = budget
        self._tenant = tenant
        self.kind: Kind = kind
        self.nbytes = nbytes

    def resize(self, nbytes: int) -> None:
        """Change the size, in bytes. Raises errors.MemoryLimit, and changes nothing, when it does not fit."""
        if self._budget is None:
            raise ValueError("the reservation was released")
        if nbytes > self.nbytes:
            self._budget._make_fit(self.kind, nbytes - self.nbytes)
        elif nbytes < 0:
            raise ValueError("a reservation cannot be negative")
        self._budget._enter(self.kind, nbytes - self.nbytes, self._tenant)
        self.nbytes = nbytes

    def missing(self, more: int) -> int:
        """Of `more` bytes those that are not free for this kind, in bytes. Raises ValueError where it was released."""
        if self._budget is None:
            raise ValueError("the reservation was released")
        return max(0, more - self._budget._free_for(self.kind))

    def release(self) -> None:
        """Give the bytes back. Never raises."""
        budget, self._budget = self._budget, None
        if budget is not None:
            budget._enter(self.kind, -self.nbytes, self._tenant)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.release()


class _Wait(NamedTuple):
    kind: Kind
    nbytes: int
    tenant: str


class MemoryAccount:
    """The account of one process; all sizes in bytes."""

    def __init__(self, settings: Settings) -> None:
        #: Memory that the container may use.
        self.total = settings.limits.memory_bytes
        #: Bytes that may be promised to everything together, baseline included.
        self.ceiling = int(self.total * CEILING_RATIO)
        self._caps: dict[Kind, tuple[int, str]] = {
            "resident": (settings.memory.resident_mb * MIB, "memory.resident_mb"),
            "results": (settings.memory.results_mb * MIB, "memory.results_mb"),
            "bodies": (settings.limits.body_budget_mb * MIB, "limits.body_budget_mb"),
        }
        self._used: dict[Kind, int] = dict.fromkeys(KINDS, 0)
        #: Their sum.
        self._promised = 0
        #: Size of API, zygote and spare worker without shared memory, as last measured.
        self.baseline = min(ASSUMED_BASELINE, self.total // 4)
        #: What the kernel was last measured to hold for the container.
        self.kernel = 0
        #: What the container was last measured to use; 0 before the first measurement.
        self.working_set = 0
        self.levels = Levels(settings.memory.constrained_ratio, settings.memory.protective_ratio)
        #: The smallest that was measured.
        self._least = self.total
        self._reclaimers: list[Callable[[int], None]] = []
        self._heaps: list[Callable[[], int]] = [
            lambda: self._used["results"],
            lambda: self._used["bodies"],
        ]
        #: In the order in which they came.
        self._waiters: dict[asyncio.Future[None], _Wait] = {}
        #: Bytes of each tenant that were, or may be, waited for.
        self._held: Counter[str] = Counter()
        metrics.MEMORY_LIMIT.set(self.total)

    # -- what there is -------------------------------------------------------------------------

    @property
    def level(self) -> Level:
        """The degradation level in force."""
        return self.levels.current

    @property
    def free(self) -> int:
        """Bytes that are not promised to anything."""
        return max(0, self.ceiling - self.baseline - self.kernel - self._promised)

    @property
    def use_ratio(self) -> float:
        """Share of the limit in use: the working set, or the account without reservations if that is more."""
        accounted = self.baseline + self.kernel + self._promised - self._used["workers"]
        return max(accounted, self.working_set) / self.total

    def used(self, kind: Kind) -> int:
        """Bytes entered under `kind`."""
        return self._used[kind]

    def cap(self, kind: Kind) -> int:
        """Bytes that `kind` may use at most, when nothing else uses any."""
        most = max(0, self.ceiling - self.baseline - self.kernel)
        return min(most, self._caps[kind][0]) if kind in self._caps else most

    # -- entries -------------------------------------------------------------------------------

    def reserve(self, kind: Kind, nbytes: int, *, tenant: str | None = None) -> Reservation:
        """Enter `nbytes`. Raises errors.MemoryLimit when they do not fit, after asking caches to shrink."""
        if nbytes:
            self._make_fit(kind, nbytes)
            self._enter(kind, nbytes, tenant)
        return Reservation(self, kind, nbytes, tenant)

    async def reserve_soon(self, kind: Kind, nbytes: int, *, tenant: str, timeout: float) -> Reservation:
        """As `reserve`, but wait up to `timeout` seconds for others to give back.

        Of those who wait the first is whose `tenant` holds least of what was reserved so, of as many who came first; it is
        waited for until it fits, so nobody's large request is passed over for ever by small ones of those who hold more.
        Raises errors.MemoryLimit, at once where the bytes would not even fit into an empty account.
        A cancelled wait leaves nothing behind.
        """
        if self._is_first(tenant) or nbytes > self.cap(kind):
            try:
                return self.reserve(kind, nbytes, tenant=tenant)
            except MemoryLimit:
                if timeout <= 0 or nbytes > self.cap(kind):
                    raise
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        self._waiters[future] = _Wait(kind, nbytes, tenant)
        # The timer settles the future as an entry does: whichever is first wins.
        timer = loop.call_later(timeout, self._expire, future)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                self._enter(kind, -nbytes, tenant)  # entered for us in the same turn of the loop
            raise
        finally:
            timer.cancel()
            if self._waiters.pop(future, None) is not None:
                self._serve()  # the next in line may need less
        return Reservation(self, kind, nbytes, tenant)

    def _is_first(self, tenant: str) -> bool:
        """Whether a request that comes now goes before all that wait."""
        return all(self._held[tenant] < self._held[wait.tenant] for wait in self._waiters.values())

    def reclaim_with(self, reclaimer: Callable[[int], None]) -> None:
        """Call `reclaimer(missing_bytes)` when a reservation does not fit; it releases what it can, at once."""
        self._reclaimers.append(reclaimer)

    def in_heap_with(self, part: Callable[[], int]) -> None:
        """Let `part()` tell how many accounted bytes lie in the heap of this process, whose size is measured."""
        self._heaps.append(part)

    def _free_for(self, kind: Kind) -> int:
        """Bytes that `kind` may still enter."""
        return min(self.free, self._caps[kind][0] - self._used[kind]) if kind in self._caps else self.free

    def _fits(self, kind: Kind, nbytes: int) -> bool:
        return nbytes <= self._free_for(kind)

    def _make_fit(self, kind: Kind, nbytes: int) -> None:
        if nbytes < 0:
            raise ValueError("a reservation cannot be negative")
        if nbytes > self.free and kind not in ("resident", "results"):  # caches make their own room
            for reclaim in self._reclaimers:
                if nbytes > self.free:
                    reclaim(nbytes - self.free)
        if not self._fits(kind, nbytes):
            raise self._refusal(kind, nbytes)

    def _refusal(self, kind: Kind, nbytes: int) -> MemoryLimit:
        setting = self._caps[kind][1] if kind in self._caps else "limits.memory_mb"
        cap = self.cap(kind)
        never = nbytes > cap
        free = min(self.free, cap - self._used[kind])
        return MemoryLimit(
            f"{_mib(nbytes)} MiB of memory are needed, {_mib(free)} MiB are free of the {_mib(cap)} MiB for this "
            f"({kind}; {setting}). "
            + ("Use a smaller graph, a subgraph or a smaller request." if never else "Repeat later."),
            retry_after=None if never else 2,
            setting=setting,
            maximum=cap,
            actual=nbytes,
        )

    def _enter(self, kind: Kind, change: int, tenant: str | None = None) -> None:
        self._note(kind, change, tenant)
        if change < 0:
            self._serve()
        if kind != "workers":
            self.levels.update(self.use_ratio)

    def _note(self, kind: Kind, change: int, tenant: str | None) -> None:
        self._used[kind] += change
        self._promised += change
        if tenant is not None:
            self._held[tenant] += change
            if not self._held[tenant]:
                del self._held[tenant]

    def _serve(self) -> None:
        """Enter the bytes of those who wait, in their order, as long as they fit."""
        while self._waiters:
            # As many wait as there are slots; of as many bytes the first that came.
            future, wait = min(self._waiters.items(), key=lambda item: self._held[item[1].tenant])
            if not future.done():
                if not self._fits(wait.kind, wait.nbytes):
                    return
                self._note(wait.kind, wait.nbytes, wait.tenant)
                future.set_result(None)
            del self._waiters[future]

    def _expire(self, future: asyncio.Future[None]) -> None:
        if not future.done():
            wait = self._waiters[future]
            future.set_exception(self._refusal(wait.kind, wait.nbytes))

    # -- levels --------------------------------------------------------------------------------

    def measured(self, *, working_set: int, baseline: int | None = None, kernel: int = 0) -> None:
        """Enter a measurement: what the container uses, what API, zygote and spare are without graphs, and what of it the kernel holds."""
        self.working_set = working_set
        self.kernel = kernel
        if baseline is not None:
            # What is entered one by one and lies in the heap of the API is measured there, too; it counts once. Not so
            # archives, which are entered before they are there. Entries are estimates, so a baseline is never below
            # the smallest that was measured.
            self._least = min(self._least, baseline)
            self.baseline = max(self._least, baseline - sum(part() for part in self._heaps))
            self._serve()
        self.levels.update(self.use_ratio)

    def set_override(self, level: Level | None) -> None:
        """Force a degradation level (`/admin`), or let memory decide again with None."""
        self.levels.set_override(level)

    def drain(self) -> None:
        """Enter `draining` for good."""
        self.levels.drain()

    def subscribe(self, listener: Callable[[Level], None]) -> None:
        """Call `listener(level)` at every change of the degradation level; it must not block."""
        self.levels.subscribe(listener)


def _mib(nbytes: int) -> int:
    return -(-max(0, nbytes) // MIB)
