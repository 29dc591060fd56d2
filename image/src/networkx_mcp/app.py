"""Puts the services together; the only place that knows them all.

The process listens before its services are open, so that `/health` and `/startup` answer from the first
moment; the services open in a task of their own, and their imports run in a thread meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.types import Receive, Scope, Send

from networkx_mcp.errors import ServiceError, StoreDamaged, StoreUnavailable
from networkx_mcp.http.admission import Admission
from networkx_mcp.http.auth import Authenticator
from networkx_mcp.http.connections import RESERVE, Guard
from networkx_mcp.http.deadlines import Deadlines
from networkx_mcp.http.edge import Edge
from networkx_mcp.http.exposure import check_exposure
from networkx_mcp.http.garbage_collector import GarbageCollector
from networkx_mcp.http.health import Status
from networkx_mcp.http.labels import Labels
from networkx_mcp.http.mcp_service import McpService
from networkx_mcp.http.ratelimit import RateLimiter
from networkx_mcp.http.routes import Service
from networkx_mcp.limits import descriptors
from networkx_mcp.limits.memory_account import MemoryAccount
from networkx_mcp.settings import MIB, Settings
from networkx_mcp.store import Store, notes, open_store
from networkx_mcp.telemetry import exposition, logs, looplag, metrics
from networkx_mcp.telemetry.tracing import Tracing
from networkx_mcp.workers.pool import Compute

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server as McpServer

    from networkx_mcp.graphs.service import Graphs

    Extra = Callable[[McpServer[Any]], None]

_BACKUP_NOTE_SECONDS = 30.0
_MONITOR_SECONDS = 1.0
_STORE_RETRY_SECONDS = 1.0
#: Longest time to close the services, in seconds.
_CLOSE_SECONDS = 10.0


@dataclass
class Services:
    """The services of one process. `graphs` is there once `App.started` is set."""

    settings: Settings
    budget: MemoryAccount
    compute: Compute
    store: Store
    admission: Admission
    auth: Authenticator
    limiter: RateLimiter
    status: Status
    labels: Labels
    guard: Guard
    tracing: Tracing
    graphs: Graphs | None = None


class App:
    """The ASGI app of one server process. `extra(server)` adds tools, for tests."""

    def __init__(self, settings: Settings, *, extra: Extra | None = None) -> None:
        check_exposure(settings)
        self.settings = settings
        self._extra = extra
        budget = MemoryAccount(settings)
        compute = Compute(settings, budget)
        admission = Admission(settings.limits)
        self._descriptors = descriptors.shares(settings.limits, descriptors.limit(), RESERVE)
        guard = Guard(settings, self._descriptors.sockets)
        store = open_store(settings)
        status = Status(admission, budget, compute, lambda: (guard.open, guard.limit))
        self.services = Services(
            settings=settings,
            budget=budget,
            compute=compute,
            store=store,
            admission=admission,
            auth=Authenticator(settings),
            limiter=RateLimiter(settings.ratelimit, store),
            status=status,
            labels=Labels(),
            guard=guard,
            tracing=Tracing(settings.log.otlp_endpoint),
        )
        self.edge = Edge(
            settings, status, self.services.auth, self.services.labels, self.services.limiter, self.services.tracing
        )
        self.started = asyncio.Event()
        #: Why the services could not be opened; the process ends then.
        self.failed: BaseException | None = None
        self._deadlines = Deadlines(settings.limits)
        self.collector = GarbageCollector()
        self._mcp = McpService(settings, admission, self._deadlines, budget, self.services.labels, self.collector)
        # Whatever else is served below a path of its own joins here; see `Service`.
        self.edge.routes.services["mcp"] = Service(self._mcp, frozenset({"POST"}), jsonrpc=True)
        self._stop = asyncio.Event()
        self._life: asyncio.Task[None] | None = None
        exposition.set_build_info()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.edge(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        self._life = asyncio.create_task(self._live(), name="services")
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _close(self) -> None:
        assert self._life is not None
        self._stop.set()
        if not self.services.status.started:
            self._life.cancel()
        _, pending = await asyncio.wait({self._life}, timeout=_CLOSE_SECONDS)
        if pending:
            logs.event("shutdown_rooms_late", level=logging.ERROR, message=f"not closed in {_CLOSE_SECONDS:g} s")
        await asyncio.to_thread(self.services.tracing.close)

    def load(self) -> tuple[int, int]:
        """Requests that run, and those that wait for a slot or for a worker."""
        admission, heavy = self.services.admission.queue, self.services.compute.queue
        return admission.running, admission.waiting + heavy.waiting

    def drain(self, until: float) -> None:
        """Be not ready, shed what waits, and let nothing run past the monotonic time `until`."""
        services = self.services
        services.status.draining = True
        services.budget.drain()
        services.admission.drain()
        services.compute.drain()
        self._deadlines.drain(until)

    # -- the life of the services -----------------------------------------------------------------------

    async def _live(self) -> None:
        try:
            async with AsyncExitStack() as stack:
                await self._open(stack)
                self.services.status.started = True
                self.started.set()
                seconds = round(time.monotonic() - self.services.status.began, 2)
                logs.event("server_started", seconds=seconds, store=self.settings.store.type)
                await self._stop.wait()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self.failed = error
            expected = isinstance(error, ServiceError)
            logs.event(
                "startup_failed",
                level=logging.ERROR,
                message=str(error),
                exc_info=None if expected else error,
            )

    async def _open(self, stack: AsyncExitStack) -> None:
        services, status = self.services, self.services.status
        for work in (looplag.watch(), self._watch_descriptors()):
            stack.push_async_callback(_cancel, asyncio.create_task(work))
        # The zygote warms up on the other core while this process imports its own services.
        stack.push_async_callback(services.compute.close)
        await services.compute.start()
        importing = asyncio.ensure_future(asyncio.to_thread(_import_services))
        stack.push_async_callback(services.store.close)
        await self._open_store()
        status.waiting_for = "loading the services"
        await importing

        from networkx_mcp.graphs.service import Graphs
        from networkx_mcp.http.admin import Admin
        from networkx_mcp.http.transfer import Transfers
        from networkx_mcp.http.viewer_page import ViewerPage
        from networkx_mcp.tools.mcp_server import HEAVY, TOOLS, build_app

        services.graphs = graphs = Graphs(
            self.settings, services.store, services.compute, services.budget, places=self._descriptors.graphs
        )
        await graphs.start()
        stack.push_async_callback(graphs.close)
        mcp = build_app(graphs, self.settings, extra_tools=self._extra)
        await stack.enter_async_context(mcp.run())
        services.labels.tools = frozenset(TOOLS)
        services.labels.heavy = HEAVY
        self._mcp.app = mcp
        self.edge.routes.services["graphs"] = Service(
            Transfers(self.settings, graphs, services.admission, self._deadlines), frozenset({"GET", "PUT"})
        )
        self.edge.routes.services["admin"] = Service(
            Admin(self.settings, graphs, status, services.budget, services.store), frozenset({"GET", "PUT", "DELETE"})
        )
        if self.settings.http.viewer:
            self.edge.routes.services["view"] = Service(ViewerPage(), frozenset({"GET", "HEAD"}), public=True)
        for work in (self._monitor(), self._watch_backups(), self._watch_tokens()):
            task = asyncio.create_task(work)
            stack.push_async_callback(_cancel, task)

    async def _open_store(self) -> None:
        status, store = self.services.status, self.services.store
        while True:
            status.waiting_for = "waiting for the store"
            try:
                await store.start()
                break
            except StoreUnavailable as error:
                status.waiting_for = f"waiting for the store: {error.problem}"
                logs.event("store_waiting", level=logging.WARNING, message=error.message)
            await asyncio.sleep(_STORE_RETRY_SECONDS)
        status.store = await store.health()

    async def _monitor(self) -> None:
        """Keep what /ready and the logs tell of other services current."""
        while True:
            self.services.status.store = await self.services.store.health()
            sample = self.services.compute.sampler.last
            if sample is not None:
                self.edge.recorder.memory_mb = round(sample.total / MIB, 1)
            await asyncio.sleep(_MONITOR_SECONDS)

    async def _watch_descriptors(self) -> None:
        """Tell how many are open, let graphs go before none is left, and since when none is."""
        while True:
            status = self.services.status
            used = self._descriptors.limit
            if descriptors.available():
                status.cannot_open_since = None
                with contextlib.suppress(OSError):  # taken since
                    used = descriptors.count()
                metrics.DESCRIPTORS.set(used)
            else:
                status.cannot_open_since = status.cannot_open_since or time.monotonic()
            if used > descriptors.FULL_RATIO * self._descriptors.limit and self.services.graphs is not None:
                logs.event("descriptors_full", level=logging.WARNING, open=used, limit=self._descriptors.limit)
                self.services.graphs.halve()
            await asyncio.sleep(_MONITOR_SECONDS)

    async def _watch_backups(self) -> None:
        while True:
            with contextlib.suppress(StoreUnavailable, StoreDamaged):
                metrics.BACKUP_LAST_SUCCESS.set(await notes.last_backup(self.services.store))
                metrics.BACKUP_LEFT_OUT.set((await notes.left_out(self.services.store)).count)
            await asyncio.sleep(_BACKUP_NOTE_SECONDS)

    async def _watch_tokens(self) -> None:
        if self.services.auth.table is not None:
            await self.services.auth.table.watch(self.settings.auth.reload_seconds)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _import_services() -> None:
    """What takes long to import; in a thread, so that probes are answered meanwhile."""
    for name in ("networkx_mcp.graphs.service", "networkx_mcp.tools.mcp_server"):
        importlib.import_module(name)


def create_app(settings: Settings, *, extra: Extra | None = None) -> App:
    """The app of one process. Raises errors.InvalidInput for settings that must not be served."""
    return App(settings, extra=extra)
