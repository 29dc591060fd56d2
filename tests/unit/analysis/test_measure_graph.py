"""measure_graph: networkx's numbers, but where those are wrong; what is not defined says why, and the rest is answered."""

from __future__ import annotations

import math

import networkx as nx
import pytest
from hypothesis import given, settings
from tests.unit.analysis import oracles
from tests.unit.analysis.graphs import ask, column, example, graphs, mapping, positive

from networkx_mcp.analysis.cost_advice import check
from networkx_mcp.analysis.definition import GraphSize
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.measurements import cheapest_first
from networkx_mcp.analysis.tasks.measure_graph import DEFAULT, measure_graph
from networkx_mcp.errors import InvalidInput, LimitExceeded
from networkx_mcp.tools.mcp_server import TOOLS
from networkx_mcp.vocabulary import METRICS

ORACLE = {
    "density": lambda g, w: nx.density(g),
    "self_loops": lambda g, w: nx.number_of_selfloops(g),
    "isolates": lambda g, w: nx.number_of_isolates(g),
    "average_clustering": lambda g, w: nx.average_clustering(g, weight=w),
    "transitivity": lambda g, w: nx.transitivity(g),
    "triangles": lambda g, w: sum(nx.triangles(g).values()) // 3,
    "diameter": lambda g, w: nx.diameter(g, weight=w),
    "radius": lambda g, w: nx.radius(g, weight=w),
    "center": lambda g, w: nx.center(g, weight=w),
    "periphery": lambda g, w: nx.periphery(g, weight=w),
    "average_shortest_path_length": lambda g, w: nx.average_shortest_path_length(g, weight=w),
    "global_efficiency": lambda g, w: nx.global_efficiency(g),
    "degree_assortativity": lambda g, w: nx.degree_assortativity_coefficient(g, weight=w),
    "reciprocity": lambda g, w: nx.overall_reciprocity(g),
    "is_dag": lambda g, w: nx.is_directed_acyclic_graph(g),
    "is_tree": lambda g, w: nx.is_tree(g),
    "is_forest": lambda g, w: nx.is_forest(g),
    "is_bipartite": lambda g, w: nx.is_bipartite(g),
    "is_planar": lambda g, w: nx.is_planar(g),
    "is_eulerian": lambda g, w: nx.is_eulerian(g),
    "is_regular": lambda g, w: nx.is_regular(g),
    "girth": lambda g, w: nx.girth(g),
    "degeneracy": lambda g, w: max(nx.core_number(g).values(), default=0),
    "wiener_index": lambda g, w: nx.wiener_index(g, weight=w),
    "node_connectivity": lambda g, w: oracles.node_connectivity(oracles.unlooped(g)),
    "edge_connectivity": lambda g, w: oracles.edge_connectivity(g),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@given(graph=graphs(weights=positive))
@settings(max_examples=30, deadline=None)
def test_metrics_are_those_of_networkx(graph: nx.Graph) -> None:
    weight = "weight" if any("weight" in d for *_, d in graph.edges(data=True)) else None
    answer = ask(measure_graph, graph, metrics=list(METRICS), weight=weight)
    assert answer["truncated"] is False
    values, notes = mapping(answer, "metric", "value"), mapping(answer, "metric", "note")
    assert list(values) == list(METRICS)
    for name, oracle in ORACLE.items():
        try:
            expected = oracle(graph, weight)
        except Exception:
            assert values[name] is None, name
            assert notes[name], name
            continue
        if (name == "reciprocity" and not graph.is_directed()) or expected != expected:
            assert values[name] is None, name
            assert "directed graphs only" in notes[name] or "not defined" in notes[name]
            continue
        found = float(values[name]) if isinstance(values[name], str) else values[name]
        assert found != math.inf or notes[name]
        if isinstance(expected, list):
            assert found == expected, name
            continue
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True), name


@given(graph=graphs())
@settings(max_examples=30, deadline=None)
def test_degrees_are_summed_up(graph: nx.Graph) -> None:
    answer = mapping(ask(measure_graph, graph, metrics=["degree", "degree_histogram"]), "metric", "value")
    degrees = [degree for _, degree in graph.degree()]
    assert dict(answer["degree_histogram"]) == {d: degrees.count(d) for d in degrees}
    if degrees:
        assert answer["degree"] == {"min": min(degrees), "mean": sum(degrees) / len(degrees), "max": max(degrees)}


def test_the_default_is_cheap_and_complete() -> None:
    answer = ask(measure_graph, example())
    assert column(answer, "metric") == list(DEFAULT)
    assert mapping(answer, "metric", "value")["components"] == 1


def test_a_metric_of_the_other_graph_type_says_so_in_few_words() -> None:
    notes = mapping(ask(measure_graph, example(True), metrics=["triangles", "girth"]), "metric", "note")
    assert set(notes.values()) == {"for undirected graphs only"}
    notes = mapping(ask(measure_graph, example(), metrics=["in_degree"]), "metric", "note")
    assert set(notes.values()) == {"for directed graphs only"}


def test_a_metric_that_the_graph_s_own_edges_forbid_says_what_forbids_it() -> None:
    for kind in (nx.Graph, nx.DiGraph):
        notes = mapping(ask(measure_graph, kind([(0, 0), (0, 1)]), metrics=["degeneracy"]), "metric", "note")
        assert "self-loops" in notes["degeneracy"]
        assert "directed" not in notes["degeneracy"]


def test_a_disconnected_graph_has_no_diameter_and_says_why() -> None:
    answer = ask(measure_graph, nx.empty_graph(2), metrics=["diameter", "nodes"])
    assert answer["rows"][0][:2] == ["diameter", None]
    assert "not connected" in answer["rows"][0][2]
    assert answer["rows"][1] == ["nodes", 2, None]


def test_an_unweighted_metric_says_that_it_is() -> None:
    notes = mapping(ask(measure_graph, example(), metrics=["density", "diameter"], weight="weight"), "metric", "note")
    assert notes == {"density": "unweighted", "diameter": None}


def test_a_misspelt_metric_is_told_with_its_nearest() -> None:
    with pytest.raises(InvalidInput, match=r"`metrics\[0\]` must be nodes, .*diameter"):
        ask(measure_graph, example(), metrics=["diametre"])
    with pytest.raises(InvalidInput, match="must be a list"):
        ask(measure_graph, example(), metrics=[])


def test_what_would_take_too_long_is_named_and_the_rest_is_answered() -> None:
    loaded = LoadedGraph.from_networkx(nx.random_regular_graph(30, 1000, seed=1))
    loaded.allowance = 1e-4
    answer = ask(measure_graph, loaded, metrics=["node_connectivity", "nodes", "is_connected"])
    rows = mapping(answer, "metric", "value")
    assert rows == {"node_connectivity": None, "nodes": 1000, "is_connected": True}
    assert answer["rows"][0][2].startswith("not measured: it would take about ")
    assert answer["not_measured"] == ["node_connectivity"]
    assert any("view" in note and "force=true" in note for note in answer["notes"])


def test_a_call_is_refused_only_where_none_of_its_metrics_can_be_measured() -> None:
    size = GraphSize(1_000_000, 3_000_000, False)
    analysis = TOOLS["measure_graph"].analysis
    assert analysis is not None
    check(analysis, {"metrics": ["nodes", "wiener_index"]}, [size], 20.0)
    with pytest.raises(LimitExceeded, match="It was not started"):
        check(analysis, {"metrics": ["wiener_index", "average_shortest_path_length"]}, [size], 20.0)


def test_the_diameter_is_taken_from_the_eccentricities_where_both_are_asked_for() -> None:
    size = GraphSize(10_000, 30_000, False)
    assert cheapest_first(["diameter", "eccentricity", "nodes"], None, size) == ["nodes", "eccentricity", "diameter"]
    assert cheapest_first(["eccentricity", "average_clustering"], None, size) == ["average_clustering", "eccentricity"]
