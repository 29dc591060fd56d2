"""What the time of a call counts: everything that the server makes it wait for."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from networkx_mcp.app import App
from networkx_mcp.context import SCOPE_KEY, CallContext, Caller
from networkx_mcp.http.respond import respond
from networkx_mcp.http.routes import Service
from networkx_mcp.settings import Settings


@pytest.mark.parametrize("kept", [0.0, 0.3])
async def test_the_wait_for_a_token_s_rate_is_part_of_the_time_of_a_call(kept: float) -> None:
    app = App(Settings())
    app.services.status.started = True
    left: list[float] = []

    async def limit(caller: Caller) -> None:
        await asyncio.sleep(kept)

    async def service(scope: Scope, receive: Receive, send: Send) -> None:
        call: CallContext = scope[SCOPE_KEY]
        app._deadlines.start(call)
        left.append(call.deadline - time.monotonic())
        await respond(send, 200, b"")

    app.services.limiter.take = limit
    app.edge.routes.services["mcp"] = Service(service, frozenset({"POST"}))
    transport: Any = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        assert (await client.post("/mcp")).status_code == 200
    assert left[0] <= app.settings.limits.connection_timeout_seconds - kept
    assert left[0] > 0
