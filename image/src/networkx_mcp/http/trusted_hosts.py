"""Whom this server is known as: the Host list, against pages that were lured to a name that leads here.

The list guards /mcp, /graphs and /admin only. Kubelet and Prometheus call by address, so the probe
paths have none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from networkx_mcp.errors import ServiceError
from networkx_mcp.http.headers import Headers

#: What a Host header may be made of, listed or not: it is told again in URLs and headers.
_HOST = re.compile(r"([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{0,5})?")


class Misdirected(ServiceError):
    """The Host header names nobody we are."""

    code, outcome, status = "misdirected", "client_error", 421


class HostList:
    """http.allowed_hosts: names with or without a port, `*.` before a suffix, `*` for all."""

    def __init__(self, allowed: Sequence[str]) -> None:
        listed = [entry.lower() for entry in allowed]
        self._any = "*" in listed
        self._exact = frozenset(entry for entry in listed if not entry.startswith("*"))
        self._suffixes = tuple(entry[1:] for entry in listed if entry.startswith("*."))

    def check(self, headers: Headers) -> None:
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


class TrustedHosts:
    """Refuses requests for other hosts."""

    def __init__(self, app: ASGIApp, hosts: HostList) -> None:
        self.app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._hosts.check(scope["headers"])
        await self.app(scope, receive, send)


def _names(host: str) -> tuple[str, str]:
    """(host with port, host without), lower-case; [::1]:80 keeps its brackets."""
    host = host.lower()
    end = host.rfind("]")
    colon = host.find(":", end + 1)
    return host, host if colon < 0 else host[:colon]
