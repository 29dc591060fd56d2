"""Answers of the catalogue obey the laws that they are named for: on small graphs, by trying everything.

networkx is not asked: where it breaks a law, `analysis/corrected` answers.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import chain, combinations, pairwise, permutations
from math import inf
from typing import Any

import networkx as nx
import numpy as np
import pytest
from tests.unit.analysis import oracles

from networkx_mcp.analysis import engine
from networkx_mcp.analysis.loaded_graph import LoadedGraph

pytestmark = pytest.mark.long

Law = Callable[[nx.Graph], None]
engine.load()
LAWS: list[tuple[Law, bool | None, bool]] = []


def law(directed: bool | None = False, loops: bool = True) -> Callable[[Law], Law]:
    """Of undirected graphs, of digraphs (True) or of both (None); `loops`: also where there are self-loops."""

    def enter(function: Law) -> Law:
        LAWS.append((function, directed, loops))
        return function

    return enter


def call(graph: nx.Graph, name: str, /, **arguments: Any) -> Any:
    value = engine.call(LoadedGraph.from_networkx(graph.copy()), name, (), arguments)[0]
    return list(value) if hasattr(value, "__next__") else value


def weight(graph: nx.Graph, edges: Any, name: str = "weight") -> float:
    return sum(graph[u][v].get(name, 1) for u, v in edges)


def subsets(items: Any, least: int = 0) -> Any:
    items = list(items)
    return chain.from_iterable(combinations(items, k) for k in range(least, len(items) + 1))


def has_weights(graph: nx.Graph) -> bool:
    return all("weight" in data for *_, data in graph.edges(data=True))


def is_clique(graph: nx.Graph, nodes: Any) -> bool:
    return all(graph.has_edge(u, v) for u, v in combinations(nodes, 2))


# -- walks and centralities


@law(None)
def pagerank_is_stationary(graph: nx.Graph) -> None:
    if not len(graph):
        return
    ranks = call(graph, "pagerank", tol=1e-12, max_iter=10_000)
    assert min(ranks.values()) >= 0
    assert sum(ranks.values()) == pytest.approx(1)
    n, d = len(graph), graph.to_directed()
    out = {u: sum(data.get("weight", 1) for data in d[u].values()) for u in d}
    lost = sum(ranks[u] for u in d if not out[u])
    for v in d:
        into = sum(ranks[u] * d[u][v].get("weight", 1) / out[u] for u in d.predecessors(v) if out[u])
        assert ranks[v] == pytest.approx(0.15 / n + 0.85 * (into + lost / n), abs=1e-9)


@law(None)
def betweenness_counts_shortest_paths(graph: nx.Graph) -> None:
    nodes, edges = dict.fromkeys(graph, 0.0), dict.fromkeys(graph.edges, 0.0)
    for s, t in permutations(graph, 2):
        every = oracles.simple_paths(graph, s, t, "weight")
        shortest = [path for path, length in every.items() if length == min(every.values())]
        for path in shortest:
            for node in path[1:-1]:
                nodes[node] += 1 / len(shortest)
            for u, v in pairwise(path):
                edges[(u, v) if (u, v) in edges else (v, u)] += 1 / len(shortest)
    half = 1 if graph.is_directed() else 2
    if min((w for *_, w in graph.edges(data="weight", default=1)), default=1) > 0:
        found = call(graph, "betweenness_centrality", weight="weight", normalized=False)
        assert found == pytest.approx({node: value / half for node, value in nodes.items()})
        found = call(graph, "edge_betweenness_centrality", weight="weight", normalized=False)
        assert found == pytest.approx({edge: value / half for edge, value in edges.items()})
        found = call(graph, "betweenness_centrality_subset", sources=list(graph), targets=list(graph), weight="weight")
        assert found == pytest.approx({node: value / half for node, value in nodes.items()})


@law(None)
def closeness_sums_distances(graph: nx.Graph) -> None:
    closeness, harmonic = (call(graph, f"{name}_centrality") for name in ("closeness", "harmonic"))
    for node in graph:
        to = {u: len(p) - 1 for u in graph if u != node and (p := _hops(graph, u, node))}
        total = sum(to.values())
        assert closeness[node] == pytest.approx(len(to) / total * len(to) / (len(graph) - 1) if total else 0)
        assert harmonic[node] == pytest.approx(sum(1 / k for k in to.values()))


def _hops(graph: nx.Graph, s: Any, t: Any) -> list[Any]:
    return nx.shortest_path(graph, s, t) if nx.has_path(graph, s, t) else []


@law(None)
def distances_agree(graph: nx.Graph) -> None:
    for name in ("floyd_warshall", "johnson", "all_pairs_dijkstra_path_length", "all_pairs_bellman_ford_path_length"):
        found = call(graph, name, weight="weight")
        found = dict(found)
        for s, t in permutations(graph, 2):
            every = oracles.simple_paths(graph, s, t, "weight")
            best = min(every.values(), default=inf)
            if name == "johnson":
                path = found.get(s, {}).get(t)
                assert (inf if path is None else weight(graph, pairwise(path))) == pytest.approx(best)
            else:
                assert found[s].get(t, inf) == pytest.approx(best)
        if name != "johnson":
            assert all(found[s][s] == 0 for s in graph)


@law(None)
def eccentricities_are_greatest_distances(graph: nx.Graph) -> None:
    if not len(graph) or not oracles.connected(graph):
        return
    far = {s: max(len(_hops(graph, s, t)) - 1 for t in graph) for s in graph}
    assert call(graph, "eccentricity") == far
    assert call(graph, "diameter") == max(far.values())
    assert call(graph, "radius") == min(far.values())
    assert set(call(graph, "center")) == {s for s in far if far[s] == min(far.values())}
    assert set(call(graph, "periphery")) == {s for s in far if far[s] == max(far.values())}
    total = sum(len(_hops(graph, s, t)) - 1 for s, t in permutations(graph, 2))
    assert call(graph, "wiener_index") == total / (1 if graph.is_directed() else 2)
    sums = {s: sum(len(_hops(graph, s, t)) - 1 for t in graph) for s in graph}
    assert set(call(graph, "barycenter")) == {s for s in sums if sums[s] == min(sums.values())}


@law()
def resistance_is_that_of_the_circuit(graph: nx.Graph) -> None:
    if len(graph) < 2 or not nx.is_connected(graph):
        return
    plain = oracles.unlooped(graph)
    pseudo = np.linalg.pinv(nx.laplacian_matrix(plain, weight=None).toarray().astype(float))
    n = len(graph)
    found = call(graph, "resistance_distance")
    for i, u in enumerate(graph):
        for j, v in enumerate(graph):
            assert found[u][v] == pytest.approx(pseudo[i, i] + pseudo[j, j] - 2 * pseudo[i, j], abs=1e-9)
    assert call(graph, "effective_graph_resistance") == pytest.approx(n * np.trace(pseudo))
    if n > 2:
        flows = call(graph, "current_flow_betweenness_centrality", normalized=False)
        for k, node in enumerate(graph):
            total = 0.0
            for s, t in combinations(range(n), 2):
                if k in (s, t):
                    continue
                potential = pseudo[:, s] - pseudo[:, t]
                total += sum(abs(potential[k] - potential[list(graph).index(v)]) for v in plain[node]) / 2
            assert flows[node] == pytest.approx(total, abs=1e-9)
        close = call(graph, "current_flow_closeness_centrality")
        for u in graph:
            assert close[u] == pytest.approx(1 / sum(found[u].values()))


@law()
def algebraic_connectivity_is_the_second_eigenvalue(graph: nx.Graph) -> None:
    if len(graph) < 2:
        return
    matrix = nx.laplacian_matrix(graph, weight="weight").toarray().astype(float)
    values, _ = np.linalg.eigh(matrix)
    found = call(graph, "algebraic_connectivity", seed=0)
    assert found == pytest.approx(values[1], abs=1e-6)
    if nx.is_connected(graph):
        vector = np.asarray(call(graph, "fiedler_vector", seed=0))
        assert matrix @ vector == pytest.approx(values[1] * vector, abs=1e-5)
    assert sorted(call(graph, "laplacian_spectrum")) == pytest.approx(values.tolist(), abs=1e-9)


# -- trees and matchings


@law()
def spanning_trees_are_least(graph: nx.Graph) -> None:
    plain = oracles.unlooped(graph)
    rank = len(graph) - nx.number_connected_components(graph) if len(graph) else 0
    forests = [e for e in combinations(plain.edges, rank) if nx.is_forest(nx.Graph(e)) or not e] if rank else [()]
    for name, best in (("minimum", min), ("maximum", max)):
        expected = best(weight(plain, edges) for edges in forests)
        for algorithm in ("kruskal", "prim", "boruvka"):
            tree = call(graph, f"{name}_spanning_tree", algorithm=algorithm)
            assert set(tree) == set(graph)
            assert tree.number_of_edges() == rank
            assert weight(graph, tree.edges) == pytest.approx(expected), algorithm
    if len(graph) and nx.is_connected(graph):
        assert call(graph, "number_of_spanning_trees") == pytest.approx(len(forests))


@law()
def matchings_are_greatest(graph: nx.Graph) -> None:
    plain = oracles.unlooped(graph)
    every = [e for e in subsets(plain.edges) if len(set(chain(*e))) == 2 * len(e)]
    most, heaviest = max(map(len, every)), max(weight(plain, e) for e in every)
    found = call(graph, "max_weight_matching")
    assert _is_matching(graph, found)
    assert weight(graph, found) == pytest.approx(heaviest)
    full = call(graph, "max_weight_matching", maxcardinality=True)
    assert _is_matching(graph, full)
    assert len(full) == most
    assert weight(graph, full) == pytest.approx(max(weight(plain, e) for e in every if len(e) == most))
    least = call(graph, "min_weight_matching")
    assert _is_matching(graph, least)
    assert len(least) == most
    assert weight(graph, least) == pytest.approx(min(weight(plain, e) for e in every if len(e) == most))
    maximal = call(graph, "maximal_matching")
    assert _is_matching(graph, maximal)
    assert all(set(e) & set(chain(*maximal)) for e in plain.edges)
    if all(plain.degree(u) for u in plain) and len(plain):
        cover = call(graph, "min_edge_cover")
        assert set(chain(*cover)) == set(graph)
        assert len(cover) == len(plain) - most


def _is_matching(graph: nx.Graph, edges: Any) -> bool:
    return all(graph.has_edge(u, v) and u != v for u, v in edges) and len(set(chain(*edges))) == 2 * len(edges)


@law(True, loops=False)
def branchings_are_greatest(graph: nx.Graph) -> None:
    if graph.number_of_edges() > 9:
        return
    every = [e for e in subsets(graph.edges) if _is_branching(graph, e)]
    assert weight(graph, call(graph, "maximum_branching", attr="weight").edges) == pytest.approx(
        max(weight(graph, e) for e in every)
    )
    assert weight(graph, call(graph, "minimum_branching", attr="weight").edges) == pytest.approx(
        min(weight(graph, e) for e in every)
    )
    spanning = [e for e in every if len(e) == len(graph) - 1]
    if spanning and len(graph) > 1:
        for name, best in (("minimum", min), ("maximum", max)):
            tree = call(graph, f"{name}_spanning_arborescence", attr="weight")
            assert weight(graph, tree.edges) == pytest.approx(best(weight(graph, e) for e in spanning))


def _is_branching(graph: nx.Graph, edges: Any) -> bool:
    heads = [v for _, v in edges]
    return len(set(heads)) == len(heads) and nx.is_directed_acyclic_graph(nx.DiGraph(list(edges)))


# -- sets of nodes


@law()
def cliques_are_cliques(graph: nx.Graph) -> None:
    cliques = [set(c) for c in subsets(graph, 1) if is_clique(graph, c)]
    maximal = {frozenset(c) for c in cliques if not any(c < other for other in cliques)}
    assert {frozenset(c) for c in call(graph, "find_cliques")} == maximal
    assert len(call(graph, "enumerate_all_cliques")) == len(cliques)
    if not len(graph):
        return
    largest = max(map(len, cliques))
    nodes, total = call(graph, "max_weight_clique", weight=None)
    assert is_clique(graph, nodes)
    assert len(nodes) == total == largest
    assert is_clique(graph, call(graph, "approximation.max_clique"))
    assert call(graph, "approximation.large_clique_size") <= largest
    independent = call(graph, "approximation.maximum_independent_set")
    assert not any(graph.has_edge(u, v) for u, v in combinations(independent, 2))


@law()
def sets_dominate_and_cover(graph: nx.Graph) -> None:
    if not len(graph):
        return
    for name in ("dominating_set", "approximation.min_weighted_dominating_set"):
        chosen = set(call(graph, name))
        assert all(u in chosen or chosen & set(graph[u]) for u in graph)
        assert call(graph, "is_dominating_set", nbunch=chosen)
    if nx.is_connected(graph):
        chosen = set(call(graph, "connected_dominating_set"))
        assert all(u in chosen or chosen & set(graph[u]) for u in graph)
        assert nx.is_connected(graph.subgraph(chosen))
    cover = call(graph, "approximation.min_weighted_vertex_cover")
    assert all(set(edge) & cover for edge in graph.edges)
    plain = oracles.unlooped(graph)
    alone = set(call(plain, "maximal_independent_set", seed=0))
    assert not any(graph.has_edge(u, v) for u, v in combinations(alone, 2))
    assert all(u in alone or alone & set(plain[u]) for u in plain)


@law()
def colours_differ(graph: nx.Graph) -> None:
    plain = oracles.unlooped(graph)
    strategies = ("largest_first", "smallest_last", "DSATUR", "independent_set", "connected_sequential_bfs")
    for strategy in strategies:
        colours = call(plain, "greedy_color", strategy=strategy)
        assert set(colours) == set(graph)
        assert all(colours[u] != colours[v] for u, v in plain.edges), strategy
    if len(plain):
        most = max(d for _, d in plain.degree()) + 1
        colours = call(plain, "equitable_color", num_colors=most)
        assert all(colours[u] != colours[v] for u, v in plain.edges)
        sizes = [list(colours.values()).count(c) for c in range(most)]
        assert max(sizes) - min(sizes) <= 1


@law()
def cores_are_cores(graph: nx.Graph) -> None:
    plain = oracles.unlooped(graph)
    cores = call(plain, "core_number")
    best = dict.fromkeys(graph, 0)
    for nodes in subsets(graph, 1):
        least = min(d for _, d in plain.subgraph(nodes).degree())
        for node in nodes:
            best[node] = max(best[node], least)
    assert cores == best


@law()
def triangles_are_triangles(graph: nx.Graph) -> None:
    plain = oracles.unlooped(graph)
    found = {u: sum(plain.has_edge(v, w) for v, w in combinations(plain[u], 2)) for u in graph}
    assert call(graph, "triangles") == found
    pairs = {u: plain.degree(u) * (plain.degree(u) - 1) / 2 for u in graph}
    assert call(graph, "clustering") == pytest.approx({u: found[u] / pairs[u] if pairs[u] else 0 for u in graph})
    total = sum(pairs.values())
    assert call(graph, "transitivity") == pytest.approx(sum(found.values()) / total if total else 0)


@law()
def cuts_and_blocks(graph: nx.Graph) -> None:
    parts = nx.number_connected_components(graph) if len(graph) else 0

    def more(nodes: Any = (), edges: Any = ()) -> bool:
        rest = graph.copy()
        rest.remove_nodes_from(nodes)
        rest.remove_edges_from(edges)
        return len(rest) > 0 and nx.number_connected_components(rest) > parts

    assert set(call(graph, "articulation_points")) == {u for u in graph if more([u])}
    assert {frozenset(e) for e in call(graph, "bridges")} == {frozenset(e) for e in graph.edges if more(edges=[e])}
    for k in (1, 2, 3) if len(graph) > 1 else ():
        found = {frozenset(c) for c in call(graph, "k_edge_components", k=k)}
        assert {u for c in found for u in c} == set(graph)
        for c in found:
            for s, t in combinations(c, 2):
                assert nx.edge_connectivity(oracles.unlooped(graph), s, t) >= k


@law()
def least_cuts_of_weights(graph: nx.Graph) -> None:
    if len(graph) < 2 or not nx.is_connected(graph) or not has_weights(graph):
        return
    plain = oracles.unlooped(graph)
    nodes = list(graph)
    sides = [set(c) | {nodes[0]} for c in subsets(nodes[1:]) if len(c) < len(nodes) - 1]

    def crossing(side: set[Any]) -> float:
        return weight(plain, [(u, v) for u, v in plain.edges if (u in side) != (v in side)])

    value, (a, b) = call(graph, "stoer_wagner")
    assert value == pytest.approx(min(map(crossing, sides)))
    assert set(a) | set(b) == set(graph)
    assert crossing(set(a)) == pytest.approx(value)
    tree = call(graph, "gomory_hu_tree", capacity="weight")
    for s, t in combinations(graph, 2):
        path = nx.shortest_path(tree, s, t)
        least = min(crossing(side) for side in sides if (s in side) != (t in side))
        assert min(tree[u][v]["weight"] for u, v in pairwise(path)) == pytest.approx(least)


# -- flows, orders, cycles


@law(None)
def flows_equal_cuts(graph: nx.Graph) -> None:
    nodes = list(graph)
    if len(nodes) < 2 or not has_weights(graph):
        return
    s, t = nodes[0], nodes[-1]
    d = graph.to_directed()

    def crossing(side: set[Any]) -> float:
        return weight(d, [(u, v) for u, v in d.edges if u in side and v not in side])

    best = min(crossing(set(c) | {s}) for c in subsets(nodes[1:-1]))
    assert call(graph, "maximum_flow_value", _s=s, _t=t, capacity="weight") == pytest.approx(best)
    value, (near, far) = call(graph, "minimum_cut", _s=s, _t=t, capacity="weight")
    assert value == pytest.approx(best)
    assert s in near
    assert t in far
    assert crossing(set(near)) == pytest.approx(best)
    for name in ("node_disjoint_paths", "edge_disjoint_paths"):
        if s in graph[t] or t in graph[s]:
            continue
        try:
            paths = call(graph, name, s=s, t=t)
        except nx.NetworkXNoPath:
            paths = []
        inner = [p[1:-1] if name[0] == "n" else list(pairwise(p)) for p in paths]
        assert len(set(chain(*inner))) == sum(map(len, inner))
        if name[0] == "n":
            assert len(paths) == oracles.pair_cut(oracles.unlooped(graph), s, t)


@law(True)
def orders_are_orders(graph: nx.Graph) -> None:
    if not len(graph) or not nx.is_directed_acyclic_graph(graph):
        return
    place = {node: i for i, node in enumerate(call(graph, "topological_sort"))}
    assert all(place[u] < place[v] for u, v in graph.edges)
    assert len(call(graph, "all_topological_sorts")) == sum(
        all(o.index(u) < o.index(v) for u, v in graph.edges) for o in permutations(graph)
    )
    paths = [p for s, t in permutations(graph, 2) for p in nx.all_simple_paths(graph, s, t)]
    if graph.edges:
        longest = max(weight(graph, pairwise(p)) for p in paths)
        assert weight(graph, pairwise(call(graph, "dag_longest_path"))) == pytest.approx(max(longest, 0))
    reach = {(s, t) for s, t in permutations(graph, 2) if nx.has_path(graph, s, t)}
    assert set(call(graph, "transitive_closure").edges) == reach
    reduced = call(graph, "transitive_reduction")
    assert set(nx.transitive_closure(reduced).edges) == reach
    assert all(not nx.has_path(nx.restricted_view(reduced, [], [edge]), *edge) for edge in reduced.edges)
    for (u, v), found in call(graph, "all_pairs_lowest_common_ancestor"):
        common = {w for w in graph if nx.has_path(graph, w, u) and nx.has_path(graph, w, v)}
        assert found in common
        assert not any(w != found and nx.has_path(graph, found, w) for w in common)
    assert len(call(graph, "antichains")) == sum(
        not any((u, v) in reach or (v, u) in reach for u, v in combinations(c, 2)) for c in subsets(graph)
    )


@law(True)
def dominators_dominate(graph: nx.Graph) -> None:
    root = next(iter(graph), None)
    if root is None:
        return
    reach = {root} | nx.descendants(graph, root)

    def dominates(u: Any, v: Any) -> bool:
        return u in (v, root) or not nx.has_path(nx.restricted_view(graph, [u], []), root, v)

    found = call(graph, "immediate_dominators", start=root)
    for node in reach - {root}:
        strict = [u for u in reach if u != node and dominates(u, node)]
        nearest = [u for u in strict if all(dominates(w, u) for w in strict)]
        assert [found[node]] == nearest
    frontiers = call(graph, "dominance_frontiers", start=root)
    for u in reach:
        expected = {
            v
            for v in reach
            if any(dominates(u, p) for p in graph.predecessors(v) if p in reach) and not (u != v and dominates(u, v))
        }
        assert set(frontiers[u]) == expected


@law(None)
def cycles_are_all(graph: nx.Graph) -> None:
    directed = graph.is_directed()
    expected: set[frozenset[Any]] = set()
    for nodes in subsets(graph, 1):
        if len(nodes) == 1 and graph.has_edge(nodes[0], nodes[0]):
            expected.add(frozenset([(nodes[0], nodes[0])]))
        for rest in permutations(nodes[1:]):
            cycle = (nodes[0], *rest, nodes[0])
            if len(nodes) > (1 if directed else 2) and all(graph.has_edge(u, v) for u, v in pairwise(cycle)):
                expected.add(frozenset(e if directed else frozenset(e) for e in pairwise(cycle)))
    found = call(graph, "simple_cycles")
    assert len(found) == len(expected)
    lengths = [len(cycle) for cycle in found]
    plain = [k for k in lengths if k > (1 if directed else 2)]
    if not directed:
        assert call(oracles.unlooped(graph), "girth") == min(plain, default=inf)
        basis = call(oracles.unlooped(graph), "cycle_basis")
        parts = nx.number_connected_components(graph) if len(graph) else 0
        assert len(basis) == oracles.unlooped(graph).number_of_edges() - len(graph) + parts
        assert call(graph, "is_forest") == (not lengths) if len(graph) else True
    else:
        assert call(graph, "is_directed_acyclic_graph") == (not lengths)


@law()
def cycle_bases_are_least(graph: nx.Graph) -> None:
    plain = oracles.unlooped(graph)
    if plain.number_of_edges() > 9 or not len(plain):
        return
    edges = {frozenset(e): i for i, e in enumerate(plain.edges)}
    vectors = []
    for cycle in nx.simple_cycles(plain):
        steps = [frozenset(e) for e in pairwise([*cycle, cycle[0]])]
        vectors.append((weight(plain, [tuple(e) for e in steps]), sum(1 << edges[e] for e in steps)))
    total, basis = 0.0, []
    for cost, vector in sorted(vectors):
        for b in basis:
            vector = min(vector, vector ^ b)
        if vector:
            basis.append(vector)
            total += cost
    found = call(graph, "minimum_cycle_basis", weight="weight")
    assert sum(weight(plain, pairwise([*c, c[0]])) for c in found if len(c) > 1) == pytest.approx(total)


# -- predicates


@law()
def shapes_are_recognised(graph: nx.Graph) -> None:
    plain = oracles.unlooped(graph)
    holes = [
        c for c in subsets(graph, 4)
        if len(c) > 3 and plain.subgraph(c).number_of_edges() == len(c) and all(d == 2 for _, d in plain.subgraph(c).degree())
        and nx.is_connected(plain.subgraph(c))
    ]  # fmt: skip
    assert call(plain, "is_chordal") == (not holes)
    complement = nx.complement(plain)
    antiholes = [
        c for c in subsets(graph, 5)
        if all(d == 2 for _, d in complement.subgraph(c).degree()) and nx.is_connected(complement.subgraph(c))
    ]  # fmt: skip
    if len(plain):
        odd = [c for c in (*holes, *antiholes) if len(c) % 2 and len(c) > 4]
        assert call(plain, "is_perfect_graph") == (not odd)
    two = any(all((u in side) != (v in side) for u, v in graph.edges) for side in map(set, subsets(graph)))
    assert call(graph, "is_bipartite") == two
    if len(graph):
        degrees = {d for _, d in graph.degree()}
        assert call(graph, "is_regular") == (len(degrees) == 1)
        assert call(graph, "is_eulerian") == (nx.is_connected(graph) and all(d % 2 == 0 for _, d in graph.degree()))
    if len(graph) and call(graph, "is_eulerian"):
        circuit = call(graph, "eulerian_circuit")
        assert len(circuit) == graph.number_of_edges()
        assert len({frozenset(e) for e in circuit}) == len(circuit)


@law(True)
def components_are_components(graph: nx.Graph) -> None:
    reach = {(s, t) for s in graph for t in graph if nx.has_path(graph, s, t)}
    strong = {frozenset(t for t in graph if (s, t) in reach and (t, s) in reach) for s in graph}
    for name in ("strongly_connected_components", "kosaraju_strongly_connected_components"):
        assert {frozenset(c) for c in call(graph, name)} == strong
    attracting = {c for c in strong if not any(v not in c for u in c for v in graph[u])}
    assert {frozenset(c) for c in call(graph, "attracting_components")} == attracting
    condensed = call(graph, "condensation")
    assert len(condensed) == len(strong)
    assert nx.is_directed_acyclic_graph(condensed)
    if len(graph):
        assert call(graph, "is_semiconnected") == all((s, t) in reach or (t, s) in reach for s in graph for t in graph)


# -- groups


PARTITIONS: dict[str, dict[str, Any]] = {
    "community.louvain_communities": {"seed": 0},
    "community.greedy_modularity_communities": {},
    "community.naive_greedy_modularity_communities": {},
    "community.label_propagation_communities": {},
    "community.fast_label_propagation_communities": {"seed": 0},
    "community.asyn_lpa_communities": {"seed": 0},
    "community.kernighan_lin_bisection": {"seed": 0},
    "connected_components": {},
    "community.edge_betweenness_partition": {"number_of_sets": 2},
    "community.spectral_modularity_bipartition": {},
    "community.greedy_source_expansion": {"source": 0},
}


@law(loops=True)
def communities_part_the_nodes(graph: nx.Graph) -> None:
    if len(graph) < 2 or not oracles.unlooped(graph).size():
        return
    for name, arguments in PARTITIONS.items():
        if "source" in arguments:
            continue
        groups = call(graph, name, **arguments)
        assert sorted(u for group in groups for u in group) == sorted(graph), name


GRAPHS: dict[bool, list[nx.Graph]] = {
    False: [nx.graph_atlas(i) for i in (0, 1, 2, 3, 6, 7, *random.Random(9).sample(range(8, 209), 14))],
    True: [nx.DiGraph(), *oracles.random_graphs(22, nodes=5, directed=True, seed=21)],
}


def cases(directed: bool | None, loops: bool) -> Any:
    rng = random.Random(3)
    for kind in (False, True) if directed is None else (directed,):
        for place, graph in enumerate(GRAPHS[kind]):
            yield graph
            yield oracles.weighted(graph.copy(), [1, 2, 5], place)
            yield oracles.weighted(graph.copy(), [0.5, 1.25, 2.0], place)
            if loops and len(graph):
                looped = graph.copy()
                looped.add_edges_from((u, u) for u in rng.sample(list(graph), rng.randint(1, len(graph))))
                yield looped


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("law", "directed", "loops"), LAWS, ids=[found[0].__name__ for found in LAWS])
def test_law(law: Law, directed: bool | None, loops: bool) -> None:
    for graph in cases(directed, loops):
        try:
            law(graph)
        except Exception as error:
            error.add_note(f"{graph!r} {list(graph)} {list(graph.edges(data=True))}")
            raise
