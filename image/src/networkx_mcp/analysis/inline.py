"""Analyses of small graphs at once, on the event loop of the API: a worker costs more than they compute.

A closed list: numpy and the compiled kernels (`backend/kernels/native`), never networkx, scipy or networkit, and never what
takes longer for other weights. What a call costs at most is known from the sizes and the arguments before it starts, what its
answer costs before that is made, and neither may pass BUDGET. It runs the very task that a worker would, on the same kernels, so the
answer is the same. Whatever is not an answer (bad arguments, unknown nodes, a graph that suits no kernel here) is a worker's.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple, NoReturn

from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.task import Facts, on_graph
from networkx_mcp.analysis.tasks import find_components, find_paths, rank_nodes
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.backend.kernels import compiled_centrality, compiled_paths, compiled_structure, cores, degrees, native
from networkx_mcp.backend.kernels.arrays import Arrays, Unsuited
from networkx_mcp.backend.kernels.node_results import NodeValues
from networkx_mcp.errors import NotFound, ServiceError
from networkx_mcp.telemetry import metrics

logger = logging.getLogger(__name__)

#: Nanoseconds that a call may hold the event loop. All costs below are nanoseconds, too, and rounded up from what
#: `benchmarks/inline.py` measures, which says how far each call is from its estimate.
BUDGET = 1_000_000
#: A call with nothing to compute; what arrays that are made anew take beside their elements.
_CALL, _ARRAYS = 220_000, 160_000
#: An element (node or adjacency entry) of arrays that are made anew.
_MADE = 110
#: A row of an answer, one with members that are looked for, and a value in it.
_ROW, _GROUP, _VALUE = 500, 15_000, 600
#: An element of what numpy and C do once; a step of a sum over neighbours; one of Brandes' search, and of that by sets.
_ELEMENT, _SUMMED, _SEARCHED, _SEARCHED_SETS = 20, 1.3, 6, 4
#: Nodes up to which it is by sets (SMALL of betweenness.c).
_SETS = 256
#: What components take beside their elements and their rows.
_PARTS = 110_000
#: Below it a sum of changes may stay for good, because numbers are rounded.
_STANDS = 1e-9
#: Nodes that an argument may name.
_NAMED = 100


#: How what was begun here ends; `networkx_mcp_inline_analyses_total` counts them.
for _result in ("answered", "worker", "failed"):
    metrics.INLINE_ANALYSES.labels(_result)


class NotHere(Exception):
    """A worker must answer."""


class _Inline(NamedTuple):
    """An algorithm: its kernel, the engine that answers name, and whether a weight may be given."""

    run: Callable[..., Any]
    engine: str
    weighted: bool = False


def _shortest_path(graph: Arrays, source: Any, target: Any, weight: None, method: str) -> list[Any]:  # noqa: ARG001
    rows = compiled_paths.hops_between(graph, source, target)
    if rows is None:
        raise NotFound("shortest_path: no path.", kind="path", nearest=[])
    return graph.frozen.ids_of(rows)


def _pagerank(
    graph: Arrays, alpha: float = 0.85, max_iter: int = 100, tol: float = 1e-6, weight: str | None = None
) -> NodeValues:
    """In as many steps as were counted on: what does not stand still by then is for a worker to tell."""
    if not 0 <= alpha <= 1:
        raise NotHere
    steps = _steps({"alpha": alpha, "max_iter": max_iter, "tol": tol}, graph.n)
    found = compiled_centrality.pagerank_within(graph, alpha, None, steps, tol, None, weight, None)
    if found is None:
        raise NotHere
    return found


def _core_number(graph: Arrays) -> NodeValues:
    if graph.frozen.loops:  # an error, which a worker tells
        raise NotHere
    return cores.core_number(graph)


_ALGORITHMS: Mapping[str, _Inline] = {
    "degree": _Inline(degrees.degree, degrees.ENGINE, weighted=True),
    "in_degree": _Inline(degrees.in_degree, degrees.ENGINE, weighted=True),
    "out_degree": _Inline(degrees.out_degree, degrees.ENGINE, weighted=True),
    "degree_centrality": _Inline(degrees.degree_centrality, degrees.ENGINE),
    "pagerank": _Inline(_pagerank, native.ENGINE, weighted=True),
    "betweenness_centrality": _Inline(compiled_centrality.betweenness_centrality, native.ENGINE),
    "core_number": _Inline(_core_number, native.ENGINE),
    "connected_components": _Inline(compiled_structure.connected_components, native.ENGINE),
    "weakly_connected_components": _Inline(compiled_structure.connected_components, native.ENGINE),
    "shortest_path": _Inline(_shortest_path, native.ENGINE),
    "has_path": _Inline(compiled_paths.has_path, native.ENGINE),
    "single_source_shortest_path_length": _Inline(compiled_paths.single_source_shortest_path_length, native.ENGINE),
}


class _SmallGraph(LoadedGraph):
    """A graph whose tasks may call the algorithms above and no other."""

    def __init__(self, state: GraphState, frozen: FrozenGraph, spent: float) -> None:
        super().__init__(state)
        self.arrays = Arrays(frozen)
        self._left = BUDGET - spent

    @property
    def nx(self) -> NoReturn:
        raise NotHere

    def prepare(self, algorithm: str) -> None:
        """Nothing is to be done."""

    def call(self, algorithm: str, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Any, str]:
        """The answer of the kernel. Raises NotHere, and Unsuited where networkx would have to answer."""
        found = _ALGORITHMS.get(algorithm)
        if found is None or args or (not found.weighted and kwargs.get("weight") is not None):
            raise NotHere
        return found.run(self.arrays, **kwargs), found.engine

    def explained(self, algorithm: str) -> AbstractContextManager[None]:  # noqa: ARG002 -- a worker explains
        """Exceptions stay what they are."""
        return nullcontext()

    def afford(self, rows: int, values: int) -> None:
        """Raises NotHere where the answer costs more than is left."""
        if rows * _GROUP + values * _VALUE > self._left:
            raise NotHere


def _ranks(params: Mapping[str, Any], n: int, entries: int) -> float | None:
    sources: int = min(params.get("sample", n), n)
    cost: float = _ELEMENT * n + min(n, params["limit"]) * (_ROW + 3 * _VALUE)
    if "nodes" in params:  # their rank among all
        cost += 3 * _VALUE * n
    match params["measure"]:
        case "degree" | "in_degree" | "out_degree" | "degree_centrality":
            return cost + _ELEMENT * entries
        case "core":
            return cost + 2 * _ELEMENT * (n + entries)
        case "pagerank":
            return cost + _ELEMENT * entries + _SUMMED * _steps(params, n) * (n + entries)
        case "betweenness":
            return cost + (_SEARCHED_SETS if n <= _SETS else _SEARCHED) * sources * (n + entries)
    return None


def _steps(params: Mapping[str, Any], n: int) -> int:
    """Iterations of PageRank at most. A step moves at most 2 in all, and each `alpha` times what the one before did: the
    columns of its matrix sum to `alpha`."""
    most: int = params.get("max_iter", 100)
    alpha, least = params.get("alpha", 0.85), n * params.get("tol", 1e-6)
    if not 0 < alpha < 1 or least < _STANDS:
        return most
    return max(1, min(most, math.ceil(math.log(least / 2) / math.log(alpha)) + 2))


def _components(params: Mapping[str, Any], n: int, entries: int) -> float | None:
    if params.get("kind") in (None, "connected", "weak"):
        return _PARTS + 5 * _ELEMENT * n + _ELEMENT * entries
    return None


def _paths(params: Mapping[str, Any], n: int, entries: int) -> float | None:
    match params["kind"], "target" in params:
        case "shortest", True:
            return _ELEMENT * (n + entries)
        case "reachable", False:
            rows: int = min(n, params["limit"])
            return _ELEMENT * (n + entries) + rows * (_ROW + 2 * _VALUE)
    return None


#: By tool: what computes, and nanoseconds by its arguments, nodes and adjacency entries; None for what is not done here.
_TOOLS: Mapping[str, tuple[Callable[..., Any], Callable[[Mapping[str, Any], int, int], float | None]]] = {
    "rank_nodes": (rank_nodes.rank_nodes, _ranks),
    "find_components": (find_components.find_components, _components),
    "find_paths": (find_paths.find_paths, _paths),
}


#: Arguments that are known here; with any other (a `view`, say) the call is a worker's.
_PARAMETERS = frozenset(
    {"measure", "weight", "nodes", "sample", "seed", "normalized", "endpoints", "alpha", "max_iter", "tol"}
    | {"kind", "node", "members", "source", "target", "k", "cutoff", "limit", "offset"}
)


def cost(tool: str, params: Mapping[str, Any], nodes: int, edges: int, *, made: bool = True) -> float | None:
    """Nanoseconds that a call takes at most but for a part of its answer; None where it is not done here. `made`: the graph's
    arrays are there already, if they can be."""
    if tool not in _TOOLS or not params.keys() <= _PARAMETERS:
        return None
    entries = 2 * edges
    found = _TOOLS[tool][1](params, nodes, entries)
    if found is None:
        return None
    return found + _CALL + (0 if made else _ARRAYS + _MADE * (nodes + entries))


def affordable(
    tool: str, params: Mapping[str, Any], nodes: int, edges: int, most: int, *, made: bool = True
) -> float | None:
    """The `cost` of a call that may be done here, as far as sizes and arguments tell, else None; `most`: nodes and edges of its graph."""
    if not 0 < nodes <= most - edges:
        return None
    found = cost(tool, params, nodes, edges, made=made)
    return None if found is None or found > BUDGET or native.missing() else found


def answer(tool: str, params: dict[str, Any], state: GraphState, most: int) -> Facts | None:
    """What the task of `tool` answers on a graph of at most `most` nodes and edges; None where a worker must."""
    spent = affordable(tool, params, state.n, state.m, most, made=state.has_arrays)
    if spent is None:
        return None
    result, found = "worker", None
    try:
        if _all_there(state, params) and (frozen := state.unsealed()) is not None:
            found = on_graph(_TOOLS[tool][0], _SmallGraph(state, frozen, spent), params)
            result = "answered"
    except (NotHere, Unsuited, ServiceError):
        pass
    except Exception:
        logger.exception("an analysis at once failed", extra={"event": "inline_failed", "tool": tool})
        result = "failed"
    metrics.INLINE_ANALYSES.labels(result).inc()
    return found


def _all_there(state: GraphState, params: Mapping[str, Any]) -> bool:
    """Whether the graph has the nodes that are named: to say which are near costs more than the analysis."""
    named = [params[name] for name in ("source", "target", "node") if name in params]
    named += params.get("nodes", ())
    return len(named) <= _NAMED and all(map(state.has_node, named))
