"""Graph services whose workers run: one zygote for a file, whose tests share a loop with it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.unit.graphs.callers import act_as
from tests.unit.graphs.faults import FaultyStore

from networkx_mcp.limits.memory_account import MemoryAccount
from networkx_mcp.settings import Settings
from networkx_mcp.store.factory import open_store
from networkx_mcp.store.protocol import Store
from networkx_mcp.workers.pool import Compute

ROOT = Path(__file__).parents[4]
#: Where workers find the tasks of tests.
TASKS = ["tests.helpers.compute_tasks", "tests.helpers.graph_tasks"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def compute() -> AsyncIterator[Compute]:
    """One zygote for the file."""
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "image/src")])
    settings = Settings(**{"limits": {"workers": 2}, "memory": {"worker_mb": 96}})
    compute = Compute(settings, MemoryAccount(settings), modules=TASKS)
    await compute.start()
    assert await compute.wait_ready(300)
    yield compute
    await compute.close()


@pytest.fixture
def caller() -> None:
    """Overrides the one of the other files, which would set the context of another loop."""


@pytest_asyncio.fixture(loop_scope="module")
async def store(store_settings: dict[str, Any]) -> AsyncIterator[FaultyStore]:
    act_as("t")
    inner: Store = open_store(Settings(store=store_settings)).inner
    await inner.start()
    yield FaultyStore(inner)
    await inner.close()
