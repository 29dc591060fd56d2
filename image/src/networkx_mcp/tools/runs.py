"""Runs of algorithms as metrics: which, by which engine, how long, on how much, with what outcome."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from networkx_mcp.errors import ServiceError
from networkx_mcp.telemetry import metrics

if TYPE_CHECKING:
    from networkx_mcp.graphs.service import Graphs

#: Label of the engine of a run that did not come to its end.
_NO_ENGINE = "none"


async def analyse(
    graphs: Graphs, graph_id: str, task: str, params: dict[str, Any], *, force: bool = False
) -> tuple[dict[str, Any], int]:
    """`graphs.analyse`, counted. A run that failed counts under the task's name: its algorithm may be anything."""
    try:
        value, (version,) = await graphs.analyse([graph_id], task, params, force=force)
    except ServiceError as error:
        metrics.ALGORITHM_RUNS.labels(task, _NO_ENGINE, error.outcome).inc()
        raise
    except asyncio.CancelledError:
        metrics.ALGORITHM_RUNS.labels(task, _NO_ENGINE, "cancelled").inc()
        raise
    run = value.pop("_run", None)
    if run is not None:
        metrics.ALGORITHM_RUNS.labels(run["algorithm"], run["engine"], "ok").inc()
        metrics.ALGORITHM_DURATION.labels(run["algorithm"]).observe(run["seconds"])
        metrics.ALGORITHM_ELEMENTS.labels(run["algorithm"]).inc(run["elements"])
    return value, version
