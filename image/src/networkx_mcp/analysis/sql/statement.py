"""What may be asked: one statement that DuckDB's parser calls a SELECT, and nothing in it that is none.

The kind of the statement alone does not tell: `WITH x AS (COPY ... TO ...)` is a SELECT to the parser, and a SELECT may call
functions that read files, change settings or take the address of a buffer. So the parsed tree is looked through, node by node:
it may hold what is listed here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from networkx_mcp.analysis.sql import engine
from networkx_mcp.errors import InvalidInput, echoed

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, Statement

#: Types of the parts of a query that are no expressions.
_QUERIES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
_TABLES = frozenset(
    {"BASE_TABLE", "TABLE_FUNCTION", "JOIN", "SUBQUERY", "EXPRESSION_LIST", "EMPTY", "PIVOT", "SHOW_REF"}
)
_ORDERS = frozenset({"ASCENDING", "DESCENDING", "ORDER_DEFAULT", "INVALID"})
#: Functions in FROM.
TABLE_FUNCTIONS = frozenset(
    {"range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree", "summary",
     "regexp_split_to_table", "generate_subscripts"}
)  # fmt: skip
#: Functions that read or change what is no part of the graph, wait, or take raw memory for what it is not.
FORBIDDEN = frozenset(
    {"add_grammar_extension", "combine", "currval", "current_setting", "finalize", "getenv", "getvariable", "invoke",
     "json_deserialize_sql", "json_execute_serialized_sql", "json_serialize_plan", "json_serialize_sql", "nextval",
     "parse_duckdb_log_message", "pg_sleep", "setseed", "setval", "sleep_ms", "to_aggregate_state", "variant_bytes_to_variant",
     "write_log"}
)  # fmt: skip
_FORBIDDEN_PREFIXES = ("__internal", "read_", "duckdb_", "pragma_", "parquet_", "inet_")
#: Functions whose answer may differ though the graph does not. Written without parentheses, some are columns to the parser.
VOLATILE = frozenset(
    {"age", "ago", "current_connection_id", "current_date", "current_localtime", "current_localtimestamp", "current_query",
     "current_query_id", "current_time", "current_timestamp", "current_transaction_id", "gen_random_uuid", "get_current_time",
     "get_current_timestamp", "localtime", "localtimestamp", "now", "pg_conf_load_time", "pg_postmaster_start_time", "random",
     "stats", "today", "transaction_timestamp", "txid_current", "uuid", "uuidv4", "uuidv7", "vector_type"}
)  # fmt: skip


class Over(NamedTuple):
    """What a query reads, in the words of its errors."""

    name: str
    tables: str


GRAPH, TABLE = Over("the graph", "nodes, edges, ends"), Over("the table", "rows")


@dataclass(frozen=True, slots=True)
class SelectStatement:
    """A statement that may run."""

    statement: Statement
    #: What it calls that answers anew each time; sorted.
    volatile: tuple[str, ...]
    #: The tree of its one query, as DuckDB's `json_serialize_sql` writes it.
    tree: dict[str, Any]


def parse(
    connection: DuckDBPyConnection, sql: str, field: str, *, before: int = 0, over: Over = GRAPH
) -> SelectStatement:
    """`sql`, which may run; `over` is what it reads. Raises InvalidInput (`field`) for anything but one SELECT. `before`: see `engine.explained`."""
    with engine.explained(sql, field, {}, before=before):
        statements = connection.extract_statements(sql)
    if len(statements) != 1:
        found = "none" if not statements else f"{len(statements)} statements"
        wanted = "expression" if before else "SELECT statement"
        raise InvalidInput(f"must be one {wanted}, not {found}.", at=field)
    kind = statements[0].type.name
    if kind == "MULTI":
        raise InvalidInput(
            "PIVOT must name its values here: PIVOT t ON column IN ('a', 'b') USING count(*).",
            at=field,
            hint="SELECT DISTINCT column tells which there are.",
        )
    if kind != "SELECT":
        raise _no_select(kind, field, over)
    with engine.explained(sql, field, {}, before=before):
        (text,) = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchall()[0]
    try:
        serialized = msgspec.json.decode(text)
    except RecursionError:
        raise InvalidInput("the statement is nested too deeply.", at=field) from None
    if serialized["error"] or len(serialized["statements"]) != 1:
        raise _no_select(str(serialized.get("error_message", kind)), field, over)
    tree = serialized["statements"][0]["node"]
    return SelectStatement(statements[0], tuple(sorted(set(_checked(tree, field, over)))), tree)


def _no_select(what: str, field: str, over: Over) -> InvalidInput:
    return InvalidInput(
        f"must be a SELECT, and this is {what.upper() if what.isupper() else echoed(what)}: a query reads {over.name} and changes "
        "nothing.",
        at=field,
        hint="SELECT, WITH, FROM, VALUES, PIVOT, UNPIVOT, DESCRIBE and SUMMARIZE may be used; edit_graph writes.",
    )


def parts(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of a tree, itself among them, in no order."""
    left = [tree]
    while left:
        part = left.pop()
        if isinstance(part, list):
            left.extend(part)
        elif isinstance(part, dict):
            left.extend(part.values())
            yield part


def _checked(tree: Any, field: str, over: Over) -> Iterator[str]:
    """The volatile parts of a tree. Raises InvalidInput for what it may not hold."""
    for part in parts(tree):
        kind = part.get("type")
        if "class" in part:
            yield from _expression(part, field, over)
        elif isinstance(kind, str):
            if kind not in _QUERIES and kind not in _TABLES and not _plain(kind):
                raise _no_select(kind.removesuffix("_QUERY_NODE").removesuffix("_NODE"), field, over)
            if kind == "TABLE_FUNCTION":
                _table_function(part, field, over)
            if part.get("sample"):
                yield "TABLESAMPLE"


def _plain(kind: str) -> bool:
    """Modifiers (ORDER BY, LIMIT, DISTINCT), directions of an order, and the parts of a type."""
    return kind.endswith(("_MODIFIER", "_TYPE_INFO")) or kind in _ORDERS


def _expression(part: dict[str, Any], field: str, over: Over) -> Iterator[str]:
    kind = part["class"]
    if kind == "PARAMETER":
        raise InvalidInput("has a parameter (`?`, `$1`): write the value itself.", at=field)
    if kind == "COLUMN_REF":
        name = part["column_names"][-1].lower()
        if len(part["column_names"]) == 1 and name in VOLATILE:
            yield name
    elif "function_name" in part:
        name = part["function_name"].lower()
        if name in FORBIDDEN or name.startswith(_FORBIDDEN_PREFIXES):
            raise InvalidInput(f"may not call {echoed(name)}: a query reads {over.name} alone.", at=field)
        if name in VOLATILE:
            yield name


def _table_function(part: dict[str, Any], field: str, over: Over) -> None:
    name = part["function"].get("function_name", "").lower()
    if name not in TABLE_FUNCTIONS:
        raise InvalidInput(
            f"may not read from {echoed(name)}: a query reads {over.name} alone.",
            at=field,
            hint=f"In FROM: {over.tables}, and {', '.join(sorted(TABLE_FUNCTIONS))}.",
        )
