"""Graph services over real stores; several in one process stand for several replicas."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from tests.unit.graphs.callers import act_as
from tests.unit.graphs.faults import FaultyStore

from networkx_mcp.graphs.service import Graphs
from networkx_mcp.limits.memory_account import MemoryAccount
from networkx_mcp.settings import Settings
from networkx_mcp.store.factory import open_store
from networkx_mcp.store.protocol import Store
from networkx_mcp.workers.pool import Compute

OpenGraphs = Callable[..., Graphs]


def settings_with(**groups: Any) -> Settings:
    return Settings(**groups)


@pytest.fixture(autouse=True)
async def caller() -> None:
    """All tests begin as tenant `t`."""
    act_as("t")


@pytest.fixture(params=["sqlite", "redis"])
def store_settings(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """An empty store of this test's own."""
    if request.param == "sqlite":
        return {"type": "embedded", "path": tmp_path / "store.sqlite3", "timeout_seconds": 10}
    server = request.getfixturevalue("redis_server")
    return {"type": "redis", "url": server.url, "prefix": token_hex(8), "timeout_seconds": 10}


@pytest.fixture
async def store(store_settings: dict[str, Any]) -> AsyncIterator[FaultyStore]:
    inner: Store = open_store(settings_with(store=store_settings)).inner
    await inner.start()
    yield FaultyStore(inner)
    await inner.close()


@pytest.fixture
async def open_graphs(store: FaultyStore, store_settings: dict[str, Any]) -> AsyncIterator[OpenGraphs]:
    """Opens a service on the test's store. Its workers are not started: what is small needs none."""
    async with contextlib.AsyncExitStack() as stack:

        def open_(*, on: Store | None = None, compute: Compute | None = None, **groups: dict[str, Any]) -> Graphs:
            settings = settings_with(**{**groups, "store": {**store_settings, **groups.get("store", {})}})
            budget = compute.budget if compute else MemoryAccount(settings)
            graphs = Graphs(settings, on or store, compute or Compute(settings, budget), budget)
            stack.push_async_callback(graphs.close)
            return graphs

        yield open_


@pytest.fixture
def graphs(open_graphs: OpenGraphs) -> Graphs:
    return open_graphs()
