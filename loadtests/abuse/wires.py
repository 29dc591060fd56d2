"""A few connections to one server, for calls as bytes."""

from __future__ import annotations

import asyncio

from loadtests import protocol
from loadtests.wire import Reply


class Wires:
    """Connections to one server, each for one call at a time."""

    def __init__(self, host: str, port: int, most: int) -> None:
        self._host, self._port = host, port
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._places = asyncio.Semaphore(most)

    async def ask(self, request: bytes) -> tuple[str, bytes]:
        """Outcome and body of the answer to a request."""
        async with self._places:
            link = self._free.pop() if self._free else None
            reader, writer = link or await asyncio.open_connection(self._host, self._port)
            try:
                writer.write(request)
                reply = Reply()
                while (told := reply.feed(data := await reader.read(65536))) is None:
                    if not data:
                        raise ConnectionError("closed")
            except OSError:
                writer.close()
                return "connection", b""
            status, body, closing = told
            if closing:
                writer.close()
            else:
                self._free.append((reader, writer))
            if protocol.parsed(body) is None:  # a file, or a refusal of one
                return ("ok" if status < 400 else f"HTTP {status}"), body
            return protocol.outcome(status, body), body

    def close(self) -> None:
        """Close what is open."""
        for _, writer in self._free:
            writer.close()
