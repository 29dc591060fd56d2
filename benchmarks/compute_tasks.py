"""The tasks of `compute.py` and `forkserver.py`: one that is killed, one that counts its pages, one its memory."""

from __future__ import annotations

import gc
import resource
from pathlib import Path
from typing import Any

from networkx_mcp.workers.task_registry import resolve, task


@task
def spin(params: dict[str, Any], fds: list[int]) -> None:  # noqa: ARG001
    """Burn the CPU until killed."""
    while True:
        pass


@task
def faults(params: dict[str, Any], fds: list[int]) -> int:
    """Minor faults of this process while the task `task` runs with the other parameters."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    resolve(params.pop("task"))(params, fds)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@task
def private(params: dict[str, Any], fds: list[int]) -> int:  # noqa: ARG001
    """KiB that this process shares with nobody once its garbage was collected."""
    gc.collect()
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="utf-8").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
