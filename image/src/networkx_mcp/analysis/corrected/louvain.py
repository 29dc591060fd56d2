"""Louvain communities that always end."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import Any

import networkx as nx

from networkx_mcp.analysis.corrected.corrections import Original, corrects
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.backend.kernels import communities as kernels
from networkx_mcp.backend.kernels.arrays import Unsuited
from networkx_mcp.errors import InvalidInput

#: After so many turns of a level a move must gain more than the rounding of sums that are equal, after more a level ends
#: (`PATIENCE`, `LEAST` and `TURNS` of kernels/native/communities.c).
_PATIENCE, _ROUNDING, _TURNS = 100, 1e-12, 1000
_SMALLEST, _LARGEST = 1e-100, 1e100
_8739 = "networkx/networkx#8739"


@corrects("community.louvain_communities", upstream=_8739)
def louvain_communities(
    graph: LoadedGraph,
    _original: Original,
    weight: str | None = "weight",
    resolution: float = 1,
    threshold: float = 1e-7,
    max_level: int | None = None,
    seed: Any = None,
) -> Any:
    """networkx's steps with its seeds. Of equal places networkx can go around for ever: after a hundred turns a move must
    gain more than rounding. By the kernel, but for numbers that it does not take."""
    if max_level is not None and max_level < 1:
        raise InvalidInput("max_level: must be an integer of 1 or more.", field="max_level")
    with contextlib.suppress(Unsuited):
        return kernels.louvain_communities(graph.arrays, weight, resolution, threshold, max_level, seed)
    levels = _levels(graph, weight, resolution, threshold, seed)
    *_, last = islice(levels, max_level)
    return last


@corrects("community.louvain_partitions", upstream=_8739)
def louvain_partitions(
    graph: LoadedGraph,
    _original: Original,
    weight: str | None = "weight",
    resolution: float = 1,
    threshold: float = 1e-7,
    seed: Any = None,
) -> Iterator[list[set[Any]]]:
    """The levels of `louvain_communities`."""
    return _levels(graph, weight, resolution, threshold, seed)


def _levels(
    loaded: LoadedGraph, weight: str | None, resolution: float, threshold: float, seed: Any
) -> Iterator[list[set[Any]]]:
    choose = nx.utils.create_py_random_state(seed)
    whole: Any = loaded.nx
    level = whole.__class__()
    level.add_nodes_from(whole)
    level.add_weighted_edges_from(whole.edges(data=weight, default=1))
    members: dict[Any, set[Any]] = {node: {node} for node in level}
    _scaled(level)
    total = level.size(weight="weight")
    if not total > 0:
        if level.number_of_edges():
            loaded.remark("All weights are 0: nothing holds nodes together, each is a community of its own.")
        yield list(members.values())
        return
    before = _modularity(level, [{node} for node in level], total, resolution)
    while True:
        groups = _moved(level, total, resolution, choose)
        after = _modularity(level, groups, total, resolution)
        parts = [set().union(*(members[node] for node in group)) for group in groups]
        yield [set(part) for part in parts]
        if after - before <= threshold:
            return
        before = after
        level = _merged(level, groups)
        members = dict(enumerate(parts))


def _scaled(graph: Any) -> None:
    """Weights as shares of the largest where their sum, or its square, is past floats: modularity knows no scale."""
    largest = max((weight for *_, weight in graph.edges(data="weight")), default=0)
    if largest > 0 and not _SMALLEST < largest <= largest * graph.number_of_edges() < _LARGEST:
        for *_, data in graph.edges(data=True):
            data["weight"] /= largest


def _modularity(graph: Any, groups: list[set[Any]], total: float, resolution: float) -> float:
    directed = graph.is_directed()
    place = {node: number for number, group in enumerate(groups) for node in group}
    inside: dict[int, float] = defaultdict(float)
    for u, v, weight in graph.edges(data="weight"):
        if place[u] == place[v]:
            inside[place[u]] += weight
    out, into = _strengths(graph)
    value = 0.0
    for number, group in enumerate(groups):
        expected = sum(out[node] for node in group) * sum(into[node] for node in group)
        value += inside[number] / total - resolution * expected / (total**2 if directed else 4 * total**2)
    return value


def _strengths(graph: Any) -> tuple[dict[Any, float], dict[Any, float]]:
    """Weights out of and into each node; of an undirected graph the degree, twice."""
    if graph.is_directed():
        return dict(graph.out_degree(weight="weight")), dict(graph.in_degree(weight="weight"))
    degrees = dict(graph.degree(weight="weight"))
    return degrees, degrees


def _neighbours(graph: Any) -> dict[Any, dict[Any, float]]:
    if not graph.is_directed():
        return {u: {v: data["weight"] for v, data in graph[u].items() if v != u} for u in graph}
    near: dict[Any, dict[Any, float]] = {}
    for u in graph:
        near[u] = {v: data["weight"] for v, data in graph[u].items() if v != u}
        for v, data in graph.pred[u].items():
            if v != u:
                near[u][v] = near[u].get(v, 0) + data["weight"]
    return near


def _moved(graph: Any, total: float, resolution: float, choose: Any) -> list[set[Any]]:
    """Each node beside the neighbours where modularity gains most, again and again until none moves."""
    own = {node: number for number, node in enumerate(graph)}
    groups = [{node} for node in graph]
    near = _neighbours(graph)
    out, into = _strengths(graph)
    outs, intos = list(out.values()), list(into.values())
    directed = graph.is_directed()
    order = list(graph)
    choose.shuffle(order)
    for turn in range(_TURNS):
        moving = False
        for node in order:
            here = own[node]
            outs[here] -= out[node]
            intos[here] -= into[node]
            ties: dict[int, float] = defaultdict(float)
            for other, weight in near[node].items():
                ties[own[other]] += weight

            def expected(number: int, node: Any = node) -> float:
                """The weight of edges to a group that chance would give, as a share of the whole weight."""
                if directed:
                    return resolution * (out[node] * intos[number] + into[node] * outs[number]) / total**2
                return resolution * (outs[number] * out[node]) / (2 * total**2)

            leaving = -ties[here] / total + expected(here)
            best, most = here, 0 if turn < _PATIENCE else _ROUNDING
            for number, tie in ties.items():
                gain = leaving + tie / total - expected(number)
                if gain > most:
                    best, most = number, gain
            outs[best] += out[node]
            intos[best] += into[node]
            if best != here:
                groups[here].remove(node)
                groups[best].add(node)
                own[node] = best
                moving = True
        if not moving:
            break
    return [group for group in groups if group]


def _merged(graph: Any, groups: list[set[Any]]) -> Any:
    """A node for each group; the weights between and inside of them summed."""
    place = {node: number for number, group in enumerate(groups) for node in group}
    merged = graph.__class__()
    merged.add_nodes_from(range(len(groups)))
    for u, v, weight in graph.edges(data="weight"):
        a, b = place[u], place[v]
        known = merged.get_edge_data(a, b, {"weight": 0})["weight"]
        merged.add_edge(a, b, weight=known + weight)
    return merged
