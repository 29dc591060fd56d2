"""Where a benchmark's numbers come from: what load tests write of it, for scripts that are not run as modules."""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from loadtests.results import commit as _commit
from loadtests.results import processor

__all__ = ["commit", "machine", "processor", "publish"]


def commit() -> str:
    """The commit of this checkout, shortened."""
    return _commit()[0][:7]


def machine() -> dict[str, Any]:
    """What this runs on."""
    return {"cpus": os.cpu_count(), "kernel": platform.release(), "python": platform.python_version()}


def publish(facts: dict[str, Any], out: Path | None = None) -> None:
    """Print the report of a benchmark, and write it to `out`: command, commit and machine, then `facts`, which may have others."""
    script = Path(sys.argv[0])
    report = {
        "command": " ".join(["python", f"{script.parent.name}/{script.name}", *sys.argv[1:]]),
        "commit": commit(),
        "machine": machine(),
        **facts,
    }
    text = json.dumps(report, indent=1)
    print(text)
    if out:
        out.write_text(text + "\n", encoding="utf-8")
