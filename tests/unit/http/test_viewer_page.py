"""/view: what the first request costs the event loop."""

from __future__ import annotations

import asyncio
import gzip
import threading
from typing import Any

import pytest
from starlette.types import Message

from networkx_mcp import viewer
from networkx_mcp.http.viewer_page import ViewerPage


async def asked() -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"accept-encoding", b"gzip")]
    await ViewerPage()({"type": "http", "path": "/view", "method": "GET", "headers": headers}, receive, send)
    return sent


def test_the_page_is_compressed_once_and_beside_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    where: list[threading.Thread] = []
    compress = gzip.compress

    def watched(*args: Any, **kwargs: Any) -> bytes:
        where.append(threading.current_thread())
        return compress(*args, **kwargs)

    monkeypatch.setattr(gzip, "compress", watched)
    viewer.page.cache_clear()
    for _ in range(2):
        sent = asyncio.run(asked())
        body = b"".join(message.get("body", b"") for message in sent)
        assert gzip.decompress(body) == viewer.document()
    assert len(where) == 1
    assert where[0] is not threading.current_thread()
