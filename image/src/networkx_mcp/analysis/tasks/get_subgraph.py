"""get_subgraph: some nodes, or the surroundings of one, with the edges among them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.result import Values, table
from networkx_mcp.analysis.task import Facts, Params, Run, has_attribute, task, unknown_attribute


@task
def get_subgraph(graph: LoadedGraph, args: Params) -> Facts:
    """The subgraph induced by `nodes`, or by all nodes within `radius` hops of `center`.

    Arguments: `nodes`, or `center` (by their ids, or by an attribute `by`) with `radius` (default 1) and `direction` (both, out or in: which
    edges of a directed graph lead on), `limit_nodes`, `limit_edges`, `offset_edges`, `attributes` (False leaves them
    out), `show` (only these). Two tables: `nodes` (node, distance, attributes; nearest first) and `edges` (source, target,
    attributes; edges among the listed nodes, in their order); `truncated` tells if either was cut.
    """
    limit_nodes, attributes = args["limit_nodes"], args["attributes"]
    edges = range(args["offset_edges"], args["offset_edges"] + args["limit_edges"])
    shown = _shown(graph, args.get("show"))
    run = Run(graph, "get_subgraph")
    run.engine = "arrays"
    if args.given("nodes"):
        distances = dict.fromkeys(args.nodes("nodes"), 0)
    else:
        center, radius, direction = args.node("center"), args.get("radius", 1), args.get("direction", "both")
        distances = run.timed(lambda: _around(graph, center, radius, direction))
    return run.report(
        run.timed(lambda: _tables(graph, distances, limit_nodes, edges, attributes, args.given("center"), shown))
    )


def _shown(graph: LoadedGraph, names: list[str] | None) -> frozenset[str] | None:
    """The attributes to show, None: all. Raises NotFound for one that neither a node nor an edge has."""
    for name in names or ():
        if not has_attribute(graph, name):
            raise unknown_attribute(graph, name, "show", "node")
    return None if names is None else frozenset(names)


def _narrowed(attributes: dict[str, Any], shown: frozenset[str] | None) -> dict[str, Any]:
    return attributes if shown is None else {name: value for name, value in attributes.items() if name in shown}


def _around(graph: LoadedGraph, center: Any, radius: int, direction: str) -> dict[Any, int]:
    """Hops from `center` by node, nearest first, equal distances in the order of discovery."""
    distances = {center: 0}
    level = [center]
    for distance in range(1, radius + 1):
        following: list[Any] = []
        for node in level:
            for other in _beside(graph, node, direction):
                if other not in distances:
                    distances[other] = distance
                    following.append(other)
        if not following:
            break
        level = following
    return distances


def _beside(graph: LoadedGraph, node: Any, direction: str) -> Iterable[Any]:
    state = graph.state
    if not graph.directed or direction == "out":
        return state.successors(node)
    if direction == "in":
        return state.predecessors(node)
    return dict.fromkeys([*state.successors(node), *state.predecessors(node)])


def _tables(
    graph: LoadedGraph,
    distances: dict[Any, int],
    limit_nodes: int,
    shown_edges: range,
    attributes: bool,
    around: bool,
    shown: frozenset[str] | None,
) -> Facts:
    state = graph.state
    listed = list(distances)[:limit_nodes]
    inside = set(listed)
    columns = ["node", *(["distance"] if around else []), *(["attributes"] if attributes else [])]
    values = Values()
    nodes = table(
        columns,
        (
            [
                node,
                *([distances[node]] if around else []),
                *([_narrowed(state.node_attributes(node), shown)] if attributes else []),
            ]
            for node in listed
        ),
        limit=limit_nodes,
        total=len(distances),
        values=values,
        paged=False,
    )
    nodes["truncated"] = len(nodes["rows"]) < len(distances)
    pairs = _edges_among(graph, listed, inside)
    edges = table(
        ["source", "target", *(["attributes"] if attributes else [])],
        ([u, v, *([_narrowed(state.edge_attributes(u, v), shown)] if attributes else [])] for u, v in pairs),
        limit=len(shown_edges),
        offset=shown_edges.start,
        total=len(pairs),
        values=values,
        paged=False,
    )
    notes = list(values.notes.lines)
    if nodes["truncated"]:
        notes.append("Edges of the listed nodes only; raise limit_nodes for more.")
    for part in (nodes, edges):
        del part["notes"]
    return {
        "nodes": nodes,
        "edges": edges,
        "directed": graph.directed,
        "truncated": nodes["truncated"] or edges["truncated"],
        "notes": notes,
    }


def _edges_among(graph: LoadedGraph, listed: list[Any], inside: set[Any]) -> list[tuple[Any, Any]]:
    """Edges with both ends in `inside`; of an undirected graph each once, from its earlier listed end."""
    pairs: list[tuple[Any, Any]] = []
    seen: set[Any] = set()
    for node in listed:
        beside = (other for other in graph.state.successors(node) if other in inside)
        pairs.extend((node, other) for other in beside if graph.directed or other not in seen)
        seen.add(node)
    return pairs
