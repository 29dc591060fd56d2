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
from networkx_mcp.tools.arguments import NodeIds
from networkx_mcp.tools.tool import Tool
from networkx_mcp.vocabulary import LAYOUTS

if TYPE_CHECKING:
    from networkx_mcp.graphs.service import Graphs

    LayoutName: TypeAlias = str
else:
    LayoutName = Literal[tuple(LAYOUTS)]

Pixels = Annotated[int, Field(ge=100, le=2000)]


class DrawGraph(OnView):
    """Arguments of draw_graph."""

    format: Annotated[
        Literal["png", "svg"], Field(description="png: an image; svg: an embedded resource with the drawing's text.")
    ] = "png"
    nodes: Annotated[NodeIds | None, Field(description="Only these nodes and the edges among them.")] = None
    layout: Annotated[
        LayoutName,
        Field(description="layers: acyclic directed graphs, top to bottom."),
    ] = "auto"
    labels: Annotated[bool | None, Field(description="Write ids on nodes (up to 60 nodes).")] = None
    label: Annotated[str | None, Field(description="Node attribute to write instead of the id.")] = None
    color: Annotated[str | None, Field(description="Node attribute that colours the nodes.")] = None
    edge_label: Annotated[str | None, Field(description="Edge attribute to write on the edges.")] = None
    weight: Weight = None
    title: Annotated[str, Field(max_length=200, description="Title above the picture.")] = ""
    width: Annotated[Pixels, Field(description="Pixels.")] = 800
    height: Annotated[Pixels, Field(description="Pixels.")] = 600
    seed: Seed = None


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
    layout: str
    seed: int
    bytes: int
    notes: Annotated[
        list[str],
        Field(description="What was reduced to fit 700 KiB; what edges count."),
    ]
    view: NotRequired[Seen]


async def run(graphs: Graphs, args: DrawGraph) -> Answer:
    """The tool."""
    value, version = await analysis_run.run(graphs, args.graph_id, ANALYSIS, args.params())
    picture: bytes = value["data"]
    facts = ("format", "media_type", "width", "height", "nodes", "edges", "layout", "seed", "notes")
    data = {"graph_id": args.graph_id, "version": version, **{name: value[name] for name in facts}, **view_fact(value)}
    data["bytes"] = len(picture)
    text = (
        f"{show(args.graph_id)} version {version}{view_text(value)}: {value['nodes']} nodes and {value['edges']} edges drawn as "
        f"{args.format}, layout {value['layout']}"
    )
    text = "\n".join([text, *(f"note: {note}" for note in value["notes"])])
    return Answer(text, data, [_content(args, value["media_type"], picture)])


def _content(args: DrawGraph, media_type: str, picture: bytes) -> dict[str, Any]:
    if args.format == "png":
        return {"type": "image", "data": base64.b64encode(picture).decode("ascii"), "mimeType": media_type}
    uri = f"graph://{args.graph_id}/picture.svg"
    return {"type": "resource", "resource": {"uri": uri, "mimeType": media_type, "text": picture.decode()}}


ANALYSIS = Analysis(task_name("draw_graph"))
TOOL = Tool(
    name="draw_graph",
    title="Draw a graph",
    description="A picture of up to 500 nodes of a graph, as PNG or SVG.",
    arguments=DrawGraph,
    answer=Drawing,
    run=run,
    analysis=ANALYSIS,
)
