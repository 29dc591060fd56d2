"""A pod of 2 GiB and one CPU: memory bombs end as named errors and leave nothing behind; graphs of ten and a hundred
times the tested size are computed on; point reads beside a heavy call are timed. On a release of its own with one pod,
whose limits values raise; what calls it is heavy.py, from a pod beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.cluster import ROOT, Release, eventually, run

MIB = 1024 * 1024
BOMBS = 50

HEAVY = Path(__file__).with_name("heavy.py").read_text(encoding="utf-8")
CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("pagerank", "rank_nodes", {"measure": "pagerank"}),
    ("components", "find_components", {}),
    ("core number", "rank_nodes", {"measure": "core"}),
    ("a path", "find_paths", {"source": 0, "target": 99_999}),
    ("betweenness, 20 sources", "rank_nodes", {"measure": "betweenness", "sample": 20, "seed": 1, "force": True}),
]

#: Exact betweenness of a million nodes is out of reach; what is linear is not.
LARGER: list[tuple[str, str, dict[str, Any]]] = [
    ("a node's neighbours", "get_neighbors", {"node": 5}),
    ("components", "find_components", {}),
    ("pagerank", "rank_nodes", {"measure": "pagerank"}),
    ("a path", "find_paths", {"source": 3, "target": 999_999}),
]
#: For a graph of 1,000,000 nodes and 10,000,000 edges in the same 2 GiB.
RAISED = {
    "limits.graphNodes": 1_000_000,
    "limits.graphEdges": 10_000_000,
    "limits.graphMB": 512,
    "limits.tenantMB": 1024,
    "limits.uploadMB": 256,
    "limits.requestTimeoutSeconds": 600,
    "limits.connectionTimeoutSeconds": 650,
    "limits.shutdownTimeoutSeconds": 650,
    "memory.workerMB": 1200,
}


class Pod:
    """The only pod of the release, as its kubelet's cAdvisor sees it."""

    def __init__(self, release: Release) -> None:
        self._release = release
        [pod] = eventually("one ready pod", lambda: release.pods(release.server), 120)
        self.name, self._node = pod["metadata"]["name"], pod["spec"]["nodeName"]

    def measured(self, metric: str) -> float:
        """A metric of the server's container."""
        text = run("kubectl", "get", "--raw", f"/api/v1/nodes/{self._node}/proxy/metrics/cadvisor")
        pattern = rf'^{metric}\{{[^}}]*container="server"[^}}]*pod="{re.escape(self.name)}"[^}}]*\}} (\S+)'
        found = re.search(pattern, text, re.MULTILINE)
        assert found, f"cAdvisor tells no {metric} of {self.name}"
        return float(found[1])

    def working_set(self) -> float:
        return self.measured("container_memory_working_set_bytes") / MIB

    def periods(self) -> tuple[int, int]:
        """(CPU periods of the container so far, those in which it was throttled), from its control group."""
        script = (
            "from pathlib import Path\n"
            "for way in ('cpu.stat', 'cpu/cpu.stat', 'cpu,cpuacct/cpu.stat'):\n"
            "    file = Path('/sys/fs/cgroup', way)\n"
            "    if file.exists():\n"
            "        print(file.read_text())\n"
            "        break\n"
        )
        stat = dict(line.split() for line in self._release.exec(script, pod=self.name).splitlines() if line.strip())
        return int(stat.get("nr_periods", 0)), int(stat.get("nr_throttled", 0))

    def settled(self) -> float:
        """The working set in MiB once two looks of cAdvisor, which come every ten seconds or so, agree to 4 MiB."""
        last = -100.0

        def agrees() -> float:
            nonlocal last
            before, last = last, self.working_set()
            return last if abs(last - before) < 4 else 0.0

        return float(eventually("the working set to settle", agrees, 120, every=20))

    def untouched(self) -> bool:
        """Nothing in it was killed for memory, and it never restarted."""
        [status] = self._release.get("pod", self.name)["status"]["containerStatuses"]
        return self.measured("container_oom_events_total") == 0 and status["restartCount"] == 0


@pytest.fixture(scope="module")
def large(request: pytest.FixtureRequest) -> Iterator[Release]:
    """One pod with the default 2 GiB, an embedded store and limits for 100,000 nodes."""
    option = request.config.getoption
    release = Release("nmcp-e2e-memory", option("--image"), [option("--values")])
    release.settings += [
        *option("--set"),
        "store.type=embedded",
        "store.embedded.accessMode=ReadWriteOnce",
        "limits.graphNodes=200000",
        "limits.graphEdges=1000000",
    ]
    release.strings += option("--set-string")
    run("kubectl", "delete", "namespace", release.name, "--ignore-not-found", "--wait=true", timeout=180)
    run("kubectl", "create", "namespace", release.name)
    run(str(ROOT / "scripts/make-secrets.sh"), "--namespace", release.name, "--fullname", release.fullname)
    release.helm("install")
    release.client_pod("client", {f"{release.fullname}-client": "true"})
    yield release
    if request.session.testsfailed:
        print(release.kubectl("get", "pods,events", "-o", "wide", check=False))
        print(release.kubectl("logs", "-l", release.server, "--tail=20", check=False))
    run("kubectl", "delete", "namespace", release.name, "--ignore-not-found", "--wait=false")


def heavy(release: Release, command: str, *arguments: Any, timeout: float = 600) -> dict[str, Any]:
    """What heavy.py prints."""
    words = [json.dumps(argument) for argument in arguments]
    found: dict[str, Any] = json.loads(release.exec(HEAVY, release.url, command, *words, timeout=timeout))
    return found


def test_fifty_memory_bombs_leave_nothing_behind(large: Release, report: dict[str, Any]) -> None:
    pod = Pod(large)
    heavy(large, "bombs", 1)  # the zygote and a spare worker are warm from here on
    before = pod.settled()
    assert heavy(large, "bombs", BOMBS) == {"memory_limit": BOMBS, "after: ": 1}
    after = pod.settled()
    assert after < before + 64, f"{before:.0f} MiB before, {after:.0f} MiB after"
    assert pod.untouched()
    report["memory_bombs"] = {"before_mb": round(before), "after_mb": round(after), "oom_events": 0}


def computed(release: Release, nodes: int, each: int, calls: list[Any]) -> tuple[int, dict[str, Any]]:
    """(edges, facts) of a graph that was loaded by PUT and computed on without an error or a kill for memory."""
    pod = Pod(release)
    found = heavy(release, "compute", nodes, each, calls)
    assert found["errors"] == {}
    assert pod.untouched()
    kept = pod.settled()  # what cAdvisor tells is some seconds old
    most = pod.measured("container_memory_max_usage_bytes") / MIB
    facts = {"upload_mb": found["upload_mb"], "working_set_mb": round(kept), "most_mb": round(most)}
    return found["edges"], {**found["seconds"], **facts}


def test_a_graph_of_100_000_nodes_is_computed_on(large: Release, report: dict[str, Any]) -> None:
    edges, facts = computed(large, 100_000, 3, CALLS)
    assert edges > 250_000
    report["graph_of_100000_nodes"] = facts


@pytest.mark.full
def test_point_read_beside_heavy_call_in_one_cpu(large: Release, report: dict[str, Any]) -> None:
    pod = Pod(large)
    [container] = large.get("pod", pod.name)["spec"]["containers"]
    assert container["resources"]["limits"]["cpu"] == "1"
    facts = {}
    for name, beside in (("alone", False), ("beside a heavy call", True)):
        before = pod.periods()
        found = heavy(large, "reads", 30, beside)
        after = pod.periods()
        assert found["reads"] > 100
        assert found.pop("busy") == beside
        facts[name] = {**found, "periods": after[0] - before[0], "throttled": after[1] - before[1]}
    assert facts["beside a heavy call"]["periods"] > 0, "no CFS periods are told: is the limit enforced?"
    report["point_read_in_one_cpu"] = facts


@pytest.mark.full
def test_a_graph_of_ten_million_edges_is_computed_on(large: Release, report: dict[str, Any]) -> None:
    large.helm("upgrade", *(word for name, value in RAISED.items() for word in ("--set", f"{name}={value}")))
    edges, facts = computed(large, 1_000_000, 10, LARGER)
    assert edges > 9_000_000
    report["graph_of_1000000_nodes"] = facts
