"""The file of the embedded store: lock, schema, connections.

WAL with synchronous=FULL: a transaction is on disk (fsync of the WAL) when COMMIT returns, and a
reader sees it only then. One process owns the file; the lock is on a file beside it, because
SQLite's own locks would let a second process in between two transactions.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from pathlib import Path

from networkx_mcp.errors import InvalidInput
from networkx_mcp.store.shared import unavailable

#: "nxm1": the file is ours (PRAGMA application_id).
APPLICATION_ID = 0x6E786D31
SCHEMA_VERSION = 1

#: `base` is the version after which the log begins. Chunks and log are rows of their own, so that
#: a small change of a large graph writes little. gid is never given twice.
SCHEMA = """
CREATE TABLE tenants (
  tenant TEXT PRIMARY KEY, graphs INTEGER NOT NULL, bytes INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE graphs (
  gid INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, graph_id TEXT NOT NULL, uid TEXT NOT NULL,
  version INTEGER NOT NULL, base INTEGER NOT NULL, snapshot_version INTEGER NOT NULL,
  snapshot_bytes INTEGER NOT NULL, log_bytes INTEGER NOT NULL, nodes INTEGER NOT NULL, edges INTEGER NOT NULL,
  meta BLOB NOT NULL, created REAL NOT NULL, updated REAL NOT NULL, UNIQUE (tenant, graph_id)
);
CREATE TABLE log (
  gid INTEGER NOT NULL, version INTEGER NOT NULL, payload BLOB NOT NULL, PRIMARY KEY (gid, version)
);
CREATE TABLE chunks (
  gid INTEGER NOT NULL, number INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (gid, number)
);
CREATE TABLE operations (
  tenant TEXT NOT NULL, graph_id TEXT NOT NULL, operation_id TEXT NOT NULL, number INTEGER NOT NULL,
  time REAL NOT NULL, kept INTEGER NOT NULL, size INTEGER NOT NULL, fingerprint TEXT NOT NULL,
  result BLOB NOT NULL, PRIMARY KEY (tenant, graph_id, operation_id)
);
CREATE UNIQUE INDEX operations_number ON operations (tenant, graph_id, number);
CREATE INDEX operations_time ON operations (kept, time);
CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""

#: fullfsync matters on macOS only. The caches are small: the pages are in the kernel's.
_PRAGMAS = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=FULL;
PRAGMA fullfsync=1;
PRAGMA checkpoint_fullfsync=1;
PRAGMA busy_timeout=2000;
PRAGMA cache_size=-2048;
PRAGMA temp_store=MEMORY;
PRAGMA trusted_schema=OFF;
PRAGMA journal_size_limit=16777216;
"""


class StoreFile:
    """An opened and locked store file. `close` gives the lock back."""

    def __init__(self, path: Path) -> None:
        """Create or open the file. Raises InvalidInput where it is another process's or not ours,
        and StoreUnavailable where it cannot be opened."""
        self.path = path
        try:
            _make_directory(path.parent)
            self._lock = _lock(path)
        except OSError as error:
            raise unavailable(f"cannot open {path} ({error})") from error
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            self.close()
            raise _broken(path, error) from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        os.close(self._lock)

    def connect(self) -> sqlite3.Connection:
        """A connection whose transactions are begun and ended by its user."""
        # Each connection is used by one thread at a time, which sqlite3 cannot know.
        db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        db.executescript(_PRAGMAS)
        return db

    def _prepare(self) -> None:
        # Made here and not by SQLite: nobody else may read it; the WAL takes its mode.
        self.path.touch(mode=0o600)
        new = self.path.stat().st_size == 0
        db = self.connect()
        try:
            if new:
                db.executescript(
                    f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA application_id={APPLICATION_ID};"
                    f"PRAGMA user_version={SCHEMA_VERSION}; COMMIT;"
                )
                # The file's name must survive a power cut as its contents do.
                _sync_directory(self.path.parent)
            (application,) = db.execute("PRAGMA application_id").fetchone()
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if application != APPLICATION_ID:
                raise InvalidInput(f"{self.path} is not a store of this server: change store.path", field="store.path")
            if version != SCHEMA_VERSION:
                text = f"{self.path} has schema {version}, this version reads {SCHEMA_VERSION}: use a matching image"
                raise InvalidInput(text, field="store.path")
        finally:
            db.close()


def _broken(path: Path, error: sqlite3.Error) -> Exception:
    if getattr(error, "sqlite_errorcode", None) in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return InvalidInput(f"{path} is not a usable SQLite file: restore it or change store.path", field="store.path")
    return unavailable(f"cannot open {path} ({error})")


def _make_directory(directory: Path) -> None:
    """Make the directory, each new level durable in the one above."""
    if directory.is_dir():
        return
    _make_directory(directory.parent)
    directory.mkdir(mode=0o700, exist_ok=True)
    _sync_directory(directory.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lock(path: Path) -> int:
    """Hold `<path>.lock` for this process; it ends with the process, however that ends."""
    name = path.with_name(path.name + ".lock")
    descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        os.close(descriptor)
        text = (
            f"{path} is in use by another process ({owner or 'unknown'}): the embedded store serves one process; "
            "stop the other, or use store.type=redis for several"
        )
        raise InvalidInput(text, field="store.path") from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"pid {os.getpid()}".encode(), 0)
    return descriptor
