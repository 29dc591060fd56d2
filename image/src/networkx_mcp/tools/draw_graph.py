"""draw_graph: a picture for people, and for models that see."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, TypeAlias

from pydantic import Field
from typing_extensions import TypedDict

from networkx_mcp.analysis.definition import Analysis
from networkx_mcp.analysis.tasks import task_name
from networkx_mcp.tools import analysis_run
from networkx_mcp.tools.analysis_answer import Seen, view_fact, view_text
from networkx_mcp.tools.analysis_arguments import OnView, Seed, Weight
from networkx_mcp.tools.answer import Answer, show
from networkx_mcp.tools.app import SHOWN
from networkx_mcp.tools.arguments import NodeIds
from networkx_mcp.tools.tool import Tool
from networkx_mcp.vocabulary import LAYOUTS, MOST_DRAWN_NODES, PICTURES

if TYPE_CHECKING:
    from networkx_mcp.graphs.service import Graphs

    LayoutName: TypeAlias = str
    PictureKind: TypeAlias = str
else:
    PictureKind = Literal[PICTURES]
    LayoutName = Literal[tuple(LAYOUTS)]

Pixels = Annotated[int, Field(ge=100, le=2000)]


class DrawGraph(OnView):
    """Arguments of draw_graph."""

    kind: Annotated[PictureKind, Field(description="matrix: adjacency; degrees: a histogram.")] = "graph"
    format: Annotated[Literal["png", "svg"], Field(description="svg: an embedded resource.")] = "png"
    nodes: Annotated[NodeIds | None, Field(description="Only these.")] = None
    layout: Annotated[
        LayoutName,
        Field(description="xy, map: by attributes x, y or lat, lon."),
    ] = "auto"
    size: Annotated[str | None, Field(description='Node attribute or measure of rank_nodes (degree); "": equal.')] = (
        None
    )
    color: Annotated[str | None, Field(description="Node attribute, measure, or `communities` (found here).")] = None
    labels: Annotated[bool | None, Field(description="All or none; default: the most important.")] = None
    label: Annotated[str | None, Field(description="Node attribute to write, not the id.")] = None
    edge_label: Annotated[str | None, Field(description="Edge attribute to write.")] = None
    weight: Weight = None
    highlight: Annotated[NodeIds | None, Field(description="Nodes, or a path in order.")] = None
    theme: Annotated[Literal["light", "dark"], Field(description="Colours.")] = "light"
    title: Annotated[str, Field(max_length=200, description="Above it.")] = ""
    width: Annotated[Pixels, Field(description="Pixels.")] = 900
    height: Annotated[Pixels, Field(description="Pixels.")] = 640
    seed: Seed = None


class LegendLine(TypedDict):
    """A colour, and of how many nodes it is."""

    text: str
    color: str
    nodes: int


class Drawing(TypedDict):
    """What was drawn; the picture itself is in the content."""

    graph_id: str
    version: int
    format: str
    media_type: str
    width: int
    height: int
    nodes: int
    edges: int
    kind: str
    layout: Annotated[str | None, Field(description="What was used; null for a matrix and for degrees.")]
    legend: Annotated[list[LegendLine], Field(description="What each colour says.")]
    seed: int
    bytes: int
    notes: Annotated[
        list[str],
        Field(description="What was reduced to fit 700 KiB, left out, or counts otherwise than asked."),
    ]
    view: NotRequired[Seen]


async def run(graphs: Graphs, args: DrawGraph) -> Answer:
    """The tool."""
    value, version = await analysis_run.run(graphs, args.graph_id, ANALYSIS, args.params())
    picture: bytes = value["data"]
    facts = ("kind", "format", "media_type", "width", "height", "nodes", "edges", "layout", "legend", "seed", "notes")
    data = {"graph_id": args.graph_id, "version": version, **{name: value[name] for name in facts}, **view_fact(value)}
    data["bytes"] = len(picture)
    how = f", layout {value['layout']}" if value["layout"] else f", {args.kind}"
    text = (
        f"{show(args.graph_id)} version {version}{view_text(value)}: {value['nodes']} nodes and {value['edges']} edges drawn as "
        f"{args.format}{how}"
    )
    legend = [f"{line['color']} {show(line['text'])}: {line['nodes']} nodes" for line in value["legend"]]
    text = "\n".join([text, *legend, *(f"note: {note}" for note in value["notes"])])
    return Answer(text, data, [_content(args, value["media_type"], picture)])


def _content(args: DrawGraph, media_type: str, picture: bytes) -> dict[str, Any]:
    if args.format == "png":
        return {"type": "image", "data": base64.b64encode(picture).decode("ascii"), "mimeType": media_type}
    uri = f"graph://{args.graph_id}/picture.svg"
    return {"type": "resource", "resource": {"uri": uri, "mimeType": media_type, "text": picture.decode()}}


ANALYSIS = Analysis(task_name("draw_graph"), forced=False)
TOOL = Tool(
    name="draw_graph",
    title="Draw a graph",
    description=f"A picture of up to {MOST_DRAWN_NODES:,} nodes, as PNG or SVG.",
    arguments=DrawGraph,
    answer=Drawing,
    run=run,
    analysis=ANALYSIS,
    ui=SHOWN,
)
