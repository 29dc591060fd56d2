"""One record a format: what it says is what holds, and files are recognised by content and name."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from typing import Any

import networkx as nx
import pytest
from tests.unit.formats.files import BOTH, LIMITS, read, written

from networkx_mcp.arrays import formats
from networkx_mcp.arrays.formats import RECORDS, FormatError, Hints
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import InvalidInput

ALL = tuple(RECORDS)
TEXT = tuple(name for name in formats.READ if RECORDS[name].text)


def load(
    data: bytes | str, format_: str = "", filename: str = "", encoding: str = "", **options: Any
) -> formats.ParsedGraph:
    raw = data.encode() if isinstance(data, str) else data
    return formats.load(io.BytesIO(raw), format_, options, LIMITS, Hints(filename, encoding))


@pytest.mark.parametrize("format_", ALL)
def test_a_record_lists_the_options_that_its_format_takes(format_: str) -> None:
    record = RECORDS[format_]

    def taken(error: InvalidInput) -> set[str]:
        return set(error.message.partition("the options are ")[2].partition(";")[0].split(", "))

    if record.parse is not None:
        with pytest.raises(InvalidInput) as caught:
            formats.parse(io.BytesIO(record.example.encode()), format_, {"unknown": "x"}, LIMITS)
        assert taken(caught.value) == {option.name for option in (*record.options, *formats.COMMON) if option.reading}
    if record.write is not None:
        with pytest.raises(InvalidInput) as caught:
            list(formats.write(GraphState.from_networkx(nx.Graph()), format_, {"unknown": "x"}))
        assert taken(caught.value) - {""} == {option.name for option in record.options if option.writing}


@pytest.mark.parametrize("format_", TEXT)
def test_the_example_of_a_record_loads(format_: str) -> None:
    record = RECORDS[format_]
    graph, reading = load(record.example, format_)
    assert graph.n
    assert graph.m
    assert reading.lines() == []
    found, reading = load(record.example, filename=f"roads.{record.extensions[0].upper()}")
    assert (found.n, found.m, reading.format) == (graph.n, graph.m, format_)
    assert reading.lines()[0] == f"read as {format_}, as its {reading.format_from} tells"


@pytest.mark.parametrize("format_", BOTH)
def test_a_record_says_what_becomes_of_directions(format_: str) -> None:
    record = RECORDS[format_]
    assert not read(written(nx.path_graph(4), format_), format_).is_directed()
    directed = nx.path_graph(4, create_using=nx.DiGraph)
    if record.undirected:
        assert "direction" not in record.keeps
        with pytest.raises(InvalidInput, match="directions"):
            written(directed, format_)
    else:
        assert read(written(directed, format_), format_).is_directed() is ("direction" in record.keeps)


@pytest.mark.parametrize("format_", BOTH)
def test_what_is_written_is_recognised_by_name(format_: str) -> None:
    data = written(nx.cycle_graph(4), format_)
    for extension in RECORDS[format_].extensions:
        assert load(data, filename=f"a.b.{extension}").reading.format == format_


@pytest.mark.parametrize("format_", [name for name in BOTH if name != "adjacency-list"])
def test_what_is_written_is_recognised_by_content(format_: str) -> None:
    reading = load(written(nx.cycle_graph(4), format_)).reading
    assert (reading.format, reading.format_from) == (format_, "content")


@pytest.mark.parametrize(
    ("data", "filename", "format_"),
    [
        ("a b\nb c 2\n", "x.txt", "edge-list"),
        ("# Nodes: 3 Edges: 2\n# FromNodeId\tToNodeId\n0 1\n0 2\n", "", "edge-list"),
        ("# FromNodeId\tToNodeId\n0\t1\n0\t2\n", "", "csv"),
        ('﻿"Source";"Target"\r\na;b\r\n', "", "csv"),
        ("a b c\nb c\n", "x.adjlist", "adjacency-list"),
        # networkx's own first lines; without them the third id would be a weight
        ("#make.py\n# GMT Mon Nov 30 08:09:09 2026\n# \n1 2 3\n2 3\n", "", "adjacency-list"),
        ('<?xml version="1.0"?>\n<!-- a note -->\n<g:graphml xmlns:g="x"><g:graph/></g:graphml>', "", "graphml"),
        ('Creator "me"\nVersion 1\n# x\ngraph\n[\n]\n', "", "gml"),
        ('{"nodes": [], "links": []}', "x.txt", "node-link"),
        # surely: the content counts, not the name
        ("<graphml><graph/></graphml>", "x.csv", "graphml"),
    ],
)
def test_a_file_of_others_is_recognised(data: str, filename: str, format_: str) -> None:
    assert load(data, filename=filename).reading.format == format_


@pytest.mark.parametrize(
    "data", ["x,y\n1,2\n", "hello\n", "graph TD\n A-->B\n B-->C\n", "4 3\n2 3\n1\n1 4\n3\n", "a b c d e\n", "\x7fELF"]
)
def test_what_is_not_recognised_is_refused_with_the_formats(data: str) -> None:
    with pytest.raises(InvalidInput, match=r"format cannot be told from the content.*csv, edge-list") as caught:
        load(data)
    assert caught.value.data["field"] == "format"


@pytest.mark.parametrize(
    ("data", "advice"),
    [
        ("1,2\n2,3\n", r"cells seem to be separated by ','.*csv, with option header=false"),
        ("a b\tc d\nc d\te f\n", "separated by 'tab'"),
        ("source;target\nMüller;Zoë\n".encode("cp1252"), "not UTF-8.*option encoding"),
        ("a,b c\n1 2\n", r"dimacs$"),
        ('["a", "b"]', r"dimacs$"),
        ("a -> b\nb -> c\n", r"are of DOT \(dot\) inside of digraph \{ \}; or write pairs"),
        ("graph TD;\nA-->B;\nA-->|yes|C;\n", r"are of DOT \(dot\) inside of digraph"),
    ],
)
def test_the_refusal_says_what_the_file_may_be(data: bytes | str, advice: str) -> None:
    with pytest.raises(InvalidInput, match=advice):
        load(data)


@pytest.mark.parametrize("data", ["", "\ufeff", " \n\r\n"])
def test_an_empty_file_is_called_empty(data: str) -> None:
    with pytest.raises(FormatError, match="the file is empty"):
        load(data)


def test_a_file_that_is_named_as_one_of_another_program_is_refused_unless_its_format_is_told() -> None:
    with pytest.raises(InvalidInput, match=r"named \.lgl is LGL, which is not read: write its edges as csv") as caught:
        load("# a\nb 1.5\nc\n# b\nc\n", filename="x.LGL")
    assert caught.value.data["field"] == "format"
    assert load("a b\n", "edge-list", "x.lgl").graph.m == 1
    assert load("<graphml><graph/></graphml>", filename="x.graph").reading.format == "graphml"


@pytest.mark.parametrize("format_", ["", "graphml", "csv"])
def test_a_page_of_the_web_is_called_one(format_: str) -> None:
    for data in ("<!DOCTYPE html>\n<html><body>404</body></html>", "\n<HTML lang='en'>"):
        with pytest.raises(FormatError, match="page of the web"):
            load(data, format_, "a.graphml")


@pytest.mark.parametrize("format_", ["edge-list", "adjacency-list", "csv", "node-link"])
def test_a_file_of_another_format_is_refused_with_its_name(format_: str) -> None:
    for other in ("graphml", "gml", "parquet", "arrow"):
        with pytest.raises(FormatError, match=f"this is .*: use format {other}"):
            load(written(nx.path_graph(3), other), format_)


@pytest.mark.parametrize("format_", TEXT)
@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("source,target\na,b\n".encode("utf-16"), "UTF-16 text.*save it as UTF-8, or give option encoding=utf-16"),
        ("source,target\na,b\n".encode("utf-16-le"), "encoding=utf-16-le"),
        ("source,target\na,b\n".encode("utf-16-be"), "encoding=utf-16-be"),
        (b"PK\x03\x04\x14\0\x06\0\x08\0[Content_Types].xml", "Excel workbook.*CSV UTF-8"),
        (b"PK\x03\x04\x14\0\x06\0\x08\0a.csv", "zip file.*uncompressed"),
        (b"SQLite format 3\0", "SQLite.*CSV"),
        (b"\x80\x04\x95rest", "pickle"),
    ],
)
def test_what_is_no_text_is_told_what_to_do(format_: str, data: bytes, text: str) -> None:
    if RECORDS[format_].declares_encoding and "utf-16" in text:
        return
    for named in (format_, ""):
        with pytest.raises(FormatError) as caught:
            load(data, named)
        assert re.search(text, caught.value.message)


@pytest.mark.parametrize("encoding", ["latin-1", "windows-1252", "utf-16", "UTF-16LE", "iso-8859-15", "utf-8", "cp850"])
def test_text_in_another_encoding_is_read_where_it_is_named(encoding: str) -> None:
    data = "source,target\nZürich,Genève\n".encode(encoding)
    for found in (load(data, "csv", encoding=encoding), load(data, "csv", **{"encoding": encoding})):  # type: ignore[arg-type]
        assert list(found.graph.iter_ids()) == ["Zürich", "Genève"]
    declared = '<?xml version="1.0" encoding="koi8-r"?><graphml><graph><node id="Zürich"/></graph></graphml>'
    assert list(load(declared.encode(encoding), "graphml", encoding=encoding).graph.iter_ids()) == ["Zürich"]


@pytest.mark.parametrize(
    "encoding", ["idna", "punycode", "rot13", "zlib", "unicode_escape", "utf-7", "nonsense", "a\0b"]
)
def test_encodings_that_are_none_are_refused(encoding: str) -> None:
    with pytest.raises(InvalidInput, match="is not known here") as caught:
        load(b"source,target\na,b\n", "csv", encoding=encoding)
    assert caught.value.data["field"] == "options.encoding"


def test_names_and_content_types_are_those_of_one_format() -> None:
    assert formats.of_content_type("Text/CSV; charset=utf-8") is RECORDS["csv"]
    assert formats.of_content_type("text/plain") is None
    assert formats.of_content_type("") is None
    with pytest.raises(InvalidInput, match="did you mean graphml"):
        formats.known("grahpml")
    for record in RECORDS.values():
        assert record.title
        assert record.about.endswith(".")
        assert record.extensions
        assert record.content_types
        assert record.text is bool(record.example)


def test_repeats_are_counted() -> None:
    data = "source,target,w\nx,,1\na,b,1\nb,a,2\na,b,3\nx,,2\n"
    reading = load(data, "csv", duplicates="update").reading
    assert (reading.merged_edges, reading.skipped_edges, reading.merged_nodes) == (2, 0, 1)
    assert reading.lines()[:3] == [
        "5 rows read",
        "2 repeated edges were merged: later attributes count",
        "1 repeated node was merged: later attributes count",
    ]
    assert load(data, "csv", duplicates="skip").reading.skipped_edges == 2
    assert load("a b\na b\n", "adjacency-list", duplicates="skip").reading.merged_nodes == 0


def test_a_server_that_starts_loads_no_parser() -> None:
    """Parsers, expat and Arrow's functions are 15 MiB. Only a worker reads files, and the zygote has them for it."""
    script = """
import sys
import networkx_mcp.app, networkx_mcp.graphs.service, networkx_mcp.http.admin, networkx_mcp.http.transfer, networkx_mcp.tools.mcp_server
assert networkx_mcp.arrays.formats.RECORDS["graphml"].parse is not None
late = ("pyarrow.compute", "pyarrow.parquet", "xml.sax", "defusedxml")
print(*(name for name in sys.modules if name in late or "formats" in name and name.endswith(("_reader", "_writer"))))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
