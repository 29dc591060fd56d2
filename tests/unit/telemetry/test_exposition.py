"""/metrics: fresh for whoever asks now and then, bounded in cost whoever asks."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client import generate_latest

from networkx_mcp.telemetry import exposition
from networkx_mcp.telemetry.exposition import RENDERS_AT_ONCE, RENDERS_PER_SECOND, Exposition


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock, and a mark for every rendering; the clock is set by its first element."""
    marks = [1000.0]

    def render(registry: object) -> bytes:
        marks.append(marks[0])
        return b"%d" % len(marks)

    monkeypatch.setattr(exposition, "generate_latest", render)
    monkeypatch.setattr(exposition.time, "monotonic", lambda: marks[0])
    return marks


async def test_a_scraper_sees_every_change(rendered: list[float]) -> None:
    told = Exposition()
    for _ in range(10 * RENDERS_AT_ONCE):
        before = await told.text()
        rendered[0] += 1 / RENDERS_PER_SECOND
        assert await told.text() != before
        rendered[0] += 1 / RENDERS_PER_SECOND


async def test_a_flood_is_told_what_is_a_moment_old(rendered: list[float]) -> None:
    told = Exposition()
    for _ in range(10_000):
        await told.text()
    assert len(rendered) - 1 == RENDERS_AT_ONCE
    rendered[0] += 1 / RENDERS_PER_SECOND
    before = await told.text()
    assert len(rendered) - 1 == RENDERS_AT_ONCE + 1
    assert await told.text() == before


async def test_it_is_the_text_of_the_registry() -> None:
    assert b"networkx_mcp_sockets_limit" in await Exposition().text()
    assert generate_latest is exposition.generate_latest


async def test_a_crowd_is_told_what_is_made_once_behind_its_questions(rendered: list[float]) -> None:
    """16 renderings in one turn of the event loop would hold it for 150 ms."""
    told = Exposition()
    before = await told.text()
    crowd = [asyncio.ensure_future(told.text()) for _ in range(16)]
    await asyncio.sleep(0)
    crowd[0].cancel()  # others wait for the same text
    answers = await asyncio.gather(*crowd[1:])
    assert len(set(answers)) == 1
    assert answers[0] != before
    assert len(rendered) - 1 == 2


async def test_what_cannot_be_rendered_is_an_error_of_whoever_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(registry: object) -> bytes:
        raise ValueError(registry)

    told = Exposition()
    monkeypatch.setattr(exposition, "generate_latest", fail)
    with pytest.raises(ValueError, match="Registry"):
        await told.text()
    monkeypatch.undo()
    assert await told.text()
