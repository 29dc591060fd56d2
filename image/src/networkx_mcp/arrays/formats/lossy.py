"""What writers do with what their format has no place for: refuse it, or leave it out where the caller says so."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.arrays.formats.common import Options
from networkx_mcp.arrays.formats.export_pages import id_column
from networkx_mcp.arrays.formats.record import Option
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.errors import InvalidInput

#: The option of formats that have no place for much of a graph.
LOST: Final = Option(
    "lost",
    "What is done with what the format has no place for: refuse, or drop it (nodes are numbered in their order then).",
    ("refuse", "drop"),
    "refuse",
    reading=False,
    writing=True,
)


def drops(options: Options) -> bool:
    """The option `lost`: whether what has no place is left out."""
    return options.text("lost", "refuse", ("refuse", "drop")) == "drop"


def no_place(what: str, format_: str) -> InvalidInput:
    """The error for what a format has no place for."""
    return InvalidInput(
        f"format {format_} has no place for {what}: use node-link, graphml or parquet, or option lost=drop to leave it out",
        field="format",
    )


def refuse_attributes(graph: FrozenGraph, format_: str) -> None:
    """Raises InvalidInput where the graph, a node or an edge has attributes."""
    for what, names in (
        ("the graph", list(graph.graph_attributes)),
        ("nodes", graph.node_table.names()),
        ("edges", graph.edge_table.names()),
    ):
        if names:
            raise no_place(f"attributes of {what}, such as {names[0][:60]!r}", format_)


def numbers_from_zero(graph: FrozenGraph, format_: str, *, drop: bool) -> NDArray[np.int64]:
    """The number, from 0, of each node in a format that knows nodes by number: its id where the ids are 0 to n - 1.

    Raises InvalidInput for other ids, unless they may be dropped: then nodes are numbered in their order.
    """
    column = id_column(graph)
    in_order = np.arange(graph.n, dtype=np.int64)
    if not graph.n:
        return in_order
    if column is not None and str(column.type) == "int64":
        ids = column.to_numpy()
        if np.array_equal(np.sort(ids), in_order):
            return np.asarray(ids, np.int64)
    if not drop:
        raise no_place(f"ids other than the numbers 0 to {graph.n - 1}", format_)
    return in_order
