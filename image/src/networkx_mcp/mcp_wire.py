"""The Model Context Protocol on the wire, as a client speaks it in both eras: headers, messages, and what an answer says.

The one module for whoever calls a server as a client does: `smoke`, the tests, the benchmarks, the load tests and the
scripts that tests/e2e runs in pods. It stands here because `smoke` ships in the image, which knows nothing of the
others, while they all have the image's package. It takes nothing but Python's standard library, and no line of the
server or the SDK: a fault of theirs cannot hide behind the same fault here, and the load generator carries this file
into pods that have neither.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, TypedDict

Era = Literal["modern", "handshake"]
ERAS: tuple[Era, ...] = ("modern", "handshake")
MODERN, HANDSHAKE = "2026-07-28", "2025-11-25"
VERSIONS: dict[Era, str] = {"modern": MODERN, "handshake": HANDSHAKE}
ACCEPT = "application/json, text/event-stream"
#: Where a result has the facts of an error, as our server states them.
ERROR_META = "networkx-mcp/error"
#: The name of a client that has no other.
CLIENT = "networkx-mcp-client"

#: Methods of the modern era whose header names what they ask for: the parameter that says it.
_NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}


class Post(TypedDict):
    """A request to /mcp as httpx takes it: `httpx.post(url, **post(...))`."""

    headers: dict[str, str]
    content: bytes


def _client_info(client: str) -> dict[str, str]:
    return {"name": client, "version": "1"}


def message(
    era: Era,
    method: str,
    params: Mapping[str, Any] | None = None,
    request_id: int | str | None = 1,
    client: str | None = CLIENT,
) -> bytes:
    """The body of a request; of a notification where `request_id` is None. In the modern era each says who calls, unless
    `client` is None."""
    body: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
    if request_id is not None:
        body["id"] = request_id
    full = dict(params or {})
    if era == "modern":
        meta: dict[str, Any] = {
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
        }
        if client is not None:
            meta["io.modelcontextprotocol/clientInfo"] = _client_info(client)
        full["_meta"] = meta | full.get("_meta", {})
    if full:
        body["params"] = full
    return json.dumps(body, separators=(",", ":")).encode()


def headers(era: Era, method: str, params: Mapping[str, Any] | None = None, token: str | None = None) -> dict[str, str]:
    """The headers that belong to `message`. Before `initialize` is answered no version is agreed, so none is sent."""
    found = {"Content-Type": "application/json", "Accept": ACCEPT}
    if era == "modern":
        found |= {"MCP-Protocol-Version": MODERN, "Mcp-Method": method}
        if method in _NAMED:
            found["Mcp-Name"] = str((params or {})[_NAMED[method]])
    elif method != "initialize":
        found["MCP-Protocol-Version"] = HANDSHAKE
    if token:
        found["Authorization"] = f"Bearer {token}"
    return found


def post(
    era: Era,
    method: str,
    params: Mapping[str, Any] | None = None,
    token: str | None = None,
    *,
    request_id: int | str | None = 1,
    client: str | None = CLIENT,
) -> Post:
    """Headers and body of one request."""
    content = message(era, method, params, request_id, client)
    return {"headers": headers(era, method, params, token), "content": content}


def call(tool: str, arguments: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """(method, params) of a tool call."""
    return "tools/call", {"name": tool, "arguments": dict(arguments)}


def post_call(tool: str, arguments: Mapping[str, Any], token: str | None = None, era: Era = "modern") -> Post:
    """Headers and body of a tool call."""
    return post(era, *call(tool, arguments), token)


def opening(era: Era, client: str = CLIENT) -> list[tuple[str, dict[str, Any], int | None]]:
    """What a client says before its first call: (method, params, id) each; the notification has no id."""
    if era == "modern":
        return [("server/discover", {}, 1)]
    hello = {"protocolVersion": HANDSHAKE, "capabilities": {}, "clientInfo": _client_info(client)}
    return [("initialize", hello, 1), ("notifications/initialized", {}, None)]


def on_wire(host: str, request: Post) -> bytes:
    """A whole HTTP/1.1 request as bytes, as `post` or `post_call` made it."""
    lines = [f"POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(request['content'])}\r\n"]
    lines += [f"{name}: {value}\r\n" for name, value in request["headers"].items()]
    return "".join([*lines, "\r\n"]).encode() + request["content"]


def parsed(body: bytes) -> dict[str, Any] | None:
    """The JSON-RPC message of an answer, plain or the last event of a stream; None where there is none."""
    try:
        if body[:1] != b"{":
            events = [line[5:] for line in body.splitlines() if line.startswith(b"data:") and line[5:].strip()]
            if not events:
                return None
            body = events[-1]
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) and found.get("jsonrpc") == "2.0" else None


def refusal(told: Mapping[str, Any]) -> dict[str, Any] | None:
    """The facts of a message that tells of an error: those that our server states, {} where it states none (it is the
    SDK's word then). None where the message is a result without an error."""
    if "error" in told:
        facts = told["error"].get("data")
        if isinstance(facts, dict):
            facts = facts.get(ERROR_META, facts)
    elif told.get("result", {}).get("isError"):
        facts = told["result"].get("_meta", {}).get(ERROR_META)
    else:
        return None
    return facts if isinstance(facts, dict) else {}
