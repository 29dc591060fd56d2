"""Network policies: who reaches the server and the store, and whom they reach."""

from __future__ import annotations

from typing import Any

import pytest
from tests.chart.charts import CASES, FULLNAME, find, kinds, objects, pod_templates


def policy(name: str = "", case: str | None = None, *sets: str) -> dict[str, Any]:
    spec: dict[str, Any] = find("NetworkPolicy", f"{FULLNAME}{name}", case, *sets)["spec"]
    return spec


def egress_ports(case: str | None = None, *sets: str) -> list[list[int]]:
    return [sorted({port["port"] for port in rule["ports"]}) for rule in policy("", case, *sets)["egress"]]


def test_both_directions_are_closed_unless_named() -> None:
    for name in ("", "-store"):
        assert policy(name)["policyTypes"] == ["Ingress", "Egress"]


def test_labelled_pods_and_prometheus_reach_the_server_and_nobody_else() -> None:
    rules = policy()["ingress"]
    assert len(rules) == 1
    assert rules[0]["ports"] == [{"port": "http", "protocol": "TCP"}]
    assert rules[0]["from"] == [
        {"podSelector": {"matchLabels": {f"{FULLNAME}-client": "true"}}},
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}},
    ]


def test_proxies_and_further_clients_are_let_through() -> None:
    names = [
        peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
        for peer in policy("", "production")["ingress"][0]["from"]
        if "namespaceSelector" in peer
    ]
    assert names == ["agents", "gateways", "monitoring"]


def test_the_store_answers_the_servers_alone_and_calls_nobody() -> None:
    spec = policy("-store")
    # No rule denies all, as an empty list would; but the API server leaves that out, and `kubectl diff` never ends empty.
    assert "egress" not in spec
    assert len(spec["ingress"]) == 1
    assert spec["ingress"][0]["ports"] == [{"port": "store", "protocol": "TCP"}]
    labels = [peer["podSelector"]["matchLabels"] for peer in spec["ingress"][0]["from"]]
    assert [label["app.kubernetes.io/component"] for label in labels] == ["server"]


def test_names_are_resolved_over_udp_and_tcp_and_the_node_local_cache() -> None:
    rule = policy()["egress"][0]
    assert rule["ports"] == [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]
    assert {"ipBlock": {"cidr": "169.254.20.10/32"}} in rule["to"]
    assert any(peer.get("podSelector", {}).get("matchLabels") == {"k8s-app": "kube-dns"} for peer in rule["to"])


def test_the_server_reaches_its_store_and_what_it_was_told_to_call() -> None:
    assert egress_ports() == [[53], [6379]]
    assert egress_ports("embedded") == [[53]]
    assert egress_ports("external-store") == [[53], [6380]]
    assert policy("", "external-store")["egress"][1]["to"] == [{"ipBlock": {"cidr": "10.20.0.0/16"}}]
    # OIDC issuer and trace collector, each on the port of its URL.
    assert egress_ports("production") == [[53], [6379], [443], [4318]]
    oidc = ("auth.oidc.issuer=https://i.example", "auth.oidc.audience=a", "auth.oidc.resourceUrl=https://r.example/mcp")
    assert egress_ports(None, *oidc, "auth.oidc.jwksUrl=https://keys.example:8443/jwks")[-1] == [8443]
    assert egress_ports(None, "log.otlpEndpoint=http://collector.example/v1/traces")[-1] == [80]
    sets = ("store.type=external", "store.external.url=redis://cache.example.org")
    assert egress_ports(None, *sets) == [[53], [6379]]
    assert "to" not in policy("", None, *sets)["egress"][1]


def test_further_rules_are_taken_as_they_are() -> None:
    rule = '[{"to":[{"ipBlock":{"cidr":"10.0.0.0/8"}}]}]'
    assert policy("", None, f"networkPolicy.extraEgress:={rule}")["egress"][-1] == {
        "to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]
    }


@pytest.mark.parametrize("case", CASES)
def test_every_pod_of_the_release_is_under_a_policy(case: str) -> None:
    items = objects(case, "networkPolicy.enabled=true")
    policies = [item["spec"]["podSelector"] for item in items if item["kind"] == "NetworkPolicy"]
    for name, pod in pod_templates(items):
        labels = pod["metadata"]["labels"]
        assert sum(_selects(policy, labels) for policy in policies) == 1, name


def _selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    return selector["matchLabels"].items() <= labels.items() and all(
        labels.get(rule["key"]) in rule["values"] for rule in selector.get("matchExpressions", ())
    )


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("rediss://h:6380?x=1", 6380),
        ("rediss://h:6380/0?x=1", 6380),
        ("redis://[fd00::1]:7000/0", 7000),
        ("redis://[fd00::1]/0", 6379),
        ("redis://h", 6379),
        ("rediss://h/1", 6379),
    ],
)
def test_the_port_of_an_external_store_is_that_of_its_url(url: str, port: int) -> None:
    assert egress_ports(None, "store.type=external", f"store.external.url={url}") == [[53], [port]]


@pytest.mark.parametrize(
    ("url", "port"),
    [("https://i.example:8443?x=1", 8443), ("http://i.example?x=:1", 80), ("https://[fd00::1]/a:9/", 443)],
)
def test_the_port_of_an_issuer_is_that_of_its_url(url: str, port: int) -> None:
    sets = ("auth.oidc.audience=a", "auth.oidc.resourceUrl=https://r.example/mcp", f"auth.oidc.issuer={url}")
    assert egress_ports(None, *sets)[-1] == [port]


def test_policies_may_be_left_out() -> None:
    assert not [kind for kind in kinds(None, "networkPolicy.enabled=false") if kind.startswith("NetworkPolicy")]
