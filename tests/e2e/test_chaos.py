"""The store hangs, its line is slow, cut or lossy, pods go: nothing acknowledged is lost, and calls go on by themselves.

Each fault is made under the workload of workload.py, whose history is judged. The tests without the mark `chaos`
are the short form that belongs to `make e2e`.
"""

from __future__ import annotations

import json
import time

import pytest
from tests.e2e.chaos_faults import proxied_store
from tests.e2e.chaos_nodes import Nodes
from tests.e2e.chaos_record import Chaos
from tests.e2e.cluster import Release, eventually

#: Seconds of quiet before and after a fault.
QUIET = 4
WORKLOAD = ("--seconds", "3000", "--writers", "4", "--readers", "2")


@pytest.mark.parametrize("seconds", [10, pytest.param(60, marks=pytest.mark.chaos)])
def test_a_store_that_hangs_refuses_calls_and_loses_none(
    release: Release, nodes: Nodes, chaos: Chaos, seconds: int
) -> None:
    store = release.pods(release.store)[0]
    nodes.agent(store["spec"]["nodeName"])
    workload = release.workload(*WORKLOAD)
    time.sleep(QUIET)
    begin = workload.now()
    nodes.freeze(store, "redis-server,valkey-server", seconds)
    end = workload.now()
    time.sleep(QUIET)
    eventually("the store to be ready", lambda: release.pods(release.store), 120)
    seen = workload.finish()
    after = release.pods(release.store)[0]
    restarts = after["status"]["containerStatuses"][0]["restartCount"]
    before = store["status"]["containerStatuses"][0]["restartCount"]
    measured = {"store_restarts": restarts - before}
    what = f"the store's process is stopped (SIGSTOP) for {seconds} s"
    fault = chaos.judge(release, f"store-hang-{seconds}s", what, seen, [(begin, end)], measured, least=20)
    assert fault.longest_wait_seconds[0] >= seconds - 2, "the fault was not felt, so nothing was shown"
    assert fault.recover_seconds[0] < 60


def test_a_slow_line_to_the_store_and_cut_connections(release: Release, chaos: Chaos) -> None:
    with proxied_store(release) as mode:
        workload = release.workload(*WORKLOAD)
        time.sleep(QUIET)
        windows = []
        for words in ("delay 0.1", "cut 1"):
            begin = workload.now()
            mode(words)
            time.sleep(12)
            mode("pass")
            windows.append((begin, workload.now()))
            time.sleep(QUIET)
        seen = workload.finish()
    what = (
        "a proxy adds 200 ms to each round trip to the store for 12 s, then cuts every connection within 1 s for 12 s"
    )
    fault = chaos.judge(release, "store-line", what, seen, windows, least=20)
    assert max(fault.recover_seconds) < 30


@pytest.mark.chaos
def test_a_store_that_cannot_be_reached(release: Release, chaos: Chaos) -> None:
    with proxied_store(release) as mode:
        workload = release.workload(*WORKLOAD)
        windows = []
        for seconds in (5, 20):
            time.sleep(QUIET)
            begin = workload.now()
            mode("refuse")
            time.sleep(seconds)
            mode("pass")
            windows.append((begin, workload.now()))
        time.sleep(QUIET)
        seen = workload.finish()
    what = "every connection to the store is cut and none is taken, for 5 s and for 20 s"
    fault = chaos.judge(release, "store-unreachable", what, seen, windows)
    assert max(fault.recover_seconds) < 30


@pytest.mark.chaos
@pytest.mark.parametrize("percent", [5, 20])
def test_lost_packets_between_server_and_store(release: Release, nodes: Nodes, chaos: Chaos, percent: int) -> None:
    store = release.pods(release.store)[0]
    nodes.agent(store["spec"]["nodeName"])
    workload = release.workload(*WORKLOAD)
    time.sleep(QUIET)
    begin = workload.now()
    with nodes.packet_loss(store, 6379, percent / 100):
        time.sleep(30)
    end = workload.now()
    time.sleep(QUIET)
    seen = workload.finish()
    what = f"iptables drops {percent} % of the packets of each direction between servers and store for 30 s"
    fault = chaos.judge(release, f"packet-loss-{percent}", what, seen, [(begin, end)])
    assert fault.longest_wait_seconds[0] > 0, "the fault was not felt, so nothing was shown"
    assert fault.recover_seconds[0] < 60


@pytest.mark.chaos
def test_the_autoscaler_takes_a_pod_away_under_load(release: Release, chaos: Chaos) -> None:
    quick = {
        "scaleDown": {"stabilizationWindowSeconds": 0, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 5}]}
    }

    def bounds(least: int, most: int) -> None:
        spec = {"minReplicas": least, "maxReplicas": most, "behavior": quick}
        release.kubectl("patch", "hpa", release.fullname, "--type=merge", "-p", json.dumps({"spec": spec}))

    before = release.get("hpa", release.fullname)["spec"]
    windows = []
    try:
        bounds(3, 3)
        eventually("three ready pods", lambda: len(release.pods(release.server)) == 3, 180)
        workload = release.workload(*WORKLOAD)
        time.sleep(QUIET)
        for _ in range(2):
            begin = workload.now()
            bounds(2, 2)  # fewer at most: the autoscaler scales in whatever the load is
            eventually("two pods", lambda: len(release.pods(release.server, ready=False)) == 2, 180)
            windows.append((begin, workload.now()))
            bounds(3, 3)
            eventually("three ready pods", lambda: len(release.pods(release.server)) == 3, 180)
        seen = workload.finish()
    finally:
        restore = json.dumps([{"op": "replace", "path": "/spec", "value": before}])
        release.kubectl("patch", "hpa", release.fullname, "--type=json", "-p", restore)
    what = "the autoscaler takes one of three pods away, twice"
    chaos.judge(release, "scale-in", what, seen, windows)
    broken = {reason: n for reason, n in seen["repeated"].items() if reason.startswith("broken_")}
    assert not broken, seen
