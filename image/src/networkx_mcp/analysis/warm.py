"""What the zygote imports and plays of the analyses, so that a worker finds it done (see `workers.warmup`)."""

from __future__ import annotations

import importlib
from typing import Any

from networkx_mcp.analysis import engine, tasks
from networkx_mcp.workers import warmup

engine.load()
importlib.import_module("networkx_mcp.analysis.graph_tasks")
# The modules of the tasks are small; what only one of them needs (matplotlib) it imports itself.
for _tool in tasks.names():
    importlib.import_module(f"{tasks.__name__}.{_tool}")

_PAGE = {"limit": 20, "offset": 0}
CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    (tasks.task_name("rank_nodes"), {"measure": "pagerank", **_PAGE}),
    (tasks.task_name("find_components"), {"members": 20, **_PAGE}),
    (
        tasks.task_name("find_paths"),
        {"kind": "shortest", "source": "n0", "target": "n7", "weight": "weight", **_PAGE},
    ),
    (
        tasks.task_name("run_algorithm"),
        {
            "name": "maximum_flow_value",
            "arguments": {"s": "n0", "t": "n7", "capacity": "weight"},
            "order": "networkx",
            **_PAGE,
        },
    ),
)

warmup.CALLS += CALLS
