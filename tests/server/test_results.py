"""Kept results on two replicas and one real Redis: shared, never old; and calls that are refused before they start."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.helpers.patience import PATIENCE, eventually
from tests.helpers.raw_http import RawClient
from tests.helpers.redis_server import RedisServer
from tests.helpers.server import Server, modern


@dataclass
class Pair:
    one: Server
    two: Server
    store: RedisServer


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with RedisServer() as database:
        chosen = {
            "store_type": "redis",
            "store_url": database.url,
            "limits_workers": 1,
            # A busy machine needs long for what networkx computes in a second.
            "limits_request_timeout_seconds": PATIENCE,
            "limits_connection_timeout_seconds": 2 * PATIENCE,
        }
        one, two = (Server(tmp_path_factory.mktemp(name), **chosen) for name in ("one", "two"))
        with one, two:
            yield Pair(one, two, database)


def told(server: Server, tool: str, **arguments: Any) -> dict[str, Any]:
    answer = server.call(tool, arguments)
    assert not answer.get("isError"), answer
    found: dict[str, Any] = answer["structuredContent"]
    return found


def edited(server: Server, graph_id: str, **edit: Any) -> int:
    version: int = told(server, "edit_graph", graph_id=graph_id, edits=[edit])["version"]
    return version


def test_a_repeated_call_is_answered_from_memory(pair: Pair) -> None:
    told(pair.one, "create_graph", graph_id="memory")
    edited(pair.one, "memory", action="add_edges", edges=[["a", "b"], ["b", "c"]])
    before = {
        outcome: pair.one.metric("cache_requests_total", cache="results", outcome=outcome)
        for outcome in ("hit", "miss")
    }
    first = told(pair.one, "rank_nodes", graph_id="memory", measure="betweenness")
    again = told(pair.one, "rank_nodes", graph_id="memory", measure="betweenness", weight=None)
    assert again == {**first, "cached": True}
    for outcome in ("hit", "miss"):
        assert pair.one.metric("cache_requests_total", cache="results", outcome=outcome) == before[outcome] + 1


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.booleans(), st.sampled_from(["grow", "ask", "ask", "replace"])), min_size=4, max_size=9))
def test_a_change_is_never_answered_with_what_was_there_before(pair: Pair, steps: list[tuple[bool, str]]) -> None:
    """Whatever replica changes the graph or is asked: the answer is of the last version."""
    graph_id = f"g{uuid.uuid4().hex}"  # not drawn: the same steps again are another graph's
    told(pair.one, "create_graph", graph_id=graph_id)
    edited(pair.one, graph_id, action="add_edges", edges=[["a", "b"]])
    nodes, version = 2, 2
    for first, step in [*steps, (True, "ask"), (False, "ask")]:
        server = pair.one if first else pair.two
        if step == "grow":
            version = edited(server, graph_id, action="add_edges", edges=[["a", nodes]])
            nodes += 1
        elif step == "replace":
            told(server, "delete_graph", graph_id=graph_id)
            told(server, "create_graph", graph_id=graph_id)
            version = edited(server, graph_id, action="add_edges", edges=[["x", "y"], ["y", "a"]])
            nodes = 3
        else:
            found = told(server, "rank_nodes", graph_id=graph_id, measure="degree", limit=100)
            assert (found["version"], found["total"]) == (version, nodes)


def test_what_took_long_is_computed_once_for_both(pair: Pair) -> None:
    content = "\n".join(f"{i} {(i * k + 1) % 250}" for i in range(250) for k in (1, 3, 7))
    told(pair.one, "load_graph", graph_id="shared", format="edge-list", content=content, duplicates="skip")
    asked = {"graph_id": "shared", "measure": "load"}  # networkx computes it: long enough to be shared
    first = told(pair.one, "rank_nodes", **asked)
    assert first["seconds"] > 0.05
    eventually(lambda: pair.one.metric("store_duration_seconds_count", operation="keep_result") > 0)
    assert told(pair.two, "rank_nodes", **asked) == {**first, "cached": True}, "the very run of the other replica"
    eventually(lambda: pair.two.metric("cache_requests_total", cache="shared_results", outcome="hit") > 0)


def test_results_that_others_forged_in_the_store_are_computed_anew(pair: Pair) -> None:
    content = "\n".join(f"{i} {(i * k + 1) % 251}" for i in range(251) for k in (1, 3, 7))
    told(pair.one, "load_graph", graph_id="forged", format="edge-list", content=content, duplicates="skip")
    asked = {"graph_id": "forged", "measure": "load"}
    first = told(pair.one, "rank_nodes", **asked)
    with redis.Redis.from_url(pair.store.url) as store:

        def kept() -> list[tuple[bytes, bytes]]:
            names = list(store.scan_iter("*r:forged"))
            return [(name, field) for name in names for field in store.hkeys(name) if field.startswith(b"e/")]

        eventually(lambda: len(kept()) == 1)
        ((name, field),) = kept()
        forged = msgspec.msgpack.encode({"columns": ["x"], "rows": 1})
        store.hset(name, field, forged)
        answer = told(pair.two, "rank_nodes", **asked)
        assert (answer["rows"], "cached" in answer) == (first["rows"], False)
        eventually(lambda: store.hget(name, field) not in (None, forged))
    assert "result_unsound" in pair.two.log_text()


def test_a_call_that_cannot_end_is_refused_before_it_starts_and_force_starts_it(
    make_server: Callable[..., Server],
) -> None:
    """Load centrality of 10,000 nodes and 80,000 edges is more than 20 s of networkx."""
    server = make_server(limits_workers=1, limits_request_timeout_seconds=20).start()
    steps = (1, 3, 7, 9, 11, 13, 17, 19)
    content = "\n".join(f"{i} {(i * k + 1) % 10_000}" for i in range(10_000) for k in steps)
    told(server, "load_graph", graph_id="large", format="edge-list", content=content, duplicates="skip")
    labels = {"method": "tools/call", "tool": "rank_nodes", "outcome": "client_error"}
    before, asked = server.metric("requests_total", **labels), {"graph_id": "large", "measure": "load"}
    refused = server.call("rank_nodes", asked)
    assert refused["isError"]
    facts = refused["_meta"]["networkx-mcp/error"]
    assert (facts["error"], facts["setting"]) == ("limit_exceeded", "limits.request_timeout_seconds")
    assert facts["estimate_seconds"] > facts["maximum"] == 20
    text = refused["content"][0]["text"]
    for part in (
        "limits.request_timeout_seconds",
        "force: true",
        f'"sample": {facts["cheaper"]["arguments"]["sample"]}',
    ):
        assert part in text
    eventually(lambda: server.metric("requests_total", **labels) == before + 1)
    known = told(server, "find_algorithms", name="load_centrality", graph_id="large")
    assert known["algorithms"][0]["estimate_seconds"] > 20

    # What a view shows counts, not the graph that it is of; a call with a view is refused by the same rule.
    for tool, id_ in (("rank_nodes", "graph_id"), ("compare_graphs", "a")):
        wanted = {"rank_nodes": {"measure": "load"}, "compare_graphs": {"rows": "load"}}[tool]
        narrow = {id_: "large", "view": {"nodes": "id < 200"}, **wanted}
        wide = {id_: "large", "view": {"without": [0]}, **wanted}
        found = server.call(tool, wide)
        assert found["_meta"]["networkx-mcp/error"]["error"] == "limit_exceeded", tool
        if tool == "rank_nodes":
            assert "load) on 9999 nodes" in found["content"][0]["text"]
            assert server.call(tool, narrow)["structuredContent"]["view"]["nodes"] == 200
    misspelt = server.call("rank_nodes", {**asked, "view": {"nodes": "town = 1"}})
    assert misspelt["_meta"]["networkx-mcp/error"]["field"] == "view.nodes"

    # With force it starts: it is running when its client hangs up.
    gone = server.metric("worker_exits_total", reason="cancelled")
    request = modern("tools/call", {"name": "rank_nodes", "arguments": {**asked, "force": True}})
    with RawClient(server) as client:
        client.request("POST", "/mcp", request["headers"], request["content"])
        eventually(lambda: server.metric("workers", state="busy") == 1)
    eventually(lambda: server.metric("worker_exits_total", reason="cancelled") > gone)
