"""query_graph on a real server: pages of one result, what may not be asked, and bombs beside a user who asks little."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from tests.helpers.server import Server
from tests.server.tools.conftest import Tools


@pytest.fixture(scope="module")
def routes(tools: Tools) -> str:
    airports = [
        {"id": code, "attributes": {"city": city, "country": country}}
        for code, city, country in (
            ("ATL", "Atlanta", "United States"), ("JFK", "New York", "United States"), ("CDG", "Paris", "France"),
            ("ORY", "Paris", "France"), ("NRT", "Tokyo", "Japan"),
        )
    ]  # fmt: skip
    flights = [["ATL", "JFK", {"airline": "DL"}], ["JFK", "ATL", {"airline": "DL"}], ["JFK", "CDG", {"airline": "AF"}],
               ["ORY", "JFK", {"airline": "AF"}], ["CDG", "NRT", {"airline": "AF"}]]  # fmt: skip
    return str(tools.data("create_graph", directed=True, nodes=airports, edges=flights)["graph_id"])


def rows(tools: Tools, graph_id: str, sql: str, **arguments: Any) -> list[list[Any]]:
    found: list[list[Any]] = tools.data("query_graph", graph_id=graph_id, sql=sql, **arguments)["rows"]
    return found


def test_questions_of_an_analyst_take_one_call_each(tools: Tools, routes: str) -> None:
    assert rows(tools, routes, "SELECT id FROM nodes WHERE city ILIKE 'paris' ORDER BY id") == [["CDG"], ["ORY"]]
    by_country = """
        SELECT a.country AS origin, b.country AS destination, count(*) AS flights
        FROM edges JOIN nodes a ON a.id = source JOIN nodes b ON b.id = target
        GROUP BY ALL ORDER BY flights DESC, origin, destination"""
    assert rows(tools, routes, by_country)[0] == ["United States", "United States", 2]
    one_way = """SELECT source, target FROM edges e WHERE NOT EXISTS
        (FROM edges back WHERE back.source = e.target AND back.target = e.source) ORDER BY ALL"""
    assert rows(tools, routes, one_way) == [["CDG", "NRT"], ["JFK", "CDG"], ["ORY", "JFK"]]
    reach = """WITH RECURSIVE near(id) AS (SELECT 'ATL' UNION SELECT target FROM near JOIN edges ON source = id)
        SELECT count(*) FROM near"""
    assert rows(tools, routes, reach) == [[4]]


def test_the_text_alone_answers_and_names_what_a_name_became(tools: Tools, make_graph: Callable[..., str]) -> None:
    graph_id = make_graph(nodes=[{"id": "a", "attributes": {"Degree": 7, "note: x": "y"}}])
    text = tools.text("query_graph", graph_id=graph_id, sql="FROM nodes")
    assert text.splitlines()[1:] == [
        'id\tDegree_2\t"note: x"\tdegree',
        "a\t7\ty\t0",
        'note: Attributes whose column has another name: "Degree" of nodes is "Degree_2".',
    ]


def test_numbers_are_shown_in_full_whatever_their_column_is_called(tools: Tools, routes: str) -> None:
    assert "0.123456789" in tools.text("query_graph", graph_id=routes, sql="SELECT 0.123456789 AS score")


def test_pages_are_of_one_kept_result(tools: Tools, make_graph: Callable[..., str]) -> None:
    graph_id = make_graph(nodes=list(range(2300)))
    seen: list[int] = []
    offset: int | None = 0
    kept = []
    while offset is not None:
        data = tools.data("query_graph", graph_id=graph_id, sql="SELECT id FROM nodes", limit=700, offset=offset)
        seen += [row[0] for row in data["rows"]]
        kept.append(data.get("cached", False))
        assert (data["total"], data["truncated"]) == (2300, data["next_offset"] is not None)
        offset = data["next_offset"]
    assert seen == list(range(2300))
    assert kept == [False, True, False, True, False]
    beyond = tools.data("query_graph", graph_id=graph_id, sql="SELECT id FROM nodes", offset=5000)
    assert (beyond["rows"], beyond["truncated"]) == ([], False)


def test_a_changed_graph_is_asked_anew(tools: Tools, make_graph: Callable[..., str]) -> None:
    graph_id = make_graph(nodes=["a"])
    sql = "SELECT count(*) FROM nodes"
    assert rows(tools, graph_id, sql) == [[1]]
    tools.data("edit_graph", graph_id=graph_id, edits=[{"action": "add_nodes", "nodes": ["b"]}])
    assert rows(tools, graph_id, sql) == [[2]]


def test_what_changes_by_itself_is_not_kept_and_says_so(tools: Tools, routes: str) -> None:
    first, second = (tools.data("query_graph", graph_id=routes, sql="SELECT random() AS r") for _ in range(2))
    assert first["rows"] != second["rows"]
    assert first["notes"] == ["Computed anew for each call, because of random."]
    assert "cached" not in second
    pages = tools.data("query_graph", graph_id=routes, sql="SELECT random() FROM range(100)", limit=10)
    assert "Pages do not belong together" in pages["notes"][0]


def test_an_error_says_where_and_what_there_is(tools: Tools, routes: str) -> None:
    text, facts = tools.error("query_graph", graph_id=routes, sql="SELECT town FROM nodes")
    assert (facts["error"], facts["field"], facts["position"]) == ("invalid_input", "sql", 7)
    assert "nodes(id, city, country, degree, in_degree, out_degree)" in text
    assert "nodes.city" in facts["columns"]
    _, facts = tools.error("query_graph", graph_id=routes, sql="DELETE FROM nodes")
    assert facts["error"] == "invalid_input"
    _, facts = tools.error("query_graph", graph_id=routes, sql="SELECT 1 " + " " * 20_000)
    assert (facts["error"], facts["field"]) == ("invalid_input", "sql")


def test_a_worker_that_answered_a_query_answers_the_next(tools: Tools, routes: str) -> None:
    """The library that a query loads is no growth for which a worker ends."""
    rows(tools, routes, "SELECT 1")
    before = tools.server.metric("worker_exits_total", reason="ok"), set(workers(tools.server))
    for number in range(5):
        assert rows(tools, routes, f"SELECT {number}") == [[number]]
    assert (tools.server.metric("worker_exits_total", reason="ok"), set(workers(tools.server))) == before


def workers(server: Server) -> list[int]:
    """Processes that the zygote forked."""
    return [one.pid for one in server.processes() if one.parent() is not None and one.parent().pid != server.pid]


#: What ends how. What fills memory slowly may be stopped before it has done so.
BOMBS = {
    "SELECT count(*) FROM range(30000) a, range(30000) b, range(30000) c": {"timeout"},
    "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r) SELECT count(*) FROM r": {"timeout"},
    "SELECT list(range) FROM range(1000000000)": {"memory_limit", "timeout"},
    "SELECT string_agg(range::VARCHAR) FROM range(1000000000)": {"memory_limit", "timeout"},
    "SELECT count(DISTINCT range) FROM range(1000000000)": {"memory_limit", "timeout"},
    "SELECT * FROM range(1000000000) ORDER BY random()": {"memory_limit", "timeout"},
    "SELECT length(repeat('x', 2000000000))": {"memory_limit"},
    "SELECT repeat(repeat(repeat('x', 1000), 1000), 1000)": {"memory_limit"},
    "SELECT range(1000000000)": {"memory_limit"},
    "SELECT unnest(range(1000000000))": {"memory_limit"},
    "SELECT array_agg(x) FROM (SELECT repeat('x', 1000000) AS x FROM range(1000))": {"memory_limit"},
}


@pytest.mark.long
def test_bombs_end_by_name_and_the_neighbour_is_answered(make_server: Callable[..., Server]) -> None:
    server = make_server(auth=True, limits_workers=1, limits_request_timeout_seconds=10)
    mallory, ann = server.add_token("mallory", tenant="m"), server.add_token("ann", tenant="a")
    server.start()
    for token in (mallory, ann):
        server.call("create_graph", {"graph_id": "g", "edges": [["a", "b"]]}, token=token)
    over = threading.Event()
    answers: list[dict[str, Any]] = []

    def ask() -> None:
        number = 0
        while not over.is_set():
            sql = f"SELECT id, {number} FROM nodes ORDER BY id"
            answers.append(server.call("query_graph", {"graph_id": "g", "sql": sql}, token=ann))
            number += 1

    neighbour = threading.Thread(target=ask)
    neighbour.start()
    try:
        ends: dict[str, str] = {}
        for sql in BOMBS:
            found = server.call("query_graph", {"graph_id": "g", "sql": sql}, token=mallory)
            ends[sql] = found.get("_meta", {}).get("networkx-mcp/error", {}).get("error", "answered")
    finally:
        over.set()
        neighbour.join()
    assert {sql: end for sql, end in ends.items() if end not in BOMBS[sql]} == {}
    assert answers
    assert [one["structuredContent"]["rows"] for one in answers] == [
        [["a", number], ["b", number]] for number in range(len(answers))
    ]
    assert not [line for line in server.logs() if line.get("event") in ("worker_task_failed", "tool_failed")]


# --- views


#: Arguments of every tool that takes a view.
VIEWERS: dict[str, dict[str, Any]] = {
    "find_paths": {"source": "ATL", "target": "JFK"},
    "get_subgraph": {"center": "ATL"},
    "rank_nodes": {},
    "find_communities": {},
    "find_components": {},
    "measure_graph": {},
    "partition_graph": {"k": 2},
    "run_algorithm": {"name": "pagerank"},
    "draw_graph": {},
    "get_neighbors": {"node": "ATL"},
}


def test_every_analysis_takes_a_view_and_says_what_it_saw(tools: Tools, routes: str) -> None:
    takes = {name for name, tool in tools.listed.items() if "view" in tool["inputSchema"]["properties"]}
    assert takes == {*VIEWERS, "derive_graph", "compare_graphs"}
    for name, arguments in VIEWERS.items():
        found = tools.result(name, graph_id=routes, view={"nodes": "country = 'United States'"}, **arguments)
        assert found["structuredContent"]["view"] == {"nodes": 2, "edges": 2}, name
        assert "view of 2 nodes and 2 edges" in found["content"][0]["text"].splitlines()[0], name
        whole = tools.result(name, graph_id=routes, **arguments)
        assert "view" not in whole["structuredContent"], name


def test_what_breaks_if_an_airport_closes_takes_one_call(tools: Tools, routes: str) -> None:
    open_ = tools.data("find_paths", graph_id=routes, source="ATL", target="NRT")
    closed = tools.data("find_paths", graph_id=routes, source="ATL", target="NRT", view={"without": ["CDG"]})
    assert (open_["found"], closed["found"]) == (True, False)
    text, facts = tools.error("find_paths", graph_id=routes, source="ATL", target="CDG", view={"without": ["CDG"]})
    assert (facts["error"], facts["field"]) == ("not_found", "target")
    assert "The call sees the 4 nodes of its view" in text


def test_results_are_kept_by_view(tools: Tools, routes: str) -> None:
    def degree(**view: Any) -> tuple[list[list[Any]], bool]:
        data = tools.data("rank_nodes", graph_id=routes, measure="degree", view=view)
        return data["rows"], data.get("cached", False)

    first = degree(edges="airline = 'DL'")
    assert first[1] is False
    assert degree(edges="airline = 'AF'")[0] != first[0]
    assert degree(edges="airline = 'DL'") == (first[0], True)
    assert degree(edges="airline = 'DL' AND random() < 2")[1] is False
    assert degree(edges="airline = 'DL' AND random() < 2") == (first[0], False)


def test_a_view_that_came_as_text_is_taken_for_what_it_means(tools: Tools, routes: str) -> None:
    data = tools.data("find_components", graph_id=routes, view='{"nodes": "country = \'France\'", "without": ["ORY"]}')
    assert data["view"] == {"nodes": 1, "edges": 0}


def test_an_unsound_view_is_refused_by_the_name_of_its_part(tools: Tools, routes: str) -> None:
    for view, field in (
        ({"nodes": "TRUE LIMIT 1"}, "view.nodes"),
        ({"edges": "COPY"}, "view.edges"),
        ({"without": ["XXX"]}, "view.without[0]"),
        ({"with": ["ATL"]}, "view.with"),
        ({"without": [1.5]}, "view.without"),
        ("country = 'US'", "view"),
    ):
        _, facts = tools.error("rank_nodes", graph_id=routes, view=view)
        assert facts["field"] == field, view
