"""What both stores promise (protocol.Store): a write with a name happens once, and is remembered for its time."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.store.conftest import AMPLE, Open, head_of, named, new

from networkx_mcp.errors import InvalidInput, NotFound
from networkx_mcp.store.protocol import Quota, Store, StoredCounts, Usage
from networkx_mcp.store.shared import OPERATION_OVERHEAD, Recall, record_bytes

pytestmark = pytest.mark.long


class TestOperationIds:
    async def test_a_repeat_is_answered_with_the_first_result(self, store: Store) -> None:
        first = await store.create("t", new(), AMPLE, named("c", result=b"created"))
        assert (first.result, first.repeated) == (b"created", False)
        await store.append("t", "g", "u1", 1, b"a", StoredCounts(0, 0), AMPLE, named("a", result=b"one"))
        again = await store.append("t", "g", "u1", 1, b"a", StoredCounts(0, 0), AMPLE, named("a", result=b"two"))
        assert (again.result, again.repeated) == (b"one", True)
        assert again.head == await head_of(store)
        created = await store.create("t", new(uid="u9"), AMPLE, named("c", result=b"other"))
        assert (created.result, created.repeated) == (b"created", True)
        assert (await store.read("t", "g")).log == [(2, b"a")]

    async def test_known_before_version_existence_and_quota_are_looked_at(self, store: Store) -> None:
        nothing = Quota(0, 0, 0)
        await store.create("t", new(), AMPLE, named("c"))
        await store.append("t", "g", "u1", 1, b"a", StoredCounts(0, 0), AMPLE, named("a"))
        await store.replace("t", "g", "u1", 2, new(uid="u2", snapshot=b"s"), AMPLE, named("r"))
        await store.delete("t", "g", 3, named("d"))
        assert (await store.append("t", "g", "u1", 1, b"a", StoredCounts(0, 0), nothing, named("a"))).repeated
        assert (await store.replace("t", "g", "u1", 2, new(uid="u2", snapshot=b"s"), nothing, named("r"))).repeated
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
        tries = (store.append("t", "g", "u1", 1, b"a", StoredCounts(0, 0), AMPLE, named("a")) for _ in range(20))
        outcomes = await asyncio.gather(*tries)
        assert sum(not outcome.repeated for outcome in outcomes) == 1
        assert (await store.read("t", "g")).log == [(2, b"a")]

    async def test_beyond_the_sure_time_the_newest_of_a_graph_are_kept(self, open_store: Open) -> None:
        store = await open_store(Recall(sure=0, most=3600, keep=3))
        await store.create("t", new(), AMPLE, named("0"))
        for number in range(1, 6):
            operation = named(str(number))
            await store.append("t", "g", "u1", number, b"", StoredCounts(0, 0), AMPLE, operation)
        await store.create("t", new("other"), AMPLE, named("0"))
        remembered = [await store.known_operation("t", "g", str(number)) is not None for number in range(6)]
        assert remembered == [False, False, False, True, True, True]
        assert await store.usage("t") == Usage(graphs=2, bytes=4 * record_bytes(named("0")))

    async def test_within_the_sure_time_all_are_kept(self, open_store: Open) -> None:
        store = await open_store(Recall(sure=3600, most=3600, keep=1))
        await store.create("t", new(), AMPLE, named("0"))
        for number in range(1, 50):
            await store.append("t", "g", "u1", number, b"", StoredCounts(0, 0), AMPLE, named(str(number)))
        for number in range(50):
            assert await store.known_operation("t", "g", str(number)) is not None

    async def test_they_are_forgotten_in_the_end_and_count_no_more(self, open_store: Open) -> None:
        store = await open_store(Recall(sure=0.2, most=6, keep=2))
        await store.create("t", new(), AMPLE, named("0"))
        for number in range(1, 4):
            await store.append("t", "g", "u1", number, b"", StoredCounts(0, 0), AMPLE, named(str(number)))
        await asyncio.sleep(0.3)
        assert [await store.known_operation("t", "g", str(number)) is None for number in range(4)] == [
            True, True, False, False,
        ]  # fmt: skip
        await asyncio.sleep(6)
        assert await store.known_operation("t", "g", "3") is None
        written = await store.append("t", "g", "u1", 4, b"", StoredCounts(0, 0), AMPLE, named("0"))
        assert not written.repeated
        assert await store.usage("t") == Usage(graphs=1, bytes=record_bytes(named("0")))

    async def test_they_come_and_go_and_each_is_counted_while_it_is_there(self, open_store: Open) -> None:
        store = await open_store(Recall(sure=0, most=3, keep=100))
        await store.create("t", new(), AMPLE, None)
        for number in range(1, 11):
            await store.append("t", "g", "u1", number, b"", StoredCounts(0, 0), AMPLE, named(f"{number:02}"))
            await asyncio.sleep(0.5)
        assert await store.known_operation("t", "g", "03") is None
        assert await store.known_operation("t", "g", "10") is not None
        await asyncio.sleep(3)
        await store.append("t", "g", "u1", 11, b"", StoredCounts(0, 0), AMPLE, None)  # a write sweeps
        assert await store.usage("t") == Usage(graphs=1, bytes=0)
