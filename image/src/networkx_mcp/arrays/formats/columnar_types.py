"""Columns of Parquet and Arrow files as attributes and ids and back, with the notes that make the way exact."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal, TypeAlias, TypeVar, cast

import msgspec
import numpy as np
import pyarrow as pa

from networkx_mcp.arrays import functions as pc
from networkx_mcp.arrays.columns import EXACT, MISSING, TYPES, AttributeTable, Column, Kind
from networkx_mcp.arrays.formats.common import FormatError, Options, ParseLimits, Place
from networkx_mcp.arrays.formats.export_pages import id_column
from networkx_mcp.arrays.formats.table import Page, attribute_names, end_columns, node_rows_wanted, pages, spread
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.ids import INT64_MAX, INT64_MIN
from networkx_mcp.arrays.values import check_value
from networkx_mcp.errors import InvalidInput

#: Key of the notes in the metadata of schema and fields.
KEY: Final = b"networkx-mcp"
#: Lists and structs inside each other in a column.
_MAX_NESTED = 8

Where: TypeAlias = Callable[[int], Place]
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class SchemaNote(msgspec.Struct, omit_defaults=True):
    """What the table does not say by itself."""

    directed: bool | None = None
    attributes: dict[str, Any] = {}
    source: str | None = None
    target: str | None = None


class FieldNote(msgspec.Struct, omit_defaults=True):
    """How a column is to be read: `json` texts, `number`: floats whose whole numbers are integers."""

    kind: Literal["json", "number"] | None = None


_Note = TypeVar("_Note", SchemaNote, FieldNote)


def note(metadata: Mapping[bytes, bytes] | None, type_: type[_Note]) -> _Note:
    """The note in some metadata. Raises FormatError where it is broken."""
    if not metadata or KEY not in metadata:
        return type_()
    try:
        return msgspec.json.decode(metadata[KEY], type=type_)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise FormatError(f"the file's metadata `networkx-mcp` cannot be read: {error}") from None


class _Slices(msgspec.Struct):
    attributes: dict[str, msgspec.Raw] = {}


def check_note(metadata: Mapping[bytes, bytes] | None, limits: ParseLimits) -> None:
    """Raises LimitExceeded for an attribute of the graph that is too long, before it is made."""
    data = (metadata or {}).get(KEY, b"")
    if limits.value is None or len(data) <= limits.value:
        return
    try:
        found = msgspec.json.decode(data, type=_Slices)
    except (msgspec.MsgspecError, RecursionError):
        return  # `note` says what is wrong
    for name, raw in found.attributes.items():
        limits.check_text(memoryview(raw).nbytes, None, _named(name))


# -- reading


def decoded_bytes(column: pa.Array, name: str) -> int:
    """Bytes of a column once its dictionary is resolved and what its rows share is told apart. Raises FormatError for
    types that are no JSON."""
    if column.type == pa.uuid():
        return 36 * len(column)
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    type_ = column.type
    if pa.types.is_map(type_) and is_text(type_.key_type) and _is_item(type_.item_type, 1):
        return int(column.nbytes) + _viewed(column.keys) + _viewed(column.items)
    if pa.types.is_dictionary(type_):
        if not _is_plain(type_.value_type):
            raise _no_type(name, type_)
        if pa.types.is_primitive(type_.value_type) or not len(column):
            return 8 * len(column)
        lengths = pc.fill_null(_lengths(column.dictionary), 0)
        taken = lengths.take(column.indices)
        return 8 * len(column) + int(pc.sum(taken, min_count=0).as_py())
    if not _is_plain(type_) and not _is_nested(type_, 0):
        raise _no_type(name, type_)
    return int(column.nbytes) + _viewed(column)


def _lengths(texts: pa.Array) -> pa.Array:
    """Bytes of each text. Arrow counts no views: their lengths stand in the first four bytes of each."""
    if not pa.types.is_string_view(texts.type):
        return pc.binary_length(texts)
    views = np.frombuffer(texts.buffers()[1], np.int32).reshape(-1, 4)[texts.offset : texts.offset + len(texts), 0]
    return pa.array(views, mask=np.asarray(texts.is_null().to_numpy(zero_copy_only=False)))


def _viewed(column: pa.Array) -> int:
    """Bytes of the texts in a column that are views, as they are without sharing."""
    type_ = column.type
    if pa.types.is_string_view(type_):
        return int(pc.sum(_lengths(column).cast(pa.int64()), min_count=0).as_py())
    if pa.types.is_list(type_) or pa.types.is_large_list(type_) or pa.types.is_fixed_size_list(type_):
        return _viewed(column.flatten())
    if pa.types.is_struct(type_):
        return sum(map(_viewed, column.flatten()))
    return 0


def _is_plain(type_: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_null(type_)
        or types.is_boolean(type_)
        or types.is_integer(type_)
        or types.is_floating(type_)
        or is_text(type_)
        or types.is_temporal(type_)
        or types.is_decimal(type_)
    )


def _is_nested(type_: pa.DataType, depth: int) -> bool:
    """Lists and structs of what JSON has; nothing whose rows may share one value (dictionaries, views of lists)."""
    types = pa.types
    if depth > _MAX_NESTED:
        return False
    if types.is_list(type_) or types.is_large_list(type_) or types.is_fixed_size_list(type_):
        return _is_item(type_.value_type, depth + 1)
    if types.is_struct(type_):
        return all(_is_item(type_.field(k).type, depth + 1) for k in range(type_.num_fields))
    return False


def _is_item(type_: pa.DataType, depth: int) -> bool:
    types = pa.types
    simple = types.is_boolean(type_) or types.is_integer(type_) or types.is_floating(type_) or types.is_decimal(type_)
    dated = types.is_date(type_) or types.is_time(type_) or (types.is_timestamp(type_) and type_.tz is None)
    return bool(simple or dated or types.is_null(type_) or is_text(type_)) or _is_nested(type_, depth)


def is_text(type_: pa.DataType) -> bool:
    """Whether a column is text."""
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_))


def _no_type(name: str, type_: pa.DataType) -> FormatError:
    return FormatError(
        f"column {name[:60]!r} is of type {str(type_)[:60]}, which is no JSON value: make it text, numbers, true/false, "
        "lists or structs, or remove it"
    )


def decode_ids(column: pa.Array | Column, about: FieldNote, name: str, place: Where) -> pa.Array | list[Any]:
    """Ids of a column, null where there is none; a list where the column holds JSON texts of both types."""
    if isinstance(column, Column):
        raise FormatError(f"column {name[:60]!r} holds integers beyond 64 bits: make them text")
    type_ = column.type
    if pa.types.is_dictionary(type_):
        small = len(column.dictionary) <= len(column) and not column.dictionary.null_count
        if not small or about.kind == "json":
            column = column.dictionary_decode()
        type_ = type_.value_type
    if about.kind == "json" and is_text(type_):
        found = []
        for row, text in enumerate(column.to_pylist()):
            value = None if text is None else _json(text, name, row, place)
            if isinstance(value, bool) or not isinstance(value, str | int | None):
                raise FormatError(f"column {name!r} holds {text[:60]!r}, which is no text or integer", place(row))
            found.append(value)
        return found
    if pa.types.is_floating(type_):
        return _whole_ids(column, name, place)
    if not (is_text(type_) or pa.types.is_integer(type_) or pa.types.is_null(type_)):
        raise FormatError(f"column {name[:60]!r} is of type {str(type_)[:60]}: ids are text or integers")
    return column


def _whole_ids(column: pa.Array, name: str, place: Where) -> pa.Array:
    """Integers that stand as floats, as pandas writes those beside missing ones and DuckDB its HUGEINT."""
    column = column.cast(pa.float64())
    column = pc.if_else(pc.fill_null(pc.is_nan(column), False), pa.scalar(None, pa.float64()), column)
    odd = np.flatnonzero(~np.asarray(pc.fill_null(_integral(column), True).to_numpy(zero_copy_only=False)))
    if len(odd):
        value = column[int(odd[0])].as_py()
        raise FormatError(
            f"column {name[:60]!r} holds {value!r}: ids are text or integers (whole numbers up to 2**53 where they stand "
            "as floats)",
            place(int(odd[0])),
        )
    return column.cast(pa.int64())


def decode_column(
    column: pa.Array | Column, about: FieldNote, name: str, place: Where, limits: ParseLimits
) -> pa.Array | Column:
    """An attribute column as the builder takes it. Raises FormatError that names the row, LimitExceeded."""
    if isinstance(column, Column):
        return column
    type_ = column.type
    if _is_nested(type_, 0):
        _check_nested(column, name, place, limits)
    if pa.types.is_dictionary(type_):
        column, type_ = column.dictionary_decode(), type_.value_type
    if about.kind == "json" and is_text(type_):
        rows, values = [], []
        for row, text in enumerate(column.to_pylist()):
            if text is not None:
                limits.check_text(len(text), place(row), _named(name))
                rows.append(row)
                values.append(_json(text, name, row, place))
        return spread(rows, values, len(column))
    if about.kind == "number" and type_ == pa.float64() and pc.all(pc.is_finite(column)).as_py() is not False:
        return Column("number", column, pc.fill_null(_integral(column), False))
    if pa.types.is_timestamp(type_) and type_.tz is not None:
        # By name zones would need a database of them.
        utc = column.cast(pa.timestamp(type_.unit)).cast(pa.string())
        return pc.binary_join_element_wise(utc, "Z", "")
    return column


def _check_nested(column: pa.Array, name: str, place: Where, limits: ParseLimits) -> None:
    """Refuse lists and structs that are too long before they are made into objects of Python."""
    if limits.value is None or column.nbytes <= 4 * limits.value:
        return
    for row in range(len(column)):
        # an integer of eight bytes may be two characters, an item and its comma; all else has more for each byte
        limits.check_text(column.slice(row, 1).nbytes // 4, place(row), _named(name))


def _named(name: str) -> str:
    return f"the value of attribute {name[:60]!r}"


def _integral(values: pa.Array) -> pa.Array:
    """Which floats stand for integers in a column of kind number."""
    whole = pc.equal(values, pc.floor(values))
    return pc.and_(whole, pc.less_equal(pc.abs(values), float(EXACT)))


def _json(text: str, name: str, row: int, place: Where) -> Any:
    try:
        value = _decode(text)
        check_value(value, name)
    except InvalidInput as error:
        raise FormatError(error.message.rstrip("."), place(row)) from None
    except (msgspec.DecodeError, RecursionError):
        raise FormatError(f"column {name[:60]!r} holds {text[:60]!r}, which is not JSON", place(row)) from None
    return value


# -- writing


def tabulate(
    graph: FrozenGraph, options: Options, page: int, format_: str
) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """Schema and batches of a graph as a table. Raises InvalidInput for options and names that do not fit."""
    source, target = end_columns(options)
    nodes = node_rows_wanted(graph, options, default="all")
    options.finish()
    names = attribute_names(graph, (source, target), format_)
    facts: dict[str, set[str]] = {name: set() for name in names}
    for table in (graph.node_table, graph.edge_table):
        _facts(table, facts)
    kinds: dict[str, Kind] = {name: _kind(found) for name, found in facts.items()}
    ids = id_column(graph)
    mixed = ids is None
    if ids is None:
        ids = pa.array([_encode(node).decode() for node in graph.iter_ids()], pa.string())
    # Parquet makes dictionaries of its own, and would write all of a given one with each group of rows.
    shared = format_ == "arrow" and pa.types.is_string(ids.type)
    ends = pa.dictionary(pa.int32(), pa.string()) if shared else ids.type
    id_note = _metadata(FieldNote("json")) if mixed else None
    fields = [pa.field(name, ends, metadata=id_note) for name in (source, target)]
    for name, kind in kinds.items():
        about = _metadata(FieldNote(kind)) if kind in ("json", "number") else None
        fields.append(pa.field(name, TYPES[kind], metadata=about))
    of_graph = SchemaNote(graph.directed, graph.graph_attributes, source, target)
    schema = pa.schema(fields, metadata=_metadata(of_graph))
    return schema, (_batch(part, ids, kinds, schema) for part in pages(graph, nodes, page))


def _metadata(about: SchemaNote | FieldNote) -> dict[bytes, bytes]:
    return {KEY: _encode(about)}


def _facts(table: AttributeTable, facts: dict[str, set[str]]) -> None:
    """Add for each name which values occur: kinds, `whole` (floats that look like integers), `big` (integers)."""
    for name, column in table.columns.items():
        if not column.count:
            continue
        found = facts[name]
        if column.kind == "float":
            found |= {"float"} | ({"whole"} if pc.any(_integral(column.values)).as_py() else set())
        elif column.kind == "int":
            known = column.values.drop_null().to_numpy()
            found |= {"int"} | ({"big"} if len(known) and (known.max() > EXACT or known.min() < -EXACT) else set())
        elif column.kind == "number":
            other = pc.not_equal(_integral(column.values), column.integral)
            found |= {"int", "float"} | ({"whole"} if pc.any(other).as_py() else set())
        else:
            found.add(column.kind)
    for _, attributes in table.rest_rows():
        for name, value in attributes.items():
            facts[name] |= _fact(value)


def _fact(value: Any) -> set[str]:
    kind = type(value)
    if kind is float:
        return {"float", "whole"} if value.is_integer() and abs(value) <= EXACT else {"float"}
    if kind is int and INT64_MIN <= value <= INT64_MAX:
        return {"int"} if -EXACT <= value <= EXACT else {"int", "big"}
    return {"bool"} if kind is bool else {"string"} if kind is str else {"json"}


def _kind(found: set[str]) -> Kind:
    kinds = found - {"whole", "big"}
    if kinds == {"int", "float"}:
        return "number" if kinds == found else "json"
    if len(kinds) == 1:
        return cast(Kind, next(iter(kinds)))
    return "json"


def _batch(page: Page, ids: pa.Array, kinds: dict[str, Kind], schema: pa.Schema) -> pa.RecordBatch:
    count = len(page.sources)
    rows = [pa.array(page.sources), pa.nulls(count, pa.int32()) if page.targets is None else pa.array(page.targets)]
    if pa.types.is_dictionary(schema.field(0).type):
        columns = [pa.DictionaryArray.from_arrays(part, ids) for part in rows]
    else:
        columns = [ids.take(part) for part in rows]
    for name, kind in kinds.items():
        column = page.columns.get(name)
        columns.append(pa.nulls(count, TYPES[kind]) if column is None else _as(column, kind))
    return pa.record_batch(columns, schema=schema)


def _as(column: Column, kind: Kind) -> pa.Array:
    """Values in a kind that holds them exactly."""
    if column.kind == kind:
        return column.values
    if kind == "number" or not column.count:
        return column.values.cast(TYPES[kind])
    values = column.to_list()
    if kind == "json":
        return pa.array([None if value is MISSING else _encode(value).decode() for value in values], pa.string())
    return pa.array([None if value is MISSING else value for value in values], TYPES[kind])
