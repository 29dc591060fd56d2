"""A graph that was converted and converted back is the same graph."""

from __future__ import annotations

import pickle
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.backend.graphs import graphs, identical

from networkx_mcp.arrays import convert
from networkx_mcp.arrays.columns import MISSING
from networkx_mcp.backend.graph import Graph
from networkx_mcp.backend.interface import backend_interface

convert_to_nx = backend_interface.convert_to_nx


@given(graph=graphs())
@settings(max_examples=50, deadline=None)
def test_there_and_back(graph: nx.Graph) -> None:
    identical(convert_to_nx(Graph.of(graph)), graph)


@given(graph=graphs())
@settings(max_examples=30, deadline=None)
def test_the_lazy_graph_reads_like_the_original(graph: nx.Graph) -> None:
    found = Graph.of(graph)
    assert list(found) == list(graph)
    assert (len(found), found.number_of_edges()) == (len(graph), graph.number_of_edges())
    assert found.is_directed() == graph.is_directed()
    assert list(found.edges) == list(graph.edges)
    assert dict(found.degree) == dict(graph.degree)
    for u in graph:
        assert u in found
        assert list(found[u]) == list(graph[u])
        assert all(found.has_edge(u, v) == graph.has_edge(u, v) == found.number_of_edges(u, v) for v in graph)
    assert "nobody" not in found
    assert [] not in found


@given(graph=graphs(), names=st.sets(st.sampled_from(["weight", "color", 3, "absent"])))
@settings(max_examples=30, deadline=None)
def test_only_the_attributes_that_are_asked_for_are_taken(graph: nx.Graph, names: set[object]) -> None:
    found = backend_interface.convert_from_nx(graph, edge_attrs=dict.fromkeys(names, 1))
    wanted = graph.copy()
    wanted.graph.clear()
    for _, data in wanted.nodes(data=True):
        data.clear()
    for _, _, data in wanted.edges(data=True):
        for name in set(data) - names:
            del data[name]
    assert nx.utils.graphs_equal(_texts(convert_to_nx(found)), _texts(wanted))


def _texts(graph: nx.Graph) -> nx.Graph:
    for _, _, data in graph.edges(data=True):
        data.update({name: repr(value) for name, value in data.items()})
    return graph


@pytest.mark.parametrize("kind", [nx.MultiGraph, nx.MultiDiGraph])
def test_a_multigraph_is_refused_so_that_networkx_goes_on(kind: type[nx.Graph]) -> None:
    graph = kind([(0, 1), (0, 1)])
    with pytest.raises(NotImplementedError, match="parallel"):
        backend_interface.convert_from_nx(graph)
    with nx.config(backend_priority=["networkx_mcp"]):
        assert nx.pagerank(graph) == nx.pagerank(graph, backend="networkx")
    with pytest.raises(NotImplementedError):
        nx.pagerank(graph, backend="networkx_mcp")


def test_what_is_no_graph_is_refused() -> None:
    with pytest.raises(NotImplementedError):
        backend_interface.convert_from_nx(nx.path_graph(3).nodes)


def test_views_are_converted_as_they_show_themselves() -> None:
    graph = nx.DiGraph([(0, 1, {"weight": 2}), (1, 2), (2, 3), (3, 3)])
    for view in (graph.subgraph([1, 2, 3]), graph.reverse(copy=False), nx.restricted_view(graph, [0], [(2, 3)])):
        assert nx.utils.graphs_equal(convert_to_nx(Graph.of(view)), nx.DiGraph(view))


def test_the_graph_of_the_server_is_read_in_place() -> None:
    original = nx.Graph([("a", "b", {"weight": 2}), ("b", 1)], name="x")
    graph = Graph(convert.from_networkx(original))
    identical(convert_to_nx(graph), original)
    assert nx.pagerank(graph) == nx.pagerank(original)
    assert "networkx" not in vars(graph)  # no networkx graph was made


@pytest.mark.parametrize("kind", [nx.Graph, nx.DiGraph])
def test_nodes_have_all_names_that_they_have_in_networkx(kind: type[nx.Graph]) -> None:
    original = kind([(0, 1), (1, 2), ("a", 2)])
    names = [
        0,
        1,
        7,
        "a",
        "b",
        0.0,
        1.0,
        1.5,
        True,
        False,
        np.int64(1),
        np.int32(7),
        np.float64(2),
        np.str_("a"),
        None,
        (1, 2),
    ]
    for graph in (Graph(convert.from_networkx(original)), Graph.of(original)):
        for u in names:
            assert (u in graph) == graph.has_node(u) == (u in original), repr(u)
            for v in names:
                assert graph.has_edge(u, v) == original.has_edge(u, v), (u, v)
                assert graph.number_of_edges(0, v) == original.number_of_edges(0, v) or v is None


@pytest.mark.parametrize(
    "given_", [{np.int64(1): 1}, {True: 1}, {0.0: 3, "a": 1}, {np.str_("a"): 1}, {"no such": 1, 1: 1}]
)
def test_numbers_by_node_are_read_under_every_name_of_a_node(given_: dict[Any, float]) -> None:
    original = nx.DiGraph([(0, 1), (1, 2), ("a", 2)])
    for graph in (Graph(convert.from_networkx(original)), Graph.of(original)):
        assert nx.pagerank(graph, personalization=given_) == pytest.approx(
            nx.pagerank(original, personalization=given_)
        )


def test_a_change_of_the_original_does_not_reach_the_copy_and_none_is_possible_there() -> None:
    original = nx.Graph([(0, 1, {"weight": 1})])
    graph = Graph.of(original)
    original.edges[0, 1]["weight"] = 2
    original.add_edge(1, 2)
    assert graph.edges[0, 1] == {"weight": 1}
    assert nx.is_frozen(graph)
    with pytest.raises(nx.NetworkXError, match="rozen"):
        graph.add_edge(5, 6)


def test_it_can_be_pickled() -> None:
    original = nx.DiGraph([("a", (1, 2)), ((1, 2), None.__class__)], name="x")
    identical(pickle.loads(pickle.dumps(Graph.of(original))).to_networkx(), original)


def test_columns_tell_numbers_from_objects() -> None:
    graph = nx.path_graph(4)
    for edge, value in zip(graph.edges, [1, 2.5, None], strict=True):
        graph.edges[edge].update({"mixed": value, "some": value} if value else {"mixed": value})
    table = Graph.of(graph).data.edge_table
    mixed, some = table.column("mixed"), table.column("some")
    assert mixed is not None
    assert (mixed.kind, mixed.count) == ("json", 3)
    assert some is not None
    assert some.kind == "number"
    assert some.to_list() == [1, 2.5, MISSING]
    assert table.column("absent") is None
    assert table.numbers("some", 7.0).tolist() == [1, 2.5, 7]
