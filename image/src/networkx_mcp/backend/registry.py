"""Kernels by the networkx function they compute, with what each of them can take.

A kernel is `f(graph: Arrays, ...)` with networkx's own parameters under their names, as far as it knows them.
A parameter annotated with `None` is one that it knows only to be absent.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

Graphs = Literal["any", "directed", "undirected"]


@dataclass(frozen=True)
class Kernel:
    """One implementation of a networkx function.

    `graphs`: the type it is defined for; `least`: nodes that a graph must have; `loops`: whether self-loops may
    be there.
    """

    engine: str
    function: Callable[..., Any]
    graphs: Graphs = "any"
    least: int = 0
    loops: bool = True

    @cached_property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """Those after the graph, by name."""
        return dict(list(inspect.signature(self.function).parameters.items())[1:])

    def suits(self, *, directed: bool, n: int, loops: Callable[[], int]) -> bool:
        """Whether it is defined for a graph with these properties."""
        if self.graphs != "any" and directed != (self.graphs == "directed"):
            return False
        return n >= self.least and (self.loops or not loops())


#: Kernels by the name of the function below `networkx`, in the order in which they are tried.
_KERNELS: dict[str, list[Kernel]] = {}


def add(name: str, kernel: Kernel) -> None:
    """Register a kernel for `networkx.<name>`."""
    _KERNELS.setdefault(name, []).append(kernel)


def kernels() -> Mapping[str, list[Kernel]]:
    """All kernels, their modules imported on first use."""
    importlib.import_module("networkx_mcp.backend.kernels").load()
    return _KERNELS
