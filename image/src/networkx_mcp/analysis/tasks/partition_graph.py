"""partition_graph: k parts of nearly equal size with few edges between them."""

from __future__ import annotations

import math
from typing import Any

from networkx_mcp.analysis import bisection, keeping
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.task import Facts, Params, Run, task
from networkx_mcp.analysis.tasks.find_components import group_table
from networkx_mcp.errors import InvalidInput


@task
def partition_graph(graph: LoadedGraph, args: Params) -> Facts:
    """`k` parts that hold every node once, each at most `imbalance` larger than n/k, rounded up.

    Arguments: `k`, `weight` (edge attribute that counts in the cut; default "weight", "" for none),
    `imbalance` (0 to 1, default 0.03), `seed`, `limit`, `offset`, `members` (nodes listed of each).
    Rows: part (its number), size, nodes. `cut_edges` and `cut_weight`: edges between parts. The
    direction of edges and self-loops play no role. The cut is small, not proven to be the smallest.
    """
    n = graph.state.n
    k = args.integer("k", 1, 1, max(n, 1))
    weight = args.weight("weight", negative=False)
    imbalance, seed = args["imbalance"], args.seed()
    limit, offset, members = args["limit"], args["offset"], args["members"]
    if not n:
        raise InvalidInput("partition_graph needs a graph with nodes.")

    adjacency = neighbours(graph, weight)
    if not math.isfinite(sum(sum(near.values()) for near in adjacency)):
        raise InvalidInput("weight: the sum of all weights is past every float; give smaller ones.", field="weight")
    run = Run(graph, "partition_graph")
    run.engine = "networkx-mcp"
    parts = run.timed(lambda: bisection.partition(adjacency, k, imbalance, seed))
    groups: list[list[Any]] = [[] for _ in range(k)]
    for node, part in zip(graph.nx, parts, strict=True):
        groups[part].append(node)
    order = graph.order
    groups.sort(key=lambda nodes: (-len(nodes), order[nodes[0]] if nodes else n))
    args.save(lambda: keeping.by_group(graph, groups))
    cut_edges, cut_weight = _cut(graph, parts, weight)
    facts: Facts = {
        "k": k, "exact": False, "weight": weight, "imbalance": imbalance, "seed": seed,
        "cut_edges": cut_edges, "cut_weight": cut_weight, "cut_ratio": cut_edges / max(graph.state.m, 1),
    }  # fmt: skip
    rows = [(number, len(nodes), nodes) for number, nodes in enumerate(groups, 1)]
    return run.report({**group_table("part", rows, limit, offset, members), **facts})


def neighbours(graph: LoadedGraph, weight: str | None) -> list[dict[int, float]]:
    """The undirected graph by position: neighbour -> weight, both directions summed, no self-loops."""
    order = graph.order
    adjacency: list[dict[int, float]] = [{} for _ in order]
    for u, v, data in graph.nx.edges(data=True):
        i, j = order[u], order[v]
        if i != j:
            w = 1.0 if weight is None else float(data.get(weight, 1))
            adjacency[i][j] = adjacency[i].get(j, 0.0) + w
            adjacency[j][i] = adjacency[j].get(i, 0.0) + w
    return adjacency


def _cut(graph: LoadedGraph, parts: list[int], weight: str | None) -> tuple[int, float]:
    order = graph.order
    crossing = [data for u, v, data in graph.nx.edges(data=True) if parts[order[u]] != parts[order[v]]]
    total = sum(1 if weight is None else data.get(weight, 1) for data in crossing)
    return len(crossing), total if total < 2**63 else float(total)  # answers hold no larger integers
