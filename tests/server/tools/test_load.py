"""load_graph: files in, errors that name the line, nothing half done."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.server.tools.conftest import Tools

FILES: dict[str, str] = {
    "edge-list": "a b 2\nb c 3.5\n",
    "csv": "source,target,weight\na,b,2\nb,c,3.5\n",
    "node-link": '{"directed": false, "nodes": [{"id": "a"}, {"id": "b"}, {"id": "c"}], '
    '"edges": [{"source": "a", "target": "b", "weight": 2}, {"source": "b", "target": "c", "weight": 3.5}]}',
    "graphml": '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
    '<key id="w" for="edge" attr.name="weight" attr.type="double"/><graph edgedefault="undirected">'
    '<node id="a"/><node id="b"/><node id="c"/>'
    '<edge source="a" target="b"><data key="w">2</data></edge><edge source="b" target="c"><data key="w">3.5</data></edge>'
    "</graph></graphml>",
    "gml": 'graph [ node [ id 0 label "a" ] node [ id 1 label "b" ] node [ id 2 label "c" ] '
    "edge [ source 0 target 1 weight 2 ] edge [ source 1 target 2 weight 3.5 ] ]",
    "adjacency-list": "a b\nb c\n",
}


@pytest.mark.parametrize("name", FILES)
def test_every_format_makes_the_same_graph(tools: Tools, name: str) -> None:
    text = tools.text("load_graph", content=FILES[name], format=name, description=f"from {name}")
    assert "undirected, 3 nodes, 2 edges, version 1" in text
    data = tools.data("describe_graph", graph_id=text.removeprefix("loaded ").split(":")[0])
    assert [row["id"] for row in data["page_nodes"]] == ["a", "b", "c"]
    weights = [row["attributes"].get("weight") for row in data["page_edges"]]
    assert weights == ([None, None] if name == "adjacency-list" else [2, 3.5])


def test_what_a_file_says_of_columns_and_direction_is_kept(tools: Tools) -> None:
    content = "from;to;kind\nx;y;likes\n"
    arguments: dict[str, Any] = {"source": "from", "target": "to", "delimiter": ";", "directed": True}
    data = tools.data("load_graph", content=content, format="csv", **arguments)
    assert data["directed"]
    seen = tools.data("get_neighbors", graph_id=data["graph_id"], node="x")["neighbors"]
    assert seen == [{"id": "y", "direction": "out", "attributes": {"kind": "likes"}}]


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("edge-list", "a b\nb c not-a-weight\n", "line 2"),
        ("csv", "source,target\na,b\nc,d,e\n", "line 3"),
        ("csv", "x,y\na,b\n", "source"),
        ("node-link", '{"nodes": [\n{"id": "a"},\n{"id" "b"}]}', "line 3"),
        ("graphml", "<graphml>\n<graph>\n<node id='a'>\n</graph></graphml>", "line 4"),
        ("edge-list", "a b\nb a\n", "line 2"),
    ],
)
def test_a_broken_file_names_the_line_and_changes_nothing(
    tools: Tools, make_graph: Callable[..., str], name: str, content: str, line: str
) -> None:
    graph_id = make_graph(nodes=["kept"])
    text, facts = tools.error("load_graph", content=content, format=name, graph_id=graph_id, replace=True)
    assert line in text
    assert facts["error"] == "invalid_input"
    assert tools.data("describe_graph", graph_id=graph_id)["version"] == 1


@pytest.mark.parametrize(("duplicates", "weight"), [("skip", 1), ("update", 2)])
def test_duplicates_may_be_skipped_or_merged(tools: Tools, duplicates: str, weight: int) -> None:
    content = "source,target,weight\na,b,1\na,b,2\n"
    data = tools.data("load_graph", content=content, format="csv", duplicates=duplicates)
    edges = tools.data("describe_graph", graph_id=data["graph_id"])["page_edges"]
    assert [edge["attributes"] for edge in edges] == [{"weight": weight}]


def test_entities_of_xml_are_refused(tools: Tools) -> None:
    content = '<!DOCTYPE g [<!ENTITY x "y">]><graphml><graph><node id="&x;"/></graph></graphml>'
    assert tools.error("load_graph", content=content, format="graphml")[1]["error"] == "invalid_input"


def test_an_existing_graph_is_replaced_only_when_told(tools: Tools, make_graph: Callable[..., str]) -> None:
    graph_id = make_graph(nodes=["old"])
    text, facts = tools.error("load_graph", content="a b\n", format="edge-list", graph_id=graph_id)
    assert "mode=merge to merge into it, mode=replace to load over it" in text
    assert facts["error"] == "conflict"
    data = tools.data("load_graph", content="a b\n", format="edge-list", graph_id=graph_id, replace=True)
    assert (data["version"], data["nodes"]) == (2, 2)


def test_a_repeat_under_its_name_happens_once(tools: Tools) -> None:
    arguments = {"content": "a b\n", "format": "edge-list", "operation_id": "load-once"}
    first = tools.data("load_graph", **arguments)
    again = tools.data("load_graph", **arguments)
    assert again == {**first, "repeated": True}


# -- files of other programs

CASES = Path(__file__).parents[2] / "unit/formats/cases"
EXPECTED: dict[str, dict[str, Any]] = json.loads((CASES / "expected.json").read_text(encoding="utf-8"))

#: What is not text comes through PUT /graphs only (tests/server/test_transfer.py).
TEXTS = [name for name, expected in EXPECTED.items() if expected["format"] not in ("arrow", "parquet")]


@pytest.mark.parametrize("name", TEXTS)
def test_a_file_of_another_program_gives_its_graph_or_is_told_what_to_do(tools: Tools, name: str) -> None:
    content, expected = (CASES / name).read_text(encoding="utf-8"), EXPECTED[name]
    if "refused" in expected:
        if content:
            text, facts = tools.error("load_graph", content=content, format=expected["format"])
            assert facts["error"] == "invalid_input"
            assert re.search(expected["refused"], text)
        return
    data = tools.data("load_graph", content=content, format=expected["format"])
    assert (data["nodes"], data["edges"]) == (expected["nodes"], expected["edges"])


def test_the_answer_says_how_the_file_was_read(tools: Tools) -> None:
    content = "Source,Target,Type,Weight\na,b,Directed,1\nb,c,Directed,NA\na,b,Directed,2\n"
    text = tools.text("load_graph", content=content, duplicates="update")
    assert text.split("\n")[1:] == [
        "note: read as csv, as its content tells",
        "note: the ends of edges are the columns 'Source' and 'Target'",
        "note: 3 rows read",
        "note: 1 repeated edge was merged: later attributes count",
        "note: 1 missing value was left out (NaN, NA or empty)",
        "note: the column 'Weight' is the attribute 'weight'",
        "note: the graph is directed, as the column 'Type' says",
    ]
    reading = tools.data("load_graph", content=content, duplicates="update")["reading"]
    assert {
        key: reading[key] for key in ("format", "format_from", "source_column", "merged_edges", "missing_values")
    } == {
        "format": "csv",
        "format_from": "content",
        "source_column": "Source",
        "merged_edges": 1,
        "missing_values": 1,
    }


def test_a_string_has_no_encoding_whatever_it_declares(tools: Tools) -> None:
    content = '<?xml version="1.0" encoding="ISO-8859-1"?><graphml><graph><node id="Zürich"/></graph></graphml>'
    graph_id = tools.data("load_graph", content=content)["graph_id"]
    assert tools.data("describe_graph", graph_id=graph_id)["page_nodes"][0]["id"] == "Zürich"
    assert "leave it out" in tools.error("load_graph", content="a b\n", options={"encoding": "latin-1"})[0]


def test_what_an_error_advises_can_be_given(tools: Tools) -> None:
    content = 'graph [ node [ id 1 label "a" ] node [ id 2 label "a" ] ]'
    assert "option label=id" in tools.error("load_graph", content=content)[0]
    assert tools.data("load_graph", content=content, options={"label": "id"})["nodes"] == 2
    assert "header=false" in tools.error("load_graph", content="1,2\n2,3\n", format="csv")[0]
    for value in (False, "false"):
        assert tools.data("load_graph", content="1,2\n2,3\n", format="csv", options={"header": value})["edges"] == 2
    assert "directed=true" in tools.error("load_graph", content="a b\nb a\n")[0]
    assert tools.data("load_graph", content="a b\nb a\n", directed=True)["edges"] == 2


ROUTES = "from,to,km\nATL,ORD,976\nORD,LAX,2802\n"
AIRPORTS = '\ufeffIATA;city\r\nATL;Atlanta\r\nLAX;"Los Angeles; CA"\r\nXXX;Nowhere\r\n'


@pytest.mark.parametrize("nodes_first", [False, True])
def test_a_table_of_nodes_goes_beside_the_table_of_edges(tools: Tools, nodes_first: bool) -> None:
    nodes: dict[str, Any] = {"content": AIRPORTS, "format": "csv", "part": "nodes", "options": {"id": "IATA"}}
    edges: dict[str, Any] = {"content": ROUTES, "format": "csv", "part": "edges"}
    first, second = (nodes, edges) if nodes_first else (edges, nodes)
    graph_id = tools.data("load_graph", **first)["graph_id"]
    data = tools.data("load_graph", graph_id=graph_id, mode="merge", **second)
    assert (data["version"], data["nodes"], data["edges"]) == (2, 4, 2)
    counts = {name: data["reading"][name] for name in ("added_nodes", "added_edges", "changed_nodes", "rows")}
    if nodes_first:
        assert counts == {"added_nodes": 1, "added_edges": 2, "changed_nodes": 0, "rows": 2}
    else:
        assert counts == {"added_nodes": 1, "added_edges": 0, "changed_nodes": 2, "rows": 3}
    found = tools.data("query_graph", graph_id=graph_id, sql="SELECT id, city FROM nodes ORDER BY id")
    assert found["rows"] == [["ATL", "Atlanta"], ["LAX", "Los Angeles; CA"], ["ORD", None], ["XXX", "Nowhere"]]


def test_the_text_says_what_a_merge_did(tools: Tools) -> None:
    graph_id = tools.data("load_graph", content=ROUTES, format="csv")["graph_id"]
    more: dict[str, Any] = {"part": "nodes", "options": {"id": "IATA", "if_missing": "skip"}}
    text = tools.text("load_graph", content=AIRPORTS, graph_id=graph_id, mode="merge", **more)
    assert "the ids are the column 'IATA'" in text
    assert "3 rows read" in text
    assert "new are 0 nodes and 0 edges, changed 2 nodes and 0 edges" in text
    assert "1 node left out: the graph does not have the nodes" in text
    more["options"]["if_missing"] = "error"
    error, _ = tools.error("load_graph", content=AIRPORTS, graph_id=graph_id, mode="merge", **more)
    assert 'has no node "XXX"' in error


@pytest.mark.parametrize(
    "content",
    ['[["a","b",2],["b","c",3.5]]', [["a", "b", 2], ["b", "c", 3.5]], {"edges": [["a", "b", 2], ["b", "c", 3.5]]}],
)
def test_pairs_as_json_are_edges_also_where_the_client_sends_them_as_a_value(tools: Tools, content: Any) -> None:
    text = tools.text("load_graph", content=content)
    assert "undirected, 3 nodes, 2 edges, version 1" in text
    assert "note: read as node-link, as its content tells" in text
    assert "note: a number behind source and target was taken for the attribute weight" in text


def test_an_empty_file_is_said_to_be_empty(tools: Tools) -> None:
    assert "the file is empty" in tools.error("load_graph", content="")[0]


def test_options_of_a_format_may_stand_beside_the_others(tools: Tools) -> None:
    assert "2 edges" in tools.text("load_graph", content="1,2\n2,3\n", header=False)
    graph_id = tools.data("load_graph", content=ROUTES, format="csv")["graph_id"]
    more: dict[str, Any] = {"content": AIRPORTS, "graph_id": graph_id, "mode": "merge", "part": "nodes"}
    assert "changed 2 nodes" in tools.text("load_graph", id="IATA", options={"delimiter": ";"}, **more)
    error, _ = tools.error("load_graph", content="a b\n", node_label="x")
    assert "`node_label` is not an argument here" in error


def test_a_table_of_transactions_is_read_without_an_option(tools: Tools) -> None:
    rows = [
        "tx_id,timestamp,from_account,to_account,amount",
        "T1,2026-01-02T10:00:00,A1,A2,5.5",
        "T2,2026-01-03T11:30:00,A2,A3,7",
    ]
    text = tools.text("load_graph", content="\n".join(rows), directed=True)
    assert "directed, 3 nodes, 2 edges" in text
    assert "note: the ends of edges are the columns 'from_account' and 'to_account'" in text
    again = [*rows, "T3,2026-01-04T11:30:00,A2,A3,8"]
    error, _ = tools.error("load_graph", content="\n".join(again), directed=True)
    assert "duplicates=sum (add numbers up; also count, min, max, mean, first, last, list)" in error
    text = tools.text("load_graph", content="\n".join(again), directed=True, duplicates="sum")
    assert "note: of repeated edges the sum was taken of 'amount'; option sql says it for each column" in text


def test_the_ends_that_are_named_tell_that_it_is_a_table(tools: Tools) -> None:
    content = "person,department,boss\n2,x,1\n3,y,1\n"
    error, _ = tools.error("load_graph", content=content)
    assert "its first line is 'person,department,boss'" in error
    assert "3 nodes, 2 edges" in tools.text("load_graph", content=content, source="boss", target="person")


def test_a_generator_may_be_written_as_networkx_has_it(tools: Tools) -> None:
    text = tools.text("create_graph", generator="barabasi_albert_graph(100, 2)")
    assert "100 nodes, 196 edges" in text
    assert "100 nodes, 196 edges" in tools.text(
        "create_graph", generator='{"name": "barabasi_albert", "n": 100, "m": 2}'
    )
    error, facts = tools.error("create_graph", generator="barabasi_albert_graph(100, two)")
    assert '`generator`: "two" is no parameter of barabasi_albert_graph. Give {"name":"barabasi_albert_graph",' in error
    assert facts["field"] == "generator"
    error, _ = tools.error("create_graph", generator="barabasi_albert_graph")
    assert 'generator.n: is missing. Give for example {"name":"barabasi_albert_graph","n":100,"m":3,"seed":1}.' in error


def test_text_that_looks_like_an_integer_of_the_graph_is_said(tools: Tools) -> None:
    graph_id = tools.data("load_graph", content="source,target\n5,6\n6,7\n")["graph_id"]
    said = 'note: "5" and 5 are two nodes: an integer and a string are different ids; take back what was not meant so'
    add: dict[str, Any] = {"action": "add_edges", "edges": [["8", "9"]]}
    assert "note" not in tools.text("edit_graph", graph_id=graph_id, edits=[add])
    add["edges"] = [[10, 11], ["5", "12"]]
    assert said in tools.text("edit_graph", graph_id=graph_id, edits=[add])
    add = {"action": "add_nodes", "nodes": [{"id": "6", "attributes": {"x": 1}}]}
    assert '"6" and 6 are two nodes' in tools.text("edit_graph", graph_id=graph_id, edits=[add])
    assert said in tools.text("create_graph", edges=[["5", "6"], [5, 7]])
    for tool, arguments in {
        "get_neighbors": {"node": "7"},
        "find_paths": {"source": "7", "target": 6},
        "get_subgraph": {"nodes": [6, "7"]},
        "find_components": {"node": "7"},
        "run_algorithm": {"name": "descendants", "arguments": {"source": "7"}},
        "rank_nodes": {"view": {"without": ["7"]}},
    }.items():
        error, facts = tools.error(tool, graph_id=graph_id, **arguments)
        assert 'no node "7" in this graph. Did you mean 7? An integer and a string are different ids.' in error, tool
        assert facts["nearest"] == [7]
