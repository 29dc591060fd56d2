"""What a request to /mcp asks for, found cheaply: for metric labels, logs and the id of an error.

The labels are closed sets: an unknown method or tool is `other`, whatever a client sends.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

OTHER = "other"

#: Methods of both protocol eras that a client may send.
METHODS = frozenset(
    {
        "completion/complete",
        "initialize",
        "logging/setLevel",
        "notifications/cancelled",
        "notifications/initialized",
        "notifications/progress",
        "notifications/roots/list_changed",
        "ping",
        "prompts/get",
        "prompts/list",
        "resources/list",
        "resources/read",
        "resources/subscribe",
        "resources/templates/list",
        "resources/unsubscribe",
        "server/discover",
        "subscriptions/listen",
        "tools/call",
        "tools/list",
    }
)
#: Labels of the paths beside /mcp.
VERBS = frozenset({"GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"})
MOUNTS = ("graphs", "admin")
_LABELS = METHODS | {f"{mount}/{verb.lower()}" for mount in MOUNTS for verb in VERBS} | {OTHER}


class _Params(msgspec.Struct):
    name: Any = None


class _Envelope(msgspec.Struct):
    id: Any = None
    method: Any = None
    params: msgspec.Raw = msgspec.Raw(b"{}")


_envelope = msgspec.json.Decoder(_Envelope)
_params = msgspec.json.Decoder(_Params)


class Asked(msgspec.Struct, frozen=True):
    """What a body asks for; the texts are the client's own, not labels yet."""

    method: str = ""
    tool: str = ""
    request_id: str | int | None = None


def asked(body: bytes) -> Asked:
    """Look into a JSON-RPC body without building it. Anything unreadable gives an empty answer."""
    try:
        envelope = _envelope.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Asked()
    method = envelope.method if isinstance(envelope.method, str) else ""
    request_id = envelope.id
    if isinstance(request_id, bool) or not isinstance(request_id, str | int):
        request_id = None
    tool = ""
    if method == "tools/call":
        try:
            name = _params.decode(envelope.params).name
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            name = None
        tool = name if isinstance(name, str) else ""
    return Asked(method, tool, request_id)


def asked_by_headers(headers: Iterable[tuple[bytes, bytes]]) -> Asked:
    """The same from `Mcp-Method` and `Mcp-Name`, which the modern era sends: nothing is parsed."""
    method = tool = ""
    for name, value in headers:
        if name == b"mcp-method":
            method = value.decode("latin-1")
        elif name == b"mcp-name":
            tool = value.decode("latin-1")
    return Asked(method, tool if method == "tools/call" else "")


class Labels:
    """The closed sets of one server: its tools are known when it has started."""

    def __init__(self) -> None:
        self.tools: frozenset[str] = frozenset()
        #: The tools among them that may need a worker.
        self.heavy: frozenset[str] = frozenset()

    def method(self, text: str) -> str:
        """The `method` label."""
        return text if text in _LABELS else OTHER

    def tool(self, text: str) -> str:
        """The `tool` label: empty where no tool was called."""
        return text if not text or text in self.tools else OTHER

    def weight(self, method: str, tool: str) -> str:
        """The `class` label: `heavy` where seconds are lawful, because a worker computes or a file is on its way."""
        return "heavy" if tool in self.heavy or method.partition("/")[0] in MOUNTS else "light"
