"""Connectivity and cuts against all subsets of nodes and edges, on small graphs of every kind."""

from __future__ import annotations

import random
from itertools import permutations
from typing import Any

import networkx as nx
import pytest
from tests.unit.analysis import oracles
from tests.unit.analysis.graphs import ask

from networkx_mcp.analysis import engine
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.tasks.measure_graph import measure_graph
from networkx_mcp.analysis.tasks.run_algorithm import run_algorithm
from networkx_mcp.errors import InvalidInput

pytestmark = pytest.mark.long

ATLAS = [nx.graph_atlas(i) for i in random.Random(2).sample(range(2, 1253), 60)]
DIGRAPHS = [*oracles.digraphs(3), *oracles.random_graphs(80, nodes=6, directed=True, seed=3)]
SMALL = [*ATLAS, *DIGRAPHS]
EXAMPLE = nx.DiGraph([(0, 1), (0, 4), (1, 0), (1, 2), (2, 0), (2, 1), (2, 4), (3, 1), (3, 2), (4, 0), (4, 3)])


def call(graph: nx.Graph, algorithm: str, **arguments: Any) -> Any:
    return engine.call(LoadedGraph.from_networkx(graph.copy()), algorithm, (), arguments)[0]


def checked(graph: nx.Graph) -> None:
    """All four of a graph with and without self-loops."""
    nodes, edges = oracles.node_connectivity(graph), oracles.edge_connectivity(graph)
    for form in (graph, oracles.looped(graph)):
        assert call(form, "node_connectivity") == nodes, form.edges
        assert call(form, "edge_connectivity") == edges, form.edges
        cut = call(form, "minimum_node_cut")
        rest = graph.subgraph(set(graph) - cut)
        assert len(cut) == nodes, (form.edges, cut)
        assert len(rest) < 2 or not oracles.connected(rest), (form.edges, cut)
        cut = call(form, "minimum_edge_cut")
        rest = graph.copy()
        rest.remove_edges_from(cut)
        assert len(cut) == edges, (form.edges, cut)
        assert len(rest) < 2 or not oracles.connected(rest), (form.edges, cut)
        assert call(form, "approximation.node_connectivity") <= nodes


def test_connectivity_is_that_of_all_subsets() -> None:
    for graph in SMALL:
        checked(graph)


def test_the_tools_give_it() -> None:
    def measured(graph: nx.Graph) -> list[int]:
        return [row[1] for row in ask(measure_graph, graph, metrics=["node_connectivity", "edge_connectivity"])["rows"]]

    assert measured(EXAMPLE) == [1, 1]
    assert measured(oracles.looped(nx.complete_graph(5))) == [4, 4]
    assert measured(nx.path_graph(3, create_using=nx.DiGraph)) == [0, 0]
    assert ask(run_algorithm, EXAMPLE, name="node_connectivity")["rows"] == [[1]]
    cut = ask(run_algorithm, EXAMPLE, name="minimum_node_cut")
    assert (len(cut["rows"]), cut["engine"]) == (1, "networkx-mcp")
    apart = ask(run_algorithm, nx.path_graph(3, create_using=nx.DiGraph), name="minimum_node_cut")
    assert apart["rows"] == []
    assert "not strongly connected" in apart["notes"][0]


def test_of_a_pair_of_nodes() -> None:
    for graph in [*oracles.random_graphs(25, nodes=5, directed=True, seed=5, loops=True), *ATLAS[:25]]:
        plain = oracles.unlooped(graph)
        for s, t in permutations(graph, 2):
            for algorithm in ("minimum_node_cut", "connectivity.minimum_st_node_cut"):
                if plain.has_edge(s, t):
                    with pytest.raises(InvalidInput, match="an edge joins"):
                        call(graph, algorithm, s=s, t=t)
                    continue
                cut = call(graph, algorithm, s=s, t=t)
                assert not cut & {s, t}
                assert oracles.separates(plain, cut, s, t)
                assert len(cut) == oracles.pair_cut(plain, s, t)
            if not plain.has_edge(s, t):
                assert call(graph, "node_connectivity", s=s, t=t) == oracles.pair_cut(plain, s, t)
                assert call(graph, "connectivity.local_node_connectivity", s=s, t=t) == oracles.pair_cut(plain, s, t)


def test_all_node_cuts_are_all() -> None:
    tried = [g for g in (*ATLAS, *oracles.random_graphs(40, nodes=8, directed=False, seed=7)) if oracles.connected(g)]
    for graph in tried:
        expected = {frozenset(cut) for cut in oracles.node_cuts(graph, oracles.node_connectivity(graph))}
        for form in (graph, oracles.looped(graph)):
            cuts = list(call(form, "all_node_cuts"))
            assert {frozenset(cut) for cut in cuts} == expected, graph.edges
            assert len(cuts) == len(expected)


def test_cuts_of_a_grid_are_enumerated_in_no_time() -> None:
    grid = nx.convert_node_labels_to_integers(nx.grid_2d_graph(8, 8))
    assert len(list(call(grid, "all_node_cuts"))) == 4  # the corners; networkx does not come to an end


def test_k_components_are_maximal() -> None:
    for graph in [*ATLAS[:60], *oracles.random_graphs(20, nodes=7, directed=False, seed=8)]:
        expected = oracles.k_components(graph)
        for form in (graph, oracles.looped(graph)):
            found = call(form, "k_components")
            assert {k: set(map(frozenset, parts)) for k, parts in found.items()} == expected, graph.edges
