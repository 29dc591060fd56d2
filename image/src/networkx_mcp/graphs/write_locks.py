"""WriteLocks of a write that a hang-up must not tear, and the record of how each operation ended.

Once a write is on its way to the store it may have happened, so it is followed to its end: the
section runs in a task of its own that keeps the graph's lock, while the caller's cancellation goes
through at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self, TypeVar

from networkx_mcp.errors import LimitExceeded, Outcome, ServiceError
from networkx_mcp.graphs.refusals import LIMITS
from networkx_mcp.store.protocol import GraphKey
from networkx_mcp.telemetry import metrics
from networkx_mcp.telemetry.audit import audit

T = TypeVar("T")


class Attempt:
    """One operation from its begin to its outcome: counted once, audited once (if it is a write)."""

    def __init__(self, operation: str, graph_id: str | None = None, *, audited: bool = True, **extra: Any) -> None:
        """`operation` is a label of graph_operations_total; `extra` is for the audit line."""
        self.operation = operation
        self.graph_id = graph_id
        self.version_before: int | None = None
        self.version_after: int | None = None
        self._audited = audited
        self._extra = extra
        self._open = True
        #: The caller is gone; the section's end is the operation's.
        self._followed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if not self._followed:
            self.ended(error)

    def follow(self, task: asyncio.Task[Any]) -> None:
        """Let the end of `task` be the end of the operation."""
        self._followed = True
        task.add_done_callback(lambda done: self.ended(_error(done)))

    def ended(self, error: BaseException | None) -> None:
        """Record the outcome; a second call does nothing."""
        if not self._open:
            return
        self._open = False
        outcome = outcome_of(error)
        metrics.GRAPH_OPERATIONS.labels(self.operation, outcome).inc()
        if isinstance(error, LimitExceeded) and (limit := error.data.get("limit")) in LIMITS:
            metrics.GRAPH_LIMIT_REFUSALS.labels(limit).inc()
        if self._audited:
            audit(
                self.operation,
                graph_id=self.graph_id,
                version_before=self.version_before,
                version_after=self.version_after,
                outcome=outcome,
                **self._extra,
            )


def outcome_of(error: BaseException | None) -> Outcome:
    """The label of an operation that ended with `error`."""
    if error is None:
        return "ok"
    if isinstance(error, ServiceError):
        return error.outcome
    return "cancelled" if isinstance(error, asyncio.CancelledError | GeneratorExit) else "internal"


class Hold:
    """A lock held by a caller and perhaps by a section that outlives it; free when both let go."""

    def __init__(self, lock: asyncio.Lock) -> None:
        self._lock = lock
        self._holders = 1

    def retain(self) -> None:
        self._holders += 1

    def release(self) -> None:
        self._holders -= 1
        if self._holders == 0:
            self._lock.release()


class WriteLocks:
    """The write locks of graphs in this process, and the sections that run under them."""

    def __init__(self) -> None:
        self._locks: dict[GraphKey, tuple[asyncio.Lock, int]] = {}
        self._running: set[asyncio.Task[Any]] = set()

    @asynccontextmanager
    async def hold(self, key: GraphKey) -> AsyncIterator[Hold]:
        """The graph's write lock: writers of this process do not conflict with each other."""
        lock, users = self._locks.get(key) or (asyncio.Lock(), 0)
        self._locks[key] = (lock, users + 1)
        try:
            await lock.acquire()
            hold = Hold(lock)
            try:
                yield hold
            finally:
                hold.release()
        finally:
            lock, users = self._locks[key]
            if users == 1 and not lock.locked():
                del self._locks[key]
            else:
                self._locks[key] = (lock, users - 1)

    async def run(self, key: GraphKey, hold: Hold, attempt: Attempt, section: Coroutine[Any, Any, T]) -> T:
        """Run `section` to its end under `hold`; if the caller is cancelled, it goes on without it."""
        hold.retain()
        task = asyncio.get_running_loop().create_task(section)
        self._running.add(task)
        task.add_done_callback(lambda done: self._done(key, hold, done))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            attempt.follow(task)
            raise

    async def close(self) -> None:
        """Wait for the sections under way: what they write is acknowledged or refused, not unknown."""
        while self._running:
            await asyncio.wait(self._running)

    def _done(self, key: GraphKey, hold: Hold, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        hold.release()
        lock, users = self._locks.get(key, (None, 0))
        if lock is not None and users == 0 and not lock.locked():
            del self._locks[key]
        error = _error(task)
        if error is not None and not isinstance(error, ServiceError | asyncio.CancelledError):
            logging.getLogger("networkx_mcp.graphs").error("a write section failed", exc_info=error)


def _error(task: asyncio.Task[Any]) -> BaseException | None:
    return asyncio.CancelledError() if task.cancelled() else task.exception()
