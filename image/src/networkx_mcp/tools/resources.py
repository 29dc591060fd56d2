"""Graphs as resources: `graph://{graph_id}`, listed in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    ListResourcesResult,
    ListResourceTemplatesResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextResourceContents,
)

from networkx_mcp import context
from networkx_mcp.errors import SERVER_OUTCOMES, Forbidden, ServiceError, echoed, shortened, visible
from networkx_mcp.graphs.model import GRAPH_ID
from networkx_mcp.telemetry.audit import refused
from networkx_mcp.tools import app
from networkx_mcp.tools.answer import to_json
from networkx_mcp.tools.cursors import invalid_cursor, one_page
from networkx_mcp.tools.describe_graph import described
from networkx_mcp.tools.dispatch import ERROR_META, Context
from networkx_mcp.tools.graph_summary import page

if TYPE_CHECKING:
    from networkx_mcp.graphs.service import Graphs

SCHEME = "graph://"
#: Graphs on one page of resources/list.
PAGE = 50
#: Nodes and edges in the contents of a resource.
CONTENTS = 200
_TYPE = "application/json"

TEMPLATE = ResourceTemplate(
    uri_template=f"{SCHEME}{{graph_id}}",
    name="graph",
    title="A graph",
    description=f"Size, version, attributes and the first {CONTENTS} nodes and edges of a graph, as JSON.",
    mime_type=_TYPE,
)


class Resources:
    """The handlers of resources/*."""

    def __init__(self, graphs: Graphs) -> None:
        self._graphs = graphs

    async def list(self, _: Context, params: PaginatedRequestParams | None) -> ListResourcesResult:
        """Graphs of the tenant in order of id; the cursor is the last id of the page before."""
        after = (params.cursor if params is not None else None) or ""
        if after and not GRAPH_ID.fullmatch(after):
            raise invalid_cursor("resources/list", after)
        try:
            _may_read()
            shown, lines, following = page(await self._graphs.list(after, PAGE))
        except ServiceError as error:
            raise _protocol_error(error) from error
        found = [
            Resource(uri=SCHEME + info.graph_id, name=info.graph_id, description=line, mime_type=_TYPE)
            for info, line in zip(shown, lines, strict=True)
        ]
        return ListResourcesResult(resources=found, next_cursor=following)

    async def templates(self, _: Context, params: PaginatedRequestParams | None) -> ListResourceTemplatesResult:
        """The one template."""
        one_page("resources/templates/list", params)
        return ListResourceTemplatesResult(resource_templates=[TEMPLATE])

    async def read(self, _: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        """The beginning of a graph. Raises MCPError -32602 for an unknown one."""
        uri = str(params.uri)
        if uri == app.URI:  # the same for all
            return ReadResourceResult(contents=[app.contents()])
        graph_id = uri.removeprefix(SCHEME).rstrip("/")
        if not uri.startswith(SCHEME) or not graph_id:
            context.current().outcome = "not_found"
            raise MCPError(
                INVALID_PARAMS,
                f"Resource not found: {echoed(uri)}; resources are {SCHEME}{{graph_id}}",
                {"uri": shortened(uri)},
            )
        try:
            _may_read()
            answer = await described(self._graphs, graph_id, 0, CONTENTS)
        except ServiceError as error:
            raise _protocol_error(error, uri) from error
        return ReadResourceResult(
            contents=[TextResourceContents(uri=params.uri, mime_type=_TYPE, text=visible(to_json(answer.data)))]
        )


def _may_read() -> None:
    if context.READ not in context.current().caller.scopes:
        raise Forbidden("resources need the scope `read`, which this token does not have", scope=context.READ)


def _protocol_error(error: ServiceError, uri: str | None = None) -> MCPError:
    """Resources have no error results: the same facts as a JSON-RPC error."""
    context.current().outcome = error.outcome
    if isinstance(error, Forbidden):
        refused("authorize", "scope", scope=error.data.get("scope"))
    code = INTERNAL_ERROR if error.outcome in SERVER_OUTCOMES else INVALID_PARAMS
    data = {ERROR_META: error.as_dict()}
    return MCPError(code, error.message, {"uri": shortened(uri), **data} if uri else data)
