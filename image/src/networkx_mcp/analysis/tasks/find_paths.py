"""find_paths: shortest paths, the k shortest, all simple ones, and what is reachable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, pairwise
from typing import Any

import numpy as np

from networkx_mcp.analysis.definition import RUN
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.result import Values, table
from networkx_mcp.analysis.task import Facts, Params, Run, task
from networkx_mcp.arrays.columns import MISSING
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.backend.kernels.arrays import Unsuited
from networkx_mcp.backend.kernels.node_results import NodeValues
from networkx_mcp.backend.kernels.path_results import NodePaths
from networkx_mcp.errors import NotFound, echoed
from networkx_mcp.vocabulary import PATH_KINDS


@task
def find_paths(graph: LoadedGraph, args: Params) -> Facts:
    """Paths from `source` to `target`, or from `source` to everything it reaches.

    Arguments: `source`, `target` (not for reachable; without it `shortest` answers for all targets),
    `kind` (of PATH_KINDS), `direction` (of reachable), `weight` (edge attribute; absent: hops), `k` (k_shortest), `cutoff` (longest
    distance for reachable and for shortest to all targets, most hops for all_simple), `limit`, `offset`.
    Rows of paths: hops, distance, path. Rows of reachable: node, distance. `found` is False, with a
    note, when there is no path: that is an answer, not an error.
    """
    kind = args["kind"]
    source = args.node("source")
    target = args.node("target") if args.given("target") else None
    weight = args.weight(negative=PATH_KINDS[kind].negative)
    limit, offset = args["limit"], args["offset"]
    cutoff, k = args.get("cutoff"), args.get("k", PATH_KINDS[kind].k)

    facts: Facts = {"kind": kind, "source": source, "target": target, "weight": weight}
    if kind == "reachable":
        if args.given("direction"):
            facts["direction"] = args["direction"]
        direction = args.get("direction", "out")
        answer = _reachable(_turned(graph, direction), source, weight, cutoff, limit, offset, facts)
        answer[RUN]["elements"] = graph.elements  # of the graph that was asked about, not of the turned one
        if not answer["found"] and (other := _other_way(graph, source, direction)):
            answer["notes"].append(other)
        return answer
    if target is None:
        return _to_all(graph, source, weight, cutoff, limit, offset, facts)
    return _between(graph, source, target, kind, weight, k, cutoff, limit, offset, facts)


def _between(
    graph: LoadedGraph,
    source: Any,
    target: Any,
    kind: str,
    weight: str | None,
    k: int,
    cutoff: float | None,
    limit: int,
    offset: int,
    facts: Facts,
) -> Facts:
    method = _method(graph, weight)
    paths: Iterable[list[Any]]
    if kind == "shortest":
        run = Run(graph, "shortest_path")
        found = _or_none(lambda: run(source=source, target=target, weight=weight, method=method))
        graph.afford(1, 0 if found is None else len(found))
        paths = [] if found is None else [found]
    elif kind == "all_shortest":
        run = Run(graph, "all_shortest_paths")
        paths = run(source=source, target=target, weight=weight, method=method)
    elif kind == "k_shortest":
        run = Run(graph, "shortest_simple_paths")
        paths = islice(run(source=source, target=target, weight=weight), k)
    else:
        run = Run(graph, "all_simple_paths")
        paths = run(source=source, target=target, cutoff=None if cutoff is None else int(cutoff))
    # paths are enumerated only as far as they are answered
    rows = ([len(path) - 1, _length(graph, path, weight), path] for path in paths)
    answer = _or_none(
        lambda: run.timed(
            lambda: table(["hops", "distance", "path"], rows, limit=limit, offset=offset, values=Values())
        )
    )
    if answer is None:
        answer = table(["hops", "distance", "path"], [], limit=limit)
    facts["found"] = bool(answer["rows"]) or offset > 0
    if not facts["found"]:
        answer["notes"].append(_why_none(graph, source, target, cutoff))
    return run.report({**answer, **facts})


def _to_all(
    graph: LoadedGraph, source: Any, weight: str | None, cutoff: float | None, limit: int, offset: int, facts: Facts
) -> Facts:
    if weight is None:
        run = Run(graph, "single_source_shortest_path")
        hops = None if cutoff is None else int(cutoff)
        paths = run(source=source, cutoff=hops)
        if isinstance(paths, NodePaths):
            distances = Run(graph, "single_source_shortest_path_length")(source=source, cutoff=hops)
        else:
            distances = {node: len(path) - 1 for node, path in paths.items()}
    elif _method(graph, weight) == "bellman-ford":
        run = Run(graph, "single_source_bellman_ford")
        distances, paths = run(source=source, weight=weight)
        distances = {node: d for node, d in distances.items() if cutoff is None or d <= cutoff}
    else:
        run = Run(graph, "single_source_dijkstra")
        distances, paths = run(source=source, cutoff=cutoff, weight=weight)
    ordered, total = _nearest(graph, distances, source)
    rows = ([len(paths[node]) - 1, distance, paths[node]] for node, distance in ordered)
    answer = table(["hops", "distance", "path"], rows, limit=limit, offset=offset, total=total)
    return run.report({**answer, **facts, "found": total > 0, **_after(offset, answer)})


def _other_way(graph: LoadedGraph, source: Any, direction: str) -> str | None:
    """What there is to say of a node that reaches nothing in this direction, if edges lead the other way."""
    if not graph.directed:
        return None
    led = {"out": list(graph.state.successors(source)), "in": list(graph.state.predecessors(source))}
    turn = {"out": "in", "in": "out"}.get(direction)
    if turn is None or led[direction] or not led[turn]:
        return None
    way, rest = ("from", "to") if direction == "out" else ("to", "from")
    return f"No edge leads {way} {echoed(source)}, {len(led[turn])} lead {rest} it: direction={turn} follows those."


def _turned(graph: LoadedGraph, direction: str) -> LoadedGraph:
    """The graph in which that is reached which reaches the source here (`in`), or which is linked with it in any way (`both`)."""
    if direction == "out" or not graph.directed:
        return graph
    from networkx_mcp.analysis.derive import changes

    whole = graph.arrays.frozen
    turned = changes.reverse(graph, {}, {}).graph if direction == "in" else changes.undirected(whole)
    return graph.replaced(GraphState(turned, turned.directed))


def _reachable(
    graph: LoadedGraph, source: Any, weight: str | None, cutoff: float | None, limit: int, offset: int, facts: Facts
) -> Facts:
    if weight is None:
        run = Run(graph, "single_source_shortest_path_length")
        distances = run(source=source, cutoff=None if cutoff is None else int(cutoff))
    elif _method(graph, weight) == "bellman-ford":
        run = Run(graph, "single_source_bellman_ford_path_length")
        distances = {n: d for n, d in run(source=source, weight=weight).items() if cutoff is None or d <= cutoff}
    else:
        run = Run(graph, "single_source_dijkstra_path_length")
        distances = run(source=source, cutoff=cutoff, weight=weight)
    ordered, total = _nearest(graph, distances, source)
    answer = table(["node", "distance"], ordered, limit=limit, offset=offset, total=total)
    return run.report({**answer, **facts, "found": total > 0, **_after(offset, answer)})


def _nearest(graph: LoadedGraph, distances: Mapping[Any, Any], source: Any) -> tuple[Iterator[tuple[Any, Any]], int]:
    """(node, distance) by distance, equal ones in node order, without the source; and how many. Made one by one."""
    if not isinstance(distances, NodeValues) or distances.rows is None:
        order = graph.order
        found = sorted(
            ((node, distance) for node, distance in distances.items() if node != source),
            key=lambda row: (row[1], order[row[0]]),
        )
        return iter(found), len(found)
    frozen = graph.arrays.frozen
    kept = distances.rows != frozen.find(source)
    rows, values = distances.rows[kept], distances.array[kept]
    order_ = np.lexsort((rows, values))
    return ((frozen.id_of(int(rows[k])), values[k].item()) for k in order_), len(rows)


def _after(offset: int, answer: Facts) -> Facts:
    """Where the next page starts, for rows made lazily with a known total."""
    return {"next_offset": offset + len(answer["rows"])} if answer["truncated"] else {}


def _method(graph: LoadedGraph, weight: str | None) -> str:
    """Dijkstra is wrong below 0: Bellman-Ford then."""
    if weight is None:
        return "dijkstra"
    try:
        negative = graph.arrays.weights(weight).lowest < 0
    except Unsuited:  # integers that floats do not hold
        column = graph.arrays.frozen.edge_table.column(weight)
        values = [] if column is None else [value for value in column.to_list() if value is not MISSING]
        negative = min(values, default=0) < 0
    return "bellman-ford" if negative else "dijkstra"


def _or_none(work: Any) -> Any:
    """`work()`, or None where there is no path."""
    try:
        return work()
    except NotFound as error:
        if error.data.get("kind") == "path":
            return None
        raise


def _length(graph: LoadedGraph, path: list[Any], weight: str | None) -> Any:
    if weight is None:
        return len(path) - 1
    edge = graph.state.edge_attributes
    return sum(edge(u, v).get(weight, 1) for u, v in pairwise(path))


def _why_none(graph: LoadedGraph, source: Any, target: Any, cutoff: float | None) -> str:
    if cutoff is not None and Run(graph, "has_path")(source=source, target=target):
        return f"No path from {echoed(source)} to {echoed(target)} has at most {cutoff:g} hops: raise cutoff."
    if graph.directed and Run(graph, "has_path")(source=target, target=source):
        return f"No path leads from {echoed(source)} to {echoed(target)}; one leads the other way."
    return f"No path leads from {echoed(source)} to {echoed(target)}: they are not connected in this direction."
