"""The load scenarios against a real server: what they count is what the server did."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.helpers.server import ROOT, Server

pytestmark = pytest.mark.long

# A loop without pauses passes a token's 2,000 requests/s on a fast machine, most of all where the server sheds. What a
# generator counts is the matter here, not the rate limit, which has its own tests.
UNLIMITED = {"auth": True, "ratelimit_enabled": False}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("loadtests"), **UNLIMITED) as running:
        found, _ = generate(running, prepare=True)
        assert found["prepared"] == found["wanted"]
        yield running


def generate(server: Server, during: Callable[[], None] = lambda: None, **job: Any) -> tuple[dict[str, Any], list[str]]:
    """The generator's document and the marks before it. `during` is called when the measured window begins."""
    job = {"host": "127.0.0.1", "port": server.port, "tokens": [server.token], "run": "test", "users": 1, **job}
    job = {"workload": "mixed", "seconds": 2, "warmup": 1, **job}
    lines = []
    with subprocess.Popen(
        [sys.executable, "-m", "loadtests.generator"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdin.write(json.dumps(job))
        child.stdin.close()
        for line in child.stdout:
            lines.append(line.strip())
            if line.strip() == "begin":
                during()
        told = child.stderr.read()
    assert child.returncode == 0, told
    return json.loads(lines[-1]), lines[:-1]


@pytest.mark.parametrize("workload", ["agent", "agentic", "mixed"])
def test_every_workload_runs_without_a_mistake(server: Server, workload: str) -> None:
    found, marks = generate(server, workload=workload, users=10)
    assert marks == ["begin", "end"]
    assert found["mistakes"] == 0, found["examples"]
    assert set(found["outcomes"]) <= {"ok", "shed", "timeout"}, found["examples"]
    assert found["probes"]["failed"] == 0


@pytest.mark.parametrize("workload", ["agent", "agentic"])
def test_agents_leave_no_graphs(server: Server, workload: str) -> None:
    generate(server, workload=workload, users=3, seconds=1)
    graphs = server.call("list_graphs", {"limit": 200})["structuredContent"]["graphs"]
    assert not [row["graph_id"] for row in graphs if row["graph_id"].startswith("agent")]


def test_what_the_client_counts_is_what_the_server_counts(server: Server) -> None:
    before = server.metric("requests_total", tool="get_neighbors", outcome="ok")
    found, _ = generate(server, workload="reader", users=2, seconds=3, warmup=0.2)
    counted = server.metric("requests_total", tool="get_neighbors", outcome="ok") - before
    assert 0 < found["tools"].get("get_neighbors", {"requests": 0})["requests"] <= counted


def test_sheds_are_failures_though_others_are_answered(make_server: Callable[..., Server]) -> None:
    with make_server(**UNLIMITED, limits_connections=1, limits_queue=1) as small:
        generate(small, prepare=True)
        found, _ = generate(small, workload="reader", users=60)
    assert found["outcomes"].get("shed", 0) > 0, found["outcomes"]
    assert found["mistakes"] == 0, found["examples"]
    assert found["success_percent"] < 100


def test_a_wrong_token_is_a_mistake_and_no_failure_of_the_server(server: Server) -> None:
    found, _ = generate(server, workload="reader", tokens=["nmcp_wrong"], seconds=1)
    assert found["mistakes"] > 0
    assert set(found["outcomes"]) == {"client_error"}
    assert found["requests"] == 0


def test_at_a_fixed_rate_a_stall_is_charged_to_all_who_would_have_called(server: Server) -> None:
    """The server stands still for a second: at 50 calls a second 50 were due meanwhile, a sixth of all."""

    def stall() -> None:
        server.signal(signal.SIGSTOP)
        time.sleep(1.0)
        server.signal(signal.SIGCONT)

    found, _ = generate(server, stall, workload="reader", users=4, rate=50, seconds=6, warmup=0.5)
    # Every call that was due is counted, and a tenth waited for long. Users that wait for their answers would have
    # sent one call each during the stall: four slow ones of some hundred, and P90 would not know.
    assert found["requests"] == pytest.approx(300, abs=2)
    assert found["p90_ms"] > 200


def test_a_server_that_is_gone_is_a_failure(server: Server) -> None:
    found, _ = generate(server, workload="reader", port=1, seconds=0.5, warmup=0.2)
    assert set(found["outcomes"]) <= {"connection"}
    assert found["success_percent"] == 0
