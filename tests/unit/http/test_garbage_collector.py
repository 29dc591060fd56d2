"""Full collections come between calls: after large bodies, not while they live, and now and then."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from networkx_mcp.http import garbage_collector
from networkx_mcp.http.garbage_collector import OWED_VALUES, GarbageCollector


class Cycle:
    """What only a full collection frees once it is old."""

    def __init__(self) -> None:
        self.itself = self


def old_cycle() -> weakref.ref[Cycle]:
    cycle = Cycle()
    gc.collect()
    return weakref.ref(cycle)


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


async def gone(left: weakref.ref[Cycle]) -> None:
    done = asyncio.Event()
    weakref.finalize(cycle, done.set) if (cycle := left()) is not None else done.set()
    del cycle
    await done.wait()


async def settled() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_what_a_large_body_leaves_is_collected_once_it_is_gone() -> None:
    with GarbageCollector().values(100):
        left = old_cycle()
        await settled()
        assert left() is not None
    await settled()
    assert left() is None


async def test_it_is_not_collected_while_another_large_body_lives_until_much_is_owed() -> None:
    one = GarbageCollector()
    with one.values(100):
        with one.values(100):
            left = old_cycle()
        await settled()
        assert left() is not None
        with one.values(OWED_VALUES):
            pass
        await settled()
        assert left() is None


async def test_everything_is_collected_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage_collector, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr(garbage_collector, "PAUSE_PER_SECOND", 0.0)
    started = asyncio.Event()
    task = asyncio.create_task(GarbageCollector().run(started))
    try:
        left = old_cycle()
        await settled()
        assert left() is not None, "before the start nothing is"
        started.set()
        await gone(left)
        await gone(old_cycle())
    finally:
        task.cancel()
