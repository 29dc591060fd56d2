"""Client sockets: how many, how long, and how slowly they may send.

uvicorn has no time limit for the headers of a request, for a client that never sends one, or for one
that does not read its answer, and no limit of header size or of requests sent ahead. This protocol notes what a socket waits
for, and a sweep of all of them twice a second ends those that take too long. It reads a little at a time, so that what is
refused is refused before more of it is parsed, and no client is parsed for long while others wait (`pacing`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from networkx_mcp.http.pacing import Pacer
from networkx_mcp.http.socket_places import SocketPlaces
from networkx_mcp.settings import Settings
from networkx_mcp.telemetry import metrics

#: Key of the Connection in an ASGI scope; absent where no socket is (tests).
CONNECTION_KEY = "networkx_mcp.connection"
#: Request line and header fields of one request, in bytes, and how many fields.
MAX_HEADER_BYTES = 64 * 1024
MAX_HEADER_FIELDS = 256
#: Bytes of one request that are neither headers nor body (chunk sizes, trailers), beside FRAMING_RATIO times its body: a chunk
#: of three bytes and more is lawful for ever, smaller ones for a while.
MAX_FRAMING_BYTES = 64 * 1024
FRAMING_RATIO = 2
#: Requests of one connection that are not answered yet, the one that runs among them.
MAX_UNANSWERED = 16
#: Read from a socket at once, in bytes. The tightest chunks keep the parser 3 ms per read.
READ_BYTES = 16 * 1024
#: A read of so few bytes is parsed at once: a probe does not wait behind fifty clients who send much.
SMALL_BYTES = 1024
#: The same for strangers while a crowd comes: it holds a probe, and not 16 requests.
PROBE_BYTES = 256
#: Kept of the answers and the body of a client without a token, in bytes; of others uvicorn's 64 KiB.
STRANGER_BYTES = 16 * 1024
#: Paths that anybody may ask for, without a token.
PROBES = frozenset({"/health", "/ready", "/startup", "/metrics"})
#: Of these, the one whose answer is long.
SCRAPED = "/metrics"
#: Those that begin at once in any crowd as the first request of a connection: a kubelet makes one for each probe.
URGENT = PROBES - {SCRAPED}
#: Sockets past the limit that are accepted to answer probes, and to tell others to come back.
RESERVE = 32
#: Time for the rest of a refused body to arrive and be thrown away, in seconds: a client that is
#: still sending would otherwise see a reset instead of the answer.
LINGER_SECONDS = 5.0
#: Time for a reserve socket to send its headers, in seconds.
_RESERVE_SECONDS = 2.0
#: The same once the listeners are closed.
_CLOSING_SECONDS = 1.0


class _Overdone(Exception):
    """Raised in a callback of the parser, which parses nothing more then."""


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
        #: Whether a request on it was authenticated.
        self.known = False
        #: Of its newest request that was.
        self.tenant: str | None = None
        self._head_bytes = self._head_fields = 0
        self._body_bytes = self._overhead = 0
        self._in_headers = True
        #: How a request goes beyond the limits, while the parser is being told.
        self._overdone = ""
        #: What was read and has not been parsed yet: its turn comes.
        self._unparsed = b""
        #: The request that is being answered; uvicorn's `cycle` is the newest that was read.
        self._running: RequestResponseCycle | None = None
        self._when_lost: Callable[[], None] | None = None
        self._unsent = 0
        self._unsent_since = now
        self._closing_since: float | None = None
        transport.set_write_buffer_limits(high=STRANGER_BYTES)
        self.guard.pacer.accepted()
        full = not self.guard.place()
        #: Past the limit: only probes are served.
        self.reserve = self.guard.open >= self.guard.limit
        super().connection_made(transport)
        if full:
            metrics.REQUESTS_SHED.labels("sockets").inc()
            transport.abort()
        else:
            self.guard.places.idle(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is closed, by whomever."""
        self.guard.places.gone(self)
        self.pipeline.clear()
        self._unparsed = b""
        if self._running is not None and not self._running.response_complete:  # uvicorn tells the newest only
            self._running.disconnected = True
            self._running.message_event.set()
            if self._when_lost is not None:
                self._when_lost()
        super().connection_lost(exc)

    def watch(self, gone: Callable[[], None]) -> Callable[[], object]:
        """See CallContext.watch: of the request that is being answered."""
        if self.parser is None:
            gone()
        else:
            self.flow.resume_reading()  # a socket that is not read does not tell
            self._when_lost = gone
        return self._forget

    def _forget(self) -> None:
        self._when_lost = None

    def authenticated(self, tenant: str) -> None:
        """A request on this connection was authenticated: by a token of this tenant."""
        self.tenant = tenant
        if not self.known:
            self.known = True
            self.transport.set_write_buffer_limits()

    def data_received(self, data: bytes) -> None:
        """Bytes arrived; at most READ_BYTES. They are parsed now, or in a later turn and nothing is read until then."""
        pacer = self.guard.pacer
        small = PROBE_BYTES if pacer.crowd and not self.known else SMALL_BYTES
        if len(data) > small and not pacer.may_parse():
            self._unparsed = data
            self.transport.pause_reading()
            pacer.later(self._resume, self.tenant)
            return
        began = time.perf_counter()
        self._parse(data)
        pacer.parsed(time.perf_counter() - began)

    def _resume(self) -> None:
        data, self._unparsed = self._unparsed, b""
        if not data or self.transport.is_closing():
            return
        began = time.perf_counter()
        self._parse(data)
        self.guard.pacer.parsed(time.perf_counter() - began)
        if not self.flow.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()

    def _parse(self, data: bytes) -> None:
        if self.reading_since is None:
            self.reading_since = time.monotonic()
        self._overhead += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_headers:
            if self._overhead > MAX_HEADER_BYTES:
                self.refuse(b"431 Request Header Fields Too Large")
            return
        framing = MAX_FRAMING_BYTES if self.known else STRANGER_BYTES
        if self._overhead > framing + FRAMING_RATIO * self._body_bytes:
            self._end("framing")
        elif not self.known and self.cycle is not None and not self.cycle.response_complete:
            self.flow.pause_reading()  # first it is told whether it may go on

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        if self.reading_since is None:
            self.reading_since = time.monotonic()
        if self.cycle is not None and not self.cycle.response_complete and len(self.pipeline) + 1 >= MAX_UNANSWERED:
            self._overdo("pipelining")
        self._head_bytes = self._head_fields = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A part of the request line."""
        self._count_head(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header field, or a trailer."""
        self._head_fields += 1
        self._count_head(len(name) + len(value) + 4)
        if self._in_headers:  # trailers mean nothing here
            super().on_header(name, value)

    def _count_head(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MAX_HEADER_BYTES or self._head_fields > MAX_HEADER_FIELDS:
            self._overdo("headers" if self._in_headers else "framing")

    def _overdo(self, how: str) -> None:
        self._overdone = how
        raise _Overdone(how)

    def on_headers_complete(self) -> None:
        """All headers are there; the application starts."""
        self.served += 1
        self._in_headers, self._overhead, self._body_bytes = False, 0, 0
        self.scope[CONNECTION_KEY] = self  # type: ignore[literal-required]
        if self.known:
            self.guard.places.busy(self)
        super().on_headers_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        if self.served == 1 and cycle.scope["path"] in URGENT:
            self.guard.places.busy(self)
            super()._start_asgi_task(cycle, app)
        else:  # a stranger whose turn has not come can be spared: else a crowd of them would be busy, and who comes now idle
            self.guard.pacer.start(lambda: self._begin(cycle, app), self.tenant)

    def _begin(self, cycle: RequestResponseCycle, app: Any) -> None:
        if not cycle.disconnected and not self.transport.is_closing():  # its client may have gone meanwhile
            if self.known or not (self.flow.write_paused or cycle.scope["path"] == SCRAPED):
                self.guard.places.busy(self)  # else it waits for its own client, or for what all who scrape wait for
            super()._start_asgi_task(cycle, app)

    def on_body(self, body: bytes) -> None:
        """A part of the body: what is left of the count is framing."""
        self._overhead = max(0, self._overhead - len(body))
        self._body_bytes += len(body)
        super().on_body(body)
        if not self.known and len(self.cycle.body) > STRANGER_BYTES:
            self.flow.pause_reading()

    def on_message_complete(self) -> None:
        """The whole request is there."""
        self.reading_since, self._in_headers, self._overhead = None, True, 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The answer was handed to the socket."""
        self.answered = time.monotonic()
        super().on_response_complete()
        if self.cycle.response_complete and not self.transport.is_closing():
            self.guard.places.idle(self)

    def send_400_response(self, msg: str) -> None:
        """The parser stopped. Nothing above ever sees the request, so it is counted here."""
        how, self._overdone = self._overdone, ""
        if how == "headers":
            self.refuse(b"431 Request Header Fields Too Large")
        elif how:
            self._end(how)
        else:
            _count_refused()
            super().send_400_response(msg)

    def _end(self, reason: str) -> None:
        """Cut a connection that asks for more than is lawful. Nothing of it is kept."""
        _count_refused()
        metrics.REQUESTS_SHED.labels(reason).inc()
        self.pipeline.clear()
        self.transport.abort()

    def has_place(self) -> bool:
        """Whether more than probes is answered here: it is one of those within the limit, or has become one."""
        guard = self.guard
        if self.reserve and (guard.open <= guard.limit or guard.places.make_room()):
            self.reserve = False
        return not self.reserve

    def pause_writing(self) -> None:
        """The client does not read what it is sent. A stranger who does not can be spared, answer or not."""
        super().pause_writing()
        if not self.known:
            self.guard.places.idle(self)

    def resume_writing(self) -> None:
        """It reads again."""
        super().resume_writing()
        if not self.known and not self.cycle.response_complete:
            self.guard.places.busy(self)

    def give_up(self) -> None:
        """Close the connection for somebody who needs its place."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()

    def refuse(self, status: bytes) -> None:
        """End a request whose headers are not complete."""
        _count_refused()
        if self.transport.is_closing():
            return
        if self._overhead and (self.cycle is None or self.cycle.response_complete):
            self.transport.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()

    @property
    def unread(self) -> bool:
        """Whether a part of an answer waits for the client to read."""
        return not self.transport.is_closing() and self.transport.get_write_buffer_size() > 0

    def worn_out(self) -> bool:
        """Whether this connection has lived or served long enough: new ones find new pods."""
        guard = self.guard
        return self.served >= guard.max_requests or time.monotonic() - self.opened >= guard.max_seconds

    @property
    def complete(self) -> bool:
        """Whether the request that is being answered has arrived as a whole."""
        return self._running is not None and not self._running.more_body

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


class SocketReader(asyncio.BufferedProtocol):
    """Gives a connection what was read, READ_BYTES at a time. Without it uvloop reads 250 KB at once, of each client that is ready."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._buffer = connection.guard.buffer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client connected."""
        self._connection.connection_made(transport)  # type: ignore[arg-type]

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002
        """Where to put what is read now."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """It was read."""
        self._connection.data_received(bytes(self._buffer[:nbytes]))

    def eof_received(self) -> None:
        """The client sends no more."""
        self._connection.eof_received()

    def pause_writing(self) -> None:
        """The client does not read what it is sent."""
        self._connection.pause_writing()

    def resume_writing(self) -> None:
        """It reads again."""
        self._connection.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is closed."""
        self._connection.connection_lost(exc)


class Guard:
    """The limits of all sockets of one server."""

    def __init__(self, settings: Settings, sockets: int | None = None) -> None:
        #: Sockets that may be open: as many as there are descriptors for.
        self.limit = settings.limits.sockets if sockets is None else sockets
        self.pacer = Pacer()
        self.places = SocketPlaces()
        #: Where every read of a socket puts its bytes; they are parsed, or copied, before the next one.
        self.buffer = memoryview(bytearray(READ_BYTES))
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
        for reason in ("sockets", "pipelining", "framing", "metrics"):
            metrics.REQUESTS_SHED.labels(reason)

    @property
    def open(self) -> int:
        """Sockets that are open and not being closed for others."""
        return len(self._connections) - self.places.leaving

    def place(self) -> bool:
        """Make a place for one more, where there is none. False: all places are in use, those for probes as well."""
        if self.open < self.limit or self.places.make_room() or self.open < self.limit + RESERVE:
            return True
        return self.places.make_room_in_reserve()

    def protocol(self) -> type[asyncio.Protocol]:
        """What to give to uvicorn as its protocol, bound to this guard."""
        made = type("GuardedConnection", (Connection,), {"guard": self})

        def connect(**options: Any) -> SocketReader:
            return SocketReader(made(**options))

        return connect  # type: ignore[return-value]  # uvicorn only calls it

    def watch(self, connections: set[Any]) -> None:
        """Take over uvicorn's set of open connections."""
        self._connections = connections

    def sweep(self) -> None:
        """Look at every socket once; call it about twice a second."""
        now = time.monotonic()
        for connection in list(self._connections):
            connection.sweep(now)


def _count_refused() -> None:
    metrics.REQUESTS.labels("other", "", "client_error").inc()
