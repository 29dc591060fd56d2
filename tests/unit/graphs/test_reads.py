"""Reads: as new as the store, from memory where memory is as new; a cache that may always be dropped."""

from __future__ import annotations

import asyncio

import pytest
from tests.helpers.metrics import sample
from tests.unit.graphs.conftest import OpenGraphs
from tests.unit.graphs.faults import FaultyStore
from tests.unit.graphs.reference import seen

from networkx_mcp.arrays.edits import AddEdges, AddNodes, Clear, RemoveNodes
from networkx_mcp.errors import NotFound, Shed, StoreUnavailable
from networkx_mcp.graphs import offload
from networkx_mcp.graphs.model import Upload
from networkx_mcp.graphs.service import Graphs
from networkx_mcp.limits.memory_account import Level, MemoryAccount
from networkx_mcp.settings import Settings
from networkx_mcp.tools import rank_nodes
from networkx_mcp.workers.pool import Compute


async def test_a_read_sees_what_another_replica_acknowledged_before_it(open_graphs: OpenGraphs) -> None:
    one, two = open_graphs(), open_graphs()
    await one.create("g", False)
    for number in range(10):
        await (one, two)[number % 2].edit("g", [AddNodes(nodes=[number])])
        for replica in (one, two):
            state, head, info = await replica.view("g")
            assert (head.version, info.version, state.n) == (number + 2, number + 2, number + 1)


async def test_an_unchanged_graph_costs_one_version_read(graphs: Graphs, store: FaultyStore) -> None:
    await graphs.create("g", False)
    store.calls.clear()
    await asyncio.gather(*(graphs.view("g") for _ in range(50)))
    assert store.calls == {"heads": 1}


async def test_an_analysis_in_the_api_asks_for_the_version_once_and_sees_what_was_acknowledged(
    open_graphs: OpenGraphs, store: FaultyStore
) -> None:
    one, two = open_graphs(), open_graphs()
    degree = {"measure": "degree", "limit": 20, "offset": 0}
    await one.create("g", False, edits=[AddEdges([("a", "b")])])
    await two.view("g")
    for number in range(2, 5):
        store.calls.clear()
        value, (version,) = await two.analyse(["g"], rank_nodes.ANALYSIS, degree)
        assert (version, value["total"]) == (number - 1, number)
        assert store.calls == ({"heads": 1} if number == 2 else {"heads": 2, "read_log": 1})
        await one.edit("g", [AddNodes([number])])


async def test_a_changed_graph_costs_its_missing_operations_once(open_graphs: OpenGraphs, store: FaultyStore) -> None:
    one, two = open_graphs(), open_graphs()
    await one.create("g", False)
    await two.view("g")
    await one.edit("g", [AddNodes(nodes=[1])])
    store.calls.clear()
    await asyncio.gather(*(two.view("g") for _ in range(20)))
    assert store.calls == {"heads": 1, "read_log": 1}


async def test_many_who_miss_a_graph_load_it_once(open_graphs: OpenGraphs, store: FaultyStore) -> None:
    await open_graphs().create("g", False, edits=[AddNodes(nodes=[1])])
    other = open_graphs()
    store.calls.clear()
    views = await asyncio.gather(*(other.view("g") for _ in range(20)))
    assert store.calls == {"heads": 1, "read": 1}
    assert len({id(view.state) for view in views}) == 1


async def test_information_and_lists_load_no_graph(open_graphs: OpenGraphs, store: FaultyStore) -> None:
    await open_graphs().create("g", False)
    other = open_graphs()
    store.calls.clear()
    await other.info("g")
    await other.list()
    assert store.calls == {"heads": 1, "list_graphs": 1}


async def test_a_graph_compacted_elsewhere_is_read_anew(open_graphs: OpenGraphs, store: FaultyStore) -> None:
    one, two = open_graphs(store={"compact_operations": 3}), open_graphs()
    await one.create("g", False)
    await two.view("g")
    for number in range(8):
        await one.edit("g", [AddNodes(nodes=[number])])
    await one.close()
    assert (await store.heads([("t", "g")]))[0].snapshot_version > 2
    assert (await two.view("g")).state.n == 8


async def test_a_view_agrees_with_its_head_until_the_next_await(graphs: Graphs) -> None:
    await graphs.create("g", False)

    async def reader() -> None:
        for _ in range(30):
            state, head, info = await graphs.view("g")
            assert (state.n, state.m) == (head.nodes, head.edges) == (info.nodes, info.edges)
            assert state.n == head.version - 1
            await asyncio.sleep(0)

    async def writer(name: str) -> None:
        for number in range(10):
            await graphs.edit("g", [AddNodes(nodes=[f"{name}{number}"])])

    await asyncio.gather(reader(), reader(), writer("a"), writer("b"))


async def test_a_dropped_graph_loses_nothing(open_graphs: OpenGraphs) -> None:
    graphs = open_graphs()
    await graphs.create("g", True, "d", {"a": 1}, [AddEdges(edges=[("x", 1), (1, "1")])])
    await graphs.edit("g", [AddNodes(nodes=[5], attributes=[{"k": [1, None]}]), RemoveNodes(nodes=["x"])])
    before = seen((await graphs.view("g")).state)
    graphs.residents.clear()
    state, head, info = await graphs.view("g")
    assert seen(state) == before
    assert (head.version, info.description, state.graph_attributes) == (2, "d", {"a": 1})


async def test_a_graph_dropped_while_a_write_is_under_way_is_right_afterwards(
    graphs: Graphs, store: FaultyStore
) -> None:
    await graphs.create("g", False)

    async def drop(method: str, phase: str) -> None:
        if method == "append":
            graphs.residents.clear()
            if phase == "before":
                store.hook = None
                await graphs.view("g")  # another copy comes in
                store.hook = drop

    store.hook = drop
    for number in range(3):
        await graphs.edit("g", [AddNodes(nodes=[number])])
    store.hook = None
    state, head, _ = await graphs.view("g")
    assert (head.version, state.n) == (4, 3)


async def test_a_reader_that_catches_up_with_a_write_of_its_own_process_does_not_apply_it_twice(
    graphs: Graphs, store: FaultyStore
) -> None:
    await graphs.create("g", False)
    views = []

    async def read_between(method: str, phase: str) -> None:
        if (method, phase) == ("append", "after"):
            store.hook = None
            entry = graphs.residents.get(("t", "g"))
            assert entry is not None
            appending, entry.appending = entry.appending, None  # the reader does not know of the write
            views.append((await graphs.view("g")).state.n)
            entry.appending = appending

    store.hook = read_between
    await graphs.edit("g", [AddEdges(edges=[(1, 2)])])
    assert views == [2]
    state, head, _ = await graphs.view("g")
    assert (head.version, state.n, state.m) == (2, 2, 1)


async def test_while_the_store_is_away_reads_say_so_and_work_again_afterwards(
    graphs: Graphs, store: FaultyStore
) -> None:
    await graphs.create("g", False)

    async def away(method: str, phase: str) -> None:
        raise StoreUnavailable("away", retry_after=1)

    store.hook = away
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            await graphs.view("g")
        with pytest.raises(StoreUnavailable):
            await graphs.edit("g", [AddNodes(nodes=[1])])
    store.hook = None
    assert (await graphs.edit("g", [AddNodes(nodes=[1])])).version == 2
    assert (await graphs.view("g")).state.n == 1


async def test_one_load_that_fails_does_not_fail_the_next(open_graphs: OpenGraphs, store: FaultyStore) -> None:
    await open_graphs().create("g", False)
    graphs = open_graphs()
    store.lose_answer_of("read")
    outcomes = await asyncio.gather(*(graphs.view("g") for _ in range(3)), return_exceptions=True)
    assert any(isinstance(outcome, StoreUnavailable) for outcome in outcomes)
    assert (await graphs.view("g")).head.version == 1


class TestMemory:
    async def test_resident_graphs_stay_within_the_budget(self, open_graphs: OpenGraphs) -> None:
        settings = Settings(memory={"resident_mb": 16})
        budget = MemoryAccount(settings)
        graphs = open_graphs(compute=Compute(settings, budget))
        text = "x" * 120_000
        for number in range(80):
            await graphs.create(f"g{number}", False)
            await graphs.edit(f"g{number}", [AddNodes(nodes=[number], attributes=[{"t": text}])])
            assert budget.used("resident") == graphs.residents.nbytes <= budget.cap("resident")
        assert 0 < len(graphs.residents) < 80
        assert sample("graphs") == len(graphs.residents)
        for number in range(80):
            assert list((await graphs.view(f"g{number}")).state.nodes()) == [number]
        await graphs.close()
        assert budget.used("resident") == 0

    async def test_the_least_recently_used_goes_first(self, graphs: Graphs) -> None:
        for graph_id in ("a", "b", "c"):
            await graphs.create(graph_id, False)
        await graphs.view("a")
        graphs.residents.reclaim(1)
        assert [key[1] for key in graphs.residents._entries] == ["c", "a"]

    async def test_a_worker_that_needs_the_memory_gets_it(self, open_graphs: OpenGraphs) -> None:
        settings = Settings(limits={"memory_mb": 512}, memory={"resident_mb": 256})
        budget = MemoryAccount(settings)
        graphs = open_graphs(compute=Compute(settings, budget))
        await graphs.create("g", False, edits=[AddNodes(nodes=[1])])
        with budget.reserve("workers", budget.free + 1):
            assert len(graphs.residents) == 0
        assert (await graphs.view("g")).state.n == 1

    async def test_gauges_follow(self, graphs: Graphs) -> None:
        await graphs.create("g", False, edits=[AddEdges(edges=[(1, 2), (2, 3)])])
        await graphs.create("h", False, edits=[AddNodes(nodes=[1])])
        assert (sample("graphs"), sample("graph_nodes"), sample("graph_edges")) == (2, 4, 2)
        await graphs.edit("g", [Clear()])
        await graphs.delete("h")
        assert (sample("graphs"), sample("graph_nodes"), sample("graph_edges")) == (1, 0, 0)


class TestLevels:
    async def test_constrained_drops_what_is_resident_and_still_serves_small_graphs(
        self, open_graphs: OpenGraphs
    ) -> None:
        settings = Settings()
        budget = MemoryAccount(settings)
        graphs = open_graphs(compute=Compute(settings, budget))
        await graphs.create("g", False, edits=[AddNodes(nodes=[1])])
        budget.set_override(Level.CONSTRAINED)
        await asyncio.sleep(0)
        assert len(graphs.residents) == 0
        assert (await graphs.edit("g", [AddNodes(nodes=[2])])).version == 2
        assert (await graphs.view("g")).state.n == 2

    async def test_constrained_refuses_to_load_large_graphs_with_a_time_to_retry(self, open_graphs: OpenGraphs) -> None:
        settings = Settings()
        budget = MemoryAccount(settings)
        graphs = open_graphs(compute=Compute(settings, budget))
        await graphs.create("g", False)
        big = offload.INLINE_BYTES // (3 * offload.LOG_WEIGHT) + 1
        for node in range(3):
            await graphs.edit("g", [AddNodes(nodes=[node], attributes=[{"t": "x" * big}])])
        budget.set_override(Level.CONSTRAINED)
        await asyncio.sleep(0)
        with pytest.raises(Shed) as caught:
            await graphs.view("g")
        assert caught.value.retry_after
        assert (await graphs.info("g")).nodes == 3

    async def test_protective_refuses_writes_and_keeps_reading(self, open_graphs: OpenGraphs) -> None:
        settings = Settings()
        budget = MemoryAccount(settings)
        graphs = open_graphs(compute=Compute(settings, budget))
        await graphs.create("g", False, edits=[AddNodes(nodes=[1])])
        budget.set_override(Level.PROTECTIVE)
        for write in (
            graphs.edit("g", [AddNodes(nodes=[2])]),
            graphs.create("h", False),
            graphs.put("g", Upload(0, "csv")),
        ):
            with pytest.raises(Shed) as caught:
                await write
            assert caught.value.retry_after
        assert (await graphs.view("g")).state.n == 1
        await graphs.delete("g")  # frees memory, so it is allowed
        with pytest.raises(NotFound):
            await graphs.info("g")
        budget.set_override(None)
        assert (await graphs.create("h", False)).version == 1

    async def test_draining_lets_running_calls_finish(self, open_graphs: OpenGraphs) -> None:
        settings = Settings()
        budget = MemoryAccount(settings)
        graphs = open_graphs(compute=Compute(settings, budget))
        await graphs.create("g", False)
        budget.drain()
        assert (await graphs.edit("g", [AddNodes(nodes=[2])])).version == 2
