"""A POST to /mcp as far as one scan tells: its method, tool and id, and its parts as they came.

Everybody on the way reads this one record: the edge for labels and for the id of an error, the checks of the protocol, and
the short cut that answers. Nothing in the parameters is built here, so that a request which is shed costs a scan.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import msgspec

#: Key of the Message in an ASGI scope.
MESSAGE_KEY = "networkx_mcp.message"

#: Methods that want an answer: without an id it would go nowhere, and the caller would believe it done.
REQUESTS = frozenset(
    {
        "completion/complete",
        "initialize",
        "logging/setLevel",
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
NOTIFICATIONS = frozenset(
    {
        "notifications/cancelled",
        "notifications/initialized",
        "notifications/progress",
        "notifications/roots/list_changed",
    }
)

_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_NULL = msgspec.Raw(b"null")


class MessageParams(msgspec.Struct):
    """What is looked at among the parameters; `meta` stays as it came, a list or object that is none of these, too."""

    name: Any = None
    uri: Any = None
    meta: msgspec.Raw = _NULL


class _RawParams(msgspec.Struct):
    name: msgspec.Raw = _NULL
    uri: msgspec.Raw = _NULL
    meta: msgspec.Raw = msgspec.field(default=_NULL, name="_meta")


class _RawCall(_RawParams, forbid_unknown_fields=True):
    arguments: msgspec.Raw = _NULL


_MEMBERS = frozenset({"jsonrpc", "id", "method", "params"})


class MessageParts(msgspec.Struct):
    """The members of a JSON-RPC object as they came: the caller says how large they are, so none is built by the scan."""

    jsonrpc: msgspec.Raw = _NULL
    id: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    method: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    params: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    error: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _KnownParts(MessageParts, forbid_unknown_fields=True):
    pass


_known = msgspec.json.Decoder(_KnownParts)
_parts = msgspec.json.Decoder(MessageParts)
_params = msgspec.json.Decoder(_RawParams | None)
_call = msgspec.json.Decoder(_RawCall)
_any = msgspec.json.Decoder()


def value_of(raw: msgspec.Raw) -> Any:
    """What `raw` stands for. What is right nowhere here stays as it came: a list or an object, of which how many values it holds is
    looked at later, and only where a slot was taken (`http/body_values.py`); and what a scan passes over and no reader takes, text that
    is no UTF-8, say, or `1e999`."""
    if bytes(memoryview(raw)[:1]) in (b"[", b"{"):
        return raw
    try:
        return _any.decode(raw)
    except _ERRORS:
        return raw


class Message:
    """One body. Whatever the body is, making a Message raises nothing."""

    __slots__ = (
        "_built",
        "_plain",
        "arguments",
        "body",
        "jsonrpc",
        "method",
        "params",
        "parts",
        "request_id",
        "stated",
        "tool",
    )

    def __init__(self, body: bytes) -> None:
        self.body = body
        self._built: dict[str, Any] | None = None
        # Whether it has no members but those of a request or notification.
        self._plain = True
        #: None where the body is no JSON object as msgspec reads JSON.
        self.parts: MessageParts | None = None
        #: The values of these members, whatever they are; UNSET where there is no method.
        self.jsonrpc: Any = None
        self.stated: Any = msgspec.UNSET
        #: None where they are no object, or one that must be built to be read.
        self.params: MessageParams | None = None
        #: Those of a call of a tool, as they came; None where its parameters are not as plain as any client sends them.
        self.arguments: msgspec.Raw | None = None
        #: The client's own words, not labels yet; empty where there are none.
        self.method = self.tool = ""
        #: An id that an answer can repeat.
        self.request_id: str | int | None = None
        try:
            self.parts = _known.decode(body)
        except _ERRORS:
            self._plain = False
            try:
                self.parts = _parts.decode(body)
            except _ERRORS:
                return
        self._look(self.parts)

    def take(self, found: dict[str, Any]) -> MessageParts:
        """What another reader made of a body that msgspec does not read: NaN, half of a surrogate pair."""
        raws = {
            name: msgspec.Raw(json.dumps(found[name]).encode())
            for name in ("jsonrpc", "id", "method", "params", "result", "error")
            if name in found
        }
        self._built, self._plain = found, found.keys() <= _MEMBERS
        self.parts = MessageParts(**raws)
        self._look(self.parts)
        return self.parts

    @property
    def wants_answer(self) -> bool:
        """Whether it is a request: a method with an id."""
        return self.method != "" and self.parts is not None and self.parts.id is not msgspec.UNSET

    def request(self) -> dict[str, Any] | None:
        """The request with its parameters built; None where it is not as plain as any client sends it."""
        parts = self.parts
        if not self._plain or parts is None or parts.result is not msgspec.UNSET or parts.error is not msgspec.UNSET:
            return None
        found = self._built
        if found is None:
            found = {"jsonrpc": self.jsonrpc, "id": self.request_id, "method": self.stated}
            if parts.params is not msgspec.UNSET:
                try:
                    found["params"] = json.loads(bytes(parts.params))
                except (ValueError, RecursionError):
                    return None
        plain = (
            found.get("jsonrpc") == "2.0"
            and type(found.get("id")) in (int, str)
            and type(found.get("method")) is str
            and type(found.get("params", {})) is dict
        )
        return found if plain else None

    def _plain_call(self, parts: MessageParts) -> _RawParams | None:
        """The parameters of a call of a tool that has nothing but what all have."""
        if self.method != "tools/call" or not self._plain or self._built is not None:
            return None
        if parts.result is not msgspec.UNSET or parts.error is not msgspec.UNSET:
            return None
        try:
            found = _call.decode(parts.params)  # type: ignore[arg-type]  # whoever calls has looked
        except _ERRORS:
            return None
        self.arguments = found.arguments
        return found

    def _look(self, parts: MessageParts) -> None:
        self.jsonrpc = value_of(parts.jsonrpc)
        if parts.method is not msgspec.UNSET:
            self.stated = value_of(parts.method)
            if type(self.stated) is str:
                self.method = self.stated
        if parts.params is not msgspec.UNSET:
            with suppress(*_ERRORS):
                found = self._plain_call(parts) or _params.decode(parts.params)
                if found is not None:
                    self.params = MessageParams(value_of(found.name), value_of(found.uri), found.meta)
        if self.method == "tools/call" and self.params is not None and type(self.params.name) is str:
            self.tool = self.params.name
        if parts.id is not msgspec.UNSET:
            request_id = value_of(parts.id)
            self.request_id = request_id if type(request_id) in (str, int) else None
