"""Edge lists and adjacency lists as networkx, SNAP, KONECT, Network Repository and people write them."""

from __future__ import annotations

import io
import re
from typing import Any

import networkx as nx
import numpy as np
import pytest
from tests.unit.formats.files import LIMITS, parts, read, refused, written

from networkx_mcp.arrays import formats
from networkx_mcp.arrays.formats import Reading
from networkx_mcp.arrays.state import GraphState

LISTS = ("edge-list", "adjacency-list")


def load(text: str, format_: str = "edge-list", **options: Any) -> tuple[list[Any], Reading, bool]:
    found = formats.load(io.BytesIO(text.encode()), format_, options, LIMITS)
    graph = GraphState(found.graph).to_networkx()
    return list(graph.edges(data=True)), found.reading, graph.is_directed()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (".5", 0.5),
        ("+5", 5),
        ("1.", 1.0),
        ("-.5e-3", -0.0005),
        ("007", 7),
        ("2 # a comment", 2),
        ("{'weight': 7, 'color': 'green'}", {"weight": 7, "color": "green"}),
        ("{'weight': 7.0, 'ok': True, 'no': None}", {"weight": 7.0, "ok": True, "no": None}),
        ("{'name': \"O'Hara\", 'at': (1, [2, -3])}", {"name": "O'Hara", "at": [1, [2, -3]]}),
        (r"{'t': 'a\'b\\n', 1: 2}", {"t": "a'b\\n", "1": 2}),
        ("{'w': np.float64(1.5), 'n': np.int64(3)}", {"w": 1.5, "n": 3}),
        ('{"w": 1, "t": "it\'s"}', {"w": 1, "t": "it's"}),
        ("{}", {}),
    ],
)
def test_what_stands_behind_an_edge(text: str, value: Any) -> None:
    expected = value if isinstance(value, dict) else {"weight": value}
    for line in (f"a b {text}\n", f"a\tb\t{text}\n", f"# x\n\na b {text}\r\n"):
        assert repr(load(line)[0]) == repr([("a", "b", expected)])


@pytest.mark.parametrize(
    "text", ["nan", "NaN", "NA", "None", "{'weight': nan}", '{"weight": NaN}', "{'weight': np.float64(nan)}"]
)
def test_nan_is_a_missing_value_and_counted(text: str) -> None:
    edges, reading, _ = load(f"a b {text}\nb c 2\n")
    assert edges == [("a", "b", {}), ("b", "c", {"weight": 2})]
    assert reading.missing_values == 1


@pytest.mark.parametrize(
    "text", ["{'a': open('x')}", "{'a': x}", "{'a': 1 + 1}", "{'a': b'x'}", "{'a': {1}}", "{'a': inf}", "{'a': 'b'", "{1.5: 2}",
             "{'a': " + "(" * 300 + ")" * 300 + "}", "{'a': '" + "x\\x41" * 60_000 + "'}", "{**{}}", "{'a': f'{1}'}"]
)  # fmt: skip
def test_python_that_is_no_literal_of_json_is_refused(text: str) -> None:
    error = refused(f"a b\nb c {text}\n", "edge-list")
    assert error.data.get("line") == 2
    assert len(error.message) < 2000


@pytest.mark.parametrize(
    "graph",
    [
        nx.relabel_nodes(nx.les_miserables_graph(), lambda name: name.replace(" ", "_")),
        nx.karate_club_graph(),
        nx.Graph([(1, 2, {"w": np.float64(0.5), "t": "it's", "at": (1, 2)})]),
    ],
)
def test_the_default_of_networkx_is_read(graph: nx.Graph[Any]) -> None:
    file = io.BytesIO()
    nx.write_edgelist(graph, file)
    found = read(file.getvalue(), "edge-list")
    assert {frozenset((u, v)): data for u, v, data in found.edges(data=True)} == {
        frozenset((u, v)): {name: list(value) if isinstance(value, tuple) else value for name, value in data.items()}
        for u, v, data in graph.edges(data=True)
    }


def test_konect_says_whether_the_graph_is_directed() -> None:
    text = "{}\n% 2 3 3\n1 2 1 1082008561\n2 3\n"
    edges, reading, directed = load(text.format("% asym positive"))
    assert directed
    assert edges == [(1, 2, {"weight": 1, "timestamp": 1082008561}), (2, 3, {})]
    assert reading.lines() == [
        "the graph is directed, as its first line (% asym) says",
        "a second number behind the ids is the attribute 'timestamp', as KONECT has it",
        "2 lines were passed over as comments: they begin with %",
    ]
    assert not load(text.format("% sym unweighted"))[2]
    assert load(text.format("% sym unweighted"), directed=True)[2]
    assert "bipartite" in refused(text.format("% bip unweighted"), "edge-list").message


@pytest.mark.parametrize("format_", LISTS)
@pytest.mark.parametrize("end", ["\r", "\r\n", "\n", "\n\r\n"])
def test_lines_may_end_in_any_way(format_: str, end: str) -> None:
    edges, _, _ = load(f"a b{end}# x{end}b c{end}", format_)
    assert edges == [("a", "b", {}), ("b", "c", {})]
    error = refused(f"a b{end}b c{end}a b{end}", format_)
    assert error.data["line"] == (3 if len(end) < 3 and end != "\n\r\n" else 5)


@pytest.mark.parametrize("format_", LISTS)
@pytest.mark.parametrize(
    ("text", "character"),
    [
        ("1,2\n2,3\n", ","),
        ("1, 2\n2, 3\n", ","),
        ("% x\na;b\nb;c\n", ";"),
        ("1,2,0.5\n", ","),
        ("1,2 0.5\n", ","),
        ("a|b\n", "|"),
    ],
)
def test_ids_that_another_character_separates_are_not_run_together(format_: str, text: str, character: str) -> None:
    assert f"option delimiter={character!r}" in refused(text, format_).message
    if " " not in text.replace(", ", ",") and "0.5" not in text and "%" not in text:
        assert len(load(text, format_, delimiter=character)[0]) == text.count("\n")


def test_a_delimiter_separates_numbers_too() -> None:
    assert load("1,2,.5,7\n", delimiter=",")[0] == [(1, 2, {"weight": 0.5, "timestamp": 7})]


@pytest.mark.parametrize("format_", LISTS)
@pytest.mark.parametrize("node", ["a,b", "a,", ",", "1,2", ";", "a|", "*vertices", "graph", "{", "<?xml"])
def test_ids_with_separators_come_back(format_: str, node: str) -> None:
    for graph in (nx.Graph(), nx.Graph([(node, node)]), nx.Graph([(node, "x,")]), nx.Graph([("x,", node)])):
        graph.add_node(node)
        assert parts(read(written(graph, format_), format_, ids="string")) == parts(graph)


def test_ids_with_commas_beside_others_are_ids() -> None:
    assert load("Smith,John Doe,Jane\nDoe,Jane x\n")[0] == [("Smith,John", "Doe,Jane", {}), ("Doe,Jane", "x", {})]
    assert load("a,b\nc,d\n", delimiter=" ")[0] == []


@pytest.mark.parametrize("format_", LISTS)
@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("*Vertices 3\n1 \"a\"\n", "Pajek"),
        ("*network x\n*vertices 3\n", "Pajek"),
        ("%%MatrixMarket matrix coordinate pattern symmetric\n3 3 2\n2 1\n", "atrix"),
        ("<?xml version='1.0'?>\n<gexf/>\n", "GEXF|XML"),
        ("digraph {\n a -> b\n}\n", "DOT"),
        ("{\n\"a\": 1}\n", "JSON"),
        ("p edge 3 2\ne 1 2\n", "DIMACS"),
        ("c text\np edge 3 2\ne 1 2\n", "DIMACS"),
        ("dl n = 5\n", "UCINET"),
    ],
)  # fmt: skip
def test_files_of_other_formats_are_not_taken_for_lists(format_: str, text: str, name: str) -> None:
    assert re.search(name, refused(text, format_).message)


def test_headers_and_multiline_lists_are_told_apart() -> None:
    assert "format csv" in refused("source target\na b\n", "edge-list").message
    assert "multiline" in refused("\n".join(nx.generate_multiline_adjlist(nx.path_graph(3))), "adjacency-list").message


@pytest.mark.parametrize("format_", LISTS)
def test_the_first_line_of_snap_says_the_direction(format_: str) -> None:
    _, reading, directed = load("# Directed graph: a.txt\n# x\n0 1\n1 2\n", format_)
    assert directed
    assert "the graph is directed, as its first line says" in reading.notes
    assert not load("# Undirected graph: a.txt\n0 1\n", format_)[2]
    assert not load("# Directed graph: a.txt\n0 1\n", format_, directed=False)[2]
    assert not load("# x\n# Directed graph: a.txt\n0 1\n", format_)[2]


@pytest.mark.parametrize("text", ["4 3\n1 2\n2 3\n1 4\n", "4 4 3\n2 1\n3 2\n4 1\n"])
def test_a_first_line_that_may_be_the_size_is_told(text: str) -> None:
    edges, reading, _ = load(text)
    assert len(edges) == 4
    assert [note for note in reading.notes if note.startswith("the first line may be the numbers of nodes and edges")]
    for other in (text.replace("4 3\n", "4 2\n", 1), text + "1 3\n", text + "1 9\n", "a 1\nb c\n", "4\n3\n", "5 1\n"):
        assert load(other)[1].notes == [], other
