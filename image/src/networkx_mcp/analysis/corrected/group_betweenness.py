"""Betweenness of a group of nodes, by its definition."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Any

from networkx_mcp.analysis.corrected.corrections import Original, corrects
from networkx_mcp.analysis.corrected.weighted_paths import check_countable
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.errors import InvalidInput


@corrects("group_betweenness_centrality", upstream="networkx/networkx#8559")
def group_betweenness_centrality(
    graph: LoadedGraph,
    _original: Original,
    C: Any,  # noqa: N803  networkx's name
    normalized: bool = True,
    weight: str | None = None,
    endpoints: bool = False,
) -> float:
    """The share of shortest paths that meet the group, summed over all pairs of nodes outside of it.

    M. Everett and S. Borgatti, "The centrality of groups and classes", J. Math. Sociology 23 (1999). networkx's
    successive matrices give other numbers for groups of three and more (#8827), and numbers below 0 or errors in
    digraphs that are not strongly connected. `endpoints`: pairs with an end in the group count as met.
    Edges of weight 0 are refused, as by the other betweennesses.
    """
    check_countable(graph, weight)
    whole: Any = graph.nx
    group = set(C)
    outside = len(whole) - len(group)
    if normalized and outside < 2:
        raise InvalidInput(
            "C: leave two nodes outside of the group at least; there is no pair to be between.", field="C"
        )
    met = 0.0
    for source in whole:
        order, counts, free = _counts(whole, source, group, weight)
        for target in order[1:]:
            if source not in group and target not in group:
                met += 1 - free[target] / counts[target]
            elif endpoints:
                met += 1
    if normalized:
        return met / (outside * (outside - 1))
    return met if graph.directed else met / 2


def _counts(
    graph: Any, source: Any, group: set[Any], weight: str | None
) -> tuple[list[Any], dict[Any, int], dict[Any, int]]:
    """Nodes by distance; how many shortest paths lead to each, and how many of them past no node of the group."""
    distances: dict[Any, Any] = {source: 0}
    before: dict[Any, list[Any]] = {source: []}
    order: list[Any] = []
    queue: list[tuple[Any, int, Any]] = [(0, 0, source)]
    done: set[Any] = set()
    pushed = 0
    while queue:
        _, _, node = heappop(queue)
        if node in done:
            continue
        done.add(node)
        order.append(node)
        for other, data in graph[node].items():
            length = distances[node] + (1 if weight is None else data.get(weight, 1))
            known = distances.get(other)
            if known is None or length < known:
                distances[other], before[other] = length, [node]
                pushed += 1
                heappush(queue, (length, pushed, other))
            elif length == known and other not in done:
                before[other].append(node)
    counts, free = {source: 1}, {source: 0 if source in group else 1}
    for node in order[1:]:
        counts[node] = sum(counts[u] for u in before[node])
        free[node] = 0 if node in group else sum(free[u] for u in before[node])
    return order, counts, free
