"""The scripts that tests/e2e runs in a client pod, run here as there: by `python -`, with the image's package alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e import store_password, test_install, test_operations
from tests.e2e.cluster import WORKLOAD
from tests.helpers.patience import PATIENCE
from tests.helpers.server import SOURCE, Server

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("scripts"), auth=True) as started:
        yield started


@pytest.fixture
def token(server: Server, tmp_path: Path) -> str:
    """A file with the token, as the pod's Secret is mounted."""
    file = tmp_path / "smoke"
    file.write_text(f"{server.token}\n", encoding="utf-8")
    return str(file)


def run(server: Server, script: str, *arguments: str) -> str:
    env = {**server.env, "PYTHONPATH": str(SOURCE)}
    done = subprocess.run(
        [sys.executable, "-", *arguments],
        input=script,
        env=env,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_status_is_that_of_the_token(server: Server) -> None:
    assert run(server, test_operations.STATUS, server.url, str(server.token)) == "200\n"
    assert run(server, test_operations.STATUS, server.url, "nmcp_wrong") == "401\n"


def test_the_store_is_read_through_every_server(server: Server) -> None:
    assert run(server, store_password.READ, str(server.token), server.url, server.url) == "200 False\n" * 2


def test_what_one_url_wrote_is_read_from_the_other(server: Server, token: str) -> None:
    told: dict[str, Any] = json.loads(run(server, test_install.READ_ACROSS, server.url, server.url, token))
    assert told == {"stale": 0, "status": 200, "is_error": False}


def test_the_workload_counts_what_was_acknowledged(server: Server, token: str, tmp_path: Path) -> None:
    options = ["--url", server.url, "--token-file", token, "--seconds", "2", "--stop", str(tmp_path / "stop")]
    said = run(server, WORKLOAD.read_text(encoding="utf-8"), *options).splitlines()
    assert said[0] == "started"
    seen = json.loads(said[-1])
    assert seen["acknowledged"] > 0
    assert (seen["lost"], seen["stale"], seen["broken_promises"], seen["failures"]) == (0, 0, [], [])
    assert sum(graph["nodes"] for graph in seen["graphs"].values()) == seen["acknowledged"]
