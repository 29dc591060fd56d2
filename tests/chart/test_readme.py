"""README and values cannot part, and no value is without a word about it."""

from __future__ import annotations

import subprocess
import sys

from tests.chart.charts import CHART, ROOT


def test_the_readme_is_what_the_values_say() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "chart_readme.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_chart_names_the_servers_version() -> None:
    pyproject = (ROOT / "image" / "pyproject.toml").read_text(encoding="utf-8")
    assert 'version = "0.2.0"' in pyproject
    assert "appVersion: 0.2.0" in (CHART / "Chart.yaml").read_text(encoding="utf-8")
