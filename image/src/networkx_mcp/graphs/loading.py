"""From the store into memory: versions, catching up, loading whole graphs, and compacting their logs, which keeps that fast.

`Loader.current` gives a resident graph that holds at least every write acknowledged before the call
began, on any replica. It asks for the version (shared, see `head_batcher`), then takes the cheapest way:
nothing, the missing operations, or a full read. Full reads of one graph are shared by all who wait
for them; large ones are decoded in a worker.

`Compactor` makes snapshots of logs in the background, before they make loading slow. A worker merges base and operations
into a new buffer and its snapshot; the store swaps it in and trims the log; the resident graph gets the new base beneath the
operations that came meanwhile. Readers never wait for it. Writers wait only when a log has grown to several times its size.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import time
from typing import TYPE_CHECKING

import msgspec

from networkx_mcp import context
from networkx_mcp.analysis.graph_tasks import read_snapshot
from networkx_mcp.errors import DeadlineExceeded, MemoryLimit, NotFound, ServiceError, Shed, Unavailable, nearest_words
from networkx_mcp.graphs import model, offload
from networkx_mcp.graphs.outcomes import Attempt
from networkx_mcp.graphs.resident import Resident, Residents
from networkx_mcp.settings import KIB, Settings
from networkx_mcp.store.head_batcher import HeadBatcher
from networkx_mcp.store.protocol import Contents, GraphKey, Head, Store
from networkx_mcp.telemetry import metrics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from networkx_mcp.limits.memory_account import Reservation

#: Times that a read tries to see one moment of a graph that others replace meanwhile.
ATTEMPTS = 8
#: Compactions at once: background work takes one worker slot, not all.
COMPACTIONS = 1
#: A log this many times over its threshold makes writers wait, twice as long refuses them.
BACK_PRESSURE = 4
#: Pauses after a failure, in seconds; doubled up to the maximum.
RETRY_SECONDS, MAX_RETRY_SECONDS = 1.0, 60.0

logger = logging.getLogger("networkx_mcp.graphs")


class _FullRead:
    """A full read under way and the number of those who wait for it."""

    __slots__ = ("heavy", "task", "waiters")

    def __init__(self) -> None:
        self.task: asyncio.Task[Resident] | None = None
        self.waiters = 0
        #: Set when it turned out to need a worker: who waits then gives its slot back.
        self.heavy = asyncio.Event()


class Loader:
    """Brings graphs into `residents` and up to date."""

    def __init__(self, store: Store, residents: Residents, offloader: offload.Offloader, compactor: Compactor) -> None:
        self._store = store
        self._residents = residents
        self._offloader = offloader
        self._compactor = compactor
        self._heads = HeadBatcher(store)
        self._loads: dict[GraphKey, _FullRead] = {}

    async def close(self) -> None:
        tasks = [load.task for load in self._loads.values() if load.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._heads.close()

    async def find(self, tenant: str, graph_id: str) -> Head | None:
        """The head of now, None where there is no graph."""
        if self._store.immediate:
            return (await self._store.heads([(tenant, graph_id)]))[0]
        return await self._heads.load(tenant, graph_id)

    async def head(self, tenant: str, graph_id: str) -> Head:
        """The head of now. Raises NotFound with the nearest id, StoreUnavailable."""
        head = await self.find(tenant, graph_id)
        if head is None:
            self._residents.drop((tenant, graph_id))
            raise await self.not_found(tenant, graph_id)
        return head

    async def not_found(self, tenant: str, graph_id: str) -> NotFound:
        """The error for an id that this tenant does not have; another tenant's is no different."""
        known = await self._store.list_graphs(tenant, "", 200)
        near = next(iter(nearest_words(graph_id, (head.graph_id for head in known), 1, 0.6)), None)
        hint = f"; did you mean {near!r}?" if near else "."
        return NotFound(
            f"graph {graph_id!r} does not exist{hint} list_graphs names those that do, create_graph makes one",
            kind="graph",
            graph_id=graph_id,
            nearest=near,
        )

    async def current_of(self, tenant: str, head: Head) -> Resident:
        """The graph of a head that this very call was told by the store: it is not asked again where that is resident.

        Raises as `current` does."""
        entry = self._residents.get((tenant, head.graph_id))
        if entry is not None and (entry.uid, entry.version, entry.head.updated) == (
            head.uid,
            head.version,
            head.updated,
        ):
            metrics.CACHE_REQUESTS.labels("graphs", "hit").inc()
            self._refresh(entry, head)
            return entry
        return await self.current(tenant, head.graph_id)

    async def current(self, tenant: str, graph_id: str) -> Resident:
        """The graph with every write acknowledged before this call.

        Raises NotFound, StoreUnavailable, Shed (memory), and what a worker raises.
        """
        key = (tenant, graph_id)
        outcome = "hit"
        for _ in range(ATTEMPTS):
            known = self._residents.get(key)
            had = (known.uid, known.version) if known is not None else ("", 0)
            head = await self.head(tenant, graph_id)
            entry = self._residents.get(key)
            if entry is not None and _went_back(entry, head, *had):
                entry.broken = True  # also for a compaction or an edit that holds it
                self._residents.drop(key)
                entry = None
            if entry is not None and entry.uid == head.uid:
                if entry.version >= head.version:
                    metrics.CACHE_REQUESTS.labels("graphs", outcome).inc()
                    self._refresh(entry, head)
                    return entry
                outcome = "stale" if outcome == "hit" else outcome
                if await self._catch_up(entry, head):
                    metrics.CACHE_REQUESTS.labels("graphs", outcome).inc()
                    return entry
            outcome = "miss"
            entry = await self._load(head, key)
            if entry.uid == head.uid and entry.version >= head.version and self._residents.lived(entry):
                metrics.CACHE_REQUESTS.labels("graphs", outcome).inc()
                return entry
            # A shared read that began before our head, or a graph replaced meanwhile: look again.
        raise Unavailable(f"graph {graph_id!r} is replaced faster than it can be read; try again", retry_after=1)

    async def sources(self, tenant: str, graph_ids: Sequence[str]) -> tuple[list[offload.GraphSource], list[Head]]:
        """The graphs as they are now, one after the other: each load may need a worker. One that is named twice is read once."""
        read: dict[str, tuple[offload.GraphSource, Head]] = {}
        for graph_id in graph_ids:
            if graph_id not in read:
                entry = await self.current(tenant, graph_id)
                read[graph_id] = offload.GraphSource.of(entry), entry.head  # before it gets later writes
        return [read[graph_id][0] for graph_id in graph_ids], [read[graph_id][1] for graph_id in graph_ids]

    def resident(self, tenant: str, graph_id: str) -> Resident | None:
        """The graph as it is here, perhaps behind the store."""
        return self._residents.get((tenant, graph_id))

    def _refresh(self, entry: Resident, head: Head) -> None:
        """Take what compaction elsewhere changed in the head of the same version."""
        if entry.version == head.version and head.snapshot_version > entry.head.snapshot_version:
            entry.head = head

    async def _catch_up(self, entry: Resident, head: Head) -> bool:
        """Apply what `head` has and `entry` lacks. False where a full read is needed."""
        if entry.appending is not None:
            # Very likely the version we lack is our own write on its way back.
            await asyncio.wait([entry.appending])
        async with entry.sync:
            if not self._residents.lived(entry):
                return False
            if entry.version >= head.version:
                return True
            most = _missing(entry.head, head)
            if offload.LOG_WEIGHT * most > offload.INLINE_BYTES:
                return False
            with self._offloader.at_hand((offload.READ_COPIES + offload.LOG_GROWTH) * most, tenant=entry.key[0]):
                log = await self._store.read_log(*entry.key, entry.uid, entry.version)
                if (
                    log is None
                    or offload.LOG_WEIGHT * _size(log) > offload.INLINE_BYTES
                    or not self._residents.lived(entry)
                ):
                    return False
                if entry.version >= head.version:
                    return True
                try:
                    entry.advance(head, log)
                except ServiceError:
                    self._residents.drop(entry.key, only=entry)
                    raise
            self._residents.changed(entry)
            self._compactor.consider(entry)
            return True

    async def _load(self, head: Head, key: GraphKey) -> Resident:
        """Join the full read under way, or begin one of what `head` tells."""
        load = self._loads.get(key)
        if load is None:
            load = self._loads[key] = _FullRead()
            load.task = asyncio.get_running_loop().create_task(self._read(key, head, load))
        assert load.task is not None
        load.waiters += 1
        leader = load.waiters == 1
        try:
            if not leader:
                await self._leave_slot_if_heavy(load)
            return await asyncio.shield(load.task)
        except (Shed, DeadlineExceeded, MemoryLimit):
            if leader:
                raise
            return await self._load(head, key)  # The leader's allowance was spent, ours is not.
        finally:
            load.waiters -= 1
            if load.waiters == 0 and not load.task.done():
                # Everybody hung up: nobody needs the worker.
                self._forget(key, load)
                load.task.cancel()

    async def _leave_slot_if_heavy(self, load: _FullRead) -> None:
        assert load.task is not None
        heavy = asyncio.ensure_future(load.heavy.wait())
        try:
            await asyncio.wait([heavy, load.task], return_when=asyncio.FIRST_COMPLETED)
        finally:
            heavy.cancel()
        if load.heavy.is_set():
            with contextlib.suppress(LookupError):
                context.current().leave_slot()

    def _forget(self, key: GraphKey, load: _FullRead) -> None:
        if self._loads.get(key) is load:
            del self._loads[key]

    async def _read(self, key: GraphKey, head: Head, load: _FullRead) -> Resident:
        outcome = "ok"
        try:
            with await self._offloader.read_memory(head.snapshot_bytes + head.log_bytes, tenant=key[0]) as memory:
                while True:
                    era = self._residents.era
                    contents = await self._store.read(*key)
                    entry = await self._decode(key, contents, load, memory)
                    if era == self._residents.era:
                        break
            self._residents.put(entry)
            self._compactor.consider(entry)
            return entry
        except NotFound:
            outcome = "not_found"
            self._residents.drop(key)
            raise await self.not_found(*key) from None
        except ServiceError as error:
            outcome = error.outcome
            raise
        except asyncio.CancelledError:
            outcome = "cancelled"
            raise
        except Exception:
            outcome = "internal"
            raise
        finally:
            self._forget(key, load)
            metrics.GRAPH_OPERATIONS.labels("load", outcome).inc()

    async def _decode(self, key: GraphKey, contents: Contents, load: _FullRead, memory: Reservation) -> Resident:
        """The graph of what was read. `memory` is what was reserved for that; it grows by what is made here."""
        head, log = contents.head, contents.log
        weight = offload.inflated(contents.snapshot) + offload.LOG_WEIGHT * _size(log)
        if weight <= offload.INLINE_BYTES:
            self._offloader.grow(memory, offload.memory_of(contents.snapshot, [payload for _, payload in log]))
            base = read_snapshot(contents.snapshot) if contents.snapshot else None
            # Without a snapshot the log begins after the (empty) creation.
            start = head.snapshot_version or (log[0][0] - 1 if log else head.version)
            entry = Resident(key, msgspec.structs.replace(head, version=start), base, start)
            entry.advance(head, log)
            return entry
        load.heavy.set()
        self._offloader.refuse_large()
        source = offload.GraphSource(
            model.meta_of(head).directed, snapshot=contents.snapshot, batches=[payload for _, payload in log]
        )
        base, _, _ = await self._offloader.materialise(source, tenant=key[0])
        return Resident(key, head, base, head.version)


class Compactor:
    """Compacts resident graphs, each once at a time."""

    def __init__(self, settings: Settings, store: Store, residents: Residents, offloader: offload.Offloader) -> None:
        self._operations = settings.store.compact_operations
        self._bytes = settings.store.compact_kib * KIB
        self._store = store
        self._residents = residents
        self._offloader = offloader
        self._slots = asyncio.Semaphore(COMPACTIONS)
        self._running: dict[GraphKey, asyncio.Task[None]] = {}
        #: After a failure: not before this time (monotonic), and the pause that led to it.
        self._not_before: dict[GraphKey, tuple[float, float]] = {}

    async def close(self) -> None:
        """Stop; the logs stay as they are and whoever loads them next compacts them."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def consider(self, entry: Resident) -> None:
        """Begin in the background if the graph's log, or what lies over its base here, is long."""
        key = entry.key
        if self._over(entry) < 1 or key in self._running:
            return
        if time.monotonic() < self._not_before.get(key, (0.0, 0.0))[0]:
            return
        self._begin(key)

    async def make_way(self, key: GraphKey) -> None:
        """Before a write: wait for compaction where the log is far too long.

        Raises Unavailable where it is twice as long as that and compaction fails.
        """
        entry = self._residents.get(key)
        if entry is None or self._over(entry) < BACK_PRESSURE:
            return
        await asyncio.wait([self._running.get(key) or self._begin(key)])
        entry = self._residents.get(key)
        if entry is not None and self._over(entry) >= 2 * BACK_PRESSURE:
            raise Unavailable(
                f"graph {key[1]!r} takes no writes: its log is full and could not be compacted; try again",
                retry_after=5,
            )

    def _over(self, entry: Resident) -> float:
        """Length of the log in thresholds: that of the store, or of the operations held here."""
        return max(
            entry.head.log_operations / self._operations,
            entry.head.log_bytes / self._bytes,
            len(entry.batches) / self._operations,
            entry.batch_bytes / self._bytes,
        )

    def _begin(self, key: GraphKey) -> asyncio.Task[None]:
        # A context of its own: it serves no caller, so it has nobody's deadline.
        task = asyncio.get_running_loop().create_task(self._compact(key), context=contextvars.Context())
        self._running[key] = task
        task.add_done_callback(lambda _: self._running.pop(key, None))
        return task

    async def _compact(self, key: GraphKey) -> None:
        try:
            async with self._slots:
                entry = self._residents.get(key)
                if entry is None or self._over(entry) < 1:
                    return
                with Attempt("compact", audited=False):
                    await self._once(entry)
            self._not_before.pop(key, None)
        except Exception as error:
            pause = min(MAX_RETRY_SECONDS, 2 * self._not_before.get(key, (0.0, RETRY_SECONDS / 2))[1])
            if len(self._not_before) > 1000:
                self._not_before.clear()
            self._not_before[key] = (time.monotonic() + pause, pause)
            known = isinstance(error, ServiceError)
            logger.warning(
                "compaction failed; the log stays as it is",
                extra={"event": "store_compaction_failed", "retry_seconds": pause, "error": type(error).__name__},
                exc_info=None if known else error,
            )

    async def _once(self, entry: Resident) -> None:
        tenant, graph_id = entry.key
        head = entry.head
        source = offload.GraphSource.of(entry)
        base, snapshot, _ = await self._offloader.materialise(source, tenant=tenant, compress=True)
        if not self._residents.lived(entry):
            return  # it is none of the store's any more
        if head.snapshot_version < head.version:
            meta = model.encode_meta(msgspec.structs.replace(model.meta_of(head), memory=base.nbytes))
            done = await self._store.compact(tenant, graph_id, head.uid, head.version, snapshot, meta)
        else:
            done = False  # another replica did; only what lies over our base is long
        if not self._residents.lived(entry):
            return
        entry.rebase(base, head.version)
        if done:
            entry.head = msgspec.structs.replace(
                entry.head,
                meta=meta,
                snapshot_version=head.version,
                snapshot_bytes=len(snapshot),
                log_operations=len(entry.batches),
                log_bytes=entry.batch_bytes,
            )
        self._residents.changed(entry)


def _went_back(entry: Resident, head: Head, uid: str, version: int) -> bool:
    """Whether the store lost writes that `entry` has: a restore or a failover under this process.

    `uid` and `version` are what was resident before `head` was asked for: an older head shows it, and so does another
    write at the same version.
    """
    if head.uid != entry.uid:
        return False
    if head.uid == uid and head.version < version:
        return True
    return head.version == entry.version and head.updated != entry.head.updated


def _missing(had: Head, head: Head) -> int:
    """Bytes of the log of `head` that came after `had`, at most."""
    same_base = had.version - had.log_operations == head.version - head.log_operations
    return max(0, head.log_bytes - had.log_bytes) if same_base else head.log_bytes


def _size(log: Sequence[tuple[int, bytes]]) -> int:
    return sum(len(payload) for _, payload in log)
