"""Host and Origin lists: whom a browser that was lured here must not reach us through.

The lists guard /mcp, /graphs and /admin only. Kubelet and Prometheus call by address, so the probe
paths have no list.
"""

from __future__ import annotations

import re

from networkx_mcp.errors import Forbidden, ServiceError
from networkx_mcp.http.respond import Headers
from networkx_mcp.settings import Http

#: What a Host header may be made of, listed or not: it is told again in URLs and headers.
_HOST = re.compile(r"([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{0,5})?")
_EXPOSED = b"ETag, Retry-After, WWW-Authenticate, X-Request-ID, MCP-Protocol-Version"
_ALLOWED_METHODS = b"GET, POST, PUT, DELETE, OPTIONS"
_ALLOWED_HEADERS = (
    b"Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, "
    b"MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Session-Id, Traceparent, X-Request-ID"
)


class Misdirected(ServiceError):
    """The Host header names nobody we are."""

    code, outcome, status = "misdirected", "client_error", 421


def _names(host: str) -> tuple[str, str]:
    """(host with port, host without), lower-case; [::1]:80 keeps its brackets."""
    host = host.lower()
    end = host.rfind("]")
    colon = host.find(":", end + 1)
    return host, host if colon < 0 else host[:colon]


class Origins:
    """The allow-lists of one server."""

    def __init__(self, settings: Http) -> None:
        listed = [entry.lower() for entry in settings.allowed_hosts]
        self._any = "*" in listed
        self._exact = frozenset(entry for entry in listed if not entry.startswith("*"))
        self._suffixes = tuple(entry[1:] for entry in listed if entry.startswith("*."))
        self._origins = frozenset(origin.lower().rstrip("/") for origin in settings.allowed_origins)

    def check_host(self, headers: Headers) -> None:
        """Raises Misdirected (421) for a missing, repeated or unlisted Host."""
        values = [value for name, value in headers if name == b"host"]
        if len(values) == 1:
            full, bare = _names(values[0].decode("latin-1"))
            if not _HOST.fullmatch(full):
                raise Misdirected("The Host header is no name or address with a port.", setting="http.allowed_hosts")
            if self._any or bare in self._exact or full in self._exact:
                return
            if self._suffixes and bare.endswith(self._suffixes):
                return
        raise Misdirected(
            "The Host header is not one this server answers to (http.allowed_hosts).", setting="http.allowed_hosts"
        )

    def check_origin(self, headers: Headers) -> Headers:
        """The CORS headers of the answer, none where no browser asks. Raises Forbidden (403)."""
        for name, value in headers:
            if name == b"origin":
                origin = value.decode("latin-1").lower()
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

    @staticmethod
    def preflight() -> Headers:
        """Headers of the answer to OPTIONS."""
        return [
            (b"access-control-allow-methods", _ALLOWED_METHODS),
            (b"access-control-allow-headers", _ALLOWED_HEADERS),
            (b"access-control-max-age", b"600"),
        ]
