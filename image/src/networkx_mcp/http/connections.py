"""Client sockets: how many, how long, and how slowly they may send.

uvicorn has no time limit for the headers of a request, for a client that never sends one, or for one
that does not read its answer, and no limit of header size. This protocol notes what a socket waits
for, and a sweep of all of them twice a second ends those that take too long.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from networkx_mcp.settings import Settings
from networkx_mcp.telemetry import metrics

#: Key of the Connection in an ASGI scope; absent where no socket is (tests).
CONNECTION_KEY = "networkx_mcp.connection"
#: Headers of one request, in bytes.
MAX_HEADER_BYTES = 64 * 1024
#: Bytes of one request that are neither headers nor body: chunk sizes and trailers.
MAX_FRAMING_BYTES = 8 * 1024 * 1024
#: Sockets past the limit that are accepted to answer probes, and to tell others to come back.
RESERVE = 32
#: Time for the rest of a refused body to arrive and be thrown away, in seconds: a client that is
#: still sending would otherwise see a reset instead of the answer.
LINGER_SECONDS = 5.0
#: Time for a reserve socket to send its headers, in seconds.
_RESERVE_SECONDS = 2.0
#: The same once the listeners are closed.
_CLOSING_SECONDS = 1.0


class Connection(HttpToolsProtocol):
    """One client socket."""

    guard: ClassVar[Guard]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connected."""
        now = time.monotonic()
        self.opened = now
        self.served = 0
        #: Since when a request is incomplete; None between requests. At first the client owes us one.
        self.reading_since: float | None = now
        self.answered = now
        self._overhead = 0
        self._in_headers = True
        self._unsent = 0
        self._unsent_since = now
        self._closing_since: float | None = None
        others = len(self.connections)
        #: Past the limit: only probes are served.
        self.reserve = others >= self.guard.limit
        super().connection_made(transport)
        if others >= self.guard.limit + RESERVE:
            metrics.REQUESTS_SHED.labels("sockets").inc()
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Bytes arrived."""
        if self.reading_since is None:
            self.reading_since = time.monotonic()
        self._overhead += len(data)
        super().data_received(data)
        if self._in_headers:
            if self._overhead > MAX_HEADER_BYTES:
                self.refuse(b"431 Request Header Fields Too Large")
        elif self._overhead > MAX_FRAMING_BYTES:
            self.transport.abort()

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        if self.reading_since is None:
            self.reading_since = time.monotonic()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """All headers are there; the application starts."""
        self.served += 1
        self._in_headers, self._overhead = False, 0
        self.scope[CONNECTION_KEY] = self  # type: ignore[literal-required]
        application = self.app
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > MAX_HEADER_BYTES:
            self.app = _too_many_headers  # they came in one piece
        super().on_headers_complete()
        self.app = application

    def on_body(self, body: bytes) -> None:
        """A part of the body: what is left of the count is framing."""
        self._overhead = max(0, self._overhead - len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The whole request is there."""
        self.reading_since, self._in_headers, self._overhead = None, True, 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The answer was handed to the socket."""
        self.answered = time.monotonic()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """The request is no HTTP; nothing above ever sees it, so it is counted here."""
        _count_refused()
        super().send_400_response(msg)

    def refuse(self, status: bytes) -> None:
        """End a request whose headers are not complete."""
        _count_refused()
        if self.transport.is_closing():
            return
        if self._overhead and (self.cycle is None or self.cycle.response_complete):
            self.transport.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()

    def worn_out(self) -> bool:
        """Whether this connection has lived or served long enough: new ones find new pods."""
        guard = self.guard
        return self.served >= guard.max_requests or time.monotonic() - self.opened >= guard.max_seconds

    @property
    def complete(self) -> bool:
        """Whether the request that is being answered has arrived as a whole."""
        return not self.cycle.more_body

    def shutdown(self) -> None:
        """The listeners are closed. A request may be under way on an idle connection: it ends a moment
        later (see `sweep`), and what arrives until then is answered."""
        if self.cycle is not None and not self.cycle.response_complete:
            super().shutdown()
        elif not self.transport.is_closing():
            self.reading_since = time.monotonic()

    def abort(self) -> None:
        """Cut the connection; what was not sent is lost."""
        if self.transport is not None:
            self.transport.abort()

    def sweep(self, now: float) -> None:
        """Give up on a client that takes too long."""
        if self._stalled(now):
            self.transport.abort()
            return
        since = self.reading_since
        if since is None or self.transport.is_closing():
            return
        if self.flow.read_paused:  # it is we who do not read
            self.reading_since = now
        elif self._in_headers:
            if now - since > self._header_seconds():
                self.refuse(b"408 Request Timeout")
        elif self.cycle.response_complete and now - max(since, self.answered) > LINGER_SECONDS:
            self.transport.abort()

    def _header_seconds(self) -> float:
        if self.guard.closing:
            return _CLOSING_SECONDS
        return _RESERVE_SECONDS if self.reserve else self.guard.header_seconds

    def _stalled(self, now: float) -> bool:
        """Whether an answer waits in the socket without progress, closing or not."""
        unsent = self.transport.get_write_buffer_size()
        if unsent == 0 or unsent != self._unsent:
            self._unsent, self._unsent_since = unsent, now
            stalled = False
        else:
            stalled = now - self._unsent_since > self.guard.stall_seconds
        if self.transport.is_closing():
            if self._closing_since is None:
                self._closing_since = now
            stalled = stalled or now - self._closing_since > self.guard.stall_seconds
        return stalled


class Guard:
    """The limits of all sockets of one server."""

    def __init__(self, settings: Settings) -> None:
        self.limit = settings.limits.sockets
        self.header_seconds = settings.limits.body_timeout_seconds
        #: Time without progress after which an answer is given up.
        self.stall_seconds = settings.limits.connection_timeout_seconds
        self.max_requests = settings.http.connection_max_requests
        self.max_seconds = settings.http.connection_max_seconds
        #: The listeners are closed.
        self.closing = False
        self._connections: set[Any] = set()
        metrics.SOCKETS_LIMIT.set(self.limit)
        metrics.SOCKETS.set_function(lambda: len(self._connections))
        metrics.REQUESTS_SHED.labels("sockets")

    @property
    def open(self) -> int:
        """Sockets that are open."""
        return len(self._connections)

    def protocol(self) -> type[Connection]:
        """The protocol class to give to uvicorn, bound to this guard."""
        return type("GuardedConnection", (Connection,), {"guard": self})

    def watch(self, connections: set[Any]) -> None:
        """Take over uvicorn's set of open connections."""
        self._connections = connections

    def sweep(self) -> None:
        """Look at every socket once; call it about twice a second."""
        now = time.monotonic()
        for connection in list(self._connections):
            connection.sweep(now)


async def _too_many_headers(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001
    _count_refused()
    headers = [(b"content-length", b"0"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 431, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _count_refused() -> None:
    metrics.REQUESTS.labels("other", "", "client_error").inc()
