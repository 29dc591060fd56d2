"""How a client speaks MCP is written once, for the image's smoke call and for all that loads and tests a server."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from networkx_mcp import mcp_wire

ROOT = Path(__file__).resolve().parents[2]
#: Of the server's own answer to envelopes: these write wrong ones by hand.
BY_HAND = {"tests/unit/tools/test_message.py"}


def body(request: mcp_wire.Post) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request["content"])
    return found


def test_a_call_of_the_modern_era_names_version_method_and_tool_in_headers_and_body() -> None:
    request = mcp_wire.post_call("get_neighbors", {"node": 1}, "secret")
    named = {name: value for name, value in request["headers"].items() if name.lower().startswith("mcp-")}
    assert named == {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "get_neighbors"}
    assert request["headers"]["Authorization"] == "Bearer secret"
    params = body(request)["params"]
    assert (params["name"], params["arguments"]) == ("get_neighbors", {"node": 1})
    assert params["_meta"]["io.modelcontextprotocol/protocolVersion"] == "2026-07-28"
    assert params["_meta"]["io.modelcontextprotocol/clientInfo"]["name"] == mcp_wire.CLIENT


def test_a_client_may_leave_its_name_out_and_add_a_progress_token() -> None:
    request = mcp_wire.post("modern", "tools/list", {"_meta": {"progressToken": "p"}}, client=None)
    meta = body(request)["params"]["_meta"]
    assert meta["progressToken"] == "p"
    assert "io.modelcontextprotocol/protocolVersion" in meta
    assert "io.modelcontextprotocol/clientInfo" not in meta


def test_a_handshake_agrees_on_the_version_before_a_header_names_it() -> None:
    (hello, params, number), (told, nothing, none) = mcp_wire.opening("handshake", "somebody")
    assert (hello, params["protocolVersion"], params["clientInfo"]["name"], number) == (
        "initialize", "2025-11-25", "somebody", 1,
    )  # fmt: skip
    assert "MCP-Protocol-Version" not in mcp_wire.headers("handshake", hello, params)
    assert mcp_wire.headers("handshake", told)["MCP-Protocol-Version"] == "2025-11-25"
    assert json.loads(mcp_wire.message("handshake", told, nothing, none)) == {"jsonrpc": "2.0", "method": told}


def test_a_request_on_the_wire_is_the_same_request() -> None:
    request = mcp_wire.post_call("list_graphs", {}, "secret")
    head, _, content = mcp_wire.on_wire("host:1", mcp_wire.post_call("list_graphs", {}, "secret")).partition(
        b"\r\n\r\n"
    )
    first, *lines = head.decode().split("\r\n")
    assert first == "POST /mcp HTTP/1.1"
    fields = dict(line.split(": ", 1) for line in lines)
    assert fields == {"Host": "host:1", "Content-Length": str(len(content)), **request["headers"]}
    assert content == request["content"]


RESULT: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "result": {"isError": False}}


@pytest.mark.parametrize(
    "template", ["%s", "event: message\r\ndata: %s\r\n\r\n", ': ping\n\ndata: {"a": 1}\n\ndata: %s\n\n']
)
def test_the_message_of_an_answer_is_its_json_or_its_last_event(template: str) -> None:
    assert mcp_wire.parsed((template % json.dumps(RESULT)).encode()) == RESULT


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"<html>", b"data: \n\n", b'{"jsonrpc": "1.0"}', b'{"jsonrpc": "2.0"']
)
def test_what_is_no_message_is_none(body: bytes) -> None:
    assert mcp_wire.parsed(body) is None


FACTS = {"error": "not_found", "message": "..."}


@pytest.mark.parametrize(
    ("told", "facts"),
    [
        ({"result": {"content": []}}, None),
        ({"result": {"isError": True, "_meta": {mcp_wire.ERROR_META: FACTS}}}, FACTS),
        ({"result": {"isError": True}}, {}),
        ({"error": {"code": -32000, "data": FACTS}}, FACTS),
        ({"error": {"code": -32002, "data": {"uri": "graph://a", mcp_wire.ERROR_META: FACTS}}}, FACTS),
        ({"error": {"code": -32602, "data": "some words"}}, {}),
        ({"error": {"code": -32602}}, {}),
    ],
)
def test_an_error_has_its_facts_wherever_the_server_puts_them(
    told: dict[str, Any], facts: dict[str, Any] | None
) -> None:
    assert mcp_wire.refusal(told) == facts


def test_the_module_needs_the_standard_library_alone() -> None:
    tree = ast.parse(Path(mcp_wire.__file__).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            assert name.partition(".")[0] in sys.stdlib_module_names, name


def test_nobody_else_writes_the_envelope_of_the_modern_era() -> None:
    files = [path for room in ("tests", "benchmarks", "loadtests", "scripts") for path in (ROOT / room).rglob("*.py")]
    files.append(ROOT / "image/src/networkx_mcp/smoke.py")
    words = "io.modelcontextprotocol/protocol" + "Version"
    found = {str(path.relative_to(ROOT)) for path in files if words in path.read_text(encoding="utf-8")}
    assert found - {str(Path(__file__).relative_to(ROOT))} == BY_HAND
