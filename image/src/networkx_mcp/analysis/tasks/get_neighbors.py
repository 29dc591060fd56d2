"""get_neighbors in a worker: of a part of the graph, or of a node that is told by its name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.result import Values
from networkx_mcp.analysis.task import Facts, Params, Run, task

if TYPE_CHECKING:
    from networkx_mcp.arrays.state import GraphState

Way = Literal["out", "in", "both"]
#: Values of an answer at most, attributes counted.
_VALUES = 25_000


@task
def get_neighbors(graph: LoadedGraph, args: Params) -> Facts:
    """A node and a page of its neighbours; see `beside`.

    Arguments: `node`, `by` (the attribute that names it), `direction` (all, out or in), `show` (attributes of neighbours), `limit`,
    `offset`.
    """
    run = Run(graph, "get_neighbors")
    run.engine = "arrays"
    node = args.node("node")
    shown = args.get("show", ())

    def facts() -> Facts:
        found = beside(graph.state, node, args["direction"], args["offset"], args["limit"], shown)
        values = Values(budget=_VALUES)
        found["attributes"] = values.json(found["attributes"])
        found["neighbors"] = [[other, way, *map(values.json, rest)] for other, way, *rest in found["neighbors"]]
        return {**found, "directed": graph.directed, "notes": values.notes.lines}

    return run.report(run.timed(facts))


def beside(
    state: GraphState, node: str | int, direction: str, offset: int, limit: int, shown: Sequence[str] = ()
) -> Facts:
    """`node` with `attributes` and `degree`; `total` neighbours, and in `neighbors` a page of [id, way of the edge, its attributes, of
    the neighbour's attributes those that are `shown`]. Raises NotFound for a node that is not there."""
    own = state.node_attributes(node)
    degree = state.degree(node)
    total, found = _adjacent(state, node, degree, direction, offset, limit)
    neighbors = [[other, way, edge, _only(state, other, shown)] for other, way, edge in found]
    return {"node": node, "attributes": own, "degree": degree, "total": total, "neighbors": neighbors}


def _only(state: GraphState, node: str | int, shown: Sequence[str]) -> dict[str, Any]:
    if not shown:
        return {}
    attributes = state.node_attributes(node)
    return {name: attributes[name] for name in shown if name in attributes}


def _adjacent(
    state: GraphState, node: str | int, degree: int, direction: str, offset: int, limit: int
) -> tuple[int, Iterable[tuple[str | int, Way, dict[str, Any]]]]:
    """How many neighbors, and a page of them, each once: id, the way its edge runs, its attributes.

    Of a directed graph successors come first; an edge each way is `both`, with the attributes of the
    edge that leads out.
    """
    if not state.directed:
        page = list(state.out_edges(node, offset, limit))
        # A self-loop counts two in the degree, one here; on the last page nobody need look for it.
        last = len(page) < limit and (page or not offset)
        total = offset + len(page) if last else degree - state.has_edge(node, node)
        return total, ((other, "both", data) for other, data in page)
    if direction == "out":
        return state.out_degree(node), ((other, "out", data) for other, data in state.out_edges(node, offset, limit))
    if direction == "in":
        return state.in_degree(node), ((other, "in", data) for other, data in state.in_edges(node, offset, limit))
    ways: dict[str | int, Way] = dict.fromkeys(state.successors(node), "out")
    for other in state.predecessors(node):
        ways[other] = "both" if other in ways else "in"
    among = islice(ways.items(), offset, offset + limit)
    return len(ways), (
        (other, way, state.edge_attributes(other, node) if way == "in" else state.edge_attributes(node, other))
        for other, way in among
    )
