"""Disaster recovery: the namespace goes with the store's volume, and every graph comes back in a new one.

What outlives the namespace is the volume of the backups, as with a storage class that retains (here by a patch of
the volume). How long it took, and how old the copy was, is part of the report.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.cluster import ROOT, Release, eventually, run

#: Run in the client pod: COMMAND URL TENANT=TOKEN...; prints what each tenant has: {tenant/id: [version, description, SHA-256]}.
#: Commands: fill (then print), late (one more graph, print nothing), look (print).
CLIENT = """
import asyncio, hashlib, json, sys
import httpx
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

command, url, *tenants = sys.argv[1:]
base = url.removesuffix("/mcp")

async def fill(call, tenant):
    # Each kind that a store tells apart: empty, typed ids and attributes, large, a long log.
    await call("create_graph", {"graph_id": "empty", "description": tenant})
    await call("create_graph", {"graph_id": "typed", "directed": True,
               "edges": [["a", 1, {"weight": 0.1}], [1, "1", {"deep": [None, {"x": 2**53}]}], ["zürich", "zürich"]]})
    nodes = [{"id": n, "attributes": {"label": f"{tenant}-{n}", "rank": n / 7}} for n in range(1500)]
    edges = [[n, (n * k + 1) % 1500, {"w": n / k}] for n in range(1500) for k in (2, 3, 5)]
    await call("create_graph", {"graph_id": "large"})
    await call("edit_graph", {"graph_id": "large", "edits": [{"action": "add_nodes", "nodes": nodes}]})
    await call("edit_graph", {"graph_id": "large", "edits": [{"action": "add_edges", "edges": edges, "if_exists": "skip"}]})
    await call("create_graph", {"graph_id": "log"})
    for n in range(20):
        await call("edit_graph", {"graph_id": "log", "edits": [{"action": "add_edges", "edges": [[n, n + 1]]}]})
    await call("edit_graph", {"graph_id": "log", "edits": [{"action": "remove_nodes", "nodes": [7]}]})

async def main():
    found = {}
    for tenant, _, token in (each.partition("=") for each in tenants):
        async with (
            httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=60) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            async def call(tool, arguments):
                result = await client.call_tool(tool, arguments)
                assert not result.is_error, result.content[0].text
                return result.structured_content
            if command == "late":
                await call("create_graph", {"graph_id": "late"})
                continue
            if command == "fill":
                await fill(call, tenant)
            for graph in (await call("list_graphs", {}))["graphs"]:
                answer = await http.get(f"{base}/graphs/{graph['graph_id']}", params={"format": "node-link"})
                assert answer.status_code == 200, answer.text
                facts = [graph["version"], graph["description"], hashlib.sha256(answer.content).hexdigest()]
                found[f"{tenant}/{graph['graph_id']}"] = facts
    print(json.dumps(found))

asyncio.run(main())
"""

METRIC = """
import sys, httpx
name = "networkx_mcp_backup_last_success_timestamp_seconds "
text = httpx.get(sys.argv[1].removesuffix("/mcp") + "/metrics", timeout=10).text
print(next(line.split()[1] for line in text.splitlines() if line.startswith(name)))
"""


class Site(Release):
    """A release with backups in a namespace of its own, and callers of two tenants."""

    tokens: dict[str, str]

    def prepare(self) -> None:
        """The namespace, its Secrets, the callers."""
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.name, "labels": labels}}
        run("kubectl", "apply", "-f", "-", stdin=json.dumps(namespace))
        secrets = (str(ROOT / "scripts/make-secrets.sh"), "--namespace", self.name, "--fullname", self.fullname)
        self.tokens = {user: run(*secrets, "--user", user).split()[-1] for user in ("ann", "bob")}

    def install(self, *settings: str) -> None:
        self.prepare()
        extra = [part for setting in settings for part in ("--set", setting)]
        self.helm("install", *extra)
        self.client_pod("client", {f"{self.fullname}-client": "true"})

    def graphs(self, command: str) -> dict[str, Any]:
        """Run CLIENT as both tenants."""
        pairs = [f"{tenant}={token}" for tenant, token in self.tokens.items()]
        found: dict[str, Any] = json.loads(self.exec(CLIENT, command, self.url, *pairs))
        return found

    def job(self, name: str) -> dict[str, Any]:
        """Run the job of a CronJob now; its report."""
        self.kubectl("create", "job", f"{name}-now", f"--from=cronjob/{self.fullname}-{name}")
        return self.finished(f"{name}-now")

    def finished(self, job: str) -> dict[str, Any]:
        def ended() -> str:
            conditions = self.get("job", job)["status"].get("conditions", [])
            return next((c["type"] for c in conditions if c["status"] == "True" and c["type"] in ENDS), "")

        how = eventually(f"the end of job {job}", ended, 240)
        logs = self.kubectl("logs", f"job/{job}", "--tail=20")
        assert how == "Complete", logs
        report: dict[str, Any] = json.loads(logs.splitlines()[-1])
        return report

    def volume(self, claim: str) -> str:
        return str(self.get("pvc", claim)["spec"]["volumeName"])


ENDS = ("Complete", "Failed")


def patch_volume(volume: str, patch: str, kind: str = "merge") -> None:
    run("kubectl", "patch", "persistentvolume", volume, f"--type={kind}", f"--patch={patch}")


def reclaim(volume: str, policy: str) -> None:
    patch_volume(volume, json.dumps({"spec": {"persistentVolumeReclaimPolicy": policy}}))


def adopt(site: Site, volume: str, claim: str) -> None:
    """A claim of this namespace on a volume whose claim is gone."""
    patch_volume(volume, '[{"op": "remove", "path": "/spec/claimRef"}]', "json")
    spec = json.loads(run("kubectl", "get", "persistentvolume", volume, "-o", "json"))["spec"]
    document = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": claim, "namespace": site.name},
        "spec": {
            "accessModes": spec["accessModes"],
            "storageClassName": spec.get("storageClassName", ""),
            "volumeName": volume,
            "resources": {"requests": {"storage": spec["capacity"]["storage"]}},
        },
    }
    run("kubectl", "apply", "-f", "-", stdin=json.dumps(document))


def destroy(site: Site) -> None:
    """The namespace and its claims; its pods die as those of a lost node do, without a last word. What else was in the
    namespace may go while the new one is built."""
    run("kubectl", "delete", "namespace", site.name, "--wait=false")
    site.kubectl("delete", "pods", "--all", "--force", "--grace-period=0", check=False)
    eventually("no claim is left", lambda: not site.get("pvc")["items"], 240)


@pytest.fixture
def sites(request: pytest.FixtureRequest) -> Iterator[tuple[Site, Site]]:
    option = request.config.getoption
    made = []
    for name in ("nmcp-before", "nmcp-after"):
        run("kubectl", "delete", "namespace", name, "--ignore-not-found", "--wait=true", timeout=420)
        site = Site(name, option("--image"), [option("--values")])
        site.settings += [
            "backup.enabled=true",
            "autoscaling.enabled=false",
            "replicas=1",
            "backup.persistence.size=1Gi",
            *option("--set"),
        ]
        site.strings += option("--set-string")
        made.append(site)
    yield made[0], made[1]
    for site in made:
        if request.session.testsfailed:
            print(site.kubectl("get", "pods,jobs,pvc,events", "-o", "wide", check=False))
            print(site.kubectl("logs", "-l", "app.kubernetes.io/component=backup", "--tail=20", check=False))
        run("kubectl", "delete", "namespace", site.name, "--ignore-not-found", "--wait=false")


@pytest.mark.parametrize("store", ["valkey", pytest.param("embedded", marks=pytest.mark.full)])
def test_a_lost_namespace_comes_back_with_every_graph(
    sites: tuple[Site, Site], store: str, report: dict[str, Any]
) -> None:
    before, after = sites
    kept = "store" if store == "valkey" else "data"
    before.install(f"store.type={store}")

    made = before.graphs("fill")
    assert len(made) == 8
    began = time.time()
    copied = before.job("backup")
    assert copied["graphs"] == 8
    told = eventually("the metric", lambda: (v := float(before.exec(METRIC, before.url))) > began - 1 and v, 90)
    before.graphs("late")  # too late for the copy

    backups, data = before.volume("nmcp-backup"), before.volume(f"nmcp-{kept}")
    reclaim(backups, "Retain")
    gone = time.time()
    destroy(before)
    rebuilding = time.monotonic()
    try:
        run("kubectl", "create", "namespace", after.name)
        adopt(after, backups, "saved")
        after.install(f"store.type={store}", "backup.persistence.existingClaim=saved")
        assert after.volume(f"nmcp-{kept}") != data
        after.finished("nmcp-backup-r1")  # the install made one, of an empty store; it is not what comes back
        assert after.graphs("look") == {}
        restored = after.job("restore")
        took = time.monotonic() - rebuilding
        assert (restored["graphs"], restored["already_there"], restored["failed"]) == (8, 0, [])
        assert after.graphs("look") == made, "what was in the copy is back to the byte; what came later is what is lost"
    finally:
        reclaim(backups, "Delete")
    report[f"restore_{store}"] = {
        "graphs": copied["graphs"],
        "backup_bytes": copied["bytes"],
        "backup_s": copied["seconds"],
        "restore_s": restored["seconds"],
        "rpo_s": round(gone - told, 1),
        "rto_s": round(took, 1),
    }
