"""query_graph: a graph asked in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from networkx_mcp.analysis.definition import Analysis
from networkx_mcp.analysis.sql.versions import NAME
from networkx_mcp.analysis.tasks import task_name
from networkx_mcp.tools import analysis_run
from networkx_mcp.tools.analysis_answer import AnalysisAnswer, table_answer
from networkx_mcp.tools.analysis_arguments import Limit, OnGraph
from networkx_mcp.tools.answer import Answer
from networkx_mcp.tools.arguments import MOST_SQL, Offset
from networkx_mcp.tools.tool import Tool

if TYPE_CHECKING:
    from networkx_mcp.graphs.service import Graphs


class QueryGraph(OnGraph):
    """Arguments of query_graph."""

    sql: Annotated[
        str,
        Field(
            min_length=1,
            max_length=MOST_SQL,
            description="One SELECT (also WITH, DESCRIBE nodes, SUMMARIZE edges, PIVOT with IN) in DuckDB's dialect.",
        ),
    ]
    limit: Limit = 50
    offset: Offset = 0


class QueryRows(AnalysisAnswer):
    """Rows of a query."""

    types: Annotated[list[str], Field(description="DuckDB's type of each column.")]


async def run(graphs: Graphs, args: QueryGraph) -> Answer:
    """The tool: a page of one kept block of rows."""
    value, version = await _block(graphs, args, 0)
    if args.offset >= _end(value) and value["truncated"]:
        block = value["block"]
        value, version = await _block(graphs, args, args.offset // block * block)
        if args.offset >= _end(value) and value["truncated"]:  # its rows are long, and it ended before
            value, version = await _block(graphs, args, args.offset)
    page = _page(value, args.offset, args.limit)
    return table_answer("query_graph", args.graph_id, version, page, offset=args.offset, computed=False)


async def _block(graphs: Graphs, args: QueryGraph, start: int) -> tuple[dict[str, Any], int]:
    """Rows from `start`, and the version that they are of. What is kept belongs to the engine that made it."""
    params = {"sql": args.sql, "start": start, "made_by": NAME}
    return await analysis_run.run(graphs, args.graph_id, ANALYSIS, params)


def _end(value: dict[str, Any]) -> int:
    return int(value["start"]) + len(value["rows"])


def _page(value: dict[str, Any], offset: int, limit: int) -> dict[str, Any]:
    """The rows of a block that a page shows."""
    facts = {name: fact for name, fact in value.items() if name not in ("start", "block", "volatile")}
    end = _end(value)
    rows = value["rows"][max(offset - value["start"], 0) :][:limit]
    following = offset + len(rows)
    truncated = bool(rows) and (following < end or value["truncated"])
    notes = list(value["notes"])
    if volatile := value.get("volatile"):
        again = " Pages do not belong together: ask for all rows in one." if truncated or offset else ""
        notes.append(f"Computed anew for each call, because of {', '.join(volatile)}.{again}")
    return {
        **facts,
        "rows": rows,
        "truncated": truncated,
        "next_offset": following if truncated else None,
        "notes": notes,
    }


ANALYSIS = Analysis(task_name("query_graph"), cached=True, forced=False)
TOOL = Tool(
    name="query_graph",
    title="Query in SQL",
    description="Ask anything of nodes, edges and their attributes in SQL (DuckDB, read-only): find, filter, join, count, "
    "group. Tables: nodes(id, <attributes>, degree; directed: in_degree, out_degree), edges(source, target, <attributes>; "
    "an undirected edge once), ends(node, other, <attributes>; every edge from both ends). Where ids are text and numbers, "
    "use id::VARCHAR; mixed values are JSON: attribute->>'$'.",
    arguments=QueryGraph,
    answer=QueryRows,
    run=run,
    analysis=ANALYSIS,
)
