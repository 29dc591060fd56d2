"""query_graph: one SELECT over the tables of a graph."""

from __future__ import annotations

from networkx_mcp.analysis.definition import KEEP
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.sql import engine, rows, statement, tables
from networkx_mcp.analysis.task import Facts, Params, Run, task
from networkx_mcp.workers import task_registry


@task_registry.prepared_by(lambda _: engine.prepare())
@task
def query_graph(graph: LoadedGraph, args: Params) -> Facts:
    """A block of rows of `sql` (see `analysis.sql.rows`), from row `start`.

    Raises InvalidInput for what is no SELECT or what DuckDB refuses, with its message, the position and the columns there are;
    MemoryLimit where the query needs more than DuckDB's share of the reservation.
    """
    run = Run(graph, "query_graph")
    run.engine = "duckdb"
    return run.report(run.timed(lambda: _answer(graph, args["sql"], args["start"])))


def _answer(graph: LoadedGraph, sql: str, start: int) -> Facts:
    with engine.connect() as connection:
        parsed = statement.parse(connection, sql, "sql")
        made = tables.of_graph(graph.arrays, [sql])
        made.register(connection)
        with engine.explained(sql, "sql", made.columns):
            found = rows.read(connection, parsed.statement, start)
    found["notes"] = [*made.remarks(sql, found["columns"]), *found["notes"]]
    if parsed.volatile:
        found[KEEP] = False
        found["volatile"] = list(parsed.volatile)
    return found
