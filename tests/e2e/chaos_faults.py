"""Faults between server and store, made on purpose and taken back: a `with` block each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.cluster import Release, eventually

PROXY = Path(__file__).with_name("chaos_proxy.py")
NAME = "chaos-proxy"
#: Cuts the connections that clients hold to the store, in the store's pod.
KILL_CLIENTS = """
export REDISCLI_AUTH="$(cat /etc/store-password/password)"
$(command -v valkey-cli || command -v redis-cli) CLIENT KILL TYPE normal
"""


@contextmanager
def proxied_store(release: Release) -> Iterator[Callable[[str], None]]:
    """All traffic of the servers to the store passes a proxy; what is yielded sets its mode (see chaos_proxy.py).

    The proxy's pod carries the store's labels and one more, by which the store's Service finds it instead of the
    store. The chart's policies stay; one more lets the proxy reach the store. Nothing of the release changes.
    """
    service = f"{release.fullname}-store"
    labels = dict(pair.split("=") for pair in release.store.split(","))
    store = release.pods(release.store)[0]
    mark = {"chaos": "proxy"}
    policies = {
        "reach": {
            "podSelector": {"matchLabels": mark},
            "policyTypes": ["Egress"],
            "egress": [{"to": [{"podSelector": {"matchLabels": labels}}]}],
        },
        "allow": {
            "podSelector": {"matchLabels": labels},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"podSelector": {"matchLabels": mark}}]}],
        },
    }
    documents = [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": f"chaos-{name}"},
            "spec": spec,
        }
        for name, spec in policies.items()
    ]
    container = {
        "name": "proxy",
        "image": release.image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python", "-c", PROXY.read_text(encoding="utf-8"), store["status"]["podIP"], "6379", "6379"],
        "ports": [{"name": "store", "containerPort": 6379}],
        "readinessProbe": {"tcpSocket": {"port": "store"}, "periodSeconds": 1},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    spec = {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 1,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
    }
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": NAME, "labels": labels | mark}, "spec": spec}
    whole = {"apiVersion": "v1", "kind": "List", "items": [*documents, pod]}

    def route(selector: dict[str, str | None]) -> None:
        release.kubectl("patch", "service", service, "--type=merge", "-p", json.dumps({"spec": {"selector": selector}}))
        into = ("exec", "-i", store["metadata"]["name"], "-c", "store", "--", "sh", "-s")
        release.kubectl(*into, stdin=KILL_CLIENTS)

    def mode(words: str) -> None:
        release.kubectl(
            "exec", "-i", NAME, "--", "sh", "-c", "cat > /tmp/mode.new; mv /tmp/mode.new /tmp/mode", stdin=words
        )

    try:
        release.kubectl("apply", "-f", "-", stdin=json.dumps(whole))
        release.kubectl("wait", f"pod/{NAME}", "--for=condition=Ready", "--timeout=60s")
        mode("pass")
        route({"chaos": "proxy"})
        eventually("the Service to lead to the proxy", lambda: _behind(release, service) == {NAME}, 30)
        yield mode
    finally:
        route({"chaos": None})
        release.kubectl("delete", "pod", NAME, "--now", "--ignore-not-found")
        release.kubectl("delete", "networkpolicy", *(f"chaos-{name}" for name in policies), "--ignore-not-found")


def _behind(release: Release, service: str) -> set[str]:
    """Names of the pods that a Service leads to."""
    endpoints = release.get("endpointslices", "-l", f"kubernetes.io/service-name={service}")["items"]
    return {
        endpoint["targetRef"]["name"]
        for item in endpoints
        for endpoint in item.get("endpoints") or []
        if endpoint["conditions"].get("ready")
    }
