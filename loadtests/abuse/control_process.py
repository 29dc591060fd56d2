"""A process that has nothing to do with the server: what it suffers, the machine does to everybody.

It works WORK_SECONDS of CPU for each line that it is sent, about as much as a point read costs the server, and sends the line
back. It is as nice as the server's API, shares its cores, and shares nothing else with it.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

WORK_SECONDS = 0.002


@contextmanager
def witness() -> Iterator[tuple[int, int]]:
    """A witness of its own: its pid, and the port on 127.0.0.1 where it listens."""
    process = subprocess.Popen([sys.executable, "-m", __name__], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.pid, int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


async def ask(port: int, seconds: float, rate: float) -> list[float]:
    """Latencies in seconds of calls at `rate` per second, each from when it was due."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began, found = time.monotonic(), []
    for number in range(int(seconds * rate)):
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        writer.write(b"\n")
        await reader.readexactly(1)
        found.append(time.monotonic() - due)
    writer.close()
    return found


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        until = time.thread_time() + WORK_SECONDS
        while time.thread_time() < until:
            pass
        writer.write(line)
    writer.close()


async def _serve() -> None:
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
