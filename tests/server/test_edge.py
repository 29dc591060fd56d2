"""The edge of a real server: who may call by which name, what is repaired, what every answer carries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.helpers.patience import PATIENCE, eventually
from tests.helpers.raw_http import RawClient
from tests.helpers.server import Server, handshake, message, modern

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PROBES = ["/health", "/ready", "/startup", "/metrics"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(
        tmp_path_factory.mktemp("edge"),
        auth=True,
        http_allowed_origins="https://app.example.org",
        http_connection_max_requests=3,
        log_level="debug",
    ) as started:
        yield started


def outcomes(server: Server, **labels: str) -> float:
    return server.metric("requests_total", **labels)


@pytest.mark.parametrize("path", PROBES)
def test_probes_are_answered_without_token_and_by_any_name(server: Server, path: str) -> None:
    answer = server.get(path, headers={"host": "10.1.2.3:8080"})
    assert answer.status_code == 200


@pytest.mark.parametrize("path", PROBES)
def test_probes_are_read_only(server: Server, path: str) -> None:
    assert httpx.post(server.base_url + path, timeout=PATIENCE).status_code == 405
    assert httpx.head(server.base_url + path, timeout=PATIENCE).status_code == 200


def test_ready_names_each_part_with_state_and_detail(server: Server) -> None:
    document = server.get("/ready").json()
    assert document["status"] == "ready"
    assert set(document["checks"]) == {"storage", "memory", "connections", "compute"}
    for check in document["checks"].values():
        assert check["state"]
        assert check["detail"]
    assert document["checks"]["connections"]["limit"] == 45


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
def test_the_mcp_endpoint_answers_by_listed_names_only(server: Server, path: str) -> None:
    request = modern("tools/list", token=server.token)
    request["headers"]["host"] = "evil.example.org"
    refused = httpx.post(server.base_url + path, timeout=PATIENCE, **request)
    assert refused.status_code == 421
    request["headers"]["host"] = f"localhost:{server.port}"
    assert httpx.post(server.base_url + path, timeout=PATIENCE, **request).status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1:[2809", "[::1]:x"])
def test_a_host_without_a_sound_port_is_refused_before_anything_is_made_of_it(server: Server, host: str) -> None:
    assert server.rpc("tools/list", token="wrong", headers={"host": host}).status_code == 421


def test_a_browser_of_an_unlisted_origin_is_refused(server: Server) -> None:
    assert server.rpc("tools/list", headers={"origin": "https://evil.example.org"}).status_code == 403


def test_a_browser_of_a_listed_origin_is_served_and_may_ask_first(server: Server) -> None:
    origin = {"origin": "https://app.example.org"}
    answer = server.rpc("tools/list", headers=origin)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin["origin"]
    asked = httpx.options(server.url, headers={**origin, "access-control-request-method": "POST"}, timeout=PATIENCE)
    assert asked.status_code == 204
    for header in ("Authorization", "If-Match", "If-None-Match"):
        assert header in asked.headers["access-control-allow-headers"].split(", ")


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "OPTIONS"])
def test_mcp_answers_post_only(server: Server, method: str) -> None:
    answer = httpx.request(method, server.url, headers={"authorization": f"Bearer {server.token}"}, timeout=PATIENCE)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert answer.json()["error"]["data"]["error"] == "method_not_allowed"


@pytest.mark.parametrize("path", ["/", "/nothing", "/mcp2", "/health/x", "/.well-known/oauth-protected-resource/mcp"])
def test_other_paths_are_not_there(server: Server, path: str) -> None:
    assert server.get(path).status_code == 404


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE"])
def test_a_target_without_a_path_is_not_there(server: Server, method: str) -> None:
    with RawClient(server) as client:
        client.request(method, "*")
        assert client.answer()[0] == 404


def test_white_space_behind_a_header_value_is_no_mismatch(server: Server) -> None:
    request = modern("tools/list", token=server.token)
    headers = {**request["headers"], "Mcp-Method": "tools/list  \t", "Connection": "close"}
    headers.pop("mcp-method")
    with RawClient(server) as client:
        client.request("POST", "/mcp", headers, request["content"])
        status, _, body = client.answer()
    assert status == 200, body


@pytest.mark.parametrize(
    ("sent", "echoed"),
    [
        ({"x-request-id": "caller-1.a:b"}, "caller-1.a:b"),
        ({"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}, TRACE),
    ],
)
def test_the_caller_s_correlation_id_comes_back_and_is_in_the_log(
    server: Server, sent: dict[str, str], echoed: str
) -> None:
    answer = server.rpc("tools/list", headers=sent)
    assert answer.headers["x-request-id"] == echoed
    ends = eventually(lambda: [line for line in server.events("mcp_request_end") if line["correlation_id"] == echoed])
    assert [line["method"] for line in ends] == ["tools/list"]
    if "traceparent" in sent:
        assert ends[0]["trace_id"] == TRACE


def test_a_hostile_correlation_id_is_replaced(server: Server) -> None:
    answer = server.rpc("tools/list", headers={"x-request-id": "two words; and more"})
    assert len(answer.headers["x-request-id"]) == 32


def test_errors_carry_the_correlation_id_too(server: Server) -> None:
    answer = server.rpc("tools/list", token="nmcp_wrong", headers={"x-request-id": "abc"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (401, "abc")


def test_what_the_sdk_refuses_is_counted(server: Server) -> None:
    labels = {"method": "tools/list", "outcome": "client_error"}
    before = outcomes(server, **labels)
    request = modern("tools/call", {"name": "list_graphs"}, token=server.token)
    request["headers"]["mcp-method"] = "tools/list"  # the body says otherwise
    answer = httpx.post(server.url, timeout=PATIENCE, **request)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32020)
    assert outcomes(server, **labels) == before + 1


def test_every_refusal_before_the_sdk_is_counted(server: Server) -> None:
    before = outcomes(server, outcome="client_error")
    httpx.get(server.url, timeout=PATIENCE)  # 405
    server.rpc("tools/list", token="wrong")  # 401
    server.rpc("tools/list", headers={"host": "evil.org"})  # 421
    server.rpc("tools/list", headers={"origin": "https://evil.org"})  # 403
    with RawClient(server) as client:  # 400, before any request exists
        client.send("NOT HTTP\r\n\r\n")
        assert client.answer()[0] == 400
    assert outcomes(server, outcome="client_error") == before + 5


def test_invented_methods_and_tools_share_one_label(server: Server) -> None:
    for number in range(3):
        server.rpc(f"invented/{number}")
        server.rpc("tools/call", {"name": f"invented_{number}", "arguments": {}})
    methods = {dict(labels).get("method") for (name, labels), _ in server.metrics().items() if "requests_total" in name}
    tools = {dict(labels).get("tool") for (name, labels), _ in server.metrics().items() if "requests_total" in name}
    assert not [found for found in (methods | tools) if found and "invented" in found]
    assert {"other"} <= methods
    assert {"other"} <= tools


@pytest.mark.parametrize("era", [modern, handshake])
def test_a_tool_call_is_counted_by_tool_and_outcome_in_both_eras(server: Server, era: Any) -> None:
    ok = {"method": "tools/call", "tool": "list_graphs", "outcome": "ok"}
    missing = {"method": "tools/call", "tool": "describe_graph", "outcome": "not_found"}
    before = outcomes(server, **ok), outcomes(server, **missing)
    server.call("list_graphs", era=era)
    assert server.call("describe_graph", {"graph_id": "absent"}, era=era)["isError"]
    assert (outcomes(server, **ok), outcomes(server, **missing)) == (before[0] + 1, before[1] + 1)


def test_a_request_s_start_is_logged_at_debug_and_its_end_always(server: Server) -> None:
    server.rpc("tools/call", {"name": "list_graphs", "arguments": {}}, headers={"x-request-id": "both-lines"})
    eventually(lambda: len([line for line in server.logs() if line["correlation_id"] == "both-lines"]) == 2)
    start, end = (line for line in server.logs() if line["correlation_id"] == "both-lines")
    assert (start["event"], end["event"]) == ("mcp_request_start", "mcp_request_end")
    assert start["level"] == "debug"
    assert list(end) == [
        "timestamp", "level", "event", "correlation_id", "method", "tool", "duration_ms",
        "success", "memory_mb", "user_id", "tenant", "trace_id",
    ]  # fmt: skip
    assert (end["tool"], end["success"], end["user_id"], end["tenant"]) == ("list_graphs", True, "tester", "default")
    assert end["duration_ms"] > 0


def test_hostile_text_stays_one_line_of_the_log(server: Server) -> None:
    hostile = 'g\n{"event":"forged"}\x1b[31m\u202e'
    server.call("describe_graph", {"graph_id": hostile})
    server.call("create_graph", {"graph_id": hostile})
    text = server.log_text()
    assert not server.events("forged")
    assert "\x1b" not in text
    assert "\u202e" not in text
    for line in server.log_lines():
        assert isinstance(json.loads(line), dict)


def test_a_connection_that_served_enough_is_closed(server: Server) -> None:
    closes = []
    with RawClient(server) as client:
        for _ in range(3):
            client.request("GET", "/nothing")
            closes.append(client.answer()[1].get("connection"))
        assert closes == [None, None, "close"]
        assert client.closed_within(5)


def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    request = modern("tools/list", token=server.token)
    with RawClient(server) as client:
        for number in (1, 2):
            request["headers"]["x-request-id"] = f"pipelined-{number}"
            client.request("POST", "/mcp", request["headers"], request["content"])
        assert [client.answer()[1]["x-request-id"] for _ in range(2)] == ["pipelined-1", "pipelined-2"]


def test_an_unknown_method_is_told_so(server: Server) -> None:
    answer = server.rpc("no/such/method")
    assert (answer.status_code, message(answer)["error"]["code"]) == (404, -32601)
