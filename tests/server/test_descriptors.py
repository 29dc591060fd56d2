"""File descriptors: raised to the hard limit, divided where that is low, and a process without any says so."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.helpers.patience import eventually
from tests.helpers.raw_http import RawClient
from tests.helpers.server import Server

from networkx_mcp.http.health import BROKEN_SECONDS
from networkx_mcp.telemetry import looplag

pytestmark = pytest.mark.long

SERVE = (sys.executable, "-m", "networkx_mcp", "serve")


def limited(soft: int, hard: int) -> tuple[str, ...]:
    """The server under these limits of open files."""
    return ("/bin/sh", "-c", f'ulimit -Sn {soft} && ulimit -Hn {hard} && exec "$@"', "sh", *SERVE)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that may never have more than 512."""
    directory = tmp_path_factory.mktemp("descriptors")
    with Server(directory, auth=True, command=limited(512, 512), limits_tenant_graphs=2000) as started:
        yield started


def open_files(server: Server) -> int:
    return sum(1 for _ in Path(f"/proc/{server.pid}/fd").iterdir())


def test_the_soft_limit_is_raised_to_the_hard_one(tmp_path: Path) -> None:
    with Server(tmp_path, command=limited(256, 4096)) as server:
        assert server.metric("descriptors_limit") == 4096
        assert resource.prlimit(server.pid, resource.RLIMIT_NOFILE) == (4096, 4096)
        assert server.metric("sockets_limit") == 1920  # what is left beside graphs
        assert "descriptors_few" in server.log_text()


def test_where_there_are_enough_the_setting_holds(tmp_path: Path) -> None:
    with Server(tmp_path, limits_sockets=64) as server:
        assert server.metric("sockets_limit") == 64
        assert "descriptors_few" not in server.log_text()
        eventually(lambda: abs(server.metric("descriptors") - open_files(server)) <= 3)


def test_graphs_in_memory_make_room_before_descriptors_end(small: Server) -> None:
    for number in range(300):
        made = small.call("create_graph", {"graph_id": f"g{number}", "edges": [["a", "b"]]})
        assert not made.get("isError"), (number, made)
    for number in range(0, 300, 7):  # a worker's answer needs descriptors as well
        told = small.call("describe_graph", {"graph_id": f"g{number}"})
        assert not told.get("isError"), (number, told)
    assert open_files(small) < 512 * 0.8
    ranked = small.call("rank_nodes", {"graph_id": "g0", "measure": "closeness"})
    assert not ranked.get("isError"), ranked
    assert small.get("/health").status_code == 200


def test_idle_sockets_leave_descriptors_for_all_else(small: Server) -> None:
    held = [RawClient(small) for _ in range(700)]
    try:
        assert small.get("/ready").status_code == 200
        assert not small.call("create_graph", {"graph_id": "beside"}).get("isError")
        assert not small.call("rank_nodes", {"graph_id": "g1", "measure": "closeness"}).get("isError")
        assert open_files(small) < 512
    finally:
        for client in held:
            client.__exit__()


def test_a_process_that_can_open_nothing_asks_to_be_restarted(tmp_path: Path) -> None:
    with Server(tmp_path) as server, RawClient(server) as kept:
        kept.request("GET", "/health")
        assert kept.answer()[0] == 200
        hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)[1]
        # 0 to 2 are always open, so that no number below the limit is ever free, whatever the process closes meanwhile.
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (3, hard))
        began = time.monotonic()

        def answer() -> int:
            kept.request("GET", "/health")
            return kept.answer()[0]

        eventually(lambda: answer() == 503, every=1)
        assert time.monotonic() - began > BROKEN_SECONDS, "not at once"
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (hard, hard))
        eventually(lambda: answer() == 200)  # with a zygote, too


def test_a_process_without_a_zygote_asks_to_be_restarted(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        killed: set[int] = set()

        def unhealthy() -> bool:
            for one in server.zygotes():
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.kill()
                    killed.add(one.pid)
            return server.get("/health").status_code == 503

        eventually(unhealthy, every=0.2)
        assert len(killed) > 1, "others were started meanwhile"
        answer = server.get("/health")
        assert answer.status_code == 503
        assert "zygote" in answer.json()["detail"]
        eventually(lambda: server.get("/health").status_code == 200)  # one is there again


def test_loop_lag_is_observed(small: Server) -> None:
    began, before = time.monotonic(), small.metric("event_loop_lag_seconds_count")
    eventually(lambda: small.metric("event_loop_lag_seconds_count") >= before + 10)
    assert (
        small.metric("event_loop_lag_seconds_count") - before <= (time.monotonic() - began) / looplag.PERIOD_SECONDS + 1
    )
    os.kill(small.pid, signal.SIGSTOP)
    time.sleep(0.8)
    os.kill(small.pid, signal.SIGCONT)

    def late() -> bool:
        scrape = small.metrics()  # one: a later count has seen more
        counted = scrape["networkx_mcp_event_loop_lag_seconds_count", ()]
        return counted > scrape["networkx_mcp_event_loop_lag_seconds_bucket", (("le", "0.5"),)]

    eventually(late)
