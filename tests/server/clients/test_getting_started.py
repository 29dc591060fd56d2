"""docs/getting-started.md: a reader who does what it says sees what it shows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.server.clients.test_stdio import COMMAND, Host

ROOT = Path(__file__).resolve().parents[3]
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", (ROOT / "docs/getting-started.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    folder = tmp_path / "folder"
    folder.mkdir()
    (table,) = [text for _, text in BLOCKS if text.startswith("source,target")]
    (folder / "routes.csv").write_text(table)
    found = Host(tmp_path / "graphs", tmp_path / "stderr.log", [*COMMAND[:-1], "--allow", str(folder), "--data"])
    yield found
    found.close()


def test_the_calls_answer_what_is_shown(host: Host) -> None:
    (session,) = [text for _, text in BLOCKS if text.startswith("load_file")]
    for part in session.strip().split("\n\n"):
        call, *shown = part.splitlines()
        tool, arguments = call.split(" ", 1)
        answer = host.call(tool, **json.loads(arguments)).splitlines()
        for line in shown:
            assert line in answer, f"{call}: {answer}"


def test_the_commands_are_ours() -> None:
    commands = "".join(text for language, text in BLOCKS if language == "sh")
    assert "make .venv/.run" in commands
    assert "networkx-mcp stdio --allow ." in commands
