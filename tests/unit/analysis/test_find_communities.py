"""find_communities: valid partitions, as good as networkx's, the same again with the same seed."""

from __future__ import annotations

from collections import Counter

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.analysis.graphs import ask, column, graphs, positive

from networkx_mcp.analysis.tasks.find_communities import find_communities
from networkx_mcp.errors import InvalidInput
from networkx_mcp.vocabulary import COMMUNITY_METHODS

PARTITIONS = ("louvain", "label_propagation", "greedy_modularity", "girvan_newman")


@pytest.mark.parametrize("method", PARTITIONS)
@given(graph=graphs(weights=positive))
@settings(max_examples=8, deadline=None)
def test_every_node_is_in_one_community(method: str, graph: nx.Graph) -> None:
    answer = ask(find_communities, graph, method=method, limit=100, members=100)
    communities = column(answer, "nodes")
    assert sorted(repr(n) for c in communities for n in c) == sorted(map(repr, graph))
    assert answer["count"] == len(communities)
    sizes = column(answer, "size")
    assert sizes == sorted(sizes, reverse=True) == [len(c) for c in communities]
    weight = answer["weight"]
    if graph.size(weight=weight):
        expected = nx.community.modularity(graph, [set(c) for c in communities], weight=weight)
        assert answer["modularity"] == pytest.approx(expected)
    else:
        assert answer["modularity"] is None
    assert answer["exact"] is False


@pytest.mark.parametrize("method", sorted(COMMUNITY_METHODS))
def test_the_same_seed_gives_the_same_answer(method: str) -> None:
    graph = nx.karate_club_graph()
    first, second = (ask(find_communities, graph, method=method) for _ in range(2))
    assert first["rows"] == second["rows"]


def test_louvain_is_networkx_s_with_that_seed() -> None:
    graph = nx.karate_club_graph()
    answer = ask(find_communities, graph, seed=3, resolution=1.2, members=100)
    expected = nx.community.louvain_communities(graph, seed=3, resolution=1.2)
    assert {frozenset(c) for c in column(answer, "nodes")} == {frozenset(c) for c in expected}
    assert (answer["seed"], answer["resolution"]) == (3, 1.2)


def test_k_is_how_many_communities_or_the_size_of_a_clique() -> None:
    graph = nx.karate_club_graph()
    assert ask(find_communities, graph, method="girvan_newman", k=4)["count"] == 4
    assert ask(find_communities, graph, method="fluid", k=3)["count"] == 3
    cliques = ask(find_communities, graph, method="k_clique", k=4, members=100)
    assert {frozenset(c) for c in column(cliques, "nodes")} == set(nx.community.k_clique_communities(graph, 4))
    assert (cliques["exact"], "modularity" in cliques) == (True, False)


def test_a_graph_of_k_components_is_not_split_further() -> None:
    graph = nx.disjoint_union(nx.complete_graph(3), nx.complete_graph(4))
    found = ask(find_communities, graph, method="girvan_newman", k=2)
    assert column(found, "nodes") == [[3, 4, 5, 6], [0, 1, 2]]
    assert ask(find_communities, graph, method="girvan_newman", k=3)["count"] == 3
    loops = nx.Graph([(0, 0), (1, 1)])
    assert ask(find_communities, loops, method="girvan_newman", k=2)["count"] == 2


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"method": "louvain", "k": 3}, "louvain finds the number itself"),
        ({"method": "girvan_newman", "resolution": 2}, "girvan_newman has none"),
        ({"method": "fluid", "weight": "weight"}, "fluid knows no weights"),
        ({"method": "girvan_newman", "k": 35}, "k: must be an integer from 2 to 34"),
        ({"method": "walktrap"}, "walktrap"),
        ({"resolution": 2e6}, "resolution: must be a number from 0 to 1000000.0"),
    ],
)
def test_what_a_method_does_not_know_is_refused(params: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        ask(find_communities, nx.karate_club_graph(), **params)


@pytest.mark.parametrize("method", sorted(COMMUNITY_METHODS))
def test_graphs_without_nodes_or_edges_have_an_answer(method: str) -> None:
    assert ask(find_communities, nx.Graph(), method=method)["rows"] == []
    apart = ask(find_communities, nx.empty_graph(3), method=method)
    assert apart["count"] == (0 if method == "k_clique" else 3)


@pytest.mark.parametrize("weight", [2**53, 2**62, 2**64 + 1, 2**1023 - 1, 1e308])
def test_leiden_takes_weights_of_any_size(weight: float) -> None:
    graph = nx.karate_club_graph()
    nx.set_edge_attributes(graph, 1, "weight")
    expected = ask(find_communities, graph, method="leiden", members=100)
    for _, _, data in graph.edges(data=True):
        data["weight"] = weight
    answer = ask(find_communities, graph, method="leiden", members=100)
    assert column(answer, "nodes") == column(expected, "nodes")
    squared = weight < 1e100  # larger sums have no modularity in floats
    assert answer["modularity"] == (pytest.approx(expected["modularity"]) if squared else None)


def test_leiden_is_for_undirected_graphs() -> None:
    answer = ask(find_communities, nx.karate_club_graph(), method="leiden", weight="")
    assert answer["engine"] == "networkit"
    assert answer["modularity"] > 0.4
    with pytest.raises(InvalidInput, match="leiden is for undirected graphs"):
        ask(find_communities, nx.gn_graph(5), method="leiden")


@given(graph=graphs(weights=positive), method=st.sampled_from(["louvain", "label_propagation"]))
@settings(max_examples=25, deadline=None)
def test_edges_inside_out_of_and_between_communities_are_counted(graph: nx.Graph, method: str) -> None:
    if graph.is_directed():
        method = "louvain"
    answer = ask(find_communities, graph, method=method, limit=100, members=100)
    of = {node: row[0] for row in answer["rows"] for node in row[-1]}
    inner, outer, links, bridges = Counter(), Counter(), Counter(), Counter()
    for u, v in graph.edges:
        if of[u] == of[v]:
            inner[of[u]] += 1
            continue
        outer.update([of[u], of[v]])
        links[tuple(sorted([of[u], of[v]]))] += 1
        bridges.update([u, v])
    assert column(answer, "inner_edges") == [inner[number] for number in column(answer, "community")]
    assert column(answer, "outer_edges") == [outer[number] for number in column(answer, "community")]
    assert {(one, other): edges for one, other, edges, *_ in answer["links"]} == dict(links.most_common(10)) or len(
        links
    ) > 10
    told = [edges for _, _, edges, _ in answer["bridges"]]
    assert told == sorted(bridges.values(), reverse=True)[:10]
    for node, own, edges, others in answer["bridges"]:
        ends = [end for edge in graph.edges if node in edge for end in edge]
        assert (own, edges) == (of[node], bridges[node])
        assert others == len({of[end] for end in ends} - {own})


def test_members_come_by_their_degree_and_links_by_their_weight() -> None:
    graph = nx.Graph()
    graph.add_edges_from([(0, 1), (0, 2), (1, 2), (2, 3), (9, 8), (9, 7), (7, 8), (7, 6), (5, 4)], weight=10)
    graph.add_edge(3, 6, weight=1)
    graph.add_edge(0, 5, weight=4)
    answer = ask(find_communities, graph, members=2)
    assert answer["rows"] == [[1, 4, 4, 2, [0, 2]], [2, 4, 4, 1, [7, 9]], [3, 2, 1, 1, [5, 4]]]
    assert answer["links"] == [[1, 3, 1, 4], [1, 2, 1, 1]]
    assert answer["bridges"][0] == [0, 1, 1, 1]
    assert answer["notes"] == ["Of a community the 2 nodes of most edges are listed; size counts all."]


def test_communities_that_overlap_count_their_edges_each() -> None:
    bow_tie = nx.Graph([(0, 1), (1, 2), (0, 2), (2, 3), (3, 4), (2, 4)])
    answer = ask(find_communities, bow_tie, method="k_clique", k=3)
    assert answer["rows"] == [[1, 3, 3, 2, [2, 0, 1]], [2, 3, 3, 2, [2, 3, 4]]]
    assert "links" not in answer
