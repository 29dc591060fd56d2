"""What one caller's heavy work does to others: nothing, whether it burns the CPU, runs out of time or memory, is
abandoned, or loses its processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from tests.helpers.caller import ReplicaClient, ToolAnswer
from tests.helpers.patience import PATIENCE, eventually
from tests.helpers.server import NO_TLS, Server, handshake, modern

pytestmark = pytest.mark.long

PROBES = ("/health", "/ready", "/startup", "/metrics")
DEADLINE = 5.0
#: Hours of pure Python in a graph that takes no memory: 20,000 maximum flows.
SPIN: dict[str, Any] = {"graph_id": "dense", "name": "all_pairs_node_connectivity"}
#: A matrix of 5,000 x 5,000 numbers, of 200 MB.
BOMB: dict[str, Any] = {"graph_id": "long", "name": "simrank_similarity"}


def fill(server: Server) -> None:
    """Graphs to work on."""
    dense = [[u, v] for v in range(200) for u in range(v) if (u + v) % 3 == 0]
    long = [[node, node + 1] for node in range(4_999)]
    for graph_id, edges in (("dense", dense), ("long", long), ("small", [["a", "b"], ["b", "c"]])):
        assert not server.call("create_graph", {"graph_id": graph_id, "edges": edges}).get("isError")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two workers with little memory, and so much time that no call here ends by its deadline."""
    times = {"queue": 100, "request": 400, "connection": 500}
    patience = {f"limits_{name}_timeout_seconds": seconds for name, seconds in times.items()}
    with Server(tmp_path_factory.mktemp("neighbours"), limits_workers=2, memory_worker_mb=128, **patience) as started:
        fill(started)
        yield started


@pytest.fixture(autouse=True)
def nothing_runs(server: Server) -> Iterator[None]:
    """Each test finds a warm zygote and one spare worker, and leaves no busy one to the next."""
    settle(server)
    yield
    settle(server)


def settle(server: Server) -> None:
    def idle() -> bool:
        with contextlib.suppress(psutil.NoSuchProcess, ValueError):
            (zygote,) = server.zygotes()
            return server.metric("workers", state="busy") == 0 and len(zygote.children()) == 1
        return False

    eventually(idle)


def spare(server: Server) -> psutil.Process:
    """The worker that the next call gets."""
    (zygote,) = server.zygotes()
    (found,) = zygote.children()
    return found


async def burning(server: Server, number: int = 1) -> None:
    """Wait until so many calls have their workers."""
    await asyncio.to_thread(eventually, lambda: server.metric("workers", state="busy") == number)


def gone(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.status() == psutil.STATUS_ZOMBIE
    return True


def is_timeout(answer: ToolAnswer) -> None:
    assert answer.error == "timeout", answer
    assert answer.data["setting"] == "limits.request_timeout_seconds"
    assert "stopped after 5 s" in answer.text
    assert "find_algorithms" in answer.text, "it says what to try"


async def test_point_reads_and_probes_are_answered_while_workers_burn(server: Server) -> None:
    async with (
        ReplicaClient(server) as heavy,
        ReplicaClient(server) as light,
        httpx.AsyncClient(timeout=PATIENCE, verify=NO_TLS) as probe,
    ):
        spins = [asyncio.create_task(heavy.call("run_algorithm", **SPIN)) for _ in range(2)]
        await burning(server, 2)
        for number in range(5):
            for path in PROBES:
                assert (await probe.get(server.base_url + path)).status_code == 200
            neighbors = await light.call("get_neighbors", graph_id="small", node="b")
            assert neighbors.data["total"] == 2
            assert (await light.call("describe_graph", graph_id="dense")).ok
            edits = [{"action": "add_nodes", "nodes": [number]}]
            assert (await light.call("edit_graph", graph_id="small", edits=edits)).ok
        assert not any(spin.done() for spin in spins), "an answer that waits for a worker waits for its deadline"
        for spin in spins:
            spin.cancel()


async def test_a_worker_that_burns_is_ended_at_its_deadline(tmp_path: Path) -> None:
    """The calls themselves would take hours."""
    with Server(tmp_path, limits_workers=2, limits_request_timeout_seconds=DEADLINE) as hasty:
        fill(hasty)
        async with ReplicaClient(hasty) as heavy:
            began = time.monotonic()
            answers = await asyncio.gather(*(heavy.call("run_algorithm", **SPIN) for _ in range(2)))
            assert time.monotonic() - began >= DEADLINE
        for answer in answers:
            is_timeout(answer)
        eventually(lambda: hasty.metric("worker_exits_total", reason="timeout") >= 2)
        eventually(lambda: hasty.metric("workers", state="busy") == 0)
        assert hasty.metric("requests_total", tool="run_algorithm", outcome="timeout") >= 2


async def test_heavy_calls_of_others_go_on_beside_one_that_burns(server: Server) -> None:
    async with ReplicaClient(server) as heavy, ReplicaClient(server) as other:
        spin = asyncio.create_task(heavy.call("run_algorithm", **SPIN))
        await burning(server)
        answer = await other.call("rank_nodes", graph_id="small", measure="closeness")
        assert answer.ok, answer
        assert not spin.done()
        spin.cancel()


async def test_a_tenant_that_holds_every_worker_holds_up_no_other_tenant(tmp_path: Path) -> None:
    with Server(
        tmp_path, auth=True, limits_workers=1, limits_queue_timeout_seconds=10, limits_request_timeout_seconds=49
    ) as tenants:
        fill(tenants)
        neighbour = tenants.add_token("neighbour", tenant="other")
        async with ReplicaClient(tenants) as busy, ReplicaClient(tenants, token=neighbour) as other:
            while not (made := await other.call("create_graph", graph_id="mine", edges=[["a", "b"]])).ok:
                assert made.status == 401, made  # the token is not read yet
                await asyncio.sleep(0.1)
            spin = asyncio.create_task(busy.call("run_algorithm", **SPIN))
            await burning(tenants)
            answered = await other.call("rank_nodes", graph_id="mine", measure="closeness")
            assert answered.ok, answered
            # The reserve is not for the tenant that has a worker.
            refused = await busy.call("rank_nodes", graph_id="small", measure="closeness")
            assert (refused.error, refused.data["queue"]) == ("shed", "heavy"), refused
            assert not spin.done()
            spin.cancel()


@pytest.mark.parametrize("era", [modern, handshake])
async def test_a_client_that_hangs_up_has_its_worker_killed(server: Server, era: Any) -> None:
    before = server.metric("worker_exits_total", reason="cancelled")
    async with httpx.AsyncClient(verify=NO_TLS, timeout=PATIENCE) as client:
        request = era("tools/call", {"name": "run_algorithm", "arguments": SPIN})
        worker = spare(server)
        call = asyncio.create_task(client.post(server.url, **request))
        await burning(server)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
    eventually(lambda: gone(worker))
    eventually(lambda: server.metric("worker_exits_total", reason="cancelled") == before + 1)
    eventually(lambda: server.metric("requests_total", tool="run_algorithm", outcome="cancelled") >= 1)


async def test_a_call_that_needs_too_much_memory_is_told_so_and_the_next_is_fine(server: Server) -> None:
    async with ReplicaClient(server) as greedy, ReplicaClient(server) as other:
        calls = await asyncio.gather(
            greedy.call("run_algorithm", **BOMB),
            other.call("rank_nodes", graph_id="small", measure="closeness"),
            other.call("get_neighbors", graph_id="small", node="b"),
        )
        assert calls[0].error == "memory_limit", calls[0]
        assert (calls[0].data["setting"], calls[0].data["maximum"]) == ("memory.worker_mb", 128 << 20)
        assert "find_algorithms" in calls[0].text
        assert [answer.error for answer in calls[1:]] == ["", ""]
        assert (await greedy.call("rank_nodes", graph_id="long", measure="pagerank")).ok
    eventually(lambda: server.metric("worker_exits_total", reason="memory_limit") >= 1)
    assert server.metric("requests_total", tool="run_algorithm", outcome="memory_limit") >= 1
    assert server.get("/ready").json()["checks"]["memory"]["state"] == "normal"


async def test_a_killed_worker_costs_the_one_call_that_it_ran(server: Server) -> None:
    async with ReplicaClient(server) as one, ReplicaClient(server) as other:
        worker = spare(server)
        spin = asyncio.create_task(one.call("run_algorithm", **SPIN))
        await burning(server)
        os.kill(worker.pid, signal.SIGKILL)
        answer = await spin
        assert answer.error == "unavailable", answer
        assert answer.data["retry_after"] >= 1
        assert "Repeat" in answer.text
        assert (await other.call("rank_nodes", graph_id="small", measure="closeness")).ok


async def test_a_killed_zygote_ends_its_calls_and_the_next_one_works(server: Server) -> None:
    async with ReplicaClient(server) as one, ReplicaClient(server) as other:
        spins = [asyncio.create_task(one.call("run_algorithm", **SPIN)) for _ in range(2)]
        await burning(server, 2)
        (lost,) = server.zygotes()
        workers = lost.children()
        lost.kill()
        assert (await other.call("get_neighbors", graph_id="small", node="b")).ok, "needs no worker"
        for answer in await asyncio.gather(*spins):
            assert answer.error == "unavailable", "not the timeout of their deadline"
            assert answer.data["retry_after"] >= 1
        assert (await other.until_told("rank_nodes", graph_id="small", measure="closeness")).ok
        assert (await other.call("describe_graph", graph_id="dense")).ok
        assert server.get("/ready").status_code == 200
    eventually(lambda: all(gone(process) for process in (lost, *workers)))
    eventually(lambda: server.metric("worker_exits_total", reason="zygote_lost") >= 2)


async def test_a_killed_server_leaves_no_process_behind(tmp_path: Path) -> None:
    with Server(tmp_path, limits_workers=2) as killed:
        fill(killed)
        async with ReplicaClient(killed) as heavy:
            spin = asyncio.create_task(heavy.call("run_algorithm", **SPIN))
            await burning(killed)
            left = killed.processes()
            assert len(left) >= 3, "the API, its zygote, a worker"
            os.kill(killed.pid, signal.SIGKILL)  # and not what is below it
            assert (await spin).error == "lost"
        killed.wait()
        eventually(lambda: all(gone(process) for process in left))
