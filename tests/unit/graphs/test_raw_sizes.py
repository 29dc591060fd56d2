"""What stored bytes inflate to decides what is done with them, not how few they are."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.graphs.conftest import OpenGraphs

from networkx_mcp.arrays import frozen, snapshot
from networkx_mcp.arrays.edits import AddNodes, RemoveNodes
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import LimitExceeded, ServiceError, Shed
from networkx_mcp.graphs import offload
from networkx_mcp.graphs.model import Meta, encode_meta
from networkx_mcp.graphs.resident import Resident, Residents
from networkx_mcp.graphs.service import Graphs
from networkx_mcp.limits.memory_account import MemoryAccount
from networkx_mcp.settings import Settings
from networkx_mcp.store.protocol import Head
from networkx_mcp.workers.pool import Compute

TEXT = "x" * 100_000


def bomb(values: int = 20) -> bytes:
    state = GraphState()
    state.apply([AddNodes(list(range(values)), [{"t": TEXT}] * values)])
    return frozen.compress(state.freeze())


def test_a_snapshot_weighs_what_it_inflates_to() -> None:
    data = bomb()
    assert len(data) < 10_000
    assert snapshot.stated_size(data) > 20 * len(TEXT)
    assert offload.GraphSource(False, snapshot=data).nbytes > 20 * len(TEXT)
    with pytest.raises(ServiceError, match="restore it from a backup"):
        offload.inflated(b"nothing of ours")


async def test_a_small_snapshot_of_a_large_graph_is_not_decoded_on_the_event_loop(
    open_graphs: OpenGraphs, monkeypatch: pytest.MonkeyPatch
) -> None:
    first: Graphs = open_graphs()
    monkeypatch.setattr(offload, "INLINE_FREEZE", 1 << 30)
    await first.create("g", False, edits=[AddNodes(list(range(20)), [{"t": TEXT}] * 20)])
    info = await first.info("g")
    second = open_graphs()
    asked: list[int] = []

    async def materialise(_: Any, source: offload.GraphSource, **__: Any) -> offload.Materialised:
        asked.append(source.nbytes)
        return offload.Materialised(frozen.decompress(source.snapshot), b"", None)

    def never(_: bytes) -> Any:
        raise AssertionError("decoded on the event loop")

    monkeypatch.setattr(offload.Offloader, "materialise", materialise)
    monkeypatch.setattr("networkx_mcp.graphs.loading.read_snapshot", never)
    state, _, _ = await second.view("g")
    assert state.n == info.nodes == 20
    assert asked[0] > 20 * len(TEXT)


async def test_a_graph_is_at_most_so_large_in_memory(open_graphs: OpenGraphs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offload, "INLINE_FREEZE", 1 << 30)
    fits = [AddNodes(list(range(8)), [{"t": TEXT}] * 8)]
    graphs = open_graphs(limits={"graph_mb": 1})
    assert (await graphs.create("g", False, edits=fits)).stored_bytes < 10_000
    with pytest.raises(LimitExceeded, match=r"2 MiB in memory; at most 1 MiB .*limits\.graph_mb") as caught:
        await graphs.create("h", False, edits=[AddNodes(list(range(12)), [{"t": TEXT}] * 12)])
    assert caught.value.data["limit"] == "graph_bytes"
    for node in (8, 9):
        await graphs.edit("g", [AddNodes([node], [{"t": TEXT}])])
    with pytest.raises(LimitExceeded, match="in memory"):
        await graphs.edit("g", [AddNodes([10], [{"t": TEXT}])])
    await graphs.edit("g", [RemoveNodes([0])])


async def test_a_graph_above_the_bound_stays_readable_shrinks_and_comes_back(
    open_graphs: OpenGraphs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offload, "INLINE_FREEZE", 1 << 30)
    await open_graphs().create("g", False, edits=[AddNodes(list(range(20)), [{"t": TEXT}] * 20)])
    monkeypatch.setattr(offload, "INLINE_BYTES", 1 << 30)
    graphs = open_graphs(limits={"graph_mb": 1})
    assert (await graphs.view("g")).state.n == 20
    with pytest.raises(LimitExceeded, match="in memory"):
        await graphs.edit("g", [AddNodes(["more"])])
    await graphs.edit("g", [RemoveNodes(list(range(12)))])
    assert (await graphs.view("g")).state.n == 8


class TestRoom:
    """Whose graphs go when others need their place."""

    def residents(self, megabytes: int = 1) -> tuple[Residents, MemoryAccount]:
        settings = Settings(memory={"resident_mb": 16 * megabytes})
        budget = MemoryAccount(settings)
        return Residents(budget), budget

    def entry(self, tenant: str, number: int, size: int) -> Resident:
        state = GraphState()
        state.apply([AddNodes(["a"], [{"t": "x" * size}])])
        base = state.freeze()
        head = Head(
            graph_id=f"g{number}", uid="u", version=1, snapshot_version=1, snapshot_bytes=1, log_operations=0, log_bytes=0,
            nodes=1, edges=0, meta=encode_meta(Meta()), created=0, updated=0,
        )  # fmt: skip
        return Resident((tenant, head.graph_id), head, base, 1)

    def test_many_graphs_of_one_tenant_do_not_push_out_those_of_others(self) -> None:
        residents, _ = self.residents()
        mine = [self.entry("mine", number, 500_000) for number in range(3)]
        for entry in mine:
            residents.put(entry)
        for number in range(40):
            assert residents.put(self.entry("flood", number, 1_000_000))
        assert all(residents.get(entry.key) is entry for entry in mine)
        assert residents.nbytes <= residents.capacity

    def test_a_large_one_gets_in_where_it_fits(self) -> None:
        residents, _ = self.residents()
        for number in range(20):
            residents.put(self.entry(f"t{number}", number, 750_000))
        assert residents.put(self.entry("large", 0, 12_000_000))
        assert residents.get(("large", "g0")) is not None


async def test_memory_is_admitted_before_a_worker_makes_a_graph(
    open_graphs: OpenGraphs, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings()
    budget = MemoryAccount(settings)
    offloader = offload.Offloader(Compute(settings, budget), budget)
    held: list[int] = []

    async def run(*_: Any, **__: Any) -> Any:
        held.append(budget.used("loads"))
        raise ServiceError("ended")

    monkeypatch.setattr(offloader, "run", run)
    data = bomb()
    with pytest.raises(ServiceError, match="ended"):
        await offloader.materialise(offload.GraphSource(False, snapshot=data), tenant="t")
    assert held[0] >= 20 * len(TEXT)
    assert budget.used("loads") == 0
    budget.reserve("archives", budget.free - 1_000_000)
    monkeypatch.setattr(offload, "MEMORY_SECONDS", 0)
    with pytest.raises(Shed, match="short of memory"):
        await offloader.materialise(offload.GraphSource(False, snapshot=data), tenant="t")
    assert len(held) == 1
