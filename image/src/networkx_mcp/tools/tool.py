"""What a tool is: one record, made in the file of the tool, with all that the server knows of it.

Schemas are derived once, so that a call validates and runs without it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, model_validator

from networkx_mcp import context
from networkx_mcp.tools import schemas
from networkx_mcp.tools.answer import Answer
from networkx_mcp.tools.validation import as_meant, validate

if TYPE_CHECKING:
    from networkx_mcp.analysis.definition import Analysis
    from networkx_mcp.graphs.service import Graphs


class Arguments(BaseModel):
    """Base of all argument models: nothing unknown is accepted, numbers are finite (1e400 is not), and nothing is coerced
    but what can mean one thing only."""

    #: Whether calls with these arguments may write to a graph, though the tool reads.
    may_write: ClassVar[bool] = False

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _as_meant(cls, given: Any) -> Any:
        return as_meant(cls, given)

    @property
    def writes(self) -> bool:
        """Whether this call writes to a graph, whatever its tool is."""
        return False


Kind = Literal["read", "add", "replace"]

#: readOnlyHint, destructiveHint, idempotentHint by kind; a tool may differ in the last.
_HINTS: dict[Kind, tuple[bool, bool]] = {"read": (True, False), "add": (False, False), "replace": (False, True)}


@dataclass(frozen=True)
class Tool:
    """One tool. `run` gets the graphs and validated arguments; it returns a bounded answer or raises ServiceError."""

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    #: A TypedDict: the type of structuredContent.
    answer: Any
    run: Callable[[Graphs, Any], Awaitable[Answer]]
    kind: Kind = "read"
    #: A repeat of the same call changes nothing more. Reads always are.
    idempotent: bool = True
    #: Needs no worker, but for a short job now and then: too short to be interrupted, so it is not watched for a client that
    #: hangs up.
    quick: bool = False
    #: What it runs in a worker, with its cost, for tools that analyse a graph.
    analysis: Analysis | None = None
    #: `_meta.ui` of the tool: the app that shows its answers, or that alone may call it (see `tools.app`).
    ui: dict[str, Any] | None = None

    @property
    def scope(self) -> str:
        """The scope a token needs to call this tool."""
        return context.READ if self.kind == "read" else context.WRITE

    @cached_property
    def input_schema(self) -> dict[str, Any]:
        """JSON Schema of the arguments."""
        return schemas.of_arguments(self.arguments.model_json_schema())

    @cached_property
    def output_schema(self) -> dict[str, Any]:
        """JSON Schema of the structured answer."""
        return schemas.of_answer(TypeAdapter(self.answer).json_schema(mode="serialization"))

    @cached_property
    def listing(self) -> dict[str, Any]:
        """The tool's entry in tools/list."""
        # The hints are of the tool, not of the call, and hosts let a reading tool's calls pass unasked: a tool with save_as that said it
        # only reads would write without a question, and an attribute replaced is worth more than the questions that are saved.
        read_only, destructive = _HINTS["replace" if self.arguments.may_write else self.kind]
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": self.input_schema,
            "outputSchema": self.output_schema,
            "annotations": {
                "title": self.title,
                "readOnlyHint": read_only,
                "destructiveHint": destructive,
                "idempotentHint": self.idempotent,
                "openWorldHint": False,
            },
            **({"_meta": {"ui": self.ui}} if self.ui is not None else {}),
        }

    def parse(self, arguments: dict[str, Any]) -> Arguments:
        """Validated arguments. Raises InvalidInput naming the field and the fix."""
        return validate(self.arguments, arguments, self.name)
