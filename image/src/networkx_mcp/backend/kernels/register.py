"""How a kernel becomes the engine of an algorithm: `@kernel("pagerank", engine="scipy")`.

The function takes the arrays in the place of networkx's `G` and those of networkx's parameters that it
knows, under their names and defaults. A call that names another parameter is networkx's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from networkx_mcp.backend import registry
from networkx_mcp.backend.registry import Graphs

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(
    *names: str, engine: str, graphs: Graphs = "any", least: int = 0, loops: bool = True
) -> Callable[[Function], Function]:
    """Register a function for algorithms of the catalogue.

    `graphs`: the type it is defined for; `least`: nodes that a graph must have; `loops`: whether self-loops
    may be there. What does not fit is left to networkx, errors included.
    """

    def register(function: Function) -> Function:
        entry = registry.Kernel(engine, function, graphs, least, loops)
        for name in names:
            registry.add(name, entry)
        return function

    return register
