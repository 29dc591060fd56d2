"""Tasks of several graphs, for tests of calls that name them. Loaded by a worker."""

from __future__ import annotations

import time
from typing import Any

from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.task import task


@task
def compare(graph: LoadedGraph, other: LoadedGraph, args: Any) -> dict[str, Any]:
    """Kind, nodes and number of edges of both graphs, after `seconds`."""
    time.sleep(args.get("seconds", 0))
    rows = [[each.directed, list(each.state.nodes()), each.state.m] for each in (graph, other)]
    return {
        "columns": ["directed", "nodes", "edges"],
        "rows": rows,
        "total": len(rows),
        "truncated": False,
        "next_offset": None,
        "notes": [],
    }
