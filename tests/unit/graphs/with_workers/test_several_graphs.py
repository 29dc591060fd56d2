"""A call that names two graphs: both reach its task, and what is cached is of both. Real zygote, real forks."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from tests.unit.graphs.callers import act_as
from tests.unit.graphs.faults import FaultyStore

from networkx_mcp import context
from networkx_mcp.analysis.definition import Analysis
from networkx_mcp.arrays.edits import AddEdges, AddNodes
from networkx_mcp.errors import DeadlineExceeded, NotFound
from networkx_mcp.graphs.service import Graphs
from networkx_mcp.settings import Settings
from networkx_mcp.workers.pool import Compute

pytestmark = pytest.mark.asyncio(loop_scope="module")
TASKS = "tests.helpers.graph_tasks"
COMPARE = Analysis(f"{TASKS}:compare", cached=True)


@pytest_asyncio.fixture(loop_scope="module")
async def pair(store: FaultyStore, compute: Compute) -> AsyncIterator[list[Graphs]]:
    """Two services with workers, and the graphs `a` (a -> b, then c) and `b` (0 - 1 - 2); answers about them are cached."""
    settings = Settings(**{"memory": {"worker_mb": 96}})
    replicas = [Graphs(settings, store, compute, compute.budget) for _ in range(2)]
    await replicas[0].create("a", True, edits=[AddEdges([("a", "b")])])
    await replicas[0].edit("a", [AddNodes(["c"])])
    await replicas[0].create("b", False, edits=[AddEdges([(0, 1), (1, 2)])])
    yield replicas
    for replica in replicas:
        await replica.close()


def once_the_first_was_asked_for(store: FaultyStore, action: Callable[[], Awaitable[None]]) -> None:
    """Do this between the reads of two graphs: after the heads of both for the cache, and that of the first to read it."""
    store.once("heads", "after", action, calls=3, tenant="t")


async def until(happened: Callable[[], Any]) -> None:
    """Wait for what another task or process does; the test's own time limit ends it."""
    while not happened():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


A, B = [True, ["a", "b", "c"], 1], [False, [0, 1, 2], 2]


async def test_both_reach_the_task_in_the_order_of_the_call(pair: list[Graphs]) -> None:
    value, versions = await pair[1].analyse(["a", "b"], COMPARE, {})
    assert (value["rows"], versions) == ([A, B], (2, 1))
    value, versions = await pair[0].analyse(["b", "a"], COMPARE, {})
    assert (value["rows"], versions) == ([B, A], (1, 2))


async def test_a_graph_may_be_named_twice_and_is_then_of_one_version(pair: list[Graphs], store: FaultyStore) -> None:
    one, _ = pair

    async def write() -> None:
        await one.edit("b", [AddNodes([3])])

    once_the_first_was_asked_for(store, write)
    value, versions = await pair[1].analyse(["b", "b"], COMPARE, {})
    assert value["rows"][0] == value["rows"][1]
    assert versions[0] == versions[1]


async def test_a_cached_answer_is_of_both_graphs_as_they_are(pair: list[Graphs]) -> None:
    one, two = pair

    async def cached(*graph_ids: str) -> bool:
        value, versions = await one.analyse(graph_ids, COMPARE, {})
        infos = [await one.info(graph_id) for graph_id in graph_ids]
        assert versions == tuple(info.version for info in infos)
        assert [len(row[1]) for row in value["rows"]] == [info.nodes for info in infos]
        return "cached" in value

    assert [await cached("a", "b"), await cached("a", "b")] == [False, True]
    assert [await cached("b", "a"), await cached("a", "b")] == [False, True], "the order is part of what is asked"
    await two.edit("b", [AddNodes([3])])
    assert [await cached("a", "b"), await cached("a", "b")] == [False, True]
    await two.edit("a", [AddNodes(["d"])])
    assert [await cached("a", "b"), await cached("a", "b")] == [False, True]
    for graph_id, directed, edges in (("a", True, [("x", "y")]), ("b", False, [("z", 0)])):
        await two.delete(graph_id)
        await two.create(graph_id, directed, edits=[AddEdges(edges)])
        assert [await cached("a", "b"), await cached("a", "b")] == [False, True], "another graph of the same name"


@pytest.mark.parametrize("store_settings", ["redis"], indirect=True)
async def test_replicas_share_what_took_long_until_either_changes(pair: list[Graphs], store: FaultyStore) -> None:
    one, two = pair
    params = {"seconds": 0.1}
    await one.analyse(["a", "b"], COMPARE, params)
    await until(lambda: store.calls["keep_result"])
    value, _ = await two.analyse(["a", "b"], COMPARE, params)
    assert (value["rows"], value["cached"]) == ([A, B], True)
    await one.edit("b", [AddNodes([3])])
    value, _ = await two.analyse(["a", "b"], COMPARE, params)
    assert value["rows"] == [A, [False, [0, 1, 2, 3], 2]]


async def test_the_deadline_ends_it_and_the_graphs_stay(pair: list[Graphs], compute: Compute) -> None:
    one, _ = pair
    context.current().deadline = time.monotonic() + 0.5
    with pytest.raises(DeadlineExceeded):
        await one.analyse(["a", "b"], COMPARE, {"seconds": 60})
    act_as("t")
    value, _ = await one.analyse(["a", "b"], COMPARE, {})
    assert value["rows"] == [A, B]


async def test_a_hang_up_ends_the_worker_and_leaves_no_descriptor(pair: list[Graphs], compute: Compute) -> None:
    one, _ = pair

    async def hung_up() -> None:
        call = asyncio.create_task(one.analyse(["a", "b"], COMPARE, {"seconds": 60}))
        await until(compute.busy_pids)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await until(lambda: not compute.busy_pids() and not compute.queue.running)

    await hung_up()
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for _ in range(5):
        await hung_up()
    assert len(os.listdir("/proc/self/fd")) <= before + 4  # noqa: PTH208 - the spare that is forked meanwhile
    value, _ = await one.analyse(["a", "b"], COMPARE, {})
    assert value["rows"] == [A, B]


async def test_a_graph_that_is_deleted_before_its_turn_is_named(
    pair: list[Graphs], store: FaultyStore, caplog: pytest.LogCaptureFixture
) -> None:
    one, two = pair

    async def delete() -> None:
        await two.delete("b")

    once_the_first_was_asked_for(store, delete)
    with caplog.at_level(logging.INFO, "networkx_mcp"), pytest.raises(NotFound) as caught:
        await one.analyse(["a", "b"], COMPARE, {})
    assert caught.value.data["graph_id"] == "b"
    lines = [getattr(record, "networkx_mcp", {}) for record in caplog.records if record.getMessage() == "audit"]
    assert [line["graph_id"] for line in lines if line["action"] == "read"] == ["b"]


async def test_a_graph_that_is_deleted_meanwhile_is_answered_as_it_was_and_not_again(
    pair: list[Graphs], compute: Compute
) -> None:
    one, _ = pair
    call = asyncio.create_task(one.analyse(["a", "b"], COMPARE, {"seconds": 0.5}))
    await until(compute.busy_pids)
    await one.delete("b")
    value, versions = await call
    assert (value["rows"], versions) == ([A, B], (2, 1))
    with pytest.raises(NotFound):
        await one.analyse(["a", "b"], COMPARE, {"seconds": 0.5})
