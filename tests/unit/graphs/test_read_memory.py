"""What comes from the store is entered in the account before it is read, and damaged parts concern their graph alone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.unit.graphs.conftest import OpenGraphs
from tests.unit.graphs.faults import FaultyStore

from networkx_mcp.arrays.edits import AddNodes
from networkx_mcp.errors import GraphDamaged, Shed
from networkx_mcp.graphs import offload
from networkx_mcp.graphs.service import Graphs

#: Values that compression leaves as long as they are.
NOISE = [{"t": f"{number * 7919 % 104729:x}" * 20} for number in range(3000)]


def loads_seen(store: FaultyStore, graphs: Graphs, *methods: str) -> list[int]:
    """What is entered as `loads` whenever one of these methods of the store begins."""
    seen: list[int] = []

    async def hook(called: str, phase: str) -> None:
        if called in methods and phase == "before":
            seen.append(graphs.budget.used("loads"))

    store.hook = hook
    return seen


async def test_a_read_is_entered_before_its_bytes_come(
    graphs: Graphs, open_graphs: OpenGraphs, store: FaultyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offload, "INLINE_FREEZE", 1 << 30)
    monkeypatch.setattr(offload, "INLINE_BYTES", 1 << 30)
    info = await graphs.create("g", False, edits=[AddNodes(list(range(3000)), NOISE)])
    reader = open_graphs()
    seen, decoding = loads_seen(store, reader, "read", "read_log"), []
    monkeypatch.setattr(
        "networkx_mcp.graphs.loading.read_snapshot",
        lambda data, read=offload.read_snapshot: (decoding.append(reader.budget.used("loads")), read(data))[1],
    )
    await reader.view("g")
    assert seen == [2 * info.stored_bytes]
    assert decoding[0] > 2 * info.stored_bytes + 3000 * 100, "and what is made of it"
    await graphs.edit("g", [AddNodes([f"n{number}" for number in range(100)])])
    assert (await reader.view("g")).state.n == 3100
    assert len(seen) == 2
    assert seen[1] > 500, "the missing part of the log"
    assert reader.budget.used("loads") == 0


@pytest.mark.parametrize("inline", [1 << 30, 1000])
async def test_without_memory_nothing_is_read(
    graphs: Graphs, open_graphs: OpenGraphs, store: FaultyStore, monkeypatch: pytest.MonkeyPatch, inline: int
) -> None:
    monkeypatch.setattr(offload, "INLINE_FREEZE", 1 << 30)
    monkeypatch.setattr(offload, "MEMORY_SECONDS", 0.01)
    await graphs.create("g", False, edits=[AddNodes(list(range(3000)), NOISE)])
    monkeypatch.setattr(offload, "INLINE_BYTES", inline)
    reader = open_graphs()
    store.calls.clear()
    with reader.budget.reserve("workers", reader.budget.free - 1000):
        with pytest.raises(Shed, match="short of memory"):
            await reader.view("g")
        assert store.calls["read"] == 0
    assert reader.budget.used("loads") == 0


async def test_parts_that_are_missing_are_damage_of_their_graph(graphs: Graphs, store: FaultyStore) -> None:
    await graphs.create("g", False, edits=[AddNodes([1, 2, 3])])
    await graphs.create("h", False, edits=[AddNodes([1])])
    inner: Any = store.inner
    if hasattr(inner, "_link"):
        await inner._link.call(("DEL", inner._keys.snapshot("t", "g")))
    else:
        await inner._submitted(lambda db: db.execute("DELETE FROM chunks WHERE gid=1"))
    graphs.residents.clear()
    with pytest.raises(GraphDamaged, match="restore it from a backup"):
        await graphs.view("g")
    assert (await graphs.view("h")).state.n == 1


HEADS = [
    b"",
    b"x",
    b"x\n",
    b"u 1 2\n",
    b"u one 0 0 0 0 0 0 0 1 1\n",
    b"u 1 1 0 -5 0 0 0 0 1 1\n",
    b"\xff 1 1 0 0 0 0 0 0 1 1\n",
]
HEADS += [b"u 1 1 0 0 0 0 0 0 nan 1\n", b"u 1 1 0 0 0 0 0 0 1 1e300\n", b"u 1 1 0 " + b"9" * 5000 + b" 0 0 0 0 1 1\n"]


@pytest.mark.parametrize("store_settings", ["redis"], indirect=True)
@pytest.mark.parametrize("raw", HEADS)
async def test_a_damaged_head_is_told_to_who_asks_for_its_graph(graphs: Graphs, store: FaultyStore, raw: bytes) -> None:
    for graph_id in ("bad", "good"):
        await graphs.create(graph_id, False)
    inner: Any = store.inner
    await inner._link.call(("SET", inner._keys.head("t", "bad"), raw))
    asked = [graphs.info(graph_id) for graph_id in ("good", "bad", "good", "none")]
    good, bad, _, none = await asyncio.gather(*asked, return_exceptions=True)
    assert (good.graph_id, type(bad), none.code) == ("good", GraphDamaged, "not_found")  # type: ignore[union-attr]
    page = await graphs.list()
    assert ([item.graph_id for item in page.items], page.damaged) == (["good"], ["bad"])
