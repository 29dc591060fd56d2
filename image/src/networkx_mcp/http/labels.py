"""The `method`, `tool` and `class` labels of a request, for metrics and logs.

The labels are closed sets: an unknown method or tool is `other`, whatever a client sends.
"""

from __future__ import annotations

from starlette.types import Scope

from networkx_mcp.http.headers import header
from networkx_mcp.tools.message import NOTIFICATIONS, REQUESTS

OTHER = "other"

#: Labels of the paths beside /mcp.
VERBS = frozenset({"GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"})
MOUNTS = ("graphs", "admin", "view")
#: Those among them where a file is on its way, or many are.
_TRANSFERS = frozenset({"graphs", "admin"})
_LABELS = REQUESTS | NOTIFICATIONS | {f"{mount}/{verb.lower()}" for mount in MOUNTS for verb in VERBS} | {OTHER}


class Labels:
    """The closed sets of one server: its tools are known when it has started."""

    def __init__(self) -> None:
        self.tools: frozenset[str] = frozenset()
        #: The tools among them that may need a worker.
        self.heavy: frozenset[str] = frozenset()

    def first(self, mount: str, served: bool, scope: Scope) -> tuple[str, str]:
        """`method` and `tool` of a request before its body is there: by its path, and by `Mcp-Method` and `Mcp-Name`."""
        if mount == "mcp":
            method = header(scope, b"mcp-method").decode("latin-1")
            tool = header(scope, b"mcp-name").decode("latin-1") if method == "tools/call" else ""
            return self.method(method), self.tool(tool)
        if served and scope["method"] in VERBS:
            return f"{mount}/{scope['method'].lower()}", ""
        return OTHER, ""

    def method(self, text: str) -> str:
        """The `method` label."""
        return text if text in _LABELS else OTHER

    def tool(self, text: str) -> str:
        """The `tool` label: empty where no tool was called."""
        return text if not text or text in self.tools else OTHER

    def weight(self, method: str, tool: str) -> str:
        """The `class` label: `heavy` where seconds are lawful, because a worker computes or a file is on its way."""
        return "heavy" if tool in self.heavy or method.partition("/")[0] in _TRANSFERS else "light"
