"""The API's end of a job channel: frames and descriptors over a socket without blocking the event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence

from networkx_mcp.workers import frames


class Channel:
    """One job goes out, one answer comes in. Works on asyncio's and uvloop's event loop.

    Its owner closes it, and only once nobody sends or receives.
    """

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._loop = asyncio.get_running_loop()

    async def send(self, frame: bytearray, fds: Sequence[int] = ()) -> bool:
        """Send a frame. False when the worker is gone."""
        rest = memoryview(frame)
        first = frames.ancillary(fds)
        try:
            while rest:
                try:
                    sent = self._sock.sendmsg([rest], first)
                except BlockingIOError:
                    await self._ready(self._loop.add_writer, self._loop.remove_writer)
                    continue
                first, rest = [], rest[sent:]
        except (BrokenPipeError, ConnectionError):
            return False
        return True

    async def receive(self, cap: int) -> tuple[bytearray, list[int]] | None:
        """The worker's frame and descriptors, None when it ended without one. Raises frames.FrameTooLarge.

        A cancelled wait closes what had arrived.
        """
        reader = frames.FrameReader(cap)
        try:
            while True:
                try:
                    if not reader.wants_more(self._sock):
                        break
                except BlockingIOError:
                    await self._ready(self._loop.add_reader, self._loop.remove_reader)
                except ConnectionError:
                    break
            if reader.body is not None:
                return reader.body, reader.fds
            frames.close_all(reader.fds)
            return None
        except BaseException:
            frames.close_all(reader.fds)
            raise

    def close(self) -> None:
        """Close the socket; a worker that still waits for its job ends."""
        if self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock.fileno())
            self._loop.remove_writer(self._sock.fileno())
            self._sock.close()

    async def _ready(self, add: Callable[..., None], remove: Callable[[int], bool]) -> None:
        fileno = self._sock.fileno()
        waiter: asyncio.Future[None] = self._loop.create_future()
        add(fileno, _wake, waiter)
        try:
            await waiter
        finally:
            if self._sock.fileno() == fileno:
                remove(fileno)


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
