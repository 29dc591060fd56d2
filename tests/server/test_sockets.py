"""What strangers can do with sockets alone: requests sent ahead, requests of many small parts, sockets that idle."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from tests.helpers.patience import PATIENCE, eventually
from tests.helpers.raw_http import RawClient
from tests.helpers.server import Server, modern
from tests.helpers.slow_server import COMMAND

#: Requests of one connection that may be unanswered.
AHEAD = 16
CONNECTIONS, WRITTEN = 20, 12_000
LIMIT = 40


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(
        tmp_path_factory.mktemp("sockets"),
        command=COMMAND,
        auth=True,
        limits_sockets=LIMIT,
    ) as started:
        yield started


def get(path: str, token: str | None = None) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", *([f"Authorization: Bearer {token}"] if token else [])]
    return "\r\n".join([*lines, "", ""]).encode()


def post(token: str | None, tool: str, *, expect: str = "", **arguments: object) -> bytes:
    request = modern("tools/call", {"name": tool, "arguments": arguments}, token=token)
    fields = {"Host": "localhost", **request["headers"], "Content-Length": str(len(request["content"]))}
    fields |= {"Expect": expect} if expect else {}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST /mcp HTTP/1.1\r\n{head}\r\n".encode() + request["content"]


def ended(client: RawClient, data: bytes) -> bool:
    """Whether the server cuts the connection on which `data` is sent."""
    with contextlib.suppress(ConnectionError):
        client.send(data)
    return client.closed_within()


# -- requests sent ahead -----------------------------------------------------------------------------


@pytest.mark.parametrize("path, status", [("/health", 200), ("/mcp", 405), ("/nothing", 404)])
def test_sixteen_requests_in_one_write_are_answered_in_their_order(server: Server, path: str, status: int) -> None:
    with RawClient(server) as client:
        client.send(get(path) * AHEAD)
        assert [client.answer()[0] for _ in range(AHEAD)] == [status] * AHEAD
        client.send(get(path) * AHEAD)  # they are answered: as many again
        assert [client.answer()[0] for _ in range(AHEAD)] == [status] * AHEAD


def test_calls_sent_ahead_are_answered_each_with_its_own(server: Server) -> None:
    with RawClient(server) as client:
        ways = [post(server.token, "list_graphs"), get("/health"), get("/nothing"), post(None, "list_graphs")]
        client.send(b"".join(ways) * (AHEAD // 4))
        assert [client.answer()[0] for _ in range(AHEAD)] == [200, 200, 404, 401] * (AHEAD // 4)


def test_one_more_than_sixteen_ends_the_connection(server: Server, gate: Path) -> None:
    before = server.metric("requests_shed_total", reason="pipelining")
    with RawClient(server) as client:
        assert ended(client, post(server.token, "test_wait", file=str(gate)) + get("/health") * AHEAD)
    assert server.metric("requests_shed_total", reason="pipelining") == before + 1


def test_sixteen_behind_a_call_that_runs_wait_for_it(server: Server) -> None:
    with RawClient(server) as client:
        client.send(post(server.token, "test_sleep", seconds=0.5) + get("/health") * (AHEAD - 1))
        assert [client.answer()[0] for _ in range(AHEAD)] == [200] * AHEAD


def test_a_client_that_hangs_up_ends_the_call_before_those_it_sent_ahead(server: Server, gate: Path) -> None:
    def running() -> int:
        found: int = server.get("/ready").json()["checks"]["connections"]["running"]
        return found

    with RawClient(server) as client:
        client.send(post(server.token, "test_wait", file=str(gate)) + get("/health") * 3)
        eventually(lambda: running() == 1)
        before = server.metric("requests_total", method="tools/call", outcome="cancelled")
    eventually(lambda: running() == 0)
    eventually(lambda: server.metric("requests_total", method="tools/call", outcome="cancelled") == before + 1)


@pytest.mark.parametrize(
    "request_",
    [get("/mcp"), get("/health"), get("/metrics"), b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nabcde"],
    ids=["GET /mcp", "/health", "/metrics", "with a body"],
)  # fmt: skip
def test_thousands_of_requests_in_one_write_are_not_kept(server: Server, request_: bytes) -> None:
    memory = psutil.Process(server.pid).memory_info
    before = memory().rss
    clients = [RawClient(server) for _ in range(CONNECTIONS)]
    try:
        for client in clients:
            client.socket.setblocking(False)
            with contextlib.suppress(BlockingIOError, ConnectionError):
                client.socket.sendall(request_ * WRITTEN)
        peak = before
        for client in clients:
            client.socket.setblocking(True)
            assert ended(client, b"")
            peak = max(peak, memory().rss)
    finally:
        for client in clients:
            client.__exit__()
    # All of them, parsed, would be 4 KiB each and more.
    assert peak - before < CONNECTIONS * WRITTEN * 4096 / 20
    assert server.get("/health").status_code == 200


# -- requests of many small parts --------------------------------------------------------------------


@pytest.mark.parametrize("fields, status", [(250, 404), (257, 431), (40_000, 431)])
def test_header_fields_are_counted(server: Server, fields: int, status: int) -> None:
    with RawClient(server) as client:
        with contextlib.suppress(ConnectionError):
            client.send(b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n" + b"a:b\r\n" * (fields - 1) + b"\r\n")
        assert client.answer()[0] == status
        assert client.closed_within() if status == 431 else not client.closed_within(1)


def chunked(token: str | None, chunks: bytes, content: bytes = b"") -> bytes:
    headers = modern("tools/list", token=token)["headers"] | {"Host": "localhost", "Transfer-Encoding": "chunked"}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /mcp HTTP/1.1\r\n{head}\r\n".encode() + chunks + content + b"0\r\n\r\n"


def test_a_body_in_chunks_of_a_few_bytes_is_read(server: Server) -> None:
    content = modern("tools/list")["content"] + b" " * 300_000
    parts = [content[at : at + 3] for at in range(0, len(content), 3)]
    with RawClient(server) as client:
        client.send(chunked(server.token, b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)))
        assert client.answer()[0] == 200


@pytest.mark.parametrize(
    "chunks",
    [b"1\r\n \r\n" * 400_000, b"000000000001\r\n \r\n" * 100_000, b"1;" + b"a" * 2_000_000 + b"\r\n \r\n"],
    ids=["of one byte", "with long sizes", "with an extension"],
)
def test_a_body_that_is_mostly_framing_is_cut(server: Server, chunks: bytes) -> None:
    with RawClient(server) as client:
        assert ended(client, chunked(server.token, chunks))


# -- sockets that idle -------------------------------------------------------------------------------


def sockets(server: Server) -> list[Any]:
    """Its connections, those that their clients have closed as well, until the server has."""
    found = psutil.Process(server.pid).net_connections("tcp")
    return [one for one in found if one.status != psutil.CONN_LISTEN]


@contextlib.contextmanager
def connections(server: Server, number: int) -> Iterator[list[RawClient]]:
    eventually(lambda: not sockets(server))  # of earlier tests
    found = [RawClient(server) for _ in range(number)]
    try:
        yield found
    finally:
        for client in found:
            client.__exit__()


def call(client: RawClient, server: Server) -> int:
    client.send(post(server.token, "list_graphs"))
    return client.answer()[0]


@pytest.mark.parametrize(
    "sent", [b"", b"POST /mcp HTTP/1.1\r\nHost: a", get("/health"), get("/nothing"), get("/metrics")]
)
def test_strangers_who_idle_do_not_shut_callers_out(server: Server, sent: bytes) -> None:
    with connections(server, 3 * LIMIT) as strangers:
        for client in strangers:
            with contextlib.suppress(ConnectionError):
                client.send(sent)
        for _ in range(3):
            assert server.rpc("tools/list").status_code == 200
            assert server.get("/ready").status_code == 200
        eventually(lambda: server.metric("sockets") <= LIMIT + 1)
    assert server.metric("sockets_evicted_total", kind="stranger") > LIMIT


def test_of_idle_connections_those_without_a_token_go_first(server: Server) -> None:
    with connections(server, 10) as callers:
        assert {call(client, server) for client in callers} == {200}
        with connections_of_strangers(server, 3 * LIMIT):
            assert {call(client, server) for client in callers} == {200}  # on the same connections


@contextlib.contextmanager
def connections_of_strangers(server: Server, number: int) -> Iterator[None]:
    found = [RawClient(server) for _ in range(number)]
    try:
        eventually(lambda: server.metric("sockets") >= LIMIT)
        yield
    finally:
        for client in found:
            client.__exit__()


def test_idle_callers_make_room_for_others_the_longest_idle_first(server: Server) -> None:
    with connections(server, LIMIT) as callers:
        for client in callers:
            assert call(client, server) == 200
        time.sleep(1.1)
        assert call(callers[0], server) == 200  # the first is the newest now
        assert server.rpc("tools/list").status_code == 200
        assert callers[1].closed_within()
        assert call(callers[0], server) == 200
        assert call(callers[-1], server) == 200


def test_a_call_that_runs_keeps_its_connection(server: Server, gate: Path) -> None:
    with connections(server, 1) as [caller]:
        caller.send(post(server.token, "test_wait", file=str(gate)))
        with connections_of_strangers(server, 3 * LIMIT):
            gate.touch()
            assert caller.answer()[0] == 200


def test_where_every_socket_is_in_use_only_probes_are_answered(server: Server) -> None:
    with connections(server, LIMIT) as callers:
        for client in callers:  # a body that is awaited: nothing of it is idle
            client.send(post(server.token, "list_graphs", expect="100-continue")[:-1])
        for client in callers:  # whoever asked now might take the place of one whose headers are not read yet
            client.admitted()
        refused = server.rpc("tools/list")
        assert refused.status_code == 503
        assert refused.json()["error"]["data"]["reason"] == "sockets"
        assert refused.headers["connection"] == "close"
        with connections_of_strangers(server, 3 * LIMIT):  # they take the reserve as well
            for path in ("/health", "/ready", "/startup", "/metrics"):
                assert server.get(path).status_code == 200
        for client in callers:
            client.send(b"}")
        assert {client.answer()[0] for client in callers} == {200}


def test_who_reads_no_answers_loses_his_place(server: Server) -> None:
    with connections(server, LIMIT) as strangers:
        for client in strangers:
            client.socket.setsockopt(6, 10, 4096)  # TCP_WINDOW_CLAMP
            client.send(get("/metrics") * AHEAD)
        for _ in range(5):  # while the strangers' answers are being made
            assert server.rpc("tools/list").status_code == 200
        assert httpx.get(server.base_url + "/health", timeout=PATIENCE).status_code == 200


def test_few_may_leave_the_metrics_unread(server: Server) -> None:
    with connections(server, LIMIT - 4) as strangers:
        for client in strangers:
            client.send(get("/metrics") * AHEAD)
        eventually(lambda: server.metric("requests_shed_total", reason="metrics") > 0)
        assert server.get("/metrics").status_code == 200  # whoever reads is served
        assert server.get("/health").status_code == 200


@pytest.mark.parametrize(
    "value, status", [(b"[]", 413), (b'"' + b"[]," * 300_000 + b'"', 200)], ids=["lists", "a text"]
)
def test_a_body_of_more_values_than_the_limit_is_not_parsed(server: Server, value: bytes, status: int) -> None:
    request = modern("tools/call", {"name": "describe_graph", "arguments": {"graph_id": "@"}}, token=server.token)
    if value == b"[]":
        value = b"[" + b"[]," * 300_000 + b"[]]"
    request["content"] = request["content"].replace(b'"@"', value)
    answer = httpx.post(server.url, timeout=PATIENCE, **request)
    assert answer.status_code == status, answer.text
    assert ("limits.tool_body_values" in answer.text) is (status == 413)
    assert answer.json()["id"] == (1 if status == 200 else answer.json()["id"])
