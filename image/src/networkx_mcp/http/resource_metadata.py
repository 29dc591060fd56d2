"""The RFC 9728 document of /mcp, which tells a client where its tokens come from; served with an issuer only."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from networkx_mcp.context import SCOPES
from networkx_mcp.errors import ServiceError
from networkx_mcp.http.cors import PREFLIGHT
from networkx_mcp.http.headers import Headers, header
from networkx_mcp.http.respond import respond, respond_error, respond_json
from networkx_mcp.http.trusted_hosts import HostList
from networkx_mcp.settings import Oidc

#: Path of the metadata of the resource /mcp.
METADATA_PATH = "/.well-known/oauth-protected-resource/mcp"
_ANYBODY: Headers = [(b"access-control-allow-origin", b"*")]


class ResourceMetadata:
    """Answers the metadata path, to whoever asks, and hands on the rest."""

    def __init__(self, app: ASGIApp, settings: Oidc, hosts: HostList) -> None:
        self.app = app
        self._settings = settings
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != METADATA_PATH or scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
        elif scope["method"] == "OPTIONS":  # a browser that sends MCP-Protocol-Version asks first
            await respond(send, 204, b"", headers=[*_ANYBODY, *PREFLIGHT])
        else:
            await self._answer(scope, send)

    async def _answer(self, scope: Scope, send: Send) -> None:
        """The document names the configured URL, else a host of the allow-list: never what a stranger calls us."""
        headers = _ANYBODY
        if not self._settings.resource_url:
            try:
                self._hosts.check(scope["headers"])
            except ServiceError as error:
                await respond_error(send, error, jsonrpc=False, headers=headers)
                return
            headers = [*headers, (b"vary", b"Host")]
        await respond_json(send, 200, document(self._settings, _resource(self._settings, scope)), headers)


def document(settings: Oidc, resource: str) -> dict[str, object]:
    """The RFC 9728 document of the resource `resource` (the public URL of /mcp)."""
    return {
        "resource": resource,
        "authorization_servers": [settings.issuer],
        "scopes_supported": list(SCOPES),
        "bearer_methods_supported": ["header"],
        "resource_name": "networkx-mcp",
    }


def metadata_url(settings: Oidc, scope: Scope) -> str:
    """Where the document is, as a challenge names it."""
    if not settings.resource_url:
        return _resource(settings, scope).removesuffix("/mcp") + METADATA_PATH
    parts = urlsplit(settings.resource_url)
    return f"{parts.scheme}://{parts.netloc}{METADATA_PATH}"


def _resource(settings: Oidc, scope: Scope) -> str:
    """The public URL of /mcp: as configured, else by the host, which was found in the allow-list."""
    if settings.resource_url:
        return settings.resource_url
    return f"{scope['scheme']}://{header(scope, b'host').decode('latin-1')}/mcp"
