"""Attributes beside the rows of an answer: what `show` adds, so that ids are read as what people call them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from networkx_mcp.analysis.result import MAX_VALUES, Notes, Values
from networkx_mcp.arrays.columns import MISSING, Column
from networkx_mcp.arrays.deferred import BYTES
from networkx_mcp.errors import NotFound, echoed, nearest_words

if TYPE_CHECKING:
    from networkx_mcp.analysis.loaded_graph import LoadedGraph

#: Columns that hold a node, or a list of nodes, in the answers of analyses.
_NODE, _NODES = frozenset({"node", "source", "target", "row", "column"}), frozenset({"nodes", "path"})
#: In an answer: how many of the columns, the last ones, are attributes.
SHOWN = "shown"

Cell = Callable[[Sequence[Any]], Any]


def add(graph: LoadedGraph, names: Sequence[str], answer: dict[str, Any], offset: int) -> None:
    """Give the table of an answer a column for each of the attributes `names`: of the node of the row (its source, its target), of each
    node of a list, and of the edge where a row has both its ends.

    Raises NotFound for an attribute that nobody has. A page of more than MAX_VALUES values ends early.
    """
    columns: list[str] = answer["columns"]
    frozen = graph.arrays.frozen
    ends = [columns.index(end) for end in ("source", "target")] if {"source", "target"} <= set(columns) else []
    added: list[str] = []
    cells: list[Cell] = []
    for name in dict.fromkeys(names):
        of_nodes, of_edges = frozen.node_table.column(name), frozen.edge_table.column(name)
        if of_nodes is None and (of_edges is None or not ends):
            raise _unknown(graph, name, edges=bool(ends))
        if of_edges is not None and ends:
            added.append(name if name not in columns else f"edge.{name}")
            cells.append(_of_edge(graph, of_edges, *ends))
        if of_nodes is not None:
            for place, column in enumerate(columns):
                if column in _NODE | _NODES:
                    plain = column == "node" and name not in columns
                    added.append(name if plain else f"{column}.{name}")
                    cells.append(_of_node(graph, of_nodes, place))
    notes = Notes()
    notes.lines.extend(answer["notes"])
    values = Values(notes, budget=MAX_VALUES - sum(map(_size, answer["rows"])))
    rows: list[list[Any]] = []
    for row in answer["rows"]:
        found = [cell(row) for cell in cells]
        if rows and _size(found) > values.budget:
            answer["truncated"] = True
            if answer["next_offset"] is not None or answer["total"] is not None:
                answer["next_offset"] = offset + len(rows)
            break
        rows.append([*row, *map(values.json, found)])
    answer.update(columns=[*columns, *added], rows=rows, notes=notes.lines)
    answer[SHOWN] = len(added)


def _size(row: Sequence[Any]) -> int:
    return sum(len(cell) + 1 if isinstance(cell, list) else 1 for cell in row)


def _of_node(graph: LoadedGraph, column: Column, place: int) -> Cell:
    def value(node: Any) -> Any:
        row = graph.arrays.frozen.locate(node)
        found = MISSING if row < 0 else column.get(row, BYTES)
        return None if found is MISSING else found

    def cell(row: Sequence[Any]) -> Any:
        held = row[place] if place < len(row) else None
        return [value(node) for node in held] if isinstance(held, list) else value(held)

    return cell


def _of_edge(graph: LoadedGraph, column: Column, source: int, target: int) -> Cell:
    frozen = graph.arrays.frozen

    def cell(row: Sequence[Any]) -> Any:
        u, v = (frozen.locate(row[end]) for end in (source, target))
        edge = frozen.edge_row(u, v) if min(u, v) >= 0 else -1
        found = MISSING if edge < 0 else column.get(edge, BYTES)
        return None if found is MISSING else found

    return cell


def _unknown(graph: LoadedGraph, name: str, *, edges: bool) -> NotFound:
    frozen = graph.arrays.frozen
    there = [*frozen.node_table.names(), *(frozen.edge_table.names() if edges else ())][:50]
    near = nearest_words(name, there, 3, 0.6) or there[:5]
    what = "neither a node nor an edge" if edges else "no node"
    hint = f"There are: {', '.join(map(echoed, near))}." if near else "There are none here."
    return NotFound(f"{what} has an attribute {echoed(name)}.", at="show", hint=hint, kind="attribute", nearest=near)
