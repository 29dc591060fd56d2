"""A pod of 2 GiB: memory bombs end as named errors and leave nothing behind; a graph ten times the tested size is
computed on. On a release of its own with one pod, whose limits values raise."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.cluster import ROOT, Release, eventually, run

MIB = 1024 * 1024
BOMBS = 50

#: Two bombs at a time: a similarity matrix of 5,000 x 5,000 numbers, several times the reservation of a worker.
THROW = """
import asyncio, collections, json, sys
import httpx
url, count = sys.argv[1], int(sys.argv[2])
meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}

async def call(client, tool, arguments):
    headers = {"Authorization": "Bearer " + open("/tokens/smoke").read().strip(), "MCP-Protocol-Version": "2026-07-28",
               "Accept": "application/json, text/event-stream", "Mcp-Method": "tools/call", "Mcp-Name": tool}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": tool, "arguments": arguments, "_meta": meta}}
    text = (await client.post(url, json=body, headers=headers)).text
    if not text.startswith("{"):
        text = next(line[5:] for line in text.splitlines() if line.startswith("data:"))
    result = json.loads(text)["result"]
    return result["_meta"]["networkx-mcp/error"]["error"] if result.get("isError") else ""

async def main():
    async with httpx.AsyncClient(timeout=60) as client:
        edges = [[node, node + 1] for node in range(4999)]
        await call(client, "create_graph", {"graph_id": "long", "edges": edges})
        told = collections.Counter()
        for number in range(count):
            bomb = {"graph_id": "long", "name": "simrank_similarity", "force": True,
                    "arguments": {"tolerance": 10.0 ** -(4 + number % 9)}}
            told[await call(client, "run_algorithm", bomb)] += 1
        told["after: " + await call(client, "rank_nodes", {"graph_id": "long", "measure": "pagerank"})] += 1
    print(json.dumps(told))

asyncio.run(main())
"""

#: A graph of preferential attachment by PUT, and calls on it: seconds of each, or its error.
COMPUTE = """
import json, random, sys, time
import httpx
url, nodes = sys.argv[1], int(sys.argv[2])
chance, ends, lines = random.Random(1), [0, 1, 2], ["source,target\\n"]
for node in range(3, nodes):
    for target in {chance.choice(ends) for _ in range(3)}:
        lines.append(f"n{node},n{target}\\n")
        ends += [node, target]
token = {"Authorization": "Bearer " + open("/tokens/smoke").read().strip()}
client = httpx.Client(timeout=60, headers=token)
begin = time.monotonic()
response = client.put(url.removesuffix("/mcp") + "/graphs/large?format=csv", content="".join(lines),
                      headers={"Content-Type": "text/csv"})
response.raise_for_status()
seconds, errors = {"PUT": round(time.monotonic() - begin, 2)}, {}
meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
for name, tool, arguments in json.loads(sys.argv[3]):
    headers = {"MCP-Protocol-Version": "2026-07-28", "Accept": "application/json, text/event-stream",
               "Mcp-Method": "tools/call", "Mcp-Name": tool}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": tool, "arguments": {"graph_id": "large", **arguments}, "_meta": meta}}
    begin = time.monotonic()
    text = client.post(url, json=body, headers=headers).text
    seconds[name] = round(time.monotonic() - begin, 2)
    if not text.startswith("{"):
        text = next(line[5:] for line in text.splitlines() if line.startswith("data:"))
    answer = json.loads(text)
    if "error" in answer or answer["result"].get("isError"):
        errors[name] = text[:300]
print(json.dumps({"edges": len(lines) - 1, "seconds": seconds, "errors": errors}))
"""
CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("pagerank", "rank_nodes", {"measure": "pagerank"}),
    ("components", "find_components", {}),
    ("core number", "rank_nodes", {"measure": "core"}),
    ("a path", "find_paths", {"source": "n0", "target": "n99999"}),
    ("betweenness, 20 sources", "rank_nodes", {"measure": "betweenness", "sample": 20, "seed": 1, "force": True}),
]


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


def test_fifty_memory_bombs_leave_nothing_behind(large: Release, report: dict[str, Any]) -> None:
    pod = Pod(large)
    large.exec(THROW, large.url, "1")  # the zygote and a spare worker are warm from here on
    before = pod.settled()
    told = json.loads(large.exec(THROW, large.url, str(BOMBS)))
    assert told == {"memory_limit": BOMBS, "after: ": 1}
    after = pod.settled()
    assert after < before + 64, f"{before:.0f} MiB before, {after:.0f} MiB after"
    assert pod.untouched()
    report["memory_bombs"] = {"before_mb": round(before), "after_mb": round(after), "oom_events": 0}


def test_a_graph_of_100_000_nodes_is_computed_on(large: Release, report: dict[str, Any]) -> None:
    pod = Pod(large)
    found = json.loads(large.exec(COMPUTE, large.url, "100000", json.dumps(CALLS)))
    assert found["errors"] == {}
    assert found["edges"] > 250_000
    assert pod.untouched()
    most = pod.measured("container_memory_max_usage_bytes") / MIB
    report["graph_of_100000_nodes"] = {
        **found["seconds"],
        "working_set_mb": round(pod.working_set()),
        "most_mb": round(most),
    }
