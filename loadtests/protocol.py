"""The Model Context Protocol as a load client speaks it, in both eras, and what an answer means.

A request is a POST of one JSON-RPC message to /mcp with the headers of its era; an answer is JSON or
one event of a stream. HTTP 200 says little: `outcome` looks for the JSON-RPC error and for `isError`
inside, and names the server's own outcome (see networkx_mcp.errors). Nothing is imported from the
server, so what is measured is what any client sees.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

Era = Literal["modern", "handshake"]
ERAS: tuple[Era, ...] = ("modern", "handshake")
VERSIONS: dict[Era, str] = {"modern": "2026-07-28", "handshake": "2025-11-25"}
ACCEPT = "application/json, text/event-stream"
ERROR_META = "networkx-mcp/error"
CLIENT_INFO = {"name": "networkx-mcp-loadtests", "version": "1"}

#: The server's part: these are failures of a load test.
FAILURES = frozenset({"timeout", "memory_limit", "shed", "unavailable", "internal", "connection"})
#: The caller's part: here they are mistakes of a scenario, or of how the target was set up.
MISTAKES = frozenset({"client_error", "not_found", "conflict", "cancelled", "rate_limited", "not_mcp"})

#: `error` of an answer's facts -> outcome; what is missing here is its own outcome.
_OUTCOMES = {
    "invalid_input": "client_error",
    "limit_exceeded": "client_error",
    "unauthenticated": "client_error",
    "forbidden": "client_error",
    "store_unavailable": "unavailable",
}
#: HTTP status -> outcome, where the body tells nothing.
_STATUSES = {
    401: "client_error",
    403: "client_error",
    404: "not_found",
    409: "conflict",
    429: "rate_limited",
    500: "internal",
    502: "unavailable",
    503: "shed",
    504: "timeout",
    507: "memory_limit",
}

#: Methods of the modern era whose header names what they ask for: the parameter that says it.
_NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_META = {
    "io.modelcontextprotocol/protocolVersion": VERSIONS["modern"],
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": CLIENT_INFO,
}


def era_of(number: int, eras: Sequence[Era]) -> Era:
    """The era of a user. Of the mixed users ten in a row are of all kinds, each at its place (workload.MIX), so the tens
    count as well: each kind speaks each era."""
    return eras[(number + number // 10) % len(eras)]


def message(era: Era, method: str, params: dict[str, Any], request_id: int | None = 1) -> bytes:
    """The body of a request; of a notification where `request_id` is None."""
    body: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
    if request_id is not None:
        body["id"] = request_id
    if era == "modern":
        params = {**params, "_meta": _META}
    if params:
        body["params"] = params
    return json.dumps(body, separators=(",", ":")).encode()


def headers(era: Era, method: str, params: dict[str, Any], token: str = "") -> dict[str, str]:
    """The headers that belong to `message`. Before `initialize` is answered no version is agreed, so none is sent."""
    found = {"Content-Type": "application/json", "Accept": ACCEPT}
    if era == "modern":
        found |= {"MCP-Protocol-Version": VERSIONS[era], "Mcp-Method": method}
        if method in _NAMED:
            found["Mcp-Name"] = str(params[_NAMED[method]])
    elif method != "initialize":
        found["MCP-Protocol-Version"] = VERSIONS[era]
    if token:
        found["Authorization"] = f"Bearer {token}"
    return found


def opening(era: Era) -> list[tuple[str, dict[str, Any], int | None]]:
    """What a client says before its first call: (method, params, id) each; the notification has no id."""
    if era == "modern":
        return [("server/discover", {}, 1)]
    hello = {"protocolVersion": VERSIONS[era], "capabilities": {}, "clientInfo": CLIENT_INFO}
    return [("initialize", hello, 1), ("notifications/initialized", {}, None)]


def call(tool: str, arguments: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """(method, params) of a tool call."""
    return "tools/call", {"name": tool, "arguments": arguments}


def on_wire(host: str, era: Era, method: str, params: dict[str, Any], request_id: int | None, token: str) -> bytes:
    """A whole HTTP/1.1 request as bytes."""
    body = message(era, method, params, request_id)
    lines = [f"POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n"]
    lines += [f"{name}: {value}\r\n" for name, value in headers(era, method, params, token).items()]
    return "".join([*lines, "\r\n"]).encode() + body


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


def outcome(status: int, body: bytes, notification: bool = False) -> str:
    """What became of a request: an outcome of the server, or `not_mcp` for an answer that the protocol does not know."""
    if status == 202 and notification:
        return "ok"
    found = parsed(body)
    if found is None:
        return _STATUSES.get(status, "not_mcp")
    facts: Any = None
    if "error" in found:
        facts = found["error"].get("data")
    elif "result" not in found:
        return "not_mcp"
    elif found["result"].get("isError"):
        facts = found["result"].get("_meta", {}).get(ERROR_META)
    elif status == 200:
        return "ok"
    code = facts.get("error") if isinstance(facts, dict) else None
    if code is None:
        # Without facts it is the SDK's word on a request that it did not understand.
        return _STATUSES.get(status, "internal" if status >= 500 else "client_error")
    named = _OUTCOMES.get(str(code), str(code))
    return named if named in FAILURES | MISTAKES else "internal"
