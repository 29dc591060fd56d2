"""Every file of chart/ci before a real API server: it accepts each object, and an install differs in nothing from what it
was told, so that `kubectl diff` shows changes and nothing else. No pod runs: a quota allows none.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from tests.e2e.cluster import ROOT, CommandFailed, Namespace, eventually, run

CASES = sorted(path.name.removesuffix("-values.yaml") for path in (ROOT / "chart/ci").glob("*-values.yaml"))
#: What a cluster may lack: kinds of the Gateway API and of the Prometheus operator.
OPTIONAL = {"HTTPRoute", "ServiceMonitor"}


@pytest.fixture(scope="module")
def scratch() -> Iterator[Namespace]:
    namespace = Namespace("nmcp-e2e-renders")
    run("kubectl", "delete", "namespace", namespace.name, "--ignore-not-found", "--wait=true", timeout=180)
    labels = {"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted"}
    document = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace.name, "labels": labels}}
    run("kubectl", "apply", "-f", "-", stdin=json.dumps(document))
    yield namespace
    run("kubectl", "delete", "namespace", namespace.name, "--ignore-not-found", "--wait=false")


@pytest.fixture(scope="module")
def without_pods(scratch: Namespace) -> Namespace:
    """The namespace, once nothing may start in it."""
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}}
    scratch.kubectl("apply", "-f", "-", stdin=json.dumps(quota))
    eventually("the quota to act", lambda: scratch.get("resourcequota", "none").get("status", {}).get("hard"), 60)
    return scratch


@pytest.fixture(scope="module")
def known() -> set[tuple[str, str]]:
    """(apiVersion, kind) of everything that this cluster knows."""
    lines = [line.split() for line in run("kubectl", "api-resources", "--no-headers").splitlines()]
    return {(words[-3], words[-1]) for words in lines}


def values(release: str, case: str) -> tuple[str, ...]:
    return (release, str(ROOT / "chart"), "--values", str(ROOT / f"chart/ci/{case}-values.yaml"))


def kubectl(namespace: Namespace, *arguments: str, stdin: str) -> tuple[int, str]:
    """Exit status, and all that was printed."""
    command = ("kubectl", "-n", namespace.name, *arguments, "-f", "-")
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("case", CASES)
def test_the_api_server_accepts_every_object(
    scratch: Namespace, known: set[tuple[str, str]], case: str, report: dict[str, Any]
) -> None:
    text = run("helm", "template", *values(f"tried-{case}", case), "--namespace", scratch.name)
    objects = [each for each in yaml.safe_load_all(text) if each]
    lacking = sorted({each["kind"] for each in objects if (each["apiVersion"], each["kind"]) not in known})
    report.setdefault("renders", {})[case] = {"objects": len(objects), "kinds_that_this_cluster_lacks": lacking}
    assert set(lacking) <= OPTIONAL
    there = [each for each in objects if each["kind"] not in lacking]
    # A pod, as that of `helm test`, is admitted where its account is there, and no dry run makes that.
    accounts = [each for each in there if each["kind"] == "ServiceAccount"]
    scratch.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(accounts))
    status, said = kubectl(scratch, "apply", "--dry-run=server", stdin=yaml.safe_dump_all(there))
    assert status == 0, said
    assert said.count("(server dry run)") == len(there), said
    assert "Warning" not in said, "nothing is deprecated, unknown or against Pod Security"


@pytest.mark.parametrize("case", CASES)
def test_nothing_differs_after_an_install(without_pods: Namespace, case: str) -> None:
    run("helm", "install", *values(f"e2e-{case}", case), "--namespace", without_pods.name)
    told = run("helm", "get", "manifest", f"e2e-{case}", "--namespace", without_pods.name)
    for way in ((), ("--server-side", "--force-conflicts")):
        # kubectl reads an object, then tries the change: what a controller writes into its status between the two
        # shows as a difference once. What the chart says otherwise than the API server keeps it shows each time.
        eventually(f"no difference {way}", lambda way=way: same(without_pods, way, told), 60)


def same(namespace: Namespace, way: tuple[str, ...], told: str) -> bool:
    """Whether `kubectl diff` shows nothing. Raises CommandFailed with what it shows, for the report."""
    status, said = kubectl(namespace, "diff", *way, stdin=told)
    if status or said:
        raise CommandFailed(f"kubectl diff {' '.join(way)}: exit {status}\n{said}")
    return True
