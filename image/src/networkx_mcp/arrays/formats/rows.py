"""What edge lists and adjacency lists share: rows of ids, comments, and files that are something else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Final

from networkx_mcp.arrays.formats.common import FormatError, counted
from networkx_mcp.arrays.formats.sink import Sink
from networkx_mcp.arrays.formats.text import lines_of
from networkx_mcp.arrays.ids import NodeId

#: A comment of ours: ids hold commas and the like, white space separates them all the same.
SPACED: Final = "# ids are separated by white space"
_SEPARATORS: Final = ",;|"
#: The first word of a row whose ids are separated by a character: `1,` before a blank, or `1,2`.
_JOINED: Final = re.compile(r".*[,;|]|-?\d+[,;|]-?\d+.*")
#: Beginnings of other formats -> what they are.
_OTHERS: Final = (
    (re.compile(r"\*(vertices|network|arcs|edges|matrix)\b", re.IGNORECASE), "a Pajek network"),
    (re.compile(r"%%MatrixMarket\b"), "a matrix in the Matrix Market format"),
    (re.compile(r"<\?xml\b|<!DOCTYPE\b|<!--|<[A-Za-z][\w:.-]*(\s[^>]*)?>"), "XML, perhaps GraphML"),
    (re.compile(r'\{\s*("|$)|\[\s*([{\[]|$)'), "JSON, perhaps node-link"),
    (re.compile(r"(strict\s+)?(di)?graph\b[^\[]*\{"), "a graph in the DOT language"),
    (re.compile(r"graph\s*\[|Creator\s+\""), "GML"),
    (re.compile(r">>(graph6|sparse6|digraph6)<<"), "a graph in graph6 or sparse6"),
    (re.compile(r"dl\s+n\s*=", re.IGNORECASE), "a UCINET file"),
)
#: The problem line of DIMACS, behind comments.
_DIMACS: Final = re.compile(r"p\s+(edge|col|sp|max|aux|min)\s+\w+\s+\w+(\s+\w+)?")
#: How KONECT begins a file.
_KONECT: Final = re.compile(r"%\s*(sym|asym|bip)\b")
#: How SNAP does.
_SNAP: Final = re.compile(r"#\s*(directed|undirected) graph\b", re.IGNORECASE)


def rows_of(file: IO[bytes], delimiter: str | None, most: int, sink: Sink) -> Iterator[tuple[int, list[str]]]:
    """(line, parts) of each row, up to `most` + 1 parts of which the last is the rest; `most` 0: all parts.

    Comments (`#`, `%`) and empty lines are passed over. Raises FormatError for a missing id, for another format, and
    where the ids are separated by a character that nobody named.
    """
    comments = 0
    spaced, spaced_comment = delimiter is not None, False
    joined: list[str] = []  # first words of the beginning that hold a separator, as long as all do
    looked = False
    for number, text in lines_of(file):
        stripped = text.strip()
        if not looked and stripped and stripped[0] != "#":
            looked = True
            if not spaced:
                _refuse_others(stripped, number)
        if stripped[:2] == "p " and not spaced_comment and _DIMACS.fullmatch(stripped):
            raise FormatError("this is a DIMACS file: leave the format out, or name its own", number)
        if stripped[:1] == "%":
            if (found := _KONECT.match(stripped)) and not comments:
                _konect(found[1], number, sink)
            comments += 1
            continue
        parts = text.split(delimiter, most - 1 if most else -1)
        if delimiter is not None:
            parts = [part.strip() for part in parts]
            while parts and not parts[-1]:
                parts.pop()
        if not parts or parts[0][:1] == "#":
            if number == 1:
                snap(stripped, sink)
            if stripped == SPACED:
                spaced = spaced_comment = True
            continue
        if not spaced:
            if _JOINED.fullmatch(parts[0]) or (len(parts) == 1 and any(c in parts[0] for c in _SEPARATORS)):
                joined.append(parts[0])
                if len(joined) == 1:
                    first = number
            else:
                spaced = True
            if len(joined) > 100:
                break
        yield number, parts
    if joined and not spaced:
        raise _separated(joined, first)
    if comments:
        sink.reading.note(f"{counted(comments, 'line')} passed over as comments: they begin with %")


def _separated(joined: list[str], line: int) -> FormatError:
    character = next(character for character in _SEPARATORS if character in joined[0])
    name = {",": "comma", ";": "semicolon", "|": "bar"}[character]
    return FormatError(
        f"the ids seem to be separated by a {name} (in {joined[0][:40]!r}): give option delimiter={character!r}, or "
        f"delimiter=' ' where a {name} is part of the ids",
        line,
    )


def _refuse_others(first: str, line: int) -> None:
    for pattern, name in _OTHERS:
        if pattern.match(first):
            raise FormatError(f"this is {name}: leave the format out, or name its own", line)


def _konect(kind: str, line: int, sink: Sink) -> None:
    if kind == "bip":
        raise FormatError(
            "this KONECT network is bipartite (% bip): its two columns number different nodes, which would be one here. "
            "Put a letter before the ids of one column and leave this line out",
            line,
        )
    _say(kind == "asym", f"(% {kind}) ", sink)


def snap(line: str, sink: Sink) -> None:
    """What the first line of a file of SNAP says."""
    if found := _SNAP.match(line):
        _say(found[1].lower() == "directed", "", sink)


def _say(directed: bool, where: str, sink: Sink) -> None:
    if sink.directed_given is None:
        sink.set_directed(directed)
        sink.reading.note(f"the graph is {'directed' if directed else 'undirected'}, as its first line {where}says")


def spaced_note(ids: list[NodeId]) -> Iterator[str]:
    """The comment that keeps ids with commas in them from being taken for several, and the file for one of another
    format, where that could be."""
    texts = [node for node in ids if isinstance(node, str)]
    begin = " ".join(texts[:3])
    if (
        any(character in text for text in texts for character in _SEPARATORS)
        or any(pattern.match(begin) for pattern, _ in _OTHERS)
        or "p" in texts
    ):
        yield SPACED + "\n"
