"""`kubectl apply -k alerts` sends what a Prometheus operator and a Grafana sidecar look for."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.alerts import rules
from tests.alerts.rules import ALERTS, ROOT
from tests.argocd.manifests import kustomize, one

REPOSITORY = "https://github.com/networkx-mcp/networkx-mcp/blob/main/"
LINKS = yaml.safe_load((ALERTS / "links.yaml").read_text(encoding="utf-8"))["data"]


def _of_kind(kind: str) -> list[dict[str, Any]]:
    return [document for document in rules.built() if document["kind"] == kind]


def test_the_kinds_are_exactly_these() -> None:
    kinds = sorted(document["kind"] for document in rules.built())
    assert kinds == ["AlertmanagerConfig", "ConfigMap", "ConfigMap", "PrometheusRule"]


def test_no_object_names_a_namespace() -> None:
    assert all("namespace" not in document["metadata"] for document in rules.built())


def test_each_dashboard_is_a_config_map_that_the_sidecar_finds() -> None:
    shipped = {}
    for document in _of_kind("ConfigMap"):
        assert document["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert document["metadata"]["name"].startswith("networkx-mcp-dashboard-")
        for name, text in document["data"].items():
            shipped[name] = json.loads(text)["uid"]
    assert shipped == {f"{uid}.json": uid for uid in (f"networkx-mcp-{path.stem}" for path in rules.DASHBOARDS)}


def _urls(documents: list[dict[str, Any]], kind: str) -> dict[str, set[str]]:
    """alert -> its links of a kind."""
    [document] = [document for document in documents if document["kind"] == "PrometheusRule"]
    found: dict[str, set[str]] = {}
    for rule in [rule for group in document["spec"]["groups"] for rule in group["rules"] if "alert" in rule]:
        found.setdefault(rule["alert"], set()).add(rule["annotations"][kind])
    assert sorted(found) == rules.names()
    return found


def test_a_runbook_is_a_page_of_this_repository() -> None:
    """A page: what a forge shows below /blob/, rendered, not a file in raw."""
    for alert, urls in _urls(rules.built(), "runbook_url").items():
        assert urls == {f"{LINKS['runbooks']}/runbooks/{alert}.md"}
        assert (ROOT / urls.pop().removeprefix(REPOSITORY)).is_file(), alert


def test_a_dashboard_is_one_of_grafana_by_its_uid() -> None:
    shipped = {json.loads(path.read_text(encoding="utf-8"))["uid"] for path in rules.DASHBOARDS}
    named = set()
    for alert, urls in _urls(rules.built(), "dashboard_url").items():
        [url] = urls
        assert url.startswith(f"{LINKS['grafana']}/d/"), alert
        named.add(url.rpartition("/")[2])
    assert named == shipped


@pytest.mark.parametrize("way", ["kubectl", "Argo CD"])
@pytest.mark.parametrize("grafana", ["https://grafana.example.org", "https://monitoring.example.org:3000/grafana"])
def test_one_file_leads_every_link_to_the_readers_own(way: str, grafana: str, tmp_path: Path) -> None:
    """The first step of docs/deploy.md: links.yaml, and nothing else, then `apply -k` or a merge that Argo CD builds."""
    path = "alerts" if way == "kubectl" else one("Application", "networkx-mcp-alerts")["spec"]["source"]["path"]
    shutil.copytree(ROOT / path, tmp_path / path)
    links = tmp_path / "alerts/links.yaml"
    runbooks = "https://git.example.org/fork/networkx-mcp/src/branch/live/alerts"
    text = links.read_text(encoding="utf-8")
    for name, address in (("grafana", grafana), ("runbooks", runbooks)):
        assert text.count(LINKS[name]) == 1
        text = text.replace(LINKS[name], address)
    links.write_text(text, encoding="utf-8")
    documents = kustomize(tmp_path / path)
    for alert, urls in _urls(documents, "runbook_url").items():
        assert urls == {f"{runbooks}/runbooks/{alert}.md"}
    for urls in _urls(documents, "dashboard_url").values():
        assert urls <= {f"{grafana}/d/networkx-mcp-{name}" for name in ("overview", "graphs")}


@pytest.mark.parametrize("readme", ["docs/deploy.md", "alerts/README.md", "argocd/README.md"])
def test_the_start_names_the_file_before_the_command_that_applies(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    applies = list(re.finditer(r"^(\$ )?kubectl apply -k (alerts|argocd)", text, flags=re.MULTILINE))
    assert applies
    for command in applies:
        step = text[: command.start()].rpartition("\n\n**")[2]
        assert "alerts/links.yaml" in step


def test_the_default_is_nobodys_grafana_and_the_readme_says_what_happens() -> None:
    assert LINKS["grafana"].endswith(".example"), "a name that nobody can own (RFC 2606)"
    assert LINKS["grafana"] in (ALERTS / "README.md").read_text(encoding="utf-8")


def test_links_are_said_once() -> None:
    for path in [*ALERTS.glob("*.yaml"), *ALERTS.glob("tests/*.yaml")]:
        if path.name != "links.yaml":
            text = path.read_text(encoding="utf-8")
            assert not [address for address in LINKS.values() if address in text], path.name


def test_the_rules_are_otherwise_as_written() -> None:
    [document] = _of_kind("PrometheusRule")
    for group, written in zip(document["spec"]["groups"], rules.groups(), strict=True):
        assert [rule["expr"] for rule in group["rules"]] == [rule["expr"] for rule in written["rules"]]


def test_critical_inhibits_the_warning_of_the_same_name_and_namespace() -> None:
    config = yaml.safe_load((ALERTS / "alertmanagerconfig.yaml").read_text(encoding="utf-8"))
    [rule] = config["spec"]["inhibitRules"]
    assert rule["equal"] == ["namespace", "alertname"]
    assert {m["name"]: m["value"] for m in rule["sourceMatch"]}["severity"] == "critical"
    assert {m["name"]: m["value"] for m in rule["targetMatch"]}["severity"] == "warning"
