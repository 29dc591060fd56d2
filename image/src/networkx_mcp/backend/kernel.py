"""What a kernel is, and how one becomes an implementation of a networkx function: `@kernel("pagerank", engine="scipy")`.

A kernel is `f(graph: Arrays, ...)` with networkx's own parameters under their names and defaults, as far as it knows
them. A parameter annotated with `None` is one that it knows only to be absent. A call that names another is networkx's.

The decorator says everything else that is known of a kernel. What networkx and the cost model read without importing
one is made from it by `make docs`: functions.json, with the sizes and times that the benchmarks measured.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeVar

Graphs = Literal["any", "directed", "undirected"]
Function = TypeVar("Function", bound=Callable[..., Any])

#: Kernels of one function are tried in this order: compiled ones, those that do without (0), and those for deep graphs,
#: which the others give up on.
FIRST, LAST = -1, 1

#: A note that many kernels have.
DIGITS = "Sums run in another order than networkx's: the same to 1e-9."


@dataclass(frozen=True, kw_only=True)
class Kernel:
    """One implementation of a networkx function; `kernel` says what the fields are."""

    function: Callable[..., Any]
    engine: str
    graphs: Graphs
    least: int
    loops: bool
    order: int
    note: str
    as_list: bool
    integer_seed: bool

    @cached_property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """Those after the graph, by name."""
        return dict(list(inspect.signature(self.function).parameters.items())[1:])

    def suits(self, *, directed: bool, n: int, loops: Callable[[], int]) -> bool:
        """Whether it is defined for a graph with these properties."""
        if self.graphs != "any" and directed != (self.graphs == "directed"):
            return False
        return n >= self.least and (self.loops or not loops())


_KERNELS: dict[str, list[Kernel]] = {}


def kernel(
    *names: str,
    engine: str,
    graphs: Graphs = "any",
    least: int = 0,
    loops: bool = True,
    order: int = 0,
    note: str = "",
    as_list: bool = False,
    integer_seed: bool = False,
) -> Callable[[Function], Function]:
    """Make a function the kernel of `networkx.<name>`, for each name. What does not fit is left to networkx, errors included.

    `engine`: what computes; `graphs`: the type it is defined for; `least`: nodes that a graph must have; `loops`: whether
    self-loops may be there; `order`: when it is tried, where a function has several. `note`: what a user of the function
    should know of its answers, for networkx's documentation. `as_list`: its groups are a list in networkx, not an iterator;
    `integer_seed`: it wants an integer where networkx has made a generator of the seed.
    """

    def implementing(function: Function) -> Function:
        entry = Kernel(
            function=function,
            engine=engine,
            graphs=graphs,
            least=least,
            loops=loops,
            order=order,
            note=note,
            as_list=as_list,
            integer_seed=integer_seed,
        )
        for name in names:
            _KERNELS.setdefault(name, []).append(entry)
        return function

    return implementing


@functools.cache
def kernels() -> Mapping[str, list[Kernel]]:
    """All kernels by the path of their function below `networkx`, in the order in which they are tried.

    Their modules are imported by the first call.
    """
    importlib.import_module("networkx_mcp.backend.kernels").load()
    return {name: sorted(found, key=lambda entry: entry.order) for name, found in _KERNELS.items()}
