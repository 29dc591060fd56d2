"""The outermost room: paths, repairs, hosts, correlation ids, and one record of every request.

Pure ASGI. What the MCP SDK refuses never reaches its own middleware, so requests are counted here.
"""

from __future__ import annotations

import asyncio
import logging
import random
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Receive, Scope, Send

from networkx_mcp import context, errors
from networkx_mcp.context import CallContext, Caller
from networkx_mcp.errors import Forbidden, ServiceError, Unauthenticated, Unavailable
from networkx_mcp.http.auth import Authenticator
from networkx_mcp.http.connections import CONNECTION_KEY, PROBES, Connection
from networkx_mcp.http.exchange import CLOSE, EXCHANGE_KEY, Exchange
from networkx_mcp.http.health import Status
from networkx_mcp.http.labels import MOUNTS, OTHER, VERBS, Labels, asked_by_headers
from networkx_mcp.http.origin import Origins
from networkx_mcp.http.respond import Headers, respond, respond_error, respond_json
from networkx_mcp.limits.shed import shed
from networkx_mcp.settings import Settings
from networkx_mcp.telemetry import exposition, logs, metrics
from networkx_mcp.telemetry.audit import refused
from networkx_mcp.telemetry.tracing import Tracing, span_trace_id, trace_id_of

if TYPE_CHECKING:
    from networkx_mcp.http.oidc import Oidc

#: Path of the RFC 9728 metadata; served with an issuer only.
METADATA = "/.well-known/oauth-protected-resource/mcp"
#: Connections that may leave an answer from /metrics unread, at once.
MAX_SCRAPERS = 8
#: Whoever has not shown a token yet.
NOBODY = Caller("", "", frozenset())

_random = random.Random()  # noqa: S311 -- seeded by the system; correlation ids are no secrets
_REQUEST_ID = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:/+=@-]{0,127}")


class NotHere(errors.NotFound):
    """No such path."""


class MethodNotAllowed(ServiceError):
    """The path does not know this method."""

    code, outcome, status = "method_not_allowed", "client_error", 405


class Service:
    """An ASGI app below one path, with the methods it knows.

    It is called with a caller that was authenticated and within its rate; what it raises as
    ServiceError becomes the answer.
    """

    def __init__(self, app: ASGIApp, methods: frozenset[str], *, jsonrpc: bool = False) -> None:
        self.app = app
        self.methods = methods
        self.jsonrpc = jsonrpc


class Edge:
    """The ASGI app that uvicorn calls."""

    def __init__(
        self,
        settings: Settings,
        status: Status,
        auth: Authenticator,
        labels: Labels,
        limit: Callable[[Caller], Awaitable[None]],
        tracing: Tracing,
    ) -> None:
        self._settings = settings
        self._status = status
        self._auth = auth
        self._labels = labels
        self._limit = limit
        self._tracing = tracing
        self._origins = Origins(settings.http)
        self._exposition = exposition.Exposition()
        #: Connections that may not have read their last answer from /metrics, the oldest first.
        self._scrapers: dict[Connection, None] = {}
        #: First part of the path -> service: `mcp`, `graphs`, `admin`.
        self.services: dict[str, Service] = {}
        #: Size of the process in MiB for the logs, kept current by the app.
        self.memory_mb = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path in PROBES:
            await self._probe(path, scope, send)
            return
        if path == METADATA and self._auth.oidc is not None and scope["method"] in ("GET", "HEAD", "OPTIONS"):
            anybody: Headers = [(b"access-control-allow-origin", b"*")]
            if scope["method"] == "OPTIONS":  # a browser that sends MCP-Protocol-Version asks first
                await respond(send, 204, b"", headers=[*anybody, *self._origins.preflight()])
            else:
                await self._metadata(self._auth.oidc, scope, send, anybody)
            return
        call = CallContext(
            NOBODY,
            _correlation_id(scope["headers"]),
            queue_seconds=self._settings.limits.queue_timeout_seconds,
        )
        context.set_current(call)
        if self._tracing.on:
            parent, state = _header(scope, b"traceparent"), _header(scope, b"tracestate")
            with self._tracing.request(f"{scope['method']} {path}", parent, state, call.correlation_id) as span:
                call.trace_id = span_trace_id(span)
                await self._serve(call, scope, receive, send)
        else:
            call.trace_id = trace_id_of(_header(scope, b"traceparent"))
            await self._serve(call, scope, receive, send)

    async def _serve(self, call: CallContext, scope: Scope, receive: Receive, send: Send) -> None:
        scope["headers"] = headers = _repaired(scope["headers"])
        # A target need not begin with a slash: `OPTIONS *`.
        mount = (*scope["path"].split("/", 2), "")[1]
        service = self.services.get(mount)
        jsonrpc = service is not None and service.jsonrpc
        exchange = Exchange(call, scope, receive, send, jsonrpc=jsonrpc, closing=self._closing)
        scope[context.SCOPE_KEY] = call
        scope[EXCHANGE_KEY] = exchange
        if mount == "mcp":
            asks = asked_by_headers(headers)
            call.method, call.tool = self._labels.method(asks.method), self._labels.tool(asks.tool)
        elif service is not None and scope["method"] in VERBS:
            call.method = f"{mount}/{scope['method'].lower()}"
        else:
            call.method = OTHER
        try:
            if service is None:
                if mount in MOUNTS and not self._status.started:
                    raise self._starting()
                raise NotHere("There is nothing at this path; the server answers at /mcp.")
            await self._answer(service, exchange, scope, headers)
        except ServiceError as error:
            call.outcome = error.outcome
            if isinstance(error, Forbidden) and "scope" in error.data:
                refused("authorize", "scope", scope=error.data["scope"])
            await exchange.fail(error, self._challenge(error, service, scope))
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

    async def _answer(self, service: Service, exchange: Exchange, scope: Scope, headers: Headers) -> None:
        self._origins.check_host(headers)
        cors = self._origins.check_origin(headers)
        exchange.headers += cors
        if scope["method"] == "OPTIONS" and cors:
            await respond(exchange.send, 204, b"", headers=self._origins.preflight())
            return
        if scope["method"] not in service.methods:
            raise MethodNotAllowed(f"This path answers {', '.join(sorted(service.methods))} only.")
        if exchange.connection is not None and not exchange.connection.has_place():
            raise shed("All client sockets are in use (limits.sockets).", retry_after=1, reason="sockets")
        if not self._status.started:
            raise self._starting()
        exchange.call.caller = await self._auth.caller(headers)
        if exchange.connection is not None:
            exchange.connection.authenticated()
        await self._limit(exchange.call.caller)
        # Both may have asked somebody: an issuer for its keys, a store that hangs for a lease.
        exchange.call.waited_seconds = time.monotonic() - exchange.call.arrived
        await service.app(scope, exchange.receive, exchange.send)

    def _starting(self) -> Unavailable:
        return Unavailable(f"The server is starting: {self._status.waiting_for}.", retry_after=1)

    def _challenge(self, error: ServiceError, service: Service | None, scope: Scope) -> Headers:
        if isinstance(error, MethodNotAllowed) and service is not None:
            return [(b"allow", ", ".join(sorted(service.methods)).encode())]
        if isinstance(error, Unauthenticated):
            return [(b"www-authenticate", self._auth.challenge(error, self._metadata_url(scope)))]
        if isinstance(error, Forbidden) and "scope" in error.data:
            value = f'Bearer error="insufficient_scope", scope="{error.data["scope"]}"'
            return [(b"www-authenticate", value.encode("latin-1"))]
        return []

    async def _metadata(self, oidc: Oidc, scope: Scope, send: Send, headers: Headers) -> None:
        """The RFC 9728 document. It names the configured URL, else a host of the allow-list: never what a stranger calls us."""
        if not self._settings.oidc.resource_url:
            try:
                self._origins.check_host(scope["headers"])
            except ServiceError as error:
                await respond_error(send, error, jsonrpc=False, headers=headers)
                return
            headers = [*headers, (b"vary", b"Host")]
        await respond_json(send, 200, oidc.metadata(self._resource(scope)), headers)

    def _resource(self, scope: Scope) -> str:
        """The public URL of /mcp: as configured, else by the host, which was found in the allow-list."""
        if self._settings.oidc.resource_url:
            return self._settings.oidc.resource_url
        return f"{scope['scheme']}://{_header(scope, b'host').decode('latin-1')}/mcp"

    def _metadata_url(self, scope: Scope) -> str:
        if not self._settings.oidc.resource_url:
            return self._resource(scope).removesuffix("/mcp") + METADATA
        parts = urlsplit(self._settings.oidc.resource_url)
        return f"{parts.scheme}://{parts.netloc}{METADATA}"

    def _closing(self, connection: Connection | None) -> bool:
        """Whether a connection ends with the answer that is about to be sent."""
        return self._status.leaving or (connection is not None and (connection.reserve or connection.worn_out()))

    async def _probe(self, path: str, scope: Scope, send: Send) -> None:
        close = [CLOSE] if self._closing(scope.get(CONNECTION_KEY)) else []
        if scope["method"] not in ("GET", "HEAD"):
            await respond(send, 405, b"", headers=[(b"allow", b"GET, HEAD"), *close])
        elif path == "/metrics":
            await self._metrics(scope.get(CONNECTION_KEY), send, close)
        else:
            status = self._status
            code, document = {"/health": status.health, "/startup": status.startup, "/ready": status.ready}[path]()
            await respond_json(send, code, document, [(b"cache-control", b"no-store"), *close])

    async def _metrics(self, connection: Connection | None, send: Send, close: Headers) -> None:
        """Answer /metrics. Anybody may ask, and what is not read is held: of those who do not read, the oldest are cut."""
        if connection is not None:
            waiting = [one for one in self._scrapers if one.unread and one is not connection]
            for one in waiting[: max(0, len(waiting) + 1 - MAX_SCRAPERS)]:
                metrics.REQUESTS_SHED.labels("metrics").inc()
                one.abort()
            self._scrapers = dict.fromkeys([*waiting[max(0, len(waiting) + 1 - MAX_SCRAPERS) :], connection])
        await respond(send, 200, self._exposition.text(), exposition.CONTENT_TYPE.encode(), close)

    def _record(self, exchange: Exchange) -> None:
        """Count and log a request that has ended, whoever ended it."""
        call = exchange.call
        if call.outcome == "ok":
            call.outcome = _outcome(exchange)
        call.method, call.tool = self._labels.method(call.method), self._labels.tool(call.tool)
        seconds = time.monotonic() - call.arrived
        _counter(call.method, call.tool, call.outcome).inc()
        _histogram(call.method, call.tool, self._labels.weight(call.method, call.tool)).observe(seconds)
        logs.request_end(seconds, call.outcome == "ok", self.memory_mb)


@cache
def _counter(method: str, tool: str, outcome: str) -> Counter:
    return metrics.REQUESTS.labels(method, tool, outcome)


@cache
def _histogram(method: str, tool: str, weight: str) -> Histogram:
    return metrics.REQUEST_DURATION.labels(method, tool, weight)


_BY_STATUS: Mapping[int, errors.Outcome] = {
    404: "not_found",
    409: "conflict",
    412: "conflict",
    429: "rate_limited",
    503: "unavailable",
    504: "timeout",
    507: "memory_limit",
}


def _outcome(exchange: Exchange) -> errors.Outcome:
    """The outcome of a request that nobody named: by what the client was sent."""
    if not exchange.finished:
        return "cancelled" if exchange.disconnected else "internal"
    if exchange.status < 400:
        return "ok"
    return _BY_STATUS.get(exchange.status, "client_error" if exchange.status < 500 else "internal")


def _header(scope: Scope, wanted: bytes) -> bytes:
    for name, value in scope["headers"]:
        if name == wanted:
            return bytes(value.strip(b" \t"))
    return b""


def _repaired(headers: Headers) -> Headers:
    """Header values without the white space that httptools leaves at their end; the SDK compares them."""
    for _, value in headers:
        if value[-1:] in b" \t" and value:
            return [(name, value.strip(b" \t")) for name, value in headers]
    return headers


def _correlation_id(headers: Headers) -> str:
    """X-Request-ID, else the trace id of traceparent, else a new one: bounded and printable."""
    trace_id = ""
    for name, value in headers:
        if name == b"x-request-id":
            text = value.strip(b" \t")
            if _REQUEST_ID.fullmatch(text):
                return text.decode("ascii")
        elif name == b"traceparent":
            trace_id = trace_id_of(value.strip(b" \t"))
    return trace_id or f"{_random.getrandbits(128):032x}"
