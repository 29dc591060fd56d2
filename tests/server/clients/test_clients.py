"""Real clients, real server, both protocol eras: the same session by the SDKs of two languages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from tests.helpers import node
from tests.helpers.patience import PATIENCE
from tests.helpers.server import Server

from networkx_mcp import mcp_wire
from networkx_mcp.mcp_wire import HANDSHAKE, MODERN

SESSION = Path(__file__).with_name("session.mjs")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("clients"), auth=True) as started:
        yield started


async def python_session(transport: Any, era: str) -> dict[str, Any]:
    """What session.mjs does, by the Python SDK."""
    async with Client(transport, mode=MODERN if era == "modern" else "legacy") as client:
        assert client.protocol_version == (MODERN if era == "modern" else HANDSHAKE)

        async def call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
            result = await client.call_tool(name, arguments)
            return {
                "error": bool(result.is_error),
                "text": result.content[0].text,  # type: ignore[union-attr]
                "data": result.structured_content,
            }

        seen: dict[str, Any] = {"tools": [tool.name for tool in (await client.list_tools()).tools]}
        seen["created"] = await call("create_graph", {"edges": [["a", "b", {"weight": 2}], ["b", 1], [1, "1"]]})
        graph_id = seen["created"]["data"]["graph_id"]
        edit = {"graph_id": graph_id, "edits": [{"action": "add_edges", "edges": [["a", "c"]]}], "operation_id": "once"}
        seen["edited"] = await call("edit_graph", edit)
        seen["again"] = await call("edit_graph", edit)
        seen["neighbors"] = await call("get_neighbors", {"graph_id": graph_id, "node": 1})
        seen["ranked"] = await call("rank_nodes", {"graph_id": graph_id, "measure": "betweenness", "limit": 2})
        seen["missing"] = await call("get_neighbors", {"graph_id": graph_id, "node": "zzz"})
        contents = (await client.read_resource(f"graph://{graph_id}")).contents[0]
        seen["resource"] = contents.text  # type: ignore[union-attr]
        seen["prompts"] = [prompt.name for prompt in (await client.list_prompts()).prompts]
        prompt = await client.get_prompt("key_nodes", {"graph_id": graph_id})
        seen["prompt"] = prompt.messages[0].content.text  # type: ignore[union-attr]
        with pytest.raises(MCPError) as caught:
            await client.call_tool("rank_node", {})
        seen["unknown"] = {"code": caught.value.error.code, "message": caught.value.error.message}
        seen["deleted"] = await call("delete_graph", {"graph_id": graph_id})
        seen["listed"] = await call("list_graphs", {})
    return seen


def typescript_session(place: str, era: str, token: str = "-") -> dict[str, Any]:
    """By the SDK of TypeScript; `place` is a URL, or `stdio:` and a command with its arguments as JSON."""
    node.package("@modelcontextprotocol/client")
    node.package("@modelcontextprotocol/sdk")
    done = node.run(SESSION, place, era, token)
    assert done.returncode == 0, done.stderr[-3000:]
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def check(seen: dict[str, Any]) -> None:
    """What every client must have seen."""
    assert {"create_graph", "get_neighbors", "rank_nodes"} <= set(seen["tools"])
    created = seen["created"]["data"]
    assert (created["nodes"], created["edges"], created["version"]) == (4, 3, 1)
    assert seen["edited"]["data"]["version"] == 2
    assert not seen["edited"]["data"]["repeated"]
    assert seen["again"]["data"] == {**seen["edited"]["data"], "repeated": True}
    neighbors = seen["neighbors"]["data"]["neighbors"]
    assert [row["id"] for row in neighbors] == ["b", "1"]
    assert seen["neighbors"]["text"].splitlines()[1:] == ["b", '"1"']
    assert seen["ranked"]["data"]["rows"][0][:2] == [1, "b"]
    assert seen["missing"]["error"]
    assert "zzz" in seen["missing"]["text"]
    assert json.loads(seen["resource"])["nodes"] == 5
    assert len(seen["prompts"]) == 3
    assert created["graph_id"] in seen["prompt"]
    assert seen["unknown"]["code"] == -32602
    assert "rank_nodes" in seen["unknown"]["message"]
    assert seen["deleted"]["data"]["graph_id"] == created["graph_id"]
    assert created["graph_id"] not in seen["listed"]["text"]


@pytest.mark.parametrize("era", ["modern", "legacy"])
async def test_the_python_client(server: Server, era: str) -> None:
    headers = {"Authorization": f"Bearer {server.token}"}
    async with httpx.AsyncClient(headers=headers, timeout=PATIENCE) as http:
        check(await python_session(streamable_http_client(server.url, http_client=http), era))


@pytest.mark.parametrize("era", ["modern", "legacy", "v1"])
def test_the_typescript_client(server: Server, era: str) -> None:
    check(typescript_session(server.url, era, str(server.token)))


async def test_the_python_client_finds_the_era_by_itself(server: Server) -> None:
    headers = {"Authorization": f"Bearer {server.token}"}
    async with (
        httpx.AsyncClient(headers=headers, timeout=PATIENCE) as http,
        Client(streamable_http_client(server.url, http_client=http)) as client,
    ):
        assert client.protocol_version == MODERN
        assert client.server_info is not None
        assert client.server_info.name == "networkx-mcp"
        assert client.instructions is not None


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
def test_every_handshake_version_is_negotiated(server: Server, version: str) -> None:
    (method, hello, _), _ = mcp_wire.opening("handshake")
    request = mcp_wire.post("handshake", method, hello | {"protocolVersion": version}, server.token)
    answer = httpx.post(server.url, timeout=PATIENCE, **request)
    assert answer.json()["result"]["protocolVersion"] == version


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26"])
def test_versions_that_know_no_structured_content_get_the_answer_as_text(server: Server, version: str) -> None:
    request = mcp_wire.post_call("create_graph", {"edges": [["a", "b"]]}, server.token, "handshake")
    request["headers"]["MCP-Protocol-Version"] = version
    result = httpx.post(server.url, timeout=PATIENCE, **request).json()["result"]
    assert "2 nodes, 1 edges" in result["content"][0]["text"]
