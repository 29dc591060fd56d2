"""A networkx graph as arrays: the form of `FrozenGraph`, with nodes and attributes that stay Python objects.

A node may be anything hashable, and is found as a dict finds it (`1`, `1.0` and `True` are one node), because
that is what it is in networkx. Nothing is encoded, so nothing is refused but parallel edges.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, compress
from operator import eq, is_
from typing import Any, cast

import networkx as nx
import numpy as np
import pyarrow as pa

from networkx_mcp.arrays import csr, layout
from networkx_mcp.arrays.columns import MISSING
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.backend.attributes import ObjectTable


class LabelledGraph(FrozenGraph):
    """See the module. It lives in this process only: it has no buffer and no descriptor."""

    def __init__(self, buffer: layout.Buffer, rows: dict[Any, int]) -> None:
        super().__init__(buffer, 0, None, None)
        self._rows = rows
        self._labels = list(rows)

    @property
    def fd(self) -> int:
        raise TypeError("a graph converted from networkx has no buffer; arrays.convert.from_networkx makes one")

    def find(self, node: Any) -> int:
        """Row of a node, or -1. TypeError for what cannot be hashed."""
        return self._rows.get(node, -1)

    def locate(self, node: object) -> int:
        """Row of whatever a caller asks for, or -1."""
        try:
            return self.find(node)
        except TypeError:
            return -1

    def judges(self, node: object) -> bool:  # noqa: ARG002
        """Always: nodes are found as networkx finds them."""
        return True

    def id_of(self, row: int) -> Any:
        """The node of a row; IndexError outside 0 <= row < n."""
        if row < 0:
            raise IndexError(row)
        return self._labels[row]

    def ids_of(self, rows: Iterable[int]) -> list[Any]:
        """The nodes of many rows."""
        labels = self._labels
        return [labels[row] for row in rows]

    def all_ids(self) -> list[Any]:
        """The nodes, in order."""
        return list(self._labels)

    def iter_ids(self, start: int = 0, stop: int | None = None) -> Iterator[Any]:
        """Nodes in order, from row `start` to before `stop`."""
        return iter(self._labels[start:stop])


#: Names of attributes to keep: all of them, or these.
Wanted = bool | Iterable[Any]


def from_networkx(
    graph: nx.Graph[Any], *, nodes: Wanted = True, edges: Wanted = True, attributes: bool = True
) -> LabelledGraph:
    """The arrays of a `Graph` or `DiGraph`, orders kept; values of attributes are shared with it, dicts are not.

    `nodes`, `edges`: the attributes to keep; `attributes`: whether to keep those of the graph.
    NotImplementedError for multigraphs and for what is no graph, so that networkx goes on without us.
    """
    if not isinstance(graph, nx.Graph):
        raise NotImplementedError(f"a {type(graph).__name__} is no networkx graph")
    if graph.is_multigraph():
        raise NotImplementedError("multigraphs: parallel edges are not kept")
    directed = graph.is_directed()
    inner = cast(Any, graph)
    # the dicts behind the views are faster, but other classes may compute what they show: filters, complements
    plain = type(graph) in (nx.Graph, nx.DiGraph)
    rows = {node: row for row, node in enumerate(graph)}
    adjacency = _lists(inner._adj if plain else inner.adj, rows)
    numbered = set(map(type, rows)) == {int} and all(map(eq, rows, range(len(rows))))  # each node is its row

    def half(lists: Mapping[Any, Mapping[Any, Any]]) -> tuple[csr.Int32, csr.Int32]:
        indptr = csr.pointers(np.fromiter(map(len, lists.values()), np.int64, len(rows)))
        flat = chain.from_iterable(lists.values())
        return indptr, np.fromiter(flat if numbered else map(rows.__getitem__, flat), np.int32, int(indptr[-1]))

    indptr, indices = half(adjacency)
    into = half(_lists(inner._pred if plain else inner.pred, rows)) if directed else None
    try:
        tables = csr.tables(*csr.with_origins(indptr, indices, into))
    except ValueError as error:
        raise NotImplementedError(f"a graph that is not consistent: {error}") from error
    arrays = {"index": np.zeros(0, np.int32), "src": tables.src, "out_indptr": tables.out_indptr}
    arrays["out_indices"] = tables.out_indices
    if directed:
        arrays |= {"in_indptr": tables.in_indptr, "in_indices": tables.in_indices, "in_rows": tables.in_rows}
    else:
        arrays |= {"dst": tables.dst, "out_rows": tables.out_rows}
    header = layout.Header(
        directed=directed,
        n=len(rows),
        m=len(tables.src),
        loops=int(np.count_nonzero(tables.src == tables.dst)),
        attributes=dict(graph.graph) if attributes else {},
    )
    ids = pa.BinaryArray.from_buffers(
        pa.binary(), len(rows), [None, pa.py_buffer(np.zeros(len(rows) + 1, np.int32)), pa.py_buffer(b"")]
    )
    node_table = _table(len(rows), inner._node.values() if plain else (inner.nodes[node] for node in rows), nodes)
    of_edges: Iterable[Any] = chain.from_iterable(near.values() for near in adjacency.values())
    if not directed and edges is not False:
        # an undirected edge is read at the earlier of its nodes: in this order the edge table has it
        of_edges = compress(of_edges, (indices >= csr.sources(indptr)).tolist())
    edge_table = _table(header.m, of_edges, edges)
    return LabelledGraph(layout.Buffer(header, ids, arrays, node_table, edge_table), rows)


def _lists(adjacency: Any, rows: Mapping[Any, int]) -> Mapping[Any, Mapping[Any, Any]]:
    """The adjacency as dicts, in the order of the rows. Views are read once, they may filter at each look."""
    if type(adjacency) is dict and all(map(is_, adjacency, rows)):
        return adjacency
    return {node: dict(adjacency[node].items()) for node in rows}


def _table(rows: int, found: Iterable[Mapping[Any, Any]], wanted: Wanted) -> ObjectTable:
    if wanted is True:
        return ObjectTable(rows, dicts=[dict(attributes) for attributes in found])
    if wanted is False:
        return ObjectTable(rows)
    each = list(found)
    lists = {name: [attributes.get(name, MISSING) for attributes in each] for name in wanted}
    return ObjectTable(rows, lists={name: v for name, v in lists.items() if any(x is not MISSING for x in v)})
