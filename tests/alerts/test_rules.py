"""The rules load in old and new Prometheus, fire just over their thresholds and are silent just under."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.alerts import rules
from tests.alerts.rules import ALERTS, run
from tests.helpers import programs

PROMTOOL_TESTS = sorted((ALERTS / "tests").glob("*.yaml"))
ANNOTATIONS = {"summary", "description", "runbook_url", "dashboard_url"}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The promtool tests beside the groups that they name."""
    directory = tmp_path_factory.mktemp("promtool")
    (directory / "rules").mkdir()
    for group in rules.groups():
        name = group["name"].removeprefix("networkx-mcp.")
        text = yaml.safe_dump({"groups": [group]}, sort_keys=False, width=1000)
        (directory / f"rules/{name}.yaml").write_text(text, encoding="utf-8")
    for path in PROMTOOL_TESTS:
        (directory / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    return directory


@pytest.mark.needs("promtool")
def test_promtool_finds_nothing_to_lint(workspace: Path) -> None:
    files = [str(path) for path in sorted((workspace / "rules").iterdir())]
    done = run(programs.path("promtool"), "check", "rules", "--lint=all", "--lint-fatal", *files)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.needs("promtool")
@pytest.mark.parametrize("path", PROMTOOL_TESTS, ids=lambda path: path.stem)
def test_promtool(path: Path, workspace: Path) -> None:
    done = run(programs.path("promtool"), "test", "rules", str(workspace / path.name))
    assert done.returncode == 0, done.stdout + done.stderr


@functools.cache
def _cases() -> list[tuple[str, set[str]]]:
    """(alert, severities that fire) of every promtool test."""
    found = []
    for path in PROMTOOL_TESTS:
        for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]:
            for case in test.get("alert_rule_test", ()):
                fired = {alert["exp_labels"]["severity"] for alert in case["exp_alerts"]}
                found.append((case["alertname"], fired))
    return found


@pytest.mark.parametrize("rule", rules.alerts(), ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
def test_an_alert_is_complete_and_tested_on_both_sides(rule: dict[str, Any]) -> None:
    name, severity = rule["alert"], rule["labels"]["severity"]
    assert name.startswith("NetworkxMcp")
    assert "for" in rule
    assert severity in ("warning", "critical", "none")
    assert rule["annotations"].keys() >= ANNOTATIONS
    assert "$value" in rule["annotations"]["description"]
    assert any(alert == name and severity in fired for alert, fired in _cases()), "no promtool test in which it fires"
    assert any(alert == name and severity not in fired for alert, fired in _cases()), "none in which it is silent"


def test_lawful_load_pages_nobody_and_an_outage_of_two_days_does_not_end_its_alert() -> None:
    """Whether they do is promtool's to say; here: no alert is left out."""
    lawful = yaml.safe_load((ALERTS / "tests/lawful.yaml").read_text(encoding="utf-8"))["tests"]
    silent = {case["alertname"] for test in lawful for case in test["alert_rule_test"] if not case["exp_alerts"]}
    outage = yaml.safe_load((ALERTS / "tests/outage.yaml").read_text(encoding="utf-8"))["tests"]
    firing = {
        re.findall(r'alertname="(\w+)"', case["expr"])[0]
        for test in outage
        for case in test["promql_expr_test"]
        if case["eval_time"] == "47h" and case["exp_samples"]
    }
    assert silent == firing == set(rules.names()) - {"NetworkxMcpHeartbeat"}


def test_every_promtool_test_is_of_an_alert_that_exists() -> None:
    assert {alert for alert, _ in _cases()} <= set(rules.names())


def test_a_summary_is_the_same_wherever_it_may_inhibit_and_names_no_number() -> None:
    for rule in rules.alerts():
        assert "{{" not in rule["annotations"]["summary"], f"{rule['alert']}: the value belongs into the description"


def test_a_labelled_value_survives_the_aggregation() -> None:
    """What a description names is a label of the result: it stands in a `by` of the expression or its recording."""
    recorded = {rule["record"]: rule["expr"] for group in rules.groups() for rule in group["rules"] if "record" in rule}
    for rule in rules.alerts():
        reach = rule["expr"] + "".join(recorded.get(metric, "") for metric in rules.metrics(rule["expr"]))
        for label in ("namespace", "pod", "container", "queue", "horizontalpodautoscaler"):
            if f"$labels.{label}" in rule["annotations"]["description"]:
                assert label in reach, f"{rule['alert']}: {label}"


def test_no_number_of_a_limit_is_written_in_a_rule() -> None:
    for rule in rules.alerts():
        assert not {"2147483648", "2048", "360", "180000"} & set(rule["expr"].split()), rule["alert"]


def test_nothing_flaps() -> None:
    """A threshold alert waits before it fires and holds after it: by `for`, `keep_firing_for` or a window."""
    held = {"NetworkxMcpHeartbeat", "NetworkxMcpBackupOld"}  # always true; an age only grows
    for rule in rules.alerts():
        assert rule["alert"] in held or "keep_firing_for" in rule, rule["alert"]
