"""The list of packages in ARCHITECTURE.md is whole, and imports point down it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "image/src/networkx_mcp"


def packages_of(document: str) -> list[str]:
    """The directories that the document lists below the package, from the way in to the bottom."""
    (block,) = re.findall(r"^image/src/networkx_mcp/\n((?:  .*\n)+)", document, re.MULTILINE)
    return re.findall(r"^  (\w+)/ ", block, re.MULTILINE)


PACKAGES = packages_of((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))


def test_every_package_is_in_the_list() -> None:
    assert sorted(PACKAGES) == sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))


def _imported(file: Path) -> set[str]:
    """Packages that a module imports, at its top or inside functions."""
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
            if words[0] == "networkx_mcp" and len(words) > 1 and words[1] in PACKAGES:
                found.add(words[1])
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_down_the_list_of_packages(package: str) -> None:
    above = set(PACKAGES[: PACKAGES.index(package)])
    upward = {
        f"{file.relative_to(PACKAGE)} imports {name}"
        for file in (PACKAGE / package).rglob("*.py")
        for name in _imported(file) & above
    }
    assert not upward


def test_tools_never_import_the_store() -> None:
    assert not [file for file in (PACKAGE / "tools").rglob("*.py") if "store" in _imported(file)]


def test_the_vocabulary_is_data_that_every_room_may_read() -> None:
    imported = {
        name
        for node in ast.walk(ast.parse((PACKAGE / "vocabulary.py").read_text(encoding="utf-8")))
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [])
        + ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [])
    }
    assert imported == {"__future__", "dataclasses", "typing"}
