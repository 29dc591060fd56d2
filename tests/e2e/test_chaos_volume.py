"""The store's volume is full: writes are refused with a clear error, reads go on, and space that is given back is used."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from tests.e2e.chaos_nodes import Nodes
from tests.e2e.chaos_record import Chaos
from tests.e2e.cluster import ROOT, Release, eventually, run

MIB = 64
#: What the writers find when they begin, so that they fill the rest within seconds.
FILLER_MIB = 24

# One try each, without repeats: what a caller is told.
ASK = """
import json, sys
import httpx
from networkx_mcp import mcp_wire
url, tool, arguments = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
request = mcp_wire.post_call(tool, arguments, open("/tokens/smoke").read().strip())
result = mcp_wire.parsed(httpx.post(url, **request, timeout=35).content)["result"]
print(json.dumps({"error": result.get("isError", False), "text": result["content"][0]["text"]}))
"""


@pytest.fixture
def crammed(release: Release, nodes: Nodes) -> Iterator[tuple[Release, str, str]]:
    """A release of its own whose store has a volume of 64 MiB, the node of it, and its directory there."""
    small = Release(f"{release.name}-volume", release.image, release.values)
    node = release.pods(release.server)[0]["spec"]["nodeName"]
    small.settings = [
        *(setting for setting in release.settings if not setting.startswith(("ingress", "httpRoute", "networkPolicy"))),
        "store.valkey.persistence.existingClaim=small",
    ]
    small.strings = list(release.strings)
    run("kubectl", "delete", "namespace", small.name, "--ignore-not-found", "--wait=true", timeout=180)
    run("kubectl", "create", "namespace", small.name)
    try:
        with nodes.small_volume(node, small.name, MIB) as place:
            claim = {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {"name": "small"},
                "spec": {
                    "accessModes": ["ReadWriteOnce"],
                    "storageClassName": small.name,
                    "volumeName": small.name,
                    "resources": {"requests": {"storage": f"{MIB}Mi"}},
                },
            }
            small.kubectl("apply", "-f", "-", stdin=json.dumps(claim))
            run(str(ROOT / "scripts/make-secrets.sh"), "--namespace", small.name, "--fullname", small.fullname)
            small.helm("install")
            small.client_pod("client", {f"{small.fullname}-client": "true"})
            try:
                yield small, node, place
            finally:
                run("kubectl", "delete", "namespace", small.name, "--wait=true", timeout=180)
    finally:
        run("kubectl", "delete", "namespace", small.name, "--ignore-not-found", "--wait=false")


@pytest.mark.chaos
def test_a_full_volume_refuses_writes_and_serves_reads(
    crammed: tuple[Release, str, str], nodes: Nodes, chaos: Chaos
) -> None:
    release, node, place = crammed

    def ask(tool: str, **arguments: object) -> dict[str, object]:
        told: dict[str, object] = json.loads(release.exec(ASK, release.url, tool, json.dumps(arguments)))
        return told

    def refused() -> dict[str, object] | None:
        told = ask("create_graph", graph_id=f"probe-{time.monotonic_ns()}")
        return told if told["error"] else None

    nodes.shell(node, f"head -c {FILLER_MIB}M /dev/zero > {place}/filler")
    workload = release.workload("--seconds", "3000", "--writers", "4", "--readers", "2", "--ballast", "20000")
    told = eventually("writes to be refused", refused, 180)
    # Somebody else takes nearly all that the store kept free, so that it cannot help itself by rewriting its log.
    free = int(nodes.shell(node, f"df -Pk {place} | tail -n 1").split()[3])
    nodes.shell(node, f"head -c {max(0, free - 3000)}K /dev/zero > {place}/more")
    begin = workload.now()
    reads_failed = reads = 0
    until = time.monotonic() + 20
    while time.monotonic() < until:
        reads += 1
        reads_failed += bool(ask("list_graphs")["error"])
    nodes.shell(node, f"rm {place}/filler {place}/more")
    end = workload.now()
    eventually("a write to be taken", lambda: not ask("create_graph", graph_id=f"t-{time.monotonic_ns()}")["error"], 60)
    time.sleep(4)
    seen = workload.finish()
    store = release.pods(release.store)[0]
    measured = {
        "told": told["text"],
        "reads": reads,
        "reads_failed": reads_failed,
        "store_restarts": store["status"]["containerStatuses"][0]["restartCount"],
    }
    what = f"writers fill the store's volume of {MIB} MiB; 20 s later space is given back"
    fault = chaos.judge(release, "volume-full", what, seen, [(begin, end)], measured)
    assert "full" in str(told["text"])
    assert reads_failed == 0
    assert measured["store_restarts"] == 0
    assert fault.recover_seconds[0] < 60
