"""The cost model: it knows what tools call, refuses only what is surely too long, and names a cheaper call that fits."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networkx_mcp.analysis import catalogue, cost, cost_advice, engine, sampling
from networkx_mcp.analysis.definition import Analysis, GraphSize
from networkx_mcp.analysis.engine import call
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.tasks import measure_graph
from networkx_mcp.backend.info import FUNCTIONS
from networkx_mcp.errors import OUTCOMES, LimitExceeded
from networkx_mcp.tools.mcp_server import TOOLS
from networkx_mcp.vocabulary import COMMUNITY_METHODS, COMPONENT_KINDS, MEASURES, METRICS

LIMIT = 20.0


@pytest.fixture(autouse=True, scope="module")
def kernels() -> None:
    """They are known once they are asked for, whichever test runs first."""
    engine.load()


def check(task: str, n: int = 100_000, m: int = 300_000, directed: bool = False, **params: Any) -> None:
    analysis = TOOLS[task].analysis
    assert analysis is not None
    cost_advice.check(analysis, params, [GraphSize(n, m, directed)], LIMIT)


def refused(task: str, **params: Any) -> LimitExceeded:
    with pytest.raises(LimitExceeded) as caught:
        check(task, **params)
    return caught.value


# --- the table


def test_every_metric_that_has_a_name_is_computed() -> None:
    assert list(measure_graph.COMPUTED) == list(METRICS)


def test_every_row_is_of_an_algorithm_and_every_number_is_usable() -> None:
    known = catalogue.algorithms().keys() | engine.KERNELS.keys() | {"partition_graph"}
    for name, row in cost.table().rows.items():
        assert name.removesuffix("+weight") in known, name
        for fit in (row.kernel, row.networkx):
            if fit is not None:
                assert fit.c >= 0
                assert fit.a >= 0
                assert fit.b >= 0
                assert 0 <= fit.low <= 1
                assert math.isfinite(fit.seconds(10_000, 100_000))


def test_every_kernel_was_measured_as_it_is() -> None:
    """A kernel of another making: `python benchmarks/cost.py --only NAME`."""
    measured = {name: row.kernel.engine for name, row in cost.table().rows.items() if row.kernel is not None}
    there = {name: entries[0].engine for name, entries in engine.KERNELS.items()}
    assert there
    assert {name: used for name, used in there.items() if measured.get(name, used) != used} == {}
    assert {name.removesuffix("+weight") for name in measured} <= FUNCTIONS.keys()


def test_the_calls_of_tools_are_in_the_table() -> None:
    rows = cost.table().rows
    known = (*MEASURES.values(), *METRICS.values(), *COMMUNITY_METHODS.values(), *COMPONENT_KINDS.values())
    asked = {one.algorithm for one in known if one.algorithm} | {"partition_graph"}
    assert asked <= rows.keys(), sorted(asked - rows.keys())


@given(
    st.sampled_from(sorted(cost.table().rows)),
    st.integers(0, 10**7),
    st.integers(0, 10**8),
    st.booleans(),
    st.booleans(),
)
def test_an_estimate_grows_with_the_graph(name: str, n: int, m: int, more_nodes: bool, directed: bool) -> None:
    algorithm, _, weighted = name.partition("+")
    weights = [a.parameter for a in catalogue.algorithms()[algorithm].arguments if cost.weighs(a)] if weighted else []
    asked = cost.AlgorithmCall(algorithm, dict.fromkeys(weights, "weight"))
    assert cost.row_of(algorithm, weighted=bool(weights)) == name
    small = cost.estimate(asked, n, m, directed)
    large = cost.estimate(asked, n + more_nodes, m + (not more_nodes), directed)
    if small is not None and large is not None and small.engine == large.engine:
        assert 0 <= small.least <= small.seconds <= large.seconds


def test_what_is_not_known_is_not_refused() -> None:
    assert cost.estimate(cost.AlgorithmCall("no_such_algorithm"), 10**7, 10**8, False) is None
    cost_advice.check(Analysis("no:such_task"), {}, [GraphSize(10**9, 10**9, directed=False)], LIMIT)
    # an argument that cuts the work short: its cost is not known
    check("run_algorithm", n=10**7, m=10**8, name="all_pairs_shortest_path_length", arguments={"cutoff": 1})


# --- the refusal


def test_a_call_that_cannot_end_is_refused_with_estimate_limit_and_setting() -> None:
    error = refused("rank_nodes", n=1_000_000, m=3_000_000, measure="betweenness")
    assert error.outcome == "client_error"
    assert error.outcome in OUTCOMES
    assert error.retry_after is None
    assert error.data["estimate_seconds"] > LIMIT
    assert (error.data["maximum"], error.data["setting"]) == (LIMIT, "limits.request_timeout_seconds")
    for part in ("limits.request_timeout_seconds", "20 s", "force: true", "1000000 nodes"):
        assert part in error.message


@pytest.mark.parametrize(
    ("task", "params"),
    [
        ("rank_nodes", {"measure": "betweenness"}),
        ("rank_nodes", {"measure": "edge_betweenness"}),
        ("rank_nodes", {"measure": "load"}),
        ("rank_nodes", {"measure": "closeness", "weight": "weight"}),
        ("measure_graph", {"metrics": ["eccentricity"], "n": 1_000_000, "m": 3_000_000}),
        ("find_communities", {"method": "greedy_modularity"}),
        ("run_algorithm", {"name": "betweenness_centrality", "arguments": {}}),
    ],
)
def test_the_cheaper_call_that_is_named_is_one_that_passes(task: str, params: dict[str, Any]) -> None:
    size = {"n": params.pop("n", 300_000), "m": params.pop("m", 900_000)}
    cheaper = refused(task, **size, **params).data["cheaper"]
    assert cheaper is not None
    check(cheaper["tool"], **size, **cheaper["arguments"])
    assert cheaper["seconds"] <= LIMIT / 2
    assert cheaper["answers"]


def test_sampling_is_offered_with_as_many_sources_as_fit_and_its_bound() -> None:
    small = refused("rank_nodes", n=100_000, m=300_000, measure="betweenness").data["cheaper"]
    large = refused("rank_nodes", n=1_000_000, m=3_000_000, measure="betweenness").data["cheaper"]
    assert small["arguments"]["sample"] > large["arguments"]["sample"]
    for cheaper in (small, large):
        assert "Hoeffding" in cheaper["answers"]


def test_the_bound_of_a_sample_holds() -> None:
    import networkx as nx

    graph = nx.barabasi_albert_graph(120, 2, seed=1)
    exact = nx.betweenness_centrality(graph)
    bound = sampling.sample_error(120, 40)
    missed = 0
    for seed in range(30):
        sampled = nx.betweenness_centrality(graph, k=40, seed=seed)
        missed += max(abs(sampled[node] - exact[node]) for node in graph) > bound
    assert missed <= 30 * sampling.MISSED
    assert bound < 1


def test_small_graphs_and_quick_measures_are_not_refused() -> None:
    for name in MEASURES:
        check("rank_nodes", n=1000, m=3000, measure=name)
    for name in ("degree", "pagerank", "core"):
        check("rank_nodes", n=1_000_000, m=3_000_000, measure=name)
    check("measure_graph", n=10**6, m=10**7, metrics=["nodes", "density", "is_connected"])
    for kind in COMPONENT_KINDS:
        check("find_components", n=10**6, m=3 * 10**6, kind=kind)


def test_the_worker_refuses_what_only_networkx_would_compute(monkeypatch: pytest.MonkeyPatch) -> None:
    import networkx as nx

    def steps_back(*_: Any, **__: Any) -> bool:
        return False

    kernel = engine.Implementation("none", steps_back, steps_back)
    monkeypatch.setitem(engine.KERNELS, "betweenness_centrality", [kernel])
    graph = LoadedGraph.from_networkx(nx.gnm_random_graph(3000, 9000, seed=1))
    graph.allowance = 0.01
    with pytest.raises(LimitExceeded) as caught:
        call(graph, "betweenness_centrality", (), {"weight": None})
    assert "force: true" in caught.value.message
    graph.allowance = None
    value, used = call(graph, "betweenness_centrality", (), {"k": 1, "seed": 0})
    assert (len(value), used) == (3000, "networkx")


def test_the_graph_is_converted_once_for_all_algorithms_of_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    import networkx as nx

    from networkx_mcp.analysis.task import on_graph
    from networkx_mcp.arrays.state import GraphState

    made = 0
    convert = GraphState.to_networkx

    def counted(state: GraphState, *most: int | None) -> Any:
        nonlocal made
        made += 1
        return convert(state, *most)

    monkeypatch.setattr(GraphState, "to_networkx", counted)
    loaded = LoadedGraph(GraphState.from_networkx(nx.karate_club_graph()))
    answer = on_graph(
        measure_graph.measure_graph, loaded, {"metrics": ["is_planar", "is_eulerian", "node_connectivity", "girth"]}
    )
    assert [row[0] for row in answer["rows"]] == ["is_planar", "is_eulerian", "node_connectivity", "girth"]
    assert made == 1


def test_two_graphs_are_estimated_together() -> None:
    analysis = TOOLS["compare_graphs"].analysis
    assert analysis is not None
    graph = GraphSize(20_000, 60_000, directed=False)
    params = {"measure": "betweenness"}
    found = cost_advice.estimated(analysis, params, graph)
    assert found is not None
    limit = 1.5 * found.least
    cost_advice.check(analysis, params, [graph], limit)
    with pytest.raises(LimitExceeded) as caught:
        cost_advice.check(analysis, params, [graph, graph], limit)
    assert caught.value.data["estimate_seconds"] == pytest.approx(2 * found.seconds, rel=0.1)
    assert "on 40000 nodes and 120000 edges" in caught.value.message
