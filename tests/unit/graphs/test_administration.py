"""What an administrator does: usage, deletion, and graphs that leave one store and enter another."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from networkx_mcp.arrays.edits import AddEdges, AddNodes, RemoveNodes
from networkx_mcp.compute.budget import MemoryBudget
from networkx_mcp.compute.pool import Compute
from networkx_mcp.errors import Conflict, InvalidInput, LimitExceeded, NotFound, Shed
from networkx_mcp.graphs import administration, archive
from networkx_mcp.graphs.service import Graphs
from networkx_mcp.settings import Settings
from networkx_mcp.store.factory import open_store

from .conftest import OpenGraphs, act_as
from .faults import FaultyStore
from .reference import seen


@pytest.fixture
async def elsewhere(tmp_path: Path, redis_server: Any, store_settings: dict[str, Any]) -> AsyncIterator[Graphs]:
    """A service on a store of the other kind."""
    other: dict[str, Any] = {"path": tmp_path / "other.sqlite3"}
    if store_settings["type"] == "embedded":
        other = {"type": "redis", "url": redis_server.url, "prefix": token_hex(8)}
    settings = Settings(store=other)
    store = open_store(settings).inner
    await store.start()
    budget = MemoryBudget(settings)
    graphs = Graphs(settings, store, Compute(settings, budget), budget)
    yield graphs
    await graphs.close()
    await store.close()


async def some_graph(graphs: Graphs) -> None:
    await graphs.create("g", True, "roads", {"unit": "km"}, [AddEdges(edges=[("a", 1)], attributes=[{"w": 2.5}])])
    await graphs.edit("g", [AddNodes(nodes=["1"], attributes=[{"x": None}])])
    await graphs.edit("g", [AddEdges(edges=[("a", "a")])])


async def archived(graphs: Graphs, graph_id: str = "g") -> bytes:
    async with graphs.export_raw("t", graph_id) as pieces:
        return b"".join(pieces)


async def test_usage_and_tenants(graphs: Graphs) -> None:
    assert (await graphs.usage("t")).graphs == 0
    await some_graph(graphs)
    usage = await graphs.usage("t")
    assert usage.graphs == 1
    assert usage.bytes >= (await graphs.info("g")).stored_bytes > 0
    act_as("u")
    await graphs.create("g", False)
    assert await graphs.tenants() == ["t", "u"]
    assert [info.graph_id for info in (await graphs.list_of("t")).items] == ["g"]


async def test_a_graph_of_any_tenant_can_be_deleted(graphs: Graphs) -> None:
    await some_graph(graphs)
    act_as("admin")
    assert (await graphs.delete_any("t", "g")).version == 3
    with pytest.raises(NotFound):
        await graphs.delete_any("t", "g")
    assert (await graphs.usage("t")).graphs == 0


async def test_a_graph_moves_to_another_kind_of_store(graphs: Graphs, elsewhere: Graphs) -> None:
    await some_graph(graphs)
    data = await archived(graphs)
    info = await elsewhere.restore_raw("t", data)
    state, head, _ = await elsewhere.view("g")
    assert seen(state) == seen((await graphs.view("g")).state)
    assert (info.version, head.version, info.description, info.directed) == (3, 3, "roads", True)
    assert state.graph_attributes == {"unit": "km"}
    assert (await elsewhere.edit("g", [AddNodes(nodes=["more"])])).version == 4


async def test_an_empty_graph_moves_too(graphs: Graphs, elsewhere: Graphs) -> None:
    await graphs.create("g", False, "nothing yet")
    info = await elsewhere.restore_raw("t", await archived(graphs))
    assert (info.version, info.nodes, info.description) == (1, 0, "nothing yet")


async def test_it_may_come_back_under_another_id_and_tenant(graphs: Graphs) -> None:
    await some_graph(graphs)
    info = await graphs.restore_raw("u", await archived(graphs), graph_id="copy")
    assert info.graph_id == "copy"
    act_as("u")
    assert (await graphs.view("copy")).state.n == 3


async def test_a_graph_that_exists_is_replaced_only_when_told(graphs: Graphs, open_graphs: OpenGraphs) -> None:
    await some_graph(graphs)
    data = await archived(graphs)
    await graphs.edit("g", [AddNodes(nodes=["later"])])
    other = open_graphs()
    await other.view("g")
    with pytest.raises(Conflict) as caught:
        await graphs.restore_raw("t", data)
    assert caught.value.data["version"] == 4
    info = await graphs.restore_raw("t", data, replace=True)
    assert (info.version, info.nodes) == (5, 3)
    for replica in (graphs, other):
        assert not (await replica.view("g")).state.has_node("later")
    assert (await other.edit("g", [AddNodes(nodes=["new"])])).version == 6


async def test_a_damaged_archive_changes_nothing(graphs: Graphs) -> None:
    await some_graph(graphs)
    data = bytearray(await archived(graphs))
    data[len(data) // 2] ^= 1
    with pytest.raises(InvalidInput):
        await graphs.restore_raw("t", bytes(data), replace=True)
    assert (await graphs.info("g")).version == 3


async def test_an_archive_that_names_another_graph_than_it_holds_is_refused(graphs: Graphs, store: FaultyStore) -> None:
    await some_graph(graphs)
    contents = await store.read("t", "g")
    contents.log.pop()
    forged = b"".join(archive.pack("t", contents))
    with pytest.raises(InvalidInput):
        await graphs.restore_raw("t", forged, replace=True)


async def test_the_quota_holds_for_what_comes_back(open_graphs: OpenGraphs) -> None:
    graphs = open_graphs(limits={"tenant_graphs": 1})
    await some_graph(graphs)
    data = await archived(graphs)
    with pytest.raises(LimitExceeded):
        await graphs.restore_raw("t", data, graph_id="second")
    assert (await graphs.restore_raw("t", data, replace=True)).version == 4


async def test_what_was_backed_up_before_a_limit_was_lowered_comes_back_and_may_shrink(open_graphs: OpenGraphs) -> None:
    await some_graph(open_graphs())
    data = await archived(open_graphs())
    tight = open_graphs(limits={"graph_nodes": 2, "graph_edges": 1})
    assert (await tight.restore_raw("t", data, graph_id="back")).nodes == 3
    with pytest.raises(LimitExceeded):
        await tight.edit("back", [AddNodes(nodes=["more"])])
    assert (await tight.edit("back", [RemoveNodes(nodes=["1"])])).nodes == 2


async def test_an_archive_is_in_the_account_as_long_as_it_is_held(
    open_graphs: OpenGraphs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(administration, "MEMORY_SECONDS", 0.05)
    graphs = open_graphs()
    await some_graph(graphs)
    budget = graphs._budget
    async with graphs.export_raw("t", "g") as pieces:
        assert budget.used("archives") >= len(b"".join(pieces)) - 1024
    assert budget.used("archives") == 0
    graphs._residents.clear()  # else it would make room
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
    await graphs.delete_any("t", "g")
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
