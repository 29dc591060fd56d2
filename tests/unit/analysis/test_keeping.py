"""Results that become attributes, as a worker makes them: an edit of few values, the graph anew of many, and both are the same."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.analysis.graphs import checked, example, graphs

from networkx_mcp.analysis import keeping
from networkx_mcp.analysis.tasks.find_communities import find_communities
from networkx_mcp.analysis.tasks.find_components import find_components
from networkx_mcp.analysis.tasks.partition_graph import partition_graph
from networkx_mcp.analysis.tasks.rank_nodes import rank_nodes
from networkx_mcp.analysis.tasks.run_algorithm import run_algorithm
from networkx_mcp.arrays import edits, frozen, memfd
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.errors import Conflict, InvalidInput, LimitExceeded

Task = Callable[..., Any]


class Kept:
    """A graph after a result of it was kept."""

    def __init__(
        self, task: Task, graph: nx.Graph, *, few: int, replace: bool = True, of: Any = None, **arguments: Any
    ) -> None:
        base = GraphState.from_networkx(graph).freeze()
        params = checked(task.__name__, directed=graph.is_directed(), **arguments)
        save = {"name": "kept", "replace": replace, "of": of, "value_bytes": 1000}
        told = {"directed": graph.is_directed(), "base": 0, "batches": []}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(keeping, "FEW_VALUES", few)
            output = task({**params, "save": save, "graphs": [told]}, [os.dup(base.fd)])
        self.answer = output.value
        self.save: dict[str, Any] = self.answer["_save"]
        state = GraphState(base)
        if "edit" in self.save:
            state.apply(edits.decode(self.save["edit"]))
            assert not output.fds
        elif output.fds:
            state = GraphState(FrozenGraph.attach(output.fds[0]))
            with memfd.attach(output.fds[1]) as snapshot:
                again = frozen.decompress(bytes(snapshot))
            os.close(output.fds[1])
            assert as_lists(GraphState(again).to_networkx()) == as_lists(state.to_networkx())
        self.graph = state.to_networkx()

    @property
    def nodes(self) -> dict[Any, Any]:
        return dict(self.graph.nodes(data="kept", default="-"))

    @property
    def edges(self) -> dict[Any, Any]:
        return {(u, v): value for u, v, value in self.graph.edges(data="kept", default="-")}


def as_lists(graph: nx.Graph) -> Any:
    """All of a graph, orders too."""
    return (
        list(graph.nodes(data=True)),
        list(graph.edges(data=True)),
        [list(near) for _, near in graph.adjacency()],
        graph.graph,
    )


CALLS: list[tuple[Task, dict[str, Any]]] = [
    (rank_nodes, {"measure": "degree"}),
    (rank_nodes, {"measure": "clustering"}),
    (rank_nodes, {"measure": "constraint"}),
    (rank_nodes, {"measure": "edge_betweenness"}),
    (find_components, {}),
    (find_communities, {"method": "label_propagation"}),
    (find_communities, {"method": "k_clique", "k": 2}),
    (run_algorithm, {"name": "core_number"}),
    (run_algorithm, {"name": "pagerank"}),
]


@given(graph=graphs(), call=st.sampled_from(CALLS), data=st.data())
@settings(max_examples=150, deadline=None)
def test_an_edit_and_the_graph_anew_are_the_same_graph(
    graph: nx.Graph, call: tuple[Task, dict[str, Any]], data: st.DataObject
) -> None:
    task, arguments = call
    values = st.none() | st.integers(0, 3) | st.sampled_from(["x", 1.5, [1]])
    for attributes in [*(d for _, d in graph.nodes(data=True)), *(d for *_, d in graph.edges(data=True))]:
        for name in ("kept", "other"):
            if data.draw(st.booleans()):
                attributes[name] = data.draw(values)
    graph.graph["about"] = ["it"]
    try:
        few, many = (Kept(task, graph, few=few, **arguments) for few in (1000, -1))
    except InvalidInput:
        return  # the measure is not defined on this graph, or not for this kind
    assert few.save.pop("edit") is not None
    assert few.save == many.save
    assert as_lists(few.graph) == as_lists(many.graph)
    assert nx.utils.graphs_equal(without(few.graph, few.save["of"]), without(graph, few.save["of"]))


def without(graph: nx.Graph, of: str) -> nx.Graph:
    """A copy without the attribute."""
    copy = graph.copy()
    for *_, attributes in copy.nodes(data=True) if of == "nodes" else copy.edges(data=True):
        attributes.pop("kept", None)
    return copy


BOTH = pytest.mark.parametrize("few", [1000, -1], ids=["edit", "anew"])


@BOTH
def test_groups_are_numbered_as_the_answer_numbers_them(few: int) -> None:
    graph = nx.Graph([(0, 1), (2, 3), (3, 4), (5, 5)])
    kept = Kept(find_components, graph, few=few)
    assert kept.nodes == {0: 2, 1: 2, 2: 1, 3: 1, 4: 1, 5: 3}
    assert kept.answer["rows"][0] == [1, 3, [2, 3, 4]]
    parts = Kept(partition_graph, example(), few=few, k=2).nodes
    assert set(parts.values()) == {1, 2}


@BOTH
def test_where_groups_overlap_a_node_has_a_list_and_who_is_in_none_has_nothing(few: int) -> None:
    bow_tie = nx.Graph([(0, 1), (1, 2), (2, 0), (2, 3), (3, 4), (4, 2), (4, 9)])
    assert Kept(find_communities, bow_tie, few=few, method="k_clique", k=3).nodes == {
        0: [1], 1: [1], 2: [1, 2], 3: [2], 4: [2], 9: "-"
    }  # fmt: skip
    assert Kept(find_components, bow_tie, few=few, kind="biconnected").nodes[4] == [2, 3]


@BOTH
@pytest.mark.parametrize("directed", [False, True])
def test_scores_of_edges_find_their_edge_from_either_end_and_self_loops_have_one(few: int, directed: bool) -> None:
    graph = (nx.DiGraph if directed else nx.Graph)([("b", "a"), ("c", "b"), ("c", "c"), ("a", "c")])
    kept = Kept(rank_nodes, graph, few=few, measure="edge_betweenness")
    expected = nx.edge_betweenness_centrality(graph)
    assert kept.edges == pytest.approx({edge: expected.get(edge, expected.get(edge[::-1])) for edge in graph.edges})
    assert kept.save["values"] == 4


@BOTH
def test_an_attribute_of_few_nodes_stands_with_the_rest_and_is_replaced_there(few: int) -> None:
    graph = nx.path_graph(100)
    graph.nodes[5].update(kept="old", rare=1)
    kept = Kept(run_algorithm, graph, few=few, name="center")
    assert {node: value for node, value in kept.nodes.items() if value != "-"} == {49: True, 50: True}
    assert (kept.save["values"], kept.save["lost"]) == (2, 1)
    assert kept.graph.nodes[5] == {"rare": 1}


@BOTH
def test_integers_past_64_bits_stay_what_they_are(few: int) -> None:
    graph = nx.Graph()
    graph.add_edge("a", "b", weight=2**70)
    assert Kept(rank_nodes, graph, few=few, weight="weight").nodes == {"a": 2**70, "b": 2**70}


@pytest.mark.parametrize(
    "name, arguments, of, expected",
    [
        ("bridges", {}, "edges", {("a", "b"): "-", ("a", "c"): "-", ("c", "d"): True}),
        ("hits", {}, "nodes", list),
        ("maximal_independent_set", {}, "nodes", True),
        ("single_source_shortest_path", {"source": "a"}, "nodes", {"a": ["a"], "c": ["a", "c"], "f": ["a", "c", "d", "f"]}),
        ("greedy_color", {}, "nodes", int),
        ("maximal_matching", {}, "edges", True),
        ("edge_betweenness_centrality", {}, "edges", float),
        ("community.louvain_communities", {}, "nodes", int),
    ],
)  # fmt: skip
def test_results_of_the_catalogue_by_node_or_edge(name: str, arguments: dict[str, Any], of: str, expected: Any) -> None:
    kept = Kept(run_algorithm, example(), few=1000, name=name, arguments=arguments)
    assert kept.save["of"] == of
    found = kept.nodes if of == "nodes" else kept.edges
    if isinstance(expected, dict):
        assert {key: found[key] for key in expected} == expected
    elif isinstance(expected, type):
        assert {type(value) for value in found.values()} == {expected}
    else:
        assert set(found.values()) == {expected, "-"}


@pytest.mark.parametrize(
    "name, arguments, problem",
    [
        ("density", {}, "neither by node nor by edge"),
        ("minimum_spanning_tree", {}, "is a graph"),
        ("all_pairs_shortest_path_length", {}, "more than one for each node and edge"),
        ("find_cliques", {}, "in several groups"),
        ("complement", {}, "is a graph"),
        ("jaccard_coefficient", {}, "is no edge"),
        ("adjacency_matrix", {}, "neither by node nor by edge"),
    ],
)
def test_any_other_result_is_refused_and_says_why(name: str, arguments: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidInput, match=f"save_as: .*{problem}"):
        Kept(run_algorithm, example(), few=1000, name=name, arguments=arguments)


def test_an_attribute_that_exists_is_refused_before_where_it_is_known_whose_it_is() -> None:
    graph = example()
    nx.set_node_attributes(graph, {"a": 1}, "kept")
    with pytest.raises(Conflict, match='save_as: the nodes have an attribute "kept" already'):
        Kept(rank_nodes, graph, few=1000, replace=False, of="nodes")
    late = Kept(run_algorithm, graph, few=1000, replace=False, name="core_number")
    assert 'the nodes have an attribute "kept" already' in late.save["refused"]
    assert late.answer["rows"]
    assert Kept(run_algorithm, graph, few=1000, replace=False, name="bridges").save["values"] == 1


def test_a_value_that_is_too_long_is_refused_by_name() -> None:
    graph = nx.path_graph(400)
    with pytest.raises(LimitExceeded, match=r"node \d+: the value of attribute 'kept'"):
        Kept(run_algorithm, graph, few=10_000, name="single_source_shortest_path", arguments={"source": 0})
