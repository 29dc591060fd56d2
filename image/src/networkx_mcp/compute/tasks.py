"""Tasks of the compute room itself; what runs on graphs lives beside the algorithms."""

from __future__ import annotations

from typing import Any

from networkx_mcp.compute.registry import task


@task
def echo(params: dict[str, Any], fds: list[int]) -> dict[str, Any]:
    """Its parameters and the number of descriptors that came: proves the whole way of a job."""
    return {"params": params, "fds": len(fds)}
