"""A read-only graph over one Arrow buffer, shared by processes in a sealed memfd.

Nothing is copied or decoded when a graph is attached: reads look into the mapping. Nodes are rows of
the id table, edges are rows of the edge table; both are in networkx's order (see `csr`). Reads by id
are what callers want; reads by row are for code that works on arrays.
"""

from __future__ import annotations

import os
import struct
import weakref
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from networkx_mcp.arrays import csr, deferred, hashindex, id_columns, layout, memfd, snapshot
from networkx_mcp.arrays.columns import AttributeTable, bounded
from networkx_mcp.arrays.ids import NodeId, decode_id, encode_id

#: Default cap of `decompress`, bytes: no graph that fits the default pod is larger.
MAX_BYTES = 1 << 30
_decode = msgspec.json.Decoder().decode
#: Neighbour lists up to this length are searched as Python lists, longer ones by numpy.
_SHORT = 128


class FrozenGraph:
    """See the module. All arrays are int32 views that cannot be written.

    `src`, `dst`: the edge table, m each. `out_indptr` (n + 1), `out_indices`, `out_rows`: successors (the
    neighbours of an undirected graph, where `in_*` are the same arrays). `in_indptr`, `in_indices`,
    `in_rows`: predecessors.
    """

    def __init__(self, buffer: layout.Buffer, nbytes: int, fd: int | None, raw: Any) -> None:
        header = buffer.header
        self.directed, self.n, self.m, self.loops = header.directed, header.n, header.m, header.loops
        self.nbytes = nbytes
        self.ids: pa.Array = buffer.ids
        self.node_table: AttributeTable = buffer.nodes
        self.edge_table: AttributeTable = buffer.edges
        self.header = header
        self._raw = raw
        self._fd: int | None = None
        if fd is not None:
            self._own(fd)
        arrays = buffer.arrays
        self.out_indptr, self.out_indices = arrays["out_indptr"], arrays["out_indices"]
        self.src = arrays["src"]
        if self.directed:
            # the edge table is in the order of the successor lists
            self.dst = self.out_indices
            self.in_indptr, self.in_indices, self.in_rows = (
                arrays["in_indptr"],
                arrays["in_indices"],
                arrays["in_rows"],
            )
            self._out_rows: NDArray[np.int32] | None = None
        else:
            self.dst = arrays["dst"]
            self._out_rows = arrays["out_rows"]
            self.in_indptr, self.in_indices, self.in_rows = self.out_indptr, self.out_indices, arrays["out_rows"]
        # memoryviews: reading one element costs a third of numpy's
        _, offsets, data = self.ids.buffers()
        self._offsets = _view(np.frombuffer(offsets, np.int32)) if self.n else memoryview(b"")
        # Arrow's buffers are of signed bytes, which never compare equal to `bytes`
        self._data = memoryview(data if data is not None else b"").cast("B")
        self.index = arrays["index"]
        self._slots = _view(self.index)
        self._out_ptr, self._in_ptr = _view(self.out_indptr), _view(self.in_indptr)

    # -- where it lives

    @classmethod
    def attach(cls, fd: int) -> FrozenGraph:
        """The graph in a sealed memfd, O(1). The graph owns `fd` from now on and closes it.

        ValueError when `fd` is not sealed or holds no graph (then `fd` stays the caller's).
        """
        view = memfd.attach(fd)
        return cls(layout.read(view), view.nbytes, fd, view)

    @classmethod
    def from_buffer(cls, buffer: Any) -> FrozenGraph:
        """The graph in bytes that this class wrote; they must not change. ValueError when they hold none."""
        view = memoryview(buffer)
        return cls(layout.read(view), view.nbytes, None, view)

    @classmethod
    def of(cls, buffer: layout.Buffer) -> FrozenGraph:
        """Write the arrays to a new memfd and attach it."""
        fd = buffer.to_memfd()
        try:
            return cls.attach(fd)
        except BaseException:
            os.close(fd)
            raise

    @property
    def fd(self) -> int:
        """The sealed memfd, owned by the graph; made on first use for a graph from a buffer."""
        if self._fd is None:
            self._own(memfd.create("graph", [self._raw]))
        assert self._fd is not None
        return self._fd

    def _own(self, fd: int) -> None:
        self._fd = fd
        weakref.finalize(self, os.close, fd).atexit = False

    # -- ids

    def find(self, node: NodeId) -> int:
        """Row of a node, or -1. About two probes of the index, whatever n is."""
        return hashindex.find(encode_id(node), self.header.seed, self._slots, self._offsets, self._data)

    def locate(self, node: object) -> int:
        """Row of whatever a caller asks for, or -1: also for what can be no id."""
        if isinstance(node, bool) or not isinstance(node, (str, int)):
            return -1
        try:
            return self.find(node)
        except (ValueError, struct.error):  # no Unicode text, an integer beyond 64 bits
            return -1

    def judges(self, node: object) -> bool:
        """Whether `locate` has the last word: of other types 1.0, True and numpy's integers equal ids in networkx."""
        return type(node) is str or type(node) is int

    def id_of(self, row: int) -> NodeId:
        """Id of a node row; IndexError outside 0 <= row < n."""
        if not 0 <= row < self.n:
            raise IndexError(row)
        return decode_id(bytes(self._data[self._offsets[row] : self._offsets[row + 1]]))

    def ids_of(self, rows: Iterable[int]) -> list[NodeId]:
        """Ids of many node rows."""
        offsets, data = self._offsets, self._data
        return [decode_id(bytes(data[offsets[row] : offsets[row + 1]])) for row in rows]

    def all_ids(self) -> list[NodeId]:
        """The ids of all nodes, many times faster than one by one."""
        found: list[NodeId] = id_columns.typed(self.ids).to_pylist()
        return found

    def iter_ids(self, start: int = 0, stop: int | None = None) -> Iterator[NodeId]:
        """Ids in order, from row `start` to before `stop`."""
        for row in range(start, self.n if stop is None else min(stop, self.n)):
            yield self.id_of(row)

    # -- adjacency

    @property
    def out_rows(self) -> NDArray[np.int32]:
        """Edge row of each entry of `out_indices`; made on first use for a directed graph (0, 1, ...)."""
        if self._out_rows is None:
            self._out_rows = np.arange(self.m, dtype=np.int32)
        return self._out_rows

    def successors(self, row: int) -> NDArray[np.int32]:
        """Rows of successors (neighbours), adjacency order; a view."""
        return self.out_indices[self._out_ptr[row] : self._out_ptr[row + 1]]

    def predecessors(self, row: int) -> NDArray[np.int32]:
        """Rows of predecessors (neighbours), adjacency order; a view."""
        return self.in_indices[self._in_ptr[row] : self._in_ptr[row + 1]]

    def out_degree(self, row: int) -> int:
        """Entries in the successor list: a self-loop counts once here."""
        return int(self._out_ptr[row + 1] - self._out_ptr[row])

    def in_degree(self, row: int) -> int:
        """Entries in the predecessor list: a self-loop counts once here."""
        return int(self._in_ptr[row + 1] - self._in_ptr[row])

    def edge_row(self, u: int, v: int) -> int:
        """Row of the edge between two node rows, or -1. O(the smaller of the two lists)."""
        first, last = self._out_ptr[u], self._out_ptr[u + 1]
        low, high = self._in_ptr[v], self._in_ptr[v + 1]
        if last - first <= high - low:
            at = _position(self.out_indices[first:last], v)
            if at < 0:
                return -1
            return int(first + at) if self.directed else int(self.out_rows[first + at])
        at = _position(self.in_indices[low:high], u)
        return -1 if at < 0 else int(self.in_rows[low + at])

    # -- attributes

    @property
    def graph_attributes(self) -> dict[str, Any]:
        """Attributes of the graph itself, a new dict."""
        # A graph that was made without a buffer (`backend.labelled`) has the values themselves.
        found = self.header.attributes.items()
        return {name: _decode(value) if type(value) is msgspec.Raw else value for name, value in found}

    def short_graph_attributes(self) -> dict[str, Any]:
        """The same without decoding what is long (`Deferred`); a new dict."""
        return bounded(self.header.attributes, deferred.BYTES)

    def node_attributes(self, row: int, most: int | None = None) -> dict[str, Any]:
        """Attributes of a node row, a new dict. `most`: see `AttributeTable.row`."""
        return self.node_table.row(row, most)

    def edge_attributes(self, row: int, most: int | None = None) -> dict[str, Any]:
        """Attributes of an edge row, a new dict. `most`: see `AttributeTable.row`."""
        return self.edge_table.row(row, most)


def _view(values: NDArray[np.int32]) -> memoryview:
    return memoryview(values)  # type: ignore[arg-type]  # an array is a buffer


def _position(values: NDArray[np.int32], wanted: int) -> int:
    if len(values) <= _SHORT:
        try:
            return int(values.tolist().index(wanted))
        except ValueError:
            return -1
    found = np.flatnonzero(values == wanted)
    return int(found[0]) if len(found) else -1


def assemble(
    *,
    directed: bool,
    ids: pa.Array,
    tables: csr.Tables,
    nodes: AttributeTable,
    edges: AttributeTable,
    attributes: Mapping[str, Any],
) -> FrozenGraph:
    """A graph from its parts: `ids` encoded and all different, `nodes` and `edges` in row order."""
    seed = int.from_bytes(os.urandom(7), "little")
    header = layout.Header(
        directed=directed,
        n=len(ids),
        m=len(tables.src),
        seed=seed,
        loops=int(np.count_nonzero(tables.src == tables.dst)),
        attributes=dict(attributes),
    )
    arrays = {"index": hashindex.build(ids, seed), "src": tables.src, "out_indptr": tables.out_indptr}
    arrays["out_indices"] = tables.out_indices
    if directed:
        arrays |= {"in_indptr": tables.in_indptr, "in_indices": tables.in_indices, "in_rows": tables.in_rows}
    else:
        arrays |= {"dst": tables.dst, "out_rows": tables.out_rows}
    return FrozenGraph.of(layout.Buffer(header, ids, arrays, nodes, edges))


def with_attributes(
    graph: FrozenGraph, nodes: AttributeTable | None = None, edges: AttributeTable | None = None
) -> FrozenGraph:
    """The same nodes and edges with another table of attributes of the nodes, the edges, or both, in their row order."""
    arrays = {"index": graph.index, "src": graph.src, "out_indptr": graph.out_indptr}
    arrays["out_indices"] = graph.out_indices
    if graph.directed:
        arrays |= {"in_indptr": graph.in_indptr, "in_indices": graph.in_indices, "in_rows": graph.in_rows}
    else:
        arrays |= {"dst": graph.dst, "out_rows": graph.out_rows}
    nodes = graph.node_table if nodes is None else nodes
    edges = graph.edge_table if edges is None else edges
    return FrozenGraph.of(layout.Buffer(graph.header, graph.ids, arrays, nodes, edges))


def compress(graph: FrozenGraph) -> bytes:
    """The snapshot of a graph: what the store keeps. Arrays that follow from others are left out."""
    arrays = {"out_indptr": graph.out_indptr, "out_indices": graph.out_indices}
    if graph.directed:
        arrays |= {"in_indptr": graph.in_indptr, "in_indices": graph.in_indices}
    header = msgspec.structs.replace(graph.header, seed=0)  # of the hash index: the same graph, the same bytes
    return snapshot.pack(layout.Buffer(header, graph.ids, arrays, graph.node_table, graph.edge_table))


def decompress(data: bytes, max_bytes: int = MAX_BYTES) -> FrozenGraph:
    """The graph of a snapshot, in a new memfd.

    ValueError when `data` is corrupt, or says that it inflates to more than `max_bytes` (nothing is
    inflated then).
    """
    buffer = snapshot.unpack(data, max_bytes)
    arrays, directed = buffer.arrays, buffer.header.directed
    into = (arrays["in_indptr"], arrays["in_indices"]) if directed else None
    halves = csr.with_origins(arrays["out_indptr"], arrays["out_indices"], into)
    tables = csr.tables(*halves)
    if len(tables.src) != buffer.header.m:
        raise ValueError("corrupt snapshot: the number of edges differs")
    graph = assemble(
        directed=directed,
        ids=buffer.ids,
        tables=tables,
        nodes=buffer.nodes,
        edges=buffer.edges,
        attributes=buffer.header.attributes,
    )
    if graph.loops != buffer.header.loops:
        raise ValueError("corrupt snapshot: the number of self-loops differs")
    return graph
