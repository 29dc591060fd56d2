"""A store that lost acknowledged writes under running servers: a failover to a replica that lagged, a restored volume.

What was lost is lost. But no server may answer from it, or write on top of it, afterwards.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.patience import soon
from tests.helpers.redis_server import RedisServer
from tests.unit.graphs.callers import act_as
from tests.unit.graphs.faults import FaultyStore
from tests.unit.graphs.reference import seen
from tests.unit.store.redis_tools import ask

from networkx_mcp.arrays.edits import AddEdges, AddNodes, RemoveNodes
from networkx_mcp.errors import Conflict, NotFound, StoreUnavailable
from networkx_mcp.graphs.service import Graphs
from networkx_mcp.limits.memory_account import MemoryAccount
from networkx_mcp.settings import Settings
from networkx_mcp.store.factory import open_store
from networkx_mcp.workers.pool import Compute

pytestmark = pytest.mark.long


class Site:
    """A Redis with a point to go back to, and replicas of the server on it."""

    def __init__(self, server: RedisServer, place: Path, stack: contextlib.AsyncExitStack) -> None:
        self.server = server
        self._point = place / "point"
        self._stack = stack
        self.stores: list[FaultyStore] = []

    async def replica(self, **store: Any) -> Graphs:
        settings = Settings(store={"type": "redis", "url": self.server.url, "timeout_seconds": 10, **store})
        inner = open_store(settings).inner
        await inner.start()
        self._stack.push_async_callback(inner.close)
        self.stores.append(FaultyStore(inner))
        budget = MemoryAccount(settings)
        graphs = Graphs(settings, self.stores[-1], Compute(settings, budget), budget)
        self._stack.push_async_callback(graphs.close)
        return graphs

    def remember(self) -> None:
        """The point that `go_back` returns to. The server syncs each write, so its files are complete."""
        shutil.copytree(self.server.directory, self._point)

    async def go_back(self) -> None:
        """Another process on the data of then."""
        self.server.kill()
        shutil.rmtree(self.server.directory)
        shutil.copytree(self._point, self.server.directory)
        self.server.start()
        await asyncio.sleep(0.05)  # for this process to hear that its connections are closed


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    with RedisServer() as server:
        async with contextlib.AsyncExitStack() as stack:
            yield Site(server, tmp_path, stack)


async def with_lost_writes(site: Site, **store: Any) -> Graphs:
    """A replica whose graph holds `old` at version 2 in the store, and `lost`, written at version 3, no longer."""
    graphs = await site.replica(**store)
    await graphs.create("g", False)
    await graphs.edit("g", [AddNodes(nodes=["old"])])
    site.remember()
    await graphs.edit("g", [AddNodes(nodes=["lost"])])
    return graphs


@pytest.mark.parametrize("others", [0, 1, 2], ids=["none", "as many", "more"])
async def test_a_reader_sees_what_the_store_has_however_many_writes_followed(site: Site, others: int) -> None:
    graphs = await with_lost_writes(site)
    assert (await graphs.view("g")).state.has_node("lost")
    await site.go_back()
    other = await site.replica()
    for number in range(others):
        await other.edit("g", [AddNodes(nodes=[f"new{number}"])])
    state, head, _ = await graphs.view("g")
    assert head.version == 2 + others
    assert list(state.nodes(0, 9)) == ["old", *(f"new{number}" for number in range(others))]
    assert seen(state) == seen((await other.view("g")).state)


@pytest.mark.parametrize("others", [0, 1, 2], ids=["none", "as many", "more"])
async def test_an_edit_is_made_on_what_the_store_has(site: Site, others: int) -> None:
    graphs = await with_lost_writes(site)
    await site.go_back()
    other = await site.replica()
    for number in range(others):
        await other.edit("g", [AddNodes(nodes=[f"new{number}"])])
    with pytest.raises(NotFound, match="lost"):
        await graphs.edit("g", [RemoveNodes(nodes=["lost"])])
    outcome = await graphs.edit("g", [AddEdges(edges=[("old", "x")])])
    assert (outcome.version, outcome.nodes) == (3 + others, 2 + others)
    # Every version applies, also to a replica that begins with the log.
    fresh = await site.replica()
    assert seen((await fresh.view("g")).state) == seen((await graphs.view("g")).state)


async def test_an_edit_under_way_does_not_land_on_another_history(site: Site) -> None:
    """It was prepared on version 3 with `lost`; the store has another version 3 when it arrives."""
    graphs = await with_lost_writes(site)

    async def rewind(method: str, phase: str) -> None:
        if (method, phase) == ("append", "before"):
            site.stores[0].hook = None
            await site.go_back()
            await (await site.replica()).edit("g", [AddNodes(nodes=["new"])])

    site.stores[0].hook = rewind
    with pytest.raises(NotFound, match="lost"):
        await graphs.edit("g", [RemoveNodes(nodes=["lost"])])
    assert list((await graphs.view("g")).state.nodes(0, 9)) == ["old", "new"]


async def test_a_version_that_the_caller_names_is_that_of_the_store(site: Site) -> None:
    graphs = await with_lost_writes(site)
    await site.go_back()
    with pytest.raises(Conflict) as caught:
        await graphs.edit("g", [AddNodes(nodes=["x"])], if_version=3)
    assert caught.value.data["version"] == 2


async def test_a_compaction_under_way_does_not_put_back_what_was_lost(site: Site) -> None:
    graphs = await with_lost_writes(site, compact_operations=3)
    rewound = asyncio.Event()

    async def rewind(method: str, phase: str) -> None:
        if (method, phase) == ("compact", "before"):
            site.stores[0].hook = None
            await site.go_back()
            act_as("t")  # compaction acts for nobody
            other = await site.replica()
            await other.edit("g", [AddNodes(nodes=["new0"])])
            await other.edit("g", [AddNodes(nodes=["new1"])])
            rewound.set()

    site.stores[0].hook = rewind
    await graphs.edit("g", [AddNodes(nodes=["lost too"])])
    await asyncio.wait_for(rewound.wait(), 20)
    fresh = await site.replica()
    for replica in (graphs, fresh):
        assert list((await replica.view("g")).state.nodes(0, 9)) == ["old", "new0", "new1"]


async def test_a_load_under_way_is_begun_anew(site: Site) -> None:
    await with_lost_writes(site)
    graphs = await site.replica()

    async def rewind(method: str, phase: str) -> None:
        if (method, phase) == ("read", "after"):
            site.stores[1].hook = None
            await site.go_back()
            await site.stores[1].inner.list_graphs("t", "", 1)  # the first to notice

    site.stores[1].hook = rewind
    assert list((await graphs.view("g")).state.nodes(0, 9)) == ["old"]


async def test_a_restart_that_lost_nothing_costs_only_a_load(site: Site) -> None:
    graphs = await with_lost_writes(site)
    site.server.kill()
    with pytest.raises(StoreUnavailable):
        await graphs.view("g")
    site.server.start()
    assert (await graphs.view("g")).state.has_node("lost")
    assert (await graphs.edit("g", [AddNodes(nodes=["next"])])).version == 4
    assert site.stores[0].calls["read"] == 1


async def test_a_primary_that_became_a_replica_and_came_back_with_less_is_noticed(site: Site, tmp_path: Path) -> None:
    """The process is the same, and its connections live on; what it holds is the other's."""
    graphs = await with_lost_writes(site)
    with RedisServer() as lagging:
        lagging.kill()
        shutil.rmtree(lagging.directory)
        shutil.copytree(tmp_path / "point", lagging.directory)
        lagging.start()
        assert await ask(lagging, "PING") == b"PONG"
        await ask(site.server, "REPLICAOF", "127.0.0.1", lagging.port)

        async def follows() -> bool:
            return b"master_link_status:up" in await ask(site.server, "INFO", "replication")

        await soon(follows)
        with pytest.raises(StoreUnavailable, match="read-only replica"):
            await graphs.edit("g", [AddNodes(nodes=["x"])])
        await ask(site.server, "REPLICAOF", "NO", "ONE")
        assert (await site.stores[0].inner.health()).up  # asked every two seconds
    other = await site.replica()
    for number in range(2):
        await other.edit("g", [AddNodes(nodes=[f"new{number}"])])
    assert list((await graphs.view("g")).state.nodes(0, 9)) == ["old", "new0", "new1"]


async def test_a_compaction_of_another_history_is_dropped_where_the_store_hides_what_it_is(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only heads tell: another write at the same version. What was lost is not written back."""
    monkeypatch.setattr("networkx_mcp.store.redis_link.Link.met", lambda *_: None)
    graphs = await with_lost_writes(site, compact_operations=2)
    await site.go_back()
    await (await site.replica()).edit("g", [AddNodes(nodes=["new"])])
    held = graphs.residents.get(("t", "g"))
    assert held is not None
    assert list((await graphs.view("g")).state.nodes(0, 9)) == ["old", "new"]
    assert not graphs.residents.lived(held)
