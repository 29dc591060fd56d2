"""The task that proves the whole way of a job; what runs on graphs is `analysis.tasks`."""

from __future__ import annotations

from typing import Any

from networkx_mcp.workers.task_registry import task

#: Its name for `Compute.run`.
ECHO = f"{__name__}:echo"


@task
def echo(params: dict[str, Any], fds: list[int]) -> dict[str, Any]:
    """Its parameters and the number of descriptors that came."""
    return {"params": params, "fds": len(fds)}
