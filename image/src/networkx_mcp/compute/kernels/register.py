"""How a kernel becomes the engine of an algorithm: `@kernel("pagerank", engine="scipy")`.

The function takes the arrays in the place of networkx's `G` and those of networkx's parameters that it
knows, under their names and defaults. A call that names another parameter is networkx's.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from networkx_mcp.backend import registry
from networkx_mcp.backend.registry import Graphs
from networkx_mcp.compute.algorithms import engine
from networkx_mcp.compute.algorithms.load import Loaded

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(
    *names: str, engine: str, graphs: Graphs = "any", least: int = 0, loops: bool = True
) -> Callable[[Function], Function]:
    """Register a function for algorithms of the catalogue.

    `graphs`: the type it is defined for; `least`: nodes that a graph must have; `loops`: whether self-loops
    may be there. What does not fit is left to networkx, errors included.
    """

    def register(function: Function) -> Function:
        signature = inspect.signature(function)
        entry = registry.Kernel(engine, function, graphs, least, loops)

        def can_run(graph: Loaded, *args: Any, **kwargs: Any) -> bool:
            if not entry.suits(directed=graph.directed, n=graph.state.n, loops=lambda: graph.arrays.frozen.loops):
                return False
            try:
                signature.bind(None, *args, **kwargs)
            except TypeError:
                return False
            return True

        @functools.wraps(function)
        def run(graph: Loaded, *args: Any, **kwargs: Any) -> Any:
            return function(graph.arrays, *args, **kwargs)

        for name in names:
            registry.add(name, entry)
            _add(name, engine, run, can_run)
        return function

    return register


def _add(name: str, used: str, run: Callable[..., Any], can_run: Callable[..., bool]) -> None:
    engine.KERNELS.setdefault(name, []).append(engine.Kernel(used, run, can_run))
