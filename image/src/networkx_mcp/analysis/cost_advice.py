"""The refusal of a call that would not end in time, and the cheaper call that does."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from networkx_mcp.analysis import cost
from networkx_mcp.analysis.cost import Estimate
from networkx_mcp.analysis.definition import Analysis, GraphSize, Params
from networkx_mcp.errors import LimitExceeded

SETTING = "limits.request_timeout_seconds"
#: A cheaper call is named when its estimate is at most this share of the limit.
COMFORT = 0.5


class Cheaper(NamedTuple):
    """Another call, what it answers instead, and what it takes (seconds)."""

    tool: str
    arguments: dict[str, Any]
    answers: str
    seconds: float


def check(analysis: Analysis, params: Params, graphs: Sequence[GraphSize], limit: float) -> None:
    """Raise LimitExceeded where the analysis would surely take longer than `limit` seconds on these graphs together."""
    found = cost.together(estimate for graph in graphs if (estimate := estimated(analysis, params, graph)) is not None)
    if cost.too_long(found, limit):
        assert found is not None
        what = (
            params.get("measure")
            or params.get("method")
            or params.get("name")
            or ", ".join(params.get("metrics") or ())
        )
        name = f"{analysis.name} ({what})" if what else analysis.name
        whole = GraphSize(
            sum(graph.nodes for graph in graphs), sum(graph.edges for graph in graphs), graphs[0].directed
        )
        raise refusal(name, whole, limit, found, cheaper(analysis, params, graphs, limit), forced=analysis.forced)


def estimated(analysis: Analysis, params: Params, graph: GraphSize) -> Estimate | None:
    """What an analysis is expected to take; None where that is not known."""
    return cost.of_calls(analysis.calls(params, graph), *graph)


def refusal(
    name: str, graph: GraphSize, limit: float, found: Estimate, other: Cheaper | None = None, *, forced: bool = True
) -> LimitExceeded:
    """The error: the estimate, the limit with its setting, and what to call instead; by `force` where the tool takes it."""
    text = (
        f"{name} on {graph.nodes} nodes and {graph.edges} edges would take about {seconds_text(found.seconds)}; "
        f"the limit is {limit:g} s ({SETTING}). It was not started. "
    )
    if other is not None:
        shown = json.dumps(other.arguments, ensure_ascii=False)
        text += f"Cheaper: {other.tool} with {shown}, about {seconds_text(other.seconds)}: {other.answers}. "
    else:
        text += "Cheaper: ask about a part of the graph (get_subgraph, create_graph), or for another measure. "
    if forced:
        text += f"Or give force: true to try it all the same; it is stopped after {limit:g} s."
    return LimitExceeded(
        text.rstrip(),
        limit="request_timeout_seconds",
        setting=SETTING,
        maximum=limit,
        actual=_rounded(found.seconds),
        estimate_seconds=_rounded(found.seconds),
        cheaper=None if other is None else other._asdict() | {"seconds": _rounded(other.seconds)},
    )


def cheaper(analysis: Analysis, params: Params, graphs: Sequence[GraphSize], limit: float) -> Cheaper | None:
    """The first of the alternatives whose estimate fits comfortably."""
    for other in analysis.alternatives(params, graphs[0]):
        each = [estimated(other.analysis, other.params, graph) for graph in graphs]
        found = None if None in each else cost.together(filter(None, each))
        if found is not None and found.seconds <= COMFORT * limit:
            return Cheaper(other.analysis.name, other.params, other.answers, found.seconds)
    return None


def _rounded(seconds: float) -> float:
    return float(f"{seconds:.2g}") if math.isfinite(seconds) else 1e300


def seconds_text(seconds: float) -> str:
    """A duration to two digits, in the unit that is easily read."""
    if seconds < 1:
        return "less than 1 s"
    for size, unit in ((86_400 * 365, "years"), (86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.2g} {unit}" if seconds / size < 1000 else f"more than 1000 {unit}"
    return f"{seconds:.2g} s"
