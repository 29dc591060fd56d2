"""The table of algorithms whose answer differs from networkx's, because networkx's is wrong or never comes.

The law an algorithm is named for is the judge: a cut separates, a pagerank sums to 1, a search ends. Each entry names
the report of the fault upstream, if there is one, and says in its docstring what it does instead. `engine.call` asks
here before it asks kernels or networkx.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from networkx_mcp.analysis.loaded_graph import LoadedGraph

#: The engine that answers name when the correction itself computed.
OURS = "networkx-mcp"


class Original(Protocol):
    """The algorithm as it is without correction (kernels first, then networkx), on the graph or on another one."""

    def __call__(self, graph: LoadedGraph | None = None, /, **kwargs: Any) -> Any: ...


#: A correction gets the graph, the original and the arguments that were given, by their names in networkx.
Corrected = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Correction:
    """`function` answers in the place of networkx; `upstream` is where the fault is reported ("" if nowhere)."""

    function: Corrected
    upstream: str


#: By the names of the catalogue.
CORRECTIONS: dict[str, Correction] = {}

Function = TypeVar("Function", bound=Corrected)


def corrects(*names: str, upstream: str = "") -> Callable[[Function], Function]:
    """Enter a function into the table, for each of `names`."""

    def enter(function: Function) -> Function:
        for name in names:
            if name in CORRECTIONS:
                raise ValueError(f"{name} is corrected twice")
            CORRECTIONS[name] = Correction(function, upstream)
        return function

    return enter
