"""Calls without a stream: one request in, one JSON answer out.

The SDK's transport serves a request that may talk back while it runs: in the handshake era by a
session with streams and tasks of its own, in the modern era by layers that read, model and copy the
message. A plain call needs none of that. Two ways are shorter (`python benchmarks/transport.py` measures them):

- straight to the SDK's kernel, for whatever it knows;
- past the kernel, for a call of a tool of ours: the kernel models a call three times, makes a session for it, and models and
  copies its answer, which is half of what a point read costs. What the SDK thinks of a client's `_meta`, which is the same in
  all its calls, is asked once.

Whatever is unusual about a request, and every error of the transport, is left to the SDK, which has the last word.
A call that needs a worker is served so under watch: a hang-up ends it.
"""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Awaitable, Coroutine, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import anyio
import msgspec
from mcp.server.connection import Connection
from mcp.server.lowlevel import Server
from mcp.server.runner import ServerRunner
from mcp.shared.dispatcher import CallOptions
from mcp.shared.exceptions import MCPError, NoBackChannelError
from mcp.shared.inbound import (
    ERROR_CODE_HTTP_STATUS,
    MCP_PROTOCOL_VERSION_HEADER,
    InboundLadderRejection,
    classify_inbound_request,
)
from mcp.shared.message import MessageMetadata, ServerMessageMetadata
from mcp.shared.transport_context import TransportContext
from mcp_types import DEFAULT_NEGOTIATED_VERSION, INTERNAL_ERROR, INVALID_PARAMS
from mcp_types.methods import validate_client_request
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from pydantic import ValidationError
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from networkx_mcp import context
from networkx_mcp.context import CallContext
from networkx_mcp.errors import Cancelled
from networkx_mcp.hang_up import ends_with_client
from networkx_mcp.tools import answer_size
from networkx_mcp.tools.dispatch import Calls, follow_call, followed
from networkx_mcp.tools.message import Message

logger = logging.getLogger(__name__)

_HANDSHAKE = frozenset(HANDSHAKE_PROTOCOL_VERSIONS)
_TRANSPORT = TransportContext(kind="streamable-http", can_send_request=False)
_VERSION_HEADER = MCP_PROTOCOL_VERSION_HEADER.encode()
#: A `_meta` of more bytes is unusual.
_META_BYTES = 1024

Answering: TypeAlias = Coroutine[Any, Any, dict[str, Any]]


@dataclass(slots=True)
class _SilentDispatchContext:
    """The SDK's DispatchContext of a call that cannot talk back."""

    transport: TransportContext
    request_id: int | str
    message_metadata: MessageMetadata
    cancel_requested: anyio.Event = field(default_factory=anyio.Event)
    can_send_request: bool = False

    async def send_raw_request(
        self,
        method: str,
        params: Mapping[str, Any] | None,  # noqa: ARG002
        opts: CallOptions | None = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        raise NoBackChannelError(method)

    async def notify(self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None) -> None:
        """A plain answer carries no notifications."""

    async def progress(self, progress: float, total: float | None = None, message: str | None = None) -> None:
        """A plain answer carries no progress."""


class Direct:
    """The short ways of one server."""

    def __init__(self, server: Server[Any], calls: Calls) -> None:
        self._server = server
        self._calls = calls

    async def serve(self, scope: Scope, message: Message, send: Send, receive: Receive | None = None) -> bool:
        """Answer a request of either era. False: it is left to the SDK, and nothing was sent.

        With `receive` the call ends when its client hangs up; then nothing is sent, either.
        """
        version = _version(scope)
        if version is None:
            return False
        modern = version not in _HANDSHAKE
        call: CallContext = scope[context.SCOPE_KEY]
        answering = self._called(call, message, version, modern=modern)
        if answering is None:
            answering = self._asked(scope, message, version, modern=modern)
        if answering is None:
            return False
        try:
            with nullcontext() if receive is None else ends_with_client(call, receive):
                answer = await answering
        except Cancelled:
            return True
        status = ERROR_CODE_HTTP_STATUS.get(answer["error"]["code"], 200) if modern and "error" in answer else 200
        await respond(status, answer, send)
        return True

    def _called(self, call: CallContext, message: Message, version: str, *, modern: bool) -> Answering | None:
        """A call of one of our tools, as every client sends it, past the SDK's kernel."""
        if message.arguments is None or message.request_id is None or message.params is None:
            return None
        if message.tool not in self._calls.tools or not self._are_ours:
            return None
        meta = bytes(message.params.meta)
        if len(meta) > _META_BYTES or not _takes(version, meta):
            return None
        try:
            arguments = json.loads(bytes(message.arguments))
        except (ValueError, RecursionError):
            return None
        if arguments is None:
            arguments = {}
        if type(arguments) is not dict:
            return None
        return _answer(message.request_id, self._run(call, message.tool, arguments, modern=modern))

    async def _run(self, call: CallContext, name: str, arguments: dict[str, Any], *, modern: bool) -> msgspec.Raw:
        context.set_current(call)
        result = await followed(call, "tools/call", self._calls.answer(name, arguments, modern=modern))
        return msgspec.Raw(result.encoded)

    @cached_property
    def _are_ours(self) -> bool:
        """Whether a call of a tool meets nothing but our own: no handler of somebody else's, and no traces of the SDK."""
        entry = self._server.get_request_handler("tools/call")
        return entry is not None and entry.handler == self._calls.handle and self._server.middleware == [follow_call]

    def _asked(self, scope: Scope, message: Message, version: str, *, modern: bool) -> Answering | None:
        """Any other request, by the SDK's kernel."""
        request = message.request()
        if request is None:
            return None
        if modern:
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            route = classify_inbound_request(request, headers=headers)
            if isinstance(route, InboundLadderRejection):
                return None
            connection = Connection.from_envelope(route.protocol_version, route.client_info, route.client_capabilities)
        else:
            connection = Connection.from_envelope(version, None, None)
        metadata = ServerMessageMetadata(request_context=Request(scope))
        exchange = _SilentDispatchContext(_TRANSPORT, request["id"], metadata)
        # `serve_one` without closing the connection's exit stack: no call puts anything on it.
        runner = ServerRunner(self._server, connection, {})
        return _answer(request["id"], runner.on_request(exchange, request["method"], request.get("params")))


@functools.lru_cache(maxsize=256)
def _takes(version: str, meta: bytes) -> bool:
    """Whether the SDK takes a call of a tool with this `_meta`, `null` where there is none. A client's is the same in all its
    calls, so what the SDK says is kept."""
    params: dict[str, Any] = {"name": "", "arguments": {}}
    try:
        if meta != b"null":
            params["_meta"] = json.loads(meta)
        if version not in _HANDSHAKE:
            route = classify_inbound_request({"method": "tools/call", "params": params})
            if isinstance(route, InboundLadderRejection) or route.protocol_version != version:
                return False
        validate_client_request("tools/call", version, params)
    except (KeyError, ValueError, RecursionError):  # pydantic's ValidationError is a ValueError
        return False
    return True


async def _answer(request_id: Any, answering: Awaitable[Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"jsonrpc": "2.0", "id": request_id}
    try:
        answer["result"] = await answering
    except MCPError as error:
        answer["error"] = error.error.model_dump(mode="json", by_alias=True, exclude_none=True)
    except ValidationError:
        answer["error"] = {"code": INVALID_PARAMS, "message": "Invalid request parameters", "data": ""}
    except Exception:
        logger.exception("a request failed", extra={"event": "request_failed"})
        answer["error"] = {"code": INTERNAL_ERROR, "message": "Internal server error"}
    return answer


def _version(scope: Scope) -> str | None:
    """The protocol version of the headers; None where any of them is not as a plain request has it."""
    routing: dict[bytes, bytes] = {}
    content_type = b""
    for name, value in scope["headers"]:
        if name.startswith(b"mcp-"):
            if name in routing:
                return None
            routing[name] = value
        elif name == b"content-type":
            content_type = value
    sent = routing.get(_VERSION_HEADER)
    version = DEFAULT_NEGOTIATED_VERSION if sent is None else sent.decode("latin-1")
    if version in _HANDSHAKE and not content_type.lower().startswith(b"application/json"):
        return None
    return version


async def respond(status: int, answer: dict[str, Any], send: Send) -> None:
    """Send a JSON-RPC response as JSON."""
    body = answer_size.encoded(answer)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
