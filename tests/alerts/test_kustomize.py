"""`kubectl apply -k alerts` sends what a Prometheus operator and a Grafana sidecar look for."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from tests.alerts import rules
from tests.alerts.rules import ALERTS, ROOT

REPOSITORY = "https://github.com/networkx-mcp/networkx-mcp/blob/main/"


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


@pytest.mark.parametrize("kind", ["runbook_url", "dashboard_url"])
def test_links_are_files_of_this_repository(kind: str) -> None:
    [document] = _of_kind("PrometheusRule")
    for group in document["spec"]["groups"]:
        for rule in group["rules"]:
            if "alert" in rule:
                url = rule["annotations"][kind]
                assert url.startswith(REPOSITORY), url
                assert (ROOT / url.removeprefix(REPOSITORY)).is_file(), url
                if kind == "dashboard_url":
                    written = next(r for r in rules.alerts() if r["alert"] == rule["alert"])["annotations"][kind]
                    assert url.endswith(written)


def test_links_are_said_once() -> None:
    for path in [*ALERTS.glob("*.yaml"), *ALERTS.glob("tests/*.yaml")]:
        if path.name != "links.yaml":
            assert REPOSITORY not in path.read_text(encoding="utf-8"), path.name


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
