"""A result by node or by edge as an attribute of the graph: what `save_as` asks of a worker.

The task gives a value for each row that its result has, of all rows, whatever page is answered. Rows outside the result lose the
attribute. Few values become a batch of edits, as a caller would send it; many become the whole graph anew, in one buffer with
its snapshot, so that the API only has to hand it on.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from networkx_mcp.analysis.definition import SAVE
from networkx_mcp.arrays import edits, frozen, memfd, value_sizes
from networkx_mcp.arrays.columns import Assembler, AttributeTable, Column, encode_values
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.values import MAX_INT_BITS
from networkx_mcp.backend.kernels.node_results import NodeGroups, NodeValues
from networkx_mcp.errors import Conflict, InvalidInput, echoed
from networkx_mcp.workers.task_registry import TaskOutput

if TYPE_CHECKING:
    from networkx_mcp.analysis.loaded_graph import LoadedGraph

#: What a result is of.
Of = Literal["nodes", "edges"]
#: In an answer of a task's body: the values to keep.
VALUES = "_values"
#: Values, and bytes of the batch, up to which they are an edit: it is prepared on the event loop.
FEW_VALUES, FEW_BYTES = 1000, 64 * 1024
#: Names that an error gives.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Values:
    """A value for each of `rows` (of nodes or of edges), each row once; `left_out`: numbers that no JSON has."""

    of: Of
    rows: NDArray[np.int64]
    column: Column
    left_out: int = 0

    def seen_in(self, rows: NDArray[np.int64]) -> Values:
        """The same of the graph of which only `rows` were seen."""
        return replace(self, rows=rows[self.rows])


def by_node(graph: LoadedGraph, values: Mapping[Any, Any]) -> Values:
    """Numbers or other JSON values by node. Raises InvalidInput for a value that is none of these."""
    if isinstance(values, NodeValues) and values.graph is graph.arrays:
        rows = np.arange(len(values.array)) if values.rows is None else np.asarray(values.rows, np.int64)
        return _of_array("nodes", rows, values.array)
    order = graph.order
    return _of_values("nodes", [order[node] for node in values], list(values.values()))


def by_group(graph: LoadedGraph, groups: NodeGroups | Sequence[Iterable[Any]], *, overlapping: bool = False) -> Values:
    """The number of its group by node, from 1 in the order of `groups` (of NodeGroups: largest first); where groups may overlap,
    a list of numbers."""
    if isinstance(groups, NodeGroups) and groups.graph is graph.arrays:
        number = np.empty(len(groups), np.int64)
        number[np.array(groups.by_size(), np.int64)] = np.arange(1, len(groups) + 1)
        return _of_array("nodes", np.arange(len(groups.labels)), number[groups.labels])
    order = graph.order
    found: dict[int, Any] = {}
    for place, group in enumerate(groups, 1):
        for node in group:
            row = order[node]
            if overlapping:
                found.setdefault(row, []).append(place)
            elif row in found:
                raise InvalidInput(
                    f"node {echoed(node)} is in several groups: their number cannot be kept.", at="save_as"
                )
            else:
                found[row] = place
    return _of_values("nodes", list(found), list(found.values()))


def by_row(graph: LoadedGraph, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Values:
    """The rows of a table: a value by node or edge (several are a list), true where the row is the node or edge alone, the number of
    the row where it is a group of nodes. Raises InvalidInput for any other table."""
    most = 2 * (graph.state.n + graph.state.m)
    held = list(islice(rows, most + 1))
    if len(held) > most:
        raise InvalidInput(
            f"the result has over {most} rows, more than one for each node and edge: only results by node or edge are kept.",
            at="save_as",
        )
    if columns[0] == "node":
        return _by_node_row(graph, held)
    if list(columns[:2]) == ["source", "target"]:
        return by_edge(graph, (((row[0], row[1]), _rest(row[2:])) for row in held))
    if columns[-1] == "nodes" and columns[-2] == "size":
        return by_group(graph, [row[-1] for row in held])
    raise InvalidInput(
        f"the result is neither by node nor by edge; its columns are {', '.join(map(echoed, columns))}.", at="save_as"
    )


def _by_node_row(graph: LoadedGraph, rows: Iterable[Sequence[Any]]) -> Values:
    found: dict[Any, Any] = {}
    for row in rows:
        node = row[0]
        if node not in graph.order:
            raise InvalidInput(f"the result has {echoed(node)}, which is no node of the graph.", at="save_as")
        if node in found:
            raise InvalidInput(f"node {echoed(node)} has several values: none is kept.", at="save_as")
        found[node] = _rest(row[1:])
    return by_node(graph, found)


def _rest(cells: Sequence[Any]) -> Any:
    """What a row says of its node or edge: attributes of a derived graph are none of this one."""
    if not cells or isinstance(cells[0], Mapping):
        return True
    return cells[0] if len(cells) == 1 else list(cells)


def by_edge(graph: LoadedGraph, values: Iterable[tuple[tuple[Any, Any], Any]]) -> Values:
    """Values by edge; of an undirected graph an edge is known by its ends in either order.

    Raises InvalidInput for a pair that is no edge, and for an edge that has two values."""
    arrays = graph.arrays.frozen
    order = graph.order
    found: dict[int, Any] = {}
    for (u, v), value in values:
        row = arrays.edge_row(order[u], order[v]) if u in order and v in order else -1
        if row < 0:
            raise InvalidInput(
                f"the result has the pair {echoed(u)}, {echoed(v)}, which is no edge: only results by node or by edge are kept.",
                at="save_as",
            )
        if row in found and found[row] != value:
            raise InvalidInput(f"the edge {echoed(u)}, {echoed(v)} has two values: neither is kept.", at="save_as")
        found[row] = value
    return _of_values("edges", list(found), list(found.values()))


def _of_array(of: Of, rows: NDArray[np.int64], array: NDArray[Any]) -> Values:
    if array.dtype.kind == "b":
        return Values(of, rows, Column("bool", pa.array(array)))
    if (
        array.dtype.kind in "iu"
        and array.dtype.itemsize <= 8
        and (array.dtype.kind == "i" or not len(array) or array.max() < 2**63)
    ):
        return Values(of, rows, Column("int", pa.array(array.astype(np.int64))))
    if array.dtype.kind == "f":
        finite = np.isfinite(array)
        kept = array[finite].astype(np.float64)
        return Values(of, rows[finite], Column("float", pa.array(kept)), int(len(array) - len(kept)))
    return _of_values(of, rows.tolist(), array.tolist())


_LEFT_OUT = object()


def _of_values(of: Of, rows: Sequence[int], values: Sequence[Any]) -> Values:
    plain = [_plain(value) for value in values]
    kept = [
        (row, value) for row, value in zip(rows, plain, strict=True) if value is not None and value is not _LEFT_OUT
    ]
    column = encode_values([value for _, value in kept]) if kept else Column("float", pa.array([], pa.float64()))
    left_out = sum(value is _LEFT_OUT for value in plain)
    return Values(of, np.array([row for row, _ in kept], np.int64), column, left_out)


def _plain(value: Any, depth: int = 0) -> Any:
    """A value as JSON; None is no value, and a number that JSON has not is left out. Raises InvalidInput for what is no value."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, np.generic):
        return _plain(value.item(), depth)
    if isinstance(value, int):
        return int(value) if value.bit_length() <= MAX_INT_BITS else _LEFT_OUT
    if isinstance(value, float | Decimal):
        return float(value) if math.isfinite(value) else _LEFT_OUT
    if isinstance(value, list | tuple | set | frozenset | np.ndarray) and not depth:
        items = [_plain(item, depth + 1) for item in value]
        return [None if item is _LEFT_OUT else item for item in items]
    raise InvalidInput(
        f"the result has values of type {type(value).__name__}; numbers, text, true, false and lists of these are kept.",
        at="save_as",
    )


def check(graph: LoadedGraph, asked: Mapping[str, Any]) -> None:
    """Raise Conflict before anything is computed where the attribute is there already, as far as is known whose it will be."""
    if (
        asked["of"] is not None
        and not asked["replace"]
        and _table(graph.arrays.frozen, asked["of"]).column(asked["name"])
    ):
        raise _exists(asked["name"], asked["of"])


def _exists(name: str, of: Of) -> Conflict:
    return Conflict(
        f"the {of} have an attribute {echoed(name)} already.",
        at="save_as",
        hint="Choose another name, or give replace=true.",
    )


def output(graph: LoadedGraph, asked: Mapping[str, Any], answer: dict[str, Any]) -> TaskOutput:
    """The answer with what is to be written: in it `edit` (a batch) or, as descriptors, the graph anew and its snapshot.

    `asked`: `name`, `replace`, `of` (what is known of that), `value_bytes` (the longest value). Raises InvalidInput where the result
    is neither by node nor by edge.
    """
    values: Values | None = answer.pop(VALUES, None)
    if values is None:
        raise InvalidInput(
            f"{answer.get('algorithm', 'this')} has no result by node or by edge: leave it out.", at="save_as"
        )
    name, whole = asked["name"], graph.arrays.frozen
    old = _table(whole, values.of).column(name)
    if old is not None and not asked["replace"]:
        error = _exists(name, values.of)
        answer[SAVE] = {"of": values.of, "refused": error.message}
        return TaskOutput(answer)
    _check_sizes(whole, values, name, asked["value_bytes"])
    before = (
        np.zeros(0, np.int64) if old is None else np.flatnonzero(old.values.is_valid().to_numpy(zero_copy_only=False))
    )
    lost = np.setdiff1d(before, values.rows)
    save: dict[str, Any] = {"of": values.of, "values": len(values.rows), "lost": len(lost), "left_out": values.left_out}
    answer[SAVE] = save
    if len(values.rows) + len(lost) <= FEW_VALUES:
        batch = edits.encode(_edits(whole, values, name, lost))
        if len(batch) <= FEW_BYTES:
            save["edit"] = batch
            return TaskOutput(answer)
    made = _anew(whole, values, name)
    return TaskOutput(answer, [os.dup(made.fd), memfd.create("snapshot", [frozen.compress(made)])])


def _table(graph: FrozenGraph, of: Of) -> AttributeTable:
    return graph.node_table if of == "nodes" else graph.edge_table


def _check_sizes(graph: FrozenGraph, values: Values, name: str, most: int) -> None:
    place = value_sizes.longer_row(values.column.values, values.column.kind, most)
    if place >= 0:
        raise value_sizes.too_long(
            value_sizes.named(*_ends(graph, values.of, [int(values.rows[place])])[0]), name, most
        )


def _ends(graph: FrozenGraph, of: Of, rows: Sequence[int]) -> list[tuple[Any, ...]]:
    """The node, or the two ends of the edge, of each row."""
    if of == "nodes":
        return [(node,) for node in graph.ids_of(rows)]
    sources, targets = (graph.ids_of(side[rows].tolist()) for side in (graph.src, graph.dst))
    return list(zip(sources, targets, strict=True))


def _edits(graph: FrozenGraph, values: Values, name: str, lost: NDArray[np.int64]) -> list[edits.Edit]:
    found: list[edits.Edit] = []
    given = [{name: value} for value in values.column.to_list()]
    things: list[Any] = _ends(graph, values.of, values.rows.tolist())
    gone: list[Any] = _ends(graph, values.of, lost.tolist())
    if values.of == "nodes":
        if given:
            found.append(edits.SetNodeAttributes([node for (node,) in things], given))
        if gone:
            found.append(edits.RemoveAttributes([name], nodes=[node for (node,) in gone]))
    else:
        if given:
            found.append(edits.SetEdgeAttributes(things, given))
        if gone:
            found.append(edits.RemoveAttributes([name], edges=gone))
    return found


def _anew(graph: FrozenGraph, values: Values, name: str) -> FrozenGraph:
    """The graph with the attribute: nobody else has it, and everything else stays."""
    table = _table(graph, values.of)
    assembler = Assembler(table.rows)
    assembler.base(_without(table, name), np.arange(table.rows))
    assembler.put_column(name, values.rows, values.column)
    built = assembler.build()
    return frozen.with_attributes(graph, **{values.of: built})


def _without(table: AttributeTable, name: str) -> AttributeTable:
    columns = {key: column for key, column in table.columns.items() if key != name}
    if table.rest is None:
        return AttributeTable(table.rows, columns)
    rest = Assembler(table.rows)
    for row, attributes in table.rest_rows():
        if left := {key: value for key, value in attributes.items() if key != name}:
            rest.put(row, {"": left})
    return AttributeTable(table.rows, columns, rest.columns().get(""))
