"""The task that `benchmarks/compute.py` has killed."""

from __future__ import annotations

from typing import Any

from networkx_mcp.compute.registry import task


@task
def spin(params: dict[str, Any], fds: list[int]) -> None:  # noqa: ARG001
    """Burn the CPU until killed."""
    while True:
        pass
