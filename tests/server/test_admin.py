"""/admin on real servers: what an operator does to a process and to any tenant's graphs, and who may."""

from __future__ import annotations

import hashlib
import json
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.alerts import rules
from tests.helpers import caller
from tests.helpers.caller import ToolAnswer
from tests.helpers.patience import PATIENCE, eventually
from tests.helpers.raw_http import RawClient
from tests.helpers.redis_server import RedisServer
from tests.helpers.server import NO_TLS, Server

MIB = 1024 * 1024


@dataclass
class Site:
    """A server with an operator's token and one of a tenant."""

    server: Server
    operator: str
    ann: str

    def admin(
        self, method: str, path: str, *, token: str | None = None, content: bytes | None = None
    ) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.operator if token is None else token}"}
        return httpx.request(
            method,
            f"{self.server.base_url}/admin/{path}",
            headers=headers,
            content=content,
            timeout=PATIENCE,
            verify=NO_TLS,
        )

    def call(self, tool: str, /, **arguments: Any) -> ToolAnswer:
        return caller.read(self.server.rpc("tools/call", {"name": tool, "arguments": arguments}, token=self.ann))

    def audited(self, answer: httpx.Response) -> dict[str, Any]:
        """The one audit line of a request."""
        (line,) = self.server.audited(answer)
        assert (line["user_id"], line["tenant"]) == ("operator", "operators")
        return line


def site(server: Server) -> Site:
    return Site(
        server,
        operator=server.add_token("operator", tenant="operators", scopes=["admin"]),
        ann=server.add_token("ann", tenant="a"),
    )


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    server = Server(
        tmp_path_factory.mktemp("embedded"),
        auth=True,
        limits_workers=1,
        limits_tenant_graphs=7,
        log_otlp_endpoint="http://somebody:hunter2@127.0.0.1:9",
        store_url="redis://:letmein@redis.example.org/0",
    )
    made = site(server)
    with server:
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with RedisServer("--requirepass", "opensesame") as redis:
        directory = tmp_path_factory.mktemp("shared")
        secret = directory / "password"
        secret.write_text("opensesame\n", encoding="utf-8")
        server = Server(
            directory, auth=True, limits_workers=1, store_type="redis", store_url=redis.url, store_password_file=secret
        )
        made = site(server)
        with server:
            yield made


# --- the process


def test_settings_are_those_in_force_and_hold_no_secret(embedded: Site, shared: Site) -> None:
    answer = embedded.admin("GET", "settings")
    settings = answer.json()
    assert (settings["limits"]["tenant_graphs"], settings["limits"]["workers"]) == (7, 1)
    assert settings["log"]["otlp_endpoint"] == "http://127.0.0.1:9"
    assert settings["store"]["url"] == "redis://redis.example.org/0"
    assert answer.headers["cache-control"] == "no-store"
    for one in (embedded, shared):
        text = one.admin("GET", "settings").text
        secrets = [one.operator, one.ann, hashlib.sha256(one.ann.encode()).hexdigest()]
        for secret in (*secrets, "hunter2", "letmein", "opensesame"):
            assert secret not in text
    assert shared.admin("GET", "settings").json()["store"]["password_file"].endswith("password"), "its place, only"
    assert embedded.audited(answer)["action"] == "read_settings"


def test_status_tells_what_the_process_does(embedded: Site) -> None:
    status = embedded.admin("GET", "status").json()
    assert (status["degradation"], status["degradation_forced"], status["draining"]) == ("normal", False, False)
    memory = status["memory"]
    assert 0 < memory["baseline_bytes"] < memory["limit_bytes"]
    assert {"resident_bytes", "workers_bytes", "bodies_bytes", "working_set_bytes"} < memory.keys()
    assert status["checks"].keys() == {"storage", "memory", "connections", "compute"}


def test_a_drained_process_is_not_ready_and_serves_on_and_comes_back(embedded: Site) -> None:
    answer = embedded.admin("PUT", "drain")
    try:
        assert answer.json()["draining"] is True
        ready = embedded.server.get("/ready")
        assert (ready.status_code, ready.json()["status"]) == (503, "draining")
        assert embedded.server.get("/health").status_code == 200
        served = embedded.server.rpc("tools/call", {"name": "list_graphs", "arguments": {}}, token=embedded.ann)
        assert served.status_code == 200
        assert served.headers["connection"] == "close", "clients go and find another replica"
        assert embedded.call("create_graph", graph_id="drained").ok
        assert embedded.call("rank_nodes", graph_id="drained").ok
    finally:
        back = embedded.admin("DELETE", "drain")
    assert back.json()["draining"] is False
    assert embedded.server.get("/ready").status_code == 200
    assert embedded.call("delete_graph", graph_id="drained").ok
    assert (embedded.audited(answer)["action"], embedded.audited(back)["action"]) == ("drain", "undrain")


def test_a_forced_level_acts_until_it_is_taken_back(embedded: Site) -> None:
    assert embedded.call("create_graph", graph_id="level", edges=[["a", "b"]]).ok
    edit = {"graph_id": "level", "edits": [{"action": "add_nodes", "nodes": ["c"]}]}
    forced = embedded.admin("PUT", "degradation?level=protective")
    shed = embedded.server.metric("requests_shed_total", reason="memory")
    try:
        assert (forced.json()["degradation"], forced.json()["degradation_forced"]) == ("protective", True)
        assert embedded.server.metric("degradation_level") == 2
        assert embedded.server.get("/ready").json()["checks"]["memory"]["state"] == "protective"
        assert embedded.server.get("/ready").status_code == 200
        for tool, arguments in (
            ("edit_graph", edit),
            ("create_graph", {}),
            ("load_graph", {"format": "edge-list", "content": "1 2\n"}),
            ("rank_nodes", {"graph_id": "level"}),
        ):
            answer = embedded.call(tool, **arguments)
            assert answer.error == "shed", tool
            assert answer.data["retry_after"] >= 1
            assert "short of memory" in answer.text.lower() or "memory is short" in answer.text.lower()
        put = httpx.put(
            f"{embedded.server.base_url}/graphs/x?format=edge-list",
            headers={"authorization": f"Bearer {embedded.ann}"},
            content=b"1 2\n",
            timeout=PATIENCE,
        )
        assert put.status_code == 503
        assert int(put.headers["retry-after"]) >= 1
        assert embedded.server.metric("requests_shed_total", reason="memory") == shed + 5
        assert embedded.call("describe_graph", graph_id="level").data["version"] == 1
        assert embedded.call("get_neighbors", graph_id="level", node="a").ok
        assert embedded.call("list_graphs").ok
        assert embedded.call("delete_graph", graph_id="level").ok, "what frees memory is not refused"
    finally:
        back = embedded.admin("DELETE", "degradation")
    assert (back.json()["degradation"], back.json()["degradation_forced"]) == ("normal", False)
    assert embedded.call("create_graph", graph_id="level").ok
    assert embedded.call("edit_graph", **edit).ok
    assert embedded.call("delete_graph", graph_id="level").ok
    line = embedded.audited(forced)
    assert (line["action"], line["forced"]) == ("degradation", "protective")
    assert embedded.audited(back)["forced"] is None


def test_a_large_load_is_refused_when_constrained_and_an_edit_is_not(embedded: Site) -> None:
    assert embedded.call("create_graph", graph_id="level").ok
    assert embedded.admin("PUT", "degradation?level=constrained").status_code == 200
    try:
        load = {"graph_id": "large", "format": "edge-list", "content": "1 2\n"}
        assert embedded.call("load_graph", **load).error == "shed"
        edits = [{"action": "add_nodes", "nodes": ["c"]}]
        assert embedded.call("edit_graph", graph_id="level", edits=edits).ok
        assert embedded.call("rank_nodes", graph_id="level").ok
    finally:
        assert embedded.admin("DELETE", "degradation").status_code == 200
    assert embedded.call("delete_graph", graph_id="level").ok


@pytest.mark.parametrize("level", ["", "draining", "none"])
def test_an_unknown_level_is_refused(embedded: Site, level: str) -> None:
    answer = embedded.admin("PUT", f"degradation?level={level}")
    assert (answer.status_code, answer.json()["field"]) == (400, "level")
    assert "normal, constrained, protective" in answer.json()["message"]


# --- tenants


def test_tenants_their_usage_and_their_graphs(embedded: Site) -> None:
    for graph_id in ("one", "two", "two-b"):
        assert embedded.call("create_graph", graph_id=graph_id, nodes=list(range(50))).ok
    assert "a" in embedded.admin("GET", "tenants").json()["tenants"]
    usage = embedded.admin("GET", "tenants/a")
    found = usage.json()
    stored = sum(graph["stored_bytes"] for graph in embedded.call("list_graphs").data["graphs"])
    assert (found["tenant"], found["graphs"]) == ("a", 3)
    assert found["bytes"] >= stored > 0
    assert found["quota"] == {"graphs": 7, "bytes": 512 * MIB, "memory_bytes": 8192 * MIB}
    assert found["memory_bytes"] >= found["bytes"]
    assert embedded.admin("GET", "tenants/nobody").json()["graphs"] == 0

    page = embedded.admin("GET", "tenants/a/graphs?limit=2").json()
    assert [graph["graph_id"] for graph in page["graphs"]] == ["one", "two"]
    rest = embedded.admin("GET", f"tenants/a/graphs?limit=2&after={page['next_after']}").json()
    assert ([graph["graph_id"] for graph in rest["graphs"]], rest["next_after"]) == (["two-b"], None)
    named = embedded.admin("GET", "tenants/a/graphs?prefix=two")
    assert [graph["graph_id"] for graph in named.json()["graphs"]] == ["two", "two-b"]
    for query in ("limit=0", "limit=x", f"limit={'9' * 5000}", "prefix=%00", "prefix=%EE%80%80"):
        refused = embedded.admin("GET", f"tenants/a/graphs?{query}")
        assert (refused.status_code, refused.json()["field"]) == (400, query.partition("=")[0]), query[:20]
    assert embedded.audited(usage)["of_tenant"] == embedded.audited(named)["of_tenant"] == "a"

    gone = embedded.admin("DELETE", "tenants/a/graphs/one")
    assert gone.json() == {"tenant": "a", "graph_id": "one", "version": 1}
    line = embedded.audited(gone)
    assert (line["action"], line["of_tenant"], line["graph_id"], line["version_before"]) == ("delete", "a", "one", 1)
    assert embedded.call("describe_graph", graph_id="one").error == "not_found"
    again = embedded.admin("DELETE", "tenants/a/graphs/one")
    assert again.status_code == 404
    assert embedded.audited(again)["outcome"] == "not_found"
    for graph_id in ("two", "two-b"):
        assert embedded.admin("DELETE", f"tenants/a/graphs/{graph_id}").status_code == 200


def test_odd_names_find_nothing(embedded: Site) -> None:
    for path in ("tenants/a/graphs/NOT%20AN%20ID", "tenants//graphs/x", "tenants/a/graphs/x/y", "tenants/%00/graphs/x"):
        assert embedded.admin("DELETE", path).status_code in (400, 404), path
    for path in ("", "nothing", "settings/limits", "tenants/a/graphs/x/archive/y"):
        assert embedded.admin("GET", path).status_code == 404, path
    assert embedded.admin("PUT", "settings").status_code == 405
    assert embedded.admin("POST", "settings").status_code == 405


# --- archives

RICH: dict[str, Any] = {
    "directed": True,
    "description": "roads and what is on them",
    "attributes": {"unit": "km", "list": [1, None, {"a": 0.5}]},
    "nodes": [{"id": 1, "attributes": {"x": None}}, {"id": "1", "attributes": {"deep": {"a": [1, "b"]}}}, "ä"],
    "edges": [[1, "1", {"weight": 2.5}], ["1", 1], ["ä", "ä", {"kind": "loop"}]],
}


def everything(one: Site, graph_id: str) -> dict[str, Any]:
    """A graph as its tenant reads it, without what the store decides and where it is exported."""
    data = one.call("describe_graph", graph_id=graph_id, limit=500).data
    return {name: value for name, value in data.items() if name not in ("created", "updated", "stored_bytes", "export")}


def test_a_graph_moves_from_the_embedded_store_into_the_shared_one(embedded: Site, shared: Site) -> None:
    assert embedded.call("create_graph", graph_id="rich", **RICH).ok
    edits = [
        {"action": "remove_nodes", "nodes": ["1"]},
        {"action": "add_edges", "edges": [["new", 1, {"weight": 1}]]},
    ]
    assert embedded.call("edit_graph", graph_id="rich", edits=edits).ok
    source = everything(embedded, "rich")
    assert source["version"] == 2

    taken = embedded.admin("GET", "tenants/a/graphs/rich/archive")
    assert taken.headers["content-type"] == "application/octet-stream"
    assert embedded.audited(taken)["action"] == "export_raw"
    put = shared.admin("PUT", "tenants/a/graphs/rich/archive", content=taken.content)
    assert put.status_code == 201, put.text
    assert put.json()["version"] == 2
    line = shared.audited(put)
    assert (line["action"], line["of_tenant"], line["version_after"]) == ("restore_raw", "a", 2)
    assert everything(shared, "rich") == source
    assert shared.call("edit_graph", graph_id="rich", edits=edits[1:], if_version=2).error == "invalid_input"
    more = [{"action": "add_nodes", "nodes": ["more"]}]
    assert shared.call("edit_graph", graph_id="rich", edits=more).data["version"] == 3

    exists = shared.admin("PUT", "tenants/a/graphs/rich/archive", content=taken.content)
    assert (exists.status_code, exists.json()["version"]) == (409, 3)
    replaced = shared.admin("PUT", "tenants/a/graphs/rich/archive?replace=true", content=taken.content)
    assert (replaced.status_code, replaced.json()["version"]) == (201, 4)
    assert everything(shared, "rich") == {**source, "version": 4}
    other = shared.admin("PUT", "tenants/b/graphs/copy/archive", content=taken.content)
    assert other.status_code == 201
    assert shared.call("describe_graph", graph_id="copy").error == "not_found", "it is b's"

    back = shared.admin("GET", "tenants/b/graphs/copy/archive").content
    assert embedded.admin("PUT", "tenants/a/graphs/again/archive", content=back).status_code == 201
    assert everything(embedded, "again") == {**source, "graph_id": "again"}
    for graph_id in ("rich", "again"):
        assert embedded.call("delete_graph", graph_id=graph_id).ok


def test_a_large_graph_moves_through_a_worker(embedded: Site, shared: Site) -> None:
    edges = [[node, other, {"weight": node * other % 7}] for node in range(300) for other in range(node)][:20_000]
    assert embedded.call("create_graph", graph_id="large", edges=edges).ok
    archive = embedded.admin("GET", "tenants/a/graphs/large/archive").content
    assert shared.admin("PUT", "tenants/a/graphs/large/archive", content=archive).status_code == 201
    source, moved = everything(embedded, "large"), everything(shared, "large")
    assert moved == source
    assert moved["edges"] == 20_000
    rank = {"graph_id": "large", "measure": "pagerank"}
    assert shared.call("rank_nodes", **rank).data["rows"] == embedded.call("rank_nodes", **rank).data["rows"]
    assert embedded.call("delete_graph", graph_id="large").ok


def test_an_archive_larger_than_all_bodies_may_be_comes_back(tmp_path: Path) -> None:
    """Else a backup could hold what no restore takes."""
    with Server(tmp_path, auth=True, limits_workers=1, limits_body_budget_mb=1) as server:
        made = site(server)
        noise = [hashlib.sha512(b"%d" % number).hexdigest() for number in range(25_000)]
        rows = "".join(f"a{number % 150},b{number // 150},{text}\n" for number, text in enumerate(noise))
        headers = {"authorization": f"Bearer {made.ann}"}
        url = f"{server.base_url}/graphs/wide?format=csv"
        eventually(lambda: httpx.get(f"{server.base_url}/graphs", headers=headers, timeout=PATIENCE).status_code == 200)
        put = httpx.put(url, content="source,target,noise\n" + rows, headers=headers, timeout=PATIENCE)
        assert put.status_code == 201, put.text
        archive = made.admin("GET", "tenants/a/graphs/wide/archive").content
        assert len(archive) > MIB
        back = made.admin("PUT", "tenants/a/graphs/back/archive", content=archive)
        assert (back.status_code, back.json()["edges"]) == (201, 25_000)
        assert made.admin("GET", "status").json()["memory"]["archives_bytes"] == 0


def test_a_damaged_archive_is_refused_and_changes_nothing(embedded: Site, shared: Site) -> None:
    assert embedded.call("create_graph", graph_id="whole", **RICH).ok
    archive = embedded.admin("GET", "tenants/a/graphs/whole/archive").content
    flipped = bytearray(archive)
    flipped[len(archive) // 2] ^= 4
    for damaged in (bytes(flipped), archive[:-1], archive + b"x", archive[:40], b"", b"PK\x03\x04 something else"):
        for path in ("tenants/a/graphs/damaged/archive", "tenants/a/graphs/damaged/archive?replace=true"):
            answer = shared.admin("PUT", path, content=damaged)
            assert (answer.status_code, answer.json()["field"]) == (400, "archive"), damaged[:20]
    assert shared.call("describe_graph", graph_id="damaged").error == "not_found"
    assert (
        embedded.admin("PUT", "tenants/a/graphs/whole/archive?replace=true", content=bytes(flipped)).status_code == 400
    )
    assert everything(embedded, "whole")["version"] == 1
    assert embedded.admin("GET", "tenants/a/graphs/none/archive").status_code == 404
    assert embedded.call("delete_graph", graph_id="whole").ok


@pytest.mark.parametrize(
    "commands", [[b"SET nmcp:{a}:g:bad x"], [b"DEL nmcp:{a}:g:bad", b"RPUSH nmcp:{a}:g:bad x"]], ids=["text", "list"]
)
@pytest.mark.long
def test_a_graph_whose_head_is_damaged_is_listed_deleted_and_restored_over(
    tmp_path: Path, commands: list[bytes]
) -> None:
    with (
        RedisServer() as redis,
        Server(tmp_path, auth=True, limits_workers=1, store_type="redis", store_url=redis.url) as server,
    ):
        made = site(server)
        eventually(lambda: made.call("list_graphs").ok)
        assert made.call("create_graph", graph_id="fine").ok
        assert made.call("create_graph", graph_id="bad", **RICH).ok
        archive = made.admin("GET", "tenants/a/graphs/bad/archive").content
        used = made.admin("GET", "tenants/a").json()

        def damage() -> None:
            with socket.create_connection(("127.0.0.1", redis.port)) as client:
                for command in commands:
                    client.sendall(command + b"\r\n")
                    assert client.recv(100) in (b"+OK\r\n", b":1\r\n")

        damage()
        listed = made.call("list_graphs")
        assert ([one["graph_id"] for one in listed.data["graphs"]], listed.data["damaged"]) == (["fine"], ["bad"])
        assert "note: damaged in the store: bad" in listed.text
        assert made.admin("GET", "tenants/a/graphs").json()["damaged"] == ["bad"]
        assert made.call("describe_graph", graph_id="bad").error == "graph_damaged"
        assert made.admin("PUT", "tenants/a/graphs/bad/archive", content=archive).json()["error"] == "graph_damaged"
        assert made.admin("PUT", "tenants/a/graphs/bad/archive?replace=true", content=archive).status_code == 201
        assert everything(made, "bad")["version"] == 1
        assert made.admin("GET", "tenants/a").json() == used

        damage()
        assert made.call("delete_graph", graph_id="bad", if_version=1).error == "graph_damaged"
        gone = made.call("delete_graph", graph_id="bad")
        assert (gone.data["version"], "damaged" in gone.text) == (0, True)
        assert made.admin("PUT", "tenants/a/graphs/bad/archive", content=archive).status_code == 201
        damage()
        assert made.admin("DELETE", "tenants/a/graphs/bad").status_code == 200
        assert made.admin("GET", "tenants/a").json()["graphs"] == 1


def test_an_archive_past_the_limit_is_refused_at_once(embedded: Site) -> None:
    with RawClient(embedded.server) as client:
        headers = {"Authorization": f"Bearer {embedded.operator}", "Content-Length": str(66 * MIB)}
        client.request("PUT", "/admin/tenants/a/graphs/x/archive", headers)
        client.send(b"x")
        status, _, body = client.answer()
    assert status == 413
    assert b"limits.graph_mb" in body


# --- who may


def test_admin_needs_its_scope_and_gives_no_other(embedded: Site) -> None:
    for token in (embedded.ann, embedded.server.token):
        for method, path in (("GET", "settings"), ("PUT", "drain"), ("DELETE", "tenants/a/graphs/x")):
            answer = embedded.admin(method, path, token=token)
            assert answer.status_code == 403
            assert answer.json()["scope"] == "admin"
            assert 'scope="admin"' in answer.headers["www-authenticate"]
    assert embedded.server.get("/ready").status_code == 200
    assert embedded.admin("GET", "settings", token="nmcp_" + "x" * 43).status_code == 401
    denied = embedded.server.rpc("tools/call", {"name": "list_graphs", "arguments": {}}, token=embedded.operator)
    assert caller.read(denied).error == "forbidden"
    eventually(lambda: embedded.server.metric("requests_total", method="admin/get", outcome="client_error") >= 3)


def test_admin_is_no_tool(embedded: Site) -> None:
    listed = caller.message(embedded.server.rpc("tools/list", token=embedded.operator))["result"]["tools"]
    assert not [tool["name"] for tool in listed if "admin" in tool["name"] or "drain" in tool["name"]]


def test_the_command_of_a_runbook_lists_what_each_tenant_holds(shared: Site) -> None:
    """The Python that StoreMemoryHigh runs in a pod, as it is written but for the port."""
    shared.call("create_graph", graph_id="held", edges=[["a", "b"]])
    (line,) = [each for each in rules.mitigation("NetworkxMcpStoreMemoryHigh") if "/admin/tenants" in each]
    script = shlex.split(line)[-1].replace("8080", str(shared.server.port))

    def typed(token: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", script]
        return subprocess.run(command, input=token, capture_output=True, text=True, timeout=PATIENCE, check=False)

    done = typed(shared.operator)
    assert done.returncode == 0, done.stderr
    told = {each["tenant"]: each for each in map(json.loads, done.stdout.splitlines())}
    assert told["a"] == shared.admin("GET", "tenants/a").json()
    assert told["a"]["graphs"] >= 1
    refused = typed("nmcp_wrong")
    assert refused.returncode == 1
    assert "unauthenticated" in refused.stderr, refused.stderr
