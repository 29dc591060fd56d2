"""The result of a SELECT as columns that a graph is made of: ids, and attributes by name.

What JSON does not have is told by name and with the cast that helps: DuckDB has more types than a graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from networkx_mcp.analysis.sql import engine
from networkx_mcp.arrays import functions as pc
from networkx_mcp.arrays.columns import Column
from networkx_mcp.arrays.formats.columnar_plain import plain
from networkx_mcp.arrays.formats.columnar_types import FieldNote, decode_column, decode_ids, decoded_bytes
from networkx_mcp.arrays.formats.common import FormatError, ParseLimits
from networkx_mcp.arrays.formats.reading import Reading
from networkx_mcp.arrays.formats.table import spread
from networkx_mcp.errors import InvalidInput, LimitExceeded, echoed

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from networkx_mcp.analysis.sql.statement import SelectStatement

#: Ids of the rows: an Arrow array, or a list where both types occur; null where there is none.
Ids: TypeAlias = pa.Array | list[Any]
#: Rows of a result for each that a graph may have: repeated ones are merged.
ROWS = 4
#: Rows that are taken from DuckDB at once.
_BATCH = 1 << 16
#: Columns that an error names.
_NAMED = 40


@dataclass(slots=True)
class Result:
    """The rows of a SELECT: `names` of the columns as they were written, values by these names."""

    rows: int
    types: dict[str, str]
    table: pa.Table
    field: str
    limits: ParseLimits
    reading: Reading

    @property
    def names(self) -> list[str]:
        """The columns in their order."""
        return list(self.types)

    def named(self, name: str) -> str | None:
        """The column of that name, whatever its case, as SQL has it."""
        return next((column for column in self.types if column.lower() == name), None)

    def ids(self, wanted: str) -> Ids:
        """The ids of column `wanted`. Raises InvalidInput where there is none, or where its values name no nodes."""
        name = self.named(wanted)
        if name is None:
            there = ", ".join(map(echoed, self.names[:_NAMED]))
            raise InvalidInput(
                f"the SELECT has no column {wanted}; its columns: {there}.",
                at=self.field,
                hint=f"Name it: SELECT ... AS {wanted}.",
            )
        if self._mixed(name):
            return self._values(name)
        try:
            return decode_ids(plain(self._column(name), name, self.reading), FieldNote(), name, _row)
        except FormatError:
            raise InvalidInput(
                f"column {echoed(name)} is {self.types[name]}: ids are text or integers of 64 bits.",
                at=self.field,
                hint=f"Cast it: {wanted}::VARCHAR AS {wanted}.",
            ) from None

    def attributes(self, names: Sequence[str]) -> dict[str, Column | pa.Array]:
        """The values of the columns `names`, null where there is none; those that are empty are left out."""
        found: dict[str, Column | pa.Array] = {}
        for name in names:
            values = self._attribute(name)
            if (values.values if isinstance(values, Column) else values).null_count < self.rows:
                found[name] = values
        return found

    def _attribute(self, name: str) -> Column | pa.Array:
        if self._mixed(name):
            values = self._values(name)
            there = [row for row, value in enumerate(values) if value is not None]
            return spread(there, [values[row] for row in there], len(values))
        column = self._column(name)
        try:
            if "INTERVAL" in self.types[name]:
                raise FormatError("no JSON")
            decoded_bytes(column, name)
            json = FieldNote("json") if self.types[name] == "JSON" else FieldNote()
            found = decode_column(plain(column, name, self.reading), json, name, _row, self.limits)
        except FormatError:
            raise InvalidInput(
                f"column {echoed(name)} is {self.types[name]}, which is no value that JSON has.",
                at=self.field,
                hint="Cast it, to VARCHAR or to DOUBLE.",
            ) from None
        return found if isinstance(found, Column) else self._finite(found)

    def _finite(self, column: pa.Array) -> pa.Array:
        """JSON has neither NaN nor infinity: they are missing, and counted."""
        if not pa.types.is_floating(column.type):
            return column
        odd = pc.invert(pc.is_finite(column))
        if not (count := pc.sum(odd).as_py()):
            return column
        self.reading.missing_values += int(count)
        return pc.if_else(odd, pa.scalar(None, column.type), column)

    def _mixed(self, name: str) -> bool:
        """Whether the column has values of several types, as ids of text and numbers are."""
        return bool(pa.types.is_union(self.table.schema.types[self.names.index(name)]))

    def _values(self, name: str) -> list[Any]:
        found: list[Any] = self.table.column(self.names.index(name)).to_pylist()
        return found

    def _column(self, name: str) -> pa.Array:
        column = self.table.column(self.names.index(name))
        return pa.concat_arrays(column.chunks) if column.num_chunks else pa.nulls(0, column.type)


def read(
    connection: DuckDBPyConnection,
    parsed: SelectStatement,
    sql: str,
    field: str,
    columns: dict[str, list[str]],
    limits: ParseLimits,
    most: int,
) -> Result:
    """The rows of a statement. Raises InvalidInput for what DuckDB refuses, LimitExceeded for more than `most` rows.

    `columns`: of the tables that it may read, by table, for errors.
    """
    import duckdb

    with engine.explained(sql, field, columns):
        try:
            names, types, table = _fetched(connection, parsed, field, most)
        except (duckdb.OutOfMemoryException, duckdb.InternalException, duckdb.FatalException):
            raise
        except duckdb.Error:
            connection.execute(connection.extract_statements(sql)[0]).fetchall()  # raises it with its position
            raise
    return Result(table.num_rows, dict(zip(names, types, strict=True)), table, field, limits, Reading())


def _fetched(
    connection: DuckDBPyConnection, parsed: SelectStatement, field: str, most: int
) -> tuple[list[str], list[str], pa.Table]:
    """Names and types of the columns, and the rows. Through a relation: rows of `execute` would be copied once more."""
    relation = connection.sql(parsed.statement)
    names, types = list(relation.columns), [str(kind) for kind in relation.types]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidInput(f"two columns are named {echoed(twice)}.", at=field, hint="Name one with AS.")
    batches, rows = [], 0
    reader = relation.to_arrow_reader(_BATCH)
    for batch in reader:
        rows += batch.num_rows
        if rows > most:
            raise too_many_rows(field, most)
        batches.append(batch)
    return names, types, pa.Table.from_batches(batches, reader.schema)


def too_many_rows(field: str, most: int) -> LimitExceeded:
    """The refusal of a result that is larger than any graph."""
    name = "edges" if field.endswith("edges") else "nodes"
    return LimitExceeded(
        f"{field}: the SELECT has more than {most} rows; a graph has at most {most // ROWS} {name} (limits.graph_{name}).",
        hint="Filter, or add up by GROUP BY.",
        limit=f"graph_{name}",
        setting=f"limits.graph_{name}",
        maximum=most // ROWS,
    )


def present(*ids: Ids) -> NDArray[np.bool_]:
    """Which rows have all these ids."""
    found = [
        np.fromiter((value is not None for value in column), bool, len(column))
        if isinstance(column, list)
        else np.asarray(column.is_valid().to_numpy(zero_copy_only=False))
        for column in ids
    ]
    return np.asarray(np.logical_and.reduce(found), np.bool_)


def chosen(ids: Ids, rows: NDArray[np.int64]) -> Ids:
    """The ids of some rows."""
    return [ids[row] for row in rows.tolist()] if isinstance(ids, list) else ids.take(pa.array(rows))


def _row(row: int) -> str:
    return f"row {row + 1}"
