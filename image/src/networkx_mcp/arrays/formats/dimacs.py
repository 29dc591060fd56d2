"""DIMACS: the files of its challenges on colouring, cliques, shortest paths and flows; read only.

    c a comment
    p edge 3 2
    e 1 2
    e 2 3

Nodes are the numbers from 1 to that of the problem line. `edge` and `col` (lines `e`) and `tw` of PACE (lines without a letter) are undirected;
`sp` and `asn` (weight), `max` (capacity) and `min` (lower, capacity and weight; demand of nodes, as networkx has it) have arcs. A capacity below 0 means that
there is none in `min`. The number of edges that the problem line says is often wrong in files of the first challenges: it is told, not refused.

Sources: http://archive.dimacs.rutgers.edu/pub/challenge/graph/doc/ccformat.tex, http://lpsolve.sourceforge.net/5.5/DIMACS_maxf.htm,
http://www.diag.uniroma1.it/challenge9/format.shtml
"""

from __future__ import annotations

import math
import re
from array import array
from collections import Counter
from typing import IO, Any, Final

import numpy as np
import pyarrow as pa

from networkx_mcp.arrays.formats.common import FormatError, Options, counted
from networkx_mcp.arrays.formats.record import SURE, FileHead, Format
from networkx_mcp.arrays.formats.sink import Sink
from networkx_mcp.arrays.formats.text import lines_of

#: Problem -> names of the numbers behind the ends of an edge, and whether edges are directed.
_PROBLEMS: Final[dict[str, tuple[tuple[str, ...], bool]]] = {
    "edge": (("weight",), False),
    "edges": (("weight",), False),
    "col": (("weight",), False),
    "tw": ((), False),
    "sp": (("weight",), True),
    "asn": (("weight",), True),
    "max": (("capacity",), True),
    "min": (("lower", "capacity", "weight"), True),
}
#: Those whose edges may come without numbers.
_BARE: Final = frozenset({"edge", "edges", "col", "tw"})
_PROBLEM: Final = re.compile(rf"p\s+({'|'.join(_PROBLEMS)}|cnf)\s+[0-9]+\s+[0-9]+\s*", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_VALUE: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)


def parse(file: IO[bytes], options: Options, sink: Sink) -> None:
    """See the module. Raises FormatError."""
    options.finish()
    sink.typed_ids("dimacs")
    _Reader(sink).run(file)


class _Reader:
    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._kind = ""
        self._n = self._m = 0
        self._sources, self._targets, self._places = array("q"), array("q"), array("q")
        #: By name: the numbers of each edge, None where there is none.
        self._columns: dict[str, list[int | float | None]] = {}
        self._nodes: dict[int, dict[str, Any]] = {}
        self._others: Counter[str] = Counter()

    def run(self, file: IO[bytes]) -> None:
        for number, text in lines_of(file):
            words = text.split()
            if not words or words[0] == "c" or (words[0][0] == "c" and not self._kind):
                continue
            self._line(words, number)
        if not self._kind:
            raise FormatError("there is no problem line, such as p edge 3 2")
        self._hand_over()

    def _line(self, words: list[str], number: int) -> None:
        kind = words[0]
        if kind == "p":
            self._problem(words, number)
        elif not self._kind:
            raise FormatError("the problem line, such as p edge 3 2, comes before nodes and edges", number)
        elif kind in ("e", "a"):
            self._edge(words[1:], number)
        elif kind == "n":
            self._node(words[1:], number)
        elif self._kind == "tw":
            self._edge(words, number)
        elif len(kind) == 1 and kind.isalpha():
            self._others[kind] += 1
        else:
            raise FormatError(f"{kind[:40]!r} begins no line of DIMACS: they begin with c, p, n, e or a", number)

    def _problem(self, words: list[str], number: int) -> None:
        if self._kind:
            raise FormatError("a second problem line: send one graph a file", number)
        if len(words) > 1 and words[1] == "cnf":
            raise FormatError("this is a formula (cnf), not a graph", number)
        if len(words) < 4 or words[1] not in _PROBLEMS or not all(map(_NUMBER.fullmatch, words[2:4])):
            raise FormatError(
                f"{' '.join(words)[:40]!r} is no problem that is read: p, one of {', '.join(_PROBLEMS)}, the numbers of nodes and edges",
                number,
            )
        self._kind, self._n, self._m = words[1], int(words[2]), int(words[3])
        self._sink.limits.check_nodes(self._n)
        self._sink.set_directed(_PROBLEMS[self._kind][1], number)
        self._columns = {name: [] for name in _PROBLEMS[self._kind][0]}

    def _edge(self, words: list[str], number: int) -> None:
        names = _PROBLEMS[self._kind][0]
        bare = self._kind in _BARE and len(words) == 2
        if not bare and len(words) != 2 + len(names):
            raise FormatError(f"an edge of {self._kind} has {2 + len(names)} numbers, here are {len(words)}", number)
        self._sources.append(self._index(words[0], number))
        self._targets.append(self._index(words[1], number))
        self._places.append(number)
        if not self._sink.repeats_allowed:
            self._sink.limits.check_edges(len(self._places))
        for at, name in enumerate(names):
            value = None if bare else self._value(words[2 + at], number)
            if self._kind == "min" and name == "capacity" and value is not None and value < 0:
                value = None
            self._columns[name].append(value)

    def _node(self, words: list[str], number: int) -> None:
        if len(words) != 2:
            raise FormatError("a line n has a node and its value", number)
        node = self._index(words[0], number)
        found = self._nodes.setdefault(node, {})
        if self._kind == "max" and words[1] in ("s", "t"):
            found["terminal"] = words[1]
        elif self._kind == "min":  # a supply; networkx has demands
            found["demand"] = -self._value(words[1], number)
        else:
            found["value"] = self._value(words[1], number)

    def _index(self, word: str, number: int) -> int:
        if not _NUMBER.fullmatch(word) or not 1 <= int(word) <= self._n:
            raise FormatError(f"{word[:40]!r} is no node: they are the numbers 1 to {self._n}", number)
        return int(word)

    def _value(self, word: str, number: int) -> int | float:
        if re.fullmatch(r"[+-]?[0-9]{1,18}", word, re.ASCII):
            return int(word)
        if _VALUE.fullmatch(word):
            value = float(word)
            if math.isfinite(value):
                return value
        raise FormatError(f"{word[:40]!r} is no finite number", number)

    def _hand_over(self) -> None:
        sink = self._sink
        sink.nodes(pa.array(np.arange(1, self._n + 1, dtype=np.int64)))
        for node, found in self._nodes.items():
            sink.node(node, found)
        columns = {name: values for name, values in self._columns.items() if any(value is not None for value in values)}
        sources, targets = np.frombuffer(self._sources, np.int64), np.frombuffer(self._targets, np.int64)
        sink.edges(sources, targets, columns, places=self._places)
        if self._m != len(self._places):
            sink.reading.note(f"the problem line says {self._m} edges, the file has {len(self._places)}")
        for letter, count in self._others.items():
            sink.reading.note(f"{counted(count, 'line')} passed over: they begin with {letter!r}")


def _sniff(head: FileHead) -> int:
    for line in head.lines:
        if line.split()[0] != "c":
            return SURE if _PROBLEM.fullmatch(line) else 0
    return 0


FORMAT = Format(
    name="dimacs",
    title="a DIMACS file",
    about="The files of the DIMACS challenges on colouring, cliques, shortest paths and flows, and the graphs of PACE.",
    extensions=("col", "clq", "dimacs", "gr"),
    content_types=("text/x-dimacs",),
    parse=parse,
    write=None,
    sniff=_sniff,
    rank=16,
    reads=(
        "Problems are `edge`, `col` and `tw`, which are undirected, and `sp`, `asn`, `max` and `min`, which are directed. Nodes are the numbers from 1.",
        "The numbers of an edge are its `weight` (`sp`, `asn`, and `edge` where it has one), its `capacity` (`max`), or `lower`, `capacity` and `weight` (`min`; a capacity below 0 means that there is none). Lines `n` are the attributes `terminal` (`max`: s or t), `demand` (`min`: the supply with its sign turned, as networkx has it) or `value` of nodes.",
        "Where the problem line says another number of edges than the file has, the answer tells both. Many files of colouring have each edge twice: say `duplicates=skip`.",
    ),
    example="""\
c a comment
p sp 3 2
a 1 2 5
a 2 3 2.5
""",
)
