"""The rights that docs/operate.md gives the server's user in an external store: enough for all it does, and no more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import redis
from tests.helpers.redis_server import RedisServer
from tests.helpers.server import Server

from networkx_mcp.backup import commands
from networkx_mcp.backup.admin_client import AdminClient

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/operate.md"
PASSWORD = "Sm0ke-and-mirrors"


def rules() -> list[str]:
    """The line of the document, with its placeholders filled."""
    (line,) = re.findall(r"^ACL SETUSER (graphs .*)$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert "PASSWORD" in line
    return str(line).replace("PASSWORD", PASSWORD).split()


@pytest.mark.long
def test_the_rights_in_the_document_carry_every_call_and_nothing_that_is_not_the_servers(tmp_path: Path) -> None:
    with RedisServer() as store:
        admin = redis.Redis(port=store.port)
        admin.execute_command("ACL", "SETUSER", *rules())
        password = tmp_path / "password"
        password.write_text(PASSWORD, encoding="utf-8")
        server = Server(
            tmp_path / "server",
            auth=True,
            limits_workers=1,
            store_type="redis",
            store_url=store.url,
            store_username="graphs",
            store_password_file=password,
            store_compact_operations=10,
        )
        token = server.add_token("backup", tenant="backup", scopes=["admin"])
        with server:
            make = {"graph_id": "g", "edges": [[1, 2], [2, 3]], "operation_id": "once"}
            for _ in range(2):  # the second is the first again, known by its operation_id
                assert not server.call("create_graph", make).get("isError")
            for number in range(25):  # past the compaction
                edit = {"graph_id": "g", "edits": [{"action": "add_nodes", "nodes": [f"n{number}"]}]}
                assert not server.call("edit_graph", {**edit, "operation_id": f"op-{number}"}).get("isError")
            for _ in range(2):  # the second is the shared result
                ranked = server.call("rank_nodes", {"graph_id": "g", "measure": "betweenness"})
                assert not ranked.get("isError")
            assert not server.call("list_graphs").get("isError")
            with AdminClient(server.base_url, token) as client:
                assert commands.backup(client, tmp_path / "all.tar")["graphs"] == 1
                assert not server.call("delete_graph", {"graph_id": "g"}).get("isError")
                assert commands.restore(client, tmp_path / "all.tar")["graphs"] == 1
            assert server.call("describe_graph", {"graph_id": "g"})["structuredContent"]["nodes"] == 28
            assert server.metric("store_up") == 1

        assert admin.acl_log() == [], "what the server was refused"
        admin.set("other", "secret")
        graphs = redis.Redis(port=store.port, username="graphs", password=PASSWORD)
        for command in (("GET", "other"), ("FLUSHALL",), ("KEYS", "*"), ("CONFIG", "SET", "appendonly", "no")):
            try:
                graphs.execute_command(*command)
            except redis.exceptions.NoPermissionError:
                continue
            raise AssertionError(f"the user may {command}")
