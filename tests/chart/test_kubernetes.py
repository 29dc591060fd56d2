"""Every object is one that Kubernetes 1.31 to 1.37 knows, without a field it does not."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import kubernetes_validate
import kubernetes_validate.utils as validate_utils
import pytest
from tests.chart.charts import CASES, Object, objects

VERSIONS = [f"1.{minor}" for minor in range(31, 38)]
#: Kinds of other projects, with their own published schemas (see the `$comment` in each).
SCHEMAS = Path(__file__).with_name("schemas")
FOREIGN = {"HTTPRoute": "httproute.json", "ServiceMonitor": "servicemonitor.json"}
# Choices that no case of chart/ci makes.
MORE: list[tuple[str | None, tuple[str, ...]]] = [
    (None, ("service.type=LoadBalancer",)),
    (None, ("service.type=NodePort", "service.nodePort=30080")),
    (None, ('extraEnv:=[{"name":"TZ","value":"UTC"}]', "shutdown.preStopSeconds=0")),
    (None, ("autoscaling.enabled=false", "replicas=3")),
    (None, ("podSecurity.runAsUser=null", "podSecurity.fsGroup=null", "serviceAccount.create=false")),
    ("embedded", ("auth.oidc.issuer=https://i.example", "auth.oidc.audience=a", "auth.oidc.resourceUrl=https://r/mcp")),
]


@functools.cache
def _schema(filename: str, version: str, load: object) -> object:
    return load(filename, version)  # type: ignore[operator]


@functools.cache
def distinct() -> list[Object]:
    """Every object of every case, once."""
    cases: list[tuple[str | None, tuple[str, ...]]] = [(None, ()), *((case, ()) for case in CASES), *MORE]
    found = {json.dumps(item, sort_keys=True): item for case, sets in cases for item in objects(case, *sets)}
    return list(found.values())


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_accepts_every_object(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    load = validate_utils.schema_contents  # reads a megabyte each time
    monkeypatch.setattr(validate_utils, "schema_contents", lambda name, wanted: _schema(name, wanted, load))
    unknown = set()
    for item in distinct():
        try:
            # The answer is the version whose schema was used: never an older one.
            assert kubernetes_validate.validate(item, version, strict=True) == version
        except kubernetes_validate.SchemaNotFoundError:
            unknown.add(item["kind"])
        except kubernetes_validate.ValidationError as error:
            raise AssertionError(
                f"{item['kind']}/{item['metadata']['name']} {list(error.path)}: {error.message}"
            ) from error
    assert unknown == set(FOREIGN)


@pytest.mark.parametrize("kind", FOREIGN)
def test_other_projects_accept_their_objects(kind: str) -> None:
    schema = json.loads((SCHEMAS / FOREIGN[kind]).read_text(encoding="utf-8"))
    items = [item for item in distinct() if item["kind"] == kind]
    assert items
    for item in items:
        jsonschema.validate(item, schema)
