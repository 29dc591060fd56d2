"""One attribute value is at most so long in every format, and a parser stops where it is passed."""

from __future__ import annotations

import io
from typing import Any

import networkx as nx
import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.unit.formats.files import written

from networkx_mcp.arrays import formats
from networkx_mcp.arrays.formats import FormatError, ParseLimits
from networkx_mcp.errors import LimitExceeded

KIB = 1024
LIMITS = ParseLimits(1000, 1000, 1 << 26, value=KIB)
FITS, LONG = "x" * (KIB - 2), "x" * (KIB - 1)

#: Formats and where they keep an attribute.
PLACES = [
    (format_, place)
    for format_ in ("csv", "edge-list", "node-link", "graphml", "gml", "gexf", "cytoscape", "dot", "parquet", "arrow")
    for place in ("node", "edge", "graph")
    if not (format_ == "edge-list" and place != "edge") and not (format_ in ("csv", "gexf") and place == "graph")
]


def graph_with(place: str, value: Any) -> nx.Graph[Any]:
    graph: nx.Graph[Any] = nx.Graph([("a", "b")])
    {"node": graph.nodes["a"], "edge": graph.edges["a", "b"], "graph": graph.graph}[place]["note"] = value
    return graph


def parsed(data: bytes, format_: str) -> Any:
    return formats.parse(io.BytesIO(data), format_, {}, LIMITS)


@pytest.mark.parametrize(("format_", "place"), PLACES)
def test_a_text_of_the_limit_comes_in_and_a_longer_one_does_not(format_: str, place: str) -> None:
    assert parsed(written(graph_with(place, FITS), format_), format_).m == 1
    with pytest.raises(LimitExceeded) as caught:
        parsed(written(graph_with(place, LONG), format_), format_)
    error = caught.value
    assert (error.data["limit"], error.data["setting"], error.data["maximum"]) == ("value", "limits.value_kib", KIB)
    assert "note" in error.message
    assert "othing was changed" in error.message


@pytest.mark.parametrize(("format_", "place"), [(f, p) for f, p in PLACES if f not in ("csv", "gml", "dot")])
@pytest.mark.parametrize("value", [[[]] * 400, {"a": [0.5] * 300}], ids=["lists", "object"])
def test_so_are_lists_and_objects(format_: str, place: str, value: Any) -> None:
    with pytest.raises(LimitExceeded, match=r"limits\.value_kib"):
        parsed(written(graph_with(place, value), format_), format_)


def gml(inside: str) -> bytes:
    return f'graph [ node [ id 0 label "a" note {inside} ] ]'.encode()


class Cut(io.BytesIO):
    """A file whose end nobody should need."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.furthest = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.furthest = max(self.furthest, self.tell())
        return data

    def readline(self, size: int | None = -1) -> bytes:
        data = super().readline(size)
        self.furthest = max(self.furthest, self.tell())
        return data


MIB = 1 << 20
GEXF = "<gexf><graph><nodes>"
HEAD = '<graphml><key id="k" for="node" attr.name="note" attr.type="string"/><graph edgedefault="undirected">'


@pytest.mark.parametrize(
    ("format_", "data"),
    [
        ("graphml", f'{HEAD}<node id="a"><data key="k">{"x" * 8 * MIB}</data></node></graph></graphml>'),
        ("graphml", f'{HEAD}<node id="a"><data key="k">{"&#10;" * MIB}</data></node></graph></graphml>'),
        ("gml", 'graph [ node [ id 0 label "a" note [\n' + "b 1\n" * MIB + "] ] ]"),
        ("gml", 'graph [ node [ id 0 label "a"\n' + "note 1\n" * MIB + "] ]"),
        (
            "gexf",
            f'{GEXF}<node id="a">'
            + '<spells><spell start="1"/></spells>\n' * (MIB // 8)
            + "</node></nodes></graph></gexf>",
        ),
        ("gml", "graph [\n" + "note [ ]\n" * MIB + "]"),
    ],
)
def test_the_rest_of_a_long_value_is_not_read(format_: str, data: str) -> None:
    file = Cut(data.encode())
    limits = ParseLimits(1000, 1000, 1 << 26, value=64 * KIB)
    with pytest.raises(LimitExceeded, match=r"limits\.value_kib"):
        formats.parse(file, format_, {}, limits)
    assert file.furthest < MIB


@pytest.mark.parametrize(
    "long", [f'<node id="{"x" * 8 * MIB}"/>', f"<!-- {'x' * 8 * MIB} -->"], ids=["attribute", "comment"]
)
def test_expat_is_not_fed_a_tag_that_never_ends(long: str) -> None:
    """It would read it again from the start with each chunk: seconds for megabytes, minutes for more."""
    file = Cut(f"{HEAD}{long}</graph></graphml>".encode())
    with pytest.raises(FormatError, match="longer than 1048576 bytes"):
        formats.parse(file, "graphml", {}, LIMITS)
    assert file.furthest < 2 * MIB


@pytest.mark.parametrize("format_", ["parquet", "arrow"])
def test_nested_columns_are_refused_before_they_are_objects(format_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> Any:
        raise AssertionError("the lists were made")

    table = pa.table(
        {"source": ["a", "b"], "target": ["b", "c"], "note": pa.array([[], [[]] * MIB], pa.list_(pa.list_(pa.int8())))}
    )
    sink = io.BytesIO()
    if format_ == "parquet":
        parquet.write_table(table, sink)
    else:
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    monkeypatch.setattr("networkx_mcp.arrays.ingest.check_attributes", never)
    with pytest.raises(LimitExceeded, match=r"row 2.*note"):
        formats.parse(io.BytesIO(sink.getvalue()), format_, {}, LIMITS)


def test_the_line_is_named() -> None:
    with pytest.raises(LimitExceeded, match=r"line 2: edge \"b\" - \"c\".*note") as caught:
        parsed(f'a b\nb c {{"note": "{LONG}"}}\n'.encode(), "edge-list")
    assert caught.value.data["line"] == 2
