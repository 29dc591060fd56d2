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


# --- by an algorithm, in another form


@given(graph=graphs(weights=st.integers(1, 9)))
@settings(max_examples=40, deadline=None)
def test_a_copy_is_the_graph(graph: nx.Graph) -> None:
    same(derive(graph).graph, graph)
    some = [node for place, node in enumerate(graph) if place % 3 == 0]
    same(derive(graph, view={"without": some}).graph, graph.subgraph(set(graph) - set(some)))


def asked(name: str, **arguments: Any) -> dict[str, Any]:
    return {"algorithm": name, **({"arguments": arguments} if arguments else {})}


def test_parts_are_what_networkx_finds_with_order_and_attributes() -> None:
    graph = nx.les_miserables_graph()
    for node in graph:
        graph.nodes[node]["length"] = len(node)
    for name, arguments, expected in (
        ("k_core", {"k": 4}, nx.k_core(graph, 4)),
        ("k_core", {}, nx.k_core(graph)),
        ("ego_graph", {"n": "Javert"}, nx.ego_graph(graph, "Javert")),
        ("ego_graph", {"n": "Javert", "radius": 2, "center": False}, nx.ego_graph(graph, "Javert", 2, center=False)),
        (
            "ego_graph",
            {"n": "Javert", "radius": 3, "distance": "weight"},
            nx.ego_graph(graph, "Javert", 3, distance="weight"),
        ),
        ("minimum_spanning_tree", {}, nx.minimum_spanning_tree(graph)),
        ("maximum_spanning_tree", {}, nx.maximum_spanning_tree(graph)),
        ("k_truss", {"k": 5}, nx.k_truss(graph, 5)),
        ("k_shell", {"k": 3}, nx.k_shell(graph, 3)),
    ):
        found = derive(graph, **asked(name, **arguments))
        same(found.graph, expected, ordered=False)
        assert list(found.graph) == [node for node in graph if node in expected], name
        assert found.counts.get("nodes_not_kept", 0) == len(graph) - len(expected)


def test_other_graphs_are_what_networkx_makes() -> None:
    davis = nx.davis_southern_women_graph()
    women = davis.graph["top"]
    plain = nx.Graph(davis.edges)
    dag = nx.DiGraph([("a", "b"), ("b", "c"), ("a", "c"), ("c", "d"), ("d", "c")])
    for graph, name, arguments, expected in (
        (nx.path_graph(5), "complement", {}, nx.complement(nx.path_graph(5))),
        (
            plain,
            "bipartite.weighted_projected_graph",
            {"nodes": women},
            nx.bipartite.weighted_projected_graph(plain, women),
        ),
        (plain, "projected_graph", {"nodes": women}, nx.projected_graph(plain, women)),
        (nx.DiGraph([(0, 1), (1, 2), (0, 2)]), "transitive_reduction", {}, nx.DiGraph([(0, 1), (1, 2)])),
    ):
        found = derive(graph, **asked(name, **arguments))
        assert set(found.graph) == set(expected), name
        assert _edges(found.graph) == _edges(expected), name
    found = derive(dag, algorithm="condensation")
    expected = nx.condensation(dag)
    assert _edges(found.graph) == _edges(expected)
    assert {node: set(data["members"]) for node, data in found.graph.nodes(data=True)} == {
        node: data["members"] for node, data in expected.nodes(data=True)
    }
    lines = derive(nx.path_graph(4), algorithm="line_graph").graph
    assert set(lines) == {"0 -- 1", "1 -- 2", "2 -- 3"}
    assert lines.nodes["1 -- 2"] == {"source": 1, "target": 2}
    assert nx.is_isomorphic(lines, nx.line_graph(nx.path_graph(4)))


def test_what_makes_no_graph_or_too_large_a_one_is_refused_by_name() -> None:
    error = refused(nx.path_graph(4), algorithm="pagerank")
    assert "does not answer with a graph" in error.message
    for name, graph in (("complement", nx.empty_graph(200)), ("line_graph", nx.star_graph(100))):
        error = refused(graph, algorithm=name)
        assert (type(error), error.data["limit"]) == (LimitExceeded, "graph_edges")
    assert type(refused(nx.path_graph(3), **asked("ego_graph", n=9))) is NotFound


@given(graph=graphs(weights=st.integers(1, 9), directed=True))
@settings(max_examples=60, deadline=None)
def test_edges_turned_twice_are_the_graph(graph: nx.DiGraph) -> None:
    once = derive(graph, algorithm="reverse").graph
    same(once, graph.reverse())
    same(derive(once, algorithm="reverse").graph, graph)


@given(graph=graphs(weights=st.integers(1, 9), directed=True), join=st.sampled_from(["sum", "min", "max", "mean"]))
@settings(max_examples=60, deadline=None)
def test_weights_of_both_directions_are_joined(graph: nx.DiGraph, join: str) -> None:
    found = derive(graph, **asked("to_undirected", join=join)).graph
    joins: dict[str, Any] = {"sum": sum, "min": min, "max": max, "mean": lambda values: sum(values) / len(values)}
    assert {frozenset(edge) for edge in found.edges} == {frozenset(edge) for edge in graph.edges}
    assert list(found) == list(graph)
    for u, v, data in found.edges(data=True):
        pairs = {(u, v), (v, u)}
        there = [
            graph.edges[pair]["weight"] for pair in pairs if graph.has_edge(*pair) and "weight" in graph.edges[pair]
        ]
        assert data.get("weight") == (joins[join](there) if there else None)
    both = derive(graph, **asked("to_undirected", reciprocal=True)).graph
    expected = graph.to_undirected(reciprocal=True)
    assert {frozenset(edge) for edge in both.edges} == {frozenset(edge) for edge in expected.edges}


def test_nodes_get_the_values_of_an_attribute_unless_two_would_be_one(airports: nx.DiGraph) -> None:
    found = derive(airports, **asked("relabel", attribute="city", keep_as="code"))
    cities = {"ATL": "Atlanta", "JFK": "New York", "CDG": "Paris"}
    expected = nx.relabel_nodes(airports, cities)
    assert list(found.graph) == list(expected)
    assert _edges(found.graph) == _edges(expected)
    assert found.graph.nodes["Paris"] == {**airports.nodes["CDG"], "code": "CDG"}
    assert found.counts == {"ids_kept": 1}
    error = refused(airports, **asked("relabel", attribute="country"))
    assert 'nodes "ATL" and "JFK" would both be "US"' in error.message
    assert type(refused(airports, **asked("relabel", attribute="town"))) is NotFound
    assert "ids are text or integers" in refused(airports, **asked("relabel", attribute="elevation")).message
    airports.nodes["XXX"]["city"] = "CDG"
    assert len(derive(airports, **asked("relabel", attribute="city")).graph) == 4
    airports.add_node("Paris")
    assert "would both be" in refused(airports, **asked("relabel", attribute="city")).message


@given(graph=graphs(weights=st.integers(1, 9)), groups=st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_a_quotient_is_networkxs_by_the_groups_of_an_attribute(graph: nx.Graph, groups: int) -> None:
    for place, node in enumerate(graph):
        graph.nodes[node]["group"] = place % groups
    if not len(graph):
        return
    partition = [{n for n, g in graph.nodes(data="group") if g == group} for group in range(min(groups, len(graph)))]
    expected = nx.quotient_graph(graph, partition, relabel=True)
    found = derive(graph, **asked("quotient", attribute="group")).graph
    assert {node: (data["nodes"], data["edges"]) for node, data in found.nodes(data=True)} == {
        node: (data["nnodes"], data["nedges"]) for node, data in expected.nodes(data=True)
    }
    weights: dict[Any, int] = {}
    for u, v, data in graph.edges(data=True):
        ends = graph.nodes[u]["group"], graph.nodes[v]["group"]
        if ends[0] != ends[1]:
            key = ends if graph.is_directed() else frozenset(ends)
            weights[key] = weights.get(key, 0) + data.get("weight", 1)
    assert {edge: data["weight"] for edge, data in _edges(found).items()} == weights
    if not graph.is_directed():  # networkx adds up both directions for each
        assert {edge: data["weight"] for edge, data in _edges(expected).items()} == weights


def test_groups_that_would_be_one_node_and_nodes_without_a_value(airports: nx.DiGraph) -> None:
    found = derive(airports, **asked("quotient", attribute="country", weight="km"))
    assert _edges(found.graph) == {("US", "FR"): {"edges": 1, "weight": 5850}}
    assert found.graph.nodes["US"] == {"nodes": 2, "edges": 2}
    assert found.counts == {"nodes_without_value": 1}
    airports.nodes["XXX"]["country"], airports.nodes["CDG"]["country"] = True, "true"
    assert 'would both be node "true"' in refused(airports, **asked("quotient", attribute="country")).message


@given(graph=graphs(weights=st.integers(1, 9)), alpha=st.sampled_from([0.05, 0.2, 0.5]))
@settings(max_examples=60, deadline=None)
def test_a_backbone_has_the_edges_that_outweigh_chance(graph: nx.Graph, alpha: float) -> None:
    if not any("weight" in data for *_, data in graph.edges(data=True)):
        return
    found = derive(graph, **asked("backbone", alpha=alpha)).graph

    def outweighs(edges: list[Any], weight: float) -> bool:
        total = sum(data.get("weight", 1) for *_, data in edges)
        return (1 - weight / total) ** (len(edges) - 1) < alpha

    kept = set()
    for u, v, data in graph.edges(data=True):
        ends = (graph.out_edges, graph.in_edges) if graph.is_directed() else (graph.edges, graph.edges)
        if any(
            outweighs(list(of([end], data=True)), data.get("weight", 1)) for of, end in zip(ends, (u, v), strict=True)
        ):
            kept.add((u, v))
    assert set(found.edges) == kept
    assert list(found) == list(graph)


def test_the_largest_component() -> None:
    graph = nx.DiGraph([(1, 2), (3, 2), (4, 5)])
    same(derive(graph, algorithm="largest_component").graph, graph.subgraph([1, 2, 3]))
    found = derive(nx.Graph([(1, 2), (3, 4)]), algorithm="largest_component")
    assert set(found.graph) == {1, 2}
    assert "2 components have 2 nodes: this is the first." in found.notes
    assert len(derive(nx.Graph(), algorithm="largest_component").graph) == 0


# --- by a combination


@st.composite
def pairs(draw: st.DrawFn) -> tuple[nx.Graph, nx.Graph]:
    """Two graphs of one kind, with attributes that differ."""
    directed = draw(st.booleans())
    both = [draw(graphs(weights=st.integers(1, 9), directed=directed)) for _ in range(2)]
    for number, graph in enumerate(both):
        nx.set_node_attributes(graph, number, "of")
        nx.set_node_attributes(graph, number, f"only_{number}")
    return both[0], both[1]


@given(pair=pairs())
@settings(max_examples=60, deadline=None)
@pytest.mark.long
def test_combinations_are_networkxs(pair: tuple[nx.Graph, nx.Graph]) -> None:
    a, b = pair
    same(derive(a, b, combine="compose").graph, nx.compose(a, b), ordered=False)
    same(derive(a, b, combine="union").graph, nx.compose(b, a), ordered=False)
    assert list(derive(a, b, combine="union").graph) == list(nx.compose(a, b))
    both = derive(a, b, combine="intersection").graph
    expected = nx.intersection(a, b)
    assert (set(both), set(_edges(both))) == (set(expected), set(_edges(expected)))
    assert all(both.nodes[node] == a.nodes[node] for node in both)
    assert all(both.edges[edge] == a.edges[edge] for edge in both.edges)
    a_, b_ = a.copy(), b.copy()
    a_.add_nodes_from(b)
    b_.add_nodes_from(a)
    less = derive(a, b, combine="difference").graph
    assert set(_edges(less)) == set(_edges(nx.difference(a_, b_)))
    assert dict(less.nodes(data=True)) == dict(a.nodes(data=True))
    either = derive(a, b, combine="symmetric_difference").graph
    assert set(_edges(either)) == set(_edges(nx.symmetric_difference(a_, b_)))
    assert set(either) == set(a) | set(b)


def test_graphs_side_by_side_keep_their_nodes_apart() -> None:
    a, b = nx.path_graph(3), nx.Graph([(0, "x")])
    found = derive(a, b, combine="disjoint_union")
    same(found.graph, nx.union(a, b, rename=("a:", "b:")), ordered=False)
    assert 'Nodes are named "graph:id".' in found.notes
    error = refused(nx.Graph([(1, "1")]), a, combine="disjoint_union")
    assert 'two nodes of a would be "a:1"' in error.message


def test_what_was_one_and_whose_attributes_count_is_said() -> None:
    a, b = nx.path_graph(3), nx.path_graph(4)
    found = derive(a, b, combine="union")
    assert found.counts == {"shared_nodes": 3, "shared_edges": 2}
    assert "Where several graphs have a node or an edge, attributes of a count." in found.notes
    assert "Attributes are those of a." in derive(a, b, combine="intersection").notes
    assert found.graph.graph["derived_from"] == {
        "graphs": [{"graph_id": "a", "version": 1}, {"graph_id": "b", "version": 2}],
        "combine": "union",
    }
