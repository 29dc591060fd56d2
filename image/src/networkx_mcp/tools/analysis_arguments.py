"""Arguments that several analyses share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from networkx_mcp.analysis import client_values
from networkx_mcp.analysis.sql.versions import NAME
from networkx_mcp.errors import InvalidInput
from networkx_mcp.graphs.keeping import Keep
from networkx_mcp.tools.arguments import MOST_SQL, GraphId, NodeIds
from networkx_mcp.tools.tool import Arguments

if TYPE_CHECKING:
    from networkx_mcp.analysis.definition import Params

Limit = Annotated[int, Field(ge=1, le=1000, description="Rows to show.")]
Members = Annotated[int, Field(ge=0, le=1000, description="Nodes to list of each group.")]
Seed = Annotated[int | None, Field(ge=0, le=2**32 - 1, description="Seed (0).")]
DefaultWeight = Annotated[
    str | None,
    Field(description='Edge attribute of weights (`weight`, if edges have it); "": each edge counts 1.'),
]
Weight = Annotated[str | None, Field(description="Edge attribute of weights or lengths; left out: each edge counts 1.")]


Show = Annotated[list[str] | None, Field(max_length=20, fail_fast=True, description="Attributes to add.")]
By = Annotated[str | None, Field(description="Attribute that names nodes.")]


#: Its parts are told in words: ten tools would repeat the schema of each.
_VIEW_SCHEMA = {"type": "object"}


class View(Arguments):
    """The part of a graph that an analysis sees; see `analysis.view`."""

    nodes: Annotated[str | None, Field(min_length=1, max_length=MOST_SQL)] = None
    edges: Annotated[str | None, Field(min_length=1, max_length=MOST_SQL)] = None
    without: NodeIds | None = None

    def asked(self) -> dict[str, Any] | None:
        """What the worker gets; None where the whole graph is meant. A cached result belongs to the engine that made it."""
        given = {name: value for name, value in vars(self).items() if value is not None}
        return {**given, "made_by": NAME} if given else None


#: Arguments that the task does not get, or not as they are.
_NO_PARAMS = frozenset({"graph_id", "force", "view", "save_as", "replace", "operation_id"})


class OnGraph(Arguments):
    """Arguments of an analysis: all but the graph's id are the task's."""

    graph_id: GraphId

    def params(self) -> dict[str, Any]:
        """What the task gets; null counts as absent. Raises InvalidInput."""
        self.check()
        found = {name: value for name, value in vars(self).items() if name not in _NO_PARAMS and value is not None}
        seen: View | None = getattr(self, "view", None)
        if seen is not None and (asked := seen.asked()) is not None:
            found["view"] = asked
        return found

    def check(self) -> None:
        """Raise InvalidInput where arguments do not go together, whatever the graph: the worker trusts them."""


class OnView(OnGraph):
    """Arguments of an analysis that may see a part of the graph alone."""

    view: Annotated[
        Annotated[View | None, BeforeValidator(client_values.mapping), WithJsonSchema(_VIEW_SCHEMA)],
        Field(description="Part to see: {nodes, edges: SQL conditions (s., t.: ends), without: [ids]}."),
    ] = None


class Heavy(OnView):
    """Arguments of an analysis whose cost is estimated before it starts."""

    force: Annotated[bool, Field(description="Run although it may pass the time limit.")] = False


class Rows(Heavy):
    """Arguments of an analysis whose rows name nodes."""

    show: Show = None


class Keeping(Rows):
    """Arguments of an analysis whose result may become an attribute of the graph."""

    may_write: ClassVar[bool] = True

    save_as: Annotated[
        str | None,
        Field(
            min_length=1,
            description="Keep the result as this attribute (scope write).",
        ),
    ] = None
    replace: Annotated[bool, Field(description="If it exists.")] = False
    operation_id: Annotated[str | None, Field(description="As in edit_graph.")] = None

    @property
    def writes(self) -> bool:
        return self.save_as is not None

    def keep(self) -> Keep | None:
        """What is to be kept of the result. Raises InvalidInput for what goes with `save_as` alone."""
        if self.save_as is None:
            for name in ("replace", "operation_id"):
                if getattr(self, name):
                    raise InvalidInput(f"{name}: goes with save_as; without it nothing is written.", field=name)
            return None
        of, numbers = self.result_of()
        return Keep(self.save_as, self.replace, self.operation_id, of, numbers)

    def result_of(self) -> tuple[Literal["nodes", "edges"] | None, bool]:
        """What the result is of, where that is known before, and whether it is a number for each node (or edge)."""
        return "nodes", True


def weight_of(params: Params, default: str | None = None) -> str | None:
    """The attribute that a task will weigh by, as far as its arguments tell."""
    name: str | None = params.get("weight")
    return default if name is None else name or None
