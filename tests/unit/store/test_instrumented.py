"""The store as the server opens it: measured, its state known without asking it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from secrets import token_hex

import pytest
from tests.helpers.metrics import sample
from tests.helpers.patience import PATIENCE
from tests.helpers.redis_server import RedisServer
from tests.unit.store.conftest import AMPLE, new

from networkx_mcp.errors import Conflict, StoreUnavailable
from networkx_mcp.settings import Settings, StoreSettings
from networkx_mcp.store import open_store
from networkx_mcp.store.instrumented import InstrumentedStore
from networkx_mcp.store.protocol import Health, Store, StoredCounts
from networkx_mcp.store.redis_store import RedisStore
from networkx_mcp.store.sqlite_store import SqliteStore


def count(operation: str) -> float:
    return sample("store_duration_seconds_count", operation=operation)


@contextlib.asynccontextmanager
async def started(store: InstrumentedStore) -> AsyncIterator[InstrumentedStore]:
    await store.start()
    try:
        yield store
    finally:
        await store.close()


def test_the_settings_name_the_store(tmp_path: Path) -> None:
    embedded = open_store(Settings(store=StoreSettings(path=tmp_path / "s")))
    assert isinstance(embedded.inner, SqliteStore)
    shared = open_store(Settings(store=StoreSettings(type="redis")))
    assert isinstance(shared.inner, RedisStore)
    stores: list[Store] = [embedded, shared]
    assert stores


async def test_durations_by_operation_and_conflicts_of_writes(tmp_path: Path) -> None:
    async with started(open_store(Settings(store=StoreSettings(path=tmp_path / "s")))) as store:
        names = [
            "create", "append", "replace", "compact", "delete", "heads", "read", "read_log", "known_operation",
            "list_graphs", "usage", "tenants", "lease", "put_note", "get_note", "settle_note",
        ]  # fmt: skip
        before = {name: count(name) for name in names}
        conflicts = sample("store_conflicts_total")
        await store.create("t", new(), AMPLE, None)
        await store.append("t", "g", "u1", 1, b"a", StoredCounts(0, 0), AMPLE, None)
        await store.compact("t", "g", "u1", 2, b"s")
        await store.replace("t", "g", "u1", 2, new(uid="u2"), AMPLE, None)
        await store.heads([("t", "g")])
        await store.read("t", "g")
        await store.read_log("t", "g", "u2", 3)
        await store.known_operation("t", "g", "x")
        await store.list_graphs("t", "", 1)
        await store.usage("t")
        await store.tenants()
        await store.lease("b", 1, 1, 1)
        await store.put_note("n", "v")
        await store.get_note("n")
        await store.settle_note("n", "v")
        assert sample("store_conflicts_total") == conflicts
        for stale in (
            store.append("t", "g", "u2", 1, b"a", StoredCounts(0, 0), AMPLE, None),
            store.replace("t", "g", "u2", 1, new(), AMPLE, None),
            store.delete("t", "g", 1, None),
            store.create("t", new(), AMPLE, None),
        ):
            with pytest.raises(Conflict):
                await stale
        assert sample("store_conflicts_total") == conflicts + 3  # an id that is taken is no race of writes
        twice = {"create", "append", "replace"}
        await store.delete("t", "g", None, None)
        assert {name for name in names if count(name) - before[name] == 2} == twice | {"delete"}
        assert all(count(name) > before[name] for name in names)


async def test_state_and_memory_are_metrics_and_follow_the_store() -> None:
    with RedisServer("--maxmemory", "50mb") as server:
        settings = StoreSettings(type="redis", url=server.url, prefix=token_hex(8), timeout_seconds=10)
        async with started(InstrumentedStore(RedisStore(settings), poll_seconds=0.05)) as store:
            assert sample("store_up") == 1
            assert sample("store_memory_bytes") > 0
            assert sample("store_memory_limit_bytes") == 50 * 1024 * 1024
            assert sample("store_persistence_ok") == 1
            server.kill()
            await until(lambda health: not health.up, store)
            assert (sample("store_up"), sample("store_persistence_ok")) == (0, 0)
            server.start()
            await until(lambda health: health.up, store)
            assert sample("store_up") == 1


async def until(wanted: Callable[[Health], bool], store: InstrumentedStore) -> None:
    async with asyncio.timeout(PATIENCE):
        while not wanted(await store.health()):  # noqa: ASYNC110 - what changes is another process
            await asyncio.sleep(0.02)


async def test_a_failed_call_is_known_before_the_next_look() -> None:
    with RedisServer() as server:
        settings = StoreSettings(type="redis", url=server.url, prefix=token_hex(8), timeout_seconds=10)
        async with started(InstrumentedStore(RedisStore(settings), poll_seconds=60)) as store:
            assert (await store.health()).up
            server.kill()
            with pytest.raises(StoreUnavailable):
                await store.heads([("t", "g")])
            health = await store.health()
            assert isinstance(health, Health)
            assert not health.up
            assert health.product.startswith(("Redis", "Valkey"))
            assert sample("store_up") == 0


async def test_health_answers_while_the_store_hangs() -> None:
    with RedisServer() as server:
        settings = StoreSettings(type="redis", url=server.url, prefix=token_hex(8), timeout_seconds=10 * PATIENCE)
        async with started(InstrumentedStore(RedisStore(settings), poll_seconds=0.05)) as store:
            server.signal(signal.SIGSTOP)
            await asyncio.sleep(0.2)  # a look hangs
            await asyncio.wait_for(store.health(), PATIENCE)
            server.signal(signal.SIGCONT)


async def test_a_store_that_does_not_start_is_down() -> None:
    store = open_store(Settings(store=StoreSettings(type="redis", url="redis://127.0.0.1:1/0")))
    with pytest.raises(StoreUnavailable):
        await store.start()
    assert not (await store.health()).up
    assert sample("store_up") == 0
    await store.close()


async def test_a_full_store_is_up() -> None:
    with RedisServer("--maxmemory", "1mb") as server:
        settings = StoreSettings(type="redis", url=server.url, prefix=token_hex(8), timeout_seconds=5)
        async with started(InstrumentedStore(RedisStore(settings), poll_seconds=60)) as store:
            with pytest.raises(StoreUnavailable, match="nothing was changed"):
                await store.create("t", new(snapshot=bytes(4_000_000)), AMPLE, None)
            assert (await store.health()).up
            assert sample("store_up") == 1
