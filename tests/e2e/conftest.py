"""One release for the whole run, in a namespace that enforces Pod Security "restricted".

The cluster is the one KUBECONFIG names, reached through pytest-helm-charts. Options:

    --image TAG       image under test, known to the nodes (default ghcr.io/networkx-mcp/server:dev)
    --old-image TAG   image of the release before (default: the one under test, in the chart of the release before)
    --old-commit HASH the commit of the release before, whose chart Argo CD upgrades from (long form)
    --values FILE     values of the release (default chart/ci/small-cluster-values.yaml)
    --set KEY=VALUE   further values, repeatable; --set-string as in helm
    --ingress ADDRESS where the Ingress controller answers TLS, as a pod reaches it
    --gateway ADDRESS where the Gateway answers TLS, as a pod reaches it
    --gateway-name NAMESPACE/NAME   the Gateway of the HTTPRoute
    --prometheus, --alertmanager NAMESPACE/SERVICE:PORT   where alerts are watched
    --git-directory DIRECTORY   where the tests of argocd/ put a bare clone of this repository
    --git-url URL     what Argo CD calls that directory
    --full            the long form: 50 pod kills, 10 store kills, a second environment of argocd/
    --namespace NAME  where the release goes (default nmcp-e2e); it is made anew
    --chaos           every fault of test_chaos*.py, entered in loadtests/results/chaos.json
    --node-loss, --node-return COMMAND   take a node away and bring it back; the node's name is added
    --clock-image, --clock-store-image TAG   the server and the store with a clock that steps, see clock/
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_helm_charts.clusters import Cluster, ExistingCluster
from tests.e2e.chaos_nodes import Losses, Nodes
from tests.e2e.chaos_record import Chaos
from tests.e2e.cluster import ROOT, CommandFailed, Entries, Release, Running, run
from tests.e2e.records import Records

os.environ.setdefault("KUBECONFIG", str(Path("~/.kube/config").expanduser()))


@pytest.fixture(autouse=True)
def no_client_calls_on() -> Iterator[None]:
    """Whatever became of a test, its workloads end with it."""
    yield
    for workload in list(Running.unfinished):
        with contextlib.suppress(CommandFailed, subprocess.TimeoutExpired):
            workload.finish()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("e2e")
    group.addoption("--image", default="ghcr.io/networkx-mcp/server:dev")
    group.addoption("--old-image", default="")
    group.addoption("--old-commit", default="")
    group.addoption("--values", default=str(ROOT / "chart/ci/small-cluster-values.yaml"))
    group.addoption("--set", action="append", default=[])
    group.addoption("--set-string", action="append", default=[])
    group.addoption("--ingress", default="traefik.ingress.svc:443")
    group.addoption("--gateway", default="traefik.ingress.svc:443")
    group.addoption("--gateway-name", default="ingress/main")
    group.addoption("--prometheus", default="monitoring/prometheus:9090")
    group.addoption("--alertmanager", default="monitoring/alertmanager-operated:9093")
    group.addoption("--git-directory", default="")
    group.addoption("--git-url", default="")
    group.addoption("--full", action="store_true")
    group.addoption("--namespace", default="nmcp-e2e")
    group.addoption("--chaos", action="store_true")
    group.addoption("--node-loss", default="")
    group.addoption("--node-return", default="")
    group.addoption("--clock-image", default="")
    group.addoption("--clock-store-image", default="")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "chaos: a long fault, run by `make chaos` only")


#: A release's life: installed, operated, stressed, removed.
ORDER = (
    "test_install",
    "test_durability",
    "test_chaos",
    "test_chaos_volume",
    "test_chaos_clock",
    "test_chaos_nodes",
    "test_alerts",
    "test_alerts_data",
    "test_operations",
    "test_renders",
    "test_upgrade",
    "test_rotation",
    "test_memory",
    "test_argocd",
    "test_argocd_upgrade",
    "test_restore",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--chaos"):
        long = [item for item in items if item.get_closest_marker("chaos")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]
    items.sort(key=lambda item: ORDER.index(item.path.stem) if item.path.stem in ORDER else len(ORDER))
    for item in items:
        item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def full(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--full") or request.config.getoption("--chaos"))


RECORDS = Records()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    RECORDS.note(report)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.getoption("--full") and RECORDS.tests:
        RECORDS.write()


@pytest.fixture(scope="session")
def report() -> Iterator[dict[str, Any]]:
    """Facts that the run measured; printed at its end and, in the long form, committed (see records.py)."""
    facts = RECORDS.facts
    yield facts
    text = json.dumps(facts, indent=1, sort_keys=True)
    print(f"\ne2e report\n{text}")
    out = ROOT / "out"
    out.mkdir(exist_ok=True)
    (out / "e2e.json").write_text(text + "\n", encoding="utf-8")


@pytest.fixture(scope="session")
def key_pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for the Ingress host and its key, signed by itself."""
    directory = tmp_path_factory.mktemp("tls")
    cert, key = directory / "tls.crt", directory / "tls.key"
    host = Entries.ingress_host
    run(
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-days", "2", "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}"),
        *("-keyout", str(key), "-out", str(cert)),
    )
    return cert, key


@pytest.fixture(scope="session")
def entries(request: pytest.FixtureRequest, key_pair: tuple[Path, Path]) -> Entries:
    option = request.config.getoption
    return Entries(option("--ingress"), option("--gateway"), key_pair[0].read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The cluster of KUBECONFIG. pytest-helm-charts has a fixture of this kind for one module; a release
    lives longer here."""
    existing = ExistingCluster(os.environ["KUBECONFIG"])
    existing.create()
    existing.kubectl("get nodes")
    yield existing
    existing.destroy()


@pytest.fixture(scope="session")
def release(
    request: pytest.FixtureRequest, cluster: Cluster, entries: Entries, key_pair: tuple[Path, Path]
) -> Iterator[Release]:
    """The chart, installed with two replicas and the in-chart store, and a client pod beside it."""
    del cluster  # it has checked that the cluster answers
    option = request.config.getoption
    release = Release(option("--namespace"), option("--image"), [option("--values")])
    namespace_of_gateway, _, gateway = option("--gateway-name").partition("/")
    release.settings += [
        "ingress.enabled=true",
        f"ingress.hosts={{{entries.ingress_host}}}",
        "httpRoute.enabled=true",
        f"httpRoute.hostnames={{{entries.gateway_host}}}",
        f"httpRoute.parentRefs[0].name={gateway}",
        f"httpRoute.parentRefs[0].namespace={namespace_of_gateway}",
        *(
            f"networkPolicy.proxies[{place}].namespaceSelector.matchLabels.kubernetes\\.io/metadata\\.name={name}"
            for place, name in enumerate(sorted({option(key).split(".")[1] for key in ("--ingress", "--gateway")}))
        ),
        *option("--set"),
    ]
    release.strings += option("--set-string")
    run("kubectl", "delete", "namespace", release.name, "--ignore-not-found", "--wait=true", timeout=180)
    labels = {"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted"}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": release.name, "labels": labels}}
    run("kubectl", "apply", "-f", "-", stdin=json.dumps(namespace))
    run(str(ROOT / "scripts/make-secrets.sh"), "--namespace", release.name, "--fullname", release.fullname)
    release.kubectl(
        "create", "secret", "tls", f"{release.fullname}-tls", f"--cert={key_pair[0]}", f"--key={key_pair[1]}"
    )
    release.helm("install")
    release.client_pod("client", {f"{release.fullname}-client": "true"})
    yield release
    if request.session.testsfailed:
        print(release.kubectl("get", "pods,hpa,events", "-o", "wide", check=False))
        print(release.kubectl("logs", "-l", release.server, "--tail=12", "--prefix", check=False))
    release.kubectl("delete", "pod", "client", "--ignore-not-found", "--now", check=False)
    run("kubectl", "delete", "namespace", release.name, "--ignore-not-found", "--wait=false")


@pytest.fixture(scope="session")
def chaos(request: pytest.FixtureRequest, report: dict[str, Any]) -> Chaos:
    """Who judges the histories of faults, and keeps them under --chaos."""
    path = ROOT / "loadtests/results/chaos.json" if request.config.getoption("--chaos") else None
    return Chaos(path, "make chaos", report)


@pytest.fixture(scope="session")
def nodes(release: Release) -> Iterator[Nodes]:
    """Agents on the nodes, for faults that no pod can make from inside."""
    with Nodes(f"{release.name}-nodes", release.image) as nodes:
        yield nodes


@pytest.fixture(scope="session")
def losses(request: pytest.FixtureRequest, release: Release) -> Losses:
    """How this cluster loses a node. Skips where nobody said."""
    loss, back = request.config.getoption("--node-loss"), request.config.getoption("--node-return")
    if not loss or not back:
        pytest.skip("no --node-loss and --node-return (NODE_LOSS, NODE_RETURN): the nodes stay")
    return Losses(release, loss, back)
