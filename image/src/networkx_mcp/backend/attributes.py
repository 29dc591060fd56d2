"""Attributes of any Python type, as they come with a networkx graph; columns are made when a kernel asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from networkx_mcp.arrays.columns import MISSING, AttributeTable, Column, encode_values


class ObjectTable(AttributeTable):
    """Either one dict a row (`dicts`), or for some names one list of values, MISSING where there is none."""

    __slots__ = ("_dicts", "_found", "_lists")

    def __init__(
        self, rows: int, dicts: list[dict[Any, Any]] | None = None, lists: Mapping[Any, list[Any]] | None = None
    ) -> None:
        super().__init__(rows)
        self._dicts = dicts
        self._lists = dict(lists or {})
        self._found: dict[Any, Column | None] = {}

    def __bool__(self) -> bool:
        return any(self._dicts) if self._dicts is not None else bool(self._lists)

    def row(self, row: int, most: int | None = None) -> dict[str, Any]:  # noqa: ARG002 -- its values are objects already
        """All attributes of one row, a new dict."""
        if self._dicts is not None:
            return dict(self._dicts[row])
        return {name: values[row] for name, values in self._lists.items() if values[row] is not MISSING}

    def dicts(self, most: int | None = None) -> list[dict[str, Any]]:  # noqa: ARG002 -- as `row`
        """All rows, each a new dict."""
        if not self._lists:
            return [{} for _ in range(self.rows)] if self._dicts is None else list(map(dict, self._dicts))
        return [self.row(row) for row in range(self.rows)]

    def names(self) -> list[str]:
        """All attribute names."""
        if self._dicts is None:
            return list(self._lists)
        return list(dict.fromkeys(name for attributes in self._dicts for name in attributes))

    def column(self, name: str) -> Column | None:
        """The values of one attribute; None: no row has it. Kind `json`, with no values to read, unless all
        are integers of 64 bits and floats.
        """
        if name not in self._found:
            self._found[name] = _column(self._values(name))
        return self._found[name]

    def _values(self, name: str) -> list[Any]:
        if self._dicts is not None:
            return [attributes.get(name, MISSING) for attributes in self._dicts]
        found: list[Any] = self._lists.get(name, [])
        return found


def _column(values: list[Any]) -> Column | None:
    kinds = set(map(type, values))
    kinds.discard(type(MISSING))
    if not kinds:
        return None
    dense = values
    missing = None
    if len(kinds) < len(set(map(type, values))):
        missing = np.fromiter((value is MISSING for value in values), bool, len(values))
        dense = [value for value in values if value is not MISSING]
    column = encode_values(dense) if kinds <= {int, float} else None
    if column is None or column.kind == "json":  # objects: what they mean only networkx knows
        return Column("json", pa.array(["null"] * len(values), mask=missing))
    if missing is None:
        return column
    source = np.cumsum(~missing) - 1
    return column.take(pa.array(source, mask=missing))
