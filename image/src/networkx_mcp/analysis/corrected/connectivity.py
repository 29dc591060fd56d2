"""Connectivity, exact with self-loops and in directed graphs.

A self-loop joins nothing, so no connectivity counts it. A digraph is as connected as its weakest ordered pair; one
that is not strongly connected has connectivity 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import networkx as nx
from networkx.algorithms.connectivity import build_auxiliary_node_connectivity, local_node_connectivity
from networkx.algorithms.connectivity.cuts import minimum_st_node_cut
from networkx.algorithms.flow import build_residual_network

from networkx_mcp.analysis.corrected.corrections import Original, corrects
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.errors import InvalidInput

_8837 = "networkx/networkx#8837"


@corrects("node_connectivity", upstream=_8837)
def node_connectivity(
    graph: LoadedGraph, original: Original, s: Any = None, t: Any = None, flow_func: Any = None
) -> Any:
    """Nodes to remove until the graph is not (strongly) connected or is one node; of a pair, until no path is left.

    networkx starts from the node of least total degree and looks at pairs in one direction only, so its value is
    too large for most digraphs; and it counts a self-loop as two neighbours.
    """
    plain = graph.without_loops
    if s is not None or t is not None or not graph.directed:
        return original(plain, s=s, t=t, flow_func=flow_func)
    return len(_weakest(plain.nx, flow_func)) if plain.state.n else _no_nodes()


@corrects("minimum_node_cut", upstream=_8837)
def minimum_node_cut(
    graph: LoadedGraph, original: Original, s: Any = None, t: Any = None, flow_func: Any = None
) -> Any:
    """The cut whose size is `node_connectivity`; the empty set where the graph is not (strongly) connected already."""
    plain = graph.without_loops
    if s is not None or t is not None:
        return original(plain, s=s, t=t, flow_func=flow_func) if s is None or t is None else _between(graph, s, t)
    if not plain.state.n:
        return _no_nodes()
    if _apart(graph):
        return set()
    return _weakest(plain.nx, flow_func) if graph.directed else original(plain, flow_func=flow_func)


@corrects("connectivity.minimum_st_node_cut", upstream="networkx/networkx#1812")
def minimum_cut_of_a_pair(graph: LoadedGraph, _original: Original, s: Any, t: Any, **_: Any) -> Any:
    """The least set of nodes, without the two, that leaves no path from `s` to `t`.

    networkx answers the empty set where an edge joins the two, in either direction. From `s` to `t` there is no such
    set; the other way the edge does not matter.
    """
    return _between(graph, s, t)


@corrects("edge_connectivity", upstream=_8837)
def edge_connectivity(graph: LoadedGraph, original: Original, **given: Any) -> Any:
    """Without self-loops, which networkx counts where a single node bounds the value; 0 for one node."""
    pair = given.get("s") is not None or given.get("t") is not None
    return 0 if graph.state.n == 1 and not pair else original(graph.without_loops, **given)


@corrects("minimum_edge_cut", upstream=_8837)
def minimum_edge_cut(
    graph: LoadedGraph, original: Original, s: Any = None, t: Any = None, flow_func: Any = None
) -> Any:
    """The cut whose size is `edge_connectivity`.

    networkx begins with all edges of the node of least degree, self-loops and in digraphs the wrong direction
    included, and keeps that where no other cut is as small.
    """
    plain = graph.without_loops
    if s is not None or t is not None or not graph.directed:
        if s is None and t is None and plain.state.n and _apart(graph):
            return set()
        return original(plain, s=s, t=t, flow_func=flow_func)
    if not plain.state.n:
        return _no_nodes()
    if _apart(graph):
        return set()
    nodes = list(plain.nx)
    pairs = [*pairwise(nodes), (nodes[-1], nodes[0])] if len(nodes) > 1 else []
    cuts = (nx.minimum_edge_cut(plain.nx, u, v, flow_func=flow_func) for u, v in pairs)
    return min(cuts, key=len, default=set())


@corrects(
    "average_node_connectivity", "all_pairs_node_connectivity", "node_disjoint_paths", "edge_disjoint_paths",
    "connectivity.local_node_connectivity", "connectivity.local_edge_connectivity", "connectivity.minimum_st_edge_cut",
    "connectivity.is_locally_k_edge_connected", "is_k_edge_connected", "k_edge_components", "k_edge_subgraphs",
    "connectivity.bridge_components", "stoer_wagner", "gomory_hu_tree",
    "approximation.local_node_connectivity", "approximation.all_pairs_node_connectivity",
    "approximation.large_clique_size", "approximation.max_clique", "approximation.clique_removal",
    upstream=_8837,
)  # fmt: skip
def without_loops(graph: LoadedGraph, original: Original, **given: Any) -> Any:
    """networkx's own answer on the graph without self-loops: none of these counts them."""
    return original(graph.without_loops, **given)


@corrects("approximation.node_connectivity", upstream="networkx/networkx#8863")
def approximate_node_connectivity(graph: LoadedGraph, original: Original, s: Any = None, t: Any = None) -> Any:
    """A lower bound. networkx's exceeds the connectivity of many digraphs: there the exact value is taken."""
    plain = graph.without_loops
    if s is not None or t is not None or not graph.directed:
        return original(plain, **({} if s is None else {"s": s}), **({} if t is None else {"t": t}))
    return len(_weakest(plain.nx, None)) if plain.state.n else _no_nodes()


@corrects(
    "current_flow_betweenness_centrality", "current_flow_betweenness_centrality_subset",
    "current_flow_closeness_centrality", "edge_current_flow_betweenness_centrality",
    "edge_current_flow_betweenness_centrality_subset", "approximate_current_flow_betweenness_centrality",
    "community.edge_current_flow_betweenness_partition", upstream="networkx/networkx#2292",
)  # fmt: skip
def currents(graph: LoadedGraph, original: Original, **given: Any) -> Any:
    """No current flows through a self-loop; networkx counts one for its node."""
    return original(graph.without_loops, **given)


def _no_nodes() -> Any:
    raise nx.NetworkXPointlessConcept("Connectivity is undefined for the null graph.")


def _apart(graph: LoadedGraph) -> bool:
    """Whether nothing need be cut; the answer then says so."""
    whole: Any = nx.is_strongly_connected if graph.directed else nx.is_connected
    if whole(graph.nx):
        return False
    graph.remark(f"The graph is not {'strongly ' * graph.directed}connected as it is: the minimum cut is empty.")
    return True


def _between(graph: LoadedGraph, s: Any, t: Any) -> set[Any]:
    plain = graph.without_loops.nx
    if s == t:
        raise InvalidInput("t: s and t are the same node; nothing separates a node from itself.", field="t")
    if t in plain[s]:
        raise InvalidInput(
            f"t: an edge joins {s!r} and {t!r}, so no set of other nodes separates them. Ask for minimum_edge_cut.",
            field="t",
        )
    if plain.is_directed() and plain.has_edge(t, s):
        plain = plain.copy()
        plain.remove_edge(t, s)  # no path from s to t uses it
    return set(minimum_st_node_cut(plain, s, t))


def _weakest(graph: Any, flow_func: Any) -> set[Any]:
    """A minimum node cut of a digraph without self-loops; all nodes but one where every pair is joined both ways.

    S. Even, "An algorithm for determining whether the connectivity of a graph is at least k", SIAM J. Comput. 4
    (1975): of any k + 1 nodes one is outside of a cut of k, so their cuts from and to all others hold a minimum one.
    """
    if not nx.is_strongly_connected(graph):
        return set()
    nodes = sorted(graph, key=lambda node: min(graph.in_degree(node), graph.out_degree(node)))
    best = set(nodes[1:])
    cut = _cutter(graph, flow_func)
    for place, v in enumerate(nodes):
        if place > len(best):
            break
        for w in nodes:
            for s, t in ((v, w), (w, v)) if v != w else ():
                if t not in graph[s]:
                    best = min(best, cut(s, t, len(best)), key=len)
    return best


def _cutter(graph: Any, flow_func: Any) -> Callable[[Any, Any, int], set[Any]]:
    """`cut(s, t, most)`: a minimum cut of a pair without an edge from s to t, or any larger set if it has `most`."""
    auxiliary = build_auxiliary_node_connectivity(graph)
    residual = build_residual_network(auxiliary, "capacity")
    parts = {"flow_func": flow_func, "auxiliary": auxiliary, "residual": residual}

    def cut(s: Any, t: Any, most: int) -> set[Any]:
        size = local_node_connectivity(graph, s, t, cutoff=most, **parts)
        if size >= most:
            return set(graph)
        if graph.has_edge(t, s):  # networkx takes such pairs for adjacent
            return _between_by_search(graph, s, t)
        return set(minimum_st_node_cut(graph, s, t, **parts))

    return cut


def _between_by_search(graph: Any, s: Any, t: Any) -> set[Any]:
    other = graph.copy()
    other.remove_edge(t, s)
    return set(minimum_st_node_cut(other, s, t))


def maximal_k_connected(graph: Any, k: int) -> Iterator[set[Any]]:
    """The maximal subgraphs of more than `k` nodes that no k - 1 nodes separate, of a connected graph without loops.

    A cut of fewer than k nodes cannot part such a subgraph, so each lies in the cut and one component beside it.
    """
    stack = [set(graph)]
    while stack:
        nodes = stack.pop()
        part = graph.subgraph(nodes)
        if len(nodes) <= k or min(d for _, d in part.degree()) < k:
            kept = set(nx.k_core(part, k))  # a node of fewer than k neighbours is in none
            stack += [set(c) for c in nx.connected_components(part.subgraph(kept)) if len(c) > k]
            continue
        if not nx.is_connected(part):
            stack += [set(c) for c in nx.connected_components(part)]
            continue
        cut = set(nx.minimum_node_cut(part))
        if len(cut) >= k:
            yield nodes
            continue
        rest = part.subgraph(nodes - cut)
        stack += [component | cut for component in nx.connected_components(rest)]
