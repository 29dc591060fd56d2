"""find_algorithms: the catalogue of algorithms that run_algorithm runs, searched by words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from networkx_mcp.analysis import catalogue, catalogue_search, cost_advice
from networkx_mcp.analysis.catalogue import MEANINGS, Algorithm, Argument
from networkx_mcp.analysis.definition import GraphSize
from networkx_mcp.tools import run_algorithm
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

    algorithms: list[Found]
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
    return _page(entries, args.offset, total, graph)


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


def _page(entries: list[Algorithm], offset: int, total: int, graph: GraphInfo | None) -> Answer:
    following = offset + len(entries)
    truncated = following < total
    lines = [_line(entry, graph) for entry in entries]
    if not lines:
        lines.append("no algorithm fits; use other words, or a category: " + ", ".join(catalogue_search.categories()))
    if truncated:
        lines.append(f"truncated: {len(entries)} of {total}; call again with offset={following}, or narrow the query")
    data = {
        "algorithms": [_found(entry, graph) for entry in entries],
        "total": total,
        "truncated": truncated,
        "next_offset": following if truncated else None,
    }
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
    "cliques, link prediction, ...); with `name` one in full, with `graph_id` how long each would take there.",
    arguments=FindAlgorithms,
    answer=Catalogue,
    run=run,
    quick=True,
)
