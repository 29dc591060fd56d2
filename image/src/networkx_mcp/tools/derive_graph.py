"""derive_graph: a new graph made of others."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired

from pydantic import BeforeValidator, Field, WithJsonSchema
from typing_extensions import TypedDict

from networkx_mcp import context
from networkx_mcp.analysis import client_values
from networkx_mcp.analysis.catalogue_validate import validated
from networkx_mcp.analysis.cost import AlgorithmCall
from networkx_mcp.analysis.definition import Analysis, GraphSize, Params
from networkx_mcp.analysis.derive import own
from networkx_mcp.analysis.tasks import task_name
from networkx_mcp.errors import Conflict, Forbidden, InvalidInput, ServiceError, echoed
from networkx_mcp.telemetry import metrics
from networkx_mcp.tools import run_algorithm
from networkx_mcp.tools.analysis_answer import Seen
from networkx_mcp.tools.analysis_arguments import Heavy
from networkx_mcp.tools.answer import Answer, noted
from networkx_mcp.tools.arguments import MOST_SQL, Attributes, IfVersion, OperationId
from networkx_mcp.tools.graph_summary import CreatedGraph, line, summary
from networkx_mcp.tools.tool import Arguments, Tool

if TYPE_CHECKING:
    from networkx_mcp.graphs.model import DerivedGraph
    from networkx_mcp.graphs.service import Graphs

#: Graphs that one is combined with at most.
MOST_OTHERS = 8


class FromSql(Arguments):
    """SELECTs for the nodes and the edges; see `analysis.derive.from_sql`."""

    nodes: Annotated[str | None, Field(min_length=1, max_length=MOST_SQL)] = None
    edges: Annotated[str | None, Field(min_length=1, max_length=MOST_SQL)] = None
    directed: bool | None = None


class DeriveGraph(Heavy):
    """Arguments of derive_graph."""

    into: Annotated[str, Field(description="Id of the graph to make.")]
    from_sql: Annotated[
        Annotated[
            FromSql | None,
            BeforeValidator(client_values.mapping),
            WithJsonSchema({"type": "object"}),
        ],
        Field(
            description="{nodes, edges, directed?}: SELECTs as of query_graph, with id, or source and target; other columns "
            "are attributes. nodes alone keep edges between them, edges alone the nodes they name."
        ),
    ] = None
    algorithm: Annotated[
        str | None,
        Field(
            max_length=200,
            description="One that returns a graph (find_algorithms), or reverse, to_undirected(join=sum), relabel(attribute), "
            "largest_component, quotient(attribute), backbone(alpha, weight).",
        ),
    ] = None
    arguments: Annotated[Attributes, Field(description="Its arguments.")] = Field(default_factory=dict)
    combine: Annotated[
        Literal["union", "compose", "intersection", "difference", "symmetric_difference", "disjoint_union"] | None,
        Field(description="With `others`; attributes of graph_id count, in compose the last's."),
    ] = None
    others: Annotated[list[str] | None, Field(max_length=MOST_OTHERS, description="Ids of graphs.")] = None
    replace: Annotated[bool, Field(description="Write the next version of `into`, if it exists.")] = False
    if_version: IfVersion = None
    operation_id: OperationId = None

    def check(self) -> None:
        """Raise InvalidInput where there is not one way to make a graph."""
        if self.if_version is not None and not self.replace:
            raise InvalidInput("is of a graph that exists: give `replace`, too.", at="if_version")
        if self.from_sql is not None and not (self.from_sql.nodes or self.from_sql.edges):
            raise InvalidInput("needs `nodes` or `edges`, a SELECT.", at="from_sql")
        ways = [name for name in ("from_sql", "algorithm", "combine") if getattr(self, name) is not None]
        if len(ways) > 1:
            raise InvalidInput(f"give one of {' and '.join(ways)}: derive again from what the first made.", at=ways[1])
        if self.arguments and self.algorithm is None:
            raise InvalidInput("are of an `algorithm`: name it.", at="arguments")
        if (self.combine is None) != (not self.others):
            missing = "combine" if self.combine is None else "others"
            raise InvalidInput("`combine` and `others` go together.", at=missing)

    def how(self) -> dict[str, Any]:
        """The one way, with its arguments; none: a copy."""
        if self.from_sql is not None:
            return {"from_sql": {name: value for name, value in self.from_sql if value is not None}}
        if self.algorithm is not None:
            algorithm = own.get(self.algorithm)
            given = validated(algorithm, self.arguments)
            return {"algorithm": algorithm.name, **({"arguments": given} if given else {})}
        return {} if self.combine is None else {"combine": self.combine}

    def params(self) -> dict[str, Any]:
        """What the task gets. Raises InvalidInput."""
        whole = super().params()
        return {"how": self.how(), **({"view": whole["view"]} if "view" in whole else {})}


class SourceRow(TypedDict):
    """A graph that it was made of."""

    graph_id: str
    version: int


class Derived(CreatedGraph):
    """The graph that was made."""

    sources: list[SourceRow]
    counts: Annotated[dict[str, int], Field(description="What was merged, left out and missing, where any was.")]
    notes: list[str]
    view: NotRequired[Seen]


async def run(graphs: Graphs, args: DeriveGraph) -> Answer:
    """The tool."""
    if context.READ not in context.current().caller.scopes:
        raise Forbidden(
            "derive_graph reads graphs, too, and needs the scope `read`, which this token does not have: use a token with both",
            scope=context.READ,
        )
    params = args.params()
    if_version = args.if_version if args.replace else 0
    try:
        made = await graphs.derive(
            [args.graph_id, *(args.others or ())],
            args.into,
            ANALYSIS,
            params,
            if_version,
            args.operation_id,
            force=args.force,
        )
    except Conflict as error:
        _count("none", error.outcome)
        if if_version != 0 or "version" not in error.data:
            raise
        message = f"graph {echoed(args.into)} exists: give `replace` to write its next version, or another `into`"
        raise Conflict(message, retry_after=error.retry_after, **error.data) from error
    except ServiceError as error:
        _count("none", error.outcome)
        raise
    except asyncio.CancelledError:
        _count("none", "cancelled")
        raise
    if not made.repeated:
        _count(made.engine, "ok")
        metrics.ALGORITHM_DURATION.labels(ANALYSIS.name).observe(made.seconds)
        metrics.ALGORITHM_ELEMENTS.labels(ANALYSIS.name).inc(made.elements)
    return _answer(made)


def _count(engine: str, outcome: str) -> None:
    metrics.ALGORITHM_RUNS.labels(ANALYSIS.name, engine, outcome).inc()


def _answer(made: DerivedGraph) -> Answer:
    sources = [{"graph_id": one.graph_id, "version": one.version} for one in made.sources]
    lines = [("already derived, " if made.repeated else "derived ") + line(made)]
    if sources:
        view = f", view of {made.view['nodes']} nodes and {made.view['edges']} edges" if made.view else ""
        lines.append("from " + ", ".join(f"{one.graph_id} at version {one.version}" for one in made.sources) + view)
    lines += noted(made.notes)
    data = {
        **summary(made),
        **({"view": made.view} if made.view else {}),
        "repeated": made.repeated,
        "sources": sources,
        "counts": made.counts,
        "notes": made.notes,
    }
    return Answer("\n".join(lines), data)


def _of_run(params: Params) -> dict[str, Any] | None:
    """The parameters of the same run by run_algorithm; None where networkx's algorithms have no part in it."""
    name = params["how"].get("algorithm")
    if name is None or name in own.OWN:
        return None
    return {"name": name, "arguments": params["how"].get("arguments", {})}


def _calls(params: Params, graph: GraphSize) -> Iterable[AlgorithmCall]:
    run = _of_run(params)
    return () if run is None else run_algorithm.ANALYSIS.calls(run, graph)


def _suits(params: Params, directed: bool) -> None:
    """Raise InvalidInput where the algorithm is for graphs of the other kind."""
    run = _of_run(params)
    if run is not None:
        run_algorithm.ANALYSIS.suits(run, directed)


ANALYSIS = Analysis(task_name("derive_graph"), calls=_calls, suits=_suits)
TOOL = Tool(
    name="derive_graph",
    title="Derive a graph",
    description="Make a graph of others, by from_sql, algorithm or combine; by none a copy (of a view: that part). Says what was "
    "merged and left out.",
    arguments=DeriveGraph,
    answer=Derived,
    run=run,
    kind="replace",
    idempotent=False,
    analysis=ANALYSIS,
)
