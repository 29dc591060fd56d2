"""The Redis store's keys, uploads and reads in several round trips."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.helpers.redis_server import RedisServer
from tests.unit.store.conftest import AMPLE, named, new
from tests.unit.store.redis_tools import ask, opened, settings

from networkx_mcp.errors import Conflict, LimitExceeded, NotFound, StoreUnavailable
from networkx_mcp.store import redis_reads
from networkx_mcp.store.protocol import Quota, StoredCounts, Usage
from networkx_mcp.store.redis_keys import PIECE_BYTES
from networkx_mcp.store.redis_store import RedisStore
from networkx_mcp.store.shared import CHUNK_BYTES, Recall


class TestReadsInPages:
    """A read of several round trips beside writes: `between` runs once, after the first of them."""

    @pytest.fixture
    def between(self, monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], Awaitable[Any]]]:
        todo: list[Callable[[], Awaitable[Any]]] = []
        together = redis_reads._together

        async def and_then(*arguments: Any) -> list[Any]:
            replies = await together(*arguments)
            if todo:
                await todo.pop()()
            return replies

        monkeypatch.setattr(redis_reads, "_together", and_then)
        monkeypatch.setattr(redis_reads, "LOG_PAGE", 3)
        monkeypatch.setattr(redis_reads, "PIECE_PAGE", 2)
        return todo

    async def test_another_snapshot_meanwhile_begins_the_read_anew(
        self, redis_server: RedisServer, between: list[Callable[[], Awaitable[Any]]]
    ) -> None:
        async with opened(settings(redis_server)) as store:
            old, other = b"o" * (5 * PIECE_BYTES), b"n" * (5 * PIECE_BYTES)
            await store.create("t", new(snapshot=old), AMPLE, None)
            await store.append("t", "g", "u1", 1, b"a", StoredCounts(0, 0), AMPLE, None)
            between.append(lambda: store.compact("t", "g", "u1", 2, other))
            contents = await store.read("t", "g")
            assert (contents.snapshot, contents.log, contents.head.snapshot_version) == (other, [], 2)
            between.append(lambda: store.replace("t", "g", "u1", 2, new(uid="u2", snapshot=old), AMPLE, None))
            contents = await store.read("t", "g")
            assert (contents.snapshot, contents.head.uid) == (old, "u2")

    async def test_a_log_trimmed_meanwhile_begins_the_read_anew(
        self, redis_server: RedisServer, between: list[Callable[[], Awaitable[Any]]]
    ) -> None:
        async with opened(settings(redis_server)) as store:
            await store.create("t", new(), AMPLE, None)
            for version in range(1, 11):
                await store.append("t", "g", "u1", version, b"%d" % version, StoredCounts(0, 0), AMPLE, None)
            between.append(lambda: store.compact("t", "g", "u1", 4, b"s"))
            contents = await store.read("t", "g")
            assert contents.snapshot == b"s"
            assert contents.log == [(version + 1, b"%d" % version) for version in range(4, 11)]

    async def test_operations_that_came_meanwhile_belong_to_the_next_read(
        self, redis_server: RedisServer, between: list[Callable[[], Awaitable[Any]]]
    ) -> None:
        async with opened(settings(redis_server)) as store:
            await store.create("t", new(), AMPLE, None)
            for version in range(1, 5):
                await store.append("t", "g", "u1", version, b"", StoredCounts(0, 0), AMPLE, None)
            between.append(lambda: store.append("t", "g", "u1", 5, b"late", StoredCounts(0, 0), AMPLE, None))
            contents = await store.read("t", "g")
            assert contents.head.version == 5
            assert [version for version, _ in contents.log] == [2, 3, 4, 5]

    async def test_a_deletion_meanwhile_is_seen(
        self, redis_server: RedisServer, between: list[Callable[[], Awaitable[Any]]]
    ) -> None:
        async with opened(settings(redis_server)) as store:
            await store.create("t", new(snapshot=bytes(5 * PIECE_BYTES)), AMPLE, None)
            between.append(lambda: store.delete("t", "g", None, None))
            with pytest.raises(NotFound):
                await store.read("t", "g")


class TestUploads:
    async def keys(self, store: RedisStore) -> list[str]:
        (found,) = await store._link.call(("KEYS", f"{store._keys.prefix}:*"))
        return sorted(key.decode().removeprefix(f"{store._keys.prefix}:") for key in found)

    async def test_nothing_is_left_of_a_refused_one(self, redis_server: RedisServer) -> None:
        async with opened(settings(redis_server)) as store:
            large = bytes(3 * CHUNK_BYTES)
            await store.create("t", new(), AMPLE, named("c"))
            before = await self.keys(store)
            with pytest.raises(Conflict):
                await store.create("t", new(snapshot=large), AMPLE, None)
            with pytest.raises(Conflict):
                await store.replace("t", "g", "u1", 9, new(snapshot=large), AMPLE, None)
            with pytest.raises(LimitExceeded):
                await store.replace("t", "g", "u1", 1, new(snapshot=large), Quota(1 << 30, 1 << 20, 9), None)
            assert not await store.compact("t", "g", "u1", 9, large)
            assert (await store.create("t", new(snapshot=large), AMPLE, named("c"))).repeated
            assert await self.keys(store) == before

    async def test_one_over_the_quota_is_not_uploaded_at_all(self, own_server: RedisServer) -> None:
        async with opened(settings(own_server)) as store:
            with pytest.raises(LimitExceeded):
                await store.create("t", new(snapshot=bytes(5 * CHUNK_BYTES)), Quota(CHUNK_BYTES, 1 << 30, 9), None)
            info = await store._info()
            assert int(info["total_net_input_bytes"]) < CHUNK_BYTES

    async def test_one_whose_writer_died_expires(self, redis_server: RedisServer) -> None:
        async with opened(settings(redis_server)) as store:
            staging, _ = await store._stage("t", bytes(3 * CHUNK_BYTES))
            assert staging is not None
            (left,) = await store._link.call(("PTTL", staging))
            assert 0 < left <= 600_000

    async def test_one_that_expired_meanwhile_changes_nothing(
        self, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with opened(settings(redis_server)) as store:
            await store.create("t", new(snapshot=b"old"), AMPLE, None)
            stage = store._stage

            async def stage_and_lose(tenant: str, snapshot: bytes) -> Any:
                staged = await stage(tenant, snapshot)
                await store._link.call(("DEL", staged[0] or ""))
                return staged

            monkeypatch.setattr(store, "_stage", stage_and_lose)
            with pytest.raises(StoreUnavailable, match="lost the snapshot"):
                await store.replace("t", "g", "u1", 1, new(uid="u2", snapshot=bytes(2 * CHUNK_BYTES)), AMPLE, None)
            await store.append("t", "g", "u1", 1, b"a", StoredCounts(0, 0), AMPLE, None)
            with pytest.raises(StoreUnavailable, match="lost the snapshot"):
                await store.compact("t", "g", "u1", 2, bytes(2 * CHUNK_BYTES))
            assert (await store.read("t", "g")).snapshot == b"old"

    async def test_keys_are_those_of_one_slot_and_live_for_ever(self, redis_server: RedisServer) -> None:
        async with opened(settings(redis_server)) as store:
            await store.create("t", new(snapshot=bytes(2 * CHUNK_BYTES)), AMPLE, None)
            await store.append("t", "g", "u1", 1, b"a", StoredCounts(0, 0), AMPLE, named("a"))
            keys = await self.keys(store)
            assert keys == [
                "tenants", "{t}:g:g", "{t}:ids", "{t}:l:g", "{t}:ops", "{t}:ops:fresh", "{t}:s:g", "{t}:usage",
            ]  # fmt: skip
            expiring = []
            for key in keys:
                (left,) = await store._link.call(("TTL", f"{store._keys.prefix}:{key}"))
                if left != -1:
                    expiring.append(key)
            assert expiring == ["{t}:ops", "{t}:ops:fresh"]
            await store.delete("t", "g", None, None)
            assert await self.keys(store) == ["tenants", "{t}:ops", "{t}:ops:fresh", "{t}:usage"]

    async def test_two_servers_with_two_prefixes_share_a_store_unseen(self, redis_server: RedisServer) -> None:
        async with opened(settings(redis_server)) as one, opened(settings(redis_server)) as two:
            await one.create("t", new(), AMPLE, None)
            assert await two.tenants() == []
            assert await two.usage("t") == Usage(graphs=0, bytes=0)


async def test_what_is_moved_on_of_operation_ids_does_not_outlive_them(own_server: RedisServer) -> None:
    """Their numbers begin anew once the records are gone; an entry of before would forget a new record."""
    store = RedisStore(settings(own_server, prefix="p"), recall=Recall(sure=2, most=3600, keep=32))
    await store.start()
    try:
        # More than one call looks at, so that some are moved by a call without an id, which renews nothing.
        for number in range(40):
            graph_id = f"g{number}"
            await store.create("t", new(graph_id), AMPLE, named("x"))
        await asyncio.sleep(2.1)
        await store.create("t", new("last"), AMPLE, None)
        (found,) = await ask(own_server, "KEYS", "*ops:kept", prefix="p")
        left = await ask(own_server, "PTTL", found.removesuffix(b":kept"))
        assert 0 < await ask(own_server, "PTTL", found) <= left
    finally:
        await store.close()
