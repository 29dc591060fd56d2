"""The sink: takes the graph that a parser reads, keeps the limits and knows where in the file each edge stood."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any, Final, TypeAlias

from networkx_mcp.arrays.builder import DuplicateEdge, GraphBuilder
from networkx_mcp.arrays.formats.common import (
    FormatError,
    Ids,
    Into,
    NotInteger,
    Options,
    ParseLimits,
    Place,
    Shape,
    counted,
    where,
)
from networkx_mcp.arrays.formats.reading import Reading
from networkx_mcp.arrays.formats.record import DUPLICATES
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.ids import INT64_MAX, INT64_MIN, NodeId, format_id
from networkx_mcp.errors import InvalidInput, LimitExceeded

#: Places of a column of edges: one for each, or a function of the row.
Places: TypeAlias = Sequence[int] | Callable[[int], Place]

#: The place of a value in a column, as the builder names it.
_ROW: Final = re.compile(r"(?:nodes|edges)(\.[^\[]*)?\[(\d+)\]")
_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]{0,18}", re.ASCII)
#: How far past the limit of nodes one may read before the different ones are counted.
_SLACK = 1 << 16


class Sink:
    """Builder, limits and places. The options that all formats share are read here."""

    def __init__(
        self, limits: ParseLimits, options: Options, into: Into | None = None, shape: Shape | None = None
    ) -> None:
        self.limits = limits
        self._into = into
        #: What is to be made of a table before it is a graph.
        self.shape = shape
        #: What is done to make a graph of the file: parsers add to it, answers tell it.
        self.reading = Reading()
        #: Whether files of the format list all nodes, so that one which only edges name is worth telling.
        self.lists_nodes = False
        #: Whether the text comes in UTF-8 whatever the file itself declares (the caller knew its encoding).
        self.recoded = False
        self._directed = options.flag("directed")
        self._duplicates = options.text("duplicates", "error", DUPLICATES)
        #: The option `ids`, None where it was not given.
        self.ids_given: Ids | None = options.text("ids", None, ("auto", "string", "integer"))  # type: ignore[assignment]
        self.ids: Ids = self.ids_given or (into.ids if into is not None else "auto")
        if into is not None:
            if self._directed not in (None, into.directed):
                raise InvalidInput(
                    f"option directed: the graph that this is merged into is {_kind(into.directed)}: leave it out",
                    field="options.directed",
                )
            self._directed = into.directed
        self.restart()

    def restart(self) -> None:
        """Forget all that came, to read the file once more."""
        self.builder = GraphBuilder(
            bool(self._directed),
            duplicates=self._duplicates,  # type: ignore[arg-type]
            value_bytes=self.limits.value,
        )
        # (number of the first edge, places of the edges from there on)
        self._places: list[tuple[int, Places]] = []
        self._single: array[int] | None = None
        self._count_at = self.limits.nodes

    def typed_ids(self, format_: str) -> None:
        """Raises InvalidInput for option `ids` where the format says the type of each id itself."""
        if self.ids_given not in (None, "auto"):
            raise InvalidInput(f"ids have types in format {format_}: leave the option ids out", field="options.ids")

    @property
    def directed_given(self) -> bool | None:
        """The option `directed`, None where it was not given."""
        return self._directed

    @property
    def repeats_allowed(self) -> bool:
        """Whether an edge may stand twice."""
        return self._duplicates != "error"

    def set_directed(self, directed: bool, place: Place = None) -> None:
        """What the file itself says. Raises FormatError where the option says otherwise."""
        if self._directed is not None and self._directed != directed:
            kind = _kind(directed)
            if self._into is not None:
                raise FormatError(
                    f"the file says it is {kind}, and the graph that it is merged into is {_kind(self._directed)}",
                    place,
                )
            raise FormatError(
                f"the file says it is {kind}, the option directed says otherwise: leave the option out", place
            )
        self.builder.directed = directed

    def node(self, node: NodeId, attributes: Mapping[str, Any] | None = None, *, place: Place = None) -> None:
        """Add one node."""
        try:
            self.builder.add_node(node, attributes)
        except InvalidInput as error:
            raise FormatError(_plain(error), place) from None
        except LimitExceeded as error:
            raise _placed(error, place) from None
        self._check_nodes()

    def edge(self, u: NodeId, v: NodeId, attributes: Mapping[str, Any] | None = None, *, place: Place = None) -> None:
        """Add one edge."""
        try:
            self.builder.add_edge(u, v, attributes)
        except InvalidInput as error:
            raise FormatError(_plain(error), place) from None
        except LimitExceeded as error:
            raise _placed(error, place) from None
        if self._single is None:
            self._single = array("q")
            self._places.append((self.builder.edges_given - 1, self._single))
        self._single.append(place if isinstance(place, int) else 0)
        self._check_edges()

    def nodes(self, ids: Any, columns: Mapping[str, Any] | None = None, *, places: Places | None = None) -> None:
        """Add columns of nodes."""
        try:
            self.builder.add_nodes(ids, columns)
        except InvalidInput as error:
            raise _of_column(error, places) from None
        except LimitExceeded as error:
            raise _placed(error, _row_place(error, places)) from None
        self._check_nodes()

    def edges(
        self,
        sources: Any,
        targets: Any,
        columns: Mapping[str, Any] | None = None,
        *,
        places: Places | None = None,
    ) -> None:
        """Add columns of edges."""
        first = self.builder.edges_given
        try:
            self.builder.add_edges(sources, targets, columns)
        except InvalidInput as error:
            raise _of_column(error, places) from None
        except LimitExceeded as error:
            raise _placed(error, _row_place(error, places)) from None
        self.edge_places(first, places)
        self._check_edges()

    def edge_places(self, first: int, places: Places | None) -> None:
        """Say where the edges from number `first` on stand."""
        self._single = None
        self._places.append((first, places if places is not None else _nowhere))

    def _check_nodes(self) -> None:
        # A node may be named again and again: only past the limit it is worth the time to count.
        if self.builder.nodes_given > self._count_at:
            self.limits.check_nodes(self.builder.distinct())
            self._count_at = 2 * self.builder.nodes_given + _SLACK

    def _check_edges(self) -> None:
        # Repeated edges may be allowed; then only the finished graph tells how many there are.
        if not self.repeats_allowed:
            self.limits.check_edges(self.builder.edges_given)

    def freeze(self) -> FrozenGraph:
        """The finished graph. Raises FormatError with the place of a repeated edge, LimitExceeded."""
        try:
            graph = self.builder.freeze()
        except DuplicateEdge as error:
            u, v = error.data["edge"]
            first, second = self._place(error.data["first"]), self._place(error.data["second"])
            word = f"line {first}" if isinstance(first, int) else first
            before = f" (first in {word})" if first is not None and first != second else ""
            undirected = self._directed is None and not self.builder.directed
            turned = "a - b and b - a are one edge unless option directed=true is given; " if undirected else ""
            raise FormatError(
                f"the edge {format_id(u)} - {format_id(v)} stands twice{before}; {turned}parallel edges are not kept: remove "
                "one, or use option duplicates=update (merge attributes), duplicates=skip or duplicates=sum (add numbers up; also count, min, max, mean, first, last, list)",
                second,
            ) from None
        except InvalidInput as error:
            raise FormatError(_plain(error)) from None
        except LimitExceeded as error:
            raise _placed(error, None) from None
        self.limits.check_nodes(graph.n)
        self.limits.check_edges(graph.m)
        if self._duplicates == "skip":
            self.reading.skipped_edges = self.builder.repeated_edges
        elif self._duplicates != "error":
            self.reading.merged_edges = self.builder.repeated_edges
            self.reading.duplicates = self._duplicates
        if self.builder.turned_edges and self._directed is None and not graph.directed:
            self.reading.note(
                f"{self.builder.turned_edges} of the repeated edges stand in the other direction: option directed=true keeps "
                "a - b and b - a apart"
            )
        if self.builder.taken_together and self._duplicates in ("sum", "mean", "min", "max"):
            names = ", ".join(repr(name[:60]) for name in self.builder.taken_together[:20])
            self.reading.note(
                f"of repeated edges the {self._duplicates} was taken of {names}; option sql says it for each column"
            )
        for name in self.builder.first_taken:
            self.reading.note(f"attribute {name[:60]!r} has no numbers to {self._duplicates}: the first value was kept")
        self.reading.merged_nodes = self.builder.repeated_nodes
        if self.lists_nodes and self.builder.unlisted_nodes:
            made = counted(self.builder.unlisted_nodes, "node")
            self.reading.note(f"{made} made because edges name them: the file does not list them")
        if not graph.n:
            self.reading.note("the file has no nodes: the graph is empty")
        return graph

    def _place(self, edge: int) -> Place:
        at = bisect_right(self._places, edge, key=lambda entry: entry[0]) - 1
        if at < 0:
            return None
        first, places = self._places[at]
        return _at(places, edge - first)


def _kind(directed: bool) -> str:
    return "directed" if directed else "undirected"


def _nowhere(_: int) -> Place:
    return None


def _at(places: Places, row: int) -> Place:
    return places(row) if callable(places) else (places[row] or None)


def _plain(error: InvalidInput) -> str:
    return error.message.rstrip(".")


def _row_place(error: LimitExceeded, places: Places | None) -> Place:
    row = error.data.pop("row", None)
    return None if row is None or places is None else _at(places, row)


def _placed(error: LimitExceeded, place: Place) -> LimitExceeded:
    """The error about a value with the place in the file."""
    line: dict[str, Any] = {"line": place} if isinstance(place, int) else {}
    return LimitExceeded(f"{where(place)}{error.message} Nothing was changed.", **error.data, **line)


def _of_column(error: InvalidInput, places: Places | None) -> FormatError:
    """The error about `edges.weight[17]` with the place of row 17."""
    found = _ROW.match(error.at)
    if found is None or places is None:
        return FormatError(_plain(error))
    column, inside = (found[1] or "").removeprefix("."), error.at[found.end() :]
    names = [name for name in (column, inside) if name]
    return FormatError(": ".join([*names, error.problem.rstrip(".")]), _at(places, int(found[2])))


#: Makes an id of text at a place.
Convert: TypeAlias = Callable[[str, Place], NodeId]


def to_text(text: str, _: Place) -> NodeId:
    """The id as it stands."""
    return text


def to_integer(text: str, place: Place) -> NodeId:
    """The id as an integer as Python prints one. Raises NotInteger."""
    if _INTEGER.fullmatch(text):
        number = int(text)
        if INT64_MIN <= number <= INT64_MAX:
            return number
    raise NotInteger(f"id {format_id(text)} is no integer of 64 bits", place)


def with_ids(file: IO[bytes], sink: Sink, mode: Ids, run: Callable[[Convert], None]) -> None:
    """Run a parser that streams with ids as `mode` says; for `auto` once more where they are no integers after all."""
    if mode == "string":
        run(to_text)
        return
    start = file.tell()
    try:
        run(to_integer)
    except NotInteger:
        if mode == "integer":
            raise
        file.seek(start)
        sink.restart()
        run(to_text)
