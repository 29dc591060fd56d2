"""Rules and panels name only metrics that exist: the server's, a recording rule's, or known ones of the cluster."""

from __future__ import annotations

import pytest
from tests.alerts import rules
from tests.alerts.rules import CLUSTER_METRICS, ROOT

_SUFFIXES = {"histogram": ("_bucket", "_sum", "_count")}


def _server() -> set[str]:
    found = set()
    for line in (ROOT / "tests/server/metrics.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, kind = line.split()[:2]
            found |= {name + suffix for suffix in _SUFFIXES.get(kind, ("",))}
    return found


def _recorded() -> set[str]:
    return {rule["record"] for group in rules.groups() for rule in group["rules"] if "record" in rule}


EXPRESSIONS = [
    *((rule.get("alert") or rule["record"], rule["expr"]) for group in rules.groups() for rule in group["rules"]),
    *((f"{board}: {panel['title']}", target["expr"]) for board, panel in rules.panels() for target in panel["targets"]),
]


@pytest.mark.parametrize(("where", "expression"), EXPRESSIONS)
def test_every_metric_exists(where: str, expression: str) -> None:
    named = rules.metrics(expression)
    assert named, where
    assert named <= _server() | _recorded() | CLUSTER_METRICS, where


def test_every_metric_of_the_cluster_is_used() -> None:
    used = set().union(*(rules.metrics(expression) for _, expression in EXPRESSIONS))
    assert used >= CLUSTER_METRICS
    assert used >= _recorded()


def test_a_recording_rule_is_used_more_than_once() -> None:
    """Those of the objective are recorded for their length: days of samples are read once a minute."""
    [group] = [group for group in rules.groups() if group["name"] == "networkx-mcp.recording"]
    for name in (rule["record"] for rule in group["rules"]):
        places = [where for where, expression in EXPRESSIONS if name in rules.metrics(expression)]
        assert len(places) > 1, f"{name} is used in {places} only"


def test_names_are_found_in_an_expression() -> None:
    expression = 'sum by (a) (rate(x_total{b="c d", e!~"f.*"}[5m])) / 3e2 > 14.4 * y:z offset 1h and on (g) q'
    assert rules.metrics(expression) == {"x_total", "y:z", "q"}
