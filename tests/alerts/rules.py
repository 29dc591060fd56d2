"""alerts/ as its tests read it: the rules, the promtool that checks them, what kustomize makes of all."""

from __future__ import annotations

import functools
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import yaml
from tests.chart import charts
from tests.helpers import documents
from tests.helpers.patience import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
ALERTS = ROOT / "alerts"
DASHBOARDS = sorted((ALERTS / "dashboards").glob("*.json"))

Rule = dict[str, Any]

#: Series of the kubelet (with cAdvisor), kube-state-metrics and Prometheus itself that rules and panels may name.
CLUSTER_METRICS = frozenset(
    {
        "ALERTS",
        "up",
        # kubelet, /metrics/cadvisor
        "container_cpu_cfs_periods_total",
        "container_cpu_cfs_throttled_periods_total",
        "container_cpu_usage_seconds_total",
        "container_memory_working_set_bytes",
        "container_oom_events_total",
        # kube-state-metrics
        "kube_cronjob_created",
        "kube_cronjob_spec_suspend",
        "kube_deployment_status_replicas_available",
        "kube_horizontalpodautoscaler_spec_max_replicas",
        "kube_horizontalpodautoscaler_spec_min_replicas",
        "kube_horizontalpodautoscaler_status_current_replicas",
        "kube_horizontalpodautoscaler_status_desired_replicas",
        "kube_pod_container_info",
        "kube_pod_container_resource_limits",
        "kube_pod_container_status_last_terminated_reason",
        "kube_pod_container_status_restarts_total",
        "kube_pod_created",
        "kube_pod_status_phase",
        "kube_pod_status_ready",
    }
)


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)


@functools.cache
def groups() -> list[dict[str, Any]]:
    """The rule groups as written."""
    document = yaml.safe_load((ALERTS / "prometheusrule.yaml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = document["spec"]["groups"]
    return found


def alerts() -> list[Rule]:
    return [rule for group in groups() for rule in group["rules"] if "alert" in rule]


def names() -> list[str]:
    return sorted({rule["alert"] for rule in alerts()})


@functools.cache
def built() -> list[dict[str, Any]]:
    """The objects that `kubectl apply -k alerts` would send."""
    done = run(charts.program("kubectl"), "kustomize", str(ALERTS))
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def panels() -> list[tuple[str, dict[str, Any]]]:
    """(dashboard, panel) of every panel that is not a row."""
    found = []
    for path in DASHBOARDS:
        document = json.loads(path.read_text(encoding="utf-8"))
        found += [(path.stem, panel) for panel in document["panels"] if panel["type"] != "row"]
    return found


_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'')
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
_SELECTOR = re.compile(r"\{[^{}]*\}")
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_WORDS = frozenset({"and", "or", "unless", "offset", "bool", "inf", "nan"})


def metrics(expression: str) -> set[str]:
    """The metrics that a PromQL expression names."""
    text = _STRING.sub("", expression.replace("$__rate_interval", "5m"))
    text = _SELECTOR.sub(" ", _GROUPING.sub(" ", text))
    text = re.sub(r"\[[^\]]*\]|\boffset\s+\w+", " ", text)
    found = set()
    for match in _NAME.finditer(text):
        called = text[match.end() :].lstrip().startswith("(")
        number = match.start() > 0 and text[match.start() - 1].isdigit()
        if not called and not number and match[0] not in _WORDS:
            found.add(match[0])
    return found


def section(alert: str, title: str) -> str:
    """A section of a runbook."""
    return documents.section(runbook(alert), title)


def commands(alert: str, title: str) -> list[str]:
    """The commands of a section of a runbook."""
    return documents.commands(runbook(alert), title)


def runbook(alert: str) -> Path:
    return ALERTS / f"runbooks/{alert}.md"


def diagnosis(alert: str) -> list[str]:
    """The commands of a runbook's Diagnosis."""
    return commands(alert, "Diagnosis")


def mitigation(alert: str) -> list[str]:
    """The commands of a runbook's Mitigation."""
    return commands(alert, "Mitigation")
