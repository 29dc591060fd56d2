"""The official MCP conformance suite against the real server, in both protocol eras, over HTTP and over pipes.

The suite has no option for tokens, so the server runs without and on loopback only; everything else
is as in production. Its fixtures are added by `serve.py`. It speaks HTTP alone, so `pipes.py` stands between it and
`networkx-mcp stdio`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.helpers import node
from tests.helpers.ports import Port
from tests.helpers.server import Server
from tests.server.conformance.pipes import Pipes

HERE = Path(__file__).parent
REVISIONS = ("2026-07-28", "2025-11-25")
#: A line that does not say its version is taken for one of the handshake era, and refused as that: over pipes nothing else tells.
WITHOUT_VERSION = {
    "sep-2575-request-meta-invalid-missing-meta",
    "sep-2575-request-meta-invalid-missing-protocol-version",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    command = (sys.executable, "-m", "tests.server.conformance.serve")
    port = Port()
    # The suite calls as a page of the server's own origin would, too: browsers are let in by name only.
    origins = f"http://127.0.0.1:{port.number},http://localhost:{port.number}"
    directory = tmp_path_factory.mktemp("conformance")
    with Server(directory, command=command, http_port=port.number, http_allowed_origins=origins) as started:
        yield started
    port.release()


@pytest.fixture(scope="module")
def pipes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipes]:
    with Pipes(tmp_path_factory.mktemp("pipes")) as started:
        yield started


def expected(name: str) -> list[str]:
    """The option of a list of scenarios that fail, if there is one."""
    path = HERE / f"expected-{name}.yml"
    return ["--expected-failures", str(path)] if path.exists() else []


def run(url: str, revision: str, output: Path, failures: list[str]) -> subprocess.CompletedProcess[str]:
    suite = node.package("@modelcontextprotocol/conformance") / "dist" / "index.js"
    return node.run(suite, "server", "--url", url, "--requirements", revision, "-o", str(output), *failures)


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_official_suite_passes(revision: str, server: Server, tmp_path: Path) -> None:
    done = run(server.url, revision, tmp_path, expected(revision))
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}"


@pytest.mark.parametrize("revision", REVISIONS)
def test_it_passes_over_pipes(revision: str, pipes: Pipes, tmp_path: Path) -> None:
    done = run(pipes.url, revision, tmp_path, expected(f"stdio-{revision}"))
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}"
    for report in tmp_path.glob("server-server-stateless-*/checks.json"):
        failed = {check["id"] for check in json.loads(report.read_text()) if check["status"] == "FAILURE"}
        assert failed <= {check for check in failed if "http" in check} | WITHOUT_VERSION


@pytest.mark.parametrize("path", sorted(HERE.glob("expected-*.yml")), ids=lambda path: path.stem)
def test_no_more_is_expected_to_fail_than_what_needs_a_session(path: Path) -> None:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.lstrip().startswith("- ")]
    assert 0 < len(lines) <= 6
    assert all("#" in line for line in lines), "each expected failure has its reason"
