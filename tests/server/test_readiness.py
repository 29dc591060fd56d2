"""/ready says whether this pod can serve: not whether it is busy, and not whether the store is away."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest
from tests.helpers.patience import eventually
from tests.helpers.redis_server import RedisServer
from tests.helpers.server import Server

Make = Callable[..., Server]


def check(server: Server, name: str) -> dict[str, Any]:
    found: dict[str, Any] = server.get("/ready").json()["checks"][name]
    return found


@pytest.mark.long
def test_a_store_that_went_away_leaves_it_ready_and_calls_are_told(make_server: Make) -> None:
    with RedisServer() as redis:
        server = make_server(store_type="redis", store_url=redis.url, store_timeout_seconds=1).start()
        assert server.call("create_graph", {"graph_id": "g"})
        redis.kill()
        eventually(lambda: check(server, "storage")["state"] == "down")
        assert server.get("/ready").status_code == 200
        assert "operation_id" not in check(server, "storage")["detail"], "an operator reads it, and no caller"
        assert server.metric("store_up") == 0
        answer = server.call("describe_graph", {"graph_id": "g"})
        assert answer["isError"]
        assert answer["_meta"]["networkx-mcp/error"]["error"] == "store_unavailable"
        assert answer["_meta"]["networkx-mcp/error"]["retry_after"]
        redis.start()
        eventually(lambda: check(server, "storage")["state"] == "up")
        eventually(lambda: not server.call("describe_graph", {"graph_id": "g"}).get("isError"))
        assert server.metric("store_up") == 1


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One whose zygote may be killed: each test waits until another is up."""
    with Server(tmp_path_factory.mktemp("zygotes")) as started:
        yield started


def test_a_dead_zygote_is_back_before_anybody_takes_the_pod_out(server: Server) -> None:
    eventually(lambda: check(server, "compute")["state"] == "up")
    (zygote,) = server.zygotes()
    zygote.kill()
    eventually(lambda: not zygote.is_running() and check(server, "compute")["state"] == "up")
    assert server.get("/ready").status_code == 200


@pytest.mark.long
def test_without_compute_for_more_than_five_seconds_it_is_not_ready_until_it_is_back(server: Server) -> None:
    eventually(lambda: check(server, "compute")["state"] == "up")

    def dead_and_not_ready() -> bool:
        for process in server.zygotes():
            with contextlib.suppress(psutil.Error):
                process.kill()
        answer = server.get("/ready")
        return answer.status_code == 503 and answer.json()["status"] == "compute_down"

    assert server.get("/ready").status_code == 200
    eventually(dead_and_not_ready, every=0.02)
    assert server.get("/health").status_code == 200
    eventually(lambda: server.get("/ready").status_code == 200)


def test_a_store_that_may_lose_writes_is_refused_and_the_setting_named(make_server: Make) -> None:
    with RedisServer(durable=False) as redis:
        server = make_server(store_type="redis", store_url=redis.url)
        with pytest.raises(RuntimeError, match="startup_failed"):
            server.start()
        assert server.wait() == 1
        (failed,) = server.events("startup_failed")
        assert "appendonly" in failed["message"]
        assert "allow_volatile" in failed["message"] or "ALLOW_VOLATILE" in failed["message"]
