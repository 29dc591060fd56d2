"""Which algorithms a task will call, as far as its parameters tell: what the cost model estimates.

The names are those of `compute.algorithms`, which this process does not import (networkx would come with it); a test
compares them. What cannot be told is left out: nothing is refused for it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from networkx_mcp.analysis import catalogue
from networkx_mcp.analysis.cost import Call

#: measure -> (algorithm, its parameter for the weight, the default weight).
RANK: dict[str, tuple[str, str | None, str | None]] = {
    "degree": ("degree", "weight", None),
    "in_degree": ("in_degree", "weight", None),
    "out_degree": ("out_degree", "weight", None),
    "degree_centrality": ("degree_centrality", None, None),
    "betweenness": ("betweenness_centrality", "weight", None),
    "edge_betweenness": ("edge_betweenness_centrality", "weight", None),
    "closeness": ("closeness_centrality", "distance", None),
    "harmonic": ("harmonic_centrality", "distance", None),
    "load": ("load_centrality", "weight", None),
    "eigenvector": ("eigenvector_centrality", "weight", None),
    "katz": ("katz_centrality", "weight", None),
    "pagerank": ("pagerank", "weight", "weight"),
    "hits": ("hits", None, None),
    "hubs": ("hits", None, None),
    "clustering": ("clustering", "weight", None),
    "triangles": ("triangles", None, None),
    "core": ("core_number", None, None),
    "constraint": ("constraint", "weight", None),
    "eccentricity": ("eccentricity", "weight", None),
}
_RANK_OPTIONS = ("normalized", "endpoints", "alpha", "max_iter", "tol")

COMMUNITIES = {
    "louvain": "community.louvain_communities",
    "leiden": "community.leiden_communities",
    "label_propagation": "community.fast_label_propagation_communities",
    "greedy_modularity": "community.greedy_modularity_communities",
    "girvan_newman": "community.girvan_newman",
    "fluid": "community.asyn_fluidc",
    "k_clique": "community.k_clique_communities",
}
COMPONENTS = {
    "connected": "connected_components",
    "weak": "weakly_connected_components",
    "strong": "strongly_connected_components",
    "biconnected": "biconnected_components",
}
#: metric -> algorithm, and whether the weight is passed on; those that are not here cost next to nothing.
METRICS: dict[str, tuple[str, bool]] = {
    "average_clustering": ("average_clustering", True),
    "transitivity": ("transitivity", False),
    "triangles": ("triangles", False),
    "diameter": ("diameter", True),
    "radius": ("eccentricity", True),
    "eccentricity": ("eccentricity", True),
    "center": ("eccentricity", True),
    "periphery": ("eccentricity", True),
    "average_shortest_path_length": ("average_shortest_path_length", True),
    "global_efficiency": ("global_efficiency", False),
    "degree_assortativity": ("degree_assortativity_coefficient", True),
    "is_strongly_connected": ("is_strongly_connected", False),
    "is_planar": ("is_planar", False),
    "girth": ("girth", False),
    "degeneracy": ("core_number", False),
    "wiener_index": ("wiener_index", True),
    "node_connectivity": ("node_connectivity", False),
    "edge_connectivity": ("edge_connectivity", False),
    "algebraic_connectivity": ("algebraic_connectivity", True),
}
#: Optional arguments that leave the work of an algorithm as it is; with any other the cost is not known.
_NEUTRAL = frozenset(
    {
        "weight", "distance", "capacity", "demand", "normalized", "endpoints", "alpha", "beta", "tol", "seed", "resolution",
        "wf_improved", "data", "dtype", "nodelist", "method", "max_iter", "flow_func", "reverse", "order",
    }
)  # fmt: skip


def calls(task: str, params: Mapping[str, Any], n: int, m: int, directed: bool) -> list[Call]:
    """The heavy calls of a task on a graph of `n` nodes and `m` edges; empty where they are not known."""
    made = _TASKS.get(task)
    return made(params, n, m, directed) if made is not None else []


def _rank(params: Mapping[str, Any], n: int, _m: int, _directed: bool) -> list[Call]:
    algorithm, weight, default = RANK.get(params.get("measure", "degree"), ("", None, None))
    if not algorithm:
        return []
    parameters = {name: params[name] for name in _RANK_OPTIONS if params.get(name) is not None}
    if weight is not None:
        parameters[weight] = _weight(params, default)
    share = 1.0
    if isinstance(sample := params.get("sample"), int):
        parameters |= {"k": sample, "seed": 0}
        share = min(1.0, sample / max(n, 1))
    return [Call(algorithm, parameters, share)]


def _communities(params: Mapping[str, Any], _n: int, m: int, _directed: bool) -> list[Call]:
    algorithm = COMMUNITIES.get(params.get("method", "louvain"))
    if algorithm is None or m == 0:
        return []
    names = ("weight", "resolution", "seed", "k")
    return [Call(algorithm, {name: params[name] for name in names if params.get(name) is not None})]


def _components(params: Mapping[str, Any], _n: int, _m: int, directed: bool) -> list[Call]:
    algorithm = COMPONENTS.get(params.get("kind") or ("weak" if directed else "connected"))
    return [Call(algorithm)] if algorithm else []


def _measure(params: Mapping[str, Any], _n: int, _m: int, _directed: bool) -> list[Call]:
    metrics = params.get("metrics") or []
    weight = _weight(params, None)
    found: dict[str, Call] = {}
    for metric in metrics:
        if metric in METRICS:
            algorithm, weighted = METRICS[metric]
            found[algorithm] = Call(algorithm, {"weight": weight} if weighted else {})
    if "eccentricity" in found:
        found.pop("diameter", None)  # it is the largest of them then
    return list(found.values())


def _paths(params: Mapping[str, Any], _n: int, _m: int, _directed: bool) -> list[Call]:
    weighted = _weight(params, None) is not None
    match params.get("kind", "shortest"), params.get("target") is not None:
        case "shortest", True:
            return [Call("dijkstra_path" if weighted else "bidirectional_shortest_path")]
        case "shortest", False:
            return [Call("single_source_dijkstra" if weighted else "single_source_shortest_path")]
        case "reachable", _:
            return [Call("single_source_dijkstra_path_length" if weighted else "single_source_shortest_path_length")]
        case _:
            return []  # enumerations end with the rows that are asked for


def _partition(params: Mapping[str, Any], _n: int, _m: int, _directed: bool) -> list[Call]:
    k = params.get("k")
    return [Call("partition_graph", share=min(1.0, math.log2(max(k, 1)) / 2))] if isinstance(k, int) else []


def _run(params: Mapping[str, Any], n: int, _m: int, directed: bool) -> list[Call]:
    entry = catalogue.algorithms().get(str(params.get("name")))
    given = params.get("arguments")
    if (
        entry is None
        or not isinstance(given, dict)
        or entry.graph not in ("any", "directed" if directed else "undirected")
    ):
        return []
    parameters: dict[str, Any] = {}
    share = 1.0
    for argument in entry.arguments:
        if argument.name not in given or (given[argument.name] is None and not argument.required):
            continue
        value = parameters[argument.parameter] = given[argument.name]
        if argument.required or argument.name in _NEUTRAL or argument.type == "boolean":
            continue
        part = _SHARES.get((entry.name, argument.name))
        if part is None:
            return []
        share *= min(1.0, part(value) / max(n, 1))
    return [Call(entry.name, parameters, share)]


def _count(value: Any) -> int:
    return len(value) if isinstance(value, list) else 1


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 1


#: Arguments that make an algorithm do so many of n sources.
_SHARES = {
    ("betweenness_centrality", "k"): _number,
    ("edge_betweenness_centrality", "k"): _number,
    ("closeness_centrality", "u"): _count,
    ("eccentricity", "v"): _count,
    ("harmonic_centrality", "nbunch"): _count,
}

_TASKS = {
    "rank_nodes": _rank,
    "find_communities": _communities,
    "find_components": _components,
    "measure_graph": _measure,
    "find_paths": _paths,
    "partition_graph": _partition,
    "run_algorithm": _run,
}


def _weight(params: Mapping[str, Any], default: str | None) -> str | None:
    name = params.get("weight")
    return default if name is None else name or None
