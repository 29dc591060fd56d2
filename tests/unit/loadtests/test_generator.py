"""The generator counts what was due in its window, under the load that there was: a scripted server tells."""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from loadtests import cluster, generator, ready_probes, workload
from loadtests.player import GeneratorJob

OK = {"jsonrpc": "2.0", "id": 1, "result": {}}
SHED = {"jsonrpc": "2.0", "id": 1, "result": {"isError": True, "_meta": {"networkx-mcp/error": {"error": "shed"}}}}

Answer = Callable[[str], Awaitable[dict[str, Any]]]


async def served(answer: Answer, ready: Callable[[], Awaitable[None]], job: dict[str, Any]) -> dict[str, Any]:
    """The generator's document of a run against a server that answers tools as `answer` says, and /ready after `ready`."""

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := (await reader.readuntil(b"\r\n\r\n")).decode():
            if head.startswith("GET /ready"):
                await ready()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
                writer.close()
                return
            length = int(head.lower().partition("content-length: ")[2].split("\r\n")[0])
            said = json.loads(await reader.readexactly(length))
            found = OK if said["method"] != "tools/call" else await answer(said["params"]["name"])
            body = json.dumps(found, separators=(",", ":")).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    async def forgiving(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await connection(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async with await asyncio.start_server(forgiving, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        made = {"host": "127.0.0.1", "port": port, "workload": "reader", "run": "test", "warmup": 0.2, **job}
        found = await generator.Load(GeneratorJob(**made)).run()
        # What is left of this server's own tasks is no fault of the client, which ends its process on one.
        asyncio.get_running_loop().set_exception_handler(lambda loop, facts: None)
        return found


async def at_once() -> None:
    """Ready without a wait."""


def users(monkeypatch: pytest.MonkeyPatch, heavy: int) -> None:
    """The first `heavy` users call `find_paths`, the others `get_neighbors`."""

    def calls(number: int, run: str) -> Any:
        tool = "find_paths" if number < heavy else "get_neighbors"
        return ((tool, {"graph_id": run}) for _ in itertools.count())

    monkeypatch.setitem(workload.USERS, "reader", calls)


@pytest.mark.parametrize("rate", [None, 60.0])
@pytest.mark.long
def test_a_call_that_waits_past_the_window_waits_under_load(
    monkeypatch: pytest.MonkeyPatch, rate: float | None
) -> None:
    """The worker is free once reads have stopped for half a second; a call is shed after it waited for three. One that
    was due late in the window, at 3 s of 2 to 4.5, must be shed, too."""
    users(monkeypatch, heavy=2)
    monkeypatch.setattr(generator, "RAMP_SECONDS", 0.2)
    reads = 0

    async def answer(tool: str) -> dict[str, Any]:
        nonlocal reads
        if tool == "get_neighbors":
            await asyncio.sleep(0.02)
            reads += 1
            return OK
        # Looks are counted and not seconds: a machine that stood still has not stopped the reads. The three seconds are a
        # clock's, as the window is: else a busy machine holds the first call so long that the next is due after it.
        seen, unchanged, until = reads, 0, time.monotonic() + 3
        while time.monotonic() < until:
            await asyncio.sleep(0.05)
            seen, unchanged = reads, unchanged + 1 if reads == seen else 0
            if unchanged == 10:
                return OK
        return SHED

    found = asyncio.run(served(answer, at_once, {"users": 8, "seconds": 2.5, "warmup": 2.0, "rate": rate}))
    paths = found["tools"]["find_paths"]
    assert paths["requests"] == paths["failed"] > 0
    assert found["mistakes"] == 0


def test_what_is_due_after_the_window_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that is due in the window holds the load until a second after it; reads of that second are nobody's."""
    users(monkeypatch, heavy=1)

    async def answer(tool: str) -> dict[str, Any]:
        await asyncio.sleep(0.02 if tool == "get_neighbors" else 1.4)
        return OK

    found = asyncio.run(served(answer, at_once, {"users": 3, "seconds": 1.0, "rate": 50.0, "warmup": 0.4}))
    assert found["requests"] == pytest.approx(50, abs=1)


def test_the_load_ends_though_a_call_is_never_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    users(monkeypatch, heavy=1)
    monkeypatch.setattr(generator, "LOADED_SECONDS", 0.5)
    monkeypatch.setattr(generator, "ANSWER_SECONDS", 0.5)

    async def answer(tool: str) -> dict[str, Any]:
        await asyncio.sleep(0.02 if tool == "get_neighbors" else 3600)
        return OK

    found = asyncio.run(served(answer, at_once, {"users": 3, "seconds": 1.0, "warmup": 1.0}))
    assert found["success_percent"] <= 100


# --- probes of /ready


def test_a_probe_that_hangs_delays_no_other_and_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the probes every half second the third hangs: the others are there, and it with all its time."""
    users(monkeypatch, heavy=0)
    monkeypatch.setattr(generator, "LOADED_SECONDS", 1.0)
    numbers = itertools.count()

    async def answer(tool: str) -> dict[str, Any]:
        del tool
        await asyncio.sleep(0.02)
        return OK

    async def ready() -> None:
        if next(numbers) == 2:
            await asyncio.sleep(60)

    found = asyncio.run(served(answer, ready, {"users": 2, "seconds": 3.0}))["probes"]
    assert found["every"] == ready_probes.EVERY_SECONDS
    assert found["count"] >= 0.9 * 3.0 / found["every"]
    assert found["failed"] == 1
    assert found["max_ms"] > 2000


def test_a_probe_in_flight_at_the_end_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    users(monkeypatch, heavy=0)

    async def answer(tool: str) -> dict[str, Any]:
        del tool
        await asyncio.sleep(0.02)
        return OK

    async def ready() -> None:
        await asyncio.sleep(0.8)

    found = asyncio.run(served(answer, ready, {"users": 2, "seconds": 2.0}))["probes"]
    assert found["failed"] == 0
    # The first was begun with the warm-up and ended in the window; the last ended after it, unless a busy machine began it late.
    assert found["count"] in (4, 5)
    assert found["max_ms"] >= 800


# --- where it runs


def test_the_client_on_a_cluster_has_all_that_the_generator_needs(tmp_path: Path) -> None:
    packed = tmp_path / "loadtests.zip"
    packed.write_bytes(cluster.archive())
    program = "import loadtests.generator as g; print(g.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": str(packed)}, cwd=tmp_path, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert str(packed) in done.stdout, done.stderr
