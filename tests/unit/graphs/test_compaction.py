"""Compaction: changes nothing that anyone sees, whenever it comes and however it ends."""

from __future__ import annotations

import asyncio

import pytest
from tests.helpers.patience import soon
from tests.unit.graphs.conftest import OpenGraphs
from tests.unit.graphs.faults import FaultyStore
from tests.unit.graphs.reference import seen

from networkx_mcp.arrays.edits import AddNodes
from networkx_mcp.errors import StoreUnavailable, Unavailable
from networkx_mcp.graphs import loading, offload
from networkx_mcp.store.protocol import Head


async def head_of(store: FaultyStore) -> Head:
    head = (await store.inner.heads([("t", "g")]))[0]
    assert head is not None
    return head


async def settle(store: FaultyStore, done: int = 1) -> Head:
    """The head, once the log has become a snapshot."""

    async def settled() -> Head | None:
        head = await head_of(store)
        return head if head.snapshot_version > done else None

    head: Head = await soon(settled)
    return head


async def test_a_log_at_the_threshold_becomes_a_snapshot_and_one_below_it_stays(
    open_graphs: OpenGraphs, store: FaultyStore
) -> None:
    graphs = open_graphs(store={"compact_operations": 5})
    await graphs.create("g", False)
    for number in range(4):
        await graphs.edit("g", [AddNodes(nodes=[number])])
    await asyncio.sleep(0.05)
    assert (await head_of(store)).snapshot_version == 0
    await graphs.edit("g", [AddNodes(nodes=[4])])
    head = await settle(store)
    assert (head.version, head.snapshot_version, head.log_operations) == (6, 6, 0)
    assert list((await open_graphs().view("g")).state.nodes(0, 9)) == [0, 1, 2, 3, 4]


async def test_a_log_of_many_bytes_becomes_a_snapshot(
    open_graphs: OpenGraphs, store: FaultyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offload, "INLINE_FREEZE", 1 << 20)
    graphs = open_graphs(store={"compact_kib": 64})
    await graphs.create("g", False)
    await graphs.edit("g", [AddNodes(nodes=[1], attributes=[{"t": "x" * 70_000}])])
    assert (await settle(store)).snapshot_version == 2


async def test_readers_and_writers_go_on_while_it_runs(open_graphs: OpenGraphs, store: FaultyStore) -> None:
    graphs = open_graphs(store={"compact_operations": 5})
    await graphs.create("g", False)
    reached, gate = asyncio.Event(), asyncio.Event()

    async def slow(method: str, phase: str) -> None:
        if method == "compact" and phase == "before":
            reached.set()
            await gate.wait()

    store.hook = slow
    for number in range(5):
        await graphs.edit("g", [AddNodes(nodes=[number])])
    await reached.wait()
    assert (await graphs.view("g")).state.n == 5
    for number in range(5, 12):
        assert (await graphs.edit("g", [AddNodes(nodes=[number])])).version == number + 2
    gate.set()
    head = await settle(store)
    assert head.snapshot_version == 6
    state, head, _ = await graphs.view("g")
    assert list(state.nodes(0, 20)) == list(range(12))
    assert (await graphs.edit("g", [AddNodes(nodes=[12])])).nodes == 13
    assert seen((await graphs.view("g")).state) == seen((await open_graphs().view("g")).state)


async def test_a_write_that_was_prepared_before_and_committed_after_it_is_there_once(
    open_graphs: OpenGraphs, store: FaultyStore
) -> None:
    graphs = open_graphs(store={"compact_operations": 5})
    await graphs.create("g", False)
    for number in range(4):
        await graphs.edit("g", [AddNodes(nodes=[number])])
    entry = graphs.residents.get(("t", "g"))
    assert entry is not None
    base = entry.state.freeze()

    async def swap(method: str, phase: str) -> None:
        if method == "append" and phase == "after":
            entry.rebase(base, 5)

    store.hook = swap
    await graphs.edit("g", [AddNodes(nodes=["late"])])
    store.hook = None
    state, head, _ = await graphs.view("g")
    assert list(state.nodes(0, 9)) == [0, 1, 2, 3, "late"]
    assert head.version == 6


async def test_two_replicas_that_compact_at_once_agree(open_graphs: OpenGraphs, store: FaultyStore) -> None:
    replicas = [open_graphs(store={"compact_operations": 4}) for _ in range(2)]
    await replicas[0].create("g", False)
    for number in range(30):
        await replicas[number % 2].edit("g", [AddNodes(nodes=[number])])
        await replicas[(number + 1) % 2].view("g")
    await settle(store)
    pictures = [seen((await one.view("g")).state) for one in [*replicas, open_graphs()]]
    assert pictures[0] == pictures[1] == pictures[2]
    assert pictures[0][0] == [(number, {}) for number in range(30)]


@pytest.mark.parametrize("phase", ["before", "after"])
async def test_a_process_that_ends_in_the_middle_of_it_loses_nothing(
    open_graphs: OpenGraphs, store: FaultyStore, phase: str
) -> None:
    graphs = open_graphs(store={"compact_operations": 5})
    await graphs.create("g", False)
    reached = asyncio.Event()

    async def hang(method: str, at: str) -> None:
        if (method, at) == ("compact", phase):
            reached.set()
            await asyncio.Event().wait()

    store.hook = hang
    for number in range(5):
        await graphs.edit("g", [AddNodes(nodes=[number])])
    await reached.wait()
    await graphs.close()
    store.hook = None
    restarted = open_graphs(store={"compact_operations": 5})
    state, head, _ = await restarted.view("g")
    assert (head.version, list(state.nodes(0, 9))) == (6, [0, 1, 2, 3, 4])
    # and the log is compacted by whoever loads it
    await settle(store)
    assert (await restarted.edit("g", [AddNodes(nodes=[5])])).version == 7


async def test_one_that_fails_is_tried_again_later_and_stops_no_writer(
    open_graphs: OpenGraphs, store: FaultyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "RETRY_SECONDS", 0.02)
    graphs = open_graphs(store={"compact_operations": 3})
    await graphs.create("g", False)
    failures = 0

    async def fail(method: str, phase: str) -> None:
        nonlocal failures
        if method == "compact" and phase == "before" and failures < 2:
            failures += 1
            raise StoreUnavailable("away")

    store.hook = fail
    for number in range(11):
        await graphs.edit("g", [AddNodes(nodes=[number])])
        await asyncio.sleep(0.02)
    head = await settle(store)
    assert failures == 2
    assert head.version == 12
    assert (await graphs.view("g")).state.n == 11


async def test_a_log_that_cannot_be_compacted_makes_writers_wait_and_at_last_refuses_them(
    open_graphs: OpenGraphs, store: FaultyStore
) -> None:
    graphs = open_graphs(store={"compact_operations": 2})
    await graphs.create("g", False)
    tried = 0

    async def fail(method: str, phase: str) -> None:
        nonlocal tried
        if method == "compact" and phase == "before":
            tried += 1
            raise StoreUnavailable("away")

    store.hook = fail
    full = 2 * 2 * loading.BACK_PRESSURE
    for number in range(full):
        await graphs.edit("g", [AddNodes(nodes=[number])])
    assert tried > 1, "past the back-pressure each writer tries first"
    with pytest.raises(Unavailable) as caught:
        await graphs.edit("g", [AddNodes(nodes=["refused"])])
    assert caught.value.retry_after
    assert (await graphs.view("g")).state.n == full
    store.hook = None
    assert (await graphs.edit("g", [AddNodes(nodes=["taken"])])).version == full + 2


async def test_compactions_run_one_at_a_time(open_graphs: OpenGraphs, store: FaultyStore) -> None:
    graphs = open_graphs(store={"compact_operations": 3})
    running = most = ended = 0

    async def watch(method: str, phase: str) -> None:
        nonlocal running, most, ended
        if method == "compact":
            running += 1 if phase == "before" else -1
            ended += phase == "after"
            most = max(most, running)
            await asyncio.sleep(0.002)

    for graph in range(6):
        await graphs.create(f"g{graph}", False)
    store.hook = watch
    await asyncio.gather(
        *(graphs.edit(f"g{graph}", [AddNodes(nodes=[number])]) for graph in range(6) for number in range(6))
    )
    await soon(lambda: ended >= 6)
    assert most == loading.COMPACTIONS
