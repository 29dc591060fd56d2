"""The load tests' modules can be read one after the other: no two import each other, not even for their types."""

from __future__ import annotations

import ast
import graphlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def modules(root: Path) -> dict[str, Path]:
    """Name of every module of loadtests -> its file."""
    found = {}
    for path in sorted((root / "loadtests").rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, known: set[str]) -> set[str]:
    """The modules of `known` that a file imports, wherever the import stands in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (inside & known) or {node.module}
    return found & known


def circle(root: Path) -> list[str]:
    """Modules that import each other, the first also at the end; nothing where there are none."""
    files = modules(root)
    graph = {name: imports(path, set(files)) for name, path in files.items()}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def test_no_two_modules_import_each_other() -> None:
    assert len(modules(ROOT)) > 40
    assert circle(ROOT) == []


def test_nothing_imports_a_command_line() -> None:
    files = modules(ROOT)
    commands = {name for name in files if name.endswith("__main__")}
    assert commands
    for name, path in files.items():
        assert not imports(path, set(files)) & commands, name


@pytest.mark.parametrize("line", ["from loadtests import a", "if TYPE_CHECKING:\n    from loadtests.a import A"])
def test_a_circle_is_found_also_where_it_is_of_types_alone(tmp_path: Path, line: str) -> None:
    (tmp_path / "loadtests").mkdir()
    (tmp_path / "loadtests/a.py").write_text("import loadtests.b\n", encoding="utf-8")
    (tmp_path / "loadtests/b.py").write_text(f"{line}\n", encoding="utf-8")
    assert set(circle(tmp_path)) == {"loadtests.a", "loadtests.b"}
