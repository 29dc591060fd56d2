"""SQL that shapes the table of a file before it becomes a graph: one SELECT over the table `rows`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from networkx_mcp.analysis.sql import engine, statement
from networkx_mcp.arrays.formats.common import Shape

#: Rows that DuckDB hands over at once.
_BATCH = 1 << 16
FIELD = "options.sql"


def shaper(sql: str) -> Shape:
    """What `sql` makes of a table, as batches: none is made before it is taken.

    Its errors: InvalidInput for what is no SELECT or what DuckDB refuses, with its message, the position and the columns there are;
    MemoryLimit where it needs more than DuckDB's share of the reservation.
    """

    @contextmanager
    def shape(table: pa.Table) -> Iterator[tuple[pa.Schema, Iterator[pa.RecordBatch]]]:
        columns = {"rows": table.column_names}
        with engine.connect() as connection:
            statement.parse(connection, sql, FIELD, over=statement.TABLE)
            connection.register("rows", table)
            with engine.explained(sql, FIELD, columns):
                reader = connection.sql(sql).to_arrow_reader(_BATCH)
            yield reader.schema, _batches(reader, sql, columns)

    return shape


def _batches(reader: pa.RecordBatchReader, sql: str, columns: dict[str, list[str]]) -> Iterator[pa.RecordBatch]:
    while True:
        with engine.explained(sql, FIELD, columns):
            try:
                batch = reader.read_next_batch()
            except StopIteration:
                return
        yield batch
