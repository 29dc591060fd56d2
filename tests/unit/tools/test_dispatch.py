"""A call of a tool that does not end: what a reader is told of a read, and of a write."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any, cast

import pytest
from mcp_types import CallToolRequestParams

from networkx_mcp import context
from networkx_mcp.context import CallContext, Caller
from networkx_mcp.errors import NotFound
from networkx_mcp.tools.answer import Answer
from networkx_mcp.tools.dispatch import Calls, failed
from networkx_mcp.tools.edit_graph import Edited
from networkx_mcp.tools.tool import Arguments, Kind, Tool


class Nothing(Arguments):
    """No arguments."""


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("read", "slow did not end in time: ask for less, or try again when the server is less busy"),
        (
            "replace",
            "slow did not end in time; it may have been done: look at the version, or repeat it with the same operation_id",
        ),
    ],
)
async def test_a_write_that_did_not_end_in_time_may_have_been_done(kind: Kind, told: str) -> None:
    async def run(_: Any, __: Nothing) -> Answer:
        await asyncio.sleep(60)
        raise AssertionError

    tools = {"slow": Tool("slow", "Slow", "Never ends.", Nothing, Edited, run, kind=kind)}
    call = CallContext(Caller("ann", "acme", frozenset({context.READ, context.WRITE})), "id", queue_seconds=1)
    call.deadline = time.monotonic() + 0.3
    context.set_current(call)
    ctx: Any = SimpleNamespace(protocol_version="2025-06-18")
    result = await Calls(tools, cast(Any, None), {}).handle(ctx, CallToolRequestParams(name="slow"))
    assert result["isError"]
    assert result["content"][0]["text"] == told
    assert call.outcome == "timeout"


def test_what_is_near_is_told_by_the_error_itself_and_nothing_is_added() -> None:
    error = NotFound('no node "x" in this graph.', kind="node", nearest=["y"])
    assert failed(error)["content"][0]["text"] == error.message
