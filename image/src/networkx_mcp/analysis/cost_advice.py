"""The refusal of a call that would not end in time, and the cheaper call that does."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from networkx_mcp.analysis import catalogue, cost
from networkx_mcp.analysis.cost import Estimate
from networkx_mcp.analysis.cost_calls import calls
from networkx_mcp.errors import LimitExceeded

SETTING = "limits.request_timeout_seconds"
#: A cheaper call is named when its estimate is at most this share of the limit.
COMFORT = 0.5
#: Sources of a sampled betweenness that are tried, most first.
SAMPLES = (5000, 2000, 1000, 500, 200, 100, 50, 20, 10)
#: Probability with which the stated bound may be missed.
MISSED = 0.1

_SAMPLED = {"betweenness": "betweenness", "edge_betweenness": "edge_betweenness", "load": "betweenness"}
_FAR = ("diameter", "radius", "eccentricity", "center", "periphery")


class Cheaper(NamedTuple):
    """Another call, what it answers instead, and what it takes (seconds)."""

    tool: str
    arguments: dict[str, Any]
    answers: str
    seconds: float


def check(task: str, params: Mapping[str, Any], n: int, m: int, directed: bool, limit: float) -> None:
    """Raise LimitExceeded where the task would surely take longer than `limit` seconds."""
    found = cost.together(calls(task, params, n, m, directed), n, m, directed)
    if cost.too_long(found, limit):
        assert found is not None
        raise refusal(task, params, n, m, directed, limit, found)


def estimated(task: str, params: Mapping[str, Any], n: int, m: int, directed: bool) -> Estimate | None:
    """What a task is expected to take."""
    return cost.together(calls(task, params, n, m, directed), n, m, directed)


def refusal(
    task: str, params: Mapping[str, Any], n: int, m: int, directed: bool, limit: float, found: Estimate
) -> LimitExceeded:
    """The error: the estimate, the limit with its setting, and what to call instead."""
    what = params.get("measure") or params.get("method") or params.get("name") or ", ".join(params.get("metrics") or ())
    other = cheaper(task, params, n, m, directed, limit)
    text = (
        f"{task}{f' ({what})' if what else ''} on {n} nodes and {m} edges would take about {_seconds(found.seconds)}; "
        f"the limit is {limit:g} s ({SETTING}). It was not started. "
    )
    if other is not None:
        shown = json.dumps(other.arguments, ensure_ascii=False)
        text += f"Cheaper: {other.tool} with {shown}, about {_seconds(other.seconds)}: {other.answers}. "
    else:
        text += "Cheaper: ask about a part of the graph (get_subgraph, create_graph), or for another measure. "
    text += f"Or give force: true to try it all the same; it is stopped after {limit:g} s."
    return LimitExceeded(
        text,
        limit="request_timeout_seconds",
        setting=SETTING,
        maximum=limit,
        actual=_rounded(found.seconds),
        estimate_seconds=_rounded(found.seconds),
        cheaper=None if other is None else other._asdict() | {"seconds": _rounded(other.seconds)},
    )


def cheaper(task: str, params: Mapping[str, Any], n: int, m: int, directed: bool, limit: float) -> Cheaper | None:
    """The first of the known alternatives whose estimate fits comfortably."""
    for tool, arguments, answers in _alternatives(task, params, n):
        found = estimated(tool, arguments, n, m, directed)
        if found is not None and found.seconds <= COMFORT * limit:
            return Cheaper(tool, {k: v for k, v in arguments.items() if v is not None}, answers, found.seconds)
    return None


def _alternatives(task: str, params: Mapping[str, Any], n: int) -> Iterator[tuple[str, dict[str, Any], str]]:
    if task == "rank_nodes":
        yield from _of_ranks(params, n)
    elif task == "measure_graph":
        metrics = params.get("metrics") or []
        if any(metric in _FAR for metric in metrics) and params.get("weight") is None:
            yield "run_algorithm", {"name": "approximation.diameter", "arguments": {}}, _DIAMETER
        for metric in metrics:
            rest = [other for other in metrics if other != metric]
            if rest:
                yield "measure_graph", {"metrics": rest}, f"the same without {metric}"
    elif task == "find_communities":
        yield "find_communities", {"method": "louvain", "seed": 0}, "communities of high modularity"
        yield "find_communities", {"method": "label_propagation", "seed": 0}, "communities, roughly"
    elif task == "run_algorithm":
        yield from _of_algorithms(str(params.get("name")), params, n)


_DIAMETER = "a lower bound of the diameter, at least half of it, by a double sweep (Magnien, Latapy and Habib, 2009)"


def _of_ranks(params: Mapping[str, Any], n: int) -> Iterator[tuple[str, dict[str, Any], str]]:
    measure = str(params.get("measure"))
    weight = {"weight": params["weight"]} if params.get("weight") else {}
    if measure in _SAMPLED:
        for k in SAMPLES:
            if k < n and k < (params.get("sample") or n):
                arguments = {"measure": _SAMPLED[measure], "sample": k, "seed": 0, **weight}
                yield "rank_nodes", arguments, bound_text(n, k, edges=measure == "edge_betweenness")
    elif measure == "closeness":
        one = {
            "name": "closeness_centrality",
            "arguments": {"u": "<node>", **({"distance": weight["weight"]} if weight else {})},
        }
        yield "run_algorithm", one, "closeness of one node of interest, exact; call it for each of a few"
    elif measure == "harmonic":
        some = {"name": "harmonic_centrality", "arguments": {"nbunch": ["<node>", "<node>"]}}
        yield "run_algorithm", some, "harmonic centrality of a few nodes, exact"
    elif measure == "eccentricity" and not weight:
        yield "run_algorithm", {"name": "approximation.diameter", "arguments": {}}, _DIAMETER
    yield "rank_nodes", {"measure": "pagerank"}, "another measure of importance, exact"
    yield "rank_nodes", {"measure": "degree"}, "another measure of importance, exact"


def _of_algorithms(name: str, params: Mapping[str, Any], n: int) -> Iterator[tuple[str, dict[str, Any], str]]:
    given = params.get("arguments") or {}
    if name in ("betweenness_centrality", "edge_betweenness_centrality"):
        for k in SAMPLES:
            if k < n:
                arguments = {**given, "k": k, "seed": 0}
                yield "run_algorithm", {"name": name, "arguments": arguments}, bound_text(n, k, edges="edge" in name)
    if name == "closeness_centrality":
        yield "run_algorithm", {"name": name, "arguments": {**given, "u": "<node>"}}, "closeness of one node, exact"
    if name in _FAR:
        yield "run_algorithm", {"name": "approximation.diameter", "arguments": {}}, _DIAMETER
    entry = catalogue.algorithms().get(f"approximation.{name}")
    if entry is not None and name not in _FAR:
        known = {argument.name for argument in entry.arguments}
        arguments = {key: value for key, value in given.items() if key in known}
        if all(argument.name in arguments for argument in entry.arguments if argument.required):
            yield "run_algorithm", {"name": entry.name, "arguments": arguments}, "an approximation"


def sample_error(n: int, k: int) -> float:
    """Half-width that all `n` normalised betweenness scores from `k` sources hold at once with probability
    1 - MISSED: Hoeffding's inequality (1963, theorem 2 and section 6, sampling without replacement) for the mean of
    at least k - 1 dependencies in [0, 1], and a union over the nodes, as Brandes and Pich (2007) apply it."""
    return min(1.0, math.sqrt(math.log(2 * max(n, 1) / MISSED) / (2 * max(k - 1, 1))))


def bound_text(n: int, k: int, *, edges: bool = False) -> str:
    """What is known about the scores of a sample of `k` sources."""
    if edges:
        return f"estimated from {k} of {n} sources"
    return (
        f"estimated from {k} of {n} sources; all normalised scores are within {sample_error(n, k):.2g} of the exact ones "
        f"with probability {1 - MISSED:g} (Hoeffding; Brandes and Pich, 2007)"
    )


def _rounded(seconds: float) -> float:
    return float(f"{seconds:.2g}") if math.isfinite(seconds) else 1e300


def _seconds(seconds: float) -> str:
    """A duration to two digits, in the unit that is easily read."""
    if seconds < 1:
        return "less than 1 s"
    for size, unit in ((86_400 * 365, "years"), (86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.2g} {unit}" if seconds / size < 1000 else f"more than 1000 {unit}"
    return f"{seconds:.2g} s"
