"""What a run of `make e2e-full` leaves behind: tests/e2e/report.json, committed, one release old at most.

A run of a part (`PYTEST_ARGS="-k alerts"`) replaces that part only; each test says which version it tried, from which
commit, when, and how long it took. `facts` are what the tests measured.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from loadtests import results

ROOT = Path(__file__).resolve().parents[2]
REPORT = Path(__file__).with_name("report.json")
COMMAND = "make e2e-full"


class Records:
    """Outcome and seconds of each test, and the facts of the run."""

    def __init__(self) -> None:
        self.facts: dict[str, Any] = {}
        self.tests: dict[str, dict[str, Any]] = {}
        #: What the image was made from: somebody may commit while the run goes on.
        self.commit = results.commit()[0][:7]

    def note(self, report: pytest.TestReport) -> None:
        """Add one phase of a test: seconds add up, a failure stays."""
        path, _, name = report.location
        test = self.tests.setdefault(f"{Path(path).name}::{name}", {"outcome": "passed", "seconds": 0.0})
        test["seconds"] = round(test["seconds"] + report.duration, 1)
        if report.outcome != "passed":
            test["outcome"] = report.outcome

    def write(self, path: Path = REPORT) -> None:
        """Put this run's tests into the report, in place of their older entries."""
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        chart = yaml.safe_load((ROOT / "chart/Chart.yaml").read_text(encoding="utf-8"))
        this = {
            "version": chart["appVersion"],
            "commit": self.commit,
            "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        }
        facts = known.get("facts", {})
        for name, fact in self.facts.items():
            both = isinstance(fact, dict) and isinstance(facts.get(name), dict)
            facts[name] = facts[name] | fact if both else fact
        document = {
            "command": COMMAND,
            "cores": os.cpu_count(),
            "tests": known.get("tests", {}) | {name: this | seen for name, seen in self.tests.items()},
            "facts": facts,
        }
        path.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
