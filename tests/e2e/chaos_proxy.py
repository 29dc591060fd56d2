"""A TCP proxy in front of the store, run in a pod as `python -c SCRIPT TARGET PORT LISTEN`; standard library only.

What it does to the bytes stands in the file MODE, read anew for each chunk:

    pass          nothing
    delay SECONDS each chunk is held that long, both ways (a round trip takes twice that)
    cut SECONDS   each connection is cut after a time up to SECONDS, wherever its bytes are
    refuse        connections are cut and none is taken
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys
from pathlib import Path

MODE = Path("/tmp/mode")


def mode() -> tuple[str, float]:
    """The mode and its number."""
    words = MODE.read_text(encoding="utf-8").split() if MODE.exists() else []
    return (words[0] if words else "pass", float(words[1]) if len(words) > 1 else 0.0)


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Bytes of one direction. A delayed chunk does not hold up the reading of the next one, as on a long line."""
    line: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(256)

    async def deliver() -> None:
        while True:
            due, chunk = await line.get()
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            if not chunk:
                return
            writer.write(chunk)
            await writer.drain()

    delivery = asyncio.create_task(deliver())
    try:
        while chunk := await reader.read(65536):
            kind, number = mode()
            await line.put((asyncio.get_running_loop().time() + (number if kind == "delay" else 0.0), chunk))
        await line.put((0.0, b""))
        await delivery
    finally:
        delivery.cancel()


async def until_cut() -> None:
    """Ends when the mode says that a connection is to be cut."""
    while True:
        kind, number = mode()
        if kind == "refuse":
            return
        if kind == "cut":
            await asyncio.sleep(random.uniform(0, number))
            if mode()[0] == "cut":
                return
        else:
            await asyncio.sleep(0.05)


async def start(target: str, port: int, listen: int) -> asyncio.Server:
    """A server on port `listen` (0: any) of all addresses that passes on to `port` of `target`."""

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        other: asyncio.StreamWriter | None = None
        tasks: list[asyncio.Task[None]] = []
        try:
            if mode()[0] == "refuse":
                return
            back, other = await asyncio.open_connection(target, port)
            tasks = [asyncio.create_task(work) for work in (pump(reader, other), pump(back, writer), until_cut())]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            pass
        finally:
            for task in tasks:
                task.cancel()
                with contextlib.suppress(OSError, asyncio.CancelledError):
                    await task
            for end in (writer, other):
                if end is not None:
                    end.transport.abort()

    return await asyncio.start_server(connection, "0.0.0.0", listen)


async def main() -> None:
    server = await start(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
