"""The server as `networkx-mcp serve` runs it, with tools that take as long as a test wants.

`test_sleep {seconds}` holds its slot, `test_stream {seconds}` does so while it reports progress,
`test_wait {file}` until the file is there, `test_fail` raises. They exist in tests only.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from mcp.server.lowlevel import Server as McpServer
from mcp_types import CallToolResult, TextContent
from tests.helpers.extended_server import serve

from networkx_mcp import context

#: To be given to tests.helpers.server.Server.
COMMAND = (sys.executable, "-m", "tests.helpers.slow_server")


def extend(server: McpServer[Any]) -> None:
    """Add the tools."""
    ours = server.get_request_handler("tools/call")
    assert ours is not None

    async def call_tool(ctx: Any, params: Any) -> Any:
        arguments = params.arguments or {}
        if params.name == "test_sleep":
            await asyncio.sleep(arguments["seconds"])
        elif params.name == "test_stream":
            for _ in range(int(arguments["seconds"] * 10)):
                await ctx.session.report_progress(1)
                await asyncio.sleep(0.1)
        elif params.name == "test_wait":
            while not Path(arguments["file"]).exists():  # noqa: ASYNC110 - what changes is a file
                await asyncio.sleep(0.01)
        elif params.name == "test_fail":
            raise RuntimeError("deliberate")
        else:
            return await ours.handler(ctx, params)
        context.current().outcome = "ok"
        return CallToolResult(content=[TextContent(type="text", text="slept")])

    server.add_request_handler("tools/call", ours.params_type, call_tool)


if __name__ == "__main__":
    serve(extend)
