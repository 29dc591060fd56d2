"""A graph that an algorithm makes of one: ours over arrays, any other of the catalogue by networkx.

Where the result is a part of the graph, it keeps the graph's order and attributes exactly, whoever computed it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import networkx as nx
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from networkx_mcp.analysis import catalogue
from networkx_mcp.analysis.derive import changes
from networkx_mcp.analysis.derive.made import Made, checked
from networkx_mcp.analysis.derive.own import OWN
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.task import check_edge_numbers, unknown_attribute
from networkx_mcp.arrays.builder import GraphBuilder
from networkx_mcp.arrays.columns import MISSING
from networkx_mcp.arrays.formats.common import ParseLimits
from networkx_mcp.arrays.ingest import Encoded, encode_ids
from networkx_mcp.backend.kernels import trees
from networkx_mcp.backend.kernels.arrays import Unsuited
from networkx_mcp.errors import InvalidInput, echoed

Given = dict[str, Any]
_encode = msgspec.json.encode


def by_algorithm(graph: LoadedGraph, name: str, given: Given, attributes: Given, limits: ParseLimits) -> Made:
    """The graph that algorithm `name` makes. Raises InvalidInput where its result is none, LimitExceeded, what it raises."""
    own = _OWN.get(name)
    if own is not None:
        return own(graph, given, attributes)
    _check_size(graph, name, limits)
    fast = _FAST.get(name)
    if fast is not None and (made := fast(graph, given, attributes)) is not None:
        return made
    from networkx_mcp.analysis.tasks.run_algorithm import call_arguments, seeded

    algorithm = catalogue.algorithms()[name]
    kwargs = call_arguments(graph, algorithm, given)
    seeded(algorithm, kwargs)
    with graph.explained(name):
        result, engine = graph.call(name, (), kwargs)
        made = _of_networkx(graph, name, _only_graph(name, result), attributes, limits)
    made.engine = engine
    return made


def _only_graph(name: str, result: Any) -> nx.Graph[Any]:
    found = [item for item in (result if isinstance(result, tuple) else (result,)) if isinstance(item, nx.Graph)]
    if len(found) != 1:
        raise InvalidInput(
            f"{name} does not answer with a graph.",
            at="algorithm",
            hint="run_algorithm shows what it answers; find_algorithms tells which return graphs.",
        )
    return found[0]


def _check_size(graph: LoadedGraph, name: str, limits: ParseLimits) -> None:
    """Raise LimitExceeded for what is surely too large, before it is made."""
    n, m = graph.state.n, graph.state.m
    whole = graph.arrays.frozen
    if name == "complement":
        pairs = n * (n - 1) // (1 if graph.directed else 2)
        checked(n, pairs - (m - whole.loops), limits)
    elif name == "line_graph":
        into, out = (np.bincount(ends, minlength=n).astype(np.int64) for ends in (whole.dst, whole.src))
        joined = int((into * out).sum()) if graph.directed else int(((into + out) * (into + out - 1) // 2).sum())
        checked(m, joined if not whole.loops else 0, limits)


# --- parts that kernels find


def _k_core(graph: LoadedGraph, given: Given, attributes: Given) -> Made | None:
    if graph.arrays.frozen.loops:
        return None  # networkx refuses them, in its words
    values, _ = graph.call("core_number", (), {})
    cores = np.fromiter((values[node] for node in graph.arrays.ids), np.int64, graph.state.n)
    k = given.get("k")
    return changes.part(graph, cores >= (int(cores.max(initial=0)) if k is None else k), attributes)


def _ego_graph(graph: LoadedGraph, given: Given, attributes: Given) -> Made | None:
    if given.get("undirected") or given.get("distance") is not None:
        return None
    node, radius = given["n"], given.get("radius", 1)
    if not graph.state.has_node(node):
        raise graph.state.missing(node, "n")
    cutoff = math.floor(radius)
    near, _ = graph.call("single_source_shortest_path_length", (node,), {"cutoff": cutoff})
    inside = np.zeros(graph.state.n, bool)
    inside[[graph.order[one] for one in near]] = True
    if given.get("center") is False:
        inside[graph.order[node]] = False
    return changes.part(graph, inside, attributes)


def _spanning(largest: bool) -> Callable[[LoadedGraph, Given, Given], Made | None]:
    def make(graph: LoadedGraph, given: Given, attributes: Given) -> Made | None:
        if graph.directed or given.get("algorithm", "kruskal") != "kruskal" or given.get("ignore_nan"):
            return None
        weight = given.get("weight", "weight")
        check_edge_numbers(graph, weight, "weight", required="weight" in given)
        try:
            rows = trees.kruskal(graph.arrays, weight, largest=largest)
        except Unsuited:
            return None
        edges = np.zeros(graph.state.m, bool)
        edges[rows] = True
        return changes.part(graph, np.ones(graph.state.n, bool), attributes, edges)

    return make


_FAST: dict[str, Callable[[LoadedGraph, Given, Given], Made | None]] = {
    "k_core": _k_core,
    "ego_graph": _ego_graph,
    "minimum_spanning_tree": _spanning(False),
    "maximum_spanning_tree": _spanning(True),
}


# --- ours


def backbone(graph: LoadedGraph, given: Given, attributes: Given) -> Made:
    """The edges that are heavier than chance at one of their ends: the disparity filter of Serrano, Boguñá and Vespignani (2009).

    An edge with the share p of the strength of a node of degree k stays where (1 - p)^(k - 1) < `alpha`; at nodes of degree 1 none does.
    All nodes stay. In a directed graph the source looks at its out-edges and the target at its in-edges.
    """
    weight, alpha = given.get("weight", "weight"), given.get("alpha", 0.05)
    if not 0 < alpha <= 1:
        raise InvalidInput("must be above 0 and at most 1.", at="alpha")
    check_edge_numbers(graph, weight, "weight", required=True, negative=False)
    whole = graph.arrays.frozen
    values = whole.edge_table.numbers(weight, 1.0)
    loops = whole.src == whole.dst
    kept = np.zeros(whole.m, bool)
    if whole.directed:
        sides: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = [
            (end, np.bincount(end, minlength=whole.n), np.bincount(end, values, whole.n))
            for end in (whole.src, whole.dst)
        ]
    else:
        degrees = np.bincount(whole.src, minlength=whole.n) + np.bincount(whole.dst[~loops], minlength=whole.n)
        strengths = np.bincount(whole.src, values, whole.n) + np.bincount(whole.dst[~loops], values[~loops], whole.n)
        sides = [(end, degrees, strengths) for end in (whole.src, whole.dst)]
    for end, degree, strength in sides:
        share = np.divide(values, strength[end], out=np.zeros(whole.m), where=strength[end] > 0)
        kept |= np.power(1 - share, degree[end] - 1) < alpha
    return changes.part(graph, np.ones(whole.n, bool), attributes, kept)


def quotient(graph: LoadedGraph, given: Given, attributes: Given) -> Made:
    """One node for all that share a value of an attribute; an edge joins two where edges join their nodes.

    Nodes have `nodes` and `edges` (inside), edges `edges` (how many) and `weight` (their sum, where it is missing 1; as
    `nx.quotient_graph`, which for directed graphs adds up both directions in each). Nodes without the attribute are left out.
    """
    name, weight = given["attribute"], given.get("weight", "weight")
    whole = graph.arrays.frozen
    column = whole.node_table.column(name)
    if column is None:
        raise unknown_attribute(graph, name, "attribute", "node")
    check_edge_numbers(graph, weight, "weight", required="weight" in given)
    groups: dict[tuple[type, Any], int] = {}
    group = np.full(whole.n, -1, np.int64)
    for row, value in enumerate(column.to_list()):
        if value is not MISSING and value is not None:
            key = (type(value), value if type(value) in (str, int) else _encode(value))
            group[row] = groups.setdefault(key, len(groups))
    labels = [value if type(value) in (str, int) else value.decode() for _, value in groups]
    if len(set(labels)) < len(labels):
        twice = next(label for label in labels if labels.count(label) > 1)
        raise InvalidInput(
            f"values of {echoed(name)} that differ in type alone would both be node {echoed(twice)}.",
            at="attribute",
            hint="Make them of one type, by from_sql.",
        )
    count = len(labels)
    left, right = group[whole.src], group[whole.dst]
    known = (left >= 0) & (right >= 0)
    inner = known & (left == right)
    between = np.flatnonzero(known & (left != right))
    heads, tails = left[between], right[between]
    if not whole.directed:
        heads, tails = np.minimum(heads, tails), np.maximum(heads, tails)
    keys, first, inverse = np.unique(heads << 32 | tails, return_index=True, return_inverse=True)
    order = np.argsort(first)
    sums = _summed(graph, weight, between, inverse, len(keys))
    builder = GraphBuilder(whole.directed)
    builder.inherited = attributes
    ids = encode_ids(labels, "attribute")
    builder.add_nodes(
        Encoded(ids),
        {
            "nodes": pa.array(np.bincount(group[group >= 0], minlength=count)),
            "edges": pa.array(np.bincount(left[inner], minlength=count)),
        },
    )
    heads, tails = (keys >> 32)[order], (keys & 0xFFFFFFFF)[order]
    columns = {"edges": pa.array(np.bincount(inverse, minlength=len(keys))[order]), "weight": pa.array(sums[order])}
    builder.add_edges(Encoded(ids.take(pa.array(heads))), Encoded(ids.take(pa.array(tails))), columns)
    made = builder.freeze()
    return Made(made, {"nodes_without_value": int((group < 0).sum())})


def _summed(
    graph: LoadedGraph, weight: str, rows: NDArray[np.int64], inverse: NDArray[np.int64], count: int
) -> NDArray[Any]:
    """The sum of the weights of each group of edges; integers where all weights are."""
    table = graph.arrays.frozen.edge_table
    values = table.numbers(weight, 1.0)[rows]
    sums = np.bincount(inverse, values, count)
    column = table.column(weight)
    if column is None or column.kind == "int":
        return sums.round().astype(np.int64)
    return sums


_OWN: dict[str, Callable[[LoadedGraph, Given, Given], Made]] = {
    "reverse": changes.reverse,
    "to_undirected": changes.to_undirected,
    "relabel": changes.relabel,
    "largest_component": changes.largest_component,
    "quotient": quotient,
    "backbone": backbone,
}
assert _OWN.keys() == OWN.keys()


# --- what networkx made


def _of_networkx(graph: LoadedGraph, name: str, found: nx.Graph[Any], attributes: Given, limits: ParseLimits) -> Made:
    checked(found.number_of_nodes(), found.number_of_edges(), limits)
    if (masks := _as_part(graph, found)) is not None:
        return changes.part(graph, masks[0], attributes, masks[1])
    names, notes = _names(graph, found)
    plain = _Plain(graph)
    builder = GraphBuilder(found.is_directed(), duplicates="skip", value_bytes=limits.value)
    builder.inherited = attributes
    members = any(isinstance(node, set | frozenset) for node in found)
    for node in graph.sorted(found):
        data = plain.attributes(found.nodes[node])
        if isinstance(node, tuple) and len(node) == 2:
            data = {"source": plain(node[0]), "target": plain(node[1]), **data}
        elif members:
            data = {"members": plain(node), **data}
        builder.add_node(names[node], data)
    for u, v, data in found.edges(data=True):
        builder.add_edge(names[u], names[v], plain.attributes(data))
    made = builder.freeze()
    counts = {"merged_edges": builder.repeated_edges, "values_left_out": plain.dropped}
    if name == "line_graph":
        notes.append("Attributes of edges are not carried over to the nodes that they become.")
    return Made(made, counts, notes)


def _as_part(graph: LoadedGraph, found: nx.Graph[Any]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]] | None:
    """Masks of the nodes and edges, where the result is a part of the graph with the same attributes; else None."""
    own = graph.nx
    if found.is_multigraph() or found.is_directed() != own.is_directed():
        return None
    if any(node not in own or data != own.nodes[node] for node, data in found.nodes(data=True)):
        return None
    if any(not own.has_edge(u, v) or data != own.edges[u, v] for u, v, data in found.edges(data=True)):
        return None
    whole, order = graph.arrays.frozen, graph.order
    nodes, edges = np.zeros(whole.n, bool), np.zeros(whole.m, bool)
    nodes[[order[node] for node in found]] = True
    edges[[whole.edge_row(order[u], order[v]) for u, v in found.edges]] = True
    return nodes, edges


def _names(graph: LoadedGraph, found: nx.Graph[Any]) -> tuple[dict[Any, Any], list[str]]:
    """An id for each node of the result, and what must be said of them."""
    odd = [node for node in found if type(node) not in (str, int)]
    if not odd:
        return {node: node for node in found}, []
    if len(odd) == len(found) and all(isinstance(node, tuple) and len(node) == 2 for node in odd):
        arrow = "->" if graph.directed else "--"
        names = {node: f"{node[0]} {arrow} {node[1]}" for node in odd}
        if len(set(names.values())) < len(names):
            names = {node: _encode(node).decode() for node in odd}
        return names, [
            f'Nodes are edges, named as {echoed(next(iter(names.values())))}, with their "source" and "target".'
        ]
    numbers = {node: number for number, node in enumerate(graph.sorted(found))}
    return numbers, ["Nodes of the result are sets or other values: they are numbered from 0."]


class _Plain:
    """Values of networkx's as attributes; what none can be is dropped and counted."""

    def __init__(self, graph: LoadedGraph) -> None:
        self._graph = graph
        self.dropped = 0

    def attributes(self, data: dict[Any, Any]) -> dict[str, Any]:
        found = {}
        for name, value in data.items():
            plain = self(value) if type(name) is str else MISSING
            if plain is MISSING:
                self.dropped += 1
            else:
                found[name] = plain
        return found

    def __call__(self, value: Any) -> Any:
        if isinstance(value, np.generic):
            value = value.item()
        if value is None or isinstance(value, str | bool | int):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else MISSING
        if isinstance(value, set | frozenset):
            return self._all(self._graph.sorted(value))
        if isinstance(value, list | tuple):
            return self._all(value)
        if isinstance(value, dict) and all(type(name) is str for name in value):
            items = self._all(value.values())
            return items if items is MISSING else dict(zip(value, items, strict=True))
        return MISSING

    def _all(self, values: Iterable[Any]) -> Any:
        found = [self(value) for value in values]
        return MISSING if any(value is MISSING for value in found) else found
