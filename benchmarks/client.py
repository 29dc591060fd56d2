"""A frugal HTTP/1.1 client for load from the same machine.

Client and server share the cores here, so each microsecond that the client saves goes to the server
under test. It keeps one connection, sends prepared bytes, reads one response by its length or chunks
and understands nothing else.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

MODERN = "2026-07-28"


class Connection:
    """One keep-alive connection. Raises ConnectionError when the server closed it mid-answer."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def send(self, request: bytes) -> tuple[int, bytes]:
        """Send one request, return (status, body). A connection that the server closed between
        requests is opened again."""
        if self._writer is None or self._writer.is_closing():
            self._reader, self._writer = await asyncio.open_connection(self.host, self.port)
        assert self._reader is not None
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        lower = head.lower()
        body = await self._body(lower)
        if b"connection: close" in lower:
            self.close()
        return status, body

    async def _body(self, head: bytes) -> bytes:
        assert self._reader is not None
        if (at := head.find(b"content-length:")) >= 0:
            return await self._reader.readexactly(int(head[at + 15 : head.index(b"\r", at)]))
        if b"transfer-encoding: chunked" not in head:
            return b""
        parts = []
        while size := int(await self._reader.readline(), 16):
            parts.append((await self._reader.readexactly(size + 2))[:-2])
        await self._reader.readexactly(2)
        return b"".join(parts)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def tool_call(host: str, name: str, arguments: dict[str, Any], token: str = "") -> bytes:
    """A `tools/call` of the 2026-07-28 protocol as the bytes that go on the wire."""
    body = json.dumps(
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {
                "name": name,
                "arguments": arguments,
                "_meta": {
                    "io.modelcontextprotocol/protocolVersion": MODERN,
                    "io.modelcontextprotocol/clientCapabilities": {},
                },
            },
        }
    ).encode()
    head = (
        f"POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        "Accept: application/json, text/event-stream\r\n"
        f"MCP-Protocol-Version: {MODERN}\r\nMcp-Method: tools/call\r\nMcp-Name: {name}\r\n"
        + (f"Authorization: Bearer {token}\r\n" if token else "")
        + f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get(host: str, path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


def answer(body: bytes) -> dict[str, Any]:
    """The JSON-RPC message of a response, plain or as one server-sent event."""
    if body.startswith((b"event:", b"data:", b":")):
        body = next(line[5:] for line in body.splitlines() if line.startswith(b"data:"))
    message: dict[str, Any] = json.loads(body)
    return message
