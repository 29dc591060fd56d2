"""Cheap bytes that would cost a server its event loop, its memory or its places. One record an attack: add another to STRIKES.

A strike is thrown as a whole, at a server that serves nobody else, while /health is asked (`holds`).
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from loadtests.abuse import hostile_sql, shapes, weights
from loadtests.abuse.attack import World
from loadtests.abuse.subject import GRAPH, Subject
from networkx_mcp import mcp_wire

#: Connections at once, and requests that one writes.
CONNECTIONS, WRITTEN = 50, 12_000
#: Sockets that idle: more than limits.sockets.
IDLERS = 2_500
#: Connections that send bodies nobody reads.
SENDERS = 500
#: Graphs of three nodes; a server of 1,024 descriptors holds 481 at most.
GRAPHS = 600
#: Seconds of a flood.
FLOOD_SECONDS = 5.0


@dataclass
class StruckServer:
    """The server that is struck, and what came of it."""

    subject: Subject
    world: World
    #: Requests, or connections, that were sent.
    sent: int = 0
    #: What was answered otherwise than it must be.
    wrong: str = ""

    async def write(self, data: bytes, seconds: float = 10.0) -> bytes:
        """Send on a new connection and read until it is closed, or for so long; the first bytes of the answer."""
        found = b""
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(seconds):
                reader, writer = await asyncio.open_connection(self.subject.host, self.subject.port)
                try:
                    writer.write(data)
                    await writer.drain()
                    while part := await reader.read(65536):
                        found = (found + part)[:300]
                finally:
                    writer.close()
        return found

    async def many(self, data: bytes, each: int) -> None:
        """CONNECTIONS that each write `data`, which holds `each` requests."""
        self.sent += CONNECTIONS * each
        await asyncio.gather(*(self.write(data) for _ in range(CONNECTIONS)))


@dataclass(frozen=True)
class Strike:
    """One attack. `few`: at a server of 1,024 file descriptors."""

    name: str
    throw: Callable[[StruckServer], Awaitable[None]]
    few: bool = False


def _ahead(path: str, body: bytes = b"") -> Callable[[StruckServer], Awaitable[None]]:
    async def throw(field: StruckServer) -> None:
        request = field.world.http("POST" if body else "GET", path, body=body, token=None)
        await field.many(request * WRITTEN, WRITTEN)

    return throw


def _once(make: Callable[[World], bytes]) -> Callable[[StruckServer], Awaitable[None]]:
    async def throw(field: StruckServer) -> None:
        for _ in range(5):
            await field.many(make(field.world), 1)

    return throw


def _fields(world: World) -> bytes:
    return f"GET /mcp HTTP/1.1\r\nHost: {world.host}\r\n".encode() + b"a:b\r\n" * 200_000


def _chunks(token: str | None) -> Callable[[World], bytes]:
    def make(world: World) -> bytes:
        head = world.http("POST", "/mcp", {"Transfer-Encoding": "chunked"}, token=token)
        return head.replace(b"Content-Length: 0\r\n", b"") + b"1\r\n[\r\n" * 200_000

    return make


async def _crowd(field: StruckServer) -> None:
    """A thousand strangers who ask in the same moment, three times."""
    links = [await asyncio.open_connection(field.subject.host, field.subject.port) for _ in range(1000)]
    for _ in range(3):
        for _, writer in links:
            writer.write(field.world.http("GET", "/graphs", token=None))
        field.sent += len(links)
        for reader, _ in links:
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
    for _, writer in links:
        writer.close()


async def _idle(field: StruckServer, sent: bytes) -> None:
    links = []
    for _ in range(IDLERS):
        reader, writer = await asyncio.open_connection(field.subject.host, field.subject.port)
        with suppress(OSError):
            writer.write(sent)
        links.append((reader, writer))
    field.sent += len(links)
    for _ in range(20):  # a caller with a token on a new connection
        answer = await field.write(field.world.http("GET", "/graphs", {"Connection": "close"}))
        if not answer.startswith(b"HTTP/1.1 200"):
            field.wrong = f"a caller was told {answer[:60]!r}"
    for _, writer in links:
        writer.close()


async def _idlers(field: StruckServer) -> None:
    await _idle(field, b"")


async def _half(field: StruckServer) -> None:
    await _idle(field, b"POST /mcp HTTP/1.1\r\nHost: a")


async def _unread(field: StruckServer) -> None:
    await _idle(field, field.world.http("GET", "/metrics", token=None) * 16)


async def _unread_bodies(field: StruckServer) -> None:
    """Strangers whose bodies are read fast at first and thrown away, so that the kernel's buffers grow where nothing bounds them."""
    head = field.world.http("PUT", "/graphs/none", token=None).replace(
        b"Content-Length: 0", b"Content-Length: 60000000"
    )
    until = time.monotonic() + FLOOD_SECONDS

    async def send() -> None:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(field.subject.host, field.subject.port)
            writer.write(head)
            while time.monotonic() < until:
                writer.write(bytes(65536))
                async with asyncio.timeout_at(asyncio.get_running_loop().time() + FLOOD_SECONDS):
                    await writer.drain()
            writer.transport.abort()

    field.sent += SENDERS
    await asyncio.gather(*(send() for _ in range(SENDERS)), return_exceptions=True)


async def _scrapes(field: StruckServer) -> None:
    """Eight strangers who ask for /metrics as fast as they are answered."""
    until = time.monotonic() + FLOOD_SECONDS
    request = field.world.http("GET", "/metrics", token=None)

    async def flood() -> None:
        reader, writer = await asyncio.open_connection(field.subject.host, field.subject.port)
        while time.monotonic() < until:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]))
            field.sent += 1
        writer.close()

    await asyncio.gather(*(flood() for _ in range(8)))


def _body(shape: str, token: str | None) -> Callable[[StruckServer], Awaitable[None]]:
    async def throw(field: StruckServer) -> None:
        for name, request in shapes.bodies(field.world, shape, token):
            field.sent += 1
            answer = await field.write(request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1), 30.0)
            if not answer.startswith(b"HTTP/1.1") or answer.startswith(b"HTTP/1.1 500"):
                field.wrong = f"{name}: {answer[:60]!r}"

    return throw


async def _at_once(field: StruckServer) -> None:
    """As many large bodies as there are slots, of as many values as are allowed."""
    rows = b"[" + b",".join([b"[1]"] * 140_000) + b"]"
    message = mcp_wire.message("modern", "tools/call", {"name": "describe_graph", "arguments": {"graph_id": "@"}})
    request = field.world.mcp("modern", "tools/call", {"name": "describe_graph"}, message.replace(b'"@"', rows))
    field.sent += 45
    await asyncio.gather(*(field.write(request, 20.0) for _ in range(45)))


async def _graphs(field: StruckServer) -> None:
    """More graphs than there are descriptors, read again; then a call that needs a worker."""
    for number in range(GRAPHS):
        made = {"graph_id": f"tiny-{number}", "edges": [["a", "b"], ["b", "c"]]}
        await asyncio.to_thread(field.subject.call, "create_graph", **made)
        field.sent += 1
    for number in range(0, GRAPHS, 10):
        await asyncio.to_thread(field.subject.call, "describe_graph", graph_id=f"tiny-{number}")
    await asyncio.to_thread(field.subject.call, "rank_nodes", "ann", graph_id=field.subject.foreign_id)
    await asyncio.to_thread(field.subject.call, "rank_nodes", graph_id=GRAPH)


def _put(field: StruckServer, path: str, body: bytes, token: str) -> tuple[int, bytes]:
    field.sent += 1
    status, answer, _ = field.subject.exchange("PUT", path, body, field.subject.tokens[token], {})
    return status, answer


async def _large_values(field: StruckServer) -> None:
    """A graph that holds large values from before the limit, read by everything that reads; a new one is refused."""
    path = "/admin/tenants/b/graphs/old/archive?replace=true"
    status, answer = await asyncio.to_thread(_put, field, path, weights.old_values(), "operator")
    if status >= 300:
        field.wrong = f"the archive: {status} {answer[:200]!r}"
        return
    reads: tuple[tuple[str, dict[str, Any]], ...] = (
        ("get_neighbors", {"node": "a"}),
        ("describe_graph", {"limit": 100}),
        ("get_subgraph", {"nodes": ["a", "b"]}),
        ("find_paths", {"source": "a", "target": "b"}),
        ("draw_graph", {"label": "lists", "edge_label": "text"}),
        ("edit_graph", {"edits": [{"action": "add_nodes", "nodes": [{"id": "a", "attributes": {"small": 1}}]}]}),
        ("get_neighbors", {"node": "a"}),
        ("list_graphs", {}),
    )
    for tool, arguments in reads:
        given = arguments if tool == "list_graphs" else {"graph_id": "old", **arguments}
        calls = 10 if tool in ("get_neighbors", "describe_graph") else 1
        field.sent += calls
        await asyncio.gather(*(asyncio.to_thread(field.subject.call, tool, **given) for _ in range(calls)))
    uri = mcp_wire.message("modern", "resources/read", {"uri": "graph://old"})
    await field.many(field.world.mcp("modern", "resources/read", {"uri": "graph://old"}, uri), 1)
    for size in (weights.LISTS, weights.TEXT):
        refused, answer = await asyncio.to_thread(
            _put, field, "/graphs/new?format=node-link", weights.upload(size), "bob"
        )
        if refused != 413 or b"limits.value_kib" not in answer:
            field.wrong = f"a value of {size} bytes: {refused} {answer[:200]!r}"


async def _inflating(field: StruckServer) -> None:
    """13 graphs of 55 MB that store some KB, read in turn; archives that inflate to more than a pod has."""
    there = []
    for number in range(13):
        path = f"/graphs/wide-{number}?format=node-link"
        status, answer = await asyncio.to_thread(_put, field, path, weights.wide(), "bob")
        if status not in (201, 413, 503, 507):
            field.wrong = f"graph {number}: {status} {answer[:200]!r}"
        there += [number] if status == 201 else []
    for number in there * 2:
        field.sent += 1
        await asyncio.to_thread(field.subject.call, "get_neighbors", graph_id=f"wide-{number}", node=1)
    for mebibytes in (100, 400):
        path = "/admin/tenants/b/graphs/bomb/archive?replace=true"
        status, answer = await asyncio.to_thread(_put, field, path, weights.inflating(mebibytes), "operator")
        if status == 500:
            field.wrong = f"an archive of {mebibytes} MiB: {answer[:200]!r}"


async def _hostile_sql(field: StruckServer) -> None:
    """Statements and conditions that must not run, or take more than there is, as many at once as there are workers."""
    places = asyncio.Semaphore(os.cpu_count() or 1)

    async def ask(tool: str, arguments: dict[str, Any], may: frozenset[str]) -> None:
        async with places:
            field.sent += 1
            for _ in range(5):
                told = (await asyncio.to_thread(field.subject.rpc, *mcp_wire.call(tool, arguments)))[1]
                wait = hostile_sql.retry_after(told)
                if not wait:
                    break
                await asyncio.sleep(wait)  # the bombs before it have filled the memory: a lawful answer
        if hostile_sql.outcome(told) not in may:
            field.wrong = f"{str(arguments)[:100]}: {str(told)[:200]}"

    await asyncio.gather(*(ask(*one) for one in hostile_sql.calls(GRAPH)))


STRIKES: tuple[Strike, ...] = (
    Strike("pipelining: GET /mcp", _ahead("/mcp")),
    Strike("pipelining: GET /health", _ahead("/health")),
    Strike("pipelining: unknown paths", _ahead("/nothing")),
    Strike("pipelining: POST with a body", _ahead("/mcp", b"x" * 100)),
    Strike("header fields of one letter", _once(_fields)),
    Strike("chunks of one byte, no token", _once(_chunks(None))),
    Strike("chunks of one byte, a token", _once(_chunks("bob"))),
    Strike("1,000 strangers at once", _crowd),
    Strike("idle sockets", _idlers),
    Strike("idle sockets with half a request", _half),
    Strike("unread /metrics", _unread),
    Strike("unread bodies", _unread_bodies),
    Strike("/metrics as fast as it goes", _scrapes),
    *(Strike(f"bodies: {name}", _body(name, "bob")) for name in shapes.values()),
    Strike("bodies: empty lists, no token", _body("empty lists", None)),
    Strike("bodies: 45 large ones at once", _at_once),
    Strike("large values of one graph, by all that reads", _large_values),
    Strike("graphs and archives that inflate", _inflating),
    Strike("SQL and views that must not run, or want too much", _hostile_sql),
    Strike("descriptors: more graphs than they allow", _graphs, few=True),
    Strike("descriptors: idle sockets", _idlers, few=True),
)
