"""External Secrets as argocd/README.md describes it: its template makes the Secrets of a release, and a password of the store
that changes where External Secrets reads it arrives without a restart and without a failed call.

argocd/secrets/external-secrets.yaml is applied as it is, but for names and the interval. Where a real store would be, External
Secrets' own provider `fake` holds the values.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from tests.e2e.cluster import ROOT, Release, eventually, run
from tests.e2e.store_password import StorePassword

pytestmark = pytest.mark.full

TEMPLATE = ROOT / "argocd/secrets/external-secrets.yaml"
KEY = "graphs/staging"


class Vault:
    """What External Secrets reads: a ClusterSecretStore that holds the values itself."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.values = {name: f"nmcp_{secrets.token_hex(32)}" for name in ("smoke", "backup", "password")}
        self.values |= {"previous": "", "callers": ""}

    def write(self) -> None:
        provider = {"fake": {"data": [{"key": KEY, "value": json.dumps(self.values)}]}}
        document = {
            "apiVersion": "external-secrets.io/v1",
            "kind": "ClusterSecretStore",
            "metadata": {"name": self.name},
            "spec": {"provider": provider},
        }
        run("kubectl", "apply", "-f", "-", stdin=json.dumps(document))

    def rotate(self) -> None:
        """As the README says: the old password into `previous`, a new one into `password`."""
        self.values |= {"previous": self.values["password"], "password": f"nmcp_{secrets.token_hex(32)}"}
        self.write()

    def external_secrets(self, fullname: str) -> str:
        """The template for a release of this name, read every five seconds."""
        documents = list(yaml.safe_load_all(TEMPLATE.read_text(encoding="utf-8")))
        for each in documents:
            assert each["kind"] == "ExternalSecret"
            each["metadata"]["name"] = each["metadata"]["name"].replace("graphs-networkx-mcp", fullname)
            each["spec"]["refreshInterval"] = "5s"
            each["spec"]["secretStoreRef"]["name"] = self.name
        return yaml.safe_dump_all(documents)


@pytest.fixture
def vault() -> Iterator[Vault]:
    known = run("kubectl", "api-resources", "--api-group=external-secrets.io", "--output=name")
    assert "externalsecrets.external-secrets.io" in known, (
        "this cluster has no External Secrets: install it; tests/e2e/README.md says what the long form needs"
    )
    vault = Vault("nmcp-e2e-rotation")
    vault.write()
    yield vault
    run("kubectl", "delete", "clustersecretstore", vault.name, "--ignore-not-found")


@pytest.fixture
def site(request: pytest.FixtureRequest, vault: Vault) -> Iterator[Release]:
    option = request.config.getoption
    release = Release("nmcp-e2e-rotation", option("--image"), [option("--values")])
    release.settings += option("--set")
    release.strings += option("--set-string")
    run("kubectl", "delete", "namespace", release.name, "--ignore-not-found", "--wait=true", timeout=180)
    run("kubectl", "create", "namespace", release.name)
    release.kubectl("apply", "-f", "-", stdin=vault.external_secrets(release.fullname))
    release.kubectl("wait", "externalsecret", "--all", "--for=condition=Ready", "--timeout=90s", timeout=100)
    release.helm("install", "--set", "autoscaling.enabled=false", "--set", "replicas=2")
    release.client_pod("client", {f"{release.fullname}-client": "true"})
    yield release
    if request.session.testsfailed:
        print(release.kubectl("get", "pods,externalsecrets,events", "-o", "wide", check=False))
        print(release.kubectl("logs", "-l", release.server, "--tail=20", "--prefix", check=False))
    run("kubectl", "delete", "namespace", release.name, "--ignore-not-found", "--wait=false")


def test_a_password_that_external_secrets_brings_needs_no_restart(
    site: Release, vault: Vault, report: dict[str, Any]
) -> None:
    assert "Succeeded" in site.helm_test(), "the token of the smoke call is known by the hash that the template made"
    password = StorePassword(site)
    assert password.old == vault.values["password"]
    workload = site.workload("--seconds", "600", "--writers", "2", "--readers", "2", "--naive", "1")
    begun = time.monotonic()
    vault.rotate()
    eventually("the Secret to change", lambda: password.secret("password") == vault.values["password"], 60)
    password.arrives()
    report["external_secrets_rotation_seconds"] = round(time.monotonic() - begun, 1)
    seen = workload.finish()
    report["external_secrets_rotation"] = {name: value for name, value in seen.items() if name != "waits"}
    assert (seen["failures"], seen["broken_promises"]) == ([], [])
