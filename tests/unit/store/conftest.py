"""Both stores for one specification."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from tests.helpers.redis_server import RedisServer

from networkx_mcp.settings import StoreSettings
from networkx_mcp.store.protocol import Head, NewGraph, Operation, Quota, Store, StoredCounts
from networkx_mcp.store.redis_store import RedisStore
from networkx_mcp.store.shared import Recall
from networkx_mcp.store.sqlite_store import SqliteStore

MIB = 1024 * 1024
AMPLE = Quota(graph_bytes=64 * MIB, tenant_bytes=512 * MIB, tenant_graphs=1000)

Open = Callable[..., Any]


def new(graph_id: str = "g", uid: str = "u1", snapshot: bytes = b"", **more: Any) -> NewGraph:
    return NewGraph(graph_id, uid, more.pop("meta", b"meta"), more.pop("counts", StoredCounts(0, 0)), snapshot, **more)


def named(operation_id: str, fingerprint: str = "print", result: bytes = b"result") -> Operation:
    return Operation(operation_id, fingerprint, result)


@pytest.fixture(params=["sqlite", "redis"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def settings_of(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> StoreSettings:
    """Settings of a store that is empty and this test's alone."""
    if kind == "sqlite":
        return StoreSettings(path=tmp_path / "store.sqlite3", timeout_seconds=10)
    server: RedisServer = request.getfixturevalue("redis_server")
    return StoreSettings(type="redis", url=server.url, prefix=token_hex(8), timeout_seconds=10)


@pytest.fixture
async def open_store(settings_of: StoreSettings) -> AsyncIterator[Open]:
    """Opens the store, also a second time; closes what the test left open."""
    async with contextlib.AsyncExitStack() as stack:

        async def open_(recall: Recall | None = None) -> Store:
            kind = RedisStore if settings_of.type == "redis" else SqliteStore
            store = kind(settings_of, recall=recall)
            await store.start()
            stack.push_async_callback(store.close)
            return store

        yield open_


@pytest.fixture
async def store(open_store: Open) -> Store:
    return await open_store()


async def head_of(store: Store, graph_id: str = "g", tenant: str = "t") -> Head | None:
    (head,) = await store.heads([(tenant, graph_id)])
    return head


async def fill(store: Store, payloads: list[bytes], graph_id: str = "g", uid: str = "u1") -> None:
    """Append on top of what is there."""
    for payload in payloads:
        head = await head_of(store, graph_id)
        assert head is not None
        await store.append("t", graph_id, uid, head.version, payload, StoredCounts(0, 0), AMPLE, None)


@pytest.fixture
def own_server() -> Iterator[RedisServer]:
    """A server that the test may spoil."""
    with RedisServer() as server:
        yield server
