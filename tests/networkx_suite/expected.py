"""A pytest plugin: which of networkx's own tests fail on the backend, and why.

`expected_<mode>.txt` holds test ids under a line `# reason`; the mode is `fallback` when
NETWORKX_FALLBACK_TO_NX is set, else `alone`. A test that fails without being listed fails the run, and so
does a listed one that passes or is not there. A reason that begins with `without compiled kernels` counts only
where there are none.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path

import pytest

MODE = "fallback" if os.environ.get("NETWORKX_FALLBACK_TO_NX") else "alone"
LIST = Path(__file__).with_name(f"expected_{MODE}.txt")
#: Begins the reasons that hold for the slower kernels only.
WITHOUT = "without compiled kernels"


def compiled() -> bool:
    """Whether the compiled kernels are there."""
    try:
        return not importlib.import_module("networkx_mcp.backend.kernels.native").missing()
    except ImportError:
        return False


def expected(path: Path) -> dict[str, str]:
    """Reason by test id. ValueError for an id without one, or named twice."""
    found: dict[str, str] = {}
    reason = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            reason = line.lstrip("# ")
        elif line.strip():
            if not reason or line in found:
                raise ValueError(f"{path}: {line} has no reason or stands twice")
            found[line] = reason
    return found


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    fast = compiled()
    wanted = expected(LIST)
    for item in items:
        _, _, name = item.nodeid.rpartition("site-packages/")
        reason = wanted.pop(name, None)
        if reason is not None and not (fast and reason.startswith(WITHOUT)):
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
    if wanted and not config.getoption("keyword"):
        raise pytest.UsageError(f"{LIST.name} names tests that are not there: {', '.join(wanted)}")
