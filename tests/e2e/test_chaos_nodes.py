"""Nodes are lost: servers come up elsewhere, clients of the other replica notice nothing, the store returns.

A node that is gone counts as lost after 50 s, and its server pods leave it 30 s later. The store stays bound to its
node, since two stores on one volume would be worse than none: it returns with the node, or elsewhere once somebody
states that the node is off (the out-of-service taint).
"""

from __future__ import annotations

import time
from typing import Any

import pytest
from tests.e2e.chaos_nodes import Losses
from tests.e2e.chaos_record import Chaos
from tests.e2e.cluster import Release, Running, eventually, run

QUIET = 4
WORKLOAD = ("--seconds", "3000", "--writers", "3", "--readers", "2", "--give-up", "400")
OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"


def on(release: Release, selector: str, node: str) -> list[dict[str, Any]]:
    """Ready pods of a selector on a node."""
    return [pod for pod in release.pods(selector) if pod["spec"]["nodeName"] == node]


def place(release: Release, losses: Losses, selector: str, node: str) -> None:
    """Have a ready pod of the selector on the node; one from elsewhere is moved."""
    if not on(release, selector, node):
        with losses.placed_on(node):
            release.kubectl("delete", "pod", release.pods(selector)[0]["metadata"]["name"], "--wait=true", timeout=120)
            eventually(f"a pod on {node}", lambda: on(release, selector, node), 120)
    eventually("two servers and a store", lambda: _whole(release), 120)


def _whole(release: Release) -> bool:
    return len(release.pods(release.server)) >= 2 and len(release.pods(release.store)) == 1


def lose(losses: Losses, node: str) -> None:
    """Lose the node, and wait until it counts as lost."""
    losses.lose(node)
    eventually("the node to count as lost", lambda: not losses.ready(node), 180)


def beside_the_store(release: Release, losses: Losses, victim: str, stays: str) -> Running:
    """Callers of a release that has its store on the node to lose, and a server on the one that stays."""
    place(release, losses, release.store, victim)
    place(release, losses, release.server, stays)
    workload = release.workload(*WORKLOAD, pod="witness")
    time.sleep(QUIET)
    return workload


@pytest.fixture
def witness(release: Release, losses: Losses) -> tuple[str, str]:
    """The node to lose and the one that stays, with a client on the latter."""
    victim = losses.victim()
    stays = losses.others(victim)[0]
    release.client_pod("witness", {f"{release.fullname}-client": "true"}, stays)
    return victim, stays


@pytest.mark.chaos
@pytest.mark.timeout(1200)
def test_servers_come_up_elsewhere_and_the_other_replica_serves_on(
    release: Release, losses: Losses, chaos: Chaos, witness: tuple[str, str]
) -> None:
    victim, stays = witness
    for number in range(3):
        place(release, losses, release.store, stays)
        place(release, losses, release.server, victim)
        place(release, losses, release.server, stays)
        neighbour = on(release, release.server, stays)[0]
        direct = ("--url", f"http://{neighbour['status']['podIP']}:8080/mcp")
        host = ("--host", f"{release.fullname}.{release.name}.svc")
        everybody = release.workload(*WORKLOAD, pod="witness")
        beside = release.workload(*WORKLOAD, *direct, *host, pod="witness")
        time.sleep(QUIET)
        begin, begin_beside = everybody.now(), beside.now()
        try:
            lose(losses, victim)
            counted = everybody.now() - begin
            eventually("two servers elsewhere", lambda: len(on(release, release.server, stays)) >= 2, 240)
            elsewhere = everybody.now() - begin
        finally:
            losses.bring_back(victim)
        time.sleep(QUIET)
        end_beside = beside.now()
        seen, seen_beside = everybody.finish(), beside.finish()
        measured = {"counted_lost_seconds": round(counted, 1), "servers_elsewhere_seconds": round(elsewhere, 1)}
        what = "a node with a server is lost; recovery counts from when two servers are ready elsewhere"
        chaos.judge(release, f"node-loss-{number + 1}", what, seen, [(begin, begin + elsewhere)], measured)
        what = "the same loss, seen by clients of the other replica only"
        window = (begin_beside, end_beside)
        chaos.judge(release, f"node-loss-{number + 1}-other-replica", what, seen_beside, [window])
        assert elsewhere < 120
        assert seen_beside["repeated"] == {}, "clients of the other replica noticed it"


@pytest.mark.chaos
@pytest.mark.timeout(1200)
def test_the_store_returns_with_its_node(
    release: Release, losses: Losses, chaos: Chaos, witness: tuple[str, str]
) -> None:
    victim, stays = witness
    workload = beside_the_store(release, losses, victim, stays)
    begin = workload.now()
    try:
        lose(losses, victim)
    finally:
        back = workload.now()
        losses.bring_back(victim)
    eventually("the store to be ready", lambda: release.pods(release.store), 180)
    ready = workload.now() - back
    time.sleep(QUIET)
    eventually("two servers", lambda: _whole(release), 120)
    seen = workload.finish(timeout=500)
    what = "the store's node is lost, and starts again once it counts as lost; recovery counts from its start"
    chaos.judge(release, "node-loss-4-store", what, seen, [(begin, back)], {"store_ready_seconds": round(ready, 1)})


@pytest.mark.chaos
@pytest.mark.timeout(1200)
def test_the_store_moves_once_its_node_is_out_of_service(
    release: Release, losses: Losses, chaos: Chaos, witness: tuple[str, str]
) -> None:
    victim, stays = witness
    workload = beside_the_store(release, losses, victim, stays)
    begin = workload.now()
    try:
        lose(losses, victim)
        tainted = workload.now()
        run("kubectl", "taint", "node", victim, f"{OUT_OF_SERVICE}=nodeshutdown:NoExecute")
        eventually("the store elsewhere", lambda: on(release, release.store, stays), 240)
        ready = workload.now() - tainted
        time.sleep(QUIET)
    finally:
        losses.bring_back(victim)
        run("kubectl", "taint", "node", victim, f"{OUT_OF_SERVICE}-", check=False)
    eventually("two servers", lambda: _whole(release), 120)
    seen = workload.finish(timeout=500)
    what = (
        "the store's node is lost and, once it counts as lost, tainted out-of-service; recovery counts from the taint"
    )
    chaos.judge(release, "node-loss-5-store", what, seen, [(begin, tainted)], {"store_ready_seconds": round(ready, 1)})
