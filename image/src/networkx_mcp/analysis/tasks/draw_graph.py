"""draw_graph: a picture of a small graph, as SVG or PNG, by matplotlib without a display.

Its length is bounded (see `picture`): `width`, `height` and `notes` of the answer tell what was made.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Sequence
from typing import Any

import networkx as nx
import numpy as np

from networkx_mcp import extras
from networkx_mcp.analysis import layout as layouts
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.picture import Picture, render
from networkx_mcp.analysis.task import Facts, Params, Run, task, unknown_attribute
from networkx_mcp.analysis.view import part
from networkx_mcp.arrays.formats.markup_text import NO_XML
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.arrays.values import is_number
from networkx_mcp.errors import LimitExceeded
from networkx_mcp.vocabulary import LAYOUTS

#: A picture of more says nothing, and its layout takes long.
MAX_NODES = 500
MAX_EDGES = 5_000
MEDIA_TYPES = {"svg": "image/svg+xml", "png": "image/png"}
_LABELLED = 60  # more labels than this cover each other
_DPI = 100
_PALETTE = "tab20"


@task
def draw_graph(graph: LoadedGraph, args: Params) -> Facts:
    """A picture: `data` holds its bytes.

    Arguments: `format` (svg or png), `layout` (of LAYOUTS), `labels` (True, False; default: up to 60
    nodes), `label` (node attribute shown in the place of the id), `color` (node attribute that
    colours nodes: a scale for numbers, one colour a value otherwise), `edge_label` (edge attribute
    written on edges), `weight` (edge attribute that pulls nodes together in spring, kamada_kawai and spectral),
    `nodes` (only these and the edges among them), `title`, `width` and `height` (pixels), `seed`.
    """
    kind, layout, seed = args["format"], args["layout"], args.seed()
    width, height = args["width"], args["height"]
    title = _printable(args["title"])
    seen = _only(graph, args.nodes("nodes")) if args.given("nodes") else graph
    drawn = seen.nx
    nodes, edges = drawn.number_of_nodes(), drawn.number_of_edges()
    _fits(nodes, "nodes", MAX_NODES)
    _fits(edges, "edges", MAX_EDGES)
    labels = _labels(graph, args, drawn)
    colors = _attribute(graph, args, "color", drawn)
    edge_labels = _edge_labels(graph, args, drawn)
    weight = args.weight(negative=False)
    run = Run(graph, "draw_graph")
    placed = run.timed(lambda: layouts.positions(seen, layout, seed, weight=weight, aspect=width / height))
    layout = placed.layout
    positions = dict(zip(seen.arrays.ids, placed.xy, strict=True))
    if not LAYOUTS[layout].weighted:  # what edges count is of no matter to the others
        args.notes = [f"Layout {layout} looks at no weight."] if weight is not None else []
    run.engine = "matplotlib"
    made = run.timed(
        lambda: _picture(drawn, positions, labels, colors, edge_labels, title, kind, width / _DPI, height / _DPI)
    )
    facts = {"format": kind, "media_type": MEDIA_TYPES[kind], "data": made.data, "width": made.width}
    facts |= {"height": made.height, "notes": made.notes}
    return run.report({**facts, "nodes": nodes, "edges": edges, "layout": layout, "seed": seed, "truncated": False})


def _fits(actual: int, what: str, maximum: int) -> None:
    if actual > maximum:
        raise LimitExceeded(
            f"{what}: a picture has at most {maximum} {what}; this graph has {actual}. Name a part by nodes "
            "(get_subgraph and rank_nodes find one).",
            limit=f"draw_{what}",
            maximum=maximum,
            actual=actual,
        )


def _labels(graph: LoadedGraph, args: Params, drawn: nx.Graph[Any]) -> dict[Any, str]:
    shown = args.get("labels", len(drawn) <= _LABELLED or args.given("label"))
    values = _attribute(graph, args, "label", drawn)
    if not shown:
        return {}
    return {node: _short(values[node] if values.get(node) is not None else node) for node in drawn}


def _short(value: Any) -> str:
    text = str(value)
    return _printable(text if len(text) <= 40 else text[:39] + "…")


def _printable(text: str) -> str:
    """Text that an SVG can hold."""
    return NO_XML.sub("\ufffd", text)


def _attribute(graph: LoadedGraph, args: Params, field: str, drawn: nx.Graph[Any]) -> dict[Any, Any]:
    name = args.get(field)
    if name is None:
        return {}
    values = {node: data.get(name) for node, data in drawn.nodes(data=True)}
    if values and all(value is None for value in values.values()):
        raise unknown_attribute(graph, name, field, "node")
    return values


def _edge_labels(graph: LoadedGraph, args: Params, drawn: nx.Graph[Any]) -> dict[Any, str]:
    name = args.get("edge_label")
    if name is None:
        return {}
    labels = {(u, v): _short(data[name]) for u, v, data in drawn.edges(data=True) if name in data}
    if not labels and drawn.number_of_edges():
        raise unknown_attribute(graph, str(name), "edge_label", "edge")
    return labels


def _only(graph: LoadedGraph, nodes: Sequence[str | int]) -> LoadedGraph:
    """The part with these nodes and the edges among them."""
    whole = graph.arrays.frozen
    kept = np.zeros(whole.n, bool)
    kept[[whole.find(node) for node in nodes]] = True
    return LoadedGraph(GraphState(part(whole, kept, kept[whole.src] & kept[whole.dst]), graph.directed))


def _picture(
    drawn: nx.Graph[Any],
    positions: dict[Any, Any],
    labels: dict[Any, str],
    colors: dict[Any, Any],
    edge_labels: dict[Any, str],
    title: str,
    kind: str,
    width: float,
    height: float,
) -> Picture:
    # matplotlib wants a writable directory for its font cache; the root file system may be read-only
    os.environ.setdefault("MPLCONFIGDIR", tempfile.gettempdir())
    with extras.needed("draw", "draw_graph"):
        import matplotlib as mpl
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "networkx-mcp"  # the same graph gives the same bytes
    figure = Figure(figsize=(width, height), dpi=_DPI, layout="tight")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_axis_off()
    size = max(20.0, min(300.0, 9000.0 / max(len(drawn), 1)))
    fill, scale = _fill(colors)
    nx.draw_networkx_nodes(
        drawn, positions, ax=axes, node_size=size, node_color=fill, linewidths=0.5, edgecolors="#333333"
    )
    arrows = {"arrowsize": 8, "node_size": size} if drawn.is_directed() else {"arrows": False}
    made = nx.draw_networkx_edges(drawn, positions, ax=axes, width=0.7, edge_color="#888888", **arrows)
    lines = [] if drawn.is_directed() else [made]  # arrows cannot be pixels beside vectors, nor can text
    texts = list(nx.draw_networkx_labels(drawn, positions, labels=labels, ax=axes, font_size=8).values())
    if edge_labels:
        written = nx.draw_networkx_edge_labels(drawn, positions, edge_labels=edge_labels, ax=axes, font_size=7)
        texts += written.values()
        lines = []
    if scale is not None:
        figure.colorbar(scale, ax=axes, shrink=0.6)
    if title:
        texts.append(axes.set_title(title))
    for text in texts:
        text.set_parse_math(False)  # a "$" in an id is a dollar sign
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)  # a box is drawn: nothing to tell a log
        return render(figure, kind, _DPI, lines)


def _fill(colors: dict[Any, Any]) -> tuple[Any, Any]:
    """Colours of the nodes in order, and the scale to show beside the picture for numbers."""
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    if not colors:
        return "#7fb2e5", None
    values = list(colors.values())
    numbers = [float(v) for v in values if is_number(v)]
    if len(numbers) == sum(value is not None for value in values) and len(set(numbers)) > 10:
        scale = ScalarMappable(Normalize(min(numbers), max(numbers)), colormaps["viridis"])
        shades = iter(scale.to_rgba(np.array(numbers)))
        return [next(shades) if value is not None else "#dddddd" for value in values], scale
    distinct = {value: index for index, value in enumerate(dict.fromkeys(map(str, values)))}
    palette = colormaps[_PALETTE]
    return [palette(distinct[str(value)] % palette.N) if value is not None else "#dddddd" for value in values], None
