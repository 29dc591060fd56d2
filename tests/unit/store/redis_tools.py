"""Redis stores on real servers, for the tests of what is the Redis store's own."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from secrets import token_hex
from typing import Any

import pytest
from tests.helpers.redis_server import RedisServer

from networkx_mcp.errors import InvalidInput
from networkx_mcp.settings import StoreSettings
from networkx_mcp.store.redis_store import RedisStore


def settings(server: RedisServer, **more: Any) -> StoreSettings:
    values = {"url": server.url, "prefix": token_hex(8), "timeout_seconds": 5} | more
    return StoreSettings(type="redis", **values)


@contextlib.asynccontextmanager
async def opened(settings: StoreSettings) -> AsyncIterator[RedisStore]:
    store = RedisStore(settings)
    await store.start()
    try:
        yield store
    finally:
        await store.close()


async def ask(server: RedisServer, *command: Any, **more: Any) -> Any:
    """One command, past the store."""
    store = RedisStore(settings(server, **more))
    (reply,) = await store._link.call(command)
    await store.close()
    return reply


async def refusal(configuration: StoreSettings) -> InvalidInput:
    store = RedisStore(configuration)
    with pytest.raises(InvalidInput) as caught:
        await store.start()
    await store.close()
    return caught.value
