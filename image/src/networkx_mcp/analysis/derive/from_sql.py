"""A graph of the rows of SELECTs: one for its nodes, one for its edges, or only one of the two.

With nodes alone the edges between them stay; with edges alone the nodes that they name; with both, edges to other nodes are left
out. What the answer says of this are counts: nothing is dropped in silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from networkx_mcp.analysis.derive.made import Made, checked
from networkx_mcp.analysis.sql import engine, results, statement, tables
from networkx_mcp.arrays import functions as pc
from networkx_mcp.arrays.builder import GraphBuilder
from networkx_mcp.arrays.formats.common import ParseLimits
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.ids import decode_id
from networkx_mcp.arrays.ingest import Encoded, encode_ids
from networkx_mcp.errors import InvalidInput, echoed, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from networkx_mcp.analysis.loaded_graph import LoadedGraph
    from networkx_mcp.analysis.sql.results import Ids, Result

#: What every graph is asked for and none stores.
_COMPUTED = ("degree", "in_degree", "out_degree")


def from_sql(graph: LoadedGraph, asked: dict[str, Any], attributes: dict[str, Any], limits: ParseLimits) -> Made:
    """The graph of `asked`: `nodes`, `edges` (SELECTs; one may be absent), `directed` (absent: as the graph is).

    `attributes`: of the graph that is made.

    Raises InvalidInput (field `from_sql.nodes`, `from_sql.edges`), LimitExceeded, MemoryLimit.
    """
    texts = {table: asked[table] for table in ("nodes", "edges") if asked.get(table)}
    found: dict[str, Result] = {}
    notes: list[str] = []
    volatile: set[str] = set()
    with engine.connect() as connection:
        made = tables.of_graph(graph.arrays, list(texts.values()))
        made.register(connection)
        for table, sql in texts.items():
            parsed = statement.parse(connection, sql, f"from_sql.{table}")
            volatile |= set(parsed.volatile)
            most = results.ROWS * (limits.nodes if table == "nodes" else limits.edges)
            found[table] = results.read(connection, parsed, sql, f"from_sql.{table}", made.columns, limits, most)
        notes += made.notes
    making = _Making(graph.arrays.frozen, made, bool(asked.get("directed", graph.directed)), limits)
    making.builder.inherited = attributes
    result = making.of(found.get("nodes"), found.get("edges"))
    result.notes = [*notes, *result.notes]
    if volatile:
        result.notes.append(f"Made with {', '.join(sorted(volatile))}: the same call makes another graph.")
    return result


class _Making:
    """One graph in the making."""

    def __init__(self, source: FrozenGraph, made: tables.GraphTables, directed: bool, limits: ParseLimits) -> None:
        self._source = source
        self._made = made
        self._limits = limits
        self.builder = GraphBuilder(directed, duplicates="update", value_bytes=limits.value)
        self._counts: dict[str, int] = {}
        self._notes: list[str] = []

    def of(self, nodes: Result | None, edges: Result | None) -> Made:
        """The graph of the rows of nodes, edges or both."""
        among = None if nodes is None else self._add_nodes(nodes)
        if edges is not None:
            self._add_edges(edges, among)
        else:
            assert among is not None
            self._add_own_edges(among)
        graph = self.builder.freeze()
        checked(graph.n, graph.m, self._limits)
        self._counts["merged_edges"] = self.builder.repeated_edges
        for result in (nodes, edges):
            if result is not None:
                self._counts["missing_values"] = self._counts.get("missing_values", 0) + result.reading.missing_values
                self._notes += [f"{note[:1].upper()}{note[1:]}." for note in result.reading.notes]
        if not graph.n:
            self._notes.append("The graph is empty.")
        return Made(graph, self._counts, self._notes, "duckdb")

    def _add_nodes(self, result: Result) -> pa.Array:
        """The encoded ids of the nodes, each once."""
        ids = result.ids("id")
        rows = np.flatnonzero(results.present(ids))
        self._counts["rows_without_id"] = result.rows - len(rows)
        encoded = _encoded(results.chosen(ids, rows), result.field)
        with _at(result.field):
            self.builder.add_nodes(Encoded(encoded), self._attributes(result, "nodes", ("id",), rows))
        among = encoded.unique()
        self._counts["merged_nodes"] = len(encoded) - len(among)
        self._counts["new_nodes"] = len(among) - int(pc.sum(pc.is_in(among, self._source.ids), min_count=0).as_py())
        if len(among) and self._counts["new_nodes"] == len(among) and self._source.n:
            first, own = decode_id(among[0].as_py()), self._source.id_of(0)
            self._notes.append(
                f"No id of the SELECT is a node of the graph: it has {echoed(first)}, the graph {echoed(own)}."
            )
        return among

    def _add_edges(self, result: Result, among: pa.Array | None) -> None:
        ends = result.ids("source"), result.ids("target")
        rows = np.flatnonzero(results.present(*ends))
        self._counts["rows_without_end"] = result.rows - len(rows)
        heads, tails = (_encoded(results.chosen(ids, rows), result.field) for ids in ends)
        if among is not None:
            inside = np.flatnonzero(
                pc.and_(pc.is_in(heads, among), pc.is_in(tails, among)).to_numpy(zero_copy_only=False)
            )
            self._counts["edges_left_out"] = len(rows) - len(inside)
            taken = pa.array(inside)
            heads, tails, rows = heads.take(taken), tails.take(taken), rows[inside]
        else:
            self._add_ends(heads, tails)
        with _at(result.field):
            columns = self._attributes(result, "edges", ("source", "target"), rows)
            self.builder.add_edges(Encoded(heads), Encoded(tails), columns)

    def _add_ends(self, heads: pa.Array, tails: pa.Array) -> None:
        """The nodes that edges name, in their order, with what the graph knows of them."""
        order = np.arange(2 * len(heads)).reshape(2, -1).T.ravel()
        ids = pa.concat_arrays([heads, tails]).take(pa.array(order)).unique()
        known = pc.index_in(ids, self._source.ids)
        self.builder.add_nodes(Encoded(ids), self._source.node_table.take(known))
        self._counts["new_nodes"] = int(known.null_count)
        self._counts["nodes_left_out"] = self._source.n - (len(ids) - int(known.null_count))

    def _add_own_edges(self, among: pa.Array) -> None:
        """The edges of the graph that join nodes which were chosen."""
        source = self._source
        inside = np.asarray(pc.is_in(source.ids, among).to_numpy(zero_copy_only=False))
        rows = np.flatnonzero(inside[source.src] & inside[source.dst])
        heads, tails = (Encoded(source.ids.take(pa.array(ends[rows]))) for ends in (source.src, source.dst))
        self.builder.add_edges(heads, tails, source.edge_table.take(pa.array(rows)))
        self._counts["edges_left_out"] = source.m - len(rows)

    def _attributes(self, result: Result, table: str, ids: Sequence[str], rows: Any) -> dict[str, Any]:
        """The columns that are attributes, for these rows, under the names that they have in the graph."""
        renamed = {given: key for of, key, given in self._made.renamed if of == table}
        computed = [name for name in result.names if table == "nodes" and name.lower() in _COMPUTED]
        if computed:
            first = computed[0]
            self._notes.append(
                f"{', '.join(computed)}: computed of every graph, so not stored; {first} AS old_{first} would be."
            )
        names = [name for name in result.names if name.lower() not in ids and name not in computed]
        whole = len(rows) == result.rows
        found: dict[str, Any] = {}
        for name, column in result.attributes(names).items():
            key = renamed.get(name, name)
            if key in found:
                raise InvalidInput(
                    f"two columns are attribute {echoed(key)}.", at=result.field, hint="Name one with AS."
                )
            found[key] = column if whole else column.take(pa.array(rows))
        return found


class _at:  # noqa: N801  a `with` block
    """What the builder says of a column, said of the SELECT."""

    def __init__(self, field: str) -> None:
        self._field = field

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, InvalidInput) and not error.at.startswith("from_sql"):
            place = error.at.partition(".")[2]
            what = f"{quoted(place)}: {error.problem}" if place else error.problem
            raise type(error)(what, at=self._field, hint=error.hint) from None


def _encoded(ids: Ids, field: str) -> pa.Array:
    with _at(field):
        return encode_ids(ids, "ids")
