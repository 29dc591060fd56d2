"""What a task answers: a bounded table of JSON-safe rows and the facts about the run.

Every answer is ``{"columns": [...], "rows": [[...], ...], "total": int | None, "truncated": bool,
"next_offset": int | None, "notes": [str, ...], ...}``. `total` is None where counting all rows
would mean running an enumeration without end. `next_offset` is where the next page starts, if the
order of the rows makes pages meaningful.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

import numpy as np

from networkx_mcp.arrays.deferred import BYTES, Deferred
from networkx_mcp.errors import InvalidInput

#: Rows of one answer at most, whatever the caller asks for.
MAX_ROWS = 10_000
#: Items of one list inside a row (members of a community, nodes of a path).
MAX_ITEMS = 1_000
#: Values of one answer at most, lists inside of rows counted. Two characters each, with what divides them, are more than
#: an answer shows (tools/answer.py), and the API decodes these in some 3 ms of its event loop.
MAX_VALUES = 25_000
#: Characters of one text value.
MAX_TEXT = 2_000

_INT64 = 2**63


class NotConverged(InvalidInput):
    """An iterative algorithm gave up before its answer."""


class Notes:
    """Remarks that an answer carries, each once, in the order in which they came up."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, line: str) -> None:
        if line not in self.lines:
            self.lines.append(line)


class Values:
    """Turns values of Python, numpy and networkx into JSON-safe ones; what it changed is in `notes`."""

    def __init__(self, notes: Notes | None = None, *, max_items: int = MAX_ITEMS, budget: int = MAX_VALUES) -> None:
        self.notes = notes or Notes()
        self.max_items = max_items
        self.budget = budget
        #: Numbers so far that are not defined, and that are infinite.
        self.undefined = self.infinite = 0

    def json(self, value: Any, depth: int = 0) -> Any:
        """`value` as None, bool, int within int64, finite float, str or a list or dict of these.

        Infinite and undefined numbers become "inf", "-inf" and "nan"; integers past int64 become
        decimal text; sets become lists; a list longer than `max_items` is cut, its last item says so.
        """
        self.budget -= 1
        kind = type(value)
        # Nearly all values are one of these three.
        if kind is int and -_INT64 <= value < _INT64:
            return value
        if kind is str and len(value) <= MAX_TEXT:
            return value
        if kind is float and math.isfinite(value):
            return value + 0.0  # -0 is 0
        if kind is Deferred:
            value = value.value if value.nbytes <= 4 * BYTES else str(value)
        if value is None or isinstance(value, bool | str):
            return self._text(value) if isinstance(value, str) else value
        if isinstance(value, int):
            if -_INT64 <= value < _INT64:
                return int(value)
            self.notes.add("An integer past 64 bits is given as decimal text.")
            return self._integer_text(value)
        if isinstance(value, float):
            return self._float(float(value))
        if isinstance(value, Decimal):
            return self._float(float(value))
        if isinstance(value, np.generic):
            return self.json(value.item(), depth)
        if isinstance(value, complex):
            return self._complex(value, depth)
        if isinstance(value, dict):
            return {self._key(key): self.json(item, depth + 1) for key, item in self._cut(value.items(), depth)}
        if isinstance(value, set | frozenset):
            value = sorted(value, key=repr) if not all(isinstance(item, int) for item in value) else sorted(value)
        if isinstance(value, np.ndarray):
            value = value.tolist()
        if isinstance(value, bytes):
            return value.hex()
        if isinstance(value, Iterable):
            return [self.json(item, depth + 1) for item in self._cut(value, depth)]
        return self._text(str(value))

    def _float(self, value: float) -> float | str:
        if math.isfinite(value):
            return value + 0.0  # -0 is 0
        self.undefined += math.isnan(value)
        self.infinite += math.isinf(value)
        self.notes.add('"inf", "-inf" and "nan" stand for infinite and undefined numbers.')
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")

    def _complex(self, value: complex, depth: int) -> Any:
        if value.imag == 0:
            return self.json(value.real, depth)
        self.notes.add("A complex number is given as [real part, imaginary part].")
        return [self.json(value.real, depth), self.json(value.imag, depth)]

    def _integer_text(self, value: int) -> str:
        if value.bit_length() > 4 * MAX_TEXT:  # str() of more digits is refused or slow
            return f"an integer of {value.bit_length()} bits"
        digits = hex(value) if value.bit_length() > 13_000 else str(value)
        return self._text(digits)

    def _text(self, value: str) -> str:
        if len(value) <= MAX_TEXT:
            return value
        self.notes.add(f"Text longer than {MAX_TEXT} characters is cut.")
        return value[: MAX_TEXT - 1] + "…"

    def _key(self, key: Any) -> str:
        return key if isinstance(key, str) else str(self.json(key))

    def _cut(self, items: Iterable[Any], depth: int) -> Iterator[Any]:
        iterator = iter(items)
        if depth > 20:
            self.notes.add("Values nested deeper than 20 levels are left out.")
            return
        for taken, item in enumerate(iterator):
            if taken >= self.max_items or self.budget <= 0:
                self.notes.add(f"Lists inside of rows are cut at {self.max_items} items.")
                return
            yield item


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    limit: int,
    total: int | None = None,
    offset: int = 0,
    values: Values | None = None,
    paged: bool = True,
) -> dict[str, Any]:
    """At most `limit` of `rows` from `offset`, taken lazily: what comes after them is never made.

    `total` is the number of all rows where it is known for nothing; a sequence knows its own.
    """
    values = values or Values()
    if total is None and isinstance(rows, Sequence):
        total = len(rows)
    iterator = islice(rows, offset, None) if not isinstance(rows, Sequence) else iter(rows[offset : offset + limit + 1])
    kept: list[list[Any]] = []
    more = False
    for row in iterator:
        if len(kept) >= min(limit, MAX_ROWS) or values.budget <= 0:
            more = True
            break
        kept.append([values.json(cell) for cell in row])
    if not more and total is None:
        total = offset + len(kept)
    return {
        "columns": list(columns),
        "rows": kept,
        "total": total,
        "truncated": more,
        "next_offset": offset + len(kept) if more and paged else None,
        "notes": values.notes.lines,
    }


def rounded(seconds: float) -> float:
    """Seconds to the microsecond: more is noise."""
    return round(seconds, 6)
