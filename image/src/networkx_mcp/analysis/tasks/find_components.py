"""find_components: connected, weak, strong and biconnected components, largest first."""

from __future__ import annotations

from typing import Any

from networkx_mcp.analysis import keeping
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.result import MAX_ITEMS, Values, table
from networkx_mcp.analysis.task import Facts, Params, Run, task
from networkx_mcp.backend.kernels.node_results import NodeGroups
from networkx_mcp.vocabulary import COMPONENT_KINDS


@task
def find_components(graph: LoadedGraph, args: Params) -> Facts:
    """Components by size, equal sizes by their first node.

    Arguments: `kind` (connected or biconnected for undirected graphs, weak or strong for directed
    ones; default connected or weak), `node` (only the components that hold it), `limit`, `offset`,
    `members` (nodes listed of each component). Rows: component (its number), size, nodes.
    """
    kind = args.get("kind", "weak" if graph.directed else "connected")
    limit, offset, members = args["limit"], args["offset"], args["members"]
    node = args.node("node") if args.given("node") else None

    run = Run(graph, COMPONENT_KINDS[kind].algorithm)
    groups = run()
    if isinstance(groups, NodeGroups):
        args.save(lambda: keeping.by_group(graph, groups))
        facts: Facts = {"kind": kind, "count": len(groups), "largest": int(groups.sizes.max(initial=0))}
        return run.report({**of_arrays(graph, groups, "component", node, limit, offset, members), **facts})
    found = run.timed(lambda: [set(component) for component in groups])
    facts = {"kind": kind, "count": len(found), "largest": max(map(len, found), default=0)}
    if kind == "biconnected":
        cut = graph.sorted(run.timed(lambda: set(Run(graph, "articulation_points")())))
        facts |= {"articulation_points": cut[:MAX_ITEMS], "articulation_points_total": len(cut)}
    ordered = by_size(graph, found)
    args.save(lambda: keeping.by_group(graph, ordered, overlapping=kind == "biconnected"))
    rows: list[tuple[int, int, list[Any]]] = [(number, len(nodes), nodes) for number, nodes in enumerate(ordered, 1)]
    if node is not None:
        rows = [row for row in rows if node in row[2]]
    return run.report({**group_table("component", rows, limit, offset, members), **facts})


def of_arrays(
    graph: LoadedGraph, groups: NodeGroups, name: str, node: Any, limit: int, offset: int, members: int
) -> Facts:
    """The table of groups that are still arrays: only what is listed gets ids."""
    ordered = groups.by_size()
    places: range | list[int] = range(len(ordered))
    if node is not None:
        places = [ordered.index(int(groups.labels[graph.arrays.row(node)]))]
    # the last row that is looked at tells that there is more
    looked_at = [ordered[place] for place in places[offset : offset + limit + 1]]
    graph.afford(len(looked_at), sum(min(int(groups.sizes[group]), members) for group in looked_at))
    rows: Any = LazyRows(len(places), lambda row: _row(groups, places[row] + 1, ordered[places[row]], members))
    return group_table(name, rows, limit, offset, members)


def _row(groups: NodeGroups, number: int, group: int, members: int) -> tuple[int, int, list[Any]]:
    return (number, int(groups.sizes[group]), groups.members(group, members))


class LazyRows:
    """A sequence of rows of which only a slice is ever made."""

    def __init__(self, length: int, row: Any) -> None:
        self._length, self._row = length, row

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, part: slice) -> list[Any]:
        return [self._row(place) for place in range(*part.indices(self._length))]


def by_size(graph: LoadedGraph, groups: list[set[Any]]) -> list[list[Any]]:
    """Groups of nodes, largest first, equal sizes by their first node; each in node order."""
    order = graph.order
    inside = [sorted(group, key=order.__getitem__) for group in groups]
    return sorted(inside, key=lambda nodes: (-len(nodes), order[nodes[0]] if nodes else -1))


def group_table(name: str, rows: list[tuple[int, int, list[Any]]], limit: int, offset: int, members: int) -> Facts:
    """Rows of number, size, nodes with at most `members` nodes each; `size` tells the full number."""
    total = len(rows)
    page = [[number, size, nodes[:members]] for number, size, nodes in rows[offset : offset + limit + 1]]
    values = Values()
    answer = table([name, "size", "nodes"], page, limit=limit, total=total, values=values)
    if answer["truncated"]:
        answer["next_offset"] = offset + len(answer["rows"])
    if any(size > len(nodes) for _, size, nodes in answer["rows"]):
        answer["notes"].append(f"Only the first {members} nodes of a {name} are listed; size counts all.")
    return answer
