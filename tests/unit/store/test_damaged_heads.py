"""Heads that no server of ours wrote: told to who asks for their graph, listed, deleted, and in nobody's way."""

from __future__ import annotations

from typing import Any

import pytest
from tests.helpers.damage import damage_head
from tests.helpers.redis_server import RedisServer
from tests.unit.store.conftest import AMPLE, fill, head_of, named, new
from tests.unit.store.redis_tools import opened, settings

from networkx_mcp.errors import GraphDamaged, NotFound, StoreDamaged
from networkx_mcp.store.protocol import DamagedHead, Quota, Store, StoredCounts, Usage
from networkx_mcp.store.redis_keys import PIECE_BYTES, parse_head
from networkx_mcp.store.redis_store import RedisStore

SOUND = b"u1 12 3 3 40 0 60 7 8 1790000000.123456 1790000001.123456\n\x81meta\n"
#: What the line of numbers may have instead of what is there.
OTHER_LINES = [
    SOUND.replace(b"12", b"twelve", 1),
    SOUND.replace(b"12", b"-12", 1),
    SOUND.replace(b"12", b"+12", 1),
    SOUND.replace(b"12", b"1_2", 1),
    SOUND.replace(b"12", b"12.0", 1),
    SOUND.replace(b"12", b"0x12", 1),
    SOUND.replace(b"12", b"2", 1),  # before its base
    SOUND.replace(b"12", b"9" * 20),
    SOUND.replace(b" 12", b"", 1),
    SOUND.replace(b"12", b"12 12", 1),
    SOUND.replace(b"12", b" 12", 1),
    SOUND.replace(b"0 60", b"61 60", 1),  # a log of less than nothing
    SOUND.replace(b"u1", b"", 1),
    SOUND.replace(b"u1", b"u\xff", 1),
    SOUND.replace(b"1790000000.123456", b"nan"),
    SOUND.replace(b"1790000000.123456", b"1e9"),
    SOUND.replace(b"1790000000.123456", b"1790000000"),
    SOUND.replace(b"1790000000.123456", b"253402300800.000000"),  # the year 10000
    SOUND.replace(b"\n", b" \n", 1),
    SOUND.partition(b"\n")[0],
    b"\n",
    b"",
    b"x",
    b"x\n",
    b"\x00" * 40,
]


@pytest.fixture
async def spoiled(store: Store) -> Store:
    """A tenant `t` of `bad`, which is damaged, and `good`, 110 bytes of which are 100 of `bad`."""
    await store.create("t", new("bad", uid="b1", snapshot=b"s" * 40), AMPLE, None)
    await fill(store, [b"l" * 35, b"l" * 25], "bad", "b1")
    await store.create("t", new("good", snapshot=b"s" * 10), AMPLE, None)
    assert await store.usage("t") == Usage(graphs=2, bytes=110)
    await damage_head(store, "bad")
    return store


async def test_it_is_told_to_who_asks_for_it(spoiled: Store) -> None:
    for damaged in (spoiled.heads([("t", "good"), ("t", "bad")]), spoiled.read("t", "bad")):
        with pytest.raises(
            GraphDamaged, match=r"graph bad is damaged .*restore it from a backup with replace, or delete it"
        ):
            await damaged
    (good,) = await spoiled.heads([("t", "good")])
    assert good is not None


async def test_it_stands_in_lists_among_the_others(spoiled: Store) -> None:
    await spoiled.create("t", new("a"), AMPLE, None)
    listed = await spoiled.list_graphs("t", "", 10)
    assert [(one.graph_id, isinstance(one, DamagedHead)) for one in listed] == [
        ("a", False), ("bad", True), ("good", False),
    ]  # fmt: skip
    assert [one.graph_id for one in await spoiled.list_graphs("t", "", 2)] == ["a", "bad"]


async def test_deleting_it_gives_back_what_it_stored(spoiled: Store) -> None:
    gone = await spoiled.delete("t", "bad", None, named("d"))
    assert (gone.head, gone.repeated) == (None, False)
    assert await spoiled.usage("t") == Usage(graphs=1, bytes=10 + len("d") + len("print") + len("result") + 64)
    assert [one.graph_id for one in await spoiled.list_graphs("t", "", 10)] == ["good"]
    assert (await spoiled.delete("t", "bad", None, named("d"))).repeated
    with pytest.raises(NotFound):
        await spoiled.delete("t", "bad", None, None)
    await spoiled.create("t", new("bad", snapshot=b"anew"), AMPLE, None)
    assert (await spoiled.read("t", "bad")).log == []


async def test_it_has_no_version_that_a_write_could_name(spoiled: Store) -> None:
    quota = Quota(1000, 1000, 10)
    with pytest.raises(GraphDamaged):
        await spoiled.delete("t", "bad", 3, None)
    with pytest.raises(GraphDamaged):
        await spoiled.create("t", new("bad"), quota, None)
    with pytest.raises(NotFound):
        await spoiled.append("t", "bad", "u1", 3, b"x", StoredCounts(0, 0), quota, None)
    with pytest.raises(NotFound):
        await spoiled.replace("t", "bad", "u1", 3, new("bad"), quota, None)
    assert not await spoiled.compact("t", "bad", "u1", 3, b"x")
    assert await spoiled.usage("t") == Usage(graphs=2, bytes=110)


class TestOnRedis:
    async def test_its_scripts_and_its_readers_agree_on_what_is_a_head(self, redis_server: RedisServer) -> None:
        """A script that took what readers refuse would delete by counts that mean nothing."""
        async with opened(settings(redis_server)) as store:
            for raw in OTHER_LINES:
                await store.create("t", new(), AMPLE, None)
                await store._link.call(("SET", store._keys.head("t", "g"), raw))
                with pytest.raises(GraphDamaged):
                    parse_head("g", raw)
                with pytest.raises(GraphDamaged):
                    await store.delete("t", "g", 12, None)
                await store.delete("t", "g", None, None)
                assert await store.usage("t") == Usage(graphs=0, bytes=0), raw
            await store.create("t", new(), AMPLE, None)
            await store._link.call(("SET", store._keys.head("t", "g"), SOUND))
            assert (await head_of(store)) == parse_head("g", SOUND)
            assert (await store.delete("t", "g", 12, None)).head is None

    async def test_long_ones_are_measured_whole(self, redis_server: RedisServer) -> None:
        async with opened(settings(redis_server)) as store:
            await store.create("t", new(snapshot=b"s" * (50 * PIECE_BYTES + 7)), AMPLE, None)
            await fill(store, [b"l" * number for number in range(41)])
            await store._link.call(("SET", store._keys.head("t", "g"), b"x"))
            await store.delete("t", "g", None, None)
            assert await store.usage("t") == Usage(graphs=0, bytes=0)

    async def test_keys_of_another_type_are_damage_too(self, redis_server: RedisServer) -> None:
        async with opened(settings(redis_server)) as store:
            await store.create("t", new(), AMPLE, None)
            for key in (store._keys.head("t", "g"), store._keys.log("t", "g"), store._keys.snapshot("t", "g")):
                await store._link.call(("DEL", key))
                await store._link.call(("HSET", key, "a", "b"))
            with pytest.raises(GraphDamaged):
                await store.create("t", new(), AMPLE, None)
            await store.delete("t", "g", None, None)
            await store.create("t", new(), AMPLE, None)
            assert await store.usage("t") == Usage(graphs=1, bytes=0)

    async def test_one_that_was_never_counted_is_not_counted_off(self, redis_server: RedisServer) -> None:
        async with opened(settings(redis_server)) as store:
            await store.create("t", new("good"), AMPLE, None)
            await store._link.call(("SET", store._keys.head("t", "ghost"), b"x"))
            await store.delete("t", "ghost", None, None)
            assert await store.usage("t") == Usage(graphs=1, bytes=0)


class TestKeysOfAnotherType:
    """Somebody who can write to a shared store made a key another type."""

    @pytest.mark.parametrize("kind", ["list", "hash", "set", "zset", "stream"])
    async def test_a_head_stands_in_lists_as_damaged_and_is_replaced(
        self, redis_server: RedisServer, kind: str
    ) -> None:
        async with opened(settings(redis_server)) as store:
            await store.create("t", new("bad", snapshot=b"s" * 40), AMPLE, None)
            await store.create("t", new("good"), AMPLE, None)
            await made(store, store._keys.head("t", "bad"), kind)
            listed = await store.list_graphs("t", "", 10)
            assert [(one.graph_id, isinstance(one, DamagedHead)) for one in listed] == [("bad", True), ("good", False)]
            for asked in (store.heads([("t", "good"), ("t", "bad")]), store.read("t", "bad")):
                with pytest.raises(GraphDamaged):
                    await asked
            await store.delete("t", "bad", None, None)
            await store.create("t", new("bad"), AMPLE, None)
            assert (await store.usage("t")).bytes == 0

    @pytest.mark.parametrize("part", ["log", "snapshot"])
    async def test_a_log_or_a_snapshot_is_the_damage_of_its_graph(self, redis_server: RedisServer, part: str) -> None:
        async with opened(settings(redis_server)) as store:
            await store.create("t", new(snapshot=b"s" * 40), AMPLE, None)
            await fill(store, [b"l" * 5])
            await made(store, getattr(store._keys, part)("t", "g"), "string")
            with pytest.raises(GraphDamaged):
                await store.read("t", "g")
            if part == "log":
                before = await head_of(store)
                for asked in (
                    store.read_log("t", "g", "u1", 1),
                    store.append("t", "g", "u1", 2, b"x", StoredCounts(0, 0), AMPLE, None),
                    store.compact("t", "g", "u1", 2, b"x"),
                ):
                    with pytest.raises(GraphDamaged):
                        await asked
                assert await head_of(store) == before
            replaced = await store.replace("t", "g", "u1", 2, new(uid="u2", snapshot=b"anew"), AMPLE, None)
            assert replaced.head is not None
            assert (await store.read("t", "g")).snapshot == b"anew"

    @pytest.mark.parametrize("name", ["usage", "ids", "ops", "ops:fresh", "ops:kept"])
    async def test_others_are_named_with_what_to_do_before_anything_is_written(
        self, redis_server: RedisServer, name: str
    ) -> None:
        async with opened(settings(redis_server)) as store:
            await store.create("t", new(), AMPLE, named("once"))
            key = f"{store._keys._of('t')}{name}"
            await made(store, key, "string")
            before = await head_of(store)
            asked = [
                store.create("t", new("other"), AMPLE, None),
                store.append("t", "g", "u1", 1, b"x", StoredCounts(0, 0), AMPLE, named("twice")),
                store.replace("t", "g", "u1", 1, new(uid="u2"), AMPLE, None),
                store.compact("t", "g", "u1", 1, b"x"),
                store.delete("t", "g", None, None),
                store.known_operation("t", "g", "once"),
            ]
            if name in ("usage", "ops"):
                asked.append(store.usage("t"))
            if name == "ids":
                asked.append(store.list_graphs("t", "", 10))
            for each in asked:
                with pytest.raises(StoreDamaged, match="let the operator delete the key") as told:
                    await each
                assert told.value.data == {"key": key}
            assert await head_of(store) == before
            assert await head_of(store, "other") is None

    async def test_a_list_that_is_lost_comes_back_with_what_is_restored_over(self, redis_server: RedisServer) -> None:
        async with opened(settings(redis_server)) as store:
            await store.create("t", new(), AMPLE, None)
            await store._link.call(("DEL", store._keys.ids("t")), ("DEL", store._keys.tenants))
            assert await store.list_graphs("t", "", 10) == []
            await store.replace("t", "g", "u1", 1, new(uid="u2"), AMPLE, None)
            assert [one.graph_id for one in await store.list_graphs("t", "", 10)] == ["g"]
            assert await store.tenants() == ["t"]

    @pytest.mark.parametrize("part", [0, 1, 2], ids=["results", "order", "sizes"])
    async def test_kept_results_begin_anew(self, redis_server: RedisServer, part: int) -> None:
        async with opened(settings(redis_server)) as store:
            await store.create("t", new(), AMPLE, None)
            assert await store.keep_result("t", "g", "u1", 1, "k", b"v")
            await made(store, store._keys.of_results("t", "g")[part], "string")
            assert await store.result("t", "g", "u1", 1, "k") == (None if part == 0 else b"v")
            assert await store.keep_result("t", "g", "u1", 1, "k", b"v")
            assert await store.result("t", "g", "u1", 1, "k") == b"v"
            await made(store, store._keys.of_results("t", "g")[part], "string")
            await store.delete("t", "g", None, None)
            assert await store.list_graphs("t", "", 10) == []

    async def test_what_all_tenants_share_is_named(self, redis_server: RedisServer) -> None:
        async with opened(settings(redis_server)) as store:
            await made(store, store._keys.tenants, "string")
            await made(store, store._keys.notes, "string")
            for asked in (store.tenants(), store.put_note("a", "b"), store.get_note("a"), store.settle_note("a", "b")):
                with pytest.raises(StoreDamaged, match=store._keys.prefix):
                    await asked
            await made(store, store._keys.bucket("one"), "string")
            assert await store.lease("one", 5, 10.0, 10) == 5


async def made(store: RedisStore, key: str, kind: str) -> None:
    """Put a key of this type in place of what is there."""
    values = {"string": ("SET", key, "x"), "list": ("RPUSH", key, "x"), "hash": ("HSET", key, "x", "y")}
    values |= {"set": ("SADD", key, "x"), "zset": ("ZADD", key, 0, "x"), "stream": ("XADD", key, "*", "x", "y")}
    assert not any(isinstance(one, Exception) for one in await store._link.call(("DEL", key), values[kind]))


@pytest.mark.parametrize("kind", ["sqlite"])
class TestRowsOfOtherTypes:
    """A column of SQLite holds whatever somebody put there."""

    async def test_a_log_or_a_snapshot_is_the_damage_of_its_graph(self, store: Any) -> None:
        for table, column in (("log", "payload"), ("chunks", "data")):
            await store.create("t", new(table, snapshot=b"s" * 4), AMPLE, None)
            await fill(store, [b"l" * 4], table)
            await store._submitted(lambda db, t=table, c=column: db.execute(f"UPDATE {t} SET {c}='text'"))
            with pytest.raises(GraphDamaged):
                await store.read("t", table)
            if table == "log":
                with pytest.raises(GraphDamaged):
                    await store.read_log("t", table, "u1", 1)
            await store.delete("t", table, None, None)

    async def test_usage_that_is_no_number_is_told(self, store: Any) -> None:
        await store.create("t", new(), AMPLE, None)
        await store._submitted(lambda db: db.execute("UPDATE tenants SET bytes='many'"))
        for asked in (store.usage("t"), store.create("t", new("other"), AMPLE, None)):
            with pytest.raises(StoreDamaged, match="let the operator"):
                await asked
