"""Builds a frozen graph from nodes and edges in the order they come: one by one or in columns.

What comes is kept in compact form (encoded ids, Arrow columns); order, duplicates and adjacency are
worked out once, vectorised, in `freeze`. The order is networkx's: a node stands where it was first
named, be it by an edge (source before target).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from networkx_mcp.arrays import csr, value_sizes
from networkx_mcp.arrays import functions as pc
from networkx_mcp.arrays.aggregate import AGGREGATES, Aggregate, aggregate
from networkx_mcp.arrays.columns import Assembler, AttributeTable, Column, concat, encode_values
from networkx_mcp.arrays.distinct import distinct
from networkx_mcp.arrays.frozen import FrozenGraph, assemble
from networkx_mcp.arrays.ids import NodeId, check_id, decode_id, encode_id, format_id
from networkx_mcp.arrays.ingest import encode_column, encode_ids
from networkx_mcp.arrays.values import check_attributes, check_name
from networkx_mcp.errors import InvalidInput

#: Ids kept as Python objects before they become an Arrow array.
_CHUNK = 1 << 16

Duplicates: TypeAlias = Literal["error", "update", "skip"] | Aggregate
#: The attribute in which `count` counts.
COUNT = "count"


class DuplicateEdge(InvalidInput):
    """An edge was given twice; data: `edge`, `first` and `second` (positions among the edges given, from 0)."""


class GraphBuilder:
    """Collects a graph; `freeze` ends it.

    `duplicates` says what a repeated edge is (for undirected graphs also the reverse one): an error,
    an update of the attributes, nothing, or how the values of each attribute become one (see `aggregate`; `count` keeps the first
    and counts in the attribute COUNT). A repeated node always merges attributes. With `value_bytes` a value whose
    JSON is longer is refused (LimitExceeded, see `value_sizes`) as it comes.
    """

    def __init__(self, directed: bool, *, duplicates: Duplicates = "error", value_bytes: int | None = None) -> None:
        self.directed = directed
        self._value_bytes = value_bytes
        self.duplicates: Duplicates = duplicates
        #: Attributes of the graph itself; set them before `freeze`.
        self.graph_attributes: dict[str, Any] = {}
        #: Those of another graph, which are taken as they are there.
        self.inherited: dict[str, Any] = {}
        #: Known after `freeze`: edges that had been given before, and nodes with attributes of which that is so.
        self.repeated_edges = 0
        self.repeated_nodes = 0
        #: Of these, those whose ends stand the other way round than the first time.
        self.turned_edges = 0
        #: Attributes of which the first value was kept, as theirs are none that `duplicates` is for.
        self.first_taken: list[str] = []
        #: The other attributes of edges that came several times.
        self.taken_together: list[str] = []
        #: Nodes that only edges named.
        self.unlisted_nodes = 0
        # All ids ever named, in order; a node or edge knows its position there (an edge: its source's,
        # the target follows).
        self._chunks: list[pa.Array] = []
        self._loose: list[bytes] = []
        self._length = 0
        self._nodes = _Items()
        self._edges = _Items()

    @property
    def nodes_given(self) -> int:
        """Calls to `add_node` and rows of `add_nodes`, repeated ones included."""
        return len(self._nodes)

    @property
    def edges_given(self) -> int:
        """Calls to `add_edge` and rows of `add_edges`, repeated ones included."""
        return len(self._edges)

    def distinct(self) -> int:
        """Different nodes so far, those that edges name included. O(ids given)."""
        self._flush()
        return int(pc.count_distinct(pa.chunked_array(self._chunks, pa.binary())).as_py())

    def add_node(self, node: NodeId, attributes: Mapping[str, Any] | None = None, *, field: str = "node") -> None:
        """Add a node, or merge attributes into it. InvalidInput (naming `field`) for a bad id or value."""
        node = check_id(node, field)
        if attributes:
            self._nodes.put(check_attributes(attributes, field))
            if self._value_bytes is not None:
                value_sizes.check_sizes(attributes, self._value_bytes, value_sizes.of_node(node))
        self._nodes.loose.append(self._length)
        self._loose.append(encode_id(node))
        self._length += 1
        if len(self._loose) >= _CHUNK:
            self._flush()

    def add_edge(
        self, u: NodeId, v: NodeId, attributes: Mapping[str, Any] | None = None, *, field: str = "edge"
    ) -> None:
        """Add an edge and its end nodes. InvalidInput (naming `field`) for a bad id or value."""
        u, v = check_id(u, field), check_id(v, field)
        if attributes:
            self._edges.put(check_attributes(attributes, field))
            if self._value_bytes is not None:
                value_sizes.check_sizes(attributes, self._value_bytes, value_sizes.of_edge(u, v))
        self._edges.loose.append(self._length)
        self._loose += (encode_id(u), encode_id(v))
        self._length += 2
        if len(self._loose) >= _CHUNK:
            self._flush()

    def add_nodes(
        self, nodes: Any, columns: Mapping[str, Any] | AttributeTable | None = None, *, field: str = "nodes"
    ) -> None:
        """Add a column of nodes: Arrow or numpy integers or text, `ingest.Encoded`, or a list of ids.

        `columns`: attribute name to a column of the same length, null where missing; a `columns.Column` is
        taken as it is, without a check of its values, and so is the table of another graph.
        """
        ids = encode_ids(nodes, field)
        at = self._put(ids)
        found = self._nodes.extend(np.arange(at, at + len(ids), dtype=np.int32), columns, field)
        self._check_columns(found, lambda row: value_sizes.of_node(decode_id(ids[row].as_py())))

    def add_edges(
        self,
        sources: Any,
        targets: Any,
        columns: Mapping[str, Any] | AttributeTable | None = None,
        *,
        field: str = "edges",
    ) -> None:
        """Add columns of edges; `sources`, `targets` and `columns` as in `add_nodes`."""
        heads, tails = encode_ids(sources, f"{field}.source"), encode_ids(targets, f"{field}.target")
        count = len(heads)
        if len(tails) != count:
            raise InvalidInput(f"{count} sources but {len(tails)} targets.", at=field)
        order = np.arange(2 * count).reshape(2, count).T.ravel()  # source, target, source, target, ...
        at = self._put(pa.concat_arrays([heads, tails]).take(pa.array(order)))
        found = self._edges.extend(np.arange(at, at + 2 * count, 2, dtype=np.int32), columns, field)
        self._check_columns(
            found, lambda row: value_sizes.of_edge(decode_id(heads[row].as_py()), decode_id(tails[row].as_py()))
        )

    def _check_columns(self, columns: Mapping[str, Column], what: Callable[[int], str]) -> None:
        if self._value_bytes is None:
            return
        for name, column in columns.items():
            row = value_sizes.longer_row(column.values, column.kind, self._value_bytes)
            if row >= 0:
                error = value_sizes.too_long(what(row), name, self._value_bytes)
                error.data["row"] = row
                raise error

    def _put(self, ids: pa.Array) -> int:
        """Append encoded ids; the position of the first."""
        self._flush()
        at = self._length
        if at + len(ids) > csr.MAX_ENTRIES:
            raise InvalidInput(f"More than {csr.MAX_ENTRIES} ids in one graph.")
        if len(ids):
            self._chunks.append(ids)
        self._length += len(ids)
        return at

    def _flush(self) -> None:
        if self._loose:
            self._chunks.append(pa.array(self._loose, pa.binary()))
            self._loose = []
        self._nodes.flush()
        self._edges.flush()

    def freeze(self) -> FrozenGraph:
        """The graph in a new memfd. The builder is empty afterwards.

        DuplicateEdge when an edge stands twice and `duplicates` is "error".
        """
        self._flush()
        chunks, self._chunks, self._length = self._chunks, [], 0
        nodes, edges = self._nodes, self._edges
        self._nodes, self._edges = _Items(), _Items()
        encoded = pa.chunked_array(chunks, pa.binary()).dictionary_encode().combine_chunks()
        del chunks
        if isinstance(encoded, pa.ChunkedArray):  # no chunk at all
            ids, codes = pa.array([], pa.binary()), np.zeros(0, np.int32)
        else:
            ids, codes = encoded.dictionary, encoded.indices.to_numpy()
        del encoded
        n = len(ids)

        node_rows = codes[nodes.take_positions()]
        self.repeated_nodes = nodes.repeated(node_rows)
        listed = np.zeros(n, bool)
        listed[node_rows] = True
        self.unlisted_nodes = n - int(listed.sum())
        positions = edges.take_positions()
        src = codes[positions]
        positions += 1
        dst = codes[positions]
        del codes, positions
        pa.default_memory_pool().release_unused()  # the ids of all edges, as much as all that follows
        kept, edge_rows = self._unique(src, dst, ids)
        if kept is not None:
            src, dst = src[kept], dst[kept]
        tables = csr.tables(*csr.from_pairs(src, dst, n, directed=self.directed))
        # edges as given -> edges kept -> rows of the table
        row_of = np.empty(len(src), np.int64)
        row_of[tables.order] = np.arange(len(src))
        if edge_rows is None:
            rows = row_of
        elif len(row_of):
            rows = np.where(edge_rows >= 0, row_of[edge_rows], -1)
        else:
            rows = edge_rows
        return assemble(
            directed=self.directed,
            ids=ids,
            tables=tables,
            nodes=nodes.assemble(n, node_rows),
            edges=self._edge_table(edges, len(src), rows),
            attributes=self._checked_of_graph(),
        )

    def _edge_table(self, edges: _Items, size: int, rows: NDArray[Any]) -> AttributeTable:
        if self.duplicates not in AGGREGATES or not size:
            return edges.assemble(size, rows)
        found = Assembler(size)
        for name, items, column in edges.whole_columns():
            try:
                one = aggregate(self.duplicates, rows[items].astype(np.int64), column)
            except ValueError as error:
                raise InvalidInput(f"{error}.", at=f"edges.{name}") from None
            (self.first_taken if one.first_taken else self.taken_together).append(name)
            most = self._value_bytes
            if most is not None and value_sizes.longer_row(one.values.values, one.values.kind, most) >= 0:
                raise value_sizes.too_long("an edge", name, most)
            if name == COUNT and self.duplicates == "count":
                raise InvalidInput(
                    "the edges have an attribute of that name, in which count would count.", at=f"edges.{COUNT}"
                )
            found.put_column(name, one.groups, one.values)
        if self.duplicates == "count":
            found.put_column(COUNT, np.arange(size), Column("int", pa.array(np.bincount(rows, minlength=size))))
        return found.build()

    def _checked_of_graph(self) -> dict[str, Any]:
        found = check_attributes(self.graph_attributes, "attributes")
        if self._value_bytes is not None:
            value_sizes.check_sizes(found, self._value_bytes, value_sizes.OF_GRAPH)
        return {**self.inherited, **found}

    def _unique(
        self, src: NDArray[np.int32], dst: NDArray[np.int32], ids: pa.Array
    ) -> tuple[NDArray[np.int64] | None, NDArray[np.int64] | None]:
        """(positions of first occurrences, for each edge its number among those or -1), or twice None."""
        low, high = (src, dst) if self.directed else (np.minimum(src, dst), np.maximum(src, dst))
        keys = low.astype(np.int64) << 32 | high
        ordered = np.sort(keys)
        if not (ordered[1:] == ordered[:-1]).any():
            return None, None
        del ordered
        _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        firsts = first[inverse]
        repeated = firsts != np.arange(len(keys))
        if self.duplicates == "error":
            second = int(np.flatnonzero(repeated)[0])
            raise duplicate_edge(
                decode_id(ids[int(src[second])].as_py()),
                decode_id(ids[int(dst[second])].as_py()),
                int(firsts[second]),
                second,
            )
        kept = np.flatnonzero(~repeated)
        self.turned_edges = int((src[repeated] != src[firsts[repeated]]).sum())
        self.repeated_edges = len(keys) - len(kept)
        rows = np.searchsorted(kept, firsts)
        if self.duplicates == "skip":
            rows[repeated] = -1
        return kept, rows


def duplicate_edge(u: NodeId, v: NodeId, first: int, second: int) -> DuplicateEdge:
    """The error for edge number `second`, which is the same as number `first` (from 0)."""
    return DuplicateEdge(
        f"Edge {format_id(u)} - {format_id(v)} stands twice: edges number {first + 1} and {second + 1}. Parallel edges "
        "are not kept; remove one, or choose duplicates=update (merge attributes) or duplicates=skip.",
        edge=[u, v],
        first=first,
        second=second,
    )


class _Items:
    """Nodes or edges as given: their positions among the ids, and their attributes."""

    def __init__(self) -> None:
        self.loose: list[int] = []
        self._positions: list[NDArray[np.int32]] = []
        self._length = 0
        self._loose_values: dict[str, tuple[list[int], list[Any]]] = {}
        #: In the order in which they came, later ones win. A table has names of its own.
        self._columns: list[tuple[str, NDArray[np.int64], Column | AttributeTable]] = []

    def __len__(self) -> int:
        return self._length + len(self.loose)

    def put(self, attributes: Mapping[str, Any]) -> None:
        """Attributes of the item that is added next."""
        row = len(self)
        for name, value in attributes.items():
            found = self._loose_values.get(name)
            if found is None:
                found = self._loose_values[name] = ([], [])
            found[0].append(row)
            found[1].append(value)

    def flush(self) -> None:
        if self.loose:
            self._positions.append(np.array(self.loose, np.int32))
            self._length += len(self.loose)
            self.loose = []
        for name, (rows, values) in self._loose_values.items():
            self._columns.append((name, np.array(rows, np.int64), encode_values(values)))
        self._loose_values = {}

    def extend(
        self, positions: NDArray[np.int32], columns: Mapping[str, Any] | AttributeTable | None, field: str
    ) -> dict[str, Column]:
        """Items with columns of attributes; the columns as they are kept, but for those of a table."""
        count = len(positions)
        rows = np.arange(self._length, self._length + count)
        found: dict[str, Column] = {}
        if isinstance(columns, AttributeTable):
            assert columns.rows == count
            if columns:
                self._columns.append(("", rows, columns))
            columns = None
        for name, values in (columns or {}).items():
            check_name(name, field)
            column = found[name] = encode_column(values, f"{field}.{name}")
            if len(column) != count:
                raise InvalidInput(f"{len(column)} values for {count} rows.", field=field, at=f"{field}.{name}")
            self._columns.append((name, rows, column))
        self._positions.append(positions)
        self._length += count
        return found

    def repeated(self, rows: NDArray[Any]) -> int:
        """How many items with attributes belong to a row (of `rows`, one for each item) that had some before."""
        if not self._columns or len(distinct(rows)) == len(rows):
            return 0
        filled = np.zeros(len(rows), bool)
        for _, items, column in self._columns:
            for part in _parts(column):
                filled[items[np.asarray(part.values.is_valid())]] = True
        return int(filled.sum()) - len(distinct(rows[filled]))

    def take_positions(self) -> NDArray[np.int32]:
        found, self._positions = self._positions, []
        return np.concatenate(found) if found else np.zeros(0, np.int32)

    def whole_columns(self) -> list[tuple[str, NDArray[np.int64], Column]]:
        """The attributes by name, each once: of which items, and the values."""
        parts: dict[str, tuple[list[NDArray[np.int64]], list[Column]]] = {}
        for name, items, column in self._columns:
            if isinstance(column, Column):
                named = [(name, column)]
            else:
                named = [(one, values) for one in column.names() if (values := column.column(one)) is not None]
            for one, values in named:
                found = parts.setdefault(one, ([], []))
                found[0].append(items)
                found[1].append(values)
        return [(name, np.concatenate(items), concat(columns)) for name, (items, columns) in parts.items()]

    def assemble(self, size: int, rows: NDArray[Any]) -> AttributeTable:
        """The attribute table of `size` rows; item k goes to `rows[k]`, nowhere where that is negative."""
        assembler = Assembler(size)
        for name, items, column in self._columns:
            target = rows[items]
            if isinstance(column, AttributeTable):
                valid = np.flatnonzero(target >= 0)
                source = np.full(size, -1, np.int64)
                source[target[valid]] = valid  # of items that are one row the last
                assembler.base(column, source)
                continue
            if (target < 0).any():
                valid = np.flatnonzero(target >= 0)
                target, column = target[valid], column.take(pa.array(valid))
            assembler.put_column(name, target, column)
        return assembler.build()


def _parts(column: Column | AttributeTable) -> list[Column]:
    if isinstance(column, Column):
        return [column]
    return [*column.columns.values(), *([] if column.rest is None else [column.rest])]
