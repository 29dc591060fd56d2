"""find_communities: groups of nodes that hold together more than with the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from networkx_mcp.analysis import keeping
from networkx_mcp.analysis.between_groups import Between, of_overlapping
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.result import table
from networkx_mcp.analysis.task import Facts, Params, Run, task
from networkx_mcp.analysis.tasks.find_components import by_size
from networkx_mcp.backend.kernels import degrees
from networkx_mcp.backend.kernels.arrays import Unsuited
from networkx_mcp.backend.kernels.node_results import NodeGroups, groups_of
from networkx_mcp.vocabulary import COMMUNITY_METHODS

_MOST_WEIGHT = 1e150
_COLUMNS = ("community", "size", "inner_edges", "outer_edges", "nodes")


@task
def find_communities(graph: LoadedGraph, args: Params) -> Facts:
    """Communities by size, equal sizes by their first node, with their modularity.

    Arguments: `method` (of COMMUNITY_METHODS), `weight` (edge attribute, default "weight"; "" for none),
    `seed`, `resolution` (louvain, leiden, greedy_modularity: above 1 gives smaller communities), `k`
    (girvan_newman, fluid: how many communities; k_clique: size of the cliques), `limit`, `offset`,
    `members` (nodes listed of each, those of most edges first). Rows: community (its number), size, edges with both ends in it and with
    one, nodes. `links` and `bridges`: see `between_groups`. Communities of k_clique may overlap and leave nodes out; they have neither
    these nor a modularity.
    """
    name = args["method"]
    method = COMMUNITY_METHODS[name]
    limit, offset, members = args["limit"], args["offset"], args["members"]
    seed, resolution = args.seed(), args.get("resolution", 1)
    options: dict[str, Any] = {}
    weight = None
    if method.weighted:
        weight = options["weight"] = args.weight("weight", negative=False)
    if method.seeded:
        options["seed"] = seed
    if method.resolution:
        options["resolution"] = resolution
    k = args.integer("k", method.k, method.least_k, max(3, graph.state.n)) if method.k else 0

    run = Run(graph, method.algorithm)
    found = communities(graph, run, name, k, options)
    facts: Facts = {"method": name, "count": len(found), "weight": weight, "exact": name == "k_clique"}
    if method.seeded:
        facts["seed"] = seed
    if method.resolution:
        facts["resolution"] = resolution
    if isinstance(found, NodeGroups) or name != "k_clique":
        facts["modularity"] = _modularity(graph, found, weight, resolution)
        parts = _parts(graph, found)
        args.save(lambda: keeping.by_group(graph, parts))
        between = Between(graph.arrays, parts, weight)
        facts |= {"links": between.links(), "bridges": between.bridges()}
        places = range(len(found))[offset : offset + limit + 1]
        page = [between.row(place, members) for place in places]
    else:
        ordered = by_size(graph, found)
        args.save(lambda: keeping.by_group(graph, ordered, overlapping=True))
        page = of_overlapping(graph.arrays, ordered[offset : offset + limit + 1], offset + 1, members)
    return run.report({**_table(page, len(found), limit, offset, members), **facts})


def numbered(graph: LoadedGraph, weight: str | None, seed: int) -> NDArray[np.int64]:
    """The louvain community of each node in node order: 0 is the largest, equal ones by their first node."""
    if not graph.state.n:
        return np.zeros(0, np.int64)
    run = Run(graph, COMMUNITY_METHODS["louvain"].algorithm)
    found = communities(graph, run, "louvain", 0, {"weight": weight, "seed": seed, "resolution": 1})
    parts = _parts(graph, found)
    number = np.empty(len(parts), np.int64)
    number[parts.by_size()] = np.arange(len(parts))
    return number[parts.labels]


def _parts(graph: LoadedGraph, found: Sequence[set[Any]] | NodeGroups) -> NodeGroups:
    return found if isinstance(found, NodeGroups) else NodeGroups(graph.arrays, _labels(graph, found))


def _labels(graph: LoadedGraph, found: Sequence[set[Any]]) -> NDArray[np.int64]:
    labels = groups_of(graph.arrays, found)
    assert labels is not None, "every node is in one of them"
    return labels


def _table(page: list[list[Any]], total: int, limit: int, offset: int, members: int) -> Facts:
    answer = table(_COLUMNS, page, limit=limit, total=total)
    if answer["truncated"]:
        answer["next_offset"] = offset + len(answer["rows"])
    if any(row[1] > len(row[-1]) for row in answer["rows"]):
        answer["notes"].append(f"Of a community the {members} nodes of most edges are listed; size counts all.")
    return answer


def communities(
    graph: LoadedGraph, run: Run, method: str, k: int, options: dict[str, Any]
) -> list[set[Any]] | NodeGroups:
    if not graph.state.n:
        return []
    if graph.state.m == 0 and method != "k_clique":
        return [{node} for node in graph.arrays.ids]  # nothing holds nodes together; some methods divide by zero
    if method == "girvan_newman":

        def split() -> list[set[Any]]:
            # networkx begins with the first split of these: there may be enough of them
            best = [set(component) for component in nx.connected_components(graph.nx.to_undirected())]
            if len(best) < k:
                for communities in run(**options):
                    best = [set(community) for community in communities]
                    if len(best) >= k:
                        break
            return best

        return run.timed(split)  # type: ignore[no-any-return]
    if method == "greedy_modularity" and len({type(node) for node in graph.nx}) > 1:
        # networkx orders equal merges by their nodes, and strings do not compare with integers
        names = list(graph.nx)
        numbered = LoadedGraph.from_networkx(nx.convert_node_labels_to_integers(graph.nx))
        inner = Run(numbered, run.algorithm)
        return run.timed(lambda: [{names[i] for i in community} for community in inner(**options)])  # type: ignore[no-any-return]
    if method in ("fluid", "k_clique"):
        options["k"] = k
    groups = run(**options)
    if isinstance(groups, NodeGroups):
        return groups
    return run.timed(lambda: [set(community) for community in groups])  # type: ignore[no-any-return]


def _modularity(
    graph: LoadedGraph, found: list[set[Any]] | NodeGroups, weight: str | None, resolution: float
) -> float | None:
    """Modularity of the partition; None where the graph has no weight to share out, or more than floats can square."""
    if not 0 < _total(graph, weight) < _MOST_WEIGHT:
        return None
    return float(Run(graph, "community.modularity")(communities=found, weight=weight, resolution=resolution))


def _total(graph: LoadedGraph, weight: str | None) -> Any:
    if weight is None:
        return graph.state.m
    try:
        return degrees.size(graph.arrays, weight)
    except Unsuited:
        return sum(value for *_, value in graph.nx.edges(data=weight, default=1))
