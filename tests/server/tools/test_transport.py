"""How answers travel: plain where nothing can come in between, as a stream where a hang-up must be seen."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from tests.helpers.patience import PATIENCE, eventually
from tests.helpers.server import Server, handshake, message, modern
from tests.server.tools.conftest import Tools


def post(server: Server, request: dict[str, Any], **changed: Any) -> httpx.Response:
    """Send a request with other headers (None removes one) or another body."""
    headers = {**request["headers"], **changed.pop("headers", {})}
    headers = {name: value for name, value in headers.items() if value is not None}
    body = changed.get("content", request["content"])
    return httpx.post(server.url, content=body, headers=headers, timeout=PATIENCE)


@pytest.mark.parametrize("era", [modern, handshake])
@pytest.mark.parametrize("tool", ["describe_graph", "list_graphs", "find_algorithms"])
def test_a_point_read_is_answered_as_plain_json(tools: Tools, florence: str, era: Any, tool: str) -> None:
    arguments = {"graph_id": florence} if tool == "describe_graph" else {}
    answer = post(tools.server, era("tools/call", {"name": tool, "arguments": arguments}))
    assert answer.headers["content-type"] == "application/json"
    assert not answer.json()["result"].get("isError")


@pytest.mark.parametrize("era", [modern, handshake])
def test_a_heavy_call_is_answered_as_plain_json_too(tools: Tools, florence: str, era: Any) -> None:
    request = era("tools/call", {"name": "rank_nodes", "arguments": {"graph_id": florence}})
    answer = post(tools.server, request)
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["result"]["structuredContent"]["total"] == 15


#: A request of the handshake era that is not plain, and the status that it is answered with.
UNUSUAL: dict[str, tuple[dict[str, Any], int]] = {
    "no type": ({"headers": {"content-type": None}}, 400),
    "another type": ({"headers": {"content-type": "text/plain"}}, 400),
    "a version nobody knows": ({"headers": {"mcp-protocol-version": "1999-01-01"}}, 400),
    "not json": ({"content": b"{"}, 400),
    "a batch": ({"content": b"[]"}, 400),
    "no version of JSON-RPC": ({"content": b'{"id":1,"method":"tools/list"}'}, 400),
    "a boolean id": ({"content": b'{"jsonrpc":"2.0","id":true,"method":"tools/list"}'}, 400),
    "a notification": ({"content": b'{"jsonrpc":"2.0","method":"notifications/initialized"}'}, 202),
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual_requests_get_a_status_that_says_so(tools: Tools, name: str) -> None:
    changed, status = UNUSUAL[name]
    answer = post(tools.server, handshake("tools/list"), **{**changed})
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("era", [modern, handshake])
@pytest.mark.parametrize("request_id", [None, 1.5, True, [], {}, 10**30])
def test_an_id_that_is_none_is_answered(tools: Tools, era: Any, request_id: Any) -> None:
    for method, params in (("tools/list", {}), ("tools/call", {"name": "rank_nodes", "arguments": {}})):
        request = era(method, params)
        body = {**json.loads(request["content"]), "id": request_id}
        answer = post(tools.server, request, content=json.dumps(body).encode())
        assert answer.status_code == 400, answer.text
        assert (answer.json()["id"], answer.json()["error"]["code"]) == (None, -32600)
        assert answer.json()["error"]["message"].startswith("id ")


@pytest.mark.parametrize("era", [modern, handshake])
def test_a_wrong_version_is_explained_by_the_versions_there_are(tools: Tools, era: Any) -> None:
    answer = post(tools.server, handshake("tools/list"), headers={"mcp-protocol-version": "2099-01-01"})
    assert answer.status_code == 400
    told = answer.json()["error"]["message"]
    assert all(word in told for word in ("MCP-Protocol-Version", "2099-01-01", "2026-07-28", "2024-11-05"))
    answer = post(tools.server, modern("tools/list"), headers={"mcp-protocol-version": "2025-11-25"})
    told = answer.json()["error"]["message"]
    assert answer.status_code == 400
    assert all(word in told for word in ("MCP-Protocol-Version", "2025-11-25", "_meta", "2026-07-28"))


@pytest.mark.parametrize("era", [modern, handshake])
@pytest.mark.parametrize(
    "accept", ["application/json", "*/*", "application/*", None, "application/json;q=0.1, text/html"]
)
@pytest.mark.parametrize("tool", ["describe_graph", "rank_nodes"])
def test_who_takes_json_alone_gets_json(tools: Tools, florence: str, era: Any, accept: str | None, tool: str) -> None:
    request = era("tools/call", {"name": tool, "arguments": {"graph_id": florence}})
    headers = {**request["headers"], "accept": accept}
    with httpx.Client(headers={"accept": ""}, timeout=PATIENCE) as client:  # httpx would add one
        del client.headers["accept"]
        headers = {name: value for name, value in headers.items() if value is not None}
        answer = client.post(tools.server.url, content=request["content"], headers=headers, timeout=PATIENCE)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json"), answer.text
    assert answer.json()["result"]["structuredContent"]["graph_id"] == florence


@pytest.mark.parametrize("era", [modern, handshake])
@pytest.mark.parametrize("accept", ["text/html", "text/event-stream", "application/json;q=0, text/event-stream"])
@pytest.mark.parametrize("tool", ["describe_graph", "rank_nodes"])
def test_who_takes_no_json_is_told_what_to_send(tools: Tools, florence: str, era: Any, accept: str, tool: str) -> None:
    request = era("tools/call", {"name": tool, "arguments": {"graph_id": florence}})
    answer = post(tools.server, request, headers={"accept": accept})
    assert answer.status_code == 406
    assert "Accept: application/json, text/event-stream" in answer.json()["error"]["message"]


@pytest.mark.parametrize("era", [modern, handshake])
@pytest.mark.parametrize("method", ["tools/list", "prompts/list", "resources/list", "resources/templates/list"])
@pytest.mark.parametrize("cursor", ["nonsense!", "2", "../..", 5, {"a": 1}, "x" * 65])
def test_a_cursor_that_was_never_given_is_named(tools: Tools, era: Any, method: str, cursor: Any) -> None:
    if (method, cursor) == ("resources/list", "2"):
        return  # a graph may have had this name
    error = post(tools.server, era(method, {"cursor": cursor})).json()["error"]
    assert error["code"] == -32602
    assert "cursor" in error["message"]
    assert "result" in post(tools.server, era(method, {})).json()


def test_no_version_header_means_the_version_before_there_was_one(tools: Tools) -> None:
    answer = post(tools.server, handshake("tools/list"), headers={"mcp-protocol-version": None})
    assert len(answer.json()["result"]["tools"]) == len(tools.listed)


@pytest.mark.parametrize("params", [{"name": 7}, {"arguments": {}}, {"name": "list_graphs", "arguments": [1]}])
def test_malformed_parameters_are_a_protocol_error(tools: Tools, params: dict[str, Any]) -> None:
    error = message(post(tools.server, handshake("tools/call", params)))["error"]
    assert error["code"] == -32602


def test_an_unknown_method_is_a_protocol_error(tools: Tools) -> None:
    assert message(post(tools.server, handshake("tools/fly")))["error"]["code"] == -32601


@pytest.mark.parametrize("request_id", [0, 7, "seven", "7", -1])
def test_the_answer_carries_the_id_of_the_request(tools: Tools, request_id: int | str) -> None:
    for era in (modern, handshake):
        found = message(post(tools.server, era("tools/list", request_id=request_id)))["id"]
        assert json.dumps(found) == json.dumps(request_id)


def test_a_body_at_the_limit_is_read_and_a_longer_one_is_refused(make_server: Callable[..., Server]) -> None:
    with make_server(limits_tool_body_kib=64) as server:

        def sized(size: int) -> httpx.Response:
            request = handshake("tools/call", {"name": "create_graph", "arguments": {"description": "@"}})
            blank = b" " * (size - len(request["content"]))
            return post(server, request, content=request["content"] + blank)

        assert sized(64 * 1024).status_code == 200
        assert sized(64 * 1024 + 1).status_code == 413


@pytest.mark.parametrize("era", [modern, handshake])
@pytest.mark.parametrize("accept", ["application/json, text/event-stream", "application/json"])
def test_a_hang_up_ends_a_heavy_call(tools: Tools, make_graph: Callable[..., str], era: Any, accept: str) -> None:
    chance = random.Random(1)
    edges = sorted({tuple(sorted(chance.sample(range(900), 2))) for _ in range(4000)})
    graph_id = make_graph(edges=[list(edge) for edge in edges])
    before = tools.server.metric("requests_total", tool="measure_graph", outcome="cancelled")
    arguments = {"graph_id": graph_id, "metrics": ["node_connectivity", "edge_connectivity", "girth"]}
    request = era("tools/call", {"name": "measure_graph", "arguments": arguments})
    request["headers"]["accept"] = accept
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(tools.server.url, timeout=httpx.Timeout(10, read=1.0), **request)
    eventually(lambda: tools.server.metric("requests_total", tool="measure_graph", outcome="cancelled") == before + 1)


#: Calls of tools of each kind, with answers of each kind: rows, pictures, null, an error of the tool, one of its arguments.
CALLS: list[tuple[str, Any]] = [
    ("describe_graph", {"graph_id": "florence"}),
    ("list_graphs", {"limit": 1}),
    ("get_neighbors", {"graph_id": "florence", "node": "Medici"}),
    ("find_paths", {"graph_id": "florence", "source": "Medici", "target": "Pazzi"}),
    ("rank_nodes", {"graph_id": "florence", "measure": "pagerank", "limit": 3}),
    ("draw_graph", {"graph_id": "florence", "seed": 1}),
    ("find_algorithms", {"query": "clique"}),
    ("create_graph", {"graph_id": "florence", "edges": [["a", "b"]]}),
    ("edit_graph", {"graph_id": "florence", "if_version": 77, "edits": [{"action": "add_nodes", "nodes": ["a"]}]}),
    ("describe_graph", {"graph_id": "no-such-graph"}),
    ("describe_graph", {"graph_id": "florence", "limit": "many"}),
    ("get_neighbors", {"graph_id": "florence", "node": "\ud800"}),
    ("list_graphs", None),
    ("list_graphs", {"prefix": 1}),
    ("no_such_tool", {}),
    ("describe_graph", [1]),
]
#: What only a client's own words of itself may be, and what they may not be.
METAS: list[Any] = [
    {"progressToken": 7},
    {"example.org/anything": [1]},
    {"io.modelcontextprotocol/clientInfo": {"name": "ann", "version": "1", "title": None}},
    {"io.modelcontextprotocol/clientInfo": {"name": "ann"}},
    {"io.modelcontextprotocol/clientCapabilities": {"roots": {"listChanged": True}, "experimental": {}}},
    {"io.modelcontextprotocol/clientCapabilities": {"roots": 1}},
    {"io.modelcontextprotocol/logLevel": "loud"},
    {"long": "x" * 2000},
]


def told(answer: httpx.Response) -> tuple[int, Any]:
    """Status and body without what differs from call to call: times, and whether it was kept."""
    found = message(answer)
    data = found.get("result", {}).get("structuredContent", {})
    for name in ("seconds", "cached"):
        data.pop(name, None)
    return answer.status_code, found


@pytest.mark.parametrize("era", [modern, handshake])
def test_a_call_is_answered_as_the_sdk_answers_it(tools: Tools, florence: str, era: Any) -> None:
    """A call as clients send it goes a way of our own; one with a parameter more goes through the SDK, which ignores that."""
    del florence
    for tool, arguments in CALLS:
        params = {"name": tool, "arguments": arguments}
        post(tools.server, era("tools/call", params))  # from now on an analysis is kept
        short = told(post(tools.server, era("tools/call", params)))
        assert short == told(post(tools.server, era("tools/call", {**params, "unknown": 1}))), (tool, arguments)


@pytest.mark.parametrize("era", [modern, handshake])
@pytest.mark.parametrize("meta", METAS, ids=str)
def test_what_a_client_says_of_itself_is_taken_or_not_as_the_sdk_does(tools: Tools, era: Any, meta: Any) -> None:
    params = {"name": "list_graphs", "arguments": {}, "_meta": meta}
    first = told(post(tools.server, era("tools/call", params)))
    assert first == told(post(tools.server, era("tools/call", params))), "what was found of it is kept"
    assert first == told(post(tools.server, era("tools/call", {**params, "unknown": 1})))


def test_handshake_versions_differ_from_the_modern_in_the_way_not_in_the_answer(tools: Tools, florence: str) -> None:
    call = {"name": "get_neighbors", "arguments": {"graph_id": florence, "node": "Medici"}}
    old = message(post(tools.server, handshake("tools/call", call)))["result"]
    new = message(post(tools.server, modern("tools/call", call)))["result"]
    assert old["structuredContent"] == new["structuredContent"]
    assert old["content"] == new["content"]
