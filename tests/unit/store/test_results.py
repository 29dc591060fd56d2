"""Results of analyses that replicas share: of one version, bounded, beside the quota, gone with their graph."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.helpers.patience import soon
from tests.helpers.redis_server import RedisServer
from tests.unit.store.conftest import AMPLE, MIB, Open, new

from networkx_mcp.settings import StoreSettings
from networkx_mcp.store.instrumented import RESULTS_RATIO, InstrumentedStore
from networkx_mcp.store.protocol import Health, Store, StoredCounts
from networkx_mcp.store.shared import RESULT_OVERHEAD

KEY = "k" * 40


@pytest.fixture
def kind() -> str:
    return "redis"


async def test_a_result_is_found_for_its_version_and_no_other(open_store: Open) -> None:
    one, two = await open_store(), await open_store()
    await one.create("t", new(), AMPLE, None)
    assert await two.result("t", "g", "u1", 1, KEY) is None
    assert await one.keep_result("t", "g", "u1", 1, KEY, b"answer")
    assert await two.result("t", "g", "u1", 1, KEY) == b"answer"
    assert await two.result("t", "g", "u1", 2, KEY) is None
    assert await two.result("t", "g", "u0", 1, KEY) is None
    assert await two.result("t", "g", "u1", 1, "other") is None
    assert await two.result("other", "g", "u1", 1, KEY) is None

    await two.append("t", "g", "u1", 1, b"1", StoredCounts(1, 0), AMPLE, None)
    assert not await one.keep_result("t", "g", "u1", 1, KEY, b"late"), "another version is current"
    assert await one.keep_result("t", "g", "u1", 2, KEY, b"newer")
    assert await two.result("t", "g", "u1", 1, KEY) is None, "the old version's made room"
    assert await two.result("t", "g", "u1", 2, KEY) == b"newer"


@pytest.mark.parametrize("how", ["delete", "replace"])
async def test_the_results_of_a_graph_go_with_it(store: Any, how: str) -> None:
    await store.create("t", new(), AMPLE, None)
    await store.create("t", new("other", uid="u9"), AMPLE, None)
    assert await store.keep_result("t", "g", "u1", 1, KEY, b"answer")
    assert await store.keep_result("t", "other", "u9", 1, KEY, b"stays")
    if how == "delete":
        await store.delete("t", "g", None, None)
    else:
        await store.replace("t", "g", "u1", 1, new(uid="u2"), AMPLE, None)
    assert await store.result("t", "g", "u1", 1, KEY) is None
    assert await store.result("t", "other", "u9", 1, KEY) == b"stays"
    (there,) = await store._link.ask(("EXISTS", store._keys.results("t", "g")))
    assert there == 0
    assert await counted(store) == len(KEY) + len(b"stays") + RESULT_OVERHEAD


async def test_they_count_in_no_quota(store: Any) -> None:
    await store.create("t", new(), AMPLE, None)
    before = await store.usage("t")
    await store.keep_result("t", "g", "u1", 1, KEY, b"x" * 1000)
    assert await store.usage("t") == before


async def counted(store: Any) -> int:
    (raw,) = await store._link.ask(("HGET", store._keys.of_results("t", "")[2], ""))
    return int(raw or 0)


async def test_their_bytes_are_bounded_and_the_oldest_graph_makes_room(
    settings_of: StoreSettings, open_store: Open
) -> None:
    store: Any = await open_store()
    most = settings_of.results_mb * MIB
    value = b"x" * (most // 4 - len(KEY) - RESULT_OVERHEAD)
    for number in range(5):
        await store.create("t", new(f"g{number}", uid="u"), AMPLE, None)
    for number in range(4):
        assert await store.keep_result("t", f"g{number}", "u", 1, KEY, value)
        await asyncio.sleep(0.002)  # their age is kept in milliseconds
    assert await counted(store) == most, "exactly full"
    assert await store.keep_result("t", "g4", "u", 1, KEY, value)
    assert await counted(store) == most
    found = [await store.result("t", f"g{number}", "u", 1, KEY) is not None for number in range(5)]
    assert found == [False, True, True, True, True]
    assert not await store.keep_result("t", "g0", "u", 1, KEY, b"x" * (most + 1)), "larger than all that there may be"
    assert await counted(store) == most


async def test_one_graph_cannot_pass_the_bound_by_itself(settings_of: StoreSettings, store: Any) -> None:
    most = settings_of.results_mb * MIB
    await store.create("t", new(), AMPLE, None)
    for number in range(9):
        assert await store.keep_result("t", "g", "u1", 1, f"{number}", b"x" * (most // 4))
        assert 0 < await counted(store) <= most


async def test_they_go_by_themselves(redis_server: RedisServer) -> None:
    from secrets import token_hex

    from networkx_mcp.store.redis_store import RedisStore

    settings = StoreSettings(
        type="redis", url=redis_server.url, prefix=token_hex(8), timeout_seconds=10, results_seconds=1
    )
    store = RedisStore(settings)
    await store.start()
    try:
        await store.create("t", new(), AMPLE, None)
        await store.keep_result("t", "g", "u1", 1, KEY, b"answer")

        async def gone() -> bool:
            return await store.result("t", "g", "u1", 1, KEY) is None and await counted(store) == 0

        await soon(gone)
    finally:
        await store.close()


async def test_a_store_that_fills_up_gets_none(store: Store) -> None:
    await store.create("t", new(), AMPLE, None)
    measured = InstrumentedStore(store)
    for used, kept in ((RESULTS_RATIO * 1000 + 1, False), (RESULTS_RATIO * 1000, True)):
        measured._state = Health(up=True, product="", detail="", memory_bytes=int(used), memory_limit_bytes=1000)
        assert await measured.keep_result("t", "g", "u1", 1, KEY, b"answer") is kept
    assert await measured.result("t", "g", "u1", 1, KEY) == b"answer"
