"""Which format a file has, told from its content and its name, and what a file is that is none at all."""

from __future__ import annotations

from typing import IO, Final, Literal, TypeAlias

from networkx_mcp.arrays.formats.common import FormatError
from networkx_mcp.arrays.formats.record import HEAD_BYTES, SURE, Format, Head
from networkx_mcp.arrays.formats.registry import READ, RECORDS, known, of_name
from networkx_mcp.errors import InvalidInput

#: What told the format.
ChosenBy: TypeAlias = Literal["caller", "name", "content"]

#: Beginnings of compressed files, which are refused: a few bytes of one may inflate to gigabytes.
_COMPRESSED: Final = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}
#: Beginnings of UTF-32 and UTF-16; the longer ones come first.
_WIDE: Final = {
    b"\xff\xfe\0\0": "UTF-32",
    b"\0\0\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
#: Beginnings of other files that are sent by mistake, and what to do with them.
_OTHERS: Final = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Office file (.xls?): save the sheet as CSV UTF-8 and send that",
    b"SQLite format 3\0": "an SQLite database: export the table of edges as CSV and send that",
    b"%PDF-": "a PDF",
    b"\x89PNG": "a picture",
    b"\x80\x04\x95": "a Python pickle, which is never opened: write the graph as GraphML or node-link JSON",
    b"\x89HDF\r\n\x1a\n": "an HDF5 file: write the table of edges as Parquet and send that",
}


def choose(file: IO[bytes], format_: str, filename: str, *, encoded: bool) -> tuple[Format, ChosenBy]:
    """The format of a file (from its present position, which stays): the caller's, else as content and name tell.

    `encoded`: the caller says the encoding of the text, so its bytes tell nothing before they are decoded. Raises
    InvalidInput (field `format`) where the format is unknown or cannot be told, FormatError for what is no file of
    a graph, and where the content is surely of another format than the caller says.
    """
    asked = known(format_, READ) if format_ else None
    start = file.tell()
    data = file.read(HEAD_BYTES)
    file.seek(start)
    head = Head(data)
    sure = [RECORDS[name] for name in READ if RECORDS[name].sniff(head) >= SURE]
    refuse_others(data)
    likely = sure if asked is None else [asked]
    if not encoded and not any(record.declares_encoding or not record.text for record in likely):
        refuse_wide(data)
    if asked is not None:
        if sure and asked not in sure:
            names = " or ".join(record.name for record in sure)
            raise FormatError(
                f"this is {sure[0].title}, not {asked.title}: use format {names}, or leave the format out"
            )
        return asked, "caller"
    if len(sure) == 1:
        return sure[0], "content"
    named = of_name(filename, READ)
    if len(named) == 1:
        return named[0], "name"
    among = named or [RECORDS[name] for name in READ]
    scores = {record.name: score for record in among if (score := record.sniff(head)) > 0}
    best = [name for name, score in scores.items() if score == max(scores.values())]
    if len(best) == 1:
        return RECORDS[best[0]], "content"
    what = f"it may be {' or '.join(best)}" if best else f"use one of {', '.join(READ)}"
    raise InvalidInput(
        f"the format cannot be told from the {'name and ' if filename else ''}content of the file: name it by format; {what}",
        field="format",
    )


def refuse_others(data: bytes) -> None:
    """Raises FormatError for the beginning of a file that is no graph: compressed, a workbook, a database."""
    for magic, name in _COMPRESSED.items():
        if data.startswith(magic):
            if name == "zip" and (b"xl/" in data or b"[Content_Types].xml" in data):
                raise FormatError(
                    "this is an Excel workbook (.xlsx): save the sheet as CSV UTF-8 and send that, as format csv"
                )
            raise FormatError(f"this is a {name} file: send it uncompressed, or use format parquet or arrow")
    for magic, what in _OTHERS.items():
        if data.startswith(magic):
            raise FormatError(f"this is {what}; the formats are {', '.join(READ)}")


def refuse_wide(data: bytes) -> None:
    """Raises FormatError for the beginning of text in UTF-16 or UTF-32."""
    for magic, name in _WIDE.items():
        if data.startswith(magic):
            raise FormatError(
                f"this is {name} text, not UTF-8: save it as UTF-8, or give option encoding={name.lower()}"
            )
    pairs = data[: 2 * (min(len(data), 400) // 2)]
    for offset, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        # Latin text as UTF-16 without its mark: each second byte is zero.
        if len(pairs) >= 8 and not any(pairs[offset::2]) and all(pairs[1 - offset :: 2]):
            raise FormatError(f"this is UTF-16 text, not UTF-8: save it as UTF-8, or give option encoding={name}")
