"""Tenants apart: a prober with the tokens of two tenants, an expired one, one that reads and one of an operator
walks every tool, every resource and every route."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from tests.helpers import caller
from tests.helpers.caller import ToolAnswer
from tests.helpers.patience import PATIENCE
from tests.helpers.server import NO_TLS, Server, handshake, message, modern

#: Ann's graph, and an id of the same length and look that nobody has.
FOREIGN, ABSENT = "plan-f7", "plan-q3"
#: What must never be in a log: parts of Ann's graph and of her arguments.
NODE, VALUE, NAME, ABOUT = "node-of-ann-5518", "value-of-ann-7734", "attribute-of-ann-2291", "description-of-ann-9006"

#: Arguments of every tool that names a graph, beside the graph's id.
ON_GRAPH: dict[str, dict[str, Any]] = {
    "describe_graph": {},
    "delete_graph": {},
    "edit_graph": {"edits": [{"action": "add_nodes", "nodes": [NODE]}]},
    "get_neighbors": {"node": NODE},
    "find_paths": {"source": NODE, "target": NODE},
    "get_subgraph": {"center": NODE},
    "query_graph": {"sql": f"SELECT * FROM nodes WHERE id = '{NODE}'"},
    "derive_graph": {"into": "derived", "from_sql": {"nodes": f"SELECT * FROM nodes WHERE id = '{NODE}'"}},
    "rank_nodes": {"measure": "pagerank"},
    "find_communities": {},
    "find_components": {},
    "measure_graph": {},
    "partition_graph": {"k": 2},
    "run_algorithm": {"name": "bridges"},
    "draw_graph": {"format": "svg"},
    "view_graph": {},
}
#: Those that name two: a graph that is nobody's of the caller may be either.
ON_TWO: dict[str, tuple[str, str]] = {"compare_graphs": ("a", "b")}
#: Arguments of those that make one, or name none.
OTHERS: dict[str, dict[str, Any]] = {
    "create_graph": {"description": ABOUT, "nodes": [NODE]},
    "load_graph": {"format": "edge-list", "content": f"{NODE} x\n"},
    "list_graphs": {},
    "find_algorithms": {"query": "bridges"},
}
WRITES = {"create_graph", "load_graph", "edit_graph", "delete_graph", "derive_graph"}
#: Analyses that write where they are asked to keep their result.
KEEPS = ["rank_nodes", "find_communities", "find_components", "partition_graph", "run_algorithm"]
KEPT = {"save_as": NAME, "operation_id": "keep-1"}
GRAPH_ROUTES = {
    "read": ("GET", "/graphs/{id}?format=csv"),
    "layout": ("GET", "/graphs/{id}/layout"),
    "read if changed": ("GET", "/graphs/{id}?format=node-link"),
    "write": ("PUT", "/graphs/{id}?format=edge-list"),
}
ADMIN_ROUTES = [
    ("GET", "/admin/settings"),
    ("GET", "/admin/status"),
    ("PUT", "/admin/drain"),
    ("DELETE", "/admin/drain"),
    ("PUT", "/admin/degradation?level=protective"),
    ("DELETE", "/admin/degradation"),
    ("GET", "/admin/tenants"),
    ("GET", "/admin/tenants/a"),
    ("GET", "/admin/tenants/a/graphs"),
    ("DELETE", "/admin/tenants/a/graphs/{id}"),
    ("GET", "/admin/tenants/a/graphs/{id}/archive"),
    ("PUT", "/admin/tenants/a/graphs/{id}/archive"),
]


@dataclass
class World:
    """A server with Ann's graph in it, and who may call."""

    server: Server
    ann: str
    bob: str
    reader: str
    operator: str
    expired: str
    listed: dict[str, dict[str, Any]] = field(default_factory=dict)

    def tool(self, token: str | None, name: str, arguments: dict[str, Any], era: Any = modern) -> httpx.Response:
        return self.server.rpc("tools/call", {"name": name, "arguments": arguments}, token=token or "", era=era)

    def asked(self, token: str, name: str, /, **arguments: Any) -> ToolAnswer:
        return caller.read(self.tool(token, name, arguments))

    def http(self, token: str | None, method: str, path: str, **headers: str) -> httpx.Response:
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        body = f"{NODE} {VALUE}\n".encode() if method == "PUT" else None
        return httpx.request(
            method, self.server.base_url + path, headers=headers, content=body, timeout=PATIENCE, verify=NO_TLS
        )

    @property
    def tokens(self) -> list[str]:
        return [self.ann, self.bob, self.reader, self.operator, self.expired]

    def audits(self) -> list[dict[str, Any]]:
        return self.server.events("audit")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    server = Server(
        tmp_path_factory.mktemp("tenants"), auth=True, log_level="debug", limits_tenant_graphs=6, limits_workers=1
    )
    made = World(
        server,
        ann=server.add_token("ann", tenant="a"),
        bob=server.add_token("bob", tenant="b"),
        reader=server.add_token("ann-reads", tenant="a", scopes=["read"]),
        operator=server.add_token("operator", tenant="ops", scopes=["admin"]),
        expired=server.add_token("old", tenant="a", expires="2020-01-01T00:00:00Z"),
    )
    with server:
        made.listed = {tool["name"]: tool for tool in message(server.rpc("tools/list"))["result"]["tools"]}
        graph = {
            "graph_id": FOREIGN,
            "description": ABOUT,
            "nodes": [{"id": NODE, "attributes": {NAME: VALUE}}],
            "edges": [[NODE, "x"], ["x", "y"]],
        }
        assert made.asked(made.ann, "create_graph", **graph).ok
        # As near to the one as to the other: a "did you mean" of his own graphs tells nothing.
        assert made.asked(made.bob, "create_graph", graph_id="plan-b1").ok
        yield made


def test_every_tool_is_probed(world: World) -> None:
    named = {name for name, tool in world.listed.items() if "graph_id" in tool["inputSchema"].get("required", ())}
    assert named == ON_GRAPH.keys()
    assert world.listed.keys() == ON_GRAPH.keys() | OTHERS.keys() | ON_TWO.keys()
    assert {name for name, tool in world.listed.items() if "save_as" in tool["inputSchema"]["properties"]} == set(KEEPS)


# --- a foreign graph is an absent one


def work_done(server: Server) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """What the packages below were asked: the same for a foreign and an absent id."""
    ours = ("networkx_mcp_store_duration_seconds_count", "networkx_mcp_graph_operations_total")
    ours += ("networkx_mcp_cache_requests_total",)
    of_itself = {("operation", name) for name in ("health", "get_note", "lease")}
    return {
        (name, labels): value
        for (name, labels), value in server.metrics().items()
        if name in ours and not of_itself & set(labels)
    }


def same_for_foreign_and_absent(world: World, ask: Callable[[str], httpx.Response]) -> httpx.Response:
    """Ask for both ids; the answers, and the work they made, may differ in the id alone."""
    answers, works = [], []
    for graph_id in (FOREIGN, ABSENT):
        before = work_done(world.server)
        answer = ask(graph_id)
        after = work_done(world.server)
        works.append({key: value - before.get(key, 0) for key, value in after.items() if value != before.get(key, 0)})
        headers = {name: value for name, value in answer.headers.items() if name not in ("date", "x-request-id")}
        answers.append((answer.status_code, headers, answer.content.replace(graph_id.encode(), b"ID")))
    assert answers[0] == answers[1]
    assert works[0] == works[1]
    return answer


def test_a_foreign_graph_that_one_is_combined_with_is_an_absent_one(world: World) -> None:
    named = {"graph_id": "plan-b1", "into": "derived", "combine": "union"}
    answer = same_for_foreign_and_absent(
        world, lambda graph_id: world.tool(world.bob, "derive_graph", {**named, "others": [graph_id]})
    )
    assert caller.read(answer).error == "not_found"
    assert caller.read(world.tool(world.bob, "describe_graph", {"graph_id": "derived"})).error == "not_found"


@pytest.mark.parametrize("era", [modern, handshake])
@pytest.mark.parametrize("name", ON_GRAPH)
def test_a_tool_says_the_same_of_a_foreign_graph_and_of_none(world: World, name: str, era: Any) -> None:
    answer = same_for_foreign_and_absent(
        world, lambda graph_id: world.tool(world.bob, name, {"graph_id": graph_id, **ON_GRAPH[name]}, era)
    )
    assert caller.read(answer).error == "not_found"


@pytest.mark.parametrize("name", ON_TWO)
@pytest.mark.parametrize("place", [0, 1])
def test_a_tool_of_two_graphs_says_the_same_whichever_of_them_is_foreign(world: World, name: str, place: int) -> None:
    mine, other = ON_TWO[name][1 - place], ON_TWO[name][place]
    answer = same_for_foreign_and_absent(
        world, lambda graph_id: world.tool(world.bob, name, {mine: "plan-b1", other: graph_id})
    )
    assert caller.read(answer).error == "not_found"
    found = [world.server.audited(world.asked(world.bob, name, **{mine: "plan-b1", other: FOREIGN}))]
    assert [line["graph_id"] for lines in found for line in lines] == [FOREIGN]


@pytest.mark.parametrize("name", KEEPS)
def test_a_result_is_kept_in_a_foreign_graph_as_in_none(world: World, name: str) -> None:
    answer = same_for_foreign_and_absent(
        world, lambda graph_id: world.tool(world.bob, name, {"graph_id": graph_id, **ON_GRAPH[name], **KEPT})
    )
    assert caller.read(answer).error == "not_found"


@pytest.mark.parametrize(
    "arguments", [{"if_version": 1}, {"operation_id": "o1"}, {"if_version": 1, "operation_id": "o2"}]
)
@pytest.mark.parametrize("name", ["edit_graph", "delete_graph"])
def test_conditions_tell_no_more(world: World, name: str, arguments: dict[str, Any]) -> None:
    full = {**ON_GRAPH[name], **arguments}
    answer = same_for_foreign_and_absent(
        world, lambda graph_id: world.tool(world.bob, name, {"graph_id": graph_id, **full})
    )
    assert caller.read(answer).error == "not_found"


@pytest.mark.parametrize("era", [modern, handshake])
def test_a_resource_says_the_same(world: World, era: Any) -> None:
    answer = same_for_foreign_and_absent(
        world,
        lambda graph_id: world.server.rpc("resources/read", {"uri": f"graph://{graph_id}"}, token=world.bob, era=era),
    )
    assert "error" in message(answer)
    for token, expected in ((world.ann, {FOREIGN}), (world.bob, {"plan-b1"})):
        found = message(world.server.rpc("resources/list", token=token, era=era))["result"]["resources"]
        assert {resource["name"] for resource in found} == expected


@pytest.mark.parametrize(
    "method, path, headers, status",
    [
        ("GET", "/graphs/{id}?format=csv", {}, 404),
        ("GET", "/graphs/{id}?format=csv", {"if-none-match": '"1"'}, 404),
        ("PUT", "/graphs/{id}?format=edge-list", {"if-match": '"1"'}, 404),
        ("PUT", "/graphs/{id}?format=edge-list", {"if-match": '"1"', "idempotency-key": "k1"}, 404),
        ("DELETE", "/graphs/{id}", {}, 405),
    ],
)
def test_a_route_says_the_same(world: World, method: str, path: str, headers: dict[str, str], status: int) -> None:
    answer = same_for_foreign_and_absent(
        world, lambda graph_id: world.http(world.bob, method, path.format(id=graph_id), **headers)
    )
    assert answer.status_code == status, answer.text


def test_lists_hold_the_own_graphs_only(world: World) -> None:
    for token, expected in ((world.ann, [FOREIGN]), (world.reader, [FOREIGN]), (world.bob, ["plan-b1"])):
        listed = world.asked(token, "list_graphs").data["graphs"]
        assert [graph["graph_id"] for graph in listed] == expected
        listed = world.http(token, "GET", "/graphs").json()["graphs"]
        assert [graph["graph_id"] for graph in listed] == expected
    assert world.http(world.bob, "GET", "/graphs?prefix=plan-f").json()["graphs"] == []


def test_the_same_id_may_be_had_by_both_and_neither_sees_the_other_s(world: World) -> None:
    before = world.asked(world.ann, "describe_graph", graph_id=FOREIGN).data
    assert world.asked(world.bob, "create_graph", graph_id=FOREIGN).ok
    loaded = {"graph_id": FOREIGN, "format": "edge-list", "content": "1 2\n", "replace": True}
    assert world.asked(world.bob, "load_graph", **loaded).data["version"] == 2
    assert world.http(world.bob, "PUT", f"/graphs/{FOREIGN}?format=edge-list").headers["etag"].startswith('"3-')
    assert world.asked(world.ann, "describe_graph", graph_id=FOREIGN).data == before
    named = {"graph_id": FOREIGN, "operation_id": "same-name"}
    edits = [{"action": "add_nodes", "nodes": ["z"]}]
    assert world.asked(world.bob, "edit_graph", edits=edits, **named).data["repeated"] is False
    mine = world.asked(world.ann, "edit_graph", edits=edits, if_version=1, **named)
    assert (mine.data["version"], mine.data["repeated"]) == (2, False)
    assert world.asked(world.bob, "delete_graph", graph_id=FOREIGN).ok
    assert world.asked(world.ann, "describe_graph", graph_id=FOREIGN).data["version"] == 2


# --- scopes


def denials(world: World) -> int:
    return sum(line["outcome"] == "client_error" and line.get("reason") == "scope" for line in world.audits())


@pytest.mark.parametrize("era", [modern, handshake])
def test_scopes_are_enforced_on_every_tool_and_each_denial_is_audited_once(world: World, era: Any) -> None:
    two = {name: dict.fromkeys(arguments, FOREIGN) for name, arguments in ON_TWO.items()}
    for name, arguments in {**ON_GRAPH, **OTHERS, **two}.items():
        scope = "write" if name in WRITES else "read"
        full = {**arguments, "graph_id": FOREIGN} if name in ON_GRAPH else arguments
        denied = [world.operator, *([world.reader] if scope == "write" else [])]
        for token in denied:
            before = denials(world)
            answer = caller.read(world.tool(token, name, full, era))
            assert (answer.error, answer.data["scope"]) == ("forbidden", scope), name
            assert denials(world) == before + 1, name
    assert world.asked(world.reader, "describe_graph", graph_id=FOREIGN).ok
    for name in KEEPS:
        full = {"graph_id": FOREIGN, **ON_GRAPH[name]}
        before = denials(world)
        answer = caller.read(world.tool(world.reader, name, {**full, **KEPT}, era))
        assert (answer.error, answer.data["scope"]) == ("forbidden", "write"), name
        assert "leave save_as out" in answer.text
        assert denials(world) == before + 1, name
        assert world.asked(world.reader, name, **full).ok, name


def test_scopes_are_enforced_on_resources_and_routes_and_each_denial_is_audited_once(world: World) -> None:
    def once(answer: httpx.Response, status: int, scope: str) -> None:
        nonlocal before
        assert answer.status_code == status, answer.text
        assert scope in answer.text
        assert denials(world) == before + 1, answer.request.url
        before += 1

    before = denials(world)
    for method, params in (("resources/list", None), ("resources/read", {"uri": f"graph://{FOREIGN}"})):
        found = world.server.rpc(method, params, token=world.operator)
        assert caller.read(found).error == "forbidden"
        once(found, found.status_code, "read")
    for path in ("/graphs", f"/graphs/{FOREIGN}?format=csv"):
        once(world.http(world.operator, "GET", path), 403, "read")
    for token in (world.operator, world.reader):
        once(world.http(token, "PUT", f"/graphs/{FOREIGN}?format=edge-list"), 403, "write")
    for method, path in ADMIN_ROUTES:
        for token in (world.ann, world.reader):
            once(world.http(token, method, path.format(id=FOREIGN)), 403, "admin")
    assert world.server.get("/ready").status_code == 200


def test_nobody_learns_from_admin_without_its_scope(world: World) -> None:
    for method, path in ADMIN_ROUTES:
        answer = same_for_foreign_and_absent(
            world, lambda graph_id, method=method, path=path: world.http(world.bob, method, path.format(id=graph_id))
        )
        assert answer.status_code == 403
    assert world.http(world.bob, "GET", "/admin/no-such-thing").content == answer.content


def test_without_a_valid_token_every_path_says_the_same(world: World) -> None:
    paths = [(method, path.format(id=FOREIGN)) for method, path in [*GRAPH_ROUTES.values(), *ADMIN_ROUTES]]
    for token, text in ((None, "is needed"), (world.expired, "expired"), ("nmcp_" + "x" * 43, "not valid")):
        told = set()
        for method, path in [*paths, ("GET", "/graphs"), ("GET", "/graphs/none"), ("GET", "/admin/nothing")]:
            answer = world.http(token, method, path)
            assert answer.status_code == 401, (method, path)
            assert answer.headers["www-authenticate"] == "Bearer"
            told.add(answer.content)
        assert len(told) == 1
        assert text in told.pop().decode()
        for name in (*ON_GRAPH, *OTHERS, *ON_TWO, "no_such_tool"):
            headers = {} if token is None else {"authorization": f"Bearer {token}"}
            request = modern("tools/call", {"name": name, "arguments": {"graph_id": FOREIGN}})
            request["headers"].update(headers)
            assert httpx.post(world.server.url, verify=NO_TLS, timeout=PATIENCE, **request).status_code == 401, name


# --- audit and logs


def test_each_write_is_audited_with_who_what_and_versions(world: World) -> None:
    def audited(answer: ToolAnswer) -> dict[str, Any]:
        assert answer.ok, answer
        (line,) = world.server.audited(answer)
        return {name: line[name] for name in ("action", "user_id", "tenant", "graph_id", "outcome")} | {
            "versions": (line["version_before"], line["version_after"])
        }

    who = {"user_id": "ann", "tenant": "a", "graph_id": "audited", "outcome": "ok"}
    ask = world.asked
    created = ask(world.ann, "create_graph", graph_id="audited", nodes=[NODE])
    assert audited(created) == {"action": "create", "versions": (None, 1), **who}
    edited = ask(world.ann, "edit_graph", graph_id="audited", **ON_GRAPH["edit_graph"])
    assert audited(edited) == {"action": "edit", "versions": (1, 2), **who}
    loaded = ask(world.ann, "load_graph", graph_id="audited", replace=True, **OTHERS["load_graph"])
    assert audited(loaded) == {"action": "put", "versions": (2, 3), **who}
    put = world.http(world.ann, "PUT", "/graphs/audited?format=edge-list")
    assert audited(ToolAnswer(put.status_code, "", headers=put.headers)) == {"action": "put", "versions": (3, 4), **who}
    kept = ask(world.ann, "rank_nodes", graph_id="audited", measure="pagerank", save_as=NAME)
    assert audited(kept) == {"action": "keep", "versions": (4, 5), **who}
    deleted = ask(world.ann, "delete_graph", graph_id="audited")
    assert audited(deleted) == {"action": "delete", "versions": (5, None), **who}


def test_a_read_of_a_graph_that_the_tenant_does_not_have_is_audited(world: World) -> None:
    """Whoever tries ids leaves a trace; it says no more than the answer did."""
    for graph_id in (FOREIGN, ABSENT):
        asked = [world.tool(world.bob, name, {"graph_id": graph_id}) for name in ("describe_graph", "find_components")]
        asked.append(world.server.rpc("resources/read", {"uri": f"graph://{graph_id}"}, token=world.bob))
        asked.append(world.http(world.bob, "GET", f"/graphs/{graph_id}?format=csv"))
        for answer in asked:
            (line,) = world.server.audited(answer)
            facts = [line[name] for name in ("action", "user_id", "graph_id", "outcome", "success")]
            assert facts == ["read", "bob", graph_id, "not_found", False]


def test_refused_writes_are_audited_with_their_outcome(world: World) -> None:
    for name, arguments, outcome in (
        ("create_graph", {"graph_id": FOREIGN}, "conflict"),
        ("edit_graph", {"graph_id": ABSENT, **ON_GRAPH["edit_graph"]}, "not_found"),
        ("edit_graph", {"graph_id": FOREIGN, "if_version": 999, **ON_GRAPH["edit_graph"]}, "conflict"),
        ("load_graph", {"graph_id": "broken", "format": "node-link", "content": f"{{{VALUE}"}, "client_error"),
        ("delete_graph", {"graph_id": ABSENT}, "not_found"),
    ):
        answer = world.asked(world.ann, name, **arguments)
        assert not answer.ok
        found = world.server.audited(answer)
        assert [line["outcome"] for line in found] == [outcome], name
        assert found[0]["success"] is False


def test_a_tenant_at_its_quota_is_refused_and_others_are_not(world: World) -> None:
    six = [world.asked(world.bob, "create_graph") for _ in range(7)]
    codes = [answer.error for answer in six]
    assert codes == [""] * 5 + ["limit_exceeded"] * 2, "Bob had one of six"
    assert six[-1].data["limit"] == "tenant_graphs"
    refused = world.http(world.bob, "PUT", "/graphs/seventh?format=edge-list")
    assert (refused.status_code, refused.json()["limit"]) == (413, "tenant_graphs")
    assert world.asked(world.ann, "create_graph", graph_id="room").ok
    assert world.asked(world.ann, "delete_graph", graph_id="room").ok


def test_no_log_line_holds_a_token_or_data_of_a_graph(world: World) -> None:
    """After all of the above, at level debug."""
    for tool in ON_GRAPH:  # and answers that are no errors
        if tool not in WRITES:
            assert world.asked(world.ann, tool, graph_id=FOREIGN, **ON_GRAPH[tool]).ok, tool
        if tool in KEEPS:
            kept = world.asked(world.ann, tool, graph_id=FOREIGN, **ON_GRAPH[tool], save_as=NAME, replace=True)
            assert kept.data["saved"], tool
    assert world.asked(world.ann, "compare_graphs", a=FOREIGN, view={"without": [NODE]}).ok
    text = world.server.log_text()
    for secret in (*world.tokens, str(world.server.token), NODE, VALUE, NAME, ABOUT):
        assert secret not in text
        assert json.dumps(secret)[1:-1] not in text
    lines = world.server.log_lines()
    assert lines
    for line in lines:
        assert isinstance(json.loads(line), dict), line
