"""What an administrator does: usage, deletion, archives. How they come back: test_restore."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import pytest
from tests.helpers.damage import damage_head, damage_meta
from tests.unit.graphs.callers import act_as
from tests.unit.graphs.conftest import OpenGraphs
from tests.unit.graphs.faults import FaultyStore

from networkx_mcp.arrays.edits import AddEdges, AddNodes
from networkx_mcp.errors import GraphDamaged, InvalidInput, NotFound, Shed
from networkx_mcp.graphs import administration
from networkx_mcp.graphs.service import Graphs
from networkx_mcp.store.protocol import Store


async def some_graph(graphs: Graphs) -> None:
    await graphs.create("g", True, "roads", {"unit": "km"}, [AddEdges(edges=[("a", 1)], attributes=[{"w": 2.5}])])
    await graphs.edit("g", [AddNodes(nodes=["1"], attributes=[{"x": None}])])
    await graphs.edit("g", [AddEdges(edges=[("a", "a")])])


async def archived(graphs: Graphs, graph_id: str = "g") -> bytes:
    async with graphs.admin.export_raw("t", graph_id) as pieces:
        return b"".join(pieces)


async def test_usage_and_tenants(graphs: Graphs) -> None:
    assert (await graphs.admin.usage("t")).graphs == 0
    await some_graph(graphs)
    usage = await graphs.admin.usage("t")
    assert usage.graphs == 1
    assert usage.bytes >= (await graphs.info("g")).stored_bytes > 0
    act_as("u")
    await graphs.create("g", False)
    assert await graphs.admin.tenants() == ["t", "u"]
    assert [info.graph_id for info in (await graphs.admin.list_graphs("t")).items] == ["g"]


async def test_a_graph_of_any_tenant_can_be_deleted(graphs: Graphs) -> None:
    await some_graph(graphs)
    act_as("admin")
    assert (await graphs.admin.delete("t", "g")).version == 3
    with pytest.raises(NotFound):
        await graphs.admin.delete("t", "g")
    assert (await graphs.admin.usage("t")).graphs == 0


@pytest.mark.parametrize("damage", [damage_head, damage_meta])
async def test_a_damaged_graph_can_be_deleted_by_its_owner_and_the_operator(
    graphs: Graphs, store: FaultyStore, damage: Callable[[Store, str], Awaitable[None]]
) -> None:
    known = {damage_head: 0, damage_meta: 3}[damage]
    for delete in (lambda: graphs.admin.delete("t", "g"), lambda: graphs.delete("g", operation_id="once")):
        await some_graph(graphs)
        await damage(store.inner, "g")
        with pytest.raises(GraphDamaged):
            await graphs.info("g")
        assert (await delete()).version == known
        assert (await graphs.admin.usage("t")).graphs == 0
    assert (await graphs.delete("g", operation_id="once")).repeated
    with pytest.raises(NotFound):
        await graphs.delete("g")
    await some_graph(graphs)
    assert (await graphs.view("g")).state.n == 3


async def test_a_damaged_head_is_at_no_version(graphs: Graphs, store: FaultyStore) -> None:
    await some_graph(graphs)
    await damage_head(store.inner, "g")
    with pytest.raises(GraphDamaged, match="or delete it"):
        await graphs.delete("g", if_version=3)


async def test_lists_name_the_damaged_ones_beside_the_others(graphs: Graphs, store: FaultyStore) -> None:
    for graph_id in ("a", "bad", "c", "unread", "z"):
        await graphs.create(graph_id, False)
    await damage_head(store.inner, "bad")
    await damage_meta(store.inner, "unread")
    page = await graphs.list()
    assert ([info.graph_id for info in page.items], page.damaged) == (["a", "c", "z"], ["bad", "unread"])
    first = await graphs.list(limit=2)
    assert ([info.graph_id for info in first.items], first.damaged, first.next) == (["a"], ["bad"], "bad")
    second = await graphs.list(first.next or "", 2)
    assert ([info.graph_id for info in second.items], second.damaged, second.next) == (["c"], ["unread"], "unread")


async def test_an_archive_is_in_the_account_as_long_as_it_is_held(
    open_graphs: OpenGraphs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(administration, "MEMORY_SECONDS", 0.05)
    graphs = open_graphs()
    await some_graph(graphs)
    budget = graphs.budget
    async with graphs.admin.export_raw("t", "g") as pieces:
        assert budget.used("archives") >= len(b"".join(pieces)) - 1024
    assert budget.used("archives") == 0
    graphs.residents.clear()  # else it would make room
    with budget.reserve("workers", budget.free), pytest.raises(Shed, match="no memory for an archive") as refused:
        await archived(graphs)
    assert refused.value.retry_after
    assert await archived(graphs)


@pytest.mark.parametrize("prefix", ["\0", "a\0", "\ue000", "\ud800", "A", " ", "x" * 65])
async def test_a_prefix_that_no_id_has_is_refused(graphs: Graphs, prefix: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        await graphs.list(prefix=prefix)
    assert caught.value.data["field"] == "prefix"


@pytest.mark.parametrize("prefix", ["", "g", "-", "_", "x" * 64])
async def test_a_prefix_that_an_id_may_have_is_looked_for(graphs: Graphs, prefix: str) -> None:
    await graphs.create("g", False)
    assert len((await graphs.list(prefix=prefix)).items) == (prefix in ("", "g"))


async def test_an_unknown_graph_is_not_found(graphs: Graphs) -> None:
    with pytest.raises(NotFound):
        await archived(graphs, "none")


async def test_writes_are_audited_with_versions_and_without_contents(
    graphs: Graphs, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await some_graph(graphs)
    with pytest.raises(NotFound):
        await graphs.edit("none", [AddNodes(nodes=["secret-node"])])
    await graphs.admin.delete("t", "g")
    lines = [getattr(record, "networkx_mcp", {}) for record in caplog.records if record.getMessage() == "audit"]
    told = [
        (one["action"], one["graph_id"], one["version_before"], one["version_after"], one["outcome"]) for one in lines
    ]
    assert told == [
        ("create", "g", None, 1, "ok"),
        ("edit", "g", 1, 2, "ok"),
        ("edit", "g", 2, 3, "ok"),
        ("edit", "none", None, None, "not_found"),
        ("delete", "g", 3, None, "ok"),
    ]
    assert lines[-1]["of_tenant"] == "t"
    assert "secret-node" not in str(lines)
