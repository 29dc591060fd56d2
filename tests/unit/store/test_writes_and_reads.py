"""What both stores promise (protocol.Store): writes, compaction and reads of contents."""

from __future__ import annotations

import asyncio
import time

import pytest
from tests.unit.store.conftest import AMPLE, Open, fill, head_of, named, new

from networkx_mcp.errors import Conflict, InvalidInput, NotFound
from networkx_mcp.store.protocol import Store, StoredCounts, Usage
from networkx_mcp.store.shared import CHUNK_BYTES


class TestCreate:
    async def test_a_new_graph_is_at_version_one(self, store: Store) -> None:
        before = time.time() - 5
        written = await store.create("t", new(meta=b"\x00 \n\xff", counts=StoredCounts(3, 4)), AMPLE, None)
        head = written.head
        assert head is not None
        assert not written.repeated
        assert (head.graph_id, head.uid, head.version, head.meta) == ("g", "u1", 1, b"\x00 \n\xff")
        assert (head.nodes, head.edges, head.log_operations, head.log_bytes) == (3, 4, 0, 0)
        assert (head.snapshot_version, head.snapshot_bytes) == (0, 0)
        assert before < head.created == head.updated < time.time() + 5
        assert await head_of(store) == head

    async def test_it_may_begin_with_a_snapshot_at_a_later_version(self, store: Store) -> None:
        await store.create("t", new(snapshot=b"snap", version=7), AMPLE, None)
        contents = await store.read("t", "g")
        assert (contents.head.version, contents.head.snapshot_version, contents.snapshot) == (7, 7, b"snap")
        assert contents.log == []

    async def test_an_id_is_taken_once(self, store: Store) -> None:
        await store.create("t", new(), AMPLE, None)
        with pytest.raises(Conflict) as caught:
            await store.create("t", new(uid="u2"), AMPLE, None)
        assert caught.value.data["version"] == 1
        head = await head_of(store)
        assert head is not None
        assert head.uid == "u1"

    async def test_of_many_at_once_one_wins(self, store: Store) -> None:
        tries = (store.create("t", new(uid=f"u{number}"), AMPLE, None) for number in range(20))
        outcomes = await asyncio.gather(*tries, return_exceptions=True)
        assert sum(not isinstance(outcome, Exception) for outcome in outcomes) == 1
        assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 19
        assert await store.usage("t") == Usage(graphs=1, bytes=0)

    async def test_a_nameless_tenant_is_refused(self, store: Store) -> None:
        with pytest.raises(InvalidInput, match="tenant"):
            await store.create("", new(), AMPLE, None)


class TestAppend:
    async def test_it_grows_the_version_by_one_and_keeps_the_order(self, store: Store) -> None:
        await store.create("t", new(), AMPLE, None)
        payloads = [b"first", b"\x00\xff\r\n", b"", b"x" * 70_000]
        for version, payload in enumerate(payloads, 1):
            written = await store.append("t", "g", "u1", version, payload, StoredCounts(version, 1), AMPLE, None)
            assert written.head is not None
            assert (written.head.version, written.head.nodes) == (version + 1, version)
        contents = await store.read("t", "g")
        assert contents.log == list(enumerate(payloads, 2))
        assert contents.head.log_operations == 4
        assert contents.head.log_bytes == sum(map(len, payloads))
        assert contents.head.created < contents.head.updated

    async def test_only_on_top_of_the_current_version(self, store: Store) -> None:
        await store.create("t", new(), AMPLE, None)
        await fill(store, [b"a"])
        for stale in (0, 1, 3):
            with pytest.raises(Conflict) as caught:
                await store.append("t", "g", "u1", stale, b"b", StoredCounts(0, 0), AMPLE, None)
            assert caught.value.data["version"] == 2
        assert (await store.read("t", "g")).log == [(2, b"a")]

    async def test_not_to_an_absent_graph_or_an_earlier_one_of_that_name(self, store: Store) -> None:
        with pytest.raises(NotFound):
            await store.append("t", "g", "u1", 1, b"a", StoredCounts(0, 0), AMPLE, None)
        await store.create("t", new(), AMPLE, None)
        await store.delete("t", "g", None, None)
        await store.create("t", new(uid="u2"), AMPLE, None)
        with pytest.raises(NotFound):
            await store.append("t", "g", "u1", 1, b"a", StoredCounts(0, 0), AMPLE, None)

    async def test_every_acknowledged_one_of_racing_writers_is_there_once(self, store: Store) -> None:
        await store.create("t", new(), AMPLE, None)

        async def writer(name: int) -> list[tuple[int, bytes]]:
            mine, version = [], 1
            for number in range(10):
                payload = f"{name}/{number}".encode()
                while True:
                    try:
                        written = await store.append("t", "g", "u1", version, payload, StoredCounts(0, 0), AMPLE, None)
                    except Conflict as conflict:
                        version = conflict.data["version"]
                        continue
                    assert written.head is not None
                    version = written.head.version
                    mine.append((version, payload))
                    break
            return mine

        acknowledged = await asyncio.gather(*map(writer, range(8)))
        assert (await store.read("t", "g")).log == sorted(entry for mine in acknowledged for entry in mine)


class TestReplace:
    async def test_it_puts_other_contents_under_the_next_version(self, store: Store) -> None:
        first = await store.create("t", new(), AMPLE, None)
        await fill(store, [b"a", b"b"])
        other = new(uid="u2", snapshot=b"other", meta=b"changed", counts=StoredCounts(9, 8))
        written = await store.replace("t", "g", "u1", 3, other, AMPLE, None)
        contents = await store.read("t", "g")
        head = contents.head
        assert written.head == head
        assert (head.version, head.uid, head.meta, head.nodes, head.edges) == (4, "u2", b"changed", 9, 8)
        assert (contents.snapshot, contents.log, head.snapshot_version) == (b"other", [], 4)
        assert first.head is not None
        assert head.created == first.head.created
        assert await store.read_log("t", "g", "u1", 3) is None
        assert await store.usage("t") == Usage(graphs=1, bytes=5)
        await fill(store, [b"c"], uid="u2")
        assert (await store.read("t", "g")).log == [(5, b"c")]

    async def test_with_nothing_it_empties_the_graph(self, store: Store) -> None:
        await store.create("t", new(snapshot=b"x" * 100), AMPLE, None)
        await store.replace("t", "g", "u1", 1, new(uid="u2"), AMPLE, None)
        contents = await store.read("t", "g")
        assert (contents.snapshot, contents.log, contents.head.snapshot_version) == (b"", [], 0)
        assert await store.usage("t") == Usage(graphs=1, bytes=0)

    async def test_only_the_version_and_graph_that_are_there(self, store: Store) -> None:
        with pytest.raises(NotFound):
            await store.replace("t", "g", "u1", 1, new(uid="u2"), AMPLE, None)
        await store.create("t", new(snapshot=b"old"), AMPLE, None)
        with pytest.raises(Conflict) as caught:
            await store.replace("t", "g", "u1", 2, new(uid="u2", snapshot=b"other"), AMPLE, None)
        assert caught.value.data["version"] == 1
        assert (await store.read("t", "g")).snapshot == b"old"

    async def test_not_a_graph_that_was_made_anew_meanwhile(self, store: Store) -> None:
        """Its version is the same; the caller has seen the one before."""
        await store.create("t", new(snapshot=b"old"), AMPLE, None)
        await store.delete("t", "g", None, None)
        await store.create("t", new(uid="u2", snapshot=b"anew"), AMPLE, None)
        with pytest.raises(NotFound):
            await store.replace("t", "g", "u1", 1, new(uid="u3", snapshot=b"other"), AMPLE, None)
        assert (await store.read("t", "g")).snapshot == b"anew"


class TestDelete:
    async def test_nothing_of_the_graph_is_left(self, store: Store) -> None:
        await store.create("t", new(snapshot=b"x"), AMPLE, None)
        await fill(store, [b"a"])
        written = await store.delete("t", "g", 2, None)
        assert written.head is None
        assert await head_of(store) is None
        assert await store.list_graphs("t", "", 10) == []
        assert await store.usage("t") == Usage(graphs=0, bytes=0)
        with pytest.raises(NotFound):
            await store.read("t", "g")
        with pytest.raises(NotFound):
            await store.delete("t", "g", None, None)
        await store.create("t", new(uid="u2"), AMPLE, None)
        assert (await store.read("t", "g")).log == []

    async def test_only_the_version_that_was_named(self, store: Store) -> None:
        await store.create("t", new(), AMPLE, None)
        with pytest.raises(Conflict) as caught:
            await store.delete("t", "g", 2, None)
        assert caught.value.data["version"] == 1
        assert await head_of(store) is not None


class TestCompact:
    async def test_the_log_up_to_its_version_becomes_the_snapshot(self, store: Store) -> None:
        await store.create("t", new(), AMPLE, None)
        await fill(store, [b"a", b"bb", b"ccc"])
        assert await store.compact("t", "g", "u1", 3, b"snapshot")
        contents = await store.read("t", "g")
        assert (contents.snapshot, contents.log) == (b"snapshot", [(4, b"ccc")])
        head = contents.head
        assert (head.version, head.snapshot_version, head.log_operations, head.log_bytes) == (4, 3, 1, 3)
        assert await store.usage("t") == Usage(graphs=1, bytes=len(b"snapshot") + 3)
        await fill(store, [b"d"])
        assert await store.compact("t", "g", "u1", 5, b"s2")
        assert await store.usage("t") == Usage(graphs=1, bytes=2)

    async def test_a_graph_without_a_log_may_be_compacted(self, store: Store) -> None:
        await store.create("t", new(), AMPLE, None)
        assert await store.compact("t", "g", "u1", 1, b"empty graph")
        assert (await store.read("t", "g")).snapshot == b"empty graph"

    async def test_one_that_comes_too_late_changes_nothing(self, store: Store) -> None:
        assert not await store.compact("t", "g", "u1", 1, b"s")
        await store.create("t", new(), AMPLE, None)
        await fill(store, [b"a", b"b"])
        assert await store.compact("t", "g", "u1", 3, b"newest")
        for version, uid in ((2, "u1"), (3, "u1"), (4, "u1"), (3, "u2")):
            assert not await store.compact("t", "g", uid, version, b"late")
        assert (await store.read("t", "g")).snapshot == b"newest"
        assert await store.usage("t") == Usage(graphs=1, bytes=len(b"newest"))

    async def test_an_empty_snapshot_is_a_mistake(self, store: Store) -> None:
        await store.create("t", new(), AMPLE, None)
        with pytest.raises(ValueError, match="empty"):
            await store.compact("t", "g", "u1", 1, b"")

    async def test_readers_and_writers_beside_it_see_one_moment(self, store: Store) -> None:
        """The snapshot spells the payloads that it holds, so each read can be checked."""
        await store.create("t", new(), AMPLE, None)
        stop = asyncio.Event()

        async def reader() -> int:
            seen = 0
            while not stop.is_set():
                contents = await store.read("t", "g")
                versions = [version for version, _ in contents.log]
                base = contents.head.snapshot_version
                assert contents.snapshot == big(base)
                assert versions == list(range(max(base, 1) + 1, contents.head.version + 1))
                assert contents.head.version >= seen
                seen = contents.head.version
            return seen

        async def compactor() -> None:
            while not stop.is_set():
                head = await head_of(store)
                assert head is not None
                await store.compact("t", "g", "u1", head.version, big(head.version))

        def big(version: int) -> bytes:
            return b"" if version == 0 else b"%d " % version * 150_000

        others = [asyncio.create_task(reader()), asyncio.create_task(reader()), asyncio.create_task(compactor())]
        await fill(store, [b"%d" % number for number in range(60)])
        stop.set()
        assert min(seen for seen in await asyncio.gather(*others) if seen is not None) > 1


class TestSnapshots:
    @pytest.mark.parametrize("size", [1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 5 * CHUNK_BYTES + 17])
    async def test_any_size_comes_back_unchanged(self, store: Store, size: int) -> None:
        snapshot = (bytes(range(256)) * (size // 256 + 1))[:size]
        await store.create("t", new(snapshot=snapshot), AMPLE, None)
        assert (await store.read("t", "g")).snapshot == snapshot
        await store.replace("t", "g", "u1", 1, new(uid="u2", snapshot=snapshot[::-1]), AMPLE, None)
        assert (await store.read("t", "g")).snapshot == snapshot[::-1]
        assert await store.usage("t") == Usage(graphs=1, bytes=size)

    async def test_a_log_of_any_length_comes_back(self, store: Store) -> None:
        await store.create("t", new(), AMPLE, None)
        payloads = [b"%d" % number for number in range(1100)]
        version = 1
        for payload in payloads:
            written = await store.append("t", "g", "u1", version, payload, StoredCounts(0, 0), AMPLE, None)
            assert written.head is not None
            version = written.head.version
        assert [payload for _, payload in (await store.read("t", "g")).log] == payloads
        read = await store.read_log("t", "g", "u1", 1)
        assert read is not None
        assert [payload for _, payload in read] == payloads


class TestReadLog:
    async def test_what_came_after_a_version(self, store: Store) -> None:
        await store.create("t", new(), AMPLE, None)
        await fill(store, [b"a", b"b", b"c"])
        assert await store.read_log("t", "g", "u1", 1) == [(2, b"a"), (3, b"b"), (4, b"c")]
        assert await store.read_log("t", "g", "u1", 3) == [(4, b"c")]
        assert await store.read_log("t", "g", "u1", 4) == []

    async def test_none_where_the_log_does_not_reach_back(self, store: Store) -> None:
        assert await store.read_log("t", "g", "u1", 1) is None
        await store.create("t", new(), AMPLE, None)
        await fill(store, [b"a", b"b", b"c"])
        await store.compact("t", "g", "u1", 3, b"s")
        assert await store.read_log("t", "g", "u1", 2) is None
        assert await store.read_log("t", "g", "u1", 3) == [(4, b"c")]
        assert await store.read_log("t", "g", "other", 3) is None


async def test_everything_is_there_after_closing_and_opening(open_store: Open) -> None:
    first = await open_store()
    await first.create("t", new(snapshot=b"s" * 3_000_000), AMPLE, named("c"))
    await fill(first, [b"a"])
    contents, usage = await first.read("t", "g"), await first.usage("t")
    await first.put_note("n", "v")
    await first.close()
    second = await open_store()
    assert await second.read("t", "g") == contents
    assert await second.usage("t") == usage
    assert await second.get_note("n") == "v"
    assert (await second.create("t", new(), AMPLE, named("c"))).repeated
