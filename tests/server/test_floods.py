"""A tenant that asks for more than all places of the server: it is refused, and its neighbour is not."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from tests.helpers.caller import Caller
from tests.helpers.server import Server, eventually

#: Of the server: so few places that a test can take them all.
CONNECTIONS, QUEUE = 2, 24
#: Requests of the flood that are under way at any time, of the neighbour, and how many the neighbour makes.
FLOOD, AT_ONCE, CALLS = 60, 3, 60

READ = ("get_neighbors", {"graph_id": "mine", "node": 1})


def analysis(number: int) -> tuple[str, dict[str, Any]]:
    """A call that needs a worker: no two have the same answer to be kept."""
    return "rank_nodes", {"graph_id": "mine", "measure": "betweenness", "seed": number}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(
        tmp_path_factory.mktemp("floods"),
        auth=True,
        limits_connections=CONNECTIONS,
        limits_queue=QUEUE,
        limits_workers=1,
        memory_results_mb=0,
    ) as started:
        yield started


@pytest.fixture(scope="module")
def tokens(server: Server) -> dict[str, str]:
    """Two tenants, each with a graph `mine`."""
    found = {tenant: server.add_token(tenant, tenant=tenant) for tenant in ("flood", "quiet")}
    for token in found.values():
        eventually(lambda token=token: server.rpc("tools/list", token=token).status_code == 200, timeout=5)
        edges = [[node, (node + step) % 50] for node in range(50) for step in (1, 7)]
        assert not server.call("create_graph", {"graph_id": "mine", "edges": edges}, token=token).get("isError")
    return found


@contextlib.asynccontextmanager
async def flood(server: Server, token: str, heavy: bool) -> AsyncIterator[Counter[str]]:
    """FLOOD clients that ask again at once whatever they are told; yields what they are told."""
    told: Counter[str] = Counter()
    full = asyncio.Event()

    async def one(caller: Caller, number: int) -> None:
        while True:
            name, arguments = analysis(number) if heavy else READ
            told[(await caller.call(name, **arguments)).error or "ok"] += 1
            number += FLOOD
            if told["shed"]:
                full.set()

    async with Caller(server, token=token) as caller:
        tasks = [asyncio.create_task(one(caller, number)) for number in range(FLOOD)]
        await full.wait()
        try:
            yield told
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("heavy", [False, True], ids=["reads", "analyses"])
async def test_a_flood_sheds_itself_and_not_its_neighbour(server: Server, tokens: dict[str, str], heavy: bool) -> None:
    told: Counter[str] = Counter()
    numbers = iter(range(CALLS if not heavy else CALLS // 3))

    async def user(caller: Caller) -> None:
        for number in numbers:
            name, arguments = analysis(number) if heavy else READ
            told[(await caller.call(name, **arguments)).error or "ok"] += 1

    async with flood(server, tokens["flood"], heavy) as flooded, Caller(server, token=tokens["quiet"]) as caller:
        await asyncio.gather(*(user(caller) for _ in range(AT_ONCE)))
        assert flooded["shed"] >= told.total() // 4, "places were left"
    assert set(told) == {"ok"}, (told, flooded)
