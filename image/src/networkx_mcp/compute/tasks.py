"""Tasks of the compute room itself; what runs on graphs lives beside the algorithms."""

from __future__ import annotations

import importlib
from typing import Any

from networkx_mcp.compute.registry import task


@task
def echo(params: dict[str, Any], fds: list[int]) -> dict[str, Any]:
    """Its parameters and the number of descriptors that came: proves the whole way of a job."""
    return {"params": params, "fds": len(fds)}


#: Tasks on graphs, by the module of `networkx_mcp.compute.algorithms` that holds them; imported when
#: first asked for, so that what needs no networkx does not pay for it.
ON_GRAPHS = {
    "rank_nodes": "rank",
    "find_communities": "communities",
    "find_components": "components",
    "measure_graph": "measure",
    "find_paths": "paths",
    "get_subgraph": "subgraph",
    "partition_graph": "partition",
    "draw_graph": "draw",
    "run_algorithm": "run",
}


def __getattr__(name: str) -> Any:
    if name not in ON_GRAPHS:
        raise AttributeError(name)
    return getattr(importlib.import_module(f"networkx_mcp.compute.algorithms.{ON_GRAPHS[name]}"), name)
