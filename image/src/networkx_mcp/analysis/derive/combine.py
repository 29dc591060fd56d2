"""Several graphs as one: sets of nodes and edges. Which graph's attributes count is part of each way, and said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from networkx_mcp.analysis import view
from networkx_mcp.analysis.derive.made import Made, checked
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.arrays import functions as pc
from networkx_mcp.arrays import id_columns
from networkx_mcp.arrays.builder import GraphBuilder
from networkx_mcp.arrays.columns import AttributeTable
from networkx_mcp.arrays.formats.common import ParseLimits
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.ingest import Encoded, encode_ids
from networkx_mcp.errors import InvalidInput, echoed

Rows = NDArray[np.int64]


def combine(
    graphs: Sequence[LoadedGraph], names: Sequence[str], how: str, attributes: dict[str, Any], limits: ParseLimits
) -> Made:
    """The graph of `graphs` (all directed, or none), the first of which the others are compared with.

    `how`: `union`, `compose`, `intersection`, `difference`, `symmetric_difference`, `disjoint_union`; see the functions of these names.
    """
    frozen = [graph.arrays.frozen for graph in graphs]
    made = _WAYS[how](frozen, list(names), attributes, limits)
    checked(made.graph.n, made.graph.m, limits)
    return made


def union(graphs: list[FrozenGraph], names: list[str], attributes: dict[str, Any], limits: ParseLimits) -> Made:
    """All nodes and edges; where several graphs have one, the values of the first count and the others fill what it lacks."""
    return _all(graphs, names, attributes, limits, first_wins=True)


def compose(graphs: list[FrozenGraph], names: list[str], attributes: dict[str, Any], limits: ParseLimits) -> Made:
    """All nodes and edges; where several graphs have one, the values of the last count (`nx.compose`)."""
    return _all(graphs, names, attributes, limits, first_wins=False)


def _all(
    graphs: list[FrozenGraph], names: list[str], attributes: dict[str, Any], limits: ParseLimits, *, first_wins: bool
) -> Made:
    builder = _builder(graphs[0], attributes)
    if first_wins:  # the order is that of the graphs, whatever counts
        for graph in graphs:
            builder.add_nodes(Encoded(graph.ids))
        for graph in graphs:
            _add_edges(builder, graph, None)
    for graph in reversed(graphs) if first_wins else graphs:
        builder.add_nodes(Encoded(graph.ids), graph.node_table)
        _add_edges(builder, graph, graph.edge_table)
    made = builder.freeze()
    checked(made.n, made.m, limits)
    counts = {
        "shared_nodes": sum(graph.n for graph in graphs) - made.n,
        "shared_edges": sum(graph.m for graph in graphs) - made.m,
    }
    winner = names[0] if first_wins else names[-1]
    which = "the first, then the next" if len(graphs) > 2 and first_wins else "the last" if len(graphs) > 2 else winner
    return Made(made, counts, [f"Where several graphs have a node or an edge, attributes of {which} count."])


def intersection(graphs: list[FrozenGraph], names: list[str], attributes: dict[str, Any], _: ParseLimits) -> Made:
    """Nodes and edges that all graphs have, with the attributes of the first."""
    first, *others = graphs
    nodes, edges = np.ones(first.n, bool), np.ones(first.m, bool)
    for other in others:
        nodes &= _have(other, first)
        edges &= _same_edges(first, other)
    edges &= nodes[first.src] & nodes[first.dst]
    return _part(first, nodes, edges, names, attributes)


def difference(graphs: list[FrozenGraph], names: list[str], attributes: dict[str, Any], _: ParseLimits) -> Made:
    """All nodes of the first graph, and its edges that no other has (`nx.difference`, whatever nodes the others have)."""
    first, *others = graphs
    edges = np.ones(first.m, bool)
    for other in others:
        edges &= ~_same_edges(first, other)
    return _part(first, np.ones(first.n, bool), edges, names, attributes)


def symmetric_difference(
    graphs: list[FrozenGraph], names: list[str], attributes: dict[str, Any], _: ParseLimits
) -> Made:
    """Nodes of both graphs, and the edges that one of them has."""
    if len(graphs) != 2:
        raise InvalidInput("symmetric_difference is of two graphs: name one other.", at="others")
    first, second = graphs
    builder = _builder(first, attributes)
    builder.add_nodes(Encoded(first.ids))
    builder.add_nodes(Encoded(second.ids), second.node_table)
    builder.add_nodes(Encoded(first.ids), first.node_table)
    shared = 0
    for graph, other in ((first, second), (second, first)):
        rows = np.flatnonzero(~_same_edges(graph, other))
        shared = graph.m - len(rows)
        _add_edges(builder, graph, graph.edge_table, rows)
    made = builder.freeze()
    note = f"Nodes of both graphs have the attributes of {names[0]}, then those of {names[1]}."
    return Made(made, {"edges_in_both": shared}, [note])


def disjoint_union(
    graphs: list[FrozenGraph], names: list[str], attributes: dict[str, Any], limits: ParseLimits
) -> Made:
    """The graphs side by side: each node is named `graph:id` (as `nx.union` with `rename`)."""
    checked(sum(graph.n for graph in graphs), sum(graph.m for graph in graphs), limits)
    builder = _builder(graphs[0], attributes)
    for place, (name, graph) in enumerate(zip(names, graphs, strict=True)):
        label = name if names.index(name) == place else f"{name}.{names[: place + 1].count(name)}"
        ids = id_columns.typed(graph.ids)
        texts = [f"{label}:{node}" for node in ids.to_pylist()]
        if len(set(texts)) < graph.n:
            twice = next(text for text, count in Counter(texts).items() if count > 1)
            raise InvalidInput(
                f"two nodes of {name} would be {echoed(twice)}, as it has text and numbers of the same look.",
                at="combine",
                hint="Derive one first in which ids are of one type, by from_sql.",
            )
        encoded = encode_ids(pa.array(texts, pa.string()), "others")
        builder.add_nodes(Encoded(encoded), graph.node_table)
        heads, tails = (Encoded(encoded.take(pa.array(ends))) for ends in (graph.src, graph.dst))
        builder.add_edges(heads, tails, graph.edge_table)
    return Made(builder.freeze(), {}, ['Nodes are named "graph:id".'])


_WAYS = {
    way.__name__: way
    for way in (union, compose, intersection, difference, symmetric_difference, disjoint_union)
}  # fmt: skip


def _builder(first: FrozenGraph, attributes: dict[str, Any]) -> GraphBuilder:
    builder = GraphBuilder(first.directed, duplicates="update")
    builder.inherited = attributes
    return builder


def _add_edges(
    builder: GraphBuilder, graph: FrozenGraph, table: AttributeTable | None, rows: Rows | None = None
) -> None:
    taken = [ends if rows is None else ends[rows] for ends in (graph.src, graph.dst)]
    heads, tails = (Encoded(graph.ids.take(pa.array(ends))) for ends in taken)
    if table is not None and rows is not None:
        table = table.take(pa.array(rows))
    builder.add_edges(heads, tails, table)


def _have(other: FrozenGraph, graph: FrozenGraph) -> NDArray[np.bool_]:
    """Which nodes of `graph` the other has."""
    return np.array(pc.is_in(graph.ids, value_set=other.ids).to_numpy(zero_copy_only=False), bool)


def _same_edges(graph: FrozenGraph, other: FrozenGraph) -> NDArray[np.bool_]:
    """Which edges of `graph` the other has."""
    row_of = pc.index_in(other.ids, value_set=graph.ids).fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    heads, tails = row_of[other.src], row_of[other.dst]
    known = (heads >= 0) & (tails >= 0)
    theirs = _keys(heads[known], tails[known], directed=graph.directed)
    return np.isin(_keys(graph.src, graph.dst, directed=graph.directed), theirs)


def _keys(heads: NDArray[Any], tails: NDArray[Any], *, directed: bool) -> Rows:
    heads, tails = heads.astype(np.int64), tails.astype(np.int64)
    if not directed:
        heads, tails = np.minimum(heads, tails), np.maximum(heads, tails)
    return np.asarray(heads << 32 | tails, np.int64)


def _part(
    first: FrozenGraph,
    nodes: NDArray[np.bool_],
    edges: NDArray[np.bool_],
    names: list[str],
    attributes: dict[str, Any],
) -> Made:
    made = view.part(first, nodes, edges, attributes)
    counts = {"nodes_not_kept": first.n - made.n, "edges_not_kept": first.m - made.m}
    return Made(made, counts, [f"Attributes are those of {names[0]}."])
