"""The schema is strict: a misspelt key fails at every level, `global` and `enabled` are admitted."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml
from tests.chart.charts import CHART, HelmError, helm, refusal, template

SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))


def resolve(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        target: dict[str, Any] = SCHEMA["definitions"][schema["$ref"].rsplit("/", 1)[1]]
        return target
    return schema


def levels(schema: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every object of the values, by path."""
    schema = resolve(schema)
    if "properties" in schema:
        yield path, schema
        for key, inner in schema["properties"].items():
            yield from levels(inner, (*path, key))


PATHS = [path for path, _ in levels(SCHEMA) if path != ("global",)]


@pytest.mark.parametrize("path", PATHS, ids=".".join)
def test_a_misspelt_key_fails(path: tuple[str, ...]) -> None:
    values = copy.deepcopy(VALUES)
    target = values
    for key in path:
        target = target[key]
    target["mispelt"] = 1
    with pytest.raises(jsonschema.ValidationError, match="mispelt"):
        jsonschema.validate(values, SCHEMA)


@pytest.mark.parametrize("key", ["limit", "limits.conections", "store.valkey.persistance.size", "auth.token.enabled"])
def test_helm_names_the_misspelt_key(key: str) -> None:
    wrong = next(part for part in key.split(".") if part in {"limit", "conections", "persistance", "token"})
    assert wrong in refusal(f"{key}=1")


def test_schema_and_values_know_the_same_keys() -> None:
    for path, schema in levels(SCHEMA):
        target: Any = VALUES
        for key in path:
            target = target[key]
        extra = (
            {"global", "enabled"}
            if not path
            else {"ephemeral-storage"}
            if path[-1] in ("requests", "limits")
            else set()
        )
        assert set(schema["properties"]) - extra == set(target) - extra, path
        assert schema["additionalProperties"] is False, path


def defaults(schema: dict[str, Any], values: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """(key, default) of every value, the groups included."""
    schema = resolve(schema)
    for key, inner in schema.get("properties", {}).items():
        if isinstance(values, dict) and key in values:
            yield ".".join((*path, key)), values[key]
            yield from defaults(inner, values[key], (*path, key))


#: A case that uses what the defaults leave off.
_USES = {
    "ingress": "ingress-tls",
    "httpRoute": "httproute",
    "backup": "gitops",
    "argocd": "gitops",
    "store.external": "external-store",
    "store.embedded": "embedded",
}


@pytest.mark.parametrize(
    ("key", "default"), list(defaults(SCHEMA, VALUES)), ids=lambda item: item if isinstance(item, str) else ""
)
def test_null_is_refused_by_name_or_means_empty(key: str, default: Any) -> None:
    """Helm takes a value away that is set to null; what is left must never be nonsense."""
    case = next((case for prefix, case in _USES.items() if f"{key}.".startswith(f"{prefix}.")), "production")
    text, error = "", ""
    try:
        text = template(case, f"{key}:=null")
    except HelmError as refused:
        error = str(refused)
    assert not any(word in error for word in ("nil", "runtime error", "wrong type", "invalid value"))
    assert not any(word in text for word in ("<nil>", "<no value>", '"null"', "%!"))
    if error:
        assert key.rpartition(".")[2] in error
        return
    optional = key.startswith(("podSecurity.", "spread.")) or key.endswith("limits.cpu")
    assert optional or default in ("", {}, None) or isinstance(default, list), key
    for item in yaml.safe_load_all(text):
        for name, value in ((item or {}).get("data") or {}).items():
            assert isinstance(value, str), name


def test_lists_of_objects_are_strict_too() -> None:
    assert "parentRef" in refusal('httpRoute.parentRefs:=[{"name":"a","parentRef":"b"}]')
    assert "podSelectr" in refusal('networkPolicy.clients:=[{"podSelectr":{}}]')
    assert "valeu" in refusal('extraEnv:=[{"name":"A","valeu":"b"}]')


def test_the_schema_is_one_and_the_defaults_fit() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    jsonschema.validate(VALUES, SCHEMA)


@pytest.mark.parametrize(
    "value",
    [
        "limits.connections=0",
        "limits.memoryMB=2Gi",
        "limits.requestTimeoutSeconds=0",
        "image.digest=sha256:abc",
        "image.pullPolicy=Sometimes",
        "autoscaling.memoryPerPod=70%",
        "store.type=redis",
        "store.prefix=Upper",
        "store.external.url=http://x",
        "service.type=ExternalName",
        "service.port=0",
        "memory.protectiveRatio=1",
        "podSecurity.runAsUser=0",
        "log.level=verbose",
        "auth.oidc.issuer=login.example.org",
    ],
)
def test_a_value_of_the_wrong_kind_fails(value: str) -> None:
    assert value.split("=")[0].split(".")[-1] in refusal(value)


def test_global_and_enabled_are_admitted() -> None:
    helm("template", "x", str(CHART), "--set", "enabled=true", "--set-json", 'global={"anything":{"at":"all"}}')
