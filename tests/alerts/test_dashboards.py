"""Dashboards are what the code says, complete, and draw the alerts' thresholds."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.alerts import rules
from tests.alerts.rules import DASHBOARDS, ROOT, run


def test_they_are_generated() -> None:
    done = run(sys.executable, str(ROOT / "scripts/dashboards.py"), "--check")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_classic_json_with_a_stable_uid_and_variables(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["uid"] == f"networkx-mcp-{path.stem}"
    assert {"panels", "schemaVersion", "templating"} <= document.keys()
    assert "apiVersion" not in document
    assert "elements" not in document
    assert [variable["name"] for variable in document["templating"]["list"]] == ["datasource", "namespace", "pod"]
    numbers = [panel["id"] for panel in document["panels"]]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize(("board", "panel"), rules.panels(), ids=lambda value: str(value)[:40])
def test_a_panel_has_a_unit_and_tells_what_it_shows(board: str, panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert panel["description"].endswith("."), panel["title"]
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["datasource"]["uid"] == "${datasource}"
    for target in panel["targets"]:
        assert target["datasource"]["uid"] == "${datasource}"
        assert 'namespace="$namespace"' in target["expr"], panel["title"]


def test_no_two_panels_overlap() -> None:
    for path in DASHBOARDS:
        taken: set[tuple[int, int]] = set()
        for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]:
            place = panel["gridPos"]
            cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
            assert not cells & taken, f"{path.stem}: {panel['title']}"
            assert place["x"] + place["w"] <= 24
            taken |= cells


@pytest.mark.parametrize(
    ("title", "steps"),
    [
        ("Memory against limit", [0.8, 0.9]),
        ("Errors", [0.05, 0.15]),
        ("P95 by class", [2, 5]),
        ("Requests in flight against limit", [round(40 / 45, 6)]),
        ("Restarts, last hour", [3]),
        ("Burn rate", [3, 14.4]),
    ],
)
def test_thresholds_are_the_contract(title: str, steps: list[float]) -> None:
    panel = next(panel for _, panel in rules.panels() if panel["title"] == title)
    drawn = [step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]]
    assert drawn == [None, *steps]


def test_the_objective_of_the_panels_is_that_of_the_burn_rates() -> None:
    burn = next(rule["expr"] for rule in rules.alerts() if rule["alert"] == "NetworkxMcpErrorBudgetBurn")
    assert set(re.findall(r"\* (0\.\d+)", burn)) == {"0.01"}
    left = next(panel for _, panel in rules.panels() if panel["title"].startswith("Error budget left"))
    assert "/ 0.01" in left["targets"][0]["expr"]
