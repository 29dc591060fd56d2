"""What goes to workers: large graphs, large edits, compaction of them, analyses. Real zygote, real forks."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.helpers.patience import soon
from tests.unit.graphs.callers import act_as
from tests.unit.graphs.faults import FaultyStore
from tests.unit.graphs.reference import seen

from networkx_mcp import context
from networkx_mcp.analysis.definition import Analysis
from networkx_mcp.arrays.edits import AddEdges, AddNodes, Pair
from networkx_mcp.errors import InvalidInput, LimitExceeded, NotFound, Shed
from networkx_mcp.graphs import editing, offload
from networkx_mcp.graphs.service import Graphs
from networkx_mcp.limits.memory_account import Level, MemoryAccount
from networkx_mcp.settings import Settings
from networkx_mcp.store.sqlite_store import SqliteStore
from networkx_mcp.workers.pool import Compute

MEASURE = Analysis(f"{offload.TASKS}:measure")
pytestmark = pytest.mark.asyncio(loop_scope="module")

# One loop, one zygote and one store for the file; each test has its own tenant.
in_module = pytest_asyncio.fixture(scope="module", loop_scope="module")


def small_memory(**groups: Any) -> Settings:
    return Settings(**{"limits": {"workers": 2}, "memory": {"worker_mb": 96}, **groups})


@in_module
async def compute() -> AsyncIterator[Compute]:
    settings = small_memory()
    compute = Compute(settings, MemoryAccount(settings))
    await compute.start()
    assert await compute.wait_ready(300)
    yield compute
    await compute.close()


@in_module
async def shared_store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SqliteStore]:
    path = Path(tmp_path_factory.mktemp("store")) / "store.sqlite3"
    store = SqliteStore(Settings(store={"path": path}).store)
    await store.start()
    yield store
    await store.close()


@pytest.fixture
def caller() -> None:
    """Overrides the one of the other files, which would set the context of another loop."""


@pytest_asyncio.fixture(loop_scope="module")
async def store(shared_store: SqliteStore) -> FaultyStore:
    act_as(f"t{random.getrandbits(32):x}")
    return FaultyStore(shared_store)


@pytest_asyncio.fixture(loop_scope="module")
async def pair(store: FaultyStore, compute: Compute) -> AsyncIterator[list[Graphs]]:
    """Two services with workers."""
    replicas = [
        Graphs(small_memory(store={"compact_kib": 512, "compact_operations": 50}), store, compute, compute.budget)
        for _ in range(2)
    ]
    yield replicas
    for replica in replicas:
        await replica.close()
    assert compute.budget.used("resident") == 0


def many_edges(count: int, seed: int = 0) -> list[AddEdges]:
    """Edges with attributes that do not compress well, some 40 bytes each."""
    rng = random.Random(seed)
    pairs: list[Pair] = list({(f"n{rng.randrange(3000)}", f"m{rng.randrange(3000)}") for _ in range(count)})
    return [AddEdges(edges=pairs, attributes=[{"w": rng.random()} for _ in pairs], if_exists="update")]


async def drop(graphs: Graphs) -> None:
    graphs.residents.clear()


async def test_a_large_creation_is_the_same_for_all(pair: list[Graphs]) -> None:
    one, two = pair
    edits = many_edges(5000)
    info = await one.create("g", True, "d", {"a": 1}, edits)
    assert info.edges == len(edits[0].edges)
    state, head, _ = await two.view("g")
    assert seen(state) == seen((await one.view("g")).state)
    assert (head.nodes, head.edges, state.graph_attributes) == (state.n, state.m, {"a": 1})


async def test_a_large_edit_is_done_in_a_worker_and_is_like_a_small_one(
    pair: list[Graphs], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = pair
    await one.create("g", False)
    await one.create("h", False)
    edits = many_edges(5000)
    outcome = await one.edit("g", edits, operation_id="op")
    monkeypatch.setattr(editing, "INLINE_EDIT", 1 << 30)
    inline = await one.edit("h", edits)
    assert (outcome.summary, outcome.nodes, outcome.edges) == (inline.summary, inline.nodes, inline.edges)
    assert seen((await one.view("g")).state) == seen((await one.view("h")).state) == seen((await two.view("g")).state)
    assert (await two.edit("g", edits, operation_id="op")).repeated
    assert (await one.edit("g", [AddNodes(nodes=["more"])])).version == 3


async def test_what_a_worker_finds_wrong_is_told_as_here(
    pair: list[Graphs], store: FaultyStore, compute: Compute
) -> None:
    one, _ = pair
    edits = many_edges(5000)
    await one.create("g", False, edits=edits)
    again = AddEdges(edges=edits[0].edges, attributes=edits[0].attributes)
    with pytest.raises(InvalidInput, match="set_edge_attributes"):
        await one.edit("g", [again])
    graphs = Graphs(small_memory(limits={"graph_edges": 100}), store, compute, compute.budget)
    for call in (graphs.create("h", False, edits=edits), graphs.edit("g", many_edges(5000, 1))):
        with pytest.raises(LimitExceeded, match=r"limits\.graph_edges"):
            await call
    await graphs.close()
    assert (await one.info("g")).version == 1


async def test_a_large_edit_that_meets_another_write_is_done_on_top_of_it(
    pair: list[Graphs], store: FaultyStore
) -> None:
    one, two = pair
    await one.create("g", False)
    await two.view("g")
    met = False

    async def another(method: str, phase: str) -> None:
        nonlocal met
        if (method, phase, met) == ("append", "before", False):
            met = True
            await two.edit("g", [AddNodes(nodes=["other"])])

    store.hook = another
    outcome = await one.edit("g", many_edges(5000))
    store.hook = None
    assert outcome.version == 3
    for replica in pair:
        assert (await replica.view("g")).state.has_node("other")
    assert seen((await one.view("g")).state) == seen((await two.view("g")).state)


async def test_a_large_graph_comes_back_after_it_was_dropped(
    pair: list[Graphs], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = pair
    monkeypatch.setattr(offload, "INLINE_BYTES", 100_000)
    await one.create("g", True, edits=many_edges(12_000))
    await one.edit("g", [AddNodes(nodes=["late"])])
    before = seen((await one.view("g")).state)
    assert (await one.info("g")).stored_bytes > 0
    await drop(one)
    views = await asyncio.gather(*(one.view("g") for _ in range(5)))
    assert len({id(view.state) for view in views}) == 1
    assert seen(views[0].state) == before


async def test_those_who_wait_for_a_large_graph_give_their_slots_back(
    pair: list[Graphs], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = pair
    monkeypatch.setattr(offload, "INLINE_BYTES", 1000)
    await one.create("g", False, edits=many_edges(3000))
    await drop(one)
    released: list[int] = []
    tenant = context.current().caller.tenant

    async def read(number: int) -> None:
        act_as(tenant)
        context.current().release_slot = lambda: released.append(number)
        await one.view("g")

    await asyncio.gather(*(asyncio.create_task(read(number)) for number in range(4)))
    assert sorted(released) == [0, 1, 2, 3]


async def test_the_last_to_hang_up_ends_the_load_and_an_earlier_one_does_not(
    pair: list[Graphs], compute: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = pair
    monkeypatch.setattr(offload, "INLINE_BYTES", 1000)
    await one.create("g", False, edits=many_edges(3000))
    await drop(one)
    first, second = (asyncio.create_task(one.view("g")) for _ in range(2))
    await asyncio.sleep(0.01)
    first.cancel()
    assert (await second).state.m > 0
    await drop(one)
    only = asyncio.create_task(one.view("g"))
    await soon(lambda: one._loader._loads, every=0)
    only.cancel()
    with pytest.raises(asyncio.CancelledError):
        await only
    await asyncio.sleep(0)
    assert one._loader._loads == {}
    assert (await one.view("g")).state.m > 0


async def test_a_large_log_becomes_a_snapshot_in_a_worker_while_all_go_on(
    pair: list[Graphs], store: FaultyStore
) -> None:
    one, two = pair
    await one.create("g", True)
    for seed in range(6):
        await one.edit("g", many_edges(2500, seed))
        await two.view("g")
    key = (context.current().caller.tenant, "g")
    while True:  # the test's own time limit ends it
        (head,) = await store.inner.heads([key])
        assert head is not None
        if head.snapshot_version > 1:
            break
        await one.edit("g", [AddNodes(nodes=[head.version])])
        await asyncio.sleep(0.02)
    assert seen((await one.view("g")).state) == seen((await two.view("g")).state)
    await drop(one)
    assert seen((await one.view("g")).state) == seen((await two.view("g")).state)


async def test_a_restart_in_the_middle_of_a_large_compaction_loses_nothing(
    pair: list[Graphs], store: FaultyStore
) -> None:
    one, two = pair
    await one.create("g", True)
    for seed in range(6):
        await one.edit("g", many_edges(2500, seed))
    await one.close()  # whatever the worker was at
    state, head, _ = await two.view("g")
    assert head.version == 7
    assert (head.nodes, head.edges) == (state.n, state.m)


async def test_an_analysis_sees_all_that_was_acknowledged(pair: list[Graphs]) -> None:
    one, two = pair
    await one.create("g", True, edits=many_edges(3000))
    await two.view("g")
    await one.edit("g", [AddNodes(nodes=["late"])])
    state, head, _ = await one.view("g")
    value, (version,) = await two.analyse(["g"], MEASURE, {})
    assert version == head.version == 2
    assert (value["nodes"], value["edges"]) == (state.n, state.m)


async def test_an_analysis_goes_on_when_its_graph_is_dropped_or_deleted(pair: list[Graphs], compute: Compute) -> None:
    one, _ = pair
    await one.create("g", True, edits=many_edges(3000))
    await one.analyse(["g"], MEASURE, {})  # its snapshot is made: who is busy from here on is busy with the analysis
    await soon(lambda: not compute.busy_pids())
    calls = [asyncio.create_task(one.analyse(["g"], MEASURE, {"seconds": 0.5})) for _ in range(5)]
    await soon(compute.busy_pids, every=0)
    await drop(one)
    await one.delete("g")
    answers = await asyncio.gather(*calls, return_exceptions=True)
    edges = {answer[0]["edges"] for answer in answers if isinstance(answer, tuple)}
    assert len(edges) == 1
    assert all(isinstance(answer, tuple | NotFound) for answer in answers), answers


async def test_constrained_memory_refuses_large_loads(
    pair: list[Graphs], compute: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = pair
    monkeypatch.setattr(offload, "INLINE_BYTES", 1000)
    await one.create("g", False, edits=many_edges(3000))
    compute.budget.set_override(Level.CONSTRAINED)
    try:
        await asyncio.sleep(0)
        with pytest.raises(Shed) as caught:
            await one.view("g")
        assert caught.value.retry_after
    finally:
        compute.budget.set_override(None)
    assert (await one.view("g")).state.m > 0


async def test_no_descriptor_is_left_behind(pair: list[Graphs]) -> None:
    one, _ = pair

    async def round_() -> None:
        await one.create("g", False, edits=many_edges(3000))
        await one.edit("g", many_edges(5000, 1))
        await one.analyse(["g"], MEASURE, {})
        await drop(one)
        await one.view("g")
        await one.delete("g")

    await round_()
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for _ in range(3):
        await round_()
    assert len(os.listdir("/proc/self/fd")) <= before + 4  # noqa: PTH208 - workers that are ending
