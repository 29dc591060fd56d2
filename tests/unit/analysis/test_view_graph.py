"""What the viewer is given of a graph: which part, with which numbers, in how many bytes."""

from __future__ import annotations

import gzip
import json
from typing import Any

import networkx as nx
import pytest

from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.task import on_graph
from networkx_mcp.analysis.tasks import view_graph
from networkx_mcp.errors import InvalidInput


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
