"""Flows of least cost on numbers with a fraction, and tours of digraphs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import networkx as nx

from networkx_mcp.analysis.corrected.corrections import Original, corrects
from networkx_mcp.analysis.loaded_graph import LoadedGraph

#: Nodes of a tour that is found by trying all: 2**12 * 12 * 12 steps.
_EXACT_TOUR = 12


@corrects(
    "min_cost_flow", "min_cost_flow_cost", "network_simplex", "capacity_scaling", "max_flow_min_cost",
    upstream="networkx/networkx#2076",
)  # fmt: skip
def least_cost(graph: LoadedGraph, original: Original, **given: Any) -> Any:
    """On integers: networkx's simplex can go around for ever on the rounding of fractions. Floats are fractions of a
    power of two, so all numbers of a kind are multiplied by one, and the answer divided again."""
    demand, capacity, weight = (given.get(name, name) for name in ("demand", "capacity", "weight"))
    whole = graph.nx
    amounts = [*(v for _, v in whole.nodes(data=demand)), *(c for *_, c in whole.edges(data=capacity))]
    by, costs = _scale(amounts), _scale(w for *_, w in whole.edges(data=weight))
    if by == costs == 1:
        return original(**given)
    scaled: Any = nx.DiGraph()
    for node, data in whole.nodes(data=True):
        scaled.add_node(node, **{k: _times(v, by) if k == demand else v for k, v in data.items()})
    for u, v, data in whole.edges(data=True):
        factors = {capacity: by, weight: costs}
        scaled.add_edge(u, v, **{k: _times(x, factors[k]) if k in factors else x for k, x in data.items()})
    value = original(LoadedGraph.from_networkx(scaled), **given)
    return _divided(value, by, by * costs)


def _scale(numbers: Iterable[Any]) -> int:
    floats = {x for x in numbers if isinstance(x, float) and math.isfinite(x)}
    return math.lcm(*(Fraction(x).denominator for x in floats)) if floats else 1


def _times(number: Any, by: int) -> Any:
    if not isinstance(number, int | float) or (isinstance(number, float) and not math.isfinite(number)):
        return number
    return int(Fraction(number) * by)


def _divided(value: Any, flow: int, cost: int) -> Any:
    if isinstance(value, tuple):
        return value[0] / cost, _divided(value[1], flow, cost)
    if isinstance(value, dict):
        return {u: {v: amount / flow for v, amount in to.items()} for u, to in value.items()}
    return value / cost


@corrects("approximation.asadpour_atsp")
def asadpour_atsp(
    graph: LoadedGraph, _original: Original, weight: str | None = "weight", source: Any = None, **_: Any
) -> Any:
    """A tour of a complete digraph. networkx's search for multipliers does not end on some of 5 nodes: up to 12 nodes
    the shortest tour is found exactly, above that by exchanges from a greedy one."""
    digraph = graph.without_loops.nx
    n = len(digraph)
    if n < 2:
        raise nx.NetworkXError("G must have at least two nodes")
    if digraph.number_of_edges() != n * (n - 1):
        raise nx.NetworkXError("G is not a complete DiGraph")
    graph.remark(_how(n))
    return _tour(digraph, weight, source)


@corrects("approximation.traveling_salesman_problem")
def traveling_salesman_problem(graph: LoadedGraph, original: Original, **given: Any) -> Any:
    """As networkx does, but digraphs without `method` by the tour of `asadpour_atsp`."""
    nodes = given.get("nodes")
    named = given.get("method")
    if not graph.directed or named not in (None, nx.approximation.asadpour_atsp):
        return original(**given)
    if len(graph.nx if nodes is None else set(nodes)) < 2:
        raise nx.NetworkXError("G must have at least two nodes")
    graph.remark(_how(graph.state.n if nodes is None else len(set(nodes))))
    return original(**{**given, "method": lambda tour, weight: _tour(tour, weight, None)})


def _how(n: int) -> str:
    found = "the shortest of all" if n <= _EXACT_TOUR else "by exchanges from a greedy one, not surely the shortest"
    return f"Found by our own search: {found}."


def _tour(digraph: Any, weight: str | None, source: Any) -> list[Any]:
    """A closed tour of a complete digraph."""
    nodes = list(digraph)
    if source is not None:
        nodes = [source, *(node for node in nodes if node != source)]
    if len(nodes) > _EXACT_TOUR:
        found = nx.approximation.threshold_accepting_tsp(
            digraph, "greedy", weight=weight or "", source=nodes[0], seed=0
        )
        return list(found)
    return _shortest_tour([[digraph[u][v].get(weight, 1) if u != v else 0 for v in nodes] for u in nodes], nodes)


def _shortest_tour(costs: list[list[Any]], nodes: list[Any]) -> list[Any]:
    """M. Held and R. Karp, "A dynamic programming approach to sequencing problems", J. SIAM 10 (1962)."""
    n = len(nodes)
    best: dict[tuple[int, int], tuple[Any, int]] = {(1, 0): (0, 0)}
    for seen in range(1, 1 << n, 2):
        for last in range(n):
            if (seen, last) not in best:
                continue
            length = best[seen, last][0]
            for node in range(1, n):
                if not seen >> node & 1:
                    key, total = (seen | 1 << node, node), length + costs[last][node]
                    if key not in best or total < best[key][0]:
                        best[key] = (total, last)
    seen = (1 << n) - 1
    last = min((k for k in range(n) if (seen, k) in best), key=lambda k: best[seen, k][0] + costs[k][0])
    tour = [0]
    while last:
        tour.append(last)
        seen, last = seen ^ 1 << last, best[seen, last][1]
    return [nodes[k] for k in (0, *reversed(tour[1:]), 0)]
