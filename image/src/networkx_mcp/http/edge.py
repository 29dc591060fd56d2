"""The way in: what a request passes before a service sees it, one concern a wrapper.

Pure ASGI. What the MCP SDK refuses never reaches its own middleware, so requests are counted here.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from networkx_mcp.http.auth import Authentication, Authenticator
from networkx_mcp.http.connections import Connection
from networkx_mcp.http.correlation import Correlation
from networkx_mcp.http.cors import Cors
from networkx_mcp.http.headers import HeaderRepair
from networkx_mcp.http.health import Status
from networkx_mcp.http.labels import Labels
from networkx_mcp.http.probes import Probes
from networkx_mcp.http.ratelimit import RateLimiter, RateLimiting
from networkx_mcp.http.recorder import Recorder
from networkx_mcp.http.resource_metadata import ResourceMetadata
from networkx_mcp.http.routes import KnownPath, ReadyService, Routes
from networkx_mcp.http.trusted_hosts import HostList, TrustedHosts
from networkx_mcp.settings import Settings
from networkx_mcp.telemetry.tracing import Tracing


class Edge:
    """The ASGI app that uvicorn calls. Services join in `routes`."""

    def __init__(
        self,
        settings: Settings,
        status: Status,
        auth: Authenticator,
        labels: Labels,
        limiter: RateLimiter,
        tracing: Tracing,
    ) -> None:
        self.routes = Routes()
        hosts = HostList(settings.http.allowed_hosts)

        def closing(connection: Connection | None) -> bool:
            """Whether a connection ends with the answer that is about to be sent."""
            return status.leaving or (connection is not None and (connection.reserve or connection.worn_out()))

        # From the service outwards: the last is what a request meets first.
        app: ASGIApp = RateLimiting(self.routes.serve, limiter)
        app = Authentication(app, auth)
        app = ReadyService(app, status)
        # A page that was lured to a name that leads here (DNS rebinding) has that name as its origin: it must be one of ours, or
        # callers need what no such page has, a token.
        own = settings.http.viewer and (settings.authenticated or "*" not in settings.http.allowed_hosts)
        app = Cors(app, settings.http.allowed_origins, own=own)
        app = TrustedHosts(app, hosts)
        app = KnownPath(app, status)
        app = self.recorder = Recorder(app, self.routes, labels, closing)
        app = Correlation(app, settings.limits, tracing)
        app = HeaderRepair(app)
        if settings.oidc.issuer:
            app = ResourceMetadata(app, settings.oidc, hosts)
        self._app = Probes(app, status, closing)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
