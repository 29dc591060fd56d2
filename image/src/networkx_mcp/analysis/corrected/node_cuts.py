"""All minimum node cuts, and the hierarchy of k-components that they make."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import networkx as nx

from networkx_mcp.analysis.corrected.connectivity import maximal_k_connected
from networkx_mcp.analysis.corrected.corrections import Original, corrects
from networkx_mcp.analysis.loaded_graph import LoadedGraph


@corrects("k_components", upstream="networkx/networkx#8734")
def k_components(graph: LoadedGraph, _original: Original, **_: Any) -> dict[int, list[set[Any]]]:
    """By k the maximal k-connected subgraphs; the dyads of k = 2 are left out, as networkx does.

    networkx takes apart a graph by all its minimum cuts at once and can lose nodes or whole components in that.
    """
    plain = graph.without_loops.nx
    level = [set(c) for c in nx.connected_components(plain) if len(c) > 1]
    found: dict[int, list[set[Any]]] = {}
    for k in count(2):
        if not level:
            return found
        found[k - 1] = level
        level = [part for whole in level for part in maximal_k_connected(plain.subgraph(whole), k)]
    return found


@corrects("all_node_cuts", upstream="networkx/networkx#8586")
def all_node_cuts(graph: LoadedGraph, _original: Original, k: int | None = None, **_: Any) -> Iterator[set[Any]]:
    """Every set of k nodes that separates the graph, where k is its node connectivity.

    A. Kanevsky, "Finding all minimum-size separating vertex sets in a graph", Networks 23 (1993): some of any k nodes
    is outside of a cut of k unless they are the cut, so the cuts between them and all others are all there are. Those of
    one pair are the closed sets of the residual graph (J.-C. Picard and M. Queyranne, 1980). networkx builds another
    residual graph, misses cuts and takes exponentially long. `k` above or below the connectivity: none, as there.
    """
    plain = graph.without_loops.nx
    if not nx.is_connected(plain):
        raise nx.NetworkXError("Input graph is disconnected.")
    n = len(plain)
    if n * (n - 1) == 2 * plain.number_of_edges():
        return
    own = int(nx.node_connectivity(plain))
    if k is not None and k != own:
        graph.remark(f"k: the node connectivity is {own}; minimum cuts have that many nodes, none has {k}.")
        return
    first = sorted(plain, key=plain.degree, reverse=True)[:own]
    seen: set[frozenset[Any]] = set()
    if not nx.is_connected(plain.subgraph(set(plain) - set(first))):
        seen.add(frozenset(first))
        yield set(first)
    for place, s in enumerate(first):
        for t in plain:
            if t == s or t in plain[s] or t in first[:place]:
                continue
            for cut in _cuts_between(plain, s, t, own):
                if cut not in seen:
                    seen.add(cut)
                    yield set(cut)


def _cuts_between(graph: Any, s: Any, t: Any, k: int) -> Iterator[frozenset[Any]]:
    """The cuts of k nodes between two nodes that no edge joins; none if the pair is better connected."""
    network: Any = nx.DiGraph()
    for node in graph:
        network.add_edge((node, 0), (node, 1), capacity=1)
    for u, v in graph.edges:
        network.add_edge((u, 1), (v, 0))  # without a capacity: unbounded, a cut is of nodes only
        network.add_edge((v, 1), (u, 0))
    value, flow = nx.maximum_flow(network, (s, 1), (t, 0))
    if value != k:
        return
    residual: Any = nx.DiGraph()
    residual.add_nodes_from(network)
    for u, v, capacity in network.edges(data="capacity"):
        sent = flow[u][v]
        if capacity is None or sent < capacity:
            residual.add_edge(u, v)
        if sent > 0:
            residual.add_edge(v, u)
    inside = {(s, 1)} | nx.descendants(residual, (s, 1))
    outside = {(t, 0)} | nx.ancestors(residual, (t, 0))
    yield from _closed_sets(graph, residual, inside, outside)


def _closed_sets(graph: Any, residual: Any, inside: set[Any], outside: set[Any]) -> Iterator[frozenset[Any]]:
    """Each cut that a set closed under the residual graph makes, by deciding one node after the other."""
    stack = [(inside, outside)]
    while stack:
        near, far = stack.pop()
        # only the middle of a saturated node can be cut: an undecided one is on the near side or on the far side
        open_ = next((node for node in graph if _open(node, near, far)), None)
        if open_ is None:
            yield frozenset(node for node in graph if (node, 0) in near and (node, 1) not in near)
            continue
        half = (open_, 0) if (open_, 0) not in near and (open_, 0) not in far else (open_, 1)
        with_it = near | {half} | nx.descendants(residual, half)
        without_it = far | {half} | nx.ancestors(residual, half)
        if not with_it & far:
            stack.append((with_it, far))
        if not without_it & near:
            stack.append((near, without_it))


def _open(node: Any, near: set[Any], far: set[Any]) -> bool:
    return any(half not in near and half not in far for half in ((node, 0), (node, 1)))
