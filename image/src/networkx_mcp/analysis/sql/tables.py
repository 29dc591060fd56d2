"""A graph as tables for SQL: `nodes`, `edges` and `ends`, over its own Arrow columns.

Attributes are handed to DuckDB as they lie in the buffer. Made anew are ids without their type tag, degrees, and attributes that few
rows have, which are no columns in the buffer. The ends of edges point into the ids (Arrow dictionaries).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from networkx_mcp.arrays import id_columns
from networkx_mcp.arrays.columns import Assembler, AttributeTable, Column
from networkx_mcp.backend.kernels.arrays import Arrays
from networkx_mcp.backend.kernels.degrees import degrees
from networkx_mcp.errors import quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: Bytes and number of the columns of rare attributes (those that few rows have) that are made whether a statement names them or not.
RARE_BYTES, RARE_NAMES = 32 * 1024 * 1024, 1000
#: Renamed columns that a note names.
_NAMED = 10


@dataclass(slots=True)
class GraphTables:
    """`nodes` and `edges`."""

    nodes: pa.Table
    edges: pa.Table
    #: What the caller must know of their columns.
    notes: list[str] = field(default_factory=list)
    #: Attributes whose column has another name: (table, attribute, column).
    renamed: list[tuple[str, str, str]] = field(default_factory=list)

    def register(self, connection: DuckDBPyConnection) -> None:
        """Make them, and `ends`, known to a connection."""
        connection.register("nodes", self.nodes)
        connection.register("edges", self.edges)
        connection.execute(
            "CREATE TEMP VIEW ends AS SELECT source AS node, target AS other, * EXCLUDE (source, target) FROM edges UNION ALL "
            "SELECT target, source, * EXCLUDE (source, target) FROM edges WHERE source <> target"
        )

    @property
    def columns(self) -> dict[str, list[str]]:
        """Names of all columns by table."""
        source_target, attributes = self.edges.column_names[:2], self.edges.column_names[2:]
        return {
            "nodes": self.nodes.column_names,
            "edges": [*source_target, *attributes],
            "ends": ["node", "other", *attributes],
        }

    def attributes(
        self, table: AttributeTable, reserved: Sequence[str], name: str, texts: Sequence[str]
    ) -> tuple[list[str], list[pa.Array]]:
        """Names and columns of the attributes of table `name`; see `of_graph` for `texts`."""
        found = {key: column for key, column in table.columns.items() if column.count}
        found |= self._rare(table, name, texts)
        taken = set(reserved)
        names: list[str] = []
        for key in found:
            given = free_name(key, taken)
            taken.add(given.lower())
            names.append(given)
            if given != key:
                self.renamed.append((name, key, given))
        return names, [_values(column) for column in found.values()]

    def _rare(self, table: AttributeTable, name: str, texts: Sequence[str]) -> dict[str, Column]:
        """Columns of the attributes that few rows have: all where that is little, else those that a statement names."""
        if table.rest is None:
            return {}
        rows = list(table.rest_rows())
        names = dict.fromkeys(key for _, attributes in rows for key in attributes)
        wanted = set(names)
        if len(names) > RARE_NAMES or len(names) * table.rows * 8 > RARE_BYTES:
            wanted = {key for key in names if any(key.lower() in text for text in texts)}
            if left := len(names) - len(wanted):
                self.notes.append(f"{left} attributes that few {name} have are columns only where the SQL names them.")
        assembler = Assembler(table.rows)
        for key in wanted & table.columns.keys():
            assembler.base(AttributeTable(table.rows, {key: table.columns[key]}), np.arange(table.rows))
        for row, attributes in rows:
            assembler.put(row, {key: value for key, value in attributes.items() if key in wanted})
        columns = assembler.columns()
        return {key: columns[key] for key in names if key in wanted}

    def remarks(self, sql: str, shown: Sequence[str] = ()) -> list[str]:
        """What an answer with the columns `shown` to the statement `sql` must say of the tables."""
        text, all_columns = sql.lower(), "column_name" in shown
        met = [
            f"{quoted(key)} of {table} is {quoted(given)}"
            for table, key, given in self.renamed
            if all_columns or given in shown or _mentions(text, key.lower())
        ]
        if not met:
            return self.notes
        more = f", and {len(met) - _NAMED} more" if len(met) > _NAMED else ""
        return [*self.notes, f"Attributes whose column has another name: {', '.join(met[:_NAMED])}{more}."]


def of_graph(graph: Arrays, sql: Iterable[str]) -> GraphTables:
    """The tables of a graph, for the statements `sql`: a rare attribute is made a column where one of them names it."""
    frozen = graph.frozen
    texts = [text.lower() for text in sql]
    ids = id_columns.typed(frozen.ids)
    computed = {"degree": pa.array(degrees(graph))}
    if frozen.directed:
        computed |= {f"{way}_degree": pa.array(degrees(graph, way)) for way in ("in", "out")}
    made = GraphTables(nodes=None, edges=None)
    node_names, nodes = made.attributes(frozen.node_table, ["id", *computed], "nodes", texts)
    # `ends` has the attributes of edges, too, beside names of its own.
    edge_names, edges = made.attributes(frozen.edge_table, ["source", "target", "node", "other"], "edges", texts)
    ends = [pa.DictionaryArray.from_arrays(pa.array(rows), ids) for rows in (frozen.src, frozen.dst)]
    made.nodes = pa.Table.from_arrays([ids, *nodes, *computed.values()], ["id", *node_names, *computed])
    made.edges = pa.Table.from_arrays([*ends, *edges], ["source", "target", *edge_names])
    return made


def _mentions(text: str, name: str) -> bool:
    """Whether the name stands in the text as words of its own."""
    return name != "" and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def free_name(name: str, taken: set[str]) -> str:
    """The name of an attribute as a column: SQL folds case and knows no empty name. `taken`: names in lower case."""
    base = name.replace("\0", "") or "unnamed"
    given, number = base, 2
    while given.lower() in taken:
        given = f"{base}_{number}"
        number += 1
    return given


_JSON = pa.json_()


def _values(column: Column) -> pa.Array:
    if column.kind == "json":
        return pa.ExtensionArray.from_storage(_JSON, column.values)
    return column.values
