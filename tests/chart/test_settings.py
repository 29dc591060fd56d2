"""The ConfigMap is what the server reads: every name known, every value accepted, every default the same."""

from __future__ import annotations

import os
from typing import Any

import pytest
from tests.chart.charts import CASES, FULLNAME, find

from networkx_mcp.settings import Settings

EVERY = [None, *CASES]
PREFIX = "NETWORKX_MCP_"
#: What a pod needs different from a process on a laptop.
OF_THE_POD = {
    "http.host",
    "http.allowed_hosts",
    "auth.tokens_dir",
    "store.type",
    "store.url",
    "store.password_file",
    "ratelimit.replicas",
    "http.drain_seconds",
}


def data(case: str | None, *sets: str) -> dict[str, str]:
    found: dict[str, str] = find("ConfigMap", FULLNAME, case, *sets)["data"]
    return found


def settings(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> Settings:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return Settings()


def field(name: str) -> tuple[str, str]:
    group, _, rest = name.removeprefix(PREFIX).lower().partition("_")
    return group, rest


@pytest.mark.parametrize("case", EVERY)
def test_the_server_accepts_its_environment(case: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    made = settings(monkeypatch, data(case))
    assert made.authenticated
    assert made.http.host == "0.0.0.0"
    assert made.http.port == 8080


@pytest.mark.parametrize("case", EVERY)
def test_every_variable_is_a_setting(case: str | None) -> None:
    for name in data(case):
        group, rest = field(name)
        assert group in Settings.model_fields, name
        annotation: Any = Settings.model_fields[group].annotation
        assert rest in annotation.model_fields, name


def test_a_chart_default_is_the_servers_default(monkeypatch: pytest.MonkeyPatch) -> None:
    pod, bare = settings(monkeypatch, data(None)), settings(monkeypatch, {})
    different = set()
    for name in data(None):
        group, rest = field(name)
        if getattr(getattr(pod, group), rest) != getattr(getattr(bare, group), rest):
            different.add(f"{group}.{rest}")
    assert different == OF_THE_POD


def test_every_limit_of_the_server_is_a_value() -> None:
    there = {field(name) for name in data(None)}
    for group in ("limits", "memory", "ratelimit"):
        annotation: Any = Settings.model_fields[group].annotation
        assert {rest for inner, rest in there if inner == group} == set(annotation.model_fields)


def test_large_numbers_stay_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    made = settings(monkeypatch, data(None, "limits.graphEdges=25000000", "limits.requestTimeoutSeconds:=12.5"))
    assert made.limits.graph_edges == 25_000_000
    assert made.limits.request_timeout_seconds == 12.5


def test_stores_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    made = settings(monkeypatch, data(None)).store
    assert (made.type, made.url) == ("redis", f"redis://{FULLNAME}-store:6379/0")
    assert str(made.password_file) == "/etc/networkx-mcp/store/password"
    made = settings(monkeypatch, data("external-store")).store
    assert (made.type, made.url) == ("redis", "rediss://graphs.cache.example.org:6380/0")
    assert made.username == "networkx-mcp"
    assert str(made.tls_ca_file) == "/etc/networkx-mcp/store-ca/ca.crt"
    made = settings(monkeypatch, data("embedded")).store
    assert (made.type, str(made.path)) == ("embedded", "/data/networkx-mcp.sqlite3")
    assert made.password_file is None


def test_oidc_is_configured_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    made = settings(monkeypatch, data("production")).oidc
    assert made.issuer == "https://login.example.org/realms/agents"
    assert made.resource_url == "https://graphs.example.org/mcp"
    assert not [name for name in data(None) if "OIDC" in name]


def test_every_path_in_the_environment_is_mounted() -> None:
    for case in EVERY:
        mounts = find("Deployment", FULLNAME, case)["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
        paths = [mount["mountPath"] for mount in mounts]
        for name, value in data(case).items():
            if value.startswith("/"):
                assert any(value == path or value.startswith(f"{path}/") for path in paths), name
