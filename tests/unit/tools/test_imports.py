"""The API process computes nothing, so it must not carry what computes."""

from __future__ import annotations

import subprocess
import sys


def test_the_tools_import_no_library_that_computes() -> None:
    script = (
        "import sys, networkx_mcp.tools.server;"
        "print([name for name in ('networkx', 'scipy', 'matplotlib', 'pandas', 'networkit', 'rustworkx') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
