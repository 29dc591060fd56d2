"""Parquet and Arrow: one table, columns `source` and `target` and a typed column for each attribute.

A row with a null target is a node by itself, its other columns are attributes of that node; null is a missing
value. Ids are text or integers as the two columns are; whole floats and decimals are integers. Options when reading: `source`, `target` (default: as
the file's metadata says, else `source` and `target`, else `from` and `to`). Other programs' columns are read as
JSON: dates become text, durations seconds, decimals numbers, nested values lists and objects.

Written with metadata `networkx-mcp` (JSON), so that everything comes back exactly: of the schema `directed` and the
`attributes` of the graph; of a field its `kind`: `json` is JSON text (ids of both types in one graph, null, lists,
objects, values of several types), `number` a float column whose whole numbers are integers. Options when
writing: `source`, `target`, `nodes` (`all`, the default; `auto`, `none`). Text ids are a dictionary in Arrow files.

Arrow files and streams are understood; files are written. Sizes that a file declares are checked before
anything is inflated, and what is decoded is bounded.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import IO, Any, Final

import pyarrow as pa

from networkx_mcp.arrays import arrow_messages
from networkx_mcp.arrays.columns import Column
from networkx_mcp.arrays.formats.columnar_plain import plain
from networkx_mcp.arrays.formats.columnar_types import (
    FieldNote,
    SchemaNote,
    check_note,
    decode_column,
    decode_ids,
    decoded_bytes,
    note,
    tabulate,
)
from networkx_mcp.arrays.formats.common import FormatError, Options, ParseLimits, Place
from networkx_mcp.arrays.formats.record import SURE, FileHead, Format, Part
from networkx_mcp.arrays.formats.sink import Sink
from networkx_mcp.arrays.formats.table import ENDS, NODE_ROWS_OF_TABLES, SHAPES, TableShape, emit
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import LimitExceeded

#: Decoded bytes for each byte that a file may have.
INFLATE: Final = 16
#: Rows that are decoded at once.
_ROWS = 1 << 16
#: The same of text that may be longer than its bytes in the file.
_FEW_ROWS = 1 << 10
#: Rows of a written batch.
_PAGE = 1 << 18


# -- reading


def parse_parquet(file: IO[bytes], options: Options, sink: Sink) -> None:
    """See the module."""
    from pyarrow import parquet

    reader = _opened(options, sink, "parquet")
    data = pa.py_buffer(file.read())
    try:
        with parquet.ParquetFile(data, arrow_extensions_enabled=True) as probe:
            meta = probe.metadata
            reader.check_rows(meta.num_rows)
            reader.check_bytes(sum(meta.row_group(k).total_byte_size for k in range(meta.num_row_groups)))
            schema = probe.schema_arrow
            plain_texts, shared = _delta_encoded(probe)
        reader.begin(schema)
        # Text as dictionaries: what repeats stays small until it is known how large it would be.
        texts = [field.name for field in schema if _is_text(field.type) and field.name not in plain_texts]
        how = {"read_dictionary": texts, "memory_map": False, "pre_buffer": False, "arrow_extensions_enabled": True}
        with parquet.ParquetFile(data, **how) as table:
            for batch in table.iter_batches(batch_size=_FEW_ROWS if shared else _ROWS, use_threads=False):
                batch.validate(full=True)  # the reader takes text for UTF-8 that says so
                reader.take(batch)
        reader.finish()
    except (pa.ArrowException, OSError, UnicodeDecodeError, OverflowError, ValueError) as error:
        raise _broken("Parquet", error) from None


def parse_arrow(file: IO[bytes], options: Options, sink: Sink) -> None:
    """See the module."""
    reader = _opened(options, sink, "arrow")
    data = file.read()
    try:
        file_ = arrow_messages.is_file(data)
        for message in arrow_messages.of_file(data) if file_ else arrow_messages.messages(data):
            # the rows of a dictionary are no rows of the table
            reader.check_rows(message.rows if message.kind == arrow_messages.RECORDS else 0)
            reader.check_bytes(message.inflated)
        options_ = pa.ipc.IpcReadOptions(use_threads=False)
        with (pa.ipc.open_file if file_ else pa.ipc.open_stream)(pa.py_buffer(data), options=options_) as source:
            reader.begin(source.schema)
            for batch in map(source.get_batch, range(source.num_record_batches)) if file_ else source:
                batch.validate(full=True)
                reader.take(batch)
        reader.finish()
    except (pa.ArrowException, OSError, UnicodeDecodeError, OverflowError, ValueError) as error:
        raise _broken("Arrow", error) from None


def _delta_encoded(file: Any) -> tuple[frozenset[str], bool]:
    """The columns whose text Arrow cannot read as dictionaries, as DuckDB writes it for version 2 of Parquet; and whether
    some text shares its beginning with the text before it."""
    found, shared = set(), False
    meta = file.metadata
    for group in range(meta.num_row_groups):
        # What is told of a column is not checked before it is handed out, and pyarrow 26 aborts where it contradicts itself
        # (a histogram of the wrong length): reading a row checks it, and raises.
        next(file.iter_batches(batch_size=1, row_groups=[group], use_threads=False), None)
        for number in range(meta.num_columns):
            column = meta.row_group(group).column(number)
            delta = {"DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"} & set(column.encodings)
            if delta:
                found.add(column.path_in_schema)
                shared |= "DELTA_BYTE_ARRAY" in delta
    return frozenset(found), shared


def _broken(name: str, error: Exception) -> Exception:
    if isinstance(error, MemoryError):
        return LimitExceeded(f"the {name} file says that it holds more than fits in memory", limit="upload")
    text = str(error).partition("\n")[0][:300]
    if "more than 64 bits" in text:
        text = "it has a column of 128-bit integers: cast it to 64 bits, decimals or text"
    return FormatError(f"the {name} file cannot be read: {text or type(error).__name__}")


def _is_text(type_: pa.DataType) -> bool:
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_))


class _TableReader:
    """Takes the batches of one file; knows which columns they have and how much came."""

    def __init__(self, shape: TableShape, sink: Sink, row: str = "row", *, untyped: bool = False) -> None:
        """`row`: what its errors call a row. `untyped`: ids are text where the sink says so."""
        self._shape = shape
        self._row = row
        self._as_text = untyped and sink.ids == "string"
        self._sink = sink
        self._limits: ParseLimits = sink.limits
        self._rows = 0
        self._came = 0
        self._size = 0
        self._notes: dict[str, FieldNote] = {}
        self._ends: tuple[str, str | None] = ("", None)

    def check_rows(self, rows: int) -> None:
        """Raises LimitExceeded for more rows than a graph within the limits can have; `rows` are declared ones."""
        self._rows += rows
        # Repeats may be allowed; even then a row takes a byte.
        most = self._limits.bytes if self._sink.repeats_allowed else self._limits.nodes + self._limits.edges
        if self._rows > most:
            raise LimitExceeded(
                f"the file has {self._rows} rows; a graph has at most {self._limits.nodes} nodes (limits.graph_nodes) and "
                f"{self._limits.edges} edges (limits.graph_edges)",
                limit="graph_edges",
                setting="limits.graph_edges",
                maximum=self._limits.edges,
                actual=self._rows,
            )

    def check_bytes(self, size: int) -> None:
        """Raises LimitExceeded where the file inflates to too much; `size` are further bytes."""
        self._size += max(0, size)
        most = INFLATE * self._limits.bytes
        if self._size > most:
            raise LimitExceeded(
                f"the file inflates to {self._size} bytes; at most {most} are allowed ({INFLATE} x limits.upload_mb)",
                limit="upload",
                setting="limits.upload_mb",
                maximum=most,
                actual=self._size,
            )

    def begin(self, schema: pa.Schema) -> None:
        """Choose the columns and read the metadata. Raises FormatError."""
        check_note(schema.metadata, self._limits)
        of_table = note(schema.metadata, SchemaNote)
        if of_table.directed is not None:
            self._sink.set_directed(of_table.directed)
        self._sink.builder.graph_attributes = of_table.attributes
        shape = self._shape
        if shape.part != "nodes":
            shape = replace(shape, source=shape.source or of_table.source, target=shape.target or of_table.target)
        found = shape.choose(schema.names)
        found.tell(self._sink.reading)
        self._ends = found
        self._notes = {field.name: note(field.metadata, FieldNote) for field in schema}
        # From here on what is really there counts, not what was declared.
        self._size = 0

    def take(self, batch: pa.RecordBatch) -> None:
        """Hand the rows of a batch over. Raises FormatError that names the row, LimitExceeded."""
        for start in range(0, batch.num_rows, _ROWS):
            part = batch.slice(start, _ROWS)
            columns = dict(zip(part.schema.names, part.columns, strict=True))
            for name, column in columns.items():
                self.check_bytes(decoded_bytes(column, name))
                columns[name] = plain(column, name, self._sink.reading)
            base = self._came

            def place(row: int, base: int = base) -> Place:
                return f"{self._row} {base + row + 1}"

            source, target = (
                pa.nulls(part.num_rows)
                if name is None
                else decode_ids(columns.pop(name), self._notes[name], name, place)
                for name in self._ends
            )
            if self._as_text:
                source, target = (
                    ids.cast(pa.string()) if isinstance(ids, pa.Array) and _is_number(ids) else ids
                    for ids in (source, target)
                )
            if isinstance(source, list) or isinstance(target, list):
                source, target = (ids if isinstance(ids, list) else ids.to_pylist() for ids in (source, target))
            elif target.null_count < len(target) and _is_number(source) != _is_number(target):
                raise FormatError(
                    f"column {self._ends[0]!r} is {source.type}, column {self._ends[1]!r} is {target.type}: give both "
                    "one type"
                )
            found = {
                name: decode_column(column, self._notes[name], name, place, self._limits)
                for name, column in columns.items()
            }
            emit(self._sink, self._shape, source, target, found, place)
            self._came += part.num_rows

    def finish(self) -> None:
        """Everything came."""


class _ShapedReader(_TableReader):
    """Gathers a file's table, and hands over what is made of it."""

    def begin(self, schema: pa.Schema) -> None:
        check_note(schema.metadata, self._limits)
        self._schema = schema
        self._parts: list[pa.Table] = []
        self._size = 0

    def take(self, batch: pa.RecordBatch) -> None:
        columns = []
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            self.check_bytes(decoded_bytes(column, name))
            made = plain(column, name, self._sink.reading)
            columns.append(made.values if isinstance(made, Column) else made)
        self._parts.append(pa.Table.from_arrays(columns, batch.schema.names))

    def finish(self) -> None:
        table = pa.concat_tables(self._parts) if self._parts else self._schema.empty_table()
        emit_shaped(table, self._shape, self._sink)


def _opened(options: Options, sink: Sink, format_: str) -> _TableReader:
    shape = TableShape.take(options)
    options.finish()
    sink.typed_ids(format_)
    return (_TableReader if sink.shape is None else _ShapedReader)(shape, sink)


def emit_shaped(table: pa.Table, shape: TableShape, sink: Sink, *, untyped: bool = False) -> None:
    """Hand over what the sink's shape makes of the table of a file. `untyped`: see `_TableReader`."""
    assert sink.shape is not None
    _check_names(table.column_names)
    reader = _TableReader(shape, sink, "row of the result", untyped=untyped)
    with sink.shape(table) as (schema, batches):
        reader.begin(schema.remove_metadata())
        for batch in batches:
            reader.check_rows(batch.num_rows)
            reader.take(batch)
    sink.reading.selected_rows, sink.reading.rows = sink.reading.rows or 0, len(table)


def _check_names(names: list[str]) -> None:
    """SQL folds case. Raises FormatError for columns that it cannot tell apart."""
    seen: dict[str, str] = {}
    for name in names:
        if (other := seen.setdefault(name.casefold(), name)) is not name:
            raise FormatError(f"two columns are named {other!r} and {name!r}, which SQL takes for one: rename one")


def _is_number(ids: pa.Array) -> bool:
    type_ = ids.type.value_type if pa.types.is_dictionary(ids.type) else ids.type
    return bool(pa.types.is_integer(type_))


# -- writing


def write_parquet(state: GraphState, options: Options) -> Iterator[bytes]:
    """See the module."""
    from pyarrow import parquet

    schema, batches = tabulate(state.freeze(), options, _PAGE, "parquet")
    sink = _Gather()
    writer = parquet.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd")
    return _written(sink, writer, batches)


def write_arrow(state: GraphState, options: Options) -> Iterator[bytes]:
    """See the module."""
    schema, batches = tabulate(state.freeze(), options, _PAGE, "arrow")
    sink = _Gather()
    packing = pa.ipc.IpcWriteOptions(compression="zstd", use_threads=False)
    return _written(sink, pa.ipc.new_file(pa.PythonFile(sink, mode="w"), schema, options=packing), batches)


def _written(sink: _Gather, writer: Any, batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    for batch in batches:
        writer.write_batch(batch)
        yield from sink.gathered()
    writer.close()
    yield from sink.gathered()


class _Gather(io.RawIOBase):
    """A file to write to; what was written is taken out again as it comes."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held.append(bytes(data))
        self._at += len(self._held[-1])
        return len(self._held[-1])

    def tell(self) -> int:
        return self._at

    def gathered(self) -> list[bytes]:
        """What came since the last call."""
        held, self._held = self._held, []
        return held


def _is_parquet(head: FileHead) -> int:
    return SURE if head.data.startswith(b"PAR1") else 0


def _is_arrow(head: FileHead) -> int:
    # A stream begins with the mark of a message and the size of the schema.
    stream = head.data[:4] == b"\xff\xff\xff\xff" and 0 < int.from_bytes(head.data[4:8], "little") < 1 << 24
    return SURE if stream or head.data.startswith(b"ARROW1") else 0


_KEEPS: Final[frozenset[Part]] = frozenset(
    {"direction", "ids", "nodes", "node attributes", "edge attributes", "graph attributes"}
)
FORMATS = (
    Format(
        name="parquet",
        title="Parquet",
        about="A table with typed columns, as pandas, polars, DuckDB and Spark write it.",
        extensions=("parquet", "pq"),
        content_types=("application/vnd.apache.parquet",),
        parse=parse_parquet,
        write=write_parquet,
        sniff=_is_parquet,
        text=False,
        keeps=_KEEPS,
        rank=7,
        tabular=True,
        options=(*ENDS, *SHAPES, NODE_ROWS_OF_TABLES),
    ),
    Format(
        name="arrow",
        title="Arrow",
        about="A table with typed columns as an Arrow IPC file or stream, as pyarrow, polars and pandas (Feather) write it.",
        extensions=("arrow", "feather", "arrows", "ipc"),
        content_types=("application/vnd.apache.arrow.file", "application/vnd.apache.arrow.stream"),
        parse=parse_arrow,
        write=write_arrow,
        sniff=_is_arrow,
        text=False,
        keeps=_KEEPS,
        rank=8,
        tabular=True,
        options=(*ENDS, *SHAPES, NODE_ROWS_OF_TABLES),
    ),
)
