"""The way of a call to /mcp behind the edge: body, slot, deadline, the SDK."""

from __future__ import annotations

import asyncio
import logging
import time

from starlette.types import ASGIApp, Receive, Scope, Send

from networkx_mcp.compute.budget import MemoryBudget
from networkx_mcp.context import SCOPE_KEY, CallContext
from networkx_mcp.errors import DeadlineExceeded
from networkx_mcp.http.admission import Admission
from networkx_mcp.http.body import read_body
from networkx_mcp.http.exchange import EXCHANGE_KEY, Exchange
from networkx_mcp.http.labels import OTHER, Labels, asked
from networkx_mcp.settings import KIB, Settings
from networkx_mcp.telemetry import logs, metrics


class McpService:
    """Calls the MCP app for requests that hold a slot, and ends those that pass their deadline."""

    def __init__(self, settings: Settings, admission: Admission, budget: MemoryBudget, labels: Labels) -> None:
        self._limits = settings.limits
        self._admission = admission
        self._budget = budget
        self._labels = labels
        #: The MCP app; set before the edge lets anything through.
        self.app: ASGIApp | None = None
        metrics.REQUESTS_SHED.labels("body_budget")
        self._running: set[asyncio.Timeout] = set()
        self._latest = float("inf")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange: Exchange = scope[EXCHANGE_KEY]
        call: CallContext = scope[SCOPE_KEY]
        limits = self._limits
        body = await read_body(
            receive,
            scope["headers"],
            budget=self._budget,
            limit=limits.tool_body_kib * KIB,
            setting="limits.tool_body_kib",
            until=None if exchange.complete else call.arrived + limits.body_timeout_seconds,
        )
        try:
            seen = asked(body.data)
            exchange.request_id = seen.request_id
            if call.method == OTHER:  # the handshake era names the method in the body only
                call.method, call.tool = self._labels.method(seen.method), self._labels.tool(seen.tool)
            if logs.enabled(logging.DEBUG):
                logs.event("mcp_request_start", level=logging.DEBUG)
            call.deadline = min(time.monotonic() + limits.connection_timeout_seconds, self._latest)
            slot = await self._admission.enter(call, receive)
            try:
                await self._run(call, scope, body.replay(receive), send)
            finally:
                slot.release()
        finally:
            body.release()

    async def _run(self, call: CallContext, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(max(0.0, call.deadline - time.monotonic())) as timeout:
                self._running.add(timeout)
                try:
                    assert self.app is not None
                    await self.app(scope, receive, send)
                finally:
                    self._running.discard(timeout)
        except TimeoutError:
            if not timeout.expired():
                raise
            raise self._too_late() from None

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

    def drain(self, until: float) -> None:
        """No call runs past the monotonic time `until` any more."""
        self._latest = until
        loop = asyncio.get_running_loop()
        latest = loop.time() + until - time.monotonic()
        for timeout in self._running:
            when = timeout.when()
            if when is not None and when > latest:
                timeout.reschedule(latest)
