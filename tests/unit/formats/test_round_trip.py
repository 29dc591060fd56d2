"""What is written comes back: ids with their types, attributes, the order of nodes and edges."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.formats.files import (
    BOTH,
    UNDIRECTED,
    attributes,
    graphs,
    nothing,
    numbers,
    parts,
    read,
    texts,
    words,
    written,
)

from networkx_mcp.arrays import formats
from networkx_mcp.arrays.edits import AddEdges, RemoveNodes
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import InvalidInput

EXACT = ("node-link", "graphml", "parquet", "arrow")
#: White space separates, # begins a comment.
bare = st.text("abcxyz-_.äß,;'\"&", min_size=1, max_size=6)
#: Values of GML: no booleans, nulls and lists of lists.
gml_scalars = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | texts
gml_values = st.recursive(
    gml_scalars,
    lambda inner: (
        st.lists(inner.filter(lambda v: not isinstance(v, list)), max_size=3)
        | st.dictionaries(st.from_regex(r"[A-Za-z][0-9A-Za-z_]{0,3}", fullmatch=True), inner, max_size=3)
    ),
    max_leaves=5,
)


@pytest.mark.parametrize("format_", EXACT)
@given(graph=graphs())
def test_everything_comes_back(format_: str, graph: nx.Graph[Any]) -> None:
    assert parts(read(written(graph, format_), format_)) == parts(graph)


@given(
    graph=graphs(node_data=attributes(gml_values), edge_data=attributes(gml_values), graph_data=attributes(gml_values))
)
def test_gml_brings_back_all_that_it_can_hold(graph: nx.Graph[Any]) -> None:
    assert parts(read(written(graph, "gml"), "gml")) == parts(graph)


@given(graph=graphs(nodes=bare | numbers, node_data=nothing, graph_data=nothing))
def test_an_edge_list_brings_edges_with_all_attributes_back(graph: nx.Graph[Any]) -> None:
    kinds = {type(node) for node in graph}
    if len(kinds) > 1:
        with pytest.raises(InvalidInput, match="text and integer ids"):
            written(graph, "edge-list")
        return
    ids = "string" if kinds == {str} else "auto"
    assert parts(read(written(graph, "edge-list"), "edge-list", directed=graph.is_directed(), ids=ids)) == parts(graph)


@given(graph=st.one_of(*(graphs(nodes, nothing, nothing, nothing) for nodes in (bare, numbers))))
def test_an_adjacency_list_brings_the_structure_back(graph: nx.Graph[Any]) -> None:
    ids = "string" if {type(node) for node in graph} == {str} else "auto"
    again = read(written(graph, "adjacency-list"), "adjacency-list", directed=graph.is_directed(), ids=ids)
    assert parts(again) == parts(graph)


#: Text that reads as no number, date, truth or nothing.
csv_text = st.text("äöü,;\"'\n\r {}", min_size=1).map(lambda text: f"t{text}")
csv_data = st.fixed_dictionaries(
    {"i": numbers, "f": st.floats(allow_nan=False, allow_infinity=False)},
    optional={"t": csv_text | st.just(""), "b": st.booleans()},
)


@given(
    texts=st.lists(
        st.sampled_from(["nan", "NaN", "inf", "-Infinity", "1e999", "1", "2.5", "x"]), min_size=1, max_size=4
    )
)
def test_csv_reads_all_text_that_it_writes(texts: list[str]) -> None:
    graph = nx.Graph([(k, k + 1, {"t": text}) for k, text in enumerate(texts)])
    assert list(read(written(graph, "csv"), "csv").edges) == list(graph.edges)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@given(graph=st.one_of(*(graphs(nodes, csv_data, csv_data, nothing) for nodes in (words, numbers))))
def test_csv_brings_columns_of_one_type_back(delimiter: str, graph: nx.Graph[Any]) -> None:
    data = written(graph, "csv", delimiter=delimiter, nodes="all")
    ids = "string" if {type(node) for node in graph} == {str} else "auto"
    again = read(data, "csv", delimiter=delimiter, directed=graph.is_directed(), ids=ids)
    assert parts(again) == parts(graph)


def test_csv_writes_what_has_no_type_there_as_json_text() -> None:
    graph = nx.Graph()
    graph.add_edge("a", "b", v=None)
    graph.add_edge("b", "c", v=[1, {"x": "y"}])
    graph.add_edge("c", "d", v="text")
    assert written(graph, "csv").decode() == 'source,target,v\na,b,null\nb,c,"[1,{""x"":""y""}]"\nc,d,text\n'


@pytest.mark.parametrize("format_", BOTH)
def test_an_empty_graph_comes_back(format_: str) -> None:
    assert parts(read(written(nx.Graph(), format_), format_)) == parts(nx.Graph())


@pytest.mark.parametrize("format_", [name for name in BOTH if name not in UNDIRECTED])
def test_what_was_edited_since_is_written(format_: str) -> None:
    state = GraphState.from_networkx(nx.path_graph(["a", "b", "c"], create_using=nx.DiGraph))
    state.apply([AddEdges([("c", "a")], None), RemoveNodes(["b"])])
    data = b"".join(formats.write(state, format_, {}))
    options = {"directed": True} if format_ in ("csv", "edge-list", "adjacency-list") else {}
    assert list(read(data, format_, **options).edges) == [("c", "a")]


@pytest.mark.parametrize("format_", ["csv", "parquet", "arrow", "graphml", "node-link", "gml"])
@pytest.mark.long
def test_a_graph_of_more_than_a_page_comes_back(format_: str) -> None:
    graph = nx.gnm_random_graph(20_000, 40_000, seed=1)
    for u, v, data in graph.edges(data=True):
        data["weight"] = u / (v + 1)
        if not u % 1000:
            data["rare"] = {"u": u} if format_ not in ("csv",) else f"u{u}"
    limits = formats.ParseLimits(20_000, 40_000, 1 << 26)
    assert parts(read(written(graph, format_), format_, limits)) == parts(graph)
