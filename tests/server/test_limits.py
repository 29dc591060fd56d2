"""Every limit of `http` on both sides, on real servers with small limits."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.helpers.patience import PATIENCE, eventually
from tests.helpers.raw_http import RawClient
from tests.helpers.server import Server, handshake, message, modern
from tests.helpers.slots import hold, until
from tests.helpers.slow_server import COMMAND

PROBES = ["/health", "/ready", "/startup", "/metrics"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two slots, three places, and all the time that anybody needs."""
    with Server(
        tmp_path_factory.mktemp("limits"),
        command=COMMAND,
        auth=True,
        limits_connections=2,
        limits_queue=3,
        limits_tool_body_kib=4,
        memory_resident_mb=64,
    ) as started:
        yield started


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One with little time, for tests in which nothing has to happen before it is over."""
    with Server(
        tmp_path_factory.mktemp("hasty"),
        command=COMMAND,
        auth=True,
        limits_queue_timeout_seconds=2,
        limits_request_timeout_seconds=3,
        limits_connection_timeout_seconds=5,
        limits_body_timeout_seconds=2,
        http_connection_max_seconds=6,
        memory_resident_mb=64,
    ) as started:
        yield started


def sleep(seconds: float, *, era: Any = modern, token: str | None, tool: str = "test_sleep") -> dict[str, Any]:
    return era("tools/call", {"name": tool, "arguments": {"seconds": seconds}}, token=token)


async def waiting(server: Server, number: int) -> None:
    """Wait until that many requests are in the queue."""
    await until(server, "waiting", number)


async def idle(server: Server) -> None:
    """Wait until nothing of an earlier test runs."""
    await until(server, "running", 0)


async def test_slots_run_places_wait_and_the_next_is_told_when_to_come_back(server: Server, gate: Path) -> None:
    await idle(server)
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        calls = [asyncio.create_task(client.post(server.url, **hold(gate, token=server.token))) for _ in range(5)]
        await waiting(server, 3)
        metrics = server.metrics()
        refused = await client.post(server.url, **sleep(0.1, token=server.token))
        assert not any(call.done() for call in calls)  # it was told at once
        gate.touch()
        answers = await asyncio.gather(*calls)
    assert [answer.status_code for answer in answers] == [200] * 5
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) >= 1
    error = refused.json()
    assert error["jsonrpc"] == "2.0"
    assert error["error"]["data"]["reason"] == "queue_full"
    assert "limits.queue" in error["error"]["message"]
    assert metrics[("networkx_mcp_requests_in_flight", ())] == 2
    assert metrics[("networkx_mcp_requests_in_flight_limit", ())] == 2
    assert metrics[("networkx_mcp_requests_queued", (("queue", "admission"),))] == 3
    assert metrics[("networkx_mcp_requests_queued_limit", (("queue", "admission"),))] == 3
    assert server.metric("requests_shed_total", reason="queue_full") >= 1


async def test_a_request_without_a_body_waits_as_any_other(server: Server, gate: Path) -> None:
    await idle(server)
    headers = {"authorization": f"Bearer {server.token}"}
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        running = [asyncio.create_task(client.post(server.url, **hold(gate, token=server.token))) for _ in range(2)]
        await until(server, "running", 2)
        listed = asyncio.create_task(client.get(f"{server.base_url}/graphs", headers=headers))
        await waiting(server, 1)
        leaving = asyncio.create_task(client.get(f"{server.base_url}/graphs", headers=headers))
        await waiting(server, 2)
        leaving.cancel()
        await waiting(server, 1)  # the one that hung up has left
        gate.touch()
        assert (await listed).status_code == 200
        assert {answer.status_code for answer in await asyncio.gather(*running)} == {200}


async def test_who_waits_past_the_allowance_is_shed(make_server: Callable[..., Server], gate: Path) -> None:
    server = make_server(command=COMMAND, auth=True, limits_connections=2, limits_queue_timeout_seconds=2).start()
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        running = [asyncio.create_task(client.post(server.url, **hold(gate, token=server.token))) for _ in range(2)]
        await until(server, "running", 2)
        began = time.monotonic()
        shed = await client.post(server.url, **sleep(0.1, token=server.token))
        waited = time.monotonic() - began
        assert not any(call.done() for call in running), "it did not wait for a slot"
        gate.touch()
        await asyncio.gather(*running)
    assert shed.status_code == 503
    assert shed.json()["error"]["data"]["reason"] == "queue_timeout"
    assert waited >= 1.8


async def test_a_client_that_hangs_up_leaves_the_queue(server: Server, gate: Path) -> None:
    await idle(server)
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        running = [asyncio.create_task(client.post(server.url, **hold(gate, token=server.token))) for _ in range(2)]
        await until(server, "running", 2)
        leaving = asyncio.create_task(client.post(server.url, **sleep(0.1, token=server.token)))
        await waiting(server, 1)
        leaving.cancel()
        await waiting(server, 0)
        gate.touch()
        assert {answer.status_code for answer in await asyncio.gather(*running)} == {200}
    eventually(lambda: server.metric("requests_total", outcome="cancelled") >= 1)


async def test_tenants_take_turns(server: Server, gate: Path) -> None:
    other = server.add_token("other", tenant="other")
    await asyncio.to_thread(eventually, lambda: server.rpc("tools/list", token=other).status_code == 200)
    await idle(server)
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        order: list[str] = []

        async def call(name: str, token: str | None) -> None:
            answer = await client.post(server.url, **hold(gate, token=token))
            assert answer.status_code == 200
            order.append(name)

        running = [asyncio.create_task(call("first", server.token)) for _ in range(2)]
        await until(server, "running", 2)
        queued = [asyncio.create_task(call("busy", server.token)) for _ in range(2)]
        await waiting(server, 2)
        queued.append(asyncio.create_task(call("other", other)))
        await waiting(server, 3)
        gate.touch()
        await asyncio.gather(*running, *queued)
    assert order.index("other") < len(order) - 1, order


@pytest.mark.parametrize("era", [modern, handshake])
async def test_a_call_past_the_connection_time_is_told_so_in_its_own_protocol(
    hasty: Server, era: Any, gate: Path
) -> None:
    """The call itself would never end."""
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        began = time.monotonic()
        answer = await client.post(hasty.url, **hold(gate, era=era, token=hasty.token))
    assert time.monotonic() - began >= 4.5
    error = message(answer)
    assert error["id"] == 1
    assert error["error"]["data"]["error"] == "timeout"
    assert "limits.connection_timeout_seconds" in error["error"]["message"]
    assert answer.status_code == (504 if era is modern else 200)  # a stream has begun with 200
    await idle(hasty)
    eventually(lambda: hasty.metric("requests_total", outcome="timeout", method="tools/call") >= 1)


async def test_a_call_within_it_is_answered(server: Server) -> None:
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        assert (await client.post(server.url, **sleep(1, token=server.token))).status_code == 200


async def test_a_client_that_hangs_up_ends_its_call(server: Server, gate: Path) -> None:
    await idle(server)
    before = server.metric("requests_total", method="tools/call", outcome="cancelled")
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        for era in (modern, handshake):
            call = asyncio.create_task(client.post(server.url, **hold(gate, era=era, token=server.token)))
            await until(server, "running", 1)
            call.cancel()
            await idle(server)
    eventually(lambda: server.metric("requests_total", method="tools/call", outcome="cancelled") == before + 2)


def body_of(size: int, token: str | None) -> dict[str, Any]:
    request = modern("tools/call", {"name": "list_graphs", "arguments": {}, "x": ""}, token=token)
    missing = size - len(request["content"])
    request["content"] = request["content"].replace(b'"x":""', b'"x":"' + b"a" * missing + b'"')
    assert len(request["content"]) == size
    return request


def test_a_body_of_the_limit_is_served_and_one_byte_more_is_not(server: Server) -> None:
    assert httpx.post(server.url, timeout=PATIENCE, **body_of(4096, server.token)).status_code == 200
    refused = httpx.post(server.url, timeout=PATIENCE, **body_of(4097, server.token))
    assert refused.status_code == 413
    assert "limits.tool_body_kib" in refused.json()["error"]["message"]


def test_a_chunked_body_is_refused_as_soon_as_it_is_too_large(server: Server) -> None:
    with RawClient(server) as client:
        headers = {**modern("ping", token=server.token)["headers"], "Transfer-Encoding": "chunked"}
        client.request("POST", "/mcp", headers)
        client.send(b"1001\r\n" + b"a" * 0x1001 + b"\r\n")  # and it never ends
        assert client.answer()[0] == 413


def test_a_client_that_sends_on_sees_the_refusal_and_not_a_reset(server: Server) -> None:
    for _ in range(5):
        refused = httpx.post(
            server.url,
            headers=modern("ping", token=server.token)["headers"],
            content=b"a" * 3_000_000,
            timeout=PATIENCE,
        )
        assert refused.status_code == 413


def test_nothing_is_read_for_who_has_no_token(server: Server) -> None:
    with RawClient(server) as client:
        client.request("POST", "/mcp", {"Content-Length": "4096", "Content-Type": "application/json"})
        assert client.answer()[0] == 401


@pytest.mark.parametrize(
    "start",
    [b"", b"POST /mcp HT", b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", b"\r\n"],
    ids=["nothing", "half a line", "half a header", "an empty line"],
)
def test_headers_that_do_not_arrive_are_given_up(hasty: Server, start: bytes) -> None:
    began = time.monotonic()
    with RawClient(hasty) as client:
        client.send(start)
        assert client.closed_within()
        assert time.monotonic() - began >= 1.5


def test_drops_that_keep_coming_do_not_keep_a_connection(hasty: Server) -> None:
    with RawClient(hasty) as client:
        client.send(b"GET /health HTTP/1.1\r\nHost: localhost\r\n")
        began = time.monotonic()
        with pytest.raises(OSError):  # noqa: PT012 -- it ends with the connection
            while time.monotonic() - began < PATIENCE:
                client.send(b"X-A: b\r\n")
                time.sleep(0.1)


def test_a_client_that_does_not_read_its_answers_is_given_up(hasty: Server) -> None:
    with RawClient(hasty) as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.send(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 16)  # as many as may be unanswered
        before = hasty.metric("sockets")
        eventually(lambda: hasty.metric("sockets") < before)
        assert hasty.get("/health").status_code == 200


def test_an_idle_connection_between_requests_is_kept(hasty: Server) -> None:
    with RawClient(hasty) as client:
        for _ in range(2):
            client.request("GET", "/health")
            assert client.answer()[0] == 200
            time.sleep(2.6)  # above the time for headers
        client.request("GET", "/health")
        assert client.answer()[0] == 200


def test_a_slow_body_holds_no_slot(server: Server) -> None:
    headers = {**modern("tools/list", token=server.token)["headers"], "Content-Length": "100", "Expect": "100-continue"}
    with contextlib.ExitStack() as stack:
        for _ in range(5):  # more than there are slots
            client = stack.enter_context(RawClient(server))
            client.request("POST", "/mcp", headers)
            client.admitted()
            client.send(b"{")
        assert server.get("/ready").json()["checks"]["connections"]["running"] == 0
        assert server.rpc("tools/list").status_code == 200


def test_a_slow_body_is_told_so(hasty: Server) -> None:
    with RawClient(hasty) as client:
        client.request("POST", "/mcp", {**modern("tools/list", token=hasty.token)["headers"], "Content-Length": "100"})
        client.send(b"{")
        status, _, body = client.answer()
    assert status == 408
    assert "limits.body_timeout_seconds" in json.loads(body)["error"]["message"]


def test_the_rest_of_a_refused_body_is_not_awaited_for_ever(server: Server) -> None:
    headers = {**modern("tools/list", token=server.token)["headers"], "Content-Length": "1000000"}
    with RawClient(server) as client:
        client.request("POST", "/mcp", headers)
        assert client.answer()[0] == 413
        assert client.closed_within()


@pytest.mark.parametrize("size, status", [(60_000, 200), (80_000, 431)])
def test_headers_are_bounded(server: Server, size: int, status: int) -> None:
    with RawClient(server) as client:
        client.request("GET", "/health", {"X-Large": "a" * size})
        assert client.answer()[0] == status


def test_a_connection_that_lived_long_enough_is_closed_with_its_next_answer(hasty: Server) -> None:
    with RawClient(hasty) as client:
        client.request("GET", "/nothing")
        assert "connection" not in client.answer()[1]
        time.sleep(6.1)
        client.request("GET", "/nothing")
        assert client.answer()[1]["connection"] == "close"


async def test_probes_are_answered_while_everything_is_taken(server: Server) -> None:
    await idle(server)
    shed = server.metric("requests_shed_total", reason="queue_full")
    async with httpx.AsyncClient(timeout=PATIENCE, limits=httpx.Limits(max_connections=30)) as client:

        async def flood() -> None:
            while True:
                await client.post(server.url, **sleep(0.2, token=server.token))

        floods = [asyncio.create_task(flood()) for _ in range(20)]
        for _ in range(3):
            # Others are refused: there is no place in the queue, and a probe needs none.
            before = shed
            while shed == before:
                shed = await asyncio.to_thread(server.metric, "requests_shed_total", reason="queue_full")
            for path in PROBES:
                assert (await asyncio.to_thread(server.get, path)).status_code == 200
        for task in floods:
            task.cancel()
        await asyncio.gather(*floods, return_exceptions=True)
