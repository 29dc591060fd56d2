"""Adjacency list: a node and the nodes its edges lead to, on one line; as networkx.read_adjlist.

    # comments and empty lines are passed over
    a b c
    b c
    d

Ids are separated by white space and hold none (option `delimiter` when reading: by a character); the format has
no types for ids (option `ids`) and no attributes: writing a graph that has some, or ids of both types, is refused.
In an undirected graph each edge stands once. Each node gets a line, so everything comes back exactly.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from typing import IO, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from networkx_mcp.arrays.formats.common import FormatError, Options
from networkx_mcp.arrays.formats.export_pages import id_column
from networkx_mcp.arrays.formats.record import DELIMITER, LIKELY, FileHead, Format
from networkx_mcp.arrays.formats.rows import rows_of, spaced_note
from networkx_mcp.arrays.formats.sink import Sink
from networkx_mcp.arrays.formats.text import bare_id, chunks, one_type, refuse_graph_attributes, text_ids
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import InvalidInput

#: Ids that become one piece of columns.
_WORDS = 1 << 16
#: What networkx writes first: the program, the time and the name of the graph.
_OF_NETWORKX: Final = re.compile(r"#.*\n# GMT .*\n#.*\n")


def parse(file: IO[bytes], options: Options, sink: Sink) -> None:
    """See the module."""
    delimiter = options.separator()
    options.finish()
    pieces: list[tuple[array[int], array[int]]] = []  # of each row: line, number of ids
    columns: list[pa.Array] = []
    lines, counts, words, edges = array("q"), array("q"), list[str](), 0

    for number, row in rows_of(file, delimiter, 0, sink):
        parts = _ids(row)
        if not all(parts):
            raise FormatError("an id is missing", number)
        if len(parts) > 1 and (parts[1] == "{}" or parts[1].startswith("{'")):
            raise FormatError(
                "this is a multiline adjacency list: let networkx write an edge list or an adjacency list", number
            )
        lines.append(number)
        counts.append(len(parts))
        words += parts
        edges += len(parts) - 1
        if not sink.repeats_allowed:
            sink.limits.check_edges(edges)
        if len(words) >= _WORDS:
            columns.append(pa.array(words, pa.string()))
            pieces.append((lines, counts))
            lines, counts, words = array("q"), array("q"), []
    columns.append(pa.array(words, pa.string()))
    pieces.append((lines, counts))
    column = text_ids(pa.chunked_array(columns, pa.string()), sink.ids, sink.reading)
    del columns
    for (lines, counts), ids in zip(pieces, column.chunks, strict=True):
        _emit(np.frombuffer(lines, np.int64), np.frombuffer(counts, np.int64), ids, sink)


def _ids(row: list[str]) -> list[str]:
    """The ids of a row up to a comment."""
    for number, part in enumerate(row):
        if part[:1] == "#":
            return row[:number]
    return row


def _emit(lines: NDArray[np.int64], counts: NDArray[np.int64], ids: pa.Array, sink: Sink) -> None:
    if not len(lines):
        return
    row = np.repeat(np.arange(len(counts)), counts)
    first = np.cumsum(counts) - counts
    heads = np.zeros(len(ids), bool)
    heads[first] = True
    tails = np.flatnonzero(~heads)
    sink.nodes(ids, places=lambda word: int(lines[row[word]]))
    sink.edges(
        ids.take(pa.array(first[row[tails]])),
        ids.take(pa.array(tails)),
        places=lambda edge: int(lines[row[tails[edge]]]),
    )


def write(state: GraphState, options: Options) -> Iterator[bytes]:
    """See the module."""
    options.finish()
    return chunks(_rows(state.freeze()))


def _rows(graph: FrozenGraph) -> Iterator[str]:
    refuse_graph_attributes(graph.graph_attributes, "adjacency-list")
    if graph.node_table or graph.edge_table:
        raise InvalidInput(
            "an adjacency list has no place for attributes: use csv, node-link or graphml", field="format"
        )
    ids = [bare_id(node, "adjacency-list") for node in one_type(id_column(graph), "adjacency-list").to_pylist()]
    yield from spaced_note(list(ids))
    # A line for each node first, else a node that others name would move up.
    ends = np.searchsorted(graph.src, np.arange(graph.n + 1, dtype=np.int32))
    in_order = _in_order(graph)
    if not in_order:
        yield from (f"{node}\n" for node in ids)
    for node in range(graph.n):
        low, high = int(ends[node]), int(ends[node + 1])
        if in_order or low < high:
            yield " ".join([ids[node], *(ids[other] for other in graph.dst[low:high].tolist())]) + "\n"


def _in_order(graph: FrozenGraph) -> bool:
    """Whether nodes are named first in their order when each has one line."""
    # Lines name node after node; one that is named early must be the next new one.
    highest = -1
    ends = np.searchsorted(graph.src, np.arange(graph.n + 1, dtype=np.int32)).tolist()
    targets = graph.dst.tolist()
    for node in range(graph.n):
        highest = max(highest, node)
        for other in targets[ends[node] : ends[node + 1]]:
            if other > highest + 1:
                return False
            highest = max(highest, other)
    return True


def _sniff(head: FileHead) -> int:
    """Lines of words may be much; networkx writes the time above its adjacency lists, and above no other format."""
    return LIKELY if _OF_NETWORKX.match(head.text) else 0


FORMAT = Format(
    name="adjacency-list",
    title="an adjacency list",
    about="A node and the nodes that its edges lead to, on one line, as networkx writes it.",
    extensions=("adjlist", "adj"),
    content_types=("text/plain",),
    parse=parse,
    write=write,
    sniff=_sniff,
    keeps=frozenset({"nodes"}),
    rank=3,
    options=(DELIMITER,),
    reads=(
        "Ids are separated by white space, or by the character of option `delimiter`. `#` and `%` begin comments.",
        "Content tells this format only by the comments that networkx writes first (`# GMT`, with the time): else name it, or the file.",
        "Attributes are refused when writing. A multiline adjacency list of networkx is another format, and refused.",
    ),
    example="""\
a b c
b c
d
""",
)
