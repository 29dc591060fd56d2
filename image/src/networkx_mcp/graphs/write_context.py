"""What every write has in common: the graph's lock, quotas and limits, and names of operations.

A hang-up must not tear a write: once it is on its way to the store it may have happened, so it is followed to its end. That
section runs in a task of its own that keeps the graph's lock, while the caller's cancellation goes through at once.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgspec

from networkx_mcp.arrays import edits as batches
from networkx_mcp.arrays import value_sizes
from networkx_mcp.errors import InvalidInput, ServiceError
from networkx_mcp.graphs import model, offload
from networkx_mcp.graphs.loading import Compactor, Loader
from networkx_mcp.graphs.outcomes import LIMITS, Attempt, error_of, limit_exceeded, memory_exceeded
from networkx_mcp.graphs.resident import Residents
from networkx_mcp.settings import KIB, MIB, Settings
from networkx_mcp.store.protocol import UNBOUNDED, GraphKey, Operation, Quota, Store
from networkx_mcp.telemetry import metrics

if TYPE_CHECKING:
    from networkx_mcp.arrays.edits import Edit

#: Times that a write meets another replica's before its caller is told.
ATTEMPTS = 12

T = TypeVar("T")
logger = logging.getLogger("networkx_mcp.graphs")
_encoder = msgspec.msgpack.Encoder()


class OperationName(NamedTuple):
    """The caller's name for a write, if it gave one, and the digest of the request: empty without a name, as nobody asks for it."""

    operation_id: str | None
    fingerprint: str

    @classmethod
    def of(cls, operation_id: str | None, action: str, *parts: Any) -> OperationName:
        """The name of a request; see `model.fingerprint`."""
        return cls(operation_id, "" if operation_id is None else model.fingerprint(action, *parts))

    def operation(self, result: msgspec.Struct) -> Operation | None:
        """What the store remembers: `result` is what a repeat is answered with."""
        if self.operation_id is None:
            return None
        return Operation(self.operation_id, self.fingerprint, _encoder.encode(result))


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
        error = error_of(task)
        if error is not None and not isinstance(error, ServiceError | asyncio.CancelledError):
            logger.error("a write section failed", exc_info=error)


class WriteContext:
    """What writers share: one per process, so that one lock guards one graph."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        loader: Loader,
        residents: Residents,
        offloader: offload.Offloader,
        compactor: Compactor,
    ) -> None:
        limits = settings.limits
        self.limits = limits
        self.quota = Quota(
            limits.graph_mb * MIB, limits.tenant_mb * MIB, limits.tenant_graphs, limits.tenant_memory_mb * MIB
        )
        #: Of writes that are not held to what the tenant's graphs take in memory: by which a graph does not grow, or comes back.
        self.quota_whatever_memory = self.quota._replace(tenant_memory=UNBOUNDED)
        for name, maximum in LIMITS.items():
            metrics.GRAPH_LIMIT.labels(name).set(maximum(limits))
            metrics.GRAPH_LIMIT_REFUSALS.labels(name)
        self.store = store
        self.loader = loader
        self.residents = residents
        self.offloader = offloader
        self.compactor = compactor
        self.locks = WriteLocks()

    async def known(self, tenant: str, graph_id: str, name: OperationName) -> bytes | None:
        """What this operation answered when it happened before; None where it did not.

        Raises InvalidInput where its id named another request.
        """
        if name.operation_id is None:
            return None
        known = await self.store.known_operation(tenant, graph_id, name.operation_id)
        if known is None:
            return None
        if known[0] != name.fingerprint:
            raise InvalidInput(
                f"operation_id {name.operation_id!r} named another request before; use a new one for each write",
                field="operation_id",
            )
        return known[1]

    def encode_batch(self, edits: Sequence[Edit]) -> bytes:
        """The batch of a caller as the log keeps it. Raises InvalidInput for values that no JSON has."""
        try:
            return batches.encode(list(edits))
        except (TypeError, ValueError, OverflowError) as error:
            raise InvalidInput(f"edits hold a value that is not JSON: {error}", field="edits") from None

    def check_sizes(self, edits: Sequence[Edit]) -> None:
        """Raises LimitExceeded for a value that is longer than limits.value_kib, InvalidInput for such a name."""
        value_sizes.check_batch(edits, self.limits.value_kib * KIB)

    def check_memory(self, nbytes: int, before: int = 0) -> None:
        """Raises LimitExceeded for a graph that takes more memory than `limits.graph_mb`, however few bytes it is stored in;
        one that is above may still shrink. `nbytes` are those of its buffer and of the operations since."""
        if nbytes > self.quota.graph_bytes and nbytes > before:
            raise memory_exceeded(self.quota.graph_bytes, nbytes)

    def check_limits(self, nodes: int, edges: int, before: tuple[int, int] = (0, 0)) -> None:
        """Raises LimitExceeded; a graph above a limit that was lowered may still shrink."""
        for kind, actual, was, maximum in (
            ("nodes", nodes, before[0], self.limits.graph_nodes),
            ("edges", edges, before[1], self.limits.graph_edges),
        ):
            if actual > maximum and actual > was:
                raise limit_exceeded(kind, maximum, actual)


async def pause(conflicts: int) -> None:
    """Let the other replica go first: none the first time, then a random while that grows to 0.1 s."""
    longest = 0.002 * 2 ** min(conflicts, 6) if conflicts > 1 else 0
    await asyncio.sleep(random.uniform(0, longest))  # noqa: S311 - spreads retries, no secret
