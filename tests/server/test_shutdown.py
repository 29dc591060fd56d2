"""SIGTERM: not ready, queues shed, what runs gets its result or its own timeout, exit code 0."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from tests.helpers.patience import PATIENCE, eventually, soon
from tests.helpers.raw_http import RawClient
from tests.helpers.server import Server, handshake, message, modern
from tests.helpers.slots import hold, until
from tests.helpers.slow_server import COMMAND

Make = Callable[..., Server]


def sleep(seconds: float, era: Any = modern, request_id: int = 1) -> dict[str, Any]:
    return era("tools/call", {"name": "test_sleep", "arguments": {"seconds": seconds}}, request_id=request_id)


async def running(server: Server, number: int) -> None:
    """Wait until that many requests hold a slot."""
    await until(server, "running", number)


def test_an_idle_server_ends_at_once_and_leaves_no_process(make_server: Make) -> None:
    """It waits for nobody: it would for longer than this test."""
    server = make_server(limits_shutdown_timeout_seconds=10 * PATIENCE).start()
    tree = server.processes()
    assert len(tree) >= 2
    with RawClient(server) as idle:
        idle.request("GET", "/health")
        assert idle.answer()[0] == 200
        assert server.stop() == 0
        assert idle.closed_within()
    _, alive = psutil.wait_procs(tree, timeout=PATIENCE)
    assert not alive
    events = [line["event"] for line in server.logs()]
    assert [name for name in events if name.startswith("shutdown_")] == [
        "shutdown_started",
        "shutdown_listeners_closed",
        "shutdown_finished",
    ]


@pytest.mark.parametrize("era", [modern, handshake])
async def test_forty_five_calls_in_flight_get_their_results(make_server: Make, gate: Path, era: Any) -> None:
    server = make_server(command=COMMAND).start()
    async with httpx.AsyncClient(timeout=PATIENCE, limits=httpx.Limits(max_connections=60)) as client:
        asked = [hold(gate, era=era, request_id=number) for number in range(45)]
        calls = [asyncio.create_task(client.post(server.url, **one)) for one in asked]
        await running(server, 45)
        server.signal(signal.SIGTERM)
        await asyncio.to_thread(eventually, lambda: server.events("shutdown_started"))
        gate.touch()
        answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(message(answer)["id"] for answer in answers) == list(range(45))
    assert all("result" in message(answer) for answer in answers)
    assert await asyncio.to_thread(server.wait) == 0
    assert server.events("shutdown_started")[0]["running"] == 45
    assert server.events("shutdown_finished")[0]["cut"] == 0


async def test_those_that_wait_are_shed_at_once_and_those_that_run_are_not(make_server: Make, gate: Path) -> None:
    server = make_server(command=COMMAND, limits_connections=2, limits_queue=20).start()
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        first = [asyncio.create_task(client.post(server.url, **hold(gate))) for _ in range(2)]
        await running(server, 2)
        waiting = [asyncio.create_task(client.post(server.url, **sleep(0))) for _ in range(6)]
        await until(server, "waiting", 6)
        server.signal(signal.SIGTERM)
        shed = await asyncio.gather(*waiting)
        assert not any(call.done() for call in first)
        gate.touch()
        assert {answer.status_code for answer in await asyncio.gather(*first)} == {200}
    for answer in shed:
        assert answer.status_code == 503
        assert answer.json()["error"]["data"]["reason"] == "draining"
        assert answer.headers["retry-after"] == "1"
        assert answer.headers["connection"] == "close"
    assert await asyncio.to_thread(server.wait) == 0


@pytest.mark.long
def test_while_it_drains_it_is_not_ready_yet_answers_and_closes_each_connection(make_server: Make) -> None:
    server = make_server(http_drain_seconds=12).start()
    with RawClient(server) as early:
        early.request("GET", "/health")
        early.answer()
        server.signal(signal.SIGTERM)
        eventually(lambda: server.get("/ready").status_code == 503)
        assert server.get("/ready").json()["status"] == "draining"
        assert server.get("/health").status_code == 200
        late = server.rpc("tools/list")
        assert late.status_code == 200
        assert late.headers["connection"] == "close"
        early.request("GET", "/health")
        assert early.answer()[1]["connection"] == "close"
        assert early.closed_within()
    assert server.wait() == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), 1)


@pytest.mark.parametrize("era", [modern, handshake])
async def test_a_call_that_would_outlive_the_process_gets_its_own_named_timeout(
    make_server: Make, era: Any, gate: Path
) -> None:
    """The call itself would never end."""
    server = make_server(command=COMMAND, limits_shutdown_timeout_seconds=3).start()
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        call = asyncio.create_task(client.post(server.url, **hold(gate, era=era)))
        await running(server, 1)
        server.signal(signal.SIGTERM)
        answer = await call
    assert await asyncio.to_thread(server.wait) == 0
    error = message(answer)["error"]
    assert error["data"]["error"] == "timeout"
    assert "limits.shutdown_timeout_seconds" in error["message"]
    assert server.events("shutdown_finished")[0]["cut"] == 0


async def test_a_transfer_that_would_outlive_the_process_gets_its_own_named_timeout(make_server: Make) -> None:
    server = make_server(limits_shutdown_timeout_seconds=3).start()

    def workers() -> list[psutil.Process]:
        return [worker for zygote in server.zygotes() for worker in zygote.children()]

    def caught() -> bool:
        """Stop the worker that reads the file, so that it lasts until somebody ends it; a spare one would be replaced."""
        if server.metric("workers", state="busy") == 0:
            return False
        stopped = workers()
        for worker in stopped:
            worker.suspend()
        time.sleep(0.2)  # what it had sent before is read
        if server.metric("workers", state="busy") == 1 and workers() == stopped:
            return True
        for worker in stopped:
            worker.resume()
        return False

    rows = b"".join(b"%d %d\n" % (node, node + 1) for node in range(150_000))
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        put = partial(client.put, f"{server.base_url}/graphs/g?format=edge-list", content=rows)
        while True:
            upload = asyncio.create_task(put())
            if await asyncio.to_thread(eventually, lambda: caught() or upload.done(), every=0.01) and not upload.done():  # noqa: B023
                break
        server.signal(signal.SIGTERM)
        answer = await upload
    assert answer.status_code == 504
    assert answer.json()["setting"] == "limits.shutdown_timeout_seconds"
    assert await asyncio.to_thread(server.wait) == 0
    assert server.events("shutdown_finished")[0]["cut"] == 0


async def test_a_second_signal_does_no_harm(make_server: Make, gate: Path) -> None:
    server = make_server(command=COMMAND).start()
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        call = asyncio.create_task(client.post(server.url, **hold(gate)))
        await running(server, 1)
        for _ in range(3):
            server.signal(signal.SIGTERM)
            await asyncio.sleep(0.2)
        gate.touch()
        assert (await call).status_code == 200
    assert await asyncio.to_thread(server.wait) == 0


async def test_no_request_of_busy_clients_is_lost_in_silence(make_server: Make) -> None:
    """Clients that never pause see answers until the port is closed, and then a refused connection."""
    server = make_server(command=COMMAND, http_drain_seconds=1).start()
    ended: list[Exception] = []
    answered = 0

    async def client() -> None:
        nonlocal answered
        async with httpx.AsyncClient(timeout=PATIENCE) as connection:
            while True:
                try:
                    answer = await connection.post(server.url, **sleep(0.02))
                except httpx.TransportError as error:
                    ended.append(error)
                    return
                assert answer.status_code in (200, 503)
                answered += 1

    clients = [asyncio.create_task(client()) for _ in range(8)]
    await soon(lambda: answered > 20)
    server.signal(signal.SIGTERM)
    await asyncio.gather(*clients)
    assert await asyncio.to_thread(server.wait) == 0
    assert [error for error in ended if not isinstance(error, httpx.ConnectError)] == []


def test_it_can_be_ended_while_it_waits_for_its_store(make_server: Make) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # a port where nothing listens
        port = nobody.getsockname()[1]
        server = make_server(store_type="redis", store_url=f"redis://127.0.0.1:{port}/0").start(wait="/health")
        assert server.get("/startup").status_code == 503
        ready = server.get("/ready")
        assert (ready.status_code, ready.json()["status"]) == (503, "starting")
        refused = server.rpc("tools/list")
        assert refused.status_code == 503
        assert refused.headers["retry-after"]
        assert "store" in refused.json()["error"]["message"]
        assert server.get("/graphs/g").status_code == 503
        assert server.stop() == 0
