"""Base and overlay become one new frozen graph: vectorised over the base, linear in the overlay."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from networkx_mcp.arrays import csr
from networkx_mcp.arrays.columns import Assembler, AttributeTable
from networkx_mcp.arrays.frozen import FrozenGraph, assemble
from networkx_mcp.arrays.ids import encode_id
from networkx_mcp.arrays.overlay import Adjacency, Attributes, Overlay

_NO_ROWS = np.zeros(0, np.int32)


class Merged(NamedTuple):
    """Base and overlay as rows: nodes that are left of the base, then new ones; the same of edges."""

    #: Rows of the base that are left, and indices of new nodes, in their order.
    kept: NDArray[np.int64]
    new: NDArray[np.int64]
    #: Row of an index, -1 where it is gone.
    row_of: NDArray[np.int32]
    tables: csr.Tables
    #: Of each entry of a new edge: its edge among the new ones, whether it is the one that is read, and attributes.
    numbers: NDArray[np.int64]
    read: NDArray[np.bool_]
    values: list[Attributes | None]
    #: New edges.
    fresh: int

    @property
    def loops(self) -> int:
        """Self-loops among the edges."""
        return int(np.count_nonzero(self.tables.src == self.tables.dst))


def rows_of(overlay: Overlay) -> Merged:
    """Nodes and edges of the graph in the order of networkx, without attributes."""
    base = overlay.base
    kept = (
        np.zeros(0, np.int64)
        if base is None
        else (np.flatnonzero(overlay.alive) if overlay.alive is not None else np.arange(base.n))
    )
    new = np.fromiter(overlay.new_index.values(), np.int64, len(overlay.new_index))
    row_of = np.full(overlay.next, -1, np.int32)
    row_of[kept] = np.arange(len(kept))
    row_of[new] = np.arange(len(kept), len(kept) + len(new))

    out_heads, out_tails, values = _flatten(overlay.out_new)
    first = overlay.frozen_m  # origins: rows of the base, then new edges
    numbers, count = _number(out_heads, out_tails, overlay.directed)
    out = _half(overlay, row_of, out_heads, out_tails, numbers + first, forward=True)
    into = None
    if overlay.directed:
        in_tails, in_heads, _ = _flatten(overlay.in_new)
        in_numbers, _ = _number(in_heads, in_tails, True)
        into = _half(overlay, row_of, in_tails, in_heads, in_numbers + first, forward=False)
    read = np.ones(len(numbers), bool) if overlay.directed else out_heads <= out_tails
    return Merged(kept, new, row_of, csr.tables(out, into), numbers, read, list(values), count)


def edge_attributes(overlay: Overlay, merged: Merged) -> AttributeTable:
    """Attributes of the edges, in their rows."""
    base, first = overlay.base, overlay.frozen_m
    order = merged.tables.order.astype(np.int64)
    edges = Assembler(len(order))
    if base is not None:
        _put_base(edges, base.edge_table, np.where(order < first, order, -1), overlay.edge_attributes)
    edge_rows = np.full(first + merged.fresh, -1, np.int64)
    edge_rows[order] = np.arange(len(order))
    for row, attributes in overlay.edge_attributes.items():
        if edge_rows[row] >= 0:
            edges.put(int(edge_rows[row]), attributes)
    new_rows = edge_rows[merged.numbers + first].tolist()
    for row, given, mine in zip(new_rows, merged.values, merged.read.tolist(), strict=True):
        if given and mine:
            edges.put(row, given)
    return edges.build()


def merge(overlay: Overlay) -> FrozenGraph:
    """The graph as a new frozen one, in the same order of nodes and neighbours."""
    base, merged = overlay.base, rows_of(overlay)
    ids = pa.array(map(encode_id, overlay.new_index), pa.binary())
    if base is not None:
        old = base.ids if overlay.alive is None else base.ids.take(pa.array(merged.kept))
        ids = pa.concat_arrays([old, ids])
    nodes = Assembler(len(ids))
    if base is not None:
        source = np.concatenate([merged.kept, np.full(len(merged.new), -1)])
        _put_base(nodes, base.node_table, source, overlay.node_attributes)
    for index, attributes in overlay.node_attributes.items():
        if merged.row_of[index] >= 0:
            nodes.put(int(merged.row_of[index]), attributes)
    return assemble(
        directed=overlay.directed,
        ids=ids,
        tables=merged.tables,
        nodes=nodes.build(),
        edges=edge_attributes(overlay, merged),
        attributes=overlay.graph_attributes,
    )


def _flatten(adjacency: Adjacency) -> tuple[NDArray[np.int64], NDArray[np.int64], Iterable[Attributes | None]]:
    """(nodes, neighbours, attributes), one entry each."""
    lengths = np.fromiter(map(len, adjacency.values()), np.int64, len(adjacency))
    size = int(lengths.sum())
    heads = np.repeat(np.fromiter(adjacency, np.int64, len(adjacency)), lengths)
    tails = np.fromiter(chain.from_iterable(adjacency.values()), np.int64, size)
    return heads, tails, chain.from_iterable(entries.values() for entries in adjacency.values())


def _number(heads: NDArray[np.int64], tails: NDArray[np.int64], directed: bool) -> tuple[NDArray[np.int64], int]:
    """A number from 0 for each edge, the same at both of its entries and in both directions, and their count.

    It is the rank among the packed end nodes.
    """
    keys = heads << 32 | tails if directed else np.minimum(heads, tails) << 32 | np.maximum(heads, tails)
    order = np.argsort(keys)
    keys = keys[order]
    numbers = np.empty(len(keys), np.int64)
    numbers[order] = ranks = np.cumsum(np.diff(keys, prepend=keys[:1]) != 0)
    return numbers, int(ranks[-1]) + 1 if len(ranks) else 0


def _half(
    overlay: Overlay,
    row_of: NDArray[np.int32],
    heads: NDArray[np.int64],
    tails: NDArray[np.int64],
    origins: NDArray[np.int64],
    *,
    forward: bool,
) -> csr.Half:
    """One direction of the adjacency: what is left of the base, then what is new."""
    nodes, others, names = row_of[heads], row_of[tails], origins.astype(np.int32)
    base = overlay.base
    if base is not None:
        indptr, indices, rows = (
            (base.out_indptr, base.out_indices, base.out_rows)
            if forward
            else (base.in_indptr, base.in_indices, base.in_rows)
        )
        old = csr.sources(indptr)
        keep = np.ones(len(old), bool)
        if overlay.gone:
            gone = np.zeros(base.m, bool)
            gone[np.fromiter(overlay.gone, np.int64, len(overlay.gone))] = True
            keep &= ~gone[rows]
        if overlay.alive is not None:
            keep &= overlay.alive[old] & overlay.alive[indices]
        nodes = np.concatenate([row_of[old[keep]], nodes])
        others = np.concatenate([row_of[indices[keep]], others])
        names = np.concatenate([rows[keep], names])
    indptr, order = csr.by_node(nodes, overlay.n)
    return csr.Half(indptr, others[order], names[order])


def _put_base(
    assembler: Assembler, table: AttributeTable, source: NDArray[np.int64], changed: dict[int, Attributes]
) -> None:
    """The rows of the base, without those whose attributes the overlay replaces."""
    if changed:
        replaced = np.zeros(table.rows + 1, bool)  # one more for the -1 of rows that are new
        keys = np.fromiter(changed, np.int64, len(changed))
        replaced[keys[keys < table.rows]] = True
        source = np.where(replaced[source], -1, source)
    assembler.base(table, source)
