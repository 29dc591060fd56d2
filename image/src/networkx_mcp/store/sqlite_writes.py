"""Writes of the embedded store, each a function of one open transaction that the writer commits.

They answer as the Lua scripts of the Redis store do, in the same order of checks: a known
operation id, then existence, version and quota.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from networkx_mcp.store import shared, sqlite_operations
from networkx_mcp.store.protocol import NewGraph, Operation, Quota, StoredCounts, Written
from networkx_mcp.store.shared import Recall
from networkx_mcp.store.sqlite_reads import GraphRow, head_of, memory, row_of, usage


class TenantMemory:
    """What the graphs of each tenant count for in memory: summed up when first asked for, then kept. This process is alone with its
    file; what was undone is forgotten, and summed up anew."""

    def __init__(self) -> None:
        self._of: dict[str, int] = {}

    def used(self, db: sqlite3.Connection, tenant: str) -> int:
        if tenant not in self._of:
            self._of[tenant] = memory(db, tenant)
        return self._of[tenant]

    def changed(self, tenant: str, growth: int | None) -> None:
        """Take a change; None: nobody can tell how much."""
        if growth is None or tenant not in self._of:
            self._of.pop(tenant, None)
        else:
            self._of[tenant] += growth

    def forget(self) -> None:
        self._of.clear()


@dataclass(frozen=True, slots=True)
class WriteCall:
    """What all writes have in common. `now` is the time of the transaction, Unix seconds."""

    db: sqlite3.Connection
    recall: Recall
    now: float
    tenant: str
    graph_id: str
    operation: Operation | None
    memory: TenantMemory

    def row(self) -> GraphRow | None:
        return row_of(self.db, self.tenant, self.graph_id)

    def row_at(self, uid: str, version: int) -> GraphRow:
        """The graph, if it is that one at that version. Raises NotFound, Conflict."""
        row = self.row()
        if row is None or row.uid != uid:
            raise shared.absent(self.graph_id)
        if row.version != version:
            raise shared.moved(self.graph_id, row.version, version)
        return row

    def repeated(self) -> Written | None:
        """The answer of the first time, where this operation id is known."""
        if self.operation is None:
            return None
        name = self.operation.operation_id
        known = sqlite_operations.known(self.db, self.recall, self.now, self.tenant, self.graph_id, name)
        if known is None:
            return None
        if known.fingerprint != self.operation.fingerprint:
            raise shared.reused(name)
        row = self.row()
        return Written(head=head_of(row) if row else None, result=known.result, repeated=True)

    def check_quota(self, quota: Quota, size: int, growth: int, more: int) -> None:
        """Raises LimitExceeded where the graph would hold `size` bytes after growing by `growth`, and in memory by `more`."""
        if size > quota.graph_bytes:
            raise shared.over("graph_bytes", quota, size)
        if more > 0 and (weighed := self.memory.used(self.db, self.tenant) + more) > quota.tenant_memory:
            raise shared.over("tenant_memory", quota, weighed)
        growth += shared.record_bytes(self.operation)
        used = usage(self.db, self.tenant).bytes + growth
        if growth > 0 and used > quota.tenant_bytes:
            raise shared.over("tenant_bytes", quota, used)

    def done(self, row: GraphRow | None, *, size: int, memory: int | None, graphs: int = 0) -> Written:
        """Count the change, remember the operation and answer; `row` is what the graph is now."""
        self.memory.changed(self.tenant, memory)
        sqlite_operations.add_usage(self.db, self.tenant, size=size, graphs=graphs)
        operation = self.operation
        if operation is not None:
            sqlite_operations.remember(self.db, self.recall, self.now, self.tenant, self.graph_id, operation)
        return Written(head=head_of(row) if row else None, result=operation.result if operation else b"")


def create(call: WriteCall, new: NewGraph, quota: Quota) -> Written:
    if written := call.repeated():
        return written
    if row := call.row():
        head_of(row)
        raise shared.exists(call.graph_id, row.version)
    db = call.db
    graphs = usage(db, call.tenant).graphs + 1
    if graphs > quota.tenant_graphs:
        raise shared.over("tenant_graphs", quota, graphs)
    size = len(new.snapshot)
    weighed = shared.memory_of(new.meta, size, 0)
    call.check_quota(quota, size, size, weighed)
    gid = db.execute(
        "INSERT INTO graphs (tenant, graph_id, uid, version, base, snapshot_version, snapshot_bytes, log_bytes,"
        " nodes, edges, meta, created, updated) VALUES (?,?,'',0,0,0,0,0,0,0,x'',?,?)",
        (call.tenant, call.graph_id, call.now, call.now),
    ).lastrowid
    assert gid is not None
    _fill(call, gid, new, new.version)
    return call.done(call.row(), size=size, memory=weighed, graphs=1)


def replace(call: WriteCall, uid: str, expected_version: int, new: NewGraph, quota: Quota) -> Written:
    if written := call.repeated():
        return written
    row = call.row_at(uid, expected_version)
    growth = len(new.snapshot) - row.stored
    more = shared.memory_of(new.meta, len(new.snapshot), 0) - row.memory
    call.check_quota(quota, len(new.snapshot), growth, more)
    _clear(call.db, row.gid)
    _fill(call, row.gid, new, row.version + 1)
    return call.done(call.row(), size=growth, memory=more)


def append(
    call: WriteCall, uid: str, expected_version: int, payload: bytes, counts: StoredCounts, quota: Quota
) -> Written:
    if written := call.repeated():
        return written
    row = call.row_at(uid, expected_version)
    call.check_quota(quota, row.stored + len(payload), len(payload), len(payload))
    row = row._replace(
        version=row.version + 1,
        log_bytes=row.log_bytes + len(payload),
        nodes=counts.nodes,
        edges=counts.edges,
        updated=call.now,
    )
    call.db.execute("INSERT INTO log (gid, version, payload) VALUES (?,?,?)", (row.gid, row.version, payload))
    call.db.execute(
        "UPDATE graphs SET version=?, log_bytes=?, nodes=?, edges=?, updated=? WHERE gid=?",
        (row.version, row.log_bytes, row.nodes, row.edges, row.updated, row.gid),
    )
    return call.done(row, size=len(payload), memory=len(payload))


def compact(call: WriteCall, uid: str, version: int, snapshot: bytes, meta: bytes | None) -> bool:
    row = call.row()
    if row is None or row.uid != uid:
        return False
    if version <= row.snapshot_version or not row.base <= version <= row.version:
        return False
    db = call.db
    (dropped,) = db.execute(
        "SELECT coalesce(sum(length(payload)), 0) FROM log WHERE gid=? AND version<=?", (row.gid, version)
    ).fetchone()
    db.execute("DELETE FROM log WHERE gid=? AND version<=?", (row.gid, version))
    db.execute("DELETE FROM chunks WHERE gid=?", (row.gid,))
    _store_chunks(db, row.gid, snapshot)
    db.execute(
        "UPDATE graphs SET base=?, snapshot_version=?, snapshot_bytes=?, log_bytes=log_bytes-?, meta=? WHERE gid=?",
        (version, version, len(snapshot), dropped, row.meta if meta is None else meta, row.gid),
    )
    changed = call.row()
    call.memory.changed(call.tenant, changed.memory - row.memory if changed else None)
    sqlite_operations.add_usage(db, call.tenant, size=len(snapshot) - row.snapshot_bytes - dropped)
    return True


def delete(call: WriteCall, if_version: int | None) -> Written:
    if written := call.repeated():
        return written
    row = call.row()
    if row is None:
        raise shared.absent(call.graph_id)
    if if_version is not None and head_of(row).version != if_version:
        raise shared.moved(call.graph_id, row.version, if_version)
    size = row.stored if row.sound else measured(call.db, row.gid)
    _clear(call.db, row.gid)
    call.db.execute("DELETE FROM graphs WHERE gid=?", (row.gid,))
    return call.done(None, size=-size, memory=-row.memory if row.sound else None, graphs=-1)


def measured(db: sqlite3.Connection, gid: int) -> int:
    """Bytes of the snapshot and log that are there, whatever the row of the graph says."""
    (size,) = db.execute(
        "SELECT (SELECT coalesce(sum(length(data)), 0) FROM chunks WHERE gid=?1)"
        " + (SELECT coalesce(sum(length(payload)), 0) FROM log WHERE gid=?1)",
        (gid,),
    ).fetchone()
    return int(size)


def _fill(call: WriteCall, gid: int, new: NewGraph, version: int) -> None:
    _store_chunks(call.db, gid, new.snapshot)
    call.db.execute(
        "UPDATE graphs SET uid=?, version=?, base=?, snapshot_version=?, snapshot_bytes=?, log_bytes=0, nodes=?,"
        " edges=?, meta=?, updated=? WHERE gid=?",
        (
            new.uid,
            version,
            version,
            version if new.snapshot else 0,
            len(new.snapshot),
            *new.counts,
            new.meta,
            call.now,
            gid,
        ),
    )


def _store_chunks(db: sqlite3.Connection, gid: int, snapshot: bytes) -> None:
    rows = ((gid, number, chunk) for number, chunk in enumerate(shared.chunks(snapshot)))
    db.executemany("INSERT INTO chunks (gid, number, data) VALUES (?,?,?)", rows)


def _clear(db: sqlite3.Connection, gid: int) -> None:
    db.execute("DELETE FROM log WHERE gid=?", (gid,))
    db.execute("DELETE FROM chunks WHERE gid=?", (gid,))
