"""describe_graph: a graph's head, its own attributes and a page of its nodes and edges."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from networkx_mcp.analysis import schema
from networkx_mcp.analysis.definition import Analysis
from networkx_mcp.analysis.tasks import task_name
from networkx_mcp.arrays import formats
from networkx_mcp.errors import ServiceError
from networkx_mcp.tools import analysis_run
from networkx_mcp.tools.answer import MAX_CHARACTERS, Answer, Clipper, fitting, noted, show, show_attributes
from networkx_mcp.tools.arguments import MOST, GraphId
from networkx_mcp.tools.graph_summary import GraphSummary, line, summary
from networkx_mcp.tools.tool import Arguments, Tool

if TYPE_CHECKING:
    from networkx_mcp.graphs.model import GraphInfo, View
    from networkx_mcp.graphs.service import Graphs

#: How long a description waits for a worker that looks at attributes, in seconds; then it does without.
PATIENCE_SECONDS = 3.0


class DescribeGraph(Arguments):
    """Arguments of describe_graph."""

    graph_id: GraphId
    limit: Annotated[int, Field(ge=0, le=500, description="Nodes, and edges, to show.")] = 5
    offset: Annotated[int, Field(ge=0, le=MOST, description="Nodes, and edges, to skip.")] = 0


class NodeRow(TypedDict):
    """A node with its attributes."""

    id: str | int
    attributes: dict[str, Any]


class EdgeRow(TypedDict):
    """An edge with its attributes."""

    source: str | int
    target: str | int
    attributes: dict[str, Any]


class Attribute(TypedDict):
    """An attribute of nodes or of edges."""

    name: str
    type: Annotated[str, Field(description="integer, number, text, boolean, list, object, null, or several of these.")]
    count: Annotated[int, Field(description="How many have it.")]
    different: Annotated[int | None, Field(description="How many different values; null where there are lists.")]
    least: Annotated[int | float | str | None, Field(description="Of numbers and dates.")]
    most: Annotated[int | float | str | None, Field(description="Of numbers and dates.")]
    commonest: Annotated[list[list[Any]], Field(description="Pairs of a value and how many have it.")]


class Export(TypedDict):
    """Where the whole graph is."""

    path: Annotated[str, Field(description="GET it with the same token, with ?format= one of these.")]
    formats: list[str]


class Overview(GraphSummary):
    """A graph, what attributes there are, and a page of its contents, in the order in which they were added."""

    attributes: Annotated[dict[str, Any], Field(description="Of the graph itself.")]
    node_attributes: NotRequired[Annotated[list[Attribute], Field(description="On the first page.")]]
    edge_attributes: NotRequired[list[Attribute]]
    weights: NotRequired[Annotated[list[str], Field(description="Edge attributes that are numbers from 0 on.")]]
    export: Export
    page_nodes: list[NodeRow]
    page_edges: list[EdgeRow]
    offset: int
    truncated: Annotated[bool, Field(description="There are more nodes or edges.")]
    next_offset: int | None
    notes: list[str]


async def run(graphs: Graphs, args: DescribeGraph) -> Answer:
    """The tool."""
    return await described(graphs, args.graph_id, args.offset, args.limit)


async def described(graphs: Graphs, graph_id: str, offset: int, limit: int) -> Answer:
    """What attributes the graph has (with its first page), and a page; see `overview`."""
    view = await graphs.view(graph_id)
    if offset:
        return overview(view, offset, limit)
    if (little := schema.of_little(view.state)) is not None:
        return overview(view, offset, limit, little)
    found, note = None, ""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            found, version = await analysis_run.run(graphs, graph_id, ANALYSIS, {})
        view = await graphs.view(graph_id)
        if version != view.info.version:
            note = f"What is said of attributes is of version {version}."
    except (ServiceError, TimeoutError):
        view = await graphs.view(graph_id)
        note = "The attributes were not looked at, because the server is busy: call again, or ask query_graph."
    return overview(view, offset, limit, found, note)


def overview(
    view: View, offset: int, limit: int, attributes_found: dict[str, Any] | None = None, note: str = ""
) -> Answer:
    """The page of at most `limit` nodes and `limit` edges from `offset`; shorter if they are long. Before it what is known of
    attributes (`schema`)."""
    state, _, info = view
    clipped = Clipper()
    attributes = clipped(state.graph_attributes)
    own = show_attributes(attributes)
    arrow = "->" if info.directed else "--"

    def node_row(node: str | int) -> tuple[NodeRow, str]:
        found = clipped(state.node_attributes(node))
        return {"id": node, "attributes": found}, f"node {show(node)}\t{show_attributes(found)}".rstrip()

    def edge_row(edge: tuple[Any, Any, dict[str, Any]]) -> tuple[EdgeRow, str]:
        u, v, stored = edge
        found = clipped(stored)
        text = f"edge {show(u)} {arrow} {show(v)}\t{show_attributes(found)}".rstrip()
        return {"source": u, "target": v, "attributes": found}, text

    known, about = _known(attributes_found, info) if attributes_found is not None else ({}, [])
    half = (MAX_CHARACTERS - len(own) - sum(map(len, about))) // 2
    nodes, node_lines = fitting(map(node_row, state.nodes(offset, limit)), half)
    edges, edge_lines = fitting(map(edge_row, _at_most(state.edges(offset, limit, data=True), limit)), half)
    # Without rows there is no page to go on from.
    following = _following(info, offset, len(nodes), len(edges)) if limit else None
    lines = [line(info)]
    if own:
        lines.append(f"graph attributes: {own}")
    path = f"/graphs/{info.graph_id}"
    lines += about
    lines.append(f"export: GET {path}?format=, with the same token; one of {', '.join(formats.WRITTEN)}")
    lines += node_lines + edge_lines
    notes = [*([note] if note else []), *clipped.notes()]
    lines += noted(notes)
    if following is not None:
        lines.append(f"truncated: call again with offset={following} for more nodes and edges")
    data = {
        **summary(info),
        "attributes": attributes,
        **known,
        "export": {"path": path, "formats": list(formats.WRITTEN)},
        "page_nodes": nodes,
        "page_edges": edges,
        "offset": offset,
        "truncated": following is not None,
        "next_offset": following,
        "notes": notes,
    }
    return Answer("\n".join(lines), data)


def _known(found: dict[str, Any], info: GraphInfo) -> tuple[dict[str, Any], list[str]]:
    """What is known of attributes, as facts and as lines."""
    facts: dict[str, Any] = {"node_attributes": [], "edge_attributes": [], "weights": []}
    lines: list[str] = []
    for of, name, *rest in found["rows"]:
        one: Attribute = {"name": name, **dict(zip(schema.COLUMNS[2:], rest, strict=True))}  # type: ignore[typeddict-item]
        what, total = ("node", info.nodes) if of == "nodes" else ("edge", info.edges)
        facts[f"{what}_attributes"].append(one)
        line = f"{what} attribute {show(name)}: {one['type']}, {one['count']} of {total}"
        if one["least"] is not None:
            line += f", {show(one['least'])} to {show(one['most'])}"
        if one["different"] is not None:
            line += f", {one['different']} different"
        if one["commonest"]:
            line += f", most {', '.join(f'{show(value)} ({count})' for value, count in one['commonest'])}"
        if what == "edge" and one["type"] in ("integer", "number") and _not_negative(one["least"]):
            facts["weights"].append(name)
            line += "; could be a weight"
        lines.append(line)
    for what in ("node", "edge"):
        shown, total = len(facts[f"{what}_attributes"]), found[f"{what}s_total"]
        if shown < total:
            lines.append(f"{what} attributes: the {shown} that most have, of {total}; query_graph knows all")
    return facts, lines


def _not_negative(least: Any) -> bool:
    """Integers past 64 bits are told as text."""
    return not least.startswith("-") if isinstance(least, str) else least is not None and least >= 0


def _at_most(items: Iterable[Any], limit: int) -> Iterable[Any]:
    return items if limit else ()


def _following(info: GraphInfo, offset: int, nodes: int, edges: int) -> int | None:
    """Where the next page begins: behind the shorter of the two lists that are not at their end."""
    ends = [offset + shown for shown, total in ((nodes, info.nodes), (edges, info.edges)) if offset + shown < total]
    return min(ends, default=None)


ANALYSIS = Analysis(task_name("describe_graph"), cached=True, forced=False)
TOOL = Tool(
    name="describe_graph",
    title="Describe a graph",
    description="A graph's size, version and attributes (type, range, commonest values), then its nodes and edges page by "
    "page. Look here before an analysis.",
    arguments=DescribeGraph,
    answer=Overview,
    run=run,
    quick=True,
    analysis=ANALYSIS,
)
