"""kube-score, checkov and kubeconform over all that the chart renders and over alerts/ and argocd/."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from tests.chart.charts import ROOT
from tests.helpers import programs
from tests.helpers.patience import PATIENCE
from tests.linters.findings import EXCEPTIONS, Finding, exemptions, judge, rendered, write

#: The oldest and the newest Kubernetes that the chart is for.
VERSIONS = ("1.31", "1.37")
SCHEMAS = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
#: Kinds of other projects; the `$comment` in each says where it is from.
FOREIGN = (ROOT / "tests/chart/schemas", ROOT / "tests/argocd/schemas")


def run(*command: str) -> str:
    """Standard output of a linter, which ends with an error where it finds something."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.stdout, done.stderr
    return done.stdout


def kube_score(file: Path) -> list[Finding]:
    """What kube-score finds wrong or doubtful in a file."""
    options = ("--output-format", "json", "--kubernetes-version", f"v{VERSIONS[0]}")
    found = []
    for item in json.loads(run(programs.path("kube-score"), "score", str(file), *options)) or []:
        for check in item["checks"]:
            if not check["skipped"] and check["grade"] < 10:  # 10 is best
                text = "; ".join(comment["summary"] for comment in check["comments"])
                kind, name = item["type_meta"]["kind"], item["object_meta"]["name"]
                found.append(Finding("kube-score", check["check"]["id"], file.stem, kind, name, text))
    return found


@pytest.mark.needs("kube-score")
def test_kube_score(tmp_path: Path) -> None:
    files = write(tmp_path)
    assert judge("kube-score", [finding for file in files for finding in kube_score(file)]) == []


@pytest.mark.needs("checkov")
def test_checkov(tmp_path: Path) -> None:
    files = write(tmp_path)
    # --skip-download: it would ask a vendor's server for texts, and wait long where there is no way out.
    options = ("--framework", "kubernetes", "--skip-download", "--quiet", "--compact", "--output", "json")
    told: dict[str, Any] = json.loads(run(programs.path("checkov"), "--directory", str(tmp_path), *options))
    assert told["summary"]["parsing_errors"] == 0
    assert told["summary"]["passed"] > 100 * len(files), "it hardly looked"
    found = []
    for check in told["results"]["failed_checks"]:
        kind, _, name = check["resource"].partition(".")
        # kind.namespace.name; a pod made of a template has its labels behind the name
        found.append(
            Finding(
                "checkov",
                check["check_id"],
                Path(check["file_path"]).stem,
                kind,
                name.split(".")[-1],
                check["check_name"],
            )
        )
    assert judge("checkov", found) == []


def schemas(version: str, directory: Path) -> Path:
    """Kubernetes' schemas in a form that kubeconform reads: their references lead to a server, which nobody asks."""
    for file in (SCHEMAS / f"v{version}.0-local-strict").glob("*.json"):
        schema = json.loads(file.read_text(encoding="utf-8").replace('"/api/_definitions.json#', '"_definitions.json#'))
        schema.pop("$id", None)
        (directory / file.name).write_text(json.dumps(schema), encoding="utf-8")
    return directory


@pytest.mark.needs("kubeconform")
@pytest.mark.parametrize("version", VERSIONS)
def test_kubeconform(tmp_path: Path, version: str) -> None:
    manifests, known = tmp_path / "manifests", tmp_path / "schemas"
    for directory in (manifests, known):
        directory.mkdir()
    places = [schemas(version, known) / "{{.ResourceKind}}{{.KindSuffix}}.json"]
    places += [directory / "{{.ResourceKind}}.json" for directory in FOREIGN]
    options = [part for place in places for part in ("-schema-location", str(place))]
    command = [programs.path("kubeconform"), "-strict", "-output", "json", "-verbose", *options]
    told = json.loads(run(*command, *map(str, write(manifests))))["resources"]
    assert sum(item["status"] == "statusValid" for item in told) > 10 * len(rendered())
    found = []
    for item in told:
        if item["status"] != "statusValid":
            check = "no schema" if "could not find schema" in item["msg"] else "invalid"
            found.append(
                Finding("kubeconform", check, Path(item["filename"]).stem, item["kind"], item["name"], item["msg"])
            )
    assert judge("kubeconform", found) == []


@pytest.mark.needs("kubeconform", "kube-score", "checkov")
def test_each_of_them_finds_what_is_wrong(tmp_path: Path) -> None:
    """A field that is misspelt, a container that may do everything."""
    text = rendered()["defaults"].replace("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false")
    bad = tmp_path / "bad.yaml"
    bad.write_text(text.replace("terminationGracePeriodSeconds:", "terminationGracePeriodSecondz:"), encoding="utf-8")
    assert "container-security-context-readonlyrootfilesystem" in {finding.check for finding in kube_score(bad)}
    options = ("--framework", "kubernetes", "--skip-download", "--quiet", "--compact", "--output", "json")
    assert "CKV_K8S_22" in run(programs.path("checkov"), "--file", str(bad), *options)
    (tmp_path / "schemas").mkdir()
    place = schemas(VERSIONS[1], tmp_path / "schemas") / "{{.ResourceKind}}{{.KindSuffix}}.json"
    told = run(programs.path("kubeconform"), "-strict", "-output", "json", "-schema-location", str(place), str(bad))
    assert "terminationGracePeriodSecondz" in told


def test_every_exception_says_why() -> None:
    for entry in exemptions():
        assert len(entry.reason.split()) >= 3, f"{EXCEPTIONS.name}: {entry.linter} {entry.check}"
        assert entry.linter in ("kube-score", "checkov", "kubeconform", "shellcheck")


def test_a_new_finding_and_an_idle_exception_are_both_wrong() -> None:
    (entry,) = [entry for entry in exemptions("kubeconform") if entry.kind == "PrometheusRule"]
    held = Finding("kubeconform", "no schema", "alerts", "PrometheusRule", "x", "")
    other = Finding("kubeconform", "invalid", "alerts", "PrometheusRule", "x", "told")
    assert entry.covers(held)
    wrong = judge("kubeconform", [held, other])
    assert wrong[0] == "kubeconform invalid: alerts, PrometheusRule/x: told"
    assert "AlertmanagerConfig/.* is found no more" in wrong[1]
    assert len(wrong) == 2
