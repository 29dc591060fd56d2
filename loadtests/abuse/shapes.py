"""Bodies of one size in shapes that cost a parser more than their bytes tell."""

from __future__ import annotations

import json
from collections.abc import Iterator

from loadtests.abuse.attack import World
from networkx_mcp import mcp_wire

#: Just below limits.tool_body_kib.
SIZE = 1024 * 1024 - 4096
ERAS: tuple[mcp_wire.Era, ...] = ("modern", "handshake")


def values() -> dict[str, bytes]:
    """JSON values of about SIZE bytes, by name."""

    def row(part: bytes, begin: bytes = b"[", end: bytes = b"]") -> bytes:
        return begin + b",".join([part] * ((SIZE - 2) // (len(part) + 1))) + end

    deep = SIZE // 2
    return {
        "empty lists": row(b"[]"),
        "empty objects": row(b"{}"),
        "empty texts": row(b'""'),
        "lists of one": row(b"[0]"),
        "lists in lists": row(b"[[[[]]]]"),
        "pairs of texts": row(b'["a","b"]'),
        "objects of one key": row(b'{"a":1}'),
        "digits": row(b"1"),
        "floats": row(b"1e9"),
        "nulls": row(b"null"),
        "one number": b"1" * SIZE,
        "long numbers": row(b"1" * 4000),
        "deep lists": b"[" * deep + b"]" * deep,
        "deep objects": b'{"a":' * (SIZE // 6) + b"1" + b"}" * (SIZE // 6),
        "hundreds deep": row(b"[" * 200 + b"]" * 200),
        "escapes": b'"' + b"\\u0041" * (SIZE // 6) + b'"',
        "surrogates": b'"' + b"\\ud83d\\ude00" * (SIZE // 12) + b'"',
        "one key again and again": row(b'"a":1', b"{", b"}"),
        "many keys": b"{" + b",".join(b'"%d":0' % number for number in range(SIZE // 10)) + b"}",
        "spaces": b" " * (SIZE - 2) + b"{}",
        "texts of one letter": row(b'"a"'),
    }


def bodies(world: World, shape: str, token: str | None) -> Iterator[tuple[str, bytes]]:
    """(name, whole request) of the value of a shape in each place that the server looks at, in both eras."""
    value = values()[shape]
    for era in ERAS:
        edit = {"graph_id": world.graph_id, "edits": [{"action": "add_nodes", "nodes": "@"}]}
        calls = {"create_graph": {"nodes": "@"}, "edit_graph": edit, "describe_graph": {"graph_id": "@"}}
        places = [
            *(
                (tool, mcp_wire.message(era, "tools/call", {"name": tool, "arguments": given}))
                for tool, given in calls.items()
            ),
            ("params", mcp_wire.message(era, "tools/list", {"cursor": "@"})),
            ("id", json.dumps({"jsonrpc": "2.0", "id": "@", "method": "ping"}).encode()),
            ("batch", b'"@"'),
        ]
        for place, message in places:
            method = "tools/call" if place in calls else "tools/list"
            body = message.replace(b'"@"', value)
            yield f"{shape} as {place}, {era}", world.mcp(era, method, {"name": place}, body, token=token)
