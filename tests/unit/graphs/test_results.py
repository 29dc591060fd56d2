"""Kept results: bounded in bytes on both sides, of one version of a graph, first to go when memory is short."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.helpers.patience import soon
from tests.unit.graphs.faults import FaultyStore

from networkx_mcp.graphs.analyses import ENTRY_BYTES, LARGEST_BYTES, SHARE_BYTES, ResultKey, Results, digest
from networkx_mcp.limits.memory_account import Level, MemoryAccount
from networkx_mcp.settings import MIB, Settings
from networkx_mcp.store.protocol import Head, NewGraph, Quota, Store, StoredCounts


def key(number: int = 0, graph_id: str = "g", version: int = 1) -> ResultKey:
    return ResultKey("t", graph_id, "u", version, str(number))


@pytest.fixture
def budget() -> MemoryAccount:
    return MemoryAccount(Settings(memory={"results_mb": 1}))


@pytest.fixture
async def results(store: Store, budget: MemoryAccount) -> Any:
    results = Results(store, budget)
    yield results
    await results.close()
    assert budget.used("results") == 0


async def test_a_result_comes_back_as_a_copy(results: Results) -> None:
    assert await results.get(key()) is None
    results.put(key(), {"rows": [[1, "1", 0.5, None]]}, 0)
    found = await results.get(key())
    found["rows"].clear()
    assert await results.get(key()) == {"rows": [[1, "1", 0.5, None]]}
    assert await results.get(key(version=2)) is None


async def test_bytes_are_bounded_and_the_least_used_go(results: Results, budget: MemoryAccount) -> None:
    value = "x" * (MIB // 4 - ENTRY_BYTES - 5)  # text of this length has 5 bytes before it
    for number in range(4):
        results.put(key(number, graph_id=f"g{number}"), value, 0)
    assert results.nbytes == budget.used("results") == MIB, "exactly full"
    await results.get(key(0, graph_id="g0"))
    results.put(key(4, graph_id="g4"), "y", 0)
    assert budget.used("results") == results.nbytes <= MIB
    found = [await results.get(key(number, graph_id=f"g{number}")) is not None for number in range(5)]
    assert found == [True, False, True, True, True]
    results.put(key(5), "x" * LARGEST_BYTES, 0)
    assert await results.get(key(5)) is None, "too large to be kept"


async def test_many_small_results_stay_bounded(results: Results, budget: MemoryAccount) -> None:
    for number in range(5000):
        results.put(key(number, graph_id=str(number % 7)), number, 0)
    assert 0 < results.nbytes == budget.used("results") <= MIB
    assert len(results) <= MIB // ENTRY_BYTES


async def test_a_newer_version_throws_the_older_away_and_not_the_other_way_round(results: Results) -> None:
    results.put(key(1, version=1), "old", 0)
    results.put(key(2, version=2), "new", 0)
    assert await results.get(key(1, version=1)) is None
    results.put(key(3, version=1), "late", 0)
    assert len(results) == 1
    results.drop("t", "g")
    assert (len(results), results.nbytes) == (0, 0)


def of_two(version: int, other: int, number: int = 0) -> ResultKey:
    """A result of `g` and `h` at these versions."""
    return ResultKey("t", "g", "u", version, str(number), (("h", "v", other, "1.000000"),))


async def test_a_result_of_two_graphs_goes_with_either(results: Results) -> None:
    results.put(of_two(1, 1), "first", 0)
    results.put(of_two(1, 2), "h is newer", 0)
    assert [await results.get(of_two(1, other)) for other in (1, 2)] == [None, "h is newer"]
    results.put(of_two(2, 1), "late", 0)
    assert [await results.get(of_two(2, 1)), await results.get(of_two(1, 2))] == [None, "h is newer"]
    results.put(key(version=2), "g alone", 0)
    assert [await results.get(of_two(1, 2)), await results.get(key(version=2))] == [None, "g alone"]
    results.put(of_two(2, 2), "both", 0)
    results.drop("t", "h")
    assert [await results.get(of_two(2, 2)), await results.get(key(version=2))] == [None, "g alone"]
    results.drop("t", "g")
    assert (len(results), results.nbytes) == (0, 0)


def head(graph_id: str, **changed: Any) -> Head:
    facts = {"uid": "u", "version": 3, "updated": 1.5, **changed}
    return Head(
        graph_id=graph_id, snapshot_version=0, snapshot_bytes=0, log_operations=0, log_bytes=0, nodes=0, edges=0,
        meta=b"", created=0.0, **facts,
    )  # fmt: skip


def test_a_result_of_one_graph_is_stored_where_release_0_1_looks_for_it() -> None:
    assert ResultKey.of("t", [head("g")], "mark").stored == ("t", "g", "u", 3, "mark@1.500000")


def test_a_result_of_two_graphs_is_stored_apart_for_each_state_of_either() -> None:
    changes = ({"uid": "w"}, {"version": 4}, {"updated": 1.6})
    calls = [
        [head("g"), head("h")], [head("h"), head("g")], [head("g")], [head("g"), head("i")],
        [head("g"), head("h"), head("h")],
        *([head("g", **change), head("h")] for change in changes),
        *([head("g"), head("h", **change)] for change in changes),
    ]  # fmt: skip
    assert len({ResultKey.of("t", heads, "mark").stored for heads in calls}) == len(calls)


async def test_results_make_room_for_work_and_go_when_memory_is_short(results: Results, budget: MemoryAccount) -> None:
    results.put(key(1), "x" * 1000, 0)
    with budget.reserve("workers", budget.free + results.nbytes):
        assert len(results) == 0, "a worker needed it"
    results.put(key(2), "x", 0)
    assert len(results) == 1
    budget.set_override(Level.CONSTRAINED)
    await asyncio.sleep(0)
    assert len(results) == 0
    results.put(key(3), "x", 0)
    assert len(results) == 0, "none are kept meanwhile"
    budget.set_override(None)


async def test_a_setting_of_zero_keeps_nothing_and_asks_nobody(store: FaultyStore) -> None:
    results = Results(store, MemoryAccount(Settings(memory={"results_mb": 0})))
    store.calls.clear()
    results.put(key(), "x", 10)
    assert await results.get(key()) is None
    assert len(results) == 0
    assert not store.calls
    await results.close()


async def test_only_what_took_long_is_sent_to_the_store(results: Results, store: FaultyStore) -> None:
    store.calls.clear()
    results.put(key(1), "x", 0.001)
    results.put(key(2), "x", 5)
    await soon(lambda: store.calls["keep_result"])
    assert store.calls["keep_result"] == 1


TABLE = {
    "columns": ["a", "b"],
    "rows": [[1, {"x": [0.5]}]],
    "total": 1,
    "truncated": False,
    "next_offset": None,
    "notes": [],
}
UNSOUND = {
    "not MessagePack": b"\xc1",
    "no bytes": b"",
    "half": msgspec.msgpack.encode(TABLE)[:-1],
    "no table": msgspec.msgpack.encode([1]),
    "a table without rows": msgspec.msgpack.encode({"columns": [], "notes": []}),
    "rows of another width": msgspec.msgpack.encode({**TABLE, "rows": [[1]]}),
    "names that are none": msgspec.msgpack.encode({**TABLE, 1: 1}),
    "a fact that is bytes": msgspec.msgpack.encode({**TABLE, "measure": b"x"}),
    "a cell that is a time": msgspec.msgpack.encode({**TABLE, "rows": [[datetime.now(UTC), 1]]}),
    "a number that is none": msgspec.msgpack.encode({**TABLE, "score": float("nan")}),
    "a total in words": msgspec.msgpack.encode({**TABLE, "nodes_total": "many"}),
    "not UTF-8": msgspec.msgpack.encode({**TABLE, "note": "ab"}).replace(b"ab", b"\xff\xff"),
    "too deep": b"\x91" * 5000 + b"\x90",
    "too long": msgspec.msgpack.encode({**TABLE, "x": "x" * SHARE_BYTES}),
}


@pytest.mark.parametrize("store_settings", ["redis"], indirect=True)
@pytest.mark.parametrize("name", UNSOUND)
async def test_what_the_store_has_and_is_no_result_is_computed_anew(
    results: Results, store: FaultyStore, budget: MemoryAccount, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    await store.create("t", NewGraph("g", "u", b"", StoredCounts(0, 0), b""), Quota(MIB, MIB, 1), None)
    assert await store.keep_result(*key().stored, UNSOUND[name])
    with caplog.at_level(logging.WARNING, "networkx_mcp"):
        assert await results.get(key()) is None
    assert [record.message for record in caplog.records] == ["result_unsound"]
    assert len(results) == 0, "it is not kept here either"
    results.put(key(), TABLE, 5)

    async def replaced() -> bool:
        return await store.result(*key().stored) != UNSOUND[name]

    await soon(replaced)
    other = Results(store, budget)
    assert await other.get(key()) == TABLE, "ours has taken its place"
    await other.close()


def test_parameters_have_one_form_and_types_matter() -> None:
    assert digest("t", {"a": 1, "b": {"x": 1, "y": 2}}) == digest("t", {"b": {"y": 2, "x": 1}, "a": 1})
    forms = [digest("t", {"a": value}) for value in (1, "1", True, None, [1], 1.5)]
    assert len({*forms, digest("u", {"a": 1}), digest("t", {"b": 1})}) == 8


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.integers(0, 5), st.integers(0, 200_000)), max_size=60)
)
def test_the_account_is_always_what_is_there(steps: list[tuple[int, int, int, int]]) -> None:
    budget = MemoryAccount(Settings(memory={"results_mb": 1}))
    results = Results(FaultyStore(None), budget)  # type: ignore[arg-type]  # nothing is slow enough to be sent
    for graph, version, number, size in steps:
        results.put(key(number, f"g{graph}", version), "x" * size, 0)
        assert results.nbytes == budget.used("results") <= MIB
        assert results.nbytes == sum(len(data) + ENTRY_BYTES for data in results._entries.values())
        versions = {(k.graph_id, k.version) for k in results._entries}
        assert len(versions) == len({graph_id for graph_id, _ in versions})
