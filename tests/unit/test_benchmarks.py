"""A row of a benchmark names the command and the commit it came from, and make writes the file that the tables read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_rows_of_an_earlier_run_keep_their_own_command(tmp_path: Path) -> None:
    out = tmp_path / "engine.json"
    earlier: dict[str, Any] = {"degree": {"engine_ms": 1.0, "engine": "ours", "command": "before", "commit": "abc"}}
    out.write_text(json.dumps({"command": "before", "commit": "abc", "sizes": {"50": earlier}}), encoding="utf-8")
    given = ["--sizes", "40", "--only", "degree", "--repeats", "1", "--out", str(out)]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "image/src")}
    subprocess.run([sys.executable, "benchmarks/engine.py", *given], cwd=ROOT, env=env, capture_output=True, check=True)
    found = json.loads(out.read_text(encoding="utf-8"))
    assert found["sizes"]["50"] == earlier
    row = found["sizes"]["40"]["degree"]
    assert row["command"] == found["command"] == f"python benchmarks/engine.py {' '.join(given)}"
    assert row["commit"] == found["commit"]
    assert {"engine_ms", "networkx_ms", "times_faster"} <= set(row)


@pytest.mark.long
def test_other_libraries_run_beside_it(tmp_path: Path) -> None:
    out = tmp_path / "libraries.json"
    given = ["--libraries", "--sizes", "30", "--only", "components", "--repeats", "1", "--out", str(out)]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "image/src")}
    subprocess.run([sys.executable, "benchmarks/engine.py", *given], cwd=ROOT, env=env, capture_output=True, check=True)
    row = json.loads(out.read_text(encoding="utf-8"))["sizes"]["30"]["components"]
    assert set(row["beside_ms"]) == {"ours", "networkx", "rustworkx", "networkit", "scipy"}
    assert row["best"] != "ours"
    assert row["ours_to_best"] == pytest.approx(row["beside_ms"]["ours"] / row["beside_ms"][row["best"]], rel=0.2)


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("bench", "serving"),
        ("bench-engine", "engine"),
        ("bench-libraries", "libraries"),
        ("bench-calls", "calls"),
        ("bench-plan", "plan"),
        ("bench-drawing", "drawing"),
        ("bench-viewer", "viewer"),
        ("bench-whole-graphs", "whole_graphs"),
        ("idle", "idle"),
    ],
)
def test_make_writes_the_file_that_the_table_reads(target: str, name: str) -> None:
    done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=True)
    commands = [line for line in done.stdout.splitlines() if "benchmarks/" in line and "/python " in line]
    assert commands
    for line in commands:
        assert line.endswith(f" --out benchmarks/results/{name}.json")
    page = (ROOT / "benchmarks/README.md").read_text(encoding="utf-8").replace("\n", " ")
    assert f"`make {target}`" in page


@pytest.mark.long
def test_what_changes_whole_graphs_is_measured_beside_others_that_find_the_same(tmp_path: Path) -> None:
    out = tmp_path / "whole_graphs.json"
    given = ["--nodes", "1500", "--repeats", "1", "--out", str(out)]
    env = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'image/src'}"}
    subprocess.run(
        [sys.executable, "benchmarks/whole_graphs.py", *given], cwd=ROOT, env=env, capture_output=True, check=True
    )
    found = json.loads(out.read_text(encoding="utf-8"))
    assert set(found["saved"]["pagerank"]) == {"plain_ms", "kept_ms", "added_ms", "copy_ms", "ratio"}
    assert {"differences_ms", "task_ms", "duckdb_ms", "networkx_ms"} <= set(found["compared"])
    assert found["merged"]["nodes"]["rows"] == 1500
