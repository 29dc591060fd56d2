"""`python -m networkx_mcp.smoke`, as `helm test` runs it, against a real server."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.helpers.patience import PATIENCE, eventually
from tests.helpers.server import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("smoke"), auth=True) as started:
        yield started


def smoke(server: Server, token: str, directory: Path) -> subprocess.CompletedProcess[str]:
    file = directory / "token"
    file.write_text(f"{token}\n", encoding="utf-8")
    command = [sys.executable, "-m", "networkx_mcp.smoke", server.url, "--token-file", str(file)]
    return subprocess.run(command, env=server.env, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_both_eras_pass_and_nothing_is_left_behind(server: Server, tmp_path: Path) -> None:
    done = smoke(server, str(server.token), tmp_path)
    assert done.returncode == 0, done.stderr
    for era in ("2026-07-28", "2025-11-25"):
        assert f"{era}: created, edited once, read smoke-" in done.stdout
    assert done.stdout.endswith("smoke: passed\n")
    assert server.call("list_graphs")["structuredContent"]["graphs"] == []


def test_no_process_carries_pandas_which_arrow_would_bring_along(server: Server) -> None:
    csv = {"format": "csv", "content": "source,target,weight\na,b,true\n"}
    for name, arguments in (("load_graph", csv), ("rank_nodes", {}), ("delete_graph", {})):
        assert not server.call(name, {"graph_id": "rows", **arguments}).get("isError")
    processes = server.pids()
    assert len(processes) >= 2, "the API and its zygote"
    for pid in processes:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a worker that has ended meanwhile
            assert "/pandas/" not in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8")


def test_a_wrong_token_fails_and_is_not_printed(server: Server, tmp_path: Path) -> None:
    token = "nmcp_" + "x" * 43
    done = smoke(server, token, tmp_path)
    assert done.returncode == 1
    assert "HTTP 401" in done.stderr
    assert token not in done.stdout + done.stderr


def test_a_token_that_may_only_read_fails_at_the_first_write(server: Server, tmp_path: Path) -> None:
    reader = server.add_token("reader", scopes=["read"])
    eventually(lambda: server.rpc("tools/list", token=reader).status_code == 200)
    done = smoke(server, reader, tmp_path)
    assert done.returncode == 1
    assert "write" in done.stderr


def test_no_server_fails(server: Server, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "networkx_mcp.smoke", "http://127.0.0.1:9/mcp"],
        env=server.env,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("smoke: ConnectError")
