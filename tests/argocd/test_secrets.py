"""The ways in which Secrets come to a release: each ends with what the server and its clients read."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml
from tests.argocd.manifests import ARGOCD, go_template, schema

from networkx_mcp.http.tokens import parse

NAMES = [f"graphs-networkx-mcp-{name}" for name in ("auth", "store", "client")]
VAULT = {
    "smoke": "nmcp_smoke",
    "backup": "nmcp_backup",
    "password": "secret",
    "previous": "before",
    "callers": json.dumps(
        {"name": "me", "sha256": "0" * 64, "tenant": "me", "scopes": ["read"], "expires": "2031-01-01T00:00:00Z"}
    ),
}


def external() -> list[dict[str, Any]]:
    text = (ARGOCD / "secrets/external-secrets.yaml").read_text(encoding="utf-8")
    return list(yaml.safe_load_all(text))


def secret(item: dict[str, Any], vault: dict[str, str]) -> dict[str, str]:
    """The data that External Secrets would write."""
    fetched = {entry["secretKey"]: vault[entry["remoteRef"]["property"]] for entry in item["spec"]["data"]}
    template = item["spec"].get("target", {}).get("template")
    if template is None:
        return fetched
    return {key: go_template(text, fetched) for key, text in template["data"].items()}


def test_external_secrets_knows_every_field() -> None:
    for item in external():
        jsonschema.validate(item, schema("externalsecret"))
        assert item["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"] == "-2", "before the store"
    assert [item["metadata"]["name"] for item in external()] == NAMES


@pytest.mark.parametrize("callers", [VAULT["callers"], ""])
def test_external_secrets_makes_what_make_secrets_makes(callers: str) -> None:
    auth, store, client = (secret(item, {**VAULT, "callers": callers}) for item in external())
    assert (store, client) == (
        {"password": "secret", "previous": "before"},
        {"smoke": "nmcp_smoke", "backup": "nmcp_backup"},
    )
    entries = {entry.name: entry for text in auth.values() for entry in parse(text)}
    assert entries.keys() == {"smoke", "backup", *(["me"] if callers else [])}
    for name, scopes in (("smoke", {"read", "write"}), ("backup", {"admin"})):
        assert entries[name].digest == hashlib.sha256(client[name].encode()).digest()
        assert entries[name].scopes == scopes
        assert entries[name].expires is None
