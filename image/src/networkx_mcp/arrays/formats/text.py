"""What the text formats share: lines, ids out of text and back, and chunks of output."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO, Any

import pyarrow as pa

from networkx_mcp.arrays import functions as pc
from networkx_mcp.arrays.formats.common import FormatError, Ids, NotInteger
from networkx_mcp.arrays.formats.encoding import not_utf8
from networkx_mcp.arrays.formats.reading import Reading
from networkx_mcp.arrays.ids import NodeId, format_id
from networkx_mcp.errors import InvalidInput

#: Longest line of a text format, in bytes.
MAX_LINE_BYTES = 16 * 1024 * 1024
#: Pieces of text that a writer gathers before it hands them on.
WRITE_ROWS = 4096
#: An integer as Python prints one, and one that became a float on its way, as numbers do in columns with gaps.
INTEGER = r"^(0|-?[1-9][0-9]{0,18})$"
WHOLE = r"^(0|-?[1-9][0-9]{0,18})(\.0+)?$"


def lines_of(file: IO[bytes]) -> Iterator[tuple[int, str]]:
    """Numbered lines (from 1) of UTF-8 text, without line ends; a byte order mark is passed over."""
    number = 0
    while raw := file.readline(MAX_LINE_BYTES):
        if len(raw) >= MAX_LINE_BYTES:
            raise FormatError(f"the line is longer than {MAX_LINE_BYTES} bytes", number + 1)
        try:
            text = raw.decode("utf-8-sig" if number == 0 else "utf-8")
        except UnicodeDecodeError as error:
            raise FormatError(not_utf8(error), number + 1) from None
        if "\0" in text:
            raise FormatError("a NUL character: this is no text file", number + 1)
        text = text.rstrip("\r\n")
        if "\r" not in text:
            number += 1
            yield number, text
        else:  # line ends of one carriage return
            for line in text.split("\r"):
                number += 1
                yield number, line


def text_ids(column: pa.ChunkedArray, mode: Ids, reading: Reading) -> pa.ChunkedArray:
    """Text as ids, in the same chunks: integers under `integer`, and under `auto` where every one is one.

    An integer is what Python prints for one: `7` and `-7`, not `07` or `+7`; `7.0` is 7, too, and noted. The decision is
    made for all ids of a file together, so `1` and `"1"` cannot both come out of one. Nulls stay.
    """
    if mode == "string" or len(column) == column.null_count:
        return column
    fractions = False
    for chunk in column.chunks:  # most files of names show it in their first lines
        whole = pc.match_substring_regex(chunk, INTEGER)
        if pc.all(whole).as_py() is False:
            whole = pc.match_substring_regex(chunk, WHOLE)
            if pc.all(whole).as_py() is not False:
                fractions = True
                continue
            if mode == "auto":
                return column
            row = pc.index(whole, False).as_py()
            raise NotInteger(f"id {format_id(chunk[row].as_py())} is no integer")
    if fractions:
        whole_part = [pc.replace_substring_regex(chunk, r"\.0+$", "") for chunk in column.chunks]
        column = pa.chunked_array(whole_part, pa.string())
        reading.note("ids such as 7.0 are the integers 7; option ids=string keeps their text")
    try:
        # Chunk by chunk: a cast of the whole may join and drop chunks.
        return pa.chunked_array([chunk.cast(pa.int64()) for chunk in column.chunks], pa.int64())
    except pa.ArrowInvalid:
        if mode == "auto":
            return column
        raise NotInteger("an id is beyond the 64-bit integers") from None


def one_type(ids: pa.Array | None, format_: str) -> pa.Array:
    """`ids` unless they are of both types (None): text without types could not tell 1 from "1"."""
    if ids is None:
        raise InvalidInput(
            f"the graph has text and integer ids, which format {format_} cannot tell apart: use node-link, graphml "
            "or parquet",
            field="format",
        )
    return ids


def bare_id(node: NodeId, format_: str) -> str:
    """An id in a format that separates ids by white space and begins comments with `#`."""
    if isinstance(node, int):
        return str(node)
    if not node or "#" in node or node[0] == "%" or any(c.isspace() or not c.isprintable() for c in node):
        raise InvalidInput(
            f"node {format_id(node)} cannot stand in format {format_}: an id there has no white space, no # and no % at its "
            "beginning. "
            "Use csv, node-link or parquet.",
            field="format",
        )
    return node


def chunks(pieces: Iterable[str]) -> Iterator[bytes]:
    """Text in UTF-8, in chunks of some thousand pieces."""
    held: list[str] = []
    for piece in pieces:
        held.append(piece)
        if len(held) >= WRITE_ROWS:
            yield "".join(held).encode()
            held.clear()
    if held:
        yield "".join(held).encode()


def refuse_graph_attributes(attributes: dict[str, Any], format_: str) -> None:
    """Raises InvalidInput where the graph has attributes and the format no place for them."""
    if attributes:
        raise InvalidInput(
            f"format {format_} has no place for attributes of the graph, such as {next(iter(attributes))!r}: use "
            "node-link, graphml or parquet, or remove them",
            field="format",
        )
