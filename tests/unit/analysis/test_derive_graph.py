"""derive_graph: the graph is what was asked for, and whatever was merged, left out or missing is counted."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.analysis.graphs import graphs

from networkx_mcp.analysis.tasks.derive_graph import derive_graph
from networkx_mcp.arrays import frozen, memfd
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import InvalidInput, LimitExceeded, NotFound, ServiceError

#: What a worker is held to here.
LIMITS = {"nodes": 1000, "edges": 3000, "value": 20_000}


class Derived(NamedTuple):
    """A graph that was made, and what was said of it."""

    graph: nx.Graph
    counts: dict[str, int]
    notes: list[str]
    engine: str
    view: dict[str, int] | None


def derive(
    *sources: nx.Graph, view: dict[str, Any] | None = None, limits: dict[str, int] | None = None, **how: Any
) -> Derived:
    """The task on these graphs, named a, b, ... at versions 1, 2, ...; buffer and snapshot must hold the same graph."""
    frozens = [GraphState.from_networkx(source).freeze() for source in sources]
    params = {
        "graphs": [{"base": place, "directed": graph.directed, "batches": ()} for place, graph in enumerate(frozens)],
        "named": [(chr(97 + place), place + 1) for place in range(len(sources))],
        "how": how,
        **LIMITS,
        **(limits or {}),
        **({"view": view} if view else {}),
    }
    output = derive_graph(params, [os.dup(graph.fd) for graph in frozens])
    made = FrozenGraph.attach(output.fds[0])
    with memfd.attach(output.fds[1]) as data:
        stored = frozen.decompress(bytes(data))
    os.close(output.fds[1])
    found = GraphState(made, made.directed).to_networkx()
    same(found, GraphState(stored, stored.directed).to_networkx())
    return Derived(found, output.value["counts"], output.value["notes"], output.value["engine"], output.value["view"])


def same(one: nx.Graph, other: nx.Graph, *, ordered: bool = True) -> None:
    """Equal in nodes, edges, and the attributes of both."""
    assert one.is_directed() == other.is_directed()
    assert dict(one.nodes(data=True)) == dict(other.nodes(data=True))
    assert _edges(one) == _edges(other)
    if ordered:
        assert list(one) == list(other)


def _edges(graph: nx.Graph) -> dict[Any, Any]:
    key = (lambda u, v: (u, v)) if graph.is_directed() else (lambda u, v: frozenset([u, v]))
    return {key(u, v): data for u, v, data in graph.edges(data=True)}


def refused(*sources: nx.Graph, **how: Any) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        derive(*sources, **how)
    return caught.value


@pytest.fixture
def airports() -> nx.DiGraph:
    graph = nx.DiGraph(name="routes")
    graph.add_node("ATL", city="Atlanta", country="US", elevation=313)
    graph.add_node("JFK", city="New York", country="US", elevation=4, runways=[1, 2])
    graph.add_node("CDG", city="Paris", country="FR", elevation=119.5)
    graph.add_node("XXX")
    graph.add_edge("ATL", "JFK", airline="DL", km=1223, year=2019)
    graph.add_edge("JFK", "ATL", airline="DL", km=1223, year=2020)
    graph.add_edge("JFK", "CDG", airline="AF", km=5850, year=2020)
    graph.add_edge("CDG", "CDG", airline="AF", km=0, year=2021)
    return graph


# --- by SQL


@given(graph=graphs(weights=st.integers(1, 9)))
@settings(max_examples=60, deadline=None)
def test_all_rows_are_the_graph_again(graph: nx.Graph) -> None:
    both = derive(graph, from_sql={"nodes": "FROM nodes", "edges": "FROM edges"})
    same(both.graph, graph)
    same(derive(graph, from_sql={"nodes": "FROM nodes"}).graph, graph)
    named = graph.subgraph([node for node in graph if graph.degree(node)])
    found = derive(graph, from_sql={"edges": "FROM edges"})
    same(found.graph, named, ordered=False)
    assert found.counts.get("nodes_left_out", 0) == len(graph) - len(named)


def test_a_filter_keeps_the_edges_between_its_nodes(airports: nx.DiGraph) -> None:
    found = derive(airports, from_sql={"nodes": "SELECT * FROM nodes WHERE country = 'US'"})
    same(found.graph, airports.subgraph(["ATL", "JFK"]))
    assert found.counts == {"edges_left_out": 2}
    assert "2 edges left out: not both ends are among the nodes." in found.notes


def test_degrees_are_not_stored_unless_they_are_named(airports: nx.DiGraph) -> None:
    found = derive(airports, from_sql={"nodes": "SELECT *, degree AS flights FROM nodes"})
    assert found.graph.nodes["JFK"] == {**airports.nodes["JFK"], "flights": 3}
    assert any(note.startswith("degree, in_degree, out_degree: computed of every graph") for note in found.notes)


def test_a_column_goes_back_to_the_attribute_that_it_was(airports: nx.DiGraph) -> None:
    airports.add_node("ATL", Degree=7, City="a")
    found = derive(airports, from_sql={"nodes": "FROM nodes"})
    assert found.graph.nodes["ATL"] == airports.nodes["ATL"]


def test_a_time_slice_has_the_nodes_that_its_edges_name(airports: nx.DiGraph) -> None:
    found = derive(airports, from_sql={"edges": "SELECT * FROM edges WHERE year = 2020"})
    same(found.graph, airports.edge_subgraph([("JFK", "ATL"), ("JFK", "CDG")]), ordered=False)
    assert list(found.graph) == ["JFK", "ATL", "CDG"]  # as the rows name them
    assert found.counts == {"nodes_left_out": 1}


def test_edges_to_other_nodes_are_left_out_where_both_are_chosen(airports: nx.DiGraph) -> None:
    found = derive(
        airports, from_sql={"nodes": "FROM nodes WHERE id IN ('ATL', 'JFK', 'XXX')", "edges": "FROM edges WHERE km > 0"}
    )
    assert set(found.graph.edges) == {("ATL", "JFK"), ("JFK", "ATL")}
    assert list(found.graph) == ["ATL", "JFK", "XXX"]
    assert found.counts["edges_left_out"] == 1


def test_a_projection_by_a_join_may_be_undirected() -> None:
    davis = nx.davis_southern_women_graph()
    women = davis.graph["top"]
    directed = nx.DiGraph([(woman, event) for woman in women for event in davis[woman]])
    sql = """SELECT a.source, b.source AS target, count(*) AS weight FROM edges a JOIN edges b
        ON a.target = b.target AND a.source < b.source GROUP BY ALL"""
    found = derive(directed, from_sql={"edges": sql, "directed": False})
    expected = nx.bipartite.weighted_projected_graph(davis, women)
    assert _edges(found.graph) == _edges(expected)
    assert not found.graph.is_directed()


def test_rows_of_one_edge_are_merged_and_counted_and_may_be_added_up(airports: nx.DiGraph) -> None:
    countries = """FROM edges e JOIN nodes a ON a.id = e.source JOIN nodes b ON b.id = e.target"""
    ends = "a.country AS source, b.country AS target"
    merged = derive(airports, from_sql={"edges": f"SELECT {ends}, km {countries} ORDER BY km DESC"})
    assert merged.counts == {"merged_edges": 1, "new_nodes": 2, "nodes_left_out": 4}
    assert merged.graph.edges["US", "US"] == {"km": 1223}
    summed = derive(
        airports, from_sql={"edges": f"SELECT {ends}, sum(km) AS km, count(*) AS n {countries} GROUP BY ALL"}
    )
    assert summed.graph.edges["US", "US"] == {"km": 2446, "n": 2}
    assert "merged_edges" not in summed.counts


def test_both_directions_are_one_edge_where_edges_have_none() -> None:
    graph = nx.path_graph(3)
    found = derive(graph, from_sql={"edges": "SELECT node AS source, other AS target FROM ends"})
    same(found.graph, graph)
    assert found.counts == {"merged_edges": 2}


def test_rows_without_ids_are_left_out_and_counted(airports: nx.DiGraph) -> None:
    nodes = "SELECT nullif(id, 'XXX') AS id, city FROM nodes"
    edges = "SELECT source, nullif(target, 'CDG') AS target FROM edges"
    found = derive(airports, from_sql={"nodes": nodes, "edges": edges})
    assert found.counts == {"rows_without_id": 1, "rows_without_end": 2}
    assert list(found.graph) == ["ATL", "JFK", "CDG"]
    assert "2 rows without source or target left out." in found.notes


def test_repeated_nodes_are_merged_and_later_values_count() -> None:
    sql = "FROM (VALUES ('a', 1, 'x'), ('b', 2, NULL), ('a', NULL, 'y')) AS t(id, n, s)"
    found = derive(nx.Graph(), from_sql={"nodes": sql})
    assert dict(found.graph.nodes(data=True)) == {"a": {"n": 1, "s": "y"}, "b": {"n": 2}}
    assert found.counts == {"merged_nodes": 1, "new_nodes": 2}


def test_ids_keep_their_types() -> None:
    graph = nx.Graph([(1, "1"), ("1", 2)])
    found = derive(graph, from_sql={"nodes": "FROM nodes", "edges": "FROM edges"})
    same(found.graph, graph)
    text = derive(nx.path_graph(3), from_sql={"nodes": "SELECT id::VARCHAR AS id FROM nodes"})
    assert set(text.graph) == {"0", "1", "2"}
    assert text.counts == {"new_nodes": 3, "edges_left_out": 2}
    assert 'No id of the SELECT is a node of the graph: it has "0", the graph 0.' in text.notes


def test_every_type_of_sql_is_a_value_or_is_refused_by_name() -> None:
    sql = """SELECT id, 2::HUGEINT AS h, 1.5::DECIMAL(9, 2) AS d, 3::UBIGINT AS u, 1.5::FLOAT AS f, true AS t, [1, 2] AS l,
        {'a': 1} AS s, MAP {'k': 2} AS m, DATE '2020-01-02' AS day, TIMESTAMP '2020-01-02 03:04:05' AS at, NULL AS nothing,
        '[1, "x"]'::JSON AS j, 'v'::ENUM ('v') AS e, 'nan'::DOUBLE AS x, 'infinity'::DOUBLE AS y, NULL::INT[] AS z FROM nodes"""
    found = derive(nx.path_graph(1), from_sql={"nodes": sql})
    assert found.graph.nodes[0] == {
        "h": 2, "d": 1.5, "u": 3, "f": 1.5, "t": True, "l": [1, 2], "s": {"a": 1}, "m": {"k": 2}, "day": "2020-01-02",
        "at": "2020-01-02 03:04:05.000000", "j": [1, "x"], "e": "v",
    }  # fmt: skip
    assert found.counts["missing_values"] == 2
    for value in ("'x'::BLOB", "INTERVAL 1 MONTH", "[INTERVAL 1 DAY]", "2::BIGNUM"):
        error = refused(nx.path_graph(1), from_sql={"nodes": f"SELECT id, {value} AS odd FROM nodes"})
        assert (type(error), error.data["field"]) == (InvalidInput, "from_sql.nodes")
        assert '"odd"' in error.message
        assert "Cast it" in error.message
    for value in ("1.5", "DATE '2020-01-01'", "[1]", "true", "(2::HUGEINT)**70"):
        error = refused(nx.path_graph(1), from_sql={"nodes": f"SELECT {value} AS id FROM nodes"})
        assert 'column "id" is ' in error.message
        assert "id::VARCHAR AS id" in error.message


def test_errors_name_the_select_the_column_and_the_position(airports: nx.DiGraph) -> None:
    error = refused(airports, from_sql={"edges": "SELECT source, target, town FROM edges"})
    assert (error.data["field"], error.data["position"], error.data["column"]) == ("from_sql.edges", 23, 24)
    assert "edges.km" in error.data["columns"]
    error = refused(airports, from_sql={"edges": "SELECT source FROM edges"})
    assert 'no column target; its columns: "source".' in error.message
    error = refused(airports, from_sql={"nodes": "SELECT city FROM nodes"})
    assert "no column id" in error.message
    error = refused(airports, from_sql={"nodes": "SELECT id, city, country AS city FROM nodes"})
    assert '"city"' in error.message
    error = refused(airports, from_sql={"nodes": "DELETE FROM nodes"})
    assert error.data["field"] == "from_sql.nodes"
    error = refused(airports, from_sql={"nodes": "SELECT repeat('x', 1100) AS id"})
    assert error.data["field"] == "from_sql.nodes"
    assert "1100 bytes" in error.message
    error = refused(airports, from_sql={"nodes": "SELECT id, repeat('x', 30000) AS text FROM nodes"})
    assert (type(error), error.data["limit"]) == (LimitExceeded, "value")


def test_a_result_beyond_the_limits_is_refused_by_name() -> None:
    graph = nx.path_graph(3)
    for sql, limit in (
        ({"nodes": "SELECT range AS id FROM range(1001)"}, "graph_nodes"),
        ({"nodes": "SELECT range AS id FROM range(1000000000)"}, "graph_nodes"),
        (
            {"edges": "SELECT range % 60 AS source, range // 60 AS target FROM range(3600)", "directed": True},
            "graph_edges",
        ),
        ({"edges": "SELECT range AS source, 0 AS target FROM range(1000000000)"}, "graph_edges"),
    ):
        error = refused(graph, from_sql=sql)
        assert (type(error), error.data["limit"]) == (LimitExceeded, limit)
    assert len(derive(graph, from_sql={"nodes": "SELECT range AS id FROM range(1000)"}).graph) == 1000


def test_what_answers_otherwise_each_time_is_said() -> None:
    found = derive(nx.path_graph(3), from_sql={"nodes": "SELECT id, random() AS r FROM nodes"})
    assert "Made with random: the same call makes another graph." in found.notes


# --- where it comes from


def test_a_graph_tells_what_it_was_made_of_and_keeps_its_own_attributes(airports: nx.DiGraph) -> None:
    airports.graph["derived_from"] = "something else"
    sql = {"nodes": "FROM nodes WHERE country = 'US'"}
    found = derive(airports, view={"without": ["XXX"]}, from_sql=sql)
    assert found.graph.graph == {
        "name": "routes",
        "derived_from": {"graphs": [{"graph_id": "a", "version": 1}], "from_sql": sql, "view": {"without": ["XXX"]}},
    }
    assert found.view == {"nodes": 3, "edges": 4}


def test_what_is_long_is_cut_where_it_is_told() -> None:
    sql = "SELECT id FROM nodes" + " " * 3000
    told = derive(nx.path_graph(1), from_sql={"nodes": sql}).graph.graph["derived_from"]["from_sql"]
    assert 2000 < len(told) < 2100


def test_a_view_without_an_unknown_node_is_refused(airports: nx.DiGraph) -> None:
    with pytest.raises(NotFound, match=r"view\.without"):
        derive(airports, view={"without": ["NRT"]}, from_sql={"nodes": "FROM nodes"})
