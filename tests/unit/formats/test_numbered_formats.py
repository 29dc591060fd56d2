"""Pajek, Matrix Market, graph6, sparse6 and DIMACS: formats that know nodes by number."""

from __future__ import annotations

import io
import re
from typing import Any

import networkx as nx
import pytest
import scipy.io
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.formats.files import LIMITS, graphs, nothing, numbers, parts, read, refused, words, written

from networkx_mcp.arrays import formats
from networkx_mcp.arrays.formats import Hints, ParseLimits
from networkx_mcp.errors import InvalidInput, LimitExceeded

PAJEK = '*Vertices 3\n1 "a"\n2 "b"\n3 "c"\n*Edges\n1 2\n2 3\n'
#: Text of Pajek: on one line, without quotes.
held = st.text("abc xyz-_.äß,;'&<>[]{}%*#", max_size=6)
reals = st.floats(allow_nan=False, allow_infinity=False)


def load(data: str | bytes, format_: str = "", filename: str = "", **options: Any) -> formats.ParsedGraph:
    raw = data.encode() if isinstance(data, str) else data
    return formats.load(io.BytesIO(raw), format_, options, LIMITS, Hints(filename))


def same(one: nx.Graph[Any], other: nx.Graph[Any]) -> bool:
    """Whether nodes, edges and attributes are the same, whatever their order."""
    return bool(nx.utils.graphs_equal(one, other))


# -- Pajek

pajek_nodes = st.fixed_dictionaries({}, optional={"color": held}) | st.fixed_dictionaries(
    {"x": reals, "y": reals, "shape": st.sampled_from(["box", "ellipse"])}, optional={"ic": held}
)
pajek_edges = nothing | st.fixed_dictionaries(
    {"weight": reals | st.integers(-(10**17), 10**17)}, optional={"l": held, "c": held}
)


@given(
    graph=st.one_of(
        *(
            graphs(ids, pajek_nodes, pajek_edges, nothing | st.just({"name": "a net"}))
            for ids in (st.text("abc xyz-_.äß,;'&<>[]{}%*#", min_size=1, max_size=5), numbers)
        )
    )
)
def test_pajek_comes_back(graph: nx.Graph[Any]) -> None:
    ids = "string" if {type(node) for node in graph} == {str} else "auto"
    assert parts(read(written(graph, "pajek"), "pajek", ids=ids)) == parts(graph)


@given(
    graph=graphs(
        st.text("abcxyz-_é' ", min_size=1, max_size=5),
        st.fixed_dictionaries({}, optional={"color": st.text("abc", min_size=1)}),
        st.fixed_dictionaries({"weight": reals}, optional={"l": st.text("ab", min_size=1)}),
        nothing,
    )
)
def test_networkx_reads_our_pajek(graph: nx.Graph[Any]) -> None:
    found = nx.read_pajek(io.BytesIO(written(graph, "pajek")))
    assert set(found) == set(graph)
    assert found.is_directed() is graph.is_directed() or not graph.number_of_edges()
    for u, v, data in graph.edges(data=True):
        assert found.edges[u, v, 0] == data


def test_networkx_writes_pajek_that_we_read() -> None:
    graph = nx.gnp_random_graph(20, 0.2, seed=3, directed=True)
    names = {k: ("O'Hara", "two words", "é")[k % 3] + str(k) for k in graph}
    graph = nx.relabel_nodes(graph, names)
    nx.set_edge_attributes(graph, 2.5, "weight")
    nx.set_node_attributes(graph, "red", "color")
    file = io.BytesIO()
    nx.write_pajek(graph, file)
    assert same(read(file.getvalue(), "pajek"), graph)


def test_pajek_of_igraph_is_read() -> None:
    text = '*Vertices 3\r\n1 "0"\r\n2 "1"\r\n3 "2"\r\n*Edges\r\n1 2 1.5\r\n2 3 1.5\r\n'
    assert list(read(text, "pajek").edges(data="weight")) == [(0, 1, 1.5), (1, 2, 1.5)]


@pytest.mark.parametrize(
    ("text", "edges", "directed", "note"),
    [
        (PAJEK, [("a", "b", {}), ("b", "c", {})], False, ""),
        ("*vertices 2\n*arcs\n 1 2\n", [(1, 2, {})], True, ""),
        (
            '*Vertices 2\r\n% x\r\n1 "a"\r\n2 b\r\n*Arcs\r\n*Edges\r\n1 2 .5\r\n',
            [("a", "b", {"weight": 0.5})],
            False,
            "",
        ),
        (
            "*Vertices 3\n*Arcs\n1 2 1\n*Edges\n2 3 7\n",
            [(1, 2, {"weight": 1}), (2, 3, {"weight": 7}), (3, 2, {"weight": 7})],
            True,
            "arcs and edges.*1 edge was made an arc in both directions",
        ),
        ("*Vertices 3\n*Arcslist\n1 2 3\n", [(1, 2, {}), (1, 3, {})], True, ""),
        ("*Vertices 2\n*Matrix\n0 2\n0.5 0\n", [(1, 2, {"weight": 2}), (2, 1, {"weight": 0.5})], True, ""),
        (
            '*Vertices 2\n*Arcs :1 "knows"\n1 2 1 l "x y" c Red\n',
            [(1, 2, {"weight": 1, "l": "x y", "c": "Red"})],
            True,
            "relations",
        ),
        ("*Network a\n*Vertices 2\n*Edges\n1 2 nan\n", [(1, 2, {})], False, "1 missing value"),
    ],
)
def test_pajek_of_others(text: str, edges: list[Any], directed: bool, note: str) -> None:
    graph, reading = load(text)
    found = formats.parse(io.BytesIO(text.encode()), "pajek", {}, LIMITS)
    assert reading.format == "pajek"
    assert list(read(text, "pajek").edges(data=True)) == edges
    assert found.directed is directed is graph.directed
    assert re.search(note, " ".join(reading.lines()))


def test_a_pajek_network_is_no_edge_list() -> None:
    assert re.search("Pajek.*format pajek", refused(PAJEK, "edge-list").message)
    for named in ("x.txt", "x.net", "x.csv"):
        assert load(PAJEK, filename=named).reading.format == "pajek"
    graph = nx.Graph([("*vertices", "*arcs")])  # an edge list of ours that looks like one
    for format_ in ("edge-list", "adjacency-list"):
        assert same(read(written(graph, format_), format_), graph)
    for word in (">>graph6<<", ">>sparse6<<", ":", "%%MatrixMarket", "p", "c"):
        graph = nx.Graph([(word, "edge"), ("3", "2")])
        for format_ in ("edge-list", "adjacency-list"):
            if word[0] != "%":
                assert same(read(written(graph, format_), format_, ids="string"), graph)


def test_pajek_labels_that_repeat_are_named() -> None:
    text = '*Vertices 2\n1 "a"\n2 "a"\n*Edges\n1 2\n'
    assert "label=number" in refused(text, "pajek").message
    assert dict(read(text, "pajek", label="number").nodes(data=True)) == {1: {"label": "a"}, 2: {"label": "a"}}


@pytest.mark.parametrize(
    "graph",
    [
        nx.Graph([("a", "b", {"w": [1]})]),
        nx.Graph([("a", "b", {"l": "no weight"})]),
        nx.Graph([("a", "b", {"weight": None})]),
        nx.Graph([("a", "b")], kind="x"),
    ],
)
def test_pajek_refuses_what_it_cannot_carry_or_drops_it_when_asked(graph: nx.Graph[Any]) -> None:
    with pytest.raises(InvalidInput, match="lost=drop"):
        written(graph, "pajek")
    assert list(read(written(graph, "pajek", lost="drop"), "pajek").edges(data=True)) == [("a", "b", {})]


@pytest.mark.parametrize("node", ['a"b', "a\\", "a\nb", "a\tb"])
def test_pajek_refuses_labels_that_it_cannot_hold(node: str) -> None:
    with pytest.raises(InvalidInput, match="format pajek"):
        written(nx.Graph([(node, "c")]), "pajek", lost="drop")


# -- Matrix Market


@given(
    graph=graphs(words | numbers, nothing, st.one_of(nothing), nothing),
    weigh=st.sampled_from(["none", "integer", "real"]),
)
def test_matrix_market_comes_back(graph: nx.Graph[Any], weigh: str) -> None:
    for k, (_, _, data) in enumerate(graph.edges(data=True)):
        if weigh != "none":
            data["weight"] = k * 3 - 2 if weigh == "integer" else k / 7
    assert parts(read(written(graph, "matrix-market"), "matrix-market")) == parts(graph)


@pytest.mark.parametrize("directed", [True, False])
def test_scipy_reads_our_matrix_and_we_read_its(directed: bool) -> None:
    graph = nx.gnp_random_graph(30, 0.2, seed=2, directed=directed)
    for k, (_, _, data) in enumerate(graph.edges(data=True)):
        data["weight"] = k / 3 + 1
    found = scipy.io.mmread(io.BytesIO(written(graph, "matrix-market")))
    assert same(nx.from_scipy_sparse_array(found, create_using=type(graph)), graph)
    file = io.BytesIO()
    scipy.io.mmwrite(file, nx.to_scipy_sparse_array(graph, format="coo"), symmetry=None if directed else "symmetric")
    again = read(file.getvalue(), "matrix-market")
    assert same(nx.relabel_nodes(again, {k + 1: k for k in range(30)}), graph)
    file = io.BytesIO()
    scipy.io.mmwrite(file, nx.to_numpy_array(graph), symmetry="general" if directed else "symmetric")
    again = read(file.getvalue(), "matrix-market")
    assert same(nx.relabel_nodes(again, {k + 1: k for k in range(30)}), graph)


def test_the_fields_of_matrix_market() -> None:
    text = "%%matrixmarket MATRIX coordinate Real GENERAL\n% x\n\n2 2 2\n1 2 nan\n2 1 1D2\n"
    graph, reading = load(text, filename="x.mtx")
    assert (graph.n, graph.m, reading.missing_values) == (2, 2, 1)
    assert list(read(text, "matrix-market").edges(data=True)) == [(1, 2, {}), (2, 1, {"weight": 100.0})]


@pytest.mark.parametrize(
    ("graph", "again"),
    [
        (nx.Graph([("a", "b", {"weight": 1}), ("b", "c")]), {}),
        (nx.Graph([("a", "b", {"weight": 1}), ("b", "c", {"weight": 0.5})]), {"weight": 1.0}),
        (nx.Graph([("a", "b", {"color": "x"})]), {}),
        (nx.Graph([("a", "b", {"weight": "x"})]), {}),
    ],
)
def test_matrix_market_refuses_what_it_cannot_carry(graph: nx.Graph[Any], again: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="lost=drop"):
        written(graph, "matrix-market")
    found = read(written(graph, "matrix-market", lost="drop"), "matrix-market")
    assert found.edges["a", "b"] == again
    assert type(found.edges["a", "b"].get("weight")) is type(again.get("weight"))


# -- graph6 and sparse6


@pytest.mark.parametrize("format_", ["graph6", "sparse6"])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 8, 16, 31, 32, 33, 62, 63, 64, 70])
def test_networkx_and_we_agree_on_graph6_and_sparse6(format_: str, n: int) -> None:
    for seed in range(6):
        graph = nx.gnp_random_graph(n, seed / 6, seed=seed)
        if format_ == "sparse6" and n > 1:
            graph.add_edge(n - 1 if seed % 2 else 0, n - 1 if seed % 2 else 0)
        data = written(graph, format_)
        assert same(getattr(nx, f"from_{format_}_bytes")(data.strip()), graph)
        assert same(read(data, format_), graph)
        assert same(read(getattr(nx, f"to_{format_}_bytes")(graph), format_), graph)
        assert same(read(getattr(nx, f"to_{format_}_bytes")(graph, header=False), format_), graph)


def test_large_graphs_of_many_blocks_come_back() -> None:
    graph = nx.gnm_random_graph(5000, 90_000, seed=1)
    for format_ in ("graph6", "sparse6"):
        assert same(read(written(graph, format_), format_), graph)


@pytest.mark.parametrize("format_", ["graph6", "sparse6"])
@pytest.mark.parametrize("graph", [nx.Graph([("a", "b")]), nx.Graph([(0, 1, {"w": 1})]), nx.Graph([(5, 7)])])
def test_graph6_refuses_what_it_cannot_carry(format_: str, graph: nx.Graph[Any]) -> None:
    with pytest.raises(InvalidInput, match="lost=drop"):
        written(graph, format_)
    assert list(read(written(graph, format_, lost="drop"), format_).edges(data=True)) == [(0, 1, {})]
    with pytest.raises(InvalidInput, match="directions"):
        written(nx.DiGraph([(0, 1)]), format_, lost="drop")


def test_graph6_has_no_loops_and_no_endless_files() -> None:
    with pytest.raises(InvalidInput, match="sparse6"):
        written(nx.Graph([(0, 0)]), "graph6")
    with pytest.raises(InvalidInput, match="use sparse6"):
        written(nx.empty_graph(40_000), "graph6")
    assert len(read(written(nx.empty_graph(9_000), "sparse6"), "sparse6")) == 9_000


# -- DIMACS


@pytest.mark.parametrize(
    ("text", "edges"),
    [
        ("c x\np edge 3 2\ne 1 2\ne 3 2\n", [(1, 2, {}), (2, 3, {})]),
        ("p col 2 1\nn 1 4\ne 1 2\n", [(1, 2, {})]),
        ("c\nc y\np sp 2 2\na 1 2 5\na 2 1 .5\n", [(1, 2, {"weight": 5}), (2, 1, {"weight": 0.5})]),
        ("p max 2 1\nn 1 s\nn 2 t\na 1 2 9\n", [(1, 2, {"capacity": 9})]),
        ("p min 2 1\nn 1 4\na 1 2 0 -1 3\n", [(1, 2, {"lower": 0, "weight": 3})]),
        ("p tw 2 1\n1 2\n", [(1, 2, {})]),
    ],
)
def test_dimacs_is_read(text: str, edges: list[Any]) -> None:
    loaded = load(text)
    assert loaded.reading.format == "dimacs"
    assert loaded.reading.lines()[1:] == []
    assert list(read(text, "dimacs").edges(data=True)) == edges
    assert "DIMACS" in refused(text, "edge-list").message


def test_dimacs_of_igraph_is_read() -> None:
    text = "c created by igraph\np max 3 2\nn 1 s\nn 3 t\na 1 2 0\na 2 3 1.5\n"
    found = read(text, "dimacs")
    assert list(found.edges(data="capacity")) == [(1, 2, 0), (2, 3, 1.5)]
    assert (found.nodes[1], found.nodes[3]) == ({"terminal": "s"}, {"terminal": "t"})


def test_another_number_of_edges_is_told() -> None:
    assert "says 9 edges, the file has 1" in " ".join(load("p edge 2 9\ne 1 2\n").reading.lines())


def test_dimacs_is_not_written() -> None:
    with pytest.raises(InvalidInput, match="only read"):
        written(nx.Graph(), "dimacs")


# -- all


@pytest.mark.parametrize(
    ("format_", "data", "line", "text"),
    [
        ("pajek", "", None, "Vertices"),
        ("pajek", "1 2\n", 1, "begins with"),
        ("pajek", '*Vertices 2\n3 "a"\n', 2, "no vertex"),
        ("pajek", "*Vertices 2 1\n", 1, "two-mode"),
        ("pajek", "*Vertices 1\n*Partition x\n", 2, "not read"),
        ("pajek", "*Vertices 2\n*Edges\n1 2\n2 1\n", 4, "first in line 3"),
        ("pajek", "*Vertices 2\n*Edges\n1\n", 3, "two numbers"),
        ("pajek", "*Vertices 2\n*Arcs\n1 2 1e999\n", 3, "too large"),
        ("pajek", "*Arcs\n1 2\n", 1, "come before"),
        ("pajek", "*Vertices 2\n*Matrix\n1 0\n", None, "after 1 of the 2"),
        ("pajek", f"*Vertices 1\n1 {'d' * 2000}\n", None, "1024"),
        ("matrix-market", "1 2\n", 1, "begins with"),
        ("matrix-market", "%%MatrixMarket matrix coordinate complex general\n", 1, "field complex"),
        ("dimacs", "c x\np cnf 3 2\n1 -3 0\n2 3 -1 0\n", 2, "formula"),
        ("", "c x\np cnf 3 2\n1 -3 0\n2 3 -1 0\n", 2, "formula"),
        ("matrix-market", "%%MatrixMarket matrix coordinate real skew-symmetric\n", 1, "symmetry"),
        ("matrix-market", "%%MatrixMarket matrix coordinate real general\n2 3 1\n", 2, "square"),
        ("matrix-market", "%%MatrixMarket matrix coordinate real general\n2 2 1\n1 3 1\n", 3, "1 to 2"),
        ("matrix-market", "%%MatrixMarket matrix coordinate real general\n2 2 1\n1 2 1 1\n", 3, "3 numbers"),
        ("matrix-market", "%%MatrixMarket matrix coordinate real general\n2 2 2\n1 2 1\n", None, "after 1 of the 2"),
        ("matrix-market", "%%MatrixMarket matrix coordinate pattern general\n2 2 1\n1 2\n2 1\n", 4, "more entries"),
        (
            "matrix-market",
            "%%MatrixMarket matrix coordinate pattern symmetric\n2 2 2\n1 2\n2 1\n",
            4,
            "first in line 3",
        ),
        ("matrix-market", "%%MatrixMarket matrix coordinate integer general\n2 2 1\n1 2 1.5\n", 3, "no integer"),
        ("matrix-market", "%%MatrixMarket matrix array real general\n2 2\n1\n2\n3\n", None, "before the last"),
        (
            "matrix-market",
            "%%MatrixMarket matrix coordinate pattern general\n% networkx-mcp.ids [1]\n2 2 0\n",
            None,
            "1 ids",
        ),
        (
            "matrix-market",
            "%%MatrixMarket matrix coordinate pattern general\n% networkx-mcp.ids [1.5]\n2 2 0\n",
            2,
            "JSON",
        ),
        ("graph6", "", None, "empty"),
        ("graph6", "D\n", 1, "characters"),
        ("graph6", "DhC\nDhC\n", 2, "one graph a file"),
        ("graph6", "D C", 2, "one graph"),
        ("graph6", "D\x01C", 1, "character"),
        ("graph6", ":An", 1, "sparse6"),
        ("graph6", "&B?", 1, "digraph6"),
        ("graph6", "~", 1, "within"),
        ("sparse6", "An", 1, "colon"),
        ("sparse6", ";An", 1, "incremental"),
        ("sparse6", ":A_", None, "twice"),
        ("dimacs", "", None, "problem line"),
        ("dimacs", "e 1 2\n", 1, "comes before"),
        ("dimacs", "p cnf 3 2\n", 1, "formula"),
        ("dimacs", "p edge 3\n", 1, "no problem"),
        ("dimacs", "p edge 2 1\ne 1 3\n", 2, "no node"),
        ("dimacs", "p edge 2 1\nx1 2\n", 2, "begins no line"),
        ("dimacs", "p sp 2 1\na 1 2\n", 2, "3 numbers"),
        ("dimacs", "p edge 2 2\ne 1 2\ne 2 1\n", 3, "first in line 2"),
    ],
)
def test_broken_files_name_the_line(format_: str, data: str, line: int | None, text: str) -> None:
    error = refused(data, format_)
    assert error.data.get("line") == line, error.message
    assert re.search(text, error.message), error.message


SMALL = ParseLimits(nodes=5, edges=5, bytes=10_000)


@pytest.mark.parametrize(
    ("format_", "data"),
    [
        ("pajek", "*Vertices 999999999999\n"),
        ("matrix-market", "%%MatrixMarket matrix coordinate pattern general\n999999999 999999999 1\n1 1\n"),
        ("matrix-market", "%%MatrixMarket matrix coordinate pattern general\n5 5 999999999\n1 1\n"),
        ("matrix-market", "%%MatrixMarket matrix array real general\n999999999 999999999\n1 1\n"),
        ("graph6", "~~~~~~~~"),
        ("sparse6", ":~~~~~~~~"),
        ("dimacs", "p edge 999999999999 1\n"),
        ("dimacs", "p edge 5 1\n" + "e 1 1\n" * 6),
    ],
)
def test_a_number_that_a_file_merely_names_costs_nothing(format_: str, data: str) -> None:
    with pytest.raises(LimitExceeded):
        read(data, format_, SMALL)


def test_isolated_nodes_and_attributes_of_few() -> None:
    graph = nx.empty_graph(4)
    for format_ in ("pajek", "matrix-market", "graph6", "sparse6"):
        assert same(read(written(graph, format_), format_), graph)
    assert same(read("*Vertices 2\n1 a 1 2 box\n2 b\n", "pajek"), nx.Graph()) is False


def test_a_matrix_of_unsigned_integers_as_scipy_writes_it() -> None:
    graph = read("%%MatrixMarket matrix coordinate unsigned-integer general\n%\n2 2 1\n1 2 7\n", "matrix-market")
    assert list(graph.edges(data=True)) == [(1, 2, {"weight": 7})]
