"""Moments that only an unlucky schedule meets, each brought about on purpose."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.helpers.metrics import sample
from tests.unit.graphs.conftest import OpenGraphs
from tests.unit.graphs.faults import FaultyStore
from tests.unit.graphs.reference import seen

from networkx_mcp.arrays.edits import AddEdges, AddNodes
from networkx_mcp.errors import InvalidInput
from networkx_mcp.graphs.service import Graphs


def edits_counted(outcome: str) -> float:
    return sample("graph_operations_total", operation="edit", outcome=outcome)


async def agree(*replicas: Graphs) -> int:
    """The version that all are at, after asserting that they hold the same."""
    views = [await replica.view("g") for replica in replicas]
    assert len({view.head.version for view in views}) == 1
    assert all(seen(view.state) == seen(views[0].state) for view in views)
    return views[0].head.version


async def test_a_reader_that_catches_up_between_preparation_and_append(
    open_graphs: OpenGraphs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The write was prepared on the version before: it must not be appended to the one after."""
    one, two = open_graphs(), open_graphs()
    await one.create("g", False)
    await two.edit("g", [AddEdges(edges=[(1, 2)])])
    run = one._write_context.locks.run

    async def late(*args: Any) -> Any:
        await one.view("g")
        return await run(*args)

    monkeypatch.setattr(one._write_context.locks, "run", late)
    with pytest.raises(InvalidInput):
        await one.edit("g", [AddEdges(edges=[(1, 2)])])
    assert await agree(one, two, open_graphs()) == 2


async def test_a_reader_and_a_compaction_between_append_and_commit(open_graphs: OpenGraphs, store: FaultyStore) -> None:
    """The write is in the resident graph already, on another base: it must not be applied again."""
    one = open_graphs()
    await one.create("g", False)
    entry = one.residents.get(("t", "g"))
    assert entry is not None

    async def between(method: str, phase: str) -> None:
        if (method, phase) == ("append", "after"):
            store.hook = None
            appending, entry.appending = entry.appending, None
            await one.view("g")
            entry.appending = appending
            entry.rebase(entry.state.freeze(), entry.version)

    store.hook = between
    await one.edit("g", [AddNodes(nodes=[1], attributes=[{"a": 1}])])
    assert (entry.version, entry.batches, entry.broken) == (2, [], False)
    assert await agree(one, open_graphs()) == 2


async def test_a_write_whose_caller_hung_up_is_followed_to_its_end(graphs: Graphs, store: FaultyStore) -> None:
    """It keeps the graph's lock, so the next writer meets no conflict, and it is counted as what it was."""
    await graphs.create("g", False)
    sent, gate = asyncio.Event(), asyncio.Event()

    async def slow(method: str, phase: str) -> None:
        if (method, phase) == ("append", "after") and not sent.is_set():
            sent.set()
            await gate.wait()

    store.hook = slow
    before = edits_counted("ok"), edits_counted("cancelled")
    first = asyncio.create_task(graphs.edit("g", [AddNodes(nodes=[1])]))
    await sent.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    second = asyncio.create_task(graphs.edit("g", [AddNodes(nodes=[2])]))
    await asyncio.sleep(0.02)
    assert store.calls["append"] == 1, "the lock is held"
    gate.set()
    assert (await second).version == 3
    assert store.calls["append"] == 2
    assert (edits_counted("ok"), edits_counted("cancelled")) == (before[0] + 2, before[1])


async def test_a_reader_that_joins_an_older_load_sees_what_was_written_since(
    open_graphs: OpenGraphs, store: FaultyStore
) -> None:
    writer, reader = open_graphs(on=store.inner), open_graphs()
    await writer.create("g", False)
    read, gate = asyncio.Event(), asyncio.Event()

    async def slow(method: str, phase: str) -> None:
        if (method, phase) == ("read", "after") and not read.is_set():
            read.set()
            await gate.wait()

    store.hook = slow
    first = asyncio.create_task(reader.view("g"))
    await read.wait()
    await writer.edit("g", [AddNodes(nodes=[1])])
    second = asyncio.create_task(reader.view("g"))
    await asyncio.sleep(0.02)
    gate.set()
    await first
    assert (await second).state.n == 1


async def test_a_reader_that_joins_the_load_of_a_graph_made_anew_since_sees_the_new_one(
    open_graphs: OpenGraphs, store: FaultyStore
) -> None:
    writer, reader = open_graphs(on=store.inner), open_graphs()
    await writer.create("g", False, edits=[AddNodes(nodes=["old"])])
    read, gate = asyncio.Event(), asyncio.Event()

    async def slow(method: str, phase: str) -> None:
        if (method, phase) == ("read", "after") and not read.is_set():
            read.set()
            await gate.wait()

    store.hook = slow
    first = asyncio.create_task(reader.view("g"))
    await read.wait()
    await writer.delete("g")
    await writer.create("g", True, edits=[AddNodes(nodes=["new"])])
    second = asyncio.create_task(reader.view("g"))
    await asyncio.sleep(0.02)
    gate.set()
    await first
    assert list((await second).state.nodes()) == ["new"]


async def test_an_edit_that_took_away_its_own_graph_s_cache_entry_is_not_lost(
    graphs: Graphs, store: FaultyStore, open_graphs: OpenGraphs
) -> None:
    """A commit that fails after the store's acknowledgement costs the resident copy, never the write."""
    await graphs.create("g", False)
    entry = graphs.residents.get(("t", "g"))
    assert entry is not None

    async def disturb(method: str, phase: str) -> None:
        if (method, phase) == ("append", "after"):
            entry.state.apply([AddNodes(nodes=["stray"])])  # what no code does: the state moves on its own

    store.hook = disturb
    assert (await graphs.edit("g", [AddNodes(nodes=[1])])).version == 2
    store.hook = None
    assert list((await graphs.view("g")).state.nodes()) == [1]
    assert await agree(graphs, open_graphs()) == 2


async def test_reads_that_share_a_catch_up_do_not_apply_it_twice(open_graphs: OpenGraphs, store: FaultyStore) -> None:
    one, two = open_graphs(), open_graphs()
    await one.create("g", False)
    await two.view("g")
    for number in range(3):
        await one.edit("g", [AddEdges(edges=[(number, number + 1)])])

    async def slow(method: str, phase: str) -> None:
        await asyncio.sleep(0.003)

    store.hook = slow
    reads = []
    for _ in range(8):
        reads.append(asyncio.create_task(two.view("g")))
        await asyncio.sleep(0.002)
    views = await asyncio.gather(*reads)
    assert {view.state.m for view in views} == {3}
    store.hook = None
    assert await agree(one, two) == 4
