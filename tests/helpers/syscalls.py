"""Reads strace's output: did fsync come before the acknowledgement?

Killing a process shows nothing of the kind, because the kernel keeps the pages that were written.
"""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.helpers import programs

#: -y names the file of each descriptor. Standard order of a line: pid, call(descriptor<file>, ...
_CALL = re.compile(r"^(?P<pid>\d+)\s+(?P<name>\w+)\((?P<fd>\d+)<(?P<file>[^>]*)>(?P<rest>.*)$")
_RESUMED = re.compile(r"^(?P<pid>\d+)\s+<\.\.\. (?P<name>\w+) resumed>(?P<rest>.*)$")


def strace(output: Path) -> list[str]:
    """The command that traces writes and syncs of what follows it. Fails where tracing is impossible, and says what
    allows it."""
    program = programs.path("strace")
    probe = subprocess.run([program, "-c", "true"], capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        raise AssertionError(
            "strace may not trace here (ptrace is forbidden): allow it (docker run --cap-add SYS_PTRACE, "
            f"sysctl kernel.yama.ptrace_scope=0); apt-get install strace provides it\n{probe.stderr}"
        )
    calls = "trace=write,writev,pwrite64,sendto,sendmsg,fsync,fdatasync"
    # -D: the traced program is our child, to be waited for and killed. -s: a whole page of SQLite.
    return [program, "-D", "-f", "-y", "-s", "5000", "-e", calls, "-o", str(output)]


def read_trace(output: Path, pid: int, seconds: float = 20) -> list[SystemCall]:
    """The calls, once strace has seen the end of process `pid` and written all."""
    end = time.monotonic() + seconds
    while True:
        lines = output.read_text(errors="replace").splitlines()
        if any(line.startswith(f"{pid} ") and " +++ " in line for line in lines):
            return parse(lines)
        if time.monotonic() > end:
            raise AssertionError(f"strace did not see the end of process {pid}")
        time.sleep(0.05)


@dataclass(frozen=True, slots=True)
class SystemCall:
    """A system call on a file; `done` is false for the line at which one began that another
    process's call interrupted in the output."""

    name: str
    file: str
    text: str
    done: bool


def parse(lines: Iterable[str]) -> list[SystemCall]:
    """Calls in the order in which they ended, and also where one began."""
    calls: list[SystemCall] = []
    waiting: dict[str, SystemCall] = {}
    for line in lines:
        if match := _CALL.match(line):
            unfinished = line.rstrip().endswith("<unfinished ...>")
            call = SystemCall(match["name"], match["file"], match["rest"], not unfinished)
            calls.append(call)
            if unfinished:
                waiting[match["pid"]] = call
        elif (match := _RESUMED.match(line)) and (begun := waiting.pop(match["pid"], None)):
            calls.append(SystemCall(begun.name, begun.file, begun.text + match["rest"], True))
    return calls


def too_early(calls: Iterable[SystemCall], file: str, marker: str, acknowledgement: str) -> str | None:
    """Why the acknowledgement may have come before the disk, or None.

    Wanted in this order: `marker` is written to a file whose name ends in `file`; a sync of that
    file returns 0; only then `acknowledgement` is written elsewhere."""
    state = "nothing"
    for call in calls:
        syncs = call.name in ("fsync", "fdatasync")
        if call.file.endswith(file):
            # Only the first time: the page or the log may be written again with other changes.
            if not syncs and marker in call.text and state == "nothing":
                state = "written"
            elif syncs and call.done and state == "written":
                if not call.text.rstrip().endswith("= 0"):
                    return f"the sync failed: {call}"
                state = "synced"
        elif not syncs and acknowledgement in call.text:
            # Where a write began is what counts: its reader may be as fast.
            return None if state == "synced" else f"acknowledged when {marker!r} was {state}: {call}"
    return f"{acknowledgement!r} was never written"
