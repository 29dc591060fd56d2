"""Build the bundle that a host installs by a click: `python scripts/bundle.py [DIRECTORY]`, or `make mcpb`.

A bundle is small: the manifest, and the version that the host fetches from PyPI before it starts it.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "image/bundle"
PROGRAM = ROOT / ".tools/node/node_modules/@anthropic-ai/mcpb/dist/cli/cli.js"


def build(directory: Path) -> Path:
    """The bundle, valid by the schema of its manifest's version. Raises CalledProcessError."""
    version = tomllib.loads((ROOT / "image/pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    directory.mkdir(parents=True, exist_ok=True)
    made = directory / f"networkx-mcp-{version}.mcpb"
    node = Path(sys.executable).with_name("node")
    subprocess.run([str(node), str(PROGRAM), "pack", str(SOURCE), str(made)], check=True)
    return made


if __name__ == "__main__":
    print(build(Path(sys.argv[1] if len(sys.argv) > 1 else "dist")))
