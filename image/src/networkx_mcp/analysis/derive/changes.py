"""One graph in another form: with the other direction, without directions, under other ids. None needs networkx."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from networkx_mcp.analysis import view
from networkx_mcp.analysis.derive.made import Made, stated, tables_of
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.task import check_edge_numbers, unknown_attribute
from networkx_mcp.arrays import csr, frozen
from networkx_mcp.arrays.builder import GraphBuilder
from networkx_mcp.arrays.columns import MISSING, AttributeTable, Column, encode_values
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.ingest import Encoded, encode_ids
from networkx_mcp.errors import InvalidInput, echoed


def copy(graph: LoadedGraph, _given: dict[str, Any], attributes: dict[str, Any]) -> Made:
    """The same graph; of a view that part."""
    return Made(stated(graph.arrays.frozen, attributes))


def reverse(graph: LoadedGraph, _given: dict[str, Any], attributes: dict[str, Any]) -> Made:
    """Every edge in the other direction (`nx.reverse`)."""
    whole = graph.arrays.frozen
    if not whole.directed:
        raise InvalidInput("the graph is undirected: its edges have no direction to turn.", at="algorithm")
    place = np.empty(whole.m, np.int32)  # of each old edge among the new ones, which stand by their new sources
    place[whole.in_rows] = np.arange(whole.m, dtype=np.int32)
    old = tables_of(whole)
    tables = csr.Tables(
        csr.sources(whole.in_indptr), whole.in_indices, whole.in_indptr, whole.in_indices, np.arange(whole.m, dtype=np.int32),
        whole.out_indptr, whole.out_indices, place, old.order,
    )  # fmt: skip
    edges = whole.edge_table.take(pa.array(whole.in_rows))
    made = frozen.assemble(
        directed=True, ids=whole.ids, tables=tables, nodes=whole.node_table, edges=edges, attributes=attributes
    )
    return Made(made)


def undirected(whole: FrozenGraph) -> FrozenGraph:
    """The nodes of a graph in their order, and its edges without direction or attributes."""
    builder = GraphBuilder(False, duplicates="update")
    builder.add_nodes(Encoded(whole.ids))
    builder.add_edges(*_ends(whole, np.arange(whole.m)))
    return builder.freeze()


#: How the values of two directions become one.
JOINS = ("sum", "min", "max", "mean", "first", "last")


def to_undirected(graph: LoadedGraph, given: dict[str, Any], attributes: dict[str, Any]) -> Made:
    """Edges without direction. Of two that are one now, attribute `weight` is joined as `join` says; of others the first counts.

    `reciprocal`: only edges that go both ways stay (`nx.DiGraph.to_undirected`).
    """
    whole = graph.arrays.frozen
    if not whole.directed:
        raise InvalidInput("the graph is undirected already.", at="algorithm")
    join, weight = given.get("join", "sum"), given.get("weight", "weight")
    check_edge_numbers(graph, weight, "weight", required="weight" in given)
    low, high = np.minimum(whole.src, whole.dst), np.maximum(whole.src, whole.dst)
    keys = low.astype(np.int64) << 32 | high
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    met = np.bincount(inverse, minlength=len(first))
    both = met == 2
    loops = low[first] == high[first]
    chosen = np.flatnonzero(both | loops) if given.get("reciprocal") else np.arange(len(first))
    chosen = chosen[np.argsort(first[chosen])]  # in the order of the edges
    rows = first[chosen]
    second = np.full(len(first), -1, np.int64)
    later = np.flatnonzero(first[inverse] != np.arange(whole.m))
    second[inverse[later]] = later
    builder = GraphBuilder(False, duplicates="update")
    builder.inherited = attributes
    builder.add_nodes(Encoded(whole.ids), whole.node_table)
    ends = _ends(whole, rows)
    pairs = chosen[both[chosen]]
    if len(pairs):  # what only the second has; then the first, which counts
        builder.add_edges(*ends)
        builder.add_edges(*_ends(whole, second[pairs]), whole.edge_table.take(pa.array(second[pairs])))
    builder.add_edges(*ends, whole.edge_table.take(pa.array(rows)))
    column = whole.edge_table.column(weight)
    if column is not None and len(pairs):
        joined = _joined(column, first[pairs], second[pairs], join)
        builder.add_edges(*_ends(whole, first[pairs]), {weight: joined})
    made = builder.freeze()
    notes = []
    if len(pairs):
        how = f"{echoed(weight)} of both is their {join}" if column is not None else f"no edge has {echoed(weight)}"
        notes.append(
            f"{len(pairs)} pairs of edges are one edge now: {how}, of other attributes the first edge's count."
        )
    dropped = len(first) - len(chosen)
    return Made(made, {"pairs_joined": len(pairs), "one_way_edges_left_out": dropped}, notes)


def _ends(whole: FrozenGraph, rows: NDArray[np.int64]) -> tuple[Encoded, Encoded]:
    """The ids of the ends of some edges."""
    return Encoded(whole.ids.take(pa.array(whole.src[rows]))), Encoded(whole.ids.take(pa.array(whole.dst[rows])))


def _joined(column: Column, first: NDArray[np.int64], second: NDArray[np.int64], join: str) -> Column:
    """The values of pairs of rows as one each; where one is missing, the other."""
    ones, others = column.take(pa.array(first)).to_list(), column.take(pa.array(second)).to_list()
    found: list[Any] = []
    for one, other in zip(ones, others, strict=True):
        if one is MISSING or other is MISSING:
            found.append(other if one is MISSING else one)
        elif join == "mean":
            found.append((one + other) / 2)
        elif join in ("first", "last"):
            found.append(one if join == "first" else other)
        else:
            found.append(one + other if join == "sum" else min(one, other) if join == "min" else max(one, other))
    there = [place for place, value in enumerate(found) if value is not MISSING]
    dense = encode_values([found[place] for place in there])
    source = np.full(len(found), -1, np.int64)
    source[there] = np.arange(len(there))
    return dense.take(pa.array(source, mask=source < 0))


def relabel(graph: LoadedGraph, given: dict[str, Any], attributes: dict[str, Any]) -> Made:
    """Nodes under the values of an attribute; those without one keep their id. `keep_as`: an attribute for the old ids.

    Raises InvalidInput where two nodes would be one, or a value can be no id.
    """
    whole, name = graph.arrays.frozen, given["attribute"]
    column = whole.node_table.column(name)
    if column is None:
        raise unknown_attribute(graph, name, "attribute", "node")
    old = whole.all_ids()
    new: list[Any] = []
    seen: dict[Any, Any] = {}
    kept = 0
    for node, value in zip(old, column.to_list(), strict=True):
        label = node if value is MISSING or value is None else value
        kept += label is node
        if type(label) is not str and type(label) is not int:
            raise InvalidInput(
                f"{echoed(name)} of node {echoed(node)} is {echoed(label)}: ids are text or integers.",
                at="attribute",
                hint="Shape it by from_sql.",
            )
        if label in seen:
            raise InvalidInput(
                f"nodes {echoed(seen[label])} and {echoed(node)} would both be {echoed(label)}.",
                at="attribute",
                hint="algorithm=quotient makes one node of all that share a value.",
            )
        seen[label] = node
        new.append(label)
    nodes = whole.node_table
    if keep := given.get("keep_as"):
        if nodes.column(keep) is not None:
            raise InvalidInput(f"nodes have an attribute {echoed(keep)} already.", at="keep_as")
        nodes = AttributeTable(
            whole.n, {**nodes.columns, keep: encode_values(old)} if old else nodes.columns, nodes.rest
        )
    made = frozen.assemble(
        directed=whole.directed,
        ids=encode_ids(new, "attribute"),
        tables=tables_of(whole),
        nodes=nodes,
        edges=whole.edge_table,
        attributes=attributes,
    )
    return Made(made, {"ids_kept": kept})


def largest_component(graph: LoadedGraph, _given: dict[str, Any], attributes: dict[str, Any]) -> Made:
    """The component (weak, of a directed graph) with most nodes; of several the first."""
    from networkx_mcp.backend.kernels.compiled_structure import weak_components

    labels, _ = weak_components(graph.arrays)
    sizes = np.bincount(labels) if len(labels) else np.zeros(1, int)
    largest = int(np.argmax(sizes))
    made = part(graph, labels == largest, attributes)
    same = int((sizes == sizes[largest]).sum())
    if same > 1 and graph.state.n:
        made.notes.append(f"{same} components have {int(sizes[largest])} nodes: this is the first.")
    return made


def part(graph: LoadedGraph, nodes: NDArray[np.bool_], attributes: dict[str, Any], edges: Any = None) -> Made:
    """Some nodes, and the edges between them (of `edges`, a mask)."""
    whole = graph.arrays.frozen
    inside = nodes[whole.src] & nodes[whole.dst]
    if edges is not None:
        inside &= edges
    made = view.part(whole, nodes, inside, attributes)
    return Made(made, {"nodes_not_kept": whole.n - made.n, "edges_not_kept": whole.m - made.m})
