"""What Argo CD is told: valid for 3.2, said once, and safe where it is about data."""

from __future__ import annotations

import re
import tempfile
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml
from tests.argocd.manifests import ARGOCD, ENVIRONMENTS, application, application_of, built, config, one, schema
from tests.chart.charts import ROOT, helm

SOURCE = yaml.safe_load((ARGOCD / "source.yaml").read_text(encoding="utf-8"))["data"]


def everything() -> list[dict[str, Any]]:
    return [*built(), *(application(environment) for environment in ENVIRONMENTS)]


def test_the_objects_are_exactly_these() -> None:
    assert sorted((o["kind"], o["metadata"]["name"]) for o in everything()) == [
        ("AppProject", "networkx-mcp"),
        ("AppProject", "networkx-mcp-root"),
        ("Application", "networkx-mcp-alerts"),
        ("Application", "networkx-mcp-production"),
        ("Application", "networkx-mcp-root"),
        ("Application", "networkx-mcp-staging"),
        ("ApplicationSet", "networkx-mcp"),
    ]


@pytest.mark.parametrize("kind", ["AppProject", "Application", "ApplicationSet"])
def test_argo_cd_3_2_knows_every_field(kind: str) -> None:
    items = [o for o in everything() if o["kind"] == kind]
    assert items
    for item in items:
        jsonschema.validate(item, schema(kind.lower()))


def test_the_schema_would_notice_a_field_that_is_none() -> None:
    item = one("Application", "networkx-mcp-root")
    item["spec"]["syncPolicy"]["automated"]["selfheal"] = True
    with pytest.raises(jsonschema.ValidationError, match="selfheal"):
        jsonschema.validate(item, schema("application"))


def test_address_and_branch_are_said_once() -> None:
    for path in ARGOCD.rglob("*.yaml"):
        if path.name != "source.yaml":
            assert SOURCE["repoURL"].removesuffix(".git") not in path.read_text(encoding="utf-8"), path
    assert "SOURCE" not in str(everything()), "a placeholder is left"
    for item in everything():
        spec = item["spec"]
        if item["kind"] == "AppProject":
            assert spec["sourceRepos"] == [SOURCE["repoURL"]]
        elif item["kind"] == "Application":
            for source in spec.get("sources") or [spec["source"]]:
                assert source["repoURL"] == SOURCE["repoURL"]
                assert source["targetRevision"] == (
                    config(item["metadata"]["name"].removeprefix("networkx-mcp-"))["revision"]
                    if source["path"] == "chart"
                    else SOURCE["branch"]
                )
        else:
            (generator,) = spec["generators"]
            assert (generator["git"]["repoURL"], generator["git"]["revision"]) == tuple(SOURCE.values())


def test_every_application_is_in_a_project_that_admits_it() -> None:
    projects = {o["metadata"]["name"]: o["spec"] for o in built() if o["kind"] == "AppProject"}
    used: dict[str, list[dict[str, str]]] = {name: [] for name in projects}
    for item in everything():
        if item["kind"] == "Application":
            used[item["spec"]["project"]].append(item["spec"]["destination"])
    for name, spec in projects.items():
        order = sorted(spec["destinations"], key=lambda d: d["namespace"])
        assert order == sorted(used[name], key=lambda d: d["namespace"]), "exactly the destinations in use"
        assert "*" not in str(spec["destinations"]) + str(spec["sourceRepos"])


def test_the_application_set_stops_at_a_missing_key_and_removes_nothing() -> None:
    spec = one("ApplicationSet")["spec"]
    assert spec["goTemplate"] is True
    assert spec["goTemplateOptions"] == ["missingkey=error"]
    assert spec["syncPolicy"] == {"preserveResourcesOnDeletion": True}
    assert spec["generators"][0]["git"]["files"] == [{"path": "argocd/environments/*/config.yaml"}]


@pytest.mark.parametrize(("environment", "prune"), [("staging", True), ("production", False)])
def test_both_heal_and_only_staging_prunes(environment: str, prune: bool) -> None:
    policy = application(environment)["spec"]["syncPolicy"]
    assert policy["automated"] == {"selfHeal": True, "prune": prune, "allowEmpty": False}
    assert policy["retry"]["limit"] == 5
    assert policy["managedNamespaceMetadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert {option.partition("=")[0] for option in policy["syncOptions"]} == {
        *("CreateNamespace", "ServerSideApply", "ApplyOutOfSyncOnly", "PruneLast"),
        *("RespectIgnoreDifferences", "FailOnSharedResource"),
    }


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_runs_a_tag_and_a_digest(environment: str) -> None:
    assert re.fullmatch(r"v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?", config(environment)["revision"])
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", config(environment)["digest"])
    chart, _ = application(environment)["spec"]["sources"]
    assert chart["path"] == "chart"
    digest = {"name": "image.digest", "value": config(environment)["digest"], "forceString": True}
    assert digest in chart["helm"]["parameters"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_values_reach_the_chart_as_they_are_written(environment: str) -> None:
    chart, _ = application(environment)["spec"]["sources"]
    assert yaml.safe_load(chart["helm"]["values"]) == config(environment)["values"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_number_of_pods_is_the_autoscalers(environment: str) -> None:
    spec = application(environment)["spec"]
    assert spec["ignoreDifferences"] == [
        {"group": "apps", "kind": "Deployment", "managedFieldsManagers": ["kube-controller-manager"]}
    ]
    (deployment,) = (o for o in release(environment) if o["kind"] == "Deployment")
    assert "replicas" not in deployment["spec"]


def test_without_an_autoscaler_the_number_of_pods_is_gits() -> None:
    """What scaled once owns the number in the Deployment for good, so the difference must not be left out any more."""
    given = config("staging")
    given["values"] |= {"autoscaling": {"enabled": False}, "replicas": 4}
    assert "ignoreDifferences" not in application_of("staging", given)["spec"]
    given["values"]["autoscaling"] = {"maxReplicas": 4}
    assert "ignoreDifferences" in application_of("staging", given)["spec"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_release_has_what_its_alerts_and_its_recovery_need(environment: str) -> None:
    kinds = {o["kind"] for o in release(environment)}
    assert {"ServiceMonitor", "CronJob", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Job"} <= kinds
    (smoke,) = (o for o in release(environment) if o["metadata"]["name"].endswith("-smoke"))
    assert smoke["metadata"]["annotations"]["argocd.argoproj.io/hook"] == "PostSync"
    link = ENVIRONMENTS[environment] / "alertmanagerconfig.yaml"
    assert link.resolve() == ROOT / "alerts/alertmanagerconfig.yaml", "inhibition acts in its own namespace only"


def release(environment: str) -> list[dict[str, Any]]:
    """The chart as an environment's Application asks for it."""
    chart, _ = application(environment)["spec"]["sources"]
    command = [
        "template",
        chart["helm"]["releaseName"],
        str(ROOT / chart["path"]),
        "-n",
        config(environment)["namespace"],
    ]
    for parameter in chart["helm"]["parameters"]:
        option = "--set-string" if parameter.get("forceString") else "--set"
        command += [option, f"{parameter['name']}={parameter['value']}"]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as values:
        values.write(chart["helm"]["values"])
        values.flush()
        text = helm(*command, "--values", values.name)
    return [document for document in yaml.safe_load_all(text) if document]
