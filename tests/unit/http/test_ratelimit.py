"""One budget per token over all replicas: leases of a real shared store, and a share when it is gone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from secrets import token_hex
from typing import Any

import pytest
from tests.helpers.redis_server import RedisServer

from networkx_mcp.context import Caller
from networkx_mcp.errors import RateLimited, StoreUnavailable
from networkx_mcp.http.ratelimit import RateLimiter
from networkx_mcp.settings import RateLimit, StoreSettings
from networkx_mcp.store.redis_store import RedisStore

ANN = Caller("ann", "acme", frozenset({"read"}))
BOB = Caller("bob", "acme", frozenset({"read"}))


class Counting:
    """A real store with its round trips counted."""

    def __init__(self, store: Any) -> None:
        self.store = store
        self.asked = 0

    async def lease(self, bucket: str, wanted: int, rate: float, burst: int) -> int:
        self.asked += 1
        granted: int = await self.store.lease(bucket, wanted, rate, burst)
        return granted


class Gone:
    """A store that does not answer."""

    asked = 0

    async def lease(self, bucket: str, wanted: int, rate: float, burst: int) -> int:
        self.asked += 1
        raise StoreUnavailable("no route")


@pytest.fixture
async def replica(redis_server: RedisServer) -> AsyncIterator[Callable[[], Any]]:
    """Opens a replica's own connection to one store that is this test's alone."""
    prefix = token_hex(8)
    async with contextlib.AsyncExitStack() as stack:

        async def open_() -> Counting:
            store = RedisStore(StoreSettings(type="redis", url=redis_server.url, prefix=prefix, timeout_seconds=10))
            await store.start()
            stack.push_async_callback(store.close)
            return Counting(store)

        yield open_


def settings(rate: float, burst: int, **more: Any) -> RateLimit:
    return RateLimit(requests_per_second=rate, burst=burst, **more)


async def taken(limiter: RateLimiter, wanted: int, caller: Caller = ANN) -> int:
    """How many of `wanted` simultaneous requests are let through."""
    results = await asyncio.gather(*(limiter.take(caller) for _ in range(wanted)), return_exceptions=True)
    assert all(result is None or isinstance(result, RateLimited) for result in results), results
    return sum(result is None for result in results)


async def test_the_burst_passes_and_the_next_request_does_not(replica: Any) -> None:
    limiter = RateLimiter(settings(0.001, 20), await replica())
    assert await taken(limiter, 20) == 20
    assert await taken(limiter, 1) == 0


async def test_all_of_a_simultaneous_burst_pass_although_a_lease_is_smaller(replica: Any) -> None:
    limiter = RateLimiter(settings(0.001, 40, lease=3), await replica())
    assert limiter.lease == 3
    assert await taken(limiter, 60) == 40


async def test_a_refusal_says_when_to_come_back_and_what_to_change(replica: Any) -> None:
    limiter = RateLimiter(settings(0.25, 1), await replica())
    await limiter.take(ANN)
    with pytest.raises(RateLimited) as refusal:
        await limiter.take(ANN)
    assert refusal.value.retry_after == 4
    assert refusal.value.data["setting"] == "ratelimit.requests_per_second"


async def test_the_budget_comes_back_with_time(replica: Any) -> None:
    limiter = RateLimiter(settings(50, 5), await replica())
    assert await taken(limiter, 30) >= 5
    await asyncio.sleep(0.3)
    assert await taken(limiter, 5) == 5


async def test_tokens_have_budgets_of_their_own(replica: Any) -> None:
    limiter = RateLimiter(settings(0.001, 10), await replica())
    assert await taken(limiter, 20) == 10
    assert await taken(limiter, 20, BOB) == 10


async def test_replicas_share_one_budget_and_overshoot_by_no_more_than_a_lease_each(replica: Any) -> None:
    budget = settings(0.001, 100, lease=10)
    one, two = RateLimiter(budget, await replica()), RateLimiter(budget, await replica())
    passed = sum(await asyncio.gather(taken(one, 100), taken(two, 100)))
    assert 100 - 2 * 10 <= passed <= 100 + 2 * 10


async def test_most_calls_ask_nobody(replica: Any) -> None:
    store = await replica()
    limiter = RateLimiter(settings(100_000, 100_000, lease=200), store)
    for _ in range(2000):
        await limiter.take(ANN)
        await asyncio.sleep(0)
    assert store.asked <= 2000 / 200 * 2 + 2


async def test_a_refused_flood_does_not_reach_the_store(replica: Any) -> None:
    store = await replica()
    limiter = RateLimiter(settings(0.01, 1), store)
    await limiter.take(ANN)
    before = store.asked
    assert await taken(limiter, 500) <= 1
    assert store.asked - before <= 2


async def test_switched_off_it_lets_everything_through() -> None:
    store = Gone()
    limiter = RateLimiter(settings(1, 1, enabled=False), store)
    assert await taken(limiter, 100) == 100
    assert store.asked == 0


@pytest.mark.parametrize(("replicas", "passes"), [(1, 40), (4, 10)])
async def test_without_the_store_a_replica_allows_its_share(replicas: int, passes: int) -> None:
    limiter = RateLimiter(settings(0.001, 40, replicas=replicas), Gone())
    assert await taken(limiter, 100) == passes


async def test_without_the_store_calls_do_not_wait_for_it_twice() -> None:
    class Hanging(Gone):
        async def lease(self, bucket: str, wanted: int, rate: float, burst: int) -> int:
            self.asked += 1
            await asyncio.sleep(0.3)
            raise StoreUnavailable("timed out")

    store = Hanging()
    limiter = RateLimiter(settings(100, 10), store)
    await limiter.take(ANN)
    assert await taken(limiter, 9) == 9
    assert store.asked == 1


async def test_a_store_that_came_back_is_used_again(replica: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("networkx_mcp.http.ratelimit._RETRY_SECONDS", 0.05)
    store = await replica()
    limiter = RateLimiter(settings(0.001, 4), store)
    working, store.store = store.store, Gone()
    assert await taken(limiter, 10) == 4
    store.store = working
    passed = 0
    while passed < 4:  # it asks again in the background; the test's own time limit ends it
        passed += await taken(limiter, 10)
        await asyncio.sleep(0.02)
    assert passed == 4
    assert await taken(limiter, 10) == 0
