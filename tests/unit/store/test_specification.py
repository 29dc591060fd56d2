"""What both stores promise (protocol.Store), as one specification over both."""

from __future__ import annotations

import asyncio
import time

import pytest

from networkx_mcp.errors import Conflict, InvalidInput, LimitExceeded, NotFound
from networkx_mcp.store.protocol import Counts, Head, Quota, Store, Usage
from networkx_mcp.store.shared import CHUNK_BYTES, OPERATION_OVERHEAD, Recall, record_bytes

from .conftest import AMPLE, MIB, Open, named, new


async def head_of(store: Store, graph_id: str = "g", tenant: str = "t") -> Head | None:
    (head,) = await store.heads([(tenant, graph_id)])
    return head


async def fill(store: Store, payloads: list[bytes], graph_id: str = "g", uid: str = "u1") -> None:
    """Append on top of what is there."""
    for payload in payloads:
        head = await head_of(store, graph_id)
        assert head is not None
        await store.append("t", graph_id, uid, head.version, payload, Counts(0, 0), AMPLE, None)


class TestCreate:
    async def test_a_new_graph_is_at_version_one(self, store: Store) -> None:
        before = time.time() - 5
        written = await store.create("t", new(meta=b"\x00 \n\xff", counts=Counts(3, 4)), AMPLE, None)
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
            written = await store.append("t", "g", "u1", version, payload, Counts(version, 1), AMPLE, None)
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
                await store.append("t", "g", "u1", stale, b"b", Counts(0, 0), AMPLE, None)
            assert caught.value.data["version"] == 2
        assert (await store.read("t", "g")).log == [(2, b"a")]

    async def test_not_to_an_absent_graph_or_an_earlier_one_of_that_name(self, store: Store) -> None:
        with pytest.raises(NotFound):
            await store.append("t", "g", "u1", 1, b"a", Counts(0, 0), AMPLE, None)
        await store.create("t", new(), AMPLE, None)
        await store.delete("t", "g", None, None)
        await store.create("t", new(uid="u2"), AMPLE, None)
        with pytest.raises(NotFound):
            await store.append("t", "g", "u1", 1, b"a", Counts(0, 0), AMPLE, None)

    async def test_every_acknowledged_one_of_racing_writers_is_there_once(self, store: Store) -> None:
        await store.create("t", new(), AMPLE, None)

        async def writer(name: int) -> list[tuple[int, bytes]]:
            mine, version = [], 1
            for number in range(10):
                payload = f"{name}/{number}".encode()
                while True:
                    try:
                        written = await store.append("t", "g", "u1", version, payload, Counts(0, 0), AMPLE, None)
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
        other = new(uid="u2", snapshot=b"other", meta=b"changed", counts=Counts(9, 8))
        written = await store.replace("t", "g", 3, other, AMPLE, None)
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
        await store.replace("t", "g", 1, new(uid="u2"), AMPLE, None)
        contents = await store.read("t", "g")
        assert (contents.snapshot, contents.log, contents.head.snapshot_version) == (b"", [], 0)
        assert await store.usage("t") == Usage(graphs=1, bytes=0)

    async def test_only_the_version_and_graph_that_are_there(self, store: Store) -> None:
        with pytest.raises(NotFound):
            await store.replace("t", "g", 1, new(uid="u2"), AMPLE, None)
        await store.create("t", new(snapshot=b"old"), AMPLE, None)
        with pytest.raises(Conflict) as caught:
            await store.replace("t", "g", 2, new(uid="u2", snapshot=b"other"), AMPLE, None)
        assert caught.value.data["version"] == 1
        assert (await store.read("t", "g")).snapshot == b"old"


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
        await store.replace("t", "g", 1, new(uid="u2", snapshot=snapshot[::-1]), AMPLE, None)
        assert (await store.read("t", "g")).snapshot == snapshot[::-1]
        assert await store.usage("t") == Usage(graphs=1, bytes=size)

    async def test_a_log_of_any_length_comes_back(self, store: Store) -> None:
        await store.create("t", new(), AMPLE, None)
        payloads = [b"%d" % number for number in range(1100)]
        version = 1
        for payload in payloads:
            written = await store.append("t", "g", "u1", version, payload, Counts(0, 0), AMPLE, None)
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


class TestOperationIds:
    async def test_a_repeat_is_answered_with_the_first_result(self, store: Store) -> None:
        first = await store.create("t", new(), AMPLE, named("c", result=b"created"))
        assert (first.result, first.repeated) == (b"created", False)
        await store.append("t", "g", "u1", 1, b"a", Counts(0, 0), AMPLE, named("a", result=b"one"))
        again = await store.append("t", "g", "u1", 1, b"a", Counts(0, 0), AMPLE, named("a", result=b"two"))
        assert (again.result, again.repeated) == (b"one", True)
        assert again.head == await head_of(store)
        created = await store.create("t", new(uid="u9"), AMPLE, named("c", result=b"other"))
        assert (created.result, created.repeated) == (b"created", True)
        assert (await store.read("t", "g")).log == [(2, b"a")]

    async def test_known_before_version_existence_and_quota_are_looked_at(self, store: Store) -> None:
        nothing = Quota(0, 0, 0)
        await store.create("t", new(), AMPLE, named("c"))
        await store.append("t", "g", "u1", 1, b"a", Counts(0, 0), AMPLE, named("a"))
        await store.replace("t", "g", 2, new(uid="u2", snapshot=b"s"), AMPLE, named("r"))
        await store.delete("t", "g", 3, named("d"))
        assert (await store.append("t", "g", "u1", 1, b"a", Counts(0, 0), nothing, named("a"))).repeated
        assert (await store.replace("t", "g", 2, new(uid="u2", snapshot=b"s"), nothing, named("r"))).repeated
        assert (await store.create("t", new(), nothing, named("c"))).repeated
        gone = await store.delete("t", "g", 3, named("d"))
        assert gone.repeated
        assert gone.head is None

    async def test_they_outlive_the_graph(self, store: Store) -> None:
        await store.create("t", new(), AMPLE, named("c"))
        await store.delete("t", "g", None, None)
        await store.create("t", new(uid="u2"), AMPLE, None)
        again = await store.create("t", new(), AMPLE, named("c"))
        assert again.repeated
        assert again.head is not None
        assert again.head.uid == "u2"

    async def test_another_request_under_the_same_id_is_refused(self, store: Store) -> None:
        await store.create("t", new(), AMPLE, named("c", fingerprint="sha256:one"))
        with pytest.raises(InvalidInput) as caught:
            await store.delete("t", "g", None, named("c", fingerprint="sha256:two"))
        assert caught.value.data["field"] == "operation_id"
        assert await head_of(store) is not None

    async def test_of_one_graph_and_one_tenant(self, store: Store) -> None:
        for tenant in ("t", "t2"):
            for graph_id in ("g", "g2"):
                assert not (await store.create(tenant, new(graph_id), AMPLE, named("same"))).repeated

    async def test_a_refused_write_is_not_remembered(self, store: Store) -> None:
        with pytest.raises(NotFound):
            await store.delete("t", "g", None, named("d"))
        assert await store.known_operation("t", "g", "d") is None
        await store.create("t", new(), AMPLE, None)
        assert not (await store.delete("t", "g", None, named("d"))).repeated

    @pytest.mark.parametrize("name", ["a", "with space", "ключ/1", "new\nline", "{b}:%41", "x" * 200])
    async def test_any_text_may_be_one(self, store: Store, name: str) -> None:
        operation = named(name, fingerprint="print %20/é\n", result=b"\x00\n\xff")
        await store.create("t", new(), AMPLE, operation)
        assert await store.known_operation("t", "g", name) == ("print %20/é\n", b"\x00\n\xff")
        assert await store.known_operation("t", "g", name + "x") is None
        assert (await store.create("t", new(), AMPLE, operation)).repeated

    async def test_an_empty_one_is_refused(self, store: Store) -> None:
        with pytest.raises(InvalidInput, match="operation_id"):
            await store.create("t", new(), AMPLE, named(""))

    async def test_they_count_for_the_tenant(self, store: Store) -> None:
        operation = named("c", "print", b"result")
        await store.create("t", new(snapshot=b"12345"), AMPLE, operation)
        size = len("c" + "print" + "result") + OPERATION_OVERHEAD
        assert record_bytes(operation) == size
        assert await store.usage("t") == Usage(graphs=1, bytes=5 + size)
        await store.delete("t", "g", None, None)
        assert await store.usage("t") == Usage(graphs=0, bytes=size)

    async def test_of_many_at_once_one_happens(self, store: Store) -> None:
        await store.create("t", new(), AMPLE, None)
        tries = (store.append("t", "g", "u1", 1, b"a", Counts(0, 0), AMPLE, named("a")) for _ in range(20))
        outcomes = await asyncio.gather(*tries)
        assert sum(not outcome.repeated for outcome in outcomes) == 1
        assert (await store.read("t", "g")).log == [(2, b"a")]

    async def test_beyond_the_sure_time_the_newest_of_a_graph_are_kept(self, open_store: Open) -> None:
        store = await open_store(Recall(sure=0, most=3600, keep=3))
        await store.create("t", new(), AMPLE, named("0"))
        for number in range(1, 6):
            operation = named(str(number))
            await store.append("t", "g", "u1", number, b"", Counts(0, 0), AMPLE, operation)
        await store.create("t", new("other"), AMPLE, named("0"))
        remembered = [await store.known_operation("t", "g", str(number)) is not None for number in range(6)]
        assert remembered == [False, False, False, True, True, True]
        assert await store.usage("t") == Usage(graphs=2, bytes=4 * record_bytes(named("0")))

    async def test_within_the_sure_time_all_are_kept(self, open_store: Open) -> None:
        store = await open_store(Recall(sure=3600, most=3600, keep=1))
        await store.create("t", new(), AMPLE, named("0"))
        for number in range(1, 50):
            await store.append("t", "g", "u1", number, b"", Counts(0, 0), AMPLE, named(str(number)))
        for number in range(50):
            assert await store.known_operation("t", "g", str(number)) is not None

    async def test_they_are_forgotten_in_the_end_and_count_no_more(self, open_store: Open) -> None:
        store = await open_store(Recall(sure=0.2, most=0.6, keep=2))
        await store.create("t", new(), AMPLE, named("0"))
        for number in range(1, 4):
            await store.append("t", "g", "u1", number, b"", Counts(0, 0), AMPLE, named(str(number)))
        await asyncio.sleep(0.3)
        assert [await store.known_operation("t", "g", str(number)) is None for number in range(4)] == [
            True, True, False, False,
        ]  # fmt: skip
        await asyncio.sleep(0.5)
        assert await store.known_operation("t", "g", "3") is None
        written = await store.append("t", "g", "u1", 4, b"", Counts(0, 0), AMPLE, named("0"))
        assert not written.repeated
        assert await store.usage("t") == Usage(graphs=1, bytes=record_bytes(named("0")))

    async def test_they_come_and_go_and_each_is_counted_while_it_is_there(self, open_store: Open) -> None:
        store = await open_store(Recall(sure=0, most=0.25, keep=100))
        await store.create("t", new(), AMPLE, None)
        for number in range(1, 11):
            await store.append("t", "g", "u1", number, b"", Counts(0, 0), AMPLE, named(f"{number:02}"))
            await asyncio.sleep(0.06)
        assert await store.known_operation("t", "g", "03") is None
        assert await store.known_operation("t", "g", "10") is not None
        await asyncio.sleep(0.25)
        await store.append("t", "g", "u1", 11, b"", Counts(0, 0), AMPLE, None)  # a write sweeps
        assert await store.usage("t") == Usage(graphs=1, bytes=0)


class TestQuota:
    async def test_graph_bytes(self, store: Store) -> None:
        quota = Quota(graph_bytes=10, tenant_bytes=MIB, tenant_graphs=9)
        await store.create("t", new(snapshot=b"123456"), quota, None)
        await store.append("t", "g", "u1", 1, b"1234", Counts(0, 0), quota, None)
        with pytest.raises(LimitExceeded) as caught:
            await store.append("t", "g", "u1", 2, b"1", Counts(0, 0), quota, None)
        assert caught.value.data == {
            "limit": "graph_bytes", "setting": "limits.graph_mb", "maximum": 10, "actual": 11,
        }  # fmt: skip
        assert "limits.graph_mb" in caught.value.message
        with pytest.raises(LimitExceeded):
            await store.create("t", new("big", snapshot=b"12345678901"), quota, None)
        with pytest.raises(LimitExceeded):
            await store.replace("t", "g", 2, new(uid="u2", snapshot=b"12345678901"), quota, None)
        assert await store.usage("t") == Usage(graphs=1, bytes=10)

    async def test_tenant_bytes_hold_all_graphs_and_operation_ids(self, store: Store) -> None:
        record = record_bytes(named("1"))
        quota = Quota(graph_bytes=MIB, tenant_bytes=20 + record, tenant_graphs=9)
        await store.create("t", new("a", snapshot=b"1234567890"), quota, None)
        await store.create("t", new("b", snapshot=b"123456789"), quota, named("1"))
        with pytest.raises(LimitExceeded) as caught:
            await store.append("t", "a", "u1", 1, b"12", Counts(0, 0), quota, None)
        assert caught.value.data == {
            "limit": "tenant_bytes", "setting": "limits.tenant_mb", "maximum": 20 + record, "actual": 21 + record,
        }  # fmt: skip
        with pytest.raises(LimitExceeded):
            await store.append("t", "a", "u1", 1, b"", Counts(0, 0), quota, named("2"))
        await store.append("t", "a", "u1", 1, b"1", Counts(0, 0), quota, None)
        await store.create("t2", new("a", snapshot=b"1234567890"), quota, None)

    async def test_a_write_that_frees_space_is_never_refused(self, store: Store) -> None:
        await store.create("t", new(snapshot=b"x" * 100), AMPLE, None)
        tight = Quota(graph_bytes=50, tenant_bytes=50, tenant_graphs=0)
        await store.replace("t", "g", 1, new(uid="u2", snapshot=b"x" * 50), tight, None)
        tighter = Quota(graph_bytes=50, tenant_bytes=10, tenant_graphs=0)
        await store.replace("t", "g", 2, new(uid="u3", snapshot=b"x" * 49), tighter, None)
        await store.delete("t", "g", None, named("d"))

    async def test_graphs_of_a_tenant(self, store: Store) -> None:
        quota = Quota(graph_bytes=MIB, tenant_bytes=MIB, tenant_graphs=2)
        await store.create("t", new("a"), quota, None)
        await store.create("t", new("b"), quota, None)
        with pytest.raises(LimitExceeded) as caught:
            await store.create("t", new("c"), quota, None)
        assert caught.value.data == {
            "limit": "tenant_graphs", "setting": "limits.tenant_graphs", "maximum": 2, "actual": 3,
        }  # fmt: skip
        await store.delete("t", "a", None, None)
        await store.create("t", new("c"), quota, None)

    async def test_racing_writers_do_not_pass_it_together(self, store: Store) -> None:
        quota = Quota(graph_bytes=MIB, tenant_bytes=100, tenant_graphs=1000)
        tries = (store.create("t", new(f"g{number}", snapshot=b"1234567890"), quota, None) for number in range(30))
        outcomes = await asyncio.gather(*tries, return_exceptions=True)
        assert sum(isinstance(outcome, LimitExceeded) for outcome in outcomes) == 20
        assert await store.usage("t") == Usage(graphs=10, bytes=100)


class TestListsAndTenants:
    async def test_graphs_are_listed_by_id_in_pages(self, store: Store) -> None:
        ids = ["a", "a-b", "a0", "b", "b_c", "z" * 64, "0"]
        for one in ids:
            await store.create("t", new(one), AMPLE, None)
        listed: list[str] = []
        while page := await store.list_graphs("t", listed[-1] if listed else "", 3):
            assert len(page) <= 3
            listed += [head.graph_id for head in page]
        assert listed == sorted(ids)
        assert [head.graph_id for head in await store.list_graphs("t", "a0", 100)] == ["b", "b_c", "z" * 64]
        assert await store.list_graphs("t", "", 0) == []

    async def test_a_page_may_be_long(self, store: Store) -> None:
        ids = [f"g{number:04}" for number in range(1100)]
        await asyncio.gather(*(store.create("t", new(one), AMPLE._replace(tenant_graphs=2000), None) for one in ids))
        assert [head.graph_id for head in await store.list_graphs("t", "", 2000)] == ids
        assert [head.graph_id for head in await store.list_graphs("t", "g0000", 1050)] == ids[1:1051]

    async def test_heads_of_several_tenants_in_one_call(self, store: Store) -> None:
        await store.create("t", new("a"), AMPLE, None)
        await store.create("t2", new("b"), AMPLE, None)
        heads = await store.heads([("t2", "b"), ("t", "b"), ("t", "a"), ("nobody", "a")])
        assert [head and head.graph_id for head in heads] == ["b", None, "a", None]
        assert await store.heads([]) == []

    async def test_tenants_are_apart_whatever_their_names(self, store: Store) -> None:
        names = ["t", "t:x", "{t}", "t%7D", "t}", "ü", "a b", "t/x"]
        for number, name in enumerate(names):
            await store.create(name, new(snapshot=b"x" * number), AMPLE, None)
        assert await store.tenants() == sorted(names)
        for number, name in enumerate(names):
            assert await store.usage(name) == Usage(graphs=1, bytes=number)

    async def test_a_tenant_stays_known_without_graphs_but_not_without_a_first(self, store: Store) -> None:
        await store.create("had", new(), AMPLE, None)
        await store.delete("had", "g", None, None)
        with pytest.raises(LimitExceeded):
            await store.create("never", new(), Quota(0, 0, 0), None)
        assert await store.tenants() == ["had"]
        assert await store.usage("never") == Usage(graphs=0, bytes=0)


class TestSharedFacts:
    async def test_notes(self, store: Store) -> None:
        assert await store.get_note("backup") is None
        await store.put_note("backup", "1")
        await store.put_note("backup", "ä 2")
        assert await store.get_note("backup") == "ä 2"

    async def test_a_lease_grants_the_burst_and_then_the_rate(self, store: Store) -> None:
        assert await store.lease("b", 7, 0.001, 10) == 7
        assert await store.lease("b", 7, 0.001, 10) == 3
        assert await store.lease("b", 7, 0.001, 10) == 0
        assert await store.lease("other", 100, 0.001, 10) == 10
        assert await store.lease("b", 0, 0.001, 10) == 0
        assert await store.lease("b", -5, 0.001, 10) == 0

    async def test_tokens_come_back_with_time_up_to_the_burst(self, store: Store) -> None:
        assert await store.lease("b", 10, 50, 10) == 10
        await asyncio.sleep(0.5)
        assert await store.lease("b", 100, 50, 10) == 10

    async def test_racing_leases_share_one_bucket(self, store: Store) -> None:
        granted = await asyncio.gather(*(store.lease("b", 7, 0.001, 100) for _ in range(30)))
        assert sum(granted) == 100

    async def test_health(self, store: Store) -> None:
        health = await store.health()
        assert health.up
        assert health.persistence_ok
        assert health.product.startswith(("SQLite 3", "Redis ", "Valkey "))


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
