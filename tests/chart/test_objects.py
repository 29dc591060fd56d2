"""What the objects say: scaling, disruption, shutdown, names, ways in."""

from __future__ import annotations

import pytest
from tests.chart.charts import CASES, FULLNAME, NAMESPACE, find, kinds, objects, pod_templates

EVERY = [None, *CASES]
SERVER = {
    "app.kubernetes.io/name": "networkx-mcp",
    "app.kubernetes.io/instance": "graphs",
    "app.kubernetes.io/component": "server",
}
STORE = {**SERVER, "app.kubernetes.io/component": "store"}
RELEASE = {name: value for name, value in SERVER.items() if name != "app.kubernetes.io/component"}


@pytest.mark.parametrize("case", EVERY)
def test_selectors_hold_only_what_never_changes_and_match_their_pods(case: str | None) -> None:
    for item in objects(case):
        spec = item.get("spec", {})
        if item["kind"] in ("Deployment", "StatefulSet"):
            assert spec["selector"]["matchLabels"] in (SERVER, STORE)
            assert spec["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()
        elif item["kind"] == "Service":
            assert spec["selector"] in (SERVER, STORE)
        elif item["kind"] in ("PodDisruptionBudget", "ServiceMonitor"):
            assert spec["selector"]["matchLabels"] == SERVER
        elif item["kind"] == "NetworkPolicy":
            assert spec["podSelector"]["matchLabels"] in (SERVER, STORE, RELEASE)


def test_a_new_chart_version_does_not_restart_the_store() -> None:
    labels = find("StatefulSet", f"{FULLNAME}-store")["spec"]["template"]["metadata"]["labels"]
    assert "helm.sh/chart" not in labels
    assert "app.kubernetes.io/version" not in labels


def test_the_autoscaler_alone_sets_the_number_of_pods() -> None:
    assert "replicas" not in find("Deployment")["spec"]
    assert find("Deployment", FULLNAME, None, "autoscaling.enabled=false", "replicas=3")["spec"]["replicas"] == 3
    assert find("Deployment", FULLNAME, "embedded")["spec"]["replicas"] == 1


def test_the_autoscaler_counts_memory_as_an_amount_and_cpu_of_the_request() -> None:
    spec = find("HorizontalPodAutoscaler")["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 10)
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": FULLNAME}
    assert [metric["resource"] for metric in spec["metrics"]] == [
        {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1434Mi"}},
        {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}},
    ]
    up, down = spec["behavior"]["scaleUp"], spec["behavior"]["scaleDown"]
    assert up["stabilizationWindowSeconds"] == 60
    assert up["policies"] == [{"type": "Pods", "value": 2, "periodSeconds": 60}]
    assert down["stabilizationWindowSeconds"] == 300
    assert down["policies"] == [{"type": "Pods", "value": 1, "periodSeconds": 120}]


def test_a_drain_takes_one_pod_at_a_time_and_is_never_blocked() -> None:
    spec = find("PodDisruptionBudget")["spec"]
    assert spec["maxUnavailable"] == 1
    assert "minAvailable" not in spec
    assert spec["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


@pytest.mark.parametrize(
    ("sets", "there"),
    [
        ((), True),
        (("autoscaling.minReplicas=1",), False),
        (("autoscaling.enabled=false", "replicas=1"), False),
        (("autoscaling.enabled=false", "replicas=2"), True),
        (("podDisruptionBudget.enabled=false",), False),
    ],
)
def test_one_pod_has_no_disruption_budget(sets: tuple[str, ...], there: bool) -> None:
    assert ("PodDisruptionBudget/" in kinds(None, *sets)) is there


def test_the_grace_period_holds_pre_stop_shutdown_and_slack() -> None:
    spec = find("Deployment")["spec"]["template"]["spec"]
    assert spec["terminationGracePeriodSeconds"] == 40
    assert spec["containers"][0]["lifecycle"] == {"preStop": {"sleep": {"seconds": 5}}}
    sets = ("shutdown.preStopSeconds=7", "limits.shutdownTimeoutSeconds:=60.5", "shutdown.slackSeconds=3")
    spec = find("Deployment", FULLNAME, None, *sets)["spec"]["template"]["spec"]
    assert spec["terminationGracePeriodSeconds"] == 71
    spec = find("Deployment", FULLNAME, None, "shutdown.preStopSeconds=0")["spec"]["template"]["spec"]
    assert "lifecycle" not in spec["containers"][0]


def test_an_upgrade_never_lacks_a_pod_except_with_an_embedded_store() -> None:
    assert find("Deployment")["spec"]["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
    }
    assert find("Deployment", FULLNAME, "embedded")["spec"]["strategy"] == {"type": "Recreate"}


def test_pods_spread_and_leave_a_lost_node_after_30_seconds() -> None:
    spec = find("Deployment")["spec"]["template"]["spec"]
    # No zones by default: where nodes have no zone label, such a constraint would switch off the other.
    assert [c["topologyKey"] for c in spec["topologySpreadConstraints"]] == ["kubernetes.io/hostname"]
    constraints = find("Deployment", FULLNAME, "production")["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert {c["topologyKey"]: c["whenUnsatisfiable"] for c in constraints} == {
        "kubernetes.io/hostname": "DoNotSchedule",
        "topology.kubernetes.io/zone": "ScheduleAnyway",
    }
    assert all(c["labelSelector"]["matchLabels"] == SERVER for c in constraints)
    assert (
        "topologySpreadConstraints"
        not in find("Deployment", FULLNAME, None, "spread.nodes=")["spec"]["template"]["spec"]
    )
    assert {(t["key"], t["tolerationSeconds"]) for t in spec["tolerations"]} == {
        ("node.kubernetes.io/unreachable", 30),
        ("node.kubernetes.io/not-ready", 30),
    }


def test_probes_ask_the_three_paths() -> None:
    container = find("Deployment")["spec"]["template"]["spec"]["containers"][0]
    probes = {name: container[name]["httpGet"] for name in ("startupProbe", "readinessProbe", "livenessProbe")}
    assert probes == {
        "startupProbe": {"path": "/startup", "port": "http"},
        "readinessProbe": {"path": "/ready", "port": "http"},
        "livenessProbe": {"path": "/health", "port": "http"},
    }
    assert container["startupProbe"]["failureThreshold"] * container["startupProbe"]["periodSeconds"] == 300


def test_the_spool_holds_every_upload_at_once_and_as_much_again() -> None:
    def size(*sets: str) -> str:
        volumes = find("Deployment", FULLNAME, None, *sets)["spec"]["template"]["spec"]["volumes"]
        return str(next(v for v in volumes if v["name"] == "tmp")["emptyDir"]["sizeLimit"])

    assert size() == f"{64 * 4 * 2 + 64}Mi"
    assert size("limits.uploadMB=1000", "limits.uploadConcurrent=1") == "2064Mi"


def test_image_names() -> None:
    def images(case: str | None, *sets: str) -> set[str]:
        pods = pod_templates(objects(case, *sets))
        return {container["image"] for _, pod in pods for container in pod["spec"]["containers"]}

    assert images(None) == {"ghcr.io/networkx-mcp/server:0.2.0", "valkey/valkey:8"}
    digest = "sha256:" + "0123456789abcdef" * 4
    assert f"ghcr.io/networkx-mcp/server:0.2.0@{digest}" in images("production")
    sets = ("image.repository=registry.local/x", "image.tag=1.2", "store.valkey.image.repository=redis")
    assert images(None, *sets) == {"registry.local/x:1.2", "redis:8"}


def test_secrets_are_named_after_the_release_or_by_values() -> None:
    def secrets(case: str | None, *sets: str) -> dict[str, str]:
        pods = pod_templates(objects(case, *sets))
        volumes = [v for _, pod in pods for v in pod["spec"]["volumes"] if "secret" in v]
        return {v["name"]: v["secret"]["secretName"] for v in volumes}

    assert secrets(None) == {
        "tokens": f"{FULLNAME}-auth",
        "store-password": f"{FULLNAME}-store",
        "password": f"{FULLNAME}-store",
        "client": f"{FULLNAME}-client",
    }
    assert secrets("external-store")["store-password"] == "cache-credentials"
    assert secrets("external-store")["store-ca"] == "cache-authority"
    assert "store-password" not in secrets("external-store", "store.external.usePassword=false")
    assert secrets("embedded").keys() == {"tokens", "client"}
    sets = ("auth.tokens.existingSecret=a", "store.valkey.existingSecret=b", "client.existingSecret=c")
    assert secrets(None, *sets) == {"tokens": "a", "store-password": "b", "password": "b", "client": "c"}


def test_settings_restart_the_pods_and_nothing_else_does() -> None:
    def checksums(*sets: str) -> tuple[str, str]:
        server, store = find("Deployment", FULLNAME, None, *sets), find("StatefulSet", f"{FULLNAME}-store", None, *sets)
        return tuple(
            next(iter(item["spec"]["template"]["metadata"]["annotations"].values())) for item in (server, store)
        )

    server, store = checksums()
    assert checksums("limits.queue=300") != (server, store)
    assert checksums("limits.queue=300")[1] == store
    assert checksums("store.valkey.maxMemoryMB=512")[0] == server
    assert checksums("store.valkey.maxMemoryMB=512")[1] != store
    assert checksums("service.port=80", "autoscaling.maxReplicas=5") == (server, store)


def test_volumes_outlive_the_release() -> None:
    for case, name in ((None, "store"), ("embedded", "data")):
        claim = find("PersistentVolumeClaim", f"{FULLNAME}-{name}", case)
        assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    assert find("PersistentVolumeClaim", f"{FULLNAME}-data", "embedded")["spec"]["accessModes"] == ["ReadWriteOncePod"]
    assert "PersistentVolumeClaim/-store" not in kinds(None, "store.valkey.persistence.existingClaim=mine")


def test_ingress_and_route_carry_the_public_paths_only() -> None:
    spec = find("Ingress", FULLNAME, "ingress-tls")["spec"]
    assert spec["ingressClassName"] == "traefik"
    assert spec["tls"] == [{"secretName": "graphs-certificate", "hosts": ["graphs.example.org", "graphs.example.net"]}]
    assert [rule["host"] for rule in spec["rules"]] == ["graphs.example.org", "graphs.example.net"]
    for rule in spec["rules"]:
        assert [path["path"] for path in rule["http"]["paths"]] == ["/mcp", "/graphs", "/view"]
    rules = find("HTTPRoute", FULLNAME, "httproute")["spec"]["rules"]
    assert [match["path"]["value"] for rule in rules for match in rule["matches"]] == ["/mcp", "/graphs", "/view"]
    switched_off = find("HTTPRoute", FULLNAME, "httproute", "http.viewer=false")["spec"]["rules"]
    assert [match["path"]["value"] for rule in switched_off for match in rule["matches"]] == ["/mcp", "/graphs"]
    assert all(rule["backendRefs"] == [{"name": FULLNAME, "port": 8080}] for rule in rules)
    rule = find("HTTPRoute", FULLNAME, "production")["spec"]["rules"][-1]  # OIDC: the metadata as well
    assert rule["matches"][-1]["path"] == {"type": "Exact", "value": "/.well-known/oauth-protected-resource/mcp"}


@pytest.mark.parametrize(
    ("sets", "call", "transfer"),
    [
        ((), 45, 9261),  # 10 + 30 + 5 s; 576 MiB at 64 KiB/s
        (("limits.connectionTimeoutSeconds:=60.5", "limits.bodyTimeoutSeconds=20"), 86, 9302),
        (("limits.uploadMB=128", "limits.uploadMinKiBPerSecond=1024"), 45, 1133),
        (("limits.uploadMinKiBPerSecond=1",), 45, 99999),  # as long as the Gateway API can say
    ],
)
def test_a_gateway_waits_as_long_as_the_server(sets: tuple[str, ...], call: int, transfer: int) -> None:
    rules = find("HTTPRoute", FULLNAME, "production", *sets)["spec"]["rules"]
    times = {rule["matches"][0]["path"]["value"]: rule["timeouts"]["request"] for rule in rules}
    assert times == {
        "/mcp": f"{call}s",
        "/graphs": f"{transfer}s",
        "/view": f"{call}s",
        "/.well-known/oauth-protected-resource/mcp": f"{call}s",
    }


@pytest.mark.parametrize("tag", ["20260101", "8", "2026.01", "sha-20260101"])
@pytest.mark.parametrize("image", ["image", "store.valkey.image"])
def test_a_tag_of_digits_is_the_tag(image: str, tag: str) -> None:
    found = {
        container["image"].rpartition(":")[2]
        for _, pod in pod_templates(objects(None, f"{image}.tag={tag}"))
        for container in pod["spec"]["containers"]
    }
    assert tag in found
    assert not any("e+" in each for each in found)


def test_an_update_of_the_store_that_cannot_start_can_be_taken_back() -> None:
    assert find("StatefulSet", f"{FULLNAME}-store")["spec"]["podManagementPolicy"] == "Parallel"


def test_host_names_follow_from_service_ingress_and_route() -> None:
    def hosts(case: str | None, *sets: str) -> list[str]:
        return str(find("ConfigMap", FULLNAME, case, *sets)["data"]["NETWORKX_MCP_HTTP_ALLOWED_HOSTS"]).split(",")

    inside = [f"{FULLNAME}{suffix}" for suffix in ("", f".{NAMESPACE}", f".{NAMESPACE}.svc")]
    inside.append(f"{inside[-1]}.cluster.local")
    assert hosts(None) == ["localhost", "127.0.0.1", "[::1]", *inside]
    assert hosts("ingress-tls")[-2:] == ["graphs.example.org", "graphs.example.net"]
    assert hosts("httproute")[-1] == "graphs.example.org"
    assert hosts("httproute", "http.allowedHosts={*.example.com}")[-1] == "*.example.com"
    # A host that is not served is not accepted.
    assert "graphs.example.org" not in hosts("ingress-tls", "ingress.enabled=false")


def test_scrapes_are_rendered_whenever_asked_for() -> None:
    spec = find("ServiceMonitor", FULLNAME, "small-cluster")["spec"]
    # Rules name the job, not the release, nor what nameOverride makes of it.
    job = [{"targetLabel": "job", "replacement": "networkx-mcp"}]
    assert spec["endpoints"] == [
        {"port": "http", "path": "/metrics", "interval": "10s", "scrapeTimeout": "5s", "relabelings": job}
    ]
    assert find("ServiceMonitor", FULLNAME, "production")["metadata"]["labels"]["release"] == "prometheus"


def test_helm_test_calls_the_service_and_is_let_through() -> None:
    pod = find("Pod", f"{FULLNAME}-test")
    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
    assert pod["metadata"]["labels"][f"{FULLNAME}-client"] == "true"
    container = pod["spec"]["containers"][0]
    assert container["command"] == ["python", "-m", "networkx_mcp.smoke"]
    assert container["args"][0] == f"http://{FULLNAME}:8080/mcp"
    assert pod["metadata"]["labels"]["app.kubernetes.io/component"] == "test"  # no Service or budget selects it
