"""Snapshots: the graph comes back exactly; bytes from elsewhere do no worse than raise ValueError."""

from __future__ import annotations

import struct
from typing import Any

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.arrays.graphs import assert_same, networkx_graphs
from xxhash import xxh3_64_intdigest

from networkx_mcp.arrays import arrow_messages, csr, layout, snapshot
from networkx_mcp.arrays.columns import AttributeTable
from networkx_mcp.arrays.convert import from_networkx
from networkx_mcp.arrays.frozen import FrozenGraph, compress, decompress
from networkx_mcp.arrays.state import GraphState


def example(*, directed: bool = False) -> FrozenGraph:
    graph: nx.Graph[Any] = nx.gnp_random_graph(50, 0.2, seed=1, directed=directed)
    graph.add_edge(3, "a", weight=0.5)
    return from_networkx(graph)


@given(networkx_graphs())
def test_a_graph_survives_its_snapshot(graph: nx.Graph[Any]) -> None:
    assert_same(GraphState(decompress(compress(from_networkx(graph)))), graph)


@given(networkx_graphs(), st.integers(1, 5))
def test_the_size_of_blocks_does_not_matter(graph: nx.Graph[Any], block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csr, "_BLOCK", block)
        assert_same(GraphState(decompress(compress(from_networkx(graph)))), graph)


def test_what_is_larger_than_allowed_is_not_inflated() -> None:
    data = compress(example())
    size = snapshot.raw_size(data)
    assert decompress(data, size).m == example().m
    with pytest.raises(ValueError, match=f"inflates to {size} bytes; at most {size - 1}"):
        decompress(data, size - 1)


def test_a_header_that_understates_the_size_gains_nothing() -> None:
    bomb = pa.Codec("zstd").compress(b"\0" * (64 << 20), asbytes=True)
    assert len(bomb) < 10_000
    with pytest.raises(ValueError, match="corrupt snapshot"):
        decompress(pack(bomb, size=1000), 1 << 20)


@given(st.binary(max_size=60))
def test_other_bytes_are_a_value_error(data: bytes) -> None:
    for text in (data, b"NXG\x01" + data):
        with pytest.raises(ValueError):
            decompress(text)


@given(st.data())
def test_a_changed_or_cut_snapshot_is_a_value_error(data: st.DataObject) -> None:
    good = compress(example())
    at = data.draw(st.integers(0, len(good) - 1))
    changed = bytearray(good)
    changed[at] ^= data.draw(st.integers(1, 255))
    for broken in (bytes(changed), good[:at]):
        with pytest.raises(ValueError):
            decompress(broken)


def test_a_snapshot_of_a_later_version_is_named() -> None:
    good = compress(example())
    with pytest.raises(ValueError, match="a snapshot of version 2; this program reads 1"):
        decompress(good[:3] + b"\x02" + good[4:])


def change(name: str, at: int, value: int) -> Any:
    def apply(buffer: layout.Buffer) -> None:
        values = buffer.arrays[name].copy()
        values[at] = value
        buffer.arrays[name] = values

    return apply


def ids(*values: bytes | None) -> Any:
    def apply(buffer: layout.Buffer) -> None:
        buffer.ids = pa.array([*values, *buffer.ids.to_pylist()[len(values) :]], pa.binary())

    return apply


def drop(name: str) -> Any:
    return lambda buffer: buffer.arrays.pop(name)


def fewer(buffer: layout.Buffer) -> None:
    buffer.ids = buffer.ids[:-1]


def wrong_m(buffer: layout.Buffer) -> None:
    buffer.header = layout.Header(directed=buffer.header.directed, n=buffer.header.n, m=buffer.header.m + 1)
    buffer.edges = AttributeTable(buffer.header.m)


@pytest.mark.parametrize("directed", [True, False])
@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (change("out_indices", 5, -1), "an edge to no node"),
        (change("out_indices", 5, 51), "an edge to no node"),
        (change("out_indptr", 3, 10**9), "broken offsets"),
        (change("out_indptr", 0, 1), "broken offsets"),
        (change("out_indptr", -1, 0), "broken offsets"),
        (change("out_indices", 5, 49), "adjacency"),
        (change("out_indices", 0, 0), "adjacency"),
        (ids(b"s0"), None),
        (ids(b"sa", b"sb", b"sb"), "repeated"),
        (ids(None), "missing"),
        (ids(b""), "without type"),
        (ids(b"i12"), "unknown type"),
        (ids(b"x12"), "unknown type"),
        (ids(b"s\xff"), "corrupt"),
        (fewer, "number of ids"),
        (drop("out_indices"), "other arrays"),
        (wrong_m, "number of edges"),
    ],
)
def test_contents_that_contradict_themselves_are_found(damage: Any, says: str | None, directed: bool) -> None:
    graph = example(directed=directed)
    arrays = {"out_indptr": graph.out_indptr, "out_indices": graph.out_indices}
    if directed:
        arrays |= {"in_indptr": graph.in_indptr, "in_indices": graph.in_indices}
    buffer = layout.Buffer(graph.header, graph.ids, arrays, graph.node_table, graph.edge_table)
    damage(buffer)
    data = snapshot.pack(buffer)
    if says is None:
        assert decompress(data).m == graph.m
    else:
        with pytest.raises(ValueError, match=says):
            decompress(data)


def test_a_loop_that_stands_twice_is_found() -> None:
    header = layout.Header(directed=False, n=1, m=2)
    arrays = {"out_indptr": np.array([0, 2], np.int32), "out_indices": np.zeros(2, np.int32)}
    buffer = layout.Buffer(header, pa.array([b"sa"], pa.binary()), arrays, AttributeTable(1), AttributeTable(2))
    with pytest.raises(ValueError, match="self-loop stands twice"):
        decompress(snapshot.pack(buffer))


def test_the_same_graph_has_the_same_bytes() -> None:
    assert compress(example()) == compress(example())


def test_it_is_small() -> None:
    graph = from_networkx(nx.barabasi_albert_graph(20_000, 3, seed=1))
    assert len(compress(graph)) < 12 * graph.m


def pack(payload: bytes, size: int) -> bytes:
    return snapshot._HEAD.pack(b"NXG", snapshot.VERSION, size, xxh3_64_intdigest(payload)) + payload


# -- what Arrow would read, and must not: bytes that anybody may have made


def stream(graph: FrozenGraph, change: Any = None, **options: Any) -> bytes:
    """A snapshot's Arrow stream after `change(fields, columns, metadata)`, sealed with a checksum that holds."""
    arrays = {"out_indptr": graph.out_indptr, "out_indices": graph.out_indices}
    sink = pa.BufferOutputStream()
    layout.Buffer(graph.header, graph.ids, arrays, graph.node_table, graph.edge_table).write(sink)
    with pa.ipc.open_stream(sink.getvalue()) as reader:
        batch = reader.read_next_batch()
    fields, columns, metadata = list(batch.schema), list(batch.columns), dict(batch.schema.metadata)
    if change is not None:
        change(fields, columns, metadata)
    schema = pa.schema(fields, metadata=metadata)
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, schema, options=pa.ipc.IpcWriteOptions(use_threads=False, **options)) as writer:
        writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
    return sealed(out.getvalue().to_pybytes())


def sealed(raw: bytes) -> bytes:
    return pack(pa.Codec("zstd").compress(raw, asbytes=True), len(raw))


def rich() -> FrozenGraph:
    graph: nx.Graph[Any] = nx.path_graph(20)
    for node in graph:
        graph.nodes[node].update(real=node / 2, mixed=node if node % 2 else node / 4, text="é", any=[node])
    graph.nodes[0]["rare"] = 1
    return from_networkx(graph)


def at(name: str) -> int:
    """Position of an attribute's field."""
    notes = [name_ for name_, column in rich().node_table.columns.items()]
    return 3 + notes.index(name) + (notes.index(name) > notes.index("mixed"))


def column(name: str, values: Any) -> Any:
    """Put other values in the place of an attribute's."""

    def apply(fields: list[Any], columns: list[Any], metadata: dict[bytes, bytes]) -> None:
        place = at(name)
        columns[place] = pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)
        fields[place] = pa.field(fields[place].name, columns[place].type, metadata=fields[place].metadata)

    return apply


def note(place: int, text: str) -> Any:
    def apply(fields: list[Any], columns: list[Any], metadata: dict[bytes, bytes]) -> None:
        fields[place] = fields[place].with_metadata({b"networkx_mcp": text.encode()})

    return apply


def header(text: str) -> Any:
    def apply(fields: list[Any], columns: list[Any], metadata: dict[bytes, bytes]) -> None:
        metadata[b"networkx_mcp"] = text.encode()

    return apply


def twice(fields: list[Any], columns: list[Any], metadata: dict[bytes, bytes]) -> None:
    fields.append(fields[0])
    columns.append(columns[0])


def cut(fields: list[Any], columns: list[Any], metadata: dict[bytes, bytes]) -> None:
    columns[1] = pa.ListArray.from_arrays(pa.array([1, 21], pa.int32()), columns[1].values)


def gone(fields: list[Any], columns: list[Any], metadata: dict[bytes, bytes]) -> None:
    columns[2] = pa.nulls(1, columns[2].type)


def texts(*first: str) -> pa.Array:
    return pa.array([*first, *["[]"] * (20 - len(first))])


def told(more: str) -> Any:
    return header('{"directed":false,"n":20,"m":19,' + more + "}")


def test_the_stream_of_a_graph_is_read() -> None:
    graph = rich()
    assert list(GraphState(decompress(stream(graph))).nodes(data=True)) == list(GraphState(graph).nodes(data=True))
    assert graph.node_table.rest is not None
    assert set(graph.node_table.columns) == {"real", "mixed", "text", "any"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (column("any", pa.array([[1]] * 20)), "is list<"),
        (column("real", pa.array(range(20))), "is list<"),
        (column("text", pa.array(["x"] * 20).dictionary_encode()), "other messages"),
        (column("real", pa.array([0.5] * 19)), "another number of rows"),
        (column("real", pa.array([float("nan")] * 20)), "not finite"),
        (column("mixed", pa.array([0.5] * 20)), "marks a number as an integer"),
        (column("mixed", pa.array([float(2**60)] * 20)), "marks a number as an integer"),
        (column("any", texts("{")), "no JSON"),
        (column("any", texts("")), "no JSON"),
        (column("any", texts("1e400")), "past the largest float"),
        (column("any", texts('{"1e400":[1,-2.5E+999]}')), "past the largest float"),
        (column("any", texts("[" * 40 + "]" * 40)), "nested too deeply"),
        (column("any", texts("[" * 100_000)), "nested too deeply"),
        (column("any", texts('["' + "[" * 100 + '"]', "[[],[]]", "9" * 400)), "too many digits"),
        (twice, "stands twice"),
        (cut, "broken offsets"),
        (gone, "an array is missing"),
        (note(3, '{"of":"node","name":"real","kind":"float","part":-1}'), "Invalid enum value -1"),
        (note(3, '{"of":"graph","name":"real","kind":"float"}'), "Invalid enum value 'graph'"),
        (note(3, '{"of":"node","name":"real","kind":"number"}'), "does not fit its kind"),
        (note(3, '{"of":"node","name":null,"kind":"float"}'), "stands twice|does not fit its kind"),
        (note(3, "[" * 100_000), "recursion|Expected"),
        (told('"loops":1'), "self-loops differs"),
        (header('{"directed":false,"n":20,"m":-1}'), "rows|number of edges"),
        (header(f'{{"directed":false,"n":{2**70},"m":19}}'), "rows|range"),
        (told('"attributes":{"a":' + "[" * 2000 + "]" * 2000 + "}"), "recursion"),
        (told('"attributes":{"a":' + "[" * 60 + "]" * 60 + "}"), "nested too deeply"),
        (told('"attributes":{"a":' + "7" * 400 + "}"), "too many digits"),
    ],
)
def test_a_stream_that_is_none_of_ours_is_a_value_error(change: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        decompress(stream(rich(), change))


def test_buffers_are_not_inflated_again_and_none_is_read_twice() -> None:
    graph = rich()
    with pytest.raises(ValueError, match="compressed inside"):
        decompress(stream(graph, compression="zstd"))
    raw = bytearray(pa.Codec("zstd").decompress(stream(graph)[20:], snapshot.raw_size(stream(graph)), asbytes=True))
    (_, batch) = [message for message in arrow_messages.messages(bytes(raw)) if message.kind in (1, 3)]
    one, other = [buffer for buffer in batch.buffers if buffer[1]][1:3]
    place = raw.index(struct.pack("<qq", *other))
    raw[place : place + 8] = struct.pack("<q", one[0])
    with pytest.raises(ValueError, match="buffers overlap"):
        decompress(sealed(bytes(raw)))


def test_offsets_that_point_outside_are_found_before_they_are_followed() -> None:
    """The array of ids begins at minus a billion: taken apart before it was validated, this aborted the process."""
    raw = bytearray(pa.Codec("zstd").decompress(stream(rich())[20:], snapshot.raw_size(stream(rich())), asbytes=True))
    (_, batch) = [message for message in arrow_messages.messages(bytes(raw)) if message.kind in (1, 3)]
    body = len(raw) - batch.size - 8
    offset = next(offset for offset, length in batch.buffers if length)
    raw[body + offset : body + offset + 4] = struct.pack("<i", -(10**9))
    with pytest.raises(ValueError, match="negative offset"):
        decompress(sealed(bytes(raw)))


def test_texts_that_look_like_what_is_refused_are_read() -> None:
    fine = [
        '"1e400"',
        '["' + "[" * 60 + '\\"' + "7" * 400 + '"]',
        "1e308",
        "-1E-999",
        "[" * 33 + "]" * 33,
        "true",
        "8" * 308,
    ]
    graph = decompress(stream(rich(), column("any", texts(*fine))))
    assert [graph.node_attributes(row)["any"] for row in range(2)] == ["1e400", ["[" * 60 + '"' + "7" * 400]]
