"""Network policies: who reaches the server and the store, and whom they reach."""

from __future__ import annotations

from typing import Any

from tests.chart.charts import FULLNAME, find, kinds


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
    assert spec["egress"] == []
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


def test_policies_may_be_left_out() -> None:
    assert not [kind for kind in kinds(None, "networkPolicy.enabled=false") if kind.startswith("NetworkPolicy")]
