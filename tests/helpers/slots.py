"""Calls that hold their slots of tests.helpers.slow_server, and waiting until so many do."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
from tests.helpers.patience import PATIENCE
from tests.helpers.server import NO_TLS, Server, modern


def hold(gate: Path, *, era: Any = modern, token: str | None = None, request_id: int = 1) -> dict[str, Any]:
    """A request that has its slot until `gate` is made."""
    call = {"name": "test_wait", "arguments": {"file": str(gate)}}
    request: dict[str, Any] = era("tools/call", call, token=token, request_id=request_id)
    return request


async def until(server: Server, state: str, number: int) -> None:
    """Wait until so many requests are `running` or `waiting`."""
    async with httpx.AsyncClient(timeout=PATIENCE, verify=NO_TLS) as client:
        end = asyncio.get_running_loop().time() + PATIENCE
        while f'"{state}":{number}' not in (told := (await client.get(server.base_url + "/ready")).text):
            assert asyncio.get_running_loop().time() < end, f"never {number} {state}: {told}"
            await asyncio.sleep(0.01)
