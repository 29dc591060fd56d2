"""The longest answers and pictures, through the SDKs of two languages: none is longer than their readers take."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from tests.helpers import node
from tests.helpers.patience import PATIENCE
from tests.helpers.server import Server, handshake, modern
from tests.server.clients.test_clients import SESSION

from networkx_mcp.mcp_wire import HANDSHAKE, MODERN

#: Bytes of one answer.
MOST = 900 * 1024
#: Of an emoji JSON in ASCII has twelve characters, of a control character six, and text shows its escape escaped again.
ODD = '\U0001f600\U0001f4a9\u6f22\x01"\\'


def odd(chance: random.Random, length: int) -> str:
    return "".join(chance.choices(ODD, k=length))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With graphs that make answers as long as they get: ids and values of characters that escapes inflate; many edges."""
    with Server(
        tmp_path_factory.mktemp("sizes"), limits_request_timeout_seconds=100, limits_connection_timeout_seconds=120
    ) as started:
        chance = random.Random(1)
        ids = [odd(chance, 60) + str(number) for number in range(400)]
        chains = [[one, other, {"text": odd(chance, 400)}] for one, other in itertools.pairwise(ids)]
        edges = [[ids[0], other, {"w": 1}] for other in ids[2:]]
        assert not started.call("create_graph", {"graph_id": "odd"}).get("isError")
        for batch in (chains[:150], chains[150:300], chains[300:], edges):
            edits = [{"action": "add_edges", "edges": batch}]
            made = started.call("edit_graph", {"graph_id": "odd", "edits": edits})
            assert not made.get("isError"), made
        crowd = set()
        while len(crowd) < 2_000:
            crowd.add(tuple(sorted(chance.sample(range(300), 2))))
        assert not started.call("create_graph", {"graph_id": "crowd", "edges": [list(e) for e in crowd]}).get("isError")
        yield started


#: Calls whose answers are as long as those of their tools get.
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("describe_graph", {"graph_id": "odd", "limit": 1000}),
    ("get_neighbors", {"graph_id": "odd", "limit": 1000}),
    ("get_subgraph", {"graph_id": "odd", "limit": 1000}),
    ("rank_nodes", {"graph_id": "odd", "measure": "degree", "limit": 1000}),
    ("find_communities", {"graph_id": "odd", "limit": 1000}),
    ("find_components", {"graph_id": "odd", "limit": 1000}),
    ("run_algorithm", {"graph_id": "odd", "name": "degree_centrality", "limit": 1000}),
    ("find_algorithms", {"limit": 200}),
    ("list_graphs", {"limit": 200}),
    ("draw_graph", {"graph_id": "crowd", "format": "png", "layout": "random", "width": 2000, "height": 2000}),
    (
        "draw_graph",
        {"graph_id": "crowd", "format": "svg", "layout": "random", "width": 2000, "height": 2000, "labels": True},
    ),
]


def calls(server: Server) -> list[tuple[str, dict[str, Any]]]:
    """CALLS, with the id of the node that has most neighbours."""
    ranked = server.call("rank_nodes", {"graph_id": "odd", "measure": "degree", "limit": 1})
    hub = ranked["structuredContent"]["rows"][0][1]
    known = {
        tool["name"]: tool["inputSchema"]["properties"] for tool in server.rpc("tools/list").json()["result"]["tools"]
    }
    found = []
    for name, given in CALLS:
        more = {"get_neighbors": {"node": hub}, "get_subgraph": {"center": hub, "radius": 2}}.get(name, {})
        arguments = {**given, **more}
        if "limit" in arguments:
            limit = arguments.pop("limit")
            if "limit" in known[name]:
                arguments["limit"] = min(limit, known[name]["limit"].get("maximum", limit))
        found.append((name, arguments))
    return found


@pytest.mark.parametrize("era", [modern, handshake])
def test_no_answer_is_longer_than_clients_read(server: Server, era: Any) -> None:
    sizes = {}
    for number, (name, arguments) in enumerate(calls(server)):
        answer = server.rpc("tools/call", {"name": name, "arguments": arguments}, era=era)
        assert b'"isError":true' not in answer.content, f"{name}: {answer.text[:600]}"
        sizes[f"{number} {name}"] = len(answer.content)
    assert max(sizes.values()) <= MOST, sizes
    assert max(sizes.values()) > MOST / 3, f"these are not the longest: {sizes}"


@pytest.mark.parametrize("era", ["modern", "legacy"])
@pytest.mark.long
async def test_the_python_client_reads_the_longest(server: Server, era: str) -> None:
    mode = MODERN if era == "modern" else "legacy"
    async with (
        httpx.AsyncClient(timeout=PATIENCE) as http,
        Client(streamable_http_client(server.url, http_client=http), mode=mode) as client,
    ):
        assert client.protocol_version == (MODERN if era == "modern" else HANDSHAKE)
        for name, arguments in calls(server):
            result = await client.call_tool(name, arguments)
            assert not result.is_error, name


@pytest.mark.parametrize("era", ["modern", "legacy", "v1"])
@pytest.mark.long
def test_the_typescript_client_reads_the_longest(server: Server, era: str) -> None:
    node.package("@modelcontextprotocol/client")
    node.package("@modelcontextprotocol/sdk")
    made = calls(server)
    done = node.run(SESSION, server.url, era, "-", json.dumps(made))
    assert done.returncode == 0, done.stderr[-3000:]
    assert len(json.loads(done.stdout)) == len(made)
