"""A frozen graph as the writers want it: ids as one column, attributes page by page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from networkx_mcp.arrays import id_columns
from networkx_mcp.arrays.columns import AttributeTable, Column
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.ids import NodeId

#: Rows of a page.
PAGE = 1 << 14


def id_column(graph: FrozenGraph) -> pa.Array | None:
    """All ids as one int64 or text column; None where the graph has ids of both types."""
    column = id_columns.typed(graph.ids)
    return None if pa.types.is_union(column.type) else column


def slice_column(column: Column, start: int, count: int) -> Column:
    """Rows of a column; a view."""
    integral = None if column.integral is None else column.integral.slice(start, count)
    return Column(column.kind, column.values.slice(start, count), integral)


def slice_table(table: AttributeTable, start: int, count: int) -> AttributeTable:
    """Rows of an attribute table; a view."""
    columns = {name: slice_column(column, start, count) for name, column in table.columns.items()}
    rest = None if table.rest is None else slice_column(table.rest, start, count)
    return AttributeTable(min(count, table.rows - start), columns, rest)


def node_rows(graph: FrozenGraph, ids: list[NodeId]) -> Iterator[tuple[NodeId, dict[str, Any]]]:
    """(id, attributes) of all nodes in order."""
    for start in range(0, graph.n, PAGE):
        yield from zip(ids[start : start + PAGE], _dicts(graph.node_table, start), strict=True)


def edge_rows(graph: FrozenGraph, ids: list[NodeId]) -> Iterator[tuple[NodeId, NodeId, dict[str, Any]]]:
    """(source, target, attributes) of all edges in the order of `nx.Graph.edges`."""
    for start in range(0, graph.m, PAGE):
        sources, targets = graph.src[start : start + PAGE].tolist(), graph.dst[start : start + PAGE].tolist()
        for u, v, attributes in zip(sources, targets, _dicts(graph.edge_table, start), strict=True):
            yield ids[u], ids[v], attributes


def _dicts(table: AttributeTable, start: int) -> list[dict[str, Any]]:
    return slice_table(table, start, min(PAGE, table.rows - start)).dicts()
