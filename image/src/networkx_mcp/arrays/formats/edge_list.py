"""Edge list: one edge a line, `source target`, then nothing, a number (the weight) or a JSON object.

    # comments and empty lines are passed over
    a b
    a c 2.5
    b c {"weight": 1, "since": 2020}
    d

A line with one id is a node by itself. Ids are separated by white space and hold none; option `delimiter`
(reading) separates them by a character instead; where a file seems to need it and has it not, it is refused. `%` begins a
comment, too. A second number is the attribute `timestamp`, as KONECT and Network Repository have it; the first line of KONECT
says whether the graph is directed. Attributes may be a dict of Python, as networkx writes it; NaN is a missing value.
The format has no types for ids (option `ids`) and no
attributes of nodes or of the graph: writing a graph that has some, or ids of both types, is refused; all else
comes back exactly. Text ids that are all digits need `ids=string`.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, Any, Final

import msgspec
import numpy as np
import pyarrow as pa

from networkx_mcp.arrays import functions as pc
from networkx_mcp.arrays.formats.common import FormatError, Options
from networkx_mcp.arrays.formats.export_pages import edge_rows, id_column, node_rows
from networkx_mcp.arrays.formats.literals import as_python, attributes
from networkx_mcp.arrays.formats.record import DELIMITER, POSSIBLE, FileHead, Format
from networkx_mcp.arrays.formats.rows import rows_of, spaced_note
from networkx_mcp.arrays.formats.sink import Sink
from networkx_mcp.arrays.formats.table import find_ends
from networkx_mcp.arrays.formats.text import bare_id, chunks, one_type, refuse_graph_attributes, text_ids
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.arrays.value_sizes import named
from networkx_mcp.errors import InvalidInput

_json = msgspec.json.Decoder(dict[str, Any])
_slices = msgspec.json.Decoder(dict[str, msgspec.Raw])
_number = msgspec.json.Decoder(int | float)
_encode = msgspec.json.Encoder().encode
#: Lines that become one piece of columns.
_LINES = 1 << 16


class _Piece:
    """Some lines in compact form: a file of millions of edges is no pile of Python objects."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.word_lines = array("q")
        self.pairs = array("q")  # place of each edge's source among the words; its target follows
        self.lines = array("q")  # of the edges
        self.attributes: list[Any] = []  # of the edges: None, a number, or the text of a JSON object
        self.singles = False

    def close(self) -> pa.Array:
        """Give up the words, as a column."""
        words = pa.array(self.words, pa.string())
        self.words = []
        kinds = set(map(type, self.attributes))
        if kinds <= {type(None)}:
            self.attributes = []
        elif kinds in ({float}, {int}):
            small = kinds == {float} or all(-(2**63) <= value < 2**63 for value in self.attributes)
            if small:
                self.attributes = pa.array(self.attributes)
        return words


def parse(file: IO[bytes], options: Options, sink: Sink) -> None:
    """See the module."""
    delimiter = options.separator()
    options.finish()
    pieces: list[_Piece] = []
    words: list[pa.Array] = []
    piece = _Piece()
    edges = 0
    for number, parts in rows_of(file, delimiter, 3, sink):
        if not all(parts[:2]):
            raise FormatError("an id is missing", number)
        if not edges and not piece.words and len(parts) > 1 and find_ends(parts[:2]) == (0, 1):
            raise FormatError(
                f"the first line, {' '.join(parts)[:60]!r}, names columns: use format csv with option delimiter", number
            )
        piece.word_lines.append(number)
        if len(parts) == 1 or parts[1][0] == "#":
            piece.words.append(parts[0])
            piece.singles = True
        else:
            piece.word_lines.append(number)
            piece.pairs.append(len(piece.words))
            piece.words += parts[:2]
            piece.lines.append(number)
            piece.attributes.append(_attributes(parts, delimiter, number, sink))
            edges += 1
            if not sink.repeats_allowed:
                sink.limits.check_edges(edges)
        if len(piece.words) >= _LINES:
            words.append(piece.close())
            pieces.append(piece)
            piece = _Piece()
    words.append(piece.close())
    pieces.append(piece)
    column = text_ids(pa.chunked_array(words, pa.string()), sink.ids, sink.reading)
    del words
    _tell_size(pieces[0], column, edges, sink)
    for piece, ids in zip(pieces, column.chunks, strict=True):
        _emit(piece, ids, sink)


def _tell_size(piece: _Piece, ids: pa.ChunkedArray, edges: int, sink: Sink) -> None:
    """Note a first line that may be no edge: `n m` or, of a matrix, `n n m` before m edges of nodes up to n."""
    if piece.pairs[:1] != array("q", [0]) or not pa.types.is_integer(ids.type):
        return
    n, told = ids[0].as_py(), ids[1].as_py()
    if len(piece.attributes) and told == n:
        weight = piece.attributes[0]
        told = weight.as_py() if isinstance(weight, pa.Scalar) else weight
    if told == edges - 1 and n == pc.max(ids).as_py() and edges > 1:
        sink.reading.note(
            "the first line may be the numbers of nodes and edges: it was read as an edge; leave it out if it is none"
        )


def _emit(piece: _Piece, ids: pa.Array, sink: Sink) -> None:
    """Hand nodes and edges over; nodes stand in the order in which the file names them."""
    if piece.singles:
        sink.nodes(ids, places=piece.word_lines)
    if not piece.pairs:
        return
    at = np.frombuffer(piece.pairs, np.int64)
    sources, targets = ids.take(pa.array(at)), ids.take(pa.array(at + 1))
    if isinstance(piece.attributes, pa.Array):
        sink.edges(sources, targets, {"weight": piece.attributes}, places=piece.lines)
    elif not piece.attributes:
        sink.edges(sources, targets, places=piece.lines)
    else:
        rows = zip(sources.to_pylist(), targets.to_pylist(), piece.attributes, piece.lines, strict=True)
        for u, v, found, line in rows:
            data = _json.decode(found) if isinstance(found, str) else None if found is None else {"weight": found}
            sink.edge(u, v, data, place=line)


def _attributes(parts: list[str], delimiter: str | None, line: int, sink: Sink) -> Any:
    """A number, the text of a JSON object, or None."""
    if len(parts) < 3:
        return None
    text = parts[2].strip()
    if not text or text[0] == "#":
        return None
    if text[0] == "{":
        return _object(parts, text, line, sink)
    try:
        return _number.decode(text)
    except msgspec.MsgspecError:
        pass
    words = [word.strip() for word in text.partition("#")[0].split(delimiter)]
    numbers = [_number_of(word) for word in words]
    if None in numbers or len(numbers) > 2:
        raise FormatError(
            f"{text[:40]!r} follows the two ids: give a number (the weight), a second one (the time) or a JSON object, or use "
            "format csv with options header=false and delimiter",
            line,
        )
    kept: dict[str, Any] = {}
    for name, value in zip(("weight", "timestamp"), numbers, strict=False):
        if value == value:
            kept[name] = value
        else:
            sink.reading.missing_values += 1
    if len(numbers) == 2:
        sink.reading.note("a second number behind the ids is the attribute 'timestamp', as KONECT has it")
        return _encode(kept).decode()
    return kept.get("weight")


def _object(parts: list[str], text: str, line: int, sink: Sink) -> str | None:
    """The text of attributes, as JSON; None where there are none."""
    inner, brace, rest = text.rpartition("}")
    if rest.strip() and rest.strip()[0] != "#":
        raise FormatError(f"{rest.strip()[:40]!r} follows the attributes: they come last", line)
    text = inner + brace
    if sink.limits.value is not None and len(text) > sink.limits.value:
        with suppress(msgspec.MsgspecError, RecursionError):
            for name, raw in _slices.decode(text).items():  # what is too long is never made
                size = memoryview(raw).nbytes
                sink.limits.check_text(size, line, f"{named(*parts[:2])}: the value of attribute {name[:60]!r}")
    found = attributes(text, line, sink.reading)
    return _encode(found).decode() if found else None


def _number_of(word: str) -> int | float | None:
    """A number as programs write one (`.5`, `+5`, `1.`, `nan`); None for what is none."""
    if _INTEGER.fullmatch(word):
        return int(word)
    if _REAL.fullmatch(word):
        value = float(word)
        return value if math.isfinite(value) else None
    return math.nan if word.lower() in ("nan", "na", "null", "none") else None


_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,300}")
_REAL: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def write(state: GraphState, options: Options) -> Iterator[bytes]:
    """See the module."""
    options.finish()
    return chunks(_rows(state.freeze()))


def _rows(graph: FrozenGraph) -> Iterator[str]:
    refuse_graph_attributes(graph.graph_attributes, "edge-list")
    ids = one_type(id_column(graph), "edge-list").to_pylist()
    yield from spaced_note(ids)
    for node, data in node_rows(graph, ids):
        if data:
            raise InvalidInput(
                f"an edge list has no place for attributes of nodes, and {node!r} has some: use csv, node-link or "
                "graphml",
                field="format",
            )
        # Each node on a line of its own, so that their order comes back too.
        yield f"{bare_id(node, 'edge-list')}\n"
    for u, v, data in edge_rows(graph, ids):
        yield f"{u} {v} {as_python(_encode(data).decode())}\n" if data else f"{u} {v}\n"


def _sniff(head: FileHead) -> int:
    """Two ids a line, perhaps with a number or an object behind them, or one."""
    lines = head.content
    pairs = [line for line in lines if not _NODE.fullmatch(line)]
    looks = pairs and lines[0][0] not in "<{*" and all(map(_EDGE.fullmatch, pairs))
    return POSSIBLE if looks and not _is_metis(lines) else 0


def _is_metis(lines: list[str]) -> bool:
    """Whether the first line is the size of a graph, and the others name the neighbours of one node each."""
    rows = [line.split() for line in lines]
    if len(rows[0]) not in (2, 3) or not all(word.isdecimal() for row in rows for word in row):
        return False
    rest = [len(row) for row in rows[1:]]
    return sum(rest) == 2 * int(rows[0][1]) and any(count != 2 for count in rest)


#: Lines with arrows are of Mermaid and the like.
_NODE: Final = re.compile(r"(?!\S*--|\S*->)[^\s,;]+")
_EDGE: Final = re.compile(r"[^\s,;{}<>]+\s+[^\s,;{}<>]+(\s+[+-]?[0-9.][0-9.eE+-]*)*(\s+\{.*\})?")
FORMAT = Format(
    name="edge-list",
    title="an edge list",
    about="An edge a line: two ids, then perhaps a number (the weight) or attributes, as networkx, SNAP, KONECT and Network "
    "Repository write it.",
    extensions=("edgelist", "edges", "edge", "el", "ncol"),
    content_types=("text/plain",),
    parse=parse,
    write=write,
    sniff=_sniff,
    keeps=frozenset({"nodes", "edge attributes"}),
    rank=2,
    options=(DELIMITER,),
    reads=(
        "Two ids, separated by white space or by the character of option `delimiter`. A file whose ids seem to be separated by a comma, semicolon or bar is refused until you say so.",
        "Behind the ids: nothing, a number (the attribute `weight`), a second number (`timestamp`, as KONECT and Network Repository have it), or attributes as a JSON object or as a dict of Python, which is what networkx writes. Written are such as both read: `True` and `None` are those of Python.",
        "`#` and `%` begin comments. A file of KONECT says in its first line whether the graph is directed, as one of SNAP does (`# Directed graph`); bipartite ones (`% bip`) are refused, because their two columns number different nodes.",
        "A first line that may be the numbers of nodes and edges is read as an edge, and the answer says so: leave it out if it is none.",
        "A line with one id is a node by itself. Attributes of nodes are refused when writing.",
    ),
    example="""\
# a comment
a b
a c 2.5
b c {"weight": 1, "since": 2020}
d
""",
)
