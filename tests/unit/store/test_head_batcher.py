"""One version read serves all who asked before it was sent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from networkx_mcp.errors import StoreUnavailable
from networkx_mcp.store import head_batcher as module
from networkx_mcp.store.head_batcher import HeadBatcher
from networkx_mcp.store.protocol import Head


def head(graph_id: str, version: int = 1) -> Head:
    return Head(
        graph_id=graph_id, uid="u", version=version, snapshot_version=0, snapshot_bytes=0, log_operations=0,
        log_bytes=0, nodes=0, edges=0, meta=b"", created=0, updated=0,
    )  # fmt: skip


class Source:
    """Answers `heads` when told to; versions count the calls."""

    def __init__(self) -> None:
        self.batches: list[list[tuple[str, str]]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None

    async def heads(self, keys: Sequence[tuple[str, str]]) -> list[Head | None]:
        self.batches.append(list(keys))
        version = len(self.batches)
        await self.gate.wait()
        if self.error:
            raise self.error
        return [head(graph_id, version) if graph_id != "absent" else None for _, graph_id in keys]


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def loader(source: Source) -> HeadBatcher:
    return HeadBatcher(source)  # type: ignore[arg-type]


async def turns() -> None:
    """Everything here is in this process: what can happen has."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_requests_of_one_tick_share_a_batch_and_same_graphs_a_key(source: Source, loader: HeadBatcher) -> None:
    found = await asyncio.gather(*(loader.load("t", f"g{number % 3}") for number in range(30)))
    assert source.batches == [[("t", "g0"), ("t", "g1"), ("t", "g2")]]
    assert [one.graph_id for one in found if one] == [f"g{number % 3}" for number in range(30)]


async def test_absent_graphs_are_none(loader: HeadBatcher) -> None:
    assert await loader.load("t", "absent") is None


async def test_a_request_never_gets_an_answer_that_was_asked_for_before_it_came(
    source: Source, loader: HeadBatcher
) -> None:
    source.gate.clear()
    first = asyncio.create_task(loader.load("t", "g"))
    await turns()
    second = asyncio.create_task(loader.load("t", "g"))
    await turns()
    source.gate.set()
    assert [one.version for one in await asyncio.gather(first, second) if one] == [1, 2]


async def test_while_batches_are_under_way_requests_gather(source: Source, loader: HeadBatcher) -> None:
    source.gate.clear()
    tasks = []
    for number in range(20):
        tasks.append(asyncio.create_task(loader.load("t", f"g{number}")))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    await turns()
    assert len(source.batches) == module.CONCURRENT_BATCHES
    source.gate.set()
    await asyncio.gather(*tasks)
    assert len(source.batches) == module.CONCURRENT_BATCHES + 1


async def test_a_batch_is_bounded_and_the_rest_follows(source: Source, loader: HeadBatcher) -> None:
    count = module.MAX_KEYS * 2 + 5
    await asyncio.gather(*(loader.load("t", f"g{number}") for number in range(count)))
    assert [len(batch) for batch in source.batches] == [module.MAX_KEYS, module.MAX_KEYS, 5]


async def test_an_error_reaches_all_of_the_batch_and_none_of_the_next(source: Source, loader: HeadBatcher) -> None:
    source.error = StoreUnavailable("away")
    outcomes = await asyncio.gather(*(loader.load("t", "g") for _ in range(3)), return_exceptions=True)
    assert all(isinstance(outcome, StoreUnavailable) for outcome in outcomes)
    source.error = None
    assert await loader.load("t", "g") is not None


async def test_callers_that_hang_up_stop_nobody(source: Source, loader: HeadBatcher) -> None:
    source.gate.clear()
    tasks = [asyncio.create_task(loader.load("t", f"g{number % 2}")) for number in range(10)]
    await turns()
    for task in tasks[::2]:
        task.cancel()
    source.gate.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(isinstance(outcome, Head) for outcome in outcomes) == 5


async def test_when_all_of_a_full_batch_hung_up_the_rest_is_still_served(source: Source, loader: HeadBatcher) -> None:
    source.gate.clear()
    busy = [asyncio.create_task(loader.load("t", f"busy{number}")) for number in range(module.CONCURRENT_BATCHES)]
    for _ in busy:
        await turns()
    gone = [asyncio.create_task(loader.load("t", f"g{number}")) for number in range(module.MAX_KEYS)]
    stays = asyncio.create_task(loader.load("t", "stays"))
    await turns()
    for task in gone:
        task.cancel()
    source.gate.set()
    assert await asyncio.wait_for(stays, 120) is not None
    await asyncio.gather(*busy)
