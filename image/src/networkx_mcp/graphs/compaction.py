"""Logs become snapshots in the background, before they make loading slow.

A worker merges base and operations into a new buffer and its snapshot; the store swaps it in and
trims the log; the resident graph gets the new base beneath the operations that came meanwhile.
Readers never wait for it. Writers wait only when a log has grown to several times its size.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time

import msgspec

from networkx_mcp.errors import ServiceError, Unavailable
from networkx_mcp.graphs import offload
from networkx_mcp.graphs.outcomes import Attempt
from networkx_mcp.graphs.resident import Resident, Residents
from networkx_mcp.settings import KIB, Settings
from networkx_mcp.store.protocol import GraphKey, Store

logger = logging.getLogger("networkx_mcp.graphs")

#: Compactions at once: background work takes one worker slot, not all.
CONCURRENT = 1
#: A log this many times over its threshold makes writers wait, twice as long refuses them.
BACK_PRESSURE = 4
#: Pauses after a failure, in seconds; doubled up to the maximum.
RETRY_SECONDS, MAX_RETRY_SECONDS = 1.0, 60.0


class Compactor:
    """Compacts resident graphs, each once at a time."""

    def __init__(self, settings: Settings, store: Store, residents: Residents, offloader: offload.Offloader) -> None:
        self._operations = settings.store.compact_operations
        self._bytes = settings.store.compact_kib * KIB
        self._store = store
        self._residents = residents
        self._offloader = offloader
        self._slots = asyncio.Semaphore(CONCURRENT)
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
        source = offload.Source.of(entry)
        base, snapshot, _ = await self._offloader.materialise(source, tenant=tenant, compress=True)
        if not self._residents.lived(entry):
            return  # it is none of the store's any more
        if head.snapshot_version < head.version:
            done = await self._store.compact(tenant, graph_id, head.uid, head.version, snapshot)
        else:
            done = False  # another replica did; only what lies over our base is long
        if not self._residents.lived(entry):
            return
        entry.rebase(base, head.version)
        if done:
            entry.head = msgspec.structs.replace(
                entry.head,
                snapshot_version=head.version,
                snapshot_bytes=len(snapshot),
                log_operations=len(entry.batches),
                log_bytes=entry.batch_bytes,
            )
        self._residents.changed(entry)
