"""get_subgraph: some nodes, or the surroundings of one, with the edges among them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from networkx_mcp.analysis.definition import Analysis
from networkx_mcp.analysis.tasks import task_name
from networkx_mcp.errors import InvalidInput
from networkx_mcp.tools import analysis_run
from networkx_mcp.tools.analysis_answer import Seen, view_fact, view_text
from networkx_mcp.tools.analysis_arguments import By, OnView
from networkx_mcp.tools.answer import MAX_CHARACTERS, Answer, Clipper, fitting, noted, show, show_attributes
from networkx_mcp.tools.app import SHOWN
from networkx_mcp.tools.arguments import MOST, NodeId, NodeIds
from networkx_mcp.tools.tool import Tool

if TYPE_CHECKING:
    from networkx_mcp.graphs.service import Graphs


class GetSubgraph(OnView):
    """Arguments of get_subgraph."""

    nodes: Annotated[NodeIds | None, Field(description="These nodes and the edges among them.")] = None
    center: Annotated[NodeId | None, Field(description="Or: this node and all within `radius` hops.")] = None
    radius: Annotated[int | None, Field(ge=0, le=1000, description="Hops from center (1).")] = None
    direction: Annotated[
        Literal["both", "out", "in"] | None,
        Field(description="Directed graphs: which edges lead on from center (both)."),
    ] = None
    by: By = None
    show: Annotated[list[str] | None, Field(max_length=20, fail_fast=True, description="Only these attributes.")] = None
    attributes: Annotated[bool, Field(description="Show attributes of nodes and edges.")] = True
    limit_nodes: Annotated[int, Field(ge=1, le=1000, description="Nodes to show.")] = 50
    limit_edges: Annotated[int, Field(ge=0, le=2000, description="Edges to show.")] = 100
    offset_edges: Annotated[int, Field(ge=0, le=MOST, description="Edges to skip.")] = 0

    def check(self) -> None:
        if (self.nodes is None) == (self.center is None):
            raise InvalidInput("nodes: give either nodes, or center with radius.", field="nodes")
        if self.nodes is not None and self.radius is not None:
            raise InvalidInput("radius: goes with center, not with nodes.", field="radius")
        if self.show is not None and not self.attributes:
            raise InvalidInput("show: goes with attributes=true, which it narrows.", field="show")


class Rows(TypedDict):
    """A bounded table."""

    columns: list[str]
    rows: list[list[Any]]
    total: int
    truncated: bool
    next_offset: Annotated[int | None, Field(description="Of edges: the offset_edges of the next page.")]


class Subgraph(TypedDict):
    """Nodes and the edges among them."""

    graph_id: str
    version: int
    directed: bool
    nodes: Rows
    edges: Rows
    truncated: bool
    notes: list[str]
    view: NotRequired[Seen]


async def run(graphs: Graphs, args: GetSubgraph) -> Answer:
    """The tool."""
    value, version = await analysis_run.run(graphs, args.graph_id, ANALYSIS, args.params())
    return subgraph_answer(args.graph_id, version, value, args.offset_edges)


def subgraph_answer(graph_id: str, version: int, value: dict[str, Any], offset: int = 0) -> Answer:
    """Nodes and edges have half of the answer's characters each. `offset` is where the page of edges began: nodes stand on the first."""
    nodes, edges, directed = value["nodes"], value["edges"], value["directed"]
    clipped = Clipper()
    around = "distance" in nodes["columns"]
    arrow = "->" if directed else "--"

    def node_line(row: list[Any]) -> str:
        distance = f"\tdistance={row[1]}" if around else ""
        return f"node {show(row[0])}{distance}{_attributes(row, clipped)}"

    def edge_line(row: list[Any]) -> str:
        return f"edge {show(row[0])} {arrow} {show(row[1])}{_attributes(row, clipped)}"

    if offset:
        nodes["rows"] = []  # they stood on the first page
    node_lines, early = _end_early(nodes, node_line)
    edge_lines, fewer = _end_early(edges, edge_line)
    following = offset + len(edge_lines)
    edges["next_offset"] = following if following < edges["total"] and edge_lines else None
    notes = [*value["notes"], *clipped.notes()]
    if early or (fewer and not edge_lines):
        notes.append("The answer ended early because its rows are long: ask for fewer nodes, or with attributes=false.")
    early |= fewer
    truncated = value["truncated"] or early
    data = {
        "graph_id": graph_id,
        "version": version,
        "directed": directed,
        "nodes": nodes,
        "edges": edges,
        "truncated": truncated,
        "notes": notes,
        **view_fact(value),
    }
    first = f"{show(graph_id)} version {version}{view_text(value)}: "
    first += f"page of edges among {nodes['total']} nodes" if offset else _counted(nodes, "nodes")
    lines = [f"{first}, {_counted(edges, 'edges')}"]
    lines += [*node_lines, *edge_lines, *noted(notes)]
    if edges["next_offset"] is not None:
        lines.append(
            f"truncated: edges {offset + 1} to {following} of {edges['total']}; call again with offset_edges={following}"
        )
    elif truncated:
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


ANALYSIS = Analysis(task_name("get_subgraph"), forced=False)
TOOL = Tool(
    name="get_subgraph",
    title="Part of a graph",
    description="Nodes and the edges among them: those you name, or around a center.",
    arguments=GetSubgraph,
    answer=Subgraph,
    run=run,
    analysis=ANALYSIS,
    ui=SHOWN,
)
