"""measure_graph: numbers of the whole graph, each asked for by name."""

from __future__ import annotations

import functools
import math
import time
from collections import Counter
from collections.abc import Callable
from functools import cached_property
from typing import Any

import networkx as nx
import numpy as np

from networkx_mcp.analysis import cost, cost_advice, engine, measurements, view
from networkx_mcp.analysis.corrected import undefined
from networkx_mcp.analysis.definition import GraphSize
from networkx_mcp.analysis.loaded_graph import NETWORKX, LoadedGraph
from networkx_mcp.analysis.networkx_errors import explained
from networkx_mcp.analysis.result import Values
from networkx_mcp.analysis.task import Facts, Params, Run, task
from networkx_mcp.backend.kernels import degrees
from networkx_mcp.backend.kernels.arrays import Unsuited
from networkx_mcp.backend.kernels.components import labels
from networkx_mcp.errors import InvalidInput, LimitExceeded, NotFound, ServiceError
from networkx_mcp.vocabulary import METRICS


class Measuring:
    """One graph being measured; what several metrics need is computed once."""

    def __init__(self, graph: LoadedGraph, weight: str | None) -> None:
        self.graph = graph
        self.weight = weight
        self.engines: set[str] = set()

    def call(self, algorithm: str, **kwargs: Any) -> Any:
        value, used = engine.call(self.graph, algorithm, (), kwargs)
        self.engines.add(used)
        return value

    @property
    def g(self) -> nx.Graph[Any]:
        return self.graph.nx

    @cached_property
    def eccentricity(self) -> dict[Any, Any]:
        # networkx raises for graphs that are not (strongly) connected, and for empty ones below
        if not self.graph.state.n:
            raise nx.NetworkXPointlessConcept("no nodes")
        return self.call("eccentricity", weight=self.weight)  # type: ignore[no-any-return]

    def degrees(self, direction: str = "degree") -> list[int]:
        return list(self.call(direction).values())


def _spread(numbers: list[Any]) -> dict[str, Any]:
    if not numbers:
        raise nx.NetworkXPointlessConcept("no nodes")
    return {"min": min(numbers), "mean": _mean(numbers), "max": max(numbers)}


def _mean(numbers: list[Any]) -> Any:
    total = sum(numbers)
    try:
        return total / len(numbers)
    except OverflowError:  # integers whose mean is past floats
        return total // len(numbers)


def _histogram(numbers: list[int]) -> list[list[int]]:
    """[value, how many] pairs, by value."""
    return [list(pair) for pair in sorted(Counter(numbers).items())]


def _total_weight(m: Measuring) -> Any:
    try:
        return degrees.size(m.graph.arrays, m.weight or "weight")
    except Unsuited:
        return m.g.size(weight=m.weight or "weight")


def _diameter(m: Measuring) -> Any:
    """From the eccentricities when they are known, else maybe from bounds, which need fewer searches."""
    if not m.graph.state.n:
        raise nx.NetworkXPointlessConcept("no nodes")
    return m.call("diameter", weight=m.weight, **({"e": m.eccentricity} if "eccentricity" in vars(m) else {}))


#: How each of METRICS is computed.
COMPUTED: dict[str, Callable[[Measuring], Any]] = {
    "nodes": lambda m: m.graph.state.n,
    "edges": lambda m: m.graph.state.m,
    "directed": lambda m: m.graph.directed,
    "density": lambda m: m.call("density"),
    "self_loops": lambda m: m.call("number_of_selfloops"),
    "isolates": lambda m: m.call("number_of_isolates"),
    "total_weight": _total_weight,
    "degree": lambda m: _spread(m.degrees()),
    "in_degree": lambda m: _spread(m.degrees("in_degree")),
    "out_degree": lambda m: _spread(m.degrees("out_degree")),
    "degree_histogram": lambda m: _histogram(m.degrees()),
    "average_clustering": lambda m: m.call("average_clustering", weight=m.weight),
    "transitivity": lambda m: m.call("transitivity"),
    "triangles": lambda m: sum(m.call("triangles").values()) // 3,
    "diameter": _diameter,
    "radius": lambda m: min(m.eccentricity.values()),
    "eccentricity": lambda m: _spread(list(m.eccentricity.values())),
    "center": lambda m: m.call("center", e=m.eccentricity),
    "periphery": lambda m: m.call("periphery", e=m.eccentricity),
    "average_shortest_path_length": lambda m: m.call("average_shortest_path_length", weight=m.weight),
    "global_efficiency": lambda m: m.call("global_efficiency"),
    "degree_assortativity": lambda m: m.call("degree_assortativity_coefficient", weight=m.weight),
    "reciprocity": lambda m: m.call("overall_reciprocity"),
    "is_connected": lambda m: m.call("is_weakly_connected" if m.graph.directed else "is_connected"),
    "is_strongly_connected": lambda m: m.call("is_strongly_connected"),
    "components": lambda m: m.call(
        "number_weakly_connected_components" if m.graph.directed else "number_connected_components"
    ),
    "largest_component": lambda m: int(np.bincount(labels(m.graph.arrays)).max(initial=0)),
    "strong_components": lambda m: m.call("number_strongly_connected_components"),
    "is_dag": lambda m: m.call("is_directed_acyclic_graph"),
    "is_tree": lambda m: m.call("is_tree"),
    "is_forest": lambda m: m.call("is_forest"),
    "is_bipartite": lambda m: m.call("is_bipartite"),
    "is_planar": lambda m: m.call("is_planar"),
    "is_eulerian": lambda m: m.call("is_eulerian"),
    "is_regular": lambda m: m.call("is_regular"),
    "girth": lambda m: m.call("girth"),
    "degeneracy": lambda m: max(m.call("core_number").values(), default=0),
    "wiener_index": lambda m: m.call("wiener_index", weight=m.weight),
    "node_connectivity": lambda m: m.call("node_connectivity"),
    "edge_connectivity": lambda m: m.call("edge_connectivity"),
    "algebraic_connectivity": lambda m: m.call("algebraic_connectivity", weight=m.weight, seed=0),
}
#: What is measured when no metric is named.
DEFAULT = tuple(name for name, metric in METRICS.items() if metric.default)
#: Metrics that networkx knows by another name, of those that may not be defined.
_NAMES = {"degree_assortativity": "degree_assortativity_coefficient"}


@task
def measure_graph(graph: LoadedGraph, args: Params) -> Facts:
    """Numbers of the whole graph, in the order asked for.

    Arguments: `metrics` (names of METRICS; default DEFAULT), `weight` (for those that know weights).
    Rows: metric, value, note. A metric that is not defined on this graph has value None and a note
    that says why; the others are answered. They are measured cheapest first, and each is told as soon as it is known; one that
    would surely take longer than what is left of the allowance is not begun. `not_measured` names those.
    """
    metrics = list(dict.fromkeys(args.get("metrics", DEFAULT)))
    weight = args.weight(negative=False)
    size = GraphSize(graph.state.n, graph.state.m, graph.directed)
    measuring = Measuring(graph, weight)
    run = Run(graph, "measure_graph")
    values = Values()
    rows: dict[str, list[Any]] = {}
    began = time.monotonic()
    for name in measurements.cheapest_first(metrics, weight, size):
        left = None if graph.allowance is None else graph.allowance - (time.monotonic() - began)
        found = measurements.estimate(name, weight, size)
        if left is not None and found is not None and cost.too_long(found, left):
            row = [
                name,
                None,
                f"{measurements.NOT_MEASURED}it would take about {cost_advice.seconds_text(found.seconds)}",
            ]
        else:
            row = run.timed(functools.partial(measured, measuring, name))
        rows[name] = [values.json(cell) for cell in row]
        run.engine = "+".join(sorted(measuring.engines)) or NETWORKX
        args.progress.tell(
            {"row": rows[name], "facts": run.report({"weight": weight, "notes": args.notes, **_seen(graph)})}
        )
    answer = measurements.answer(metrics, rows, "")
    answer["notes"] += values.notes.lines
    return run.report({**answer, "weight": weight})


def _seen(graph: LoadedGraph) -> Facts:
    """What an answer that is made without this process says of the view."""
    return {"view": view.facts(graph)} if graph.part_of is not None else {}


def measured(measuring: Measuring, name: str) -> list[Any]:
    metric = METRICS[name]
    note = "unweighted" if measuring.weight is not None and not metric.weighted else None
    if metric.directed and not measuring.graph.directed:
        return [name, None, "for directed graphs only"]
    try:
        with explained(measuring.graph.state, name):
            value = COMPUTED[name](measuring)
    except LimitExceeded as error:  # no kernel answered, and networkx would not have ended
        seconds = error.data.get("estimate_seconds")
        if seconds is None:
            raise
        return [name, None, f"{measurements.NOT_MEASURED}it would take about {cost_advice.seconds_text(seconds)}"]
    except (InvalidInput, NotFound) as error:
        return [name, None, _reason(error)]
    if isinstance(value, float) and not math.isfinite(value):
        algorithm = _NAMES.get(name, name)
        if math.isnan(value):
            return [name, None, f"not defined: {undefined.why_undefined(algorithm)}"]
        note = undefined.why_infinite(algorithm) or note
    return [name, value, note]


def _reason(error: ServiceError) -> str:
    if "graph" in error.data:  # the graph type is wrong: of many metrics one line each must do
        return f"for {'undirected' if error.data['graph'] == 'directed' else 'directed'} graphs only"
    return str(error.data.get("reason", error.message))
