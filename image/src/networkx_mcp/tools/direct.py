"""The handshake era without its machinery, for calls that need none of it.

In that era the SDK starts, for each request of a stateless server, a session with its streams and
tasks, so that calls may talk back to the client: 0.5 ms of CPU. A plain call does not talk back. It
goes straight to the SDK's kernel here, as every request of the modern era does; whatever is unusual
about a request sends it the long way, which has the last word on errors of the transport.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio
import msgspec
from mcp.server.connection import Connection
from mcp.server.lowlevel import Server
from mcp.server.runner import serve_one
from mcp.shared.dispatcher import CallOptions
from mcp.shared.exceptions import MCPError, NoBackChannelError
from mcp.shared.message import MessageMetadata, ServerMessageMetadata
from mcp.shared.transport_context import TransportContext
from mcp_types import DEFAULT_NEGOTIATED_VERSION, INTERNAL_ERROR, INVALID_PARAMS
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from pydantic import ValidationError
from starlette.requests import Request
from starlette.types import Scope, Send

logger = logging.getLogger(__name__)

_VERSIONS = {version.encode(): version for version in HANDSHAKE_PROTOCOL_VERSIONS}
_KEYS = {"jsonrpc", "id", "method", "params"}


@dataclass(slots=True)
class _Exchange:
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


async def serve(server: Server[Any], scope: Scope, body: bytes, send: Send) -> bool:
    """Answer a request of the handshake era. False: it is not a plain one, and nothing was sent."""
    version = _version(scope)
    request = _request(body) if version is not None else None
    if version is None or request is None:
        return False
    metadata = ServerMessageMetadata(request_context=Request(scope))
    transport = TransportContext(kind="streamable-http", can_send_request=False)
    exchange = _Exchange(transport, request["id"], metadata)
    connection = Connection.from_envelope(version, None, None)
    answer: dict[str, Any] = {"jsonrpc": "2.0", "id": request["id"]}
    try:
        answer["result"] = await serve_one(
            server, exchange, request["method"], request.get("params"), connection=connection, lifespan_state={}
        )
    except MCPError as error:
        answer["error"] = error.error.model_dump(mode="json", by_alias=True, exclude_none=True)
    except ValidationError:
        answer["error"] = {"code": INVALID_PARAMS, "message": "Invalid request parameters", "data": ""}
    except Exception:
        logger.exception("a request failed", extra={"event": "request_failed"})
        answer["error"] = {"code": INTERNAL_ERROR, "message": "Internal server error"}
    await _respond(answer, send)
    return True


def _version(scope: Scope) -> str | None:
    """The version that the headers ask for; None where any of them is not as a plain request has it."""
    version: bytes | None = None
    plain_type = plain_accept = False
    for name, value in scope["headers"]:
        if name == b"content-type":
            plain_type = value.lower().startswith(b"application/json")
        elif name == b"accept":
            plain_accept = b"application/json" in value and b"text/event-stream" in value
        elif name == b"mcp-protocol-version":
            if version is not None:
                return None
            version = value
    if not plain_type or not plain_accept:
        return None
    return DEFAULT_NEGOTIATED_VERSION if version is None else _VERSIONS.get(version)


def _request(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    plain = (
        type(found) is dict
        and found.keys() <= _KEYS
        and found.get("jsonrpc") == "2.0"
        and type(found.get("id")) in (int, str)
        and type(found.get("method")) is str
        and type(found.get("params", {})) is dict
    )
    return found if plain else None


async def _respond(answer: dict[str, Any], send: Send) -> None:
    try:
        body = msgspec.json.encode(answer)
    except (msgspec.MsgspecError, OverflowError, UnicodeEncodeError, TypeError):
        body = json.dumps(answer, separators=(",", ":")).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
