"""The embedded store reads a head once, and never tells one that is older than what was acknowledged."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.helpers.patience import PATIENCE
from tests.unit.store.conftest import AMPLE, head_of, new

from networkx_mcp.errors import Conflict, StoreUnavailable
from networkx_mcp.settings import StoreSettings
from networkx_mcp.store import sqlite_reads
from networkx_mcp.store.known_heads import META_BYTES, KnownHeads
from networkx_mcp.store.protocol import Head, StoredCounts
from networkx_mcp.store.sqlite_store import SqliteStore

NONE = StoredCounts(0, 0)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(StoreSettings(path=tmp_path / "store.sqlite3", timeout_seconds=0.3))
    await store.start()
    yield store
    await store.close()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The graphs whose heads were read from the file."""
    found: list[str] = []
    head = sqlite_reads.head

    def noted(db: sqlite3.Connection, tenant: str, graph_id: str) -> Head | None:
        found.append(graph_id)
        return head(db, tenant, graph_id)

    monkeypatch.setattr(sqlite_reads, "head", noted)
    return found


async def test_a_head_that_was_written_or_read_is_not_read_again(store: SqliteStore, read: list[str]) -> None:
    for name in ("a", "b"):
        await store.create("t", new(name, snapshot=b"s"), AMPLE, None)
    for version in (1, 2):
        await store.append("t", "a", "u1", version, b"l", StoredCounts(version, 0), AMPLE, None)
        known = [await head_of(store, name) for name in ("a", "b", "a")]
        assert not read
        opened = store._opened()
        assert known == [sqlite_reads.head(opened.heads, "t", name) for name in ("a", "b", "a")]
        read.clear()
    assert await store.compact("t", "a", "u1", 3, b"snapshot", b"meta")
    found = await head_of(store, "a")
    assert found is not None
    assert (found.snapshot_version, read) == (3, ["a"])
    assert await head_of(store, "a") == found
    await store.delete("t", "a", None, None)
    assert await head_of(store, "a") is None
    assert await head_of(store, "b", tenant="other") is None
    await store.create("t", new("a", uid="u2"), AMPLE, None)
    found = await head_of(store, "a")
    assert found is not None
    assert (found.uid, found.version) == ("u2", 1)


async def test_a_refused_write_leaves_what_there_is(store: SqliteStore) -> None:
    await store.create("t", new(), AMPLE, None)
    before = await head_of(store)
    with pytest.raises(Conflict):
        await store.append("t", "g", "u1", 7, b"l", NONE, AMPLE, None)
    assert await head_of(store) == before


async def test_a_write_that_nobody_waits_for_any_more_shows_when_it_is_done(store: SqliteStore) -> None:
    await store.create("t", new(), AMPLE, None)
    gate = threading.Event()
    held = store._opened().writer.submit(lambda _: gate.wait(PATIENCE))
    with pytest.raises(StoreUnavailable):
        await store.append("t", "g", "u1", 1, b"l", NONE, AMPLE, None)
    for _ in range(2):  # also what is read meanwhile is not kept
        head = await head_of(store)
        assert head is not None
        assert head.version == 1
    gate.set()
    await held
    await store.put_note("after", "it")
    head = await head_of(store)
    assert head is not None
    assert head.version == 2


async def test_a_file_that_is_opened_again_is_read_again(store: SqliteStore, tmp_path: Path) -> None:
    await store.create("t", new(), AMPLE, None)
    await store.close()
    with sqlite3.connect(tmp_path / "store.sqlite3") as db:
        db.execute("UPDATE graphs SET version=9, base=8")
    db.close()
    await store.start()
    head = await head_of(store)
    assert head is not None
    assert head.version == 9


async def test_heads_agree_with_the_file_whatever_writers_do_at_once(store: SqliteStore) -> None:
    await store.create("t", new(), AMPLE, None)
    acknowledged = 1

    async def write() -> None:
        nonlocal acknowledged
        for _ in range(30):
            head = await head_of(store)
            assert head is not None
            try:
                written = await store.append("t", "g", "u1", head.version, b"l", NONE, AMPLE, None)
            except Conflict:
                continue
            assert written.head is not None
            acknowledged = max(acknowledged, written.head.version)

    async def look() -> None:
        last = 1
        for _ in range(300):
            least = acknowledged
            head = await head_of(store)
            assert head is not None
            assert head.version >= max(least, last)
            last = head.version
            await asyncio.sleep(0)

    await asyncio.gather(*(write() for _ in range(4)), *(look() for _ in range(4)))
    assert acknowledged > 1


def test_only_so_many_are_kept_and_the_least_recently_used_go() -> None:
    known = KnownHeads(most=2)
    heads = {name: head(name) for name in "abc"}
    for name in "ab":
        known.keep(("t", name), heads[name])
    assert known.get(("t", "a")) is heads["a"]
    known.keep(("t", "c"), heads["c"])
    assert [known.get(("t", name)) for name in "abc"] == [heads["a"], None, heads["c"]]


def test_a_head_with_a_long_description_is_read_each_time() -> None:
    known = KnownHeads()
    for name, size in (("a", META_BYTES), ("b", META_BYTES + 1)):
        known.keep(("t", name), head(name, b"m" * size))
    assert known.get(("t", "a")) is not None
    assert known.get(("t", "b")) is None


def head(name: str, meta: bytes = b"") -> Head:
    return Head(
        graph_id=name, uid="u1", version=1, snapshot_version=0, snapshot_bytes=0, log_operations=0, log_bytes=0, nodes=0,
        edges=0, meta=meta, created=1.0, updated=1.0,
    )  # fmt: skip
