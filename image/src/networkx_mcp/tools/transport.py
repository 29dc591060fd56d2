"""The ASGI app of /mcp: the SDK's transport, entered in two ways, and a short cut.

A call is answered as a stream or as plain JSON. A stream of the SDK's notices that the client hung up and carries progress,
and that costs CPU: 0.6 ms a call in the modern era, 1.1 ms in the handshake era, against 0.2 ms by the short cut (`direct`;
`python benchmarks/transport.py` measures them). No tool of ours tells progress. So every call of a tool goes the short way: what is
answered from memory, and could not be interrupted anyway, as it is; what runs in a worker under a watch of ours, so that a hang-up
ends it. What is unknown here is streamed to a client that names `text/event-stream`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types import INVALID_REQUEST
from sse_starlette.sse import AppStatus
from starlette.types import Receive, Scope, Send

from networkx_mcp.settings import KIB, Settings
from networkx_mcp.tools import direct
from networkx_mcp.tools.accept import accepted
from networkx_mcp.tools.dispatch import Calls
from networkx_mcp.tools.message import MESSAGE_KEY, Message
from networkx_mcp.tools.message_checks import MessageRefused, check

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
#: Methods whose answer is more than one message, or a state of the SDK's.
_OF_THE_SDK = frozenset({"initialize", "subscriptions/listen"})
_JSON, _BOTH = b"application/json", b"application/json, text/event-stream"


class Unacceptable(MessageRefused):
    """The client takes nothing that is ever sent."""

    status = 406

    def __init__(self) -> None:
        super().__init__(
            INVALID_REQUEST,
            "The header Accept excludes application/json: send Accept: application/json, text/event-stream",
        )


class McpApp:
    """The ASGI app of POST /mcp. Requests are served while `run()` is entered, which happens once.

    The scope holds the `Message` that the body was found to be; the body comes whole with the first `receive`.

    `plain_tools` names the tools that are answered from memory, `heavy_tools` those that may need a worker.
    """

    def __init__(
        self,
        server: Server[Any],
        calls: Calls,
        settings: Settings,
        plain_tools: Iterable[str],
        heavy_tools: Iterable[str],
    ) -> None:
        # Else the handshake era's streams are cut at once by SIGTERM, whatever they carry.
        AppStatus.disable_automatic_graceful_drain()  # type: ignore[no-untyped-call]
        self._direct = direct.Direct(server, calls)
        self._plain_tools = frozenset(plain_tools)
        self._heavy_tools = frozenset(heavy_tools)
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
        message: Message = scope[MESSAGE_KEY]
        takes = accepted(scope["headers"])
        try:
            if not takes.json:
                raise Unacceptable
            check(message, scope["headers"])
        except MessageRefused as refused:
            await direct.respond(refused.status, refused.answer, send)
            return
        plain = self._is_plain(message)
        known = plain or message.tool in self._heavy_tools or not takes.stream
        short = message.wants_answer and message.method not in _OF_THE_SDK and known
        if short and await self._direct.serve(scope, message, send, None if plain else receive):
            return
        # The SDK knows no ranges.
        scope = {**scope, "headers": _accepting(scope["headers"], _BOTH if takes.stream else _JSON)}
        manager = self._plain if plain or not takes.stream else self._streamed
        await manager.handle_request(scope, receive, send)

    def _is_plain(self, message: Message) -> bool:
        """Whether a message is answered from memory."""
        if message.method == "tools/call":
            return message.tool in self._plain_tools
        return message.method in _PLAIN_METHODS


def _accepting(headers: Iterable[tuple[bytes, bytes]], value: bytes) -> list[tuple[bytes, bytes]]:
    return [*(pair for pair in headers if pair[0] != b"accept"), (b"accept", value)]


def _manager(server: Server[Any], limit: int, *, json_response: bool) -> StreamableHTTPSessionManager:
    # Host, origin, method and token are the edge's business: no security settings here.
    return StreamableHTTPSessionManager(
        server, stateless=True, json_response=json_response, security_settings=None, max_request_body_size=limit
    )
