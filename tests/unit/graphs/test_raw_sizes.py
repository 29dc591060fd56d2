"""What stored bytes inflate to decides what is done with them, not how few they are."""

from __future__ import annotations

from typing import Any

import pytest

from networkx_mcp.arrays import frozen, snapshot
from networkx_mcp.arrays.edits import AddNodes
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import ServiceError
from networkx_mcp.graphs import work
from networkx_mcp.graphs.service import Graphs

from .conftest import OpenGraphs

TEXT = "x" * 100_000


def bomb(values: int = 20) -> bytes:
    state = GraphState()
    state.apply([AddNodes(list(range(values)), [{"t": TEXT}] * values)])
    return frozen.compress(state.freeze())


def test_a_snapshot_weighs_what_it_inflates_to() -> None:
    data = bomb()
    assert len(data) < 10_000
    assert snapshot.stated_size(data) > 20 * len(TEXT)
    assert work.Source(False, snapshot=data).nbytes > 20 * len(TEXT)
    with pytest.raises(ServiceError, match="restore it from a backup"):
        work.inflated(b"nothing of ours")


async def test_a_small_snapshot_of_a_large_graph_is_not_decoded_on_the_event_loop(
    open_graphs: OpenGraphs, monkeypatch: pytest.MonkeyPatch
) -> None:
    first: Graphs = open_graphs()
    monkeypatch.setattr(work, "INLINE_FREEZE", 1 << 30)
    await first.create("g", False, edits=[AddNodes(list(range(20)), [{"t": TEXT}] * 20)])
    info = await first.info("g")
    second = open_graphs()
    asked: list[int] = []

    async def materialise(_: Any, source: work.Source, **__: Any) -> work.Materialised:
        asked.append(source.nbytes)
        return work.Materialised(frozen.decompress(source.snapshot), b"", None)

    def never(_: bytes) -> Any:
        raise AssertionError("decoded on the event loop")

    monkeypatch.setattr(work.Worker, "materialise", materialise)
    monkeypatch.setattr("networkx_mcp.graphs.loading.read_snapshot", never)
    state, _, _ = await second.view("g")
    assert state.n == info.nodes == 20
    assert asked[0] > 20 * len(TEXT)
