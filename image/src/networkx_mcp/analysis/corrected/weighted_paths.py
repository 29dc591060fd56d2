"""Shortest paths with weights at and below 0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import networkx as nx

from networkx_mcp.analysis.corrected.corrections import Original, corrects
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.arrays.columns import MISSING
from networkx_mcp.backend.kernels.arrays import Unsuited
from networkx_mcp.errors import InvalidInput

_8833 = "networkx/networkx#8833"


def lowest(graph: LoadedGraph, weight: str | None) -> float:
    """The lowest weight of an edge; 1 where the edges have none."""
    if weight is None or not graph.state.m:
        return 1
    try:
        return graph.arrays.weights(weight).lowest
    except Unsuited:  # integers that floats do not hold
        column = graph.arrays.frozen.edge_table.column(weight)
        values = [] if column is None else [value for value in column.to_list() if value is not MISSING]
        return float(min(values, default=1))


@corrects(
    "shortest_path", "shortest_path_length", "average_shortest_path_length", upstream="networkx/networkx#1511"
)  # fmt: skip
def shortest(graph: LoadedGraph, original: Original, **given: Any) -> Any:
    """By Bellman and Ford where a weight is below 0 and no method is named: Dijkstra's search is wrong there."""
    return original(**_method(graph, given))


def _method(graph: LoadedGraph, given: dict[str, Any]) -> dict[str, Any]:
    if given.get("method") in (None, "dijkstra") and lowest(graph, given.get("weight")) < 0:
        graph.remark("Weights below 0: the method is bellman-ford.")
        return {**given, "method": "bellman-ford"}
    return given


@corrects("all_shortest_paths", upstream=_8833)
def all_shortest_paths(graph: LoadedGraph, original: Original, source: Any, target: Any, **given: Any) -> Any:
    """Each shortest simple path once; networkx repeats some beside an edge of weight 0."""
    weight = given.get("weight")
    if lowest(graph, weight) > 0:
        return original(source=source, target=target, **given)
    found = _distances(graph, source, weight)
    if target not in found:
        raise nx.NetworkXNoPath(f"Target {target} cannot be reached from given sources")
    return _paths(_tight(graph, found, weight), source, target)


@corrects("single_source_all_shortest_paths", upstream=_8833)
def single_source_all_shortest_paths(graph: LoadedGraph, original: Original, source: Any, **given: Any) -> Any:
    """`all_shortest_paths` to each node."""
    weight = given.get("weight")
    if lowest(graph, weight) > 0:
        return original(source=source, **given)
    return _from(graph, source, weight)


@corrects("all_pairs_all_shortest_paths", upstream=_8833)
def all_pairs_all_shortest_paths(graph: LoadedGraph, original: Original, **given: Any) -> Any:
    """`all_shortest_paths` between all nodes."""
    weight = given.get("weight")
    if lowest(graph, weight) > 0:
        return original(**given)
    return ((source, dict(_from(graph, source, weight))) for source in graph.nx)


def _from(graph: LoadedGraph, source: Any, weight: str | None) -> Iterator[tuple[Any, list[list[Any]]]]:
    found = _distances(graph, source, weight)
    before = _tight(graph, found, weight)
    for target in found:
        yield target, list(_paths(before, source, target))


def _distances(graph: LoadedGraph, source: Any, weight: str | None) -> dict[Any, Any]:
    if lowest(graph, weight) < 0:
        return dict(nx.single_source_bellman_ford_path_length(graph.nx, source, weight=weight))
    return dict(nx.single_source_dijkstra_path_length(graph.nx, source, weight=weight))


def _tight(graph: LoadedGraph, distances: dict[Any, Any], weight: str | None) -> dict[Any, list[Any]]:
    """By node those from which an edge leads to it on a shortest way."""
    before: dict[Any, list[Any]] = {node: [] for node in distances}
    whole: Any = graph.nx
    for u, v, length in whole.edges(data=weight, default=1):
        for a, b in ((u, v),) if graph.directed or u == v else ((u, v), (v, u)):
            if a != b and a in distances and distances[a] + length == distances[b]:
                before[b].append(a)
    return before


def _paths(before: dict[Any, list[Any]], source: Any, target: Any) -> Iterator[list[Any]]:
    """The simple paths over `before`, backwards."""
    path, on_it = [target], {target}
    stack = [iter(before[target])]
    if source == target:
        yield [source]
        return
    while stack:
        node = next(stack[-1], None)
        if node is None:
            stack.pop()
            on_it.discard(path.pop())
        elif node == source:
            yield [node, *reversed(path)]
        elif node not in on_it:
            path.append(node)
            on_it.add(node)
            stack.append(iter(before[node]))


@corrects(
    "betweenness_centrality", "edge_betweenness_centrality", "betweenness_centrality_subset",
    "edge_betweenness_centrality_subset", "load_centrality", "percolation_centrality",
    "community.edge_betweenness_partition",
)  # fmt: skip
def between(graph: LoadedGraph, original: Original, **given: Any) -> Any:
    """Refuses edges of weight 0: nodes at one distance are counted in the order in which the search meets them, so paths
    are left out and others counted twice; shares come out above 1 (networkx documents weights above 0)."""
    check_countable(graph, given.get("weight"))
    return original(**given)


def check_countable(graph: LoadedGraph, weight: str | None) -> None:
    """Raises InvalidInput where edges have weight 0: a search by distance cannot count the shortest paths over them."""
    if lowest(graph, weight) == 0:
        raise InvalidInput(
            "weight: some edges have weight 0, and shortest paths over them cannot be counted by this search. "
            "Give them small weights above 0, or leave weight out.",
            field="weight",
        )


@corrects(
    "floyd_warshall", "floyd_warshall_numpy", "floyd_warshall_predecessor_and_distance",
    upstream="networkx/networkx#8440",
)  # fmt: skip
def floyd_warshall(graph: LoadedGraph, original: Original, **given: Any) -> Any:
    """Refuses a cycle of weight below 0, around which networkx goes a number of times and calls that a distance."""
    weight = given.get("weight", "weight")
    if lowest(graph, weight) < 0 and nx.negative_edge_cycle(graph.nx, weight=weight):
        raise nx.NetworkXUnbounded("Negative cycle detected")
    return original(graph.without_loops, **given)
