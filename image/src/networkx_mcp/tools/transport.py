"""The ASGI app of /mcp: the SDK's transport, entered in two ways, and a short cut.

A call is answered as a stream or as plain JSON. Only a stream notices that the client hung up and
carries progress, and that costs CPU: 0.6 ms a call in the modern era, 1.1 ms in the handshake era,
against 0.2 ms by the short cut (`direct`; `python benchmarks/transport.py` measures them). So what is
answered from memory, and could not be interrupted anyway, goes the plain way; everything that runs in
a worker, and everything unknown, is streamed. Clients must understand both in every version.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import msgspec
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from sse_starlette.sse import AppStatus
from starlette.types import Message, Receive, Scope, Send

from networkx_mcp.settings import KIB, Settings
from networkx_mcp.tools import direct

#: Methods answered from what is in memory.
_PLAIN_METHODS = frozenset(
    {
        "initialize",
        "ping",
        "server/discover",
        "tools/list",
        "prompts/list",
        "prompts/get",
        "resources/list",
        "resources/templates/list",
        "resources/read",
    }
)
#: A longer body is not looked into before the SDK parses it: it is an upload, and streamed.
_PEEK_BYTES = 64 * KIB


class _Params(msgspec.Struct):
    name: str = ""


class _Envelope(msgspec.Struct):
    method: str = ""
    params: _Params | None = None


_envelope = msgspec.json.Decoder(_Envelope)


class McpApp:
    """The ASGI app of POST /mcp. Requests are served while `run()` is entered, which happens once.

    `plain_tools` names the tools that are answered without a stream.
    """

    def __init__(self, server: Server[Any], settings: Settings, plain_tools: Iterable[str]) -> None:
        # Else the handshake era's streams are cut at once by SIGTERM, whatever they carry.
        AppStatus.disable_automatic_graceful_drain()  # type: ignore[no-untyped-call]
        self._server = server
        self._plain_tools = frozenset(plain_tools)
        limit = settings.limits.tool_body_kib * KIB
        self._streamed = _manager(server, limit, json_response=False)
        self._plain = _manager(server, limit, json_response=True)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """The lifespan of the sessions: enter it in the outer app's lifespan."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._streamed.run())
            await stack.enter_async_context(self._plain.run())
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        first = await receive()
        method = self._plain_method(first)
        receive = _replay(first, receive)
        if not method:
            await self._streamed.handle_request(scope, receive, send)
        elif method == "initialize" or not await direct.serve(self._server, scope, first["body"], send):
            await self._plain.handle_request(scope, receive, send)

    def _plain_method(self, message: Message) -> str:
        """The method of a request that is answered without a stream; else nothing."""
        body = message.get("body", b"")
        if message["type"] != "http.request" or message.get("more_body") or len(body) > _PEEK_BYTES:
            return ""
        try:
            envelope = _envelope.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return ""
        if envelope.method == "tools/call":
            quick = envelope.params is not None and envelope.params.name in self._plain_tools
            return envelope.method if quick else ""
        return envelope.method if envelope.method in _PLAIN_METHODS else ""


def _manager(server: Server[Any], limit: int, *, json_response: bool) -> StreamableHTTPSessionManager:
    # Host, origin, method and token are the edge's business: no security settings here.
    return StreamableHTTPSessionManager(
        server, stateless=True, json_response=json_response, security_settings=None, max_request_body_size=limit
    )


def _replay(first: Message, receive: Receive) -> Receive:
    waiting: list[Message] = [first]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
