"""The one buffer: an Arrow IPC stream of one batch with one row, a list for every array.

Lists let arrays of different lengths share a schema, so any Arrow reader opens the buffer, and each
array lies in it contiguous and aligned, to be used in place. Counts and the hash seed are in the
schema's metadata, an attribute's name and kind in its field's. Nothing here checks the *contents*:
buffers come from this code through sealed memfds; bytes from elsewhere go through `snapshot`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, cast

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from . import memfd
from .columns import TYPES, AttributeTable, Column, Kind

VERSION = 1
_KEY = b"networkx_mcp"


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
    #: The graph's own attributes.
    attributes: dict[str, Any] = {}


class _Field(msgspec.Struct, frozen=True):
    """An attribute column; `name` None: the rest; `part` 1: the integer flags of kind `number`."""

    of: str
    name: str | None
    kind: str
    part: int = 0


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
        for of, table in (("node", self.nodes), ("edge", self.edges)):
            named: list[tuple[str | None, Column]] = list(table.columns.items())
            if table.rest is not None:
                named.append((None, table.rest))
            for number, (name_, column) in enumerate(named):
                put(f"{of}:{number}", column.values, _Field(of, name_, column.kind))
                if column.integral is not None:
                    put(f"{of}:{number}:integral", column.integral, _Field(of, name_, column.kind, 1))
        schema = pa.schema(fields, metadata={_KEY: msgspec.json.encode(self.header)})
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
    """The arrays of `buffer`, in place. ValueError when it is no such stream."""
    try:
        options = pa.ipc.IpcReadOptions(use_threads=False)
        reader = pa.ipc.open_stream(pa.py_buffer(buffer), options=options)
        metadata = reader.schema.metadata or {}
        if _KEY not in metadata:
            raise ValueError("an Arrow stream, but not of a graph")
        header = msgspec.json.decode(metadata[_KEY], type=Header)
        if header.version != VERSION:
            raise ValueError(f"a graph of format version {header.version}; this program reads {VERSION}")
        batch = reader.read_next_batch()
        if batch.num_rows != 1:
            raise ValueError("not one row")
        arrays: dict[str, NDArray[np.int32]] = {}
        ids: pa.Array | None = None
        tables: dict[str, dict[str | None, list[Any]]] = {"node": {}, "edge": {}}
        for position, entry in enumerate(reader.schema):
            values = batch.column(position).flatten()
            if entry.metadata and _KEY in entry.metadata:
                meta = msgspec.json.decode(entry.metadata[_KEY], type=_Field)
                tables[meta.of].setdefault(meta.name, [meta.kind, None, None])[1 + meta.part] = values
            elif entry.name == "ids":
                ids = values
            else:
                arrays[entry.name] = values.to_numpy(zero_copy_only=True)
    except (pa.ArrowException, msgspec.MsgspecError, KeyError, IndexError, StopIteration) as error:
        raise ValueError(f"not the buffer of a graph: {error}") from error
    if ids is None or ids.type != pa.binary():
        raise ValueError("not the buffer of a graph: no ids")
    return Buffer(header, ids, arrays, _table(tables["node"], header.n), _table(tables["edge"], header.m))


def _table(found: dict[str | None, list[Any]], rows: int) -> AttributeTable:
    columns: dict[str | None, Column] = {}
    for name, (kind, values, integral) in found.items():
        if kind not in TYPES or values is None or values.type != TYPES[cast(Kind, kind)] or len(values) != rows:
            raise ValueError(f"not the buffer of a graph: attribute {name!r} does not fit its kind")
        if (kind == "number") != (integral is not None and integral.type == pa.bool_() and len(integral) == rows):
            raise ValueError(f"not the buffer of a graph: attribute {name!r} lacks its flags")
        columns[name] = Column(cast(Kind, kind), values, integral)
    rest = columns.pop(None, None)
    return AttributeTable(rows, cast(dict[str, Column], columns), rest)
