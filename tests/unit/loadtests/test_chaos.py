"""What measures faults is right itself: the proxy does what its mode says, and a history is judged as it should be."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from tests.e2e import chaos_proxy
from tests.e2e.chaos_record import Chaos, after
from tests.e2e.cluster import Release


@contextlib.asynccontextmanager
async def line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[tuple[int, Path]]:
    """An echo server behind the proxy: the proxy's port and the file of its mode."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(1000):
                writer.write(chunk)
                await writer.drain()
        writer.close()

    monkeypatch.setattr(chaos_proxy, "MODE", tmp_path / "mode")
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    proxy = await chaos_proxy.start("127.0.0.1", server.sockets[0].getsockname()[1], 0)
    try:
        yield proxy.sockets[0].getsockname()[1], tmp_path / "mode"
    finally:
        proxy.close()
        server.close()


async def say(port: int, text: bytes) -> bytes:
    """What comes back for a text on a new connection; nothing where it is cut."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(text)
        return await asyncio.wait_for(reader.read(1000), 30)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_the_proxy_passes_delays_and_refuses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with line(monkeypatch, tmp_path) as (port, mode):
        assert await say(port, b"one") == b"one"
        mode.write_text("delay 0.2")
        begun = time.monotonic()
        assert await say(port, b"two") == b"two"
        assert time.monotonic() - begun >= 0.4, "0.2 s each way"
        mode.write_text("refuse")
        assert await say(port, b"three") == b""
        mode.write_text("pass")
        assert await say(port, b"four") == b"four"


async def test_the_proxy_cuts_connections_that_are_open(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with line(monkeypatch, tmp_path) as (port, mode):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"one")
        assert await reader.read(1000) == b"one"
        mode.write_text("cut 0.1")
        with contextlib.suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(1000), 30) == b""
        writer.close()


def test_recovery_counts_from_the_end_of_a_fault_to_the_answer_of_the_last_call_that_it_held_up() -> None:
    waits = [(1.0, 2.0, "write"), (9.0, 14.0, "read"), (12.5, 16.0, "write"), (30.0, 31.0, "read")]
    assert after(waits, (10.0, 13.0)) == (3.0, 5.0)
    assert after(waits, (20.0, 25.0)) == (0.0, 0.0)


HISTORY: dict[str, Any] = {
    "acknowledged": 100,
    "lost": 0,
    "stale": 0,
    "failed": 0,
    "failures": [],
    "broken_promises": [],
    "repeated": {"tool_store_unavailable": 3},
    "waits": [],
}


@pytest.mark.parametrize(
    "seen",
    [
        {"broken_promises": ["g: 1 acknowledged writes are gone"], "lost": 1},
        {"failures": ["edit w1: HTTP 500"], "failed": 1},
        {"acknowledged": 3},
    ],
)
def test_a_history_with_a_broken_promise_a_failure_or_hardly_a_write_does_not_pass(seen: dict[str, Any]) -> None:
    chaos = Chaos(None, "make chaos", {})
    release = cast(Release, None)  # asked only where results are kept
    assert chaos.judge(release, "a", "a fault", HISTORY, [(1, 2)]).passed
    with pytest.raises(AssertionError):
        chaos.judge(release, "a", "a fault", HISTORY | seen, [(1, 2)])
