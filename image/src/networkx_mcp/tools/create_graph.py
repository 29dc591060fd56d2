"""create_graph: a new graph, empty or with nodes and edges."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from networkx_mcp.analysis import client_values, graph_makers
from networkx_mcp.analysis.graph_makers import SAMPLES
from networkx_mcp.arrays import edits as batch
from networkx_mcp.errors import InvalidInput
from networkx_mcp.graphs.whole_graphs import Recipe
from networkx_mcp.tools.answer import Answer, noted
from networkx_mcp.tools.arguments import (
    Attributes,
    EdgeList,
    Edges,
    NodeList,
    Nodes,
    OperationId,
    no_edges,
    no_nodes,
    twins,
)
from networkx_mcp.tools.graph_summary import CreatedGraph, line, summary
from networkx_mcp.tools.tool import Arguments, Tool

if TYPE_CHECKING:
    from networkx_mcp.arrays.edits import Edit
    from networkx_mcp.graphs.service import Graphs

if TYPE_CHECKING:
    Sample: TypeAlias = str
else:
    Sample = Literal[tuple(SAMPLES)]


def _generator(value: Any) -> Any:
    """What a generator is given as: an object, its JSON, or the call as networkx's documents have it."""
    value = client_values.mapping(value)
    try:
        return graph_makers.read(value) if type(value) is str else value
    except InvalidInput as error:
        raise ValueError(f"{error.message.removeprefix('generator: ').rstrip('.')}") from None


#: Where in a batch an error is.
_PLACE = re.compile(r"edits\[(\d+)\]\.(\w+)(\[\d+\])?")


class CreateGraph(Arguments):
    """Arguments of create_graph."""

    graph_id: Annotated[
        str | None,
        Field(
            description="Id of the new graph: 1-64 of a-z, 0-9, `_`, `-`, first a letter or digit. "
            "Leave out to get a new one."
        ),
    ] = None
    directed: Annotated[bool, Field(description="Whether edges have a direction.")] = False
    description: Annotated[str, Field(description="What the graph is about, for later readers.")] = ""
    attributes: Annotated[Attributes, Field(description="Attributes of the graph itself.")] = Field(
        default_factory=dict
    )
    nodes: Annotated[Nodes, Field(description='Nodes: ids, or {"id", "attributes"} objects.')] = Field(
        default_factory=no_nodes
    )
    edges: Annotated[
        Edges,
        Field(description="Edges: [source, target], and a weight or {attributes}; missing nodes are made."),
    ] = Field(default_factory=no_edges)
    sample: Annotated[Sample | None, Field(description="A well-known graph, in place of nodes and edges.")] = None
    generator: Annotated[
        Annotated[Attributes | None, BeforeValidator(_generator)],
        Field(description='A generator of networkx: {"name": "barabasi_albert_graph", "n": 500, "m": 3, "seed": 1}.'),
    ] = None
    operation_id: OperationId = None


async def run(graphs: Graphs, args: CreateGraph) -> Answer:
    """The tool."""
    if args.sample is not None or args.generator is not None:
        return await _made(graphs, args)
    try:
        info = await graphs.create(
            args.graph_id,
            args.directed,
            args.description,
            args.attributes,
            additions(args.nodes, args.edges),
            operation_id=args.operation_id,
        )
    except InvalidInput as error:
        raise as_created(error, bool(args.attributes), bool(args.nodes.ids)) from error
    data = {**summary(info), "repeated": info.repeated}
    given = {*args.nodes.ids, *chain.from_iterable(args.edges.pairs)}
    told = twins((node for node in given if isinstance(node, str)), given.__contains__)
    lines = [("already made, " if info.repeated else "created ") + line(info), *noted([*args.edges.taken(), *told])]
    return Answer("\n".join(lines), data)


async def _made(graphs: Graphs, args: CreateGraph) -> Answer:
    """A graph that networkx has or makes."""
    if args.nodes.ids or args.edges.pairs or (args.sample is not None and args.generator is not None):
        raise InvalidInput(
            "give one of sample, generator, or nodes and edges; edit_graph adds to what is there.",
            at="sample" if args.sample is not None else "generator",
        )
    if args.sample is not None and args.directed:
        raise InvalidInput("the samples are undirected.", at="directed")
    recipe = Recipe(args.sample, args.generator)
    info = await graphs.make(
        args.graph_id, recipe, args.directed, args.description, args.attributes, operation_id=args.operation_id
    )
    data = {**summary(info), "repeated": info.repeated}
    return Answer(("already made, " if info.repeated else "created ") + line(info), data)


def additions(nodes: NodeList, edges: EdgeList) -> list[Edit]:
    """The edits that fill a new graph."""
    edits: list[Edit] = []
    if nodes.ids:
        edits.append(batch.AddNodes(nodes.ids, nodes.attributes))
    if edges.pairs:
        edits.append(batch.AddEdges(edges.pairs, edges.attributes))
    return edits


def as_created(error: InvalidInput, attributes: bool, nodes: bool) -> InvalidInput:
    """An error of `additions` in the words of create_graph, which has neither edits nor `if_exists`.

    `attributes`, `nodes`: whether the edits begin with those of the graph, and with nodes.
    """
    parts = [name for name, given in (("attributes", attributes), ("nodes", nodes), ("edges", True)) if given]

    found = _PLACE.match(error.at)
    if found is None:
        return error
    part, name, index = parts[int(found[1])], found[2], found[3] or ""
    place = f"{part}{index}.{name}" if name != part else f"{name}{index}"
    # What edit_graph could do with an edge that exists is no help here.
    return error.moved(
        place + error.at[found.end() :], hint="Name it once, with all its attributes." if error.hint else ""
    )


TOOL = Tool(
    name="create_graph",
    title="Create a graph",
    description="Make a graph, empty or with nodes and edges, and get the graph_id that all other tools take.",
    arguments=CreateGraph,
    answer=CreatedGraph,
    run=run,
    kind="add",
    idempotent=False,
    quick=True,
)
