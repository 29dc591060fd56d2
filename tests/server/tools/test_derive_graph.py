"""derive_graph on a real server: what an analyst makes of a graph in one call, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.helpers.server import Server
from tests.server.tools.conftest import Tools


@pytest.fixture(scope="module")
def routes(tools: Tools) -> str:
    airports = [
        {"id": code, "attributes": {"city": city, "country": country}}
        for code, city, country in (
            ("ATL", "Atlanta", "US"), ("JFK", "New York", "US"), ("CDG", "Paris", "FR"), ("NRT", "Tokyo", "JP"),
        )
    ]  # fmt: skip
    flights = [["ATL", "JFK", {"km": 1223}], ["JFK", "ATL", {"km": 1223}], ["JFK", "CDG", {"km": 5850}],
               ["CDG", "NRT", {"km": 9700}], ["ATL", "CDG", {"km": 7070}]]  # fmt: skip
    return str(tools.data("create_graph", directed=True, nodes=airports, edges=flights)["graph_id"])


def test_the_text_alone_tells_what_became_of_what(tools: Tools, routes: str) -> None:
    sql = {"nodes": "SELECT * FROM nodes WHERE country IN ('US', 'FR')"}
    text = tools.text("derive_graph", graph_id=routes, into="west", from_sql=sql, view={"without": ["ATL"]})
    assert text.splitlines() == [
        "derived west: directed, 2 nodes, 1 edges, version 1",
        f"from {routes} at version 1, view of 3 nodes and 2 edges",
        "note: 1 edge left out: not both ends are among the nodes.",
        "note: degree, in_degree, out_degree: computed of every graph, so not stored; degree AS old_degree would be.",
    ]
    described = tools.text("describe_graph", graph_id="west")
    assert f'"graphs":[{{"graph_id":"{routes}","version":1}}]' in described
    assert tools.data("describe_graph", graph_id="west")["attributes"]["derived_from"]["from_sql"] == sql


def test_countries_and_the_distances_between_them_take_one_call(tools: Tools, routes: str) -> None:
    sql = """SELECT a.country AS source, b.country AS target, sum(km) AS km, count(*) AS flights
        FROM edges e JOIN nodes a ON a.id = e.source JOIN nodes b ON b.id = e.target GROUP BY ALL ORDER BY ALL"""
    made = tools.data("derive_graph", graph_id=routes, into="countries", from_sql={"edges": sql})
    assert (made["nodes"], made["edges"], made["counts"]) == (3, 3, {"new_nodes": 3, "nodes_left_out": 4})
    rows = tools.data("query_graph", graph_id="countries", sql="FROM edges ORDER BY km")["rows"]
    assert rows == [["US", "US", 2446, 2], ["FR", "JP", 9700, 1], ["US", "FR", 12920, 2]]


def test_a_graph_is_written_over_only_on_request_and_only_at_its_version(tools: Tools, routes: str) -> None:
    sql = {"nodes": "FROM nodes"}
    assert tools.data("derive_graph", graph_id=routes, into="again", from_sql=sql)["version"] == 1
    text, facts = tools.error("derive_graph", graph_id=routes, into="again", from_sql=sql)
    assert (facts["error"], facts["version"]) == ("conflict", 1)
    assert "give `replace` to write its next version" in text
    _, facts = tools.error("derive_graph", graph_id=routes, into="again", from_sql=sql, replace=True, if_version=7)
    assert (facts["error"], facts["version"]) == ("conflict", 1)
    _, facts = tools.error("derive_graph", graph_id=routes, into="again", from_sql=sql, if_version=1)
    assert facts["field"] == "if_version"
    named = {
        "graph_id": routes,
        "into": "again",
        "from_sql": sql,
        "replace": True,
        "if_version": 1,
        "operation_id": "x",
    }
    first, again = (tools.data("derive_graph", **named) for _ in range(2))
    assert (first["version"], first["repeated"], again["version"], again["repeated"]) == (2, False, 2, True)


def test_what_cannot_be_made_is_refused_by_name(tools: Tools, routes: str) -> None:
    text, facts = tools.error(
        "derive_graph", graph_id=routes, into="x", from_sql={"edges": "SELECT source, town FROM edges"}
    )
    assert (facts["error"], facts["field"], facts["line"], facts["column"]) == (
        "invalid_input",
        "from_sql.edges",
        1,
        16,
    )
    assert "edges(source, target, km)" in text
    for given, field in (
        ({"from_sql": {}}, "from_sql"),
        ({"from_sql": {"rows": "FROM nodes"}}, "from_sql.rows"),
    ):
        _, facts = tools.error("derive_graph", graph_id=routes, into="x", **given)
        assert (facts["error"], facts.get("field")) == ("invalid_input", field)
    _, facts = tools.error("derive_graph", graph_id=routes, into="A graph", from_sql={"nodes": "FROM nodes"})
    assert facts["field"] == "into"
    _, facts = tools.error("describe_graph", graph_id="x")
    assert facts["error"] == "not_found"


def test_it_needs_the_right_to_read_and_to_write(tmp_path: Path) -> None:
    server = Server(tmp_path, auth=True)
    ann = server.add_token("ann", tenant="a")
    partial = {
        missing: server.add_token(f"only-{scope}", tenant="a", scopes=[scope])
        for scope, missing in (("read", "write"), ("write", "read"))
    }
    asked = {"graph_id": "g", "into": "h", "from_sql": {"nodes": "FROM nodes"}}
    with server:
        server.call("create_graph", {"graph_id": "g", "nodes": ["a"]}, token=ann)
        for missing, token in partial.items():
            found = server.call("derive_graph", asked, token=token)
            assert found["isError"]
            assert found["_meta"]["networkx-mcp/error"]["scope"] == missing
        assert not server.call("derive_graph", asked, token=ann).get("isError")
        audit = [line for line in server.events("audit") if line["action"] == "derive"]
    assert [(line["graph_id"], line["sources"], line["version_after"]) for line in audit] == [("h", ["g"], 1)]


def test_algorithms_copies_and_combinations_take_one_call_each(tools: Tools, routes: str) -> None:
    made = tools.data("derive_graph", graph_id=routes, into="ego", algorithm="ego_graph", arguments={"n": "CDG"})
    assert (made["nodes"], made["edges"]) == (2, 1)
    joined = {"join": "sum", "weight": "km"}
    text = tools.text("derive_graph", graph_id=routes, into="both", algorithm="to_undirected", arguments=joined)
    assert (
        'note: 1 pairs of edges are one edge now: "km" of both is their sum, of other attributes the first edge\'s count.'
        in text
    )
    cities = tools.data(
        "derive_graph", graph_id="both", into="cities", algorithm="relabel", arguments={"attribute": "city"}
    )
    assert (cities["nodes"], cities["edges"]) == (4, 4)
    without = tools.data("derive_graph", graph_id=routes, into="closed", view={"without": ["ATL"]})
    assert (without["nodes"], without["edges"], without["view"]) == (3, 2, {"nodes": 3, "edges": 2})
    lost = tools.data("derive_graph", graph_id=routes, into="lost", combine="difference", others=["closed"])
    assert (lost["edges"], lost["sources"]) == (
        3,
        [{"graph_id": routes, "version": 1}, {"graph_id": "closed", "version": 1}],
    )
    text, facts = tools.error("derive_graph", graph_id=routes, into="y", combine="union", others=["both"])
    assert (facts["error"], facts["field"]) == ("invalid_input", "others")
    for given, field in (
        ({"algorithm": "pagerank"}, "algorithm"),
        ({"algorithm": "k_core", "arguments": {"q": 1}}, "q"),
        ({"algorithm": "backbone", "arguments": {"alpha": "x"}}, "alpha"),
        ({"combine": "union"}, "others"),
        ({"others": [routes]}, "combine"),
        ({"combine": "union", "others": [routes], "algorithm": "reverse"}, "combine"),
        ({"arguments": {"k": 1}}, "arguments"),
    ):
        _, facts = tools.error("derive_graph", graph_id=routes, into="z", **given)
        assert (facts["error"], facts["field"]) == ("invalid_input", field), given


def test_an_estimate_beyond_the_limit_refuses_before_anything_runs(tools: Tools) -> None:
    edges = [[number, number + 1] for number in range(30_000)]
    tools.data("create_graph", graph_id="long-path", edges=edges)
    _, facts = tools.error("derive_graph", graph_id="long-path", into="w", algorithm="complement")
    assert (facts["error"], facts["limit"]) == ("limit_exceeded", "graph_edges")
