"""The API process computes nothing, so it must not carry what computes."""

from __future__ import annotations

import importlib.util
import subprocess
import sys


def _printed(script: str) -> str:
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()


def test_the_tools_import_no_library_that_computes() -> None:
    script = (
        "import sys, networkx_mcp.tools.server;"
        "print([name for name in ('networkx', 'scipy', 'matplotlib', 'pandas', 'networkit', 'rustworkx') if name in sys.modules])"
    )
    assert _printed(script) == "[]"


def test_arrow_does_not_bring_pandas_along_where_it_was_told_so() -> None:
    assert importlib.util.find_spec("pandas") is not None, "this can only be seen where pandas is installed"
    make = "import pyarrow; pyarrow.array(['a', 'b']); pyarrow.array([1.5]); pyarrow.scalar(1); import sys"
    told = f"from networkx_mcp.arrays import no_pandas; no_pandas.settle(); {make}; print('pandas' in sys.modules)"
    assert _printed(f"{make}; print('pandas' in sys.modules)") == "True", "Arrow no longer does so: delete no_pandas"
    assert _printed(told) == "False"
    assert _printed(f"{told}; import pandas; print(pandas.DataFrame().size)").split() == ["False", "0"]
