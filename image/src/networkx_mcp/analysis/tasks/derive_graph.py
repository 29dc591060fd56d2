"""derive_graph: a graph made of others, as a sealed buffer and its snapshot."""

from __future__ import annotations

import os
import time
from typing import Any

from networkx_mcp.analysis import view
from networkx_mcp.analysis.derive.changes import copy
from networkx_mcp.analysis.derive.combine import combine
from networkx_mcp.analysis.derive.from_sql import from_sql
from networkx_mcp.analysis.derive.made import PROVENANCE, Made, own_attributes, provenance
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.result import rounded
from networkx_mcp.analysis.sql import engine
from networkx_mcp.arrays import frozen, memfd
from networkx_mcp.arrays.formats.common import ParseLimits
from networkx_mcp.workers import task_registry
from networkx_mcp.workers.task_registry import TaskOutput


def _prepare(params: dict[str, Any]) -> None:
    """Load DuckDB where the job asks for it."""
    if "from_sql" in params["how"]:
        engine.prepare()
    view.prepare(params)


@task_registry.prepared_by(_prepare)
@task_registry.task
def derive_graph(params: dict[str, Any], fds: list[int]) -> TaskOutput:
    """The graph that `how` makes of the graphs of the job.

    Parameters: the graphs (see `loaded_graph`), `named` (id and version of each, in the same order), `view` (of the first), `how` (one
    way with its arguments), and the limits `nodes`, `edges`, `value`. Value: `counts`, `notes`, `engine`, `seconds`, `elements`, and what the `view` shows.
    Descriptors: the buffer, the snapshot.
    """
    graph, *others = LoadedGraph.all_of(params, fds)
    limits = ParseLimits(params["nodes"], params["edges"], 0, params["value"])
    seen, notes = graph, list[str]()
    asked = dict(params["how"])
    if params.get("view"):
        seen, steady = view.seen(graph, params["view"])
        if not steady:
            notes.append("The view answers otherwise each time: the same call makes another graph.")
        asked["view"] = {name: value for name, value in params["view"].items() if name != "made_by"}
    attributes = own_attributes(graph.arrays.frozen)
    attributes[PROVENANCE] = provenance([tuple(one) for one in params["named"]], asked, params["value"])
    started = time.perf_counter()
    names = [graph_id for graph_id, _ in params["named"]]
    made = _made([seen, *others], names, params["how"], attributes, limits)
    seconds = time.perf_counter() - started
    value = {
        "counts": made.reported(),
        "notes": [*notes, *seen.remarks, *made.said()],
        "engine": made.engine,
        "seconds": rounded(seconds),
        "view": view.facts(seen) if params.get("view") else None,
        "elements": sum(one.elements for one in (seen, *others)),
    }
    return TaskOutput(value, [os.dup(made.graph.fd), memfd.create("snapshot", [frozen.compress(made.graph)])])


def _made(
    graphs: list[LoadedGraph],
    names: list[str],
    how: dict[str, Any],
    attributes: dict[str, Any],
    limits: ParseLimits,
) -> Made:
    graph = graphs[0]
    if "from_sql" in how:
        return from_sql(graph, how["from_sql"], attributes, limits)
    if "combine" in how:
        return combine(graphs, names, how["combine"], attributes, limits)
    if "algorithm" in how:
        from networkx_mcp.analysis.derive.by_algorithm import by_algorithm

        return by_algorithm(graph, how["algorithm"], how.get("arguments", {}), attributes, limits)
    return copy(graph, {}, attributes)
