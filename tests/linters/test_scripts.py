"""shellcheck over every script: those of the repository, and those that the chart puts into containers."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from tests.chart.charts import ROOT
from tests.helpers import programs
from tests.linters.findings import Finding, judge, rendered

SHELL = re.compile(r"#!.*\b(?:ba|da)?sh\b")
#: Directories of what is fetched or made.
FOREIGN = {".venv", ".tools", ".git", "node_modules", "out", "dist"}


def scripts() -> list[Path]:
    """Files that a shell runs, by their first line."""
    found = []
    for path in sorted(ROOT.iterdir()):
        if path.name not in FOREIGN:
            found += [file for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file()]
    return [
        file for file in found
        if not FOREIGN & set(file.relative_to(ROOT).parts) and file.suffix in ("", ".sh")
        and SHELL.match(file.read_bytes()[:80].decode("utf-8", "replace"))
    ]  # fmt: skip


def inside() -> dict[str, str]:
    """Scripts in the objects of the chart: files of ConfigMaps, and what `sh -c` is given."""
    found: dict[str, str] = {}

    def look(value: object, where: str) -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                if isinstance(item, str) and key.endswith(".sh"):
                    found.setdefault(item, f"{where}-{key}")
                look(item, where)
        elif isinstance(value, list):
            if (
                len(value) > 2
                and str(value[0]).rpartition("/")[2] in ("sh", "bash")
                and value[1] in ("-c", "-ec", "-euc")
            ):
                found.setdefault(str(value[2]), f"{where}-command")
            for item in value:
                look(item, where)

    for case, text in rendered().items():
        for item in yaml.safe_load_all(text):
            if item:
                look(item, f"{case}-{item['kind']}-{item['metadata']['name']}")
    return {where: text for text, where in found.items()}


def shellcheck(*files: str, shell: str = "") -> list[Finding]:
    """What shellcheck finds, of style too."""
    options = ["--format=json", "--severity=style", *([f"--shell={shell}"] if shell else [])]
    done = subprocess.run([programs.path("shellcheck"), *options, *files], capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return [
        Finding("shellcheck", f"SC{item['code']}", Path(item["file"]).name, "script", item["file"], f"line {item['line']}: {item['message']}")
        for item in json.loads(done.stdout)
    ]  # fmt: skip


@pytest.mark.needs("shellcheck")
def test_no_script_has_a_finding(tmp_path: Path) -> None:
    assert {"run", "stage.sh", "make-secrets.sh"} <= {file.name for file in scripts()}
    found = shellcheck(*map(str, scripts()))
    for where, text in inside().items():
        file = tmp_path / where
        file.write_text(text, encoding="utf-8")
        first = text.splitlines()[0]
        found += shellcheck(str(file), shell="" if SHELL.match(first) else "sh")
    assert inside(), "the chart has scripts"
    assert judge("shellcheck", found) == []


@pytest.mark.needs("shellcheck")
def test_it_finds_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "bad.sh"
    file.write_text("#!/bin/sh\nrm -r $1/*\n", encoding="utf-8")
    assert {finding.check for finding in shellcheck(str(file))} >= {"SC2086"}
