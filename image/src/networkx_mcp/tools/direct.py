"""Calls without a stream, straight to the SDK's kernel: one request in, one JSON answer out.

The SDK's transport serves a request that may talk back while it runs: in the handshake era by a
session with streams and tasks of its own, in the modern era by layers that read, model and copy the
message. A plain call needs none of that, and costs 0.2 ms of CPU without it, against 0.3 ms (modern)
and 0.7 ms (handshake) by the SDK's own JSON answer (`python benchmarks/transport.py`). Whatever is
unusual about a request, and every error of the transport, is left to the SDK, which has the last word.

A call that needs a worker is served so under watch: a hang-up ends it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

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
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from pydantic import ValidationError
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from networkx_mcp.tools.message import Message

logger = logging.getLogger(__name__)

_HANDSHAKE = frozenset(HANDSHAKE_PROTOCOL_VERSIONS)
_TRANSPORT = TransportContext(kind="streamable-http", can_send_request=False)


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


async def serve(
    server: Server[Any], scope: Scope, message: Message, send: Send, receive: Receive | None = None
) -> bool:
    """Answer a request of either era. False: it is left to the SDK, and nothing was sent.

    With `receive` the call ends when its client hangs up; then nothing is sent, either.
    """
    version, headers = _headers(scope)
    request = message.request() if headers is not None else None
    if headers is None or request is None:
        return False
    modern = version not in _HANDSHAKE
    if modern:
        route = classify_inbound_request(request, headers=headers)
        if isinstance(route, InboundLadderRejection):
            return False
        connection = Connection.from_envelope(route.protocol_version, route.client_info, route.client_capabilities)
    else:
        connection = Connection.from_envelope(version, None, None)
    metadata = ServerMessageMetadata(request_context=Request(scope))
    exchange = _SilentDispatchContext(_TRANSPORT, request["id"], metadata)
    # `serve_one` without closing the connection's exit stack: no call puts anything on it.
    answering = _answer(ServerRunner(server, connection, {}), exchange, request)
    answer = await answering if receive is None else await _watched(answering, receive)
    if answer is not None:
        status = ERROR_CODE_HTTP_STATUS.get(answer["error"]["code"], 200) if modern and "error" in answer else 200
        await respond(status, answer, send)
    return True


async def _answer(
    runner: ServerRunner[Any], exchange: _SilentDispatchContext, request: dict[str, Any]
) -> dict[str, Any]:
    answer: dict[str, Any] = {"jsonrpc": "2.0", "id": request["id"]}
    try:
        answer["result"] = await runner.on_request(exchange, request["method"], request.get("params"))
    except MCPError as error:
        answer["error"] = error.error.model_dump(mode="json", by_alias=True, exclude_none=True)
    except ValidationError:
        answer["error"] = {"code": INVALID_PARAMS, "message": "Invalid request parameters", "data": ""}
    except Exception:
        logger.exception("a request failed", extra={"event": "request_failed"})
        answer["error"] = {"code": INTERNAL_ERROR, "message": "Internal server error"}
    return answer


async def _watched(answering: Coroutine[Any, Any, dict[str, Any]], receive: Receive) -> dict[str, Any] | None:
    """The answer; None where the client hung up before, which ended the call and its worker."""
    task = asyncio.ensure_future(answering)
    gone = False

    async def watch() -> None:
        nonlocal gone
        while (await receive())["type"] != "http.disconnect":
            pass
        gone = True
        task.cancel()

    watcher = asyncio.ensure_future(watch())
    try:
        return await task
    except asyncio.CancelledError:
        current = asyncio.current_task()
        if gone and current is not None and not current.cancelling():
            return None
        raise
    finally:
        watcher.cancel()


def _headers(scope: Scope) -> tuple[str, dict[str, str] | None]:
    """The protocol version and the headers by name; None where any of them is not as a plain request has it."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1")
        if key in headers and key.startswith("mcp-"):
            return "", None
        headers[key] = value.decode("latin-1")
    version = headers.get(MCP_PROTOCOL_VERSION_HEADER, DEFAULT_NEGOTIATED_VERSION)
    if version in _HANDSHAKE and not headers.get("content-type", "").lower().startswith("application/json"):
        return "", None
    return version, headers


async def respond(status: int, answer: dict[str, Any], send: Send) -> None:
    """Send a JSON-RPC response as JSON."""
    try:
        body = msgspec.json.encode(answer)
    except (msgspec.MsgspecError, OverflowError, UnicodeEncodeError, TypeError):
        body = json.dumps(answer, separators=(",", ":")).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
