"""A graph's arrays in the heap of this process, for an analysis that is done at once: made in a tenth of the time of a buffer.

Nothing is encoded, indexed or written: ids are asked of the base and of the overlay. So it holds until the next edit, and no
other process can have it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa

from networkx_mcp.arrays import layout
from networkx_mcp.arrays.columns import AttributeTable
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.ids import NodeId
from networkx_mcp.arrays.merge import Merged, edge_attributes, rows_of
from networkx_mcp.arrays.overlay import Overlay

_NOTHING = pa.array([], pa.binary())


#: Attributes of edges at both their ends, names of them, and bytes of their values, up to which their columns are made.
_VALUES, _NAMES, _BYTES = 1000, 8, 128 * 1024
#: Bytes of a base whose columns are read in place.
_BASE = 1024 * 1024


def is_plain(base: FrozenGraph) -> bool:
    """Whether the attributes of the edges of `base` are few columns, with nothing to decode."""
    return base.edge_table.rest is None and len(base.edge_table.columns) <= _NAMES and base.nbytes <= _BASE


def of(overlay: Overlay) -> UnsealedGraph | None:
    """The graph of `overlay`; None where it was much larger once, or attributes of its edges are many."""
    base = overlay.base
    most = 4 * (overlay.n + overlay.m) + 1000
    if overlay.next > most or overlay.frozen_m > most or (base is not None and not is_plain(base)):
        return None
    merged = rows_of(overlay)
    given = [attributes for attributes in merged.values if attributes]
    given += overlay.edge_attributes.values()
    attributed = bool(given) or (base is not None and bool(base.edge_table))
    if attributed and (
        sum(map(len, given)) > _VALUES or len(set().union(*given)) > _NAMES or overlay.value_bytes > _BYTES
    ):
        return None
    return UnsealedGraph(overlay, merged, edge_attributes(overlay, merged) if attributed else None)


class UnsealedGraph(FrozenGraph):
    """See the module. It knows no attributes of nodes."""

    def __init__(self, overlay: Overlay, merged: Merged, attributes: AttributeTable | None) -> None:
        self._overlay, self._merged, tables = overlay, merged, merged.tables
        self._new_ids = list(overlay.new_index)
        self._kept = None if overlay.alive is None else merged.kept.tolist()
        header = layout.Header(directed=overlay.directed, n=overlay.n, m=overlay.m, loops=merged.loops)
        self.header = header
        self.directed, self.n, self.m, self.loops = header.directed, header.n, header.m, header.loops
        self.ids = _NOTHING
        self.node_table = AttributeTable(self.n)
        self.edge_table = AttributeTable(self.m) if attributes is None else attributes
        self.src, self.dst = tables.src, tables.dst
        self.out_indptr, self.out_indices = tables.out_indptr, tables.out_indices
        self._out_rows = tables.out_rows
        self.in_indptr, self.in_indices, self.in_rows = tables.in_indptr, tables.in_indices, tables.in_rows
        self._out_ptr, self._in_ptr = memoryview(self.out_indptr), memoryview(self.in_indptr)  # type: ignore[arg-type]
        columns = sum(column.values.nbytes for column in self.edge_table.columns.values())
        self.nbytes = 2 * sum(array.nbytes for array in tables) + columns  # with what `merged` has of them

    @property
    def fd(self) -> int:
        raise TypeError("an unsealed graph has no buffer; GraphState.freeze makes one")

    def find(self, node: NodeId) -> int:
        """Row of a node, or -1."""
        index = self._overlay.find(node)
        return int(self._merged.row_of[index]) if index >= 0 else -1

    def id_of(self, row: int) -> NodeId:
        """Id of a node row; IndexError outside 0 <= row < n."""
        if not 0 <= row < self.n:
            raise IndexError(row)
        first = len(self._merged.kept)
        if row >= first:
            return self._new_ids[row - first]
        base = self._overlay.base
        assert base is not None
        return base.id_of(row if self._kept is None else self._kept[row])

    def ids_of(self, rows: Iterable[int]) -> list[NodeId]:
        """Ids of many node rows."""
        return [self.id_of(row) for row in rows]

    def all_ids(self) -> list[NodeId]:
        """The ids of all nodes."""
        return list(self.iter_ids())

    def iter_ids(self, start: int = 0, stop: int | None = None) -> Iterator[NodeId]:
        """Ids in order, from row `start` to before `stop`."""
        for row in range(start, self.n if stop is None else min(stop, self.n)):
            yield self.id_of(row)
