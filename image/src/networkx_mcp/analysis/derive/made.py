"""What every way of making a graph of graphs has in common: limits, what was made, and what must be said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from networkx_mcp.arrays import csr, frozen
from networkx_mcp.arrays.formats.common import ParseLimits
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.errors import LimitExceeded, echoed

#: The attribute of a derived graph that says what it was made of.
PROVENANCE = "derived_from"
#: Characters of one part of what was asked for that it tells.
_MOST_TOLD = 2000
_encode = msgspec.json.encode
#: Sentences for counts; each count that is not 0 is told by one.
_SAID = {
    "rows_without_id": ("row", "rows", "without an id left out"),
    "rows_without_end": ("row", "rows", "without source or target left out"),
    "merged_nodes": ("row", "rows", "merged into nodes of earlier rows: later values count"),
    "merged_edges": ("edge", "edges", "given again and merged: later values count"),
    "new_nodes": ("node", "nodes", "made that the graph does not have"),
    "edges_left_out": ("edge", "edges", "left out: not both ends are among the nodes"),
    "nodes_left_out": ("node", "nodes", "left out that no edge names"),
    "nodes_not_kept": ("node", "nodes", "left out"),
    "edges_not_kept": ("edge", "edges", "left out"),
    "nodes_without_value": ("node", "nodes", "without the attribute left out, with all edges of theirs"),
    "shared_nodes": ("node", "nodes", "that several graphs have made one"),
    "shared_edges": ("edge", "edges", "that several graphs have made one"),
    "edges_in_both": ("edge", "edges", "that both have left out"),
    "one_way_edges_left_out": ("edge", "edges", "that go one way left out"),
    "ids_kept": ("node", "nodes", "without the attribute keep their id"),
    "values_left_out": ("value", "values", "of the result left out that no attribute can be"),
    "missing_values": ("value", "values", "left out that JSON does not have (NaN, infinity)"),
}  # fmt: skip


@dataclass(slots=True)
class Made:
    """A graph that was made, and what its maker must be told."""

    graph: FrozenGraph
    #: What was merged, left out and missing, by name.
    counts: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    #: What made it.
    engine: str = "arrays"

    def said(self) -> list[str]:
        """Counts and notes in sentences."""
        told = [
            f"{count} {one if count == 1 else many} {rest}."
            for name, (one, many, rest) in _SAID.items()
            if (count := self.counts.get(name, 0))
        ]
        return [*told, *self.notes]

    def reported(self) -> dict[str, int]:
        """The counts that are not 0."""
        return {name: count for name, count in self.counts.items() if count}


def checked(nodes: int, edges: int, limits: ParseLimits) -> None:
    """Raise LimitExceeded for a graph that would be too large, before it is made."""
    for name, actual, maximum in (("nodes", nodes, limits.nodes), ("edges", edges, limits.edges)):
        if actual > maximum:
            raise LimitExceeded(
                f"the graph would have {actual} {name}; at most {maximum} are allowed (limits.graph_{name}).",
                hint="Derive from a part (view), or choose what makes fewer.",
                limit=f"graph_{name}",
                setting=f"limits.graph_{name}",
                maximum=maximum,
                actual=actual,
            )


def tables_of(graph: FrozenGraph) -> csr.Tables:
    """The edges of a graph as `frozen.assemble` takes them."""
    return csr.Tables(
        graph.src, graph.dst, graph.out_indptr, graph.out_indices, graph.out_rows,
        graph.in_indptr, graph.in_indices, graph.in_rows, np.arange(graph.m, dtype=np.int32),
    )  # fmt: skip


def stated(graph: FrozenGraph, attributes: Mapping[str, Any]) -> FrozenGraph:
    """The same graph with other attributes of its own."""
    return frozen.assemble(
        directed=graph.directed,
        ids=graph.ids,
        tables=tables_of(graph),
        nodes=graph.node_table,
        edges=graph.edge_table,
        attributes=attributes,
    )


def own_attributes(graph: FrozenGraph) -> dict[str, Any]:
    """Attributes of a graph itself, which one that is made of it keeps: all but where it came from."""
    return {name: value for name, value in graph.graph_attributes.items() if name != PROVENANCE}


def provenance(graphs: Sequence[tuple[str, int]], what: Mapping[str, Any], value: int) -> dict[str, Any]:
    """The attribute that tells what a graph was made of: id and version of each graph, and how, as it was asked for.

    What is long is cut, so that answers still show it (and it stays below `value` bytes): the graph is what was made, this is to
    know it by.
    """
    most = min(_MOST_TOLD, value // 8)
    told: dict[str, Any] = {"graphs": [{"graph_id": graph_id, "version": version} for graph_id, version in graphs]}
    for name, given in what.items():
        text = given if isinstance(given, str) else _encode(given).decode()
        told[name] = given if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"
    return told


def named(values: list[Any], most: int = 5) -> str:
    """Some values of others as a sentence names them."""
    more = f" and {len(values) - most} more" if len(values) > most else ""
    return ", ".join(map(echoed, values[:most])) + more
