"""What it means that a kernel's answer is networkx's."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

import networkx as nx
import pytest
from tests.unit.analysis.graphs import graphs

from networkx_mcp.analysis import engine
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.task import Run  # noqa: F401  its module registers the kernels
from networkx_mcp.backend.kernels.node_results import NodeGroups

__all__ = ["answer", "asked", "graphs", "same"]


def plain(value: Any) -> Any:
    """Lazy answers made real, comparable: groups of nodes as a set of sets, iterators as lists."""
    if isinstance(value, NodeGroups):
        return [set(group) for group in value]
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    if isinstance(value, nx.Graph):
        return list(value.nodes(data=True)), list(value.edges(data=True))
    if hasattr(value, "__next__"):
        return list(value)
    return value


def answer(graph: nx.Graph, algorithm: str, *args: Any, first: int | None = None, **kwargs: Any) -> Any:
    """networkx's answer, or the type of its exception; of an enumeration the `first` rows, or all."""
    try:
        return plain(_head(engine.function(algorithm)(graph, *args, **kwargs), first))
    except Exception as error:
        return type(error)


def _head(value: Any, first: int | None) -> Any:
    return islice(value, first) if first is not None and hasattr(value, "__next__") else value


def asked(graph: nx.Graph, algorithm: str, *args: Any, first: int | None = None, **kwargs: Any) -> tuple[Any, str]:
    """Our answer or the type of its exception, and the engine."""
    loaded = LoadedGraph(LoadedGraph.from_networkx(graph).state)  # its networkx graph is made again, if at all
    try:
        value, used = engine.uncorrected(loaded, algorithm, args, kwargs)
        return plain(_head(value, first)), used
    except Exception as error:
        return type(error), ""


def same(
    graph: nx.Graph, algorithm: str, *args: Any, unordered: bool = False, first: int | None = None, **kwargs: Any
) -> str:
    """Assert that both answer the same; the engine that did.

    Integers, sets and orders exactly, floats to 1e-9. `unordered`: a list that networkx gives in no
    defined order.
    """
    expected = answer(graph, algorithm, *args, first=first, **kwargs)  # a copy would have another order of neighbours
    found, used = asked(graph, algorithm, *args, first=first, **kwargs)
    if unordered and isinstance(expected, list):
        assert sorted(map(_key, expected)) == sorted(map(_key, found))
        return used
    equal(found, expected)
    return used


def equal(found: Any, expected: Any) -> None:
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key, value in expected.items():
            equal(found[key], value)
    elif isinstance(expected, tuple | list):
        assert type(found) is type(expected)
        assert len(found) == len(expected)
        for mine, theirs in zip(found, expected, strict=True):
            equal(mine, theirs)
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-14, nan_ok=True)
    else:
        assert found == expected


def _key(item: Any) -> str:
    return repr(sorted(map(repr, item))) if isinstance(item, set | frozenset) else repr(item)
