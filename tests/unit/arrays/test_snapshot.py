"""Snapshots: the graph comes back exactly; bytes from elsewhere do no worse than raise ValueError."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.arrays.graphs import assert_same, networkx_graphs
from xxhash import xxh3_64_intdigest

from networkx_mcp.arrays import csr, layout, snapshot
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
