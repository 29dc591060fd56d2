"""Operation ids of the embedded store: looked up, remembered and forgotten in SQL.

The rules are those of lua/common.lua: a record goes when it is past its sure time and not among
the newest `keep` of its graph, or past `most`.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from networkx_mcp.store import shared
from networkx_mcp.store.protocol import Operation
from networkx_mcp.store.shared import Recall

#: Records looked at by one transaction, so that a pile of old ones delays nobody.
PRUNE = 32


class KnownOperation(NamedTuple):
    fingerprint: str
    result: bytes


def known(
    db: sqlite3.Connection, recall: Recall, now: float, tenant: str, graph_id: str, operation_id: str
) -> KnownOperation | None:
    """What is remembered of an operation id. One that waits to be pruned is forgotten already."""
    row = db.execute(
        "SELECT fingerprint, result, number, time FROM operations WHERE tenant=? AND graph_id=? AND operation_id=?",
        (tenant, graph_id, operation_id),
    ).fetchone()
    if row is None:
        return None
    fingerprint, result, number, time = row
    age = now - time
    if age < recall.sure or (age < recall.most and number > _last(db, tenant, graph_id) - recall.keep):
        return KnownOperation(fingerprint, result)
    return None


def remember(
    db: sqlite3.Connection, recall: Recall, now: float, tenant: str, graph_id: str, operation: Operation
) -> None:
    """Store the record and count it."""
    number = _last(db, tenant, graph_id) + 1
    _forget(
        db, "tenant=? AND graph_id=? AND operation_id=?", (tenant, graph_id, operation.operation_id)
    )  # one that had expired
    size = shared.record_bytes(operation)
    db.execute(
        "INSERT INTO operations (tenant, graph_id, operation_id, number, time, kept, size, fingerprint, result)"
        " VALUES (?,?,?,?,?,0,?,?,?)",
        (tenant, graph_id, operation.operation_id, number, now, size, operation.fingerprint, operation.result),
    )
    add_usage(db, tenant, size=size)
    _forget(
        db,
        "tenant=? AND graph_id=? AND number=? AND time<=?",
        (tenant, graph_id, number - recall.keep, now - recall.sure),
    )


def prune(db: sqlite3.Connection, recall: Recall, now: float) -> None:
    """Move records on that passed their sure time, drop what need not be kept; PRUNE of each."""
    aged = db.execute(
        "SELECT rowid, tenant, graph_id, number FROM operations WHERE kept=0 AND time<=? ORDER BY time LIMIT ?",
        (now - recall.sure, PRUNE),
    ).fetchall()
    for rowid, tenant, graph_id, number in aged:
        if number <= _last(db, tenant, graph_id) - recall.keep:
            _forget(db, "rowid=?", (rowid,))
        else:
            db.execute("UPDATE operations SET kept=1 WHERE rowid=?", (rowid,))
    old = db.execute(
        "SELECT rowid FROM operations WHERE kept=1 AND time<=? ORDER BY time LIMIT ?", (now - recall.most, PRUNE)
    ).fetchall()
    for (rowid,) in old:
        _forget(db, "rowid=?", (rowid,))


def add_usage(db: sqlite3.Connection, tenant: str, *, size: int = 0, graphs: int = 0) -> None:
    """Change what the tenant is counted for, in bytes and graphs."""
    db.execute(
        "INSERT INTO tenants (tenant, graphs, bytes) VALUES (?,?,?) ON CONFLICT (tenant)"
        " DO UPDATE SET graphs=graphs+excluded.graphs, bytes=bytes+excluded.bytes",
        (tenant, graphs, size),
    )


def _last(db: sqlite3.Connection, tenant: str, graph_id: str) -> int:
    (number,) = db.execute(
        "SELECT max(number) FROM operations WHERE tenant=? AND graph_id=?", (tenant, graph_id)
    ).fetchone()
    return number or 0


def _forget(db: sqlite3.Connection, where: str, arguments: tuple[object, ...]) -> None:
    row = db.execute(f"SELECT rowid, tenant, size FROM operations WHERE {where}", arguments).fetchone()  # noqa: S608
    if row is not None:
        rowid, tenant, size = row
        db.execute("DELETE FROM operations WHERE rowid=?", (rowid,))
        add_usage(db, tenant, size=-size)
