"""/health, /startup, /ready and /metrics: answered before anything else, under any load, for whoever asks."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from networkx_mcp.http.connections import CONNECTION_KEY, PROBES, Connection
from networkx_mcp.http.exchange import CLOSE
from networkx_mcp.http.headers import Headers
from networkx_mcp.http.health import Status
from networkx_mcp.http.respond import respond, respond_json
from networkx_mcp.telemetry import exposition, metrics

#: Connections that may leave an answer from /metrics unread, at once.
MAX_SCRAPERS = 8


class Probes:
    """Answers the probe paths and hands on the rest. `closing` tells whether a connection ends with its answer."""

    def __init__(self, app: ASGIApp, status: Status, closing: Callable[[Connection | None], bool]) -> None:
        self.app = app
        self._status = status
        self._closing = closing
        self._exposition = exposition.Exposition()
        #: Connections that may not have read their last answer from /metrics, the oldest first.
        self._scrapers: dict[Connection, None] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path not in PROBES:
            await self.app(scope, receive, send)
            return
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
        await respond(send, 200, await self._exposition.text(), exposition.CONTENT_TYPE.encode(), close)
