"""A kernel takes networkx's place where it says that it gives networkx's answer, and nowhere else."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest
from tests.unit.analysis.graphs import ask

from networkx_mcp.analysis import engine
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.tasks.rank_nodes import rank_nodes
from networkx_mcp.analysis.tasks.run_algorithm import run_algorithm


def unweighted(graph: LoadedGraph, **kwargs: Any) -> bool:
    return kwargs.get("weight") is None


def ones(graph: LoadedGraph, **kwargs: Any) -> dict[Any, float]:
    return dict.fromkeys(graph.state.nodes(), 1.0)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(engine.KERNELS, "betweenness_centrality", [engine.Implementation("ones", ones, unweighted)])


@pytest.mark.usefixtures("kernel")
def test_a_kernel_serves_every_task_that_asks_for_its_algorithm() -> None:
    ranked = ask(rank_nodes, nx.path_graph(3), measure="betweenness")
    assert (ranked["engine"], ranked["rows"][0]) == ("ones", [1, 0, 1.0])
    ran = ask(run_algorithm, nx.path_graph(3), name="betweenness_centrality")
    assert (ran["engine"], ran["_run"]["engine"], ran["rows"][0]) == ("ones", "ones", [0, 1.0])


@pytest.mark.usefixtures("kernel")
def test_networkx_answers_what_the_kernel_cannot() -> None:
    graph = nx.path_graph(3)
    nx.set_edge_attributes(graph, 2, "weight")
    answer = ask(rank_nodes, graph, measure="betweenness", weight="weight")
    assert (answer["engine"], answer["rows"][0]) == ("networkx", [1, 1, 1.0])


def test_a_name_of_the_catalogue_or_below_nx_is_a_function() -> None:
    assert engine.function("dag.colliders")
    assert engine.function("density") is nx.density
    for name in ("nothing", "community", "__name__"):
        with pytest.raises(AttributeError):
            engine.function(name)
