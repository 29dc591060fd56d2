"""The tasks of `benchmarks/compute.py`: one that it has killed, one that counts its pages."""

from __future__ import annotations

import resource
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
