"""Nothing acknowledged is lost, and nothing happens twice, whatever is killed."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from tests.e2e.chaos_record import Chaos
from tests.e2e.cluster import CommandFailed, Release, eventually, run


def kill(release: Release, selector: str, number: int) -> None:
    """Take a pod away without grace, as a crash would."""
    pods = eventually("a ready pod to kill", lambda: release.pods(selector), 180)
    name = pods[number % len(pods)]["metadata"]["name"]
    release.kubectl("delete", "pod", name, "--grace-period=0", "--force", "--wait=false")


def brief(seen: dict[str, Any]) -> dict[str, Any]:
    """What a report keeps of a history."""
    return {name: value for name, value in seen.items() if name != "waits"}


def test_kills_of_pods_and_store_lose_no_acknowledged_write(
    release: Release, full: bool, report: dict[str, Any], chaos: Chaos
) -> None:
    pod_kills, store_kills = (50, 10) if full else (5, 1)
    workload = release.workload("--seconds", "3000", "--writers", "4", "--readers", "2")
    store_every = pod_kills // store_kills
    recoveries = []
    kills: dict[str, list[tuple[float, float]]] = {"server": [], "store": []}
    for number in range(pod_kills):
        kill(release, release.server, number)
        kills["server"].append((workload.now(), workload.now()))
        time.sleep(4)
        if number % store_every == store_every - 1:
            begun = time.monotonic()
            kill(release, release.store, 0)
            kills["store"].append((workload.now(), workload.now()))
            eventually("the store to come back", lambda: release.pods(release.store), 180)
            recoveries.append(round(time.monotonic() - begun, 1))
    eventually("two ready pods", lambda: len(release.pods(release.server)) >= 2, 180)
    time.sleep(5)
    seen = workload.finish()
    what = f"{pod_kills} server pods and {store_kills} stores are killed without grace, a server every 4 s"
    measured = {"servers": pod_kills, "stores": store_kills, "store_back_seconds": recoveries}
    chaos.judge(release, "kills", what, seen, kills["server"] + kills["store"], measured, least=20 * pod_kills)
    report["kills"] = {"pods": pod_kills, "stores": store_kills, "store_back_seconds": recoveries, **brief(seen)}


def test_an_upgrade_under_load_fails_no_faithful_client(release: Release, report: dict[str, Any], chaos: Chaos) -> None:
    workload = release.workload("--seconds", "600", "--writers", "3", "--readers", "2", "--naive", "2")
    before = {pod["metadata"]["name"] for pod in release.pods(release.server)}
    begin = workload.now()
    release.helm("upgrade", "--force-conflicts", "--set", "limits.queue=300")
    eventually(
        "the old pods to end",
        lambda: not before & {pod["metadata"]["name"] for pod in release.pods(release.server, ready=False)},
        120,
    )
    end = workload.now()
    time.sleep(3)
    seen = workload.finish()
    report["upgrade"] = brief(seen)
    chaos.judge(release, "upgrade", "a rolling update of two pods", seen, [(begin, end)])
    # Kubernetes tells proxies of an ending pod while it still serves, so a connection may be refused or a pod
    # may answer 503, but no answer may break off.
    broken = {reason: n for reason, n in seen["repeated"].items() if reason.startswith("broken_")}
    assert not broken, seen


def test_a_store_update_that_cannot_start_is_rolled_back(
    release: Release, report: dict[str, Any], chaos: Chaos
) -> None:
    workload = release.workload("--seconds", "900", "--writers", "2", "--readers", "2", "--naive", "1")
    time.sleep(2)
    before = json.loads(run("helm", "history", "nmcp", "--namespace", release.name, "--output", "json"))[-1]["revision"]
    begin = workload.now()
    tag = ("--set-string", "store.valkey.image.tag=no-such-tag")
    with pytest.raises(CommandFailed):
        release.helm("upgrade", "--force-conflicts", *tag, timeout=10)

    def stuck() -> bool:
        [pod] = release.pods(release.store, ready=False) or [{}]
        status = pod.get("status", {}).get("containerStatuses", [{}])[0]
        return status.get("image", "").endswith(":no-such-tag") and "waiting" in status["state"]

    eventually("the store's pod to wait for its image", stuck, 60)
    run("helm", "rollback", "nmcp", str(before), "--namespace", release.name, timeout=60)
    eventually("the store of before", lambda: release.pods(release.store), 120)
    end = workload.now()
    time.sleep(3)
    seen = workload.finish()
    report["store_rollback"] = brief(seen) | {"down_seconds": round(end - begin, 1)}
    chaos.judge(
        release, "store rollback", "an update of the store to an image that does not exist", seen, [(begin, end)]
    )
    [pod] = release.pods(release.store)
    assert not pod["spec"]["containers"][0]["image"].endswith(":no-such-tag")


def test_a_node_drain_is_not_blocked(release: Release, report: dict[str, Any], chaos: Chaos) -> None:
    pods = release.pods(release.server)
    node = pods[0]["spec"]["nodeName"]
    workload = release.workload("--seconds", "600", "--writers", "2", "--readers", "2")
    begin = workload.now()
    try:
        release.kubectl("cordon", node)
        # Evictions go through the disruption budget, as those of `kubectl drain` do; the store stays, since
        # its single pod has its own story (a gap, tested above).
        release.kubectl(
            "drain",
            node,
            f"--pod-selector={release.server}",
            "--delete-emptydir-data",
            "--ignore-daemonsets",
            "--timeout=150s",
            timeout=170,
        )
        report["drain_seconds"] = round(workload.now() - begin, 1)
    finally:
        release.kubectl("uncordon", node)
    eventually("two ready pods", lambda: len(release.pods(release.server)) >= 2, 120)
    end = workload.now()
    seen = workload.finish()
    report["drain"] = brief(seen)
    chaos.judge(release, "drain", "the node of a server pod is drained", seen, [(begin, end)])
