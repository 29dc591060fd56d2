"""Whether settings would serve strangers: refused before anything listens."""

from __future__ import annotations

import ipaddress

from networkx_mcp.errors import InvalidInput
from networkx_mcp.settings import Settings


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
    open_to_all = settings.http.socket is None and not settings.authenticated and not is_loopback(settings.http.host)
    if open_to_all and not settings.auth.anonymous:
        raise InvalidInput(
            f"http.host is {settings.http.host!r}, which others can reach, and no tokens are configured. "
            "Set NETWORKX_MCP_AUTH_TOKENS_DIR to a directory of token entries "
            "(networkx-mcp token create prints one), or NETWORKX_MCP_OIDC_ISSUER and "
            "NETWORKX_MCP_OIDC_AUDIENCE, or listen on 127.0.0.1. Where nobody else can reach it all the same (a container "
            "whose port is published on loopback), NETWORKX_MCP_AUTH_ANONYMOUS=true serves without tokens.",
            field="http.host",
        )
    if settings.authenticated and settings.auth.anonymous:
        raise InvalidInput(
            "auth.anonymous: there are tokens, and nobody is served without one. Leave NETWORKX_MCP_AUTH_ANONYMOUS out, or the tokens.",
            field="auth.anonymous",
        )
    directory = settings.auth.tokens_dir
    if directory is not None and not directory.is_dir():
        raise InvalidInput(
            f"auth.tokens_dir: {directory} is not a directory. Create it, or mount the Secret there.",
            field="auth.tokens_dir",
        )
