"""Memory of a server and its descendants while something happens to it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from serving import family


def memory_mb(pid: int) -> float:
    """Proportional set size of a process and its descendants."""
    total = 0
    for member in family(pid):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024


@contextlib.contextmanager
def watched(pid: int) -> Iterator[dict[str, float]]:
    """Memory before, at its peak (looked at every 50 ms, each time stopping the server for some) and after."""
    before = memory_mb(pid)
    found = {"before": before, "peak": before}
    end = threading.Event()

    def watch() -> None:
        while not end.wait(0.05):
            with contextlib.suppress(OSError):
                found["peak"] = max(found["peak"], memory_mb(pid))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        end.set()
        thread.join()
        found["after"] = memory_mb(pid)
        found["peak"] = max(found["peak"], found["after"])
