"""What `kubectl apply -k argocd` applies, and what Argo CD makes of it: rendered without a cluster.

The ApplicationSet's templates are Go templates with sprig's functions, and so are helm's, so helm renders them here as
Argo CD's controller does there; tests/e2e/test_argocd.py has the real one.
"""

from __future__ import annotations

import functools
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import yaml
from tests.chart.charts import ROOT, helm, program
from tests.helpers.patience import PATIENCE

ARGOCD = ROOT / "argocd"
ENVIRONMENTS = {path.parent.name: path.parent for path in sorted(ARGOCD.glob("environments/*/config.yaml"))}
SCHEMAS = Path(__file__).with_name("schemas")

Object = dict[str, Any]


def kustomize(directory: Path) -> list[Object]:
    """The objects of a kustomization."""
    done = subprocess.run(
        [program("kubectl"), "kustomize", str(directory)], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


@functools.cache
def _built() -> str:
    return json.dumps(kustomize(ARGOCD))


def built() -> list[Object]:
    """The objects of argocd/."""
    found: list[Object] = json.loads(_built())
    return found


def one(kind: str, name: str = "networkx-mcp") -> Object:
    """One of them. Raises AssertionError when it is not there."""
    found = [o for o in built() if o["kind"] == kind and o["metadata"]["name"] == name]
    assert len(found) == 1, f"{len(found)} objects {kind}/{name}"
    return found[0]


def go_template(text: str, values: Object) -> str:
    """A Go template with sprig, `.` being `values`. Raises AssertionError for a key that is not there."""
    with tempfile.TemporaryDirectory() as name:
        chart = Path(name)
        (chart / "templates").mkdir()
        (chart / "Chart.yaml").write_text("{apiVersion: v2, name: scratch, version: 0.0.0}", encoding="utf-8")
        (chart / "values.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
        # As YAML's one string, so that helm prints it whatever it is.
        body = '{{ define "t" }}' + text + '{{ end }}{{ dict "text" (include "t" .Values) | toYaml }}'
        (chart / "templates/t.yaml").write_text(body, encoding="utf-8")
        rendered: str = yaml.safe_load(helm("template", "x", name))["text"]
    assert "<no value>" not in rendered, rendered
    return rendered


def filled(document: Any, values: Object) -> Any:
    """A document whose strings are templates, each by itself, as the ApplicationSet's controller takes them."""
    if isinstance(document, dict):
        return {key: filled(value, values) for key, value in document.items()}
    if isinstance(document, list):
        return [filled(item, values) for item in document]
    return go_template(document, values) if isinstance(document, str) and "{{" in document else document


def merged(below: Object, above: Object) -> Object:
    """A strategic merge patch that replaces no list, as templatePatch is."""
    found = dict(below)
    for key, value in above.items():
        old = found.get(key)
        assert old is None or not isinstance(value, list), "a list would replace the template's"
        found[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return found


def config(environment: str) -> Object:
    """config.yaml of an environment."""
    found: Object = yaml.safe_load((ENVIRONMENTS[environment] / "config.yaml").read_text(encoding="utf-8"))
    return found


@functools.cache
def application(environment: str) -> Object:
    """The Application that the ApplicationSet makes of an environment."""
    return application_of(environment, config(environment))


def application_of(environment: str, config: Object) -> Object:
    """The one that it would make of another config.yaml there."""
    spec = one("ApplicationSet")["spec"]
    path = {"path": f"argocd/environments/{environment}", "basename": environment, "filename": "config.yaml"}
    parameters = {**config, "path": path}
    template = filled(spec["template"], parameters)
    patch = yaml.safe_load(go_template(spec["templatePatch"], parameters))
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", **merged(template, patch)}


def schema(name: str) -> Object:
    """A vendored schema; its `$comment` says where it is from."""
    found: Object = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    return found
