"""Requests and answers of HTTP/1.1 as bytes, for a client that wants to cost nothing.

Client and server share the cores, so each microsecond that the client saves goes to the server under test: requests are
prepared bytes, an answer is read by its length or its chunks, and nothing else is understood.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from networkx_mcp import mcp_wire


class Requests:
    """Tool calls as `mcp_wire.on_wire` writes them, with all but the arguments made once."""

    def __init__(self, host: str) -> None:
        self.host = host
        self._made: dict[tuple[str, str, str], tuple[bytes, bytes, bytes]] = {}

    def call(self, era: mcp_wire.Era, token: str, tool: str, arguments: dict[str, Any]) -> bytes:
        """One POST with a call of `tool`."""
        key = (era, token, tool)
        parts = self._made.get(key)
        if parts is None:
            method, params = mcp_wire.call(tool, {"@": 0})
            head = mcp_wire.on_wire(self.host, mcp_wire.post(era, method, params, token)).partition(b"\r\n\r\n")[0]
            lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")]
            before, _, after = mcp_wire.message(era, method, params).partition(b'{"@":0}')
            parts = self._made[key] = (b"\r\n".join(lines) + b"\r\nContent-Length: ", before, after)
        head, before, after = parts
        body = before + json.dumps(arguments, separators=(",", ":")).encode() + after
        return head + b"%d\r\n\r\n" % len(body) + body


class Reply:
    """Takes bytes in, gives one HTTP answer after the other."""

    def __init__(self) -> None:
        self.buffer = b""
        self.head_end = 0
        self.length: int | None = None
        self.status = 0
        self.close = False

    def feed(self, data: bytes) -> tuple[int, bytes, bool] | None:
        """(status, body, whether the server closes the connection) once an answer is complete."""
        self.buffer = self.buffer + data if self.buffer else data
        if not self.head_end:
            at = self.buffer.find(b"\r\n\r\n")
            if at < 0:
                return None
            head = self.buffer[:at].lower()
            self.head_end = at + 4
            self.status = int(head[9:12])
            self.close = b"connection: close" in head
            where = head.find(b"content-length:")
            self.length = int(head[where + 15 :].split(b"\r", 1)[0]) if where >= 0 else None
            if self.length is None and b"transfer-encoding: chunked" not in head:
                self.length = 0
        if self.length is not None:
            end = self.head_end + self.length
            if len(self.buffer) < end:
                return None
            body = self.buffer[self.head_end : end]
        else:
            if not self.buffer.endswith(b"\r\n0\r\n\r\n"):
                return None
            body = self._chunks()
        self.buffer, self.head_end = b"", 0
        return self.status, body, self.close

    def _chunks(self) -> bytes:
        parts: list[bytes] = []
        at = self.head_end
        while True:
            line = self.buffer.index(b"\r\n", at)
            size = int(self.buffer[at:line], 16)
            if not size:
                return b"".join(parts)
            parts.append(self.buffer[line + 2 : line + 2 + size])
            at = line + 4 + size


class ClientConnection:
    """One keep-alive connection, for one request at a time; opened when it is needed, and again once it was closed."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self._link: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, request: bytes) -> tuple[int, bytes]:
        """(status, body) of the answer. Raises OSError where it cannot be opened or is closed before the answer is whole."""
        if self._link is None or self._link[1].is_closing():
            self._link = await asyncio.open_connection(self.host, self.port)
        reader, writer = self._link
        reply = Reply()
        try:
            writer.write(request)
            while (told := reply.feed(data := await reader.read(65536))) is None:
                if not data:
                    raise ConnectionError("closed before the answer was whole")
        except BaseException:  # cancelled as well: what is still to come belongs to no later request
            self.close()
            raise
        status, body, closing = told
        if closing:
            self.close()
        return status, body

    def close(self) -> None:
        """Close it, if it is open."""
        if self._link is not None:
            self._link[1].close()
            self._link = None
