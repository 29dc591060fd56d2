"""/metrics: fresh for whoever asks now and then, bounded in cost whoever asks."""

from __future__ import annotations

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


def test_a_scraper_sees_every_change(rendered: list[float]) -> None:
    told = Exposition()
    for _ in range(10 * RENDERS_AT_ONCE):
        before = told.text()
        rendered[0] += 1 / RENDERS_PER_SECOND
        assert told.text() != before
        rendered[0] += 1 / RENDERS_PER_SECOND


def test_a_flood_is_told_what_is_a_moment_old(rendered: list[float]) -> None:
    told = Exposition()
    for _ in range(10_000):
        told.text()
    assert len(rendered) - 1 == RENDERS_AT_ONCE
    rendered[0] += 1 / RENDERS_PER_SECOND
    before = told.text()
    assert len(rendered) - 1 == RENDERS_AT_ONCE + 1
    assert told.text() == before


def test_it_is_the_text_of_the_registry() -> None:
    assert b"networkx_mcp_sockets_limit" in Exposition().text()
    assert generate_latest is exposition.generate_latest
