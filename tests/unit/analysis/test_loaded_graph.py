"""A worker gets a sealed buffer and the edits since; the task sees the graph that they make."""

from __future__ import annotations

import os

import networkx as nx
import pytest
from tests.unit.analysis.graphs import checked, example

from networkx_mcp.analysis import tasks
from networkx_mcp.analysis.loaded_graph import LoadedGraph, load_state, load_states
from networkx_mcp.analysis.tasks.find_components import find_components
from networkx_mcp.arrays import edits
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.workers.task_registry import resolve


def same(first: nx.Graph, second: nx.Graph) -> bool:
    return (
        first.is_directed() == second.is_directed()
        and list(first.nodes(data=True)) == list(second.nodes(data=True))
        and list(first.edges(data=True)) == list(second.edges(data=True))
    )


@pytest.mark.parametrize("directed", [False, True])
def test_the_base_comes_as_a_descriptor(directed: bool) -> None:
    graph = example(directed)
    frozen = GraphState.from_networkx(graph).freeze()
    params = {"graphs": [{"base": 0, "directed": directed, "batches": []}]}
    assert same(load_state(params, [os.dup(frozen.fd)]).to_networkx(), graph)


def test_batches_are_applied_in_order() -> None:
    frozen = GraphState.from_networkx(nx.path_graph(3)).freeze()
    batches = [
        edits.encode([edits.AddEdges(edges=[(2, "x")], attributes=[{"weight": 2}])]),
        edits.encode([edits.RemoveNodes(nodes=[0])]),
    ]
    params = {"graphs": [{"base": 1, "directed": False, "batches": batches}]}
    graph = load_state(params, [-1, os.dup(frozen.fd)]).to_networkx()
    assert list(graph) == [1, 2, "x"]
    assert list(graph.edges(data=True)) == [(1, 2, {}), (2, "x", {"weight": 2})]


def test_a_graph_may_have_no_base_yet() -> None:
    batches = [edits.encode([edits.AddNodes(nodes=["a"])])]
    state = load_state({"graphs": [{"base": None, "directed": True, "batches": batches}]}, [])
    assert (state.n, state.directed) == (1, True)


def test_several_graphs_come_in_the_order_of_the_call() -> None:
    frozen = GraphState.from_networkx(nx.path_graph(3)).freeze()
    batches = [edits.encode([edits.AddNodes(nodes=["a"])])]
    params = {
        "graphs": [
            {"base": None, "directed": True, "batches": batches},
            {"base": 0, "directed": False, "batches": batches},
        ]
    }
    states = load_states(params, [os.dup(frozen.fd)])
    assert [(state.directed, list(state.nodes())) for state in states] == [(True, ["a"]), (False, [0, 1, 2, "a"])]


def test_the_networkx_graph_is_made_once() -> None:
    loaded = LoadedGraph(GraphState.from_networkx(example()))
    assert loaded.nx is loaded.nx
    assert list(loaded.order) == list("abcdef")


@pytest.mark.parametrize("name", tasks.names())
def test_every_task_is_found_by_its_name(name: str) -> None:
    assert resolve(tasks.task_name(name)).__name__ == name


def test_a_task_runs_as_a_worker_runs_it() -> None:
    frozen = GraphState.from_networkx(nx.path_graph(4)).freeze()
    params = {"graphs": [{"base": 0, "directed": False, "batches": []}], **checked("find_components", members=2)}
    answer = find_components(params, [os.dup(frozen.fd)])
    assert answer["rows"] == [[1, 4, [0, 1]]]
    assert answer["_run"]["elements"] == 7
