"""What a document tells its reader to type."""

from __future__ import annotations

import re
from pathlib import Path


def section(path: Path, title: str) -> str:
    """The text of a section of the second level."""
    return path.read_text(encoding="utf-8").split(f"\n## {title}\n")[1].split("\n## ")[0]


def commands(path: Path, title: str) -> list[str]:
    """The commands of a section: the lines of its console blocks that begin with a prompt."""
    blocks = re.findall(r"^```console\n(.*?)^```", section(path, title), flags=re.MULTILINE | re.DOTALL)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]
