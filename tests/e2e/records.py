"""What a run of `make e2e-full` leaves behind: tests/e2e/report.json, committed, one release old at most.

A run of a part (`PYTEST_ARGS="-k alerts"`) replaces that part only; each test module says which version it tried, from
which commit, when, and how long it took. `facts` are what the tests measured.
"""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
REPORT = Path(__file__).with_name("report.json")
COMMAND = "make e2e-full"


class Records:
    """Outcomes and seconds by test module, and the facts of the run."""

    def __init__(self) -> None:
        self.facts: dict[str, Any] = {}
        self.modules: dict[str, dict[str, Any]] = {}

    def note(self, report: pytest.TestReport) -> None:
        module = Path(report.location[0]).stem
        counted = self.modules.setdefault(module, {"passed": 0, "failed": 0, "seconds": 0.0})
        counted["seconds"] = round(counted["seconds"] + report.duration, 1)
        if report.failed:
            counted["failed"] += 1
        elif report.when == "call" and report.passed:
            counted["passed"] += 1

    def write(self, path: Path = REPORT) -> None:
        """Put this run's part into the report, in place of the older one."""
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        chart = yaml.safe_load((ROOT / "chart/Chart.yaml").read_text(encoding="utf-8"))
        git = ("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD")
        this = {
            "version": chart["appVersion"],
            "commit": subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip(),
            "date": datetime.now(UTC).strftime("%Y-%m-%d"),
            "cores": os.cpu_count(),
        }
        document = {
            "command": COMMAND,
            "modules": known.get("modules", {}) | {name: this | seen for name, seen in self.modules.items()},
            "facts": known.get("facts", {}) | self.facts,
        }
        path.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
