"""Metrics of `measure_graph`: what each costs, and what is answered when not all could be measured.

Nothing here imports networkx: the worker measures, but the API asks before it starts, and answers when it was ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from networkx_mcp.analysis import cost
from networkx_mcp.analysis.cost import AlgorithmCall, Estimate
from networkx_mcp.analysis.definition import GraphSize
from networkx_mcp.vocabulary import METRICS


def call_of(metric: str, weight: str | None) -> AlgorithmCall | None:
    """The algorithm that a metric takes its time for; None where it costs next to nothing."""
    found = METRICS[metric]
    if not found.algorithm:
        return None
    return AlgorithmCall(found.algorithm, {"weight": weight} if found.weighted else {})


def calls(metrics: Iterable[str], weight: str | None) -> list[AlgorithmCall]:
    """The algorithms that the metrics take their time for, each once."""
    found = {call.algorithm: call for metric in metrics if (call := call_of(metric, weight)) is not None}
    if "eccentricity" in found:
        found.pop("diameter", None)  # it is the largest of them then
    return list(found.values())


def estimate(metric: str, weight: str | None, graph: GraphSize) -> Estimate | None:
    """What a metric takes by itself; None where it is next to nothing, or not known."""
    call = call_of(metric, weight)
    return None if call is None else cost.estimate(call, *graph)


def cheapest_first(metrics: Iterable[str], weight: str | None, graph: GraphSize) -> list[str]:
    """The metrics by what they take. What is not known comes last: it may never end."""
    named = list(metrics)
    all_of_them = any(METRICS[name].algorithm == "eccentricity" for name in named)

    def seconds(name: str) -> float:
        algorithm = METRICS[name].algorithm
        if not algorithm:
            return 0.0
        if algorithm == "diameter" and all_of_them:
            return seconds("eccentricity")
        found = estimate(name, weight, graph)
        return float("inf") if found is None else found.seconds

    # of one price the diameter last: it is the largest eccentricity once these are known
    return sorted(named, key=lambda name: (seconds(name), name == "diameter"))


#: How the note of a metric begins that the time did not suffice for.
NOT_MEASURED = "not measured: "


def answer(metrics: Iterable[str], rows: Mapping[str, list[Any]], missing: str) -> dict[str, Any]:
    """The table in the order asked for: of a metric without a row `missing` is the note."""
    whole = [rows.get(name) or [name, None, NOT_MEASURED + missing] for name in metrics]
    left = [name for name, value, note in whole if value is None and note.startswith(NOT_MEASURED)]
    found: dict[str, Any] = {
        "columns": ["metric", "value", "note"],
        "rows": whole,
        "total": len(whole),
        "truncated": False,
        "next_offset": None,
        "notes": [],
    }
    if left:
        found["not_measured"] = left
        found["notes"] = [
            "What was not measured may be asked of a part of the graph (`view`), or alone with force=true; find_algorithms "
            "knows approximations."
        ]
    return found
