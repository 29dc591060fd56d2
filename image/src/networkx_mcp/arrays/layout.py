"""The one buffer: an Arrow IPC stream of one batch with one row, a list for every array.

Lists let arrays of different lengths share a schema, so any Arrow reader opens the buffer, and each
array lies in it contiguous and aligned, to be used in place. Counts and the hash seed are in the
schema's metadata, an attribute's name and kind in its field's. `read` is for buffers that this code wrote,
sealed in memfds: what it finds is where it should be, and no more is checked. `read_foreign` is for bytes
of others: types and messages first, then all that Arrow can validate, and only then are arrays taken out.
What the arrays say is for `soundness` to check.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final, Literal, cast

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from networkx_mcp.arrays import arrow_messages, memfd
from networkx_mcp.arrays.columns import TYPES, AttributeTable, Column, Kind
from networkx_mcp.arrays.deferred import plain

VERSION = 1
_encode = msgspec.json.Encoder(enc_hook=plain).encode
_KEY = b"networkx_mcp"
#: Names of arrays that a buffer can have beside ids and attributes.
ARRAYS: Final = frozenset(
    {"index", "src", "dst", "out_indptr", "out_indices", "out_rows", "in_indptr", "in_indices", "in_rows"}
)
#: What reading bytes of others raises; pyarrow raises OSError for messages, UnicodeDecodeError for names.
_BROKEN = (pa.ArrowException, OSError, msgspec.MsgspecError, RecursionError, UnicodeError, OverflowError, KeyError)


class Header(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a graph without looking at its arrays."""

    version: int = VERSION
    directed: bool
    n: int
    m: int
    #: Seed of the hash index.
    seed: int = 0
    #: Self-loops among the edges.
    loops: int = 0
    #: The graph's own attributes: read, slices of JSON; to be written, values or such slices.
    attributes: dict[str, msgspec.Raw] = {}


class _Field(msgspec.Struct, frozen=True):
    """An attribute column; `name` None: the rest; `part` 1: the integer flags of kind `number`."""

    of: Literal["node", "edge"]
    name: str | None
    kind: Kind
    part: Literal[0, 1] = 0

    @property
    def type(self) -> pa.DataType:
        """Type of the values."""
        return pa.bool_() if self.part else TYPES[self.kind]


class Buffer:
    """Arrays by name, attribute tables and header, as they stand in a buffer or are to be written."""

    __slots__ = ("arrays", "edges", "header", "ids", "nodes")

    def __init__(
        self,
        header: Header,
        ids: pa.Array,
        arrays: Mapping[str, NDArray[np.int32]],
        nodes: AttributeTable,
        edges: AttributeTable,
    ) -> None:
        self.header = header
        #: Encoded node ids, Arrow binary.
        self.ids = ids
        self.arrays = dict(arrays)
        self.nodes = nodes
        self.edges = edges

    def write(self, sink: Any) -> None:
        """Write the stream to `sink` (a pyarrow output)."""
        fields: list[pa.Field] = []
        columns: list[pa.Array] = []

        def put(name: str, values: pa.Array, meta: _Field | None = None) -> None:
            array = pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)
            fields.append(pa.field(name, array.type, metadata=meta and {_KEY: msgspec.json.encode(meta)}))
            columns.append(array)

        put("ids", self.ids)
        for name, values in self.arrays.items():
            put(name, pa.array(values))
        both: tuple[tuple[Literal["node", "edge"], AttributeTable], ...] = (("node", self.nodes), ("edge", self.edges))
        for of, table in both:
            named: list[tuple[str | None, Column]] = list(table.columns.items())
            if table.rest is not None:
                named.append((None, table.rest))
            for number, (name_, column) in enumerate(named):
                put(f"{of}:{number}", column.values, _Field(of, name_, column.kind))
                if column.integral is not None:
                    put(f"{of}:{number}:integral", column.integral, _Field(of, name_, column.kind, 1))
        schema = pa.schema(fields, metadata={_KEY: _encode(self.header)})
        options = pa.ipc.IpcWriteOptions(use_threads=False)
        with pa.ipc.new_stream(sink, schema, options=options) as writer:
            writer.write_batch(pa.record_batch(columns, schema=schema))

    def to_memfd(self, name: str = "graph") -> int:
        """The buffer in a new sealed memfd; the caller owns the descriptor."""
        fd = memfd.open_unsealed(name)
        try:
            with os.fdopen(fd, "wb", buffering=0, closefd=False) as file:
                self.write(pa.PythonFile(file, mode="w"))
            memfd.seal(fd)
        except BaseException:
            os.close(fd)
            raise
        return fd


def read(buffer: Any) -> Buffer:
    """The arrays of a buffer that `Buffer.write` wrote, in place; O(columns). ValueError when it is no such stream."""
    try:
        reader = _open(buffer)
        header, notes = _metadata(reader.schema)
        return _buffer(header, notes, _row(reader))
    except (*_BROKEN, StopIteration) as error:
        raise ValueError(f"not the buffer of a graph: {_reason(error)}") from error


def read_foreign(raw: pa.Buffer) -> Buffer:
    """The same for bytes that anybody may have made, validated in full. ValueError for anything else."""
    try:
        _check_messages(raw)
        reader = _open(raw)
        header, notes = _metadata(reader.schema)
        batch = _row(reader)
        batch.validate(full=True)
        return _buffer(header, notes, batch)
    except MemoryError:
        raise ValueError("not the buffer of a graph: it asks for more memory than there is") from None
    except (*_BROKEN, StopIteration) as error:
        raise ValueError(f"not the buffer of a graph: {_reason(error)}") from error


def _reason(error: BaseException) -> str:
    return str(error).partition("\n")[0][:200] or type(error).__name__


def _check_messages(raw: Any) -> None:
    """One schema and one batch and nothing else, whose buffers are aligned, not compressed, and each one's own."""
    found = list(islice(arrow_messages.messages(raw), 3))
    if [message.kind for message in found] != [arrow_messages.SCHEMA, arrow_messages.RECORDS]:
        raise ValueError("not the buffer of a graph: other messages than a schema and a batch")
    batch = found[1]
    if batch.compressed:
        raise ValueError("not the buffer of a graph: compressed inside")
    end = 0
    for offset, length in sorted(one for one in batch.buffers if one[1]):
        if offset < end or offset % 8:
            raise ValueError("not the buffer of a graph: buffers overlap")
        end = offset + length


def _open(buffer: Any) -> pa.RecordBatchReader:
    return pa.ipc.open_stream(pa.py_buffer(buffer), options=pa.ipc.IpcReadOptions(use_threads=False))


def _row(reader: pa.RecordBatchReader) -> pa.RecordBatch:
    batch = reader.read_next_batch()
    if batch.num_rows != 1:
        raise ValueError("not the buffer of a graph: not one row")
    return batch


def _metadata(schema: pa.Schema) -> tuple[Header, list[_Field | str]]:
    """Header, and for each field the note of an attribute or the name of an array; all types are the right ones."""
    metadata = schema.metadata or {}
    if _KEY not in metadata:
        raise ValueError("an Arrow stream, but not of a graph")
    header = msgspec.json.decode(metadata[_KEY], type=Header)
    if header.version != VERSION:
        raise ValueError(f"a graph of format version {header.version}; this program reads {VERSION}")
    notes: list[_Field | str] = []
    for entry in schema:
        note: _Field | str = entry.name
        type_ = pa.binary() if entry.name == "ids" else pa.int32() if entry.name in ARRAYS else None
        if entry.metadata and _KEY in entry.metadata:
            note = msgspec.json.decode(entry.metadata[_KEY], type=_Field)
            type_ = note.type
        if type_ is None or entry.type != pa.list_(type_):
            raise ValueError(f"not the buffer of a graph: field {entry.name[:60]!r} is {str(entry.type)[:60]}")
        notes.append(note)
    if len(set(notes)) != len(notes):
        raise ValueError("not the buffer of a graph: a field stands twice")
    return header, notes


def _buffer(header: Header, notes: list[_Field | str], batch: pa.RecordBatch) -> Buffer:
    arrays: dict[str, NDArray[np.int32]] = {}
    ids: pa.Array | None = None
    tables: dict[str, dict[str | None, list[Any]]] = {"node": {}, "edge": {}}
    for note, column in zip(notes, batch.columns, strict=True):
        if column.null_count or column.offset:
            raise ValueError("not the buffer of a graph: an array is missing")
        values = column.flatten()
        if values.offset or len(values) != len(column.values):
            raise ValueError("not the buffer of a graph: an array is cut")
        if isinstance(note, _Field):
            tables[note.of].setdefault(note.name, [note.kind, None, None])[1 + note.part] = values
        elif note == "ids":
            ids = values
        else:
            arrays[note] = values.to_numpy(zero_copy_only=True)
    if ids is None:
        raise ValueError("not the buffer of a graph: no ids")
    return Buffer(header, ids, arrays, _table(tables["node"], header.n), _table(tables["edge"], header.m))


def _table(found: dict[str | None, list[Any]], rows: int) -> AttributeTable:
    columns: dict[str | None, Column] = {}
    for name, (kind, values, integral) in found.items():
        if values is None or len(values) != rows or (integral is not None and len(integral) != rows):
            raise ValueError(f"not the buffer of a graph: attribute {_shown(name)} has another number of rows")
        if (kind == "number") != (integral is not None) or (name is None and kind != "json"):
            raise ValueError(f"not the buffer of a graph: attribute {_shown(name)} does not fit its kind")
        columns[name] = Column(cast(Kind, kind), values, integral)
    rest = columns.pop(None, None)
    return AttributeTable(rows, cast(dict[str, Column], columns), rest)


def _shown(name: str | None) -> str:
    return "rest" if name is None else repr(name[:60])
