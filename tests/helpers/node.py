"""Node and the packages of tests/server/node, as `make tools` installs them.

A missing one fails the test that needs it: a skipped conformance run would look like a passed one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.helpers.patience import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / ".tools" / "node" / "node_modules"


def package(name: str) -> Path:
    """The directory of an installed package; fails the test where it is not installed."""
    path = MODULES / name
    if not path.is_dir():
        pytest.fail(f"{name} is not installed: run `make tools`")
    return path


def node() -> str:
    """The Node that belongs to the Python environment, else the one on PATH; version 22 or later."""
    beside = Path(sys.executable).parent / "node"
    found = str(beside) if beside.exists() else shutil.which("node")
    if found is None:
        pytest.fail("node is missing: run `make tools`")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.removeprefix("v").split(".")[0]) < 22:
        pytest.fail(f"{found} is {version}; 22 or later is needed: run `make tools`")
    return found


def run(
    script: Path, *arguments: str, timeout: float = 2 * PATIENCE, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a script with Node; its output as text."""
    binary = node()
    path = f"{Path(binary).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "NODE_PATH": str(MODULES)}
    return subprocess.run(
        [binary, str(script), *arguments], capture_output=True, text=True, timeout=timeout, env=environment, cwd=cwd
    )
