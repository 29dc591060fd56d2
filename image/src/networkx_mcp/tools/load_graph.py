"""load_graph: a graph from text in one of the usual formats, small enough to pass through a model."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field
from pydantic.json_schema import SkipJsonSchema

from networkx_mcp import context, platform
from networkx_mcp.analysis import client_values
from networkx_mcp.arrays import formats
from networkx_mcp.arrays.formats import Hints
from networkx_mcp.arrays.formats.record import DUPLICATES
from networkx_mcp.errors import Conflict, InvalidInput, echoed
from networkx_mcp.graphs.model import Upload, mint_graph_id
from networkx_mcp.tools.answer import Answer, noted
from networkx_mcp.tools.arguments import OperationId
from networkx_mcp.tools.graph_summary import CreatedGraph, line, summary
from networkx_mcp.tools.tool import Arguments, Tool

if TYPE_CHECKING:
    from networkx_mcp.graphs.service import Graphs


#: Formats whose files are text.
TEXT_FORMATS = tuple(name for name in formats.READ if formats.RECORDS[name].text)
#: Names of what they take.
OPTIONS = frozenset(option.name for name in TEXT_FORMATS for option in formats.RECORDS[name].options if option.reading)
if TYPE_CHECKING:
    TextFormat: TypeAlias = str
    Duplicates: TypeAlias = str
else:
    TextFormat = Literal[TEXT_FORMATS]
    Duplicates = Literal[DUPLICATES]


class LoadAnswer(CreatedGraph):
    """The graph that was made of the file."""

    reading: Annotated[
        dict[str, Any],
        Field(
            description="How the file was read: format, what told it, columns of the ends, counts of merged, skipped and missing, notes."
        ),
    ]


class LoadGraph(Arguments):
    """Arguments of load_graph."""

    content: Annotated[
        Annotated[str, BeforeValidator(client_values.document)],
        Field(description="The file's text. Files of over 1 MiB go to PUT /graphs/{id}."),
    ]
    format: Annotated[
        TextFormat | None,
        Field(
            description="edge-list: `source target` a line, and a weight or a JSON object, if any; csv: a header line, then an "
            "edge a line. Left out: as the content tells."
        ),
    ] = None
    graph_id: Annotated[str | None, Field(description="Left out: a new id. An existing graph needs `mode`.")] = None
    mode: Annotated[
        Literal["replace", "merge"] | None,
        Field(description="An existing graph: load over it, or merge the file into it."),
    ] = None
    #: What release 0.1.0 had for mode=replace.
    replace: SkipJsonSchema[bool] = False
    part: Annotated[
        Literal["edges", "nodes"] | None,
        Field(
            description="Tables: what a row is. nodes: `id` and attributes; with mode=merge, beside a table of edges."
        ),
    ] = None
    directed: Annotated[
        bool | None, Field(description="Whether edges have a direction, for formats that do not say (no).")
    ] = None
    sql: Annotated[
        str | None,
        Field(
            description="Tables: a SELECT (DuckDB) over `rows` whose result is loaded: SELECT payer AS source, payee AS target, "
            "sum(amount) AS amount FROM rows GROUP BY ALL."
        ),
    ] = None
    source: Annotated[str | None, Field(description="csv: column of the source (`source`, `from`, ...).")] = None
    target: Annotated[str | None, Field(description="csv: column of the target (`target`, `to`, ...).")] = None
    delimiter: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=1,
            description="What separates cells (csv: as the header tells; else white space).",
        ),
    ] = None
    ids: Annotated[
        Literal["auto", "string", "integer"],
        Field(description="Ids without type: auto makes integers where all are."),
    ] = "auto"
    duplicates: Annotated[
        Duplicates,
        Field(
            description="An edge that comes twice: refuse the file, keep the first, merge, or make one of the values."
        ),
    ] = "error"
    options: Annotated[
        dict[str, Any], Field(description='Further ones of the format, such as {"label": "id"} of gml.')
    ] = Field(default_factory=dict)
    description: Annotated[str, Field(description="What the graph is about, for later readers.")] = ""
    operation_id: OperationId = None

    @classmethod
    def arranged(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments with options of formats, where these stand beside `options`, in their place."""
        options = client_values.mapping(arguments.get("options") or {})
        beside = OPTIONS & arguments.keys() - cls.model_fields.keys()
        if not beside or type(options) is not dict:
            return arguments
        rest = {name: value for name, value in arguments.items() if name not in beside}
        return {**rest, "options": {name: arguments[name] for name in sorted(beside)} | options}

    def given(self) -> dict[str, Any]:
        """The options of the format that were given. Raises InvalidInput for `encoding`."""
        names = ("directed", "part", "sql", "source", "target", "delimiter")
        if "encoding" in self.options:
            raise InvalidInput(
                "options.encoding: the content is a string, which has none: leave it out.", field="options"
            )
        found: dict[str, Any] = dict(self.options)
        found |= {name: value for name in names if (value := getattr(self, name)) is not None}
        if self.duplicates != "error":
            found["duplicates"] = self.duplicates
        if self.ids != "auto":
            found["ids"] = self.ids
        if self.description:
            found["description"] = self.description
        if self.mode == "merge":
            found["mode"] = self.mode
        return found


async def run(graphs: Graphs, args: LoadGraph) -> Answer:
    """The tool."""
    tenant = context.current().caller.tenant
    graph_id = args.graph_id or mint_graph_id(tenant, args.operation_id)
    if_version = None if args.replace or args.mode else 0
    # The text is a string: whatever encoding it declares, these bytes are UTF-8.
    hints = Hints(encoding="utf-8")
    with _spooled(args.content) as file:
        try:
            upload = Upload(file, args.format or "", args.given(), hints)
            info = await graphs.put(graph_id, upload, if_version, args.operation_id)
        except Conflict as error:
            if if_version is None:
                raise
            message = f"graph {echoed(graph_id)} exists: give mode=merge to merge into it, mode=replace to load over it, or another graph_id"
            raise Conflict(message, retry_after=error.retry_after, **error.data) from error
    data = {**summary(info), "repeated": info.repeated, "reading": info.reading.as_dict()}
    lines = [("already loaded, " if info.repeated else "loaded ") + line(info)]
    lines += noted(info.reading.lines())
    return Answer("\n".join(lines), data)


@contextmanager
def _spooled(text: str) -> Iterator[int]:
    """The text as a file in memory, at its beginning. Raises UnicodeEncodeError for lone surrogates."""
    data = text.encode()
    file = platform.memory_file("networkx-mcp-load")
    try:
        with open(file, "wb", closefd=False) as stream:
            stream.write(data)
        os.lseek(file, 0, os.SEEK_SET)
        yield file
    finally:
        os.close(file)


TOOL = Tool(
    name="load_graph",
    title="Load a graph",
    description="Make a graph from the text of a file. A broken one changes nothing and is named with its line.",
    arguments=LoadGraph,
    answer=LoadAnswer,
    run=run,
    kind="replace",
    idempotent=False,
)
