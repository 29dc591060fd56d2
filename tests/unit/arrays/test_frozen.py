"""The frozen graph: one sealed buffer, attached without decoding, read in place."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.arrays.graphs import assert_same, networkx_graphs

from networkx_mcp.arrays import hashindex, memfd
from networkx_mcp.arrays.builder import GraphBuilder
from networkx_mcp.arrays.convert import from_networkx
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.ids import encode_id
from networkx_mcp.arrays.state import GraphState


def build(edges: Any, *, directed: bool = False) -> FrozenGraph:
    builder = GraphBuilder(directed)
    for u, v in edges:
        builder.add_edge(u, v)
    return builder.freeze()


@given(networkx_graphs())
def test_its_arrays_are_the_graph_in_order(graph: nx.Graph[Any]) -> None:
    frozen = from_networkx(graph)
    ids = list(frozen.iter_ids())
    assert ids == list(graph)
    assert [(ids[u], ids[v]) for u, v in zip(frozen.src, frozen.dst, strict=True)] == list(graph.edges)
    assert frozen.loops == nx.number_of_selfloops(graph)
    assert frozen.all_ids() == ids
    assert list(map(type, frozen.all_ids())) == list(map(type, ids))
    for row, node in enumerate(ids):
        assert frozen.find(node) == row
        assert frozen.id_of(row) == node
        assert frozen.ids_of(frozen.successors(row)) == list(graph.adj[node])
        backward = graph.pred[node] if isinstance(graph, nx.DiGraph) else graph.adj[node]
        assert frozen.ids_of(frozen.predecessors(row)) == list(backward)
    data = [given_ for _, _, given_ in graph.edges(data=True)]
    entries = zip(
        np.repeat(np.arange(frozen.n), np.diff(frozen.out_indptr)), frozen.out_indices, frozen.out_rows, strict=True
    )
    for u, v, row in entries:
        assert graph.edges[ids[u], ids[v]] == data[row]
        assert frozen.edge_row(int(u), int(v)) == row
    entries = zip(
        np.repeat(np.arange(frozen.n), np.diff(frozen.in_indptr)), frozen.in_indices, frozen.in_rows, strict=True
    )
    for v, u, row in entries:
        assert graph.edges[ids[u], ids[v]] == data[row]
    assert frozen.edge_table.dicts() == data
    assert frozen.node_table.dicts() == [given_ for _, given_ in graph.nodes(data=True)]


def test_another_process_reads_it_through_the_descriptor_alone() -> None:
    frozen = build([("a", "b"), ("b", 3)])
    read, write = os.pipe()
    child = os.fork()
    if not child:  # the child maps the same pages anew
        other = FrozenGraph.attach(os.dup(frozen.fd))
        os.write(write, repr(list(GraphState(other).edges())).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 1000) == repr([("a", "b"), ("b", 3)]).encode()
    os.close(read)
    os.close(write)


def test_it_owns_its_descriptor_and_views_outlive_it() -> None:
    frozen = build([("a", "b")])
    fd, indices = frozen.fd, frozen.out_indices
    del frozen
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)
    assert indices.tolist() == [1, 0]


def test_a_descriptor_that_holds_no_graph_stays_the_callers() -> None:
    fd = memfd.create("test", [b"not a graph"])
    with pytest.raises(ValueError, match="not the buffer of a graph"):
        FrozenGraph.attach(fd)
    os.close(fd)


def test_it_can_be_read_from_bytes_and_gets_a_descriptor_when_asked() -> None:
    frozen = build([("a", "b")])
    raw = bytes(memfd.attach(frozen.fd))
    assert len(raw) == frozen.nbytes
    again = FrozenGraph.from_buffer(raw)
    assert again.find("b") == 1
    assert memfd.is_sealed(again.fd)
    assert bytes(memfd.attach(again.fd)) == raw


def test_any_arrow_reader_opens_the_buffer() -> None:
    frozen = build([("a", "b"), ("a", "c")], directed=True)
    table = pa.ipc.open_stream(memfd.attach(frozen.fd)).read_all()
    assert table["out_indices"].to_pylist() == [[1, 2]]


def test_nobody_can_write_into_its_arrays() -> None:
    frozen = build([("a", "b")])
    for values in (frozen.src, frozen.dst, frozen.out_indptr, frozen.out_indices, frozen.in_indices):
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 1


@pytest.mark.parametrize("row", [-1, 2])
def test_a_row_that_is_not_there_is_an_error(row: int) -> None:
    with pytest.raises(IndexError):
        build([("a", "b")]).id_of(row)


@pytest.mark.parametrize("directed", [True, False])
def test_edges_of_a_hub_are_found_from_either_end(directed: bool) -> None:
    frozen = build([("hub", k) for k in range(500)] + [("hub", "hub"), (7, 8)], directed=directed)
    hub = frozen.find("hub")
    for k in range(500):
        row = frozen.edge_row(hub, frozen.find(k))
        assert (frozen.src[row], frozen.dst[row]) == (hub, frozen.find(k))
        assert (frozen.edge_row(frozen.find(k), hub) >= 0) != directed
    assert frozen.edge_row(hub, hub) >= 0
    assert frozen.edge_row(frozen.find(9), frozen.find(8)) == -1


@given(st.sets(st.integers(-(2**63), 2**63 - 1) | st.text(max_size=3), max_size=200), st.integers(0, 2**56 - 1))
def test_the_index_finds_every_id_and_no_other(names: set[Any], seed: int) -> None:
    known = sorted(names, key=encode_id)[::2]
    table = pa.array(map(encode_id, known), pa.binary())
    slots = hashindex.build(table, seed)
    assert len(slots) >= 1.5 * len(known)
    assert (slots == hashindex.EMPTY).any()
    _, offsets, data = table.buffers()
    views = (
        memoryview(slots),  # type: ignore[arg-type]
        memoryview(offsets).cast("b").cast("i") if offsets else memoryview(b""),
        memoryview(data or b"").cast("B"),
    )
    for name in names:
        wanted = known.index(name) if name in known else -1
        assert hashindex.find(encode_id(name), seed, *views) == wanted


def test_a_large_graph_comes_back_whole() -> None:
    graph: nx.Graph[Any] = nx.barabasi_albert_graph(3000, 3, seed=1)
    graph = nx.relabel_nodes(graph, {k: f"node {k}" for k in range(0, 3000, 2)})
    for number, (u, v) in enumerate(list(graph.edges)):
        if number % 3:
            graph.edges[u, v]["weight"] = number / 7
    assert_same(GraphState(from_networkx(graph)), graph)


def test_no_thread_is_started() -> None:
    program = """if True:
        from pathlib import Path
        from networkx_mcp.arrays.builder import GraphBuilder
        from networkx_mcp.arrays.edits import AddNodes
        from networkx_mcp.arrays.frozen import compress, decompress
        from networkx_mcp.arrays.state import GraphState
        builder = GraphBuilder(False)
        builder.add_edges([f"n{k}" for k in range(50_000)], list(range(50_000)), {"w": list(range(50_000))})
        state = GraphState(decompress(compress(builder.freeze())))
        state.apply([AddNodes(["x"], [{"y": 1}])])
        state.freeze()
        print(len(list(Path("/proc/self/task").iterdir())))
    """
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "1"
