"""The arrays of an edited graph, made in the heap, read as those of the buffer that holds the same graph."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from networkx_mcp.arrays.edits import AddEdges, AddNodes, RemoveNodes
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.state import GraphState

#: What is made of a buffer, is the buffer's own, or tells of attributes that an unsealed graph does not know.
OF_BUFFERS = {"attach", "from_buffer", "of", "fd", "graph_attributes", "short_graph_attributes", "node_attributes"}


def rows(graph: FrozenGraph, read: Callable[[int], Any]) -> list[Any]:
    return [found.tolist() if hasattr(found := read(row), "tolist") else found for row in range(graph.n)]


#: Every other public way to read a graph, by name.
READS: dict[str, Callable[[FrozenGraph], Any]] = {
    "find": lambda graph: [graph.find(node) for node in ("n1", "n2", 3, "3", "none", 10**9)],
    "locate": lambda graph: [graph.locate(node) for node in ("n1", 3, True, None, 1.5, 2**70, "\ud800")],
    "judges": lambda graph: [graph.judges(node) for node in ("n1", 3, True, 1.0)],
    "id_of": lambda graph: rows(graph, graph.id_of),
    "ids_of": lambda graph: graph.ids_of(range(graph.n - 1, -1, -1)),
    "all_ids": lambda graph: graph.all_ids(),
    "iter_ids": lambda graph: [list(graph.iter_ids()), list(graph.iter_ids(1, 3))],
    "out_rows": lambda graph: graph.out_rows.tolist(),
    "successors": lambda graph: rows(graph, graph.successors),
    "predecessors": lambda graph: rows(graph, graph.predecessors),
    "out_degree": lambda graph: rows(graph, graph.out_degree),
    "in_degree": lambda graph: rows(graph, graph.in_degree),
    "edge_row": lambda graph: [graph.edge_row(u, v) for u in range(graph.n) for v in range(graph.n)],
    "edge_attributes": lambda graph: [graph.edge_attributes(row) for row in range(graph.m)],
}


def test_every_way_to_read_is_compared() -> None:
    public = {name for name in vars(FrozenGraph) if not name.startswith("_")}
    assert public == READS.keys() | OF_BUFFERS


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("over", [False, True], ids=["edits alone", "over a base"])
@pytest.mark.parametrize("directed", [False, True], ids=["undirected", "directed"])
def test_it_reads_as_the_buffer_does(name: str, over: bool, directed: bool) -> None:
    for seed in range(5):
        state = edited(random.Random(f"{seed}.{directed}"), over, directed)
        unsealed = state.unsealed()
        assert unsealed is not None
        assert READS[name](unsealed) == READS[name](state.freeze())


def edited(chance: random.Random, over: bool, directed: bool) -> GraphState:
    """A graph of edits: text and integers as ids, loops, removals, attributes of edges."""
    nodes: list[Any] = [k if chance.random() < 0.3 else f"n{k}" for k in range(12)]
    state = GraphState(None, directed=directed)
    state.apply([AddNodes(nodes), AddEdges(pairs(chance, nodes, directed))])
    if over:
        state = GraphState(state.freeze())
    gone = nodes.pop(chance.randrange(len(nodes)))
    more = pairs(chance, [*nodes, "new"], directed)
    weights = [{"weight": chance.randint(1, 9)} for _ in more]
    state.apply([RemoveNodes([gone]), AddEdges(more, weights, if_exists="update")])
    return state


def pairs(chance: random.Random, nodes: list[Any], directed: bool) -> list[tuple[Any, Any]]:
    found = {(chance.choice(nodes), chance.choice(nodes)) for _ in range(25)}
    return list(found if directed else {frozenset(pair): pair for pair in found}.values())
