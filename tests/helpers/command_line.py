"""The command line in this process: what it prints and how it ends, without the start of an interpreter."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass

from networkx_mcp.__main__ import main


@dataclass(frozen=True)
class EndedCommand:
    """How a command ended, in the words of subprocess.CompletedProcess."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str) -> EndedCommand:
    """Run `networkx-mcp ARGUMENTS`; one at a time, since what is printed belongs to the process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(arguments)
        except SystemExit as end:
            code = end.code
    assert isinstance(code, int), code
    return EndedCommand(code, out.getvalue(), err.getvalue())
