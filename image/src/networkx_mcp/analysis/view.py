"""A part of a graph as an analysis sees it: what two conditions hold of, without some nodes. Nothing of the graph is changed.

A condition is one SQL expression over a row of `nodes` or `edges` (see `sql.tables`); where it is NULL the row is left out. An edge is
seen with both its ends. Nodes and edges keep their order, so that a view answers as a graph would that was made of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.sql import engine, statement, tables
from networkx_mcp.arrays import csr, frozen
from networkx_mcp.arrays.columns import AttributeTable
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import InvalidInput, echoed
from networkx_mcp.workers import task_registry

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Mask = NDArray[np.bool_]
#: The row of a node or an edge, beside its columns.
_ROW = "__row"
#: A query but for its condition, which is parsed as one before it runs.
_BEGUN = {table: f"SELECT {table}.{_ROW} FROM {_ROW}s AS {table} WHERE\n" for table in ("nodes", "edges")}  # noqa: S608
#: What an edge condition calls its ends.
_ENDS = ("s", "t")


def conditions(view: dict[str, Any] | None) -> dict[str, str]:
    """The conditions of a view by table: without any it needs no SQL."""
    return {table: view[table] for table in ("nodes", "edges") if view and view.get(table)}


def prepare(params: dict[str, Any]) -> None:
    """Load the engine where the view of a job needs it."""
    if conditions(params.get("view")):
        engine.prepare()


def seen(graph: LoadedGraph, view: dict[str, Any]) -> tuple[LoadedGraph, bool]:
    """The graph that a view shows, and whether a repeat shows the same: conditions may call `random()` or `now()`.

    `view`: `nodes`, `edges` (conditions), `without` (ids). Raises InvalidInput (field `view.nodes`, `view.edges`) for what is no
    condition, NotFound for unknown ids of `without`.
    """
    whole = graph.arrays.frozen
    nodes, edges = np.ones(whole.n, bool), np.ones(whole.m, bool)
    steady = True
    if asked := conditions(view):
        with engine.connect() as connection:
            made = tables.of_graph(graph.arrays, list(asked.values()))
            made.register(connection)
            for table, mask in (("nodes", nodes), ("edges", edges)):
                if table in asked:
                    steady &= _narrow(connection, made, whole, table, asked[table], mask)
        for note in made.remarks("\n".join(asked.values())):
            graph.remark(note)
    for place, node in enumerate(view.get("without") or ()):
        if not graph.state.has_node(node):
            raise graph.missing(node, f"view.without[{place}]")
        nodes[whole.find(node)] = False
    edges &= nodes[whole.src] & nodes[whole.dst]
    found = graph.replaced(GraphState(part(whole, nodes, edges), graph.directed))
    found.part_of = np.flatnonzero(nodes), np.flatnonzero(edges)
    return found, steady


def _narrow(
    connection: DuckDBPyConnection, made: tables.GraphTables, whole: FrozenGraph, table: str, condition: str, mask: Mask
) -> bool:
    """Leave in `mask` the rows where the condition holds. Whether it is the same each time."""
    field = f"view.{table}"
    begun = _BEGUN[table]
    sql, before = begun + condition, len(begun.encode())
    parsed = statement.parse(connection, sql, field, before=before)
    _only_a_condition(parsed.tree, field)
    rows = getattr(made, table).append_column(_ROW, pa.array(np.arange(len(mask), dtype=np.int32)))
    if table == "edges":
        rows = _with_ends(rows, made, whole, parsed.tree, field)
    connection.register(f"{_ROW}s", rows)
    columns = {name: names for name, names in made.columns.items() if name == table}
    if table == "edges":
        columns |= dict.fromkeys(_ENDS, made.columns["nodes"])
    with engine.explained(sql, field, columns, before=before):
        chosen = connection.execute(parsed.statement).fetchnumpy()[_ROW]
    connection.unregister(f"{_ROW}s")
    held = np.zeros(len(mask), bool)
    held[np.asarray(chosen)] = True
    mask &= held
    return not parsed.volatile


def _only_a_condition(tree: dict[str, Any], field: str) -> None:
    """Raise InvalidInput where a text has made more of the query around it than its WHERE."""
    of_query = ("group_expressions", "group_sets", "having", "qualify", "sample", "modifiers")
    if (
        tree["type"] != "SELECT_NODE"
        or any(tree[name] for name in of_query)
        or tree["cte_map"]["map"]
        or tree["from_table"]["type"] != "BASE_TABLE"
        or not tree["where_clause"]
    ):
        raise InvalidInput(
            "must be one SQL expression that is true or false of a row, without WHERE, GROUP BY, ORDER BY or LIMIT.",
            at=field,
            hint="For example: country = 'US' AND degree > 2",
        )


def _with_ends(
    rows: pa.Table, made: tables.GraphTables, whole: FrozenGraph, tree: dict[str, Any], field: str
) -> pa.Table:
    """The edges with `s` and `t`, structs of those attributes of their ends that the condition names."""
    for end, index in zip(_ENDS, (whole.src, whole.dst), strict=True):
        names = dict.fromkeys(_named(tree, end))
        if not names:
            continue
        known = {name.lower(): name for name in made.nodes.column_names}
        if unknown := [name for name in names if name not in known]:
            raise InvalidInput(
                f"the nodes have no column {echoed(unknown[0])}.",
                at=field,
                hint=f"{end} has: {', '.join(map(echoed, made.nodes.column_names[:40]))}.",
            )
        taken = pa.array(index)
        values = [made.nodes[known[name]].combine_chunks().take(taken) for name in names]
        kept = [name for name in rows.column_names if name.lower() != end]
        rows = rows.select(kept).append_column(end, pa.StructArray.from_arrays(values, list(names)))
    return rows


def _named(tree: Any, end: str) -> Iterator[str]:
    """In lower case what a condition names of an end: `city` of `s.city`."""
    for part in statement.parts(tree):
        names: list[str] = part.get("column_names", [])
        if part.get("class") == "COLUMN_REF" and len(names) > 1 and names[0].lower() == end:
            yield names[1].lower()


def part(whole: FrozenGraph, nodes: Mask, edges: Mask, attributes: Mapping[str, Any] | None = None) -> FrozenGraph:
    """The graph of some nodes and edges, by masks of their rows; the ends of each edge are among the nodes. Orders stay.

    `attributes`: those of the graph itself; None: as they are.
    """
    place = np.cumsum(nodes, dtype=np.int32) - 1
    row = np.cumsum(edges, dtype=np.int32) - 1
    src: csr.Int32 = place[whole.src[edges]]
    dst: csr.Int32 = place[whole.dst[edges]]
    n = int(np.count_nonzero(nodes))
    if whole.directed:
        out = csr.Half(csr.pointers(np.bincount(src, minlength=n)), dst, np.arange(len(src), dtype=np.int32))
        into = _entries(whole.in_indptr, whole.in_indices, whole.in_rows, edges, place, row, n)
    else:
        out = into = _entries(whole.out_indptr, whole.out_indices, whole.out_rows, edges, place, row, n)
    made = csr.Tables(src, dst, *out, *into, np.arange(len(src), dtype=np.int32))
    return frozen.assemble(
        directed=whole.directed,
        ids=_chosen(whole.ids, nodes),
        tables=made,
        nodes=_attributes(whole.node_table, nodes),
        edges=_attributes(whole.edge_table, edges),
        attributes=whole.header.attributes if attributes is None else attributes,
    )


def _entries(
    indptr: csr.Int32, indices: csr.Int32, rows: csr.Int32, edges: Mask, place: csr.Int32, row: csr.Int32, n: int
) -> csr.Half:
    """The adjacency of the edges that stay."""
    stay = edges[rows]
    heads = place[csr.sources(indptr)[stay]]
    return csr.Half(csr.pointers(np.bincount(heads, minlength=n)), place[indices[stay]], row[rows[stay]])


def _attributes(table: AttributeTable, rows: Mask) -> AttributeTable:
    if rows.all():
        return table
    return table.take(pa.array(np.flatnonzero(rows)))


def _chosen(values: pa.Array, rows: Mask) -> pa.Array:
    return values if rows.all() else values.take(pa.array(np.flatnonzero(rows)))


def facts(graph: LoadedGraph) -> dict[str, int]:
    """What an answer says of the view that it is about."""
    return {"nodes": graph.state.n, "edges": graph.state.m}


@task_registry.prepared_by(prepare)
@task_registry.task
def size(params: dict[str, Any], fds: list[int]) -> dict[str, int]:
    """Nodes and edges that the view of a call shows."""
    (whole,) = LoadedGraph.all_of(params, fds)
    graph, _ = seen(whole, params["view"])
    return facts(graph)
