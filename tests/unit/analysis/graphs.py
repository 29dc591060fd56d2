"""Graphs that the tests of the algorithms run on, and how they ask."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import networkx as nx
from hypothesis import strategies as st

from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.task import on_graph
from networkx_mcp.tools.analysis_arguments import OnGraph
from networkx_mcp.tools.mcp_server import TOOLS

#: Keys every answer with one table has.
TABLE = {"columns", "rows", "total", "truncated", "next_offset", "notes"}


def ask(task: Callable[..., Any], graph: nx.Graph | LoadedGraph, **params: Any) -> dict[str, Any]:
    """The answer of a task to the arguments of its tool, after it travelled as a worker's answer does; strict JSON but for bytes."""
    loaded = graph if isinstance(graph, LoadedGraph) else LoadedGraph.from_networkx(graph.copy())
    answer = on_graph(task, loaded, checked(task.__name__, directed=loaded.directed, **params))
    travelled = msgspec.msgpack.decode(msgspec.msgpack.encode(answer))
    json.dumps({k: v for k, v in travelled.items() if not isinstance(v, bytes)}, allow_nan=False)
    assert set(travelled["_run"]) == {"algorithm", "engine", "seconds", "elements"}
    assert travelled["_run"]["elements"] == len(loaded.nx) + loaded.nx.number_of_edges()
    return travelled


def checked(tool: str, *, directed: bool = False, **arguments: Any) -> dict[str, Any]:
    """What the task of a tool gets, after the API has checked the arguments for a graph of this kind. Raises InvalidInput."""
    record = TOOLS[tool]
    assert record.analysis is not None
    given = record.parse({"graph_id": "g", **arguments})
    assert isinstance(given, OnGraph)
    params = given.params()
    record.analysis.suits(params, directed)
    return params


def column(answer: dict[str, Any], name: str) -> list[Any]:
    """One column of the rows."""
    place = answer["columns"].index(name)
    return [row[place] for row in answer["rows"]]


def mapping(answer: dict[str, Any], key: str, value: str) -> dict[Any, Any]:
    """Two columns as a dict."""
    return dict(zip(column(answer, key), column(answer, value), strict=True))


ids = st.one_of(st.integers(-3, 12), st.sampled_from(["a", "b", "1", "2", "ü", "$x$", ""]))


@st.composite
def graphs(
    draw: st.DrawFn,
    directed: bool | None = None,
    weights: st.SearchStrategy[Any] | None = None,
    loops: bool = True,
    least: int = 0,
) -> nx.Graph:
    """Graphs with mixed ids, isolated nodes, self-loops; some edges weighted, if `weights` are given."""
    if directed is None:
        directed = draw(st.booleans())
    nodes = draw(st.lists(ids, unique=True, min_size=least, max_size=8))
    graph = nx.DiGraph() if directed else nx.Graph()
    graph.add_nodes_from(nodes)
    if nodes:
        pairs = st.tuples(st.sampled_from(nodes), st.sampled_from(nodes))
        for u, v in draw(st.lists(pairs, max_size=16)):
            if u == v and not loops:
                continue
            weight = draw(st.one_of(st.none(), weights)) if weights is not None else None
            graph.add_edge(u, v, **({} if weight is None else {"weight": weight}))
    return graph


positive = st.integers(1, 9) | st.floats(0.25, 8, allow_nan=False)
"""Weights whose sums are exact enough to compare."""


def example(directed: bool = False) -> nx.Graph:
    """Two triangles joined by an edge; weights, capacities and node attributes of several types."""
    graph = nx.DiGraph() if directed else nx.Graph()
    for i, node in enumerate("abcdef"):
        graph.add_node(
            node, color="red" if i % 2 else "blue", size=i + 1, percolation=i / 10, pos=[i, 0], demand=0, time=i
        )
    graph.nodes["a"]["label"], graph.nodes["f"]["label"] = "x", "y"
    for node, community in zip("abcdef", [0, 0, 0, 1, 1, 1], strict=True):
        graph.nodes[node]["community"] = community
    for u, v, weight in [
        ("a", "b", 2),
        ("b", "c", 1),
        ("c", "d", 3),
        ("d", "e", 1),
        ("a", "c", 2),
        ("e", "f", 4),
        ("f", "d", 1),
    ]:
        graph.add_edge(u, v, weight=weight, capacity=weight + 1)
    return graph
