"""A caller that hangs up, at whatever moment, leaves a graph that is right and can be written."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from tests.unit.graphs.conftest import OpenGraphs
from tests.unit.graphs.faults import FaultyStore
from tests.unit.graphs.reference import seen

from networkx_mcp.arrays.edits import AddNodes
from networkx_mcp.errors import NotFound
from networkx_mcp.graphs.service import Graphs


class Cut:
    """Cancels a task when the store has been called at `at` points (before and after each call)."""

    def __init__(self, at: int, *, steps: int = 0) -> None:
        self.at, self.steps = at, steps
        self.points = 0
        self.task: asyncio.Task[Any] | None = None

    async def __call__(self, method: str, phase: str) -> None:
        self.points += 1
        if self.points == self.at and self.task is not None:
            self.task.cancel()
        for _ in range(self.steps):
            await asyncio.sleep(0)

    async def run(self, call: Coroutine[Any, Any, Any]) -> bool:
        """Whether the call was cut."""
        self.task = asyncio.create_task(call)
        try:
            await self.task
        except asyncio.CancelledError:
            return True
        return False


async def same_everywhere(graphs: Graphs, fresh: Graphs) -> int:
    """The version, after asserting that memory and store agree."""
    state, head, _ = await graphs.view("g")
    other, other_head, _ = await fresh.view("g")
    assert head.version == other_head.version
    assert seen(state) == seen(other)
    assert (state.n, state.m) == (head.nodes, head.edges)
    return head.version


@pytest.mark.parametrize("steps", [0, 2])
@pytest.mark.parametrize("warm", [True, False])
async def test_an_edit_cut_at_every_point(open_graphs: OpenGraphs, store: FaultyStore, steps: int, warm: bool) -> None:
    writer = open_graphs()
    await writer.create("g", False)
    for at in range(1, 20):
        graphs = open_graphs()
        if warm:
            await graphs.view("g")
            await writer.edit("g", [AddNodes(nodes=[f"other{at}"])])  # so that it must catch up, too
        before = (await writer.info("g")).version
        store.hook = cut = Cut(at, steps=steps)
        was_cut = await cut.run(graphs.edit("g", [AddNodes(nodes=[f"mine{at}"])], operation_id=f"op{at}"))
        # a write under way ends, and whoever waits for the graph's lock gets it
        again = await graphs.edit("g", [AddNodes(nodes=[f"mine{at}"])], operation_id=f"op{at}")
        store.hook = None
        assert again.version == before + 1
        assert await same_everywhere(graphs, open_graphs()) == before + 1
        if not was_cut:
            break
    assert not was_cut, "the edit has more points than were tried"


async def test_a_creation_cut_at_every_point(open_graphs: OpenGraphs, store: FaultyStore) -> None:
    for at in range(1, 9):
        graphs = open_graphs()
        store.hook = cut = Cut(at)
        was_cut = await cut.run(graphs.create("g", False, edits=[AddNodes(nodes=[1])], operation_id=f"op{at}"))
        info = await graphs.create("g", False, edits=[AddNodes(nodes=[1])], operation_id=f"op{at}")
        store.hook = None
        assert info.version == 1
        assert await same_everywhere(graphs, open_graphs()) == 1
        await graphs.delete("g")
        if not was_cut:
            break
    assert not was_cut


async def test_a_deletion_cut_at_every_point(open_graphs: OpenGraphs, store: FaultyStore) -> None:
    for at in range(1, 9):
        graphs = open_graphs()
        await graphs.create("g", False)
        store.hook = cut = Cut(at)
        was_cut = await cut.run(graphs.delete("g", operation_id=f"op{at}"))
        await graphs.delete("g", operation_id=f"op{at}")
        store.hook = None
        with pytest.raises(NotFound):
            await graphs.view("g")
        if not was_cut:
            break
    assert not was_cut


@pytest.mark.parametrize("at", range(1, 8))
async def test_a_read_cut_at_any_point_harms_no_other_reader(
    open_graphs: OpenGraphs, store: FaultyStore, at: int
) -> None:
    writer, graphs = open_graphs(), open_graphs()
    await writer.create("g", False, edits=[AddNodes(nodes=[1])])
    store.hook = cut = Cut(at, steps=1)
    outcomes = await asyncio.gather(cut.run(graphs.view("g")), graphs.view("g"), graphs.view("g"))
    store.hook = None
    assert [view.state.n for view in outcomes[1:]] == [1, 1]
    assert await same_everywhere(graphs, open_graphs()) == 1


async def test_a_writer_that_gives_up_waiting_for_the_lock_writes_nothing(graphs: Graphs, store: FaultyStore) -> None:
    await graphs.create("g", False)
    begun, gate = asyncio.Event(), asyncio.Event()

    async def slow(method: str, phase: str) -> None:
        if (method, phase) == ("append", "before"):
            begun.set()
            await gate.wait()

    store.hook = slow
    first = asyncio.create_task(graphs.edit("g", [AddNodes(nodes=["first"])]))
    await begun.wait()
    second = asyncio.create_task(graphs.edit("g", [AddNodes(nodes=["second"])]))
    await asyncio.sleep(0.02)
    second.cancel()
    gate.set()
    await first
    assert (await graphs.edit("g", [AddNodes(nodes=["third"])])).version == 3
    assert list((await graphs.view("g")).state.nodes(0, 9)) == ["first", "third"]


async def test_closing_waits_for_a_write_under_way(open_graphs: OpenGraphs, store: FaultyStore) -> None:
    graphs = open_graphs()
    await graphs.create("g", False)

    sent = asyncio.Event()

    async def slow(method: str, phase: str) -> None:
        if (method, phase) == ("append", "after"):
            sent.set()
        await asyncio.sleep(0.05)

    store.hook = slow
    task = asyncio.create_task(graphs.edit("g", [AddNodes(nodes=[1])]))
    await sent.wait()
    task.cancel()
    await graphs.close()
    store.hook = None
    assert (await open_graphs().view("g")).head.version == 2
