"""The API process computes nothing, so it must not carry what computes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def _printed(script: str, *before: Path) -> str:
    """What `script` printed in a process of its own that finds modules in the directories `before`, then as usual."""
    path = os.pathsep.join([*map(str, before), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-c", script]
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def test_the_tools_import_no_library_that_computes() -> None:
    script = (
        "import sys, networkx_mcp.tools.mcp_server;"
        "print([name for name in ('networkx', 'scipy', 'matplotlib', 'pandas', 'networkit', 'rustworkx') if name in sys.modules])"
    )
    assert _printed(script) == "[]"


def test_arrow_does_not_bring_pandas_along_where_it_was_told_so(tmp_path: Path) -> None:
    """The tests' environment has no pandas, as the image has none: what stands in its place says when it is loaded."""
    (tmp_path / "pandas.py").write_text("print('loaded'); raise ImportError")
    make = "import pyarrow; pyarrow.array(['a', 'b']); pyarrow.array([1.5]); pyarrow.scalar(1)"
    told = f"from networkx_mcp.arrays import no_pandas; no_pandas.settle(); {make}"
    assert "loaded" in _printed(make, tmp_path), "Arrow no longer does so: delete no_pandas"
    assert _printed(told, tmp_path) == ""
    assert _printed(
        f"{told}; import importlib.util; print(importlib.util.find_spec('pandas').origin)", tmp_path
    ) == str(tmp_path / "pandas.py"), "the process itself can no longer have pandas"
