"""view_graph: what the viewer draws, as one compressed document: nodes with positions, edges, attributes, and a measure.

A browser shows some thousand nodes fluently. A larger graph is shown as its communities, each of which can be opened; of one that
has none, or where nodes are asked for, the document holds a part, and its notes say which.
"""

from __future__ import annotations

import gzip
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from networkx_mcp.analysis import clusters
from networkx_mcp.analysis import layout as layouts
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.result import Values
from networkx_mcp.analysis.task import Facts, Params, Run, task
from networkx_mcp.analysis.tasks import find_communities, rank_nodes
from networkx_mcp.analysis.view import part
from networkx_mcp.arrays.columns import MISSING, AttributeTable
from networkx_mcp.arrays.deferred import BYTES
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.backend.kernels.degrees import degrees
from networkx_mcp.backend.kernels.node_results import NodeValues
from networkx_mcp.errors import InvalidInput, echoed
from networkx_mcp.vocabulary import MEASURES

#: What a browser draws and moves fluently.
MAX_NODES, MAX_EDGES = 5_000, 10_000
#: Bytes of the document, compressed: as base64 it is less than a message may be, and the API keeps it among its results.
MAX_COMPRESSED = 480 * 1024
#: Bytes of the document as a browser reads it.
MAX_DOCUMENT = 8 * 1024 * 1024
#: Characters of one attribute's text; the whole is a call of get_neighbors away.
MAX_TEXT = 200
#: Attributes of nodes, and of edges.
MAX_ATTRIBUTES = 20

#: Of the communities, whatever the seed of the layout: who opens one means that which was shown.
_COMMUNITY_SEED = 0

Rows = NDArray[np.int64]


@task
def view_graph(graph: LoadedGraph, args: Params) -> Facts:
    """The part of a graph that is shown: `data` is its document, JSON compressed by gzip.

    Arguments: `layout` (of LAYOUTS), `seed`, `weight` (edge attribute that pulls nodes together), `measure` (of MEASURES: a
    score of each node, computed on the whole graph), `around` (only this node and the nearest to it), `nodes` (only these),
    `community` (only that of this number; a second number is of one within it, and so on), `form` (nodes, communities, or auto:
    communities of more than MAX_NODES), `limit` (nodes to show).
    """
    limit = args.integer("limit", MAX_NODES, 1, MAX_NODES)
    measure, layout, seed = args.get("measure"), args.get("layout", "auto"), args.seed()
    weight = args.weight("weight", negative=False)
    notes: list[str] = list(args.notes)
    args.notes = []

    run = Run(graph, "view_graph")
    arrays = graph.arrays
    frozen = arrays.frozen
    inside, seen, labels = run.timed(lambda: _opened(graph, args.get("community", [])))
    whole = not (args.given("nodes") or args.given("around"))
    form = args.get("form", "auto") if whole else "nodes"
    large = (
        seen.state.n > MAX_NODES
        and labels.max(initial=0) > 0
        and 2 * np.count_nonzero(labels < clusters.MOST) >= len(labels)
    )
    if form == "communities" or (form == "auto" and large):
        made, layout = run.timed(lambda: clusters.clustered(seen, labels, layout, seed, notes))
        return _report(run, graph, {"measure": None, "weight": None, **made}, layout, seed, notes)
    rows = _chosen(graph, inside, args, limit, notes)
    edge_rows = _edges(graph, rows, weight, notes)
    communities = np.zeros(graph.state.n, np.int64)
    communities[inside] = labels
    scores = None
    if measure is not None:
        every, score_weight = _scores(graph, args, measure)
        scores = [None if every[row] != every[row] else every[row] for row in rows.tolist()]
        notes += [f"{measure} is weighed by {echoed(score_weight)}."] if score_weight is not None else []
    place = np.full(graph.state.n, -1, np.int64)
    place[rows] = np.arange(len(rows))
    sources, targets = place[frozen.src[edge_rows]], place[frozen.dst[edge_rows]]
    seen = _part(graph, rows, edge_rows)
    placed = run.timed(lambda: layouts.positions(seen, layout, seed, weight=weight))
    points = clusters.scaled(placed.xy)
    return _report(
        run,
        graph,
        {
            "clusters": False,
            "directed": graph.directed,
            "weight": weight,
            "measure": measure,
            "ids": frozen.ids_of(rows.tolist()),
            "x": points[:, 0].round(4).tolist(),
            "y": points[:, 1].round(4).tolist(),
            "degree": degrees(arrays)[rows].tolist(),
            "community": communities[rows].tolist(),
            "score": scores,
            "source": sources.tolist(),
            "target": targets.tolist(),
            "node_attributes": _attributes(frozen.node_table, rows, "nodes", notes),
            "edge_attributes": _attributes(frozen.edge_table, edge_rows, "edges", notes),
        },
        placed.layout,
        seed,
        notes,
    )


def _report(run: Run, graph: LoadedGraph, made: dict[str, Any], layout: str, seed: int, notes: list[str]) -> Facts:
    """The answer about a document."""
    run.engine = "networkx-mcp"
    totals = {"total_nodes": graph.state.n, "total_edges": graph.state.m, "layout": layout, "seed": seed}
    data = _compressed({**totals, **made}, notes)
    nodes = len(made["ids"])
    truncated = made["clusters"] or nodes < graph.state.n
    shown = {"nodes": nodes, "edges": len(made["source"]), "layout": layout, "seed": seed, "data": data}
    return run.report({**shown, "notes": notes, "measure": made["measure"], "truncated": truncated})


# -- which part


def _opened(graph: LoadedGraph, numbers: list[int]) -> tuple[Rows, LoadedGraph, Rows]:
    """A community within a community, and so on, the whole graph without `numbers`: its nodes' rows, ascending; it as a graph; and the
    community of each of its nodes, 0 the largest."""
    inside, seen = np.arange(graph.state.n, dtype=np.int64), graph
    labels = find_communities.numbered(seen, None, _COMMUNITY_SEED)
    for number in numbers:
        there = labels == number
        if not there.any():
            raise InvalidInput(
                f"community: there is none of number {number} here; they are from 0 to {int(labels.max(initial=0))}.",
                field="community",
            )
        inside, whole = inside[there], seen.arrays.frozen
        seen = seen.replaced(GraphState(part(whole, there, there[whole.src] & there[whole.dst]), seen.directed))
        labels = find_communities.numbered(seen, None, _COMMUNITY_SEED)
    return inside, seen, labels


def _chosen(graph: LoadedGraph, inside: Rows, args: Params, limit: int, notes: list[str]) -> Rows:
    """Rows of the nodes to show, ascending."""
    frozen = graph.arrays.frozen
    n = len(inside)
    if args.given("nodes"):
        named = [frozen.locate(node) for node in args.nodes("nodes")]
        if len(named) > limit:
            raise InvalidInput(f"nodes: name at most {limit}.", field="nodes")
        return np.sort(np.array(named, np.int64))
    if args.given("around"):
        rows, whole = _nearest(graph, frozen.locate(args.node("around")), limit)
        if not whole:
            notes.append(f"The {len(rows)} nodes nearest to {echoed(args['around'])} are shown, of {n} in the graph.")
        return rows
    if n <= limit:
        return inside
    # Those with most edges hold the rest together; equal ones in node order.
    rows = np.sort(inside[np.argsort(-degrees(graph.arrays)[inside], kind="stable")[:limit]])
    where = "graph" if n == graph.state.n else "community"
    notes.append(f"The {limit} nodes with most edges are shown, of {n} in the {where}.")
    return rows


def _nearest(graph: LoadedGraph, start: int, limit: int) -> tuple[Rows, bool]:
    """Rows of the nodes with the fewest hops from `start`, edges taken both ways, and whether these are all that it reaches."""
    frozen = graph.arrays.frozen
    seen = np.zeros(graph.state.n, bool)
    seen[start] = True
    front, count = np.array([start], np.int64), 1
    while len(front) and count < limit:
        found: list[int] = []
        for row in front.tolist():
            lists = (frozen.successors(row), frozen.predecessors(row)) if frozen.directed else (frozen.successors(row),)
            for near in lists:
                for other in near[~seen[near]].tolist():
                    if not seen[other] and count < limit:
                        seen[other] = True
                        count += 1
                        found.append(other)
            if count >= limit:
                break
        front = np.array(found, np.int64)
    return np.flatnonzero(seen), count < limit or count == graph.state.n


def _edges(graph: LoadedGraph, rows: Rows, weight: str | None, notes: list[str]) -> Rows:
    """Rows of the edges among the nodes that are shown: all, or those with most weight."""
    frozen = graph.arrays.frozen
    there = np.zeros(graph.state.n, bool)
    there[rows] = True
    found = np.flatnonzero(there[frozen.src] & there[frozen.dst])
    if len(found) <= MAX_EDGES:
        return found
    if weight is not None:
        worth, how = frozen.edge_table.numbers(weight, 1.0)[found], f"with most {echoed(weight)}"
    else:
        # An edge between two hubs tells less than the one that a node hangs on.
        many = degrees(graph.arrays)
        worth, how = -np.minimum(many[frozen.src[found]], many[frozen.dst[found]]), "of the nodes with fewest edges"
    notes.append(f"The {MAX_EDGES} edges {how} are shown, of {len(found)} among these nodes.")
    return np.sort(found[np.argsort(-worth, kind="stable")[:MAX_EDGES]])


def _part(graph: LoadedGraph, rows: Rows, edge_rows: Rows) -> LoadedGraph:
    """What is shown as a graph of its own; itself where that is all."""
    whole = graph.arrays.frozen
    if len(rows) == whole.n and len(edge_rows) == whole.m:
        return graph
    nodes, edges = np.zeros(whole.n, bool), np.zeros(whole.m, bool)
    nodes[rows], edges[edge_rows] = True, True
    return graph.replaced(GraphState(part(whole, nodes, edges), graph.directed))


# -- what is told of it


def _scores(graph: LoadedGraph, args: Params, name: str) -> tuple[list[float], str | None]:
    """The measure of every node in node order, and what it is weighed by."""
    measure = MEASURES[name]
    weight = args.weight(measure.default_weight, negative=measure.negative) if measure.weighted else None
    args.notes = []
    found = rank_nodes.scored(graph, Run(graph, measure.algorithm), name, measure, weight, {})
    if isinstance(found, NodeValues) and found.rows is None:
        return found.array.tolist(), weight
    return [float(found[node]) for node in graph.arrays.ids], weight


def _attributes(table: AttributeTable, rows: Rows, of: str, notes: list[str]) -> dict[str, list[Any]]:
    """Values by attribute, null where there is none; long texts are cut."""
    names = table.names()
    if len(names) > MAX_ATTRIBUTES:
        notes.append(f"{MAX_ATTRIBUTES} of {len(names)} attributes of {of} are here.")
    values = Values(max_items=20, budget=len(rows) * MAX_ATTRIBUTES * 4)
    found: dict[str, list[Any]] = {}
    for name in names[:MAX_ATTRIBUTES]:
        column = table.column(name)
        if column is not None:
            found[name] = [_cell(column.get(row, BYTES), values) for row in rows.tolist()]
    return found


def _cell(value: Any, values: Values) -> Any:
    if value is MISSING:
        return None
    told = values.json(value)
    if isinstance(told, list | dict):
        told = msgspec.json.encode(told).decode()
    return told[: MAX_TEXT - 1] + "…" if isinstance(told, str) and len(told) > MAX_TEXT else told


def _compressed(document: dict[str, Any], notes: list[str]) -> bytes:
    """The document in few enough bytes: the longest attributes are left out, until it is."""
    while True:
        data = msgspec.json.encode({**document, "notes": notes})
        packed = gzip.compress(data, 6, mtime=0)
        if len(data) <= MAX_DOCUMENT and len(packed) <= MAX_COMPRESSED:
            return packed
        lengths = {
            (of, name): len(msgspec.json.encode(values))
            for of in ("node_attributes", "edge_attributes")
            for name, values in document[of].items()
        }
        if not lengths:  # ids alone are too long: a part of the graph must do
            raise InvalidInput(
                "The names of so many nodes are too long to show: ask for fewer by limit.", field="limit"
            )
        of, name = max(lengths, key=lambda key: lengths[key])
        del document[of][name]
        notes.append(f"The attribute {echoed(name)} of {of.partition('_')[0]}s is too long to be here.")
