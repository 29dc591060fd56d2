"""What an operator does: policies, token rotation, scaling, entry points, removal."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from tests.e2e.cluster import ROOT, Entries, Release, eventually, run
from tests.e2e.store_password import StorePassword

REACH = """
import json, socket, sys
found = {}
for target in sys.argv[1:]:
    host, port = target.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), timeout=3).close()
        found[target] = True
    except OSError:
        found[target] = False
print(json.dumps(found))
"""


def test_only_labelled_pods_reach_the_server_and_only_the_server_the_store(release: Release) -> None:
    server = f"{release.pods(release.server)[0]['status']['podIP']}:8080"
    store = f"{release.pods(release.store)[0]['status']['podIP']}:6379"
    release.client_pod("stranger", {"app": "stranger"})
    try:
        eventually(
            "the policy to act on the new pod",
            lambda: json.loads(release.exec(REACH, server, store, pod="stranger")) == {server: False, store: False},
            30,
        )
        assert json.loads(release.exec(REACH, server, store)) == {server: True, store: False}
        server_pod = release.pods(release.server)[0]["metadata"]["name"]
        assert json.loads(release.exec(REACH, store, pod=server_pod)) == {store: True}
    finally:
        release.kubectl("delete", "pod", "stranger", "--now")


STATUS = """
import sys
import httpx
from networkx_mcp import mcp_wire
url, token = sys.argv[1:3]
print(httpx.post(url, **mcp_wire.post("modern", "tools/list", token=token), timeout=10).status_code)
"""


def test_a_token_is_rotated_without_a_restart(release: Release, report: dict[str, Any]) -> None:
    """And the store's password beside it: kubelets bring both at the same time."""

    def status(token: str) -> int:
        return int(release.exec(STATUS, release.url, token))

    def token() -> str:
        secret = release.get("secret", f"{release.fullname}-client")
        return base64.b64decode(secret["data"]["smoke"]).decode().strip()

    def pods() -> set[str]:
        return {pod["metadata"]["uid"] for pod in release.pods(release.server)}

    before, old, password = pods(), token(), StorePassword(release)
    assert status(old) == 200
    rotate = (str(ROOT / "scripts/make-secrets.sh"), "--namespace", release.name, "--fullname", release.fullname)
    # A third of the default grace, which would be three minutes of waiting.
    run(*rotate, "--rotate-store", "--rotate", "--grace", "60")
    new = token()
    assert new != old
    begun = time.monotonic()
    # kubelet refreshes mounted Secrets within its sync period (a minute by default) and its cache's.
    eventually("every pod to know the new token and not the old", lambda: _all(release, new, 200, 4), 180)
    eventually("every pod to refuse the old token", lambda: _all(release, old, 401, 4), 60)
    report["rotation_seconds"] = round(time.monotonic() - begun, 1)
    assert pods() == before
    password.arrives()
    report["store_password_rotation_seconds"] = round(time.monotonic() - begun, 1)


def _all(release: Release, token: str, expected: int, tries: int) -> bool:
    return all(int(release.exec(STATUS, release.url, token)) == expected for _ in range(tries))


BURN = """
import asyncio, sys, time
import httpx
from networkx_mcp import mcp_wire
url, token, seconds = sys.argv[1], open("/tokens/smoke").read().strip(), float(sys.argv[2])
request = mcp_wire.post_call("list_graphs", {}, token)
async def user():
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        async with httpx.AsyncClient(timeout=35) as client:
            for _ in range(200):
                if time.monotonic() > end:
                    break
                try:
                    await client.post(url, **request)
                except httpx.TransportError:
                    await asyncio.sleep(0.2)
async def main():
    await asyncio.gather(*(user() for _ in range(8)))
asyncio.run(main())
"""


def test_the_autoscaler_adds_pods_under_load_and_takes_them_back(release: Release, report: dict[str, Any]) -> None:
    quick = {
        "spec": {
            "maxReplicas": 3,
            "behavior": {
                "scaleUp": {"stabilizationWindowSeconds": 0},
                "scaleDown": {
                    "stabilizationWindowSeconds": 5,
                    "policies": [{"type": "Pods", "value": 4, "periodSeconds": 5}],
                },
            },
        }
    }
    release.kubectl("patch", "hpa", release.fullname, "--type=merge", "-p", json.dumps(quick))

    def replicas() -> int:
        return int(release.get("deployment", release.fullname)["spec"]["replicas"])

    eventually("two replicas before the load", lambda: replicas() == 2, 120)
    begun = time.monotonic()
    # Two: where a process of the client is the slower one, one of them leaves the servers below their target.
    burners = [release.background(BURN, release.url, "150") for _ in range(2)]
    try:
        eventually("a third pod", lambda: replicas() == 3 and len(release.pods(release.server)) == 3, 140)
        report["scale_out_seconds"] = round(time.monotonic() - begun, 1)
    finally:
        for burner in burners:
            burner.terminate()
        release.kubectl("exec", "client", "--", "python", "-c", KILL_BURNERS, check=False)
        for burner in burners:
            burner.wait(30)
    begun = time.monotonic()
    eventually("two pods again", lambda: replicas() == 2, 180)
    report["scale_in_seconds"] = round(time.monotonic() - begun, 1)


# Ends what `kubectl exec` left behind in the client pod: everything but PID 1 and itself.
KILL_BURNERS = """
import os, signal
for name in os.listdir("/proc"):
    if name.isdigit() and int(name) not in (1, os.getpid()):
        try: os.kill(int(name), signal.SIGKILL)
        except OSError: pass
"""


ENTRY = """
import json, sys
import httpx
from networkx_mcp import mcp_wire
address, host, token, ca = sys.argv[1:5]
request = mcp_wire.post_call("list_graphs", {}, open(token).read().strip())
request["headers"]["Host"] = host
verify = False
if ca != "-":
    import ssl
    verify = ssl.create_default_context(cadata=ca)
client = httpx.Client(verify=verify, timeout=30)
extensions = {"sni_hostname": host}
tool = client.post(f"https://{address}/mcp", **request, extensions=extensions)
hidden = [client.get(f"https://{address}{path}", headers=request["headers"], extensions=extensions).status_code
          for path in ("/metrics", "/admin", "/ready")]
# A browser has no token yet when it asks for the page.
page = client.get(f"https://{address}/view/any", headers={"Host": host}, extensions=extensions)
shown = [page.status_code, page.headers.get("content-type"), page.text[:15]]
print(json.dumps({"tool": tool.status_code, "answer": tool.text, "hidden": hidden, "page": shown}))
"""


def _through(release: Release, address: str, host: str, ca: str) -> dict[str, Any]:
    def attempt() -> dict[str, Any] | None:
        found: dict[str, Any] = json.loads(release.exec(ENTRY, address, host, "/tokens/smoke", ca))
        return found if found["tool"] == 200 else None

    found: dict[str, Any] = eventually(f"{host} to answer at {address}", attempt, 60)
    return found


@pytest.mark.parametrize("way", ["ingress", "gateway"])
def test_a_tool_is_called_over_tls_and_nothing_internal_is_public(release: Release, entries: Entries, way: str) -> None:
    if way == "ingress":
        found = _through(release, entries.ingress, entries.ingress_host, entries.certificate)
    else:
        found = _through(release, entries.gateway, entries.gateway_host, "-")
    assert '"isError":true' not in found["answer"].replace(" ", "")
    assert found["hidden"] == [404, 404, 404]
    assert found["page"] == [200, "text/html; charset=utf-8", "<!doctype html>"]


def test_helm_uninstall_leaves_only_the_volume_claim_and_says_so(release: Release) -> None:
    output = run("helm", "uninstall", "nmcp", "--namespace", release.name, "--wait", "--timeout", "120s", timeout=150)
    kinds = "deployment,statefulset,service,configmap,hpa,pdb,networkpolicy,serviceaccount,ingress,httproute,pvc,job"
    left = [
        f"{item['kind']}/{item['metadata']['name']}"
        for item in release.get(kinds)["items"]
        if item["metadata"]["name"] not in ("kube-root-ca.crt", "default")
    ]
    assert left == [f"PersistentVolumeClaim/{release.fullname}-store"]
    assert f"{release.fullname}-store" in output, "helm says what it kept"
