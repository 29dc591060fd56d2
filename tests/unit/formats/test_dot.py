"""DOT: what Graphviz and others write is read, what is written comes back, and no file costs more than it is worth."""

from __future__ import annotations

import io
import re
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.formats.files import LIMITS, attributes, graphs, numbers, parts, read, refused, texts, written

from networkx_mcp.arrays import formats
from networkx_mcp.arrays.formats import ParseLimits
from networkx_mcp.errors import InvalidInput, LimitExceeded

held = texts.filter(lambda text: "\r" not in text and "\\" not in text) | st.text('ab"<>{}[];=/*#\n ')
values = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | held


@given(
    graph=st.one_of(
        *(
            graphs(ids, *(attributes(values),) * 3)
            for ids in (st.text('abc xyz-_.äß,;"<>[]{}#', min_size=1, max_size=5), numbers)
        )
    )
)
def test_dot_comes_back(graph: nx.Graph[Any]) -> None:
    ids = "string" if {type(node) for node in graph} == {str} else "auto"
    assert parts(read(written(graph, "dot"), "dot", ids=ids)) == parts(graph)


@given(text=st.text('ab\\"\n', max_size=8))
def test_backslashes_come_back_or_are_refused(text: str) -> None:
    graph: nx.Graph[Any] = nx.Graph([("a", "b", {"t": text})])
    try:
        data = written(graph, "dot")
    except InvalidInput:
        assert re.search(r'\\(["\n]|$)', text)
        return
    assert parts(read(data, "dot")) == parts(graph)


@pytest.mark.parametrize(
    ("text", "directed", "edges"),
    [
        ("graph{a--b}", False, [("a", "b", {})]),
        ('/* c */ // d\n# line\nstrict digraph "G 1" { a->b->c; }', True, [("a", "b", {}), ("b", "c", {})]),
        (
            "graph { edge [w=1]; a -- b [w=2, color=red,]; b -- c; }",
            False,
            [("a", "b", {"w": 2, "color": "red"}), ("b", "c", {"w": 1})],
        ),
        ("digraph { a -> {b c} }", True, [("a", "b", {}), ("a", "c", {})]),
        ("digraph { subgraph cluster_0 { label=x; a b } -> c }", True, [("a", "c", {}), ("b", "c", {})]),
        ("digraph { a:n -> b:p:se [x=-.5] }", True, [("a", "b", {"x": -0.5, "tailport": "n", "headport": "p:se"})]),
        ('digraph { "a\\"b" -> "c" + "d" [l="x\\ny\\\\z"] }', True, [('a"b', "cd", {"l": "x\\ny\\\\z"})]),
        ("graph { a -- b [label=<<b>x</b> y>] }", False, [("a", "b", {"label": "<<b>x</b> y>"})]),
        ("graph { 1 -- 2 -- 3 }", False, [(1, 2, {}), (2, 3, {})]),
        ("strict graph { a -- b [x=1]; b -- a [y=2] }", False, [("a", "b", {"x": 1, "y": 2})]),
    ],
)
def test_dot_of_others(text: str, directed: bool, edges: list[Any]) -> None:
    loaded = formats.load(io.BytesIO(text.encode()), "", {}, LIMITS)
    assert loaded.reading.format == "dot"
    graph = read(text, "dot")
    assert graph.is_directed() is directed
    assert list(graph.edges(data=True)) == edges


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (['"-2"', "3", '"1e-05"'], [-2, 3, 1e-05]),
        (['"-2"', "3", "x"], ["-2", 3, "x"]),
        (['"-2"', '"3"', '"4"'], ["-2", "3", "4"]),
        (['"007"', "3", "4"], ["007", 3, 4]),
        (['"" + "-2"', "3", '"4"'], ["-2", 3, "4"]),
        (['"1e999"', "3", "4"], ["1e999", 3, 4]),
    ],
)
def test_numbers_in_quotes_among_numbers_are_numbers(values: list[str], found: list[Any]) -> None:
    """pydot writes -2 and 1e-05 with quotes, and 3 without."""
    ends = [f"{k} -- {k + 1} [w={value}]" for k, value in enumerate(values)]
    graph = read(f"graph {{ {'; '.join(ends)} }}", "dot")
    assert [data["w"] for _, _, data in graph.edges(data=True)] == found
    assert parts(read(written(graph, "dot"), "dot")) == parts(graph)


@given(row=st.lists(st.sampled_from([1, -2, 0.5, "1", "-2", "1e-05", "x", "007"]), max_size=4))
def test_numbers_and_text_of_one_attribute_come_back(row: list[Any]) -> None:
    graph: nx.Graph[Any] = nx.path_graph(len(row) + 1)
    for k, value in enumerate(row):
        graph.edges[k, k + 1]["w"] = graph.nodes[k]["v"] = value
        graph.graph[f"g{k}"] = value
    assert parts(read(written(graph, "dot"), "dot")) == parts(graph)


def test_text_of_an_attribute_that_is_all_text_is_written_plainly() -> None:
    graph = nx.Graph([("a", "b", {"zip": "1"}), ("b", "c", {"zip": "2"})])
    assert b'zip="1"]' in written(graph, "dot")


def test_names_of_attributes_have_quotes_only_where_dot_wants_them() -> None:
    """pydot, and so networkx, takes the quotes for a part of the name."""
    names = ["weight", "_x1", "node", "Graph", "two words", "1a", "é", "sub-graph"]
    graph = nx.Graph([("a", "b", dict.fromkeys(names, 1))])
    data = written(graph, "dot")
    assert b'[weight=1, _x1=1, "node"=1, "Graph"=1, "two words"=1, "1a"=1,' in data
    assert parts(read(data, "dot")) == parts(graph)
    assert parts(read(written(graph, "dot"), "dot")) == parts(graph)


def test_attributes_of_the_graph_and_what_is_passed_over() -> None:
    text = (
        "digraph X { rankdir=LR; graph [size=3]; node [shape=box]; a; subgraph s { label=y; node [color=red]; b } c }"
    )
    graph = read(text, "dot")
    assert graph.graph == {"name": "X", "rankdir": "LR", "size": 3}
    assert dict(graph.nodes(data=True)) == {
        "a": {"shape": "box"},
        "b": {"shape": "box", "color": "red"},
        "c": {"shape": "box"},
    }
    reading = formats.load(io.BytesIO(text.encode()), "dot", {}, LIMITS).reading
    assert reading.lines() == ["1 attribute was of subgraphs passed over"] or "subgraphs" in reading.lines()[0]


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("", 1, "graph or digraph"),
        ("graph {\na -> b }", 2, "undirected: its edges are --"),
        ("digraph {\na -- b }", 2, "directed: its edges are ->"),
        ("graph {\na -- ", 2, "the end of the file"),
        ("graph {\na [x=] }", 2, "a value"),
        ("graph {\na [x=1 }", 2, "the name of an attribute"),
        ('graph {\na [x="1 }', 2, "no DOT"),
        ("graph {\na [x=<1 }", 2, "never closed"),
        ("graph {\na -- b\na -- b }", 3, "first in line 2"),
        ("graph {}\ngraph {}", 2, "one graph a file"),
        ("graph {\n" + "{" * 100, 2, "deeper"),
        ("graph {\n 1a }", 2, "no DOT"),
        (f"graph {{\n {'d' * 2000} }}", None, "1024"),
    ],
)
def test_broken_dot_names_the_line(text: str, line: int | None, why: str) -> None:
    error = refused(text, "dot")
    assert error.data.get("line") == line, error.message
    assert re.search(why, error.message), error.message


@pytest.mark.parametrize("value", [True, None, [1], {"a": 1}])
def test_what_dot_cannot_hold_is_refused_or_json(value: Any) -> None:
    graph = nx.Graph()
    graph.add_edge("a", "b", v=value)
    with pytest.raises(InvalidInput, match="values=json"):
        written(graph, "dot")
    assert isinstance(read(written(graph, "dot", values="json"), "dot").edges["a", "b"]["v"], str)


@pytest.mark.parametrize("options", [{}, {"duplicates": "update"}])
@pytest.mark.parametrize("begin", ["graph", "strict graph"])
def test_edges_between_subgraphs_are_bounded(begin: str, options: dict[str, Any]) -> None:
    many = "{" + " ".join(f"n{k}" for k in range(900)) + "}"
    with pytest.raises(LimitExceeded):
        read(f"{begin} {{ {many} -- {many} -- {many} }}", "dot", ParseLimits(1000, 5000, 1 << 20), **options)


@pytest.mark.parametrize(
    "text", ["/**/" * 1000 + "?", " " * 4000 + "?", 'graph "' + "\\a" * 2000, "graph {" + "a " * 50_000 + "?"]
)
def test_no_text_takes_the_patterns_for_long(text: str) -> None:
    """Patterns that go back try 2**n ways here: this test would not end."""
    refused(text, "dot")
    with pytest.raises(InvalidInput):
        formats.load(io.BytesIO(text.encode()), "", {}, LIMITS)
