"""The project admits exactly what is rendered: a kind too few stops a sync, a kind too many is a right nobody needs."""

from __future__ import annotations

from typing import Any

import yaml
from tests.argocd.manifests import ARGOCD, built, kustomize, one
from tests.chart.charts import CASES, ROOT, objects

#: Kinds that Secrets become from, see argocd/README.md; the objects themselves are not in this repository.
SEALED = ("bitnami.com", "SealedSecret")


def kind(item: dict[str, Any]) -> tuple[str, str]:
    group, slash, _ = item["apiVersion"].rpartition("/")
    return (group if slash else "", item["kind"])


def whitelist(project: str, field: str) -> set[tuple[str, str]]:
    entries = one("AppProject", project)["spec"][field]
    assert len({(e["group"], e["kind"]) for e in entries}) == len(entries), "an entry is there twice"
    return {(e["group"], e["kind"]) for e in entries}


def test_kinds_are_those_of_chart_alerts_and_secrets() -> None:
    rendered = {
        kind(item)
        for case in (None, *CASES)
        for item in objects(case, "argocd.enabled=true")
        if "helm.sh/hook" not in item["metadata"].get("annotations", {})  # `helm test`, which Argo CD leaves alone
    }
    rendered |= {kind(item) for item in kustomize(ROOT / "alerts")}
    for path in (ARGOCD / "secrets").glob("*.yaml"):
        rendered |= {kind(item) for item in yaml.safe_load_all(path.read_text(encoding="utf-8"))}
    assert whitelist("networkx-mcp", "namespaceResourceWhitelist") == rendered | {SEALED}
    assert whitelist("networkx-mcp", "clusterResourceWhitelist") == {("", "Namespace")}


def test_no_plain_secret_comes_from_git() -> None:
    assert ("", "Secret") not in whitelist("networkx-mcp", "namespaceResourceWhitelist")


def test_the_root_application_makes_objects_of_argo_cd_and_no_other() -> None:
    assert whitelist("networkx-mcp-root", "namespaceResourceWhitelist") == {kind(item) for item in built()}
    assert whitelist("networkx-mcp-root", "clusterResourceWhitelist") == set()


def test_what_nobody_keeps_in_git_is_warned_of() -> None:
    assert one("AppProject")["spec"]["orphanedResources"] == {"warn": True}
