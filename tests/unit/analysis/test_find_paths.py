"""find_paths: networkx's paths, read only as far as they are answered."""

from __future__ import annotations

import sys
from itertools import islice, pairwise
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.analysis.graphs import ask, column, example, graphs, mapping, positive

from networkx_mcp.analysis.tasks.find_paths import find_paths
from networkx_mcp.errors import InvalidInput, NotFound


@given(graph=graphs(weights=positive, least=1), data=st.data())
@settings(max_examples=30, deadline=None)
def test_the_shortest_path_has_networkx_s_length(graph: nx.Graph, data: st.DataObject) -> None:
    nodes = list(graph)
    source, target = data.draw(st.sampled_from(nodes)), data.draw(st.sampled_from(nodes))
    weight = "weight" if any("weight" in d for *_, d in graph.edges(data=True)) else None
    for kind in ("shortest", "all_shortest", "k_shortest"):
        answer = ask(find_paths, graph, kind=kind, source=source, target=target, weight=weight, limit=50)
        if not nx.has_path(graph, source, target):
            assert (answer["found"], answer["rows"]) == (False, [])
            assert "No path leads" in answer["notes"][0]
            continue
        shortest = nx.shortest_path_length(graph, source, target, weight=weight)
        assert answer["found"]
        assert answer["rows"][0][1] == pytest.approx(shortest)
        for hops, distance, path in answer["rows"]:
            assert (path[0], path[-1], len(path)) == (source, target, hops + 1)
            assert distance == pytest.approx(length(graph, path, weight))
    everything = ask(find_paths, graph, kind="all_shortest", source=source, target=target, weight=weight, limit=1000)
    if everything["found"]:
        assert sorted(map(str, column(everything, "path"))) == sorted(
            map(str, nx.all_shortest_paths(graph, source, target, weight=weight))
        )


def length(graph: nx.Graph, path: list[object], weight: str | None) -> float:
    return sum(graph.edges[u, v].get(weight, 1) for u, v in pairwise(path))


@given(graph=graphs(weights=positive, least=1), data=st.data())
@settings(max_examples=30, deadline=None)
def test_what_is_reachable_comes_nearest_first(graph: nx.Graph, data: st.DataObject) -> None:
    source = data.draw(st.sampled_from(list(graph)))
    weight = "weight" if any("weight" in d for *_, d in graph.edges(data=True)) else None
    expected = dict(nx.shortest_path_length(graph, source, weight=weight))
    del expected[source]
    answer = ask(find_paths, graph, kind="reachable", source=source, weight=weight, limit=100)
    assert mapping(answer, "node", "distance") == pytest.approx(expected)
    distances = column(answer, "distance")
    assert distances == sorted(distances)
    paths = ask(find_paths, graph, source=source, weight=weight, limit=100)
    assert {path[-1]: distance for _, distance, path in paths["rows"]} == pytest.approx(expected)


def test_weights_below_zero_are_summed_and_cycles_of_them_refused() -> None:
    graph = nx.DiGraph()
    graph.add_weighted_edges_from([("a", "b", 4), ("a", "c", 2), ("c", "b", -3)])
    answer = ask(find_paths, graph, source="a", target="b", weight="weight")
    assert answer["rows"] == [[2, -1, ["a", "c", "b"]]]
    assert ask(find_paths, graph, source="a", kind="reachable", weight="weight")["rows"] == [["b", -1], ["c", 2]]
    assert len(ask(find_paths, graph, source="a", weight="weight")["rows"]) == 2
    with pytest.raises(InvalidInput, match="needs values of 0 or more"):
        ask(find_paths, graph, source="a", target="b", weight="weight", kind="k_shortest")
    graph.add_edge("b", "a", weight=-9)
    with pytest.raises(InvalidInput, match=r"no finite answer.*Negative cycle"):
        ask(find_paths, graph, source="a", target="b", weight="weight")


def test_the_k_shortest_are_the_first_of_networkx_s() -> None:
    graph = nx.grid_2d_graph(3, 3)
    graph = nx.convert_node_labels_to_integers(graph)
    answer = ask(find_paths, graph, kind="k_shortest", source=0, target=8, k=7)
    assert column(answer, "path") == list(islice(nx.shortest_simple_paths(graph, 0, 8), 7))
    assert (answer["total"], answer["truncated"]) == (7, False)


def test_an_endless_enumeration_is_read_as_far_as_it_is_answered() -> None:
    graph = nx.complete_graph(60)  # more simple paths than atoms
    answer = ask(find_paths, graph, kind="all_simple", source=0, target=1, limit=5)
    assert len(answer["rows"]) == 5
    assert (answer["total"], answer["truncated"], answer["next_offset"]) == (None, True, 5)
    assert column(answer, "path") == list(islice(nx.all_simple_paths(graph, 0, 1), 5))
    following = ask(find_paths, graph, kind="all_simple", source=0, target=1, limit=5, offset=5)
    assert column(following, "path") == list(islice(nx.all_simple_paths(graph, 0, 1), 5, 10))


def test_a_cutoff_bounds_hops_and_distance() -> None:
    graph = nx.path_graph(6)
    assert column(ask(find_paths, graph, kind="reachable", source=0, cutoff=2), "node") == [1, 2]
    simple = ask(find_paths, graph, kind="all_simple", source=0, target=5, cutoff=4)
    assert (simple["found"], simple["rows"]) == (False, [])
    assert "raise cutoff" in simple["notes"][0]
    assert ask(find_paths, graph, kind="all_simple", source=0, target=5, cutoff=5)["found"]


@pytest.mark.parametrize("cutoff", [1e300, sys.float_info.max])
@pytest.mark.parametrize("weight", [None, "weight"])
def test_a_cutoff_past_every_distance_bounds_nothing(cutoff: float, weight: str | None) -> None:
    for params in ({"kind": "reachable"}, {}, {"kind": "all_simple", "target": "e"}):
        if params.get("kind") == "all_simple" and weight:
            continue  # hops
        asked = {"source": "a", "weight": weight, **params}
        assert ask(find_paths, example(), **asked, cutoff=cutoff)["rows"] == ask(find_paths, example(), **asked)["rows"]
    none = ask(find_paths, nx.empty_graph(2), kind="all_simple", source=0, target=1, cutoff=cutoff)
    assert none["notes"][0].startswith("No path leads")


def test_a_path_against_the_edges_says_so() -> None:
    graph = nx.DiGraph([("a", "b")])
    assert "one leads the other way" in ask(find_paths, graph, source="b", target="a")["notes"][0]


def test_long_paths_are_cut_and_counted() -> None:
    answer = ask(find_paths, nx.path_graph(3000), source=0, target=2999)
    hops, distance, path = answer["rows"][0]
    assert (hops, distance, len(path)) == (2999, 2999, 1000)
    assert "cut at 1000" in answer["notes"][0]
    assert all(b == a + 1 for a, b in pairwise(path))


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"target": "b"}, InvalidInput, "source"),
        ({"source": "a", "kind": "k_shortest"}, InvalidInput, "needs the node where paths end"),
        ({"source": "a", "kind": "reachable", "target": "b"}, InvalidInput, "leave it out"),
        ({"source": "a", "target": "b", "k": 2}, InvalidInput, "only kind k_shortest"),
        ({"source": "a", "target": "b", "cutoff": 2}, InvalidInput, "cutoff: for all_simple"),
        ({"source": True}, InvalidInput, "a node id is a string or an integer"),
        ({"source": "a", "target": "z"}, NotFound, 'target: no node "z" in this graph'),
        ({"source": "a", "target": "b", "weight": "nope"}, NotFound, 'no edge has an attribute "nope"'),
    ],
)
def test_a_wrong_question_is_told(params: dict[str, object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ask(find_paths, example(), **params)


def test_what_reaches_a_node_and_what_is_linked_with_it_in_any_way() -> None:
    graph = nx.DiGraph()
    graph.add_edge("ore", "steel", weight=3)
    graph.add_edge("coal", "steel", weight=1)
    graph.add_edge("steel", "car", weight=5)
    graph.add_edge("glass", "car")
    graph.add_edge("sand", "glass", weight=2)

    def reached(source: str, **arguments: Any) -> dict[str, float]:
        return mapping(ask(find_paths, graph, source=source, kind="reachable", **arguments), "node", "distance")

    assert reached("steel") == reached("steel", direction="out") == {"car": 1}
    assert reached("car", direction="in") == {"steel": 1, "glass": 1, "ore": 2, "coal": 2, "sand": 2}
    assert reached("car", direction="in", weight="weight") == {"glass": 1, "sand": 3, "steel": 5, "coal": 6, "ore": 8}
    assert reached("car", direction="in", cutoff=1) == {"steel": 1, "glass": 1}
    assert reached("ore", direction="both") == {"steel": 1, "coal": 2, "car": 2, "glass": 3, "sand": 4}
    answer = ask(find_paths, graph, source="sand", kind="reachable", direction="in")
    assert (answer["found"], answer["direction"]) == (False, "in")
    assert 'No edge leads to "sand", 1 lead from it: direction=out follows those.' in answer["notes"]
    answer = ask(find_paths, graph, source="car", kind="reachable")
    assert 'No edge leads from "car", 2 lead to it: direction=in follows those.' in answer["notes"]


@given(graph=graphs(least=1), direction=st.sampled_from(["out", "in", "both"]))
@settings(max_examples=25, deadline=None)
def test_reachable_is_networkx_s_on_the_graph_as_it_is_turned(graph: nx.Graph, direction: str) -> None:
    source = next(iter(graph))
    turned = {"out": graph, "in": graph.reverse() if graph.is_directed() else graph, "both": graph.to_undirected()}
    expected = dict(nx.single_source_shortest_path_length(turned[direction], source))
    del expected[source]
    answer = ask(find_paths, graph, source=source, kind="reachable", direction=direction, limit=100)
    assert mapping(answer, "node", "distance") == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"target": 2, "direction": "in"}, "only kind reachable takes it"),
        ({"kind": "reachable", "direction": "both", "weight": "weight"}, "leave out weight"),
    ],
)
def test_a_direction_that_would_mean_nothing_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        ask(find_paths, nx.path_graph(3, nx.DiGraph), source=0, **arguments)
