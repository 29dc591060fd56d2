"""A view is the graph that would be made of it: same nodes, edges, attributes and orders; and nothing of the whole changes."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.analysis.graphs import example, graphs

from networkx_mcp.analysis import view as views
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.arrays.frozen import FrozenGraph, compress, decompress
from networkx_mcp.errors import InvalidInput, NotFound


def seen(graph: nx.Graph, **view: Any) -> nx.Graph:
    """What the view shows, as networkx has it."""
    found, _ = views.seen(LoadedGraph.from_networkx(graph), view)
    return found.nx


def described(graph: nx.Graph) -> tuple[list[Any], list[Any], dict[Any, list[Any]], dict[Any, list[Any]]]:
    """Nodes, edges and neighbours in their order, with attributes."""
    into = {node: list(graph.pred[node]) for node in graph} if graph.is_directed() else {}
    return (
        list(graph.nodes(data=True)),
        list(graph.edges(data=True)),
        {node: list(graph.adj[node]) for node in graph},
        into,
    )


@given(graph=graphs(weights=st.integers(1, 9)), data=st.data())
@settings(max_examples=100, deadline=None)
def test_without_some_nodes_it_is_the_graph_without_them(graph: nx.Graph, data: st.DataObject) -> None:
    gone = data.draw(st.lists(st.sampled_from(list(graph)), unique=True)) if len(graph) else []
    expected = deepcopy(graph)
    expected.remove_nodes_from(gone)
    assert described(seen(graph, without=gone)) == described(expected)


@given(graph=graphs(weights=st.integers(1, 9)))
@settings(max_examples=100, deadline=None)
@pytest.mark.long
def test_conditions_keep_what_they_hold_of_and_null_holds_of_nothing(graph: nx.Graph) -> None:
    graph.add_edge("a", "b", weight=3)
    expected = deepcopy(graph)
    expected.remove_nodes_from([node for node, degree in graph.degree if degree < 2])
    assert described(seen(graph, nodes="degree >= 2")) == described(expected)
    expected = deepcopy(graph)
    expected.remove_edges_from([(u, v) for u, v, w in graph.edges(data="weight") if w is None or w < 3])
    assert described(seen(graph, edges="weight >= 3")) == described(expected)
    expected.remove_nodes_from([node for node, degree in graph.degree if degree < 2])
    assert described(seen(graph, nodes="degree >= 2", edges="weight >= 3")) == described(expected)
    degree = dict(graph.degree)
    expected = deepcopy(graph)
    expected.remove_edges_from([(u, v) for u, v in graph.edges if not degree[u] < degree[v]])
    assert described(seen(graph, edges="s.degree < t.degree")) == described(expected)


@given(graph=graphs())
@settings(max_examples=50, deadline=None)
def test_a_view_is_a_sound_graph(graph: nx.Graph) -> None:
    """It is validated as a stored graph is."""
    found, _ = views.seen(LoadedGraph.from_networkx(graph), {"nodes": "degree > 1"})
    frozen = found.state.freeze()
    again: FrozenGraph = decompress(compress(frozen))
    assert (again.n, again.m, again.loops, again.directed) == (frozen.n, frozen.m, frozen.loops, frozen.directed)
    for name in ("src", "dst", "out_indptr", "out_indices", "out_rows", "in_indptr", "in_indices", "in_rows"):
        assert getattr(again, name).tolist() == getattr(frozen, name).tolist(), name
    assert [frozen.find(node) for node in found.nx] == list(range(frozen.n))


def test_the_whole_graph_stays_as_it_is() -> None:
    graph = example()
    loaded = LoadedGraph.from_networkx(graph)
    before = described(loaded.nx)
    views.seen(loaded, {"nodes": "degree > 2", "edges": "weight > 1", "without": ["a"]})
    assert described(loaded.nx) == before


def test_rare_attributes_and_those_of_the_graph_are_seen() -> None:
    graph = nx.path_graph(100, create_using=nx.DiGraph)
    graph.graph["name"] = "path"
    graph.nodes[50]["rare"], graph.edges[50, 51]["rarer"] = [1], "x"
    found = seen(graph, nodes="id BETWEEN 49 AND 52")
    assert (found.graph, found.nodes[50], found.edges[50, 51]) == ({"name": "path"}, {"rare": [1]}, {"rarer": "x"})
    assert list(seen(graph, nodes="rare IS NOT NULL")) == [50]


def test_an_end_of_an_edge_has_all_that_a_node_has() -> None:
    graph = nx.DiGraph()
    graph.add_node("a", Land="US", mixed=[1])
    graph.add_node(1, Land="FR", mixed="x")
    graph.add_edges_from([("a", 1, {"s": 5}), (1, "a"), ("a", "a")])
    for condition, expected in {
        "s.Land <> t.land": [("a", 1), (1, "a")],
        "s.id = t.id": [("a", "a")],
        "t.id = 1": [("a", 1)],
        "s.mixed->>'$' = 'x'": [(1, "a")],
        "s.out_degree > t.out_degree": [("a", 1)],
        "S.LAND = 'FR' OR s.in_degree = 9": [(1, "a")],
        "s = 5": [("a", 1)],
    }.items():
        assert list(seen(graph, edges=condition).edges) == expected, condition


def test_conditions_may_ask_other_tables() -> None:
    graph = nx.path_graph(5, create_using=nx.DiGraph)
    assert list(seen(graph, nodes="id IN (SELECT target FROM edges WHERE source > 1)")) == [3, 4]
    assert list(seen(graph, nodes="(SELECT count(*) FROM ends WHERE node = nodes.id) = 1")) == [0, 4]


def test_what_may_differ_next_time_is_told() -> None:
    graph = LoadedGraph.from_networkx(nx.path_graph(3))
    assert views.seen(graph, {"nodes": "degree > 0", "edges": "TRUE"})[1]
    assert not views.seen(graph, {"nodes": "random() < 2"})[1]
    assert not views.seen(graph, {"nodes": "TRUE", "edges": "now() > DATE '2020-01-01'"})[1]


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("WHERE TRUE", "syntax error"),
        ("TRUE GROUP BY id", "one SQL expression"),
        ("TRUE ORDER BY id", "one SQL expression"),
        ("TRUE LIMIT 1", "one SQL expression"),
        ("TRUE QUALIFY TRUE", "one SQL expression"),
        ("TRUE UNION SELECT 1", "one SQL expression"),
        ("TRUE EXCEPT SELECT 1", "one SQL expression"),
        ("TRUE; DROP VIEW nodes", "one expression, not 2 statements"),
        ("TRUE) OR (SELECT TRUE", "syntax error"),
        ("sum(degree) > 1", "aggregates"),
        ("row_number() OVER () = 1", "window functions"),
        ("town = 'Paris'", "id, degree"),
        ("s.degree > 1", "s"),
        ("'Paris'", "BOOL"),
        ("read_text('/etc/passwd') = ''", "may not call"),
        ("id IN (SELECT size FROM read_blob('/etc/passwd'))", "reads the graph alone"),
        ("id IN (WITH x AS (DELETE FROM nodes RETURNING id) FROM x)", "must be a SELECT"),
        ("degree > ?", "parameter"),
    ],
)
def test_what_is_no_condition_is_refused(condition: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        seen(nx.path_graph(3), nodes=condition)
    assert caught.value.data["field"] == "view.nodes"
    assert said in caught.value.message


def test_the_place_of_an_error_is_in_the_condition() -> None:
    with pytest.raises(InvalidInput) as caught:
        seen(nx.path_graph(3), edges="source > 0\nAND town = 1")
    facts = caught.value.data
    assert (facts["field"], facts["position"], facts["line"], facts["column"]) == ("view.edges", 15, 2, 5)
    assert {"edges.source", "s.degree", "t.id"} <= set(facts["columns"])


def test_unknown_columns_of_ends_and_unknown_nodes_are_named() -> None:
    with pytest.raises(InvalidInput, match="no column"):
        seen(nx.path_graph(3), edges="s.town = 'x'")
    with pytest.raises(NotFound) as caught:
        seen(nx.path_graph(3), without=[1, 7])
    assert caught.value.data["field"] == "view.without[1]"
