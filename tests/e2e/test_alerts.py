"""Alerts in a living cluster: a real fault makes one fire, it reaches a receiver, critical silences its warning, and
it resolves when the fault is gone.

alerts/ is applied as it is, but for a kustomize patch that shortens `for` and windows. The receiver is a webhook in
the client pod; Alertmanager calls it by address.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml
from tests.e2e.cluster import ROOT, Release, eventually, run

RECEIVED = "/tmp/alerts.jsonl"
RECEIVER = f"""
import http.server, json, sys

class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open({RECEIVED!r}, "a") as out:
            for alert in json.loads(body)["alerts"]:
                out.write(json.dumps({{"status": alert["status"], **alert["labels"]}}) + "\\n")
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments):
        pass

open({RECEIVED!r}, "w").close()
http.server.HTTPServer(("", 9099), Hook).serve_forever()
"""

# Memory of the server's container up to a share of its limit, until the stop file is there or two minutes are over.
BALLAST = """
import pathlib, re, sys, time
share, stop = float(sys.argv[1]), pathlib.Path("/tmp/ballast-stop")
stop.unlink(missing_ok=True)

def figure(*names):
    for name in names:
        path = pathlib.Path("/sys/fs/cgroup") / name
        if path.exists():
            return path.read_text()

def total():
    used = int(figure("memory.current", "memory/memory.usage_in_bytes"))
    stat = figure("memory.stat", "memory/memory.stat")
    return used - int(re.search(r"^(?:total_)?inactive_file (\\d+)", stat, re.M)[1])

limit = int(figure("memory.max", "memory/memory.limit_in_bytes"))
held = []
while total() < share * limit:
    held.append(b"\\1" * (8 << 20))
for _ in range(240):
    if stop.exists():
        break
    time.sleep(0.5)
"""


@dataclass
class Alerting:
    """Prometheus and Alertmanager as the API server reaches them, and what the receiver was told."""

    release: Release
    prometheus: str
    alertmanager: str

    def _get(self, service: str, path: str, **query: str) -> Any:
        namespace, _, name = service.partition("/")
        url = f"/api/v1/namespaces/{namespace}/services/{name}/proxy{path}"
        return json.loads(run("kubectl", "get", "--raw", f"{url}?{urlencode(query)}" if query else url))

    def query(self, expression: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._get(self.prometheus, "/api/v1/query", query=expression)["data"]["result"]
        return found

    def firing(self, alert: str) -> set[str]:
        """Severities of an alert that fire in Prometheus."""
        selector = f'ALERTS{{namespace="{self.release.name}", alertname="{alert}", alertstate="firing"}}'
        return {found["metric"]["severity"] for found in self.query(selector)}

    def states(self, alert: str) -> dict[str, str]:
        """State in Alertmanager by severity: `active`, `suppressed`."""
        found = self._get(self.alertmanager, "/api/v2/alerts", filter=f'alertname="{alert}"')
        ours = [item for item in found if item["labels"].get("namespace") == self.release.name]
        return {item["labels"]["severity"]: item["status"]["state"] for item in ours}

    def received(self, alert: str) -> list[tuple[str, str]]:
        """(severity, firing or resolved), in the order in which the receiver was told."""
        lines = self.release.kubectl("exec", "client", "--", "cat", RECEIVED).splitlines()
        told = [json.loads(line) for line in lines]
        return [(item["severity"], item["status"]) for item in told if item["alertname"] == alert]

    def goes_off(self, alert: str) -> float:
        """Wait until both severities fire, the critical one is told and silences the warning. Seconds it took."""
        begun = time.monotonic()
        eventually(f"{alert} to fire", lambda: self.firing(alert) == {"warning", "critical"}, 120)
        quiet = {"critical": "active", "warning": "suppressed"}
        eventually(f"{alert}: critical to inhibit the warning", lambda: self.states(alert) == quiet, 60)
        eventually(f"{alert} to reach the receiver", lambda: ("critical", "firing") in self.received(alert), 60)
        assert ("warning", "firing") not in self.received(alert)
        return round(time.monotonic() - begun, 1)

    def is_over(self, alert: str) -> float:
        """Wait until nothing fires and the receiver knows. Seconds it took."""
        begun = time.monotonic()
        eventually(f"{alert} to end", lambda: not self.firing(alert), 120)
        eventually(f"{alert} to be resolved", lambda: ("critical", "resolved") in self.received(alert), 90)
        return round(time.monotonic() - begun, 1)


def shortened() -> list[dict[str, str]]:
    """A JSON patch of the rules: `for` and windows, nothing else."""
    document = yaml.safe_load((ROOT / "alerts/prometheusrule.yaml").read_text(encoding="utf-8"))
    patch = []
    for i, group in enumerate(document["spec"]["groups"]):
        for j, rule in enumerate(group["rules"]):
            changed = {"expr": re.sub(r"\[\d+[mhd]\]", "[30s]", rule["expr"])}
            changed |= {"for": "10s"} if "for" in rule else {}
            changed |= {"keep_firing_for": "1s"} if "keep_firing_for" in rule else {}
            path = f"/spec/groups/{i}/rules/{j}"
            patch += [{"op": "replace", "path": f"{path}/{key}", "value": value} for key, value in changed.items()]
    return patch


def overlay(namespace: str) -> str:
    """alerts/ for a namespace with the short patch, as kustomize builds it."""
    directory = ROOT / "out/e2e-alerts"
    directory.mkdir(parents=True, exist_ok=True)
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": namespace,
        "resources": ["../../alerts"],
        "patches": [{"target": {"kind": "PrometheusRule"}, "patch": json.dumps(shortened())}],
    }
    (directory / "kustomization.yaml").write_text(yaml.safe_dump(kustomization), encoding="utf-8")
    return run("kubectl", "kustomize", str(directory))


def receiver_of(release: Release) -> str:
    """An AlertmanagerConfig that sends everything of the namespace to the client pod."""
    address = release.get("pod", "client")["status"]["podIP"]
    config = {
        "apiVersion": "monitoring.coreos.com/v1alpha1",
        "kind": "AlertmanagerConfig",
        "metadata": {"name": "e2e-receiver", "namespace": release.name},
        "spec": {
            "route": {
                "receiver": "webhook",
                "groupBy": ["alertname"],
                "groupWait": "10s",
                "groupInterval": "10s",
                "repeatInterval": "12h",
            },
            "receivers": [
                {"name": "webhook", "webhookConfigs": [{"url": f"http://{address}:9099/", "sendResolved": True}]}
            ],
        },
    }
    return json.dumps(config)


@pytest.fixture(scope="module")
def alerting(release: Release, request: pytest.FixtureRequest) -> Iterator[Alerting]:
    option = request.config.getoption
    alerting = Alerting(release, option("--prometheus"), option("--alertmanager"))
    objects = overlay(release.name)
    receiver = release.background(RECEIVER)
    release.kubectl("apply", "-f", "-", stdin=objects)
    release.kubectl("apply", "-f", "-", stdin=receiver_of(release))
    selector = f'ALERTS{{namespace="{release.name}", alertname="NetworkxMcpHeartbeat", alertstate="firing"}}'
    eventually("the heartbeat", lambda: alerting.query(selector), 120)
    eventually("the heartbeat's notice", lambda: ("none", "firing") in alerting.received("NetworkxMcpHeartbeat"), 120)
    yield alerting
    release.kubectl("delete", "alertmanagerconfig", "e2e-receiver", "--ignore-not-found")
    release.kubectl("delete", "-f", "-", "--ignore-not-found", stdin=objects)
    receiver.kill()


def test_a_stopped_store_fires_store_down_and_error_rate(
    release: Release, alerting: Alerting, report: dict[str, Any]
) -> None:
    alerts = ("NetworkxMcpStoreDown", "NetworkxMcpErrorRateHigh")

    def scale(pods: int) -> None:
        release.kubectl("scale", "statefulset", f"{release.fullname}-store", f"--replicas={pods}")

    workload = release.workload("--seconds", "600", "--writers", "2", "--readers", "1", "--naive", "1")
    scale(0)
    try:
        report["alert_seconds"] = {alert: alerting.goes_off(alert) for alert in alerts}
    finally:
        scale(1)
    eventually("the store to come back", lambda: release.pods(release.store), 120)
    report["alert_resolved_seconds"] = {alert: alerting.is_over(alert) for alert in alerts}
    seen = workload.finish()
    assert seen["broken_promises"] == []


def test_ballast_in_a_container_fires_memory_high(release: Release, alerting: Alerting, report: dict[str, Any]) -> None:
    pod = release.pods(release.server)[0]["metadata"]["name"]
    into = ("exec", "-i", pod, "-c", "server", "--", "python", "-")

    def end() -> None:
        release.kubectl("exec", pod, "-c", "server", "--", "touch", "/tmp/ballast-stop")

    ballast = _in_background(lambda: release.kubectl(*into, "0.93", stdin=BALLAST, timeout=180))
    try:
        report.setdefault("alert_seconds", {})["NetworkxMcpMemoryHigh"] = alerting.goes_off("NetworkxMcpMemoryHigh")
    finally:
        end()
        ballast()
    report.setdefault("alert_resolved_seconds", {})["NetworkxMcpMemoryHigh"] = alerting.is_over("NetworkxMcpMemoryHigh")
    after = {item["metadata"]["name"]: item for item in release.pods(release.server)}
    assert all(status["restartCount"] == 0 for status in after[pod]["status"]["containerStatuses"]), "the pod lives"


def _in_background(call: Callable[[], str]) -> Callable[[], str]:
    """Start a call in a thread; the result waits for its end."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(call)
    pool.shutdown(wait=False)
    return future.result
