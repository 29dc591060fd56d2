"""Any store, measured: duration of each operation, conflicts, and the state behind store_up.

The state is polled, so that /ready and a scrape answer at once from what is known, also while the
store does not answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from networkx_mcp.errors import Conflict, StoreUnavailable
from networkx_mcp.store.protocol import (
    Contents,
    Counts,
    GraphKey,
    Head,
    Health,
    NewGraph,
    Operation,
    Quota,
    Store,
    Usage,
    Written,
)
from networkx_mcp.store.shared import StoreRefused
from networkx_mcp.telemetry import metrics

T = TypeVar("T")

#: Time between two looks at the store, in seconds.
POLL_SECONDS = 2.0

#: Share of its memory that the store may use when results of analyses are still put there.
RESULTS_RATIO = 0.75

_WRITES = frozenset({"append", "replace", "delete"})


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
            self._state = Health(up=False, product=product, detail=error.message, persistence_ok=False)
            raise
        finally:
            metrics.STORE_DURATION.labels(operation).observe(time.perf_counter() - started)

    async def create(self, tenant: str, new: NewGraph, quota: Quota, operation: Operation | None) -> Written:
        return await self._measured("create", self.inner.create(tenant, new, quota, operation))

    async def append(
        self,
        tenant: str,
        graph_id: str,
        uid: str,
        expected_version: int,
        payload: bytes,
        counts: Counts,
        quota: Quota,
        operation: Operation | None,
    ) -> Written:
        call = self.inner.append(tenant, graph_id, uid, expected_version, payload, counts, quota, operation)
        return await self._measured("append", call)

    async def replace(
        self,
        tenant: str,
        graph_id: str,
        uid: str,
        expected_version: int,
        new: NewGraph,
        quota: Quota,
        operation: Operation | None,
    ) -> Written:
        call = self.inner.replace(tenant, graph_id, uid, expected_version, new, quota, operation)
        return await self._measured("replace", call)

    async def compact(self, tenant: str, graph_id: str, uid: str, version: int, snapshot: bytes) -> bool:
        return await self._measured("compact", self.inner.compact(tenant, graph_id, uid, version, snapshot))

    async def delete(self, tenant: str, graph_id: str, if_version: int | None, operation: Operation | None) -> Written:
        return await self._measured("delete", self.inner.delete(tenant, graph_id, if_version, operation))

    async def heads(self, keys: Sequence[GraphKey]) -> list[Head | None]:
        return await self._measured("heads", self.inner.heads(keys))

    async def read(self, tenant: str, graph_id: str) -> Contents:
        return await self._measured("read", self.inner.read(tenant, graph_id))

    async def read_log(self, tenant: str, graph_id: str, uid: str, after: int) -> list[tuple[int, bytes]] | None:
        return await self._measured("read_log", self.inner.read_log(tenant, graph_id, uid, after))

    async def known_operation(self, tenant: str, graph_id: str, operation_id: str) -> tuple[str, bytes] | None:
        call = self.inner.known_operation(tenant, graph_id, operation_id)
        return await self._measured("known_operation", call)

    async def list_graphs(self, tenant: str, after: str, limit: int) -> list[Head]:
        return await self._measured("list_graphs", self.inner.list_graphs(tenant, after, limit))

    async def usage(self, tenant: str) -> Usage:
        return await self._measured("usage", self.inner.usage(tenant))

    async def tenants(self) -> list[str]:
        return await self._measured("tenants", self.inner.tenants())

    async def result(self, tenant: str, graph_id: str, uid: str, version: int, key: str) -> bytes | None:
        return await self._measured("result", self.inner.result(tenant, graph_id, uid, version, key))

    async def keep_result(
        self, tenant: str, graph_id: str, uid: str, version: int, key: str, value: bytes, *, anew: bool = False
    ) -> bool:
        state = self._state
        if state is not None and state.memory_bytes > RESULTS_RATIO * (state.memory_limit_bytes or float("inf")):
            return False  # A store that never evicts would refuse writes: its last part is for graphs.
        call = self.inner.keep_result(tenant, graph_id, uid, version, key, value, anew=anew)
        return await self._measured("keep_result", call)

    async def lease(self, bucket: str, wanted: int, rate: float, burst: int) -> int:
        return await self._measured("lease", self.inner.lease(bucket, wanted, rate, burst))

    async def put_note(self, name: str, value: str) -> None:
        await self._measured("put_note", self.inner.put_note(name, value))

    async def get_note(self, name: str) -> str | None:
        return await self._measured("get_note", self.inner.get_note(name))

    async def settle_note(self, name: str, value: str) -> str:
        return await self._measured("settle_note", self.inner.settle_note(name, value))
