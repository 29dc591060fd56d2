"""Builds the viewer's document from viewer/, with the packages of `make tools`: `make viewer`.

`--check` writes nothing and exits with 1 where the committed document is not what would be built.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "viewer"
PACKAGES = ROOT / ".tools/viewer"
BUILT = ROOT / "image/src/networkx_mcp/viewer/graph.html"


def node(script: str, *arguments: str) -> None:
    """Run a script of the installed packages' directory. Raises CalledProcessError."""
    program = shutil.which("node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert program is not None, "node is missing: run `make tools`"
    subprocess.run([program, script, *arguments], cwd=PACKAGES, check=True)


def bring() -> None:
    """Put the sources beside their packages."""
    for name in ("src", "tests"):
        shutil.rmtree(PACKAGES / name, ignore_errors=True)
        if (SOURCE / name).is_dir():
            shutil.copytree(SOURCE / name, PACKAGES / name)
    for name in ("build.mjs", "tsconfig.json"):
        shutil.copy(SOURCE / name, PACKAGES)


def build() -> bytes:
    """The document. Raises CalledProcessError where the types or the build fail."""
    bring()
    node("node_modules/typescript/bin/tsc", "-p", ".")
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "graph.html"
        node("build.mjs", str(made))
        return made.read_bytes()


def main() -> int:
    built = build()
    if "--check" in sys.argv[1:]:
        if BUILT.read_bytes() != built:
            print(f"{BUILT.relative_to(ROOT)} is not what viewer/ builds: run `make viewer`", file=sys.stderr)
            return 1
        return 0
    BUILT.write_bytes(built)
    return 0


if __name__ == "__main__":
    sys.exit(main())
