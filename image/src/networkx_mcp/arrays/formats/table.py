"""A table as a graph and back: one row a node or an edge, as CSV, Parquet and Arrow files have it.

Two columns name the ends; every other column is an attribute. A row without a target is a node by itself, and
its other columns are attributes of that node. Reading splits the rows into nodes and edges, vectorised; writing
gives pages of columns, nodes first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from networkx_mcp.arrays import functions as pc
from networkx_mcp.arrays.columns import AttributeTable, Column, encode_values
from networkx_mcp.arrays.formats.common import FormatError, Options, Place
from networkx_mcp.arrays.formats.export_pages import slice_column
from networkx_mcp.arrays.formats.reading import Reading
from networkx_mcp.arrays.formats.record import Option
from networkx_mcp.arrays.formats.sink import Sink
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.ids import format_id
from networkx_mcp.errors import InvalidInput

#: Columns of one table.
MAX_COLUMNS = 1024
#: Names of the two columns where none are given, small and without spaces around them; earlier ones come first.
END_NAMES: Final = (
    ("source", "target"),
    ("from", "to"),
    ("src", "dst"),
    ("src", "dest"),
    ("src", "tgt"),
    ("source_id", "target_id"),
    ("sourceid", "targetid"),
    ("source id", "target id"),
    ("from_id", "to_id"),
    ("fromnodeid", "tonodeid"),
    ("from_node_id", "to_node_id"),
    ("from_node", "to_node"),
    ("source_node", "target_node"),
    ("origin", "destination"),
    ("start", "end"),
    (":start_id", ":end_id"),
    ("_start", "_end"),
    ("node1", "node2"),
    ("node_1", "node_2"),
    ("id_1", "id_2"),
    ("id1", "id2"),
    ("u", "v"),
    ("sender", "receiver"),
    ("sender", "recipient"),
    ("payer", "payee"),
    ("caller", "callee"),
    ("follower", "followee"),
    ("citing", "cited"),
)
#: Beginnings of such names where they tell what the ends are, `from_account` and `to_account`; and what they may tell: no date, say.
_BEGINNINGS: Final = (
    ("source", "target"), ("from", "to"), ("src", "dst"), ("src", "dest"), ("origin", "destination"), ("orig", "dest"),
    ("sender", "receiver"), ("payer", "payee"), ("departure", "arrival"),
)  # fmt: skip
_KIND: Final = re.compile(
    r"(account|acct|user|person|people|employee|customer|client|airport|station|stop|city|place|address|wallet|email|host|ip|bank|company|"
    r"entity|party|node|vertex|page|url|paper|country|iban|name|code|iata|id)([_ ]?(id|no|nr|number|code|name))?"
)
#: What the column of ids of a table of nodes is called, what else its first column tells to be it, and what is taken where neither is there.
_NODE_IDS: Final = ("id", ":id", "_id", "node_id", "nodeid", "node id", "node", "vertex", "vertex_id")
_LESS_SURE: Final = ("key", "name", "source")
_NODE_ID: Final = re.compile(
    r"(.*[_ ])?(id|ids|code|iata|icao|key|uuid|number|nr|no|iban)|employee|account|user|email|station|airport"
)
#: The options of tables.
ENDS: Final = (
    Option(
        "source",
        "The column of the source.",
        (),
        "source, from, src, ... when reading; source when writing",
        True,
        True,
    ),
    Option(
        "target", "The column of the target.", (), "target, to, dst, ... when reading; target when writing", True, True
    ),
)
#: What may be said of a table beside its ends.
SHAPES: Final = (
    Option(
        "part",
        "What a row is: `edges`, an edge; `nodes`, a node and its attributes. Left out: an edge, or without a target a node by itself.",
        ("edges", "nodes"),
        "either",
    ),
    Option("id", "With `part=nodes`: the column of the ids.", (), "id, node_id, node, key, name, ..."),
    Option(
        "incomplete",
        "With `part`: a row without an id is an error, or passed over and counted.",
        ("error", "skip"),
        "error",
    ),
    Option(
        "sql",
        "One SELECT over the table `rows` (DuckDB's), whose result is the table that is read.",
        (),
        "the rows as they are",
    ),
)
_ROWS = "Rows for nodes, before those of edges: where one has attributes or no edge, always, or never."
NODE_ROWS: Final = Option("nodes", _ROWS, ("auto", "all", "none"), "auto", False, True)
NODE_ROWS_OF_TABLES: Final = Option("nodes", _ROWS, ("auto", "all", "none"), "all", False, True)

#: Ids of the rows: an Arrow array, or a list where both types occur; null where there is none.
Ids: TypeAlias = pa.Array | list[Any]


# -- reading


class Columns(NamedTuple):
    """The columns that hold ids."""

    source: str
    #: None: each row is a node.
    target: str | None

    def tell(self, reading: Reading) -> None:
        """Say which were taken."""
        if self.target is None:
            reading.id_column = self.source
        else:
            reading.source_column, reading.target_column = self.source, self.target


@dataclass(frozen=True, slots=True)
class TableShape:
    """What a caller says of the rows of a table."""

    source: str | None = None
    target: str | None = None
    id_column: str | None = None
    part: Literal["edges", "nodes"] | None = None
    skip_incomplete: bool = False

    @classmethod
    def take(cls, options: Options) -> TableShape:
        """Out of the options. Raises InvalidInput for those that contradict each other."""
        source, target, id_column = options.text("source"), options.text("target"), options.text("id")
        part = options.text("part", None, ("edges", "nodes"))
        incomplete = options.text("incomplete", None, ("error", "skip"))
        if part == "nodes":
            for name, value in (("source", source), ("target", target)):
                if value is not None:
                    raise InvalidInput(
                        f"option {name}: with part=nodes a row is a node: name the column of its id by option id",
                        field=f"options.{name}",
                    )
        elif id_column is not None:
            raise InvalidInput("option id is for part=nodes: edges have source and target", field="options.id")
        if incomplete is not None and part is None:
            raise InvalidInput(
                "option incomplete needs part=edges or part=nodes: without it a row without a target is a node",
                field="options.incomplete",
            )
        return cls(source, target, id_column, part, incomplete == "skip")  # type: ignore[arg-type]

    def choose(self, names: Sequence[str]) -> Columns:
        """The columns of ids among `names`. Raises FormatError that says what there is."""
        _check_names(names)
        if self.part != "nodes":
            return Columns(*_choose_ends(names, self.source, self.target))
        if (found := self._id_column(names)) is not None:
            return Columns(found, None)
        what = "" if self.id_column is None else f" {self.id_column!r}"
        raise FormatError(
            f"there is no column of ids{what}: name it by option id, for example id={names[0] if names else 'id'}; the columns are "
            f"{_listed(names) or 'none'}"
        )

    def _id_column(self, names: Sequence[str]) -> str | None:
        if self.id_column is not None:
            return _column(names, self.id_column)
        first = names[0] if names and _NODE_ID.fullmatch(names[0].strip().casefold()) else None
        sure = (_column(names, wanted) for wanted in _NODE_IDS)
        others = (_column(names, wanted) for wanted in _LESS_SURE)
        return next((found for found in (*sure, first, *others) if found is not None), None)


def _check_names(names: Sequence[str]) -> None:
    if len(names) > MAX_COLUMNS:
        raise FormatError(f"the table has {len(names)} columns; at most {MAX_COLUMNS} are allowed")
    for name in names:
        if name and names.count(name) > 1:
            raise FormatError(f"two columns are named {name!r}: rename one")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(name[:60]) for name in names[:20]) + (", ..." if len(names) > 20 else "")


def _choose_ends(names: Sequence[str], source: str | None, target: str | None) -> tuple[str, str]:
    """The columns of source and target."""
    for default in END_NAMES:
        chosen = _column(names, source or default[0]), _column(names, target or default[1])
        if chosen[0] is not None and chosen[1] is not None and chosen[0] != chosen[1]:
            return chosen[0], chosen[1]
    if source is None and target is None and (found := _pair(names)) is not None:
        return names[found[0]], names[found[1]]
    wanted = " and ".join(repr(name) for name in (source or "source", target or "target"))
    nodes = ""
    if (
        source is None
        and target is None
        and any(name.strip().casefold() in (*_NODE_IDS, *_LESS_SURE) for name in names[:2])
    ):
        nodes = "; a table of nodes needs part=nodes, and mode=merge where it comes after its table of edges"
    raise FormatError(
        f"there are no two columns {wanted}: name the columns that hold the ends of an edge by options source and "
        f"target; the columns are {_listed(names) or 'none'}{nodes}"
    )


def _column(names: Sequence[str], wanted: str) -> str | None:
    """The column that is called so, else the one that is but for case and blanks."""
    if wanted in names:
        return wanted
    like = [name for name in names if name.strip().casefold() == wanted.strip().casefold()]
    return like[0] if len(like) == 1 else None


def find_ends(names: Sequence[str]) -> tuple[int, int] | None:
    """Where the two columns of ends are among `names`, by the names that programs give them, whatever their case."""
    known = {name.strip().casefold(): place for place, name in reversed(list(enumerate(names)))}
    for source, target in END_NAMES:
        if source in known and target in known:
            return known[source], known[target]
    return _pair(names)


def _pair(names: Sequence[str]) -> tuple[int, int] | None:
    """Where two columns are among `names` that begin as those of ends do and say the same what they are, `from_account` and `to_account`."""
    known = {name.strip().casefold(): place for place, name in reversed(list(enumerate(names)))}
    pairs = {
        (place, known[other])
        for source, target in _BEGINNINGS
        for name, place in known.items()
        if name.startswith(source) and _KIND.fullmatch(kind := name[len(source) :].lstrip("_ "))
        for other in (f"{target}{name[len(source) :]}",)
        if other in known and kind
    }
    # Of several nobody can say which are meant.
    return pairs.pop() if len(pairs) == 1 else None


def emit(
    sink: Sink,
    shape: TableShape,
    sources: Ids,
    targets: Ids,
    columns: Mapping[str, Any],
    place: Callable[[int], Place],
) -> None:
    """Hand rows over: nodes stand in the order in which the rows name them. `place` tells where row k stands.

    `columns`: Arrow arrays or Columns, null where missing. Of a table of nodes `targets` are all null.
    """
    no_source, no_target = _missing(sources), _missing(targets)
    sink.reading.rows = (sink.reading.rows or 0) + len(no_source)
    blank = _blank(no_source & no_target, columns)
    broken = no_source & ~blank
    if shape.part == "edges":
        broken |= no_target & ~blank
    if broken.any() and not shape.skip_incomplete:
        row = int(np.flatnonzero(broken)[0])
        what = "the id" if shape.part == "nodes" else "the source" if no_source[row] else "the target"
        advice = "option incomplete=skip passes" if shape.part else "options part=edges and incomplete=skip pass"
        raise FormatError(f"{what} is missing: {advice} over such rows", place(row))
    if blank.any():
        sink.reading.note("rows without any value were passed over")
    sink.reading.skipped_rows += int((blank | broken).sum())
    no_source, no_target, blank = no_source | broken, no_target | broken, blank | broken
    columns = {name: _without_nan(column, sink) for name, column in columns.items() if _filled(column)}
    columns = {name: column for name, column in columns.items() if _filled(column)}
    if not no_target.any():
        sink.edges(sources, targets, columns, places=place)
        return
    alone, paired = np.flatnonzero(no_target & ~blank), np.flatnonzero(~no_target)
    if len(paired) and len(alone) and paired[0] < alone[-1]:
        # Mixed: an edge may name a node before its own row does. Its place is where it is named first.
        sink.nodes(_named(sources, targets, ~no_target, ~no_source))
    for rows, ends in ((alone, None), (paired, targets)):
        part = {name: column.take(pa.array(rows)) for name, column in columns.items()}
        part = {name: column for name, column in part.items() if _filled(column)}

        def where(row: int, rows: NDArray[np.int64] = rows) -> Place:
            return place(int(rows[row]))

        if ends is None and len(rows):
            sink.nodes(_take(sources, rows), part, places=where)
        elif ends is not None and len(rows):
            sink.edges(_take(sources, rows), _take(ends, rows), part, places=where)


def _without_nan(column: Any, sink: Sink) -> Any:
    """JSON has no NaN: it is a missing value, and counted."""
    if isinstance(column, Column) or not pa.types.is_floating(column.type):
        return column
    nan = pc.is_nan(column)
    count = pc.sum(nan).as_py()
    if not count:
        return column
    sink.reading.missing_values += int(count)
    return pc.if_else(nan, pa.scalar(None, column.type), column)


def _missing(ids: Ids) -> NDArray[np.bool_]:
    if isinstance(ids, list):
        return np.fromiter((value is None for value in ids), bool, len(ids))
    return np.asarray(ids.is_null().to_numpy(zero_copy_only=False))


def _take(ids: Ids, rows: NDArray[np.int64]) -> Ids:
    if isinstance(ids, list):
        return [ids[row] for row in rows.tolist()]
    return ids.take(pa.array(rows))


def _blank(candidates: NDArray[np.bool_], columns: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Which of the candidates have no value at all: spreadsheets end tables with rows of commas."""
    rows = np.flatnonzero(candidates)
    for column in columns.values():
        if not len(rows):
            break
        values = column.values if isinstance(column, Column) else column
        rows = rows[np.asarray(values.is_null().to_numpy(zero_copy_only=False))[rows]]
    found = np.zeros(len(candidates), bool)
    found[rows] = True
    return found


def _named(sources: Ids, targets: Ids, paired: NDArray[np.bool_], named: NDArray[np.bool_]) -> Ids:
    """Ids in the order in which the rows name them."""
    if isinstance(sources, list):
        pairs = zip(sources, targets, strict=True)
        return [node for pair in pairs for node in pair if node is not None]
    order = np.arange(2 * len(sources)).reshape(2, -1).T.ravel()
    present = np.empty(2 * len(sources), bool)
    present[::2], present[1::2] = named, paired
    return pa.concat_arrays([plain(sources), plain(targets)]).take(pa.array(order[present])).unique()


def plain(array: pa.Array) -> pa.Array:
    """Without a dictionary."""
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _filled(column: Any) -> bool:
    values = column.values if isinstance(column, Column) else column
    return bool(values.null_count < len(values))


# -- writing


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows: node rows where `targets` is None. Positions of nodes; attributes by name, absent where none has it."""

    sources: NDArray[np.int32]
    targets: NDArray[np.int32] | None
    columns: dict[str, Column]


def end_columns(options: Options) -> tuple[str, str]:
    """Names of the two columns to write."""
    source, target = options.text("source", "source"), options.text("target", "target")
    if not source or not target or source == target:
        raise InvalidInput("options source and target: give two different names", field="options.source")
    return source, target


def node_rows_wanted(graph: FrozenGraph, options: Options, default: str = "auto") -> bool:
    """Option `nodes`: whether nodes get rows. Raises InvalidInput where `none` would lose something."""
    mode = options.text("nodes", default, ("auto", "all", "none"))
    seen = np.zeros(graph.n, bool)
    seen[graph.src] = True
    seen[graph.dst] = True
    lonely = np.flatnonzero(~seen)
    needed = bool(graph.node_table) or len(lonely) > 0
    if mode == "none" and needed:
        what = "attributes of nodes" if graph.node_table else f"node {format_id(graph.id_of(int(lonely[0])))}"
        raise InvalidInput(
            f"without rows for nodes {what} would be lost: leave the option nodes out", field="options.nodes"
        )
    return needed or mode == "all"


def attribute_names(graph: FrozenGraph, taken: tuple[str, str], format_: str) -> list[str]:
    """Names of all attributes. Raises InvalidInput for names that cannot be columns."""
    names = list(dict.fromkeys([*graph.node_table.names(), *graph.edge_table.names()]))
    for name in names:
        if name in taken:
            raise InvalidInput(
                f"an attribute is named {name!r}, as the column of the ends: choose other columns by options source "
                "and target",
                field="format",
            )
        if not name:
            raise InvalidInput(f"an attribute has an empty name, which no column of {format_} can have", field="format")
    if len(names) > MAX_COLUMNS - 2:
        raise InvalidInput(
            f"the graph has {len(names)} attribute names; a table has at most {MAX_COLUMNS} columns: use node-link",
            field="format",
        )
    return names


def pages(graph: FrozenGraph, nodes: bool, size: int) -> Iterator[Page]:
    """All rows, `size` at a time, those of nodes first."""
    if nodes:
        for start in range(0, graph.n, size):
            rows = np.arange(start, min(start + size, graph.n), dtype=np.int32)
            yield Page(rows, None, _columns(graph.node_table, start, len(rows)))
    for start in range(0, graph.m, size):
        sources = graph.src[start : start + size]
        yield Page(sources, graph.dst[start : start + size], _columns(graph.edge_table, start, len(sources)))


def _columns(table: AttributeTable, start: int, count: int) -> dict[str, Column]:
    columns = {name: slice_column(column, start, count) for name, column in table.columns.items()}
    if table.rest is not None:
        sparse: dict[str, tuple[list[int], list[Any]]] = {}
        rest = AttributeTable(count, {}, slice_column(table.rest, start, count))
        for row, attributes in rest.rest_rows():
            for name, value in attributes.items():
                rows, values = sparse.setdefault(name, ([], []))
                rows.append(row)
                values.append(value)
        columns |= {name: spread(rows, values, count) for name, (rows, values) in sparse.items()}
    return columns


def spread(rows: Sequence[int], values: Sequence[Any], count: int) -> Column:
    """A column of `count` rows with JSON `values` at `rows`, missing elsewhere."""
    source = np.full(count, -1, np.int64)
    source[list(rows)] = np.arange(len(values))
    return encode_values(values).take(pa.array(source, mask=source < 0))
