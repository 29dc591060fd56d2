"""The MCP App: the viewer as a resource that hosts show beside an answer (extension io.modelcontextprotocol/ui).

A host that knows the extension shows `ui://networkx-mcp/graph.html` in a sandboxed frame, and passes its calls of tools on. One that
does not gets the same pictures and texts as before. The frame loads nothing and connects to nobody: it needs no CSP of its own.
"""

from __future__ import annotations

from typing import Any

from mcp.server.apps import APP_MIME_TYPE, EXTENSION_ID
from mcp_types import TextResourceContents

from networkx_mcp import viewer

URI = "ui://networkx-mcp/graph.html"
#: `_meta.ui` of a tool whose answer the viewer shows, and of one that the viewer alone may call.
SHOWN: dict[str, Any] = {"resourceUri": URI}
APP_ONLY: dict[str, Any] = {"visibility": ["app"]}
EXTENSIONS: dict[str, dict[str, Any]] = {EXTENSION_ID: {"mimeTypes": [APP_MIME_TYPE]}}
_META = {"ui": {"prefersBorder": True}}


def contents() -> TextResourceContents:
    """The document of the app. It is no graph of anybody's, so `resources/list` does not have it: hosts find it by the tools."""
    return TextResourceContents(uri=URI, mime_type=APP_MIME_TYPE, text=viewer.document().decode(), _meta=_META)
