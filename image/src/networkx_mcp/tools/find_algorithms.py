"""find_algorithms: the catalogue of algorithms that run_algorithm runs, searched by words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from networkx_mcp.analysis import catalogue, catalogue_search, cost_advice
from networkx_mcp.analysis.catalogue import MEANINGS, Algorithm, Argument
from networkx_mcp.analysis.definition import GraphSize
from networkx_mcp.tools import questions, run_algorithm
from networkx_mcp.tools.answer import Answer, to_json
from networkx_mcp.tools.arguments import GraphId, Offset
from networkx_mcp.tools.tool import Arguments, Tool

if TYPE_CHECKING:
    from networkx_mcp.graphs.model import GraphInfo
    from networkx_mcp.graphs.service import Graphs


class FindAlgorithms(Arguments):
    """Arguments of find_algorithms."""

    query: Annotated[
        str, Field(max_length=500, description="What you want to know, in words, or part of a name; empty lists all.")
    ] = ""
    name: Annotated[str | None, Field(max_length=200, description="One algorithm in full, with its arguments.")] = None
    graph_id: Annotated[
        GraphId | None, Field(description="Estimate the time of each on this graph, with its default arguments.")
    ] = None
    category: Annotated[
        str | None, Field(max_length=200, description="Only of this category, for example flow, cycles or tree.")
    ] = None
    limit: Annotated[int, Field(ge=1, le=100, description="Algorithms to show.")] = 10
    offset: Offset = 0


class Elsewhere(NamedTuple):
    """What another tool does better than any algorithm, and words by which it is asked for."""

    tool: str
    does: str
    words: frozenset[str]


def _elsewhere(tool: str, does: str, words: str) -> Elsewhere:
    return Elsewhere(tool, does, frozenset(catalogue_search.words(words)))


#: What is asked of the catalogue though no algorithm does it.
ELSEWHERE = (
    _elsewhere(
        "query_graph",
        "SQL over nodes and edges: filter, count, sum, group, join, sort by attributes",
        "sql query filter where select count counts sum total average mean group join table column attribute value date contains "
        "search text revenue amount salary country month year per pattern",
    ),
    _elsewhere(
        "derive_graph",
        "a new graph of this one: by SQL (a filter, a time slice, a projection), by a combination with others, or a copy",
        "subset slice projection project extract copy new derive time period merge union combine aggregate collapse",
    ),
    _elsewhere(
        "compare_graphs",
        "two graphs, or a graph and a view of it, side by side",
        "compare comparison difference diff differ changed",
    ),
    _elsewhere(
        "any analysis",
        "`view` with `without`: as if nodes or edges were not there",
        "remove removed removal without fail failure close closed outage",
    ),
    _elsewhere(
        "edit_graph",
        "adds, changes and deletes nodes and edges",
        "delete add update rename set edit change modify insert",
    ),
    _elsewhere("get_neighbors", "what is next to a node", "neighbor adjacent reports friend"),
    _elsewhere("draw_graph", "a picture", "draw plot picture layout visualize visualise image svg png"),
    _elsewhere(
        "describe_graph",
        "attributes with their ranges, and where the whole graph is to be had in any format",
        "export download csv schema describe file graphml json parquet",
    ),
)
#: Of an algorithm that has a smaller share of the words asked for nobody can say that it fits.
_FITS = 0.6


class SuggestedCall(TypedDict):
    """A call that answers what was asked; ids, attributes and numbers in it are examples."""

    tool: str
    arguments: dict[str, Any]
    does: str


class OtherTool(TypedDict):
    """A tool that does what was asked for."""

    tool: str
    does: str


class Found(TypedDict):
    """An algorithm of the catalogue."""

    name: str
    call: Annotated[str, Field(description="Name and arguments, optional ones with their default.")]
    summary: str
    graph: Annotated[str, Field(description="any, directed or undirected.")]
    category: str
    estimate_seconds: NotRequired[
        Annotated[float | None, Field(description="On the graph that was named, about; null: not known.")]
    ]
    tool: NotRequired[Annotated[str, Field(description="A tool that answers the same in better form.")]]
    returns: NotRequired[str]
    arguments: NotRequired[Annotated[dict[str, Any], Field(description="JSON schema; of a named algorithm only.")]]


class Catalogue(TypedDict):
    """A page of algorithms, best first."""

    calls: NotRequired[
        Annotated[list[SuggestedCall], Field(description="What answers a question like this, best first.")]
    ]
    algorithms: list[Found]
    fits: NotRequired[Annotated[bool, Field(description="False: no algorithm has most of the words.")]]
    elsewhere: NotRequired[Annotated[list[OtherTool], Field(description="Tools that do what was asked for.")]]
    total: int
    truncated: bool
    next_offset: int | None


async def run(graphs: Graphs, args: FindAlgorithms) -> Answer:
    """The tool."""
    graph = None if args.graph_id is None else await graphs.info(args.graph_id)
    if args.name is not None:
        return _one(catalogue.get(args.name), graph)
    end = args.offset + args.limit
    total = catalogue_search.total(args.query, args.category)
    entries = catalogue_search.search(args.query, end, args.category)[args.offset :]
    return _page(entries, args.offset, total, graph, args.query)


def _found(entry: Algorithm, graph: GraphInfo | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": entry.name,
        "call": entry.signature(),
        "summary": entry.summary,
        "graph": entry.graph,
        "category": entry.category,
    }
    if graph is not None:
        found["estimate_seconds"] = _estimate(entry, graph)
    return {**found, "tool": entry.tool} if entry.tool else found


def _line(entry: Algorithm, graph: GraphInfo | None) -> str:
    notes = [entry.category, *([] if entry.graph == "any" else [f"{entry.graph} graphs only"])]
    notes += [f"better: {entry.tool}"] if entry.tool else []
    if graph is not None:
        seconds = _estimate(entry, graph)
        notes.append("time here unknown" if seconds is None else f"about {seconds:g} s here")
    return f"{entry.signature()}\t{entry.summary} ({'; '.join(notes)})"


def _estimate(entry: Algorithm, graph: GraphInfo) -> float | None:
    """Seconds on this graph with default arguments, to two digits; None where that is not known."""
    if entry.graph not in ("any", "directed" if graph.directed else "undirected"):
        return None
    needed = {argument.name: argument.default for argument in entry.arguments if argument.required}
    params = {"name": entry.name, "arguments": needed}
    found = cost_advice.estimated(run_algorithm.ANALYSIS, params, GraphSize(graph.nodes, graph.edges, graph.directed))
    return None if found is None or not math.isfinite(found.seconds) else float(f"{found.seconds:.2g}")


def _page(entries: list[Algorithm], offset: int, total: int, graph: GraphInfo | None, query: str) -> Answer:
    asked = set(catalogue_search.words(query))
    calls = questions.answers(query)
    fits = not asked or (bool(entries) and catalogue_search.share(query) >= _FITS)
    tools = sorted((one for one in ELSEWHERE if asked & one.words), key=lambda one: -len(asked & one.words))[:3]
    if calls and not fits:
        # What shares a word or two with the question would only stand beside the answer.
        entries = [catalogue.get(call.arguments["name"]) for call in calls if call.tool == run_algorithm.TOOL.name]
        total, offset, tools = len(entries), 0, []
    following = offset + len(entries)
    truncated = following < total
    lines = [_line(entry, graph) for entry in entries]
    if calls:
        lines = [f"may answer: {call.tool} {to_json(call.arguments)} ({call.does})" for call in calls] + lines
    elif not lines:
        lines.append("no algorithm fits; use other words, or a category: " + ", ".join(catalogue_search.categories()))
    elif not fits:
        lines.insert(0, "no algorithm has most of these words; the nearest:")
    if not fits and not tools and not calls:
        tools = [ELSEWHERE[0]]
    lines += [f"not an algorithm, but may answer: {one.tool} ({one.does})" for one in tools]
    if truncated:
        lines.append(f"truncated: {len(entries)} of {total}; call again with offset={following}, or narrow the query")
    data: dict[str, Any] = {
        "algorithms": [_found(entry, graph) for entry in entries],
        "total": total,
        "truncated": truncated,
        "next_offset": following if truncated else None,
    }
    if calls:
        data = {"calls": [call._asdict() for call in calls], **data}
    elif not fits:
        data["fits"] = False
    if tools:
        data["elsewhere"] = [{"tool": one.tool, "does": one.does} for one in tools]
    return Answer("\n".join(lines), data)


def _one(entry: Algorithm, graph: GraphInfo | None) -> Answer:
    lines = [_line(entry, graph), *(_argument(argument) for argument in entry.arguments)]
    if entry.returns:
        lines.append(f"returns: {entry.returns}")
    found = {**_found(entry, graph), "returns": entry.returns, "arguments": entry.schema()}
    return Answer("\n".join(lines), {"algorithms": [found], "total": 1, "truncated": False, "next_offset": None})


def _argument(argument: Argument) -> str:
    kind = f"one of {', '.join(argument.choices)}" if argument.choices else MEANINGS[argument.type]
    default = "required" if argument.required else f"default {to_json(argument.default)}"
    return f"{argument.name}\t{kind}, {default}\t{argument.description}".rstrip()


TOOL = Tool(
    name="find_algorithms",
    title="Find algorithms",
    description="Search the networkx algorithms that run_algorithm runs (flow, matching, colouring, cycles, trees, "
    "cliques, link prediction, ...).",
    arguments=FindAlgorithms,
    answer=Catalogue,
    run=run,
    quick=True,
)
