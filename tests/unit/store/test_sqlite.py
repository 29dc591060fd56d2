"""What is the embedded store's own: one process, groups of writes, a disk that fails."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.patience import PATIENCE
from tests.unit.store import writer_process
from tests.unit.store.conftest import AMPLE, new

from networkx_mcp.errors import InvalidInput, StoreUnavailable
from networkx_mcp.settings import StoreSettings
from networkx_mcp.store.bucket import TokenBuckets
from networkx_mcp.store.protocol import StoredCounts, Usage
from networkx_mcp.store.sqlite_store import SqliteStore
from networkx_mcp.store.sqlite_writer import MOST, SqliteWriter


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(StoreSettings(path=tmp_path / "store.sqlite3", timeout_seconds=5))
    await store.start()
    yield store
    await store.close()


class TestFile:
    async def test_a_second_store_on_the_file_is_refused_and_told_by_whom(
        self, store: SqliteStore, tmp_path: Path
    ) -> None:
        other = SqliteStore(StoreSettings(path=tmp_path / "store.sqlite3"))
        with pytest.raises(InvalidInput, match=r"in use by another process \(pid \d+\)") as caught:
            await other.start()
        assert caught.value.data["field"] == "store.path"
        await store.create("t", new(), AMPLE, None)
        await store.close()
        await other.start()
        assert await other.usage("t") == Usage(graphs=1, bytes=0)
        await other.close()

    async def test_a_killed_process_leaves_no_lock_behind(self, tmp_path: Path) -> None:
        path = tmp_path / "store.sqlite3"
        command = [sys.executable, str(Path(writer_process.__file__)), "sqlite", str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: ASYNC220
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            store = SqliteStore(StoreSettings(path=path))
            with pytest.raises(InvalidInput, match=f"pid {process.pid}"):
                await store.start()
            process.kill()
            process.wait()
        await store.start()
        await store.close()

    async def test_directories_are_made_and_nobody_else_may_read(self, tmp_path: Path) -> None:
        path = tmp_path / "a" / "b" / "store.sqlite3"
        store = SqliteStore(StoreSettings(path=path))
        await store.start()
        await store.create("t", new(), AMPLE, None)
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
        assert set(modes) == {path.name + end for end in ("", "-wal", "-shm", ".lock")}
        assert set(modes.values()) == {0o600}
        await store.close()

    async def test_another_file_is_left_alone(self, tmp_path: Path) -> None:
        text, foreign = tmp_path / "text", tmp_path / "foreign"
        text.write_text("this is not a database, and it is longer than a header\n" * 100)
        with sqlite3.connect(foreign) as db:
            db.execute("CREATE TABLE other (x)")
        db.close()
        for path in (text, foreign):
            with pytest.raises(InvalidInput) as caught:
                await SqliteStore(StoreSettings(path=path)).start()
            assert caught.value.data["field"] == "store.path"
        assert text.read_text().startswith("this is not")

    async def test_a_newer_schema_is_refused(self, store: SqliteStore, tmp_path: Path) -> None:
        await store.close()
        with sqlite3.connect(tmp_path / "store.sqlite3") as db:
            db.execute("PRAGMA user_version=99")
        db.close()
        with pytest.raises(InvalidInput, match="schema 99"):
            await store.start()

    async def test_a_place_that_cannot_be_written_is_unavailable(self) -> None:
        with pytest.raises(StoreUnavailable, match="cannot open"):
            await SqliteStore(StoreSettings(path=Path("/proc/none/store.sqlite3"))).start()

    async def test_a_closed_store_answers_unavailable(self, store: SqliteStore) -> None:
        await store.close()
        with pytest.raises(StoreUnavailable):
            await store.heads([("t", "g")])
        with pytest.raises(StoreUnavailable):
            await store.create("t", new(), AMPLE, None)
        assert not (await store.health()).up


class TestWriter:
    @pytest.fixture
    def db(self, tmp_path: Path) -> sqlite3.Connection:
        db = sqlite3.connect(tmp_path / "db", isolation_level=None, check_same_thread=False)
        db.execute("CREATE TABLE t (x)")
        return db

    async def test_waiting_writes_share_one_commit(self, db: sqlite3.Connection) -> None:
        commits: list[str] = []
        db.set_trace_callback(lambda text: commits.append(text) if text == "COMMIT" else None)
        writer, begun, gate = SqliteWriter(db, lambda _: None), threading.Event(), threading.Event()

        def hold(_: sqlite3.Connection) -> None:
            begun.set()
            gate.wait(PATIENCE)

        first = writer.submit(hold)
        await asyncio.to_thread(begun.wait)
        others = [
            writer.submit(lambda db, number=number: db.execute("INSERT INTO t VALUES (?)", (number,)))
            for number in range(MOST + 1)
        ]
        gate.set()
        await asyncio.gather(first, *others)
        writer.close()
        assert len(commits) == 3
        assert db.execute("SELECT count(*) FROM t").fetchone() == (MOST + 1,)

    async def test_writes_of_one_turn_share_a_commit_though_the_writer_slept(self, db: sqlite3.Connection) -> None:
        commits: list[str] = []
        db.set_trace_callback(lambda text: commits.append(text) if text == "COMMIT" else None)
        writer = SqliteWriter(db, lambda _: None)
        for turn in range(1, 4):
            futures = []
            for _ in range(3):
                futures.append(writer.submit(lambda db: db.execute("INSERT INTO t VALUES (1)")))
                time.sleep(0.02)  # noqa: ASYNC251 - work of the same turn, while the thread could run
            await asyncio.gather(*futures)
            assert len(commits) == turn
        await asyncio.to_thread(writer.close)

    async def test_a_writer_that_is_late_takes_no_part_of_a_turn(
        self, db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its thread goes on behind an answer while the loop makes the writes of the next turn."""
        loop, commits = asyncio.get_running_loop(), list[str]()
        answer = loop.call_soon_threadsafe

        def late(*arguments: Any) -> None:
            answer(*arguments)
            time.sleep(0.03)

        monkeypatch.setattr(loop, "call_soon_threadsafe", late)
        db.set_trace_callback(lambda text: commits.append(text) if text == "COMMIT" else None)
        writer = SqliteWriter(db, lambda _: None)
        for turn in range(1, 4):
            futures = []
            for _ in range(3):
                futures.append(writer.submit(lambda db: db.execute("INSERT INTO t VALUES (1)")))
                time.sleep(0.02)  # noqa: ASYNC251 - work of the same turn
            await asyncio.gather(*futures)
            assert len(commits) == turn
        monkeypatch.undo()
        await asyncio.to_thread(writer.close)

    async def test_one_that_is_refused_undoes_nothing_of_the_others(self, db: sqlite3.Connection) -> None:
        def refused(db: sqlite3.Connection) -> None:
            db.execute("INSERT INTO t VALUES ('refused')")
            raise InvalidInput("no")

        writer, gate = SqliteWriter(db, lambda _: None), threading.Event()
        first = writer.submit(lambda _: gate.wait(PATIENCE))
        futures = [writer.submit(lambda db: db.execute("INSERT INTO t VALUES ('a')")), writer.submit(refused)]
        futures.append(writer.submit(lambda db: db.execute("INSERT INTO t VALUES ('b')")))
        gate.set()
        outcomes = await asyncio.gather(first, *futures, return_exceptions=True)
        writer.close()
        assert isinstance(outcomes[2], InvalidInput)
        assert db.execute("SELECT x FROM t").fetchall() == [("a",), ("b",)]

    async def test_a_caller_who_left_stops_nothing(self, db: sqlite3.Connection) -> None:
        writer, gate = SqliteWriter(db, lambda _: None), threading.Event()
        writer.submit(lambda _: gate.wait(PATIENCE))
        left = writer.submit(lambda db: db.execute("INSERT INTO t VALUES ('left')"))
        left.cancel()
        gate.set()
        await asyncio.to_thread(writer.close)
        assert db.execute("SELECT x FROM t").fetchall() == [("left",)]

    async def test_closing_finishes_what_was_submitted(self, db: sqlite3.Connection) -> None:
        writer = SqliteWriter(db, lambda _: time.sleep(0.01))
        futures = [writer.submit(lambda db: db.execute("INSERT INTO t VALUES (1)")) for _ in range(200)]
        await asyncio.to_thread(writer.close)
        await asyncio.gather(*futures)
        assert db.execute("SELECT count(*) FROM t").fetchone() == (200,)
        with pytest.raises(StoreUnavailable):
            writer.submit(lambda _: None)


async def test_nothing_of_a_deleted_or_replaced_graph_stays_in_the_file(store: SqliteStore) -> None:
    def rows(db: sqlite3.Connection) -> list[int]:
        return [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("graphs", "log", "chunks")]

    writer = store._opened().writer
    await store.create("t", new(snapshot=bytes(3_000_000)), AMPLE, None)
    await store.append("t", "g", "u1", 1, b"a", StoredCounts(0, 0), AMPLE, None)
    assert await writer.submit(rows) == [1, 1, 3]
    await store.replace("t", "g", "u1", 2, new(uid="u2", snapshot=b"small"), AMPLE, None)
    assert await writer.submit(rows) == [1, 0, 1]
    await store.append("t", "g", "u2", 3, b"a", StoredCounts(0, 0), AMPLE, None)
    await store.delete("t", "g", None, None)
    assert await writer.submit(rows) == [0, 0, 0]


async def test_a_full_disk_refuses_writes_and_serves_reads(store: SqliteStore) -> None:
    await store.create("t", new(snapshot=b"kept"), AMPLE, None)
    writer = store._opened().writer
    (pages,) = await writer.submit(lambda db: db.execute("PRAGMA page_count").fetchone())
    await writer.submit(lambda db: db.execute(f"PRAGMA max_page_count={pages + 5}").fetchone())
    with pytest.raises(StoreUnavailable, match="full"):
        await store.append("t", "g", "u1", 1, b"x" * 100_000, StoredCounts(0, 0), AMPLE, None)
    health = await store.health()
    assert (health.up, health.persistence_ok) == (True, False)
    contents = await store.read("t", "g")
    assert (contents.snapshot, contents.head.version) == (b"kept", 1)
    assert await store.usage("t") == Usage(graphs=1, bytes=4)
    await writer.submit(lambda db: db.execute("PRAGMA max_page_count=100000").fetchone())
    await store.append("t", "g", "u1", 1, b"x" * 100_000, StoredCounts(0, 0), AMPLE, None)
    assert (await store.health()).persistence_ok


async def test_a_slow_disk_is_unavailable_and_the_write_may_happen(tmp_path: Path) -> None:
    store = SqliteStore(StoreSettings(path=tmp_path / "store.sqlite3", timeout_seconds=0.2))
    await store.start()
    gate = threading.Event()
    blocked = store._opened().writer.submit(lambda _: gate.wait(PATIENCE))
    with pytest.raises(StoreUnavailable, match=r"within 0\.2 s"):
        await store.create("t", new(), AMPLE, None)
    (head,) = await store.heads([("t", "g")])
    assert head is None
    gate.set()
    await blocked
    await store.put_note("after", "it")
    (head,) = await store.heads([("t", "g")])
    assert head is not None
    await store.close()


class TestTokenBuckets:
    def test_full_buckets_are_dropped_when_there_are_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("networkx_mcp.store.bucket.MOST", 10)
        now = 0.0
        buckets = TokenBuckets(lambda: now)
        for number in range(10):
            assert buckets.take(f"b{number}", 5, 1, 5) == 5
        now = 4.0
        assert buckets.take("b0", 5, 1, 5) == 4
        now = 5.0
        buckets.take("new", 1, 1, 5)
        assert set(buckets._buckets) == {"b0", "new"}
        assert buckets.take("b0", 5, 1, 5) == 1
