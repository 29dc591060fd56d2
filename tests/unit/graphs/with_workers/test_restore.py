"""Archives come back into any store, read by a worker, or are refused by name. Real zygote, real forks."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from secrets import token_hex
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from tests.helpers.damage import damage_head, damage_meta
from tests.unit.graphs.callers import act_as
from tests.unit.graphs.conftest import OpenGraphs
from tests.unit.graphs.faults import FaultyStore
from tests.unit.graphs.reference import seen
from tests.unit.graphs.test_administration import archived, some_graph

from networkx_mcp.arrays.edits import AddNodes, RemoveNodes
from networkx_mcp.errors import Conflict, GraphDamaged, InvalidInput, LimitExceeded
from networkx_mcp.graphs.service import Graphs
from networkx_mcp.settings import Settings
from networkx_mcp.store import archive
from networkx_mcp.store.factory import open_store
from networkx_mcp.store.protocol import Store
from networkx_mcp.workers.pool import Compute

pytestmark = pytest.mark.asyncio(loop_scope="module")
TASKS = "tests.helpers.compute_tasks"


@pytest_asyncio.fixture(loop_scope="module")
async def open_graphs(
    store: FaultyStore, store_settings: dict[str, Any], compute: Compute
) -> AsyncIterator[OpenGraphs]:
    opened: list[Graphs] = []

    def open_(**groups: dict[str, Any]) -> Graphs:
        settings = Settings(**{**groups, "store": store_settings})
        opened.append(Graphs(settings, store, compute, compute.budget))
        return opened[-1]

    yield open_
    for graphs in opened:
        await graphs.close()


@pytest.fixture
def graphs(open_graphs: OpenGraphs) -> Graphs:
    return open_graphs()


@pytest_asyncio.fixture(loop_scope="module")
async def elsewhere(
    tmp_path: Path, redis_server: Any, store_settings: dict[str, Any], compute: Compute
) -> AsyncIterator[Graphs]:
    """A service on a store of the other kind."""
    other: dict[str, Any] = {"path": tmp_path / "other.sqlite3"}
    if store_settings["type"] == "embedded":
        other = {"type": "redis", "url": redis_server.url, "prefix": token_hex(8)}
    settings = Settings(store=other)
    store = open_store(settings).inner
    await store.start()
    graphs = Graphs(settings, store, compute, compute.budget)
    yield graphs
    await graphs.close()
    await store.close()


async def test_a_graph_moves_to_another_kind_of_store(graphs: Graphs, elsewhere: Graphs) -> None:
    await some_graph(graphs)
    data = await archived(graphs)
    info = await elsewhere.admin.restore_raw("t", data)
    state, head, _ = await elsewhere.view("g")
    assert seen(state) == seen((await graphs.view("g")).state)
    assert (info.version, head.version, info.description, info.directed) == (3, 3, "roads", True)
    assert state.graph_attributes == {"unit": "km"}
    assert (await elsewhere.edit("g", [AddNodes(nodes=["more"])])).version == 4


async def test_an_empty_graph_moves_too(graphs: Graphs, elsewhere: Graphs) -> None:
    await graphs.create("g", False, "nothing yet")
    info = await elsewhere.admin.restore_raw("t", await archived(graphs))
    assert (info.version, info.nodes, info.description) == (1, 0, "nothing yet")


async def test_it_may_come_back_under_another_id_and_tenant(graphs: Graphs) -> None:
    await some_graph(graphs)
    info = await graphs.admin.restore_raw("u", await archived(graphs), graph_id="copy")
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
        await graphs.admin.restore_raw("t", data)
    assert caught.value.data["version"] == 4
    info = await graphs.admin.restore_raw("t", data, replace=True)
    assert (info.version, info.nodes) == (5, 3)
    for replica in (graphs, other):
        assert not (await replica.view("g")).state.has_node("later")
    assert (await other.edit("g", [AddNodes(nodes=["new"])])).version == 6


@pytest.mark.parametrize(("damage", "version"), [(damage_head, 3), (damage_meta, 4)])
async def test_a_damaged_graph_is_restored_over_when_told(
    graphs: Graphs, store: FaultyStore, damage: Callable[[Store, str], Awaitable[None]], version: int
) -> None:
    await some_graph(graphs)
    # Without a description, which would be the one of the graph that is there.
    data = changed(await archived(graphs), meta=msgspec.msgpack.encode({"directed": True}))
    await damage(store.inner, "g")
    with pytest.raises((GraphDamaged, Conflict)):
        await graphs.admin.restore_raw("t", data)
    with pytest.raises(GraphDamaged):
        await graphs.info("g")
    assert (await graphs.admin.restore_raw("t", data, replace=True)).version == version
    state, _, info = await graphs.view("g")
    assert (state.n, info.description) == (3, "")
    usage = await graphs.admin.usage("t")
    assert (usage.graphs, usage.bytes) == (1, info.stored_bytes)


async def test_a_damaged_archive_changes_nothing(graphs: Graphs) -> None:
    await some_graph(graphs)
    data = bytearray(await archived(graphs))
    data[len(data) // 2] ^= 1
    with pytest.raises(InvalidInput):
        await graphs.admin.restore_raw("t", bytes(data), replace=True)
    assert (await graphs.info("g")).version == 3


async def test_an_archive_that_names_another_graph_than_it_holds_is_refused(graphs: Graphs, store: FaultyStore) -> None:
    await some_graph(graphs)
    contents = await store.read("t", "g")
    contents.log.pop()
    forged = b"".join(archive.pack("t", contents))
    with pytest.raises(InvalidInput):
        await graphs.admin.restore_raw("t", forged, replace=True)


async def test_the_quota_holds_for_what_comes_back(open_graphs: OpenGraphs) -> None:
    graphs = open_graphs(limits={"tenant_graphs": 1})
    await some_graph(graphs)
    data = await archived(graphs)
    with pytest.raises(LimitExceeded):
        await graphs.admin.restore_raw("t", data, graph_id="second")
    assert (await graphs.admin.restore_raw("t", data, replace=True)).version == 4


async def test_what_was_backed_up_before_a_limit_was_lowered_comes_back_and_may_shrink(open_graphs: OpenGraphs) -> None:
    await some_graph(open_graphs())
    data = await archived(open_graphs())
    tight = open_graphs(limits={"graph_nodes": 2, "graph_edges": 1})
    assert (await tight.admin.restore_raw("t", data, graph_id="back")).nodes == 3
    with pytest.raises(LimitExceeded):
        await tight.edit("back", [AddNodes(nodes=["more"])])
    assert (await tight.edit("back", [RemoveNodes(nodes=["1"])])).nodes == 2


# -- what somebody has changed, with checksums that hold


def changed(data: bytes, **header: Any) -> bytes:
    """The archive with other words in its header, or another `snapshot` or `log`."""
    found = archive.unpack(data)
    told = msgspec.to_builtins(found.header, builtin_types=(bytes,))
    snapshot, log = header.pop("snapshot", found.snapshot), header.pop("log", found.log)
    parts = [msgspec.msgpack.encode({**told, **header}), snapshot, msgspec.msgpack.encode(log), b""]
    framed = (piece for part in parts for piece in (len(part).to_bytes(8, "little"), archive.digest(part), part))
    return b"".join([archive.MAGIC, *framed])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"nodes": 4}, "says 4 nodes and 2 edges, and holds 3 and 2"),
        ({"version": 2**63}, "version 9223372036854775808 is none"),
        ({"meta": b"\x93\x01\x02\x03"}, "Expected `object`, got `array`"),
        ({"meta": msgspec.msgpack.encode({"directed": True, "description": "x" * 5000})}, "5000 characters"),
        ({"log": [[1, b"\x90"], [2, b"\xff"], [3, b"\x90"]]}, "not a batch of edits"),
        ({"log": [[1, b"\x90"], [2, b"\x91" * 100_000], [3, b"\x90"]]}, "not a batch of edits"),
        (
            {"log": [[3, msgspec.msgpack.encode([["rn", ["nobody"], "error"]])]]},
            "operation 1 of its log does not apply",
        ),
        ({"snapshot": b"NXG"}, "corrupt snapshot"),
    ],
)
async def test_an_archive_that_contradicts_itself_is_refused_by_name(
    graphs: Graphs, change: dict[str, Any], says: str
) -> None:
    await some_graph(graphs)
    data = await archived(graphs)
    with pytest.raises(InvalidInput, match="this is not a graph archive") as refused:
        await graphs.admin.restore_raw("t", changed(data, **change), replace=True)
    assert says in refused.value.message
    assert refused.value.data["field"] == "archive"
    assert (await graphs.info("g")).version == 3


async def test_an_archive_is_read_by_a_worker_and_what_kills_it_is_refused_by_name(
    graphs: Graphs, compute: Compute, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The API itself parses none of it."""

    def never(_: Any) -> Any:
        raise AssertionError("read in this process")

    await some_graph(graphs)
    data = await archived(graphs)
    monkeypatch.setattr(archive, "unpack", never)
    assert (await graphs.admin.restore_raw("t", data, replace=True)).nodes == 3
    monkeypatch.undo()

    # What a defect of a library would do to the worker, done to it on purpose.
    async def dies(task: str, params: Any, **more: Any) -> Any:
        return await run(f"{TASKS}:die", {"signal": signal.SIGSEGV}, **more)

    run = compute.run
    monkeypatch.setattr(compute, "run", dies)
    with pytest.raises(InvalidInput, match=r"the process that read it ended \(SIGSEGV\)") as refused:
        await graphs.admin.restore_raw("t", data, replace=True)
    assert refused.value.data["field"] == "archive"


async def test_what_was_backed_up_comes_back_above_the_memory_of_the_tenant_and_may_shrink(
    open_graphs: OpenGraphs,
) -> None:
    """It is counted all the same: what adds to it is refused."""
    await open_graphs().create("g", False, edits=[AddNodes(list(range(6)), [{"text": "x" * 200_000}] * 6)])
    data = await archived(open_graphs())
    tight = open_graphs(limits={"tenant_memory_mb": 1})
    with pytest.raises(LimitExceeded, match=r"limits\.tenant_memory_mb"):
        await tight.create("more", False, edits=[AddNodes(["a"])])
    assert (await tight.admin.restore_raw("t", data, graph_id="back")).nodes == 6
    assert (await tight.admin.restore_raw("t", data, replace=True)).nodes == 6
    assert await tight.admin.memory("t") > 2 * 6 * 200_000
    with pytest.raises(LimitExceeded, match=r"limits\.tenant_memory_mb"):
        await tight.edit("back", [AddNodes(["a"])])
    await tight.edit("back", [RemoveNodes([0])])
    assert (await tight.view("back")).state.n == 5
