"""The chart renders and lints: with nothing set and in each case of chart/ci, in Helm 4 and 3."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from tests.chart.charts import CASES, CHART, RELEASE, Object, helm, kinds, objects, template

EVERY = [None, *CASES]
HELMS = ["helm", "helm3"]


def test_the_two_helms_are_of_the_two_generations() -> None:
    assert helm("version", "--short", version="helm").startswith("v4.")
    assert helm("version", "--short", version="helm3").startswith("v3.")


@pytest.mark.parametrize("version", HELMS)
@pytest.mark.parametrize("case", EVERY)
def test_it_lints_strictly(case: str | None, version: str) -> None:
    options = ["--values", str(CASES[case])] if case else []
    out = helm("lint", "--strict", "--with-subcharts", str(CHART), *options, version=version)
    assert "0 chart(s) failed" in out
    assert "[WARNING]" not in out


@pytest.mark.parametrize("case", EVERY)
def test_a_second_rendering_has_the_same_bytes(case: str | None) -> None:
    first = template(case)
    template.cache_clear()
    assert template(case) == first


@pytest.mark.parametrize("case", EVERY)
def test_helm_3_and_4_render_the_same_objects(case: str | None) -> None:
    assert list(yaml.safe_load_all(template(case, version="helm3"))) == list(yaml.safe_load_all(template(case)))


def test_nothing_depends_on_the_cluster_or_on_chance() -> None:
    for path in (CHART / "templates").rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            for word in ("lookup ", "rand", "genCA", "genSelfSigned", "uuidv4", "now ", ".Capabilities", ".Files"):
                assert word not in text, f"{path.name} holds {word}"


def test_one_object_a_file() -> None:
    for path in (CHART / "templates").rglob("*.yaml"):
        expected = 0 if path.name == "requirements.yaml" else 1
        assert path.read_text(encoding="utf-8").count("\nkind: ") == expected, path.name


def test_the_default_objects() -> None:
    assert kinds() == [
        "ConfigMap/",
        "ConfigMap/-store",
        "Deployment/",
        "HorizontalPodAutoscaler/",
        "NetworkPolicy/",
        "NetworkPolicy/-clients",
        "NetworkPolicy/-store",
        "PersistentVolumeClaim/-store",
        "Pod/-test",
        "PodDisruptionBudget/",
        "Service/",
        "Service/-store",
        "ServiceAccount/",
        "StatefulSet/-store",
    ]


def test_an_embedded_store_has_one_pod_no_autoscaler_and_no_budget() -> None:
    assert kinds("embedded") == [
        "ConfigMap/",
        "Deployment/",
        "NetworkPolicy/",
        "NetworkPolicy/-clients",
        "PersistentVolumeClaim/-data",
        "Pod/-test",
        "Service/",
        "ServiceAccount/",
    ]


@pytest.mark.parametrize("case", EVERY)
def test_no_object_is_a_secret_and_every_object_names_its_namespace_and_owner(case: str | None) -> None:
    for item in objects(case):
        assert item["kind"] != "Secret"
        assert item["metadata"]["namespace"] == "agents"
        assert item["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "Helm"
        assert item["metadata"]["labels"]["app.kubernetes.io/instance"] == RELEASE


def test_an_umbrella_chart_may_hold_it(tmp_path: Path) -> None:
    umbrella = tmp_path / "umbrella"
    (umbrella / "charts").mkdir(parents=True)
    (umbrella / "charts" / "networkx-mcp").symlink_to(CHART)
    chart = {"apiVersion": "v2", "name": "umbrella", "version": "1.0.0"}
    chart["dependencies"] = [{"name": "networkx-mcp", "version": "*", "condition": "networkx-mcp.enabled"}]  # type: ignore[assignment]
    (umbrella / "Chart.yaml").write_text(json.dumps(chart), encoding="utf-8")
    values = {"global": {"imageRegistry": "x"}, "networkx-mcp": {"enabled": True}}
    (umbrella / "values.yaml").write_text(json.dumps(values), encoding="utf-8")
    rendered: list[Object] = list(yaml.safe_load_all(helm("template", "u", str(umbrella))))
    assert any(item["kind"] == "Deployment" for item in rendered)
    assert not helm("template", "u", str(umbrella), "--set", "networkx-mcp.enabled=false").strip()


def test_long_names_leave_room_for_suffixes() -> None:
    for arguments in ((), ("--set", "backup.enabled=true", "--set", f"fullnameOverride={'n' * 44}")):
        out = helm("template", "r" * 53, str(CHART), *arguments)
        for item in yaml.safe_load_all(out):
            most = 52 if item["kind"] in ("StatefulSet", "CronJob") else 63
            assert len(item["metadata"]["name"]) <= most, item["metadata"]["name"]
