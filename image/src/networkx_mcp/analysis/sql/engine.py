"""DuckDB inside a worker: shut in before the first statement, kept for the worker's next jobs.

Only a worker may call `connect`: opening a database starts threads, and the zygote must have one. An empty database costs some 50 ms,
so a worker opens one and gives each job a connection of its own, whose tables and settings are gone with it.
"""

from __future__ import annotations

import json
import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from networkx_mcp import platform
from networkx_mcp.analysis.sql.versions import NAME
from networkx_mcp.errors import InvalidInput, MemoryLimit, ServiceError, quoted
from networkx_mcp.settings import MIB

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: Of the memory that a job may take so much is DuckDB's, in percent; the rest is for its tables and the rows that are answered.
SHARE = 70
#: Nothing to read or to load beyond the tables that a job registers, and no thread beside the caller's.
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": "1",
    "async_threads": "0",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
    "errors_as_json": "true",
}
#: Once it is there, in this order: the second may not be followed by the first.
_SHUT = ("SET temp_directory = ''", "SET enable_external_access = false", "SET GLOBAL TimeZone = 'UTC'")
#: Characters of DuckDB's message in an error: it lists candidates by the dozen.
_MOST_MESSAGE = 600

_database: DuckDBPyConnection | None = None
#: Bytes of data of this process once the database was open: a worker that reads bytes of others can open no file to ask again.
_data_bytes = 0
_locked = False


def prepare() -> None:
    """Load DuckDB and open the empty database of this process, once; it is no part of any job."""
    global _database, _data_bytes
    if _database is not None:
        return
    import duckdb

    database = duckdb.connect(":memory:", config=_CONFIG)
    for statement in _SHUT:
        database.execute(statement)
    _database, _data_bytes = database, platform.data_bytes()


@contextmanager
def connect() -> Iterator[DuckDBPyConnection]:
    """A connection for one job: no setting can be changed any more, and what it registers goes with it."""
    global _locked
    prepare()
    assert _database is not None
    if not _locked:
        _database.execute(f"SET memory_limit = '{_memory() // MIB} MiB'")
        _database.execute("SET lock_configuration = true")
        _locked = True
    connection = _database.cursor()
    try:
        yield connection
    finally:
        connection.close()


def _memory() -> int:
    """Bytes that DuckDB may hold: its share of what this job may still take."""
    limit, _ = platform.data_limit()
    if limit == resource.RLIM_INFINITY:  # not in a worker: a test
        return 256 * MIB
    try:
        now = platform.data_bytes()
    except PermissionError:  # shut in by `workers.sandbox`
        now = _data_bytes
    return max((limit - now) * SHARE // 100, 16 * MIB)


@contextmanager
def explained(sql: str, field: str, columns: dict[str, list[str]], *, before: int = 0) -> Iterator[None]:
    """Raise InvalidInput or MemoryLimit for what DuckDB raises about `sql`, of which the caller wrote what comes after `before` bytes.

    The facts: `position` (characters into the caller's text, from 0), `line`, `column` (from 1), and `columns` that exist by table.
    Its internal errors pass: they are defects.
    """
    import duckdb
    import pyarrow as pa

    try:
        yield
    except (duckdb.InternalException, duckdb.FatalException):
        raise
    except duckdb.OutOfMemoryException:
        raise out_of_memory() from None
    except MemoryError:  # one of Arrow's own is of the kind below, too
        raise
    except (OSError, pa.ArrowException) as error:  # how Arrow passes on what DuckDB raises while rows are read
        if "Out of Memory" in str(error):
            raise out_of_memory() from None
        if str(error).startswith(("INTERNAL", "FATAL")):
            raise
        refuse(str(error), sql, field, columns, before)
    except duckdb.Error as error:
        refuse(str(error), sql, field, columns, before)


def out_of_memory() -> ServiceError:
    """The query asked for more than the worker has."""
    return MemoryLimit(
        "the query needs more memory than one call may use (memory.worker_mb).",
        hint="Filter or aggregate first, join on ids, or add LIMIT.",
        setting="memory.worker_mb",
    )


def refuse(text: str, sql: str, field: str, columns: dict[str, list[str]], before: int) -> NoReturn:
    """Raise what `explained` raises, for the `text` of an error of DuckDB's that another library passed on."""
    kind, _, body = text.partition(": ")
    try:
        told: dict[str, Any] = json.loads(body)
    except ValueError:
        told = {"exception_message": text}
    message = " ".join(str(told.get("exception_message", text)).split("\n"))
    if "expression depth" in message:  # it would have us change a setting
        message = "the statement is nested too deeply"
    message = message.partition("Candidate functions:")[0].rstrip()
    message = message if len(message) <= _MOST_MESSAGE else message[:_MOST_MESSAGE] + "…"
    facts: dict[str, Any] = {"engine": NAME, "kind": kind}
    place = ""
    if str(told.get("position", "")).isdigit() and (at := int(told["position"]) - before) >= 0:
        begun = sql.encode()[before:][:at].decode(errors="ignore")
        line, column = begun.count("\n") + 1, len(begun) - (begun.rfind("\n") + 1) + 1
        facts |= {"position": len(begun), "line": line, "column": column}
        place = f" (line {line}, column {column})"
    hint = ""
    if "Malformed JSON" in message or "JSON" in message.partition("\n")[0]:
        hint = "Attributes of mixed values are JSON: column->>'$' is the text, (column->>'$')::BIGINT a number. "
    if "VARCHAR" in message and re.search(r"explicit (type )?cast", message):
        hint = "Dates in a graph are text, which compares as it stands, >= '2026-03-01'; column::TIMESTAMP or column::DATE makes one. "
    if found := re.match(r"Referenced column [\"'](\w{1,60})[\"'] not found", message):
        hint += f"Text stands in single quotes: '{found[1]}'. "
    if kind.startswith("Parser"):
        hint += "The statement is SQL as DuckDB has it, over tables nodes, edges and ends. "
    if kind.startswith(("Binder", "Catalog")):
        facts["columns"] = [f"{table}.{name}" for table, names in columns.items() for name in names]
        hint += "Columns: " + "; ".join(f"{table}({_named(names)})" for table, names in columns.items()) + "."
    # In quotes: it may repeat what a graph or a caller wrote.
    said = quoted(message.replace('"', "'"))
    raise InvalidInput(f"{kind}{place}: {said}.", at=field, hint=hint.rstrip(), **facts)


#: Columns of a table that an error names, in quotes where they are more than a word.
_NAMED = 40
_WORD = re.compile(r"\w{1,100}")


def _named(names: list[str]) -> str:
    more = f", … {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(name if _WORD.fullmatch(name) else quoted(name) for name in names[:_NAMED]) + more
