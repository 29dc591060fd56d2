"""A kubelet in a process of its own: asks /health on a new connection every PERIOD_SECONDS, whatever else happens.

In the process of the attackers a question would wait for their own work. Ends with its input; then it tells what it saw.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time

PERIOD_SECONDS = 0.05
#: Longest wait for an answer; one that does not come counts as so long.
PATIENCE_SECONDS = 30.0


class Prober:
    """The process, from start to `end`."""

    def __init__(self, host: str, port: int) -> None:
        command = [sys.executable, "-m", __name__, host, str(port)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def end(self) -> list[float]:
        """Seconds to each answer of 200, in their order; PATIENCE_SECONDS where none came."""
        told, _ = self._process.communicate("", timeout=2 * PATIENCE_SECONDS)
        found: list[float] = json.loads(told)
        return found


async def _ask(host: str, port: int) -> float:
    began = time.monotonic()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(b"GET /health HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n")
            answer = await reader.read(200)
            writer.close()
    except OSError:
        return PATIENCE_SECONDS
    return time.monotonic() - began if answer.startswith(b"HTTP/1.1 200") else PATIENCE_SECONDS


async def _probe(host: str, port: int) -> None:
    print(flush=True)
    ended = asyncio.ensure_future(asyncio.to_thread(sys.stdin.read))
    asked: list[asyncio.Task[float]] = []
    while not ended.done():
        asked.append(asyncio.ensure_future(_ask(host, port)))
        await asyncio.sleep(PERIOD_SECONDS)
    print(json.dumps([round(seconds, 4) for seconds in await asyncio.gather(*asked)]))


if __name__ == "__main__":
    asyncio.run(_probe(sys.argv[1], int(sys.argv[2])))
