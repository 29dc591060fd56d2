"""What alerts, dashboards and runbooks rest on exists in a living cluster: every metric in a scrape, data for every
panel under load, and every Diagnosis command runs as it is written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.alerts import rules
from tests.e2e.alerts_faults import kill_server, restarts, traffic
from tests.e2e.alerts_watch import Alerting, watched
from tests.e2e.cluster import ROOT, CommandFailed, Release, eventually

pytestmark = pytest.mark.full

# A schedule that does not run before February 29, for what kube-state-metrics tells of one; of one that is suspended no
# backup is expected.
SCHEDULE = {
    "apiVersion": "batch/v1",
    "kind": "CronJob",
    "metadata": {"name": "e2e-backup"},
    "spec": {
        "schedule": "0 0 29 2 *",
        "jobTemplate": {
            "spec": {
                "template": {
                    "spec": {"restartPolicy": "Never", "containers": [{"name": "none", "image": "none.invalid/none"}]}
                }
            }
        },
    },
}


@pytest.fixture(scope="module")
def restarted(release: Release) -> str:
    """A server pod whose container was started again."""
    pods = eventually("ready pods", lambda: release.pods(release.server), 120)
    names: list[str] = [pod["metadata"]["name"] for pod in pods]
    if again := [name for name in names if restarts(release, name)]:
        return again[0]
    kill_server(release, names[0])
    return names[0]


@pytest.fixture(scope="module")
def alerting(release: Release, restarted: str, request: pytest.FixtureRequest) -> Iterator[Alerting]:
    """The short rules over a release that is called in every way and of which a container was restarted."""
    del restarted
    option = request.config.getoption
    release.kubectl("apply", "-f", "-", stdin=json.dumps(SCHEDULE))
    with (
        watched(release, option("--prometheus"), option("--alertmanager")) as alerting,
        traffic(release, "mixed", release.url, 800),
    ):
        yield alerting
    release.kubectl("delete", "cronjob", SCHEDULE["metadata"]["name"], "--ignore-not-found")  # type: ignore[index]


def test_every_metric_that_a_rule_or_a_panel_names_is_scraped(
    release: Release, alerting: Alerting, report: dict[str, Any]
) -> None:
    texts = [rule["expr"] for group in rules.groups() for rule in group["rules"]]
    texts += [target["expr"] for _, panel in rules.panels() for target in panel["targets"]]
    waiting = set().union(*(rules.metrics(text) for text in texts))
    names = len(waiting)

    def all_seen() -> bool:
        for name in sorted(waiting):
            if alerting.query(f'count(last_over_time({name}{{namespace="{release.name}"}}[1h]))'):
                waiting.discard(name)
        return not waiting

    try:
        eventually("every metric to be in the cluster's Prometheus", all_seen, 240, every=5)
    except AssertionError:
        pytest.fail(f"not in the cluster's Prometheus: {sorted(waiting)}")
    report["alerts_metrics"] = names


def test_no_panel_is_empty_under_load(release: Release, alerting: Alerting, report: dict[str, Any]) -> None:
    """The table of alerts that fire has a fault of its own: the heartbeat."""
    variables = {"$namespace": release.name, "$pod": ".*", "$__rate_interval": "1m"}
    waiting = []
    for board, panel in rules.panels():
        for target in panel["targets"]:
            query = target["expr"]
            for variable, value in variables.items():
                query = query.replace(variable, value)
            waiting.append((f"{board}: {panel['title']}", query))
    queries = len(waiting)

    def none_empty() -> bool:
        waiting[:] = [(where, query) for where, query in waiting if not has_a_number(alerting.query(query))]
        return not waiting

    try:
        eventually("every panel to have data", none_empty, 240, every=5)
    except AssertionError:
        pytest.fail("panels without data:\n" + "\n".join(f"{where}: {query}" for where, query in waiting))
    report["alerts_panels"] = {"panels": len(rules.panels()), "queries": queries}


def has_a_number(found: list[dict[str, Any]]) -> bool:
    return any(item["value"][1] not in ("NaN", "+Inf", "-Inf") for item in found)


def test_the_dashboards_are_drawn(release: Release, alerting: Alerting, tmp_path: Path) -> None:
    script = str(ROOT / "scripts/dashboard_pictures.py")
    where = ("--prometheus", alerting.prometheus, "--namespace", release.name, "--minutes", "5", "--out", str(tmp_path))
    done = subprocess.run((sys.executable, script, *where), capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["graphs.png", "overview.png"]


@pytest.mark.parametrize("alert", rules.names())
def test_every_diagnosis_command_runs_as_written(
    release: Release, alerting: Alerting, restarted: str, alert: str, report: dict[str, Any]
) -> None:
    del alerting  # its objects are among what the commands ask for
    commands = rules.diagnosis(alert)
    environment = os.environ | {"NAMESPACE": release.name, "POD": restarted, "CONTAINER": "server"}

    def runs(command: str) -> bool:
        bash = ("bash", "-euo", "pipefail", "-c", command)
        done = subprocess.run(bash, env=environment, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise CommandFailed(f"{command}\nexit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return True

    for command in commands:
        # `kubectl top` has no answer while the metrics API is busy.
        eventually(f"a command of {alert} to succeed", partial(runs, command), 60, every=5)
    report.setdefault("alerts_diagnosis_commands", {})[alert] = len(commands)
