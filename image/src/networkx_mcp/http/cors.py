"""Which web pages may call this server: the Origin list, and what browsers are told."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from networkx_mcp.errors import Forbidden
from networkx_mcp.http.exchange import EXCHANGE_KEY, Exchange
from networkx_mcp.http.headers import Headers
from networkx_mcp.http.respond import respond

_EXPOSED = b"ETag, Retry-After, WWW-Authenticate, X-Request-ID, MCP-Protocol-Version"
#: Headers of the answer to OPTIONS.
PREFLIGHT: Headers = [
    (b"access-control-allow-methods", b"GET, POST, PUT, DELETE, OPTIONS"),
    (
        b"access-control-allow-headers",
        b"Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, "
        b"MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Session-Id, Traceparent, X-Request-ID",
    ),
    (b"access-control-max-age", b"600"),
]


class Cors:
    """Refuses pages that are not listed, answers the question a browser asks first."""

    def __init__(self, app: ASGIApp, allowed: Sequence[str], *, own: bool = False) -> None:
        """`own`: pages of this server itself (the viewer) may call, too."""
        self.app = app
        self._origins = frozenset(origin.lower().rstrip("/") for origin in allowed)
        self._own = own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        told = self.check(scope["headers"])
        exchange: Exchange = scope[EXCHANGE_KEY]
        exchange.headers += told
        if told and scope["method"] == "OPTIONS":
            await respond(send, 204, b"", headers=PREFLIGHT)
        else:
            await self.app(scope, receive, send)

    def check(self, headers: Headers) -> Headers:
        """The CORS headers of the answer, none where no browser asks. Raises Forbidden (403)."""
        for name, value in headers:
            if name == b"origin":
                origin = value.decode("latin-1").lower()
                if self._own and origin.partition("://")[2].encode("latin-1") == _host(headers):
                    return []  # a browser asks nothing of its own origin
                if "*" not in self._origins and origin not in self._origins:
                    raise Forbidden(
                        "The Origin header is not one this server answers to (http.allowed_origins).",
                        setting="http.allowed_origins",
                    )
                return [
                    (b"access-control-allow-origin", value),
                    (b"access-control-expose-headers", _EXPOSED),
                    (b"vary", b"Origin"),
                ]
        return []


def _host(headers: Headers) -> bytes:
    """Whom the request was sent to: a name that the list of hosts has let through."""
    return next((value.lower() for name, value in headers if name == b"host"), b"")
