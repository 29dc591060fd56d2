"""Cursors of the protocol's lists: one that this server never gave is refused, and not taken for the beginning."""

from __future__ import annotations

from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, PaginatedRequestParams

from networkx_mcp.errors import shortened


def invalid_cursor(method: str, cursor: str) -> MCPError:
    """The JSON-RPC error of a cursor that names no place in the list."""
    return MCPError(
        INVALID_PARAMS,
        f"cursor: {shortened(cursor)} is not a nextCursor that {method} gave; leave cursor out to begin at the first page",
    )


def one_page(method: str, params: PaginatedRequestParams | None) -> None:
    """Of a list that is one page: no cursor was ever given for it. Raises MCPError -32602."""
    if params is not None and params.cursor:
        raise invalid_cursor(method, params.cursor)
