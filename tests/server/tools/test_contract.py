"""What every tool promises: schemas, annotations, bounds, pages, errors that help, ids that stay apart."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from tests.helpers.patience import PATIENCE, eventually
from tests.helpers.server import Server, handshake, message, modern
from tests.server.tools.conftest import Tools

from networkx_mcp.vocabulary import COMMUNITY_METHODS, COMPONENT_KINDS, LAYOUTS, MEASURES, METRICS, PATH_KINDS

READS = {
    "list_graphs", "describe_graph", "get_neighbors", "find_paths", "get_subgraph", "rank_nodes", "find_communities",
    "find_components", "measure_graph", "find_algorithms", "run_algorithm", "partition_graph", "draw_graph", "query_graph",
    "compare_graphs", "view_graph",
}  # fmt: skip
#: These may keep their result as an attribute in the place of another (save_as, replace).
KEEPS = {"rank_nodes", "find_communities", "find_components", "partition_graph", "run_algorithm"}
#: load_graph and derive_graph may replace a graph.
DESTROYS = {"load_graph", "edit_graph", "delete_graph", "derive_graph", *KEEPS}


# --- the listing


def test_the_listing_is_the_committed_one(tools: Tools) -> None:
    """Models and programs rely on it: a change is seen in a review. To accept one, delete the file and run again."""
    path = Path(__file__).with_name("listing.json")
    text = json.dumps(list(tools.listed.values()), indent=1) + "\n"
    if not path.exists():
        path.write_text(text, encoding="utf-8")
        pytest.fail(f"{path.name} was missing and is written now: look at it and commit it")
    assert text == path.read_text(encoding="utf-8")


def test_every_field_is_described(tools: Tools) -> None:
    for tool in tools.listed.values():
        for name, schema in tool["inputSchema"]["properties"].items():
            assert schema.get("description"), f"{tool['name']}.{name}"


def test_schemas_are_schemas(tools: Tools) -> None:
    for tool in tools.listed.values():
        jsonschema.Draft202012Validator.check_schema(tool["inputSchema"])
        jsonschema.Draft202012Validator.check_schema(tool["outputSchema"])
        assert tool["outputSchema"]["type"] == "object"


def test_an_integer_of_any_length_is_refused_by_name(tools: Tools) -> None:
    for number in (2**64, 10**30, 10**400, -(10**30)):
        for name, field in (("describe_graph", "offset"), ("rank_nodes", "sample"), ("delete_graph", "if_version")):
            _, facts = tools.error(name, graph_id="any", **{field: number})
            assert (facts["error"], facts["field"]) == ("invalid_input", field)


def test_annotations_tell_what_a_tool_may_do(tools: Tools) -> None:
    for name, tool in tools.listed.items():
        hints = tool["annotations"]
        assert hints["readOnlyHint"] is (name in READS - KEEPS), name
        assert hints["destructiveHint"] is (name in DESTROYS), name
        assert hints["openWorldHint"] is False
    assert not tools.listed["create_graph"]["annotations"]["idempotentHint"]
    assert tools.listed["delete_graph"]["annotations"]["idempotentHint"]


def test_the_listing_is_the_same_in_both_eras(tools: Tools) -> None:
    old = message(tools.server.rpc("tools/list", era=handshake))["result"]["tools"]
    assert old == list(tools.listed.values())


def choices(tools: Tools, tool: str, field: str) -> list[str]:
    schema = tools.listed[tool]["inputSchema"]["properties"][field]
    for part in (schema, *schema.get("anyOf", [])):
        for found in (part, part.get("items", {})):
            if "enum" in found:
                return list(found["enum"])
    raise AssertionError(f"{tool}.{field} has no choices: {schema}")


def test_choices_are_those_of_the_algorithms(tools: Tools) -> None:
    assert choices(tools, "rank_nodes", "measure") == list(MEASURES)
    assert choices(tools, "find_communities", "method") == list(COMMUNITY_METHODS)
    assert sorted(choices(tools, "find_components", "kind")) == sorted(COMPONENT_KINDS)
    assert choices(tools, "measure_graph", "metrics") == list(METRICS)
    assert choices(tools, "find_paths", "kind") == list(PATH_KINDS)
    assert choices(tools, "draw_graph", "layout") == list(LAYOUTS)


# --- ids


IDS: list[Any] = [1, "1", "true", "1.0", "null", "[1]", -(2**63), 2**63 - 1, "", " ", "a\tb", "ü", "'; --"]


@pytest.mark.parametrize("era", ["modern", "handshake"])
def test_ids_come_back_as_they_were_sent(tools: Tools, make_graph: Callable[..., str], era: str) -> None:
    options: dict[str, Any] = {"era": handshake} if era == "handshake" else {}
    edges = [["hub!", node] for node in IDS]
    graph_id = make_graph(edges=edges)
    found = tools.server.call("get_neighbors", {"graph_id": graph_id, "node": "hub!"}, **options)
    neighbors = [row["id"] for row in found["structuredContent"]["neighbors"]]
    assert json.dumps(neighbors) == json.dumps(IDS)
    for node in IDS:
        one = tools.server.call("get_neighbors", {"graph_id": graph_id, "node": node}, **options)
        assert json.dumps(one["structuredContent"]["node"]) == json.dumps(node)


@pytest.mark.parametrize("literal", ["true", "1.0", "1e0", "null", "[1]", str(2**63)])
def test_what_is_no_id_is_refused_however_it_is_written(
    tools: Tools, make_graph: Callable[..., str], literal: str
) -> None:
    graph_id = make_graph(nodes=[1, "1", "true"])
    body = json.dumps({"graph_id": graph_id, "node": "@"}).replace('"@"', literal)
    request = handshake("tools/call", {"name": "get_neighbors", "arguments": {}})
    content = request["content"].replace(b'"arguments":{}', b'"arguments":' + body.encode())
    answer = message(httpx.post(tools.server.url, content=content, headers=request["headers"], timeout=PATIENCE))[
        "result"
    ]
    assert answer["isError"]
    assert "`node`" in answer["content"][0]["text"]


# --- pages


def test_a_page_names_the_next_and_pages_make_the_whole(tools: Tools, make_graph: Callable[..., str]) -> None:
    graph_id = make_graph(edges=[["hub", node] for node in range(120)])
    seen: list[int] = []
    offset: int | None = 0
    while offset is not None:
        data = tools.data("get_neighbors", graph_id=graph_id, node="hub", limit=50, offset=offset)
        seen += [row["id"] for row in data["neighbors"]]
        offset = offset + 50 if data["truncated"] else None
    assert seen == list(range(120))


def test_a_page_that_is_exactly_full_is_not_truncated(tools: Tools, make_graph: Callable[..., str]) -> None:
    graph_id = make_graph(edges=[["hub", node] for node in range(50)])
    assert not tools.data("get_neighbors", graph_id=graph_id, node="hub", limit=50)["truncated"]
    assert tools.data("get_neighbors", graph_id=graph_id, node="hub", limit=49)["truncated"]


def test_pages_of_a_whole_graph_make_the_whole(tools: Tools, florence: str) -> None:
    nodes, edges, offset = [], [], 0
    while True:
        data = tools.data("describe_graph", graph_id=florence, limit=7, offset=offset)
        nodes += [row["id"] for row in data["page_nodes"]]
        edges += [(row["source"], row["target"]) for row in data["page_edges"]]
        if data["next_offset"] is None:
            break
        offset = data["next_offset"]
    assert len(nodes) == len(set(nodes)) == 15
    assert len(edges) == len(set(edges)) == 20


def test_graphs_are_listed_in_pages(tools: Tools, make_graph: Callable[..., str]) -> None:
    mine = {make_graph() for _ in range(5)}
    seen: set[str] = set()
    after: str | None = ""
    while after is not None:
        data = tools.data("list_graphs", limit=2, after=after)
        assert len(data["graphs"]) <= 2
        seen |= {row["graph_id"] for row in data["graphs"]}
        after = data["next_after"]
    assert mine <= seen


def test_long_values_do_not_fill_the_page(tools: Tools, make_graph: Callable[..., str]) -> None:
    nodes = [{"id": f"n{i}", "attributes": {"text": "x" * 7_900, "long": "y" * 9_000}} for i in range(12)]
    graph_id = make_graph(nodes=nodes)
    found = tools.result("describe_graph", graph_id=graph_id, limit=12)
    assert len(found["content"][0]["text"]) < 60_000
    assert found["structuredContent"]["truncated"]
    assert "9002 characters, not shown" in found["content"][0]["text"]


# --- pictures, resources, prompts


def test_a_png_is_an_image_and_an_svg_is_a_resource(tools: Tools, florence: str) -> None:
    image = tools.result("draw_graph", graph_id=florence, width=200, height=100)["content"][1]
    assert image["mimeType"] == "image/png"
    assert base64.b64decode(image["data"]).startswith(b"\x89PNG")
    drawing = tools.result("draw_graph", graph_id=florence, format="svg")["content"][1]["resource"]
    assert drawing["mimeType"] == "image/svg+xml"
    assert "</svg>" in drawing["text"]


def test_a_graph_is_a_resource(tools: Tools, florence: str) -> None:
    listed = message(tools.server.rpc("resources/list"))["result"]
    assert f"graph://{florence}" in [resource["uri"] for resource in listed["resources"]]
    read = message(tools.server.rpc("resources/read", {"uri": f"graph://{florence}"}))["result"]
    data = json.loads(read["contents"][0]["text"])
    assert (data["nodes"], len(data["page_nodes"]), len(data["page_edges"])) == (15, 15, 20)


@pytest.mark.parametrize("uri", ["graph://nowhere", "graph://", "file:///etc/passwd", "graph://NOT%20an%20id"])
def test_an_unknown_resource_is_an_error_with_its_uri(tools: Tools, uri: str) -> None:
    error = message(tools.server.rpc("resources/read", {"uri": uri}))["error"]
    assert error["code"] == -32602
    assert error["data"]["uri"] == uri


def test_resources_are_listed_in_pages(tools: Tools, make_graph: Callable[..., str]) -> None:
    for _ in range(52):
        make_graph()
    first = message(tools.server.rpc("resources/list"))["result"]
    assert len(first["resources"]) == 50
    second = message(tools.server.rpc("resources/list", {"cursor": first["nextCursor"]}))["result"]
    assert not {r["uri"] for r in first["resources"]} & {r["uri"] for r in second["resources"]}


@pytest.mark.parametrize("name", ["key_nodes", "communities", "connection"])
def test_prompts_name_tools_that_exist(tools: Tools, name: str) -> None:
    arguments = {"graph_id": "g", "source": "a", "target": "b"} if name == "connection" else {"graph_id": "g"}
    prompt = message(tools.server.rpc("prompts/get", {"name": name, "arguments": arguments}))["result"]
    text = prompt["messages"][0]["content"]["text"]
    assert sum(tool in text for tool in tools.listed) >= 2


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        ({"name": "key_node"}, "key_nodes"),
        ({"name": "key_nodes"}, "graph_id"),
        ({"name": "key_nodes", "arguments": {"graph_id": "g", "x": "y"}}, "x"),
    ],
)
def test_a_prompt_that_cannot_be_made_says_why(tools: Tools, params: dict[str, Any], problem: str) -> None:
    error = message(tools.server.rpc("prompts/get", params))["error"]
    assert error["code"] == -32602
    assert problem in error["message"]


# --- errors


def test_an_unknown_tool_is_a_protocol_error_with_the_nearest(tools: Tools) -> None:
    answer = tools.server.rpc("tools/call", {"name": "get_neighbours", "arguments": {}})
    error = message(answer)["error"]
    assert answer.status_code == 400
    assert error["code"] == -32602
    assert "get_neighbors" in error["message"]


@pytest.mark.parametrize(
    ("tool", "arguments", "told", "kind"),
    [
        ("describe_graph", {"graph_id": "florense"}, "florence", "not_found"),
        ("get_neighbors", {"graph_id": "florence", "node": "Medicy"}, "Medici", "not_found"),
        ("find_paths", {"graph_id": "florence", "source": "Medicy"}, "Medici", "not_found"),
        ("rank_nodes", {"graph_id": "florence", "weight": "welth"}, "wealth", "not_found"),
        ("run_algorithm", {"graph_id": "florence", "name": "pagerang"}, "pagerank", "not_found"),
        ("run_algorithm", {"graph_id": "florence", "name": "maximum_flow"}, "s", "invalid_input"),
        ("find_components", {"graph_id": "florence", "kind": "strong"}, "connected", "invalid_input"),
        ("find_algorithms", {"category": "flows"}, "flow", "invalid_input"),
        ("create_graph", {"graph_id": "Not An Id"}, "a-z", "invalid_input"),
        ("create_graph", {"graph_id": "florence"}, "florence", "conflict"),
        ("edit_graph", {"graph_id": "florence", "edits": [{"action": "clear"}], "if_version": 9}, "1", "conflict"),
    ],
)
def test_errors_name_what_is_wrong_and_what_to_do(
    tools: Tools, florence: str, tool: str, arguments: dict[str, Any], told: str, kind: str
) -> None:
    text, facts = tools.error(tool, **arguments)
    assert told in text
    assert facts["error"] == kind
    assert facts["message"] in text
    assert len(text) < 1000


def test_a_node_of_the_other_type_is_named(tools: Tools, make_graph: Callable[..., str]) -> None:
    text, facts = tools.error("get_neighbors", graph_id=make_graph(nodes=["7"]), node=7)
    assert 'Did you mean "7"? An integer and a string are different ids.' in text
    assert facts["nearest"] == ["7"]


def test_a_parallel_edge_is_refused_by_name_and_nothing_changes(tools: Tools, make_graph: Callable[..., str]) -> None:
    graph_id = make_graph(edges=[["a", "b"]])
    edits = [{"action": "add_nodes", "nodes": ["new"]}, {"action": "add_edges", "edges": [["b", "a"]]}]
    text, _ = tools.error("edit_graph", graph_id=graph_id, edits=edits)
    assert "set_edge_attributes" in text
    assert "if_exists" in text
    assert tools.data("describe_graph", graph_id=graph_id)["nodes"] == 2


def test_an_error_of_a_new_graph_names_arguments_that_create_graph_has(tools: Tools) -> None:
    edges = [["a", "b"], ["c", "d"], ["b", "a"]]
    for more in ({}, {"attributes": {"x": 1}}, {"nodes": ["a"]}, {"attributes": {"x": 1}, "nodes": ["a"]}):
        text, facts = tools.error("create_graph", edges=edges, **more)
        assert text.startswith('edges[2]: the edge "b" - "a" exists')
        assert text.endswith("Name it once, with all its attributes.")
        assert facts["field"] == "edges[2]"
    for arguments, field in (
        ({"attributes": {"x": 2**2000}}, "attributes"),
        ({"nodes": ["a", {"id": "b", "attributes": {"x": 2**2000}}]}, "nodes[1].attributes"),
        ({"nodes": ["a"], "edges": [["a", "b", {"x": 2**2000}]]}, "edges[0].attributes"),
    ):
        text, facts = tools.error("create_graph", **arguments)
        assert text.startswith(field)
        assert facts["field"].startswith(field)
        assert "edits" not in text


def test_text_that_is_no_unicode_is_refused(tools: Tools) -> None:
    request = modern("tools/call", {"name": "create_graph", "arguments": {"nodes": ["@"]}})
    content = request["content"].replace(b'"@"', b'"\\ud800"')
    result = message(httpx.post(tools.server.url, content=content, headers=request["headers"], timeout=PATIENCE))[
        "result"
    ]
    assert result["isError"]
    assert "surrogate" in result["content"][0]["text"]


def test_numbers_that_json_does_not_know_are_refused(tools: Tools) -> None:
    request = handshake("tools/call", {"name": "create_graph", "arguments": {"attributes": {"a": "@"}}})
    content = request["content"].replace(b'"@"', b"NaN")
    answer = httpx.post(tools.server.url, content=content, headers=request["headers"], timeout=PATIENCE)
    assert answer.status_code == 400 or message(answer)["result"]["isError"]


# --- scopes


def test_a_token_that_may_only_read_cannot_write(make_server: Callable[..., Server]) -> None:
    with make_server(auth=True) as server:
        reader = server.add_token("reader", scopes=["read"])
        writer = server.add_token("writer", scopes=["write"])
        server.call("create_graph", {"graph_id": "g", "nodes": ["a"]})

        def call(token: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
            found: dict[str, Any] = server.call(tool, arguments, token=token)
            return found

        for token in (reader, writer):  # the server looks at its tokens every two seconds
            eventually(lambda token=token: server.rpc("ping", token=token, era=handshake).status_code == 200)
        assert not call(reader, "describe_graph", {"graph_id": "g"}).get("isError")
        refused = call(reader, "edit_graph", {"graph_id": "g", "edits": [{"action": "clear"}]})
        assert refused["isError"]
        assert refused["_meta"]["networkx-mcp/error"]["scope"] == "write"
        assert call(writer, "describe_graph", {"graph_id": "g"})["isError"]
        read = message(server.rpc("resources/read", {"uri": "graph://g"}, token=writer))
        assert "read" in read["error"]["message"]


# --- metrics


def test_calls_and_runs_are_counted(tools: Tools, florence: str) -> None:
    tools.text("rank_nodes", graph_id=florence, measure="pagerank")
    server = tools.server
    assert server.metric("requests_total", method="tools/call", tool="rank_nodes", outcome="ok") >= 1
    assert server.metric("algorithm_runs_total", algorithm="pagerank", outcome="ok") >= 1
    assert server.metric("algorithm_elements_total", algorithm="pagerank") >= 35
    before = server.metric("requests_total", tool="describe_graph", outcome="not_found")
    tools.error("describe_graph", graph_id="nowhere")
    assert server.metric("requests_total", tool="describe_graph", outcome="not_found") == before + 1
    server.rpc("tools/call", {"name": "no_such_tool", "arguments": {}})
    assert server.metric("requests_total", tool="other", outcome="client_error") >= 1


# --- bounds


def test_no_answer_is_as_long_as_what_a_graph_holds(tools: Tools, make_graph: Callable[..., str]) -> None:
    """A node, an edge and a graph with more attributes than a model can read."""
    many = {f"attribute {number}": "x" * 1000 for number in range(100)}
    nodes = [{"id": node, "attributes": many} for node in ("a", "b", "c")]
    graph_id = make_graph(nodes=nodes, edges=[["a", "b", many], ["a", "c", many]], attributes=many)
    for name, arguments in (
        ("describe_graph", {}),
        ("get_neighbors", {"node": "a"}),
        ("get_subgraph", {"center": "a"}),
    ):
        result = tools.result(name, graph_id=graph_id, **arguments)
        assert len(json.dumps(result["structuredContent"])) < 60_000, name
        assert len(result["content"][0]["text"]) < 60_000, name
        assert result["structuredContent"]["notes"][0] in result["content"][0]["text"]
    read = message(tools.server.rpc("resources/read", {"uri": f"graph://{graph_id}"}))["result"]
    assert len(read["contents"][0]["text"]) < 60_000


def test_no_error_is_as_long_as_what_was_asked(tools: Tools, florence: str) -> None:
    long = "x" * 500_000
    for name, arguments in (
        ("describe_graph", {"graph_id": long}),
        ("describe_graph", {"graph_id": florence, long: 1}),
        ("find_algorithms", {"category": long}),
        ("run_algorithm", {"graph_id": florence, "name": long}),
        ("run_algorithm", {"graph_id": florence, "name": "pagerank", "arguments": {long: 1}}),
        ("run_algorithm", {"graph_id": florence, "name": "pagerank", "arguments": {"weight": long}}),
        ("rank_nodes", {"graph_id": florence, "weight": long}),
    ):
        text, facts = tools.error(name, **arguments)
        assert len(text) + len(json.dumps(facts)) < 5_000, name
    read = message(tools.server.rpc("resources/read", {"uri": f"graph://{long}"}, era=handshake))
    assert len(json.dumps(read)) < 5_000
