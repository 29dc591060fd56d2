"""The time until which a call may run, and its end for all calls when the server drains."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from networkx_mcp.context import CallContext
from networkx_mcp.errors import DeadlineExceeded
from networkx_mcp.settings import Limits


class Deadlines:
    """All calls of the process that hold a slot; one object for every service that admits calls."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._running: set[asyncio.Timeout] = set()
        self._latest = float("inf")

    def start(self, call: CallContext) -> None:
        """Its request is complete: from now on it has `limits.connection_timeout_seconds`, queues included, less what
        it waited for its token and rate."""
        left = self._limits.connection_timeout_seconds - call.waited_seconds
        call.deadline = min(time.monotonic() + left, self._latest)

    @asynccontextmanager
    async def hold(self, call: CallContext) -> AsyncIterator[None]:
        """End what runs inside at the call's deadline. Raises errors.DeadlineExceeded."""
        try:
            async with asyncio.timeout(max(0.0, call.deadline - time.monotonic())) as timeout:
                self._running.add(timeout)
                try:
                    yield
                finally:
                    self._running.discard(timeout)
        except TimeoutError:
            if not timeout.expired():
                raise
            raise self._too_late() from None

    def drain(self, until: float) -> None:
        """No call runs past the monotonic time `until` any more."""
        self._latest = until
        loop = asyncio.get_running_loop()
        latest = loop.time() + until - time.monotonic()
        for timeout in self._running:
            when = timeout.when()
            if when is not None and when > latest:
                timeout.reschedule(latest)

    def _too_late(self) -> DeadlineExceeded:
        if self._latest < float("inf"):
            return DeadlineExceeded(
                "The server is shutting down and this call did not end in time (limits.shutdown_timeout_seconds). "
                "Repeat it: another replica answers.",
                retry_after=1,
                setting="limits.shutdown_timeout_seconds",
            )
        return DeadlineExceeded(
            f"The call did not end within {self._limits.connection_timeout_seconds:g} s "
            "(limits.connection_timeout_seconds). Ask for less, or try again when the server is less busy.",
            setting="limits.connection_timeout_seconds",
        )
