"""Where a benchmark's numbers come from."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path


def commit() -> str:
    """The commit of this checkout, shortened; empty outside one."""
    here = Path(__file__).parent
    asked = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(asked, cwd=here, capture_output=True, text=True, check=False).stdout.strip()


def processor() -> str:
    """The model of this machine's processor."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
