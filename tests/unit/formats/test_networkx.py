"""networkx reads what is written here, and what networkx writes is read here as networkx reads it."""

from __future__ import annotations

import ast
import csv
import io
import json
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networkx.readwrite import json_graph
from tests.unit.formats.files import attributes, graphs, nothing, parts, read, scalars, texts, words, written

pytestmark = pytest.mark.long

plain = st.text("abcxyz", min_size=1, max_size=4)
#: Values that both GraphML dialects have.
simple = graphs(words, *(attributes(scalars),) * 3)


def unordered(graph: nx.Graph[Any]) -> Any:
    """As `parts`, whatever the order and direction of edges."""
    kind, of_graph, nodes, edges = parts(graph)
    flat = []
    for u, v, data in edges:
        ends = [u, v] if graph.is_directed() else sorted([u, v])
        flat.append(repr([ends, sorted(data.items(), key=repr)]))
    return [kind, of_graph, nodes, sorted(flat)]


def without_empty_text(graph: nx.Graph[Any]) -> nx.Graph[Any]:
    """networkx takes an empty `<data>` for no value."""
    for attributes_ in [
        graph.graph,
        *(d for _, d in graph.nodes(data=True)),
        *(d for _, _, d in graph.edges(data=True)),
    ]:
        for name in [name for name, value in attributes_.items() if value == ""]:
            del attributes_[name]
    return graph


@given(graph=simple.map(without_empty_text))
def test_networkx_reads_our_graphml(graph: nx.Graph[Any]) -> None:
    found = nx.parse_graphml(written(graph, "graphml").decode())
    found.graph.pop("node_default"), found.graph.pop("edge_default")
    assert unordered(found) == unordered(graph)


@pytest.mark.parametrize("write", [nx.write_graphml_xml, nx.write_graphml_lxml])
@given(
    graph=graphs(
        words, *(attributes(scalars.filter(lambda value: not isinstance(value, str) or "\r" not in value)),) * 3
    )
)
def test_graphml_of_networkx_is_read(write: Any, graph: nx.Graph[Any]) -> None:
    file = io.BytesIO()
    write(graph, file)
    assert unordered(read(file.getvalue(), "graphml")) == unordered(graph)


def test_integers_of_graphml_are_text_unless_asked() -> None:
    file = io.BytesIO()
    nx.write_graphml(nx.path_graph(3), file)
    assert list(read(file.getvalue(), "graphml")) == ["0", "1", "2"]
    assert list(read(file.getvalue(), "graphml", ids="integer")) == [0, 1, 2]
    assert list(read(file.getvalue(), "graphml", ids="auto")) == [0, 1, 2]


#: networkx takes these for empty lists, quoted or not
not_lists = texts.filter(lambda text: text not in ("[]", "()"))
gml_words = words.filter(lambda word: word != "[]")
gml_values = st.integers(-(2**31), 2**31 - 1) | st.floats(allow_nan=False, allow_infinity=False) | not_lists


@given(graph=graphs(gml_words | st.integers(-(2**31), 2**31 - 1), *(attributes(gml_values),) * 3))
def test_networkx_reads_our_gml(graph: nx.Graph[Any]) -> None:
    assert unordered(nx.parse_gml(written(graph, "gml").decode("ascii"))) == unordered(graph)


@given(
    graph=graphs(
        gml_words,
        *(st.fixed_dictionaries({}, optional={"v": gml_values, "w": st.integers(0, 9)}),) * 3,
    )
)
def test_gml_of_networkx_is_read(graph: nx.Graph[Any]) -> None:
    data = "\n".join(nx.generate_gml(graph))
    assert unordered(read(data, "gml")) == unordered(nx.parse_gml(data))


@given(graph=graphs(plain | st.integers()))
def test_node_link_goes_both_ways(graph: nx.Graph[Any]) -> None:
    if any(type(node) is int and not -(2**63) <= node < 2**63 for node in graph):
        return
    assert parts(json_graph.node_link_graph(json.loads(written(graph, "node-link")))) == parts(graph)
    assert parts(read(json.dumps(json_graph.node_link_data(graph)), "node-link")) == parts(graph)
    old = json_graph.node_link_data(graph, edges="links")
    assert parts(read(json.dumps(old, indent=1), "node-link")) == parts(graph)


@given(graph=graphs(plain, nothing, nothing, nothing))
def test_adjacency_lists_go_both_ways(graph: nx.Graph[Any]) -> None:
    ours = nx.parse_adjlist(written(graph, "adjacency-list").decode().splitlines(), create_using=type(graph))
    assert parts(ours) == parts(graph)
    theirs = "\n".join(nx.generate_adjlist(graph))
    again = nx.parse_adjlist(theirs.splitlines(), create_using=type(graph))
    assert parts(read(theirs, "adjacency-list", directed=graph.is_directed())) == parts(again)


@given(graph=graphs(plain, nothing, st.fixed_dictionaries({}, optional={"weight": st.integers(), "s": texts}), nothing))
def test_networkx_reads_our_edge_list(graph: nx.Graph[Any]) -> None:
    lines = [line for line in written(graph, "edge-list").decode().split("\n") if " " in line]
    found = nx.parse_edgelist([line for line in lines if "#" not in line], create_using=type(graph))
    # networkx takes `#` for a comment; where a text has something else that it trips over, ours has none
    kept = [edge for edge, line in zip(graph.edges, lines, strict=True) if "#" not in line]
    assert [set(edge) for edge in found.edges] == [set(edge) for edge in kept] or len(found.edges) == len(kept)


@given(graph=graphs(plain, nothing, st.fixed_dictionaries({"weight": st.floats(-1e9, 1e9)}), nothing))
def test_weighted_edge_lists_of_networkx_are_read(graph: nx.Graph[Any]) -> None:
    file = io.BytesIO()
    nx.write_weighted_edgelist(graph, file)
    file.seek(0)
    theirs = nx.read_weighted_edgelist(file, create_using=type(graph))
    assert parts(read(file.getvalue(), "edge-list", directed=graph.is_directed())) == parts(theirs)


@given(graph=graphs(words, *(attributes(texts),) * 2, nothing))
def test_python_reads_our_csv(graph: nx.Graph[Any]) -> None:
    rows = list(csv.DictReader(io.StringIO(written(graph, "csv", nodes="all").decode(), newline="")))
    nodes, edges = rows[: len(graph)], rows[len(graph) :]
    assert [row["source"] for row in nodes] == list(graph)
    assert [(row["source"], row["target"]) for row in edges] == list(graph.edges)
    for row, data in [
        *zip(nodes, (d for _, d in graph.nodes(data=True)), strict=True),
        *zip(edges, (d for _, _, d in graph.edges(data=True)), strict=True),
    ]:
        for name, value in data.items():
            assert row[name] == value if isinstance(value, str) else ast.literal_eval(row[name]) == value
