"""describe_graph in a worker: the attributes of all nodes and edges."""

from __future__ import annotations

from networkx_mcp.analysis import schema
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.task import Facts, Params, Run, task


@task
def describe_graph(graph: LoadedGraph, _args: Params) -> Facts:
    """What attributes the graph has; see `schema`. No arguments."""
    run = Run(graph, "describe_graph")
    run.engine = "arrays"
    return run.report(run.timed(lambda: schema.of_arrays(graph.arrays.frozen)))
