"""The committed report of `make e2e-full` is at most one release old, and its part on alerts is whole."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from tests.alerts.rules import ROOT, names

REPORT: dict[str, Any] = json.loads((ROOT / "tests/e2e/report.json").read_text(encoding="utf-8"))
CONTRACT = {
    "NetworkxMcpMemoryHigh": ["critical", "warning"],
    "NetworkxMcpErrorRateHigh": ["critical", "warning"],
    "NetworkxMcpLatencyHigh": ["critical", "warning"],
    "NetworkxMcpRequestsInFlightHigh": ["warning"],
    "NetworkxMcpRestarting": ["critical"],
}


def accepted() -> set[str]:
    """The version of the chart's server, and the newest release before it."""
    current = yaml.safe_load((ROOT / "chart/Chart.yaml").read_text(encoding="utf-8"))["appVersion"]
    released = re.findall(r"^## \[(\d[^\]]*)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    return {current, *[version for version in released if version != current][:1]}


@pytest.mark.parametrize("test", sorted(REPORT["tests"]))
def test_it_passed_at_most_one_release_ago(test: str) -> None:
    entry = REPORT["tests"][test]
    module, _, name = test.partition("::")
    path = ROOT / "tests/e2e" / module
    assert path.is_file(), "the report speaks of a module that is gone"
    assert f"def {name.partition('[')[0]}(" in path.read_text(encoding="utf-8"), (
        "the report speaks of a test that is gone"
    )
    assert entry["version"] in accepted(), f"run `{REPORT['command']}` again"
    assert entry["outcome"] == "passed"


@pytest.mark.parametrize("module", ["test_alerts.py", "test_alerts_data.py"])
def test_every_test_of_alerts_is_in_it(module: str) -> None:
    text = (ROOT / "tests/e2e" / module).read_text(encoding="utf-8")
    known = {test.partition("[")[0] for test in REPORT["tests"]}
    assert {f"{module}::{name}" for name in re.findall(r"^def (test_\w+)\(", text, re.MULTILINE)} <= known


def test_each_alert_of_the_contract_fired_and_ended_on_a_cluster() -> None:
    seen = REPORT["facts"]["alerts"]
    for alert, severities in CONTRACT.items():
        assert seen[alert]["severities"] == severities
        assert seen[alert]["told_seconds"] > 0
        assert seen[alert]["resolved_seconds"] > 0


def newer() -> set[str]:
    """Alerts that came after the run: the CHANGELOG names them among what no release has yet."""
    log = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    unreleased = re.split(r"^## \[", log, flags=re.MULTILINE)[1]
    return set(re.findall(r"NetworkxMcp\w+", unreleased))


def test_every_runbook_was_run() -> None:
    run = set(REPORT["facts"]["alerts_diagnosis_commands"])
    assert run <= set(names())
    assert set(names()) - run <= newer(), "run `make e2e-full` again"
