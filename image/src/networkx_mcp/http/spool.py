"""Uploads on their way to disk: every byte within the size limit, none slower than the least rate.

A file in the spool directory ($TMPDIR, a sized volume in the chart) that has no name: whatever ends
the process, the space comes back.
"""

from __future__ import annotations

import asyncio
import errno
import tempfile
import time
from collections import deque
from contextlib import suppress
from typing import IO

from starlette.types import Message, Receive

from networkx_mcp.errors import Cancelled, LimitExceeded
from networkx_mcp.http.body import SlowBody, declared_length
from networkx_mcp.limits.shed import shed
from networkx_mcp.settings import KIB, MIB, Limits, spool_directory

#: Stretch of time over which the least rate must hold, in seconds: a pause shorter than it is forgiven.
RATE_WINDOW_SECONDS = 10.0
#: Bytes that are gathered before a thread writes them.
_BATCH_BYTES = MIB


class Pace:
    """Whether a stream keeps up `rate` bytes per second over each window of `seconds`."""

    def __init__(self, rate: float, seconds: float, now: float) -> None:
        self._rate, self._seconds = rate, seconds
        self._marks: deque[tuple[float, int]] = deque([(now, 0)])
        self._total = 0

    def moved(self, nbytes: int, now: float) -> None:
        """Note that `nbytes` arrived."""
        self._total += nbytes
        self._marks.append((now, self._total))
        # The newest mark that is a window old stays: the rate is measured from it.
        while len(self._marks) > 1 and self._marks[1][0] <= now - self._seconds:
            self._marks.popleft()

    def patience(self, now: float) -> float:
        """Seconds until the stream is too slow if nothing more arrives; 0 where it is already."""
        since, before = self._marks[0]
        if now - since < self._seconds:
            return self._seconds - (now - since)
        needed = self._rate * (now - since)
        return 0.0 if self._total - before < needed else self._seconds / 10


def upload_too_large(limits: Limits) -> LimitExceeded:
    """The 413 of an upload."""
    return LimitExceeded(
        f"The upload is larger than {limits.upload_mb} MiB (limits.upload_mb). Compress it (format parquet or "
        "arrow), or split the graph.",
        limit="upload",
        setting="limits.upload_mb",
        maximum=limits.upload_mb * MIB,
    )


async def spool_body(receive: Receive, headers: list[tuple[bytes, bytes]], limits: Limits) -> IO[bytes]:
    """The complete body as an unnamed file at its end; the caller closes it.

    Raises LimitExceeded (413) as soon as `limits.upload_mb` is declared or passed, SlowBody (408) when
    less than `limits.upload_min_kib_per_second` arrives over `RATE_WINDOW_SECONDS`, Shed (503) when the volume
    is full, Cancelled.
    """
    most = limits.upload_mb * MIB
    declared = declared_length(headers)
    if declared is not None and declared > most:
        raise upload_too_large(limits)
    pace = Pace(limits.upload_min_kib_per_second * KIB, RATE_WINDOW_SECONDS, time.monotonic())
    file = await asyncio.to_thread(_unnamed_file)
    try:
        batch, size, more = bytearray(), 0, True
        while more:
            message = await _next(receive, pace, limits)
            if message["type"] != "http.request":
                raise Cancelled("The client hung up before the upload was complete.")
            part: bytes = message.get("body", b"")
            size += len(part)
            if size > most:
                raise upload_too_large(limits)
            pace.moved(len(part), time.monotonic())
            batch += part
            more = message.get("more_body", False)
            if len(batch) >= _BATCH_BYTES or (batch and not more):
                await asyncio.to_thread(file.write, bytes(batch))
                batch.clear()
        await asyncio.to_thread(file.flush)
    except BaseException as error:
        with suppress(OSError):  # closing flushes once more
            file.close()
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise shed(
                "The volume where uploads are spooled is full ($TMPDIR). Repeat after the time in Retry-After.",
                retry_after=5,
                reason="spool",
            ) from error
        raise
    return file


def _unnamed_file() -> IO[bytes]:
    return tempfile.TemporaryFile("w+b", dir=spool_directory(), prefix="networkx-mcp-upload-")


async def _next(receive: Receive, pace: Pace, limits: Limits) -> Message:
    try:
        async with asyncio.timeout(pace.patience(time.monotonic())):
            return await receive()
    except TimeoutError:
        raise SlowBody(
            f"The upload arrives slower than {limits.upload_min_kib_per_second} KiB/s over "
            f"{RATE_WINDOW_SECONDS:g} s (limits.upload_min_kib_per_second). Repeat it over a faster connection.",
            setting="limits.upload_min_kib_per_second",
        ) from None
