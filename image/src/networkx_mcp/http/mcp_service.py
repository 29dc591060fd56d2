"""The way of a call to /mcp behind the edge: body, slot, deadline, the SDK."""

from __future__ import annotations

import logging
from contextlib import nullcontext

from starlette.types import ASGIApp, Receive, Scope, Send

from networkx_mcp.context import SCOPE_KEY, CallContext
from networkx_mcp.http.admission import Admission
from networkx_mcp.http.body import Claim, read_body
from networkx_mcp.http.body_values import Turnstile
from networkx_mcp.http.deadlines import Deadlines
from networkx_mcp.http.exchange import EXCHANGE_KEY, Exchange
from networkx_mcp.http.garbage_collector import GarbageCollector
from networkx_mcp.http.labels import OTHER, Labels
from networkx_mcp.limits.memory_account import MemoryAccount
from networkx_mcp.limits.shares import Shares
from networkx_mcp.settings import KIB, Settings
from networkx_mcp.telemetry import logs, metrics
from networkx_mcp.tools.message import MESSAGE_KEY, Message


class McpService:
    """Calls the MCP app for requests that hold a slot, and ends those that pass their deadline."""

    def __init__(
        self,
        settings: Settings,
        admission: Admission,
        deadlines: Deadlines,
        budget: MemoryAccount,
        labels: Labels,
        collector: GarbageCollector,
    ) -> None:
        self._limits = settings.limits
        self._admission = admission
        self._deadlines = deadlines
        self._budget = budget
        self._bodies = Shares()
        self._labels = labels
        self._collector = collector
        self._turnstile = Turnstile(settings.limits.tool_body_values)
        #: The MCP app; set before the edge lets anything through.
        self.app: ASGIApp | None = None
        metrics.REQUESTS_SHED.labels("body_budget")

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
            claim=Claim(call, self._bodies, self._budget.reserve("bodies", 0)),
        )
        try:
            message = scope[MESSAGE_KEY] = Message(body.data)
            exchange.request_id = message.request_id
            if call.method == OTHER:  # the handshake era names the method in the body only
                call.method, call.tool = self._labels.method(message.method), self._labels.tool(message.tool)
            if logs.enabled(logging.DEBUG):
                logs.event("mcp_request_start", level=logging.DEBUG)
            self._deadlines.start(call)
            slot = await self._admission.enter(call, receive)
            try:
                async with self._deadlines.hold(call):
                    assert self.app is not None
                    values = await self._turnstile.enter(body.data)
                    with self._collector.values(values) if values else nullcontext():
                        await self.app(scope, body.replay(receive), send)
            finally:
                slot.release()
        finally:
            body.release()
