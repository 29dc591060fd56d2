"""Which engine computes an algorithm. networkx is the reference; a kernel may take its place, and a correction
where the reference is wrong.

A kernel has the algorithm's name of the catalogue and takes networkx's own
arguments; it says by `can_run` whether it gives networkx's answer for them.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx

from networkx_mcp.analysis import catalogue, corrected, cost, cost_advice
from networkx_mcp.analysis.definition import GraphSize
from networkx_mcp.analysis.loaded_graph import NETWORKX, LoadedGraph
from networkx_mcp.backend.kernel import Kernel, kernels
from networkx_mcp.backend.kernels.arrays import Unsuited

#: Arguments that make an algorithm do a part of its work: its cost is not known then.
_PARTS = ("u", "v", "nbunch", "nodes", "source", "target", "sources", "e")


@dataclass(frozen=True, slots=True)
class Implementation:
    """A faster implementation of one networkx function.

    `run(graph, *args, **kwargs)` gets the loaded graph in the place of networkx's `G`. It may raise
    `Unsuited` when it finds that networkx must answer.
    """

    engine: str
    run: Callable[..., Any]
    can_run: Callable[..., bool]


#: Kernels by algorithm, tried in order.
KERNELS: dict[str, list[Implementation]] = {}


@functools.cache
def load() -> None:
    """Take the kernels of the backend as engines, once."""
    for name, found in kernels().items():
        KERNELS[name] = [_implementation(entry) for entry in found]
    corrected.load()


def _implementation(entry: Kernel) -> Implementation:
    signature = inspect.signature(entry.function)

    def can_run(graph: LoadedGraph, *args: Any, **kwargs: Any) -> bool:
        if not entry.suits(directed=graph.directed, n=graph.state.n, loops=lambda: graph.arrays.frozen.loops):
            return False
        try:
            signature.bind(None, *args, **kwargs)
        except TypeError:
            return False
        return True

    @functools.wraps(entry.function)
    def run(graph: LoadedGraph, *args: Any, **kwargs: Any) -> Any:
        return entry.function(graph.arrays, *args, **kwargs)

    return Implementation(entry.engine, run, can_run)


#: What networkx has as methods of a graph.
_METHODS = ("degree", "in_degree", "out_degree")


def _method(name: str, graph: Any, **kwargs: Any) -> dict[Any, Any]:
    return dict(getattr(graph, name)(**kwargs))


@functools.cache
def function(algorithm: str) -> Callable[..., Any]:
    """The networkx function of a name of the catalogue, or of any public path below `nx`.

    Raises AttributeError when networkx has no such function.
    """
    if algorithm in _METHODS:
        return functools.partial(_method, algorithm)
    entry = catalogue.algorithms().get(algorithm)
    if entry is not None:
        return getattr(importlib.import_module(entry.module), entry.function)  # type: ignore[no-any-return]
    found: Any = nx
    for part in algorithm.split("."):
        found = getattr(found, part)
    if not callable(found):
        raise AttributeError(f"networkx.{algorithm} is not a function")
    return found  # type: ignore[no-any-return]


def needs_networkx(algorithm: str) -> bool:
    """Whether the algorithm surely runs on the networkx graph."""
    load()
    return algorithm not in KERNELS


def call(graph: LoadedGraph, algorithm: str, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Any, str]:
    """The algorithm's answer and the engine that gave it: our own where networkx's is known to be wrong."""
    load()
    found = corrected.CORRECTIONS.get(algorithm)
    if found is None:
        return uncorrected(graph, algorithm, args, kwargs)
    if args:
        kwargs = dict(inspect.signature(function(algorithm)).bind_partial(None, *args, **kwargs).arguments)
        del kwargs[next(iter(kwargs))]
    used = corrected.OURS

    def original(other: LoadedGraph | None = None, /, **given: Any) -> Any:
        nonlocal used
        value, used = uncorrected(graph if other is None else other, algorithm, (), given)
        return value

    return found.function(graph, original, **kwargs), used


def uncorrected(graph: LoadedGraph, algorithm: str, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Any, str]:
    """The answer of a kernel or of networkx."""
    load()
    for kernel in KERNELS.get(algorithm, ()):
        if kernel.can_run(graph, *args, **kwargs):
            with contextlib.suppress(Unsuited):
                return kernel.run(graph, *args, **kwargs), kernel.engine
    if graph.allowance is not None and not args:
        _refuse_endless(graph, algorithm, kwargs, graph.allowance)
    return function(algorithm)(graph.nx, *args, **kwargs), NETWORKX


def _refuse_endless(graph: LoadedGraph, algorithm: str, kwargs: dict[str, Any], allowance: float) -> None:
    """Raise LimitExceeded where networkx would surely take longer than `allowance` seconds.

    The API process has asked the same before, but could not know that the kernel would step back.
    """
    if algorithm not in KERNELS:
        return
    n, m = graph.state.n, graph.state.m
    k = kwargs.get("k")
    share = min(1.0, k / max(n, 1)) if isinstance(k, int) else 1.0
    found = cost.estimate(cost.AlgorithmCall(algorithm, kwargs, share), n, m, graph.directed, engine="networkx")
    if (
        found is not None
        and cost.too_long(found, allowance)
        and not any(kwargs.get(name) is not None for name in _PARTS)
    ):
        raise cost_advice.refusal(algorithm, GraphSize(n, m, graph.directed), allowance, found)
