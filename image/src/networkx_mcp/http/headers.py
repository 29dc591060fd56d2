"""Header fields of a request: one by its name, and all of them as the SDK compares them."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

Headers = list[tuple[bytes, bytes]]


def header(scope: Scope, wanted: bytes) -> bytes:
    """The first value of a header, empty where it was not sent."""
    for name, value in scope["headers"]:
        if name == wanted:
            return bytes(value)
    return b""


def repaired(headers: Headers) -> Headers:
    """Header values without the white space that httptools leaves at their end; the SDK compares them."""
    for _, value in headers:
        if value[-1:] in b" \t" and value:
            return [(name, value.strip(b" \t")) for name, value in headers]
    return headers


class HeaderRepair:
    """Lets everything behind it see repaired headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["headers"] = repaired(scope["headers"])
        await self.app(scope, receive, send)
