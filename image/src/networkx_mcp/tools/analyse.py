"""Analyses of a whole graph: each runs in a worker and comes back as a page of rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from networkx_mcp.tools.analyse_arguments import (
    FindCommunities,
    FindComponents,
    FindPaths,
    GetSubgraph,
    Heavy,
    MeasureGraph,
    PartitionGraph,
    RankNodes,
)
from networkx_mcp.tools.answer import MAX_CHARACTERS, Answer, Clipper, fitting, noted, show, show_attributes
from networkx_mcp.tools.registry import Tool
from networkx_mcp.tools.runs import analyse
from networkx_mcp.tools.tables import Analysis, table_answer

if TYPE_CHECKING:
    from networkx_mcp.graphs.service import Graphs


class Ranking(Analysis):
    """Rows: rank, node, score (edge_betweenness: rank, source, target, score), highest first."""

    measure: str
    weight: str | None
    sample: NotRequired[int]
    error_bound: NotRequired[
        Annotated[
            float, Field(description="Of a sample: all scores are this close to the exact ones, with probability 0.9.")
        ]
    ]


class Communities(Analysis):
    """Rows: community, size, nodes; largest first."""

    method: str
    count: int
    weight: str | None
    modularity: NotRequired[float | None]
    resolution: NotRequired[float]


class Components(Analysis):
    """Rows: component, size, nodes; largest first."""

    kind: str
    count: int
    largest: int
    articulation_points: NotRequired[list[str | int]]
    articulation_points_total: NotRequired[int]


class Measurements(Analysis):
    """Rows: metric, value, note; value is null with a note where the metric is not defined."""

    weight: str | None


class Paths(Analysis):
    """Rows: hops, distance, path (or node, distance for reachable), nearest first."""

    kind: str
    source: str | int
    target: str | int | None
    weight: str | None
    found: bool


class Partition(Analysis):
    """Rows: part, size, nodes; the cut counts edges between parts."""

    k: int
    weight: str | None
    imbalance: float
    cut_edges: int
    cut_weight: float
    cut_ratio: float


class Part(TypedDict):
    """A bounded table."""

    columns: list[str]
    rows: list[list[Any]]
    total: int
    truncated: bool


class Subgraph(TypedDict):
    """Nodes and the edges among them."""

    graph_id: str
    version: int
    directed: bool
    nodes: Part
    edges: Part
    truncated: bool
    notes: list[str]


def tools(graphs: Graphs) -> list[Tool]:
    """The tools of this file."""

    def analysis(task: str) -> Callable[[Any], Awaitable[Answer]]:
        async def run(args: Heavy) -> Answer:
            value, version = await analyse(graphs, args.graph_id, task, args.params(), force=args.force)
            fewer = "members" if hasattr(args, "members") else None
            offset = getattr(args, "offset", None)
            return table_answer(task, args.graph_id, version, value, offset=offset, fewer=fewer)

        return run

    async def subgraph(args: GetSubgraph) -> Answer:
        value, version = await analyse(graphs, args.graph_id, "get_subgraph", args.params())
        return _subgraph_answer(args.graph_id, version, value)

    return [
        Tool(
            name="find_paths",
            title="Find paths",
            description="Shortest paths between two nodes or from one node to all, alternatives (all shortest, the k "
            "shortest, all simple paths), and what can be reached.",
            arguments=FindPaths,
            answer=Paths,
            run=analysis("find_paths"),
        ),
        Tool(
            name="get_subgraph",
            title="Part of a graph",
            description="Nodes and the edges among them: those you name, or all around a center.",
            arguments=GetSubgraph,
            answer=Subgraph,
            run=subgraph,
        ),
        Tool(
            name="rank_nodes",
            title="Rank nodes",
            description="The most important nodes by a centrality (degree, betweenness, closeness, eigenvector, pagerank, "
            "...), clustering, core number or eccentricity; also edges by betweenness.",
            arguments=RankNodes,
            answer=Ranking,
            run=analysis("rank_nodes"),
        ),
        Tool(
            name="find_communities",
            title="Find communities",
            description="Groups of nodes with more edges inside than to the rest, and how clear the division is (modularity).",
            arguments=FindCommunities,
            answer=Communities,
            run=analysis("find_communities"),
        ),
        Tool(
            name="find_components",
            title="Find components",
            description="Connected, weakly, strongly or biconnected components, largest first.",
            arguments=FindComponents,
            answer=Components,
            run=analysis("find_components"),
        ),
        Tool(
            name="measure_graph",
            title="Measure a graph",
            description="Numbers of the whole graph: density, degrees, clustering, diameter, assortativity, connectivity, "
            "and whether it is a tree, bipartite, planar, acyclic, ...",
            arguments=MeasureGraph,
            answer=Measurements,
            run=analysis("measure_graph"),
        ),
        Tool(
            name="partition_graph",
            title="Partition a graph",
            description="Split all nodes into k parts of nearly equal size with few edges between them.",
            arguments=PartitionGraph,
            answer=Partition,
            run=analysis("partition_graph"),
        ),
    ]


def _subgraph_answer(graph_id: str, version: int, value: dict[str, Any]) -> Answer:
    """Nodes and edges have half of the answer's characters each; edges whose ends did not fit are left out."""
    nodes, edges, directed = value["nodes"], value["edges"], value["directed"]
    clipped = Clipper()
    around = "distance" in nodes["columns"]
    arrow = "->" if directed else "--"

    def node_line(row: list[Any]) -> str:
        distance = f"\tdistance={row[1]}" if around else ""
        return f"node {show(row[0])}{distance}{_attributes(row, clipped)}"

    def edge_line(row: list[Any]) -> str:
        return f"edge {show(row[0])} {arrow} {show(row[1])}{_attributes(row, clipped)}"

    node_lines, early = _end_early(nodes, node_line)
    if early:
        shown = {row[0] for row in nodes["rows"]}
        edges["rows"] = [row for row in edges["rows"] if row[0] in shown and row[1] in shown]
        edges["truncated"] = len(edges["rows"]) < edges["total"]
    edge_lines, fewer = _end_early(edges, edge_line)
    early |= fewer
    notes = [*value["notes"], *clipped.notes()]
    if early:
        notes.append("The answer ended early because its rows are long: ask for fewer nodes, or with attributes=false.")
    truncated = value["truncated"] or early
    data = {
        "graph_id": graph_id,
        "version": version,
        "directed": directed,
        "nodes": nodes,
        "edges": edges,
        "truncated": truncated,
        "notes": notes,
    }
    lines = [f"{show(graph_id)} version {version}: {_counted(nodes, 'nodes')}, {_counted(edges, 'edges')}"]
    lines += [*node_lines, *edge_lines, *noted(notes)]
    if truncated:
        lines.append("truncated: raise limit_nodes or limit_edges, or ask for fewer nodes or a smaller radius")
    return Answer("\n".join(lines), data)


def _end_early(part: dict[str, Any], line: Callable[[list[Any]], str]) -> tuple[list[str], bool]:
    """Cut the rows of a part to what fits; their lines, and whether any row was left out."""
    rows = part["rows"]
    part["rows"], lines = fitting(((row, line(row)) for row in rows), MAX_CHARACTERS // 2)
    early = len(lines) < len(rows)
    if early:
        part["truncated"] = True
    return lines, early


def _counted(part: dict[str, Any], what: str) -> str:
    shown = len(part["rows"])
    return f"{shown} {what}" if shown == part["total"] else f"{shown} of {part['total']} {what}"


def _attributes(row: list[Any], clipped: Clipper) -> str:
    """The attributes at the end of a row, if it has any, as the end of its line; clipped in the row, too."""
    attributes = row[-1]
    if not isinstance(attributes, dict) or not attributes:  # of most edges
        return ""
    row[-1] = clipped(attributes)
    text = show_attributes(row[-1])
    return f"\t{text}" if text else ""
