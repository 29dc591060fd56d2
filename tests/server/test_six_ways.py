"""The six ways of README.md, in its order: each runs here, or where WAYS says.

A container is run by no test of its own. What `docker run` and compose.yaml tell the server runs here as a process, and the image
itself in the cluster of `make e2e`, which builds it (scripts/image.sh) and installs the chart with it.
"""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.helpers import command_line
from tests.helpers.redis_server import RedisServer
from tests.helpers.server import Server

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
#: What the way of a row begins with, and the tests that run it.
WAYS = {
    "uvx": "tests/server/test_packages.py::test_the_command_of_the_readme_installs_it_from_an_index_and_it_answers",
    "make run": "tests/server/test_six_ways.py::test_serve",
    "docker run": "tests/server/test_six_ways.py::test_docker_run",
    "docker compose": "tests/server/test_six_ways.py::test_compose",
    "helm install": "tests/e2e/test_install.py::test_helm_test_makes_a_real_call",
    "kubectl apply": "tests/e2e/test_argocd.py::test_one_apply_brings_staging_and_alerts_to_synced_and_healthy",
}
#: The address that is published, under which clients call a container.
HOST = {"host": "127.0.0.1:8080"}


def ways() -> list[str]:
    """The first command of each row."""
    section = README.partition("## Six ways to run it\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
    return [re.findall(r"`([^`]+)`", row)[0] for row in rows]


def variables(command: str) -> dict[str, str]:
    """What `docker run` sets by -e."""
    words = shlex.split(command)
    return dict(words[place + 1].split("=", 1) for place, word in enumerate(words) if word == "-e")


def test_each_way_is_run_by_a_test() -> None:
    assert len(ways()) == len(WAYS)
    for command, (begins, test) in zip(ways(), WAYS.items(), strict=True):
        assert command.startswith(begins)
        file, _, name = test.partition("::")
        assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_serve(tmp_path: Path) -> None:
    recipe = re.search(r"^run: .*\n\t\$\(BIN\)/networkx-mcp (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe is not None
    assert recipe[1] == "serve"  # what Server runs
    with Server(tmp_path) as server:
        assert "a" in text(server.call("create_graph", {"graph_id": "g", "edges": [["a", "b"]]}))


def test_docker_run(tmp_path: Path) -> None:
    told = variables(next(command for command in ways() if command.startswith("docker run")))
    assert told["NETWORKX_MCP_HTTP_HOST"] == "0.0.0.0"
    with Server(tmp_path, environment=told) as server:
        assert server.rpc("tools/list", headers=HOST).status_code == 200
        assert server.rpc("tools/list", headers={"host": "evil.example:8080"}).status_code == 421


def test_compose(tmp_path: Path, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    document: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    told = document["services"]["server"]["environment"]
    told = {name: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value) for name, value in told.items()}
    assert told["NETWORKX_MCP_STORE_URL"] == "redis://store:6379/0"
    tokens = tmp_path / "tokens"
    tokens.mkdir()
    created = command_line.run("token", "create", "--name", "ann")
    token, entry = created.stdout.splitlines()
    (tokens / "ann.json").write_text(json.dumps([json.loads(entry)]))
    places = {
        "NETWORKX_MCP_STORE_URL": redis_server.url,
        "NETWORKX_MCP_STORE_PREFIX": "compose",
        "NETWORKX_MCP_AUTH_TOKENS_DIR": str(tokens),
    }
    with Server(tmp_path / "server", environment=told | places) as server:
        assert server.rpc("tools/list", headers=HOST).status_code == 401
        assert server.rpc("tools/list", token=token, headers=HOST).status_code == 200


def text(result: dict[str, Any]) -> str:
    """What a tool answered."""
    found: str = result["content"][0]["text"]
    return found
