"""What release 0.1.0 left in its stores and backups, read, changed and brought back by this release: tests/fixtures/release-0.1.0."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import redis
from tests.helpers import programs
from tests.helpers.patience import PATIENCE
from tests.helpers.redis_server import RedisServer
from tests.helpers.server import ROOT, SOURCE, Server

from networkx_mcp.store import archive

FILES = Path(__file__).parents[1] / "fixtures" / "release-0.1.0"
LONG = 300 * 1024


def unpacked(name: str) -> bytes:
    return gzip.decompress((FILES / f"{name}.gz").read_bytes())


EXPECTED: dict[str, Any] = json.loads(unpacked("expected.json"))
OPERATIONS: list[dict[str, Any]] = json.loads(unpacked("operations.json"))


@dataclass
class Site:
    """A server of this release on a store of 0.1.0's, or on one that its backup was restored into."""

    server: Server
    token_file: Path
    operator: str

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.server.token}"}

    def told(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        answer = self.server.call(tool, arguments)
        assert not answer.get("isError"), str(answer)[:500]
        found: dict[str, Any] = answer["structuredContent"]
        return found

    def exported(self, graph_id: str) -> dict[str, Any]:
        answer = self.server.get(f"/graphs/{graph_id}?format=node-link", headers=self.headers, timeout=PATIENCE)
        assert answer.status_code == 200, answer.text[:500]
        found: dict[str, Any] = answer.json()
        return found

    def restore(self, backup: Path, *options: str) -> subprocess.CompletedProcess[str]:
        access = ("--url", self.server.base_url, "--token-file", str(self.token_file))
        command = (sys.executable, "-m", "networkx_mcp", "restore", *access, "--from", str(backup), *options)
        return subprocess.run(
            command, env=self.server.env, capture_output=True, text=True, timeout=PATIENCE, check=False
        )


def site(directory: Path, **settings: object) -> Site:
    # The ids of operations are as old as the files: kept for ever, or the server would rightly forget them.
    settings |= {"store_operation_id_seconds": 10**10, "store_operation_id_max_seconds": 10**10}
    # 0.1.0 took a body of more lists than the limits of today let in: what is looked at here is behind them.
    settings |= {"limits_tool_body_values": 600_000}
    server = Server(directory, auth=True, limits_workers=1, **settings)  # type: ignore[arg-type]
    token_file = directory / "token"
    operator = server.add_token("operator", tenant="operators", scopes=["admin"])
    token_file.write_text(operator, encoding="utf-8")
    return Site(server, token_file, operator)


@pytest.fixture(scope="module", params=["embedded", "redis", "backup"])
def old(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    directory = tmp_path_factory.mktemp(request.param)
    if request.param == "redis":
        with RedisServer() as database:
            with redis.Redis.from_url(database.url) as store:
                fill(store)
            made = site(directory, store_type="redis", store_url=database.url)
            with made.server:
                yield made
        return
    made = site(directory)
    if request.param == "embedded":
        (directory / "data").mkdir()
        (directory / "data" / "graphs.sqlite3").write_bytes(unpacked("graphs.sqlite3"))
    with made.server:
        if request.param == "backup":
            (directory / "backup.tar").write_bytes(unpacked("backup.tar"))
            done = made.restore(directory / "backup.tar")
            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout)["graphs"] == len(EXPECTED)
        yield made


def fill(store: Any) -> None:
    """Put the keys of 0.1.0's shared store back."""
    for key, kind, value in msgspec.msgpack.decode(unpacked("redis.msgpack")):
        if kind == b"string":
            store.set(key, value)
        elif kind == b"hash":
            store.hset(key, mapping=dict(value))
        elif kind == b"list":
            store.rpush(key, *value)
        elif kind == b"set":
            store.sadd(key, *value)
        else:
            store.zadd(key, dict(value))


def graph_of(told: dict[str, Any]) -> dict[str, Any]:
    """A node-link object by what it says, whatever its order and its other keys."""
    nodes = {json.dumps(node["id"]): node for node in told["nodes"]}
    edges = sorted(told["edges"], key=lambda edge: (json.dumps(edge["source"]), json.dumps(edge["target"])))
    return {"directed": told["directed"], "graph": told["graph"], "nodes": nodes, "edges": edges}


def test_every_graph_is_listed_described_and_exported_as_it_was(old: Site) -> None:
    listed = {item["graph_id"]: item for item in old.told("list_graphs")["graphs"]}
    for graph_id, was in EXPECTED.items():
        for name in ("version", "nodes", "edges", "directed", "description"):
            assert listed[graph_id][name] == was["item"][name], (graph_id, name)
        about = old.told("describe_graph", graph_id=graph_id)
        assert (about["version"], about["nodes"]) == (was["item"]["version"], was["item"]["nodes"])
        assert graph_of(old.exported(graph_id)) == graph_of(was["graph"]), graph_id


@pytest.mark.parametrize("graph_id", ["long", "uploaded"])
def test_long_values_are_read_clipped_analysed_and_changed_around(old: Site, graph_id: str) -> None:
    found = json.dumps(old.told("get_neighbors", graph_id=graph_id, node="lists", direction="all"))
    assert '"text"' in found
    assert len(found) < 100_000
    assert old.told("rank_nodes", graph_id=graph_id, measure="degree", weight="weight")["rows"]
    assert old.told("find_paths", graph_id=graph_id, source="text", target="c")["found"]
    assert len(json.dumps(old.told("get_subgraph", graph_id=graph_id, nodes=["text", "lists"]))) < 100_000
    before = old.told("describe_graph", graph_id=graph_id)["version"]
    edit = {"action": "add_nodes", "nodes": [{"id": "text", "attributes": {"new": 1}}, f"n{before}"]}
    assert old.told("edit_graph", graph_id=graph_id, edits=[edit])["version"] == before + 1
    nodes = graph_of(old.exported(graph_id))["nodes"]
    assert (len(nodes['"text"']["v"]), nodes['"text"']["new"]) == (LONG, 1), "what was there stays as it was"
    long = {"action": "set_node_attributes", "nodes": [{"id": "c", "attributes": {"v": "x" * LONG}}]}
    refused = old.server.call("edit_graph", {"graph_id": graph_id, "edits": [long]})
    assert "limits.value_kib" in refused["content"][0]["text"]
    old.told("edit_graph", graph_id=graph_id, edits=[{"action": "remove_nodes", "nodes": [f"n{before}"]}])


@pytest.mark.parametrize("old", ["embedded", "redis"], indirect=True)  # a backup holds no ids of operations
def test_an_operation_of_0_1_0_is_answered_as_repeated(old: Site) -> None:
    """Also one whose values are above a limit that came since."""
    for operation in OPERATIONS:
        answer = old.server.call(operation["tool"], operation["arguments"])
        assert not answer.get("isError"), answer["content"][0]["text"][:500]
        told = answer["structuredContent"]
        assert (told["version"], told["repeated"]) == (operation["version"], True), operation["tool"]


def test_archives_of_0_1_0_come_back_one_by_one_and_over_what_is_there(old: Site, tmp_path: Path) -> None:
    backup = tmp_path / "backup.tar"
    backup.write_bytes(unpacked("backup.tar"))
    with tarfile.open(backup) as file:
        parts = [file.extractfile(one) for one in file if one.name.endswith(".graph")]
        archives = {archive.unpack(data).header.graph_id: data for data in (part.read() for part in parts if part)}
    url, headers = f"{old.server.base_url}/admin/tenants/other/graphs", {"authorization": f"Bearer {old.operator}"}

    def put(graph_id: str, data: bytes) -> int:
        path = f"{url}/{graph_id}/archive?replace=true"
        return httpx.put(path, content=data, headers=headers, timeout=PATIENCE).status_code

    assert set(archives) == set(EXPECTED)
    for graph_id, data in archives.items():
        assert [put(graph_id, data), put(graph_id, data)] == [201, 201], "onto nothing, and onto itself"
    ours = httpx.get(f"{url}/long/archive", headers=headers, timeout=PATIENCE).content
    assert put("again", ours) == 201, "as this release writes it"

    done = old.restore(backup, "--replace")
    assert done.returncode == 0, done.stderr
    for graph_id, was in EXPECTED.items():
        assert graph_of(old.exported(graph_id)) == graph_of(was["graph"]), graph_id


@pytest.fixture(scope="module")
def source_of_0_1_0(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its packages, of the commit that `make e2e-full` upgrades from."""
    (commit,) = re.findall(r"^OLD_COMMIT \?= (\w+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    directory = tmp_path_factory.mktemp("release")
    command = [programs.path("git"), "-C", str(ROOT), "archive", commit, "image/src"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, f"fetch the history, too (git fetch --unshallow): {done.stderr.decode()}"
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as tree:
        tree.extractall(directory, filter="data")
    return directory / "image" / "src"


@pytest.mark.needs("git")
@pytest.mark.long
@pytest.mark.parametrize("store", ["embedded", "shared"])
def test_0_1_0_reads_what_every_tool_of_this_release_writes(store: str, source_of_0_1_0: Path) -> None:
    """With the settings at their defaults: a release writes nothing that the one before cannot read until a setting says so."""
    command = [sys.executable, str(FILES / "way_back.py"), str(source_of_0_1_0), store]
    told = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": f"{ROOT}:{SOURCE}"}, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr[-4000:]
    assert "read, changed and restored by 0.1.0" in told.stdout
