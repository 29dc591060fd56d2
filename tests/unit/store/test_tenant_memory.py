"""What a tenant's graphs take in memory is summed up and held to its quota, on both stores, whatever release wrote before."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.helpers.damage import damage_head
from tests.helpers.redis_server import RedisServer
from tests.unit.store.conftest import AMPLE, Open, fill, head_of, new
from tests.unit.store.redis_tools import opened, settings

from networkx_mcp.errors import LimitExceeded
from networkx_mcp.store.protocol import Store, StoredCounts
from networkx_mcp.store.redis_store import RedisStore

NONE = StoredCounts(0, 0)


def meta(memory: int) -> bytes:
    return msgspec.msgpack.encode({"directed": True, "description": "roads", "memory": memory})


def within(most: int) -> Any:
    return AMPLE._replace(tenant_memory=most)


async def test_a_graph_counts_for_its_base_as_measured_and_its_log(store: Store) -> None:
    assert await store.memory("t") == 0
    await store.create("t", new("a", snapshot=b"s" * 10, meta=meta(1000)), AMPLE, None)
    await store.create("t", new("b", snapshot=b"s" * 10, meta=meta(500)), AMPLE, None)
    await store.create("u", new("a", snapshot=b"s", meta=meta(7)), AMPLE, None)
    assert await store.memory("t") == 1500
    await fill(store, [b"l" * 20, b"l" * 5], "a")
    assert await store.memory("t") == 1525
    assert await store.compact("t", "a", "u1", 2, b"s" * 12, meta(1100))
    assert await store.memory("t") == 1605, "a longer base, one operation less in the log"
    await store.replace("t", "a", "u1", 3, new("a", uid="u2", snapshot=b"s" * 5, meta=meta(100)), AMPLE, None)
    assert await store.memory("t") == 600
    await store.delete("t", "b", None, None)
    assert (await store.memory("t"), await store.memory("u")) == (100, 7)


async def test_what_would_pass_the_quota_is_refused_and_changes_nothing(store: Store) -> None:
    await store.create("t", new("a", snapshot=b"s", meta=meta(600)), within(1000), None)
    with pytest.raises(LimitExceeded, match=r"limits\.tenant_memory_mb") as refused:
        await store.create("t", new("b", snapshot=b"s", meta=meta(401)), within(1000), None)
    facts = {name: refused.value.data[name] for name in ("limit", "setting", "maximum", "actual")}
    assert facts == {
        "limit": "tenant_memory", "setting": "limits.tenant_memory_mb", "maximum": 1000, "actual": 1001,
    }  # fmt: skip
    await store.create("t", new("b", snapshot=b"s", meta=meta(400)), within(1000), None)
    assert await store.memory("t") == 1000
    for call in (
        store.append("t", "a", "u1", 1, b"l", NONE, within(1000), None),
        store.replace("t", "a", "u1", 1, new("a", uid="u2", snapshot=b"s", meta=meta(601)), within(1000), None),
    ):
        with pytest.raises(LimitExceeded):
            await call
    assert (await store.memory("t"), (await store.usage("t")).graphs) == (1000, 2)
    assert await head_of(store, "a") == (await store.read("t", "a")).head


async def test_above_the_quota_a_graph_may_shrink_be_compacted_read_and_deleted(store: Store) -> None:
    await store.create("t", new("a", snapshot=b"s", meta=meta(5000)), AMPLE, None)
    await fill(store, [b"l" * 20], "a")
    tight = within(1000)
    with pytest.raises(LimitExceeded):
        await store.append("t", "a", "u1", 2, b"l", NONE, tight, None)
    assert (await store.read("t", "a")).snapshot == b"s"
    assert await store.compact("t", "a", "u1", 2, b"ss", meta(4900))
    shrunk = new("a", uid="u2", snapshot=b"s" * 9, meta=meta(4000))
    await store.replace("t", "a", "u1", 2, shrunk, tight, None)
    assert await store.memory("t") == 4000
    await store.delete("t", "a", None, None)
    await store.create("t", new("a", snapshot=b"s", meta=meta(1000)), tight, None)


@pytest.mark.parametrize("told", [b"meta", b"\xc1", b"", meta(0), meta(-5), meta(2**60), b"\x81\xa6memory\xa1x"])
async def test_a_base_that_nobody_measured_counts_for_what_it_stores(store: Store, told: bytes) -> None:
    """As release 0.1.0 wrote it, or as somebody spoiled it."""
    await store.create("t", new("a", snapshot=b"s" * 30, meta=told), AMPLE, None)
    await fill(store, [b"l" * 4], "a")
    assert await store.memory("t") == 34
    assert await store.compact("t", "a", "u1", 2, b"s" * 31, meta(900))
    assert await store.memory("t") == 900


async def test_a_graph_that_became_damaged_counts_for_nothing(store: Store) -> None:
    await store.create("t", new("bad", snapshot=b"s", meta=meta(700)), AMPLE, None)
    await store.create("t", new("good", snapshot=b"s", meta=meta(300)), AMPLE, None)
    await damage_head(store, "bad")
    await store.delete("t", "bad", None, None)
    assert await store.memory("t") == 300
    await store.create("t", new("more", snapshot=b"s", meta=meta(700)), within(1000), None)


async def test_a_store_that_is_opened_again_knows_it(open_store: Open) -> None:
    first = await open_store()
    await first.create("t", new("a", snapshot=b"s", meta=meta(600)), AMPLE, None)
    await first.close()
    second = await open_store()
    with pytest.raises(LimitExceeded):
        await second.create("t", new("b", snapshot=b"s", meta=meta(401)), within(1000), None)


class TestBehindRelease010:
    """It keeps heads and counters as it knows them, and does not touch the sum: a rolling update, or a way back and forth."""

    @pytest.mark.parametrize("deleted", [True, False])
    async def test_the_sum_is_counted_anew(self, redis_server: RedisServer, deleted: bool) -> None:
        async with opened(settings(redis_server)) as store:
            for name in ("a", "b"):
                await store.create("t", new(name, snapshot=b"s" * 10, meta=meta(500)), AMPLE, None)
            keys, usage = store._keys, store._keys.usage("t")
            if deleted:
                await sent(store, ("DEL", keys.head("t", "b"), keys.snapshot("t", "b")), ("ZREM", keys.ids("t"), "b"))
                await sent(store, ("HINCRBY", usage, "graphs", -1), ("HINCRBY", usage, "bytes", -10))
                most = 500
            else:  # replaced: its head has no measure any more
                line = b"u2 2 2 2 300 0 0 7 8 1790000000.123456 1790000001.123456\n\x81\xa8directed\xc3"
                await sent(store, ("SET", keys.head("t", "b"), line), ("HINCRBY", usage, "bytes", 290))
                most = 800
            with pytest.raises(LimitExceeded) as refused:
                await store.append("t", "a", "u1", 1, b"l", NONE, within(most), None)
            assert refused.value.data["actual"] == most + 1
            await store.append("t", "a", "u1", 1, b"l", NONE, within(most + 1), None)
            assert await store.memory("t") == most + 1

    async def test_usage_that_was_lost_is_counted_anew(self, redis_server: RedisServer) -> None:
        async with opened(settings(redis_server)) as store:
            for name in ("a", "b"):
                await store.create("t", new(name, snapshot=b"s" * 10, meta=meta(500)), AMPLE, None)
            await sent(store, ("DEL", store._keys.usage("t")))
            assert await store.tenants() == ["t"]
            with pytest.raises(LimitExceeded):
                await store.create("t", new("c"), AMPLE._replace(tenant_graphs=2), None)
            await store.create("t", new("c"), AMPLE, None)
            assert await store.usage("t") == type(await store.usage("t"))(graphs=3, bytes=20)
            assert await store.memory("t") == 1000


async def sent(store: RedisStore, *commands: tuple[Any, ...]) -> None:
    assert not any(isinstance(reply, Exception) for reply in await store._link.call(*commands))
