"""The embedded store: SQLite in a file of this process alone.

Writes go through one thread that commits them in groups (sqlite_writer); reads of contents run in
a small pool of threads. Every point read of a graph begins with its head, which is known already where it was read or written
before (known_heads), or is read in the event loop's thread: a look-up by key in pages that are in memory costs less than a
change of threads.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from networkx_mcp import settings
from networkx_mcp.errors import StoreUnavailable
from networkx_mcp.store import shared, sqlite_operations, sqlite_reads, sqlite_writes
from networkx_mcp.store.bucket import TokenBuckets
from networkx_mcp.store.known_heads import KnownHeads
from networkx_mcp.store.protocol import (
    Contents,
    DamagedHead,
    GraphKey,
    Head,
    Health,
    NewGraph,
    Operation,
    Quota,
    StoredCounts,
    Usage,
    Written,
)
from networkx_mcp.store.shared import Recall, unavailable
from networkx_mcp.store.sqlite_file import StoreFile
from networkx_mcp.store.sqlite_writer import SqliteWriter
from networkx_mcp.store.sqlite_writes import TenantMemory, WriteCall

_log = logging.getLogger(__name__)
T = TypeVar("T")

#: Threads (and connections) that read contents.
READERS = 2
#: Time that a disk gets for contents, on top of the time limit, in bytes per second.
SLOWEST_DISK = 8 * 1024 * 1024


class SqliteStore:
    """See `protocol.Store`."""

    def __init__(self, store: settings.StoreSettings, *, recall: Recall | None = None) -> None:
        self._settings = store
        self._recall = recall or Recall.of(store)
        self._buckets = TokenBuckets()
        #: Used by the writer's thread alone.
        self._memory = TenantMemory()
        self._open: _OpenStore | None = None

    async def start(self) -> None:
        if self._open is None:
            self._open = await asyncio.to_thread(_OpenStore, self._settings, self._prune, self._memory.forget)
        _log.info("store is %s", self._settings.path, extra={"event": "store_started"})

    async def close(self) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            await asyncio.to_thread(opened.close)

    def when_replaced(self, forget: Callable[[], None]) -> None:
        """Nothing to do: the file is open as long as this process lives, and nobody else writes to it."""

    async def health(self) -> Health:
        product = f"SQLite {sqlite3.sqlite_version}"
        try:
            opened = self._opened()
            sqlite_reads.get_note(opened.heads, "")
        except (StoreUnavailable, sqlite3.Error) as error:
            return Health(up=False, product=product, detail=str(error), persistence_ok=False)
        healthy = opened.writer.healthy
        detail = "answers" if healthy else "the last write did not reach the disk"
        return Health(up=True, product=product, detail=detail, persistence_ok=healthy)

    # Writes ------------------------------------------------------------------------------------

    async def create(self, tenant: str, new: NewGraph, quota: Quota, operation: Operation | None) -> Written:
        work = partial(sqlite_writes.create, new=new, quota=quota)
        return await self._write(work, tenant, new.graph_id, operation, len(new.snapshot))

    async def append(
        self,
        tenant: str,
        graph_id: str,
        uid: str,
        expected_version: int,
        payload: bytes,
        counts: StoredCounts,
        quota: Quota,
        operation: Operation | None,
    ) -> Written:
        work = partial(
            sqlite_writes.append,
            uid=uid,
            expected_version=expected_version,
            payload=payload,
            counts=counts,
            quota=quota,
        )
        return await self._write(work, tenant, graph_id, operation, len(payload))

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
        if new.graph_id != graph_id:
            raise ValueError(f"contents of {new.graph_id!r} cannot replace {graph_id!r}")
        work = partial(sqlite_writes.replace, uid=uid, expected_version=expected_version, new=new, quota=quota)
        return await self._write(work, tenant, graph_id, operation, len(new.snapshot))

    async def compact(
        self, tenant: str, graph_id: str, uid: str, version: int, snapshot: bytes, meta: bytes | None = None
    ) -> bool:
        if not snapshot:
            raise ValueError("an empty snapshot would lose the graph")
        work = partial(sqlite_writes.compact, uid=uid, version=version, snapshot=snapshot, meta=meta)
        return await self._write(work, tenant, graph_id, None, len(snapshot))

    async def delete(self, tenant: str, graph_id: str, if_version: int | None, operation: Operation | None) -> Written:
        return await self._write(partial(sqlite_writes.delete, if_version=if_version), tenant, graph_id, operation, 0)

    async def _write(
        self, work: Callable[[WriteCall], T], tenant: str, graph_id: str, operation: Operation | None, size: int
    ) -> T:
        """Run `work` in the writer; returns when its transaction is on disk."""
        shared.check_names(tenant, operation)

        def run(db: sqlite3.Connection) -> T:
            try:
                return work(WriteCall(db, self._recall, time.time(), tenant, graph_id, operation, self._memory))
            except Exception:
                self._memory.changed(tenant, None)
                raise

        def ended(value: T | None) -> None:
            opened.known.end(key, value.head if isinstance(value, Written) else None)

        opened, key = self._opened(), (tenant, graph_id)
        future: asyncio.Future[T] = opened.writer.submit(run, ended)
        opened.known.begin(key)
        return await self._timely(future, size)

    async def _submitted(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in the writer, whatever it writes."""
        opened = self._opened()
        future: asyncio.Future[T] = opened.writer.submit(work, lambda _: opened.known.clear())
        return await self._timely(future, 0)

    def _prune(self, db: sqlite3.Connection) -> None:
        sqlite_operations.prune(db, self._recall, time.time())

    # Reads -------------------------------------------------------------------------------------

    #: Heads are read in the event loop's thread.
    immediate = True

    async def heads(self, keys: Sequence[GraphKey]) -> list[Head | None]:
        opened = self._opened()
        try:
            return [opened.known.get(key) or opened.head(key) for key in keys]
        except sqlite3.Error as error:
            raise unavailable(f"could not be read ({error})") from error

    async def read(self, tenant: str, graph_id: str) -> Contents:
        return await self._read(sqlite_reads.read, tenant, graph_id)

    async def read_log(self, tenant: str, graph_id: str, uid: str, after: int) -> list[tuple[int, bytes]] | None:
        return await self._read(sqlite_reads.read_log, tenant, graph_id, uid, after)

    async def known_operation(self, tenant: str, graph_id: str, operation_id: str) -> tuple[str, bytes] | None:
        now = time.time()
        return await self._read(sqlite_operations.known, self._recall, now, tenant, graph_id, operation_id)

    async def list_graphs(self, tenant: str, after: str, limit: int) -> list[Head | DamagedHead]:
        return await self._read(sqlite_reads.list_graphs, tenant, after, limit)

    async def usage(self, tenant: str) -> Usage:
        return await self._read(sqlite_reads.usage, tenant)

    async def memory(self, tenant: str) -> int:
        return await self._read(sqlite_reads.memory, tenant)

    async def tenants(self) -> list[str]:
        return await self._read(sqlite_reads.tenants)

    async def _read(self, function: Callable[..., T], *arguments: Any) -> T:
        opened = self._opened()
        future = asyncio.get_running_loop().run_in_executor(opened.readers, opened.with_reader, function, arguments)
        try:
            return await self._timely(future, self._largest)
        except sqlite3.Error as error:
            raise unavailable(f"could not be read ({error})") from error

    # Results of analyses: this process is alone with its file, so its own memory is enough ------

    async def result(self, *_key: Any, **_named: Any) -> bytes | None:
        return None

    async def keep_result(self, *_key: Any, **_named: Any) -> bool:
        return False

    # Small shared facts ------------------------------------------------------------------------

    async def lease(self, bucket: str, wanted: int, rate: float, burst: int) -> int:
        return self._buckets.take(bucket, wanted, rate, burst)

    async def put_note(self, name: str, value: str) -> None:
        def work(db: sqlite3.Connection) -> None:
            db.execute("INSERT OR REPLACE INTO notes (name, value) VALUES (?,?)", (name, value))

        await self._submitted(work)

    async def get_note(self, name: str) -> str | None:
        return await self._read(sqlite_reads.get_note, name)

    async def settle_note(self, name: str, value: str) -> str:
        def work(db: sqlite3.Connection) -> str:
            db.execute("INSERT OR IGNORE INTO notes (name, value) VALUES (?,?)", (name, value))
            return str(sqlite_reads.get_note(db, name))

        return await self._submitted(work)

    # -------------------------------------------------------------------------------------------

    #: Contents of unknown size are at most about this, in bytes.
    _largest = 64 * 1024 * 1024

    def _opened(self) -> _OpenStore:
        if self._open is None:
            raise unavailable("is not open")
        return self._open

    async def _timely(self, future: asyncio.Future[T], size: int) -> T:
        """The future's result, or StoreUnavailable where the disk is too slow. Work that has begun goes on, for nobody then."""
        limit = self._settings.timeout_seconds + size / SLOWEST_DISK
        try:
            async with asyncio.timeout(limit):
                return await future
        except TimeoutError as error:
            raise unavailable(f"did not answer within {limit:.3g} s") from error


class _OpenStore:
    """Everything that exists between start and close."""

    def __init__(
        self, store: settings.StoreSettings, prune: Callable[[sqlite3.Connection], None], undone: Callable[[], None]
    ) -> None:
        self.file = StoreFile(store.path)
        self.heads = self.file.connect()
        self.known = KnownHeads()
        self._connections: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        for _ in range(READERS):
            self._connections.put(self.file.connect())
        self.readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._writing = self.file.connect()
        self.writer = SqliteWriter(self._writing, prune, undone)

    def head(self, key: GraphKey) -> Head | None:
        """A head as the file has it, in the event loop's thread."""
        head = sqlite_reads.head(self.heads, *key)
        if head is not None:
            self.known.keep(key, head)
        return head

    def with_reader(self, function: Callable[..., T], arguments: tuple[Any, ...]) -> T:
        """In a thread of `readers`: as many connections as threads, so one is free."""
        db = self._connections.get()
        try:
            return function(db, *arguments)
        finally:
            self._connections.put(db)

    def close(self) -> None:
        self.writer.close()
        self.readers.shutdown()
        while not self._connections.empty():
            self._connections.get().close()
        self.heads.close()
        self._writing.close()  # the last one folds the WAL into the file
        self.file.close()
