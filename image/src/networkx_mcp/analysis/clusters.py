"""A graph as its communities: each a bubble, as large as it has members. What no screen holds node by node is seen so."""

from __future__ import annotations

import math
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from networkx_mcp.analysis import layout as layouts
from networkx_mcp.analysis.between_groups import Between
from networkx_mcp.analysis.layout import plane
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.backend.kernels.node_results import NodeGroups

#: Communities that are shown, and links of each on an average: more are a ball of wool.
MOST, LINKS = 400, 4
#: Share of the nodes that is enough: beyond it are crumbs, which would take most of the picture.
ENOUGH = 0.98
#: What all bubbles together cover of the square that they lie in; the viewer draws them so.
COVERED = 0.22
_ROUNDS = 30
#: Attributes of a community, and of a link between two.
NODES, WITHIN, CENTRE, EDGES = "nodes", "edges within", "most edges", "edges"


def clustered(
    graph: LoadedGraph, labels: NDArray[np.int64], layout: str, seed: int, notes: list[str]
) -> tuple[dict[str, Any], str]:
    """What a document of view_graph has of the communities in the place of nodes, and the layout; `labels`: those of the nodes, by size."""
    between = Between(graph.arrays, NodeGroups(graph.arrays, labels), None)
    count = len(between.sizes)
    shown = min(count, MOST, int(np.searchsorted(np.cumsum(between.sizes), ENOUGH * graph.state.n)) + 1)
    sizes = between.sizes[:shown]
    notes.append(f"{graph.state.n} nodes are shown as {shown} communities: open one to see its nodes.")
    if shown < count:
        notes.append(f"{count - shown} smaller communities with {int(between.sizes[shown:].sum())} nodes are left out.")
    one, other, edges = between.pairs()
    there = other < shown
    one, other, edges = one[there], other[there], edges[there]
    if len(edges) > LINKS * shown:
        best = _strongest(one, other, edges, LINKS * shown)
        notes.append(
            f"Of {len(edges)} pairs of communities with edges between them the {len(best)} with most are joined."
        )
        one, other, edges = one[best], other[best], edges[best]
    xy, layout = _places(sizes, one, other, edges, graph, layout, seed)
    rows = [between.row(place, 1) for place in range(shown)]
    return {
        "clusters": True,
        "directed": False,
        "ids": list(range(shown)),
        "x": xy[:, 0].round(4).tolist(),
        "y": xy[:, 1].round(4).tolist(),
        "degree": between.outer[:shown].tolist(),
        "community": list(range(shown)),
        "score": None,
        "source": one.tolist(),
        "target": other.tolist(),
        "node_attributes": {
            NODES: sizes.tolist(),
            WITHIN: between.inner[:shown].tolist(),
            CENTRE: [row[-1][0] for row in rows],
        },
        "edge_attributes": {EDGES: edges.tolist()},
    }, layout


def _strongest(one: Any, other: Any, edges: Any, most: int) -> NDArray[np.int64]:
    """Places of about so many links: those of most edges, and of each community its strongest, so that none seems to stand apart."""
    order = np.argsort(-edges, kind="stable")
    ends, first = np.unique(np.stack([one[order], other[order]], axis=1).ravel(), return_index=True)
    own = order[first // 2]
    return np.union1d(own, order[: max(most - len(ends), 0)])


def _places(
    sizes: NDArray[np.int64], one: Any, other: Any, edges: Any, graph: LoadedGraph, layout: str, seed: int
) -> tuple[NDArray[np.float64], str]:
    """Where the bubbles are, within -1 and 1 and none over another, and the layout."""
    plain: nx.Graph[int] = nx.Graph()
    plain.add_nodes_from(range(len(sizes)))
    plain.add_weighted_edges_from(zip(one.tolist(), other.tolist(), edges.tolist(), strict=True), weight=EDGES)
    placed = layouts.positions(graph.replaced(LoadedGraph.from_networkx(plain).state), layout, seed, weight=EDGES)
    xy = scaled(placed.xy)
    radii = np.sqrt(sizes / sizes.sum() * COVERED * 4 / math.pi) + 0.01
    # What is pushed apart becomes larger, and nearer again in its frame: until it stays as it is.
    for _ in range(_ROUNDS if placed.seeded else 0):
        plane.apart(xy, radii)
        wide = float(np.abs(xy).max())
        xy = scaled(xy)
        if wide < 1.01:
            break
    return xy, placed.layout


def scaled(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same picture within -1 and 1, its middle at 0."""
    if not len(points):
        return np.zeros((0, 2))
    points = np.ascontiguousarray(points - (points.max(axis=0) + points.min(axis=0)) / 2)
    reach = float(np.abs(points).max())
    return points / reach if reach > 0 else points
