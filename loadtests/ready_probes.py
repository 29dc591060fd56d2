"""Probes of /ready under a load, as a kubelet makes them: each on a new connection, whatever became of the last."""

from __future__ import annotations

import asyncio
import time

from loadtests.histogram import Histogram

#: After this no answer is expected: the server promises one within 30 s.
ANSWER_SECONDS = 35.0
#: From the start of one probe to that of the next.
EVERY_SECONDS = 0.5


class ReadyProbes:
    """One probe every EVERY_SECONDS while `run` runs; those that overlap the window from `begin` to `end`
    (perf_counter seconds) are counted."""

    def __init__(self, address: str, port: int, host: str, begin: float, end: float) -> None:
        self.address, self.port, self.host = address, port, host
        self.begin, self.end = begin, end
        self.seen = Histogram()
        self.failed = 0
        self._open: dict[asyncio.Task[None], float] = {}

    async def run(self) -> None:
        """Start probes until cancelled. One that hangs delays no other, and one that was due while this client
        was held up is made late rather than left out."""
        start = time.perf_counter()
        number = 0
        while True:
            await asyncio.sleep(max(0.0, start + number * EVERY_SECONDS - time.perf_counter()))
            number += 1
            began = time.perf_counter()
            task = asyncio.ensure_future(self._probe(began))
            self._open[task] = began
            task.add_done_callback(lambda done: self._open.pop(done, None))

    def waiting(self) -> bool:
        """Whether a probe that was begun before the window's end has no answer yet."""
        return any(began < self.end for began in self._open.values())

    def close(self) -> None:
        """Give up what still hangs: it has failed, and took at least as long as it took so far."""
        for task, began in list(self._open.items()):
            task.cancel()
            self._count(began, good=False)

    def summary(self) -> dict[str, float]:
        """`every`: seconds from start to start; `count`, `failed`, and times as `Histogram.summary` has them."""
        return {"every": EVERY_SECONDS, "count": self.seen.total, "failed": self.failed, **self.seen.summary()}

    async def _probe(self, began: float) -> None:
        good = False
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                reader, writer = await asyncio.open_connection(self.address, self.port)
                try:
                    writer.write(f"GET /ready HTTP/1.1\r\nHost: {self.host}\r\nConnection: close\r\n\r\n".encode())
                    good = (await reader.read(64))[9:12] == b"200"
                finally:
                    writer.close()
        except (OSError, TimeoutError):
            pass
        self._count(began, good)

    def _count(self, began: float, good: bool) -> None:
        now = time.perf_counter()
        if began < self.end and now >= self.begin:
            self.seen.add(now - began)
            self.failed += not good
