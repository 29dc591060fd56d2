"""Exceptions of networkx become errors that say what to do; our own bugs stay bugs."""

from __future__ import annotations

import networkx as nx
import pytest

from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.networkx_errors import explained, translated
from networkx_mcp.analysis.task import Run
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import InvalidInput, NotFound, ServiceError


@pytest.mark.parametrize(
    ("algorithm", "graph", "kwargs", "error", "message"),
    [
        ("pagerank", nx.path_graph(9), {"max_iter": 1}, InvalidInput, "did not converge.*Raise max_iter"),
        ("triangles", nx.DiGraph(), {}, InvalidInput, "defined for undirected graphs only; this graph is directed"),
        ("core_number", nx.Graph([(0, 0)]), {}, InvalidInput, r"a graph without self-loops is needed.*edit_graph"),
        ("topological_sort", nx.path_graph(2), {}, InvalidInput, "not defined on undirected"),
        ("shortest_path", nx.empty_graph(2), {"source": 0, "target": 1}, NotFound, "no path"),
        ("shortest_path", nx.empty_graph(2), {"source": 0, "target": 7}, NotFound, "a node that it was given is not in the graph"),
        ("find_cycle", nx.path_graph(2), {}, NotFound, "has no such cycle"),
        ("is_connected", nx.Graph(), {}, InvalidInput, "not defined on an empty graph"),
        ("average_clustering", nx.Graph(), {}, InvalidInput, "division by zero"),
        ("bipartite.sets", nx.empty_graph(2), {}, InvalidInput, "Name the nodes explicitly"),
        ("dag_to_branching", nx.cycle_graph(3, nx.DiGraph), {}, InvalidInput, "without cycles"),
        ("dominance_frontiers", nx.path_graph(2, nx.DiGraph), {"start": 9}, InvalidInput, "start"),
        ("average_shortest_path_length", nx.empty_graph(2), {}, InvalidInput, "not connected"),
    ],
)  # fmt: skip
def test_an_exception_of_networkx_is_explained(
    algorithm: str, graph: nx.Graph, kwargs: dict[str, object], error: type[ServiceError], message: str
) -> None:
    run = Run(LoadedGraph.from_networkx(graph), algorithm)
    with pytest.raises(error, match=message) as raised:
        run.timed(lambda: list(result) if hasattr(result := run(**kwargs), "__next__") else result)
    assert raised.value.message.startswith(algorithm)


def test_only_an_error_about_the_type_of_the_graph_carries_it() -> None:
    for graph, data in (
        (nx.DiGraph(), {"field": "algorithm", "graph": "directed"}),
        (nx.Graph([(0, 0)]), {"field": "algorithm"}),
    ):
        with pytest.raises(InvalidInput) as raised:
            Run(LoadedGraph.from_networkx(graph), "onion_layers")()
        facts = {name: fact for name, fact in raised.value.data.items() if name != "reason"}
        assert facts == data


def test_a_negative_cycle_says_what_it_means() -> None:
    graph = nx.DiGraph([(1, 2, {"weight": -1}), (2, 1, {"weight": -1})])
    with pytest.raises(InvalidInput, match="no finite answer"):
        Run(LoadedGraph.from_networkx(graph), "bellman_ford_path")(source=1, target=2)


def test_ids_that_do_not_compare_say_so() -> None:
    graph = nx.DiGraph([(1, "b"), ("a", "b")])
    run = Run(LoadedGraph.from_networkx(graph), "lexicographical_topological_sort")
    with pytest.raises(InvalidInput, match="strings and integers among them"):
        run.timed(lambda: list(run()))


@pytest.mark.parametrize(
    "bug", [ValueError("x"), KeyError("x"), RuntimeError("x"), AttributeError("x"), TypeError("x")]
)
def test_a_bug_of_ours_is_not_the_caller_s_fault(bug: Exception) -> None:
    with pytest.raises(type(bug)), explained(GraphState(directed=False), "x"):
        raise bug


def test_running_out_of_memory_passes_through() -> None:
    with pytest.raises(MemoryError), explained(GraphState(directed=False), "x"):
        raise MemoryError


def test_an_unknown_node_in_an_empty_graph() -> None:
    error = GraphState(directed=False).missing("a", "source")
    assert error.message == 'source: no node "a" in this graph. The graph has no nodes.'
    assert error.data == {"kind": "node", "field": "source", "nearest": []}


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (nx.NetworkXNoPath("disconnected graph"), "defined for connected graphs only; this graph is not."),
        (nx.NetworkXNotImplemented("not for this: x"), "not for this: x."),
        (nx.NetworkXError("metric: of two parts"), "metric: of two parts."),
    ],
)
def test_why_is_a_fact_beside_the_name_of_the_algorithm(error: nx.NetworkXException, why: str) -> None:
    """A list of metrics has named them already, and takes no text apart."""
    told = translated(error, GraphState(directed=False), "diameter")
    assert (told.message, told.data["reason"]) == (f"diameter: {why}", why)
