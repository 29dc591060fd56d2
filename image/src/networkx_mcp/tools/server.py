"""The MCP server: tools, resources and prompts on the SDK, and the ASGI app that serves them.

Both protocol eras on one endpoint, stateless, so that any replica answers any call. The low-level
server is used because it lets arguments stay exactly what the client sent: the SDK's higher layer
parses strings that look like JSON, and a node named `null` would become nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types import ListToolsResult, PaginatedRequestParams, Tool
from sse_starlette.sse import AppStatus
from starlette.types import Receive, Scope, Send

from networkx_mcp import __version__
from networkx_mcp.settings import KIB, Settings
from networkx_mcp.tools import edit, manage, read
from networkx_mcp.tools.dispatch import Context, follow_call, tool_handler
from networkx_mcp.tools.registry import Registry

if TYPE_CHECKING:
    from networkx_mcp.graphs.service import Graphs

INSTRUCTIONS = (
    "Graphs live on the server and are named by graph_id; pass it to every call. Make one with create_graph or "
    "load_graph, change it with edit_graph, look at it with describe_graph and get_neighbors, analyse it with the "
    'other tools. Node ids are strings or integers: 1 and "1" are different nodes. Answers are pages: a truncated '
    "one says how to get the rest."
)

#: Adds to or replaces what the server serves; for tests that need other tools on the same app.
Extra = Callable[[Server[Any]], None]


def build_registry(graphs: Graphs, settings: Settings) -> Registry:
    """All tools, in the order in which a newcomer reads them."""
    registry = Registry()
    registry.add(*manage.tools(graphs))
    registry.add(*edit.tools(graphs))
    registry.add(*read.tools(graphs))
    return registry


def build_server(graphs: Graphs, settings: Settings, *, extra_tools: Extra | None = None) -> Server[Any]:
    """The MCP server over `graphs`. It holds no state of its own."""
    registry = build_registry(graphs, settings)
    listing = ListToolsResult(tools=[Tool.model_validate(tool.listing) for tool in registry])

    async def list_tools(_: Context, _params: PaginatedRequestParams | None) -> ListToolsResult:
        return listing

    server: Server[Any] = Server(
        "networkx-mcp",
        version=__version__,
        title="NetworkX graphs",
        description="Graphs for language models: build, edit, read and analyse them.",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=tool_handler(registry),
        # No argument of ours travels as an Mcp-Param header: there is nothing to compare.
        get_tool_input_schema=lambda _: None,
    )
    if not settings.log.otlp_endpoint:
        server.middleware.clear()
    server.middleware.append(follow_call)
    if extra_tools is not None:
        extra_tools(server)
    return server


@dataclass(frozen=True)
class McpApp:
    """The ASGI app of /mcp. Its requests are served while `run()` is entered, once."""

    managers: tuple[StreamableHTTPSessionManager, ...]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.managers[0].handle_request(scope, receive, send)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """The lifespan of the sessions: enter it in the outer app's lifespan."""
        async with AsyncExitStack() as stack:
            for manager in self.managers:
                await stack.enter_async_context(manager.run())
            yield


def build_app(server: Server[Any], settings: Settings) -> McpApp:
    """The ASGI app for POST /mcp. Host, origin, method and tokens are the edge's business."""
    # Else the handshake era's streams are cut at once by SIGTERM, whatever they carry.
    AppStatus.disable_automatic_graceful_drain()  # type: ignore[no-untyped-call]
    manager = StreamableHTTPSessionManager(
        server,
        stateless=True,
        # Only a stream notices that the client hung up, and carries progress.
        json_response=False,
        security_settings=None,
        max_request_body_size=settings.limits.tool_body_kib * KIB,
    )
    return McpApp((manager,))
