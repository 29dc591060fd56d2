"""A kubelet in a process of its own: asks /health on a new connection every PERIOD_SECONDS, whatever else happens.

In the process of the attackers a question would wait for their own work. Ends with its input; then it tells what it saw.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass

PERIOD_SECONDS = 0.05
#: Longest wait for an answer; one that does not come counts as so long.
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Seen:
    """Seconds to each answer of 200 in their order, PATIENCE_SECONDS where none came; and how late, in seconds, the prober's own event
    loop ran at worst: what the machine does to a process that has nothing to do with the server and hardly works."""

    answers: list[float]
    bystander_seconds: float


class Prober:
    """The process, from start to `end`."""

    def __init__(self, host: str, port: int) -> None:
        command = [sys.executable, "-m", __name__, host, str(port)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def end(self) -> Seen:
        """What it saw."""
        told, _ = self._process.communicate("", timeout=2 * PATIENCE_SECONDS)
        return Seen(**json.loads(told))


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
    late = 0.0
    while not ended.done():
        asked.append(asyncio.ensure_future(_ask(host, port)))
        due = time.monotonic() + PERIOD_SECONDS
        await asyncio.sleep(PERIOD_SECONDS)
        late = max(late, time.monotonic() - due)
    answers = [round(seconds, 4) for seconds in await asyncio.gather(*asked)]
    print(json.dumps({"answers": answers, "bystander_seconds": round(late, 3)}))


if __name__ == "__main__":
    asyncio.run(_probe(sys.argv[1], int(sys.argv[2])))
