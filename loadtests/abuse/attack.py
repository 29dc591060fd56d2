"""One attack: the bytes that go to the server, and what the world of an attacker knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from networkx_mcp import mcp_wire

#: Longest time from a complete request to its answer, as the objective of the load tests has it, in seconds.
ANSWER_SECONDS = 30.5
#: Longest time until a request that never gets complete is ended: the body timeout, the sweep, a busy machine.
INCOMPLETE_SECONDS = 16.0


@dataclass(frozen=True)
class Attack:
    """What is sent. `parts` go out with `pause` seconds between them, on a connection of its own unless `framed`.

    `framed`: it is sound HTTP, so exactly one answer follows and the connection may be used again.
    `most`: answers that may come at all; one more means that a part of the bytes was taken for a request of its own.
    """

    kind: str
    name: str
    parts: tuple[bytes, ...]
    framed: bool = True
    head: bool = False
    pause: float = 0.0
    bound: float = ANSWER_SECONDS
    most: int = 1
    #: It takes a worker or a transfer of the server: few at once, or they would only see each other's queue.
    heavy: bool = False
    #: Bytes read at a time, with a pause of a second between, instead of as fast as they come.
    sip: int = 0


@dataclass(frozen=True)
class World:
    """What an attacker has: his token, his graph, what the server lists, files that it wrote.

    `tokens`: kinds of tokens, by name. `files`: his graph in each format. `leak`: a file of the server's machine that
    must never be seen. `callback`: an address that nobody must call.
    """

    host: str
    tokens: Mapping[str, str]
    tools: list[dict[str, Any]]
    prompts: list[dict[str, Any]]
    graph_id: str
    foreign_id: str
    files: Mapping[str, bytes]
    leak: str = "/etc/hostname"
    callback: str = "http://127.0.0.1:9/"

    def http(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str | bytes] | None = None,
        body: bytes = b"",
        *,
        token: str | None = "bob",
    ) -> bytes:
        """A whole request; `token` is one of `tokens`, or none."""
        fields: dict[str, str | bytes] = {"Host": self.host}
        if body or method in ("POST", "PUT"):
            fields["Content-Length"] = str(len(body))
        if token is not None:
            fields["Authorization"] = f"Bearer {self.tokens[token]}"
        fields |= headers or {}
        lines = [_bytes(method) + b" " + _bytes(path) + b" HTTP/1.1"]
        lines += [name.encode() + b": " + _bytes(value) for name, value in fields.items()]
        return b"\r\n".join(lines) + b"\r\n\r\n" + body

    def mcp(
        self,
        era: mcp_wire.Era,
        method: str,
        params: dict[str, Any],
        body: bytes | None = None,
        headers: Mapping[str, str | bytes] | None = None,
        *,
        token: str | None = "bob",
    ) -> bytes:
        """A POST to /mcp; `body` in place of the message that belongs to it."""
        found: dict[str, str | bytes] = dict(mcp_wire.headers(era, method, {"name": "", "uri": "", **params}))
        found = {name: value for name, value in found.items() if not _unsendable(value)}
        content = mcp_wire.message(era, method, params) if body is None else body
        return self.http("POST", "/mcp", found | dict(headers or {}), content, token=token)


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")


def _unsendable(value: str | bytes) -> bool:
    """Whether a header would break the request around it: that is another kind of attack."""
    raw = _bytes(value)
    return any(byte < 0x20 or byte == 0x7F for byte in raw)
