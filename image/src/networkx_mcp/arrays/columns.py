"""Attributes as Arrow columns: one row a node or edge, one column a name.

Kinds: `int` (int64), `float` (float64), `bool`, `string` where all values of a name are of that type;
`number` (float64 and a flag "was an integer") where integers up to 2**53 and floats are mixed; `json`
(text) for everything else: null, lists, objects, larger integers, mixed types. An Arrow null means
that the attribute is missing; a null value is the JSON text `null`, so the two never mix.

A name that few rows have gets no column: its values stand in the *rest*, one JSON object a row.
Otherwise many rare names would cost rows x names.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from networkx_mcp.arrays import functions as pc
from networkx_mcp.arrays.deferred import BYTES, Deferred, plain

Kind: TypeAlias = Literal["int", "float", "bool", "string", "number", "json"]

#: Stands for "no such attribute" where None is a value.
MISSING: Final = msgspec.UNSET
#: Floats hold integers exactly up to here.
EXACT = 2**53
#: A new name gets a column when at least 1 / FILL of the rows have it; an old one keeps it to 1 / (2 FILL).
FILL = 16
MAX_COLUMNS = 256
#: Two offsets of an Arrow array of text.
_PAIR = struct.Struct("<ii")

TYPES: dict[Kind, pa.DataType] = {
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "string": pa.string(),
    "number": pa.float64(),
    "json": pa.string(),
}
_encode = msgspec.json.Encoder(enc_hook=plain).encode
_decode = msgspec.json.Decoder().decode
_slices = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


@dataclass(frozen=True, slots=True)
class Column:
    """Values of one attribute; `integral[k]`, for kind `number` only: value k was an integer."""

    kind: Kind
    values: pa.Array
    integral: pa.Array | None = None

    def __len__(self) -> int:
        return len(self.values)

    @property
    def count(self) -> int:
        """Rows that have the attribute."""
        return len(self.values) - int(self.values.null_count)

    def get(self, row: int, most: int | None = None) -> Any:
        """The value at `row`, or MISSING. Texts and JSON of more than `most` stored bytes are not decoded (`Deferred`)."""
        if most is not None and (self.kind == "json" or self.kind == "string"):
            data = _long(self.values, row, most)
            if data is not None:
                return Deferred(self.kind, data)
        value = self.values[row].as_py()
        if value is None:
            return MISSING
        if self.kind == "json":
            return _decode(value)
        if self.integral is not None and self.integral[row].as_py():
            return int(value)
        return value

    def to_list(self) -> list[Any]:
        """All values, MISSING where there is none."""
        values = self.values.to_pylist()
        if self.kind == "json":
            return [MISSING if value is None else _decode(value) for value in values]
        if self.integral is not None:
            flags = self.integral.to_pylist()
            values = [int(v) if flag else v for v, flag in zip(values, flags, strict=True)]
        return [MISSING if value is None else value for value in values] if self.values.null_count else values

    def to_short_list(self, most: int | None = BYTES) -> list[Any]:
        """As `to_list`, without decoding what has more than `most` stored bytes (`Deferred`)."""
        if most is None or self.kind not in ("json", "string"):
            return self.to_list()
        longest = pc.max(pc.binary_length(self.values)).as_py() or 0
        return [self.get(row, most) for row in range(len(self.values))] if longest > most else self.to_list()

    def take(self, rows: pa.Array) -> Column:
        """The column at `rows`; a null row gives a missing value."""
        return Column(self.kind, self.values.take(rows), None if self.integral is None else self.integral.take(rows))


def _long(values: pa.Array, row: int, most: int) -> pa.Buffer | None:
    """The bytes of a text that has more than `most` of them, in place: a scalar of Arrow's would be a copy."""
    valid, offsets, data = values.buffers()
    if offsets is None:
        return None
    at = values.offset + row
    start, end = _PAIR.unpack_from(offsets, 4 * at)
    if end - start <= most or (valid is not None and not memoryview(valid).cast("B")[at >> 3] >> (at & 7) & 1):
        return None
    return data.slice(start, end - start)


def encode_values(values: Sequence[Any]) -> Column:
    """A column of JSON values, none missing, in the narrowest kind that holds them exactly."""
    kinds = set(map(type, values))
    if Deferred in kinds:
        return _encode_deferred(values)
    if kinds == {float}:
        return Column("float", pa.array(values, pa.float64()))
    if kinds == {bool}:
        return Column("bool", pa.array(values, pa.bool_()))
    if kinds == {str}:
        return Column("string", pa.array(values, pa.string()))
    if kinds == {int}:
        if min(values) >= -(2**63) and max(values) < 2**63:
            return Column("int", pa.array(values, pa.int64()))
    elif kinds == {int, float} and all(type(v) is float or -EXACT <= v <= EXACT for v in values):
        flags = pa.array([type(v) is int for v in values], pa.bool_())
        return Column("number", pa.array([float(v) for v in values], pa.float64()), flags)
    return Column("json", pa.array([_encode(v).decode() for v in values], pa.string()))


def _encode_deferred(values: Sequence[Any]) -> Column:
    """As `encode_values`, where some are not decoded and need not be."""
    if all(type(v) is str or (type(v) is Deferred and v.kind == "string") for v in values):
        return Column("string", pa.array([v if type(v) is str else v.text for v in values], pa.string()))
    texts = [v.text if type(v) is Deferred and v.kind == "json" else _encode(v).decode() for v in values]
    return Column("json", pa.array(texts, pa.string()))


def concat(parts: Sequence[Column]) -> Column:
    """The parts one after another, in a kind that holds them all."""
    kinds = {part.kind for part in parts}
    if len(parts) == 1:
        return parts[0]
    if len(kinds) > 1:
        if kinds <= {"int", "float", "number"}:
            parts = [_as_number(part) for part in parts]
        if len({part.kind for part in parts}) > 1:
            parts = [_as_json(part) for part in parts]
    integral = None
    if parts[0].kind == "number":
        integral = pa.concat_arrays([part.integral for part in parts])
    return Column(parts[0].kind, pa.concat_arrays([part.values for part in parts]), integral)


def _as_number(column: Column) -> Column:
    """Kind `number`, or `json` when an integer is too large for it."""
    if column.kind == "number":
        return column
    if column.kind == "float":
        return Column("number", column.values, pa.array(np.zeros(len(column), bool)))
    known = column.values.drop_null().to_numpy(zero_copy_only=False)
    if len(known) and (known.max() > EXACT or known.min() < -EXACT):
        return _as_json(column)
    return Column("number", column.values.cast(pa.float64()), pa.array(np.ones(len(column), bool)))


def _as_json(column: Column) -> Column:
    if column.kind == "json":
        return column
    texts = [None if value is MISSING else _encode(value).decode() for value in column.to_list()]
    return Column("json", pa.array(texts, pa.string()))


def bounded(slices: Mapping[str, msgspec.Raw], most: int) -> dict[str, Any]:
    """Values of JSON texts; those of more than `most` bytes are not decoded (`Deferred`)."""
    return {
        name: Deferred("json", raw) if memoryview(raw).nbytes > most else _decode(raw) for name, raw in slices.items()
    }


def _opened(rest: Any, most: int | None) -> dict[str, Any]:
    """Attributes of one row of the rest, which is deferred where they are long together."""
    if type(rest) is not Deferred:
        return rest  # type: ignore[no-any-return]
    assert most is not None
    return bounded(_slices(rest.text), most)


class AttributeTable:
    """The attributes of all nodes or all edges: columns by name, and the rest."""

    __slots__ = ("columns", "rest", "rows")

    def __init__(self, rows: int, columns: Mapping[str, Column] | None = None, rest: Column | None = None) -> None:
        self.rows = rows
        self.columns = dict(columns or {})
        #: One JSON object a row, kind `json`.
        self.rest = rest

    def __bool__(self) -> bool:
        return bool(self.columns) or self.rest is not None

    def row(self, row: int, most: int | None = None) -> dict[str, Any]:
        """All attributes of one row, a new dict; those of more than `most` stored bytes are not decoded (`Deferred`)."""
        found = {}
        for name, column in self.columns.items():
            value = column.get(row, most)
            if value is not MISSING:
                found[name] = value
        if self.rest is not None:
            value = self.rest.get(row, most)
            if value is not MISSING:
                found.update(_opened(value, most))
        return found

    def dicts(self, most: int | None = None) -> list[dict[str, Any]]:
        """All rows, each a new dict. `most`: see `row`."""
        found: list[dict[str, Any]] = [{} for _ in range(self.rows)]
        for name, column in self.columns.items():
            for attributes, value in zip(found, column.to_short_list(most), strict=True):
                if value is not MISSING:
                    attributes[name] = value
        if self.rest is not None:
            for attributes, value in zip(found, self.rest.to_short_list(most), strict=True):
                if value is not MISSING:
                    attributes.update(_opened(value, most))
        return found

    def rest_rows(self, most: int | None = None) -> Iterable[tuple[int, dict[str, Any]]]:
        """(row, attributes) of the rows that have something in the rest. `most`: see `row`."""
        if self.rest is None:
            return
        for row in np.flatnonzero(self.rest.values.is_valid().to_numpy(zero_copy_only=False)).tolist():
            yield row, _opened(self.rest.get(row, most), most)

    def take(self, rows: pa.Array) -> AttributeTable:
        """The table at `rows`; a null row has no attributes."""
        columns = {name: column.take(rows) for name, column in self.columns.items()}
        return AttributeTable(len(rows), columns, None if self.rest is None else self.rest.take(rows))

    def names(self) -> list[str]:
        """All attribute names, columns first."""
        found = dict.fromkeys(name for name, column in self.columns.items() if column.count)
        for _, attributes in self.rest_rows():
            found.update(dict.fromkeys(attributes))
        return list(found)

    def numbers(self, name: str, default: float) -> NDArray[np.float64]:
        """One attribute as float64, `default` where it is missing; an algorithm's weights.

        ValueError, naming the first row, for values that are no numbers (booleans are, as in Python).
        """
        column = self.column(name)
        if column is None:
            return np.full(self.rows, default)
        if column.kind in ("int", "float", "number"):
            values = column.values if column.kind != "int" else column.values.cast(pa.float64(), safe=False)
            return np.asarray(values.fill_null(default).to_numpy(zero_copy_only=False), np.float64)
        found = [default if value is MISSING else value for value in column.to_list()]
        for row, value in enumerate(found):
            if not isinstance(value, (int, float)):
                raise ValueError(f"row {row} has {_encode(value).decode()[:60]} for {name!r}, which is no number")
        return np.array(found, np.float64)

    def column(self, name: str) -> Column | None:
        """The values of one attribute over all rows, from its column and the rest; None: no row has it."""
        own = self.columns.get(name)
        extra = [(row, attributes[name]) for row, attributes in self.rest_rows() if name in attributes]
        if not extra:
            return own if own is not None and own.count else None
        assembler = Assembler(self.rows)
        if own is not None:
            assembler.base(AttributeTable(self.rows, {name: own}), np.arange(self.rows))
        for row, value in extra:
            assembler.put(row, {name: value})
        return assembler.columns()[name]


@dataclass(slots=True)
class _ColumnParts:
    """What is known of one name: values with the rows they go to; later parts win."""

    rows: list[NDArray[np.int64]] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    #: Values one by one, not yet a column.
    loose_rows: list[int] = field(default_factory=list)
    loose: list[Any] = field(default_factory=list)
    old: bool = False

    def flush(self) -> None:
        if self.loose:
            self.rows.append(np.array(self.loose_rows, np.int64))
            self.columns.append(encode_values(self.loose))
            self.loose_rows, self.loose = [], []


class Assembler:
    """Puts an attribute table together from an older one, whole columns and single rows."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self._names: dict[str, _ColumnParts] = {}

    def base(self, table: AttributeTable, source: NDArray[Any]) -> None:
        """Rows of an older table: row k comes from `table` row `source[k]`, none where that is negative."""
        rows = np.flatnonzero(source >= 0)
        taken = pa.array(source[rows])
        for name, column in table.columns.items():
            self.put_column(name, rows, column.take(taken), old=True)
        if table.rest is not None:
            target = np.full(table.rows, -1, np.int64)
            target[source[rows]] = rows
            for row, attributes in table.rest_rows(BYTES):
                if target[row] >= 0:
                    self.put(int(target[row]), attributes)

    def put(self, row: int, attributes: Mapping[str, Any]) -> None:
        """Attributes of one row, which must be JSON values."""
        for name, value in attributes.items():
            parts = self._names.get(name)
            if parts is None:
                parts = self._names[name] = _ColumnParts()
            parts.loose_rows.append(row)
            parts.loose.append(value)

    def put_column(self, name: str, rows: NDArray[Any], column: Column, *, old: bool = False) -> None:
        """Values of one name for `rows`; a missing value changes nothing."""
        if column.values.null_count:
            valid = np.flatnonzero(column.values.is_valid().to_numpy(zero_copy_only=False))
            rows, column = rows[valid], column.take(pa.array(valid))
        if not len(rows):
            return
        parts = self._names.setdefault(name, _ColumnParts())
        parts.flush()
        parts.rows.append(rows)
        parts.columns.append(column)
        parts.old |= old

    def columns(self) -> dict[str, Column]:
        """A full column for each name that any row has."""
        return {name: self._column(parts) for name, parts in self._names.items()}

    def _column(self, parts: _ColumnParts) -> Column:
        parts.flush()
        dense = concat(parts.columns)
        rows = parts.rows[0] if len(parts.rows) == 1 else np.concatenate(parts.rows)
        if len(rows) == self.rows and np.array_equal(rows, np.arange(self.rows)):
            return dense
        source = np.full(self.rows, -1, np.int64)
        source[rows] = np.arange(len(rows))  # of repeated rows the last one stays
        return dense.take(pa.array(source, mask=source < 0))

    def build(self) -> AttributeTable:
        """The table: columns for names that enough rows have, the rest as JSON objects."""
        sizes = {}
        for name, parts in self._names.items():
            parts.flush()
            size = sum(map(len, parts.columns))
            if size * FILL * (2 if parts.old else 1) >= self.rows:
                sizes[name] = size
        chosen = set(sorted(sizes, key=lambda name: -sizes[name])[:MAX_COLUMNS])
        columns: dict[str, Column] = {}
        rest: dict[int, dict[str, Any]] = {}
        for name, parts in self._names.items():
            if name in chosen:
                columns[name] = self._column(parts)
            else:
                for rows, column in zip(parts.rows, parts.columns, strict=True):
                    for row, value in zip(rows.tolist(), column.to_short_list(), strict=True):
                        rest.setdefault(row, {})[name] = value
        if not rest:
            return AttributeTable(self.rows, columns)
        assembler = Assembler(self.rows)
        texts = Column("json", pa.array([_encode(value).decode() for value in rest.values()], pa.string()))
        assembler.put_column("", np.array(list(rest), np.int64), texts)
        return AttributeTable(self.rows, columns, assembler.columns()[""])
