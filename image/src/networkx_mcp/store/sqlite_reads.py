"""Reads of the embedded store. A read transaction sees one committed moment of the file."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from networkx_mcp.errors import StoreDamaged
from networkx_mcp.store import shared
from networkx_mcp.store.protocol import Contents, DamagedHead, Head, Usage

_COLUMNS = (
    "gid, graph_id, uid, version, base, snapshot_version, snapshot_bytes, log_bytes, nodes, edges, meta, created,"
    " updated"
)
_ROW = f"SELECT {_COLUMNS} FROM graphs WHERE tenant=? AND graph_id=?"  # noqa: S608


#: Of the columns from `uid` on.
_TYPES = (str, *[int] * 7, bytes, float, float)


class GraphRow(NamedTuple):
    """A row of `graphs`, in the order of _COLUMNS."""

    gid: int
    graph_id: str
    uid: str
    version: int
    base: int
    snapshot_version: int
    snapshot_bytes: int
    log_bytes: int
    nodes: int
    edges: int
    meta: bytes
    created: float
    updated: float

    @property
    def stored(self) -> int:
        """Bytes that the graph counts for."""
        return self.snapshot_bytes + self.log_bytes

    @property
    def memory(self) -> int:
        """Bytes that it counts for in memory."""
        return shared.memory_of(self.meta, self.snapshot_bytes, self.log_bytes)

    @property
    def sound(self) -> bool:
        """Whether a server of ours can have written it: a column of SQLite holds whatever somebody put there."""
        return (
            tuple(map(type, self[2:])) == _TYPES
            and min(self[3:10]) >= 0
            and self.base <= self.version
            and 0 <= min(self.created, self.updated) <= max(self.created, self.updated) < shared.LAST_SECOND
        )


def row_of(db: sqlite3.Connection, tenant: str, graph_id: str) -> GraphRow | None:
    found = db.execute(_ROW, (tenant, graph_id)).fetchone()
    return GraphRow._make(found) if found else None


def head_of(row: GraphRow) -> Head:
    """Raises GraphDamaged."""
    if not row.sound:
        raise shared.damaged(row.graph_id, "its head is none")
    return Head(
        graph_id=row.graph_id,
        uid=row.uid,
        version=row.version,
        snapshot_version=row.snapshot_version,
        snapshot_bytes=row.snapshot_bytes,
        log_operations=row.version - row.base,
        log_bytes=row.log_bytes,
        nodes=row.nodes,
        edges=row.edges,
        meta=row.meta,
        created=row.created,
        updated=row.updated,
    )


def head(db: sqlite3.Connection, tenant: str, graph_id: str) -> Head | None:
    """Raises GraphDamaged."""
    row = row_of(db, tenant, graph_id)
    return head_of(row) if row else None


def read(db: sqlite3.Connection, tenant: str, graph_id: str) -> Contents:
    """Snapshot and log of one moment. Raises NotFound."""
    db.execute("BEGIN")
    try:
        row = row_of(db, tenant, graph_id)
        if row is None:
            raise shared.absent(graph_id)
        chunks = [data for (data,) in db.execute("SELECT data FROM chunks WHERE gid=? ORDER BY number", (row.gid,))]
        log = db.execute("SELECT version, payload FROM log WHERE gid=? ORDER BY version", (row.gid,)).fetchall()
    finally:
        db.execute("COMMIT")
    head = head_of(row)
    if not all(isinstance(data, bytes) for data in (*chunks, *(payload for _, payload in log))):
        raise shared.damaged(graph_id, "a part of it is no bytes")
    snapshot = b"".join(chunks)
    if len(snapshot) != row.snapshot_bytes or len(log) != row.version - row.base:
        raise shared.damaged(graph_id, "parts are missing")
    return Contents(head=head, snapshot=snapshot, log=log)


def read_log(
    db: sqlite3.Connection, tenant: str, graph_id: str, uid: str, after: int
) -> list[tuple[int, bytes]] | None:
    """Operations after a version, or None where the log no longer reaches back that far."""
    db.execute("BEGIN")
    try:
        row = row_of(db, tenant, graph_id)
        if row is None or row.uid != uid or after < row.base:
            return None
        log = db.execute(
            "SELECT version, payload FROM log WHERE gid=? AND version>? ORDER BY version", (row.gid, after)
        ).fetchall()
    finally:
        db.execute("COMMIT")
    if not all(isinstance(payload, bytes) for _, payload in log):
        raise shared.damaged(graph_id, "a part of it is no bytes")
    return log


def list_graphs(db: sqlite3.Connection, tenant: str, after: str, limit: int) -> list[Head | DamagedHead]:
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM graphs WHERE tenant=? AND graph_id>? ORDER BY graph_id LIMIT ?",  # noqa: S608
        (tenant, after, max(0, limit)),
    )
    found = map(GraphRow._make, rows)
    return [head_of(row) if row.sound else DamagedHead(row.graph_id) for row in found]


def memory(db: sqlite3.Connection, tenant: str) -> int:
    """What all graphs of the tenant count for in memory, in bytes; a damaged one counts for nothing."""
    rows = db.execute("SELECT meta, snapshot_bytes, log_bytes FROM graphs WHERE tenant=?", (tenant,))
    return sum(
        shared.memory_of(meta, snapshot, log)
        for meta, snapshot, log in rows
        if isinstance(meta, bytes) and isinstance(snapshot, int) and isinstance(log, int)
    )


def usage(db: sqlite3.Connection, tenant: str) -> Usage:
    """What a tenant is counted for. Raises StoreDamaged where that is no two numbers."""
    row = db.execute("SELECT graphs, bytes FROM tenants WHERE tenant=?", (tenant,)).fetchone() or (0, 0)
    if not all(isinstance(value, int) for value in row):
        raise StoreDamaged(
            f"the row of tenant {tenant!r} in the store's table tenants holds no numbers: let the operator restore the file, or "
            "delete the row and restore the graphs from a backup with --replace"
        )
    return Usage(graphs=row[0], bytes=row[1])


def tenants(db: sqlite3.Connection) -> list[str]:
    return sorted(name for (name,) in db.execute("SELECT tenant FROM tenants"))


def get_note(db: sqlite3.Connection, name: str) -> str | None:
    row = db.execute("SELECT value FROM notes WHERE name=?", (name,)).fetchone()
    return str(row[0]) if row else None
