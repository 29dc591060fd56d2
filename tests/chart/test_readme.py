"""README and values cannot part, and no value is without a word about it."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

from tests.chart.charts import CHART, ROOT, helm


def test_the_readme_is_what_the_values_say() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "chart_readme.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_chart_names_the_servers_version() -> None:
    pyproject = (ROOT / "image" / "pyproject.toml").read_text(encoding="utf-8")
    assert 'version = "0.2.0"' in pyproject
    assert "appVersion: 0.2.0" in (CHART / "Chart.yaml").read_text(encoding="utf-8")


def test_a_package_has_the_readme_and_not_its_template(tmp_path: Path) -> None:
    assert (CHART / "README.md.j2").exists()
    helm("package", str(CHART), "--destination", str(tmp_path))
    (package,) = tmp_path.glob("*.tgz")
    with tarfile.open(package) as archive:
        names = set(archive.getnames())
    assert "networkx-mcp/README.md" in names
    assert "networkx-mcp/README.md.j2" not in names
