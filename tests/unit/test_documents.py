"""What the documents state is what the results and the code say."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "image/src/networkx_mcp"
#: The rooms from the way in to the bottom; imports point down only.
ROOMS = ("http", "tools", "graphs", "compute", "backend", "arrays", "store", "telemetry")


def test_the_tables_of_the_documents_are_those_of_the_results() -> None:
    done = subprocess.run([sys.executable, str(ROOT / "scripts/readme_tables.py"), "--check"], check=False)
    assert done.returncode == 0, "run: make docs"


@pytest.mark.parametrize(
    "name",
    [
        *("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "alerts/README.md", "argocd/README.md", "chart/README.md"),
        *("benchmarks/README.md", "loadtests/README.md"),
    ],
)
def test_links_within_the_repository_lead_somewhere(name: str) -> None:
    document = ROOT / name
    for target in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (document.parent / target).exists(), target


def _imported(file: Path) -> set[str]:
    """Rooms that a module imports, at its top or inside functions."""
    found = set()
    parts = ("networkx_mcp", *file.relative_to(PACKAGE).parts[:-1])
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (base, node.module or "")))
            names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        for imported in names:
            words = imported.split(".")
            if words[0] == "networkx_mcp" and len(words) > 1 and words[1] in ROOMS:
                found.add(words[1])
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_imports_point_down_the_list_of_rooms(room: str) -> None:
    above = set(ROOMS[: ROOMS.index(room)])
    upward = {
        f"{file.relative_to(PACKAGE)} imports {name}"
        for file in (PACKAGE / room).rglob("*.py")
        for name in _imported(file) & above
    }
    assert not upward


def test_tools_never_import_the_store() -> None:
    assert not [file for file in (PACKAGE / "tools").rglob("*.py") if "store" in _imported(file)]
