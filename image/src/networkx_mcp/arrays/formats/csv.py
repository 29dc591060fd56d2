"""CSV: a header line, then an edge a line; columns of the ends by name, every other column an attribute.

    source,target,weight,color
    a,,,red
    a,b,2.5,

A row without a target is a node by itself, its other cells are attributes of the node. Options when reading:
`source`, `target` (column names; default `source` and `target`, else `from` and `to`), `delimiter`, and `ids`.

Ids are text, or integers where all of the file are. In a column of attributes an empty cell is a missing value
(`""` is empty text) and the others are integers, numbers or true/false where all of them read so, else text,
dates included. JSON has no `nan` and no `inf`: among numbers `nan` is a missing value, which is what programs mean
that write it; a column with infinities (`inf`, `1e999`), or of nothing but `nan`, is text. So types are those of the
columns: `007` in a column of numbers is 7, text that reads as a number comes back as one, integers beyond 64 bits as
floats.

Writing: rows of nodes come first when any node has attributes or no edge (option `nodes`: `auto`, `all`, `none`);
null, lists and objects are written as JSON text. Attributes of the graph and ids of both types are refused.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from ..columns import MISSING, Column
from ..state import GraphState
from .common import FormatError, Options, Place
from .pages import id_column
from .record import LIKELY, Format, Head, Option
from .sink import Sink
from .table import ENDS, NODE_ROWS, Page, attribute_names, choose, emit, end_columns, find_ends, node_rows_wanted, pages
from .text import one_type, refuse_graph_attributes, text_ids

if TYPE_CHECKING:
    from _csv import Reader

#: Bytes that pyarrow parses at once: no row may be longer.
_BLOCK = 8 * 1024 * 1024
#: Rows written at once.
_PAGE = 1 << 15
_ROW: Final = re.compile(r"CSV parse error: Row #(\d+): Expected (\d+) columns, got (\d+)")
_TEMPORAL: Final = (pa.types.is_date, pa.types.is_time, pa.types.is_timestamp)
_encode = msgspec.json.Encoder().encode


# -- reading


def parse(file: IO[bytes], options: Options, sink: Sink) -> None:
    """See the module."""
    given = options.text("source"), options.text("target")
    text = _Text(file.read(), options.separator() or ",")
    options.finish()
    header = text.header()
    try:
        source, target = choose(header, *given)
    except FormatError as error:
        hint = "" if len(header) > 1 else " (is it another delimiter? Give it by option delimiter)"
        raise FormatError(error.reason + hint, 1) from None
    if "" in header:
        raise FormatError(f"column {header.index('') + 1} has no name: name it or remove it", 1)
    table = text.read({source: pa.string(), target: pa.string()})
    texts = [field.name for field in table.schema if _is_text(table[field.name])]
    if texts:
        again = text.read(dict.fromkeys(texts, pa.string()), texts)
        for name in texts:
            table = table.set_column(table.schema.get_field_index(name), name, again[name])
        del again
    if not sink.repeats_allowed:
        sink.limits.check_edges(len(table) - table[target].null_count)
    ids = text_ids(pa.chunked_array([*table[source].chunks, *table[target].chunks], pa.string()), sink.ids)
    sources, targets = ids.slice(0, len(table)), ids.slice(len(table))
    columns = {name: _without_nan(table[name]) for name in header if name not in (source, target)}
    del table, ids
    # In pieces of the parser's blocks: what is made along the way stays small.
    start = 0
    for chunk in sources.chunks:
        count = len(chunk)

        def place(row: int, start: int = start) -> Place:
            return text.line(start + row + 2)

        part = {name: column.slice(start, count).combine_chunks() for name, column in columns.items()}
        emit(sink, chunk, targets.slice(start, count).combine_chunks(), part, place)
        start += count


def _is_text(column: pa.ChunkedArray) -> bool:
    """Whether the cells stay as they are: nothing but text tells dates apart from what only looks like one, or holds
    infinities."""
    if pa.types.is_floating(column.type):
        return pc.any(pc.is_inf(column)).as_py() is True or pc.any(pc.is_finite(column)).as_py() is False
    return any(test(column.type) for test in _TEMPORAL)


def _without_nan(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_floating(column.type) or not pc.any(pc.is_nan(column)).as_py():
        return column
    return pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)


class _Text:
    """The bytes of a file, and how its cells are separated."""

    def __init__(self, data: bytes, delimiter: str) -> None:
        self._data = data
        self._delimiter = delimiter
        self._quotes = data.count(b'"')
        if self._quotes % 2:
            self._refuse_open_quote()

    def header(self) -> list[str]:
        """The cells of the first line. Raises FormatError where there is none."""
        try:
            row: list[str]
            for row in self._rows():
                if row:
                    if any("\ufffd" in name for name in row):
                        self._refuse_other_encodings()
                    return row
        except csv.Error as error:
            raise FormatError(f"the header cannot be read ({error})", 1) from None
        raise FormatError("the file is empty: its first line names the columns")

    def read(self, types: dict[str, pa.DataType], only: list[str] | None = None) -> pa.Table:
        """The table, `types` for some columns, the other types found out. Raises FormatError."""
        from pyarrow import csv as arrow

        try:
            table = arrow.read_csv(
                pa.BufferReader(self._data),
                read_options=arrow.ReadOptions(use_threads=False, block_size=_BLOCK),
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
            wanted, cells = found[2], found[3]
            return FormatError(
                f"{cells} cells where the header has {wanted}: a cell with a {self._delimiter!r} in it needs quotes",
                self.line(int(found[1])),
            )
        if "UTF" in message or "utf-8" in message:
            self._refuse_other_encodings()
        if "straddling" in message:
            return FormatError(f"a row is longer than {_BLOCK} bytes, or a quote is not closed")
        return FormatError(f"not CSV: {message.partition(chr(10))[0][:300]}")

    def line(self, record: int) -> Place:
        """The line on which a record begins, both from 1; the header is record 1."""
        if not self._quotes and b"\r" not in self._data and b"\n\n" not in self._data and self._data[:1] != b"\n":
            return record
        last = 0
        try:
            rows = self._rows()
            number = 0
            for row in rows:
                number += bool(row)
                if number == record:
                    return last + 1
                last = rows.line_num
        except csv.Error:
            pass
        return f"row {record - 1}"

    def _rows(self, *, strict: bool = False) -> Reader:
        stream = io.TextIOWrapper(io.BytesIO(self._data), "utf-8-sig", errors="replace", newline="")
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
                raise FormatError("a quote that is opened in this row is never closed", last + 1) from None

    def _refuse_other_encodings(self) -> None:
        try:
            self._data.decode()
        except UnicodeDecodeError as error:
            line = self._data.count(b"\n", 0, error.start) + 1
            raise FormatError(f"not UTF-8 text ({error.reason} at byte {error.start} of the file)", line) from None
        raise FormatError("a character that cannot be read: send UTF-8 text", 1)


# -- writing


def write(state: GraphState, options: Options) -> Iterator[bytes]:
    """See the module."""
    graph = state.freeze()
    ends = end_columns(options)
    delimiter = options.separator() or ","
    nodes = node_rows_wanted(graph, options)
    options.finish()
    refuse_graph_attributes(graph.graph_attributes, "csv")
    names = attribute_names(graph, ends, "csv")
    ids = _quoted(one_type(id_column(graph), "csv").cast(pa.string()), delimiter)

    def made() -> Iterator[bytes]:
        yield _lines([_quoted(pa.array([name]), delimiter) for name in (*ends, *names)], delimiter)
        for page in pages(graph, nodes, _PAGE):
            yield _lines(_cells(page, ids, names, delimiter), delimiter)

    return made()


def _cells(page: Page, ids: pa.Array, names: list[str], delimiter: str) -> list[pa.Array]:
    count = len(page.sources)
    empty = pa.nulls(count, pa.string())
    cells = [ids.take(pa.array(page.sources)), empty if page.targets is None else ids.take(pa.array(page.targets))]
    for name in names:
        column = page.columns.get(name)
        cells.append(empty if column is None else _texts(column, delimiter))
    return cells


def _lines(cells: list[pa.Array], delimiter: str) -> bytes:
    """Cells of equal length as lines; null is an empty cell."""
    rows = pc.binary_join_element_wise(*cells, delimiter, null_handling="replace", null_replacement="")
    rows = pc.binary_join_element_wise(rows, "", "\n")
    return b"" if not len(rows) else bytes(rows.buffers()[2])


def _texts(column: Column, delimiter: str) -> pa.Array:
    """Values as cells."""
    values = column.values
    if column.kind == "string":
        return _quoted(values, delimiter)
    if column.kind == "json":
        found = [
            None if value is MISSING else value if isinstance(value, str) else _encode(value).decode()
            for value in column.to_list()
        ]
        return _quoted(pa.array(found, pa.string()), delimiter)
    texts = values.cast(pa.string())
    if column.kind == "float":
        # Arrow writes 2.0 as 2, which would come back as an integer.
        bare = pc.match_substring_regex(texts, r"^-?\d+$")
        texts = pc.if_else(bare, pc.binary_join_element_wise(texts, ".0", ""), texts)
    return texts


def _quoted(texts: pa.Array, delimiter: str) -> pa.Array:
    """Text as cells: in quotes where it must be."""
    special = pc.match_substring_regex(texts, f'["\\r\\n{re.escape(delimiter)}]')
    needed = pc.or_(special, pc.equal(pc.binary_length(texts), 0))
    if not pc.any(needed).as_py():
        return texts
    doubled = pc.replace_substring(texts, '"', '""')
    return pc.if_else(needed, pc.binary_join_element_wise('"', doubled, '"', ""), texts)


def _sniff(head: Head) -> int:
    """A header that names the ends, and cells behind it."""
    for line in head.content[:1]:
        for delimiter in ",;\t|":
            names = [name.strip().strip('"').strip() for name in line.split(delimiter)]
            if len(names) > 1 and find_ends(names) is not None:
                return LIKELY
    return 0


FORMAT = Format(
    name="csv",
    title="a CSV table",
    about="A table with a header line and an edge a line, as spreadsheets, pandas, R, Gephi and databases write it.",
    extensions=("csv", "tsv"),
    content_types=("text/csv", "text/tab-separated-values", "application/csv"),
    parse=parse,
    write=write,
    sniff=_sniff,
    keeps=frozenset({"nodes", "node attributes", "edge attributes"}),
    rank=1,
    options=(
        *ENDS,
        Option(
            "delimiter",
            "One character that separates cells.",
            (),
            "found out when reading; a comma when writing",
            True,
            True,
        ),
        NODE_ROWS,
    ),
    example="""\
source,target,weight,color
a,,,red
a,b,2.5,
""",
)
