"""Matchings by rustworkx weigh exactly what networkx's weigh, on both sides of what its integers hold."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import networkx as nx
import pytest
import rustworkx
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.backend.asking import NAME
from tests.unit.backend.asking import answer as outcome
from tests.unit.kernels.equal import answer, asked, graphs
from tests.unit.kernels.families import FAMILIES
from tests.unit.kernels.promised import a_matching, total

from networkx_mcp.backend.graph import Graph
from networkx_mcp.backend.kernels import matching
from networkx_mcp.backend.kernels.arrays import Unsuited
from networkx_mcp.workers import zygote

CALLS: list[tuple[str, dict[str, Any]]] = [
    ("max_weight_matching", {}),
    ("max_weight_matching", {"maxcardinality": True}),
    ("min_weight_matching", {}),
]
call = pytest.mark.parametrize(("name", "options"), CALLS)
whole = st.integers(-9, 9) | st.integers(0, 2**40)


def _edges(weights: st.SearchStrategy[Any], most: int = 14) -> st.SearchStrategy[nx.Graph]:
    """Graphs with enough edges for blossoms within blossoms."""
    nodes = st.integers(0, most - 1)

    def made(edges: list[tuple[int, int, Any]]) -> nx.Graph:
        graph = nx.Graph()
        graph.add_weighted_edges_from(edges)
        return graph

    return st.lists(st.tuples(nodes, nodes, weights), max_size=4 * most).map(made)


def _path(*weights: Any) -> nx.Graph:
    graph = nx.Graph()
    graph.add_weighted_edges_from((i, i + 1, weight) for i, weight in enumerate(weights))
    return graph


@call
@pytest.mark.parametrize("family", FAMILIES)
@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_on_every_family(family: str, name: str, options: dict[str, Any], data: st.DataObject) -> None:
    graph = data.draw(FAMILIES[family].graphs)
    a_matching(graph, name, {**options, "weight": data.draw(st.sampled_from(["weight", "weight", None, "absent"]))})
    assert asked(graph, name, **options)[1] == ("" if graph.is_directed() else matching.ENGINE)


@call
@given(graph=_edges(whole | st.sampled_from([1, 2])))
@settings(max_examples=80, deadline=None)
def test_integers(name: str, options: dict[str, Any], graph: nx.Graph) -> None:
    a_matching(graph, name, options)
    assert asked(graph, name, **options)[1] == matching.ENGINE


powers = st.builds(lambda power, sign: sign * 2.0**power, st.integers(-130, 130), st.sampled_from([1, 1, -1]))


@call
@pytest.mark.parametrize(
    "weights",
    [
        st.floats(-1e6, 1e6) | st.integers(1, 9),
        st.floats(0.5, 2),
        powers,
        st.floats(allow_nan=False, allow_infinity=False),
    ],
    ids=["mixed", "alike", "powers", "any"],
)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_floats_are_not_rounded_so_no_matching_of_networkx_s_is_better(
    weights: st.SearchStrategy[Any], name: str, options: dict[str, Any], data: st.DataObject
) -> None:
    graph = data.draw(_edges(weights))
    (found, used), expected = asked(graph, name, **options), answer(graph, name, **options)
    if used != matching.ENGINE:
        assert found == expected
        return
    mine, theirs = total(graph, found), total(graph, expected)
    if name == "min_weight_matching":
        mine, theirs = -mine, -theirs
    if options or name == "min_weight_matching":
        assert len(found) == len(expected)
    assert mine >= theirs
    assert mine - theirs <= abs(theirs) / 10**9


@call
def test_networkx_answers_where_the_integers_get_too_large(name: str, options: dict[str, Any]) -> None:
    limit = float(matching.MOST // 4)
    assert limit * 4 == matching.MOST
    other = limit if name == "max_weight_matching" else limit / 4  # less: what it lacks of 1 + the largest
    for weights, used in (
        ((other, 1.0, other), matching.ENGINE),
        ((other, -other, other), matching.ENGINE),
        ((limit * 1.25, 1.0, limit * 1.25), "networkx"),
        ((limit, -limit * 1.25, limit), "networkx"),
        ((1.0, 2 / limit, 1.0), matching.ENGINE),
        ((1.0, 0.5 / limit, 1.0), "networkx"),
        ((1.0, 5e-324, 1.0), "networkx"),
        ((1.0, 1.7e308, 1.0), "networkx"),
    ):
        graph = _path(*weights)
        assert asked(graph, name, **options)[1] == used, weights
        a_matching(graph, name, options)


def test_networkx_answers_where_its_rounding_would_show() -> None:
    """The largest weight is no part of the answer: beside it networkx cannot tell 1 from 3, and takes any."""
    graph = nx.cycle_graph(4)
    nx.set_edge_attributes(graph, {(0, 1): 3.0, (1, 2): 1.0, (2, 3): 3.0, (0, 3): 1.0}, "weight")
    for chord, used in ((2.0**40, matching.ENGINE), (2.0**60, "networkx")):
        graph.add_edge(0, 2, weight=chord)
        assert asked(graph, "min_weight_matching")[1] == used
        assert asked(graph, "max_weight_matching", maxcardinality=True)[1] == used
        assert asked(graph, "max_weight_matching")[1] == matching.ENGINE
    graph.add_edge(0, 2, weight=2**49)
    nx.set_edge_attributes(
        graph, {edge: int(weight) for edge, weight in nx.get_edge_attributes(graph, "weight").items()}, "weight"
    )
    a_matching(graph, "min_weight_matching", {})  # of integers it rounds nothing
    assert asked(graph, "min_weight_matching")[1] == matching.ENGINE


@call
@pytest.mark.parametrize(
    "weight",
    [float("nan"), float("inf"), -float("inf"), 1.7e308, 2**53, 2**70, True, None, "1", [1], {"a": 1}],
    ids=repr,
)
def test_what_is_no_exact_number_is_networkx_s(name: str, options: dict[str, Any], weight: Any) -> None:
    graph = _path(2, weight, 2)
    found = outcome(name, graph, NAME, **options)
    graph.__networkx_cache__.clear()
    assert found == outcome(name, graph, "networkx", **options)
    with pytest.raises(Unsuited):
        getattr(matching, name)(Graph.of(graph).arrays, **options)


@call
def test_graphs_of_other_kinds_raise_as_in_networkx(name: str, options: dict[str, Any]) -> None:
    assert asked(nx.DiGraph([(0, 1)]), name, **options)[0] is nx.NetworkXNotImplemented
    for kind in (nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph):
        with pytest.raises(nx.NetworkXNotImplemented):
            getattr(nx, name)(kind([(0, 1)]), backend=NAME, **options)


@call
def test_self_loops_are_ignored(name: str, options: dict[str, Any]) -> None:
    graph = nx.Graph()
    graph.add_weighted_edges_from([(0, 0, 9), (1, 1, -9)])
    assert asked(graph, name, **options) == (set(), matching.ENGINE)
    graph.add_weighted_edges_from([(0, 1, 2), (2, 2, 100), (1, 2, 1)])
    assert asked(graph, name, **options) == ({(1, 2) if name.startswith("min") else (0, 1)}, matching.ENGINE)


def test_weights_below_0_are_matched_for_the_most_edges_only() -> None:
    graph = _path(-1, 5, -2)
    assert asked(graph, "max_weight_matching")[0] == {(1, 2)}
    assert asked(graph, "max_weight_matching", maxcardinality=True)[0] == {(0, 1), (2, 3)}
    assert asked(_path(-1), "max_weight_matching")[0] == set()


@call
@given(graph=graphs(directed=False, weights=st.integers(1, 2)))
@settings(max_examples=20, deadline=None)
def test_nodes_are_the_graph_s_own(name: str, options: dict[str, Any], graph: nx.Graph) -> None:
    graph = nx.relabel_nodes(graph, {node: (node,) for node in graph})
    own = {node: node for node in graph}
    found = getattr(nx, name)(graph, backend=NAME, **options)
    assert type(found) is set
    for pair in found:
        assert type(pair) is tuple
        assert all(own[node] is node for node in pair)
    graph.__networkx_cache__.clear()


@call
def test_ties_are_broken_alike_each_time(name: str, options: dict[str, Any]) -> None:
    """rustworkx 0.17 did not: https://github.com/Qiskit/rustworkx/issues/1545, whose graph is the first."""
    first = nx.Graph()
    first.add_weighted_edges_from([(0, 1, 1), (0, 4, 2), (1, 4, 2), (2, 4, 1), (3, 4, 1)])
    for graph in (first, nx.gnm_random_graph(60, 200, seed=1), nx.complete_graph(15)):
        # each call has a hash of its own
        assert len({frozenset(asked(graph, name, **options)[0]) for _ in range(20)}) == 1


def test_blossoms_within_blossoms() -> None:
    graph = nx.Graph()
    graph.add_weighted_edges_from([(0, 1, 250), (1, 2, 250), (0, 2, 250)])
    for level in range(1, 60):
        a, b, weight = 2 * level + 1, 2 * level + 2, 250 - level
        graph.add_weighted_edges_from([(0, a, weight), (1, b, weight), (a, b, weight)])
    graph.add_edge(0, "end", weight=1)
    for name, options in CALLS:
        a_matching(graph, name, options)


def test_what_rustworkx_cannot_prove_is_networkx_s(monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):
        pass

    def fails(*_: Any, **options: Any) -> None:
        assert options["verify_optimum"]
        raise PanicException

    monkeypatch.setattr(rustworkx, "max_weight_matching", fails)
    assert asked(_path(1, 2), "max_weight_matching") == ({(2, 1)}, "networkx")


def test_it_starts_no_thread() -> None:
    """The zygote has it imported when it forks."""
    script = (
        "import networkx as nx, networkx_mcp.analysis.warm;"
        "from networkx_mcp import platform;"
        "assert 'rustworkx' in __import__('sys').modules;"
        "before = platform.threads();"
        "nx.max_weight_matching(nx.complete_graph(50), backend='networkx_mcp');"
        "print(before, platform.threads())"
    )
    environment = {**os.environ, **zygote.ENVIRONMENT}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1 1"
