"""Attacks on /mcp: each makes one real request of either era and breaks it in one way."""

from __future__ import annotations

import copy
import gzip
import json
from functools import cache
from random import Random
from typing import Any

from loadtests.abuse import hostile_values, schema_values
from loadtests.abuse.attack import Attack, World
from networkx_mcp import mcp_wire

_METHODS = (
    "initialize", "ping", "server/discover", "tools/list", "tools/call", "resources/list", "resources/read",
    "resources/templates/list", "resources/subscribe", "prompts/list", "prompts/get", "completion/complete",
    "logging/setLevel", "subscriptions/listen", "notifications/initialized", "notifications/cancelled",
    "notifications/progress", "sampling/createMessage", "roots/list", "elicitation/create", "tasks/get", "rpc.discover",
    "", " ", "tools/call\x00", "TOOLS/CALL", "tools//call", "__init__", "\u202etools/call", "x" * 5000,
)  # fmt: skip


def request(chance: Random, world: World, tool: str | None = None) -> tuple[mcp_wire.Era, str, dict[str, Any]]:
    """A request that a client could send: mostly tool calls, with each optional argument at times."""
    era = chance.choice(mcp_wire.ERAS)
    pick = chance.random()
    if pick < 0.8 or tool:
        chosen = next((one for one in world.tools if one["name"] == tool), None) or _any_tool(chance, world)
        # Writes go to graphs that come and go, so that what is read stays.
        reads = chosen.get("annotations", {}).get("readOnlyHint")
        calls = schema_values.every(chosen, world.graph_id if reads else f"made-{chance.randrange(20)}")
        name = chance.choice(list(calls))
        return era, "tools/call", {"name": chosen["name"], "arguments": copy.deepcopy(calls[name])}
    if pick < 0.86:
        return era, "resources/read", {"uri": f"graph://{world.graph_id}"}
    if pick < 0.92:
        prompt = chance.choice(world.prompts)
        given = {argument["name"]: "a" for argument in prompt.get("arguments", ())}
        return era, "prompts/get", {"name": prompt["name"], "arguments": given}
    if pick < 0.95 and era == "handshake":
        return era, *mcp_wire.opening(era)[0][:2]
    return era, chance.choice(("tools/list", "resources/list", "prompts/list", "resources/templates/list")), {}


def _any_tool(chance: Random, world: World) -> dict[str, Any]:
    """A tool; one that takes a process of the server comes less often, or these would be all that the run does."""
    for _ in range(8):
        chosen = chance.choice(world.tools)
        if not chosen["inputSchema"].get("properties", {}).keys() & {"force", "format"}:
            return chosen
    return chosen


def document(era: mcp_wire.Era, method: str, params: dict[str, Any]) -> dict[str, Any]:
    """The JSON-RPC message as it is before it is text."""
    found: dict[str, Any] = json.loads(mcp_wire.message(era, method, params))
    return found


def places(node: Any, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Paths of all values below a JSON value."""
    keys: Any = node.keys() if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    found: list[tuple[str | int, ...]] = []
    for key in keys:
        found.append((*at, key))
        found += places(node[key], (*at, key))
    return found


def put(node: Any, at: tuple[str | int, ...], value: Any) -> None:
    """Set the value at a path."""
    for key in at[:-1]:
        node = node[key]
    node[at[-1]] = value


def _inside(chance: Random, message: dict[str, Any]) -> tuple[str | int, ...]:
    """A place in the arguments where there are any, else anywhere."""
    everywhere = places(message)
    arguments = [at for at in everywhere if "arguments" in at and at[-1] != "arguments"]
    return chance.choice(arguments if arguments and chance.random() < 0.8 else everywhere)


def _made(kind: str, world: World, chance: Random, request_: Any, body: bytes | None, **headers: str | bytes) -> Attack:
    era, method, params = request_
    name = f"{era} {method} {params.get('name', '')}".strip()
    fields = {key.replace("_", "-"): value for key, value in headers.items()}
    return Attack(kind, name, (world.mcp(era, method, params, body, fields, token=_token(chance)),))


def _token(chance: Random) -> str | None:
    pick = chance.random()
    return "bob" if pick < 0.95 else chance.choice((None, "expired", "revoked", "reader"))


def body_bytes(chance: Random, world: World) -> Attack:
    """Bytes of the body changed, removed, repeated."""
    asked = request(chance, world)
    body = scramble(chance, mcp_wire.message(*asked))
    return _made("body bytes", world, chance, asked, body)


def scramble(chance: Random, data: bytes) -> bytes:
    """A few random changes to bytes."""
    found = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 4, 16))):
        at = chance.randrange(len(found) + 1)
        match chance.randrange(6):
            case 0:
                found[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                found[at:at] = chance.randbytes(chance.choice((1, 1, 2, 8)))
            case 2:
                del found[at : at + chance.choice((1, 1, 2, 8, 64))]
            case 3:
                end = at + chance.choice((1, 8, 64))
                found[at:at] = found[at:end] * chance.choice((1, 2, 50))
            case 4:
                found[at : at + 1] = chance.choice((b"\x00", b"\xff", b"{", b"}", b"[", b'"', b"\\", b",", b"\n", b"-"))
            case 5:
                del found[at:]
    return bytes(found)


def broken_utf8(chance: Random, world: World) -> Attack:
    """Text that is not UTF-8, or another encoding altogether."""
    asked = request(chance, world)
    body = mcp_wire.message(*asked)
    pick = chance.randrange(5)
    if pick < 3:
        message = document(*asked)
        put(message, _inside(chance, message), hostile_values.PLACE)
        body = hostile_values.encode(message, chance.choice(hostile_values.TEXTS))
    elif pick == 3:
        codec = chance.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "utf-7", "cp037"))
        body = body.decode().encode(codec)
    else:
        at = chance.randrange(len(body))
        body = body[:at] + chance.choice((b"\xff", b"\xc3", b"\xed\xbf\xbf", b"\xf8\x88\x80\x80\x80")) + body[at:]
    return _made("broken UTF-8", world, chance, asked, body)


def deep_json(chance: Random, world: World) -> Attack:
    """Nesting, at any place of the message or instead of it."""
    asked = request(chance, world)
    message = document(*asked)
    put(message, _inside(chance, message), hostile_values.PLACE)
    nest = hostile_values.deep(chance)
    return _made(
        "deep JSON", world, chance, asked, nest if chance.random() < 0.1 else hostile_values.encode(message, nest)
    )


def numbers(chance: Random, world: World) -> Attack:
    """Numbers that no type of a program holds."""
    asked = request(chance, world)
    message = document(*asked)
    put(message, _inside(chance, message), hostile_values.PLACE)
    return _made(
        "huge numbers", world, chance, asked, hostile_values.encode(message, chance.choice(hostile_values.NUMBERS))
    )


def duplicate_keys(chance: Random, world: World) -> Attack:
    """A key twice in one object, with two values."""
    asked = request(chance, world)
    body = mcp_wire.message(*asked)
    message = document(*asked)
    at = chance.choice([place for place in places(message) if isinstance(place[-1], str)])
    key = json.dumps(at[-1]).encode() + b":"
    again = key + hostile_values.encode(hostile_values.hostile(chance)) + b","
    body = body.replace(key, again + key, 1) if chance.random() < 0.5 else body.replace(key, again * 100 + key, 1)
    return _made("duplicate keys", world, chance, asked, body)


def wrong_types(chance: Random, world: World) -> Attack:
    """A value of a wrong type for a field of a tool's schema, or fields that it does not know."""
    era, method, params = asked = request(chance, world, chance.choice(world.tools)["name"])
    tool = next(one for one in world.tools if one["name"] == params["name"])
    fields = list(tool["inputSchema"].get("properties", {})) or ["x"]
    arguments = params["arguments"]
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        pick = chance.random()
        if pick < 0.84:
            arguments[chance.choice(fields)] = hostile_values.hostile(chance)
        elif pick < 0.85:
            _many(chance, arguments, fields)
        elif pick < 0.93:
            arguments[str(chance.choice(hostile_values.LABELS))] = hostile_values.hostile(chance)
        else:
            arguments.pop(chance.choice(fields), None)
    inner = [at for at in places(arguments) if len(at) > 1]
    if inner and chance.random() < 0.3:
        put(arguments, chance.choice(inner), hostile_values.hostile(chance))
    return _made("wrong types", world, chance, asked, hostile_values.encode(document(era, method, params)))


def _many(chance: Random, arguments: dict[str, Any], fields: list[str]) -> None:
    """Lists and objects that fill the body with wrong items and unknown keys, at the top or inside an action."""
    match chance.randrange(4):
        case 0:
            arguments[chance.choice(fields)] = hostile_values.long_list(chance)
        case 1:
            arguments |= hostile_values.many_keys()
        case 2:
            arguments["edits"] = [{"action": "remove_attributes", "names": hostile_values.long_list(chance)}]
        case 3:
            arguments["edits"] = [{"action": "clear", **hostile_values.many_keys()}]


def envelope(chance: Random, world: World) -> Attack:
    """The JSON-RPC message around the call: ids, methods, versions, batches, metadata."""
    asked = request(chance, world)
    message: Any = document(*asked)
    match chance.randrange(8):
        case 0:
            message["id"] = hostile_values.hostile(chance)
        case 1:
            message["method"] = chance.choice((*_METHODS, hostile_values.hostile(chance)))
        case 2:
            message["params"] = hostile_values.hostile(chance)
        case 3:
            message.setdefault("params", {})["_meta"] = hostile_values.hostile(chance)
        case 4:
            message["jsonrpc"] = hostile_values.hostile(chance)
        case 5:
            message.pop(chance.choice(list(message)))
        case 6:
            message = [message] * chance.choice((0, 1, 2, 100))
        case 7:
            meta = message.setdefault("params", {}).setdefault("_meta", {})
            known = chance.choice((*meta, "progressToken", "traceparent", "io.modelcontextprotocol/logLevel"))
            meta[known] = hostile_values.hostile(chance)
    headers: dict[str, str | bytes] = {}
    if asked[0] == "modern" and isinstance(message, dict) and isinstance(message.get("method"), str):
        sent = message["method"].encode("utf-8", "surrogatepass")[:6000]
        headers["Mcp_Method"] = bytes(byte for byte in sent if byte >= 0x20)
    return _made("envelope", world, chance, asked, hostile_values.encode(message), **headers)


def graph_ids(chance: Random, world: World) -> Attack:
    """Names of graphs that try to be paths, keys of the store, or another tenant's."""
    era, method, params = request(chance, world)
    name = chance.choice(hostile_values.PATHS).replace("secret", world.foreign_id)
    if method == "resources/read":
        params["uri"] = chance.choice(("graph://", "graph:", "file://", "", "GRAPH://", "graph:///")) + name
    else:
        tool = chance.choice([one for one in world.tools if "graph_id" in one["inputSchema"].get("properties", {})])
        method, params = mcp_wire.call(tool["name"], schema_values.arguments(tool, name))
    return _made("path tricks in ids", world, chance, (era, method, params), None)


def labels(chance: Random, world: World) -> Attack:
    """Formulas, control characters, terminal sequences in all that a graph may hold, and as what is asked for."""
    label = chance.choice(hostile_values.LABELS) + chance.choice(("", "", str(chance.randrange(50))))
    if chance.random() < 0.5:
        era, method, params = request(chance, world, chance.choice(world.tools)["name"])
        at = chance.choice(places(params["arguments"]) or [("query",)])
        put(params["arguments"], at, label)
    else:
        era = chance.choice(mcp_wire.ERAS)
        other = chance.choice(hostile_values.LABELS)
        attributes = {label: other, other: label}
        match chance.randrange(3):
            case 0:
                nodes = [{"id": label, "attributes": attributes}]
                given = {
                    "description": other,
                    "attributes": attributes,
                    "nodes": nodes,
                    "edges": [[label, other, attributes]],
                }
                method, params = mcp_wire.call("create_graph", given)
            case 1:
                edits = [
                    {"action": "add_nodes", "nodes": [{"id": label, "attributes": attributes}]},
                    {"action": "add_edges", "edges": [[label, other, attributes]]},
                ]
                method, params = mcp_wire.call(
                    "edit_graph", {"graph_id": f"made-{chance.randrange(5)}", "edits": edits}
                )
            case _:
                method, params = mcp_wire.call(
                    "load_graph", {"format": "csv", "content": f'source,target\n"{label}",b\n'}
                )
    return _made("hostile labels", world, chance, (era, method, params), None)


def headers(chance: Random, world: World) -> Attack:
    """Headers of MCP and HTTP that say something else than the body, or nothing sensible."""
    asked = request(chance, world)
    text: tuple[str | bytes, ...] = (
        "", " ", "\xe9", "x" * 8000, b"\xff\xfe", b"\x80abc", "2026-07-28", "1999-01-01", "9" * 40, "tools/list", "*/*",
        "delete_graph", "=?base64?AAAA?=", "=?base64?w6k=?=", "=?utf-8?q?x?=", "null", "../..", "${jndi:ldap://x}", "%0d%0a",
        "a,b", "text/html", "application/json; charset=utf-16", "multipart/form-data", "gzip", "gzip, gzip, br", "identity;q=0",
        "Basic YTpi", "Bearer", "Bearer a b", "bearer " + "x" * 17_000, "00-" + "0" * 32 + "-" + "0" * 16 + "-01",
        "00-" + "f" * 32 + "-" + "f" * 16 + "-ff", "evil.example.org", "127.0.0.1:99999", "[::1", "localhost@evil", "-1", "1e9",
    )  # fmt: skip
    names = (
        "MCP-Protocol-Version", "Mcp-Method", "Mcp-Name", "Mcp-Session-Id", "Last-Event-ID", "Content-Type", "Accept",
        "Authorization", "Host", "Origin", "X-Request-ID", "traceparent", "tracestate", "Content-Encoding", "Expect",
        "X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "Upgrade", "Connection", "Idempotency-Key", "Range", "Cookie",
        "Mcp-Param-graph_id", "Accept-Encoding", "TE", "Via",
    )  # fmt: skip
    chosen = {chance.choice(names): chance.choice(text) for _ in range(chance.choice((1, 1, 2, 4)))}
    made = _made("headers", world, chance, asked, None, **{k.replace("-", "_"): v for k, v in chosen.items()})
    # What asks for another protocol or to wait may be answered in ways of its own.
    framed = not chosen.keys() & {"Upgrade", "Expect", "Connection"}
    return Attack(made.kind, f"{made.name} {sorted(chosen)}", made.parts, framed=framed, most=2)


@cache
def _inflating() -> tuple[bytes, bytes]:
    """16 MiB of a JSON string as gzip of 16 KiB, once and twice compressed."""
    once = gzip.compress(b'{"jsonrpc":"2.0","id":1,"method":"' + b"A" * (16 * 2**20) + b'"}', mtime=0)
    return once, gzip.compress(once, mtime=0)


def content_encoding(chance: Random, world: World) -> Attack:
    """A body that grows a thousandfold if it is ever decompressed."""
    asked = request(chance, world)
    body = chance.choice(
        (*_inflating(), gzip.compress(mcp_wire.message(*asked), mtime=0), b"\x1f\x8b" + chance.randbytes(50))
    )
    encoding = chance.choice(("gzip", "deflate", "br", "zstd", "gzip, gzip", "x-gzip", "identity"))
    return _made("content encoding", world, chance, asked, body, Content_Encoding=encoding)
