"""The time until which a call may run, and its end for all calls when the server drains."""

from __future__ import annotations

import asyncio
import time
from types import TracebackType

from networkx_mcp.context import CallContext
from networkx_mcp.errors import DeadlineExceeded
from networkx_mcp.settings import Limits


class Deadlines:
    """All calls of the process that hold a slot; one object for every service that admits calls."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        #: Those of what is held.
        self.running: set[asyncio.Timeout] = set()
        self._latest = float("inf")

    def start(self, call: CallContext) -> None:
        """Its request is complete: from now on it has `limits.connection_timeout_seconds`, queues included, less what
        it waited for its token and rate."""
        left = self._limits.connection_timeout_seconds - call.waited_seconds
        call.deadline = min(time.monotonic() + left, self._latest)

    def hold(self, call: CallContext) -> Hold:
        """End what runs inside at the call's deadline. Raises errors.DeadlineExceeded."""
        return Hold(self, max(0.0, call.deadline - time.monotonic()))

    def drain(self, until: float) -> None:
        """No call runs past the monotonic time `until` any more."""
        self._latest = until
        loop = asyncio.get_running_loop()
        latest = loop.time() + until - time.monotonic()
        for timeout in self.running:
            when = timeout.when()
            if when is not None and when > latest:
                timeout.reschedule(latest)

    def too_late(self) -> DeadlineExceeded:
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


class Hold:
    """What `Deadlines.hold` gives: a `with` block, async as that of asyncio.timeout."""

    def __init__(self, deadlines: Deadlines, seconds: float) -> None:
        self._deadlines = deadlines
        self._timeout = asyncio.timeout(seconds)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()
        self._deadlines.running.add(self._timeout)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._deadlines.running.discard(self._timeout)
        try:
            await self._timeout.__aexit__(kind, error, tb)
        except TimeoutError:
            raise self._deadlines.too_late() from None
