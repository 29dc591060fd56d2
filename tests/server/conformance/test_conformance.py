"""The official MCP conformance suite against the real server, in both protocol eras.

The suite has no option for tokens, so the server runs without and on loopback only; everything else
is as in production. Its fixtures are added by `serve.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.helpers import node
from tests.helpers.ports import Port
from tests.helpers.server import Server

HERE = Path(__file__).parent
REVISIONS = {"2026-07-28": [], "2025-11-25": ["--expected-failures", str(HERE / "expected-2025-11-25.yml")]}


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


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_official_suite_passes(revision: str, server: Server, tmp_path: Path) -> None:
    suite = node.package("@modelcontextprotocol/conformance") / "dist" / "index.js"
    arguments = ["server", "--url", server.url, "--requirements", revision, "-o", str(tmp_path), *REVISIONS[revision]]
    done = node.run(suite, *arguments)
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}"


def test_no_more_is_expected_to_fail_than_what_needs_a_session() -> None:
    lines = (HERE / "expected-2025-11-25.yml").read_text(encoding="utf-8").splitlines()
    expected = [line for line in lines if line.lstrip().startswith("- ")]
    assert len(expected) <= 5
    assert all("#" in line for line in expected), "each expected failure has its reason"
