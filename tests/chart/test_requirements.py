"""Values that contradict each other are refused with the key and the fix; what just fits is not."""

from __future__ import annotations

import re

import pytest
from tests.chart.charts import CHART, FULLNAME, refusal, template

OIDC = ("auth.oidc.issuer=https://i.example", "auth.oidc.audience=a", "auth.oidc.resourceUrl=https://r.example/mcp")
INGRESS = ("ingress.enabled=true", "ingress.hosts={a.example}")
ROUTE = ("httpRoute.enabled=true", 'httpRoute.parentRefs:=[{"name":"main"}]', "httpRoute.hostnames={a.example}")
PROXY = 'networkPolicy.proxies:=[{"namespaceSelector":{}}]'

REFUSALS: list[tuple[tuple[str, ...], str]] = [
    (
        ("limits.memoryMB=4096",),
        "limits.memoryMB is 4096 MiB, but resources.limits.memory is 2Gi: the server would plan with memory that it "
        "does not have. Set resources.limits.memory to 4096Mi.",
    ),
    (
        ("resources.requests.memory=3Gi",),
        "resources.requests.memory (3Gi) is above resources.limits.memory (2Gi): lower the request.",
    ),
    (
        ("memory.constrainedRatio:=0.95",),
        "memory.constrainedRatio (0.95) must be below memory.protectiveRatio (0.9): caches go before writes are refused.",
    ),
    (
        ("limits.requestTimeoutSeconds=21",),
        "limits.queueTimeoutSeconds (10) + limits.requestTimeoutSeconds (21) must fit into "
        "limits.connectionTimeoutSeconds (30): lower one of the first two or raise the third.",
    ),
    (
        ("limits.shutdownTimeoutSeconds=21",),
        "shutdown.drainSeconds (2) + limits.requestTimeoutSeconds (20) must fit into limits.shutdownTimeoutSeconds (21), "
        "or an upgrade would cut running calls: lower one of the first two or raise the third.",
    ),
    (
        ("autoscaling.minReplicas=11",),
        "autoscaling.minReplicas (11) is above autoscaling.maxReplicas (10): lower the first or raise the second.",
    ),
    (
        ("autoscaling.memoryPerPod=2Gi",),
        "autoscaling.memoryPerPod (2Gi) must be below resources.limits.memory (2Gi), or no pod is ever added for "
        "memory: 70 % of the limit is tested.",
    ),
    (
        ("resources.requests.memory=1231Mi",),
        "resources.requests.memory (1231Mi) is below memory.residentMB (640) + memory.resultsMB (32) + 560 MiB for the "
        "processes: a pod full of graphs would use more than it asked for, and a node short of memory evicts such pods "
        "first. Request at least 1232Mi or lower memory.residentMB.",
    ),
    (
        ("limits.sockets=7200",),
        "limits.sockets (7200) can take 1350 MiB of the kernel's memory, 192 KiB each; with 220 MiB for the processes and "
        "memory.workerMB (384) that is more than 95 % of limits.memoryMB (2048). Lower limits.sockets or memory.workerMB, or "
        "raise limits.memoryMB.",
    ),
    (
        ("store.valkey.resources.requests.memory=1279Mi",),
        "store.valkey.resources.requests.memory (1279Mi) is below 1.25 x store.valkey.maxMemoryMB (1024): a full store "
        "would use more than it asked for, and a node short of memory evicts such pods first. Raise the first or lower "
        "the second.",
    ),
    (
        ("memory.residentMB=843", "resources.requests.memory=1435Mi"),
        "memory.residentMB (843) + memory.resultsMB (32) + 560 MiB for the processes is above autoscaling.memoryPerPod "
        "(1434Mi): an idle pod full of graphs would add pods for ever. Lower memory.residentMB or raise autoscaling.memoryPerPod.",
    ),
    (
        ("auth.tokens.enabled=false",),
        "auth.tokens.enabled is false and auth.oidc.issuer is empty: the server serves nobody but itself without "
        "authentication. Enable tokens or set auth.oidc.issuer.",
    ),
    (
        ("auth.oidc.issuer=https://i.example",),
        "auth.oidc.audience is empty: a token made for another service would pass. Set it to the audience of this "
        "server's tokens.",
    ),
    (
        OIDC[:2],
        "auth.oidc.resourceUrl is empty and there is no Ingress or HTTPRoute to take it from: set it to the public URL "
        "of /mcp.",
    ),
    (
        ("auth.oidc.audience=a",),
        "auth.oidc.audience is set, but auth.oidc.issuer is empty, so OIDC is off: set the issuer or empty the audience.",
    ),
    (
        ("store.type=external",),
        "store.type is external, but store.external.url is empty: set it to redis://host:port/db or "
        "rediss://host:port/db.",
    ),
    (
        ("store.type=external", "store.external.url=redis://u:p@h/0"),
        "store.external.url holds a user or password, which values and ConfigMaps must not: set "
        "store.external.username and put the password into a Secret (store.external.existingSecret).",
    ),
    (
        ("store.type=external", "store.external.url=redis://h/0", "store.external.caSecret=x"),
        "store.external.caSecret is set, but store.external.url has no TLS: write rediss:// or empty the Secret.",
    ),
    (
        ("store.external.url=redis://h/0",),
        "store.external.url is set, but store.type is valkey, so it is not used: set store.type to external or empty "
        "the URL.",
    ),
    (
        ("store.valkey.maxMemoryMB=1366",),
        "store.valkey.resources.limits.memory (2Gi) is below 1.5 x store.valkey.maxMemoryMB (1366): while the log is "
        "rewritten, changed pages exist twice and the kernel would kill the store. Raise the first or lower the second.",
    ),
    (
        ("backup.enabled=true", "limits.graphMB=129"),
        "backup.resources.limits.memory (512Mi) is below 4 x limits.graphMB (129): the kernel would kill the backup of "
        "the largest graph, or its restore. Raise the first or lower the second.",
    ),
    (
        ("backup.enabled=true", "auth.tokens.enabled=false", *OIDC),
        "backup.enabled is true, but auth.tokens.enabled is false, so the token of backups would be refused: set "
        "auth.tokens.enabled, beside OIDC.",
    ),
    (
        ("argocd.enabled=true", "auth.tokens.enabled=false", *OIDC),
        "argocd.enabled is true, but auth.tokens.enabled is false, so the token of the smoke call would be refused: set "
        "auth.tokens.enabled, beside OIDC.",
    ),
    (
        ("backup.enabled=true", f"fullnameOverride={'n' * 45}"),
        f"backup.enabled is true, and the name of the release's objects, {'n' * 45}, has 45 characters: at most 44 leave "
        f"room for the CronJob {'n' * 45}-restore. Set fullnameOverride.",
    ),
    (
        ("ingress.enabled=true", PROXY),
        "ingress.enabled is true, but ingress.hosts is empty: name at least one host, or every name would be answered.",
    ),
    (
        ("httpRoute.enabled=true", "httpRoute.hostnames={a.example}", PROXY),
        "httpRoute.enabled is true, but httpRoute.parentRefs is empty: name the Gateway that carries the route.",
    ),
    (
        (*ROUTE[:2], PROXY),
        "httpRoute.enabled is true, but httpRoute.hostnames is empty: name at least one host, or every name would be "
        "answered.",
    ),
    (
        INGRESS,
        "networkPolicy.proxies is empty, so the Ingress controller cannot reach the pods: name the namespace of its "
        'pods, for example networkPolicy.proxies[0].namespaceSelector.matchLabels."kubernetes.io/metadata.name"=traefik.',
    ),
    (
        ("service.nodePort=30080",),
        "service.nodePort is set, but service.type is ClusterIP: set service.type to NodePort or LoadBalancer, or empty "
        "the port.",
    ),
    (
        ("metrics.serviceMonitor.enabled=true", "metrics.serviceMonitor.scrapeTimeoutSeconds=16"),
        "metrics.serviceMonitor.scrapeTimeoutSeconds (16) is above metrics.serviceMonitor.intervalSeconds (15), which "
        "Prometheus refuses: lower it.",
    ),
    (
        ("metrics.serviceMonitor.enabled=true", "networkPolicy.prometheus:=[]"),
        "metrics.serviceMonitor.enabled is true, but networkPolicy.prometheus is empty, so Prometheus cannot scrape: "
        "name its namespace there.",
    ),
    (
        ('commonLabels:={"app.kubernetes.io/name":"x"}',),
        "commonLabels holds app.kubernetes.io/name, which the chart sets: choose another label, or nameOverride.",
    ),
    (
        (f"fullnameOverride={'x' * 47}",),
        "fullnameOverride has 47 characters: at most 46 leave room for suffixes such as -store.",
    ),
    (
        ('extraEnv:=[{"name":"NETWORKX_MCP_LIMITS_QUEUE","value":"1"}]',),
        "extraEnv holds NETWORKX_MCP_LIMITS_QUEUE, which a value sets already: set the value.",
    ),
]


def _line(error: str) -> int:
    match = re.search(r"requirements\.yaml:(\d+)", error)
    assert match, error
    return int(match[1])


@pytest.mark.parametrize(("sets", "text"), REFUSALS, ids=lambda value: value[0] if isinstance(value, tuple) else "")
def test_it_is_refused_with_the_key_and_the_fix(sets: tuple[str, ...], text: str) -> None:
    assert text in refusal(*sets)


def test_each_refusal_of_the_chart_has_its_test() -> None:
    lines = (CHART / "templates" / "requirements.yaml").read_text(encoding="utf-8").splitlines()
    there = {number for number, line in enumerate(lines, 1) if "{{- fail " in line}
    assert {_line(refusal(*sets)) for sets, _ in REFUSALS} == there


def test_every_refusal_is_in_the_one_file() -> None:
    for path in (CHART / "templates").rglob("*"):
        if path.is_file() and path.name != "requirements.yaml":
            text = path.read_text(encoding="utf-8")
            assert "fail " not in text, path.name
            assert "required " not in text, path.name


@pytest.mark.parametrize(
    "sets",
    [
        ("limits.memoryMB=4096", "resources.limits.memory=4096Mi"),
        ("limits.memoryMB=4096", "resources.limits.memory=4Gi"),
        ("limits.memoryMB=1536", "resources.limits.memory=1.5Gi"),
        ("limits.memoryMB=3072", 'resources.limits.memory:="3221225472"'),
        ("resources.requests.memory=2Gi",),
        ("limits.connectionTimeoutSeconds=31", "limits.requestTimeoutSeconds=21"),
        ("limits.shutdownTimeoutSeconds=22",),
        ("autoscaling.minReplicas=10",),
        ("memory.residentMB=842", "resources.requests.memory=1434Mi"),
        ("resources.requests.memory=1232Mi",),
        ("store.valkey.maxMemoryMB=1365", "store.valkey.resources.requests.memory=1707Mi"),
        ("auth.tokens.enabled=false", *OIDC),
        (*INGRESS, PROXY),
        (*INGRESS, "networkPolicy.enabled=false"),
        (*ROUTE, PROXY),
        ("store.type=external", "store.external.url=rediss://h:1/0", "store.external.caSecret=x"),
        ("service.type=NodePort", "service.nodePort=30080"),
        (f"fullnameOverride={'x' * 46}",),
        ("store.type=embedded", "autoscaling.minReplicas=11"),  # no autoscaler, nothing to contradict
    ],
    ids=lambda value: value[0],
)
def test_what_just_fits_is_rendered(sets: tuple[str, ...]) -> None:
    assert template(None, *sets)


def test_a_memory_limit_in_decimal_units_is_not_taken_for_binary() -> None:
    assert "limits.memoryMB is 2048 MiB, but resources.limits.memory is 2G" in refusal("resources.limits.memory=2G")


def test_the_resource_url_follows_the_public_host() -> None:
    text = template(None, *OIDC[:2], *INGRESS, PROXY)
    assert 'NETWORKX_MCP_OIDC_RESOURCE_URL: "https://a.example/mcp"' in text
    assert FULLNAME in text
