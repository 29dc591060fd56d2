"""Fixtures that more than one room uses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.helpers.redis_server import RedisServer


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A durable Redis (or Valkey) for the whole run; keep tests apart by `store.prefix`."""
    with RedisServer() as server:
        yield server
