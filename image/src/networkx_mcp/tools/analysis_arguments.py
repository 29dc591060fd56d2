"""Arguments that several analyses share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from networkx_mcp.tools.arguments import GraphId
from networkx_mcp.tools.tool import Arguments

if TYPE_CHECKING:
    from networkx_mcp.analysis.definition import Params

Limit = Annotated[int, Field(ge=1, le=1000, description="Rows to show.")]
Members = Annotated[int, Field(ge=0, le=1000, description="Nodes to list of each group; its size counts all.")]
Seed = Annotated[
    int | None, Field(ge=0, le=2**32 - 1, description="Seed of random choices (0); same seed, same answer.")
]
DefaultWeight = Annotated[
    str | None,
    Field(
        description='Edge attribute of weights (`weight`, where the method knows weights and edges have it); "": each edge '
        "counts 1."
    ),
]
Weight = Annotated[str | None, Field(description="Edge attribute of lengths or weights; left out, each edge counts 1.")]


class OnGraph(Arguments):
    """Arguments of an analysis: all but the graph's id are the task's."""

    graph_id: GraphId

    def params(self) -> dict[str, Any]:
        """What the task gets; null counts as absent. Raises InvalidInput."""
        self.check()
        return {name: value for name, value in self if name not in ("graph_id", "force") and value is not None}

    def check(self) -> None:
        """Raise InvalidInput where arguments do not go together, whatever the graph: the worker trusts them."""


class Heavy(OnGraph):
    """Arguments of an analysis whose cost is estimated before it starts."""

    force: Annotated[
        bool, Field(description="Run although the estimate is above the time limit, at which it is stopped.")
    ] = False


def weight_of(params: Params, default: str | None = None) -> str | None:
    """The attribute that a task will weigh by, as far as its arguments tell."""
    name: str | None = params.get("weight")
    return default if name is None else name or None
