"""Limits of graphs and tenants on both sides, through the tools: the last that fits is taken, the next is
refused with the name of the limit, its setting and what to do, and changes nothing."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from tests.helpers import caller
from tests.helpers.caller import ToolAnswer
from tests.helpers.patience import PATIENCE
from tests.helpers.server import Server

NODES, EDGES, GRAPHS = 40, 60, 4
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(
        tmp_path_factory.mktemp("limits"),
        auth=True,
        limits_graph_nodes=NODES,
        limits_graph_edges=EDGES,
        limits_value_kib=1024,
        limits_graph_mb=1,
        limits_tenant_mb=2,
        limits_tenant_memory_mb=3,
        limits_tenant_graphs=GRAPHS,
        limits_tool_body_kib=1024,
        limits_workers=1,
    )
    for tenant in ("nodes", "edges", "bytes", "graphs", "others", "shrink", "memory"):
        TOKENS[tenant] = server.add_token(tenant, tenant=tenant)
    with server:
        yield server


TOKENS: dict[str, str] = {}


def call(server: Server, tenant: str, tool: str, /, **arguments: Any) -> ToolAnswer:
    return caller.read(
        server.rpc("tools/call", {"name": tool, "arguments": arguments}, token=TOKENS[tenant], timeout=PATIENCE)
    )


def refused(answer: ToolAnswer, limit: str, setting: str, maximum: int) -> None:
    assert answer.error == "limit_exceeded", answer
    facts = {name: answer.data[name] for name in ("limit", "setting", "maximum")}
    assert facts == {"limit": limit, "setting": setting, "maximum": maximum}
    assert answer.data["actual"] > maximum
    assert setting in answer.text, "the model reads which limit it was"
    assert "ask the operator" in answer.text


def state(server: Server, tenant: str, graph_id: str) -> tuple[int, int, int]:
    data = call(server, tenant, "describe_graph", graph_id=graph_id).data
    return data["version"], data["nodes"], data["edges"]


def nodes(first: int, count: int) -> list[dict[str, Any]]:
    return [{"action": "add_nodes", "nodes": list(range(first, first + count))}]


def pairs(count: int) -> list[list[int]]:
    """Edges among as few nodes as they need."""
    return [[u, v] for v in range(20) for u in range(v)][:count]


def text(edges: list[list[int]]) -> str:
    return "".join(f"{u} {v}\n" for u, v in edges)


def path(count: int) -> list[list[int]]:
    """A path of `count` nodes."""
    return [[node, node + 1] for node in range(count - 1)]


WAYS: dict[str, Callable[[list[list[int]]], tuple[str, dict[str, Any]]]] = {
    "create_graph": lambda edges: ("create_graph", {"edges": edges}),
    "load_graph": lambda edges: ("load_graph", {"format": "edge-list", "content": text(edges)}),
    "edit_graph": lambda edges: ("edit_graph", {"edits": [{"action": "add_edges", "edges": edges}]}),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "kind, fits, exceeds, maximum",
    [
        ("nodes", path(NODES), path(NODES + 1), NODES),
        ("edges", pairs(EDGES), pairs(EDGES + 1), EDGES),
    ],
    ids=["nodes", "edges"],
)
def test_nodes_and_edges_of_a_graph(
    server: Server, way: str, kind: str, fits: list[list[int]], exceeds: list[list[int]], maximum: int
) -> None:
    graph_id = f"by-{way.replace('_', '-')}"
    if way == "edit_graph":
        assert call(server, kind, "create_graph", graph_id=graph_id).ok
    tool, arguments = WAYS[way](exceeds)
    refused(call(server, kind, tool, graph_id=graph_id, **arguments), f"graph_{kind}", f"limits.graph_{kind}", maximum)
    if way == "edit_graph":
        assert state(server, kind, graph_id) == (1, 0, 0)
    else:
        assert call(server, kind, "describe_graph", graph_id=graph_id).error == "not_found"
    tool, arguments = WAYS[way](fits)
    taken = call(server, kind, tool, graph_id=graph_id, **arguments)
    assert taken.ok, taken
    assert taken.data[kind] == maximum
    assert call(server, kind, "delete_graph", graph_id=graph_id).ok


def test_a_batch_counts_as_a_whole_and_a_full_graph_may_change_and_shrink(server: Server) -> None:
    assert call(server, "shrink", "create_graph", graph_id="g", nodes=list(range(NODES))).ok
    one_more = call(server, "shrink", "edit_graph", graph_id="g", edits=nodes(NODES, 1))
    refused(one_more, "graph_nodes", "limits.graph_nodes", NODES)
    exchanged = [{"action": "remove_nodes", "nodes": [0]}, *nodes(NODES, 1)]
    assert call(server, "shrink", "edit_graph", graph_id="g", edits=[*reversed(exchanged)]).ok
    again = call(server, "shrink", "edit_graph", graph_id="g", edits=nodes(1, NODES - 1))
    assert again.ok, "nodes that are there count once"
    assert state(server, "shrink", "g") == (3, NODES, 0)


def value(kib: float, seed: int) -> str:
    """Text that hardly gets smaller when it is compressed."""
    alphabet = "".join(map(chr, range(0x23, 0x5B))) + "abcdefghijklmnopqrstuvwxyz"
    return "".join(random.Random(seed).choices(alphabet, k=int(kib * 1024)))


def attribute(kib: float, seed: int, node: int = 1) -> list[dict[str, Any]]:
    attributes = {"text": value(kib, seed)}
    return [{"action": "add_nodes", "nodes": [{"id": node, "attributes": attributes}]}]


def test_stored_bytes_of_a_graph_and_of_a_tenant(server: Server) -> None:
    """Stored is what counts: the snapshot, compressed, and the log."""

    def edit(graph_id: str, kib: float, node: int) -> ToolAnswer:
        return call(server, "bytes", "edit_graph", graph_id=graph_id, edits=attribute(kib, node, node))

    call(server, "bytes", "create_graph", graph_id="a")
    assert edit("a", 600, 1).ok
    refused(edit("a", 600, 2), "graph_bytes", "limits.graph_mb", 1 * MIB)
    assert state(server, "bytes", "a") == (2, 1, 0)
    assert edit("a", 350, 2).ok, "what fits still fits"

    call(server, "bytes", "create_graph", graph_id="b")
    assert edit("b", 900, 1).ok
    call(server, "bytes", "create_graph", graph_id="c")
    refused(edit("c", 600, 1), "tenant_bytes", "limits.tenant_mb", 2 * MIB)
    new = call(server, "bytes", "create_graph", graph_id="d", nodes=attribute(600, 4)[0]["nodes"])
    refused(new, "tenant_bytes", "limits.tenant_mb", 2 * MIB)
    assert edit("c", 10, 1).ok
    assert call(server, "bytes", "delete_graph", graph_id="b").ok
    assert edit("c", 600, 2).ok, "the room of what was deleted is free"
    assert call(server, "others", "create_graph", nodes=attribute(600, 5)[0]["nodes"]).ok, "and no other tenant's"


def test_a_value_that_compresses_counts_as_little_as_it_stores(server: Server) -> None:
    attributes = {"text": "a" * 900_000}
    for graph_id in ("x", "y"):
        made = call(server, "edges", "create_graph", graph_id=graph_id, nodes=[{"id": 1, "attributes": attributes}])
        assert made.ok
        assert made.data["stored_bytes"] < 20_000
        assert call(server, "edges", "delete_graph", graph_id=graph_id).ok


def test_what_the_graphs_of_a_tenant_take_in_memory(server: Server) -> None:
    """However little they store, and whichever way they come: made, edited, uploaded, restored."""
    text = "a" * 450_000
    nodes = [{"id": number, "attributes": {"text": text}} for number in range(2)]
    most = ("tenant_memory", "limits.tenant_memory_mb", 3 * MIB)
    for graph_id in ("x", "y", "z"):
        assert call(server, "memory", "create_graph", graph_id=graph_id, nodes=nodes).ok
    refused(call(server, "memory", "create_graph", graph_id="more", nodes=nodes), *most)
    headers = {"authorization": f"Bearer {TOKENS['memory']}"}
    content = json.dumps({"nodes": [{"id": node["id"], **node["attributes"]} for node in nodes], "links": []})  # type: ignore[dict-item]
    uploaded = httpx.put(
        f"{server.base_url}/graphs/more?format=node-link", content=content, headers=headers, timeout=60
    )
    assert (uploaded.status_code, uploaded.json()["limit"]) == (413, "tenant_memory")
    assert call(server, "memory", "create_graph", graph_id="w", nodes=[1]).ok, "what fits still fits"
    one = {"id": 1, "attributes": {"text": text}}
    refused(call(server, "memory", "edit_graph", graph_id="w", edits=[{"action": "add_nodes", "nodes": [one]}]), *most)
    assert state(server, "memory", "w") == (1, 1, 0)
    before = server.metric("graph_limit_refusals_total", limit="tenant_memory")
    assert before == 3
    assert server.metric("graph_limit", limit="tenant_memory") == 3 * MIB

    assert call(server, "memory", "edit_graph", graph_id="w", edits=[{"action": "remove_nodes", "nodes": [1]}]).ok
    assert call(server, "memory", "get_neighbors", graph_id="x", node=1).ok
    assert call(server, "memory", "delete_graph", graph_id="x").ok
    assert call(server, "memory", "edit_graph", graph_id="w", edits=[{"action": "add_nodes", "nodes": [one]}]).ok


def test_graphs_of_a_tenant(server: Server) -> None:
    for number in range(GRAPHS):
        assert call(server, "graphs", "create_graph", graph_id=f"g{number}").ok
    for tool, arguments in (
        ("create_graph", {"graph_id": "more"}),
        ("create_graph", {"graph_id": "more", "nodes": [1]}),
        ("load_graph", {"graph_id": "more", "format": "edge-list", "content": "1 2\n"}),
    ):
        refused(call(server, "graphs", tool, **arguments), "tenant_graphs", "limits.tenant_graphs", GRAPHS)
    assert call(server, "graphs", "create_graph", graph_id="g0").error == "conflict", "not a limit: it is there"
    loaded = {"graph_id": "g0", "format": "edge-list", "content": "1 2\n", "replace": True}
    assert call(server, "graphs", "load_graph", **loaded).ok, "one more version is no more graph"
    assert call(server, "graphs", "edit_graph", graph_id="g1", edits=nodes(0, 1)).ok
    assert call(server, "graphs", "delete_graph", graph_id="g2").ok
    assert call(server, "graphs", "create_graph", graph_id="more").ok


def test_a_body_past_its_limit_is_told_where_larger_graphs_go(server: Server) -> None:
    """The exact byte is tested with the transport; here what a caller of a tool reads."""
    large = {"name": "edit_graph", "arguments": {"graph_id": "g", "edits": attribute(1024, 1)}}
    answer = server.rpc("tools/call", large, token=TOKENS["others"])
    assert answer.status_code == 413
    found = caller.read(answer)
    assert (found.error, found.data["setting"], found.data["maximum"]) == (
        "limit_exceeded",
        "limits.tool_body_kib",
        1024 * 1024,
    )
    assert "PUT /graphs/{id}" in found.text
