"""Backup and restore between real servers: what was acknowledged before a backup is in it, and comes back whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
from tests.helpers import command_line
from tests.helpers.patience import PATIENCE, eventually
from tests.helpers.ports import Port
from tests.helpers.redis_server import RedisServer
from tests.helpers.server import Server

from networkx_mcp.backup import commands, file
from networkx_mcp.backup.admin_client import AdminClient
from networkx_mcp.backup.file import BackupError

TENANTS = ("ann", "bob")


@dataclass
class Site:
    """A server, the file with the backup's token, and a token for each tenant."""

    server: Server
    token_file: Path
    tokens: dict[str, str]

    @property
    def client(self) -> AdminClient:
        return AdminClient(self.server.base_url, self.token_file.read_text(encoding="utf-8"), patience=PATIENCE)

    def command(self, *arguments: str) -> list[str]:
        """The arguments of the command line, with those of access to this server."""
        command, *rest = arguments
        return [command, "--url", self.server.base_url, "--token-file", str(self.token_file), *rest]

    def run(self, *arguments: str) -> command_line.EndedCommand:
        """The command in this process: the start of another takes longer than what it does."""
        return command_line.run(*self.command(*arguments))

    def run_alone(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command as an operator or the CronJob runs it."""
        command = [sys.executable, "-m", "networkx_mcp", *self.command(*arguments)]
        return subprocess.run(
            command, env=self.server.env, capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    def put(self, tenant: str, graph_id: str, *edits: dict[str, Any], **options: Any) -> None:
        arguments = {"graph_id": graph_id, **options}
        assert not self.server.call("create_graph", arguments, token=self.tokens[tenant]).get("isError")
        for edit in edits:
            arguments = {"graph_id": graph_id, "edits": [edit]}
            assert not self.server.call("edit_graph", arguments, token=self.tokens[tenant]).get("isError")

    def everything(self) -> dict[tuple[str, str], Any]:
        """Each graph of each tenant: version, description, and every node, edge and attribute in order."""
        found = {}
        with self.client as client:
            for tenant in TENANTS:
                for graph in client.graphs(tenant):
                    headers = {"authorization": f"Bearer {self.tokens[tenant]}"}
                    answer = self.server.get(f"/graphs/{graph['graph_id']}?format=node-link", headers=headers)
                    assert answer.status_code == 200, answer.text
                    about = (graph["version"], graph["directed"], graph["description"])
                    found[tenant, graph["graph_id"]] = (*about, answer.json())
        return found

    def admin(self, method: str, path: str, content: bytes | None = None) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token_file.read_text(encoding='utf-8')}"}
        url = f"{self.server.base_url}/admin/{path}"
        return httpx.request(method, url, headers=headers, content=content, timeout=PATIENCE)


def site(directory: Path, **settings: object) -> Site:
    server = Server(directory, auth=True, limits_workers=1, **settings)  # type: ignore[arg-type]
    token_file = directory / "backup-token"
    token_file.write_text(server.add_token("backup", tenant="backup", scopes=["admin"]), encoding="utf-8")
    return Site(server, token_file, {tenant: server.add_token(tenant, tenant=tenant) for tenant in TENANTS})


def fill(place: Site) -> None:
    """Graphs of every kind that the store tells apart: empty, one operation, a long log, a snapshot."""
    place.put("ann", "empty")
    place.put("ann", "typed", {"action": "add_edges", "edges": [["a", 1], ["1", 1], [2, 2, {"w": 0.5}]]}, directed=True)
    attributes = {"text": "zürich", "list": [1, None, {"deep": True}], "large": 2**53}
    nodes = [{"id": number, "attributes": attributes} for number in range(300)]
    place.put("bob", "typed", {"action": "add_nodes", "nodes": nodes}, description="same id, another tenant")
    many = [{"action": "add_nodes", "nodes": [f"n{number}"]} for number in range(25)]
    place.put("bob", "log", *many, {"action": "remove_nodes", "nodes": ["n3"]})


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An embedded store with graphs of two tenants; tests only read it."""
    place = site(tmp_path_factory.mktemp("origin"), store_compact_operations=10)
    with place.server:
        fill(place)
        yield place


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An embedded store for one test after the other: ask for it as `empty`."""
    place = site(tmp_path_factory.mktemp("standing"))
    with place.server:
        yield place


@pytest.fixture
def empty(standing: Site) -> Site:
    """A server without a graph, that knows of no backup."""
    with standing.client as client:
        for tenant in TENANTS:
            for graph in client.graphs(tenant):
                assert standing.admin("DELETE", f"tenants/{tenant}/graphs/{graph['graph_id']}").status_code == 200
    assert standing.admin("DELETE", "backup").json()["last_success"] is None
    return standing


@pytest.fixture
def make_site(tmp_path: Path, redis_server: RedisServer) -> Iterator[Callable[..., Site]]:
    """Makes and starts empty servers; `shared=True`: over Redis."""
    made: list[Site] = []

    def make(shared: bool = False, **settings: object) -> Site:
        if shared:
            prefix = f"backup-{uuid.uuid4().hex[:8]}"
            settings |= {"store_type": "redis", "store_url": redis_server.url, "store_prefix": prefix}
        place = site(tmp_path / f"site-{len(made)}", **settings)
        place.server.start()
        made.append(place)
        return place

    yield make
    for place in made:
        place.server.__exit__()


@pytest.mark.parametrize("shared", [False, True], ids=["embedded", "redis"])
@pytest.mark.long
def test_a_drill_every_graph_comes_back_on_an_empty_server_of_either_store(
    origin: Site, empty: Site, make_site: Callable[..., Site], tmp_path: Path, shared: bool
) -> None:
    before = origin.everything()
    assert len(before) == 4
    made = origin.run_alone("backup", "--out", str(tmp_path))
    assert made.returncode == 0, made.stderr
    report = json.loads(made.stdout)
    assert (report["graphs"], report["removed"]) == (4, [])

    other = make_site(shared=True) if shared else empty
    done = other.run_alone("restore", "--from", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert (json.loads(done.stdout)["graphs"], json.loads(done.stdout)["already_there"]) == (4, 0)
    assert other.everything() == before

    # And on from there: a backup of the copy is one, too, and the graphs take edits.
    again = other.run("backup", "--out", str(tmp_path / "second.tar"))
    assert again.returncode == 0, again.stderr
    first = file.verify(file.newest(tmp_path)).graphs
    second = file.verify(tmp_path / "second.tar").graphs
    about = [[(g.tenant, g.graph_id, g.version, g.nodes, g.edges) for g in graphs] for graphs in (first, second)]
    assert about[0] == about[1]
    edit = {"graph_id": "log", "edits": [{"action": "add_nodes", "nodes": ["after"]}]}
    answer = other.server.call("edit_graph", edit, token=other.tokens["bob"])
    assert answer["structuredContent"]["version"] == before["bob", "log"][0] + 1


@pytest.mark.long
def test_the_time_of_the_last_good_backup_is_a_metric_and_the_moment_it_began(
    make_site: Callable[..., Site], tmp_path: Path
) -> None:
    place = make_site()
    assert place.server.metric("backup_last_success_timestamp_seconds") == 0
    assert place.admin("GET", "backup").json()["last_success"] is None
    before = time.time()
    assert place.run("backup", "--out", str(tmp_path)).returncode == 0  # an empty store is a valid backup
    told = place.server.metric("backup_last_success_timestamp_seconds")
    manifest = file.verify(file.backups(tmp_path)[-1])
    assert before <= told <= manifest.finished
    assert told == pytest.approx(manifest.began, abs=0.001)
    # It is kept in the store: another process of it tells the same.
    place.server.stop()
    place.server.start()
    assert place.admin("GET", "backup").json()["last_success"] == told


def test_the_time_of_the_last_good_backup_neither_goes_back_nor_into_the_future(empty: Site) -> None:
    place, now = empty, int(time.time())

    def after(method: str, query: str = "") -> float | None:
        told: float | None = place.admin(method, f"backup{query}").json()["last_success"]
        return told

    assert after("PUT", f"?last_success={now}") == now
    assert after("PUT", f"?last_success={now - 100}") == now
    for wrong in (str(now + 3600), "0", "-1", "nan", "inf", "soon", ""):
        answer = place.admin("PUT", f"backup?last_success={wrong}")
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_input"), wrong
    assert after("GET") == now
    assert place.admin("POST", "backup").status_code == 405
    assert after("DELETE") is None
    assert place.server.metric("backup_last_success_timestamp_seconds") == 0
    assert after("PUT", f"?last_success={now - 100}") == now - 100


def test_a_restore_runs_again_and_leaves_what_differs_alone_unless_told(
    origin: Site, empty: Site, tmp_path: Path
) -> None:
    assert origin.run("backup", "--out", str(tmp_path)).returncode == 0
    other = empty
    other.put("bob", "log", {"action": "add_nodes", "nodes": ["mine"]})
    first = other.run("restore", "--from", str(tmp_path))
    assert first.returncode == 1
    assert "bob/log" in first.stderr
    assert "left alone" in first.stderr
    report = json.loads(first.stdout)
    assert (report["graphs"], len(report["failed"])) == (3, 1), "the others came back"
    assert [node["id"] for node in other.everything()["bob", "log"][3]["nodes"]] == ["mine"]

    second = other.run("restore", "--from", str(tmp_path), "--tenant", "ann")
    assert second.returncode == 0, second.stderr
    assert json.loads(second.stdout)["already_there"] == 2

    third = other.run("restore", "--from", str(tmp_path), "--replace")
    assert third.returncode == 0, third.stderr
    assert other.everything()["bob", "log"][3] == origin.everything()["bob", "log"][3]
    unknown = other.run("restore", "--from", str(tmp_path), "--tenant", "carol")
    assert (unknown.returncode, "carol" in unknown.stderr) == (1, True)


def test_a_damaged_backup_is_refused_before_anything_is_written(origin: Site, empty: Site, tmp_path: Path) -> None:
    assert origin.run("backup", "--out", str(tmp_path)).returncode == 0
    path = file.newest(tmp_path)
    whole = path.read_bytes()
    other = empty
    for place in (600, len(whole) // 2):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        done = other.run("restore", "--from", str(path))
        assert (done.returncode, "damaged" in done.stderr) == (1, True), done.stderr
    path.write_bytes(whole[:-20000])
    assert other.run("restore", "--from", str(path)).returncode == 1
    assert other.everything() == {}
    path.write_bytes(whole)
    assert other.run("restore", "--from", str(path)).returncode == 0


def test_without_the_scope_admin_there_is_no_file_and_no_success(origin: Site, tmp_path: Path) -> None:
    weak = Site(origin.server, tmp_path / "token", {})
    weak.token_file.write_text(origin.tokens["ann"], encoding="utf-8")
    before = origin.admin("GET", "backup").json()
    out = tmp_path / "out"
    out.mkdir()
    done = weak.run("backup", "--out", str(out))
    assert (done.returncode, "403" in done.stderr) == (1, True)
    assert list(out.iterdir()) == []
    assert origin.admin("GET", "backup").json() == before


def test_old_backups_go_only_after_a_good_one_and_nothing_else_goes(origin: Site, tmp_path: Path) -> None:
    old = [tmp_path / f"networkx-mcp-2020010{day}T000000Z.tar" for day in (1, 2, 3)]
    for path in (*old, tmp_path / "notes.tar", tmp_path / ".networkx-mcp-20200101T000000Z.tar.partial"):
        path.write_bytes(b"x")
    file.side_file(old[0]).write_text("x", encoding="utf-8")
    abandoned = time.time() - file.ABANDONED_SECONDS - 60
    os.utime(tmp_path / ".networkx-mcp-20200101T000000Z.tar.partial", (abandoned, abandoned))
    weak = Site(origin.server, tmp_path / "token", {})
    weak.token_file.write_text(origin.tokens["ann"], encoding="utf-8")
    assert weak.run("backup", "--out", str(tmp_path), "--keep", "1").returncode == 1
    assert all(path.exists() for path in old)

    done = origin.run("backup", "--out", str(tmp_path), "--keep", "2")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["removed"] == [path.name for path in old[:2]]
    names = sorted(path.name for path in tmp_path.iterdir())
    new = Path(json.loads(done.stdout)["file"]).name
    assert names == sorted([old[2].name, new, f"{new}.sha256", "notes.tar", "token"])
    check = subprocess.run(["sha256sum", "-c", f"{new}.sha256"], cwd=tmp_path, capture_output=True, check=False)
    assert check.returncode == 0, "the checksum beside it is one that sha256sum reads"
    assert origin.run("backup", "--out", str(tmp_path / "a.tar"), "--keep", "2").returncode == 1
    assert origin.run("backup", "--out", str(tmp_path), "--keep", "0").returncode == 2


def test_runs_at_the_same_time_in_one_directory_leave_each_other_alone(origin: Site, tmp_path: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        runs = list(pool.map(lambda _: origin.run_alone("backup", "--out", str(tmp_path), "--keep", "3"), range(3)))
    assert [run.returncode for run in runs] == [0, 0, 0], [run.stderr for run in runs]
    made = {Path(json.loads(run.stdout)["file"]) for run in runs}
    assert len(made) == 3
    assert set(file.backups(tmp_path)) == made
    for path in made:
        assert len(file.verify(path).graphs) == json.loads(runs[0].stdout)["graphs"]
    half_made = file.claim(tmp_path, time.time())
    file.clear(tmp_path)
    file.retain(tmp_path, 1)
    assert len(file.backups(tmp_path)) == 1
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == [f".{half_made.name}.partial"]


def backup_of_long_ago(place: Site, directory: Path) -> Path:
    """The only one of the directory, older than what follows, whatever the second."""
    assert place.run("backup", "--out", str(directory)).returncode == 0
    (made,) = file.backups(directory)
    return made.rename(directory / "networkx-mcp-20200101T000000Z.tar")


def test_a_store_that_came_up_empty_pushes_out_no_backup_and_is_restored_from_the_last_that_holds_graphs(
    origin: Site, empty: Site, tmp_path: Path
) -> None:
    good = backup_of_long_ago(origin, tmp_path)
    other = empty
    empty = other.run("backup", "--out", str(tmp_path), "--keep", "1")
    assert (empty.returncode, json.loads(empty.stdout)["removed"]) == (0, []), empty.stderr
    assert len(file.backups(tmp_path)) == 2
    done = other.run("restore", "--from", str(tmp_path))
    assert (done.returncode, Path(json.loads(done.stdout)["file"])) == (0, good), done.stderr
    assert other.everything() == origin.everything()
    (tmp_path / "nothing").mkdir()
    with pytest.raises(BackupError, match="no backup"):
        file.newest(tmp_path / "nothing")


def test_a_store_knows_itself_again_and_is_not_taken_for_another(origin: Site, make_site: Callable[..., Site]) -> None:
    one, two = make_site(), origin
    told = one.admin("GET", "backup").json()["store"]
    assert told
    assert told != two.admin("GET", "backup").json()["store"]
    one.server.stop()
    one.server.start()
    assert one.admin("GET", "backup").json()["store"] == told


def test_a_backup_of_the_store_that_is_half_restored_is_not_taken_for_the_one_that_was_lost(
    origin: Site, empty: Site, tmp_path: Path
) -> None:
    lost = backup_of_long_ago(origin, tmp_path)
    other = empty
    other.put("ann", "new")
    assert other.run("backup", "--out", str(tmp_path), "--keep", "5").returncode == 0
    both = file.backups(tmp_path)
    refused = other.run("restore", "--from", str(tmp_path))
    assert refused.returncode == 1
    for name in (*(path.name for path in both), "backup.restoreFrom", "nothing was changed"):
        assert name in refused.stderr
    assert other.everything().keys() == {("ann", "new")}

    done = other.run("restore", "--from", str(lost))
    assert done.returncode == 0, done.stderr
    assert other.everything().keys() == {("ann", "new"), *origin.everything()}
    # A graph deleted from a store comes back from the newest of that store, as long as no other is in the directory.
    lost.unlink()
    assert other.admin("DELETE", "tenants/ann/graphs/new").status_code == 200
    assert other.run("restore", "--from", str(tmp_path)).returncode == 0
    assert ("ann", "new") in other.everything()


def test_a_graph_of_the_same_version_and_size_with_other_contents_is_no_restored_one(
    empty: Site, make_site: Callable[..., Site], tmp_path: Path
) -> None:
    place, other = make_site(), empty
    for site_, weight in ((place, 1), (other, 2)):
        edges = [["a", "b", {"weight": weight}]]
        assert not site_.server.call("create_graph", {"graph_id": "g", "edges": edges}, token=site_.tokens["ann"]).get(
            "isError"
        )
    assert place.run("backup", "--out", str(tmp_path)).returncode == 0
    done = other.run("restore", "--from", str(tmp_path))
    assert done.returncode == 1
    assert "other contents" in done.stderr
    assert "left alone" in done.stderr
    assert other.everything()["ann", "g"][3]["edges"][0]["weight"] == 2
    assert other.run("restore", "--from", str(tmp_path), "--replace").returncode == 0
    assert other.everything()["ann", "g"][3]["edges"][0]["weight"] == 1


def test_a_graph_deleted_while_the_backup_runs_is_left_out(empty: Site, tmp_path: Path) -> None:
    place = empty
    fill(place)

    class Meanwhile(AdminClient):
        """Deletes the first graph between its listing and its copy."""

        def get_archive(self, tenant: str, graph_id: str) -> bytes | None:
            if (tenant, graph_id) == ("ann", "empty"):
                assert place.admin("DELETE", "tenants/ann/graphs/empty").status_code == 200
            return super().get_archive(tenant, graph_id)

    with Meanwhile(place.server.base_url, place.token_file.read_text(encoding="utf-8")) as client:
        report = commands.backup(client, tmp_path / "one.tar")
    assert (report["graphs"], report["deleted_meanwhile"]) == (3, 1)
    assert {(g.tenant, g.graph_id) for g in file.verify(tmp_path / "one.tar").graphs} == place.everything().keys()


@pytest.fixture
def spoiled(make_site: Callable[..., Site], redis_server: RedisServer, tmp_path: Path) -> Iterator[Spoiled]:
    place = make_site(shared=True)
    fill(place)
    with redis.Redis.from_url(redis_server.url) as store:
        yield Spoiled(place, store, tmp_path / "backups")


@dataclass
class Spoiled:
    """A server over a store in which graphs of `ann` become damaged, and a directory with backups."""

    place: Site
    store: redis.Redis[bytes]
    directory: Path

    def key(self, kind: str, graph_id: str) -> str:
        return f"{self.place.server.env['NETWORKX_MCP_STORE_PREFIX']}:{{ann}}:{kind}:{graph_id}"

    def damage_head(self, graph_id: str) -> None:
        self.store.delete(self.key("g", graph_id))
        self.store.rpush(self.key("g", graph_id), "x")

    def change_a_byte(self, graph_id: str) -> None:
        found = self.store.lpop(self.key("s", graph_id))
        assert isinstance(found, bytes)
        self.store.lpush(self.key("s", graph_id), found[:-1] + bytes([found[-1] ^ 1]))

    def lose_the_log(self, graph_id: str) -> None:
        self.store.delete(self.key("l", graph_id), self.key("s", graph_id))

    def backup(self, *options: str) -> tuple[int, dict[str, Any], str]:
        self.directory.mkdir(exist_ok=True)
        done = self.place.run("backup", "--out", str(self.directory), *options)
        return done.returncode, json.loads(done.stdout), done.stderr

    def last_day(self, day: int) -> Path:
        """Let the newest backup be one of that day of 2020."""
        newest = file.backups(self.directory)[-1]
        return newest.rename(self.directory / f"networkx-mcp-202001{day:02}T000000Z.tar")


def test_a_backup_without_damaged_graphs_is_made_and_says_what_it_lacks(spoiled: Spoiled) -> None:
    assert spoiled.backup()[0] == 0
    good = spoiled.last_day(1)
    spoiled.damage_head("empty")
    spoiled.lose_the_log("typed")
    code, report, told = spoiled.backup()
    assert (code, report["graphs"]) == (commands.INCOMPLETE, 2), "it is made, with the others"
    lacks = {(one["graph_id"], one["last_copy"]) for one in report["left_out"]}
    assert lacks == {("empty", good.name), ("typed", good.name)}
    for graph_id in ("empty", "typed"):
        assert f"ann/{graph_id} is not in the backup" in told
    manifest = file.verify(file.newest(spoiled.directory))
    assert {one.graph_id for one in manifest.left_out} == {"empty", "typed"}
    assert {(one.tenant, one.graph_id) for one in manifest.graphs} == {("bob", "typed"), ("bob", "log")}

    state = spoiled.place.admin("GET", "backup").json()
    assert state["left_out"] == {"count": 2, "graphs": ["ann/empty", "ann/typed"]}
    assert state["last_success"] == pytest.approx(manifest.began, abs=0.001), "what could be copied is safe"
    assert spoiled.place.server.metric("backup_graphs_left_out") == 2
    (event,) = [line for line in spoiled.place.server.logs() if line["event"] == "backup_incomplete"]
    assert (event["left_out"], event["graphs"]) == (2, ["ann/empty", "ann/typed"])
    spoiled.place.server.stop()
    spoiled.place.server.start()
    eventually(lambda: spoiled.place.server.metric("backup_graphs_left_out") == 2)

    restored = spoiled.place.run("restore", "--from", str(spoiled.directory))
    assert (restored.returncode, "ann/empty is not in the backup" in restored.stderr) == (commands.INCOMPLETE, True)


def test_a_graph_of_which_a_byte_changed_in_the_store_pushes_out_no_good_copy(spoiled: Spoiled) -> None:
    archived = spoiled.place.admin("GET", "tenants/ann/graphs/typed/archive").content
    put = spoiled.place.admin("PUT", "tenants/ann/graphs/loaded/archive", content=archived)
    assert put.status_code == 201, put.text
    assert spoiled.backup()[0] == 0
    good = spoiled.last_day(1)
    spoiled.change_a_byte("loaded")
    code, report, told = spoiled.backup("--keep", "1")
    assert (code, good.exists()) == (commands.INCOMPLETE, True)
    (one,) = report["left_out"]
    assert (one["graph_id"], one["last_copy"]) == ("loaded", good.name)
    assert "checksum differs" in told


def test_the_last_good_copy_of_a_damaged_graph_is_kept_until_the_graph_is_mended_or_gone(spoiled: Spoiled) -> None:
    assert spoiled.backup()[0] == 0
    good = spoiled.last_day(1)
    spoiled.damage_head("empty")
    spoiled.damage_head("typed")
    for day in (2, 3, 4):
        code, report, _ = spoiled.backup("--keep", "1")
        assert (code, good.exists()) == (commands.INCOMPLETE, True)
        assert {one["last_copy"] for one in report["left_out"]} == {good.name}
        spoiled.last_day(day)
    assert len(file.backups(spoiled.directory)) == 2

    one = ("--tenant", "ann", "--graph", "typed", "--replace")
    spoiled.place.put("ann", "other")
    lacking = spoiled.place.run("restore", "--from", str(file.backups(spoiled.directory)[-1]), *one)
    assert (lacking.returncode, "take an older backup" in lacking.stderr) == (1, True)
    assert spoiled.place.run("restore", "--from", str(good), *one).returncode == 0
    assert set(spoiled.place.everything()) == {("ann", "other"), ("ann", "typed"), ("bob", "log"), ("bob", "typed")}
    assert spoiled.place.run("restore", "--from", str(good), "--graph", "typed").returncode == 1
    assert spoiled.place.admin("DELETE", "tenants/ann/graphs/empty").status_code == 200
    code, report, _ = spoiled.backup("--keep", "1")
    assert (code, report["left_out"], good.exists()) == (0, [], False)
    assert spoiled.place.server.metric("backup_graphs_left_out") == 0


def test_what_a_backup_lacks_is_told_by_the_newest_and_never_made_up(empty: Site) -> None:
    place, now = empty, int(time.time())

    def after(query: str) -> Any:
        return place.admin("PUT", f"backup?last_success={query}").json().get("left_out", {}).get("count")

    assert after(f"{now - 10}&left_out_count=2&left_out=a/b&left_out=a/c") == 2
    assert after(f"{now - 20}&left_out_count=0") == 2, "an older one that ended later"
    assert after(f"{now - 5}") == 2, "a client that does not say"
    for wrong in ("left_out_count=-1", "left_out_count=x", "left_out_count=30" + "&left_out=a/b" * 21):
        answer = place.admin("PUT", f"backup?last_success={now}&{wrong}")
        assert (answer.status_code, answer.json()["field"]) == (400, "left_out"), wrong
    assert after(f"{now - 4}&left_out_count=0") == 0
    assert after(f"{now - 3}&left_out_count=1&left_out=a/b") == 1
    assert place.admin("DELETE", "backup").json()["left_out"] == {"count": 0, "graphs": []}


def test_a_backup_whose_time_cannot_be_noted_is_complete_and_counts_for_retention(origin: Site, tmp_path: Path) -> None:
    """A store with a full volume is read, and refuses the note as any write."""
    old = tmp_path / "networkx-mcp-20200101T000000Z.tar"
    old.write_bytes(b"x")

    class Full(AdminClient):
        def report_success(self, began: float, left_out: Sequence[tuple[str, str]] = ()) -> None:
            raise BackupError("PUT /admin/backup: 503: the store is full")

    with (
        Full(origin.server.base_url, origin.token_file.read_text(encoding="utf-8")) as client,
        pytest.raises(BackupError, match=r"complete and verified, .* the store is full") as told,
    ):
        commands.backup(client, tmp_path, keep=1)
    (made,) = file.backups(tmp_path)
    assert str(made) in str(told.value)
    assert len(file.verify(made).graphs) == 4


@pytest.mark.long
def test_a_server_that_restarts_costs_no_backup(make_site: Callable[..., Site], tmp_path: Path) -> None:
    port = Port()
    place = make_site(http_port=port.number)  # it comes back where it was
    fill(place)

    class Interrupted(AdminClient):
        def get_archive(self, tenant: str, graph_id: str) -> bytes | None:
            if (tenant, graph_id) == ("bob", "log"):
                place.server.kill()
                place.server.start()
            return super().get_archive(tenant, graph_id)

    with Interrupted(place.server.base_url, place.token_file.read_text(encoding="utf-8"), patience=PATIENCE) as client:
        assert commands.backup(client, tmp_path / "one.tar")["graphs"] == 4
    port.release()
