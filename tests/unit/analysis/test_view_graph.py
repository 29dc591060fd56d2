"""What the viewer is given of a graph: which part, with which numbers, in how many bytes."""

from __future__ import annotations

import gzip
import json
import math
from typing import Any

import networkx as nx
import pytest

from networkx_mcp.analysis import clusters, cost_advice
from networkx_mcp.analysis.definition import GraphSize
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.task import on_graph
from networkx_mcp.analysis.tasks import view_graph
from networkx_mcp.errors import InvalidInput, LimitExceeded
from networkx_mcp.tools.view_graph import ANALYSIS
from networkx_mcp.vocabulary import COMMUNITY_METHODS


def seen(graph: nx.Graph[Any], **asked: Any) -> dict[str, Any]:
    """The document of a view."""
    answer = on_graph(view_graph.view_graph, LoadedGraph.from_networkx(graph), {"limit": view_graph.MAX_NODES, **asked})
    document: dict[str, Any] = json.loads(gzip.decompress(answer["data"]))
    assert (answer["nodes"], answer["edges"]) == (len(document["ids"]), len(document["source"]))
    assert answer["notes"] == document["notes"]
    return document


def pairs(document: dict[str, Any]) -> set[frozenset[Any]]:
    ids = document["ids"]
    return {frozenset((ids[u], ids[v])) for u, v in zip(document["source"], document["target"], strict=True)}


def test_a_graph_that_fits_is_there_whole() -> None:
    graph = nx.Graph([(1, "1", {"weight": 2.5}), ("1", "b", {"kind": "road"})])
    graph.nodes["b"]["name"] = "Bern"
    document = seen(graph)
    assert document["ids"] == [1, "1", "b"]
    assert pairs(document) == {frozenset((1, "1")), frozenset(("1", "b"))}
    assert document["degree"] == [1, 2, 1]
    assert document["node_attributes"] == {"name": [None, None, "Bern"]}
    assert document["edge_attributes"] == {"weight": [2.5, None], "kind": [None, "road"]}
    assert all(-1 <= value <= 1 for axis in "xy" for value in document[axis])


def test_of_a_larger_one_the_nodes_with_most_edges_are_shown_and_a_note_says_so() -> None:
    graph = nx.star_graph(9)
    graph.add_edge(1, 2)
    document = seen(graph, limit=3)
    assert document["ids"] == [0, 1, 2]
    assert (document["total_nodes"], document["total_edges"]) == (10, 10)
    assert document["notes"] == ["The 3 nodes with most edges are shown, of 10 in the graph."]


def communities_of(count: int, size: int) -> nx.Graph[int]:
    """Cliques in a ring, one edge from each to the next; the first has a node more, and the next but one is tied twice to the first."""
    graph: nx.Graph[int] = nx.relaxed_caveman_graph(count, size, 0, seed=1)
    graph.add_edges_from((place * size, (place + 1) % count * size + 1) for place in range(count))
    graph.add_edge(0, 2 * size)
    graph.add_edge(1, 2 * size + 1)
    graph.add_edge(0, count * size)
    graph.add_edge(1, count * size)
    return graph


def test_a_larger_graph_is_shown_as_its_communities_with_what_is_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view_graph, "MAX_NODES", 50)
    graph = communities_of(8, 10)
    document = seen(graph)
    assert document["clusters"] is True
    assert document["ids"] == document["community"] == list(range(8))
    assert document["node_attributes"]["nodes"] == [11, *[10] * 7]
    assert document["node_attributes"]["edges within"][0] == 45 + 2
    assert document["node_attributes"]["most edges"][0] in (0, 1)
    assert sum(document["edge_attributes"]["edges"]) == 8 + 2 == sum(document["degree"]) / 2
    links = dict(
        zip(zip(document["source"], document["target"], strict=True), document["edge_attributes"]["edges"], strict=True)
    )
    assert max(links.values()) == 2
    assert (document["total_nodes"], document["total_edges"]) == (81, graph.number_of_edges())
    assert document["notes"] == ["81 nodes are shown as 8 communities: open one to see its nodes."]


@pytest.mark.parametrize(
    "graph",
    [communities_of(30, 8), nx.barabasi_albert_graph(6_000, 2, seed=1), nx.random_labeled_tree(6_000, seed=1)],
    ids=["ring", "ball", "tree"],
)
def test_no_bubble_lies_over_another(graph: nx.Graph[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view_graph, "MAX_NODES", 50)
    document = seen(graph)
    places = list(zip(document["x"], document["y"], document["node_attributes"]["nodes"], strict=True))
    total = sum(size for _, _, size in places)
    for at, (x, y, size) in enumerate(places):
        for other_x, other_y, other in places[at + 1 :]:
            radii = sum(math.sqrt(clusters.COVERED * 4 / math.pi * one / total) for one in (size, other))
            assert math.hypot(x - other_x, y - other_y) > 0.9 * radii


def test_a_community_is_opened_by_its_number_and_one_within_it_by_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view_graph, "MAX_NODES", 50)
    graph = communities_of(8, 10)
    opened = seen(graph, community=[0])
    assert opened["clusters"] is False
    assert {0, 1, 80} < set(opened["ids"])
    assert len(opened["ids"]) == 11
    assert opened["notes"] == []
    assert opened["degree"][0] == graph.degree(0)  # of the whole graph
    inner = seen(graph, community=[0, 0])
    assert set(inner["ids"]) <= set(opened["ids"])
    with pytest.raises(InvalidInput, match="none of number 8 here; they are from 0 to 7"):
        seen(graph, community=[8])
    assert seen(graph, community=[0], form="communities")["clusters"] is True


def test_nodes_are_shown_where_they_are_asked_for_or_communities_tell_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view_graph, "MAX_NODES", 50)
    graph = communities_of(8, 10)
    sampled = seen(graph, form="nodes", limit=50)
    assert (sampled["clusters"], len(sampled["ids"])) == (False, 50)
    assert sampled["notes"] == ["The 50 nodes with most edges are shown, of 81 in the graph."]
    assert seen(graph, around=0, limit=20)["clusters"] is False
    assert seen(graph, nodes=[0, 1])["clusters"] is False
    assert seen(nx.star_graph(60), limit=50)["clusters"] is False
    assert seen(nx.empty_graph(1000), limit=50)["clusters"] is False
    assert seen(nx.karate_club_graph(), form="communities")["clusters"] is True
    assert seen(nx.empty_graph(0), form="communities")["ids"] == []


def test_of_many_communities_the_largest_are_shown_and_the_strongest_links(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view_graph, "MAX_NODES", 50)
    monkeypatch.setattr(clusters, "MOST", 6)
    monkeypatch.setattr(clusters, "LINKS", 1)
    document = seen(communities_of(8, 10))
    assert len(document["ids"]) == 6
    assert document["notes"][1] == "2 smaller communities with 20 nodes are left out."
    assert len(document["source"]) <= 6
    # None of them stands apart where it does not.
    assert set(document["source"]) | set(document["target"]) == set(range(6))


def test_crumbs_are_left_out_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view_graph, "MAX_NODES", 50)
    graph = communities_of(20, 10)
    graph.add_nodes_from(range(1000, 1004))
    document = seen(graph)
    assert document["node_attributes"]["nodes"] == [11, *[10] * 19]
    assert document["notes"][1] == "4 smaller communities with 4 nodes are left out."


def test_another_seed_places_the_same_communities_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view_graph, "MAX_NODES", 50)
    graph = nx.gnm_random_graph(300, 900, seed=1)
    first, second = seen(graph), seen(graph, seed=7)
    assert first["node_attributes"] == second["node_attributes"]
    assert first["x"] != second["x"]


def test_what_it_costs_is_known_before_it_starts() -> None:
    size = GraphSize(180_000, 540_000, directed=False)
    louvain = COMMUNITY_METHODS["louvain"].algorithm
    assert [call.algorithm for call in ANALYSIS.calls({}, size)] == [louvain]
    measured = [call.algorithm for call in ANALYSIS.calls({"measure": "betweenness"}, size)]
    assert measured == [louvain, "betweenness_centrality"]
    with pytest.raises(LimitExceeded, match="betweenness"):
        cost_advice.check(ANALYSIS, {"measure": "betweenness"}, [GraphSize(1_000_000, 50_000_000, directed=False)], 20)


def test_around_a_node_the_nearest_are_shown_whatever_the_direction_of_edges() -> None:
    graph = nx.DiGraph([("in", "c"), ("c", "out"), ("out", "far")])
    assert set(seen(graph, around="c", limit=3)["ids"]) == {"in", "c", "out"}
    assert set(seen(graph, around="c")["ids"]) == set(graph)


def test_a_measure_is_that_of_the_whole_graph() -> None:
    graph = nx.les_miserables_graph()
    document = seen(graph, measure="pagerank", limit=10)
    wanted = nx.pagerank(graph)
    assert document["score"] == pytest.approx([wanted[node] for node in document["ids"]], abs=1e-6)


def test_edges_beyond_the_most_are_those_of_least_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view_graph, "MAX_EDGES", 2)
    graph = nx.Graph()
    graph.add_weighted_edges_from([("a", "b", 1.0), ("b", "c", 3.0), ("c", "a", 2.0)])
    document = seen(graph)
    assert pairs(document) == {frozenset("bc"), frozenset("ca")}
    assert document["notes"] == ['The 2 edges with most "weight" are shown, of 3 among these nodes.']


def test_the_document_is_short_whatever_the_attributes_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view_graph, "MAX_DOCUMENT", 2_000)
    graph = nx.path_graph(20)
    for node in graph:
        graph.nodes[node].update(short=node, long="x" * 190)
    document = seen(graph)
    assert list(document["node_attributes"]) == ["short"]
    assert 'The attribute "long" of nodes is too long to be here.' in document["notes"]
    monkeypatch.setattr(view_graph, "MAX_DOCUMENT", 100)
    with pytest.raises(InvalidInput, match="ask for fewer by limit"):
        seen(graph)
