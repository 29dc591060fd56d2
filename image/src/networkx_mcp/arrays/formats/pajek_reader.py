"""Pajek, read; what and how is said in `pajek`."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Callable
from typing import IO, Any, Final

import numpy as np
import pyarrow as pa

from networkx_mcp.arrays.formats.common import FormatError, Options, counted
from networkx_mcp.arrays.formats.pajek import SECTION
from networkx_mcp.arrays.formats.sink import Sink
from networkx_mcp.arrays.formats.text import lines_of, text_ids

#: Words of a line: in quotes of either kind, or up to white space.
_WORD: Final = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'(?=\s|$)|(\S+))""")
_INTEGER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_REAL: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)
_NAN: Final = frozenset({"nan", "+nan", "-nan"})
#: What networkx writes where a node has no place.
DEFAULT: Final = ["0.0", "0.0", "ellipse"]
#: Entries of a matrix that are no edges.
_DENSE: Final = frozenset({"0", "0.0", "0."})


def parse(file: IO[bytes], options: Options, sink: Sink) -> None:
    """See the module. Raises FormatError."""
    by_number = options.text("label", "label", ("label", "number")) == "number"
    options.finish()
    reader = _Reader(sink, by_number=by_number)
    for number, text in lines_of(file):
        reader.line(text, number)
    reader.hand_over()


class _Edges:
    """Edges of one kind, by the numbers of their ends."""

    def __init__(self) -> None:
        self.sources, self.targets, self.places = array("q"), array("q"), array("q")
        self.weights: list[int | float | None] = []
        #: By position, for the few that have some.
        self.pairs: dict[int, dict[str, str]] = {}

    def add(self, source: int, target: int, weight: int | float | None, place: int) -> None:
        self.sources.append(source)
        self.targets.append(target)
        self.weights.append(weight)
        self.places.append(place)


class _Reader:
    """Takes the lines of one file, in order."""

    def __init__(self, sink: Sink, *, by_number: bool) -> None:
        self._sink = sink
        self._by_number = by_number
        self._section: Callable[[str, int], None] | None = None
        self._n = -1
        self._labels: dict[int, str] = {}
        self._attributes: dict[int, dict[str, Any]] = {}
        self._arcs, self._edges = _Edges(), _Edges()
        self._into = self._arcs
        self._has_arcs = self._has_edges = False
        self._row = 0
        self._name: str | None = None

    def line(self, text: str, number: int) -> None:
        """Take a line."""
        bare = text.strip()
        if not bare or bare[0] == "%":
            return
        if bare[0] == "*":
            self._begin(bare, number)
        elif self._section is None:
            raise FormatError("a Pajek network begins with *Vertices and their number", number)
        else:
            self._section(bare, number)

    def _begin(self, text: str, number: int) -> None:
        found = SECTION.match(text)
        if found is None:
            raise FormatError(
                f"the section {text[:40]} is not read: keep *Vertices, *Arcs and *Edges, and make the rest attributes of nodes",
                number,
            )
        name, rest = found[1].lower(), text[found.end() :].strip()
        if name == "network":
            self._name = rest or None
        elif name == "vertices":
            self._vertices(rest, number)
        else:
            if self._n < 0:
                raise FormatError(f"*Vertices and their number come before *{found[1]}", number)
            if re.match(r":\s*[0-9]", rest):
                self._sink.reading.note("relations of a network of several are put together: their names are left out")
            directed = name in ("arcs", "arcslist", "matrix")
            self._into = self._arcs if directed else self._edges
            self._has_arcs |= directed
            self._has_edges |= not directed
            self._section = {"arcs": self._edge, "edges": self._edge, "matrix": self._matrix}.get(name, self._list)

    def _vertices(self, rest: str, number: int) -> None:
        words = rest.split()
        if self._n >= 0:
            raise FormatError("a second *Vertices: send one network a file", number)
        if not words or not all(map(_INTEGER.fullmatch, words)):
            raise FormatError("the number of vertices is missing", number)
        if len(words) > 1:
            raise FormatError(
                "a two-mode network: its rows and columns are different nodes. Leave the second number out to read it as one graph",
                number,
            )
        self._n = int(words[0])
        self._sink.limits.check_nodes(self._n)
        self._section = self._vertex

    def _words(self, text: str, number: int) -> list[str]:
        found = []
        at = 0
        while match := _WORD.match(text, at):
            at = match.end()
            word = next(group for group in match.groups() if group is not None)
            self._sink.limits.check_text(len(word), number, "a text")
            found.append(word)
        return found

    def _index(self, word: str, number: int) -> int:
        if not _INTEGER.fullmatch(word) or not 1 <= int(word) <= self._n:
            raise FormatError(f"{word[:40]!r} is no vertex: they are the numbers 1 to {self._n}", number)
        return int(word)

    def _vertex(self, text: str, number: int) -> None:
        words = self._words(text, number)
        node = self._index(words[0], number)
        if node in self._labels:
            raise FormatError(f"the vertex {node} stands twice", number)
        self._labels[node] = words[1] if len(words) > 1 else words[0]
        rest = words[2:]
        if not rest:
            return
        found: dict[str, Any] = {}
        if rest[:3] == DEFAULT:
            rest = rest[3:]
        else:
            for axis in "xyz":
                if rest and _REAL.fullmatch(rest[0]):
                    found[axis] = self._finite(float(rest.pop(0)), number)
                else:
                    break
            if len(rest) % 2:
                found["shape"] = rest.pop(0)
        found |= self._pairs(rest)
        if found:
            self._attributes[node] = found

    def _pairs(self, words: list[str]) -> dict[str, str]:
        """Names and texts behind each other."""
        if len(words) % 2:
            self._sink.reading.note("a word without a text behind it, at the end of a line, was passed over")
            words = words[:-1]
        return dict(zip(words[::2], words[1::2], strict=True))

    def _finite(self, value: float, number: int) -> float:
        if not math.isfinite(value):
            raise FormatError("a number is too large for JSON", number)
        return value

    def _number(self, word: str, number: int) -> int | float | None:
        """A weight; None where the word is no number."""
        if _WHOLE.fullmatch(word):
            return int(word)
        return self._finite(float(word), number) if _REAL.fullmatch(word) else None

    def _edge(self, text: str, number: int) -> None:
        words = self._words(text, number)
        if len(words) < 2:
            raise FormatError("an edge has two numbers of vertices", number)
        ends = self._index(words[0].removeprefix("-"), number), self._index(words[1].removeprefix("-"), number)
        rest, weight = words[2:], None
        if rest:
            weight = self._number(rest[0], number)
            if weight is not None:
                rest = rest[1:]
            elif rest[0].lower() in _NAN:
                self._sink.reading.missing_values += 1
                rest = rest[1:]
        if rest:
            self._into.pairs[len(self._into.places)] = self._pairs(rest)
        self._add(*ends, weight, number)

    def _list(self, text: str, number: int) -> None:
        words = self._words(text, number)
        source = self._index(words[0], number)
        for word in words[1:]:
            self._add(source, self._index(word, number), None, number)

    def _matrix(self, text: str, number: int) -> None:
        self._row += 1
        words = text.split()
        if self._row > self._n or len(words) != self._n:
            raise FormatError(
                f"the matrix has {self._n} rows of {self._n} numbers; this is row {self._row} of {len(words)}", number
            )
        for column, word in enumerate(words, 1):
            if word in _DENSE:
                continue
            value = self._number(word, number)
            if value is None:
                raise FormatError(f"{word[:40]!r} is no number", number)
            if value:
                self._add(self._row, column, value, number)

    def _add(self, source: int, target: int, weight: int | float | None, number: int) -> None:
        self._into.add(source, target, weight, number)
        if not self._sink.repeats_allowed:
            self._sink.limits.check_edges(len(self._arcs.places) + len(self._edges.places))

    def hand_over(self) -> None:
        """Give the graph to the sink. Raises FormatError."""
        sink = self._sink
        if self._n < 0:
            raise FormatError("there is no *Vertices line in the file")
        if 0 < self._row < self._n:
            raise FormatError(f"the file ends after {self._row} of the {self._n} rows of its matrix")
        both = bool(self._arcs.places) and bool(self._edges.places)
        if both:
            sink.reading.note(
                f"the file has arcs and edges: the graph is directed, {counted(len(self._edges.places), 'edge')} made an arc in both "
                "directions"
            )
        if self._has_arcs or self._has_edges:
            sink.set_directed(bool(self._arcs.places) or (self._has_arcs and not self._edges.places))
        if self._name is not None:
            sink.limits.check_text(len(self._name), None, "the name of the network")
            sink.builder.graph_attributes = {"name": self._name}
        ids = self._ids()
        # The ids first, then what few have: nodes keep the order of their numbers.
        sink.nodes(ids)
        named = None
        for node, found in self._attributes.items():
            named = ids.to_pylist() if named is None else named
            sink.node(named[node - 1], found)
        self._put(self._arcs, ids)
        self._put(self._edges, ids)
        if both:
            turned = _Edges()
            turned.sources, turned.targets, turned.places = self._edges.targets, self._edges.sources, self._edges.places
            turned.weights, turned.pairs = self._edges.weights, self._edges.pairs
            self._put(turned, ids, loops=False)

    def _ids(self) -> pa.Array:
        if self._by_number:
            self._sink.typed_ids("pajek with label=number")
            for node, label in self._labels.items():
                if label != str(node):
                    self._attributes[node] = {"label": label, **self._attributes.get(node, {})}
            return pa.array(np.arange(1, self._n + 1, dtype=np.int64))
        labels = [
            self._labels.get(node) or str(node) if node not in self._labels else self._labels[node]
            for node in range(1, self._n + 1)
        ]
        if len(set(labels)) < len(labels):
            seen: set[str] = set()
            twice = next(label for label in labels if label in seen or seen.add(label))  # type: ignore[func-returns-value]
            raise FormatError(f"two vertices have the label {twice[:60]!r}: use option label=number")
        column = text_ids(pa.chunked_array([pa.array(labels, pa.string())]), self._sink.ids, self._sink.reading)
        return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column

    def _put(self, edges: _Edges, ids: pa.Array, *, loops: bool = True) -> None:
        if not edges.places:
            return
        sources, targets = np.frombuffer(edges.sources, np.int64) - 1, np.frombuffer(edges.targets, np.int64) - 1
        keep = np.ones(len(sources), bool) if loops else sources != targets
        columns: dict[str, list[Any]] = {"weight": edges.weights}
        for at, pairs in edges.pairs.items():
            for name, text in pairs.items():
                if name not in columns:
                    if len(columns) > _MAX_COLUMNS:
                        raise FormatError(f"edges have more than {_MAX_COLUMNS} different attributes", edges.places[at])
                    columns[name] = [None] * len(sources)
                columns[name][at] = text
        rows = np.flatnonzero(keep)
        kept = {
            name: [values[row] for row in rows.tolist()] if not loops else values
            for name, values in columns.items()
            if any(value is not None for value in values)
        }
        places = np.frombuffer(edges.places, np.int64)[rows]
        self._sink.edges(
            ids.take(pa.array(sources[rows])),
            ids.take(pa.array(targets[rows])),
            kept,
            places=lambda row: int(places[row]),
        )


_MAX_COLUMNS: Final = 1000
