"""The id under which one request is found again, in logs, traces and the client's own, and its context."""

from __future__ import annotations

import random
import re

from starlette.types import ASGIApp, Receive, Scope, Send

from networkx_mcp import context
from networkx_mcp.context import CallContext, Caller
from networkx_mcp.http.headers import Headers, header
from networkx_mcp.settings import Limits
from networkx_mcp.telemetry.tracing import Tracing, span_trace_id, trace_id_of

#: Whoever has not shown a token yet.
NOBODY = Caller("", "", frozenset())

_random = random.Random()  # noqa: S311 -- seeded by the system; correlation ids are no secrets
_REQUEST_ID = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:/+=@-]{0,127}")


def correlation_id(headers: Headers) -> str:
    """X-Request-ID, else the trace id of traceparent, else a new one: bounded and printable."""
    trace_id = ""
    for name, value in headers:
        if name == b"x-request-id":
            if _REQUEST_ID.fullmatch(value):
                return value.decode("ascii")
        elif name == b"traceparent":
            trace_id = trace_id_of(value)
    return trace_id or f"{_random.getrandbits(128):032x}"


class Correlation:
    """Makes the CallContext of a request, and its span where traces are wanted."""

    def __init__(self, app: ASGIApp, limits: Limits, tracing: Tracing) -> None:
        self.app = app
        self._limits = limits
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = CallContext(NOBODY, correlation_id(scope["headers"]), queue_seconds=self._limits.queue_timeout_seconds)
        context.set_current(call)
        scope[context.SCOPE_KEY] = call
        if not self._tracing.on:
            call.trace_id = trace_id_of(header(scope, b"traceparent"))
            await self.app(scope, receive, send)
            return
        parent, state = header(scope, b"traceparent"), header(scope, b"tracestate")
        with self._tracing.request(f"{scope['method']} {scope['path']}", parent, state, call.correlation_id) as span:
            call.trace_id = span_trace_id(span)
            await self.app(scope, receive, send)
