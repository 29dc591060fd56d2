"""A broken file raises an error that names the place and the fix, whatever its bytes are."""

from __future__ import annotations

import io
import random
import re
from typing import Any

import networkx as nx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.unit.formats.files import BOTH, UNDECIDED, UNDIRECTED, read, refused, written

from networkx_mcp.arrays import formats
from networkx_mcp.arrays.formats import ParseLimits
from networkx_mcp.errors import InvalidInput, LimitExceeded, ServiceError

XML = '<graphml>\n<key id="k" for="edge" attr.name="w" attr.type="{}"/>\n<graph edgedefault="directed">\n{}\n</graph></graphml>'
NODES = '<node id="a"/><node id="b"/>\n'


def xml(body: str, type_: str = "double") -> str:
    return XML.format(type_, body)


#: format, file, line of the error, part of what it says
BROKEN: list[tuple[str, str | bytes, int | None, str]] = [
    ("edge-list", "a b\nb c x\n", 2, "number"),
    ("edge-list", 'a b\nb c {"w": }\n', 2, "JSON"),
    ("edge-list", "a b\n# a note\n\nb a 2\n", 4, r"stands twice \(first in line 1\).*duplicates=update"),
    ("edge-list", b"a b\nc \xff\n", 2, "UTF-8"),
    ("edge-list", f"a b\nc {'d' * 2000}\n", 2, "1024"),
    ("edge-list", f"a b\n{'d' * 2000}\n", 2, "1024"),
    ("edge-list", "a b\nc 1e999 1e999\n", 2, "number|JSON"),
    ("edge-list", 'a b {"x": ' + "[" * 40 + "]" * 40 + "}\n", 1, "deeper"),
    ("edge-list", "a b\n\0\n", 2, "NUL"),
    ("adjacency-list", "a b\nb c a\n", 2, "stands twice"),
    ("adjacency-list", "a b c b\n", 1, "stands twice"),
    ("adjacency-list", f"a b\nc\nd e {'f' * 2000}\n", 3, "1024"),
    ("csv", "", None, "empty"),
    ("csv", "x,y,z\n1,2,3\n", 1, r"source and target; the columns are 'x', 'y', 'z'"),
    ("csv", "source*target\na*b\n", 1, "delimiter"),
    ("csv", "source,target,source\na,b,c\n", 1, "two columns"),
    ("csv", "source,target,\na,b,c\n", 1, "column 3 has no name"),
    ("csv", "source,target\na,b\n\nc\n", 4, "1 cell where the header has 2: each row needs all cells"),
    ("csv", 'source,target\na,"b\nc"\n\nc,d,e\n', 5, "3 cells where the header has 2"),
    ("csv", "source,target\na,b\n,c\n", 3, "source is missing"),
    ("csv", "source,target\na,b\nb,a\n", 3, r"stands twice \(first in line 2\)"),
    ("csv", 'source,target\n"a\nb",b\n\nc,d\nb,"a\nb"\n', 6, r"stands twice \(first in line 2\)"),
    ("csv", 'source,target\na,b\nc,"d\n', 3, "never closed"),
    ("csv", b"source,target,x\na,b,c\na,b,\xff\n", 3, "UTF-8"),
    ("csv", b"source,target\na,b\na,\xff\n", 3, "UTF-8"),
    ("csv", b"source,targe\xff\na,b\n", 1, "UTF-8"),
    ("csv", f"source,target\na,b\nc,{'d' * 2000}\n", 3, "1024"),
    ("node-link", '{"nodes": [\n{"id": 1},\n{"id" 2}]}', 3, "JSON"),
    ("node-link", '{"nodes": [\n{"id": 1},\n{"x": 2}]}', 3, r"nodes\[1\] has no id"),
    ("node-link", '{"nodes": [\n{"id": 1},\n{"id": 1.5}]}', 3, r"nodes\[1\].*1.5.*text"),
    ("node-link", '{"nodes": [],\n"edges": [{"source": 1, "target": 2},\n{"source": 1}]}', 3, r"edges\[1\]"),
    ("node-link", '{"nodes": [],\n"links": [{"source": 1, "target": 2},\n{"source": 2, "target": 1}]}', 3, "twice"),
    ("node-link", '{"nodes": [], "edges": [], "links": []}', None, "both edges and links"),
    ("node-link", '{"edges": []}', None, "nodes"),
    ("node-link", '{"nodes": [', 1, "JSON"),
    ("node-link", '{"nodes": [\n{"id": 1, "x": ' + "[" * 99999 + "}]}", None, "deep"),
    ("node-link", '{"nodes": [\n{"id": 1, "x": ' + "[" * 50 + "]" * 50 + "}]}", 2, "deeper"),
    ("graphml", "<graphml>\n<graph>\n<node id='a'>\n</graph></graphml>", 4, "mismatched"),
    ("graphml", '<!DOCTYPE x [\n<!ENTITY y "z">]>\n<graphml/>', 1, "not allowed"),
    ("graphml", "<gml/>", 1, "GraphML"),
    ("graphml", "<graphml>\n</graphml>", 2, "no <graph>"),
    ("graphml", xml("<node/>"), 4, "no id"),
    ("graphml", xml(NODES + '<edge source="a"/>'), 5, "no target"),
    ("graphml", xml(NODES + '<edge source="a" target="b"><data key="q">1</data></edge>'), 5, "'q'"),
    ("graphml", xml(NODES + '<edge source="a" target="b"><data key="k">x</data></edge>'), 5, "no float"),
    ("graphml", xml(NODES + '<edge source="a" target="b"><data key="k">-INF</data></edge>'), 5, "no number of JSON"),
    ("graphml", xml(NODES + '<edge source="a" target="b"><data key="k">2.5</data></edge>', "int"), 5, "no int"),
    ("graphml", xml(NODES + '<edge source="a" target="b"><data key="k">yes</data></edge>', "boolean"), 5, "no boolean"),
    ("graphml", xml(NODES + '<edge source="a" target="b"/>\n<edge source="a" target="b"/>'), 6, "first in line 5"),
    ("graphml", xml(NODES + '<edge source="a" target="b" directed="false"/>'), 5, "one kind"),
    ("graphml", xml(NODES + '<hyperedge><endpoint node="a"/></hyperedge>'), 5, "hyperedges"),
    ("graphml", xml('<node id="a">\n<node id="b"/></node>'), 5, "<node> in <node>"),
    ("graphml", '<graphml><graph edgedefault="both"/></graphml>', 1, "edgedefault"),
    ("graphml", "<graphml><graph/>\n<graph/></graphml>", 2, "one graph a file"),
    ("graphml", "<graphml><graph>" + "<desc>" * 100, 1, "deeper"),
    ("graphml", '<?xml version="1.0" encoding="nonsense"?><graphml/>', 1, "encoding|XML"),
    ("gml", 'graph [\n node [ id 1 label "a" ]\n edge [ source 1 target 2 ] ]', 3, "no node has the id 2"),
    ("gml", "graph [\n node [ label 1 ] ]", 2, "no id"),
    ("gml", "graph [\n node [ id 1 ]\n node [ id 1 ] ]", 3, "two nodes"),
    ("gml", 'graph [\n node [ id 1 label "a" ]\n node [ id 2 label "a" ] ]', 3, "label=id"),
    ("gml", 'graph [\n node [ id 1 label "a" ]\n node [ id 2 ] ]', 3, "no label"),
    ("gml", "graph [ node [ id 1 ]\n edge [ source 1 target 1 ]\n edge [ source 1 target 1 ] ]", 3, "first in line 2"),
    (
        "gml",
        "graph [\n multigraph 1 node [ id 1 ]\n edge [ source 1 target 1 ]\n edge [ source 1 target 1 ] ]",
        4,
        "parallel",
    ),
    ("gml", "graph [\n directed 3 ]", 2, "0 or 1"),
    ("gml", "graph [\n node [ id 1 w INF ] ]", 2, "no number of JSON"),
    ("gml", "graph [\n node [ id 1 w +INF ] ]", 2, "not JSON"),
    ("gml", 'graph [\n node [ id 1 w "abc\n\n ] ]', 2, "never closed"),
    ("gml", "graph [\n node [ id 1\n", 2, r"\] is missing"),
    ("gml", "graph [\n ! ]", 2, "no GML"),
    ("gml", "nodes 1\n", None, "no graph"),
    ("gml", "graph [ a " + "[ a " * 50, 1, "deeper"),
    ("gml", "graph [ ]\ngraph [ ]", 2, "one graph a file"),
    ("parquet", b"PAR1 no more", None, "Parquet"),
    ("parquet", b"", None, "Parquet"),
    ("arrow", b"ARROW1\0\0 no more", None, "Arrow"),
    ("arrow", b"", None, "Arrow"),
]


@pytest.mark.parametrize(("format_", "data", "line", "text"), BROKEN)
def test_the_error_names_the_line_and_the_fix(format_: str, data: str | bytes, line: int | None, text: str) -> None:
    error = refused(data, format_)
    assert error.data.get("line") == line
    assert error.message.startswith(f"line {line}: ") or line is None
    assert re.search(text, error.message), error.message


@pytest.mark.parametrize("format_", BOTH)
@pytest.mark.parametrize("magic", [b"\x1f\x8b\x08\x00", b"PK\x03\x04", b"BZh9", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd"])
def test_compressed_files_are_refused(format_: str, magic: bytes) -> None:
    assert "uncompressed" in refused(magic + b"rest", format_).message


def test_an_unknown_format_or_option_is_named_with_those_that_exist() -> None:
    with pytest.raises(InvalidInput, match="use one of csv, edge-list"):
        read(b"", "xlsx")
    with pytest.raises(InvalidInput, match="use one of csv, edge-list"):
        written(nx.Graph(), "xlsx")
    for format_ in BOTH:
        with pytest.raises(InvalidInput, match=r"'columns' is unknown here; the options are .*directed"):
            read(b"", format_, columns="x")
        with pytest.raises(InvalidInput, match="'columns' is unknown"):
            written(nx.Graph(), format_, columns="x")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("directed", "yes"),
        ("duplicates", "merge"),
        ("ids", "float"),
        ("delimiter", "::"),
        ("delimiter", '"'),
        ("source", 3),
    ],
)
def test_a_wrong_option_is_refused_with_its_name(name: str, value: Any) -> None:
    with pytest.raises(InvalidInput, match=f"option {name} is") as caught:
        read("source,target\na,b\n", "csv", **{name: value})
    assert caught.value.data["field"] == f"options.{name}"


def test_the_direction_of_the_file_and_of_the_option_must_agree() -> None:
    assert "leave the option out" in refused('{"directed": true, "nodes": []}', "node-link", directed=False).message
    assert "leave the option out" in refused("graph [\ndirected 1 ]", "gml", directed=False).message
    assert "leave the option out" in refused(xml(NODES), "graphml", directed=False).message
    assert read(xml(NODES), "graphml", directed=True).is_directed()
    assert read('{"nodes": []}', "node-link", directed=True).is_directed()


SMALL = ParseLimits(nodes=5, edges=5, bytes=10_000)
ENOUGH, EDGES, NODES_ = nx.cycle_graph(5), nx.complete_graph(4), nx.path_graph(6)


@pytest.mark.parametrize("format_", BOTH)
def test_limits_of_nodes_and_edges_hold_on_both_sides(format_: str) -> None:
    assert read(written(ENOUGH, format_), format_, SMALL).number_of_edges() == 5
    for graph, name in ((EDGES, "edges"), (NODES_, "nodes")):
        with pytest.raises(LimitExceeded) as caught:
            read(written(graph, format_), format_, SMALL)
        # tables know their rows before which of them are nodes
        assert caught.value.data["limit"] in (f"graph_{name}", "graph_edges")
        assert caught.value.data["setting"] in ("limits.graph_nodes", "limits.graph_edges")


@pytest.mark.parametrize("format_", BOTH)
def test_a_file_past_its_size_is_refused_before_it_is_read(format_: str) -> None:
    size = len(written(ENOUGH, format_))
    assert len(read(written(ENOUGH, format_), format_, ParseLimits(5, 5, max(size, 1)))) == 5
    with pytest.raises(LimitExceeded) as caught:
        read(written(ENOUGH, format_), format_, ParseLimits(5, 5, size - 1))
    assert caught.value.data["setting"] == "limits.upload_mb"


def test_nodes_that_are_named_again_do_not_count_again() -> None:
    text = "\n".join(["a b"] + ["a"] * 1000)
    assert len(read(text, "edge-list", SMALL)) == 2
    assert len(read("a\nb\n" * 500, "adjacency-list", SMALL)) == 2
    again = '{"nodes": [' + ",".join(['{"id": 1}'] * 100) + "]}"
    assert len(read(again, "node-link", SMALL)) == 1


@pytest.mark.parametrize("format_", BOTH)
@given(data=st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
@example(data=b"\xef\xbb\xbf")
@example(data=b"\xff\xfe<\x00")
def test_any_bytes_are_a_graph_or_an_error_for_the_caller(format_: str, data: bytes) -> None:
    try:
        read(data, format_, ParseLimits(100, 100, 100_000))
    except ServiceError as error:
        told(error)


def told(error: ServiceError) -> None:
    """It is the caller's, with a name and a text of bounded length."""
    assert error.outcome == "client_error"
    assert error.code in ("invalid_input", "limit_exceeded")
    assert 10 < len(error.message) < 2000


def sample() -> nx.Graph[Any]:
    graph = nx.DiGraph(name="sample")
    graph.add_node("lonely", color="red", none=None, yes=True)
    for k in range(12):
        graph.add_edge(f"n{k}", f"n{k * 5 % 12}", weight=k / 2, label=f'e,"{k % 3}"', at=[k, {"é": None}])
    return graph


def damaged(data: bytes, dice: random.Random) -> bytes:
    """The file with one to four small damages."""
    raw = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 4))):
        at = dice.randrange(len(raw) + 1)
        kind = dice.randrange(6)
        if kind == 0:
            raw[at : at + 1] = bytes([dice.randrange(256)])
        elif kind == 1:
            del raw[at : at + dice.randrange(1, 20)]
        elif kind == 2:
            raw[at:at] = dice.randbytes(dice.randrange(1, 9))
        elif kind == 3:
            other = dice.randrange(len(raw) + 1)
            raw[at:at] = raw[other : other + dice.randrange(1, 60)]
        elif kind == 4:
            raw[at : at + 8] = dice.choice((b"\xff" * 8, b"\0" * 8, b"\xff\xff\xff\x7f" * 2, b'[["{\x00<&'))
        elif not dice.randrange(4):
            del raw[at:]
    return bytes(raw)


@pytest.mark.parametrize("format_", BOTH)
def test_damaged_files_are_a_graph_or_an_error_for_the_caller(format_: str) -> None:
    graph = sample()
    if format_ in UNDECIDED:
        graph.graph.clear()
    if format_ in ("edge-list", "adjacency-list"):
        graph.nodes["lonely"].clear()
    if format_ == "adjacency-list":
        for _, _, data in graph.edges(data=True):
            data.clear()
    if format_ in UNDIRECTED:
        graph = nx.Graph(graph)
        graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    names = {option.name for option in formats.RECORDS[format_].options if option.writing}
    asked = {"values": "json", "lost": "drop"}
    file = written(graph, format_, **{name: value for name, value in asked.items() if name in names})
    undecided = {"directed": True} if format_ in UNDECIDED else {}
    assert len(read(file, format_, **undecided)) >= 12
    dice = random.Random(7)
    limits = ParseLimits(1000, 1000, 1 << 20)
    for _ in range(300):
        data = damaged(file, dice)
        options = undecided | dice.choice(({}, {}, {"duplicates": "skip"}, {"duplicates": "update"}))
        try:
            formats.parse(io.BytesIO(data), format_, options, limits)
        except ServiceError as error:
            told(error)
