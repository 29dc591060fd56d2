"""The uvicorn server and its end: SIGTERM drains, the listeners close later, exit code 0.

uvicorn alone would close the listeners at once, cut idle connections, and die of the signal it was
sent. Here SIGTERM makes the process not ready and sheds its queues; the listeners stay open for
`http.drain_seconds`, so that whoever has not noticed is still answered, with `Connection: close`;
then what runs may finish until `limits.shutdown_timeout_seconds` after the signal.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import time
from collections.abc import Generator
from types import FrameType
from typing import Protocol

import uvicorn
from starlette.types import Receive, Scope, Send

from networkx_mcp.http.connections import Guard
from networkx_mcp.http.garbage_collector import GarbageCollector
from networkx_mcp.http.listening import accept_more, bound_buffers
from networkx_mcp.settings import Settings
from networkx_mcp.telemetry import logs

_SWEEP_SECONDS = 0.5
#: Kept of the shutdown time for the last answers and for closing the services, in seconds.
MARGIN_SECONDS = 1.0


class Application(Protocol):
    """What a server process asks of the app that it serves."""

    #: Set once the app answers calls.
    started: asyncio.Event
    collector: GarbageCollector
    #: Why it cannot; None as long as it may.
    failed: BaseException | None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

    def load(self) -> tuple[int, int]:
        """Requests that run, and those that wait."""

    def drain(self, until: float) -> None:
        """Take nothing new, and let nothing run past the monotonic time `until`."""


class HttpServer(uvicorn.Server):
    """One server process."""

    def __init__(self, app: Application, settings: Settings, guard: Guard) -> None:
        self._application = app
        self._settings = settings
        self._guard = guard
        self._loop: asyncio.AbstractEventLoop | None = None
        self._signalled: float | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self._collecting: asyncio.Task[None] | None = None
        config = uvicorn.Config(
            app,
            host=settings.http.host.strip("[]"),
            port=settings.http.port,
            loop="uvloop",
            http=guard.protocol(),
            ws="none",
            lifespan="on",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=settings.http.keep_alive_seconds,
        )
        super().__init__(config)
        guard.watch(self.server_state.connections)

    # -- signals -----------------------------------------------------------------------------------

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Drain on SIGTERM and SIGINT. They are not raised again: an ordered end is a success."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.handle_exit)
        try:
            yield
        finally:
            # A late second signal must not turn exit code 0 into a death by signal.
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Note the first signal; a second SIGTERM does no harm, a second Ctrl-C hurries."""
        if self._signalled is None:
            self._signalled = time.monotonic()
            if self._loop is None:
                self.should_exit = True
            else:
                self._loop.call_soon_threadsafe(self._drain, signal.Signals(sig).name)
        elif sig == signal.SIGINT and time.monotonic() - self._signalled > 0.5:
            self.force_exit = True

    def _drain(self, name: str) -> None:
        if self._signalled is None:
            return
        limits = self._settings.limits
        running, waiting = self._application.load()
        until = self._signalled + max(0.1, limits.shutdown_timeout_seconds - MARGIN_SECONDS)
        logs.event(
            "shutdown_started",
            signal=name,
            running=running,
            shed=waiting,
            drain_seconds=self._settings.http.drain_seconds,
        )
        self._application.drain(until)

    # -- life --------------------------------------------------------------------------------------

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and begin to sweep the sockets."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        if self.started:
            bound_buffers(self.servers[0].sockets)
            self.servers += await accept_more(self.servers[0], self._connection, self.config.backlog)
            self._sweeper = asyncio.create_task(self._sweep())
            self._collecting = asyncio.create_task(self._application.collector.run(self._application.started))
            address = self.servers[0].sockets[0].getsockname()
            if isinstance(address, tuple):
                logs.event("server_listening", host=address[0], port=address[1])
            else:
                logs.event("server_listening", socket=str(address))

    def _connection(self) -> asyncio.Protocol:
        """What answers on a new connection; as uvicorn makes it."""
        made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            self._guard.sweep()

    async def on_tick(self, counter: int) -> bool:
        """Every 0.1 s: whether the listeners are to be closed."""
        if self._application.failed is not None:
            self.should_exit = True
        if self._signalled is not None and time.monotonic() >= self._signalled + self._settings.http.drain_seconds:
            self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the listeners and idle connections, let what runs finish, close the services."""
        began = self._signalled if self._signalled is not None else time.monotonic()
        left = began + self._settings.limits.shutdown_timeout_seconds - time.monotonic()
        self.config.timeout_graceful_shutdown = max(0.2, left)  # type: ignore[assignment]
        self._guard.closing = True
        logs.event("shutdown_listeners_closed", connections=len(self.server_state.connections))
        await super().shutdown(sockets)
        for task in (self._sweeper, self._collecting):
            if task is not None:
                task.cancel()
        logs.event(
            "shutdown_finished",
            level=logging.INFO if not self.server_state.tasks else logging.WARNING,
            seconds=round(time.monotonic() - began, 2),
            cut=len(self.server_state.tasks),
        )
