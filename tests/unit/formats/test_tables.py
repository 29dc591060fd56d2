"""Parquet and Arrow: typed columns, tables of other programs, and files that declare more than they should."""

from __future__ import annotations

import datetime
import decimal
import io
import json
import re
import uuid
from typing import Any

import networkx as nx
import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.unit.formats.files import parts, read, refused, written

from networkx_mcp.arrays.formats import ParseLimits, load
from networkx_mcp.errors import InvalidInput, LimitExceeded

FORMATS = ("parquet", "arrow")


def packed(table: pa.Table, format_: str, *, stream: bool = False, **options: Any) -> bytes:
    """The file of a table as pyarrow writes it."""
    sink = io.BytesIO()
    if format_ == "parquet":
        parquet.write_table(table, sink, **options)
    else:
        new = pa.ipc.new_stream if stream else pa.ipc.new_file
        with new(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
            writer.write_table(table)
    return sink.getvalue()


def unpacked(data: bytes, format_: str) -> pa.Table:
    return parquet.read_table(io.BytesIO(data)) if format_ == "parquet" else pa.ipc.open_file(data).read_all()


@pytest.mark.parametrize("format_", FORMATS)
def test_other_programs_see_typed_columns(format_: str) -> None:
    graph = nx.DiGraph(name="x")
    graph.add_node("a", color="red")
    graph.add_edge("a", "b", weight=1.5, n=2**60, ok=True, mixed=1, any=None)
    graph.add_edge("b", "a", weight=2.5, mixed=1.5, any=["x"])
    table = unpacked(written(graph, format_), format_)
    types = {field.name: str(field.type) for field in table.schema}
    text = "dictionary<values=string, indices=int32, ordered=0>" if format_ == "arrow" else "string"
    assert types == {
        "source": text,
        "target": text,
        "color": "string",
        "weight": "double",
        "n": "int64",
        "ok": "bool",
        "mixed": "double",
        "any": "string",
    }
    assert table["source"].to_pylist() == ["a", "b", "a", "b"]
    assert table["target"].to_pylist() == [None, None, "b", "a"]
    assert table["mixed"].to_pylist() == [None, None, 1.0, 1.5]
    assert table["any"].to_pylist() == [None, None, "null", '["x"]']
    note = json.loads(table.schema.metadata[b"networkx-mcp"])
    assert note == {"directed": True, "attributes": {"name": "x"}, "source": "source", "target": "target"}


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize(
    "values", [[1, 2.5], [1, 2.0], [2**53 + 1, 0.5], [1.0, 2], [-0.0, 1], [1, "1"], [True, 1], [None, 2.5], [2**70, 1]]
)
def test_values_of_several_types_keep_them(format_: str, values: list[Any]) -> None:
    graph = nx.Graph()
    for k, value in enumerate(values):
        graph.add_edge(k, k + 1, v=value)
        graph.add_node(k, v=values[-1 - k])
    assert parts(read(written(graph, format_), format_)) == parts(graph)


@pytest.mark.parametrize("format_", FORMATS)
def test_columns_may_have_other_names(format_: str) -> None:
    graph = nx.Graph([("a", "b", {"source": "book"})])
    with pytest.raises(InvalidInput, match="choose other columns"):
        written(graph, format_)
    data = written(graph, format_, source="u", target="v")
    assert unpacked(data, format_).schema.names == ["u", "v", "source"]
    assert parts(read(data, format_)) == parts(graph)
    edges = written(graph, format_, source="u", target="v", nodes="none")
    assert list(read(edges, format_, source="source", target="v")) == ["book", "b"]


@pytest.mark.parametrize("format_", FORMATS)
def test_rows_of_nodes_may_be_left_out_where_nothing_is_lost(format_: str) -> None:
    graph = nx.path_graph(3)
    assert len(unpacked(written(graph, format_), format_)) == 5
    assert len(unpacked(written(graph, format_, nodes="auto"), format_)) == 2
    assert len(unpacked(written(graph, format_, nodes="none"), format_)) == 2
    graph.add_node(9)
    with pytest.raises(InvalidInput, match="node 9 would be lost"):
        written(graph, format_, nodes="none")


TABLE = pa.table(
    {
        "from": pa.array(["a", "b", "c"]),
        "to": pa.array(["b", "c", None]),
        "i8": pa.array([1, None, 3], pa.int8()),
        "u64": pa.array([1, 2**63, None], pa.uint64()),
        "f": pa.array([0.5, None, None], pa.float32()),
        "d": pa.array([datetime.date(2024, 1, 31), None, None]),
        "t": pa.array([datetime.datetime(2024, 1, 31, 12), None, None], pa.timestamp("ms")),
        "z": pa.array([datetime.datetime(2024, 1, 31, 12), None, None], pa.timestamp("ms", "Europe/Berlin")),
        "m": pa.array([decimal.Decimal("1.50"), None, None]),
        "c": pa.array(["x", "x", None]).dictionary_encode(),
        "l": pa.array([[1, 2], None, []], pa.list_(pa.int64())),
        "s": pa.array([{"k": "v", "n": [1]}, None, None]),
        "none": pa.nulls(3),
    }
)


@pytest.mark.parametrize(
    ("format_", "options"),
    [("parquet", {}), ("arrow", {}), ("arrow", {"stream": True}), ("arrow", {"compression": "lz4"})],
)
def test_tables_of_other_programs_are_read_as_json(format_: str, options: dict[str, Any]) -> None:
    graph = read(packed(TABLE, format_, **options), format_, directed=True)
    assert list(graph.nodes(data=True)) == [("a", {}), ("b", {}), ("c", {"i8": 3, "l": []})]
    first = {
        "i8": 1,
        "u64": 1,
        "f": 0.5,
        "d": "2024-01-31",
        "t": "2024-01-31 12:00:00.000",
        "z": "2024-01-31 12:00:00.000Z",
        "m": 1.5,
        "c": "x",
        "l": [1, 2],
        "s": {"k": "v", "n": [1]},
    }
    assert list(graph.edges(data=True)) == [("a", "b", first), ("b", "c", {"u64": 2**63, "c": "x"})]


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"x": [1], "y": [2]}, "the columns are 'x', 'y'"),
        ({"source": [1.5], "target": [2.5]}, "ids are text or integers"),
        ({"source": ["a"], "target": [1]}, "give both one type"),
        ({"source": pa.array(["a", None]), "target": pa.array(["b", "c"])}, "row 2: the source is missing"),
        ({"source": ["a", "b"], "target": ["b", "c"], "w": [1.0, float("inf")]}, "row 2: w: inf is not JSON"),
        ({"source": ["a", "b"], "target": ["b", "a"]}, r"row 2: the edge .* \(first in row 1\)"),
        ({"source": ["a", "x" * 2000], "target": ["b", "a"]}, "row 2: source: node id"),
        ({"source": ["a"], "target": ["b"], "raw": [b"x"]}, "'raw' is of type binary"),
        ({"source": pa.array([2**63], pa.uint64()), "target": pa.array([1], pa.uint64())}, "64 bits"),
    ],
)
def test_what_is_no_graph_is_named_with_its_row(format_: str, columns: dict[str, Any], text: str) -> None:
    error = refused(packed(pa.table(columns), format_), format_)
    assert re.search(text, error.message), error.message


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("duplicates", ["skip", "update"])
def test_repeated_rows_are_skipped_or_merged_when_told(format_: str, duplicates: str) -> None:
    data = packed(pa.table({"source": [1, 2], "target": [2, 1], "w": [1, 5]}), format_)
    assert list(read(data, format_, duplicates=duplicates).edges(data="w")) == [
        (1, 2, 1 if duplicates == "skip" else 5)
    ]


@pytest.mark.parametrize("format_", FORMATS)
def test_notes_that_are_broken_are_refused(format_: str) -> None:
    table = pa.table({"source": [1, 2], "target": [2, 3], "j": ["{", "1"]})
    for metadata in ({b"networkx-mcp": b"{"}, {b"networkx-mcp": b'{"attributes": 3}'}):
        assert "metadata" in refused(packed(table.replace_schema_metadata(metadata), format_), format_).message
    marked = pa.schema(
        [*table.schema.remove(2), pa.field("j", pa.string(), metadata={b"networkx-mcp": b'{"kind":"json"}'})]
    )
    assert "row 1: column 'j' holds '{'" in refused(packed(table.cast(marked), format_), format_).message


LIMITS = ParseLimits(nodes=1000, edges=1000, bytes=100_000)


def bomb(error: Any) -> None:
    assert error.value.data["setting"] in ("limits.upload_mb", "limits.graph_edges")


@pytest.mark.parametrize("format_", FORMATS)
def test_a_long_text_repeated_is_counted_before_it_is_unpacked(format_: str) -> None:
    text = pa.array(["x" * 50_000])
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 900, pa.int32()), text)
    table = pa.table({"source": range(900), "target": range(1, 901), "t": column})
    data = packed(table, format_, compression="zstd")
    assert len(data) < LIMITS.bytes
    with pytest.raises(LimitExceeded, match="inflates to") as error:
        read(data, format_, LIMITS)
    bomb(error)


@pytest.mark.parametrize("format_", FORMATS)
def test_more_rows_than_a_graph_may_have_are_refused_before_they_are_read(format_: str) -> None:
    data = packed(
        pa.table({"source": pa.array([1] * 2001), "target": pa.array(range(2001))}), format_, compression="zstd"
    )
    with pytest.raises(LimitExceeded, match="2001 rows") as error:
        read(data, format_, LIMITS)
    bomb(error)


@pytest.mark.parametrize("format_", FORMATS)
def test_what_a_file_declares_is_refused_before_it_is_inflated(format_: str) -> None:
    column = pa.array(["x" * 4_000_000])
    data = packed(pa.table({"source": ["a"], "target": ["b"], "t": column}), format_, compression="zstd")
    assert len(data) < LIMITS.bytes
    with pytest.raises(LimitExceeded, match="inflates to") as error:
        read(data, format_, LIMITS)
    bomb(error)


def test_types_whose_rows_share_values_inside_are_refused() -> None:
    inner = pa.array(["x"]).dictionary_encode()
    lists = pa.ListArray.from_arrays([0, 1], inner)
    views = pa.array([[1]], pa.list_view(pa.int64()))
    for column in (lists, views, pa.array([b"x"], pa.binary(1))):
        data = packed(pa.table({"source": ["a"], "target": ["b"], "t": column}), "arrow")
        assert "no JSON value" in refused(data, "arrow").message


def test_an_arrow_stream_that_is_cut_off_is_refused() -> None:
    data = packed(TABLE, "arrow", stream=True)
    for size in (len(data) // 2, len(data) - 100):
        assert "Arrow" in refused(data[:size], "arrow").message


def test_a_footer_that_names_the_same_batch_many_times_counts_each_time() -> None:
    rows = 1500
    table = pa.table({"source": pa.array(["a"] * rows), "target": pa.array(["b"] * rows)})
    data = packed(table, "arrow")
    end = len(data) - 10
    size = int.from_bytes(data[end : end + 4], "little")
    footer = data[end - size : end]
    # The vector of blocks: its count, then 24 bytes for each.
    (batch,) = [
        at for at in range(0, len(footer) - 28, 4) if footer[at : at + 4] == b"\1\0\0\0" and _block(data, footer, at)
    ]
    block = footer[batch + 4 : batch + 28]
    # The footer again, with two of them at its end.
    pointer = [at for at in range(0, batch, 4) if at + int.from_bytes(footer[at : at + 4], "little") == batch]
    grown = bytearray(footer + b"\2\0\0\0" + 2 * block)
    for at in pointer:
        grown[at : at + 4] = (len(footer) - at).to_bytes(4, "little")
    twice = data[: end - size] + bytes(grown) + len(grown).to_bytes(4, "little") + b"ARROW1"
    with pytest.raises(LimitExceeded, match="3000 rows"):
        read(twice, "arrow", LIMITS)


def _block(data: bytes, footer: bytes, at: int) -> bool:
    offset = int.from_bytes(footer[at + 4 : at + 12], "little")
    return 8 <= offset < len(data) and data[offset : offset + 4] == b"\xff\xff\xff\xff"


def test_an_arrow_file_without_its_end_is_named_as_such() -> None:
    data = packed(TABLE, "arrow")
    assert "cut off" in refused(data[:-200], "arrow").message


@pytest.mark.parametrize("format_", FORMATS)
def test_ids_that_are_whole_floats_or_decimals_are_integers(format_: str) -> None:
    table = pa.table({"source": pa.array([1.0, 2.0]), "target": pa.array([2.0, float("nan")])})
    assert parts(read(packed(table, format_), format_)) == parts(nx.Graph([(1, 2)]))
    table = pa.table({"source": pa.array([decimal.Decimal(7)], pa.decimal128(38, 0)), "target": pa.array([8])})
    assert list(read(packed(table, format_), format_)) == [7, 8]
    for odd in (1.5, float(2**54), float("inf")):
        table = pa.table({"source": pa.array([1.0, odd]), "target": pa.array([1.0, 1.0])})
        assert "whole numbers" in refused(packed(table, format_), format_).message


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([decimal.Decimal("1.5"), decimal.Decimal("2.0")]), [1.5, 2.0]),
        (pa.array([decimal.Decimal(3), None], pa.decimal128(20, 0)), [3, None]),
        (pa.array([decimal.Decimal(10**30), decimal.Decimal(-1)], pa.decimal128(38, 0)), [10**30, -1]),
        (pa.array([[1.0, 2.0], None], pa.list_(pa.float64(), 2)), [[1.0, 2.0], None]),
        (pa.array([datetime.timedelta(minutes=1.5), None]), [90.0, None]),
        (pa.array(["x", None], pa.string_view()), ["x", None]),
        (pa.array([uuid.UUID(int=1).bytes, None], pa.uuid()), ["00000000-0000-0000-0000-000000000001", None]),
        (pa.array([[("k", 1), ("l", 2)], None], pa.map_(pa.string(), pa.int64())), [{"k": 1, "l": 2}, None]),
        (pa.array([["x", "y"], []], pa.list_(pa.string_view())), [["x", "y"], []]),
        (pa.array([{"v": "x", "w": [decimal.Decimal("0.5")]}, None]), [{"v": "x", "w": [0.5]}, None]),
        (pa.array([[datetime.date(2024, 1, 31)], None]), [["2024-01-31"], None]),
        (pa.array(["x", "x"], pa.string_view()).dictionary_encode(), ["x", "x"]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_types_of_other_programs_are_read_for_what_they_mean(column: pa.Array, expected: list[Any]) -> None:
    data = packed(pa.table({"source": ["a", "b"], "target": ["b", "c"], "t": column}), "arrow")
    graph = read(data, "arrow")
    found = [values.get("t") for _, _, values in graph.edges(data=True)]
    assert found == expected
    assert [type(value) for value in found] == [type(value) for value in expected]


def test_what_is_rounded_or_given_in_another_unit_is_said() -> None:
    exact, long = decimal.Decimal("1.25"), decimal.Decimal("0.12345678901234567890")
    durations = pa.array([datetime.timedelta(seconds=1)] * 2)
    table = {
        "source": ["a", "b"],
        "target": ["b", "c"],
        "exact": pa.array([exact] * 2, pa.decimal128(38, 2)),
        "t": durations,
    }
    data = packed(pa.table({**table, "long": pa.array([long, exact.scaleb(0)], pa.decimal128(38, 20))}), "arrow")
    notes = load(io.BytesIO(data), "arrow", {}, LIMITS).reading.notes
    assert notes == [
        "column 't' holds durations: they are numbers of seconds",
        "column 'long' holds decimals of more digits than numbers have: they are rounded",
    ]


def test_views_that_share_their_text_count_for_what_they_become() -> None:
    """Few bytes, and each row names them all."""
    text = "x" * 100_000
    one = pa.array([text], pa.string_view()).buffers()
    shared = pa.Array.from_buffers(pa.string_view(), 1000, [None, pa.py_buffer(one[1].to_pybytes() * 1000), *one[2:]])
    data = packed(
        pa.table({"source": ["a"] * 1000, "target": pa.array(range(1000)).cast(pa.string()), "t": shared}), "arrow"
    )
    with pytest.raises(LimitExceeded, match="inflates to"):
        read(data, "arrow", ParseLimits(nodes=2000, edges=2000, bytes=1 << 20))


@pytest.mark.parametrize("encoding", ["DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"])
def test_text_without_a_dictionary_as_duckdb_and_spark_write_it(encoding: str) -> None:
    """Arrow cannot read it as one: DuckDB writes the first for version 2 of Parquet, Spark the second."""
    rows = 3_000
    table = pa.table(
        {
            "source": [f"node-{k}" for k in range(rows)],
            "target": [f"node-{k + 1}" for k in range(rows)],
            "kind": ["road", None, "rail"] * (rows // 3),
        }
    )
    how = {"use_dictionary": ["kind"], "column_encoding": {"source": encoding, "target": encoding}}
    graph = read(packed(table, "parquet", **how), "parquet")
    assert list(graph.edges(data=True)) == [
        (u, v, {} if kind is None else {"kind": kind})
        for u, v, kind in zip(*(table[name].to_pylist() for name in table.column_names), strict=True)
    ]


def test_rows_without_any_value_are_passed_over() -> None:
    table = pa.table({"source": ["a", None, None], "target": ["b", None, None], "w": [1, None, 2]})
    for format_ in FORMATS:
        found = load(io.BytesIO(packed(table.slice(0, 2), format_)), format_, {}, ParseLimits(9, 9, 9_999))
        assert (found.graph.n, found.graph.m) == (2, 1)
        assert found.reading.notes == ["rows without any value were passed over"]
        told = refused(packed(table, format_), format_).message
        assert "row 3: the source is missing: options part=edges and incomplete=skip pass over such rows" in told
