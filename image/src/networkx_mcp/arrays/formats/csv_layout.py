"""Where the table begins in the text of a CSV file, what separates its cells and what its columns are called."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from networkx_mcp.arrays.formats.table import find_ends

#: What may separate cells where nothing says it; earlier ones come first.
DELIMITERS: Final = (",", ";", "\t", "|", " ")
#: A first line of Excel's.
_SEP: Final = re.compile(r'"?sep=([^\r\n])"?[ \t]*\r?', re.IGNORECASE)
#: Lines of comments before the header.
_MAX_COMMENTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class CsvLayout:
    """The layout of a table in a text."""

    delimiter: str
    #: Cells of the header as they stand.
    header: list[str]
    #: Places of the two columns of ends, where the names tell.
    ends: tuple[int, int] | None
    #: Characters and lines before the first row of data.
    start: int
    lines: int
    #: Whether a comment is the header.
    in_comment: bool = False


def find_layout(text: str, delimiter: str | None) -> CsvLayout | None:
    """The layout of the beginning of a file; None where it has no row. Raises csv.Error for quotes that are no CSV."""
    at = lines = 0
    found: CsvLayout | None = None
    if sep := _SEP.match(text):
        at, lines = sep.end() + 1, 1
        delimiter = delimiter or sep[1]
    for _ in range(_MAX_COMMENTS):
        while at < len(text) and text[at] in "\r\n":
            lines += text[at] == "\n" or text[at + 1 : at + 2] != "\n"
            at += 1
        if at >= len(text):
            return found
        end = _line_end(text, at)
        line = text[at:end]
        if line[0] not in "#%":
            break
        named = _header(line, delimiter)
        if named is not None and named[2] is not None:  # `#,source,target`: a column of numbers
            break
        named = _header(line.lstrip("#% "), delimiter)
        at, lines = _after(text, end), lines + 1
        if named is not None and named[2] is not None:
            found = CsvLayout(*named, at, lines, in_comment=True)
    row, end, more = _row(text, at, delimiter)
    if found is not None and row[2] is None and len(_header_cells(text[at:], found.delimiter)) == len(found.header):
        return CsvLayout(found.delimiter, found.header, found.ends, at, lines, in_comment=True)
    return CsvLayout(*row, end, lines + more)


def _header(line: str, delimiter: str | None) -> tuple[str, list[str], tuple[int, int] | None] | None:
    for one in (delimiter,) if delimiter else DELIMITERS:
        cells = next(csv.reader([line], delimiter=one), None)
        if cells and (ends := find_ends(cells)) is not None:
            return one, cells, ends
    return None


def _row(text: str, at: int, delimiter: str | None) -> tuple[tuple[str, list[str], tuple[int, int] | None], int, int]:
    """(delimiter, cells, ends) of the row at a place, where it ends and its lines; a quoted cell may hold line ends."""
    first: tuple[tuple[str, list[str], tuple[int, int] | None], int, int] | None = None
    for one in (delimiter,) if delimiter else DELIMITERS:
        rows = _rows(text[at:], one)
        cells, lines = next(rows)
        end = at
        for _ in range(lines):
            end = _after(text, _line_end(text, end))
        ends = find_ends(cells)
        found = (one, cells, ends), end, lines
        if ends is not None:
            return found
        if first is None or (len(first[0][1]) == 1 and len(cells) > 1 and one != " "):
            first = found
    assert first is not None
    return first


def _header_cells(text: str, delimiter: str) -> list[str]:
    return next(_rows(text, delimiter))[0]


def _rows(text: str, delimiter: str) -> Iterator[tuple[list[str], int]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    for cells in reader:
        yield cells, reader.line_num


def _line_end(text: str, at: int) -> int:
    ends = [end for end in (text.find("\n", at), text.find("\r", at)) if end >= 0]
    return min(ends, default=len(text))


def _after(text: str, end: int) -> int:
    return min(len(text), end + 2 if text[end : end + 2] == "\r\n" else end + 1)
