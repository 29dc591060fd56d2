"""The rows of a query: counted as far as that is quick, a block of them made plain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from networkx_mcp.analysis.result import MAX_VALUES, Values

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, Statement

#: Rows of a block at most: what one page may show.
BLOCK = 1000
#: Characters of text in a block; the row that passes it is its last.
BLOCK_CHARACTERS = 400_000
#: Values that are counted past the block; of a result with more the total is not told.
COUNTED_VALUES = 1_000_000
#: Rows that are taken from DuckDB at once: a vector of its own.
_VECTOR = 2048
_MOST_TYPE = 60


def block_rows(columns: int) -> int:
    """Rows of a block of so many columns, in round numbers, so that pages of usual sizes do not straddle two blocks."""
    rows = min(BLOCK, MAX_VALUES // max(columns, 1))
    unit = 100 if rows >= 100 else 10 if rows >= 10 else 1
    return max(rows // unit * unit, 1)


def read(connection: DuckDBPyConnection, statement: Statement, start: int) -> dict[str, Any]:
    """A block of the rows of `statement` from row `start`.

    Facts: `columns`, `types` (DuckDB's), `rows`, `start`, `block` (rows of a block that is full), `total` (None: not counted to the
    end), `truncated`, `next_offset`, `notes`. The rows before `start` are computed and passed over. What DuckDB raises is raised.
    """
    connection.execute(statement)
    description = connection.description
    columns = [str(name) for name, *_ in description]
    types = [_type(str(kind)) for _, kind, *_ in description]
    json = {place for place, kind in enumerate(types) if kind == "JSON"}
    block = block_rows(len(columns))
    passed = 0
    while passed < start and (skipped := connection.fetchmany(min(_VECTOR, start - passed))):
        passed += len(skipped)
    values = Values()
    rows: list[list[Any]] = []
    characters = 0
    fetched = connection.fetchmany(block)
    for row in fetched:
        if values.budget <= 0 or characters > BLOCK_CHARACTERS:
            break
        rows.append([values.json(_opened(cell) if place in json else cell) for place, cell in enumerate(row)])
        characters += sum(len(cell) for cell in rows[-1] if type(cell) is str)
    total = _total(connection, passed + len(fetched), len(columns))
    truncated = total is None or passed + len(rows) < total
    return {
        "columns": columns,
        "types": types,
        "rows": rows,
        "start": passed,
        "block": block,
        "total": total,
        "truncated": truncated,
        "next_offset": passed + len(rows) if truncated else None,
        "notes": list(values.notes.lines),
    }


def _opened(text: Any) -> Any:
    """The value that JSON text stands for; the text where it is none of ours (NaN, deep nesting)."""
    try:
        return None if text is None else msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text


def _total(connection: DuckDBPyConnection, rows: int, columns: int) -> int | None:
    """`rows` and those that are left; None where these are more than are counted."""
    most = rows + COUNTED_VALUES // columns
    while more := len(connection.fetchmany(_VECTOR)):
        rows += more
        if rows > most:
            return None
    return rows


def _type(name: str) -> str:
    return name if len(name) <= _MOST_TYPE else name[: _MOST_TYPE - 1] + "…"
