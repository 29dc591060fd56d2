"""The Lua scripts travel with the package, and each is the one that the server runs."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from importlib.resources import files
from pathlib import Path

import pytest

from networkx_mcp.store.redis_scripts import script

IMAGE = Path(__file__).parents[3] / "image"
SCRIPTS = ["append", "compact", "create", "delete", "known", "keep_result", "lease", "memory", "read_log", "replace"]


def test_the_wheel_holds_every_script(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=IMAGE, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    found = {name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".lua")}
    assert found == {f"networkx_mcp/store/lua/{name}.lua" for name in [*SCRIPTS, "common"]}


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_digest_is_that_of_the_text(name: str) -> None:
    body = (files("networkx_mcp.store") / "lua" / f"{name}.lua").read_text(encoding="utf-8")
    assert script(name).text.endswith(body)
    assert script(name).digest == hashlib.sha1(script(name).text.encode(), usedforsecurity=False).hexdigest()
