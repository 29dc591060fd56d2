"""helm, called on the chart: what the chart's tests share."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml
from tests.helpers.patience import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "chart"
CASES = {path.name.removesuffix("-values.yaml"): path for path in sorted((CHART / "ci").glob("*-values.yaml"))}
RELEASE, NAMESPACE = "graphs", "agents"
FULLNAME = "graphs-networkx-mcp"

Object = dict[str, Any]


class HelmError(Exception):
    """helm ended with an error; its text is the message."""


def program(name: str) -> str:
    """Path of `helm` (4) or `helm3`; an AssertionError with the line that installs it."""
    path = os.pathsep.join([str(ROOT / ".tools" / "bin"), os.environ.get("PATH", "")])
    found = shutil.which(name, path=path)
    assert found, f"{name} is missing: run `make tools`, which fetches it into .tools/bin"
    return found


def helm(*arguments: str, version: str = "helm") -> str:
    """Standard output of helm. Raises HelmError."""
    done = subprocess.run([program(version), *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False)
    if done.returncode != 0:
        raise HelmError(done.stderr + done.stdout)
    return done.stdout


def _options(case: str | None, sets: tuple[str, ...]) -> list[str]:
    options = ["--values", str(CASES[case])] if case else []
    for item in sets:
        name, json_follows, value = item.partition(":=")
        options += ["--set-json", f"{name}={value}"] if json_follows else ["--set", item]
    return options


@functools.cache
def template(case: str | None = None, *sets: str, version: str = "helm") -> str:
    """What `helm template` prints for a case of chart/ci and pairs `key=value` or `key:=JSON`."""
    return helm("template", RELEASE, str(CHART), "-n", NAMESPACE, *_options(case, sets), version=version)


def objects(case: str | None = None, *sets: str) -> list[Object]:
    """The rendered objects, hooks included."""
    return [document for document in yaml.safe_load_all(template(case, *sets)) if document]


def find(kind: str, name: str = FULLNAME, case: str | None = None, *sets: str) -> Object:
    """One rendered object. Raises AssertionError when it is not there."""
    found = [o for o in objects(case, *sets) if o["kind"] == kind and o["metadata"]["name"] == name]
    assert len(found) == 1, f"{len(found)} objects {kind}/{name}"
    return found[0]


def kinds(case: str | None = None, *sets: str) -> list[str]:
    """`Kind/name` of the rendered objects, without the release's full name."""
    return sorted(f"{o['kind']}/{o['metadata']['name'].removeprefix(FULLNAME)}" for o in objects(case, *sets))


def notes(case: str | None = None, *sets: str) -> str:
    """What `helm install` would print."""
    options = _options(case, sets)
    arguments = ("install", RELEASE, str(CHART), "-n", NAMESPACE, "--dry-run=client", *options)
    return helm(*arguments).split("NOTES:\n", 1)[1]


def refusal(*sets: str, case: str | None = None) -> str:
    """The error text for values that must not render."""
    try:
        helm("template", RELEASE, str(CHART), "-n", NAMESPACE, *_options(case, sets))
    except HelmError as error:
        return str(error)
    raise AssertionError(f"{sets} were not refused")


def pod_templates(objects: list[Object]) -> list[tuple[str, Object]]:
    """(Kind/name, pod) of everything that runs pods."""
    found = []
    for item in objects:
        name = f"{item['kind']}/{item['metadata']['name']}"
        if item["kind"] == "Pod":
            found.append((name, item))
        elif item["kind"] == "CronJob":
            found.append((name, item["spec"]["jobTemplate"]["spec"]["template"]))
        elif "template" in item.get("spec", {}):
            found.append((name, item["spec"]["template"]))
    return found
