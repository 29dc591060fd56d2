"""Two graphs as one: what the second has is merged into the first, vectorised and linear in both.

Nodes and neighbours of the first keep their order, new ones stand behind them, as `nx.compose` has it. Where both have a node or an
edge, attributes are merged and those of the second count.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from networkx_mcp.arrays import csr
from networkx_mcp.arrays import functions as pc
from networkx_mcp.arrays.columns import MISSING, Assembler, AttributeTable, Column
from networkx_mcp.arrays.frozen import FrozenGraph, assemble

_Rows = NDArray[np.int64]


class Composed(NamedTuple):
    """A graph of two, and what the second did to the first."""

    graph: FrozenGraph
    nodes_added: int
    edges_added: int
    #: Those that both have and that have other attributes now.
    nodes_changed: int
    edges_changed: int
    #: What the second has and the first has no place for, where `known_only` was asked for.
    nodes_left_out: int
    edges_left_out: int


def unknown(base: FrozenGraph, addition: FrozenGraph) -> _Rows:
    """Rows of the nodes of `addition` that `base` does not have."""
    return np.flatnonzero(find_rows(base, addition) < 0)


def compose(base: FrozenGraph, addition: FrozenGraph, *, known_only: bool = False) -> Composed:
    """`base` with what `addition` has; both are directed, or neither (ValueError).

    `known_only`: no node is made; those of `addition` that `base` does not have are left out, with their edges.
    """
    if base.directed != addition.directed:
        raise ValueError("one graph is directed and the other is not")
    row_of = find_rows(base, addition)
    new = row_of < 0
    made = 0 if known_only else int(new.sum())
    if not known_only:
        row_of[new] = np.arange(base.n, base.n + made)
    n = base.n + made
    ids = base.ids if not made else pa.concat_arrays([base.ids, addition.ids.take(pa.array(np.flatnonzero(new)))])

    placed = (row_of[addition.src] >= 0) & (row_of[addition.dst] >= 0)
    there = edges_there(base, row_of[addition.src], row_of[addition.dst])
    fresh = placed & (there < 0)
    out = _half(base, addition, row_of, fresh, n, forward=True)
    into = _half(base, addition, row_of, fresh, n, forward=False) if base.directed else None
    tables = csr.tables(out, into)
    order = tables.order.astype(np.int64)
    rows = np.full(base.m + addition.m, -1, np.int64)
    rows[order] = np.arange(len(order))
    edge_row = np.where(placed, rows[np.where(there >= 0, there, base.m + np.arange(addition.m))], -1)

    nodes, edges = Assembler(n), Assembler(len(order))
    nodes.base(base.node_table, np.concatenate([np.arange(base.n), np.full(made, -1)]))
    edges.base(base.edge_table, np.where(order < base.m, order, -1))
    _put(nodes, addition.node_table, row_of)
    _put(edges, addition.edge_table, edge_row)
    known = np.flatnonzero(~new)
    both = np.flatnonzero(placed & (there >= 0))
    return Composed(
        assemble(
            directed=base.directed,
            ids=ids,
            tables=tables,
            nodes=nodes.build(),
            edges=edges.build(),
            attributes=base.graph_attributes | addition.graph_attributes,
        ),
        made,
        int(fresh.sum()),
        _changed(base.node_table, row_of[known], addition.node_table, known),
        _changed(base.edge_table, there[both], addition.edge_table, both),
        int(new.sum()) - made,
        int((~placed).sum()),
    )


def find_rows(base: FrozenGraph, addition: FrozenGraph) -> _Rows:
    """The row in `base` of each node of `addition`, -1 where there is none."""
    if not base.n or not addition.n:
        return np.full(addition.n, -1, np.int64)
    found = pc.index_in(addition.ids, value_set=base.ids)
    rows: _Rows = found.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return rows


def edges_there(base: FrozenGraph, src: _Rows, dst: _Rows) -> _Rows:
    """The row in `base` of each edge between rows of it, -1 where there is none."""

    def keys(heads: NDArray[np.integer], tails: NDArray[np.integer]) -> _Rows:
        heads, tails = heads.astype(np.int64), tails.astype(np.int64)
        if not base.directed:
            heads, tails = np.minimum(heads, tails), np.maximum(heads, tails)
        packed: _Rows = heads << 32 | tails
        return packed

    there = np.full(len(src), -1, np.int64)
    if not base.m:
        return there
    old, wanted = keys(base.src, base.dst), keys(src, dst)
    order = np.argsort(old)
    at = np.searchsorted(old, wanted, sorter=order)
    row = order[np.minimum(at, base.m - 1)]
    found = (src >= 0) & (dst >= 0) & (old[row] == wanted)
    there[found] = row[found]
    return there


def _half(
    base: FrozenGraph, addition: FrozenGraph, row_of: _Rows, fresh: NDArray[np.bool_], n: int, *, forward: bool
) -> csr.Half:
    """One direction of the adjacency: the entries of `base`, then those of the new edges, which are numbered from `base.m` on."""
    if forward:
        old = (base.out_indptr, base.out_indices, base.out_rows)
        more = (addition.out_indptr, addition.out_indices, addition.out_rows)
    else:
        old = (base.in_indptr, base.in_indices, base.in_rows)
        more = (addition.in_indptr, addition.in_indices, addition.in_rows)
    kept = fresh[more[2]]
    heads = row_of[csr.sources(more[0])[kept]].astype(np.int32)
    tails = row_of[more[1][kept]].astype(np.int32)
    origin = (more[2][kept].astype(np.int64) + base.m).astype(np.int32)
    indptr, order = csr.by_node(np.concatenate([csr.sources(old[0]), heads]), n)
    return csr.Half(indptr, np.concatenate([old[1], tails])[order], np.concatenate([old[2], origin])[order])


def _put(assembler: Assembler, table: AttributeTable, row_of: _Rows) -> None:
    """The attributes of a table; its row k goes to `row_of[k]`, nowhere where that is negative."""
    placed = np.flatnonzero(row_of >= 0)
    for name, column in table.columns.items():
        assembler.put_column(name, row_of[placed], column.take(pa.array(placed)))
    for row, attributes in table.rest_rows():
        if row_of[row] >= 0:
            assembler.put(int(row_of[row]), attributes)


def _changed(old: AttributeTable, old_rows: _Rows, new: AttributeTable, new_rows: _Rows) -> int:
    """How many of the pairs of rows have something in `new` that is not the same in `old`."""
    if not new or not len(new_rows):
        return 0
    changed = np.zeros(len(new_rows), bool)
    of_old, of_new = pa.array(old_rows), pa.array(new_rows)
    pair_of = {int(row): pair for pair, row in enumerate(old_rows.tolist())} if old.rest is not None else {}
    #: What the old table has of these names outside its columns, for rows that are paired.
    rare: dict[str, list[tuple[int, object]]] = {}
    for row, attributes in old.rest_rows():
        if row in pair_of:
            for name in attributes.keys() & new.columns.keys():
                rare.setdefault(name, []).append((pair_of[row], attributes[name]))
    for name, column in new.columns.items():
        mine = column.take(of_new)
        before = old.columns[name].take(of_old) if name in old.columns else None
        differs = _differs(mine, before)
        for pair, value in rare.get(name, ()):
            differs[pair] = not _same(mine.get(pair), value)
        changed |= differs
    pair_of = {int(row): pair for pair, row in enumerate(new_rows.tolist())} if new.rest is not None else {}
    for row, attributes in new.rest_rows():
        if row in pair_of and not changed[pair_of[row]]:
            before_ = old.row(int(old_rows[pair_of[row]]))
            changed[pair_of[row]] = any(
                not _same(value, before_.get(key, MISSING)) for key, value in attributes.items()
            )
    return int(changed.sum())


def _differs(new: Column, old: Column | None) -> NDArray[np.bool_]:
    """Where `new` has a value that `old` has not."""
    there = np.array(new.values.is_valid().to_numpy(zero_copy_only=False), bool)
    if old is None:
        return there
    if new.kind == old.kind and new.integral is None:
        same = np.asarray(pc.fill_null(pc.equal(new.values, old.values), False).to_numpy(zero_copy_only=False), bool)
        there &= ~same
        return there
    pairs = zip(new.to_list(), old.to_list(), strict=True)
    return np.fromiter((a is not MISSING and not _same(a, b) for a, b in pairs), bool, len(new))


def _same(a: object, b: object) -> bool:
    return type(a) is type(b) and a == b
