"""Who calls: bearer tokens from the mounted table or JSON Web Tokens of an issuer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

from networkx_mcp import extras
from networkx_mcp.context import ANONYMOUS, Caller
from networkx_mcp.errors import Forbidden, Unauthenticated
from networkx_mcp.http.auth_failure import REASONS, AuthFailure
from networkx_mcp.http.exchange import EXCHANGE_KEY, Exchange
from networkx_mcp.http.headers import Headers
from networkx_mcp.http.resource_metadata import metadata_url
from networkx_mcp.http.tokens import TOKEN_PREFIX, TokenTable
from networkx_mcp.settings import Settings
from networkx_mcp.telemetry import metrics
from networkx_mcp.telemetry.audit import refused

if TYPE_CHECKING:
    from networkx_mcp.http.oidc import IssuedTokens


class Authenticator:
    """Turns an Authorization header into a Caller."""

    def __init__(self, settings: Settings) -> None:
        self._open = not settings.authenticated
        self._oidc_settings = settings.oidc
        self.table = TokenTable(settings.auth.tokens_dir) if settings.auth.tokens_dir else None
        self.oidc: IssuedTokens | None = None
        if settings.oidc.issuer:
            with extras.needed("oidc", "oidc.issuer", "oidc.issuer"):  # PyJWT is loaded where an issuer is set
                from networkx_mcp.http.oidc import IssuedTokens

            self.oidc = IssuedTokens(settings.oidc)
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

    def challenge(self, failure: Unauthenticated, scope: Scope) -> bytes:
        """The WWW-Authenticate value; with an issuer it names the RFC 9728 metadata and the scopes."""
        if self.oidc is None:
            return b"Bearer"
        parts = [f'resource_metadata="{metadata_url(self._oidc_settings, scope)}"', 'scope="read write"']
        if getattr(failure, "reason", "missing") != "missing":
            parts.insert(0, 'error="invalid_token"')
        return f"Bearer {', '.join(parts)}".encode("latin-1", "replace")


class Authentication:
    """Lets callers through whom the Authenticator knows; whoever lacks a token or a scope is told what to show."""

    def __init__(self, app: ASGIApp, auth: Authenticator) -> None:
        self.app = app
        self._auth = auth

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange: Exchange = scope[EXCHANGE_KEY]
        try:
            exchange.call.caller = await self._auth.caller(scope["headers"])
            if exchange.connection is not None:
                exchange.connection.authenticated(exchange.call.caller.tenant)
            await self.app(scope, receive, send)
        except Unauthenticated as error:
            exchange.headers.append((b"www-authenticate", self._auth.challenge(error, scope)))
            raise
        except Forbidden as error:
            if "scope" in error.data:
                refused("authorize", "scope", scope=error.data["scope"])
                value = f'Bearer error="insufficient_scope", scope="{error.data["scope"]}"'
                exchange.headers.append((b"www-authenticate", value.encode("latin-1")))
            raise
