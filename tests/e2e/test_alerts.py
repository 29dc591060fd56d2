"""Alerts in a living cluster: a real fault makes each alert of the contract fire, it reaches a receiver, critical
silences its warning, and it resolves when the fault is gone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import pytest
from tests.e2e.alerts_faults import ballast, hanging_store, kill_server, restarts, stopped_store, traffic
from tests.e2e.alerts_watch import BOTH, Alerting, watched
from tests.e2e.cluster import Release, eventually

Report = dict[str, Any]


@pytest.fixture(scope="module")
def alerting(release: Release, request: pytest.FixtureRequest) -> Iterator[Alerting]:
    option = request.config.getoption
    with watched(release, option("--prometheus"), option("--alertmanager")) as alerting:
        yield alerting


@pytest.fixture(scope="module")
def seen(report: Report) -> Report:
    """alert -> its severities, seconds from the fault until it was told, from the fault's end until that was told."""
    found: Report = report.setdefault("alerts", {})
    return found


def noted(seen: Report, alert: str, fired: float, resolved: float, severities: frozenset[str] = BOTH) -> None:
    seen[alert] = {"severities": sorted(severities), "told_seconds": fired, "resolved_seconds": resolved}


def pod_of(release: Release) -> str:
    name: str = eventually("two ready pods", lambda: (p := release.pods(release.server)) and len(p) >= 2 and p, 120)[0][
        "metadata"
    ]["name"]
    return name


def address(release: Release, pod: str) -> str:
    return f"http://{release.get('pod', pod)['status']['podIP']}:8080/mcp"


def test_a_stopped_store_fires_store_down_and_error_rate(release: Release, alerting: Alerting, seen: Report) -> None:
    alerts = ("NetworkxMcpStoreDown", "NetworkxMcpErrorRateHigh")
    workload = release.workload("--seconds", "600", "--writers", "2", "--readers", "1", "--naive", "1")
    with stopped_store(release):
        fired = list(accumulate(alerting.goes_off(alert) for alert in alerts))
    over = accumulate(alerting.is_over(alert) for alert in alerts)
    for alert, told, resolved in zip(alerts, fired, over, strict=True):
        noted(seen, alert, round(told, 1), round(resolved, 1))
    assert workload.finish()["broken_promises"] == []


def test_ballast_in_a_container_fires_memory_high(release: Release, alerting: Alerting, seen: Report) -> None:
    pod = pod_of(release)
    before = restarts(release, pod)
    with ballast(release, pod, 0.93):
        fired = alerting.goes_off("NetworkxMcpMemoryHigh")
    noted(seen, "NetworkxMcpMemoryHigh", fired, alerting.is_over("NetworkxMcpMemoryHigh"))
    assert restarts(release, pod) == before, "the pod lives"


@pytest.mark.full
def test_slow_light_calls_fire_latency_high(release: Release, alerting: Alerting, seen: Report) -> None:
    """200 users call one pod while its store hangs: 45 calls at a time wait for the store for 2 s, the others for them."""
    pod, alert = pod_of(release), "NetworkxMcpLatencyHigh"
    with hanging_store(release), traffic(release, "held", address(release, pod)):
        fired = alerting.goes_off(alert)
    noted(seen, alert, fired, alerting.is_over(alert))


@pytest.mark.full
def test_more_than_40_of_45_running_calls_fire_requests_in_flight_high(
    release: Release, alerting: Alerting, seen: Report
) -> None:
    """200 users call one pod while its store hangs: 45 calls run, the others wait to take each free slot."""
    pod, alert, severities = pod_of(release), "NetworkxMcpRequestsInFlightHigh", frozenset({"warning"})
    mine = f'{{namespace="{release.name}", pod="{pod}"}}'
    with hanging_store(release), traffic(release, "held", address(release, pod)) as answers:
        fired = alerting.goes_off(alert, severities)
        [most] = alerting.query(f"max_over_time(networkx_mcp_requests_in_flight{mine}[2m])")
    noted(seen, alert, fired, alerting.is_over(alert), severities)
    seen[alert] |= {"running": int(float(most["value"][1])), "answers": answers()}
    assert float(most["value"][1]) > 40


@pytest.mark.full
def test_a_container_killed_four_times_fires_restarting(release: Release, alerting: Alerting, seen: Report) -> None:
    pod, alert, severities = pod_of(release), "NetworkxMcpRestarting", frozenset({"critical"})
    for _ in range(3):
        kill_server(release, pod)
    assert alerting.firing(alert) == set(), "three restarts an hour are not more than three"
    kill_server(release, pod)
    fired = alerting.goes_off(alert, severities)
    # Nothing is left to take back: it is over when the first of the four is out of the window.
    noted(seen, alert, fired, alerting.is_over(alert, 400), severities)
