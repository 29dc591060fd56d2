"""/view: the viewer as a page. It is one document for all, so nobody is asked for a token here.

    GET  /view         the caller's graphs
    GET  /view/{id}    one of them

The page asks for the token itself, keeps it in sessionStorage, and calls /graphs and /mcp with it as any client does.
"""

from __future__ import annotations

import asyncio

from starlette.types import Receive, Scope, Send

from networkx_mcp import viewer
from networkx_mcp.errors import DeadlineExceeded
from networkx_mcp.http.headers import Headers, header
from networkx_mcp.http.respond import pieces_of, respond, respond_in_pieces
from networkx_mcp.http.routes import NoSuchPath

#: Longest time for a client to take the page, in seconds.
_SECONDS = 30.0
_PATH_PARTS = 3


class ViewerPage:
    """The ASGI app of /view."""

    _page: viewer.Page | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Raises NoSuchPath for a path below that of a graph."""
        if len(scope["path"].split("/")) > _PATH_PARTS:
            raise NoSuchPath("There is nothing at this path; the viewer is at /view and /view/{graph_id}.")
        # Made beside the event loop, once: later calls change no thread.
        if self._page is None:
            self._page = await asyncio.to_thread(viewer.page)
        page = self._page
        headers: Headers = [
            (b"etag", page.etag.encode()),
            (b"cache-control", b"public, no-cache"),
            (b"vary", b"Accept-Encoding"),
            (b"content-security-policy", page.policy.encode()),
            (b"referrer-policy", b"no-referrer"),
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"cross-origin-resource-policy", b"same-origin"),
        ]
        if page.etag in header(scope, b"if-none-match").decode("latin-1"):
            await respond(send, 304, b"", headers=headers)
            return
        packed = b"gzip" in header(scope, b"accept-encoding")
        body = page.packed if packed else page.plain
        headers += [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", b"%d" % len(body))]
        if packed:
            headers.append((b"content-encoding", b"gzip"))
        try:
            async with asyncio.timeout(_SECONDS):
                await respond_in_pieces(send, () if scope["method"] == "HEAD" else pieces_of(body), headers)
        except TimeoutError:
            raise DeadlineExceeded(f"The client did not take the page within {_SECONDS:g} s.") from None
