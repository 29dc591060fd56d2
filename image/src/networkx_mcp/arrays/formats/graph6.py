"""graph6 and sparse6: undirected graphs in printable characters, as nauty, SageMath and networkx have them.

A file is one line: perhaps `>>graph6<<` or `>>sparse6<<`, the number of nodes, then six bits a character (63 to 126). graph6 is
the upper triangle of the adjacency matrix, column by column; sparse6, which begins with `:`, a list of edges. Nodes are the
numbers from 0. Neither has a place for names, attributes and directions, graph6 none for loops.

Source: https://users.cecs.anu.edu.au/~bdm/data/formats.txt. Both are read and written here, not by networkx, because that makes a
Python object of each bit: its cost grows with the square of a number that a hostile file merely names.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import IO, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from networkx_mcp.arrays.formats.common import FormatError, Options
from networkx_mcp.arrays.formats.lossy import LOST, drops, numbers_from_zero, refuse_attributes
from networkx_mcp.arrays.formats.record import POSSIBLE, SURE, FileHead, Format, Part
from networkx_mcp.arrays.formats.sink import Sink
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import InvalidInput

#: Characters that are looked at together: memory is some ten times that.
_BLOCK: Final = 1 << 20
#: Most nodes of a graph6 file that is written: its size grows with the square (90 MB).
MAX_NODES: Final = 1 << 15
_HEADERS: Final = {"graph6": b">>graph6<<", "sparse6": b">>sparse6<<"}
_SET: Final = np.array([bin(value).count("1") for value in range(64)], np.int64)


def parse_graph6(file: IO[bytes], options: Options, sink: Sink) -> None:
    """See the module. Raises FormatError."""
    n, codes = _begin(file, options, sink, "graph6")
    pairs = n * (n - 1) // 2
    if len(codes) != -(-pairs // 6):
        raise FormatError(
            f"a graph of {n} nodes has {-(-pairs // 6)} characters behind their number in graph6, here are {len(codes)}",
            1,
        )
    sink.limits.check_edges(int(_SET[codes].sum()) if len(codes) else 0)
    for start in range(0, len(codes), _BLOCK):
        found = np.flatnonzero(_bits(codes[start : start + _BLOCK])) + 6 * start
        at = found[found < pairs]
        # Column v has the bits v(v - 1)/2 to v(v + 1)/2 - 1.
        v = ((1 + np.sqrt(1 + 8 * at.astype(np.float64))) / 2).astype(np.int64)
        v -= v * (v - 1) // 2 > at
        v += v * (v + 1) // 2 <= at
        sink.edges(at - v * (v - 1) // 2, v)


def parse_sparse6(file: IO[bytes], options: Options, sink: Sink) -> None:
    """See the module. Raises FormatError."""
    n, codes = _begin(file, options, sink, "sparse6")
    width = _width(n)
    powers = 1 << np.arange(width - 1, -1, -1, dtype=np.int64)
    block = (width + 1) << 16
    sources, targets = array("q"), array("q")
    v = 0
    for start in range(0, len(codes), block):
        bits = _bits(codes[start : start + block])
        units = bits[: len(bits) // (width + 1) * (width + 1)].reshape(-1, width + 1)
        for up, x in zip(units[:, 0].tolist(), (units[:, 1:] @ powers).tolist(), strict=True):
            v += up
            if x >= n or v >= n:  # ones at the end fill the last character
                break
            if x > v:
                v = x
            else:
                sources.append(x)
                targets.append(v)
        else:
            if not sink.repeats_allowed:
                sink.limits.check_edges(len(sources))
            continue
        break
    sink.edges(np.frombuffer(sources, np.int64), np.frombuffer(targets, np.int64))


def _begin(file: IO[bytes], options: Options, sink: Sink, format_: str) -> tuple[int, NDArray[np.uint8]]:
    """Number of nodes, which are handed over, and the codes (0 to 63) behind it."""
    options.finish()
    sink.typed_ids(format_)
    data = file.read().removeprefix(b"\xef\xbb\xbf").strip()
    header = _HEADERS[format_]
    line = data.removeprefix(header)
    if line[:1] == b"&" or line.startswith(b">>digraph6<<"):
        raise FormatError("this is digraph6, which is not read: write the graph as an edge list or GraphML", 1)
    if format_ == "graph6" and line[:1] == b":":
        raise FormatError("this is sparse6: use format sparse6", 1)
    if format_ == "sparse6":
        if line[:1] == b";":
            raise FormatError("this is incremental sparse6, which needs the graph before it: send one graph a file", 1)
        if line[:1] != b":":
            raise FormatError("sparse6 begins with a colon", 1)
        line = line[1:]
    if not line:
        raise FormatError("the file is empty: there is no graph in it")
    if len(line.split(None, 1)) > 1:
        raise FormatError("a second graph: send one graph a file, which is one line", 2)
    codes = np.frombuffer(line, np.uint8) - np.uint8(63)
    wrong = np.flatnonzero(codes > 63)
    if len(wrong):
        at = int(wrong[0])
        raise FormatError(f"{line[at : at + 1]!r} is no character of {format_}: they are ? to ~ (63 to 126)", 1)
    size = 1 if codes[0] < 63 else 4 if len(codes) < 2 or codes[1] < 63 else 8
    if len(codes) < size:
        raise FormatError("the file ends within the number of nodes", 1)
    n = 0
    for code in codes[{1: 0, 4: 1, 8: 2}[size] : size].tolist():
        n = n << 6 | code
    sink.limits.check_nodes(n)
    sink.set_directed(False)
    sink.nodes(pa.array(np.arange(n, dtype=np.int64)))
    return n, codes[size:]


def _bits(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Six bits a code, the highest first."""
    return (
        np.unpackbits((codes << 2).astype(np.uint8)).reshape(-1, 8)[:, :6].ravel()
        if len(codes)
        else np.zeros(0, np.uint8)
    )


def _width(n: int) -> int:
    """Bits of a node in sparse6; one where there is only one node, as networkx has it."""
    return max(1, (n - 1).bit_length())


def write_graph6(state: GraphState, options: Options) -> Iterator[bytes]:
    """See the module."""
    drop = drops(options)
    options.finish()
    return _graph6(state.freeze(), drop)


def _graph6(graph: FrozenGraph, drop: bool) -> Iterator[bytes]:
    u, v = _pairs(graph, "graph6", drop)
    loops = u == v
    if loops.any():
        if not drop:
            raise InvalidInput(
                "format graph6 has no place for an edge from a node to itself: use sparse6, or option lost=drop to leave "
                "it out",
                field="format",
            )
        u, v = u[~loops], v[~loops]
    if graph.n > MAX_NODES:
        raise InvalidInput(
            f"the graph has {graph.n} nodes, and graph6 grows with the square of them: from {MAX_NODES} on use sparse6",
            field="format",
        )
    yield _HEADERS["graph6"] + _number(graph.n)
    at = np.sort(v * (v - 1) // 2 + u)
    pairs = graph.n * (graph.n - 1) // 2
    for start in range(0, pairs, 6 * _BLOCK):
        size = min(6 * _BLOCK, pairs - start)
        bits = np.zeros(-(-size // 6) * 6, np.uint8)
        low, high = np.searchsorted(at, (start, start + size))
        bits[at[low:high] - start] = 1
        yield _characters(bits)
    yield b"\n"


def write_sparse6(state: GraphState, options: Options) -> Iterator[bytes]:
    """See the module."""
    drop = drops(options)
    options.finish()
    return _sparse6(state.freeze(), drop)


def _sparse6(graph: FrozenGraph, drop: bool) -> Iterator[bytes]:
    u, v = _pairs(graph, "sparse6", drop)
    order = np.lexsort((u, v))
    u, v = u[order], v[order]
    n, width = graph.n, _width(graph.n)
    yield _HEADERS["sparse6"] + b":" + _number(n)
    step = np.diff(v, prepend=0)
    far = step > 1  # two units: go to v, then the edge
    at = np.arange(len(v)) + np.cumsum(far)
    first, second = np.zeros(len(v) + int(far.sum()), np.uint8), np.zeros(len(v) + int(far.sum()), np.int64)
    second[at], first[at] = u, step == 1
    second[at[far] - 1], first[at[far] - 1] = v[far], 1
    shifts = np.arange(width - 1, -1, -1, dtype=np.int64)
    block = 6 << 16
    rest = np.zeros(0, np.uint8)
    for start in range(0, len(first), block):
        part = (second[start : start + block, None] >> shifts & 1).astype(np.uint8)
        bits = np.column_stack([first[start : start + block], part]).ravel()
        whole = len(bits) // 6 * 6
        yield _characters(bits[:whole])
        rest = bits[whole:]
    if len(rest):
        fill = np.ones(6 - len(rest), np.uint8)
        last = int(v[-1])
        if width < 6 and n == 1 << width and len(fill) >= width and last < n - 1:
            # All ones would be a loop at the last node.
            fill[0] = 0
        yield _characters(np.concatenate([rest, fill]))
    yield b"\n"


def _pairs(graph: FrozenGraph, format_: str, drop: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The ends of edges by number, the lower first. Raises InvalidInput for what has no place."""
    if graph.directed:
        raise InvalidInput(
            f"format {format_} has no place for directions: use edge-list or graphml, or make the graph undirected",
            field="format",
        )
    if not drop:
        refuse_attributes(graph, format_)
    number = numbers_from_zero(graph, format_, drop=drop)
    ends = number[np.asarray(graph.src)], number[np.asarray(graph.dst)]
    return np.minimum(*ends), np.maximum(*ends)


def _number(n: int) -> bytes:
    """The number of nodes."""
    if n <= 62:
        return bytes([n + 63])
    count = 3 if n <= 258_047 else 6
    digits = [(n >> 6 * place & 63) + 63 for place in range(count - 1, -1, -1)]
    return b"~" * (count // 3) + bytes(digits)


def _characters(bits: NDArray[np.uint8]) -> bytes:
    """Bits, a multiple of six, as characters."""
    padded = np.zeros((len(bits) // 6, 8), np.uint8)
    padded[:, 2:] = bits.reshape(-1, 6)
    return bytes(np.packbits(padded.ravel()) + np.uint8(63))


def _sniff_graph6(head: FileHead) -> int:
    if head.data.startswith(_HEADERS["graph6"]):
        return SURE
    return 0


def _sniff_sparse6(head: FileHead) -> int:
    if head.data.startswith(_HEADERS["sparse6"]):
        return SURE
    lines = head.lines
    plain = len(lines) == 1 and lines[0][0] == ":" and all("?" <= character <= "~" for character in lines[0][1:])
    return POSSIBLE if plain else 0


_KEEPS: Final[frozenset[Part]] = frozenset({"ids", "nodes"})
_READS: Final = (
    "One graph a file, which is one line; the header may be missing, then name the format or the file. Nodes are the numbers from 0.",
    "Refused when writing: a directed graph, and without `lost=drop` attributes and ids other than 0 to n - 1",
)

FORMATS: Final = (
    Format(
        name="graph6",
        title="graph6",
        about="A small undirected graph in one line of characters, as nauty, SageMath and the House of Graphs have it.",
        extensions=("g6", "graph6"),
        content_types=("text/x-graph6",),
        parse=parse_graph6,
        write=write_graph6,
        sniff=_sniff_graph6,
        keeps=_KEEPS,
        undirected=True,
        rank=14,
        options=(LOST,),
        reads=(
            _READS[0],
            f"{_READS[1]}, and edges from a node to itself.",
            f"Files grow with the square of the nodes: at most {MAX_NODES} are written.",
        ),
        example=">>graph6<<DhC\n",
    ),
    Format(
        name="sparse6",
        title="sparse6",
        about="An undirected graph of few edges in one line of characters, as nauty, SageMath and networkx have it.",
        extensions=("s6", "sparse6"),
        content_types=("text/x-sparse6",),
        parse=parse_sparse6,
        write=write_sparse6,
        sniff=_sniff_sparse6,
        keeps=_KEEPS,
        undirected=True,
        rank=15,
        options=(LOST,),
        reads=(_READS[0], f"{_READS[1]}."),
        example=">>sparse6<<:Fa@x^\n",
    ),
)
