"""The /metrics text, and the metrics that describe the build."""

from __future__ import annotations

import asyncio
import os
import platform
import time
from importlib.metadata import version

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from networkx_mcp import __version__
from networkx_mcp.telemetry import metrics

CONTENT_TYPE = CONTENT_TYPE_LATEST


def set_build_info() -> None:
    """Export what runs; the commit is written into the image's environment when it is built."""
    metrics.BUILD_INFO.labels(
        __version__,
        os.environ.get("NETWORKX_MCP_BUILD_COMMIT", "unknown"),
        platform.python_version(),
        version("networkx"),
    ).set(1)


#: Renderings per second, and how many may come at once: anybody may ask, and one takes 9 ms of the event loop.
RENDERS_PER_SECOND, RENDERS_AT_ONCE = 5.0, 50


class Exposition:
    """The text, made anew for whoever asks now and then; under a flood of questions the last one is given again, which is
    at most 1 / RENDERS_PER_SECOND seconds old.

    It is made once for all who ask in the same turn of the event loop: a crowd of scrapers held it for as many renderings before.
    """

    def __init__(self) -> None:
        self._level = float(RENDERS_AT_ONCE)
        self._seen = time.monotonic()
        self._text = b""
        #: What those wait for who have asked in this turn.
        self._asked: asyncio.Future[bytes] | None = None

    async def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        if self._asked is None:
            loop = asyncio.get_running_loop()
            self._asked = loop.create_future()
            loop.call_soon(self._answer, self._asked)
        return await asyncio.shield(self._asked)  # others wait for the same

    def _answer(self, asked: asyncio.Future[bytes]) -> None:
        self._asked = None
        try:
            asked.set_result(self._rendered())
        except Exception as error:
            asked.set_exception(error)

    def _rendered(self) -> bytes:
        now = time.monotonic()
        self._level = min(RENDERS_AT_ONCE, self._level + (now - self._seen) * RENDERS_PER_SECOND)
        self._seen = now
        if self._level >= 1:
            self._level -= 1
            self._text = generate_latest(metrics.REGISTRY)
        return self._text
