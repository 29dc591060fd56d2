"""Analyses are run here: counted as metrics (which, by which engine, how long, on how much, with what outcome), and answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from networkx_mcp.analysis.definition import RUN, STOPPED
from networkx_mcp.errors import ServiceError
from networkx_mcp.telemetry import metrics
from networkx_mcp.tools.analysis_answer import table_answer
from networkx_mcp.tools.analysis_arguments import Keeping
from networkx_mcp.tools.answer import Answer

if TYPE_CHECKING:
    from networkx_mcp.analysis.definition import Analysis
    from networkx_mcp.graphs.keeping import Keep
    from networkx_mcp.graphs.service import Graphs
    from networkx_mcp.tools.analysis_arguments import Heavy

Versions = TypeVar("Versions", int, tuple[int, ...])

#: Label of the engine of a run that did not come to its end.
_NO_ENGINE = "none"


async def tabled(
    graphs: Graphs,
    analysis: Analysis,
    args: Heavy,
    *,
    title: str = "",
    beside: Callable[[dict[str, Any]], list[str]] | None = None,
) -> Answer:
    """The answer of an analysis that is a page of rows; `title` is the tool's name where it is not given, `beside` makes lines of
    facts that are too much for the first."""
    params = args.params()
    keep = args.keep() if isinstance(args, Keeping) else None
    value, version = await run(graphs, args.graph_id, analysis, params, force=args.force, keep=keep)
    fewer = "members" if "members" in params else None
    title = title or analysis.name
    return table_answer(title, args.graph_id, version, value, offset=params.get("offset"), fewer=fewer, beside=beside)


async def run(
    graphs: Graphs,
    graph_id: str,
    analysis: Analysis,
    params: dict[str, Any],
    *,
    force: bool = False,
    keep: Keep | None = None,
) -> tuple[dict[str, Any], int]:
    """`graphs.analyse`, or with `keep` `graphs.analyse_and_keep`, counted."""
    if keep is not None:
        return await _counted(analysis.name, graphs.analyse_and_keep(graph_id, analysis, params, keep, force=force))
    value, (version,) = await run_on(graphs, [graph_id], analysis, params, force=force)
    return value, version


async def run_on(
    graphs: Graphs, graph_ids: Sequence[str], analysis: Analysis, params: dict[str, Any], *, force: bool = False
) -> tuple[dict[str, Any], tuple[int, ...]]:
    """`graphs.analyse` of several graphs, counted."""
    return await _counted(analysis.name, graphs.analyse(graph_ids, analysis, params, force=force))


async def _counted(task: str, analysing: Awaitable[tuple[dict[str, Any], Versions]]) -> tuple[dict[str, Any], Versions]:
    """What an analysis answers. A run that failed counts under the tool's name: its algorithm may be anything."""
    try:
        value, versions = await analysing
    except ServiceError as error:
        metrics.ALGORITHM_RUNS.labels(task, _NO_ENGINE, error.outcome).inc()
        raise
    except asyncio.CancelledError:
        metrics.ALGORITHM_RUNS.labels(task, _NO_ENGINE, "cancelled").inc()
        raise
    facts = value.pop(RUN, None)
    stopped = value.pop(STOPPED, None)
    if stopped is not None:
        metrics.ALGORITHM_RUNS.labels(task, _NO_ENGINE, stopped).inc()
    elif facts is not None:
        metrics.ALGORITHM_RUNS.labels(facts["algorithm"], facts["engine"], "ok").inc()
        metrics.ALGORITHM_DURATION.labels(facts["algorithm"]).observe(facts["seconds"])
        metrics.ALGORITHM_ELEMENTS.labels(facts["algorithm"]).inc(facts["elements"])
    return value, versions
