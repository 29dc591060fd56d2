"""One question for each tool, answered by reading the text alone, as a model does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import networkx as nx
import pytest
from tests.server.tools.conftest import Tools

from networkx_mcp.tools import questions


def test_create_graph_under_which_id_can_i_use_it(tools: Tools) -> None:
    text = tools.text("create_graph", nodes=["a", "b"])
    graph_id = text.removeprefix("created ").split(":")[0]
    assert "2 nodes" in tools.text("describe_graph", graph_id=graph_id)


def test_load_graph_how_large_is_what_i_loaded(tools: Tools) -> None:
    text = tools.text("load_graph", content="a b\nb c\n", format="edge-list")
    assert text.startswith("loaded g-")
    assert "3 nodes, 2 edges" in text


def test_list_graphs_which_graph_is_about_marriages(tools: Tools, florence: str) -> None:
    found = [line for line in tools.text("list_graphs").splitlines() if "marriages" in line]
    assert [line.split(":")[0] for line in found] == [florence]


def test_describe_graph_how_large_is_it_and_what_is_on_its_edges(tools: Tools, florence: str) -> None:
    first, *rest = tools.text("describe_graph", graph_id=florence, limit=1).splitlines()
    assert "undirected, 15 nodes, 20 edges" in first
    assert rest[0].startswith("edge attribute wealth: integer, 20 of 20, 16 to 20, 4 different, most 17 (7)")
    assert rest[0].endswith("; could be a weight")
    assert rest[1].startswith("export: GET /graphs/florence?format=, with the same token; one of csv")
    assert "edge Acciaiuoli -- Medici\twealth=20" in rest


def test_edit_graph_what_changed_and_what_is_the_version_now(tools: Tools, make_graph: Callable[..., str]) -> None:
    edits = [{"action": "add_edges", "edges": [["a", "b"]]}, {"action": "remove_nodes", "nodes": ["c"]}]
    text = tools.text("edit_graph", graph_id=make_graph(nodes=["c"]), edits=edits)
    assert text.splitlines()[0] == "done: +2 nodes, -1 nodes, +1 edges"
    assert text.endswith("2 nodes, 1 edges, version 2")


def test_get_neighbors_whom_did_the_albizzi_marry(tools: Tools, florence: str) -> None:
    first, *rows = tools.lines("get_neighbors", graph_id=florence, node="Albizzi")
    assert first == ["node Albizzi: degree 3, 3 neighbors"]
    assert [row[0] for row in rows] == ["Medici", "Ginori", "Guadagni"]


def test_find_paths_how_do_the_ginori_reach_the_pazzi(tools: Tools, florence: str) -> None:
    lines = tools.lines("find_paths", graph_id=florence, source="Ginori", target="Pazzi")
    assert lines[1] == ["hops", "distance", "path"]
    assert lines[2] == ["4", "4", '["Ginori","Albizzi","Medici","Salviati","Pazzi"]']


def test_get_subgraph_who_is_around_the_pazzi(tools: Tools, florence: str) -> None:
    text = tools.text("get_subgraph", graph_id=florence, center="Pazzi", radius=2)
    assert text.splitlines()[0] == "florence version 1: 3 nodes, 2 edges"
    assert "node Medici\tdistance=2" in text
    assert "edge Pazzi -- Salviati" in text


def test_derive_graph_the_marriages_of_one_family(tools: Tools, florence: str) -> None:
    edges = "SELECT * FROM edges WHERE 'Medici' IN (source, target)"
    text = tools.text("derive_graph", graph_id=florence, into="medici", replace=True, from_sql={"edges": edges})
    assert text.splitlines() == [
        "derived medici: undirected, 7 nodes, 6 edges, version 1",
        "from florence at version 1",
        "note: 8 nodes left out that no edge names.",
    ]


def test_query_graph_which_families_have_most_marriages(tools: Tools, florence: str) -> None:
    sql = "SELECT node, count(*) AS marriages, sum(wealth) AS wealth FROM ends GROUP BY node ORDER BY 2 DESC, 1 LIMIT 2"
    assert tools.lines("query_graph", graph_id=florence, sql=sql)[1:] == [
        ["node", "marriages", "wealth"],
        ["Medici", "6", "100"],
        ["Guadagni", "4", "73"],
    ]


def test_rank_nodes_which_family_stands_between_most_others(tools: Tools, florence: str) -> None:
    lines = tools.lines("rank_nodes", graph_id=florence, measure="betweenness", limit=2)
    assert lines[2][:2] == ["1", "Medici"]
    assert lines[2][2].startswith("0.52")
    assert lines[-1] == ["truncated: 2 of 15 rows; call again with offset=2"]


def test_find_communities_how_many_groups_are_there(tools: Tools, florence: str) -> None:
    first, columns, *rows, links, bridges, note = tools.lines("find_communities", graph_id=florence, seed=1)
    assert "weight=none" in first[0]
    assert note[0].startswith("note: Every edge counts 1")
    assert "wealth" in note[0]
    count = int(first[0].split("count=")[1].split()[0])
    assert columns == ["community", "size", "inner_edges", "outer_edges", "nodes"]
    assert len(rows) == count
    assert sum(int(row[1]) for row in rows) == 15
    assert 2 * sum(int(row[2]) for row in rows) + sum(int(row[3]) for row in rows) == 2 * 20
    assert links[0].startswith("edges between communities: 1 - ")
    assert bridges[0].startswith("bridges (node of community: edges to how many others): Medici of ")


def test_find_components_is_it_in_one_piece(tools: Tools, florence: str) -> None:
    assert "count=1 largest=15" in tools.text("find_components", graph_id=florence)


def test_measure_graph_what_is_its_diameter(tools: Tools, florence: str) -> None:
    lines = tools.lines("measure_graph", graph_id=florence, metrics=["diameter", "is_tree"])
    assert lines[2] == ["diameter", "5", "-"]
    assert lines[3] == ["is_tree", "false", "-"]


def test_find_algorithms_what_colours_a_graph(tools: Tools) -> None:
    calls = [line[0] for line in tools.lines("find_algorithms", query="graph colouring")]
    assert any(call.startswith("greedy_color(") for call in calls)


@pytest.mark.parametrize(
    ("query", "says", "tool"),
    [
        ("average salary by department", "no algorithm has most of these words; the nearest:", "query_graph"),
        ("attribute table", "no algorithm has most of these words; the nearest:", "query_graph"),
        ("rename nodes", "no algorithm fits; use other words, or a category: ", "edit_graph"),
        ("node2vec", "no algorithm fits; use other words, or a category: ", "query_graph"),
    ],
)
def test_find_algorithms_what_if_none_does_it(tools: Tools, query: str, says: str, tool: str) -> None:
    lines = tools.text("find_algorithms", query=query, limit=2).splitlines()
    assert lines[0].startswith(says)
    assert any(line.startswith(f"not an algorithm, but may answer: {tool} (") for line in lines)
    data = tools.data("find_algorithms", query=query)
    assert data["fits"] is False
    assert data["elsewhere"][0]["tool"] == tool


@pytest.mark.parametrize("query", ["minimum spanning tree", "critical path", "link prediction", "max flow", ""])
def test_find_algorithms_says_nothing_of_other_tools_where_one_fits(tools: Tools, query: str) -> None:
    data = tools.data("find_algorithms", query=query)
    assert "fits" not in data
    assert "elsewhere" not in data


#: A graph for the calls that find_algorithms names, directed and not.
SQUARE = [
    [source, target, {"amount": place, "weight": 1 + place, "date": f"2024-03-0{place}"}]
    for place, (source, target) in enumerate((("A", "C"), ("A", "D"), ("B", "C"), ("B", "D")), 1)
]


@pytest.fixture(scope="module")
def squares(tools: Tools) -> dict[bool, str]:
    nodes = [{"id": "B", "attributes": {"label": "x"}}, {"id": "C", "attributes": {"label": "x"}}]
    edges = {False: SQUARE, True: [*SQUARE, ["Z", "A"], ["Z", "B"]]}
    return {
        directed: tools.data("create_graph", directed=directed, nodes=nodes, edges=given)["graph_id"]
        for directed, given in edges.items()
    }


@pytest.mark.parametrize("directed", [False, True])
def test_find_algorithms_names_calls_that_are_answered(tools: Tools, squares: dict[bool, str], directed: bool) -> None:
    """Each call of its table, with the ids and attributes of its examples, on a graph that it is for."""
    asked = {repr(call): call for question in questions.QUESTIONS for call in question.calls}.values()
    placed = {"<graph_id>": squares[directed], "<other>": squares[directed], "<attribute>": "weight", "<root>": "A"}
    refused = []
    for number, call in enumerate(asked):
        others = ("undirected", "directed")[not directed]
        text = f"{call.does} {call.arguments}"
        if f"({others}" in text or (not directed and ("out_degree" in text or "in_degree" in text or "strong" in text)):
            continue
        if directed and call.tool == "find_paths" and "k" in call.arguments:
            continue  # there are no two paths
        arguments = {
            name: placed.get(value, value) if isinstance(value, str) else value
            for name, value in call.arguments.items()
        }
        if call.tool == "compare_graphs" and "b" in arguments:
            arguments["view"] = {"without": ["D"]}
        if call.tool == "derive_graph":
            arguments["into"] = f"asked-{directed}-{number}".lower()
        if call.tool != "compare_graphs":
            arguments["graph_id"] = squares[directed]
        found = tools.result(call.tool, **arguments)
        if found.get("isError"):
            refused.append(f"{call.tool} {arguments}: {found['content'][0]['text']}")
    none = (
        "traveling_salesman_problem",
        "eulerian_circuit",
        "barycenter",
    )  # there is none along the direction of these edges
    assert "\n".join(one for one in refused if not (directed and any(name in one for name in none))) == ""


@pytest.mark.parametrize(
    ("directed", "name", "told", "way"),
    [
        (True, "bridges", "an undirected one of it (algorithm=to_undirected)", {"algorithm": "to_undirected"}),
        (
            False,
            "topological_sort",
            "a directed one of it (from_sql with directed=true)",
            {"from_sql": {"edges": "SELECT source, target FROM edges", "directed": True}},
        ),
    ],
)
def test_an_algorithm_for_the_other_kind_of_graph_says_how_to_get_one(
    tools: Tools, squares: dict[bool, str], directed: bool, name: str, told: str, way: dict[str, Any]
) -> None:
    text, _ = tools.error("run_algorithm", graph_id=squares[directed], name=name)
    assert told in text
    made = tools.data("derive_graph", graph_id=squares[directed], into=f"other-{directed}".lower(), **way)
    tools.text("run_algorithm", graph_id=made["graph_id"], name=name)


def test_find_algorithms_says_first_which_call_answers(tools: Tools) -> None:
    lines = tools.text("find_algorithms", query="dead ends").splitlines()
    assert lines == [
        'may answer: query_graph {"sql":"SELECT id FROM nodes WHERE out_degree = 0"} (directed: nodes that lead nowhere; '
        "undirected: degree = 1)"
    ]
    both = tools.data("find_algorithms", query="money laundering loops", limit=3)
    assert both["calls"][0]["arguments"]["name"] == "simple_cycles"
    assert len(both["algorithms"]) == 3


def test_get_subgraph_and_the_other_edges(tools: Tools, florence: str) -> None:
    first = tools.data("get_subgraph", graph_id=florence, center="Medici", radius=9, limit_edges=12)
    rest = tools.result(
        "get_subgraph", graph_id=florence, center="Medici", radius=9, offset_edges=first["edges"]["next_offset"]
    )
    assert len(first["edges"]["rows"]) + len(rest["structuredContent"]["edges"]["rows"]) == 20
    assert rest["content"][0]["text"].startswith("florence version 1: page of edges among 15 nodes, 8 of 20 edges")


def test_find_paths_who_reaches_a_node(tools: Tools, make_graph: Callable[..., str]) -> None:
    graph_id = make_graph(directed=True, edges=[["ore", "steel"], ["steel", "car"]])
    lines = tools.lines("find_paths", graph_id=graph_id, source="car", kind="reachable", direction="in")
    assert "direction=in" in lines[0][0]
    assert lines[2:4] == [["steel", "1"], ["ore", "2"]]


def test_find_algorithms_what_must_i_tell_it(tools: Tools) -> None:
    lines = tools.lines("find_algorithms", name="maximum_flow")
    assert ["s", "a node id, required"] in [line[:2] for line in lines]


def test_run_algorithm_which_edges_hold_it_together(tools: Tools, florence: str) -> None:
    lines = tools.lines("run_algorithm", graph_id=florence, name="bridges")
    assert {"Ginori", "Albizzi"} in [set(line[:2]) for line in lines[2:]]
    assert len(lines) == 2 + len(list(nx.bridges(nx.florentine_families_graph())))


def test_partition_graph_who_is_in_which_half(tools: Tools, florence: str) -> None:
    lines = tools.lines("partition_graph", graph_id=florence, k=2, seed=1)
    assert [line[1] for line in lines[2:4]] == ["8", "7"]


def test_compare_graphs_what_breaks_without_the_medici(tools: Tools, florence: str) -> None:
    lines = tools.lines("compare_graphs", a=florence, view={"without": ["Medici"]}, rows="betweenness", limit=1)
    assert lines[0] == [
        "compare_graphs: a is florence version 1, b is florence version 1, view of 14 nodes and 14 edges"
    ]
    assert ["components", "1", "3", "2"] in lines
    assert ["cut off in b from the largest component of a: Acciaiuoli, Salviati, Pazzi"] in lines
    at = lines.index(["node", "rank_a", "rank_b", "change", "score_a", "score_b"])
    assert lines[at - 1] == ["changes of rank by betweenness:"]
    assert len(lines[at + 1]) == 6


def test_compare_graphs_what_is_new_and_what_changed(tools: Tools, make_graph: Callable[..., str]) -> None:
    a = make_graph(nodes=[{"id": "x", "attributes": {"age": 1}}], edges=[["x", "y"]])
    b = make_graph(nodes=[{"id": "x", "attributes": {"age": 2}}], edges=[["x", "z", {"w": 1}]])
    assert tools.lines("compare_graphs", a=a, b=b)[-6:] == [
        ["difference", "item", "attribute", "a", "b"],
        ["node_only_a", "y", "-", "{}", "-"],
        ["node_only_b", "z", "-", "-", "{}"],
        ["edge_only_a", '["x","y"]', "-", "{}", "-"],
        ["edge_only_b", '["x","z"]', "-", "-", '{"w":1}'],
        ["node_attribute", "x", "age", "1", "2"],
    ]


def test_draw_graph_what_is_on_the_picture(tools: Tools, florence: str) -> None:
    assert "15 nodes and 20 edges drawn as png" in tools.text("draw_graph", graph_id=florence)


def test_delete_graph_is_it_gone(tools: Tools, make_graph: Callable[..., str]) -> None:
    graph_id = make_graph()
    assert tools.text("delete_graph", graph_id=graph_id) == f"deleted {graph_id}; its last version was 1"
    assert tools.error("describe_graph", graph_id=graph_id)[1]["error"] == "not_found"


def test_view_graph_is_what_i_see_in_the_viewer(tools: Tools, florence: str) -> None:
    assert "15 nodes and 20 edges are in the viewer" in tools.text("view_graph", graph_id=florence)


def test_every_tool_has_its_question(tools: Tools) -> None:
    asked = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert [tool for tool in tools.listed if not any(name.startswith(tool) for name in asked)] == []


def test_a_way_of_derive_graph_is_found_by_a_name_that_is_nearly_its(tools: Tools, florence: str) -> None:
    text, facts = tools.error("derive_graph", graph_id=florence, into="x", algorithm="largest_connected_component")
    assert "Did you mean largest_component?" in text
    assert facts["nearest"][0] == "largest_component"
