"""Which format a file has, told from its content and its name, and what a file is that is none at all."""

from __future__ import annotations

import re
from typing import IO, Final, Literal, TypeAlias

from networkx_mcp.arrays.formats.common import FormatError
from networkx_mcp.arrays.formats.record import HEAD_BYTES, SURE, FileHead, Format
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
#: How a page of the web begins.
_PAGE: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<!doctype\s+html|<html)\b", re.IGNORECASE)
#: Names of files that other programs have -> their formats, which are not read: some look like lists of edges.
_UNREAD: Final = {
    "dl": "UCINET DL",
    "gdf": "GDF of GUESS",
    "graph": "METIS",
    "gw": "LEDA",
    "jsonl": "JSON, a document a line",
    "leda": "LEDA",
    "lgf": "LEMON",
    "lgl": "LGL",
    "metis": "METIS",
    "mmd": "Mermaid",
    "ndjson": "JSON, a document a line",
    "npy": "an array of numpy",
    "npz": "arrays of numpy",
    "nt": "RDF",
    "puml": "PlantUML",
    "rdf": "RDF",
    "sif": "SIF of Cytoscape",
    "tgf": "the Trivial Graph Format",
    "tlp": "Tulip",
    "ttl": "RDF",
    "vna": "VNA of NetDraw",
}
#: An edge as diagrams have it: `a -> b`, `a --> b`.
_ARROW: Final = re.compile(r"\w[\w\]\)\"' ]*-{1,2}>\s*\|?[\w\"']")
#: Most lines that are looked at for what separates their cells.
_LINES: Final = 20


def choose(
    file: IO[bytes], format_: str, filename: str, *, encoded: bool, tabular: bool = False
) -> tuple[Format, ChosenBy]:
    """The format of a file (from its present position, which stays): the caller's, else as content and name tell.

    `tabular`: it is a table with named columns, as the caller's options say. `encoded`: the caller says the encoding of the text, so its bytes tell nothing before they are decoded. Raises
    InvalidInput (field `format`) where the format is unknown or cannot be told, FormatError for what is no file of
    a graph, and where the content is surely of another format than the caller says.
    """
    asked = known(format_, READ) if format_ else None
    start = file.tell()
    data = file.read(HEAD_BYTES)
    file.seek(start)
    head = FileHead(data)
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
    ending = filename.lower().rpartition(".")[2] if "." in filename else ""
    if ending in _UNREAD:
        raise InvalidInput(
            f"a file named .{ending} is {_UNREAD[ending]}, which is not read: write its edges as csv or edge-list, or "
            f"name the format where it is one of {', '.join(READ)}",
            field="format",
        )
    named = of_name(filename, READ)
    if len(named) == 1:
        return named[0], "name"
    if tabular and not named and head.text and head.content[:1] and head.content[0][0] not in "[{<":
        return RECORDS["csv"], "content"
    among = named or [RECORDS[name] for name in READ]
    scores = {record.name: score for record in among if (score := record.sniff(head)) > 0}
    best = [name for name, score in scores.items() if score == max(scores.values())]
    if len(best) == 1:
        return RECORDS[best[0]], "content"
    if not data.strip(b"\xef\xbb\xbf \t\r\n"):
        raise FormatError("the file is empty")
    what = f"it may be {' or '.join(best)}" if best else _advice(head)
    raise InvalidInput(
        f"the format cannot be told from the {'name and ' if filename else ''}content of the file: name it by format; {what}",
        field="format",
    )


def _advice(head: FileHead) -> str:
    """What to do with a file whose format nothing tells."""
    advice = f"use one of {', '.join(READ)}"
    if head.data and not head.text:
        return f"{advice}; its text is not UTF-8: save it so, or give option encoding, often latin-1 or windows-1252"
    lines = head.content[:_LINES]
    if lines and any(map(_ARROW.search, lines)):
        return f"lines such as a -> b are of DOT (dot) inside of digraph {{ }}; or write pairs, a b, without arrows (edge-list); {advice}"
    for character in ",;\t|":
        counts = {line.count(character) for line in lines}
        if len(counts) == 1 and counts != {0} and lines[0][0] not in "[{<":
            shown = {"\t": "tab"}.get(character, character)
            return (
                f"a table (its cells seem to be separated by {shown!r}, its first line is {lines[0][:200]!r}) is csv, with option "
                "header=false where the first line does not name the columns, or options source and target to say which hold the ends "
                f"of edges; else {advice}"
            )
    return advice


def refuse_others(data: bytes) -> None:
    """Raises FormatError for the beginning of a file that is no graph: compressed, a workbook, a database."""
    for magic, name in _COMPRESSED.items():
        if data.startswith(magic):
            if name == "zip" and (b"xl/" in data or b"[Content_Types].xml" in data):
                raise FormatError(
                    "this is an Excel workbook (.xlsx): save the sheet as CSV UTF-8 and send that, as format csv"
                )
            raise FormatError(f"this is a {name} file: send it uncompressed, or use format parquet or arrow")
    if _PAGE.match(data):
        raise FormatError("this is a page of the web (HTML), perhaps an error in place of the file: look into it")
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
