"""Who calls: bearer tokens from the mounted table or JSON Web Tokens of an issuer."""

from __future__ import annotations

import ipaddress
import time
from typing import TYPE_CHECKING

from networkx_mcp.context import ANONYMOUS, Caller
from networkx_mcp.errors import InvalidInput, Unauthenticated
from networkx_mcp.http.respond import Headers
from networkx_mcp.http.tokens import TOKEN_PREFIX, TokenTable
from networkx_mcp.settings import Settings
from networkx_mcp.telemetry import metrics
from networkx_mcp.telemetry.audit import refused

if TYPE_CHECKING:
    from networkx_mcp.http.oidc import Oidc

#: Closed set of the `reason` label of auth_failures_total.
REASONS = ("missing", "malformed", "unknown", "expired", "signature", "issuer", "audience", "claims")


class AuthFailure(Unauthenticated):
    """No valid token. `reason` is one of REASONS; the caller is told no more than its kind."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def is_loopback(host: str) -> bool:
    """Whether a listening address reaches this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_exposure(settings: Settings) -> None:
    """Refuse to serve strangers. Raises InvalidInput naming the settings to change."""
    if not settings.authenticated and not is_loopback(settings.http.host):
        raise InvalidInput(
            f"http.host is {settings.http.host!r}, which others can reach, and no tokens are configured. "
            "Set NETWORKX_MCP_AUTH_TOKENS_DIR to a directory of token entries "
            "(networkx-mcp token create prints one), or NETWORKX_MCP_OIDC_ISSUER and "
            "NETWORKX_MCP_OIDC_AUDIENCE, or listen on 127.0.0.1.",
            field="http.host",
        )
    directory = settings.auth.tokens_dir
    if directory is not None and not directory.is_dir():
        raise InvalidInput(
            f"auth.tokens_dir: {directory} is not a directory. Create it, or mount the Secret there.",
            field="auth.tokens_dir",
        )


class Authenticator:
    """Turns an Authorization header into a Caller."""

    def __init__(self, settings: Settings) -> None:
        self._open = not settings.authenticated
        self.table = TokenTable(settings.auth.tokens_dir) if settings.auth.tokens_dir else None
        self.oidc: Oidc | None = None
        if settings.oidc.issuer:
            from networkx_mcp.http.oidc import Oidc

            self.oidc = Oidc(settings.oidc)
        for reason in REASONS:
            metrics.AUTH_FAILURES.labels(reason)
        if self.table is not None:
            self.table.load()

    async def caller(self, headers: Headers) -> Caller:
        """The caller of a request. Raises AuthFailure (counted and audited), errors.Unavailable where
        the issuer's keys cannot be had."""
        if self._open:
            return ANONYMOUS
        try:
            return await self._caller(headers)
        except AuthFailure as failure:
            metrics.AUTH_FAILURES.labels(failure.reason).inc()
            refused("authenticate", failure.reason)
            raise

    async def _caller(self, headers: Headers) -> Caller:
        values = [value for name, value in headers if name == b"authorization"]
        if not values:
            raise AuthFailure("missing", "A bearer token is needed: send the header Authorization: Bearer <token>.")
        scheme, _, credentials = values[0].partition(b" ")
        token = credentials.strip(b" ")
        if len(values) > 1 or scheme.lower() != b"bearer" or not token or len(token) > 16_384 or not token.isascii():
            raise AuthFailure("malformed", "The Authorization header must be: Bearer <token>.")
        text = token.decode("ascii")
        if self.oidc is not None and not text.startswith(TOKEN_PREFIX) and (self.table is None or text.count(".") == 2):
            return await self.oidc.caller(text)
        entry = self.table.find(text) if self.table is not None else None
        if entry is None:
            raise AuthFailure("unknown", "The token is not valid.")
        if entry.expires is not None and entry.expires <= time.time():
            raise AuthFailure("expired", "The token has expired.")
        return Caller(entry.name, entry.tenant, entry.scopes)

    def challenge(self, failure: Unauthenticated, resource_metadata: str) -> bytes:
        """The WWW-Authenticate value; with an issuer it names the RFC 9728 metadata and the scopes."""
        if self.oidc is None:
            return b"Bearer"
        parts = [f'resource_metadata="{resource_metadata}"', 'scope="read write"']
        if getattr(failure, "reason", "missing") != "missing":
            parts.insert(0, 'error="invalid_token"')
        return f"Bearer {', '.join(parts)}".encode("latin-1", "replace")
