"""One record of every request, whoever ends it: its labels, its outcome, its time, its answer where it failed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from networkx_mcp import context, errors
from networkx_mcp.context import CallContext
from networkx_mcp.errors import ServiceError
from networkx_mcp.http.connections import Connection
from networkx_mcp.http.exchange import EXCHANGE_KEY, Exchange
from networkx_mcp.http.labels import Labels
from networkx_mcp.http.routes import Routes
from networkx_mcp.telemetry import logs, metrics

_BY_STATUS: Mapping[int, errors.Outcome] = {
    404: "not_found",
    409: "conflict",
    412: "conflict",
    429: "rate_limited",
    503: "unavailable",
    504: "timeout",
    507: "memory_limit",
}


class Recorder:
    """Makes the Exchange of a request, answers with what is raised behind it, counts and logs the end."""

    def __init__(
        self, app: ASGIApp, routes: Routes, labels: Labels, closing: Callable[[Connection | None], bool]
    ) -> None:
        self.app = app
        self._routes = routes
        self._labels = labels
        self._closing = closing
        #: Size of the process in MiB for the logs, kept current by the app.
        self.memory_mb = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call: CallContext = scope[context.SCOPE_KEY]
        mount, service = self._routes.find(scope)
        jsonrpc = service is not None and service.jsonrpc
        exchange = Exchange(call, scope, receive, send, jsonrpc=jsonrpc, closing=self._closing)
        scope[EXCHANGE_KEY] = exchange
        call.method, call.tool = self._labels.first(mount, service is not None, scope)
        try:
            await self.app(scope, exchange.receive, exchange.send)
        except ServiceError as error:
            call.outcome = error.outcome
            await exchange.fail(error)
        except asyncio.CancelledError:  # the process ends; nobody is told any more
            call.outcome = "unavailable"
            raise
        except Exception as error:
            call.outcome = "internal"
            logs.event("request_failed", level=logging.ERROR, exc_info=error)
            await exchange.fail(ServiceError(f"The server failed (correlation id {call.correlation_id})."))
        finally:
            call.leave_slot()
            self._record(exchange)

    def _record(self, exchange: Exchange) -> None:
        call = exchange.call
        if call.outcome == "ok":
            call.outcome = _outcome(exchange)
        call.method, call.tool = self._labels.method(call.method), self._labels.tool(call.tool)
        seconds = time.monotonic() - call.arrived
        weight = self._labels.weight(call.method, call.tool)
        metrics.REQUESTS.labels(call.method, call.tool, call.outcome).inc()
        metrics.REQUEST_DURATION.labels(call.method, call.tool, weight).observe(seconds)
        logs.request_end(seconds, call.outcome == "ok", self.memory_mb)


def _outcome(exchange: Exchange) -> errors.Outcome:
    """The outcome of a request that nobody named: by what the client was sent."""
    if not exchange.finished:
        return "cancelled" if exchange.disconnected else "internal"
    if exchange.status < 400:
        return "ok"
    return _BY_STATUS.get(exchange.status, "client_error" if exchange.status < 500 else "internal")
