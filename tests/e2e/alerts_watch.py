"""What is seen of alerts: in Prometheus, in Alertmanager, and by a webhook receiver in the client pod.

alerts/ is applied as it is, but for a kustomize patch that shortens `for` and windows.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import yaml
from tests.e2e.cluster import ROOT, Release, eventually, run

RECEIVED = "/tmp/alerts.jsonl"
RECEIVER = f"""
import http.server, json, os

class Hook(http.server.BaseHTTPRequestHandler):
    notice = 0

    def do_POST(self):
        Hook.notice += 1
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open({RECEIVED!r}, "a") as out:
            for alert in json.loads(body)["alerts"]:
                out.write(json.dumps({{"notice": Hook.notice, "status": alert["status"], **alert["labels"]}}) + "\\n")
        self.send_response(200)
        self.end_headers()

    def do_DELETE(self):
        os._exit(0)

    def log_message(self, *arguments):
        pass

open({RECEIVED!r}, "w").close()
http.server.HTTPServer(("", 9099), Hook).serve_forever()
"""
END_RECEIVER = """
import http.client
try:
    http.client.HTTPConnection("127.0.0.1", 9099, timeout=5).request("DELETE", "/")
except OSError:
    pass
"""
BOTH = frozenset({"warning", "critical"})
#: A window in the rules, as a range or an offset.
WINDOW = re.compile(r"(?<=\[)\d+[mhd](?=\])|(?<=\boffset )\d+[mhd]")
#: Windows of the test. Kubernetes waits 10, 20 and 40 s before it starts a killed container again, so four restarts
#: take longer than the window that is enough elsewhere.
SHORT = {"NetworkxMcpRestarting": "4m"}
SHORTEST = "30s"


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

    def received(self, alert: str) -> list[tuple[int, str, str]]:
        """(notice, severity, firing or resolved), in the order in which the receiver was told."""
        lines = self.release.kubectl("exec", "client", "--", "cat", RECEIVED).splitlines()
        told = [json.loads(line) for line in lines]
        return [(item["notice"], item["severity"], item["status"]) for item in told if item["alertname"] == alert]

    def told(self, alert: str, severity: str, status: str) -> bool:
        return any(item[1:] == (severity, status) for item in self.received(alert))

    def goes_off(self, alert: str, severities: frozenset[str] = BOTH) -> float:
        """Wait until the severities fire and the gravest is told; a critical one silences its warning. Seconds."""
        begun = time.monotonic()
        gravest = "critical" if "critical" in severities else "warning"
        eventually(f"{alert} to fire", lambda: self.firing(alert) == severities, 240)
        eventually(f"{alert} to be active in Alertmanager", lambda: self.states(alert) == _quiet(severities), 90)
        eventually(f"{alert} to reach the receiver", lambda: self.told(alert, gravest, "firing"), 90)
        took = round(time.monotonic() - begun, 1)
        if severities == BOTH:
            # A warning that crossed its threshold first may have been told; from the critical notice on it is silent.
            told = self.received(alert)
            critical = min(notice for notice, severity, _ in told if severity == "critical")
            late = [item for item in told if item[0] >= critical and item[1:] == ("warning", "firing")]
            assert not late, f"{alert}: the warning was told beside the critical alert"
        return took

    def is_over(self, alert: str, seconds: float = 180) -> float:
        """Wait until nothing fires and the receiver knows. Seconds it took."""
        begun = time.monotonic()
        gravest = "critical" if self.told(alert, "critical", "firing") else "warning"
        eventually(f"{alert} to end", lambda: not self.firing(alert), seconds)
        eventually(f"{alert} to be resolved", lambda: self.told(alert, gravest, "resolved"), 90)
        return round(time.monotonic() - begun, 1)


def _quiet(severities: frozenset[str]) -> dict[str, str]:
    if severities == BOTH:
        return {"critical": "active", "warning": "suppressed"}
    return dict.fromkeys(severities, "active")


def shortened() -> list[dict[str, str]]:
    """A JSON patch of the rules: `for` and windows, nothing else."""
    document = yaml.safe_load((ROOT / "alerts/prometheusrule.yaml").read_text(encoding="utf-8"))
    patch = []
    for i, group in enumerate(document["spec"]["groups"]):
        for j, rule in enumerate(group["rules"]):
            window = SHORT.get(rule.get("alert", ""), SHORTEST)
            changed = {"expr": WINDOW.sub(window, rule["expr"])}
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


def receiver_of(release: Release, name: str) -> str:
    """An AlertmanagerConfig that sends everything of the namespace to the client pod."""
    address = release.get("pod", "client")["status"]["podIP"]
    config = {
        "apiVersion": "monitoring.coreos.com/v1alpha1",
        "kind": "AlertmanagerConfig",
        "metadata": {"name": name, "namespace": release.name},
        "spec": {
            "route": {
                "receiver": "webhook",
                "groupBy": ["alertname"],
                "groupWait": "5s",
                "groupInterval": "5s",
                "repeatInterval": "12h",
            },
            "receivers": [
                {"name": "webhook", "webhookConfigs": [{"url": f"http://{address}:9099/", "sendResolved": True}]}
            ],
        },
    }
    return json.dumps(config)


class _Hurry:
    """The operator writes rules and configuration into volumes, which kubelets refresh once a minute, and at once when
    the pod changes: an annotation is enough. Where it is not allowed, the minute is waited for."""

    def __init__(self, services: tuple[str, ...]) -> None:
        self.namespaces = sorted({service.partition("/")[0] for service in services})
        self.last = 0.0

    def __call__(self) -> bool:
        """False, always: it is said before a condition."""
        if time.monotonic() - self.last < 5:
            return False
        self.last = time.monotonic()
        mark = f"networkx-mcp-e2e={int(time.time())}"
        selector = "app.kubernetes.io/managed-by=prometheus-operator"
        for namespace in self.namespaces:
            run("kubectl", "-n", namespace, "annotate", "pods", "-l", selector, mark, "--overwrite", check=False)
        return False


@contextmanager
def watched(release: Release, prometheus: str, alertmanager: str) -> Iterator[Alerting]:
    """alerts/ and the receiver in the release's namespace, once the heartbeat has come all the way."""
    alerting = Alerting(release, prometheus, alertmanager)
    objects = overlay(release.name)
    hurry = _Hurry((prometheus, alertmanager))
    clear = "no other rules of alerts/ in this Prometheus (they would write the same series; is alerts/ applied?)"
    eventually(clear, lambda: hurry() or not alerting.firing("NetworkxMcpHeartbeat"), 150)
    receiver = release.background(RECEIVER)
    # Alertmanager remembers what it told a receiver and does not repeat it, so each time it is another one.
    name = f"e2e-receiver-{int(time.time())}"
    release.kubectl("apply", "-f", "-", stdin=objects)
    release.kubectl("apply", "-f", "-", stdin=receiver_of(release, name))
    try:
        eventually("the heartbeat", lambda: hurry() or alerting.firing("NetworkxMcpHeartbeat"), 180)
        eventually("its notice", lambda: hurry() or alerting.told("NetworkxMcpHeartbeat", "none", "firing"), 180)
        yield alerting
    finally:
        release.kubectl("delete", "alertmanagerconfig", name, "--ignore-not-found")
        release.kubectl("delete", "-f", "-", "--ignore-not-found", stdin=objects)
        release.exec(END_RECEIVER)
        receiver.wait(30)
