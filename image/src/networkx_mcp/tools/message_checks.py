"""What a POST to /mcp says before anything in it is built: its era, its id, its method. What is no request is refused by name.

The SDK takes a request whose id is null, true or 1.5 for a notification and answers nothing, explains a wrong version in a
header by what `_meta` lacks, and names neither of two values that differ. So all of that is looked at here, in both eras, and
the SDK gets what is well formed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, NoReturn

import msgspec
from mcp.shared.inbound import NAME_BEARING_METHODS, decode_header_value
from mcp_types import (
    CLIENT_CAPABILITIES_META_KEY,
    HEADER_MISMATCH,
    INVALID_PARAMS,
    INVALID_REQUEST,
    PARSE_ERROR,
    PROTOCOL_VERSION_META_KEY,
    UNSUPPORTED_PROTOCOL_VERSION,
)
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS

from networkx_mcp.errors import shortened
from networkx_mcp.tools.message import REQUESTS, Message, MessageParams, MessageParts, value_of

#: Characters of an id that is text; the answer repeats it.
MAX_ID_CHARACTERS = 1024
_INTEGER = re.compile(rb"-?[0-9]{1,20}")
#: Integers that every JSON library carries through unchanged: those of 64 bits, with a sign or without.
_LEAST, _MOST = -(2**63), 2**64 - 1

VERSION_HEADER = "MCP-Protocol-Version"
_ROUTING = frozenset({b"mcp-protocol-version", b"mcp-method", b"mcp-name"})
_EVERY_VERSION = (*HANDSHAKE_PROTOCOL_VERSIONS, *MODERN_PROTOCOL_VERSIONS)


class MessageRefused(Exception):
    """The request is not one: a JSON-RPC error and the HTTP status that goes with it."""

    status = 400

    def __init__(self, code: int, message: str, request_id: int | str | None = None, data: Any = None) -> None:
        super().__init__(message)
        error: dict[str, Any] = {"code": code, "message": message}
        if data is not None:
            error["data"] = data
        #: The JSON-RPC response.
        self.answer = {"jsonrpc": "2.0", "id": request_id, "error": error}


_meta = msgspec.json.Decoder(dict[str, msgspec.Raw])


def check(message: Message, headers: Sequence[tuple[bytes, bytes]]) -> None:
    """Look at a message of either era. Raises MessageRefused."""
    parts = message.parts if message.parts is not None else message.take(_object(message.body))
    request_id = _id(parts)
    if message.jsonrpc != "2.0":
        said = "is missing" if message.jsonrpc is None else f'must be "2.0", not {_shown(message.jsonrpc)}'
        raise MessageRefused(INVALID_REQUEST, f"jsonrpc {said}", request_id)
    if parts.method is msgspec.UNSET:
        _check_response(parts, request_id)
        return
    if type(message.stated) is not str:
        raise MessageRefused(
            INVALID_REQUEST, f"method must be the name of a method, not {_shown(message.stated)}", request_id
        )
    if parts.id is msgspec.UNSET and message.method in REQUESTS:
        raise MessageRefused(
            INVALID_REQUEST, f"{message.method} is a request: it needs an id, a string or an integer", None
        )
    params = message.params
    if params is None:
        raw = parts.params if parts.params is not msgspec.UNSET else msgspec.Raw(b"null")
        if _begins(raw) not in (b"{", b"n"):
            what = "an array" if _begins(raw) == b"[" else "that"
            raise MessageRefused(INVALID_PARAMS, f"params must be an object, not {what}", request_id)
        params = MessageParams()  # built by the SDK, which has the last word on it
    _check_versions(message.method, params, headers, request_id)


def _object(body: bytes) -> dict[str, Any]:
    """What Python calls JSON where msgspec does not: NaN, half of a surrogate pair. Raises MessageRefused for all else."""
    try:
        found = json.loads(body)
    except RecursionError:
        raise MessageRefused(PARSE_ERROR, "Parse error: the body is nested too deeply") from None
    except ValueError as error:
        raise MessageRefused(PARSE_ERROR, f"Parse error: the body is not JSON ({shortened(str(error))})") from None
    if isinstance(found, list):
        raise MessageRefused(
            INVALID_REQUEST, "The body is a batch, which MCP no longer has: send each message in a POST of its own"
        )
    if not isinstance(found, dict):
        raise MessageRefused(INVALID_REQUEST, f"The body must be a JSON-RPC object, not {_shown(found)}")
    return found


def _begins(raw: msgspec.Raw) -> bytes:
    return bytes(memoryview(raw)[:1])


def _id(parts: MessageParts) -> int | str | None:
    """The id; None where there is none, and of a response to nothing that could be read."""
    if parts.id is msgspec.UNSET:
        return None
    raw = bytes(parts.id).strip()
    if raw[:1] == b'"':
        text = value_of(parts.id)
        if type(text) is not str:
            raise MessageRefused(INVALID_REQUEST, "id is text that is not valid Unicode")
        if len(text) > MAX_ID_CHARACTERS:
            raise MessageRefused(
                INVALID_REQUEST, f"id has {len(text)} characters; an answer repeats at most {MAX_ID_CHARACTERS}"
            )
        return text
    if _INTEGER.fullmatch(raw) and _LEAST <= (number := int(raw)) <= _MOST:
        return number
    if raw == b"null" and parts.method is msgspec.UNSET and parts.error is not msgspec.UNSET:
        return None
    said = shortened(raw.decode("utf-8", "replace"))
    raise MessageRefused(INVALID_REQUEST, f"id must be a string or an integer of at most 64 bits, not {said}")


def _check_response(parts: MessageParts, request_id: int | str | None) -> None:
    """A client's answer to a request of the server."""
    if (parts.result is msgspec.UNSET) == (parts.error is msgspec.UNSET) or parts.id is msgspec.UNSET:
        raise MessageRefused(
            INVALID_REQUEST,
            "method is missing: a request has jsonrpc, id, method and, where needed, params",
            request_id,
        )


def _check_versions(
    method: str, params: MessageParams, headers: Sequence[tuple[bytes, bytes]], request_id: int | str | None
) -> None:
    """The version of the header against that of `_meta` and those served; the other routing headers against the body."""
    sent: dict[bytes, str] = {}
    repeated: set[bytes] = set()
    for name, value in headers:
        if name in _ROUTING:
            if name in sent:
                repeated.add(name)
            sent[name] = value.decode("latin-1")
    header = sent.get(b"mcp-protocol-version")
    if b"mcp-protocol-version" in repeated:
        raise MessageRefused(
            HEADER_MISMATCH, f"{VERSION_HEADER} is sent more than once: send one of its values", request_id
        )
    try:
        meta = _meta.decode(params.meta) if _begins(params.meta) == b"{" else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        meta = {}
    if (raw := meta.get(PROTOCOL_VERSION_META_KEY)) is not None:
        said = value_of(raw)
        if header is None or said != header:
            _mismatch(VERSION_HEADER, header, f"{PROTOCOL_VERSION_META_KEY} of params._meta", said, request_id)
    if header is None or header in HANDSHAKE_PROTOCOL_VERSIONS:
        return
    if header not in MODERN_PROTOCOL_VERSIONS:
        raise MessageRefused(
            UNSUPPORTED_PROTOCOL_VERSION,
            f"Unsupported protocol version: the header {VERSION_HEADER} is {_shown(header)}; this server speaks "
            f"{', '.join(reversed(_EVERY_VERSION))}",
            request_id,
            {"supported": list(MODERN_PROTOCOL_VERSIONS), "requested": shortened(header)},
        )
    if raw is None or CLIENT_CAPABILITIES_META_KEY not in meta or request_id is None:
        return  # the SDK tells what `_meta` lacks
    if repeated:
        return  # and which header came twice
    if sent.get(b"mcp-method") != method:
        _mismatch("Mcp-Method", sent.get(b"mcp-method") or None, "the method of the body", method, request_id)
    key = NAME_BEARING_METHODS.get(method)
    named = getattr(params, key) if key is not None else None
    if named is not None and decode_header_value(sent.get(b"mcp-name")) != named:
        _mismatch("Mcp-Name", sent.get(b"mcp-name") or None, f"params.{key}", named, request_id)


def _mismatch(header: str, sent: str | None, other: str, value: Any, request_id: int | str | None) -> NoReturn:
    told = "is missing" if sent is None else f"is {_shown(sent)}"
    raise MessageRefused(
        HEADER_MISMATCH, f"The header {header} {told}, but {other} is {_shown(value)}: send the same", request_id
    )


def _shown(value: Any) -> str:
    """A caller's value as a refusal says it again."""
    if isinstance(value, str):
        return shortened(value) or "empty"
    if isinstance(value, msgspec.Raw):  # a list or an object, or what no reader takes
        return shortened(bytes(value).decode("utf-8", "replace"))
    try:
        return shortened(json.dumps(value))
    except (TypeError, ValueError, RecursionError):
        return f"a value of {type(value).__name__}"
