"""A few connections to one server, for calls as bytes."""

from __future__ import annotations

import asyncio

from loadtests import call_outcomes
from loadtests.frugal_http import ClientConnection
from networkx_mcp import mcp_wire


class Wires:
    """Connections to one server, each for one call at a time."""

    def __init__(self, host: str, port: int, most: int) -> None:
        self._host, self._port = host, port
        self._free: list[ClientConnection] = []
        self._places = asyncio.Semaphore(most)

    async def ask(self, request: bytes) -> tuple[str, bytes]:
        """Outcome and body of the answer to a request."""
        async with self._places:
            connection = self._free.pop() if self._free else ClientConnection(self._host, self._port)
            try:
                status, body = await connection.send(request)
            except OSError:
                return "connection", b""
            self._free.append(connection)
            if mcp_wire.parsed(body) is None:  # a file, or a refusal of one
                return ("ok" if status < 400 else f"HTTP {status}"), body
            return call_outcomes.outcome(status, body), body

    def close(self) -> None:
        """Close what is open."""
        for connection in self._free:
            connection.close()
