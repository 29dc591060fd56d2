"""draw_graph: a picture of a graph, as SVG or PNG.

Its length is bounded (see `picture`): `width`, `height` and `notes` of the answer tell what was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from networkx_mcp.analysis import cost, cost_advice
from networkx_mcp.analysis import layout as layouts
from networkx_mcp.analysis.definition import GraphSize
from networkx_mcp.analysis.drawing import charts, fonts, frame, look, network
from networkx_mcp.analysis.drawing.scene import one_line
from networkx_mcp.analysis.drawing.theme import THEMES, Theme
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.picture import render
from networkx_mcp.analysis.task import Facts, Params, Run, task, unknown_attribute
from networkx_mcp.analysis.tasks import find_communities
from networkx_mcp.analysis.tasks.rank_nodes import scored
from networkx_mcp.analysis.view import part
from networkx_mcp.arrays.columns import MISSING
from networkx_mcp.arrays.deferred import BYTES
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.arrays.values import is_number
from networkx_mcp.backend.kernels.degrees import degrees
from networkx_mcp.backend.kernels.node_results import NodeValues
from networkx_mcp.errors import InvalidInput, LimitExceeded, echoed
from networkx_mcp.vocabulary import COMMUNITIES, LAYOUTS, MEASURES, MOST_DRAWN_EDGES, MOST_DRAWN_NODES

MEDIA_TYPES = {"svg": "image/svg+xml", "png": "image/png"}
#: Characters of a label and of a title.
_LABEL, _TITLE = 32, 200
#: Edge labels that are tried.
_EDGE_LABELS = 300
#: Lines of the legend that an answer tells, of a picture that a model may not see.
_TOLD = 12


@task
def draw_graph(graph: LoadedGraph, args: Params) -> Facts:
    """A picture: `data` holds its bytes.

    Arguments: `kind` (graph; matrix: adjacency; degrees: histogram), `format` (svg or png), `layout` (of LAYOUTS), `size` and `color` (a node
    attribute, a measure of MEASURES, `color` also COMMUNITIES), `labels` (True, False; default: the most important),
    `label` (node attribute shown in the place of the id), `edge_label` (edge attribute written on edges), `weight` (edge
    attribute that makes edges wide, and that some layouts and measures look at), `highlight` (nodes, and the edges from each to the
    next), `nodes` (only these and the edges among them), `theme`, `title`, `width` and `height` (pixels), `seed`.
    """
    kind, seed, theme = args["kind"], args.seed(), THEMES[args["theme"]]
    if args.given("nodes") and not args["nodes"]:
        raise InvalidInput("nodes: is empty, so there is nothing to draw. Leave it out to draw all.", field="nodes")
    seen = _only(graph, args.nodes("nodes")) if args.given("nodes") else graph
    _fits(seen.state.n, "nodes", MOST_DRAWN_NODES)
    _fits(seen.state.m, "edges", MOST_DRAWN_EDGES)
    fonts.prepare()
    weight = args.weight(negative=False)
    run = Run(seen, "draw_graph")
    drawing = _Drawing(seen, args, theme, weight)
    made = run.timed(lambda: drawing.made(kind, seed))
    run.engine = "matplotlib"
    facts = {"kind": kind, "format": args["format"], "media_type": MEDIA_TYPES[args["format"]]}
    facts |= {"nodes": seen.state.n, "edges": seen.state.m, "seed": seed, "truncated": False}
    run.graph = graph  # what the call was asked about is what the metrics count
    return run.report({**facts, **made})


def _only(graph: LoadedGraph, nodes: Sequence[str | int]) -> LoadedGraph:
    """The part with these nodes and the edges among them."""
    whole = graph.arrays.frozen
    kept = np.zeros(whole.n, bool)
    kept[[whole.find(node) for node in nodes]] = True
    return graph.replaced(GraphState(part(whole, kept, kept[whole.src] & kept[whole.dst]), graph.directed))


def _fits(actual: int, what: str, maximum: int) -> None:
    if actual > maximum:
        raise LimitExceeded(
            f"{what}: a picture has at most {maximum} {what}; this graph has {actual}. Name a part by nodes "
            "(get_subgraph and rank_nodes find one).",
            limit=f"draw_{what}",
            maximum=maximum,
            actual=actual,
        )


class _Scores(NamedTuple):
    """A number for each node, None where there is none, and what it is called."""

    name: str
    values: list[Any]


class _Drawing:
    """One picture of a graph: what was asked for, turned into a scene."""

    def __init__(self, graph: LoadedGraph, args: Params, theme: Theme, weight: str | None) -> None:
        self.graph, self.args, self.theme, self.weight = graph, args, theme, weight
        self.notes: list[str] = []
        self._measured: dict[str, _Scores] = {}

    def made(self, kind: str, seed: int) -> Facts:
        """The answer's facts about the picture, its bytes among them."""
        width, height = self.args["width"], self.args["height"]
        title = one_line(self.args["title"], _TITLE)
        layout: str | None = None
        legend = look.Legend()
        if kind == "degrees":
            caption = self._caption([])
            scene, notes = charts.degrees(self.graph.arrays, title, caption, self.theme, width, height)
            if self.weight is None:
                self.args.notes.clear()
        else:
            wanted = self._wanted(title, seed)
            legend = wanted.colours.legend
            if kind == "matrix":
                scene, notes = charts.matrix(self.graph.arrays, wanted, width, height)
            else:
                aspect = max(0.2, (width - 40) / max(height - 80, 40))
                placed = layouts.positions(self.graph, self.args["layout"], seed, weight=self.weight, aspect=aspect)
                layout = placed.layout
                scene, notes = network.draw(self.graph.arrays, placed, wanted, width, height)
                if not LAYOUTS[layout].weighted and self.weight is None:
                    self.args.notes.clear()  # what edges count is of no matter
        self._tell_letters(scene, self.args["format"])
        picture = render(scene, self.args["format"])
        facts: Facts = {"data": picture.data, "width": picture.width, "height": picture.height, "layout": layout}
        facts["notes"] = [*self.notes, *notes, *picture.notes]
        facts["legend"] = [
            {"text": text, "color": colour, "nodes": count} for text, colour, count in legend.entries[:_TOLD]
        ]
        return facts

    def _wanted(self, title: str, seed: int) -> network.Wanted:
        graph, args = self.graph, self.args
        arrays = graph.arrays
        size = self._scores("size", args.get("size", "degree"))
        colours, coloured = self._colours(seed)
        importance = np.asarray(degrees(arrays), np.float64)
        scores = None
        said = []
        if size is not None:
            missing = sum(value is None for value in size.values)
            numbers = np.array([float(value) if value is not None else np.nan for value in size.values])
            if missing == len(numbers):
                scores = None
            else:
                low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
                scores = importance = np.nan_to_num(numbers, nan=low)
                said.append(f"size: {size.name}, {frame.number(low)} to {frame.number(high)}")
            if missing and len(numbers):
                self.notes.append(f"{missing} of {len(numbers)} nodes have no {size.name} and are drawn smallest")
        if coloured:
            said.append(f"colour: {coloured}")
        widths = None
        if self.weight is not None:
            widths = np.maximum(arrays.frozen.edge_table.numbers(self.weight, 1.0), 0.0)
            said.append(f"edges: {one_line(self.weight, _LABEL)}")
        highlight = [arrays.frozen.find(node) for node in args.nodes_of(graph, "highlight")]
        if highlight:
            said.append(f"{len(highlight)} highlighted")
        return network.Wanted(
            title, self._caption(said), self.theme, colours, self._names(), scores, importance, args.get("labels"),
            highlight, widths, self._edge_texts(),
        )  # fmt: skip

    def _caption(self, said: list[str]) -> str:
        n, m = self.graph.state.n, self.graph.state.m
        counts = [f"{n:,} node{'' if n == 1 else 's'}", f"{m:,} edge{'' if m == 1 else 's'}"]
        return " · ".join([*counts, *said])

    def _names(self) -> list[str]:
        ids = self.graph.arrays.ids
        name = self.args.get("label")
        if name is None:
            return [one_line(node, _LABEL) for node in ids]
        values = self._attribute(name, "label", "node")
        return [one_line(node if value is None else value, _LABEL) for node, value in zip(ids, values, strict=True)]

    def _attribute(self, name: str, field: str, kind: str) -> list[Any]:
        """The values of an attribute, None where it is missing. Raises NotFound where nobody has it."""
        frozen = self.graph.arrays.frozen
        column = (frozen.node_table if kind == "node" else frozen.edge_table).column(name)
        count = frozen.n if kind == "node" else frozen.m
        if column is None:
            if count:
                raise unknown_attribute(self.graph, name, field, kind)
            return []
        return [None if (value := column.get(row, BYTES)) is MISSING else value for row in range(count)]

    def _is_attribute(self, name: str) -> bool:
        return self.graph.arrays.frozen.node_table.column(name) is not None

    def _scores(self, field: str, name: str) -> _Scores | None:
        """Numbers of nodes by an attribute or a measure; None for "". Raises InvalidInput for an attribute that is none of numbers."""
        if name == "":
            return None
        if self._is_attribute(name):
            values = self._attribute(name, field, "node")
            bad = next((value for value in values if value is not None and not is_number(value)), None)
            if bad is not None:
                raise InvalidInput(
                    f"{field}: attribute {echoed(name)} has {echoed(bad)}, not a finite number.", field=field
                )
            return _Scores(one_line(name, _LABEL), values)
        if name not in MEASURES or name == "edge_betweenness":
            raise unknown_attribute(self.graph, name, field, "node")
        return self._measure(field, name)

    def _measure(self, field: str, name: str) -> _Scores:
        found = self._measured.get(name)
        if found is not None:
            return found
        graph, measure = self.graph, MEASURES[name]
        if measure.directed and not graph.directed:
            raise InvalidInput(
                f"{field}: {name} is for directed graphs; this graph is undirected. Use degree.", field=field
            )
        if not graph.state.n:
            return _Scores(name, [])
        if name == "degree":
            values: list[Any] = degrees(graph.arrays).tolist()
        else:
            weight = self.weight if measure.weighted else None
            self._afford(measure.algorithm)
            scores = scored(graph, Run(graph, measure.algorithm), name, measure, weight, {})
            if isinstance(scores, NodeValues) and scores.rows is None:
                values = scores.array.tolist()
            else:
                values = [scores.get(node) for node in graph.arrays.ids]
        values = [float(value) if is_number(value) else None for value in values]
        found = self._measured[name] = _Scores(name, values)
        return found

    def _afford(self, algorithm: str) -> None:
        """Raise LimitExceeded where a measure would surely take longer than the call may: only here it is known to be no attribute."""
        allowance, size = self.graph.allowance, GraphSize(self.graph.state.n, self.graph.state.m, self.graph.directed)
        found = cost.estimate(cost.AlgorithmCall(algorithm), *size)
        if allowance is not None and found is not None and cost.too_long(found, allowance):
            raise cost_advice.refusal(algorithm, size, allowance, found, forced=False)

    def _colours(self, seed: int) -> tuple[look.Colours, str]:
        """Colours of the nodes, and what they say."""
        n, name = self.graph.state.n, self.args.get("color", "")
        if not name or not n:
            if name and n:
                raise unknown_attribute(self.graph, name, "color", "node")
            return look.plain(n, self.theme), ""
        if self._is_attribute(name):
            shown = one_line(name, _LABEL)
            return look.by_values(self._attribute(name, "color", "node"), shown, self.theme), shown
        if name == COMMUNITIES:
            labels, note = self._communities(seed)
            return look.by_groups(labels, "communities", "community", self.theme), note
        if name in MEASURES and name != "edge_betweenness":
            return look.by_values(self._measure("color", name).values, name, self.theme), name
        raise unknown_attribute(self.graph, name, "color", "node")

    def _communities(self, seed: int) -> tuple[np.ndarray[Any, np.dtype[np.int64]], str]:
        """The number of the community of each node, 0 the largest, and how they were found."""
        return find_communities.numbered(self.graph, self.weight, seed), "communities (louvain)"

    def _edge_texts(self) -> list[tuple[int, str]]:
        name = self.args.get("edge_label")
        if name is None:
            return []
        values = self._attribute(str(name), "edge_label", "edge")
        found = [(row, one_line(value, _LABEL)) for row, value in enumerate(values) if value is not None]
        if len(found) > _EDGE_LABELS:
            self.notes.append(f"{len(found) - _EDGE_LABELS} of {len(found)} edge labels are left out")
        return found[:_EDGE_LABELS]

    def _tell_letters(self, scene: Any, format_: str) -> None:
        """A PNG has one font; an SVG is drawn with those of its reader."""
        if format_ != "png":
            return
        lacking = sum(fonts.lacks(item.text) for item in scene.items if hasattr(item, "text"))
        if lacking:
            self.notes.append(f"{lacking} texts have characters that the font of a PNG lacks: format svg shows them")
