"""Any store, measured: duration of each operation, conflicts, and the state behind store_up.

The state is polled, so that /ready and a scrape answer at once from what is known, also while the
store does not answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

from networkx_mcp.errors import Conflict, StoreUnavailable
from networkx_mcp.store.protocol import Health, Store
from networkx_mcp.store.shared import StoreRefused
from networkx_mcp.telemetry import metrics

P = ParamSpec("P")
T = TypeVar("T")

#: Time between two looks at the store, in seconds.
POLL_SECONDS = 2.0

#: Share of its memory that the store may use when results of analyses are still put there.
RESULTS_RATIO = 0.75

_WRITES = frozenset({"append", "replace", "delete"})


def _timed(
    method: Callable[Concatenate[Store, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[InstrumentedStore, P], Coroutine[Any, Any, T]]:
    """A method of the protocol, called on the store inside and measured under its name."""
    name = method.__name__

    def call(self: InstrumentedStore, /, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
        return self._measured(name, getattr(self.inner, name)(*args, **kwargs))

    functools.update_wrapper(call, method)
    return call


class InstrumentedStore:
    """See `protocol.Store`. `health` tells the last state seen; it is younger than POLL_SECONDS
    plus the store's time limit."""

    def __init__(self, inner: Store, poll_seconds: float = POLL_SECONDS) -> None:
        self.inner = inner
        self._poll_seconds = poll_seconds
        self._state: Health | None = None
        self._poll: asyncio.Task[None] | None = None

    async def start(self) -> None:
        try:
            await self.inner.start()
        finally:
            await self._look()
        if self._poll is None:
            self._poll = asyncio.create_task(self._keep_looking(), name="store-health")

    async def close(self) -> None:
        poll, self._poll = self._poll, None
        if poll is not None:
            poll.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await poll
        await self.inner.close()
        self._state = None

    def when_replaced(self, forget: Callable[[], None]) -> None:
        self.inner.when_replaced(forget)

    async def health(self) -> Health:
        return self._state or await self._look()

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(self._poll_seconds)
            await self._look()

    async def _look(self) -> Health:
        self._state = state = await self.inner.health()
        metrics.STORE_UP.set(state.up)
        metrics.STORE_MEMORY.set(state.memory_bytes)
        metrics.STORE_MEMORY_LIMIT.set(state.memory_limit_bytes)
        metrics.STORE_PERSISTENCE_OK.set(state.persistence_ok)
        return state

    async def _measured(self, operation: str, call: Awaitable[T]) -> T:
        """What `call` answers; it is `operation` to the metrics."""
        started = time.perf_counter()
        try:
            return await call
        except Conflict:
            if operation in _WRITES:
                metrics.STORE_CONFLICTS.inc()
            raise
        except StoreRefused:
            raise
        except StoreUnavailable as error:
            # Known at once, not at the next look, which tells when it is back.
            metrics.STORE_UP.set(0)
            product = self._state.product if self._state else ""
            self._state = Health(up=False, product=product, detail=error.problem, persistence_ok=False)
            raise
        finally:
            metrics.STORE_DURATION.labels(operation).observe(time.perf_counter() - started)

    @property
    def immediate(self) -> bool:
        return self.inner.immediate

    create = _timed(Store.create)
    append = _timed(Store.append)
    replace = _timed(Store.replace)
    compact = _timed(Store.compact)
    delete = _timed(Store.delete)
    heads = _timed(Store.heads)
    read = _timed(Store.read)
    read_log = _timed(Store.read_log)
    known_operation = _timed(Store.known_operation)
    list_graphs = _timed(Store.list_graphs)
    usage = _timed(Store.usage)
    memory = _timed(Store.memory)
    tenants = _timed(Store.tenants)
    result = _timed(Store.result)
    lease = _timed(Store.lease)
    put_note = _timed(Store.put_note)
    get_note = _timed(Store.get_note)
    settle_note = _timed(Store.settle_note)
    _keep_result = _timed(Store.keep_result)

    async def keep_result(
        self, tenant: str, graph_id: str, uid: str, version: int, key: str, value: bytes, *, anew: bool = False
    ) -> bool:
        state = self._state
        if state is not None and state.memory_bytes > RESULTS_RATIO * (state.memory_limit_bytes or float("inf")):
            return False  # A store that never evicts would refuse writes: its last part is for graphs.
        return await self._keep_result(tenant, graph_id, uid, version, key, value, anew=anew)
