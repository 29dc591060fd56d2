"""A graph made of others, written: as a new one, as the next version of one, once, and never over what came meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from tests.unit.graphs.callers import act_as
from tests.unit.graphs.faults import FaultyStore

from networkx_mcp.arrays.edits import AddEdges, AddNodes
from networkx_mcp.errors import Conflict, DeadlineExceeded, InvalidInput, LimitExceeded, MemoryLimit, NotFound
from networkx_mcp.graphs.service import Graphs
from networkx_mcp.settings import Settings
from networkx_mcp.tools.derive_graph import ANALYSIS
from networkx_mcp.workers.pool import Compute

pytestmark = pytest.mark.asyncio(loop_scope="module")
BIG: dict[str, Any] = {"how": {"from_sql": {"nodes": "FROM nodes WHERE size > 1"}}}
ALL: dict[str, Any] = {"how": {"from_sql": {"nodes": "FROM nodes"}}}
EDGES: dict[str, Any] = {"how": {"from_sql": {"edges": "FROM edges"}}}


@pytest_asyncio.fixture(loop_scope="module")
async def open_services(store: FaultyStore, compute: Compute) -> AsyncIterator[Callable[..., Graphs]]:
    opened: list[Graphs] = []

    def open_(**limits: int) -> Graphs:
        settings = Settings(**{"memory": {"worker_mb": 96}, "limits": limits})
        opened.append(Graphs(settings, store, compute, compute.budget))
        return opened[-1]

    yield open_
    for one in opened:
        await one.close()


@pytest_asyncio.fixture(loop_scope="module")
async def graphs(open_services: Callable[..., Graphs]) -> Graphs:
    """A service, and graph `a`: a - b - c with their sizes 1, 2, 3."""
    service = open_services()
    await service.create("a", False, attributes={"name": "letters"}, edits=[AddEdges([("a", "b"), ("b", "c")])])
    await service.edit("a", [AddNodes(["a", "b", "c"], [{"size": 1}, {"size": 2}, {"size": 3}])])
    return service


def between_read_and_write(store: FaultyStore, action: Callable[[], Awaitable[Any]]) -> None:
    """Do this once the graphs were read, before what is made of them is written."""

    async def hook(method: str, phase: str) -> None:
        if (method, phase) in (("create", "before"), ("replace", "before")):
            store.hook = None
            act_as("t")
            await action()

    store.hook = hook


async def contents(graphs: Graphs, graph_id: str) -> tuple[list[Any], list[Any], int]:
    state, _, info = await graphs.view(graph_id)
    return list(state.nodes()), list(state.edges()), info.version


async def test_a_graph_is_made_and_says_of_which_version(graphs: Graphs) -> None:
    made = await graphs.derive(["a"], "large", ANALYSIS, BIG, 0)
    assert (made.graph_id, made.version, made.nodes, made.edges) == ("large", 1, 2, 1)
    assert [(one.graph_id, one.version) for one in made.sources] == [("a", 2)]
    assert made.counts == {"edges_left_out": 1}
    assert await contents(graphs, "large") == (["b", "c"], [("b", "c")], 1)
    assert (await graphs.view("large")).state.graph_attributes == {
        "name": "letters",
        "derived_from": {"graphs": [{"graph_id": "a", "version": 2}], **BIG["how"]},
    }


async def test_another_replica_reads_it(graphs: Graphs, open_services: Callable[..., Graphs]) -> None:
    await graphs.derive(["a"], "large", ANALYSIS, BIG, 0)
    assert await contents(open_services(), "large") == (["b", "c"], [("b", "c")], 1)


async def test_a_graph_that_exists_is_written_over_only_where_that_was_asked_for(graphs: Graphs) -> None:
    await graphs.create("old", True, description="kept", edits=[AddNodes([1])])
    with pytest.raises(Conflict) as caught:
        await graphs.derive(["a"], "old", ANALYSIS, BIG, 0)
    assert caught.value.data["version"] == 1
    with pytest.raises(Conflict):
        await graphs.derive(["a"], "old", ANALYSIS, BIG, 7)
    made = await graphs.derive(["a"], "old", ANALYSIS, BIG, 1)
    assert (made.version, made.description, made.directed) == (2, "kept", False)
    made = await graphs.derive(["a"], "old", ANALYSIS, ALL)
    assert (made.version, made.nodes) == (3, 3)


async def test_a_graph_may_become_a_part_of_itself(graphs: Graphs) -> None:
    made = await graphs.derive(["a"], "a", ANALYSIS, BIG)
    assert (made.version, made.nodes) == (3, 2)


async def test_what_came_meanwhile_is_not_lost(
    graphs: Graphs, open_services: Callable[..., Graphs], store: FaultyStore
) -> None:
    other = open_services()
    between_read_and_write(store, lambda: other.edit("a", [AddNodes(["new"])]))
    with pytest.raises(Conflict):
        await graphs.derive(["a"], "a", ANALYSIS, BIG)
    assert await contents(graphs, "a") == (["a", "b", "c", "new"], [("a", "b"), ("b", "c")], 3)


async def test_a_source_that_changes_meanwhile_is_told_at_the_version_that_was_read(
    graphs: Graphs, open_services: Callable[..., Graphs], store: FaultyStore
) -> None:
    other = open_services()
    between_read_and_write(store, lambda: other.edit("a", [AddNodes(["new"])]))
    made = await graphs.derive(["a"], "copy", ANALYSIS, ALL, 0)
    assert (made.sources[0].version, made.nodes) == (2, 3)


async def test_a_named_derivation_happens_once(graphs: Graphs) -> None:
    first = await graphs.derive(["a"], "large", ANALYSIS, BIG, 0, "op-1")
    await graphs.edit("a", [AddNodes(["d"], [{"size": 9}])])
    again = await graphs.derive(["a"], "large", ANALYSIS, BIG, 0, "op-1")
    assert (again.repeated, again.version, again.nodes) == (True, 1, first.nodes)
    assert (await graphs.info("large")).nodes == 2
    with pytest.raises(InvalidInput, match="another request"):
        await graphs.derive(["a"], "large", ANALYSIS, ALL, 0, "op-1")


async def test_a_full_tenant_is_refused_before_anything_is_computed(
    graphs: Graphs, open_services: Callable[..., Graphs], compute: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = open_services(tenant_graphs=1)
    monkeypatch.setattr(compute, "run", None)
    with pytest.raises(LimitExceeded) as caught:
        await full.derive(["a"], "large", ANALYSIS, BIG, 0)
    assert caught.value.data["limit"] == "tenant_graphs"
    with pytest.raises(Conflict):
        await full.derive(["a"], "a", ANALYSIS, BIG, 0)


async def test_limits_of_a_graph_hold_for_what_is_made(graphs: Graphs, open_services: Callable[..., Graphs]) -> None:
    narrow = open_services(graph_nodes=2, graph_edges=1)
    assert (await narrow.derive(["a"], "two", ANALYSIS, BIG, 0)).nodes == 2
    for params, limit in ((ALL, "graph_nodes"), (EDGES, "graph_nodes")):
        with pytest.raises(LimitExceeded) as caught:
            await narrow.derive(["a"], "three", ANALYSIS, params, 0)
        assert caught.value.data["limit"] == limit
    with pytest.raises(NotFound):
        await graphs.info("three")


async def test_a_foreign_graph_is_an_absent_one(graphs: Graphs) -> None:
    act_as("u")
    for into in ("mine", "a"):
        with pytest.raises(NotFound, match="'a' does not exist"):
            await graphs.derive(["a"], into, ANALYSIS, BIG, 0)
    act_as("t")


async def test_a_query_that_does_not_end_or_fit_leaves_no_graph(graphs: Graphs) -> None:
    from networkx_mcp import context

    for sql in (
        "SELECT string_agg(range::VARCHAR) AS id FROM range(1000000000)",
        "SELECT range AS id, repeat('x', 1000) AS text FROM range(1000000000)",  # told while rows are read, by Arrow
    ):
        with pytest.raises(MemoryLimit):
            await graphs.derive(["a"], "bomb", ANALYSIS, {"how": {"from_sql": {"nodes": sql}}}, 0)
    wrong = {
        "how": {
            "from_sql": {
                "nodes": "SELECT (CASE WHEN range = 90000 THEN 'x' ELSE '1' END)::INT AS id FROM range(100000)"
            }
        }
    }
    with pytest.raises(InvalidInput, match="Could not convert string 'x' to INT32"):
        await graphs.derive(["a"], "bomb", ANALYSIS, wrong, 0)
    call = context.CallContext(context.current().caller, "late")
    call.deadline = asyncio.get_running_loop().time() + 2
    context.set_current(call)
    slow = {
        "how": {"from_sql": {"nodes": "SELECT sum(a.range * b.range) AS id FROM range(10000000) a, range(1000000) b"}}
    }
    with pytest.raises(DeadlineExceeded):
        await graphs.derive(["a"], "slow", ANALYSIS, slow, 0)
    act_as("t")
    for graph_id in ("bomb", "slow"):
        with pytest.raises(NotFound):
            await graphs.info(graph_id)
