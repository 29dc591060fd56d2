"""compare_graphs: two graphs side by side, or one and a view of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, TypeAlias

from pydantic import BeforeValidator, Field, WithJsonSchema
from typing_extensions import TypedDict

from networkx_mcp.analysis import client_values, measurements
from networkx_mcp.analysis.cost import AlgorithmCall
from networkx_mcp.analysis.definition import Alternative, Analysis, GraphSize, Params
from networkx_mcp.analysis.tasks import task_name
from networkx_mcp.errors import InvalidInput
from networkx_mcp.tools import analysis_run, rank_nodes
from networkx_mcp.tools.analysis_answer import Seen, end_early, tail, view_text
from networkx_mcp.tools.analysis_arguments import Limit, View
from networkx_mcp.tools.answer import Answer, beginning, fitting, row_text, show
from networkx_mcp.tools.arguments import GraphId, Offset
from networkx_mcp.tools.tool import Arguments, Tool
from networkx_mcp.vocabulary import COMPARED, MEASURES

#: Differences that may be asked for alone.
PARTS = ("nodes", "edges", "attributes")

if TYPE_CHECKING:
    from networkx_mcp.graphs.service import Graphs

    RowsName: TypeAlias = str
else:
    RowsName = Literal[(*PARTS, *(name for name in MEASURES if name != "edge_betweenness"))]


class CompareGraphs(Arguments):
    """Arguments of compare_graphs."""

    a: GraphId
    b: Annotated[GraphId | None, Field(description="The other; left out: a, as view shows it.")] = None
    view: Annotated[
        Annotated[View | None, BeforeValidator(client_values.mapping), WithJsonSchema({"type": "object"})],
        Field(description="Of b."),
    ] = None
    rows: Annotated[
        Annotated[RowsName, WithJsonSchema({"type": "string"})] | None,
        Field(description="nodes, edges or attributes alone; or a measure: changes of rank."),
    ] = None
    limit: Limit = 20
    offset: Offset = 0
    force: Annotated[bool, Field(description="Run although it may pass the time limit.")] = False

    def params(self) -> dict[str, Any]:
        """What the task gets; null counts as absent. Raises InvalidInput for what does not go together."""
        seen = None if self.view is None else self.view.asked()
        if seen is None and self.b in (None, self.a):
            raise InvalidInput("b: name another graph, or give a view of a to compare it with.", field="b")
        found: dict[str, Any] = {"limit": self.limit, "offset": self.offset}
        if self.rows is not None:
            found["rows" if self.rows in PARTS else "measure"] = self.rows
        return found if seen is None else {**found, "view": seen}


class Side(TypedDict):
    """One of the graphs."""

    graph_id: str
    version: Annotated[int, Field(description="That was compared.")]
    nodes: int
    edges: int


class Counts(TypedDict):
    """Nodes, or edges."""

    only_a: int
    only_b: int
    both: int
    differ: Annotated[int, Field(description="Of both: with another attribute.")]


class Compared(TypedDict):
    """Rows: difference, item, attribute, a, b; with a measure: node, rank_a, rank_b, change, score_a, score_b."""

    a: Side
    b: Side
    view: NotRequired[Seen]
    nodes: Counts
    edges: Counts
    measures: Annotated[list[list[Any]], Field(description="Name, of a, of b, b - a, note.")]
    isomorphic: Annotated[bool | None, Field(description="The same but for ids and attributes; null: not decided.")]
    cut_off: NotRequired[
        Annotated[list[str | int], Field(description="Nodes of a's largest component that b parts from most of it.")]
    ]
    cut_off_total: NotRequired[int]
    measure: NotRequired[str]
    columns: list[str]
    rows: list[list[Any]]
    total: int
    truncated: bool
    next_offset: int | None
    notes: list[str]
    algorithm: str
    engine: str
    seconds: float
    exact: bool
    cached: NotRequired[bool]


async def run(graphs: Graphs, args: CompareGraphs) -> Answer:
    """The tool. The view is of the first graph that a task gets: of b."""
    ids = [args.b or args.a, args.a]
    value, versions = await analysis_run.run_on(graphs, ids, ANALYSIS, args.params(), force=args.force)
    sides = zip(("b", "a"), ids, versions, strict=True)
    named = {side: {"graph_id": id_, "version": version, **value[side]} for side, id_, version in sides}
    return _answer(value | named, args.offset)


def _answer(value: dict[str, Any], offset: int) -> Answer:
    rows, lines = fitting(row_text(value["columns"], row) for row in value["rows"])
    data = {**value, "rows": rows, "notes": [*value["notes"]]}
    end_early(data, value["rows"], offset)
    text = [_head(data), *_summary(data)]
    if rows:
        text += ["\t".join(data["columns"]), *lines]
    return Answer("\n".join([*text, *tail(data)]), data)


def _head(data: dict[str, Any]) -> str:
    a, b = (f"{show(data[side]['graph_id'])} version {data[side]['version']}" for side in ("a", "b"))
    return f"compare_graphs: a is {a}, b is {b}{view_text(data)}"


def _summary(data: dict[str, Any]) -> Iterator[str]:
    """Lines of the facts, before the rows."""
    if not any(data[kind][name] for kind in ("nodes", "edges") for name in ("only_a", "only_b", "differ")):
        yield (
            "the same: nodes, edges and attributes"
            if not data["total"] or "measure" in data
            else "the same nodes and edges"
        )
    for kind in ("nodes", "edges"):
        counts = data[kind]
        yield (
            f"{kind}: {data['a'][kind]} in a, {data['b'][kind]} in b; {counts['both']} in both ({counts['differ']} with other "
            f"attributes), {counts['only_a']} only in a, {counts['only_b']} only in b"
        )
    shape = {True: "yes", False: "no", None: "not known"}[data["isomorphic"]]
    yield f"isomorphic: {shape}"
    if "cut_off" in data:
        named, total = data["cut_off"], data["cut_off_total"]
        more = f" and {total - len(named)} more" if total > len(named) else ""
        yield f"cut off in b from the largest component of a: {', '.join(map(show, named))}{more}"
    yield "metric\ta\tb\tb - a"
    for name, mine, other, change, note in data["measures"]:
        cells = [_number(cell) for cell in (mine, other, change)]
        yield "\t".join([name, *cells, *([f"({note})"] if note else [])])
    if "measure" in data:
        yield f"changes of rank by {data['measure']}:"


def _number(value: Any) -> str:
    """A metric as it is shown: floats in six digits."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, dict):
        return " ".join(f"{name}={_number(part)}" for name, part in value.items())
    return show(beginning(value, 400))


def _suits(params: Params, directed: bool) -> None:
    """Of the first graph that the task gets, b; a is of the same kind, or both are refused."""
    if "measure" in params and MEASURES[params["measure"]].directed and not directed:
        raise InvalidInput(f"{params['measure']} is for directed graphs; these are undirected. Use degree.", at="rows")


def _calls(params: Params, graph: GraphSize) -> Iterable[AlgorithmCall]:
    yield from measurements.calls(COMPARED, None)
    if "measure" in params:
        yield from rank_nodes.ANALYSIS.calls({"measure": params["measure"]}, graph)


def _alternatives(params: Params, _graph: GraphSize) -> Iterator[Alternative]:
    if "measure" in params:
        for quick in ("pagerank", "degree"):
            yield Alternative(ANALYSIS, {"rows": quick, "measure": quick}, "another measure of importance")


ANALYSIS = Analysis(task_name("compare_graphs"), cached=True, calls=_calls, alternatives=_alternatives, suits=_suits)
TOOL = Tool(
    name="compare_graphs",
    title="Compare graphs",
    description="How two graphs, or a graph and a view of it (what if), differ: nodes, edges, attributes, measures, ranks, "
    "isomorphism.",
    arguments=CompareGraphs,
    answer=Compared,
    run=run,
    analysis=ANALYSIS,
)
