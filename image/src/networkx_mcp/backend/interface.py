"""The backend as networkx sees it: `nx.pagerank(G, backend="networkx_mcp")`.

It answers as networkx does, errors included. A call that no kernel takes as it is written (a parameter that
kernels do not know, parallel edges) is refused by `can_run`, so networkx or another backend goes on. When the
data is what a kernel does not take (a node that is not there, a weight below 0), networkx's own function answers
or raises, here, on the same graph.
"""

from __future__ import annotations

import functools
import inspect
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import networkx as nx

from networkx_mcp.backend.answers import plain
from networkx_mcp.backend.conversion_threshold import pays
from networkx_mcp.backend.graph import NAME, Graph
from networkx_mcp.backend.info import DISPATCHED
from networkx_mcp.backend.kernel import Kernel, kernels
from networkx_mcp.backend.kernels.arrays import Unsuited

#: networkx's functions by their names for dispatch.
_ORIGINALS: Mapping[str, Any] = nx.utils.backends._registered_algorithms  # type: ignore[attr-defined]


@functools.cache
def _signature(name: str) -> inspect.Signature:
    return inspect.signature(_ORIGINALS[name].orig_func)


@functools.cache
def _kernels() -> Mapping[str, list[Kernel]]:
    """By the names for dispatch: `louvain_communities`, not `community.louvain_communities`."""
    return {path.rpartition(".")[2]: found for path, found in kernels().items()}


def _given(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """(graph, parameters that differ from networkx's defaults). TypeError for a call that networkx refuses."""
    signature = _signature(name)
    bound = signature.bind(*args, **kwargs)
    graph, *rest = bound.arguments.items()
    given: dict[str, Any] = {}
    for key, value in rest:
        parameter = signature.parameters[key]
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            given |= value
        elif not _is_default(value, parameter.default):
            given[key] = value
    return graph[1], given


def _is_default(value: Any, default: Any) -> bool:
    return value is default or (
        type(value) is type(default) and isinstance(value, (str, int, float)) and value == default
    )


def _unknown(kernel: Kernel, given: Mapping[str, Any]) -> str | None:
    """The first parameter that the kernel does not know, with the reason."""
    for key, value in given.items():
        parameter = kernel.parameters.get(key)
        if parameter is None or parameter.annotation in ("None", None):
            return f"{key} is left to networkx"
        if callable(value):
            return f"{key} as a function is left to networkx"
    return None


class Interface:
    """What the entry point `networkx.backends` names. Functions are attributes, by their names for dispatch."""

    @staticmethod
    def convert_from_nx(
        graph: nx.Graph[Any],
        *,
        edge_attrs: Mapping[Any, Any] | None = None,
        node_attrs: Mapping[Any, Any] | None = None,
        preserve_edge_attrs: bool = False,
        preserve_node_attrs: bool = False,
        preserve_graph_attrs: bool = False,
        name: str | None = None,  # noqa: ARG004  networkx says which function asks
        graph_name: str | None = None,  # noqa: ARG004
    ) -> Graph:
        """The graph with the attributes that are asked for; where one is missing it stays so.

        NotImplementedError for multigraphs.
        """
        return Graph.of(
            graph,
            nodes=preserve_node_attrs or tuple(node_attrs or ()),
            edges=preserve_edge_attrs or tuple(edge_attrs or ()),
            attributes=preserve_graph_attrs,
        )

    @staticmethod
    def convert_to_nx(value: Any, *, name: str | None = None) -> Any:  # noqa: ARG004
        """A networkx graph of its own for a graph of this backend; anything else as it is."""
        return value.to_networkx() if isinstance(value, Graph) else value

    @staticmethod
    def can_run(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool | str:
        """True, or why networkx must answer."""
        if name not in DISPATCHED:
            return f"{name} is not implemented"
        try:
            graph, given = _given(name, args, kwargs)
        except TypeError:
            return True  # networkx's binding of the arguments raises it again, to the caller
        if not hasattr(graph, "is_multigraph"):
            return "no graph"
        if graph.is_multigraph():
            return "parallel edges are not kept"
        reason = ""
        for kernel in _kernels()[name]:
            if kernel.graphs == "undirected" and graph.is_directed():
                reason = reason or "it is for undirected graphs"
            else:
                found = _unknown(kernel, given)
                if found is None:
                    return True
                reason = reason or found
        return reason

    @staticmethod
    def should_run(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool | str:
        """Whether the kernel saves more than the conversion of the graph costs; else the reason."""
        graph, _ = _given(name, args, kwargs)
        if isinstance(graph, Graph) or _converted(graph):
            return True
        return pays(name, graph)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in DISPATCHED:
            raise AttributeError(name)
        function = functools.partial(_call, name)
        setattr(self, name, function)
        return function


def _converted(graph: Any) -> bool:
    """Whether networkx still holds an earlier conversion."""
    cache = getattr(graph, "__networkx_cache__", None) or {}
    return nx.config.cache_converted_graphs and bool(cache.get("backends", {}).get(NAME))


def _call(name: str, *args: Any, **kwargs: Any) -> Any:
    graph, given = _given(name, args, kwargs)
    if isinstance(graph, nx.Graph):  # called directly, not by networkx
        graph = Graph.of(graph)
    # An iterator is read once: a kernel that steps back would leave nothing of it.
    given = {key: list(value) if isinstance(value, Iterator) else value for key, value in given.items()}
    for kernel in _kernels()[name]:
        data = graph.data
        if _unknown(kernel, given) or not kernel.suits(directed=data.directed, n=data.n, loops=lambda: data.loops):  # noqa: B023
            continue
        arguments = dict(given)
        seed: Any = given.get("seed")
        drawn = isinstance(seed, random.Random)
        if drawn:
            state = seed.getstate()
            if kernel.integer_seed:
                arguments["seed"] = seed.getrandbits(32)
        try:
            return plain(kernel.function(graph.arrays, **arguments), as_list=kernel.as_list)
        except Unsuited:
            if drawn:
                seed.setstate(state)  # what was drawn was not used
    return _ORIGINALS[name].orig_func(graph.networkx, **given)


backend_interface = Interface()
