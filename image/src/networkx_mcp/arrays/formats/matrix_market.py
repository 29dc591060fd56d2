"""Matrix Market: a square matrix as the edges of a graph, as SuiteSparse, Network Repository and scipy write it.

    %%MatrixMarket matrix coordinate real general
    % a comment
    3 3 2
    1 2 0.5
    3 1 2

`general` is a directed graph with an edge from row to column, `symmetric` an undirected one of which the lower triangle stands
in the file. Fields are real, integer and pattern (no weights); `array` files hold all entries, and zeros are no edges there. Nodes are
the numbers from 1. What is written says other ids in comments, which only this reader knows, so that they come back.

Source: https://math.nist.gov/MatrixMarket/reports/MMformat.ps. It is read line by line here, not by scipy, which takes room for as many
entries as the file says it has, and cannot name the line of an error.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterator
from typing import IO, Any, Final

import msgspec
import numpy as np
import pyarrow as pa

from networkx_mcp.arrays.columns import MISSING
from networkx_mcp.arrays.formats.common import FormatError, Options
from networkx_mcp.arrays.formats.export_pages import PAGE
from networkx_mcp.arrays.formats.lossy import LOST, drops, no_place
from networkx_mcp.arrays.formats.record import SURE, FileHead, Format
from networkx_mcp.arrays.formats.sink import Sink
from networkx_mcp.arrays.formats.text import chunks, lines_of
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.ids import INT64_MAX, INT64_MIN
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import InvalidInput

_BEGIN: Final = re.compile(r"%%MatrixMarket\s+(\w+)\s+(\w+)\s+([\w-]+)\s+([\w-]+)\s*", re.IGNORECASE)
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_REAL: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eEdD][+-]?[0-9]+)?", re.ASCII)
#: Our comment with ids, in the order of the nodes: a JSON list a line, or `from 0`.
_IDS: Final = "% networkx-mcp.ids "
#: Most characters of such a line; some readers take no more than 1,024.
_IDS_LINE: Final = 900
_decode_ids = msgspec.json.Decoder(list[str | int]).decode
_encode = msgspec.json.Encoder().encode


def parse(file: IO[bytes], options: Options, sink: Sink) -> None:
    """See the module. Raises FormatError."""
    options.finish()
    sink.typed_ids("matrix-market")
    _Reader(lines_of(file), sink).run()


class _Reader:
    def __init__(self, lines: Iterator[tuple[int, str]], sink: Sink) -> None:
        self._lines = lines
        self._sink = sink
        self._field = ""
        self._given: list[str | int] | None = None
        self._first = 1
        self._n = 0
        # Rows and columns from 0, lines, weights.
        self._rows, self._columns, self._places = array("q"), array("q"), array("q")
        self._weights: Any = None
        self._missing: list[int] = []

    def run(self) -> None:
        number, text = next(self._lines, (1, ""))
        found = _BEGIN.fullmatch(text)
        if found is None:
            raise FormatError(
                "a Matrix Market file begins with %%MatrixMarket matrix, a layout, a field and a symmetry", number
            )
        what, layout, self._field, symmetry = (word.lower() for word in found.groups())
        if what != "matrix" or layout not in ("coordinate", "array"):
            raise FormatError(f"{what[:40]} {layout[:40]} is not read: use matrix coordinate or matrix array", number)
        # As old programs and scipy have it.
        self._field = {"double": "real", "unsigned-integer": "integer"}.get(self._field, self._field)
        if self._field not in ("real", "integer", "pattern") or (layout, self._field) == ("array", "pattern"):
            raise FormatError(f"the field {self._field[:40]} is not read: use real, integer or pattern", number)
        if symmetry not in ("general", "symmetric"):
            raise FormatError(
                f"the symmetry {symmetry[:40]} is not read: write the matrix as general or symmetric", number
            )
        self._sink.set_directed(symmetry == "general", number)
        if self._field != "pattern":
            self._weights = array("q" if self._field == "integer" else "d")
        number, size = self._size(3 if layout == "coordinate" else 2)
        if size[0] != size[1]:
            raise FormatError(
                f"the matrix has {size[0]} rows and {size[1]} columns: only a square one is a graph, whose rows and columns "
                "are the same nodes",
                number,
            )
        self._n = size[0]
        self._sink.limits.check_nodes(self._n)
        if layout == "coordinate":
            self._coordinates(size[2], symmetry == "symmetric")
        else:
            self._array(symmetry == "symmetric")
        self._hand_over()

    def _rest(self) -> Iterator[tuple[int, list[str]]]:
        """Rows of words; comments and empty lines are passed over."""
        for number, text in self._lines:
            if text[:1] == "%":
                self._comment(number, text)
            elif words := text.split():
                yield number, words

    def _comment(self, number: int, text: str) -> None:
        if not text.startswith(_IDS) or self._rows:
            return
        told = text[len(_IDS) :]
        if told.startswith("from "):
            if not _INTEGER.fullmatch(told[5:]):
                raise FormatError("the comment with ids names no number", number)
            self._first = int(told[5:])
            return
        try:
            found = _decode_ids(told)
        except (msgspec.DecodeError, RecursionError):
            raise FormatError("the comment with ids holds no JSON list of texts and integers", number) from None
        if self._given is None:
            self._given = []
        self._given += found
        self._sink.limits.check_nodes(len(self._given))

    def _size(self, count: int) -> tuple[int, list[int]]:
        for number, words in self._rest():
            if len(words) != count or not all(map(_INTEGER.fullmatch, words)) or any(word[0] == "-" for word in words):
                break
            return number, [int(word) for word in words]
        else:
            raise FormatError("the line with the size of the matrix is missing")
        names = "rows, columns and entries" if count == 3 else "rows and columns"
        raise FormatError(f"{' '.join(words)[:40]!r} is no size: the numbers of {names}", number)

    def _coordinates(self, count: int, symmetric: bool) -> None:
        if not self._sink.repeats_allowed:
            self._sink.limits.check_edges(count)
        width = 2 if self._field == "pattern" else 3
        for number, words in self._rest():
            if len(words) != width:
                raise FormatError(f"an entry has {width} numbers, here are {len(words)}", number)
            if len(self._rows) == count:
                raise FormatError(f"more entries than the {count} that the size says", number)
            row, column = self._index(words[0], number), self._index(words[1], number)
            if symmetric:  # the lower triangle: the node that is first comes first
                row, column = column, row
            self._rows.append(row)
            self._columns.append(column)
            self._places.append(number)
            if width == 3:
                self._weigh(words[2], number)
        if len(self._rows) != count:
            raise FormatError(f"the file ends after {len(self._rows)} of the {count} entries that its size says")

    def _index(self, word: str, number: int) -> int:
        if not _INTEGER.fullmatch(word) or not 1 <= int(word) <= self._n:
            raise FormatError(f"{word[:40]!r} is no row or column: they are the numbers 1 to {self._n}", number)
        return int(word) - 1

    def _array(self, symmetric: bool) -> None:
        """All entries, column by column; the lower triangle where the matrix is symmetric."""
        at = ((row, column) for column in range(self._n) for row in range(column if symmetric else 0, self._n))
        for number, words in self._rest():
            for word in words:
                row, column = next(at, (-1, -1))
                if row < 0:
                    raise FormatError("more entries than the size says", number)
                if self._weigh(word, number, skip_zero=True):
                    self._rows.append(column if symmetric else row)
                    self._columns.append(row if symmetric else column)
                    self._places.append(number)
            if not self._sink.repeats_allowed:
                self._sink.limits.check_edges(len(self._rows))
        if next(at, None) is not None:
            raise FormatError("the file ends before the last entry that its size says")

    def _weigh(self, word: str, number: int, *, skip_zero: bool = False) -> bool:
        """Take the weight of an edge; False (and nothing taken) for a zero that is none."""
        value: float
        if self._field == "integer":
            if not _INTEGER.fullmatch(word) or not INT64_MIN <= int(word) <= INT64_MAX:
                raise FormatError(f"{word[:40]!r} is no integer of 64 bits", number)
            value = int(word)
        elif _REAL.fullmatch(word):
            value = float(word.lower().replace("d", "e"))
            if math.isinf(value):
                raise FormatError(f"{word[:40]!r} is no number of JSON: it is too large", number)
        elif word.lower().lstrip("+-") == "nan":
            value = 0.0
            self._missing.append(len(self._weights))
            self._sink.reading.missing_values += 1
        else:
            raise FormatError(f"{word[:40]!r} is no finite number", number)
        if skip_zero and not value and not (self._missing and self._missing[-1] == len(self._weights)):
            return False
        self._weights.append(value)
        return True

    def _hand_over(self) -> None:
        sink, n = self._sink, self._n
        rows, columns = np.frombuffer(self._rows, np.int64), np.frombuffer(self._columns, np.int64)
        weights: dict[str, Any] = {}
        if self._weights is not None:
            values = np.frombuffer(self._weights, np.int64 if self._field == "integer" else np.float64)
            mask = np.zeros(len(values), bool)
            mask[self._missing] = True
            weights = {"weight": pa.array(values, mask=mask)}
        if self._given is None:
            sink.nodes(pa.array(np.arange(self._first, self._first + n, dtype=np.int64)))
            sink.edges(rows + self._first, columns + self._first, weights, places=self._places)
            return
        if len(self._given) != n or len({(type(node), node) for node in self._given}) != n:
            raise FormatError(f"the comments name {len(self._given)} ids, some perhaps twice, for {n} nodes")
        sink.nodes(self._given)
        ids = self._given
        for start in range(0, len(rows), PAGE):
            part = slice(start, start + PAGE)
            sink.edges(
                [ids[row] for row in rows[part].tolist()],
                [ids[column] for column in columns[part].tolist()],
                {name: values[part] for name, values in weights.items()},
                places=self._places[part],
            )


def write(state: GraphState, options: Options) -> Iterator[bytes]:
    """See the module."""
    drop = drops(options)
    options.finish()
    return chunks(_pieces(state.freeze(), drop))


def _pieces(graph: FrozenGraph, drop: bool) -> Iterator[str]:
    if not drop:
        for what, names in (("the graph", list(graph.graph_attributes)), ("nodes", graph.node_table.names())):
            if names:
                raise no_place(f"attributes of {what}, such as {names[0][:60]!r}", "matrix-market")
    field, weights = _weights(graph, drop)
    yield f"%%MatrixMarket matrix coordinate {field} {'general' if graph.directed else 'symmetric'}\n"
    yield from _id_lines(graph)
    yield f"{graph.n} {graph.n} {graph.m}\n"
    for start in range(0, graph.m, PAGE):
        part = slice(start, start + PAGE)
        ends = [graph.src[part] + 1, graph.dst[part] + 1]
        if not graph.directed:
            ends = [np.maximum(*ends), np.minimum(*ends)]
        rows, columns = ends[0].tolist(), ends[1].tolist()
        if weights is None:
            yield from (f"{row} {column}\n" for row, column in zip(rows, columns, strict=True))
        else:
            triples = zip(rows, columns, weights[part], strict=True)
            yield from (f"{row} {column} {value!r}\n" for row, column, value in triples)


def _weights(graph: FrozenGraph, drop: bool) -> tuple[str, list[Any] | None]:
    """The field, and the weights of all edges where they have some."""
    names = graph.edge_table.names()
    others = [name for name in names if name != "weight"]
    if others and not drop:
        raise no_place(f"attributes of edges other than weight, such as {others[0][:60]!r}", "matrix-market")
    if "weight" not in names or not graph.m:
        return "pattern", None
    column = graph.edge_table.column("weight")
    assert column is not None
    found = column.to_list()
    kinds = {type(value) for value in found if value is not MISSING}
    if kinds == {int} and any(not INT64_MIN <= value <= INT64_MAX for value in found if value is not MISSING):
        kinds = {str}
    if any(value is MISSING for value in found) or not kinds <= {int, float}:
        if not drop:
            raise InvalidInput(
                "format matrix-market needs a weight that is a number at every edge, or at none: use graphml or parquet, or option "
                "lost=drop to leave the weights out",
                field="format",
            )
        return "pattern", None
    if kinds == {int, float}:
        if not drop:
            raise InvalidInput(
                "some weights are integers and some are reals, which format matrix-market cannot tell apart: use graphml or parquet, or "
                "option lost=drop to write all as reals",
                field="format",
            )
        found = [float(value) for value in found]
    return ("integer", found) if kinds == {int} else ("real", found)


def _id_lines(graph: FrozenGraph) -> Iterator[str]:
    """The comments that name the nodes, where they are not the numbers from 1."""
    ids = graph.all_ids()
    if not ids or ids == list(range(1, graph.n + 1)):
        return
    if isinstance(ids[0], int) and ids == list(range(ids[0], ids[0] + graph.n)):
        yield f"{_IDS}from {ids[0]}\n"
        return
    held: list[str] = []
    size = 0
    for node in ids:
        text = _encode(node).decode()
        if held and size + len(text.encode()) > _IDS_LINE:
            yield f"{_IDS}[{','.join(held)}]\n"
            held, size = [], 0
        held.append(text)
        size += len(text.encode()) + 1
    yield f"{_IDS}[{','.join(held)}]\n"


def _sniff(head: FileHead) -> int:
    return SURE if _BEGIN.match(head.text[:200]) else 0


FORMAT = Format(
    name="matrix-market",
    title="a matrix in the Matrix Market format",
    about="The entries of a square matrix, an edge a line, as SuiteSparse, Network Repository and scipy write it.",
    extensions=("mtx", "mm"),
    content_types=("text/x-matrix-market",),
    parse=parse,
    write=write,
    sniff=_sniff,
    keeps=frozenset({"direction", "ids", "nodes"}),
    rank=10,
    options=(LOST,),
    reads=(
        "`general` is a directed graph, with an edge from the row to the column, `symmetric` an undirected one. Layouts are coordinate and array (zeros are no edges there), fields real, integer (unsigned, too) and pattern. Complex, skew-symmetric and rectangular matrices are refused.",
        "Values are the attribute `weight`, the only one that is written. Nodes are the numbers from 1; other ids are written in comments, which are read here alone.",
    ),
    example="""\
%%MatrixMarket matrix coordinate real general
% a comment
3 3 2
1 2 0.5
3 1 2.0
""",
)
