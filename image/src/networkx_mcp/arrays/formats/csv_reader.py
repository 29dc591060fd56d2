"""CSV, read; what and how is said in `csv`."""

from __future__ import annotations

import csv
import io
import re
from typing import IO, TYPE_CHECKING, Final

import pyarrow as pa

from networkx_mcp.arrays import functions as pc
from networkx_mcp.arrays.formats.common import FormatError, Options, Place
from networkx_mcp.arrays.formats.csv_layout import CsvLayout, find_layout
from networkx_mcp.arrays.formats.csv_values import meant
from networkx_mcp.arrays.formats.encoding import refuse_encoding
from networkx_mcp.arrays.formats.record import HEAD_BYTES
from networkx_mcp.arrays.formats.rows import snap
from networkx_mcp.arrays.formats.sink import Sink
from networkx_mcp.arrays.formats.table import Columns, TableShape, emit
from networkx_mcp.arrays.formats.text import text_ids

if TYPE_CHECKING:
    from _csv import Reader

#: Bytes that pyarrow parses at once: no row may be longer.
_BLOCK = 8 * 1024 * 1024
_ROW: Final = re.compile(r"CSV parse error: Row #(\d+): Expected (\d+) columns, got (\d+)")
_TEMPORAL: Final = (pa.types.is_date, pa.types.is_time, pa.types.is_timestamp)
_PADDED: Final = re.compile(rb"[^0-9A-Za-z_.:-]0[0-9]|^0[0-9]")
#: What pandas calls the column of row numbers when it reads it back.
_UNNAMED: Final = re.compile(r"Unnamed: \d+")


def parse(file: IO[bytes], options: Options, sink: Sink) -> None:
    """See `csv`."""
    shape = TableShape.take(options)
    has_header = options.flag("header", default=True)
    decimal = options.text("decimal", ".", (".", ",")) or "."
    delimiter = options.separator()
    options.finish()
    data = file.read()
    snap(data[:80].decode("utf-8-sig", "replace"), sink)
    text = _Text(data, delimiter, has_header=has_header is not False, decimal=decimal)
    del data
    names = text.names
    if sink.shape is not None:
        from networkx_mcp.arrays.formats.columnar import emit_shaped

        emit_shaped(_typed(text, decimal, sink), shape, sink, untyped=True)
        return
    source, target = _ends(text, shape, sink)
    if "" in names[1:]:
        text.read_nameless()
    table = text.read(dict.fromkeys([source] if target is None else [source, target], pa.string()))
    texts = [field.name for field in table.schema if _is_text(table[field.name])]
    if texts:
        again = text.read(dict.fromkeys(texts, pa.string()), texts)
        for name in texts:
            table = table.set_column(table.schema.get_field_index(name), name, again[name])
        del again
    if text.padded:
        sink.reading.note("blanks around cells were left out, as the header has some")
        for number, field in enumerate(table.schema):
            if pa.types.is_string(field.type):
                table = table.set_column(number, field.name, pc.utf8_trim_whitespace(table[field.name]))
    if target is None:
        ends = pa.chunked_array([pa.nulls(len(chunk), pa.string()) for chunk in table[source].chunks], pa.string())
    else:
        ends = table[target]
    if not sink.repeats_allowed:
        sink.limits.check_edges(len(table) - ends.null_count)
    ids = text_ids(pa.chunked_array([*table[source].chunks, *ends.chunks], pa.string()), sink.ids, sink.reading)
    sources, targets = ids.slice(0, len(table)), ids.slice(len(table))
    columns = {name: table[name] for name in names if name not in (source, target)}
    for name, column in columns.items():
        if pa.types.is_string(column.type):
            columns[name] = meant(column, name, decimal, sink.reading)
    _tell_numbers(columns, text, sink)
    _without_row_numbers(columns, names[0], sink)
    if target is not None:
        _gephi(columns, source, ends, text, sink)
    del table, ids
    # In pieces of the parser's blocks: what is made along the way stays small.
    start = 0
    for chunk in sources.chunks:
        count = len(chunk)

        def place(row: int, start: int = start) -> Place:
            return text.line(start + row + 1)

        part = {name: column.slice(start, count).combine_chunks() for name, column in columns.items()}
        emit(sink, shape, chunk, targets.slice(start, count).combine_chunks(), part, place)
        start += count


def _typed(text: _Text, decimal: str, sink: Sink) -> pa.Table:
    """All columns in the types that their cells have, for SQL; numbers with zeros before them stay text."""
    if "" in text.names[1:]:
        text.read_nameless()
    table = text.read({})
    texts = [field.name for field in table.schema if _is_text(table[field.name])]
    if text.has_padded_numbers():
        whole = [field.name for field in table.schema if pa.types.is_integer(field.type)]
        cells = text.read(dict.fromkeys(whole, pa.string()), whole) if whole else table
        texts += [name for name in whole if pc.any(pc.match_substring_regex(cells[name], r"^\s*[+-]?0[0-9]")).as_py()]
    if texts:
        again = text.read(dict.fromkeys(texts, pa.string()), texts)
        for name in texts:
            table = table.set_column(table.schema.get_field_index(name), name, again[name])
    columns = {name: table[name] for name in table.column_names if name[:1] != "\0" or name == _INDEX}
    for name, column in columns.items():
        if pa.types.is_null(column.type):
            columns[name] = column.cast(pa.string())
        elif pa.types.is_string(column.type):
            cells = pc.utf8_trim_whitespace(column) if text.padded else column
            columns[name] = cells if name in texts else meant(cells, name, decimal, sink.reading)
    _without_row_numbers(columns, text.names[0], sink)
    return pa.table(columns)


def _ends(text: _Text, shape: TableShape, sink: Sink) -> Columns:
    """The columns of ids, noted. Raises FormatError that says what to do."""
    try:
        columns = shape.choose(text.names)
    except FormatError as error:
        hints = []
        if len(text.names) == 1:
            hints.append("if the cells are separated by another character, give it by option delimiter")
        if (
            text.has_header
            and shape == TableShape(part=shape.part)
            and "no two columns" in error.reason
            and "table of nodes" not in error.reason
        ):
            hints.append("if the first line is no header but an edge, give option header=false")
            hints.append("if each line is a node, give option part=nodes")
        reason = error.reason.replace(repr(_INDEX), "''")
        raise FormatError("; ".join([reason, *hints]), text.layout.lines or 1) from None
    columns.tell(sink.reading)
    return columns


def _tell_numbers(columns: dict[str, pa.ChunkedArray], text: _Text, sink: Sink) -> None:
    """Note numbers that are not as they stand: with zeros before them, or too large for integers."""
    for name, column in columns.items():
        if pa.types.is_floating(column.type) and (pc.max(pc.abs(column)).as_py() or 0) >= 2**63:
            sink.reading.note(f"column {name[:60]!r}: numbers from 2^63 on are floats, which keep some 16 digits")
    whole = [name for name, column in columns.items() if pa.types.is_integer(column.type)]
    if whole and text.has_padded_numbers():
        for name, cells in zip(whole, text.read(dict.fromkeys(whole, pa.string()), whole).columns, strict=True):
            if pc.any(pc.match_substring_regex(cells, r"^\s*[+-]?0[0-9]")).as_py():
                sink.reading.note(f"column {name[:60]!r}: zeros before numbers were left out (007 is 7)")


def _without_row_numbers(columns: dict[str, pa.ChunkedArray], first: str, sink: Sink) -> None:
    """Leave out the row numbers that pandas and R write into a first column without a name."""
    if first not in columns or (first != _INDEX and not _UNNAMED.fullmatch(first)):
        return
    column = columns[first]
    if pa.types.is_integer(column.type) and not column.null_count:
        numbers = column.to_numpy()
        if len(numbers) and numbers[0] in (0, 1) and (numbers[1:] - numbers[:-1] == 1).all():
            del columns[first]
            sink.reading.note("the first column, row numbers, was left out")
            return
    if first == _INDEX:
        name = "index" if "index" not in columns else "index 1"
        columns[name] = columns.pop(first)
        sink.reading.note(f"the first column has no name: it is the attribute {name!r}")


def _gephi(columns: dict[str, pa.ChunkedArray], source: str, targets: pa.ChunkedArray, text: _Text, sink: Sink) -> None:
    """What columns of Gephi say: `Type` whether the graph is directed, `Weight` the weight.

    Raises FormatError where some edges are directed and some are not.
    """
    theirs = source == "Source"
    if theirs and "Weight" in columns and "weight" not in columns:
        columns["weight"] = columns.pop("Weight")
        sink.reading.note("the column 'Weight' is the attribute 'weight'")
    for name in ("Type", "type"):
        column = columns.get(name)
        if column is None or not pa.types.is_string(column.type):
            continue
        kinds = pc.utf8_lower(column).filter(pc.is_valid(targets))
        found = kinds.drop_null().unique().to_pylist()
        if not found or kinds.null_count or not set(found) <= {"directed", "undirected"}:
            continue
        if len(found) > 1:
            if sink.directed_given is None:
                at = pc.index(pc.utf8_lower(column), found[1]).as_py()
                raise FormatError(
                    f"the column {name!r} says that some edges are directed and some are not, which one graph here cannot "
                    "have: make all of one kind, or give option directed=true or directed=false for all",
                    text.line(at + 1),
                )
            continue
        if sink.directed_given is None:
            sink.set_directed(found[0] == "directed")
            sink.reading.note(f"the graph is {found[0]}, as the column {name!r} says")
        elif sink.directed_given != (found[0] == "directed"):
            sink.reading.note(f"the column {name!r} says {found[0]}, the option directed otherwise: the option counts")
        if theirs:
            del columns[name]


def _is_text(column: pa.ChunkedArray) -> bool:
    """Whether the cells stay as they are: nothing but text tells dates apart from what only looks like one, or holds
    infinities."""
    if pa.types.is_floating(column.type):
        return pc.any(pc.is_inf(column)).as_py() is True or pc.any(pc.is_finite(column)).as_py() is False
    return any(test(column.type) for test in _TEMPORAL)


#: The name of a first column without one: no cell of a header holds this character.
_INDEX: Final = "\0"


class _Text:
    """The bytes of a file, and how its cells are separated."""

    def __init__(self, data: bytes, delimiter: str | None, *, has_header: bool, decimal: str) -> None:
        whole = data.removeprefix(b"\xef\xbb\xbf")
        self._decimal = decimal
        self.has_header = has_header
        self.layout = self._layout(whole, delimiter)
        self._delimiter = self.layout.delimiter
        #: The rows, without what stands before them.
        self._data = whole
        if has_header:
            text = whole[: _bytes_before(whole, self.layout)]
            self._data = whole[len(text) :]
        self._quotes = self._data.count(b'"')
        if self._quotes % 2:
            self._refuse_open_quote()
        self.padded = False
        self.names = self._names()

    def _layout(self, data: bytes, delimiter: str | None) -> CsvLayout:
        size = HEAD_BYTES
        while True:
            try:
                head = data[:size].decode("utf-8")
            except UnicodeDecodeError as error:
                if error.end < min(size, len(data)) - 4 or size >= len(data):
                    self._data = data
                    self._refuse_other_encodings()
                head = data[: error.start].decode("utf-8")
            try:
                layout = find_layout(head, delimiter)
            except csv.Error as error:
                raise FormatError(f"the header cannot be read ({error})", 1) from None
            # A header that ends where the head does may go on.
            if size >= len(data) or (layout is not None and layout.start < len(head)):
                break
            size *= 8
        if layout is None:
            raise FormatError("the file is empty: its first line names the columns, such as source,target")
        return layout

    def _names(self) -> list[str]:
        if not self.has_header:
            first = self._first()
            if len(first) < 2:
                raise FormatError("the first line has one cell: give what separates the cells by option delimiter", 1)
            third = ["weight"] if len(first) == 3 else [f"column{k}" for k in range(3, len(first) + 1)]
            return ["source", "target", *third]
        names = [name.strip() for name in self.layout.header]
        if any("\0" in name for name in names):
            raise FormatError("a NUL character: this is no text file", self.layout.lines)
        quoted = '"' in self.layout.header[0]
        self.padded = not quoted and any(name != name.strip() for name in self.layout.header)
        if self.layout.in_comment:
            self.padded = False
        first = self._first()
        # R's names of rows: numbers, or text in quotes. What else is longer than its header is wrong.
        of_r = first[:1] and (first[0].isdigit() or (quoted and self._data[:1] == b'"'))
        if len(first) == len(names) + 1 and names[0] and of_r:
            names.insert(0, "")
        if names[0] == "" and len(names) > 1:
            names[0] = _INDEX
        return names

    def _first(self) -> list[str]:
        """The cells of the first row of data; none where there is none, or where Python cannot read it."""
        try:
            return next((row for row in self._rows() if row), [])
        except csv.Error:
            return []

    def has_padded_numbers(self) -> bool:
        """Whether some cell may begin with a zero and a digit."""
        return _PADDED.search(self._data) is not None

    def read_nameless(self) -> None:
        """Name columns without a name whose cells are all empty, so that they are passed over. Raises FormatError for others."""
        for number, name in enumerate(self.names):
            if name == "":
                self.names[number] = f"\0{number}"
        empty = [name for name in self.names if name[:1] == "\0" and name != _INDEX]
        table = self.read(dict.fromkeys(empty, pa.string()), empty)
        for name in empty:
            if table[name].null_count < len(table):
                raise FormatError(
                    f"column {self.names.index(name) + 1} has no name: name it or remove it", self.layout.lines
                )

    def read(self, types: dict[str, pa.DataType], only: list[str] | None = None) -> pa.Table:
        """The table, `types` for some columns, the other types found out. Raises FormatError."""
        from pyarrow import csv as arrow

        if not self._data.strip(b"\r\n"):
            return pa.table({name: pa.array([], types.get(name, pa.null())) for name in only or self.names})
        try:
            table = arrow.read_csv(
                pa.BufferReader(self._data),
                read_options=arrow.ReadOptions(use_threads=False, block_size=_BLOCK, column_names=self.names),
                parse_options=arrow.ParseOptions(
                    delimiter=self._delimiter, newlines_in_values=self._quotes > 0, double_quote=True
                ),
                convert_options=arrow.ConvertOptions(
                    column_types=types,
                    include_columns=only,
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                    true_values=["true", "True", "TRUE"],
                    false_values=["false", "False", "FALSE"],
                    decimal_point=self._decimal,
                ),
            )
        except (pa.ArrowException, UnicodeDecodeError) as error:
            raise self._problem(str(error)) from None
        if any(pa.types.is_binary(field.type) for field in table.schema):
            self._refuse_other_encodings()
        return table

    def _problem(self, message: str) -> FormatError:
        found = _ROW.match(message)
        if found is not None:
            wanted, cells = int(found[2]), int(found[3])
            few = f"{cells} cell{'s' if cells != 1 else ''} where the header has {wanted}: "
            advice = (
                f"a cell with a {self._delimiter!r} in it needs quotes"
                if cells > wanted
                else "each row needs all cells, empty ones too"
            )
            return FormatError(few + advice, self.line(int(found[1])))
        if "UTF" in message or "utf-8" in message:
            self._refuse_other_encodings()
        if "straddling" in message:
            return FormatError(f"a row is longer than {_BLOCK} bytes, or a quote is not closed")
        return FormatError(f"not CSV: {message.partition(chr(10))[0][:300]}")

    def line(self, record: int) -> Place:
        """The line on which a row of data (from 1) begins."""
        before = self.layout.lines if self.has_header else 0
        if not self._quotes and b"\r" not in self._data and b"\n\n" not in self._data and self._data[:1] != b"\n":
            return before + record
        last = 0
        try:
            rows = self._rows()
            number = 0
            for row in rows:
                number += bool(row)
                if number == record:
                    return before + last + 1
                last = rows.line_num
        except csv.Error:
            pass
        return f"row {record}"

    def _rows(self, *, strict: bool = False) -> Reader:
        stream = io.TextIOWrapper(io.BytesIO(self._data), "utf-8", errors="replace", newline="")
        return csv.reader(stream, delimiter=self._delimiter, strict=strict)

    def _refuse_open_quote(self) -> None:
        """pyarrow takes the end of the file for the end of a quoted cell; such a file was cut or is misquoted."""
        rows = self._rows(strict=True)
        last = 0
        try:
            for _ in rows:
                last = rows.line_num
        except csv.Error as error:
            if "end of data" in str(error):
                before = self.layout.lines if self.has_header else 0
                raise FormatError("a quote that is opened in this row is never closed", before + last + 1) from None

    def _refuse_other_encodings(self) -> None:
        before = self.layout.lines if self.has_header and hasattr(self, "layout") else 0
        refuse_encoding(self._data, before)
        raise FormatError("a character that cannot be read: send UTF-8 text", 1)


def _bytes_before(data: bytes, layout: CsvLayout) -> int:
    """Bytes before the first row of data."""
    end = 0
    for number, found in enumerate(re.finditer(rb"\r\n|\r|\n", data), 1):
        end = found.end()
        if number == layout.lines:
            return end
    return len(data)
