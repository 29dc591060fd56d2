"""Slots and the bounded queue before them, fair by tenant: admission and the heavy queue are both one.

A slot is held while a request runs. When all are taken, requests wait; a slot that becomes free goes
to the tenants in turn (round robin), within one tenant first come first served, so one busy tenant
delays another by at most one run per slot. Where a run may take as long as a request may wait, that
is too much: a queue with a `reserve` has slots beyond, only for tenants that hold none. Past `places`
waiting, the newest request of the tenant that has most waiting is shed (see `tally`), which need not be the one that comes;
past its allowance of time any is. Every operation is O(1) in the number that waits, a hand-over O(slots); `close` alone looks
at all of them.

A semaphore would be one queue for all: with every tenant taken for one (in `enter`, `try_enter` and `may_wait`), a flood had 2 to 4 of
its neighbour's 60 reads and 2 to 10 of its 20 analyses shed, in three runs; with turns none was
(`pytest tests/server/test_floods.py -k sheds_itself`).

One event loop uses a queue; it is not thread-safe.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter, OrderedDict
from types import TracebackType
from typing import Self

from networkx_mcp.context import CallContext
from networkx_mcp.errors import ServiceError, Shed
from networkx_mcp.limits.shed import shed
from networkx_mcp.limits.tally import Tally
from networkx_mcp.telemetry import metrics

#: Closed set of the `reason` labels that this module counts in `requests_shed_total`.
SHED_REASONS = ("queue_full", "queue_timeout", "draining")


class Slot:
    """The right to run. `release` gives it back; a second release does nothing."""

    __slots__ = ("_queue", "_tenant")

    def __init__(self, queue: FairQueue, tenant: str) -> None:
        self._queue: FairQueue | None = queue
        self._tenant = tenant

    def release(self) -> None:
        """Hand the slot to the next that waits. Never blocks, never raises."""
        queue, self._queue = self._queue, None
        if queue is not None:
            queue._give_back(self._tenant)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.release()


class _QueuePlace:
    """A request in the queue, as who makes room for others sees it."""

    __slots__ = ("_future", "_queue", "_tenant")

    def __init__(self, queue: FairQueue, tenant: str, future: asyncio.Future[Slot]) -> None:
        self._queue, self._tenant, self._future = queue, tenant, future

    def may_end(self) -> bool:
        """Whether it got neither a slot nor a refusal."""
        return not self._future.done()

    def end(self, refusal: ServiceError) -> None:
        """Let it leave the queue with this refusal."""
        self._queue._forget(self._tenant, self._future)
        self._future.set_exception(refusal)


_Waiters = OrderedDict["asyncio.Future[Slot]", None]  # ordered and with O(1) removal from the middle


class FairQueue:
    """`slots` run at once, `reserve` more of tenants that have none running, up to `places` wait.

    `name` is the `queue` label of the metrics (`admission`, `heavy`). `what` and the two setting
    names go into the text of a refusal. Raises ValueError for a size that cannot be.
    """

    def __init__(
        self,
        name: str,
        *,
        slots: int,
        places: int,
        reserve: int = 0,
        places_setting: str = "limits.queue",
        timeout_setting: str = "limits.queue_timeout_seconds",
    ) -> None:
        if slots < 1 or places < 0 or reserve < 0:
            raise ValueError(f"queue {name}: slots must be at least 1, places and reserve at least 0")
        self.name = name
        self.slots = slots
        self.places = places
        self.reserve = reserve
        self.places_setting = places_setting
        self.timeout_setting = timeout_setting
        self._running = 0
        self._held: Counter[str] = Counter()
        self._waiting = 0
        self._tenants: OrderedDict[str, _Waiters] = OrderedDict()
        self._tally = Tally()
        self._closed: str | None = None
        self._admit_when_closed = False
        self._gauge = metrics.REQUESTS_QUEUED.labels(queue=name)
        self._gauge.set(0)
        metrics.REQUESTS_QUEUED_LIMIT.labels(queue=name).set(places)
        for reason in SHED_REASONS:
            metrics.REQUESTS_SHED.labels(reason=reason)

    @property
    def running(self) -> int:
        """Slots that are held."""
        return self._running

    @property
    def waiting(self) -> int:
        """Requests that wait."""
        return self._waiting

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed is not None

    def may_wait(self, tenant: str) -> bool:
        """Whether a request of this tenant that finds no slot gets a place, its own or that of another tenant's."""
        return self._closed is None and (self._waiting < self.places or not self._tally.leads(tenant))

    def try_enter(self, tenant: str) -> Slot | None:
        """A slot if one is free for this tenant; None otherwise. Counts nothing."""
        # Whoever could take a free slot never waits, so none is taken here from before one who does.
        if not self._may_run(tenant) or (self._closed is not None and not self._admit_when_closed):
            return None
        return self._hold(tenant)

    async def enter(self, tenant: str, *, timeout: float, call: CallContext | None = None) -> Slot:
        """A slot, after at most `timeout` seconds. While it waits, `call` may be turned away (`CallContext.waiting`).

        Raises errors.Shed when the queue is full and no tenant has more waiting than this one, when another tenant's
        request needs the place and this is the newest of the tenant with most, when the queue is closed, or the time is
        over. A cancelled wait leaves nothing behind.
        """
        slot = self.try_enter(tenant)
        if slot is not None:
            return slot
        if self._closed is not None:
            raise self._shed("draining", self._closed, retry_after=1)
        if not self.may_wait(tenant):
            raise self._full(tenant)
        if timeout <= 0:
            raise self._timed_out()
        if self._waiting >= self.places:
            self._make_room()
        return await self._wait(tenant, timeout, call)

    async def enter_for(self, call: CallContext, tenant: str | None = None) -> Slot:
        """A slot for a request; the wait is taken from its allowance over all queues.

        Raises errors.Shed as `enter` does.
        """
        started = time.monotonic()
        try:
            own = tenant if tenant is not None else call.caller.tenant
            return await self.enter(own, timeout=call.queue_seconds, call=call)
        finally:
            call.queue_seconds = max(0.0, call.queue_seconds - (time.monotonic() - started))

    def close(self, message: str, *, admit: bool = False) -> None:
        """Shed all that wait, now, and let nobody wait any more.

        With `admit`, free slots are still given, so that a request that runs may take its next step
        while the process drains; without it every `enter` is shed.
        """
        self._closed = message
        self._admit_when_closed = admit
        tenants, self._tenants = self._tenants, OrderedDict()
        for waiters in tenants.values():
            for future in waiters:
                if not future.done():
                    future.set_exception(self._shed("draining", message, retry_after=1))
        self._tally.clear()
        self._count(-self._waiting)

    async def _wait(self, tenant: str, timeout: float, call: CallContext | None) -> Slot:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Slot] = loop.create_future()
        if call is not None:
            call.waiting = _QueuePlace(self, tenant, future)
        self._tenants.setdefault(tenant, OrderedDict())[future] = None
        self._tally.add(tenant)
        self._count(+1)
        # The timer settles the future as a hand-over does: whichever is first wins, and a slot can
        # never be given to a request that has already been told to go away.
        timer = loop.call_later(timeout, self._expire, tenant, future)
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                future.result().release()  # handed over in the same turn of the loop
            else:
                self._forget(tenant, future)
            raise
        finally:
            timer.cancel()
            if call is not None:
                call.waiting = None

    def _expire(self, tenant: str, future: asyncio.Future[Slot]) -> None:
        if not future.done():
            self._forget(tenant, future)
            future.set_exception(self._timed_out())

    def _forget(self, tenant: str, future: asyncio.Future[Slot]) -> None:
        waiters = self._tenants.get(tenant)
        if waiters is not None and future in waiters:
            del waiters[future]
            if not waiters:
                del self._tenants[tenant]
            self._tally.remove(tenant)
            self._count(-1)

    def _make_room(self) -> None:
        """Shed the newest request of the tenant that has most waiting."""
        tenant = self._tally.leader
        assert tenant is not None, "a place is wanted, so there are places"
        future = next(reversed(self._tenants[tenant]))
        refusal = None if future.done() else self._full(tenant)  # a cancelled one has not run its clean-up yet
        self._forget(tenant, future)
        if refusal is not None:
            future.set_exception(refusal)

    def _may_run(self, tenant: str) -> bool:
        return self._running < self.slots or (self._running < self.slots + self.reserve and not self._held[tenant])

    def _hold(self, tenant: str) -> Slot:
        self._running += 1
        self._held[tenant] += 1
        return Slot(self, tenant)

    def _give_back(self, tenant: str) -> None:
        """Free a slot, and hand what is free now to the first waiters of the tenants whose turn it is."""
        self._running -= 1
        self._held[tenant] -= 1
        if not self._held[tenant]:
            del self._held[tenant]
        # At most as many tenants are passed over as hold a slot.
        while (turn := next(filter(self._may_run, self._tenants), None)) is not None:
            waiters = self._tenants.pop(turn)
            future, _ = waiters.popitem(last=False)
            if waiters:
                self._tenants[turn] = waiters  # to the end of the round
            self._tally.remove(turn)
            self._count(-1)
            if not future.done():  # a cancelled one has not run its clean-up yet
                future.set_result(self._hold(turn))

    def _count(self, change: int) -> None:
        self._waiting += change
        self._gauge.set(self._waiting)

    def _retry_after(self) -> float:
        """Seconds until a repeat has a chance: a longer queue asks for more patience, 1 to 5 s."""
        return float(min(5, 1 + math.floor(4 * self._waiting / max(1, self.places))))

    def _full(self, tenant: str) -> Shed:
        return self._shed(
            "queue_full",
            f"Too many requests: {self._running} run and {self._waiting} wait, which is all that {self.places_setting} "
            f"({self.places}) allows, and nobody has more of them than you ({self._tally[tenant]} wait). Repeat after the "
            "time in Retry-After.",
            retry_after=self._retry_after(),
        )

    def _timed_out(self) -> Shed:
        return self._shed(
            "queue_timeout",
            f"No slot became free in time ({self.timeout_setting}); {self._running} requests run and "
            f"{self._waiting} wait. Repeat after the time in Retry-After.",
            retry_after=self._retry_after(),
        )

    def _shed(self, reason: str, message: str, *, retry_after: float) -> Shed:
        return shed(message, reason=reason, retry_after=retry_after, queue=self.name)
