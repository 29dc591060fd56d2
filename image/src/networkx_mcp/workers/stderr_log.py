"""Turns what the zygote and its workers write to stderr into log lines.

Libraries speak there when they die ("terminate called after throwing std::bad_alloc"). Left alone it
would stand between the JSON lines of the log. Bounded: a worker that shouts costs `MAX_LINES` lines a
second, the rest is counted.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from typing import IO

logger = logging.getLogger("networkx_mcp.workers")

MAX_LINES = 20
_MAX_LINE_BYTES = 2000
_CHUNK = 16 * 1024


class StderrLog:
    """Reads a pipe without blocking the event loop until it ends or `close` is called."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._loop = asyncio.get_running_loop()
        self._rest = b""
        self._second = 0
        self._lines = 0
        self._dropped = 0
        os.set_blocking(pipe.fileno(), False)
        self._loop.add_reader(pipe.fileno(), self._read)

    def close(self) -> None:
        """Stop reading; what is in the pipe is still logged."""
        if self._pipe.closed:
            return
        for _ in range(64):  # 1 MiB: the writers are dead, so it ends by itself
            if not self._read():
                break
        if not self._pipe.closed:
            self._end()

    def _end(self) -> None:
        self._loop.remove_reader(self._pipe.fileno())
        self._pipe.close()
        if self._rest:
            self._log(self._rest)
        if self._dropped:
            logger.warning("stderr of workers: %d lines dropped", self._dropped, extra={"event": "worker_stderr"})

    def _read(self) -> bool:
        try:
            data = os.read(self._pipe.fileno(), _CHUNK)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self._end()
            return False
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[:_MAX_LINE_BYTES]
        for line in lines:
            self._log(line)
        return True

    def _log(self, line: bytes) -> None:
        if not line.strip():
            return
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._lines = second, 0
        self._lines += 1
        if self._lines > MAX_LINES:
            self._dropped += 1
            return
        text = line[:_MAX_LINE_BYTES].decode("utf-8", "replace")
        logger.warning("stderr: %s", text, extra={"event": "worker_stderr"})
