"""Answers that the wrappers of `http` give themselves: small JSON, and errors as JSON-RPC where a client expects it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from starlette.types import Send

from networkx_mcp.errors import ServiceError
from networkx_mcp.http.headers import Headers
from networkx_mcp.settings import KIB

#: JSON-RPC codes: what the caller sent cannot be served as it is / the server could not serve it.
INVALID_REQUEST, SERVER_ERROR, INTERNAL_ERROR = -32600, -32000, -32603

JSON = b"application/json"
TEXT = b"text/plain; charset=utf-8"


async def respond(
    send: Send, status: int, body: bytes, content_type: bytes = JSON, headers: Headers | None = None
) -> None:
    """Send one complete response."""
    fields: Headers = [(b"content-length", b"%d" % len(body))]
    if body:
        fields.append((b"content-type", content_type))
    await send({"type": "http.response.start", "status": status, "headers": fields + (headers or [])})
    await send({"type": "http.response.body", "body": body})


#: Bytes of an answer that are handed on at once: what a connection holds of it beside the buffer of its socket.
PIECE = 16 * KIB


async def respond_in_pieces(send: Send, pieces: Iterable[bytes], headers: Headers) -> None:
    """Send a response piece by piece, each made once the client has taken those before; `headers` name type and encoding."""
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def pieces_of(body: bytes) -> Iterator[bytes]:
    """A body that is there, in pieces."""
    return (body[start : start + PIECE] for start in range(0, len(body), PIECE))


async def respond_json(send: Send, status: int, value: Any, headers: Headers | None = None) -> None:
    """Send a JSON document."""
    await respond(send, status, msgspec.json.encode(value), JSON, headers)


def retry_after(error: ServiceError) -> Headers:
    """The Retry-After header of an error, in whole seconds and at least 1."""
    if error.retry_after is None:
        return []
    return [(b"retry-after", b"%d" % max(1, math.ceil(error.retry_after)))]


def jsonrpc_error(error: ServiceError, request_id: str | int | None) -> bytes:
    """The error as a JSON-RPC response; `data` holds the same facts as the plain form."""
    code = INVALID_REQUEST if error.outcome == "client_error" else SERVER_ERROR
    if error.outcome == "internal":
        code = INTERNAL_ERROR
    body = {
        "jsonrpc": "2.0",
        "id": request_id,
        "error": {"code": code, "message": error.message, "data": error.as_dict()},
    }
    return msgspec.json.encode(body)


async def respond_error(
    send: Send,
    error: ServiceError,
    *,
    jsonrpc: bool,
    request_id: str | int | None = None,
    headers: Headers | None = None,
) -> None:
    """Send an error with its status and Retry-After, as JSON-RPC for /mcp, else as plain JSON."""
    body = jsonrpc_error(error, request_id) if jsonrpc else msgspec.json.encode(error.as_dict())
    await respond(send, error.status, body, JSON, retry_after(error) + (headers or []))


def sse_error(error: ServiceError, request_id: str | int | None) -> bytes:
    """The error as an event of a stream that has begun: its status can no longer tell."""
    return b"event: message\r\ndata: " + jsonrpc_error(error, request_id) + b"\r\n\r\n"
